"""Which resources say something about traffic."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.snapshot import PassedOver
from nwpolicy.readers.resources.dispatch import is_read
from nwpolicy.readers.terraform.azurerm.types import CHANGING, LEFT_OUT, TYPES
from nwpolicy.readers.terraform.identities import azure_type
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.links import LINKS

__all__ = ["is_wanted", "passed_over"]

_AZAPI: Final = "azapi_resource"


def is_wanted(type: str) -> bool:
    """Whether resources of a type become definitions, attach one to another, or have to be mentioned."""
    return any(type in known for known in (TYPES, LEFT_OUT, LINKS, CHANGING)) or type == _AZAPI


def passed_over(instance: Instance) -> PassedOver | None:
    """A resource of which no definition is made, also where it has to be mentioned; None for any other. One of `azapi`
    may be of any type of Azure."""
    if instance.type in LEFT_OUT:
        return PassedOver(LEFT_OUT[instance.type], instance.source)
    if instance.type != _AZAPI:
        return None if is_wanted(instance.type) else PassedOver(instance.type, instance.source)
    type = azure_type(instance) or ""
    return None if not type or "{" in type or is_read(type) else PassedOver(type, instance.source)
