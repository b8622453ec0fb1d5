"""What a function of Terraform is: how many arguments it takes, and what it makes of them.

Most functions are told plain values and are never called with an unknown one; some look at their arguments' structure
only, so that unknown elements pass through them (`concat`, `merge`, `lookup`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.readers.terraform.values import (
    MAX_SIZE,
    Data,
    EvaluationError,
    Open,
    Undecided,
    Value,
    number_text,
    plain,
    wrapped,
)

__all__ = ["Function", "Functions", "as_list", "as_number", "as_text", "as_whole", "function", "partly", "textual"]

_ANY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Function:
    """`apply` gets plain values, or the values themselves if it `sees_unknowns`. With `names`, an unknown text is given
    as its placeholder, and the result is the placeholder of the whole."""

    apply: Callable[..., Any]
    least: int
    most: int
    sees_unknowns: bool = False
    names: bool = False

    def __call__(self, arguments: Sequence[Value], source: Source) -> Value:
        """Raises EvaluationError for arguments that the function does not take, Undecided where one is unknown."""
        if not self.least <= len(arguments) <= self.most:
            count = str(self.least) if self.most == self.least else f"at least {self.least}"
            count = count if self.most in (self.least, _ANY) else f"{self.least} to {self.most}"
            raise EvaluationError(f"takes {count} argument{'' if count == '1' else 's'}, not {len(arguments)}")
        if self.sees_unknowns:
            found = self.apply(*arguments)
            if isinstance(found, Value):
                return found
            if isinstance(found, tuple | dict) and len(found) > MAX_SIZE:
                raise EvaluationError("the value is too large")
            return Value(found, source)
        try:
            return wrapped(self.apply(*map(plain, arguments)), source)
        except Undecided as undecided:
            raise Undecided(undecided.cause, self._placeholder(arguments)) from None

    def _placeholder(self, arguments: Sequence[Value]) -> str:
        if not self.names:
            return ""
        try:
            return str(self.apply(*map(_shown, arguments)))
        except EvaluationError:
            return ""


Functions: TypeAlias = Mapping[str, Function]


def function(apply: Callable[..., Any], least: int, most: int | None = None) -> Function:
    """A function of plain values; `most` is -1 for any number of them."""
    return Function(apply, least, _most(least, most))


def partly(apply: Callable[..., Data | Value], least: int, most: int | None = None) -> Function:
    """A function that looks at unknown arguments itself."""
    return Function(apply, least, _most(least, most), sees_unknowns=True)


def textual(apply: Callable[..., str], least: int, most: int | None = None) -> Function:
    """A function that makes names of names."""
    return Function(apply, least, _most(least, most), names=True)


def _most(least: int, most: int | None) -> int:
    return least if most is None else _ANY if most < 0 else most


def _shown(value: Value) -> Any:
    if isinstance(value.data, Open):
        return value.data.placeholder
    if isinstance(value.data, tuple):
        return [_shown(element) for element in value.data]
    return plain(value)


def as_text(raw: Any) -> str:
    """What Terraform converts to a string."""
    match raw:
        case str():
            return raw
        case bool():
            return "true" if raw else "false"
        case int() | float():
            return number_text(raw)
        case _:
            raise EvaluationError(f"expected a string, found {_named(raw)}")


def as_number(raw: Any) -> int | float:
    """What Terraform converts to a number."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    try:
        number = float(raw) if isinstance(raw, str) and raw.strip() == raw else float("nan")
    except ValueError:
        number = float("nan")
    if not math.isfinite(number):
        raise EvaluationError(f"expected a number, found {_named(raw)}")
    return int(raw) if isinstance(raw, str) and raw.lstrip("-").isdecimal() else number


def as_whole(raw: Any) -> int:
    number = as_number(raw)
    if isinstance(number, float) and not number.is_integer():
        raise EvaluationError(f"expected a whole number, found {number}")
    return int(number)


def as_list(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise EvaluationError(f"expected a list, found {_named(raw)}")
    return raw


def _named(raw: Any) -> str:
    match raw:
        case None:
            return "null"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return repr(raw)
