"""Steps from the short form of a resource to the form of Azure Resource Manager (ARM).

Places stay those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.definitions.variables import Variables
from nwpolicy.readers.tree import Node

__all__ = [
    "Members",
    "Shape",
    "Step",
    "Writer",
    "address_space",
    "arm",
    "as_list",
    "children",
    "each",
    "listed",
    "made_up",
    "reference",
    "references",
    "single",
    "taken",
    "union",
    "wrapped",
]

Members: TypeAlias = dict[str, Node]
#: Rewrites some of the members of a resource in place.
Step: TypeAlias = "Callable[[Members, Writer], None]"


@dataclass(frozen=True, slots=True)
class Writer:
    """What the steps of one resource share."""

    source: Source
    variables: Variables
    diagnostics: list[Diagnostic]


@dataclass(frozen=True, slots=True)
class Shape:
    """A sort of resource: its full ARM type (none for a part of another resource), and what is written shorter."""

    type: str = ""
    steps: tuple[Step, ...] = ()


def arm(entry: Node, shape: Shape, variables: Variables, diagnostics: list[Diagnostic]) -> Node:
    """An entry as ARM has it. Its `{unknown: name}` have to be replaced before (`with_unknowns`)."""
    if isinstance(entry.value, Unknown):
        return entry
    members = _flat(entry, diagnostics)
    writer = Writer(entry.source, variables, diagnostics)
    for step in shape.steps:
        step(members, writer)
    outer: Members = {key: members.pop(key) for key in _BESIDE_PROPERTIES if key in members}
    if shape.type:
        outer["type"] = Node(shape.type, entry.source)
    return Node({**outer, "properties": Node(members, entry.source)}, entry.source)


_BESIDE_PROPERTIES: Final = ("name", "id", "location", "existing", "condition", "sku", "tags")


def _flat(entry: Node, diagnostics: list[Diagnostic]) -> Members:
    """The members of a resource, those of its `properties` included."""
    members = dict(entry.items())
    while (inner := members.pop("properties", None)) is not None:
        for key, node in inner.items():
            if key in members:
                message = f"'{key}' is given both beside and within 'properties'"
                diagnostics.append(Diagnostic.error("duplicate-key", message, node.source, "remove one of the two"))
            members[key] = node
    return members


def taken(members: Members, writer: Writer, *keys: str) -> Node | None:
    """The values of these keys, which are removed, as one list; None where none is written."""
    written = [node for key in keys if (node := members.pop(key, None)) is not None]
    found = tuple(value for node in written for value in writer.variables.expand(node))
    return Node(found, written[0].source) if written else None


def union(singular: str, plural: str, default: str | None = None) -> Step:
    """Each of two fields takes one value or a list here; in ARM only the plural takes a list."""

    def step(members: Members, writer: Writer) -> None:
        found = taken(members, writer, singular, plural)
        if found is None:
            if default is not None:
                members[singular] = Node(default, writer.source)
        elif len(found.elements()) == 1:
            members[singular] = found.elements()[0]
        else:
            members[plural] = found

    return step


def listed(target: str, *keys: str) -> Step:
    """One value or a list, where ARM has only a list."""

    def step(members: Members, writer: Writer) -> None:
        found = taken(members, writer, *(keys or (target,)))
        if found is not None:
            members[target] = found

    return step


def single(key: str) -> Step:
    """One value, which may be a variable that has one."""

    def step(members: Members, writer: Writer) -> None:
        found = taken(members, writer, key)
        if found is None:
            return
        if len(found.elements()) != 1:
            message = f"{key} takes one value, this variable has {len(found.elements())}"
            writer.diagnostics.append(Diagnostic.error("invalid-value", message, found.source))
        members[key] = found.elements()[0] if found.elements() else Node(None, found.source)

    return step


def address_space(key: str) -> Step:
    """`{addressPrefixes: [...]}`, or only what stands in it."""

    def step(members: Members, writer: Writer) -> None:
        node = members.get(key)
        if node is not None:
            prefixes = writer.variables.expand(node.get("addressPrefixes") or node)
            members[key] = made_up(addressPrefixes=Node(prefixes, node.source))

    return step


def reference(key: str, target: str | None = None) -> Step:
    """A name where ARM has `{id: name}`; under another key if ARM calls it otherwise."""
    return each(key, lambda node: wrapped(node, "id"), target, many=False)


def references(key: str, inner: str = "id") -> Step:
    """Names where ARM has `[{id: name}]`, or another key for the id."""
    return each(key, lambda node: wrapped(node, inner))


def each(key: str, rewrite: Callable[[Node], Node], target: str | None = None, *, many: bool = True) -> Step:
    """What `rewrite` makes of a value; of a list if that is what ARM has, even where only one value is written."""

    def step(members: Members, _: Writer) -> None:
        node = members.pop(key, None)
        if node is not None and many:
            members[target or key] = Node(tuple(map(rewrite, as_list(node).elements())), node.source)
        elif node is not None:
            members[target or key] = rewrite(node)

    return step


def children(key: str, shape: Shape) -> Step:
    """Resources within a resource."""

    def step(members: Members, writer: Writer) -> None:
        node = members.get(key)
        if node is not None:
            children = (arm(child, shape, writer.variables, writer.diagnostics) for child in node.elements())
            members[key] = Node(tuple(children), node.source)

    return step


def made_up(**members: Node) -> Node:
    """An object that is not written, at the place of its first member."""
    return Node(members, next(iter(members.values())).source)


def as_list(node: Node) -> Node:
    return node if isinstance(node.value, tuple) else Node((node,), node.source)


def wrapped(node: Node, key: str) -> Node:
    """What is written short as the member of an object; an object is as ARM has it."""
    return node if isinstance(node.value, Mapping) else made_up(**{key: node})
