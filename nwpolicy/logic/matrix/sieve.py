"""What a chain does to all flows between two addresses.

First as bounds: the cells that are let through whatever the unknowns are, and those that are let through for some value
of each unknown by itself. Where the bounds are one, that is the answer. Elsewhere a diagram of the few rules that are
left tells what really depends, and on what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from typing import Final, TypeAlias

from nwpolicy.logic.diagrams import Decisions, both, can_end
from nwpolicy.logic.matrix.cells import Cells, Service
from nwpolicy.logic.matrix.lookup import Held, Lookup
from nwpolicy.logic.narrowing import narrowed
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, Choice, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["Depends", "Meeting", "Sieve", "Sieves", "Through"]

#: A chain that flows meet, and which of its rules hold their source and their destination.
Meeting: TypeAlias = "tuple[Sieve, Held, Held]"

#: Stand for the source and the destination: when it is settled which rules hold them, any two will do. What unknowns
#: may be does not hold of them.
_SOURCE: Final = AddressSet.parse("192.0.2.1")
_DESTINATION: Final = AddressSet.parse("198.51.100.1")
_ANYWHERE: Final = Values(ANY_ADDRESS)


@dataclass(frozen=True, slots=True)
class Depends:
    """Cells that are let through for some values of the unknowns, and not for others; unless they are `tied`: then
    conditions on the unknowns have to do with one another, and it may be for all of them or none."""

    cells: int
    unknowns: tuple[Unknown, ...]
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Through:
    """Cells that are let through whatever the unknowns are, and those that depend on them."""

    certain: int
    depends: tuple[Depends, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tried:
    """A rule, apart from its addresses: cells that it matches certainly, and perhaps, and what it may do to them."""

    place: int
    certain: int
    possible: int
    outcomes: tuple[Outcome, ...]


class Sieves:
    """Chains that are asked about together. Add all of them before the first is asked."""

    def __init__(self, within: Service) -> None:
        """`within` are the protocols and ports that are asked about."""
        self._within = within
        self._services: dict[Service, None] = {within: None}
        self._sure: dict[int, Through] = {}
        self._settled: dict[object, Through] = {}
        self._same: dict[Through, Through] = {}

    def add(self, chain: Chain) -> Sieve:
        """The chain, ready to be asked."""
        chain = narrowed(chain)
        for layer in chain.layers:
            for rule in layer.rules:
                self._services.update(dict.fromkeys(_services(rule)))
        return Sieve(chain, self)

    @cached_property
    def cells(self) -> Cells:
        """The cells that the chains tell apart."""
        return Cells(self._services)

    @cached_property
    def asked(self) -> int:
        """The cells that are asked about."""
        return self.cells.bits(self._within)

    def through(self, meetings: Sequence[Meeting]) -> Through:
        """What comes through several chains, one after the other."""
        certain = possible = self.asked
        for sieve, source, destination in meetings:
            bounds = sieve.bounds(source & destination)
            certain &= bounds[0]
            possible &= bounds[1]
            if not possible:
                break
        if certain != possible:
            return self._settle(meetings, certain, possible)
        if certain not in self._sure:
            self._sure[certain] = Through(certain)
        return self._sure[certain]

    def _settle(self, meetings: Sequence[Meeting], certain: int, possible: int) -> Through:
        open_ = possible & ~certain
        chains = tuple(sieve.remaining(source, destination, open_) for sieve, source, destination in meetings)
        if (chains, open_) not in self._settled:
            self._settled[chains, open_] = self._decide(chains, open_)
        found = self._settled[chains, open_]
        whole = Through(certain | found.certain, found.depends)
        return self._same.setdefault(whole, whole)

    def _decide(self, chains: Iterable[Chain], cells: int) -> Through:
        asked = tuple(
            FlowSet(service.protocol, _SOURCE, service.source_port, _DESTINATION, service.destination_port)
            for service in self.cells.services(cells)
        )
        decisions = reduce(both, (Decisions.of(chain, asked, by_rule=False, narrow=False) for chain in chains))
        certain = 0
        depends: defaultdict[tuple[tuple[Unknown, ...], bool], int] = defaultdict(int)
        for cube in decisions.cubes(lambda fate: fate.allowed is not False):
            flows, fate = cube.flows, cube.fate
            found = self.cells.bits(Service(flows.protocol, flows.source_port, flows.destination_port)) & cells
            if fate.allowed:
                certain |= found
            else:
                tied = not (can_end(fate.tree, True) and can_end(fate.tree, False))
                depends[fate.unknowns, tied] |= found
        return Through(certain, tuple(Depends(found, *behind) for behind, found in depends.items()))


class Sieve:
    """One chain."""

    def __init__(self, chain: Chain, sieves: Sieves) -> None:
        self.chain = chain
        rules = [rule for layer in chain.layers for rule in layer.rules]
        self.source = Lookup([rule.match.source for rule in rules])
        self.destination = Lookup([rule.match.destination for rule in rules])
        self._sieves, self._count = sieves, len(rules)
        self._bounds: dict[Held, tuple[int, int]] = {}

    @cached_property
    def _layers(self) -> tuple[tuple[_Tried, ...], ...]:
        cells = self._sieves.cells
        found, place = [], 0
        for layer in self.chain.layers:
            found.append(tuple(_tried(rule, place + offset, cells) for offset, rule in enumerate(layer.rules)))
            place += len(layer.rules)
        return tuple(found)

    def bounds(self, held: Held) -> tuple[int, int]:
        """The cells that come through certainly, and those that may, by the rules that hold both addresses."""
        if held not in self._bounds:
            self._bounds[held] = self._worked_out(held)
        return self._bounds[held]

    def _worked_out(self, held: Held) -> tuple[int, int]:
        everything = self._sieves.cells.all
        perhaps = held >> self._count
        entering, may_enter, accepted, may_accept = everything, everything, 0, 0
        for layer in self._layers:
            settled, maybe = _sift(layer, held, perhaps, everything)
            passed = settled[Outcome.PASS] & ~(maybe[Outcome.DENY] | maybe[Outcome.ACCEPT])
            taken = settled[Outcome.ACCEPT] & ~(maybe[Outcome.DENY] | maybe[Outcome.PASS])
            accepted |= entering & taken
            may_accept |= may_enter & (settled[Outcome.ACCEPT] | maybe[Outcome.ACCEPT])
            entering &= passed
            may_enter &= settled[Outcome.PASS] | maybe[Outcome.PASS]
        return accepted | entering, may_accept | may_enter

    def remaining(self, source: Held, destination: Held, cells: int) -> Chain:
        """The rules that may match some of the cells between two addresses, the addresses settled as far as they
        are."""
        both_held = (source & destination) >> self._count
        layers = []
        for layer, tried in zip(self.chain.layers, self._layers, strict=True):
            kept = (
                _without_addresses(rule, source >> entry.place & 1, destination >> entry.place & 1)
                for rule, entry in zip(layer.rules, tried, strict=True)
                if both_held >> entry.place & 1 and entry.possible & cells
            )
            layers.append(Layer("", tuple(kept)))
        return Chain(tuple(layers))


def _sift(
    layer: tuple[_Tried, ...], held: Held, perhaps: int, everything: int
) -> tuple[dict[Outcome, int], dict[Outcome, int]]:
    """What certainly becomes of cells in a layer if nothing uncertain happens, and what may become of them."""
    settled, maybe = dict.fromkeys(Outcome, 0), dict.fromkeys(Outcome, 0)
    left = everything
    for rule in layer:
        if not perhaps >> rule.place & 1:
            continue
        certain = rule.certain & left if held >> rule.place & 1 else 0
        for outcome in rule.outcomes:
            maybe[outcome] |= rule.possible & left & ~certain
        if certain:
            settled[rule.outcomes[0]] |= certain
            left &= ~certain
            if not left:
                break
    settled[Outcome.PASS] |= left
    return settled, maybe


def _services(rule: FilterRule) -> tuple[Service, Service]:
    """What the rule matches certainly, and perhaps, if it applies at all."""
    match = rule.match
    certain = Service(match.protocol.known, match.source_port.known, match.destination_port.known)
    possible = Service(
        _reach(match.protocol, ANY_PROTOCOL),
        _reach(match.source_port, ANY_PORT),
        _reach(match.destination_port, ANY_PORT),
    )
    return certain, possible


def _reach(values: Values[IntervalSet], whole: IntervalSet) -> IntervalSet:
    return values.known | (whole if values.bound is None else values.bound) if values.unknown else values.known


def _tried(rule: FilterRule, place: int, cells: Cells) -> _Tried:
    certain, possible = map(cells.bits, _services(rule))
    settled = isinstance(rule.outcome, Outcome) and isinstance(rule.rank, int) and not rule.match.conditions
    outcomes = rule.outcome.options if isinstance(rule.outcome, Choice) else (rule.outcome,)
    return _Tried(place, certain if settled else 0, possible, outcomes)


def _without_addresses(rule: FilterRule, source: int, destination: int) -> FilterRule:
    """The rule for flows between two addresses that it holds certainly, or perhaps."""
    match = rule.match
    return FilterRule(
        "",
        Match(
            match.protocol,
            _ANYWHERE if source else Values(NO_ADDRESS, match.source.unknown),
            match.source_port,
            _ANYWHERE if destination else Values(NO_ADDRESS, match.destination.unknown),
            match.destination_port,
            match.conditions,
        ),
        rule.outcome,
        rule.rank,
    )
