"""Azure Resource Manager templates (JSON) to definitions."""

from __future__ import annotations

from nwpolicy.readers.arm.template import read

__all__ = ["read"]
