"""The concrete meaning of a chain: what happens to one flow when every unknown that it meets has a value.

This is the yardstick. Whatever a solver claims is replayed here before anyone sees it. An unknown is looked up only
where its value matters, so evaluation without any assignment tells whether a flow meets an unknown at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Final, TypeVar

from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.filters import (
    Assignment,
    Chain,
    Choice,
    FilterRule,
    Floating,
    Layer,
    Match,
    Outcome,
    RulesValue,
    UnknownValue,
    Values,
)
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["NO_ASSIGNMENT", "MissingValueError", "Step", "Trace", "evaluate", "failed_fields", "matches"]

V = TypeVar("V")
S = TypeVar("S", AddressSet, IntervalSet)

NO_ASSIGNMENT: Final[Assignment] = MappingProxyType({})


class MissingValueError(KeyError):
    """The fate of the flow turns on an unknown that was given no value."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.name)
        self.unknown = unknown

    def __str__(self) -> str:
        return f"the unknown {self.unknown.name!r} ({self.unknown.kind}) has no value"


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer did to the flow: the rule that settled it there, or none."""

    layer: int
    """index of the layer in the chain"""
    rule: FilterRule | None
    outcome: Outcome | None
    position: int | None = None
    """index of the rule in the layer"""


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one flow through a chain: a step for each layer that it reached."""

    allowed: bool
    steps: tuple[Step, ...]

    @property
    def decisive(self) -> Step | None:
        """The step that denied or accepted; else the last one in which a rule matched; none if no rule ever did."""
        return next((step for step in reversed(self.steps) if step.rule is not None), None)


def evaluate(chain: Chain, flow: Flow, assignment: Assignment = NO_ASSIGNMENT) -> Trace:
    """Sends the flow through the chain. Raises MissingValueError where an unknown without a value decides."""
    steps: list[Step] = []
    for index, layer in enumerate(chain.layers):
        step = _settle(index, layer, flow, assignment)
        steps.append(step)
        if step.outcome in (Outcome.DENY, Outcome.ACCEPT):
            break
    return Trace(steps[-1].outcome is not Outcome.DENY if steps else True, tuple(steps))


def matches(match: Match, flow: Flow, assignment: Assignment = NO_ASSIGNMENT) -> bool:
    """Whether the flow meets every field and condition."""
    turns_on_unknowns = bool(match.conditions)
    for _, met in _known(match, flow):
        if met is False:
            return False
        turns_on_unknowns |= met is None
    return not turns_on_unknowns or next(_failures(match, flow, assignment), None) is None


def failed_fields(match: Match, flow: Flow, assignment: Assignment = NO_ASSIGNMENT) -> tuple[str, ...]:
    """The fields that the flow does not meet, among `protocol`, `source`, `sourcePort`, `destination`,
    `destinationPort` and `condition`, in this order."""
    return tuple(_failures(match, flow, assignment))


def _settle(index: int, layer: Layer, flow: Flow, assignment: Assignment) -> Step:
    """The first rule by rank that matches. Known ranks never fall, so after one has matched only floating rules can
    still come before it."""
    best: tuple[int, FilterRule] | None = None
    for position, rule in enumerate(layer.rules):
        if best and not _may_precede(rule, best[1], assignment):
            continue
        if matches(rule.match, flow, assignment) and (not best or _rank(rule, assignment) < _rank(best[1], assignment)):
            best = position, rule
    if not best:
        return Step(index, None, None)
    return Step(index, best[1], _outcome(best[1], assignment), best[0])


def _may_precede(rule: FilterRule, best: FilterRule, assignment: Assignment) -> bool:
    """Whether a rule that stands behind `best` could still be tried before it."""
    least = rule.rank.low if isinstance(rule.rank, Floating) else rule.rank
    if not isinstance(best.rank, Floating):
        return least < best.rank
    return least < (_rank(best, assignment) if best.rank.unknown in assignment else best.rank.high)


def _rank(rule: FilterRule, assignment: Assignment) -> int:
    if not isinstance(rule.rank, Floating):
        return rule.rank
    value = _value(rule.rank.unknown, assignment)
    return value.rank if isinstance(value, RulesValue) else _expect(int, value)


def _outcome(rule: FilterRule, assignment: Assignment) -> Outcome:
    if not isinstance(rule.outcome, Choice):
        return rule.outcome
    value = _value(rule.outcome.unknown, assignment)
    return value.outcome if isinstance(value, RulesValue) else _expect(Outcome, value)


def _known(match: Match, flow: Flow) -> Iterator[tuple[str, bool | None]]:
    """Whether the flow meets each field, as far as that does not turn on unknowns (None)."""
    yield "protocol", _has(match.protocol, flow.protocol)
    yield "source", _has_address(match.source, flow.family, flow.source)
    yield "sourcePort", _has_port(match.source_port, flow, flow.source_port)
    yield "destination", _has_address(match.destination, flow.family, flow.destination)
    yield "destinationPort", _has_port(match.destination_port, flow, flow.destination_port)


def _has(values: Values[IntervalSet], number: int) -> bool | None:
    if number in values.known:
        return True
    return None if values.unknown and (values.bound is None or number in values.bound) else False


def _has_address(values: Values[AddressSet], family: Family, number: int) -> bool | None:
    if number in values.known.family(family):
        return True
    return None if values.unknown and (values.bound is None or number in values.bound.family(family)) else False


def _has_port(values: Values[IntervalSet], flow: Flow, number: int) -> bool | None:
    """A flow without ports meets the full range only."""
    if flow.has_ports:
        return _has(values, number)
    if values.known.is_full:
        return True
    return None if values.unknown and (values.bound is None or (values.known | values.bound).is_full) else False


def _failures(match: Match, flow: Flow, assignment: Assignment) -> Iterator[str]:
    for name, met in _known(match, flow):
        if met is False or (met is None and not _resolved(match, name, flow, assignment)):
            yield name
    if not all(_holds(condition, assignment) for condition in match.conditions):
        yield "condition"


def _resolved(match: Match, name: str, flow: Flow, assignment: Assignment) -> bool:
    """Whether the flow meets a field that turns on unknowns, now that they have values."""
    if name in ("source", "destination"):
        values, number = (match.source, flow.source) if name == "source" else (match.destination, flow.destination)
        return any(number in value.family(flow.family) for value in _assigned(AddressSet, values.unknown, assignment))
    if name == "protocol":
        return any(flow.protocol in value for value in _assigned(IntervalSet, match.protocol.unknown, assignment))
    ports, port = (
        (match.source_port, flow.source_port)
        if name == "sourcePort"
        else (match.destination_port, flow.destination_port)
    )
    ranges = list(_assigned(IntervalSet, ports.unknown, assignment))
    if flow.has_ports:
        return any(port in value for value in ranges)
    return reduce(or_, (value if ports.bound is None else value & ports.bound for value in ranges), ports.known).is_full


def _holds(condition: Unknown, assignment: Assignment) -> bool:
    value = _value(condition, assignment)
    return value.matches if isinstance(value, RulesValue) else _expect(bool, value)


def _assigned(kind: type[V], unknowns: Iterable[Unknown], assignment: Assignment) -> Iterator[V]:
    return (_expect(kind, _value(unknown, assignment)) for unknown in unknowns)


def _value(unknown: Unknown, assignment: Mapping[Unknown, UnknownValue]) -> UnknownValue:
    try:
        return assignment[unknown]
    except KeyError:
        raise MissingValueError(unknown) from None


def _expect(kind: type[V], value: UnknownValue) -> V:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
