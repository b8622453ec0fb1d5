"""The template functions that compare, and those for booleans that evaluate all of their arguments.

Source: Microsoft Learn, "Comparison functions for ARM templates", "Logical functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nwpolicy.readers.arm.functions.function import ANY, ORDERED, Function, Functions, Undecided, partly
from nwpolicy.readers.arm.values import ExpressionError, Value, first_open, same

__all__ = ["COMPARISONS", "alphabetical"]


def _equals(one: Value, other: Value) -> bool:
    first_open((one, other))
    answer = same(one, other)
    if answer is None:
        raise Undecided
    return answer


def alphabetical(text: str) -> tuple[str, str]:
    """As .NET sorts texts: without case first, then `a` before `A`."""
    return text.lower(), text.swapcase()


def _compared(decide: Callable[[Any, Any], bool]) -> Callable[[int | str, int | str], bool]:
    def compare(one: int | str, other: int | str) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return decide(alphabetical(one), alphabetical(other))
        if isinstance(one, str) or isinstance(other, str):
            raise ExpressionError("compares numbers with numbers and strings with strings")
        return decide(one, other)

    return compare


def _bool(value: bool | int | str) -> bool:
    if isinstance(value, str):
        if value.lower() not in {"true", "false", "1", "0"}:
            raise ExpressionError(f"'{value}' is neither true nor false")
        return value.lower() in {"true", "1"}
    return bool(value)


COMPARISONS: Final[Functions] = {
    "bool": Function(_bool, ((bool, int, str),)),
    "equals": partly(_equals, ANY, ANY),
    "false": Function(lambda: False),
    "greater": Function(_compared(lambda one, other: one > other), (ORDERED, ORDERED)),
    "greaterorequals": Function(_compared(lambda one, other: one >= other), (ORDERED, ORDERED)),
    "less": Function(_compared(lambda one, other: one < other), (ORDERED, ORDERED)),
    "lessorequals": Function(_compared(lambda one, other: one <= other), (ORDERED, ORDERED)),
    "not": Function(lambda value: not value, ((bool,),)),
    "true": Function(lambda: True),
}
