"""The ids that Azure gives to the resources of a configuration. What is not known of them stands in braces.

References between resources become these ids, so that they mean the same as in a template.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.terraform.azurerm.types import TYPES, Type
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.tree import Node

__all__ = ["SUBSCRIPTION", "azure_type", "identity", "names"]

SUBSCRIPTION: Final = "/subscriptions/{subscription}"
_PROVIDERS: Final = "/providers/"


def azure_type(instance: Instance) -> str | None:
    """Azure's name of the type, None for one that holds no definitions."""
    if instance.type == "azapi_resource":
        return instance.text("type").partition("@")[0]
    type = TYPES.get(instance.type)
    return None if type is None else type.name


def identity(instance: Instance) -> str | None:
    """The id, None where not even its form is known."""
    written = instance.get("id")
    if written is not None and written.text is not None and written.text.startswith("/"):
        return written.text
    if instance.type == "azurerm_resource_group":
        return f"{SUBSCRIPTION}/resourceGroups/{instance.text('name')}"
    if instance.type == "azapi_resource":
        return _below(instance, "parent_id", azure_type(instance) or "")
    type = TYPES.get(instance.type)
    if type is None:
        return None
    return _named(instance, type) if type.parent is None else _below(instance, type.parent, type.name)


def names(instance: Instance) -> str:
    """The names on the way to a resource, and its own."""
    full = identity(instance)
    if full is not None:
        steps = 2 * (azure_type(instance) or "").count("/")
        return "/".join(full.rpartition(_PROVIDERS)[2].split("/", steps or -1)[2::2])
    type = TYPES.get(instance.type)
    holder = "parent_id" if type is None else type.parent
    parent = "" if holder is None else instance.text(holder)
    return "/".join(part for part in (parent, instance.text("name")) if part)


def _named(instance: Instance, type: Type) -> str:
    provider, *segments = type.name.split("/")
    path = (instance.text(name) for name in (*type.outer, "name"))
    steps = "".join(f"/{segment}/{name}" for segment, name in zip(segments, path, strict=True))
    group = f"/resourceGroups/{instance.text('resource_group_name')}" if type.is_in_group else ""
    return f"{SUBSCRIPTION}{group}{_PROVIDERS}{provider}{steps}"


def _below(instance: Instance, parent: str, type: str) -> str | None:
    """Behind the id of what it stands in, which may be a resource group."""
    above = _id(instance.get(parent))
    if above is None:
        return None
    provider, *segments = type.split("/")
    if not segments:
        return None
    if len(segments) == 1:
        return f"{above}{_PROVIDERS}{provider}/{segments[0]}/{instance.text('name')}"
    return f"{above}/{segments[-1]}/{instance.text('name')}"


def _id(node: Node | None) -> str | None:
    known = node is not None and not isinstance(node.value, Unknown) and node.text
    return known.rstrip("/") if known and known.startswith("/") else None
