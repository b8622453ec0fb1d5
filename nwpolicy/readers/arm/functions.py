"""The template functions that depend on nothing but their arguments.

Some look at arguments that are partly unknown and still give an answer: the length of an array of unknown addresses,
the first of two names. `Undecided` says that there is none. Functions that need the template (`parameters`,
`resourceId`) are elsewhere.

Source: Microsoft Learn, "ARM template functions" and the pages below it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from nwpolicy.model.records import dataclass
from nwpolicy.readers.arm import networks
from nwpolicy.readers.arm.formats import composed
from nwpolicy.readers.arm.values import (
    MAX_SIZE,
    ExpressionError,
    Open,
    Value,
    find,
    first_open,
    kind_of,
    same,
    shown_text,
)

__all__ = ["FUNCTIONS", "MAX_ELEMENTS", "Function", "Undecided", "member"]

#: What Azure Resource Manager allows `range` to make.
MAX_ELEMENTS: Final = 10_000

#: Properties that a message lists.
_MAX_NAMED: Final = 8

_TEXT: Final = (str,)
_INT: Final = (int,)
_LIST: Final = (list,)
_DICT: Final = (dict,)
_ANY: Final = (object,)
_SEQUENCE: Final = (str, list)
_COLLECTION: Final = (list, dict)
_CONTAINER: Final = (str, list, dict, type(None))
_ORDERED: Final = (int, str)


class Undecided(Exception):  # noqa: N818 - not an error: the answer depends on an unknown
    """The value depends on what is unknown. `text` is what stands for it inside a longer text."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Function:
    """`types` are those of the arguments, of which the last `optional` ones may be left out, and of which the last one
    repeats if `repeats`. Unless it `sees_unknowns`, it is never called with any."""

    apply: Callable[..., Value]
    types: tuple[tuple[type, ...], ...] = ()
    optional: int = 0
    repeats: bool = False
    sees_unknowns: bool = False

    def __call__(self, arguments: Sequence[Value]) -> Value:
        """Raises ExpressionError for arguments that the function does not take, Undecided where one is unknown."""
        self._check(arguments)
        if not self.sees_unknowns and first_open(arguments) is not None:
            raise Undecided
        return self.apply(*arguments)

    def _check(self, arguments: Sequence[Value]) -> None:
        least, most = len(self.types) - self.optional, len(self.types)
        if len(arguments) < least or (len(arguments) > most and not self.repeats):
            wanted = f"at least {least}" if self.repeats else str(least) if least == most else f"{least} to {most}"
            raise ExpressionError(f"takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(arguments)}")
        for index, argument in enumerate(arguments):
            types = self.types[min(index, most - 1)]
            if object in types or isinstance(argument, Open):
                continue
            if not isinstance(argument, types) or (isinstance(argument, bool) and bool not in types):
                raise ExpressionError(f"does not take {kind_of(argument)} as argument {index + 1}")


def member(container: Value, key: Value) -> Value:
    """What `container[key]` holds. Raises ExpressionError where there is no such thing."""
    match container, key:
        case dict(), str():
            found = find(container, key)
            if found is None:
                raise ExpressionError(f"there is no property '{key}'", help=_among(container))
            return found[1]
        case list(), int() if not isinstance(key, bool):
            if _has_many(container[: key + 1] if key >= 0 else []):
                raise Undecided
            if 0 <= key < len(container):
                return container[key]
            raise ExpressionError(f"there is no element {key} in an array of {len(container)}")
        case _:
            raise ExpressionError(f"{kind_of(container)} has no '{key}'")


def _among(container: Mapping[str, Value]) -> str | None:
    return f"it has {', '.join(container)}" if 0 < len(container) <= _MAX_NAMED else None


def _has_many(elements: Sequence[Value]) -> bool:
    return any(isinstance(element, Open) and element.many for element in elements)


def _countable(value: Value) -> list[Value]:
    """The elements of an array of a known number of them."""
    if isinstance(value, list) and not _has_many(value):
        return value
    raise Undecided


# Strings and arrays alike


def _concat(*pieces: Value) -> Value:
    if any(isinstance(piece, list) for piece in pieces):
        return _joined(pieces)
    texts = [shown_text(piece) for piece in pieces]
    if None in texts:
        wrong = next(piece for piece, text in zip(pieces, texts, strict=True) if text is None)
        raise ExpressionError(f"does not take {kind_of(wrong)} among strings")
    text = "".join(text for text in texts if text is not None)
    if any(isinstance(piece, Open) for piece in pieces):
        raise Undecided(text if any(isinstance(piece, str) for piece in pieces) else "")
    return text


def _joined(pieces: Sequence[Value]) -> list[Value]:
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
    return len(_countable(value))


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
    return member(value, 0) if isinstance(value, list) else _undecided()


