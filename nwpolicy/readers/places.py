"""Positions in a text that was read: offsets become lines and columns, routes become offsets, faults become
diagnostics. Shared by the readers of JSON and YAML text; offsets count code points from 0, ends are exclusive."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from typing import TypeAlias

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Key, Locator, Route, SourceLocation, Span

__all__ = [
    "LONE_SURROGATE",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_FAULTS",
    "Fault",
    "Lines",
    "Place",
    "Places",
    "input_error",
    "locator",
    "shown",
]

#: Objects and arrays within one another. Real templates stay below 40; the limit keeps every recursion safe.
MAX_DEPTH = 200

#: Digits of an integer. Azure's integers have 19; Python's own limit depends on the environment.
MAX_DIGITS = 300

#: Faults reported for one file; somebody who has to correct these does not read on.
MAX_FAULTS = 20

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SHOWN_LENGTH = 30


Places: TypeAlias = "dict[str, Place] | list[Place]"


@dataclass(slots=True)
class Place:
    """Where a value stands, where its key does (if it has one), and the places of the values below it: `later` finds
    them when one is asked for."""

    start: int
    end: int
    children: Places | None = None
    key: int = -1
    later: Callable[[], Places | None] | None = None

    def child(self, step: str | int) -> Place | None:
        if self.later is not None:
            self.children, self.later = self.later(), None
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int) and 0 <= step < len(self.children):
            return self.children[step]
        return None


class Lines:
    """The lines of a text. Only LF, CRLF and CR end a line, as in editors (`str.splitlines` knows more)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("Q", chain((0,), (match.end() for match in _LINE_END.finditer(text))))

    def number(self, offset: int) -> int:
        """The line an offset is on, counted from 1."""
        return bisect_right(self._starts, offset)

    def span(self, start: int, end: int) -> Span:
        line, end_line = self.number(start), self.number(end)
        return Span(line, start - self._starts[line - 1] + 1, end_line, end - self._starts[end_line - 1] + 1)

    def text(self, number: int) -> str:
        """A line without its line end."""
        end = self._starts[number] if number < len(self._starts) else len(self._text)
        return self._text[self._starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a stretch of a text."""

    code: str
    message: str
    start: int
    end: int
    help: str | None = None

    def diagnostic(self, path: str, lines: Lines) -> Diagnostic:
        span = lines.span(self.start, self.end)
        location = SourceLocation(path, span)
        excerpt = LONE_SURROGATE.sub("\ufffd", lines.text(span.line))  # no encoding could write the halves out
        return Diagnostic(Severity.ERROR, self.code, self.message, location, self.help, excerpt)


def input_error(path: str, text: str, faults: Iterable[Fault]) -> InputError:
    """The faults as one error, in the order of the text."""
    lines = Lines(text)
    first = sorted(faults, key=lambda fault: fault.start)[:MAX_FAULTS]
    return InputError(*(fault.diagnostic(path, lines) for fault in first))


def locator(text: str, index: Callable[[], Place]) -> Locator:
    """A locator over the places that `index` finds; nothing is computed before the first question."""

    @cache
    def prepared() -> tuple[Lines, Place]:
        return Lines(text), index()

    def locate(route: Route) -> Span:
        lines, place = prepared()
        for step in route:
            below = place.child(step)
            if below is None:
                break
            place = below
        else:
            if route and isinstance(route[-1], Key) and place.key >= 0:
                return lines.span(*_key_extent(text, place.key, route[-1]))
        return lines.span(place.start, place.end)

    return locate


def _key_extent(text: str, start: int, name: str) -> tuple[int, int]:
    quoted = _QUOTED.match(text, start)
    return start, start + len(name) if quoted is None else quoted.end()


def shown(text: str) -> str:
    """A piece of the input as a message quotes it: short, and without characters that would act on a terminal."""
    if not text.isprintable():
        return f"character U+{next(ord(char) for char in text if not char.isprintable()):04X}"
    return f"'{text}'" if len(text) <= _SHOWN_LENGTH else f"'{text[:_SHOWN_LENGTH]}...'"
