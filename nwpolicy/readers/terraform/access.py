"""What can be reached in a value: members, elements, and the keys and values of what can be looped over."""

from __future__ import annotations

from collections.abc import Mapping

from nwpolicy.readers.terraform.functions.function import as_whole
from nwpolicy.readers.terraform.values import (
    EvaluationError,
    Lazy,
    Open,
    SetOf,
    Undecided,
    Value,
    countable,
    first_open,
    kind_of,
    plain,
    text_of,
)

__all__ = ["entries", "member"]


def member(value: Value, key: Value) -> Value:
    """`value.key` or `value[key]`. Raises EvaluationError where there is none, Undecided where the key is unknown."""
    data = value.data
    if isinstance(data, Open) and data.instance is not None and not isinstance(key.data, Lazy):
        return data.instance
    if isinstance(key.data, Open):
        raise Undecided(key.data)
    match data:
        case Open():
            suffix = f"[{key.data}]" if isinstance(key.data, int) else f".{key.data}"
            return Value(Open(data.name + suffix, data.reason, data.source, is_named=data.is_named), key.source)
        case Lazy():
            return data.attribute(text_of(key))
        case SetOf():
            raise EvaluationError("the elements of a set have no keys")
        case tuple():
            return _element(value, key)
        case Mapping():
            name = text_of(key)
            if name in data:
                return data[name]
            raise EvaluationError(f"there is no {name!r}", help=_among(data))
        case _:
            raise EvaluationError(f"{kind_of(value)} has no {text_of(key)!r}")


def _element(value: Value, key: Value) -> Value:
    index = as_whole(plain(key))
    assert isinstance(value.data, tuple)
    before = value.data[: index + 1]
    elements = before if not _has_many(before) else countable(value)
    if 0 <= index < len(elements):
        return elements[index]
    if _has_many(value.data):
        raise Undecided(first_open(value.data))
    raise EvaluationError(f"there is no element {index} in a list of {len(value.data)}")


def _has_many(elements: tuple[Value, ...]) -> bool:
    return any(isinstance(element.data, Open) and element.data.many for element in elements)


def _among(members: Mapping[str, Value]) -> str | None:
    return f"it has {', '.join(members)}" if 0 < len(members) <= 8 else None  # noqa: PLR2004 - more do not help


def entries(collection: Value) -> list[tuple[Value, Value]]:
    """The keys and values of what can be looped over. Raises Undecided, EvaluationError."""
    match collection.data:
        case SetOf():
            return [(element, element) for element in collection.data]
        case tuple():
            return [(Value(number, element.source), element) for number, element in enumerate(collection.data)]
        case Mapping():
            return [(Value(key, value.source), value) for key, value in sorted(collection.data.items())]
        case Open() | Lazy():
            raise Undecided(first_open([collection]))
        case _:
            raise EvaluationError(f"cannot loop over {kind_of(collection)}")
