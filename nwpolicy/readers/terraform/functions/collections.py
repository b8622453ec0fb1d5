"""Collection functions. Unknown elements pass through where only the structure matters, and keep their places.

Source: HashiCorp, "Terraform language: Functions", Collection Functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

from nwpolicy.readers.terraform.functions.conversions import set_of
from nwpolicy.readers.terraform.functions.function import (
    Functions,
    as_list,
    as_number,
    as_text,
    as_whole,
    function,
    partly,
)
from nwpolicy.readers.terraform.values import (
    MAX_SIZE,
    Data,
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
    same,
    text_of,
)

__all__ = ["COLLECTIONS"]

_MAX_RANGE: Final = 1024
_FEW: Final = 10_000


def _mapping(value: Value) -> Mapping[str, Value]:
    if isinstance(value.data, Mapping):
        return value.data
    found = first_open([value], deep=False)
    if found is not None:
        raise Undecided(found)
    raise EvaluationError(f"expected a map, found {kind_of(value)}")


def _many(value: Value) -> Value:
    """A list that is not known, as any number of elements of another one."""
    if not isinstance(value.data, Open):
        return value
    whole = value.data
    element = Open(whole.name, whole.reason, whole.source, many=True, is_named=True)
    return Value((Value(element, value.source),), value.source)


def _elements(value: Value) -> tuple[Value, ...]:
    """The elements of a list, an unknown list being any number of elements."""
    found = _many(value).data
    if isinstance(found, tuple):
        return found
    if isinstance(found, Lazy):
        raise Undecided(first_open([value]))
    raise EvaluationError(f"expected a list, found {kind_of(value)}")


def _concat(*lists: Value) -> Data:
    return tuple(element for one in lists for element in _elements(one))


def _flatten(value: Value) -> Data:
    found: list[Value] = []
    pending = [iter(_elements(value))]
    while pending:
        element = next(pending[-1], None)
        if element is None:
            pending.pop()
        elif isinstance(element.data, tuple):
            pending.append(iter(element.data))
        else:
            # An unknown element may be a list of any length.
            found += _elements(element) if isinstance(element.data, Open) else (element,)
        if len(found) > MAX_SIZE:
            raise EvaluationError("the list is too long")
    return tuple(found)


def _merge(*maps: Value) -> Data:
    return {key: child for one in maps if one.data is not None for key, child in _mapping(one).items()}


def _keys(value: Value) -> Data:
    return tuple(Value(key, child.source) for key, child in sorted(_mapping(value).items()))


def _values(value: Value) -> Data:
    return tuple(child for _, child in sorted(_mapping(value).items()))


def _lookup(value: Value, key: Value, *default: Value) -> Value:
    members, name = _mapping(value), text_of(key)
    if name in members:
        return members[name]
    if default:
        return default[0]
    raise EvaluationError(f"there is no key {name!r}")


def _element(value: Value, index: Value) -> Value:
    elements, number = countable(value), as_whole(plain(index))
    if not elements:
        raise EvaluationError("the list is empty")
    return elements[number % len(elements)]


def _length(value: Value) -> Data:
    if isinstance(value.data, str):
        return len(value.data)
    if isinstance(value.data, Mapping):
        return len(value.data)
    if isinstance(value.data, SetOf) and first_open(value.data) is not None:
        raise Undecided(first_open(value.data))  # two of its elements may be one
    return len(countable(value))


def _slice(value: Value, start: Value, end: Value) -> Data:
    elements, first, last = countable(value), as_whole(plain(start)), as_whole(plain(end))
    if not 0 <= first <= last <= len(elements):
        raise EvaluationError(f"a list of {len(elements)} has no elements {first} to {last}")
    return elements[first:last]


def _coalesce(*values: Value) -> Value:
    for value in values:
        if isinstance(value.data, Open) and not value.data.is_set:
            raise Undecided(value.data)
        if value.data not in (None, ""):
            return value
    raise EvaluationError("has no argument that is not null or empty")


def _coalescelist(*values: Value) -> Value:
    for value in values:
        if countable(value):
            return value
    raise EvaluationError("has no argument that is not empty")


def _compact(value: Value) -> Data:
    elements = _elements(value)
    return tuple(element for element in elements if element.data not in (None, ""))


def _contains(value: Value, wanted: Value) -> Data:
    answers = [same(element, wanted) for element in _elements(value)]
    if True in answers:
        return True
    if None in answers:
        raise Undecided(first_open([value, wanted]))
    return False


def _distinct(value: Value) -> Data:
    found: list[Value] = []
    for element in countable(value):
        answers = [same(element, other) for other in found]
        if True in answers:
            continue
        if None in answers:
            raise Undecided(first_open([element, *found]))
        found.append(element)
        if len(found) > _FEW:
            raise EvaluationError("the list is too long")
    return tuple(found)


def _index(value: Value, wanted: Value) -> Data:
    for number, element in enumerate(countable(value)):
        answer = same(element, wanted)
        if answer is None:
            raise Undecided(first_open([element, wanted]))
        if answer:
            return number
    raise EvaluationError("the list has no such element")


def _one(value: Value) -> Value:
    elements = countable(value)
    if len(elements) > 1:
        raise EvaluationError(f"a list of {len(elements)} elements is not one of one or none")
    return elements[0] if elements else Value(None, value.source)


def _range(*limits: Any) -> list[int | float]:
    numbers = [as_number(limit) for limit in limits]
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else (1 if end >= start else -1)  # noqa: PLR2004 - the third argument
    if (end - start) * step < 0:
        raise EvaluationError(f"{end} is not reached from {start} by steps of {step}")
    if step == 0 or (end - start) / step > _MAX_RANGE:
        raise EvaluationError(f"makes more than {_MAX_RANGE} numbers")
    found: list[int | float] = []
    while (start < end) if step > 0 else (start > end):
        found.append(start)
        start += step
    return found


def _reverse(value: Value) -> Data:
    return tuple(reversed(countable(value)))


def _setproduct(*lists: Value) -> Data:
    parts = [countable(one) for one in lists]
    size = 1
    for part in parts:
        size *= len(part)
    if size > _FEW:
        raise EvaluationError("the product is too large")
    return tuple(Value(combined, combined[0].source) for combined in product(*parts))


def _union(*sets: Value) -> Data:
    return set_of(element for one in sets for element in _elements(one))


def _intersection(first: Value, *others: Value) -> Data:
    return set_of(element for element in countable(first) if all(_contains(other, element) for other in others))


def _subtract(first: Value, second: Value) -> Data:
    return set_of(element for element in countable(first) if not _contains(second, element))


def _chunklist(value: Value, size: Value) -> Data:
    elements, length = countable(value), as_whole(plain(size))
    if length < 0:
        raise EvaluationError("the size of a chunk is not negative")
    length = length or max(1, len(elements))
    chunks = (elements[start : start + length] for start in range(0, len(elements), length))
    return tuple(Value(chunk, chunk[0].source) for chunk in chunks)


def _zipmap(keys: Value, values: Value) -> Data:
    names, found = [text_of(key) for key in countable(keys)], countable(values)
    if len(names) != len(found):
        raise EvaluationError("takes as many keys as values")
    return dict(zip(names, found, strict=True))


def _matchkeys(values: Value, keys: Value, wanted: Value) -> Data:
    found, names = countable(values), countable(keys)
    if len(found) != len(names):
        raise EvaluationError("takes as many keys as values")
    return tuple(value for value, key in zip(found, names, strict=True) if _contains(wanted, key))


def _transpose(value: Value) -> Data:
    found: dict[str, list[Value]] = {}
    for key, one in _mapping(value).items():
        for element in countable(one):
            found.setdefault(text_of(element), []).append(Value(key, element.source))
    return {key: Value(tuple(elements), elements[0].source) for key, elements in sorted(found.items())}


def _truths(value: Value) -> Iterator[bool | None]:
    for element in _elements(value):
        yield None if isinstance(element.data, Open) else element.data in (True, "true")


def _alltrue(value: Value) -> Data:
    answers = list(_truths(value))
    if False not in answers and None in answers:
        raise Undecided(first_open([value]))
    return False not in answers


def _anytrue(value: Value) -> Data:
    answers = list(_truths(value))
    if True not in answers and None in answers:
        raise Undecided(first_open([value]))
    return True in answers


def _sort(value: Any) -> list[str]:
    return sorted(as_text(element) for element in as_list(value))


def _sum(value: Any) -> int | float:
    if not as_list(value):
        raise EvaluationError("the list is empty")
    return sum(map(as_number, value))


COLLECTIONS: Final[Functions] = {
    "alltrue": partly(_alltrue, 1),
    "anytrue": partly(_anytrue, 1),
    "chunklist": partly(_chunklist, 2),
    "coalesce": partly(_coalesce, 1, -1),
    "coalescelist": partly(_coalescelist, 1, -1),
    "compact": partly(_compact, 1),
    "concat": partly(_concat, 1, -1),
    "contains": partly(_contains, 2),
    "distinct": partly(_distinct, 1),
    "element": partly(_element, 2),
    "flatten": partly(_flatten, 1),
    "index": partly(_index, 2),
    "keys": partly(_keys, 1),
    "length": partly(_length, 1),
    "lookup": partly(_lookup, 2, 3),
    "matchkeys": partly(_matchkeys, 3),
    "merge": partly(_merge, 0, -1),
    "one": partly(_one, 1),
    "range": function(_range, 1, 3),
    "reverse": partly(_reverse, 1),
    "setintersection": partly(_intersection, 1, -1),
    "setproduct": partly(_setproduct, 1, -1),
    "setsubtract": partly(_subtract, 2),
    "setunion": partly(_union, 1, -1),
    "slice": partly(_slice, 3),
    "sort": function(_sort, 1),
    "sum": function(_sum, 1),
    "transpose": partly(_transpose, 1),
    "values": partly(_values, 1),
    "zipmap": partly(_zipmap, 2),
}
