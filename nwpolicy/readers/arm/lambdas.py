"""The template functions that take a lambda: `map(array, lambda('each', ...))`.

Source: Microsoft Learn, "Lambda functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.readers.arm.expressions import Call, Expression, Text
from nwpolicy.readers.arm.frames import Bound
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, first_open, kind_of

if TYPE_CHECKING:
    from nwpolicy.readers.arm.evaluation import Evaluation

__all__ = ["LAMBDAS"]

_Apply: TypeAlias = "Callable[[Evaluation, Call], Value]"


def _lambda(_evaluation: Evaluation, _call: Call) -> Value:
    raise ExpressionError("stands only where map, filter, reduce, sort and their like take it")


def _lambda_variables(evaluation: Evaluation, call: Call) -> Value:
    name = call.arguments[0] if len(call.arguments) == 1 else None
    bound = evaluation.frame.lambdas.get(name.value.lower()) if isinstance(name, Text) else None
    if bound is None:
        raise ExpressionError("there is no such variable of a lambda here")
    return bound.value


class _Lambda:
    """`lambda('a', 'b', body)` and where it stands."""

    def __init__(self, evaluation: Evaluation, tree: Expression) -> None:
        if not isinstance(tree, Call) or tree.name.lower() != "lambda" or not tree.arguments:
            raise ExpressionError("takes a lambda here", tree.start, tree.end)
        *names, self.body = tree.arguments
        self.names = [name.value.lower() for name in names if isinstance(name, Text)]
        self.evaluation = evaluation

    def __call__(self, *values: Bound) -> Value:
        frame = self.evaluation.frame.in_lambda(dict(zip(self.names, values, strict=False)))
        return self.evaluation.within(frame).value(self.body)

    def key(self, item: Bound) -> str:
        """The value for an element as a key. Raises _Unknown where there is none."""
        key = item.value if _is_many(item) else self(item)
        if isinstance(key, Open):
            raise _Unknown(key)
        if not isinstance(key, str):
            raise ExpressionError(f"does not take {kind_of(key)} as a key")
        return key


class _Unknown(Exception):  # noqa: N818 - not an error: the value depends on an unknown
    """What a lambda runs over is not known."""

    def __init__(self, cause: Open) -> None:
        super().__init__(cause.name)
        self.cause = cause


def _elements(evaluation: Evaluation, call: Call, arguments: int) -> list[Bound]:
    """The elements of the first argument. Raises _Unknown where it is unknown."""
    array = _subject(evaluation, call, arguments)
    if not isinstance(array, list):
        raise ExpressionError(f"does not take {kind_of(array)} as argument 1")
    written = evaluation.written_here(call.arguments[0])
    return [Bound(element, f"{written}[{index}]") for index, element in enumerate(array)]


def _subject(evaluation: Evaluation, call: Call, arguments: int) -> Value:
    """The first argument, what the lambda runs over. Raises _Unknown where it is unknown."""
    if len(call.arguments) < arguments:
        raise ExpressionError(f"takes {arguments} arguments, not {len(call.arguments)}")
    subject = evaluation.value(call.arguments[0])
    if isinstance(subject, Open):
        raise _Unknown(subject)
    return subject


def _over(function: _Apply) -> _Apply:
    """A function over an array is unknown if the array is."""

    def apply(evaluation: Evaluation, call: Call) -> Value:
        try:
            value = function(evaluation, call)
        except _Unknown as unknown:
            return evaluation.open(call, unknown.cause)
        first_open([value])
        return value

    return apply


def _is_many(bound: Bound) -> bool:
    return isinstance(bound.value, Open) and bound.value.many


def _map(evaluation: Evaluation, call: Call) -> Value:
    elements = _elements(evaluation, call, 2)
    body = _Lambda(evaluation, call.arguments[1])
    return [
        _spread(evaluation, call, item) if _is_many(item) else body(item, _index(i)) for i, item in enumerate(elements)
    ]


def _index(index: int) -> Bound:
    return Bound(index, str(index))


def _spread(evaluation: Evaluation, call: Call, item: Bound) -> Open:
    """What becomes of an unknown number of elements, or of one that may stay or go."""
    cause = item.value if isinstance(item.value, Open) else None
    made = evaluation.open(call, cause)
    return Open(f"{made.name} of {item.written}", made.reason, made.source, many=True)


def _filter(evaluation: Evaluation, call: Call) -> Value:
    elements = _elements(evaluation, call, 2)
    body = _Lambda(evaluation, call.arguments[1])
    kept: list[Value] = []
    for index, item in enumerate(elements):
        answer = item.value if _is_many(item) else body(item, _index(index))
        if isinstance(answer, Open):
            kept.append(_spread(evaluation, call, Bound(answer, item.written)))
        elif answer is True:
            kept.append(item.value)
    return kept


def _reduce(evaluation: Evaluation, call: Call) -> Value:
    elements = _elements(evaluation, call, 3)
    body = _Lambda(evaluation, call.arguments[2])
    value = evaluation.value(call.arguments[1])
    for index, item in enumerate(elements):
        if isinstance(item.value, Open) and item.value.many:
            raise _Unknown(item.value)
        value = body(Bound(value, f"{evaluation.written_here(call)}[..{index}]"), item, _index(index))
        first_open([value])
    return value


def _sort(evaluation: Evaluation, call: Call) -> Value:
    elements = _elements(evaluation, call, 2)
    body = _Lambda(evaluation, call.arguments[1])

    def before(one: Bound, other: Bound) -> bool:
        answer = body(one, other)
        if isinstance(answer, Open):
            raise _Unknown(answer)
        return answer is True

    def order(one: Bound, other: Bound) -> int:
        return before(other, one) - before(one, other)

    ordered = sorted(elements, key=cmp_to_key(order))
    return [item.value for item in ordered]


def _to_object(evaluation: Evaluation, call: Call) -> Value:
    return dict(_keyed(evaluation, call))


def _group_by(evaluation: Evaluation, call: Call) -> Value:
    groups: dict[str, list[Value]] = {}
    for key, value in _keyed(evaluation, call):
        groups.setdefault(key, []).append(value)
    return {**groups}


def _keyed(evaluation: Evaluation, call: Call) -> list[tuple[str, Value]]:
    """The elements, or what the second lambda makes of them, and the keys that the first one gives them."""
    elements = _elements(evaluation, call, 2)
    keys, *values = [_Lambda(evaluation, tree) for tree in call.arguments[1:]]
    return [(keys.key(item), values[0](item) if values else item.value) for item in elements]


def _map_values(evaluation: Evaluation, call: Call) -> Value:
    members = _subject(evaluation, call, 2)
    if not isinstance(members, dict):
        raise ExpressionError(f"does not take {kind_of(members)} as argument 1")
    body = _Lambda(evaluation, call.arguments[1])
    written = evaluation.written_here(call.arguments[0])
    return {key: body(Bound(value, f"{written}.{key}")) for key, value in members.items()}


#: By name in lower case: function names have no case.
LAMBDAS: Final[Mapping[str, _Apply]] = {
    "filter": _over(_filter),
    "groupby": _over(_group_by),
    "lambda": _lambda,
    "lambdavariables": _lambda_variables,
    "map": _over(_map),
    "mapvalues": _over(_map_values),
    "reduce": _over(_reduce),
    "sort": _over(_sort),
    "toobject": _over(_to_object),
}
