"""Evaluated values as a located tree.

A value is where it was written. What an expression yields is where the expression stands, since that is the place a
person would change; except for objects, which stay where they were written as JSON, with all that is in them.
"""

from __future__ import annotations

from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.arm.frames import Reading
from nwpolicy.readers.arm.values import Array, Object, Open, Value
from nwpolicy.readers.tree import Node

__all__ = ["node"]


def node(value: Value, place: Source, reading: Reading, key: str = "") -> Node:
    """The tree of a value that is used at `place`, there under the name `key`."""
    reading.spend()
    match value:
        case Object():
            inner = {
                name: node(child, value.source.at(name), reading, _key(key, name)) for name, child in value.items()
            }
            return Node(inner, value.source)
        case dict():
            return Node({name: node(child, place, reading, _key(key, name)) for name, child in value.items()}, place)
        case Array():
            elements = tuple(node(child, value.source.at(index), reading) for index, child in enumerate(value))
            return Node(elements, value.source)
        case list():
            return Node(tuple(node(child, place, reading) for child in value), place)
        case Open():
            return Node(_settled(value, key), place)
        case _:
            return Node(value, place)


def _key(above: str, name: str) -> str:
    """The name of an SKU is a choice, and not what anything is called."""
    return "" if above.lower() == "sku" else name


def _settled(value: Open, key: str) -> str | Unknown:
    """A name, and an id that says at least what it is the id of, are texts with what is not known in braces."""
    text = value.placeholder
    return text if key.lower() == "name" or text.startswith("/") else value.unknown()
