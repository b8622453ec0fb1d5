"""From the resources of a configuration, a plan or a state to definitions.

Each becomes what Azure Resource Manager would be given for it, which is then read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import Source
from nwpolicy.readers.resources import read_resource
from nwpolicy.readers.terraform.azurerm.shapes import decoded, shaped
from nwpolicy.readers.terraform.azurerm.types import CHANGING, LEFT_OUT, TYPES
from nwpolicy.readers.terraform.blocks import META
from nwpolicy.readers.terraform.identities import azure_type, identity, names
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.links import linked
from nwpolicy.readers.tree import Node

__all__ = ["definitions"]

#: What shapes put beside the properties.
_BESIDE: Final = ("sku",)


def definitions(instances: Iterable[Instance], diagnostics: list[Diagnostic]) -> tuple[Resource, ...]:
    """The definitions that resources make together; what is wrong or left out is added to `diagnostics`."""
    found: list[Resource] = []
    for instance in linked(instances, diagnostics):
        missing = [name for name in _needed(instance) if instance.get(name) is None]
        for name in missing:
            message = f"{instance.address} needs {name!r}"
            diagnostics.append(Diagnostic.error("missing-field", message, instance.source))
        _warn_of_changes(instance, diagnostics)
        node = None if missing else _azure(instance)
        if node is not None:
            unread = tuple(_unread(instance))
            read = read_resource(node, diagnostics, instance.condition)
            found += (replace(one, unread=(*one.unread, *unread)) for one in read)
    return tuple(found)


def _unread(instance: Instance) -> Iterator[str]:
    """The arguments that say nothing about traffic, and those that are not modelled."""
    known = TYPES.get(instance.type)
    for name, node in instance.arguments.items() if known is not None else ():
        if (
            known is not None
            and name not in known.arguments
            and name not in META
            and node.value not in (None, "", (), {})
        ):
            yield name
    yield from instance.left


def _needed(instance: Instance) -> tuple[str, ...]:
    """The arguments without which a resource cannot be told from others."""
    type = TYPES.get(instance.type)
    if type is None or instance.get("id") is not None:
        return ()
    if type.parent is not None:
        return ("name", type.parent)
    return ("name", *type.outer, "resource_group_name") if type.is_in_group else ("name",)


def _warn_of_changes(instance: Instance, diagnostics: list[Diagnostic]) -> None:
    """Resources that change others, or deploy some, in ways that are not followed."""
    if instance.type in CHANGING:
        message = f"{instance.address} is not followed: what it changes or deploys is missing from the answer"
        diagnostics.append(Diagnostic.warning("not-followed", message, instance.source))


def _azure(instance: Instance) -> Node | None:
    """The resource as Azure Resource Manager takes it; None for one that says nothing about traffic."""
    if instance.type in LEFT_OUT:
        return _resource(instance, LEFT_OUT[instance.type], {"name": _name(instance)})
    type = azure_type(instance)
    if type is None:
        return None
    if instance.type == "azapi_resource":
        return _resource(instance, type, _written_for_azure(instance))
    properties = shaped(instance.arguments, TYPES[instance.type].shape)
    members = dict(properties.value) if isinstance(properties.value, Mapping) else {}
    members.pop("name", None)
    beside = {key: members.pop(key) for key in _BESIDE if key in members}
    return _resource(instance, type, {**_common(instance), **beside, "properties": Node(members, properties.source)})


def _written_for_azure(instance: Instance) -> dict[str, Node]:
    """A resource of the provider `azapi` has the body that Azure takes."""
    body = instance.get("body")
    if body is None:
        return _common(instance)
    body = decoded(body)
    if isinstance(body.value, Mapping):
        return {**_common(instance), **{key: node for key, node in body.items() if key != "name"}}
    return {**_common(instance), "properties": body}


def _common(instance: Instance) -> dict[str, Node]:
    beside = {key: node for key in ("location", "tags") if (node := instance.get(key)) is not None}
    full = identity(instance)
    if full is not None:
        beside["id"] = Node(full, instance.source)
    return {"name": _name(instance), **beside}


def _resource(instance: Instance, type: str, members: Mapping[str, Node]) -> Node:
    return Node({"type": Node(type, _source(instance, "type")), **members}, instance.source)


def _name(instance: Instance) -> Node:
    return Node(names(instance), _source(instance, "name"))


def _source(instance: Instance, argument: str) -> Source:
    node = instance.get(argument)
    return instance.source if node is None else node.source
