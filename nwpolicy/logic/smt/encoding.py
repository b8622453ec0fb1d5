"""The encoding of a slice of a chain: what the rules do to a flow, as one formula over its fields and the unknowns.

A layer is folded from its last rule to its first, so the formula is as long as the layer. A floating rule is tested
once in every gap between known ranks that it can be in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from nwpolicy.logic.boxes import DESTINATION, PROTOCOL, SOURCE, Box
from nwpolicy.logic.slicing import ChainSlice, Constraint, RuleSlice
from nwpolicy.logic.smt.terms import (
    Formula,
    Number,
    below,
    choose,
    choose_number,
    conj,
    disj,
    member,
    neg,
)
from nwpolicy.logic.smt.values import RANKS, Values, ranks
from nwpolicy.model.filters import Choice, Floating, Outcome
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["Encoder", "Packet"]


@dataclass(frozen=True, slots=True)
class Packet:
    """The fields of a flow, as variables or constants, in the order of a box's fields."""

    box: Box
    fields: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class _Test:
    """One try of a rule in a layer."""

    fires: Formula
    rule: RuleSlice


class _Settling:
    """What one layer does to the packet: by position, whether a rule is the first that matches and whether it hands
    the packet on; and whether none matches."""

    def __init__(self, tests: list[_Test], passes: Callable[[RuleSlice], Formula]) -> None:
        self.first: dict[int, Formula] = {}
        self.passes: dict[int, Formula] = {}
        before: Formula = False
        for test in tests:
            position = test.rule.position
            mine = conj((test.fires, neg(before)))
            self.first[position] = disj((self.first.get(position, False), mine))
            self.passes[position] = passes(test.rule)
            before = disj((before, test.fires))
        self.missed = neg(before)

    def through(self) -> Formula:
        """Whether the packet reaches what comes behind."""
        handed_on = (conj((first, self.passes[position])) for position, first in self.first.items())
        return disj((self.missed, *handed_on))


