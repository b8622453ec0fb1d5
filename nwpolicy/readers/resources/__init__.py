"""Resources as Azure Resource Manager describes them, in whatever file they stand, to definitions."""

from __future__ import annotations

from nwpolicy.readers.resources.dispatch import read_resource, type_of

__all__ = ["read_resource", "type_of"]
