"""Unknowns as free variables: one `Values` is one choice of a value for every unknown.

| unknown     | variables                                | what they range over                              |
|-------------|------------------------------------------|---------------------------------------------------|
| addresses   | in each family: some, base, mask         | no prefix, or one                                 |
| ports       | low, high                                | one range that is not empty                       |
| protocols   | all, number                              | every protocol, or one                            |
| outcome     | one of three                             | the options of every rule that uses it            |
| rank        | a number                                 | its limits, without the other ranks of its layer  |
| condition   | a truth value                            | both                                              |
| rules       | matches, outcome, rank                   | as above, a rank only where it matches            |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from nwpolicy.logic.smt.terms import (
    Formula,
    Number,
    at_most,
    below,
    boolean,
    conj,
    disj,
    equal,
    member,
    neg,
    number,
    variable,
)
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.domains import limits, options
from nwpolicy.model.filters import Chain, Floating, Layer, Outcome, RulesValue, UnknownValue
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["OUTCOMES", "RANKS", "Values", "ranks"]

#: An outcome's number is its index here.
OUTCOMES: Final = (Outcome.DENY, Outcome.PASS, Outcome.ACCEPT)
#: The lowest and the highest rank.
RANKS: Final = (-(1 << 31), (1 << 31) - 1)
_RANK_WIDTH: Final = 32
_PORT: Final = 16
_PROTOCOL: Final = 8
_CHOICE_WIDTH: Final = 16


def ranks(intervals: Iterable[tuple[int, int]]) -> IntervalSet:
    """Ranks, which may be negative, as the numbers that stand for them in formulas."""
    return IntervalSet.of(_RANK_WIDTH, ((low - RANKS[0], high - RANKS[0]) for low, high in intervals))


class Values:
    """The variables of one choice of values. `require` receives what the variables must meet, whatever is asked."""

    def __init__(
        self, context: Any, suffix: str, require: Callable[[Formula], None], shared: Values | None = None
    ) -> None:
        self._context = context
        self._suffix = suffix
        self._require = require
        self._common = shared
        self._parts: dict[Unknown, dict[str, Any]] = {}
        self._ranked: set[int] = set()

    def fork(self, suffix: str) -> Values:
        """The same choice, but for unknown rules, which can do something else to another flow."""
        return Values(self._context, suffix, self._require, self)

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns that have variables."""
        return tuple(self._parts)

    def has_address(self, unknown: Unknown, family: Family, address: Number) -> Formula:
        """Whether the unknown holds the address."""
        some, base, mask = self._prefix(unknown, family)
        return conj((some, equal(address & mask, base)))

    def has_port(self, unknown: Unknown, port: Number) -> Formula:
        low, high = self._range(unknown)
        return conj((neg(below(port, low)), neg(below(high, port))))

    def has_protocol(self, unknown: Unknown, protocol: Number) -> Formula:
        fresh = self._lacks(unknown, "all")
        every = self._part(unknown, "all", lambda name: boolean(name, self._context))
        one = self._part(unknown, "protocol", lambda name: variable(name, _PROTOCOL, self._context))
        if fresh:
            self._choose(unknown, lambda value: _protocol_is(value, every, one))
        return disj((every, equal(protocol, one)))

    def fills(self, unknowns: tuple[Unknown, ...], gaps: IntervalSet) -> Formula:
        """Whether the ranges of the unknowns hold all the gaps together. The least number that they leave out of a
        gap is its first one or stands right behind one of the ranges."""
        highs = [self._range(unknown)[1] for unknown in unknowns]
        needed: list[Formula] = []
        for low, high in gaps:
            needed.append(self._in_any(unknowns, number(low, _PORT, self._context)))
            for last in highs:
                inside = member(
                    last, IntervalSet.of(_PORT, [(low, high - 1)]) if low < high else IntervalSet.empty(_PORT)
                )
                needed.append(disj((neg(inside), self._in_any(unknowns, last + 1))))
        return conj(needed)

    def holds(self, condition: Unknown) -> Formula:
        """Whether a condition holds; of unknown rules, whether one of them matches."""
        return self._part(condition, "holds", lambda name: boolean(name, self._context))

    def outcome(self, unknown: Unknown, outcome: Outcome) -> Formula:
        return equal(self._outcome(unknown), OUTCOMES.index(outcome))

    def restrict(self, unknown: Unknown, options: tuple[Outcome, ...]) -> None:
        """The unknown outcome is one of the options."""
        if unknown.kind is not UnknownKind.RULES:
            self._require(disj(self.outcome(unknown, option) for option in options))
        else:
            self._require(disj((neg(self.holds(unknown)), *(self.outcome(unknown, option) for option in options))))

    def rank(self, unknown: Unknown) -> Number:
        return self._part(unknown, "rank", lambda name: variable(name, _RANK_WIDTH, self._context))

    def rank_layers(self, chain: Chain) -> None:
        """No floating rule shares its rank with a rule of another kind, or of another unknown, in any layer."""
        for layer in chain.layers:
            if id(layer) not in self._ranked:
                self._ranked.add(id(layer))
                for formula in self._rank_layer(layer):
                    self._require(formula)

    def agree(self, other: Values, unknown: Unknown) -> Formula:
        """Whether both choices give the unknown the same value."""
        mine, theirs = self._parts.get(unknown, {}), other._parts.get(unknown, {})
        return conj(equal(mine[part], theirs[part]) for part in mine if part in theirs)

    def read(self, evaluate: Callable[[Any], Any]) -> dict[Unknown, UnknownValue]:
        """The values in a model, which `evaluate` reads term by term."""
        return {
            unknown: _value(unknown, {part: evaluate(term) for part, term in parts.items()})
            for unknown, parts in self._parts.items()
        }

    def _rank_layer(self, layer: Layer) -> Iterator[Formula]:
        floating = [rule.rank for rule in layer.rules if isinstance(rule.rank, Floating)]
        taken = ranks((rule.rank, rule.rank) for rule in layer.rules if not isinstance(rule.rank, Floating))
        seen: list[Unknown] = []
        for rank in floating:
            allowed = ranks([(rank.low, rank.high)]) - taken
            yield disj((self._idle(rank.unknown), member(self.rank(rank.unknown), allowed)))
            for other in dict.fromkeys(seen):
                if other != rank.unknown:
                    apart = neg(equal(self.rank(rank.unknown), self.rank(other)))
                    yield disj((self._idle(rank.unknown), self._idle(other), apart))
            seen.append(rank.unknown)

    def _idle(self, unknown: Unknown) -> Formula:
        """Unknown rules that do not match have no rank."""
        return neg(self.holds(unknown)) if unknown.kind is UnknownKind.RULES else False

    def _in_any(self, unknowns: Iterable[Unknown], port: Number) -> Formula:
        return disj(self.has_port(unknown, port) for unknown in unknowns)

    def _prefix(self, unknown: Unknown, family: Family) -> tuple[Formula, Number, Number]:
        width = family.width
        fresh = self._lacks(unknown, f"base{family}")
        some = self._part(unknown, f"some{family}", lambda name: boolean(name, self._context))
        base = self._part(unknown, f"base{family}", lambda name: variable(name, width, self._context))
        mask = self._part(unknown, f"mask{family}", lambda name: variable(name, width, self._context))
        if fresh:
            self._require(equal(~mask & (~mask + 1), 0))
            self._require(equal(base & ~mask, 0))
            self._choose(unknown, lambda value: _prefix_is(value, family, some, base, mask))
        return some, base, mask

    def _range(self, unknown: Unknown) -> tuple[Number, Number]:
        fresh = self._lacks(unknown, "low")
        low = self._part(unknown, "low", lambda name: variable(name, _PORT, self._context))
        high = self._part(unknown, "high", lambda name: variable(name, _PORT, self._context))
        if fresh:
            self._require(neg(below(high, low)))
            self._choose(unknown, lambda value: _range_is(value, low, high))
            within = limits(unknown)
            if within is not None:
                self._require(conj((equal(low, high), member(low, IntervalSet(_PORT, (within,))))))
        return low, high

    def _choose(self, unknown: Unknown, has: Callable[[UnknownValue], Formula]) -> None:
        """The unknown is one of the values that its author allows: the same one for all of its parts."""
        allowed = options(unknown)
        if allowed is None:
            return
        fresh = self._lacks(unknown, "choice")
        choice = self._part(unknown, "choice", lambda name: variable(name, _CHOICE_WIDTH, self._context))
        if fresh:
            self._require(at_most(choice, len(allowed) - 1))
        for index, value in enumerate(allowed):
            self._require(disj((neg(equal(choice, index)), has(value))))

    def _outcome(self, unknown: Unknown) -> Number:
        fresh = self._lacks(unknown, "outcome")
        outcome = self._part(unknown, "outcome", lambda name: variable(name, 2, self._context))
        if fresh:
            self._require(at_most(outcome, len(OUTCOMES) - 1))
        return outcome

    def _lacks(self, unknown: Unknown, part: str) -> bool:
        if self._common and unknown.kind is not UnknownKind.RULES:
            return self._common._lacks(unknown, part)
        return part not in self._parts.get(unknown, {})

    def _part(self, unknown: Unknown, part: str, make: Callable[[str], Any]) -> Any:
        if self._common and unknown.kind is not UnknownKind.RULES:
            return self._common._part(unknown, part, make)
        parts = self._parts.setdefault(unknown, {})
        if part not in parts:
            index = list(self._parts).index(unknown)
            parts[part] = make(f"{part}!{index}{self._suffix}")
        return parts[part]


