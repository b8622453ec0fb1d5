"""A chain in which some unknowns have got their values."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Assignment, Chain, Choice, FilterRule, Floating, Layer, Outcome, RulesValue, Values
from nwpolicy.model.intervals import IntervalSet

__all__ = ["fix"]

S = TypeVar("S", AddressSet, IntervalSet)


def fix(chain: Chain, assignment: Assignment) -> Chain:
    """The chain that does to every flow what the given one does under the assignment. Unknowns that the assignment
    leaves out stay."""
    return Chain(tuple(_fix_layer(layer, assignment) for layer in chain.layers))


def _fix_layer(layer: Layer, assignment: Assignment) -> Layer:
    rules = (fixed for rule in layer.rules if (fixed := _fix_rule(rule, assignment)))
    return replace(layer, rules=tuple(sorted(rules, key=_place)))


def _place(rule: FilterRule) -> int:
    return rule.rank.low if isinstance(rule.rank, Floating) else rule.rank


def _fix_rule(rule: FilterRule, assignment: Assignment) -> FilterRule | None:
    """None where a condition of the rule does not hold."""
    match = rule.match
    if not assignment or not _turns_on_unknowns(rule):
        return rule
    holding = [_truth(assignment[unknown]) for unknown in match.conditions if unknown in assignment]
    if not all(holding):
        return None
    return replace(
        rule,
        match=replace(
            match,
            protocol=_fix_values(match.protocol, assignment, IntervalSet),
            source=_fix_values(match.source, assignment, AddressSet),
            source_port=_fix_values(match.source_port, assignment, IntervalSet),
            destination=_fix_values(match.destination, assignment, AddressSet),
            destination_port=_fix_values(match.destination_port, assignment, IntervalSet),
            conditions=tuple(unknown for unknown in match.conditions if unknown not in assignment),
        ),
        outcome=_fix_outcome(rule.outcome, assignment),
        rank=_fix_rank(rule.rank, assignment),
    )


def _turns_on_unknowns(rule: FilterRule) -> bool:
    match = rule.match
    fields = match.protocol, match.source, match.source_port, match.destination, match.destination_port
    return (
        bool(match.conditions)
        or isinstance(rule.rank, Floating)
        or isinstance(rule.outcome, Choice)
        or any(values.unknown for values in fields)
    )


def _truth(value: object) -> bool:
    return value.matches if isinstance(value, RulesValue) else value is True


def _fix_values(values: Values[S], assignment: Assignment, kind: type[S]) -> Values[S]:
    known = values.known
    for unknown in values.unknown:
        value = assignment.get(unknown)
        if isinstance(value, kind):
            known |= value if values.bound is None else value & values.bound
    return Values(known, tuple(unknown for unknown in values.unknown if unknown not in assignment), values.bound)


def _fix_outcome(outcome: Outcome | Choice, assignment: Assignment) -> Outcome | Choice:
    value = assignment.get(outcome.unknown) if isinstance(outcome, Choice) else None
    if isinstance(value, RulesValue):
        return value.outcome
    return value if isinstance(value, Outcome) else outcome


def _fix_rank(rank: int | Floating, assignment: Assignment) -> int | Floating:
    value = assignment.get(rank.unknown) if isinstance(rank, Floating) else None
    if isinstance(value, RulesValue):
        return value.rank
    return value if isinstance(value, int) else rank
