"""What is wrong with JSON text at the point where it cannot be read on, in words for the person who wrote it."""

from __future__ import annotations

import re

from nwpolicy.model.records import dataclass
from nwpolicy.readers.places import Fault, Lines, Place, shown

__all__ = ["STRING", "Standstill"]

_TEXT = r'[^"\\\x00-\x08\x0b\x0c\x0e-\x1f]*+'

#: A JSON string as a pattern; line ends and tabs inside are allowed, as in Azure Resource Manager templates.
STRING = rf'"{_TEXT}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_TEXT})*+"'

_STRING = re.compile(STRING)
_CLOSED_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRING_FAULT = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|(\\u|\\.|[\x00-\x08\x0b\x0c\x0e-\x1f])', re.DOTALL)
_BLANK = re.compile(r"[ \t\r\n]*+")
_WORD = re.compile(r'[^\s,:\[\]{}"]+')
_NUMBER_START = "-+.0123456789"
_NAMES_ELSEWHERE = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}


@dataclass(frozen=True, slots=True)
class Standstill:
    """A text, where reading stopped, the token read last, and the object or array that is open there."""

    text: str
    offset: int
    last: tuple[int, int]
    container: Place | None

    def no_value(self) -> Fault:
        start, found = self._next()
        end = start + len(found)
        if found == '"':
            return self._bad_string(start)
        if common := self._common(start, found):
            return common
        if found[0] in _NUMBER_START or found in ("NaN", "Infinity"):
            return _fault(f"{shown(found)} is not a number that JSON knows", start, end)
        help = None
        if found in _NAMES_ELSEWHERE:
            help = f"JSON writes this as {_NAMES_ELSEWHERE[found]}"
        elif _WORD.match(found):
            help = "strings are written in double quotes"
        return _fault(f"expected a value, found {shown(found)}", start, end, help)

    def no_key(self) -> Fault:
        start, found = self._next()
        if found == '"':
            key = _STRING.match(self.text, start)
            return self._bad_string(start) if key is None else self._no_colon(key.span())
        message = f"expected a key in double quotes, found {shown(found)}" if found else ""
        return self._common(start, found) or _fault(message, start, start + len(found))

    def no_separator(self, container: Place) -> Fault:
        start, found = self._next()
        kind, closer = _kind(container)
        if common := self._common(start, found):
            return common
        if found in ("]", "}"):
            message = f"'{found}' does not close the {kind} that starts on line {self._line(container.start)}"
            return _fault(message, start, start + 1, f"expected ',' or '{closer}'")
        return self._missing(f"',' or '{closer}'", "value", found)

    def no_end(self) -> Fault:
        start, found = self._next()
        message = f"expected the end of the file after the value, found {shown(found)}"
        return self._common(start, found) or _fault(message, start, start + len(found), "a file holds one JSON value")

    def _line(self, offset: int) -> int:
        return Lines(self.text).number(offset)

    def _next(self) -> tuple[int, str]:
        """Offset and text of what stands next: a word, one character of punctuation, or nothing."""
        blank = _BLANK.match(self.text, self.offset)
        start = self.offset if blank is None else blank.end()
        word = _WORD.match(self.text, start)
        return start, self.text[start : start + 1] if word is None else word[0]

    def _no_colon(self, key: tuple[int, int]) -> Fault:
        after = Standstill(self.text, key[1], key, self.container)
        start, found = after._next()
        return after._common(start, found) or after._missing("':'", "key", found)

    def _missing(self, expected: str, after: str, found: str) -> Fault:
        """Something is missing after the last token; if that is a string of several lines, it is its quote."""
        start, end = self.last
        token = self.text[start:end]
        help = None
        if token[0] == '"' and ("\n" in token or "\r" in token):
            after = "string of several lines"
            help = f"is the closing quote missing on line {self._line(start)}?"
        return _fault(f"expected {expected} after this {after}, found {shown(found)}", start, end, help)

    def _common(self, start: int, found: str) -> Fault | None:
        """The faults that can appear between any two tokens."""
        if not found:
            return self._truncated()
        if found.startswith("/*"):
            return _fault("this comment is never closed", start, start + 2, "close it with */")
        if found[0] == "'":
            help = "JSON writes keys and strings in double quotes"
            return _fault("a single quote does not start a string", start, start + 1, help)
        return None

    def _truncated(self) -> Fault:
        end = len(self.text.rstrip(" \t\r\n"))
        if self.container is None:
            return _fault("the file is empty, expected a JSON value", end, end)
        kind, closer = _kind(self.container)
        message = f"the file ends inside the {kind} that starts on line {self._line(self.container.start)}"
        return _fault(message, end, end, f"is the file complete, or is a '{closer}' missing?")

    def _bad_string(self, start: int) -> Fault:
        closed = _CLOSED_STRING.match(self.text, start)
        if closed is None:
            return _fault("this string is never closed", start, start + 1)
        fault = next(match for match in _STRING_FAULT.finditer(self.text, start, closed.end()) if match[1])
        if fault[1] == "\\u":
            return _fault("'\\u' needs four hexadecimal digits", *fault.span())
        if fault[1][0] == "\\":
            help = "a backslash itself is written as \\\\"
            return _fault(f"{shown(fault[1])} is not an escape that JSON knows", *fault.span(), help)
        return _fault(f"{shown(fault[1])} has to be escaped in a string", *fault.span())


def _kind(container: Place) -> tuple[str, str]:
    """What an open container is called, and what closes it."""
    return ("object", "}") if isinstance(container.children, dict) else ("array", "]")


def _fault(message: str, start: int, end: int, help: str | None = None) -> Fault:
    return Fault("invalid-json", message, start, end, help)
