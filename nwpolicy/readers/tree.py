"""The located tree: what every tree-shaped format (JSON, YAML, an evaluated ARM template) is turned into
before definitions are taken from it, so that one converter serves them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = ["Node", "Raw", "Scalar", "wrap"]

Scalar: TypeAlias = bool | int | float | str | None
Raw: TypeAlias = "Scalar | list[Raw] | dict[str, Raw]"


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it was written. Objects keep their keys' order and spelling."""

    value: Scalar | Unknown | tuple[Node, ...] | Mapping[str, Node]
    source: Source

    def get(self, key: str) -> Node | None:
        """The member of an object by name, or None where it is absent or null. ARM compares names without case."""
        if not isinstance(self.value, Mapping):
            return None
        found = self.value.get(key)
        if found is None:
            lowered, length = key.lower(), len(key)
            for name, node in self.value.items():
                if len(name) == length and name.lower() == lowered:  # most names differ in length
                    found = node
                    break
        return None if found is None or found.value is None else found

    def path(self, *keys: str) -> Node | None:
        """`get` along several keys."""
        node: Node | None = self
        for key in keys:
            node = None if node is None else node.get(key)
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        """The members of an object in order; nothing for any other value."""
        return iter(self.value.items()) if isinstance(self.value, Mapping) else iter(())

    def elements(self) -> tuple[Node, ...]:
        """The elements of an array; empty for any other value."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def text(self) -> str | None:
        """The string value, or None if the value is anything else."""
        return self.value if isinstance(self.value, str) else None


def wrap(raw: Raw, source: Source) -> Node:
    """A tree of plain Python values as a located tree; routes follow keys and indices."""
    match raw:
        case dict():
            return Node({key: wrap(child, source.at(key)) for key, child in raw.items()}, source)
        case list():
            return Node(tuple(wrap(child, source.at(index)) for index, child in enumerate(raw)), source)
        case _:
            return Node(raw, source)
