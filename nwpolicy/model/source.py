"""Where a value was written.

A place is kept as a *route* (keys and indices into a document) and becomes a line and a column only when
somebody asks: most values of a large file never have anything to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Document", "Key", "Locator", "Route", "Source", "SourceLocation", "Span"]

Route: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text: lines and columns count from 1 (code points), the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class SourceLocation:
    """A span in a named file; `str()` gives the clickable `file:line:column`."""

    file: str
    span: Span

    def holds(self, other: SourceLocation) -> bool:
        """Whether another place is inside."""
        outer, inner = self.span, other.span
        starts = (outer.line, outer.column) <= (inner.line, inner.column)
        ends = (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
        return self.file == other.file and starts and ends

    def __str__(self) -> str:
        return f"{self.file}:{self.span.line}:{self.span.column}"


class Key(str):
    """The last step of a route that means the key itself, not the value behind it."""

    __slots__ = ()


#: Finds the span of a route; a route that is not in the text gives its nearest enclosing span, never an error.
Locator: TypeAlias = Callable[[Route], Span]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One file as it was read. Two documents are the same only if they are the same object.

    `part_of` is the file that is deployed where that brings this one in: a template and the ones it links are one
    deployment, in which names mean the same. `made_by` is what wrote the file, where that is no source for people to
    change.
    """

    path: str
    text: str = field(repr=False)
    locator: Locator = field(repr=False)
    part_of: Document | None = field(default=None, repr=False)
    made_by: str | None = None
    _lines: list[str] = field(default_factory=list, repr=False)
    """filled when a line is first asked for"""

    @property
    def whole(self) -> Document:
        """The file that stands for all that is deployed together."""
        return self.part_of or self

    def root(self) -> Source:
        return Source(self, ())

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its line end; empty if there is no such line."""
        if not self._lines:  # `splitlines` knows more line ends
            self._lines.extend(self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a document, as a route."""

    document: Document
    route: Route

    def at(self, *keys: str | int) -> Source:
        """The place of a value below this one."""
        return Source(self.document, self.route + keys)

    @property
    def key(self) -> Source:
        """The place of the key of a value in an object."""
        *above, name = self.route
        return Source(self.document, (*above, Key(name)))

    @property
    def location(self) -> SourceLocation:
        return SourceLocation(self.document.path, self.document.locator(self.route))

    def __str__(self) -> str:
        return str(self.location)
