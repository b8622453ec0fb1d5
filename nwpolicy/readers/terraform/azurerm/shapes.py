"""How arguments of Terraform's provider `azurerm` become the properties that Azure Resource Manager knows.

A `Shape` tells for each argument the property and how its value is converted; `shaped` does it. Values that are not
known pass through every conversion. `unshaped` goes the other way, with plain values, for arguments that are of use in
the newest version of the provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.tree import Node, Raw

__all__ = [
    "Blocks",
    "Field",
    "Opposite",
    "Shape",
    "block",
    "blocks",
    "camel",
    "decoded",
    "in_object",
    "inverted",
    "plain",
    "read_only",
    "renamed",
    "shaped",
    "to_id",
    "to_ids",
    "to_list",
    "unshaped",
    "within",
]

Convert: TypeAlias = Callable[[Node], Node]
Back: TypeAlias = Callable[[Any], Any]


class Blocks(list[Any]):
    """Objects that are blocks, not the value of an argument."""


@dataclass(frozen=True, slots=True)
class Opposite:
    """The opposite of a flag that is not known."""

    of: Unknown


@dataclass(frozen=True, slots=True)
class Field:
    """The property of an argument. Without `back` it is only read: arguments of older versions."""

    name: str
    convert: Convert
    back: Back | None = None


Shape: TypeAlias = Mapping[str, Field]


def shaped(node: Node, shape: Shape) -> Node:
    """The properties that an object of arguments stands for. Arguments that the shape does not know say nothing about
    traffic. Of two arguments for one property the one that is given counts, lists are joined."""
    if not isinstance(node.value, Mapping):
        return node
    members: dict[str, Node] = {}
    for argument, child in node.items():
        field = shape.get(argument)
        if field is None or child.value is None or child.value in ((), ""):
            continue
        made, before = field.convert(child), members.get(field.name)
        if before is not None and isinstance(before.value, tuple) and isinstance(made.value, tuple):
            made = Node((*before.value, *made.value), before.source)
        members[field.name] = made
    return Node(members, node.source)


def unshaped(properties: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The arguments that stand for an object of properties, in the order of the shape. Raises KeyError or TypeError
    where there are none for some of it."""
    rest = dict(properties)
    arguments: dict[str, Any] = {}
    for argument, field in shape.items():
        if field.back is not None and field.name in rest:
            arguments[argument] = field.back(rest.pop(field.name))
    if rest:
        raise KeyError(next(iter(rest)))
    return arguments


def read_only(shape: Shape) -> Shape:
    """Arguments that are not to be written any more."""
    return {argument: replace(field, back=None) for argument, field in shape.items()}


def camel(name: str) -> str:
    """`source_port_range` as Azure Resource Manager spells it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def plain(*names: str) -> Shape:
    """Arguments that have the name and the value of the property."""
    return {name: Field(camel(name), _same, _itself) for name in names}


def renamed(name: str) -> Field:
    return Field(name, _same, _itself)


def to_id(name: str) -> Field:
    """An id: `{"id": ...}`"""
    return Field(name, _reference, lambda tree: _only(tree, "id"))


def to_ids(name: str) -> Field:
    """A list of ids: `[{"id": ...}, ...]`"""
    return to_list(name, "id")


def to_list(name: str, key: str) -> Field:
    """A list of values, each of which is the only member of an object."""

    def convert(node: Node) -> Node:
        return Node(tuple(Node({key: element}, element.source) for element in _elements(node)), node.source)

    return Field(name, convert, lambda tree: [_only(element, key) for element in tree])


def within(name: str, key: str) -> Field:
    """A value that is the member of an object: `{"addressPrefixes": [...]}`"""
    return in_object(name, renamed(key))


def in_object(name: str, field: Field) -> Field:
    """A property of an object that the arguments do not have."""
    back = field.back or _itself
    return Field(
        name,
        lambda node: Node({field.name: field.convert(node)}, node.source),
        lambda tree: back(_only(tree, field.name)),
    )


def inverted(name: str) -> Field:
    """A flag that says the opposite."""
    return Field(name, _opposite, _opposite_of)


def blocks(name: str, shape: Shape) -> Field:
    """Blocks of arguments, an array of objects."""

    def convert(node: Node) -> Node:
        if isinstance(node.value, Unknown):
            return node
        return Node(tuple(shaped(element, shape) for element in _elements(node)), node.source)

    return Field(name, convert, lambda tree: Blocks(_unshaped_block(element, shape) for element in tree))


def block(name: str, shape: Shape) -> Field:
    """The only block of its kind, an object."""

    def convert(node: Node) -> Node:
        return shaped(next(iter(_elements(node)), node), shape)

    return Field(name, convert, lambda tree: Blocks([unshaped(tree, shape)]))


def decoded(node: Node) -> Node:
    """What JSON in a string stands for; a string that holds none stands for itself."""
    from nwpolicy.readers import jsontext

    if node.text is None:
        return node
    try:
        raw, _ = jsontext.parse("", node.text)
    except InputError:
        return node
    return _at_one_place(raw, node.source)


def _at_one_place(raw: Raw, source: Source) -> Node:
    if isinstance(raw, dict):
        return Node({key: _at_one_place(value, source) for key, value in raw.items()}, source)
    if isinstance(raw, list):
        return Node(tuple(_at_one_place(value, source) for value in raw), source)
    return Node(raw, source)


def _itself(tree: Any) -> Any:
    return tree


def _only(tree: Mapping[str, Any], key: str) -> Any:
    """The only member of an object. Raises KeyError where there are others."""
    if len(tree) != 1:
        raise KeyError(key)
    return tree[key]


def _unshaped_block(tree: Any, shape: Shape) -> Any:
    """A block; members of `properties` stand beside the name in it."""
    if isinstance(tree, Unknown):
        return tree
    inner = tree.get("properties")
    flat = {**{key: value for key, value in tree.items() if key != "properties"}, **inner} if inner else tree
    return unshaped(flat if "properties" not in {field.name for field in shape.values()} else tree, shape)


def _opposite_of(tree: Any) -> Any:
    if isinstance(tree, Unknown):
        return Opposite(tree)
    return tree in (False, "False", "false")


def _same(node: Node) -> Node:
    return node


def _reference(node: Node) -> Node:
    return Node({"id": node}, node.source)


def _elements(node: Node) -> tuple[Node, ...]:
    """The elements of a list; what is none stands for itself."""
    return node.value if isinstance(node.value, tuple) else (node,)


_OPPOSITES: Final = {True: False, False: True, "true": False, "false": True}


def _opposite(node: Node) -> Node:
    if isinstance(node.value, Unknown):
        return Node(replace(node.value, name=f"not {node.value.name}"), node.source)
    if isinstance(node.value, bool | str) and node.value in _OPPOSITES:
        return Node(_OPPOSITES[node.value], node.source)
    return node
