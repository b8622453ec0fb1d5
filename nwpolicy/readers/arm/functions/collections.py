"""The template functions for arrays and objects.

Source: Microsoft Learn, "Array functions for ARM templates", "Object functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nwpolicy.readers.arm.functions.comparisons import alphabetical
from nwpolicy.readers.arm.functions.function import (
    ANY,
    COLLECTION,
    DICT,
    INT,
    LIST,
    MAX_ELEMENTS,
    Function,
    Functions,
    Undecided,
    countable,
    member,
    partly,
)
from nwpolicy.readers.arm.functions.sequences import joined
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, find, kind_of, same

__all__ = ["COLLECTIONS"]

_MAX_INT32: Final = 2_147_483_647


def _array(value: Value) -> Value:
    if isinstance(value, Open):
        raise Undecided
    return value if isinstance(value, list) else [value]


def _range(start: int, count: int) -> list[Value]:
    if not 0 <= count <= MAX_ELEMENTS:
        raise ExpressionError(f"makes 0 to {MAX_ELEMENTS} numbers, not {count}")
    if start + count > _MAX_INT32:
        raise ExpressionError(f"goes no further than {_MAX_INT32}")
    return [*range(start, start + count)]


def _create_object(*members: Value) -> dict[str, Value]:
    if len(members) % 2:
        raise ExpressionError("takes a value for every key")
    made: dict[str, Value] = {}
    for key, value in zip(members[::2], members[1::2], strict=True):
        if isinstance(key, Open):
            raise Undecided
        if not isinstance(key, str):
            raise ExpressionError(f"does not take {kind_of(key)} as a key")
        made[key] = value
    return made


def _union(*values: Value) -> Value:
    known = [value for value in values if not isinstance(value, Open)]
    if all(isinstance(value, list) for value in known) and known:
        return _united(values)
    if len(known) < len(values):
        raise Undecided
    if not all(isinstance(value, dict) for value in values):
        raise ExpressionError("takes arrays only or objects only")
    merged: Value = {}
    for value in values:
        merged = _merged(merged, value)
    return merged


def _united(values: Sequence[Value]) -> list[Value]:
    """Without repetitions. An unknown element may repeat another: keeping it is one element more of the same."""
    united: list[Value] = []
    for element in joined(values):
        if not any(same(element, other) for other in united):
            united.append(element)
    return united


def _merged(one: Value, other: Value) -> Value:
    """Objects are merged at every depth, arrays are not."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    merged = dict(one)
    for key, value in other.items():
        found = find(merged, key)
        merged[key if found is None else found[0]] = value if found is None else _merged(found[1], value)
    return merged


def _shallow_merge(objects: list[Value]) -> Value:
    merged: dict[str, Value] = {}
    for value in countable(objects):
        if isinstance(value, Open):
            raise Undecided
        if not isinstance(value, dict):
            raise ExpressionError(f"does not take {kind_of(value)} among objects")
        for key, inner in value.items():
            found = find(merged, key)
            merged[key if found is None else found[0]] = inner
    return merged


def _intersection(first: Value, *others: Value) -> Value:
    common = first
    for other in others:
        if isinstance(common, list) and isinstance(other, list):
            common = [element for element in common if any(same(element, found) for found in other)]
        elif isinstance(common, dict) and isinstance(other, dict):
            common = {key: value for key, value in common.items() if key in other and same(value, other[key])}
        else:
            raise ExpressionError("takes arrays only or objects only")
    return common


def _items(members: Value) -> list[Value]:
    if not isinstance(members, dict):
        raise Undecided
    return [{"key": key, "value": members[key]} for key in sorted(members, key=alphabetical)]


def _object_keys(members: Value) -> list[Value]:
    if not isinstance(members, dict):
        raise Undecided
    return [*sorted(members, key=alphabetical)]


def _flatten(arrays: Value) -> list[Value]:
    if not isinstance(arrays, list):
        raise Undecided
    return joined(arrays)


def _try_get(container: Value, *keys: Value) -> Value:
    for key in keys:
        if container is None:
            return None
        if isinstance(container, Open) or isinstance(key, Open):
            raise Undecided
        container = _member_or_null(container, key)
    return container


def _member_or_null(container: Value, key: Value) -> Value:
    try:
        return member(container, key)
    except ExpressionError:
        return None


COLLECTIONS: Final[Functions] = {
    "array": partly(_array, ANY),
    "createarray": partly(lambda *values: [*values], ANY, optional=1, repeats=True),
    "createobject": partly(_create_object, ANY, optional=1, repeats=True),
    "flatten": partly(_flatten, LIST),
    "intersection": Function(_intersection, (COLLECTION,), repeats=True),
    "items": partly(_items, DICT),
    "null": Function(lambda: None),
    "objectkeys": partly(_object_keys, DICT),
    "range": Function(_range, (INT, INT)),
    "shallowmerge": partly(_shallow_merge, LIST),
    "tryget": partly(_try_get, ANY, ANY, repeats=True),
    "union": partly(_union, COLLECTION, repeats=True),
}
