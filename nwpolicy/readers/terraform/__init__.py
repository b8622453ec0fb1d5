"""Terraform to definitions: configurations (`*.tf`), plans and states."""

from __future__ import annotations

from nwpolicy.readers.terraform.plans import Side, read_plan, read_state

__all__ = ["Side", "read_plan", "read_state"]