def _last(value: Value) -> Value:
    if isinstance(value, str):
        return value[-1:]
    if isinstance(value, list) and value and not _has_many(value[-1:]):
        return value[-1]
    return None if isinstance(value, list) and not value else _undecided()


def _undecided() -> NoReturn:
    raise Undecided


def _take(value: Value, count: Value) -> Value:
    if isinstance(value, str) and isinstance(count, int):
        return value[: max(0, count)]
    if isinstance(value, list) and isinstance(count, int) and not _has_many(value[: max(0, count)]):
        return value[: max(0, count)]
    raise Undecided


def _skip(value: Value, count: Value) -> Value:
    if isinstance(value, str) and isinstance(count, int):
        return value[max(0, count) :]
    if isinstance(value, list) and isinstance(count, int) and not _has_many(value[: max(0, count)]):
        return value[max(0, count) :]
    raise Undecided


# Strings


def _format(pattern: Value, *values: Value) -> str:
    if not isinstance(pattern, str):
        raise Undecided
    text, is_known = composed(pattern, values)
    if not is_known:
        raise Undecided(text)
    return text


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        raise ExpressionError("replaces no empty text")
    if text.count(old) * len(new) > MAX_SIZE:
        raise ExpressionError("the value is larger than a template can be")
    return text.replace(old, new)


def _substring(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else start + length
    if start < 0 or end < start or end > len(text):
        raise ExpressionError(f"goes beyond a text of {len(text)} characters")
    return text[start:end]


def _split(text: str, delimiters: str | list[Value]) -> list[Value]:
    pieces = [text]
    for delimiter in [delimiters] if isinstance(delimiters, str) else delimiters:
        if not isinstance(delimiter, str):
            raise ExpressionError(f"does not take {kind_of(delimiter)} as a delimiter")
        if delimiter:
            pieces = [part for piece in pieces for part in piece.split(delimiter)]
    return [*pieces]


def _join(elements: list[Value], delimiter: str) -> str:
    texts = [shown_text(element) for element in elements]
    if None in texts:
        raise ExpressionError("joins strings only")
    return delimiter.join(text for text in texts if text is not None)


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


def _pad_left(value: int | str, width: int, filler: str = " ") -> str:
    if len(filler) != 1:
        raise ExpressionError("pads with a single character")
    if width > MAX_ELEMENTS:
        raise ExpressionError(f"pads to no more than {MAX_ELEMENTS} characters")
    return str(value).rjust(width, filler)


def _string(value: Value) -> str:
    text = shown_text(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) if text is None else text


def _json(text: str) -> Value:
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError):
        raise ExpressionError("the text is not JSON") from None
    return value


def _base64_to_string(text: str) -> str:
    from binascii import a2b_base64

    try:
        return a2b_base64(text, strict_mode=True).decode()
    except ValueError:
        raise ExpressionError("the text is not base64") from None


def _base64(text: str) -> str:
    from binascii import b2a_base64

    return b2a_base64(text.encode(), newline=False).decode()


# Arrays and objects


def _array(value: Value) -> Value:
    if isinstance(value, Open):
        raise Undecided
    return value if isinstance(value, list) else [value]


def _range(start: int, count: int) -> list[Value]:
    if not 0 <= count <= MAX_ELEMENTS:
        raise ExpressionError(f"makes 0 to {MAX_ELEMENTS} numbers, not {count}")
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
    for element in _joined(values):
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
    for value in _countable(objects):
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
    return [{"key": key, "value": members[key]} for key in sorted(members, key=_alphabetical)]


def _object_keys(members: Value) -> list[Value]:
    if not isinstance(members, dict):
        raise Undecided
    return [*sorted(members, key=_alphabetical)]


def _flatten(arrays: Value) -> list[Value]:
    if not isinstance(arrays, list):
        raise Undecided
    return _joined(arrays)


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


# Comparisons and numbers


def _equals(one: Value, other: Value) -> bool:
    first_open((one, other))
    answer = same(one, other)
    if answer is None:
        raise Undecided
    return answer


def _alphabetical(text: str) -> tuple[str, str]:
    """As .NET sorts texts: without case first, then `a` before `A`."""
    return text.lower(), text.swapcase()


def _compared(decide: Callable[[Any, Any], bool]) -> Callable[[int | str, int | str], bool]:
    def compare(one: int | str, other: int | str) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return decide(_alphabetical(one), _alphabetical(other))
        if isinstance(one, str) or isinstance(other, str):
            raise ExpressionError("compares numbers with numbers and strings with strings")
        return decide(one, other)

    return compare


def _bool(value: bool | int | str) -> bool:
    if isinstance(value, str):
        if value.lower() not in {"true", "false", "1", "0"}:
            raise ExpressionError(f"'{value}' is neither true nor false")
        return value.lower() in {"true", "1"}
    return bool(value)


