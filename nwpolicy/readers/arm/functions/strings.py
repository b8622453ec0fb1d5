"""The template functions for strings.

Source: Microsoft Learn, "String functions for ARM templates".
"""

from __future__ import annotations

import json
import re
from typing import Final

from nwpolicy.readers.arm.formats import composed
from nwpolicy.readers.arm.functions.function import (
    ANY,
    INT,
    LIST,
    MAX_ELEMENTS,
    ORDERED,
    SEQUENCE,
    TEXT,
    Function,
    Functions,
    Undecided,
    partly,
    plain_of,
    plainly,
)
from nwpolicy.readers.arm.values import MAX_SIZE, ExpressionError, Value, first_open, kind_of, shown_text

__all__ = ["STRINGS", "json_value"]

#: A string in either kind of quotes, or a comment.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'|(//[^\r\n]*|/\*.*?\*/)', re.DOTALL)


def _format(pattern: Value, *values: Value) -> str:
    if not isinstance(pattern, str):
        raise Undecided
    text, is_known = composed(pattern, values)
    if not is_known:
        raise Undecided(text, plain=plain_of(values[0]) if pattern == "{0}" else None)
    return text


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        raise ExpressionError("replaces no empty text")
    if text.count(old) * len(new) > MAX_SIZE:
        raise ExpressionError("the value is larger than a template can be")
    return text.replace(old, new)


def _substring(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else start + length
    if start < 0 or end < start or end > len(text):
        raise ExpressionError(f"goes beyond a text of {len(text)} characters")
    return text[start:end]


def _split(text: str, delimiters: str | list[Value]) -> list[Value]:
    pieces = [text]
    for delimiter in [delimiters] if isinstance(delimiters, str) else delimiters:
        if not isinstance(delimiter, str):
            raise ExpressionError(f"does not take {kind_of(delimiter)} as a delimiter")
        if delimiter:
            pieces = [part for piece in pieces for part in piece.split(delimiter)]
    return [*pieces]


def _join(elements: list[Value], delimiter: str) -> str:
    texts = [shown_text(element) for element in elements]
    if None in texts:
        raise ExpressionError("joins strings only")
    return delimiter.join(text for text in texts if text is not None)


def _pad_left(value: int | str, width: int, filler: str = " ") -> str:
    if len(filler) != 1:
        raise ExpressionError("pads with a single character")
    if width > MAX_ELEMENTS:
        raise ExpressionError(f"pads to no more than {MAX_ELEMENTS} characters")
    return str(value).rjust(width, filler)


def _string(value: Value) -> str:
    if first_open([value]) is not None:
        plainly(value)
    text = shown_text(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) if text is None else text


def json_value(text: str) -> Value:
    """The value of JSON text, whose strings may have single quotes too, as in the documentation's examples, and which
    may have comments, as templates may."""
    try:
        value: Value = json.loads(_QUOTED.sub(_double_quoted, text))
    except (ValueError, RecursionError):
        raise ExpressionError("the text is not JSON") from None
    return value


def _double_quoted(match: re.Match[str]) -> str:
    inner, comment = match.groups()
    if comment is not None:
        return " "
    return match.group() if inner is None else '"' + inner.replace("\\'", "'").replace('"', '\\"') + '"'


STRINGS: Final[Functions] = {
    "endswith": Function(lambda text, end: text.lower().endswith(end.lower()), (TEXT, TEXT)),
    "format": Function(_format, (TEXT, ANY), 1, repeats=True, sees_unknowns=True),
    "join": Function(_join, (LIST, TEXT)),
    "json": Function(json_value, (TEXT,)),
    "padleft": Function(_pad_left, (ORDERED, INT, TEXT), 1),
    "replace": Function(_replace, (TEXT, TEXT, TEXT)),
    "split": Function(_split, (TEXT, SEQUENCE)),
    "startswith": Function(lambda text, start: text.lower().startswith(start.lower()), (TEXT, TEXT)),
    "string": partly(_string, ANY),
    "substring": Function(_substring, (TEXT, INT, INT), 1),
    "tolower": Function(lambda text: text.lower(), (TEXT,)),
    "toupper": Function(lambda text: text.upper(), (TEXT,)),
    "trim": Function(lambda text: text.strip(), (TEXT,)),
}
