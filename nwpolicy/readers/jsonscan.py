"""A scanner of JSON text for the two questions that `json.loads` does not answer: where every value stands,
and what exactly is wrong with a text.

It reads the same language (RFC 8259, and line ends and tabs inside strings) and neither recurses nor raises. What is
inside of the outermost object or array and sound is only looked into when somebody asks for a place in it: of a large
file hardly anything is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias, cast

from nwpolicy.readers.jsonfaults import STRING, Standstill
from nwpolicy.readers.jsonvalues import decoded_at
from nwpolicy.readers.places import LONE_SURROGATE, MAX_DEPTH, MAX_DIGITS, Fault, Lines, Place, Places, shown

__all__ = ["CONTROL", "SURROGATE", "scan"]

#: What no string may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: What may be half of a surrogate pair.
SURROGATE = re.compile(rf"\\u[dD][89a-fA-F]|{LONE_SURROGATE.pattern}")

_SPACE = r"[ \t\r\n]*+"
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_VALUE = re.compile(rf"{_SPACE}(?:([\[{{])|({STRING}|(?:{_NUMBER}|true|false|null)(?![\w.+-])))")
_KEY = re.compile(rf"{_SPACE}({STRING}){_SPACE}:")
_PUNCTUATION = re.compile(rf"{_SPACE}([,\]}}])")
_REST = re.compile(rf"{_SPACE}\Z")
_INFINITE = (float("inf"), float("-inf"))
#: Objects and arrays are tried as a whole down to this depth: what is broken is read anew at each.
_TRIED = 12

_Step: TypeAlias = "Callable[[], _Step | None]"


def scan(text: str) -> tuple[Place, list[Fault]]:
    """The places of all values of a text, and its faults: all of those that do not keep it from being read on,
    and at most one that does. With faults the places may be incomplete."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.root, scanner.faults


def _below(text: str, start: int) -> Places | None:
    """The places of the values in the object or array that starts at an offset."""
    scanner = _Scanner(text, start)
    scanner.run()
    return scanner.root.children


class _Scanner:
    """Every step reads one piece of the text and returns the next step; none at the end or where it cannot go on.
    `part` is where an object or array starts that is looked into by itself."""

    def __init__(self, text: str, part: int | None = None) -> None:
        self.root = Place(0, len(text))
        self.faults: list[Fault] = []
        self._text = text
        self._is_part = part is not None
        self._offset = part or 0
        self._last = (0, 0)
        self._open: list[Place] = []
        self._key = ("", 0)

    def run(self) -> None:
        step: _Step | None = self.value
        while step is not None:
            step = step()

    def value(self) -> _Step | None:
        match = _VALUE.match(self._text, self._offset)
        if match is None:
            return self._stop(self._standstill.no_value())
        self._offset = end = match.end()
        if match.lastindex == 1:
            if (sound := self._sound(end - 1)) is not None:
                return self._passed_over(end - 1, sound)
            return self._opened(Place(end - 1, end, {} if match[1] == "{" else []))
        self._last = start, end = match.span(2)
        self._check(match[2], start, end)
        self._add(Place(start, end))
        return self._after

    def _sound(self, start: int) -> int | None:
        """Where an object or array ends in which there is no fault; None if that is not certain."""
        if not 0 < len(self._open) < _TRIED:
            return None
        try:
            end = decoded_at(self._text, start, len(self._open))
        except (ValueError, RecursionError):
            return None
        doubtful = (CONTROL.search(self._text, start, end), SURROGATE.search(self._text, start, end))
        return None if any(doubtful) else end

    def _passed_over(self, start: int, end: int) -> _Step:
        self._add(Place(start, end, later=lambda: _below(self._text, start)))
        self._offset = end
        self._last = (end - 1, end)
        return self._after

    def _opened(self, place: Place) -> _Step | None:
        if len(self._open) == MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            return self._stop(Fault("nesting-too-deep", message, place.start, place.end))
        self._add(place)
        self._open.append(place)
        self._last = (place.start, place.end)
        is_object = isinstance(place.children, dict)
        match = _PUNCTUATION.match(self._text, self._offset)
        if match is not None and match[1] == ("}" if is_object else "]"):
            return self._closed(match.end())
        return self._member if is_object else self.value

    def _member(self) -> _Step | None:
        match = _KEY.match(self._text, self._offset)
        if match is None:
            return self._stop(self._standstill.no_key())
        start, end = match.span(1)
        self._check(match[1], start, end)
        name = cast(str, json.loads(match[1], strict=False)) if "\\" in match[1] else match[1][1:-1]
        self._key = (name, start)
        self._offset = end = match.end()
        self._last = (end - 1, end)
        return self.value

    def _after(self) -> _Step | None:
        if not self._open:
            return (
                None
                if self._is_part or _REST.match(self._text, self._offset)
                else self._stop(self._standstill.no_end())
            )
        container = self._open[-1]
        is_object = isinstance(container.children, dict)
        match = _PUNCTUATION.match(self._text, self._offset)
        if match is not None and match[1] == ",":
            self._offset = match.end()
            self._last = match.span(1)
            return self._member if is_object else self.value
        if match is not None and match[1] == ("}" if is_object else "]"):
            return self._closed(match.end())
        return self._stop(self._standstill.no_separator(container))

    def _closed(self, end: int) -> _Step:
        self._open.pop().end = self._offset = end
        self._last = (end - 1, end)
        return self._after

    def _add(self, place: Place) -> None:
        siblings = self._open[-1].children if self._open else None
        if isinstance(siblings, dict):
            name, place.key = self._key
            first = siblings.setdefault(name, place)
            if first is not place:
                self._duplicate(name, first, place)
        elif isinstance(siblings, list):
            siblings.append(place)
        else:
            self.root = place

    def _check(self, token: str, start: int, end: int) -> None:
        """Faults of a token that is well formed."""
        if token[0] == '"':
            if ("\\u" in token or not token.isascii()) and LONE_SURROGATE.search(json.loads(token, strict=False)):
                message = "this string holds half of a surrogate pair, which is not a character"
                self.faults.append(Fault("lone-surrogate", message, start, end))
        elif token.lstrip("-").isdigit():
            if len(token) > MAX_DIGITS:
                message = f"this number has more than {MAX_DIGITS} digits"
                self.faults.append(Fault("number-too-large", message, start, end))
        elif token[0] in "-0123456789" and float(token) in _INFINITE:
            self.faults.append(Fault("number-too-large", f"the number {shown(token)} is too large", start, end))

    def _duplicate(self, name: str, first: Place, second: Place) -> None:
        match = _KEY.match(self._text, second.key)
        end = second.key if match is None else match.end(1)
        message = f"key {shown(name)} is given twice: the first is on line {self._lines.number(first.key)}"
        self.faults.append(Fault("duplicate-key", message, second.key, end, "remove or rename one of the two"))

    def _stop(self, fault: Fault) -> _Step | None:
        self.faults.append(fault)
        return None

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    @property
    def _standstill(self) -> Standstill:
        return Standstill(self._text, self._offset, self._last, self._open[-1] if self._open else None)
