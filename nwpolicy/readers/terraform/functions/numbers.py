"""Numeric functions.

Source: HashiCorp, "Terraform language: Functions", Numeric Functions.
"""

from __future__ import annotations

import math
from typing import Any, Final

from nwpolicy.readers.terraform.functions.function import Functions, as_number, as_text, as_whole, function
from nwpolicy.readers.terraform.values import EvaluationError

__all__ = ["NUMBERS"]

_DIGITS: Final = 300


def _log(number: Any, base: Any) -> float:
    try:
        return math.log(as_number(number), as_number(base))
    except (ValueError, ZeroDivisionError):
        raise EvaluationError("takes positive numbers") from None


def _pow(base: Any, exponent: Any) -> float:
    try:
        return math.pow(as_number(base), as_number(exponent))
    except (OverflowError, ValueError):
        raise EvaluationError("the result is no number, or too large") from None


def _parseint(text: Any, base: Any) -> int:
    digits, radix = as_text(text), as_whole(base)
    if not 2 <= radix <= 36 or len(digits) > _DIGITS or not digits.lstrip("-").isalnum():  # noqa: PLR2004 - as in int()
        raise EvaluationError("takes digits and a base of 2 to 36")
    try:
        return int(digits, radix)
    except ValueError:
        raise EvaluationError(f"{digits!r} is no number of base {radix}") from None


NUMBERS: Final[Functions] = {
    "abs": function(lambda number: abs(as_number(number)), 1),
    "ceil": function(lambda number: math.ceil(as_number(number)), 1),
    "floor": function(lambda number: math.floor(as_number(number)), 1),
    "log": function(_log, 2),
    "max": function(lambda *numbers: max(map(as_number, numbers)), 1, -1),
    "min": function(lambda *numbers: min(map(as_number, numbers)), 1, -1),
    "parseint": function(_parseint, 2),
    "pow": function(_pow, 2),
    "signum": function(lambda number: (as_number(number) > 0) - (as_number(number) < 0), 1),
}
