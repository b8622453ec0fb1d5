"""The filters of all parties and appliances, each worked out once for those that it is the same for."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator

from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.classes import policy_key
from nwpolicy.azure.paths import Estate, Way
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.matrix import Held, Lookup, Service, Sieve, Sieves
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.filters import Chain, Values
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.reach.parties import Spot

__all__ = ["Filter", "Filters"]


class Filter:
    """One chain, and which of its rules hold what it was asked about."""

    def __init__(self, sieve: Sieve, foreign: Collection[Unknown]) -> None:
        self.sieve = sieve
        self._foreign = foreign
        self._sources: dict[int, Held] = {}
        self._destinations: dict[int, Held] = {}
        self._cuts: dict[tuple[bool, AddressSet], list[tuple[Held, AddressSet]]] = {}

    def source(self, spot: Spot) -> Held:
        """The rules that hold a spot as source."""
        found = self._sources.get(spot.index)
        if found is None:
            found = self._sources[spot.index] = self._held(self.sieve.source, spot)
        return found

    def destination(self, spot: Spot) -> Held:
        """The rules that hold a spot as destination."""
        found = self._destinations.get(spot.index)
        if found is None:
            found = self._destinations[spot.index] = self._held(self.sieve.destination, spot)
        return found

    def _held(self, lookup: Lookup, spot: Spot) -> Held:
        return lookup.at_owner(spot.address, spot.own, self._foreign)

    def cut(self, addresses: AddressSet, *, source: bool) -> list[tuple[Held, AddressSet]]:
        """Addresses by the rules that hold them, as source or as destination."""
        key = (source, addresses)
        if key not in self._cuts:
            lookup = self.sieve.source if source else self.sieve.destination
            self._cuts[key] = lookup.cut(addresses)
        return self._cuts[key]


class Filters:
    """Finds the filter of a subject. All have to be prepared before the first is asked."""

    def __init__(self, estate: Estate, within: Service, foreign: Collection[Unknown]) -> None:
        self.sieves = Sieves(within)
        self.diagnostics: dict[Diagnostic, None] = {}
        self.assumptions: dict[str, None] = {}
        self._estate, self._foreign = estate, foreign
        self._known: dict[tuple[Hashable, Direction], Filter] = {}
        self._keys: dict[int, tuple[Subject, Hashable]] = {}
        self._sets: dict[AddressSet, None] = {}
        self._unknowns: dict[Unknown, None] = {}
        self._seen: dict[int, AddressSet] = {}

    def prepare(self, subject: Subject, direction: Direction) -> None:
        """Works out the chain of a subject, unless another subject has the same."""
        key = (self._key(subject), direction)
        if key not in self._known:
            found = filter_chain(self._estate.snapshot, subject, direction, self._estate.assumptions)
            sieve = self.sieves.add(found.chain)
            self._known[key] = Filter(sieve, self._foreign)
            self._note(found, sieve.chain)

    def prepare_way(self, way: Way) -> None:
        """Works out what applies at the appliances of a way."""
        for stop in way.appliances:
            for subject, direction in stop.filters:
                self.prepare(subject, direction)

    def of(self, subject: Subject, direction: Direction) -> Filter:
        """The filter of a subject that was prepared."""
        return self._known[self._key(subject), direction]

    def on(self, way: Way) -> tuple[Filter, ...]:
        """The filters of the appliances of a way, in order."""
        return tuple(self.of(subject, direction) for stop in way.appliances for subject, direction in stop.filters)

    @property
    def sets(self) -> Collection[AddressSet]:
        """All sets of addresses that rules name."""
        return self._sets

    @property
    def unknowns(self) -> Collection[Unknown]:
        """All unknowns that rules name as addresses."""
        return self._unknowns.keys()

    def _key(self, subject: Subject) -> Hashable:
        if id(subject) not in self._keys:  # the subject is kept, or another one might get its id
            self._keys[id(subject)] = (subject, policy_key(self._estate, subject))
        return self._keys[id(subject)][1]

    def _note(self, found: FilterChain, chain: Chain) -> None:
        self.diagnostics.update(dict.fromkeys(found.diagnostics))
        self.assumptions.update(dict.fromkeys(found.assumptions))
        for layer in chain.layers:
            for rule in layer.rules:
                ends = (rule.match.source, rule.match.destination)
                self._keep(_sets(ends))
                self._unknowns.update(dict.fromkeys(unknown for values in ends for unknown in values.unknown))
                self.assumptions.update(dict.fromkeys(doubt.assumption for doubt in rule.doubts))

    def _keep(self, sets: Iterable[AddressSet]) -> None:
        for addresses in sets:
            if id(addresses) not in self._seen:  # most are the very same, and comparing them takes its time
                self._seen[id(addresses)] = addresses
                self._sets[addresses] = None


def _sets(fields: Iterable[Values[AddressSet]]) -> Iterator[AddressSet]:
    for values in fields:
        yield values.known
        if values.bound is not None:
            yield values.bound
