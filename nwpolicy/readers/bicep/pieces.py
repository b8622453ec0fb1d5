"""Pieces of a template that is made of Bicep: JSON as `readers.arm` reads it, and where it was written in Bicep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from nwpolicy.readers.places import Place
from nwpolicy.readers.tree import Raw

__all__ = ["Extent", "Piece", "elements", "leaf", "literal", "members", "quoted", "split"]


class Extent(Protocol):
    """Anything with a place in the text: every node of the syntax tree."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class Piece(NamedTuple):
    raw: Raw
    place: Place


def leaf(raw: Raw, where: Extent) -> Piece:
    """JSON that stands at one place as a whole."""
    return Piece(raw, Place(where.start, where.end))


def members(pieces: Mapping[str, Piece], where: Extent) -> Piece:
    """An object."""
    places = {name: piece.place for name, piece in pieces.items()}
    return Piece({name: piece.raw for name, piece in pieces.items()}, Place(where.start, where.end, places))


def elements(pieces: Sequence[Piece], where: Extent) -> Piece:
    """An array."""
    return Piece([piece.raw for piece in pieces], Place(where.start, where.end, [piece.place for piece in pieces]))


def split(piece: Piece) -> Iterator[tuple[str, Piece]]:
    """The members of an object."""
    if isinstance(piece.raw, dict) and isinstance(piece.place.children, dict):
        for key, raw in piece.raw.items():
            yield key, Piece(raw, piece.place.children[key])


def literal(text: str) -> str:
    """A string of a template that stands for itself: brackets around it would make it an expression."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def quoted(value: str) -> str:
    """A string within an expression."""
    return "'" + value.replace("'", "''") + "'"
