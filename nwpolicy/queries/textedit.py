"""Pieces of text replaced by others: where they stand, and what the text is afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source, Span

__all__ = ["TextEdit", "applied", "indent_at", "joined", "offsets", "span_of"]

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """What stands from `start` to `end` (offsets in a text) becomes `text`."""

    start: int
    end: int
    text: str


def offsets(source: Source) -> tuple[int, int]:
    """Where a value begins and ends in its document."""
    text, span = source.document.text, source.location.span
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def span_of(text: str, start: int, end: int) -> Span:
    """The lines and columns of two offsets."""
    return Span(*_position(text, start), *_position(text, end))


def _position(text: str, offset: int) -> tuple[int, int]:
    ends = [match.end() for match in _LINE_END.finditer(text, 0, offset)]
    return len(ends) + 1, offset - (ends[-1] if ends else 0) + 1


def indent_at(text: str, offset: int) -> str | None:
    """The blanks before something that begins its line; None if something else stands before it."""
    before = text[:offset].rpartition("\n")[2].rpartition("\r")[2]
    return None if before.strip() else before


def applied(text: str, edits: Iterable[TextEdit]) -> str:
    """The text after edits that do not overlap. Of two insertions at one place the first one given comes first."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join((*parts, text[done:]))


def joined(text: str, edits: list[TextEdit]) -> TextEdit:
    """Edits as one, with what stands between them."""
    start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
    moved = (TextEdit(edit.start - start, edit.end - start, edit.text) for edit in edits)
    return TextEdit(start, end, applied(text[start:end], moved))
