"""Rules of one layer in relation to one another: which overlap, which hide which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.logic.diagrams.decisions import Decisions
from nwpolicy.logic.diagrams.fates import endings
from nwpolicy.logic.diagrams.overlaps import Overlaps, numbers_of_bits
from nwpolicy.logic.diagrams.spaces import Order, hull, spaces_of
from nwpolicy.logic.diagrams.tries import reach_of, tries_of
from nwpolicy.model.filters import Chain, Choice, FilterRule, Floating, Layer, Outcome
from nwpolicy.model.flows import FlowSet

__all__ = ["Pairs", "shadowing"]


class Pairs:
    """Which rules meet and hold which. Rules that rest on unknowns are left out. Sets of rules are whole numbers."""

    def __init__(self, layer: Layer) -> None:
        count = len(layer.rules)
        plain = [at for at, rule in enumerate(layer.rules) if _is_plain(rule)]
        chain = Chain((Layer(layer.name, tuple(layer.rules[at] for at in plain)),))
        self.plain = frozenset(plain)
        self._meeting, self._beyond = [0] * count, [0] * count
        for space, boxes in spaces_of(FlowSet()):
            (tries,) = tries_of(chain, space, hull(boxes))
            overlaps = Overlaps({plain[one.position]: one.fields for one in tries}, count, len(space.sizes))
            for at in plain:
                self._meeting[at] |= overlaps.meeting(at)
                self._beyond[at] |= overlaps.beyond(at)
        outcomes = {at: layer.rules[at].outcome for at in plain}
        self._others = {
            outcome: sum(1 << at for at, mine in outcomes.items() if mine is not outcome) for outcome in Outcome
        }
        self._rules = layer.rules

    def correlated(self, position: int) -> tuple[int, ...]:
        """The rules that overlap with a rule and do something else, neither of them holding the other."""
        outcome = self._rules[position].outcome
        if position not in self.plain or isinstance(outcome, Choice):
            return ()
        others = self._meeting[position] & self._beyond[position] & self._others[outcome]
        return tuple(other for other in numbers_of_bits(others) if self._beyond[other] >> position & 1)

    def meeting_before(self, position: int) -> Iterator[int]:
        """The rules before a rule that overlap with it."""
        return numbers_of_bits(self._meeting[position] & (1 << position) - 1)

    def holds(self, one: int, other: int) -> bool:
        """Whether one rule matches all that the other does."""
        return not self._beyond[one] >> other & 1


def shadowing(layer: Layer, position: int, pairs: Pairs, order: Order) -> tuple[int, ...]:
    """A set of rules that hold all that a shadowed rule matches, and none of which can be left out. Where it is
    shadowed for a reason that has to do with unknowns, all rules that may decide about its flows."""
    region = reach_of(layer.rules[position].match)
    if not region:
        return ()
    if position not in pairs.plain:
        return _deciding(layer, [at for at in range(len(layer.rules)) if at != position], region, order)
    before = list(pairs.meeting_before(position))
    alone = next((at for at in before if pairs.holds(at, position)), None)
    if alone is not None:
        return (alone,)
    chosen = list(_deciding(layer, before, region, order))
    for at in chosen[::-1]:
        rest = [other for other in chosen if other != at]
        if _hidden(layer, rest, region, order):
            chosen = rest
    return tuple(chosen)


def _deciding(layer: Layer, positions: list[int], region: FlowSet, order: Order) -> tuple[int, ...]:
    """Which of some rules may decide about flows of the region."""
    chain = Chain((Layer(layer.name, tuple(layer.rules[at] for at in positions)),))
    fates = Decisions.of(chain, region, order=order).counts()
    found = {end.position for fate in fates for end in endings(fate.tree)}
    return tuple(positions[at] for at in sorted(at for at in found if at is not None))


def _hidden(layer: Layer, positions: list[int], region: FlowSet, order: Order) -> bool:
    """Whether rules hold the whole region."""
    rules = tuple(replace(layer.rules[at], outcome=Outcome.DENY) for at in positions)
    decisions = Decisions.of(Chain((Layer(layer.name, rules),)), region, order=order, by_rule=False)
    return decisions.count(lambda fate: fate.allowed is not False) == 0


def _is_plain(rule: FilterRule) -> bool:
    fields = rule.match.protocol, rule.match.source, rule.match.source_port, rule.match.destination
    unknown = any(values.unknown for values in (*fields, rule.match.destination_port)) or rule.match.conditions
    return not unknown and not isinstance(rule.outcome, Choice) and not isinstance(rule.rank, Floating)
