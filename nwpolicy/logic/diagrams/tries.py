"""A chain as tries: every rule, for the flows of one space, as products of known sets.

A rule with unknowns makes several tries, one for every choice of fields in which a flow meets it only if the unknowns
say so. The tries of a rule hold no flow in common. A try has a bit; a set of tries is a whole number.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias, TypeVar

from nwpolicy.logic.boxes import Box
from nwpolicy.logic.diagrams.fates import Condition
from nwpolicy.logic.diagrams.spaces import Space
from nwpolicy.logic.errors import NoPossibleValue
from nwpolicy.logic.slicing import Constraint, slice_match
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, Choice, FilterRule, Floating, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["Met", "Product", "Try", "common_options", "reach_of", "tries_of"]

S = TypeVar("S", IntervalSet, AddressSet)

#: By field, the numbers that are in the product; a field that is missing is full.
Product: TypeAlias = dict[int, tuple[Interval, ...]]


@dataclass(frozen=True, slots=True)
class Try:
    """A rule, tried on the flows of a product: it matches them if the conditions hold."""

    layer: int
    position: int
    rule: FilterRule
    fields: Product
    conditions: tuple[Condition, ...]

    @property
    def certain(self) -> bool:
        """Whether it matches all flows of its product, and at its place in the layer."""
        return not self.conditions and not isinstance(self.rule.rank, Floating)

    @property
    def unknowns(self) -> Iterator[Unknown]:
        """The unknowns on which it depends what the rule does."""
        for condition in self.conditions:
            yield from condition.unknowns
        if isinstance(self.rule.rank, Floating):
            yield self.rule.rank.unknown
        if isinstance(self.rule.outcome, Choice):
            yield self.rule.outcome.unknown


#: The tries of each layer that flows meet.
Met: TypeAlias = tuple[tuple[Try, ...], ...]


def tries_of(chain: Chain, space: Space, around: Box) -> tuple[tuple[Try, ...], ...]:
    """The tries of each layer, floating ones first, as far as flows of the box can meet them."""
    found = []
    for index, layer in enumerate(chain.layers):
        tries = [
            one
            for position, rule in enumerate(layer.rules)
            for one in _rule_tries(space, around, index, position, rule)
        ]
        tries.sort(key=lambda one: not isinstance(one.rule.rank, Floating))  # stable
        found.append(tuple(tries))
    return tuple(found)


def _rule_tries(space: Space, around: Box, layer: int, position: int, rule: FilterRule) -> Iterator[Try]:
    constraints = slice_match(rule.match, around)
    if constraints is None:
        return
    always = tuple(Condition((unknown,), "holds") for unknown in rule.match.conditions)
    for chosen in product(*(tuple(_sides(space, around, constraint)) for constraint in constraints)):
        fields = {index: numbers for index, numbers, _ in chosen if numbers is not None}
        conditions = tuple(condition for _, _, condition in chosen if condition is not None)
        yield Try(layer, position, rule, fields, conditions + always)


def _sides(
    space: Space, around: Box, constraint: Constraint
) -> Iterator[tuple[int, tuple[Interval, ...] | None, Condition | None]]:
    """The numbers that surely meet the field, and those that do if an unknown says so."""
    index = constraint.field
    if constraint.whole:
        yield index, None, Condition(constraint.unknown, (index, constraint.known, constraint.bound))
        return
    if constraint.known:
        yield index, space.numbers(index, constraint.known), None
    if constraint.unknown and (open_to := constraint.bound - constraint.known):
        numbers = None if open_to == around.fields[index] else space.numbers(index, open_to)
        yield index, numbers, Condition(constraint.unknown, index)


def common_options(chain: Chain) -> dict[Unknown, tuple[Outcome, ...]]:
    """The options of each unknown outcome, which are those that all rules with it have. Raises NoPossibleValue."""
    common: dict[Unknown, tuple[Outcome, ...]] = {}
    for rule in (rule for layer in chain.layers for rule in layer.rules):
        if isinstance(rule.outcome, Choice):
            shared = common.get(rule.outcome.unknown, rule.outcome.options)
            common[rule.outcome.unknown] = tuple(option for option in shared if option in rule.outcome.options)
    for unknown, options in common.items():
        if not options:
            raise NoPossibleValue(f"the unknowns exclude one another: {unknown.name}")
    return common


def reach_of(match: Match) -> FlowSet:
    """Every flow that the match can hold."""

    def of(values: Values[S], everything: S) -> S:
        if not values.unknown:
            return values.known
        return everything if values.bound is None else values.known | values.bound

    return FlowSet(
        of(match.protocol, ANY_PROTOCOL),
        of(match.source, ANY_ADDRESS),
        of(match.source_port, ANY_PORT),
        of(match.destination, ANY_ADDRESS),
        of(match.destination_port, ANY_PORT),
    )
