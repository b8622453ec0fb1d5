"""Operators of expressions.

Source: HashiCorp, "Terraform language: Arithmetic and Logical Operators".
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from nwpolicy.readers.terraform.functions.conversions import tobool
from nwpolicy.readers.terraform.functions.function import as_number
from nwpolicy.readers.terraform.values import Data, EvaluationError, Open, Undecided, Value, first_open, plain, same

__all__ = ["OPERATORS", "negated"]


def negated(sign: str, value: Value) -> Data:
    """`-value` or `!value`"""
    if sign == "-":
        return -as_number(plain(value))
    found = _truth(value)
    if found is None:
        raise Undecided(first_open([value]))
    return not found


def _truth(value: Value) -> bool | None:
    """None where not known."""
    found = tobool(value).data
    if found is None:
        raise EvaluationError("expected true or false, found null")
    return None if isinstance(found, Open) else found is True


def _and(left: Value, right: Value) -> Data:
    return _settled(left, right, False)


def _or(left: Value, right: Value) -> Data:
    return _settled(left, right, True)


def _settled(left: Value, right: Value, deciding: bool) -> Data:
    """One side may decide alone."""
    truths = (_truth(left), _truth(right))
    if deciding in truths:
        return deciding
    if None in truths:
        raise Undecided(first_open([left, right]))
    return not deciding


def _equal(left: Value, right: Value) -> Data:
    found = same(left, right)
    if found is None:
        raise Undecided(first_open([left, right]))
    return found


def _different(left: Value, right: Value) -> Data:
    return not _equal(left, right)


def _compared(compare: Callable[[float, float], bool]) -> Callable[[Value, Value], Data]:
    return lambda left, right: compare(as_number(plain(left)), as_number(plain(right)))


def _computed(compute: Callable[..., Any]) -> Callable[[Value, Value], Data]:
    def apply(left: Value, right: Value) -> Data:
        try:
            found = compute(as_number(plain(left)), as_number(plain(right)))
        except (OverflowError, ValueError, ZeroDivisionError):
            raise EvaluationError("the result is no number, or too large") from None
        if not math.isfinite(found):
            raise EvaluationError("the result is too large")
        return int(found) if isinstance(found, float) and found.is_integer() else found

    return apply


OPERATORS: Final[Mapping[str, Callable[[Value, Value], Data]]] = {
    "!=": _different,
    "%": _computed(math.fmod),
    "&&": _and,
    "*": _computed(operator.mul),
    "+": _computed(operator.add),
    "-": _computed(operator.sub),
    "/": _computed(operator.truediv),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    "==": _equal,
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "||": _or,
}
