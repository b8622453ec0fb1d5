"""Terraform to definitions: configurations (`*.tf`), plans and states."""

from __future__ import annotations

from nwpolicy.readers.terraform.plans import Side, read_plan, read_state
from nwpolicy.readers.terraform.roots import Root, root_of, roots

__all__ = ["Root", "Side", "read_plan", "read_state", "root_of", "roots"]
