"""The template functions that depend on where they stand: names of the template, loops, the deployment; and those
that do not evaluate all of their arguments.

Source: Microsoft Learn, "ARM template functions": the pages on deployment, logical, comparison, resource and scope
functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from nwpolicy.readers.arm import resource_ids
from nwpolicy.readers.arm.expressions import Call
from nwpolicy.readers.arm.functions import Undecided
from nwpolicy.readers.arm.lambdas import LAMBDAS
from nwpolicy.readers.arm.lookups import parameter, variable
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, first_open, kind_of, same, shown_text

if TYPE_CHECKING:
    from nwpolicy.readers.arm.evaluation import Evaluation

__all__ = ["CONTEXTUAL", "is_external"]

#: What is only known once something is deployed, or at the time of the deployment.
_EXTERNAL: Final = frozenset(
    {
        "datetimeadd",
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
        "tenant",
        "tologicalzone",
        "tologicalzones",
        "tophysicalzone",
        "tophysicalzones",
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


def _fail(evaluation: Evaluation, call: Call) -> Value:
    """`fail('why')` ends a deployment that comes to it."""
    message = _name(evaluation, call)
    raise ExpressionError(message.placeholder if isinstance(message, Open) else message, call.start, call.end)


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


def _references(evaluation: Evaluation, call: Call) -> Value:
    from nwpolicy.readers.arm.references import references  # evaluates expressions itself

    return references(evaluation, call)


def _resource_info(evaluation: Evaluation, call: Call) -> Value:
    from nwpolicy.readers.arm.references import resource_info  # evaluates expressions itself

    return resource_info(evaluation, call)


#: By name in lower case: function names have no case.
CONTEXTUAL: Final[Mapping[str, Callable[[Evaluation, Call], Value]]] = {
    **LAMBDAS,
    "and": _junction(False),
    "coalesce": _coalesce,
    "copyindex": _copy_index,
    "extensionresourceid": _id(resource_ids.of_extension),
    "fail": _fail,
    "if": _if,
    "managementgroupresourceid": _id(resource_ids.in_management_group),
    "or": _junction(True),
    "parameters": _parameters,
    "resourcegroup": _place(resource_ids.resource_group),
    "references": _references,
    "resourceid": _id(resource_ids.in_resource_group),
    "resourceinfo": _resource_info,
    "subscription": _place(resource_ids.subscription),
    "subscriptionresourceid": _id(resource_ids.in_subscription),
    "tenantresourceid": _id(resource_ids.in_tenant),
    "variables": _variables,
}