class Encoder:
    """Encodes slices of chains for one packet and one choice of values.

    `share` returns the formula for a set of numbers in a field, and may return the same one twice.
    """

    def __init__(self, packet: Packet, values: Values, share: Callable[[Number, IntervalSet], Formula]) -> None:
        self._packet = packet
        self._values = values
        self._share = share

    def allowed(self, part: ChainSlice) -> Formula:
        """Whether the chain allows the packet."""
        self._rank(part)
        behind: Formula = True
        for layer in reversed(part.layers):
            behind = self._through(list(self._tests(layer)), behind)
        return behind

    def decisive(self, part: ChainSlice, identify: Callable[[int, RuleSlice], Number], nothing: Number) -> Number:
        """What `identify` says of the decisive rule: the one that denied or accepted, else the last that matched."""
        self._rank(part)
        layers = [list(self._tests(layer)) for layer in part.layers]
        last = nothing
        stopped: Formula = False
        for index, tests in enumerate(layers):
            found, stops = last, False
            for test in reversed(tests):
                found = choose_number(test.fires, identify(index, test.rule), found)
                stops = choose(test.fires, neg(self._passes(test.rule)), stops)
            last = choose_number(stopped, last, found)
            stopped = disj((stopped, stops))
        return last

    def deciding(self, part: ChainSlice) -> dict[tuple[int, int] | None, Formula]:
        """By layer and position in the layer, whether a rule is the decisive one, for all rules that can be; under
        None, whether no rule matches."""
        self._rank(part)
        layers = [_Settling(list(self._tests(layer)), self._passes) for layer in part.layers]
        silent: list[Formula] = [True]
        for layer in reversed(layers):
            silent.append(conj((layer.missed, silent[-1])))
        found: dict[tuple[int, int] | None, Formula] = {None: silent.pop()}
        reached: Formula = True
        for index, layer in enumerate(layers):
            behind = silent.pop()
            for position, first in layer.first.items():
                ends = disj((neg(layer.passes[position]), behind))
                found[index, position] = conj((reached, first, ends))
            reached = conj((reached, layer.through()))
        return found

    def _rank(self, part: ChainSlice) -> None:
        if any(isinstance(rule.rule.rank, Floating) for layer in part.layers for rule in layer):
            self._values.rank_layers(part.chain)

    def _through(self, tests: list[_Test], behind: Formula) -> Formula:
        """Whether the packet gets through a layer and what stands `behind` it. Neighbours that do the same are joined,
        which keeps the nesting low."""
        through = behind
        for outcome, fires in _runs(tests):
            if outcome is Outcome.DENY:
                through = conj((neg(disj(fires)), through))
            elif outcome is Outcome.ACCEPT:
                through = disj((*fires, through))
            elif outcome is Outcome.PASS:
                through = choose(disj(fires), behind, through)
            else:
                through = choose(disj(fires), self._chosen(outcome, behind), through)
        return through

    def _chosen(self, choice: Choice, behind: Formula) -> Formula:
        self._values.restrict(choice.unknown, choice.options)
        passes = conj((self._values.outcome(choice.unknown, Outcome.PASS), behind))
        return disj((self._values.outcome(choice.unknown, Outcome.ACCEPT), passes))

    def _passes(self, rule: RuleSlice) -> Formula:
        outcome = rule.rule.outcome
        if not isinstance(outcome, Choice):
            return outcome is Outcome.PASS
        self._values.restrict(outcome.unknown, outcome.options)
        return self._values.outcome(outcome.unknown, Outcome.PASS)

    def _tests(self, layer: tuple[RuleSlice, ...]) -> Iterator[_Test]:
        """The tests of a layer in the order in which they are made: the first that fires settles the packet there."""
        floating = [(rule, rule.rule.rank) for rule in layer if isinstance(rule.rule.rank, Floating)]
        known = [(rule, rule.rule.rank) for rule in layer if not isinstance(rule.rule.rank, Floating)]
        matches = [self._matches(rule) for rule, _ in floating]
        first = [(rule, rank, self._first(index, floating, matches)) for index, (rule, rank) in enumerate(floating)]
        start = RANKS[0]
        for rule, rank in known:
            yield from self._gap(first, start, rank - 1)
            yield _Test(self._matches(rule), rule)
            start = max(start, rank)
        yield from self._gap(first, start, RANKS[1])

    def _gap(self, first: list[tuple[RuleSlice, Floating, Formula]], low: int, high: int) -> Iterator[_Test]:
        """The floating rules that can have one of these ranks. At most one of them is the first that matches, so their
        order does not matter."""
        for rule, rank, fires in first:
            if max(low, rank.low) <= min(high, rank.high):
                inside = low <= rank.low and rank.high <= high
                within = inside or member(self._values.rank(rank.unknown), ranks([(low, high)]))
                yield _Test(conj((fires, within)), rule)

    def _first(self, index: int, floating: list[tuple[RuleSlice, Floating]], matches: list[Formula]) -> Formula:
        """Whether this floating rule matches and no other floating rule that matches comes before it."""
        earlier = (
            neg(conj((matches[other], self._before(floating[other], floating[index]))))
            for other in range(len(floating))
            if other != index
        )
        return conj((matches[index], *earlier))

    def _before(self, left: tuple[RuleSlice, Floating], right: tuple[RuleSlice, Floating]) -> Formula:
        """Whether the left rule is tried before the right one. Rules of one unknown share a rank and stand in order."""
        mine, other = left[1], right[1]
        if mine.unknown == other.unknown:
            return left[0].position < right[0].position
        if mine.high < other.low or other.high < mine.low:
            return mine.high < other.low
        return below(self._values.rank(mine.unknown), self._values.rank(other.unknown))

    def _matches(self, rule: RuleSlice) -> Formula:
        conditions = (self._values.holds(condition) for condition in rule.rule.match.conditions)
        return conj((*(self._meets(constraint) for constraint in rule.constraints), *conditions))

    def _meets(self, constraint: Constraint) -> Formula:
        if constraint.whole:
            gaps = ~constraint.known
            reachable = gaps <= constraint.bound
            return reachable and self._values.fills(constraint.unknown, gaps)
        term = self._packet.fields[constraint.field]
        known = self._share(term, constraint.known)
        if not constraint.unknown:
            return known
        held = disj(self._holds(constraint.field, unknown, term) for unknown in constraint.unknown)
        if constraint.bound != self._packet.box.fields[constraint.field]:
            held = conj((self._share(term, constraint.bound), held))
        return disj((known, held))

    def _holds(self, field: int, unknown: Unknown, term: Number) -> Formula:
        if field == PROTOCOL:
            return self._values.has_protocol(unknown, term)
        if field in (SOURCE, DESTINATION):
            return self._values.has_address(unknown, self._packet.box.family, term)
        return self._values.has_port(unknown, term)


def _runs(tests: list[_Test]) -> Iterator[tuple[Outcome | Choice, list[Formula]]]:
    """From the last test to the first, neighbours of one known outcome together."""
    for outcome, group in groupby(reversed(tests), key=lambda test: test.rule.rule.outcome):
        yield outcome, [test.fires for test in group]
