"""What of a chain can matter to the flows of one box, by set algebra alone and before any solver is asked.

A rule that no flow of the box can match is dropped; of the others only the fields stay that tell flows of the box
apart; whatever stands behind a rule that every flow of the box matches is cut off. All of this is exact: slice and
chain do the same to every flow of the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.logic.boxes import DESTINATION, DESTINATION_PORT, PROTOCOL, SOURCE, SOURCE_PORT, Box
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.filters import Chain, Choice, FilterRule, Floating, Layer, Match, Outcome, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["ChainSlice", "Constraint", "RuleSlice", "outer", "slice_chain", "slice_match"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A field that tells flows of the box apart: met by the numbers in `known`, and by those that are both in the
    value of an unknown and in `bound`. With `whole`, the field is a port field and the flows have no ports: it is met
    by all of them or none, as known and unknown together are the full range or not."""

    field: int
    known: IntervalSet
    unknown: tuple[Unknown, ...]
    bound: IntervalSet
    whole: bool = False


@dataclass(frozen=True, slots=True)
class RuleSlice:
    """A rule as far as it concerns the box. Without constraints and conditions every flow of the box matches it."""

    position: int
    rule: FilterRule
    constraints: tuple[Constraint, ...]

    @property
    def covers(self) -> bool:
        return not self.constraints and not self.rule.match.conditions

    @property
    def unknowns(self) -> Iterator[Unknown]:
        for constraint in self.constraints:
            yield from constraint.unknown
        yield from self.rule.match.conditions
        if isinstance(self.rule.rank, Floating):
            yield self.rule.rank.unknown
        if isinstance(self.rule.outcome, Choice):
            yield self.rule.outcome.unknown


@dataclass(frozen=True, slots=True)
class ChainSlice:
    """The rules of each layer that can matter to flows of the box. Layers behind one that settles every flow of the
    box for good are empty."""

    chain: Chain
    box: Box
    layers: tuple[tuple[RuleSlice, ...], ...]

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns that can matter, each once, in the order in which flows meet them."""
        return tuple(dict.fromkeys(unknown for layer in self.layers for rule in layer for unknown in rule.unknowns))

    @property
    def settled(self) -> bool | None:
        """Whether every flow of the box is allowed (or none is) where the formula is a constant: each layer that they
        reach has one rule left that covers the box, or none. None where there is something to solve."""
        for rules in self.layers:
            if not rules:
                continue
            only, outcome = rules[0], rules[0].rule.outcome
            if len(rules) > 1 or not only.covers or isinstance(outcome, Choice) or isinstance(only.rule.rank, Floating):
                return None
            if outcome is not Outcome.PASS:
                return outcome is Outcome.ACCEPT
        return True


def slice_chain(chain: Chain, box: Box) -> ChainSlice:
    """The chain as far as it concerns the box."""
    chain = _with_common_options(chain)
    layers: list[tuple[RuleSlice, ...]] = []
    settled = False
    for layer in chain.layers:
        rules = () if settled else tuple(_slice_layer(layer, box))
        layers.append(rules)
        settled = settled or _settles(rules)
    return ChainSlice(chain, box, tuple(layers))


def _with_common_options(chain: Chain) -> Chain:
    """Several rules may have the same unknown outcome. It is an option of each of them."""
    common: dict[Unknown, tuple[Outcome, ...]] = {}
    choices = [rule.outcome for layer in chain.layers for rule in layer.rules if isinstance(rule.outcome, Choice)]
    for choice in choices:
        shared = common.get(choice.unknown, choice.options)
        common[choice.unknown] = tuple(option for option in shared if option in choice.options)
    if all(common[choice.unknown] == choice.options for choice in choices):
        return chain
    return Chain(tuple(_with_options(layer, common) for layer in chain.layers))


def _with_options(layer: Layer, common: dict[Unknown, tuple[Outcome, ...]]) -> Layer:
    return replace(
        layer,
        rules=tuple(
            replace(rule, outcome=replace(rule.outcome, options=common[rule.outcome.unknown]))
            if isinstance(rule.outcome, Choice)
            else rule
            for rule in layer.rules
        ),
    )


def slice_match(match: Match, box: Box) -> tuple[Constraint, ...] | None:
    """The fields that tell flows of the box apart; None if no flow of the box can meet them all."""
    constraints: list[Constraint] = []
    for constraint in _fields(match, box):
        if constraint.whole or constraint.known != box.fields[constraint.field]:
            if not constraint.known and not constraint.unknown:
                return None
            constraints.append(constraint)
    return tuple(constraints)


def outer(match: Match, box: Box) -> Box | None:
    """The smallest box around the flows that can meet the match; None if there are none."""
    constraints = slice_match(match, box)
    for constraint in constraints or ():
        if not constraint.whole:
            reach = constraint.known | constraint.bound if constraint.unknown else constraint.known
            box = box.with_field(constraint.field, reach)
    return None if constraints is None else box


def _slice_layer(layer: Layer, box: Box) -> Iterator[RuleSlice]:
    covered_at: int | None = None
    for position, rule in enumerate(layer.rules):
        if covered_at is not None and (not isinstance(rule.rank, Floating) or rule.rank.low > covered_at):
            continue
        constraints = slice_match(rule.match, box)
        if constraints is None:
            continue
        found = RuleSlice(position, rule, constraints)
        yield found
        if found.covers and not isinstance(rule.rank, Floating):
            covered_at = rule.rank


def _settles(rules: tuple[RuleSlice, ...]) -> bool:
    return len(rules) == 1 and rules[0].covers and rules[0].rule.outcome in (Outcome.DENY, Outcome.ACCEPT)


def _fields(match: Match, box: Box) -> Iterator[Constraint]:
    yield _constraint(PROTOCOL, match.protocol, box)
    for field, values in ((SOURCE, match.source), (DESTINATION, match.destination)):
        yield _constraint(field, _in_family(values, box.family), box)
    for field, ports in ((DESTINATION_PORT, match.destination_port), (SOURCE_PORT, match.source_port)):
        if box.ported:
            yield _constraint(field, ports, box)
        elif not ports.known.is_full:
            yield _whole(field, ports)


def _constraint(field: int, values: Values[IntervalSet], box: Box) -> Constraint:
    """The field within the box; an unknown that can add nothing to what is known there is dropped."""
    numbers = box.fields[field]
    known = values.known & numbers
    bound = numbers if values.bound is None else values.bound & numbers
    return Constraint(field, known, values.unknown if values.unknown and not bound <= known else (), bound)


def _whole(field: int, ports: Values[IntervalSet]) -> Constraint:
    """A port field for flows without ports. If the full range is out of reach it is met by none."""
    bound = IntervalSet.full(16) if ports.bound is None else ports.bound
    reachable = bool(ports.unknown) and (ports.known | bound).is_full
    known = ports.known if reachable else IntervalSet.empty(16)
    return Constraint(field, known, ports.unknown if reachable else (), bound, whole=True)


def _in_family(values: Values[AddressSet], family: Family) -> Values[IntervalSet]:
    bound = None if values.bound is None else values.bound.family(family)
    return Values(values.known.family(family), values.unknown, bound)
