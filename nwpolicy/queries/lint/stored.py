"""Records as JSON values and back: a record is the list of its fields. What is not exactly of the form is refused, as
it may come from anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["MalformedError", "packed", "unpacked"]

T = TypeVar("T")
_Unpack = Callable[[object], Any]
_PLAIN: Final = (str, int)


class MalformedError(ValueError):
    """A value that is not of the form."""


def packed(value: object) -> Any:
    """The value in JSON's own terms."""
    if isinstance(value, tuple | list):
        return [packed(element) for element in value]
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        return [packed(getattr(value, item.name)) for item in dataclasses.fields(value)]
    return value


def unpacked(kind: type[T], raw: object) -> T:
    """The record of a class. Raises MalformedError."""
    unpack: Callable[[object], T] = _unpacking(cast(Any, kind))
    return unpack(raw)


@cache
def _unpacking(kind: Any) -> _Unpack:
    if get_origin(kind) is UnionType:
        (other,) = (each for each in get_args(kind) if each is not NoneType)
        return lambda raw: None if raw is None else _unpacking(other)(raw)
    if get_origin(kind) is tuple:
        (element, *_) = get_args(kind)
        return _plain_ones(element) if element in _PLAIN else _several(_unpacking(element))
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [item.name for item in dataclasses.fields(kind)]
        return _record(kind, [(name, _unpacking(hints[name])) for name in names])
    return _enumerated(kind) if issubclass(kind, Enum) else _plain(kind)


def _plain(kind: type) -> _Unpack:
    def unpack(raw: object) -> object:
        if type(raw) is not kind:
            raise MalformedError(f"no {kind.__name__}")
        return raw

    return unpack


def _enumerated(kind: type[Enum]) -> _Unpack:
    def unpack(raw: object) -> object:
        try:
            return kind(raw)
        except ValueError:
            raise MalformedError(f"no {kind.__name__}") from None

    return unpack


def _plain_ones(kind: type) -> _Unpack:
    """Most of what is stored are texts and numbers, and many at once: they are looked at together."""

    def unpack(raw: object) -> object:
        if not isinstance(raw, list) or not {kind}.issuperset(map(type, raw)):
            raise MalformedError(f"no list of {kind.__name__}")
        return tuple(raw)

    return unpack


def _several(unpack_one: _Unpack) -> _Unpack:
    def unpack(raw: object) -> object:
        if not isinstance(raw, list):
            raise MalformedError("no list")
        return tuple(map(unpack_one, raw))

    return unpack


def _record(kind: Any, fields: list[tuple[str, _Unpack]]) -> _Unpack:
    def unpack(raw: object) -> object:
        if not isinstance(raw, list) or len(raw) != len(fields):
            raise MalformedError(f"no {kind.__name__}")
        return kind(**{name: unpack_one(value) for (name, unpack_one), value in zip(fields, raw, strict=True)})

    return unpack
