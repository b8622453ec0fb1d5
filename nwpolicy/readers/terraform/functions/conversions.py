"""Functions that convert between types, and those that mark values as secret.

Source: HashiCorp, "Terraform language: Functions", Type Conversion Functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nwpolicy.readers.terraform.functions.function import Functions, as_number, function, partly
from nwpolicy.readers.terraform.values import (
    Data,
    EvaluationError,
    Open,
    SetOf,
    Undecided,
    Value,
    first_open,
    kind_of,
    same,
    text_of,
)

__all__ = ["CONVERSIONS", "set_of", "tobool", "tolist", "tomap", "tonumber", "toset", "tostring"]


def set_of(elements: Iterable[Value]) -> SetOf:
    """Each element once: texts in order, unknown ones (which may be equal to others) behind them."""
    known: dict[object, Value] = {}
    rest: list[Value] = []
    for element in elements:
        if isinstance(element.data, bool | int | float | str):
            known.setdefault((isinstance(element.data, bool), element.data), element)
        elif True not in [same(element, other) for other in rest]:
            rest.append(element)
    ordered = sorted(known.values(), key=lambda element: (str(type(element.data)), element.data))
    return SetOf((*ordered, *rest))


def tostring(value: Value) -> Value:
    if value.data is None or isinstance(value.data, Open):
        return value
    return Value(text_of(value), value.source)


def tonumber(value: Value) -> Value:
    if value.data is None or isinstance(value.data, Open):
        return value
    return Value(as_number(value.data), value.source)


def tobool(value: Value) -> Value:
    match value.data:
        case None | bool() | Open():
            return value
        case "true" | "false":
            return Value(value.data == "true", value.source)
        case _:
            raise EvaluationError(f"expected true or false, found {kind_of(value)}")


def tolist(value: Value) -> Value:
    if isinstance(value.data, tuple):
        return Value(_unified(value.data), value.source)
    return _unchanged(value, "a list")


def toset(value: Value) -> Value:
    if isinstance(value.data, SetOf):
        return value
    if isinstance(value.data, tuple):
        return Value(set_of(_unified(value.data)), value.source)
    return _unchanged(value, "a list")


def tomap(value: Value) -> Value:
    if isinstance(value.data, Mapping):
        unified = _unified(tuple(value.data.values()))
        return Value(dict(zip(value.data, unified, strict=True)), value.source)
    return _unchanged(value, "a map")


def _unified(elements: tuple[Value, ...]) -> tuple[Value, ...]:
    """Elements of one type: where one is a string, all scalars become strings."""
    scalars = all(element.data is None or isinstance(element.data, str | int | float | Open) for element in elements)
    has_text = any(isinstance(element.data, str) for element in elements)
    return tuple(map(tostring, elements)) if scalars and has_text else elements


def _unchanged(value: Value, wanted: str) -> Value:
    """Unknown, or null."""
    if value.data is None or first_open([value], deep=False) is not None:
        return value
    raise EvaluationError(f"expected {wanted}, found {kind_of(value)}")


def _secret(value: Value) -> Data:
    reason = "it is sensitive"
    raise Undecided(Open("sensitive", reason, value.source))


CONVERSIONS: Final[Functions] = {
    "issensitive": function(lambda _: False, 1),
    "nonsensitive": partly(lambda value: value, 1),
    "sensitive": partly(_secret, 1),
    "tobool": partly(tobool, 1),
    "tolist": partly(tolist, 1),
    "tomap": partly(tomap, 1),
    "tonumber": partly(tonumber, 1),
    "toset": partly(toset, 1),
    "tostring": partly(tostring, 1),
}
