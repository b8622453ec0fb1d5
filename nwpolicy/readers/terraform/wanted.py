"""Which types of resources say something about traffic."""

from __future__ import annotations

from nwpolicy.readers.terraform.azurerm.types import CHANGING, LEFT_OUT, TYPES
from nwpolicy.readers.terraform.links import LINKS

__all__ = ["is_wanted"]


def is_wanted(type: str) -> bool:
    """Whether resources of a type become definitions, attach one to another, or have to be mentioned."""
    return any(type in known for known in (TYPES, LEFT_OUT, LINKS, CHANGING)) or type == "azapi_resource"
