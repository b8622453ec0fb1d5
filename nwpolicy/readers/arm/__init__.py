"""Azure Resource Manager templates (JSON) to definitions."""

from __future__ import annotations

from nwpolicy.readers.arm.template import is_template, read

__all__ = ["is_template", "read"]
