"""The template functions for numbers.

Source: Microsoft Learn, "Numeric functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nwpolicy.readers.arm.functions.function import INT, ORDERED, Function, Functions, partly, plainly
from nwpolicy.readers.arm.values import ExpressionError, Value

__all__ = ["NUMBERS"]


def _int(value: Value) -> int:
    if not isinstance(value, int | str):
        plainly(value)
    try:
        return int(value)
    except ValueError:
        raise ExpressionError(f"'{value}' is no whole number") from None


def _float(value: int | str) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise ExpressionError(f"'{value}' is no number") from None


def _div(one: int, other: int) -> int:
    """Towards zero, as .NET divides."""
    if other == 0:
        raise ExpressionError("divides by zero")
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _extreme(choose: Callable[[list[int]], int]) -> Callable[..., int]:
    def extreme(*values: Value) -> int:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else [*values]
        if not numbers or not all(isinstance(number, int) for number in numbers):
            raise ExpressionError("takes whole numbers")
        return choose([number for number in numbers if isinstance(number, int)])

    return extreme


NUMBERS: Final[Functions] = {
    "add": Function(lambda one, other: one + other, (INT, INT)),
    "div": Function(_div, (INT, INT)),
    "float": Function(_float, (ORDERED,)),
    "int": partly(_int, ORDERED),
    "max": Function(_extreme(max), ((int, list),), repeats=True),
    "min": Function(_extreme(min), ((int, list),), repeats=True),
    "mod": Function(lambda one, other: one - other * _div(one, other), (INT, INT)),
    "mul": Function(lambda one, other: one * other, (INT, INT)),
    "sub": Function(lambda one, other: one - other, (INT, INT)),
}
