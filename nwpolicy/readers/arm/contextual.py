"""The template functions that depend on where they stand: names of the template, loops, lambdas, the deployment; and
those that do not evaluate all of their arguments.

Source: Microsoft Learn, "ARM template functions": the pages on deployment, lambda, logical, comparison, resource and
scope functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

from nwpolicy.readers.arm import resource_ids
from nwpolicy.readers.arm.expressions import Call, Expression, Text
from nwpolicy.readers.arm.frames import Bound
from nwpolicy.readers.arm.functions import Undecided
from nwpolicy.readers.arm.lookups import parameter, variable
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, first_open, kind_of, same, shown_text

if TYPE_CHECKING:
    from nwpolicy.readers.arm.evaluation import Evaluation

__all__ = ["CONTEXTUAL", "is_external"]

#: What is only known once something is deployed, or at the time of the deployment.
_EXTERNAL: Final = frozenset(
    {
        "deployer",
        "deployment",
        "environment",
        "getsecret",
        "guid",
        "managementgroup",
        "newguid",
        "pickzones",
        "providers",
        "reference",
        "references",
        "tenant",
        "uniquestring",
        "utcnow",
    }
)


def is_external(name: str) -> bool:
    """Whether the value of a function (lower case) is known to Azure only."""
    return name in _EXTERNAL or name.startswith("list")


def _name(evaluation: Evaluation, call: Call) -> str | Open:
    """The only argument, a name."""
    if len(call.arguments) != 1:
        raise ExpressionError(f"takes 1 argument, not {len(call.arguments)}")
    name = evaluation.value(call.arguments[0])
    if isinstance(name, str | Open):
        return name
    raise ExpressionError(f"does not take {kind_of(name)} as argument 1")


def _parameters(evaluation: Evaluation, call: Call) -> Value:
    name = _name(evaluation, call)
    return evaluation.open(call, name) if isinstance(name, Open) else parameter(evaluation, name)


def _variables(evaluation: Evaluation, call: Call) -> Value:
    name = _name(evaluation, call)
    return evaluation.open(call, name) if isinstance(name, Open) else variable(evaluation, name)


def _copy_index(evaluation: Evaluation, call: Call) -> Value:
    """`copyIndex()`, `copyIndex(offset)`, `copyIndex('loop')`, `copyIndex('loop', offset)`"""
    arguments = evaluation.values(call)
    frame = evaluation.frame
    name = arguments.pop(0) if arguments and isinstance(arguments[0], str) else frame.loop
    if name is None and len(frame.loops) == 1:
        name = next(iter(frame.loops))
    bound = frame.loops.get(name.lower()) if isinstance(name, str) else None
    if bound is None:
        raise ExpressionError("stands in no loop" if name is None else f"stands in no loop '{name}'")
    offset = arguments[0] if arguments else 0
    if isinstance(bound.value, Open):
        return bound.value if offset == 0 else replace(bound.value, name=f"{bound.value.name} + {shown_text(offset)}")
    if isinstance(offset, Open):
        return replace(offset, name=f"{bound.written} + {offset.name}", text="")
    if not isinstance(bound.value, int) or not isinstance(offset, int):
        raise ExpressionError(f"does not take {kind_of(offset)} as an offset")
    return bound.value + offset


def _if(evaluation: Evaluation, call: Call) -> Value:
    if len(call.arguments) != 3:  # noqa: PLR2004
        raise ExpressionError(f"takes 3 arguments, not {len(call.arguments)}")
    condition = evaluation.value(call.arguments[0])
    if isinstance(condition, bool):
        return evaluation.value(call.arguments[1 if condition else 2])
    if not isinstance(condition, Open):
        raise ExpressionError(f"does not take {kind_of(condition)} as a condition")
    one, other = (evaluation.soft(argument) for argument in call.arguments[1:])
    return one if same(one, other) else evaluation.open(call, condition)


def _junction(decisive: bool) -> Callable[[Evaluation, Call], Value]:
    """`and` is settled by the first false, `or` by the first true, whatever the others are."""

    def junction(evaluation: Evaluation, call: Call) -> Value:
        unknown: Open | None = None
        for argument in call.arguments:
            value = evaluation.value(argument) if unknown is None else evaluation.soft(argument)
            if value is decisive:
                return decisive
            if isinstance(value, Open):
                unknown = unknown or value
            elif not isinstance(value, bool):
                raise ExpressionError(f"does not take {kind_of(value)}")
        return not decisive if unknown is None else evaluation.open(call, unknown)

    return junction


def _coalesce(evaluation: Evaluation, call: Call) -> Value:
    for argument in call.arguments:
        value = evaluation.value(argument)
        if isinstance(value, Open) and not value.is_set:
            return evaluation.open(call, value)
        if value is not None:
            return value
    return None


# Lambdas


def _lambda(_evaluation: Evaluation, _call: Call) -> Value:
    raise ExpressionError("stands only where map, filter, reduce, sort and toObject take it")


def _lambda_variables(evaluation: Evaluation, call: Call) -> Value:
    name = _name(evaluation, call)
    bound = None if isinstance(name, Open) else evaluation.frame.lambdas.get(name.lower())
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


def _elements(evaluation: Evaluation, call: Call, arguments: int) -> list[Bound]:
    """The elements of the first argument. Raises Undecided where it is unknown."""
    if len(call.arguments) < arguments:
        raise ExpressionError(f"takes {arguments} arguments, not {len(call.arguments)}")
    array = evaluation.value(call.arguments[0])
    if isinstance(array, Open):
        raise _Unknown(array)
    if not isinstance(array, list):
        raise ExpressionError(f"does not take {kind_of(array)} as argument 1")
    written = evaluation.written_here(call.arguments[0])
    return [Bound(element, f"{written}[{index}]") for index, element in enumerate(array)]


class _Unknown(Exception):  # noqa: N818 - see Undecided
    """What a lambda runs over is not known."""

    def __init__(self, cause: Open) -> None:
        super().__init__(cause.name)
        self.cause = cause


def _over(function: Callable[[Evaluation, Call], Value]) -> Callable[[Evaluation, Call], Value]:
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
    kept: list[Value] = []
    body = _Lambda(evaluation, call.arguments[1]) if len(call.arguments) > 1 else None
    for index, item in enumerate(_elements(evaluation, call, 2)):
        assert body is not None
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
    made: dict[str, Value] = {}
    for item in _elements(evaluation, call, 2):
        key = item.value if _is_many(item) else _Lambda(evaluation, call.arguments[1])(item)
        if isinstance(key, Open):
            raise _Unknown(key)
        if not isinstance(key, str):
            raise ExpressionError(f"does not take {kind_of(key)} as a key")
        has_values = len(call.arguments) > 2  # noqa: PLR2004
        made[key] = _Lambda(evaluation, call.arguments[2])(item) if has_values else item.value
    return made


# Where the template is deployed


def _id(make: resource_ids.Maker) -> Callable[[Evaluation, Call], Value]:
    def apply(evaluation: Evaluation, call: Call) -> Value:
        arguments = evaluation.values(call)
        try:
            return make(evaluation.frame.scope.target, arguments)
        except Undecided as undecided:
            reason = None if first_open(arguments) else "it depends on where the template is deployed"
            made = evaluation.open(call, first_open(arguments), undecided.text)
            return made if reason is None else Open(made.name, reason, made.source, made.text, is_set=True)

    return apply


def _place(make: resource_ids.Place) -> Callable[[Evaluation, Call], Value]:
    """`subscription()`, `resourceGroup()`: objects of which a template knows little."""

    def apply(evaluation: Evaluation, call: Call) -> Value:
        if call.arguments:
            raise ExpressionError(f"takes no arguments, not {len(call.arguments)}")
        members: dict[str, Value] = {}
        for name, known in make(evaluation.frame.scope.target).items():
            if not known or "{" in known:
                written = evaluation.frame.scope.named(f"{evaluation.written_here(call)}.{name}")
                reason = "it depends on where the template is deployed"
                members[name] = Open(written, reason, evaluation.source, known, is_named=True, is_set=True)
            else:
                members[name] = known
        return members

    return apply


#: By name in lower case: function names have no case.
CONTEXTUAL: Final[Mapping[str, Callable[[Evaluation, Call], Value]]] = {
    "and": _junction(False),
    "coalesce": _coalesce,
    "copyindex": _copy_index,
    "extensionresourceid": _id(resource_ids.of_extension),
    "filter": _over(_filter),
    "if": _if,
    "lambda": _lambda,
    "lambdavariables": _lambda_variables,
    "managementgroupresourceid": _id(resource_ids.in_management_group),
    "map": _over(_map),
    "or": _junction(True),
    "parameters": _parameters,
    "reduce": _over(_reduce),
    "resourcegroup": _place(resource_ids.resource_group),
    "resourceid": _id(resource_ids.in_resource_group),
    "sort": _over(_sort),
    "subscription": _place(resource_ids.subscription),
    "subscriptionresourceid": _id(resource_ids.in_subscription),
    "tenantresourceid": _id(resource_ids.in_tenant),
    "toobject": _over(_to_object),
    "variables": _variables,
}