def _int(value: int | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ExpressionError(f"'{value}' is no whole number") from None


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


def _partly(apply: Callable[..., Value], *types: tuple[type, ...], repeats: bool = False) -> Function:
    """A function that looks at unknown arguments itself."""
    return Function(apply, types, repeats=repeats, sees_unknowns=True)


#: By name in lower case: function names have no case.
FUNCTIONS: Final[Mapping[str, Function]] = {
    "add": Function(lambda one, other: one + other, (_INT, _INT)),
    "array": _partly(_array, _ANY),
    "base64": Function(_base64, (_TEXT,)),
    "base64tojson": Function(lambda text: _json(_base64_to_string(text)), (_TEXT,)),
    "base64tostring": Function(_base64_to_string, (_TEXT,)),
    "bool": Function(_bool, ((bool, int, str),)),
    "cidrhost": Function(networks.host, (_TEXT, _INT)),
    "cidrsubnet": Function(networks.subnet, (_TEXT, _INT, _INT)),
    "concat": _partly(_concat, _ANY, repeats=True),
    "contains": _partly(_contains, _CONTAINER, _ANY),
    "createarray": Function(lambda *values: [*values], (_ANY,), 1, repeats=True, sees_unknowns=True),
    "createobject": Function(_create_object, (_ANY,), 1, repeats=True, sees_unknowns=True),
    "div": Function(_div, (_INT, _INT)),
    "empty": _partly(_empty, _CONTAINER),
    "endswith": Function(lambda text, end: text.lower().endswith(end.lower()), (_TEXT, _TEXT)),
    "equals": _partly(_equals, _ANY, _ANY),
    "false": Function(lambda: False),
    "first": _partly(_first, _SEQUENCE),
    "flatten": _partly(_flatten, _LIST),
    "format": Function(_format, (_TEXT, _ANY), 1, repeats=True, sees_unknowns=True),
    "greater": Function(_compared(lambda one, other: one > other), (_ORDERED, _ORDERED)),
    "greaterorequals": Function(_compared(lambda one, other: one >= other), (_ORDERED, _ORDERED)),
    "indexof": Function(_index_of, (_SEQUENCE, _ANY)),
    "int": Function(_int, (_ORDERED,)),
    "intersection": Function(_intersection, (_COLLECTION,), repeats=True),
    "items": _partly(_items, _DICT),
    "join": Function(_join, (_LIST, _TEXT)),
    "json": Function(_json, (_TEXT,)),
    "last": _partly(_last, _SEQUENCE),
    "lastindexof": Function(_last_index_of, (_SEQUENCE, _ANY)),
    "length": _partly(_length, _CONTAINER),
    "less": Function(_compared(lambda one, other: one < other), (_ORDERED, _ORDERED)),
    "lessorequals": Function(_compared(lambda one, other: one <= other), (_ORDERED, _ORDERED)),
    "max": Function(_extreme(max), ((int, list),), repeats=True),
    "min": Function(_extreme(min), ((int, list),), repeats=True),
    "mod": Function(lambda one, other: one - other * _div(one, other), (_INT, _INT)),
    "mul": Function(lambda one, other: one * other, (_INT, _INT)),
    "not": Function(lambda value: not value, ((bool,),)),
    "null": Function(lambda: None),
    "objectkeys": _partly(_object_keys, _DICT),
    "padleft": Function(_pad_left, (_ORDERED, _INT, _TEXT), 1),
    "parsecidr": Function(networks.parsed, (_TEXT,)),
    "range": Function(_range, (_INT, _INT)),
    "replace": Function(_replace, (_TEXT, _TEXT, _TEXT)),
    "shallowmerge": _partly(_shallow_merge, _LIST),
    "skip": _partly(_skip, _SEQUENCE, _INT),
    "split": Function(_split, (_TEXT, _SEQUENCE)),
    "startswith": Function(lambda text, start: text.lower().startswith(start.lower()), (_TEXT, _TEXT)),
    "string": Function(_string, (_ANY,)),
    "sub": Function(lambda one, other: one - other, (_INT, _INT)),
    "substring": Function(_substring, (_TEXT, _INT, _INT), 1),
    "take": _partly(_take, _SEQUENCE, _INT),
    "tolower": Function(lambda text: text.lower(), (_TEXT,)),
    "toupper": Function(lambda text: text.upper(), (_TEXT,)),
    "trim": Function(lambda text: text.strip(), (_TEXT,)),
    "true": Function(lambda: True),
    "tryget": _partly(_try_get, _ANY, _ANY, repeats=True),
    "union": _partly(_union, _COLLECTION, repeats=True),
}