def _value(unknown: Unknown, parts: dict[str, Any]) -> UnknownValue:
    """The value that the parts of one unknown make up. What the parts are tells how the unknown is used."""
    if unknown.kind is UnknownKind.RULES:
        rank = parts.get("rank", 0) + RANKS[0]
        return RulesValue(parts.get("holds", False), rank, OUTCOMES[parts.get("outcome", 0)])
    allowed = options(unknown)
    if allowed is not None and "choice" in parts:
        return allowed[int(parts["choice"])]
    match sorted(part.rstrip("46") for part in parts):
        case ["high", "low"]:
            return IntervalSet(_PORT, ((parts["low"], parts["high"]),))
        case ["all", "protocol"]:
            one = IntervalSet(_PROTOCOL, ((parts["protocol"], parts["protocol"]),))
            return IntervalSet.full(_PROTOCOL) if parts["all"] else one
        case ["rank"]:
            return int(parts["rank"]) + RANKS[0]
        case ["outcome"]:
            return OUTCOMES[parts["outcome"]]
        case ["holds"]:
            return bool(parts["holds"])
        case ["base", *_]:
            return AddressSet(*(_prefix_value(parts, family) for family in Family))
        case _:
            raise ValueError(f"the unknown {unknown.name!r} stands for values of different kinds")


def _prefix_is(value: UnknownValue, family: Family, some: Formula, base: Number, mask: Number) -> Formula:
    numbers = value.family(family) if isinstance(value, AddressSet) else IntervalSet.empty(family.width)
    if not numbers:
        return neg(some)
    low, high = numbers.intervals[0]
    return conj((some, equal(base, low), equal(mask, (1 << family.width) - 1 ^ (high - low))))


def _range_is(value: UnknownValue, low: Number, high: Number) -> Formula:
    assert isinstance(value, IntervalSet)
    ((first, last),) = value.intervals
    return conj((equal(low, first), equal(high, last)))


def _protocol_is(value: UnknownValue, every: Formula, one: Number) -> Formula:
    assert isinstance(value, IntervalSet)
    return every if value.is_full else conj((neg(every), equal(one, value.first)))


def _prefix_value(parts: dict[str, Any], family: Family) -> IntervalSet:
    if not parts.get(f"some{family}", False):
        return IntervalSet.empty(family.width)
    base, mask = parts[f"base{family}"], parts[f"mask{family}"]
    return IntervalSet(family.width, ((base, base | ((1 << family.width) - 1) & ~mask),))
