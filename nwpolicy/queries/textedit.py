"""Pieces of text replaced by others: where they stand, and what the text is afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source, Span

__all__ = ["TextEdit", "applied", "cut", "indent_at", "joined", "line_starts", "offsets", "span_of"]

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
#: What may stand before an item that has its lines for itself, and behind it.
_ITEM_START: Final = re.compile(r"[ \t]*(?:-[ \t]+)?$")
_ITEM_END: Final = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:\r\n|\r|\n|$)")
#: The comma that parts an item from another one, on its line or on the next one.
_COMMA_BEHIND: Final = re.compile(r"[ \t]*,[ \t]*(?:(?:\r\n|\r|\n)[ \t]*)?")
_COMMA_BEFORE: Final = re.compile(r",[ \t]*(?:(?:\r\n|\r|\n)[ \t]*)?\Z")
_BLANK_LINE: Final = re.compile(r"(?:\r(?!\n)|\n|^)[ \t]*(?P<blank>\r\n|\r|\n)$")
_END_OR_BLANK: Final = re.compile(r"[ \t]*(?:[}\])]|\r|\n|$)")


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """What stands from `start` to `end` (offsets in a text) becomes `text`."""

    start: int
    end: int
    text: str


def offsets(source: Source) -> tuple[int, int]:
    """Where a value begins and ends in its document."""
    span = source.location.span
    starts = line_starts(source.document.text)
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def line_starts(text: str) -> list[int]:
    """Where each line begins."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


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


def cut(text: str, code: str, start: int, end: int) -> list[TextEdit]:
    """The edits that take an item out of a list, with its comma and the lines that it has for itself; none where it
    shares its line with something that no comma parts it from. `code` is the text with its comments blanked."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    behind = _ITEM_END.match(code, end)
    if behind is not None and _ITEM_START.fullmatch(code[line:start]):
        return [
            *([] if behind["comma"] else _last_comma(code[:line])),
            TextEdit(_with_blank_line(text, line, behind.end()), behind.end(), ""),
        ]
    if (comma := _COMMA_BEHIND.match(code, end)) is not None:
        return [TextEdit(start, comma.end(), "")]
    comma = _COMMA_BEFORE.search(code, 0, start)
    if comma is not None and text[comma.start() : start] == comma[0]:
        return [TextEdit(comma.start(), end, "")]
    return []


def _last_comma(before: str) -> list[TextEdit]:
    """The comma of the item before, which then is the last one."""
    code = before.rstrip()
    return [TextEdit(len(code) - 1, len(code), "")] if code.endswith(",") else []


def _with_blank_line(text: str, line: int, end: int) -> int:
    """Where to begin, so that of two blank lines one stays, and none before a closing bracket."""
    above = _BLANK_LINE.search(text, 0, line)
    return above.start("blank") if above is not None and _END_OR_BLANK.match(text, end) else line
