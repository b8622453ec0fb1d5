"""Composite format strings: `{0}-{1:D2}`, as the function `format` fills them in.

Source: Microsoft Learn, "String functions for ARM templates", format; "Composite formatting" (.NET).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nwpolicy.readers.arm.functions.function import Undecided
from nwpolicy.readers.arm.values import MAX_SIZE, ExpressionError, Open, Value, kind_of, shown_text

__all__ = ["composed"]

_MAX_WIDTH: Final = 1000
#: Of the number of digits: `D99` is the last format of its kind.
_MAX_DIGITS: Final = 2


def composed(pattern: str, values: Sequence[Value]) -> tuple[str, bool]:
    """The text with the values filled in, and whether all of it is known (an unknown piece stands in braces).
    Raises Undecided for a format that is not known here."""
    pieces: list[str] = []
    is_known = True
    position = size = 0
    while position < len(pattern):
        char = pattern[position]
        if char not in "{}":
            end = min(_end(pattern, "{", position), _end(pattern, "}", position))
            pieces.append(pattern[position:end])
            position = end
        elif pattern[position : position + 2] == char * 2:
            pieces.append(char)
            position += 2
        else:
            end = pattern.find("}", position)
            if char == "}" or end < 0:
                raise ExpressionError("a brace of the format is not closed or not opened")
            item = pattern[position + 1 : end]
            value = _argument(item, values)
            is_known = is_known and not isinstance(value, Open)
            pieces.append(_filled(item, value))
            size += len(pieces[-1])
            if size > MAX_SIZE:
                raise ExpressionError("the value is larger than a template can be")
            position = end + 1
    return "".join(pieces), is_known


def _end(pattern: str, char: str, position: int) -> int:
    found = pattern.find(char, position)
    return len(pattern) if found < 0 else found


def _argument(item: str, values: Sequence[Value]) -> Value:
    index = item.partition(":")[0].partition(",")[0].strip()
    if not (index.isascii() and index.isdigit()):
        raise ExpressionError(f"'{{{item}}}' names no argument")
    if int(index[:9]) >= len(values):
        raise ExpressionError(f"'{{{item}}}' has no argument, there are {len(values)}")
    return values[int(index[:9])]


def _filled(item: str, value: Value) -> str:
    head, _, style = item.partition(":")
    width = head.partition(",")[2].strip()
    text = _styled(style, value)
    if not width or isinstance(value, Open):
        return text
    try:
        columns = int(width)
    except ValueError:
        raise ExpressionError(f"'{width}' is no width") from None
    if abs(columns) > _MAX_WIDTH:
        raise ExpressionError(f"a width of {width} is too much")
    return text.rjust(columns) if columns > 0 else text.ljust(-columns)


def _styled(style: str, value: Value) -> str:
    text = shown_text(value)
    if value is None:
        return ""
    if text is None:
        raise ExpressionError(f"does not fill in {kind_of(value)}")
    if not style or not isinstance(value, int) or isinstance(value, bool):
        return text
    kind, digits = style[0].upper(), style[1:]
    if kind in {"D", "N"} and (not digits or (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS)):
        if kind == "D":
            return f"{'-' if value < 0 else ''}{str(abs(value)).rjust(int(digits or 0), '0')}"
        return f"{value:,.{int(digits or 2)}f}"
    if not style.strip("0"):
        return f"{'-' if value < 0 else ''}{str(abs(value)).rjust(len(style), '0')}"
    if kind == "X" and value >= 0 and (not digits or (digits.isdecimal() and len(digits) <= _MAX_DIGITS)):
        return f"{value:{'0' + digits if digits else ''}{style[0]}}"
    raise Undecided  # .NET has more formats, none of which a name or a rule has need of
