"""A resource while it is read: its properties wherever they stand, and where each field was written.

Azure Resource Manager puts a resource's own fields into `properties`; the Azure CLI prints them beside `name`. Both
are read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.tree import Node

__all__ = ["Body"]

T = TypeVar("T")

#: One of the names that lead a path of names. Braces stand for what is not known, whatever is in them.
_LEADING_NAME: Final = re.compile(r"(?:[^/{]|\{[^{}]*\})*/")


@dataclass(slots=True)
class Body:
    """A resource's node. Every field that is asked for is noted in `fields`, under the name it was asked by. A part
    of a resource that has no name goes by that of its `owner`. `depth` names of what it stands in may lead its own."""

    node: Node
    diagnostics: list[Diagnostic]
    parent: Reference | None = None
    condition: Unknown | None = None
    owner: Body | None = None
    depth: int = 0
    properties: Node = field(init=False)
    fields: dict[str, Source] = field(default_factory=dict, init=False)
    _name: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        decided = self.node.get("condition")
        if self.condition is None and decided is not None and isinstance(decided.value, Unknown):
            self.condition = decided.value.of_kind(UnknownKind.CONDITION)
        self.properties = self.node
        inner = values.member(self.node, "properties")
        if inner is not None and isinstance(self.node.value, Mapping):
            self.properties = inner
            if not isinstance(inner.value, Mapping | Unknown):
                values.wrong_type(inner, "an object", UnknownKind.TEXT, self.diagnostics)

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the properties."""
        return isinstance(self.properties.value, Unknown)

    def get(self, name: str) -> Node | None:
        """A field of the properties; None where it is absent, null or empty text."""
        return self._noted(name, values.member(self.properties, name))

    def beside(self, name: str) -> Node | None:
        """A field that stands beside the properties: `name`, `sku`, `tags`."""
        return self._noted(name, self.node.get(name))

    def _noted(self, name: str, found: Node | None) -> Node | None:
        if found is None or found.value == "":
            return None
        self.fields[name] = found.source
        return found

    def name(self) -> str:
        """Its own name. Of one that is not known, what its author calls it."""
        if self._name is None:
            self._name = self._read_name()
        return self._name

    def _read_name(self) -> str:
        node = self.beside("name")
        if node is not None:
            found = values.text(node, self.diagnostics)
            return found.name if isinstance(found, Unknown) else _own_name(found, self.depth)
        full = self.id()
        if full is None and self.owner is not None:
            return self.owner.name()
        if full is None:
            message = "this has neither a name nor an id"
            self.diagnostics.append(Diagnostic.error("missing-field", message, self.node.source))
        return (full or "").rstrip("/").rpartition("/")[2]

    def id(self) -> str | None:
        node = self.node.get("id")
        return None if node is None or not node.text else node.text

    def location(self) -> str | None:
        node = self.beside("location")
        return None if node is None or not node.text else node.text.replace(" ", "").lower()

    def base(self) -> dict[str, Any]:
        """The arguments that every definition takes. To be asked for last: what was not read by then is unread."""
        return {
            "name": self.name(),
            "id": self.id(),
            "location": self.location(),
            "parent": self.parent,
            "condition": self.condition,
            "source": self.node.source,
            "fields": self.fields,
            "unread": self._unread(),
        }

    def _unread(self) -> tuple[str, ...]:
        """The properties that were not asked for and are not empty, wherever they stand."""
        asked = {name.lower() for name in self.fields}
        written = (name for name, node in self.properties.items() if node.value not in (None, "", (), {}))
        return tuple(name for name in written if name.lower() not in asked)

    def elements(self, name: str) -> tuple[Node, ...]:
        """The elements of an array; one unknown element where the array is not known."""
        return values.elements(self.get(name), self.diagnostics)

    def union(self, singular: str, plural: str) -> tuple[Node, ...]:
        """What Azure lets one write as a single value or as an array: the values of both."""
        one = self.get(singular)
        if self.is_unknown:
            return () if one is None else (one,)
        return (*(() if one is None else (one,)), *self.elements(plural))

    def flag(self, name: str, *, default: bool) -> bool | Unknown:
        node = self.get(name)
        return default if node is None else values.flag(node, self.diagnostics)

    def text(self, name: str) -> str | Unknown | None:
        node = self.get(name)
        return None if node is None else values.text(node, self.diagnostics)

    def settled(self, found: T | Unknown | None, default: T, name: str) -> T:
        """A value for which the model has no unknown: says so where one is missing, and takes the default."""
        if not isinstance(found, Unknown):
            return default if found is None else found
        message = f"{name} is not known ({found.reason}) and taken to be {default}"
        self.diagnostics.append(Diagnostic.warning("unresolved", message, self.fields.get(name, self.node.source)))
        return default

    def reference(self, name: str, type: str) -> Reference | Unknown | None:
        node = self.get(name)
        return None if node is None else values.reference(node, type, self.diagnostics)

    def needed_reference(self, name: str, type: str) -> Reference | Unknown:
        return self.reference(name, type) or self.missing(name, UnknownKind.REFERENCE)

    def references(self, name: str, type: str) -> tuple[Reference | Unknown, ...]:
        return tuple(values.reference(node, type, self.diagnostics) for node in self.elements(name))

    def prefixes(self, nodes: Iterable[Node]) -> tuple[AddressPrefix | Unknown, ...]:
        return tuple(values.prefix(node, self.diagnostics) for node in nodes)

    def inner(self, name: str) -> Body | None:
        """A field that is an object of fields."""
        node = self.get(name)
        if node is None or isinstance(node.value, Mapping | Unknown):
            return None if node is None else Body(node, self.diagnostics, owner=self)
        values.wrong_type(node, "an object", UnknownKind.TEXT, self.diagnostics)
        return None

    def address_space(self, name: str) -> tuple[AddressPrefix | Unknown, ...]:
        """`{"addressPrefixes": [...]}`"""
        space = self.inner(name)
        return () if space is None else self.prefixes(space.elements("addressPrefixes"))

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings that says so where it is not known."""
        return tuple(text for text, _ in self.placed_texts(name))

    def placed_texts(self, name: str) -> Iterator[tuple[str, Source]]:
        """The strings of an array and where they stand; what is not known of them is said."""
        for node in self.elements(name):
            found = values.text(node, self.diagnostics)
            if isinstance(found, Unknown):
                self._unresolved(name, found)
            else:
                yield found, node.source

    def parts(self, name: str) -> Iterator[Body]:
        """The objects of an array; what is not known of them is said, since nothing can stand in its place."""
        for part in self.parts_or_unknown(name, UnknownKind.TEXT):
            if isinstance(part, Body):
                yield part
            else:
                self._unresolved(name, part)

    def _unresolved(self, name: str, unknown: Unknown) -> None:
        is_named = self.node.get("name") is not None or self.id() is not None or self.owner is not None
        whose = f" of {self.name()}" if is_named else ""
        message = f"{name}{whose} are not known ({unknown.reason}) and left out"
        self.diagnostics.append(Diagnostic.warning("unresolved", message, self.fields[name]))

    def parts_or_unknown(self, name: str, kind: UnknownKind) -> Iterator[Body | Unknown]:
        """The objects of an array, with an unknown in the place of each part that is not known."""
        for node in self.elements(name):
            if isinstance(node.value, Unknown):
                yield node.value.of_kind(kind)
            elif isinstance(node.value, Mapping):
                yield Body(node, self.diagnostics)
            else:
                yield values.wrong_type(node, "an object", kind, self.diagnostics)

    def each(self, name: str, kind: UnknownKind, read: Callable[[Body], T]) -> tuple[T | Unknown, ...]:
        """What `read` makes of the objects of an array, unknowns in their places."""
        return tuple(part if isinstance(part, Unknown) else read(part) for part in self.parts_or_unknown(name, kind))

    def missing(self, name: str, kind: UnknownKind) -> Unknown:
        """Says that a needed field is missing; its value is then as good as not known."""
        return self._lacking(name, kind, Diagnostic.error)

    def left_open(self, name: str, kind: UnknownKind) -> Unknown:
        """The same for what a module may leave to its callers: Azure refuses its defaults, but nobody deploys them."""
        return self._lacking(name, kind, Diagnostic.warning)

    def _lacking(self, name: str, kind: UnknownKind, said: Callable[[str, str, Source], Diagnostic]) -> Unknown:
        message = f"{self.name()} needs {name!r}"
        self.diagnostics.append(said("missing-field", message, self.node.source))
        return Unknown(f"{name} of {self.name()}", kind, message, self.node.source)


def _own_name(path: str, depth: int) -> str:
    """What is left behind the names of parents. A slash in it is its own, though Azure accepts none."""
    for _ in range(depth):
        leading = _LEADING_NAME.match(path)
        path = path[leading.end() :] if leading is not None else path
    return path
