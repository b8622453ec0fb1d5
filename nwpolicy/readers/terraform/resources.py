"""Resources and data sources of a configuration, as expressions see them and as what becomes definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.readers.resources.dispatch import is_read
from nwpolicy.readers.terraform.azurerm.types import COMMON, TYPES
from nwpolicy.readers.terraform.blocks import META, Turn, contents
from nwpolicy.readers.terraform.declarations import Content, Declared
from nwpolicy.readers.terraform.hcl.syntax import Attribute, Body, Call
from nwpolicy.readers.terraform.identities import SUBSCRIPTION, identity
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.links import LINKS
from nwpolicy.readers.terraform.values import Lazy, Open, Value, first_open
from nwpolicy.readers.tree import Node

__all__ = ["data_value", "instance", "node_of", "resource_value"]

_OF_AZAPI: Final = COMMON | {"parent_id", "type"}
#: Arguments with the id of what a resource stands in.
_IN_ANOTHER: Final = frozenset({"parent_id", "type", *(found.parent for found in TYPES.values() if found.parent)})
#: Arguments that are JSON.
_JSON: Final = ("body", "policy_rule")
#: Blocks that make up a set.
_SETS: Final = frozenset({"route", "security_rule", "subnet"})
#: Objects whose `name` is a choice, and not what anything is called.
_CHOICES: Final = frozenset({"service_delegation", "sku"})
#: What data sources tell of the subscription that everything is deployed to.
_SUBSCRIPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("azurerm_subscription", "id"): SUBSCRIPTION,
    ("azurerm_subscription", "subscription_id"): "{subscription}",
    ("azurerm_client_config", "subscription_id"): "{subscription}",
}


def instance(declared: Declared, turn: Turn, address: str) -> Instance:
    """The resource at one turn, with the arguments that matter."""
    wanted = _wanted(declared, turn)
    found = contents(_plain(declared), turn.frame, wanted)
    nodes = {name: node_of(value, name) for name, value in found.items()}
    written = dict.fromkeys(name for name, _, _ in declared.written())
    left = tuple(name for name in written if wanted is not None and name not in wanted and name not in META)
    type, source = declared.block.labels[0], declared.source
    return Instance(f"{address}{turn.suffix}", type, Node(nodes, source), source, turn.condition, left)


def _plain(declared: Declared) -> Declared:
    return replace(
        declared, contents=tuple(Content(_plain_body(body), document) for body, document in declared.contents)
    )


def _plain_body(body: Body) -> Body:
    """What is given as `jsonencode({...})`, as the body of `azapi` in version 1, keeps its places without that."""
    plain = {name: _unencoded(body.attributes[name]) for name in _JSON if name in body.attributes}
    return Body({**body.attributes, **plain}, body.blocks) if plain else body


def _unencoded(attribute: Attribute) -> Attribute:
    match attribute.value:
        case Call("jsonencode", (inner,)):
            return replace(attribute, value=inner)
        case _:
            return attribute


def _wanted(declared: Declared, turn: Turn) -> frozenset[str] | None:
    """The arguments that matter, None for all."""
    type = declared.block.labels[0]
    if type in LINKS:
        return None
    if type == "azapi_resource":
        azure = contents(declared, turn.frame, {"type"}).get("type")
        name = str(None if azure is None else azure.data).partition("@")[0]
        return _OF_AZAPI | {"body"} if is_read(name) else _OF_AZAPI
    known = TYPES.get(type)
    return COMMON if known is None else known.arguments


def resource_value(declared: Declared, turn: Turn, address: str) -> Value:
    """A resource in an expression: its arguments, its id, and for the rest what only an apply can tell."""
    return _seen(declared, turn, address, "it is known only when the configuration is applied")


def data_value(declared: Declared, turn: Turn, address: str) -> Value:
    """A data source in an expression."""
    return _seen(declared, turn, address, "only Azure knows it")


def _seen(declared: Declared, turn: Turn, address: str, reason: str) -> Value:
    whole = f"{address}{turn.suffix}"
    known: dict[str, Value] = {}

    def attribute(name: str) -> Value:
        if name not in known:
            known[name] = _attribute(declared, turn, whole, name, reason)
        return known[name]

    return Value(Lazy(whole, attribute), declared.source)


def _attribute(declared: Declared, turn: Turn, address: str, name: str, reason: str) -> Value:
    source = declared.source
    unknown = Value(Open(f"{address}.{name}", reason, source, is_named=True), source)
    if name == "id":
        full = _identity(declared, turn, address)
        if full is None:
            return Value(Open(f"{address}.id", reason, source, is_named=True, is_set=True), source)
        return Value(Open(f"{address}.id", reason, source, full, is_named=True, is_set=True), source)
    if declared.block.type == "data" and (declared.block.labels[0], name) in _SUBSCRIPTIONS:
        text = _SUBSCRIPTIONS[declared.block.labels[0], name]
        return Value(Open(f"{address}.{name}", reason, source, text, is_named=True, is_set=True), source)
    value = contents(declared, turn.frame, {name}).get(name)
    if value is None or value.data is None:
        return unknown
    if isinstance(value.data, tuple) and declared.get(name) is None:
        if name in _SETS and len(value.data) > 1:
            return unknown  # a set of objects has an order that only the provider knows
        return Value(tuple(_blocks(value.data, f"{address}.{name}", reason)), value.source)
    return value


def _blocks(blocks: tuple[Value, ...], name: str, reason: str) -> Iterator[Value]:
    """Blocks of a resource in an expression: they too have attributes that nobody has written."""
    for number, block in enumerate(blocks):
        yield block if isinstance(block.data, Open) else Value(_block(block, f"{name}[{number}]", reason), block.source)


def _block(block: Value, name: str, reason: str) -> Lazy:
    members = block.data if isinstance(block.data, Mapping) else {}

    def attribute(wanted: str) -> Value:
        unknown = Value(Open(f"{name}.{wanted}", reason, block.source, is_named=True), block.source)
        return members.get(wanted, unknown)

    return Lazy(name, attribute)


def _identity(declared: Declared, turn: Turn, address: str) -> str | None:
    type = declared.block.labels[0]
    if type not in TYPES and type not in ("azapi_resource", "azurerm_resource_group"):
        return None
    identifying = {"name", "resource_group_name", *_IN_ANOTHER, *(() if type not in TYPES else TYPES[type].outer)}
    found = contents(declared, turn.frame, identifying)
    nodes = {name: node_of(value, name) for name, value in found.items()}
    return identity(Instance(address, type, Node(nodes, declared.source), declared.source))


def node_of(value: Value, key: str) -> Node:
    """The tree of a value that is used under the name `key`."""
    data = value.data
    match data:
        case Open():
            return Node(data.placeholder if _is_text(data, key) else data.unknown(), value.source)
        case Lazy():
            whole = first_open([value])
            return Node(None if whole is None else whole.unknown(), value.source)
        case tuple():
            return Node(tuple(node_of(element, key if key in _CHOICES else "") for element in data), value.source)
        case Mapping():
            inner = {name: node_of(child, "" if key in _CHOICES else name) for name, child in data.items()}
            return Node(inner, value.source)
        case _:
            return Node(data, value.source)


def _is_text(value: Open, key: str) -> bool:
    """A name, an id that says at least what it is the id of, and JSON that has such an id in it are texts with what is
    not known in braces."""
    is_name = key == "name" or key.endswith("_name")
    return is_name or value.text.startswith("/") or (key == "policy_rule" and bool(value.text))
