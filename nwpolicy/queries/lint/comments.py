"""What files say to the linter: `nwpolicy: ignore[NWP101] until=2027-01-31 behind the bastion`.

In comments, which are for the definition that they stand in: on one of its lines, behind its last one, or in the lines
of comments just above it. In JSON also in the members `description`, `comments` and `//` of an object, or
in its `metadata` (`{"nwpolicy": "ignore[NWP101] behind the bastion"}`): they are for all that is in the object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source, SourceLocation, Span
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.readers.comments import Extent, comments_in
from nwpolicy.readers.load import format_of
from nwpolicy.readers.tree import Raw

__all__ = ["Comment", "code_of", "comments_of"]

_MARK: Final = "nwpolicy"
_SAID: Final = r"ignore\b(?P<ids>\[[^\]\n]*\])?[ \t]*+(?:until=(?P<until>\S+)[ \t]*+)?(?:--[ \t]*+)?(?P<reason>[^\n]*)"
#: A sign of a comment before it, or, in a comment of several lines, what such lines begin with.
_COMMENT: Final = re.compile(rf"(?:(?:\#|//|/\*++)[ \t]*+|^[ \t*]*+)nwpolicy:[ \t]*+{_SAID}", re.MULTILINE)
_NOTE: Final = re.compile(rf"\s*(?:nwpolicy:\s*)?{_SAID}")
_NOT_LINE_END: Final = re.compile(r"[^\r\n]")
#: Members of objects that Azure or Terraform take for notes.
_NOTES: Final = ("description", "comments", "//")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that suppresses findings; `fault` is why it does not. It covers definitions on some lines, or all that
    is in a place."""

    location: SourceLocation
    line: str
    ids: tuple[str, ...]
    reason: str
    fault: str | None
    covers: range | SourceLocation

    @property
    def is_note(self) -> bool:
        """Whether it is a value of the file, and no comment."""
        return isinstance(self.covers, SourceLocation)

    def is_for(self, finding: Finding) -> bool:
        if self.fault is not None or finding.rule not in self.ids:
            return False
        return self.is_about(finding.scope) or self.is_about(finding.location)

    def is_about(self, place: SourceLocation) -> bool:
        """Whether it covers a place of its file."""
        if isinstance(self.covers, SourceLocation):
            return self.covers.holds(place)
        first, last = place.span.line, place.span.end_line
        return first in self.covers or last in self.covers or first <= self.location.span.line <= last


def comments_of(document: Document, today: date) -> Iterator[Comment]:
    """All that a file says to the linter, and that has not ended before `today`."""
    if _MARK not in document.text:
        return
    kind = _kind(document)
    yield from _in_comments(document, kind, today)
    if kind == "json":
        yield from _in_notes(document, today)


def code_of(document: Document) -> str:
    """The text with its comments blanked in place."""
    return _without(document.text, comments_in(_kind(document), document.text))


def _kind(document: Document) -> str:
    return "json" if document.path.endswith(".tf.json") else format_of(document.path, document.text)


# --- comments ---


def _in_comments(document: Document, kind: str, today: date) -> Iterator[Comment]:
    """Only a text that may say something is looked through for comments."""
    text = document.text.replace("\r\n", "\n").replace("\r", "\n")
    if _COMMENT.search(text) is None:
        return
    extents = list(comments_in(kind, text))
    lines, code = text.split("\n"), _without(text, extents).split("\n")
    for extent in extents:
        found = _said(text, extent)
        if found is not None:
            place = _place(document.path, text, extent, found)
            number = place.span.line
            covers = range(number, (number if code[number - 1].strip() else _next_code(code, number)) + 1)
            yield _comment(place, lines[number - 1], found, covers, today)


def _without(text: str, extents: Iterable[Extent]) -> str:
    """The text with its comments blanked in place."""
    parts, position = [], 0
    for start, end in extents:
        parts += [text[position:start], _NOT_LINE_END.sub(" ", text[start:end])]
        position = end
    return "".join((*parts, text[position:]))


def _said(text: str, extent: Extent) -> re.Match[str] | None:
    start, end = extent
    return _COMMENT.search(text[start : end - len("*/") if text.startswith("/*", start) else end])


def _place(path: str, text: str, extent: Extent, found: re.Match[str]) -> SourceLocation:
    """From the sign of the comment on, as far as its line goes."""
    start, end = extent
    begin = start + found.end() - len(found[0].lstrip())
    until = start + found.start() + len(found[0].rstrip())
    if begin == start and text[until:end].strip() == "*/":
        until = end
    line_start = text.rfind("\n", 0, begin) + 1
    number = text.count("\n", 0, begin) + 1
    return SourceLocation(path, Span(number, begin - line_start + 1, number, until - line_start + 1))


def _next_code(code: list[str], number: int) -> int:
    """The next line that holds something else than comments."""
    return next((at for at, line in enumerate(code[number:], number + 1) if line.strip()), number)


# --- members of JSON objects ---


def _in_notes(document: Document, today: date) -> Iterator[Comment]:
    from nwpolicy.readers import jsontext

    try:
        raw, read = jsontext.parse(document.path, document.text)
    except InputError:
        return
    for holder, place, text in _notes(raw, read.root()):
        found = _NOTE.match(text)
        if found is not None:
            location = place.location
            yield _comment(location, document.line(location.span.line), found, holder.location, today)


def _notes(raw: Raw, source: Source) -> Iterator[tuple[Source, Source, str]]:
    """The object that holds a note, where the note stands, and what it says."""
    if isinstance(raw, Mapping):
        for name in _NOTES:
            text = raw.get(name)
            if isinstance(text, str) and text.lstrip().startswith(f"{_MARK}:"):
                yield _whole(source), source.at(name), text
        metadata = raw.get("metadata")
        said = metadata.get(_MARK) if isinstance(metadata, Mapping) else None
        for keys, text in _texts(said):
            yield _whole(source), source.at("metadata", _MARK, *keys), text
        for key, child in raw.items():
            yield from _notes(child, source.at(key))
    elif isinstance(raw, list):
        for index, child in enumerate(raw):
            yield from _notes(child, source.at(index))


def _whole(source: Source) -> Source:
    """The definition of which an object is the `properties`; else the object itself."""
    *above, last = source.route or ("",)
    return Source(source.document, tuple(above)) if last == "properties" else source


def _texts(said: Raw) -> Iterator[tuple[tuple[int, ...], str]]:
    """One text, or several."""
    for keys, text in [((), said)] if not isinstance(said, list) else [((n,), one) for n, one in enumerate(said)]:
        if isinstance(text, str):
            yield keys, text


# --- what it says ---


def _comment(
    location: SourceLocation, line: str, found: re.Match[str], covers: range | SourceLocation, today: date
) -> Comment:
    ids = tuple(text.strip() for text in (found["ids"] or "").strip("[]").split(",") if text.strip())
    reason = found["reason"].strip()
    return Comment(location, line, ids, reason, _fault(ids, found["until"], reason, today), covers)


def _fault(ids: tuple[str, ...], until: str | None, reason: str, today: date) -> str | None:
    if not ids:
        return "it names no rule of the linter"
    unknown = [rule_id for rule_id in ids if rule_id not in CATALOGUE]
    if unknown:
        return f"there is no rule {unknown[0]} of the linter"
    if not reason:
        return "it gives no reason"
    if until is None:
        return None
    try:
        end = date.fromisoformat(until)
    except ValueError:
        return f"{until} is no date"
    return f"it ended with {until}" if end < today else None
