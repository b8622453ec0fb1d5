"""The template functions for what has an order: strings and arrays alike.

Source: Microsoft Learn, "Array functions for ARM templates", "String functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nwpolicy.readers.arm.functions.function import (
    ANY,
    CONTAINER,
    INT,
    LIST,
    SEQUENCE,
    Function,
    Functions,
    Undecided,
    countable,
    has_many,
    member,
    partly,
    undecided,
)
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, find, kind_of, same, shown_text

__all__ = ["SEQUENCES", "joined"]


def _concat(*pieces: Value) -> Value:
    if any(isinstance(piece, list) for piece in pieces):
        return joined(pieces)
    texts = [shown_text(piece) for piece in pieces]
    if None in texts:
        wrong = next(piece for piece, text in zip(pieces, texts, strict=True) if text is None)
        raise ExpressionError(f"does not take {kind_of(wrong)} among strings")
    text = "".join(text for text in texts if text is not None)
    if any(isinstance(piece, Open) for piece in pieces):
        raise Undecided(text if any(isinstance(piece, str) for piece in pieces) else "")
    return text


def joined(pieces: Sequence[Value]) -> list[Value]:
    """Arrays one after another; one that is not known becomes an unknown number of elements."""
    elements: list[Value] = []
    for piece in pieces:
        if isinstance(piece, list):
            elements.extend(piece)
        elif isinstance(piece, Open):
            elements.append(_many(piece))
        else:
            raise ExpressionError(f"does not take {kind_of(piece)} among arrays")
    return elements


def _many(array: Open) -> Open:
    return Open(array.name, array.reason, array.source, array.text, many=True, is_named=array.is_named)


def _length(value: Value) -> int:
    if isinstance(value, str | dict):
        return len(value)
    if value is None:
        raise ExpressionError("does not take null as argument 1")
    return len(countable(value))


def _empty(value: Value) -> bool:
    if isinstance(value, Open):
        raise Undecided
    if isinstance(value, list) and value and all(isinstance(element, Open) and element.many for element in value):
        raise Undecided
    return not value


def _contains(container: Value, item: Value) -> bool:
    match container, item:
        case Open(), _:
            raise Undecided
        case list(), _:
            return _has_element(container, item)
        case _, Open():
            raise Undecided
        case dict(), str():
            return find(container, item) is not None
        case str(), str() | int():
            return str(item) in container
        case _:
            pass
    raise ExpressionError(f"cannot look for {kind_of(item)} in {kind_of(container)}")


def _has_element(elements: list[Value], item: Value) -> bool:
    answers = [None if isinstance(element, Open) and element.many else same(element, item) for element in elements]
    if True in answers:
        return True
    if None in answers:
        raise Undecided
    return False


def _first(value: Value) -> Value:
    if isinstance(value, str):
        return value[:1]
    if isinstance(value, list) and not value:
        return None
    return member(value, 0) if isinstance(value, list) else undecided()


def _last(value: Value) -> Value:
    if isinstance(value, str):
        return value[-1:]
    if isinstance(value, list) and not value:
        return None
    return _from_end(value, 1)


def _from_end(value: Value, number: Value) -> Value:
    """The element that is `number` (counted from 1) before the end. Raises ExpressionError where there is none."""
    if not isinstance(value, list) or not isinstance(number, int):
        raise Undecided
    if number > 0 and has_many(value[-number:]):
        raise Undecided
    if 0 < number <= len(value):
        return value[-number]
    raise ExpressionError(f"there is no element {number} from the end of an array of {len(value)}")


def _try_from_end(value: Value, number: Value) -> Value:
    try:
        return _from_end(value, number)
    except ExpressionError:
        return None


def _take(value: Value, count: Value) -> Value:
    if isinstance(value, str) and isinstance(count, int):
        return value[: max(0, count)]
    if isinstance(value, list) and isinstance(count, int) and not has_many(value[: max(0, count)]):
        return value[: max(0, count)]
    raise Undecided


def _skip(value: Value, count: Value) -> Value:
    if isinstance(value, str) and isinstance(count, int):
        return value[max(0, count) :]
    if isinstance(value, list) and isinstance(count, int) and not has_many(value[: max(0, count)]):
        return value[max(0, count) :]
    raise Undecided


def _index_of(where: str | list[Value], what: Value) -> int:
    if isinstance(where, str) and isinstance(what, str):
        return where.lower().find(what.lower())
    if isinstance(where, list):
        return next((index for index, element in enumerate(where) if same(element, what)), -1)
    raise ExpressionError(f"does not take {kind_of(what)} as argument 2")


def _last_index_of(where: str | list[Value], what: Value) -> int:
    if isinstance(where, str) and isinstance(what, str):
        return where.lower().rfind(what.lower())
    if isinstance(where, list):
        return max((index for index, element in enumerate(where) if same(element, what)), default=-1)
    raise ExpressionError(f"does not take {kind_of(what)} as argument 2")


SEQUENCES: Final[Functions] = {
    "concat": partly(_concat, ANY, repeats=True),
    "contains": partly(_contains, CONTAINER, ANY),
    "empty": partly(_empty, CONTAINER),
    "first": partly(_first, SEQUENCE),
    "indexfromend": partly(_from_end, LIST, INT),
    "indexof": Function(_index_of, (SEQUENCE, ANY)),
    "last": partly(_last, SEQUENCE),
    "lastindexof": Function(_last_index_of, (SEQUENCE, ANY)),
    "length": partly(_length, CONTAINER),
    "skip": partly(_skip, SEQUENCE, INT),
    "take": partly(_take, SEQUENCE, INT),
    "tryindexfromend": partly(_try_from_end, LIST, INT),
}
