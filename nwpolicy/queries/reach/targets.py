"""Which parties the ways from a place come to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from nwpolicy.azure.paths import Ending, EndingKind, Estate, Way
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import Family
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.queries.reach.parties import Party
from nwpolicy.queries.reach.places import Place

__all__ = ["Targets"]


class Targets:
    """Finds parties by network and address."""

    def __init__(self, estate: Estate, parties: Collection[Party]) -> None:
        self._estate = estate
        self._index: defaultdict[tuple[int, Family], list[tuple[int, int, Party]]] = defaultdict(list)
        self._of_subject: defaultdict[int, list[Party]] = defaultdict(list)
        for party in parties:
            for spot in party.spots:
                place = (id(party.subject.virtual_network), spot.address.family)
                self._index[place].append((spot.address.number, spot.index, party))
            for member in party.members:
                self._of_subject[id(member.subject)].append(party)
        for found in self._index.values():
            found.sort(key=lambda entry: entry[:2])
        self._known: dict[int, tuple[Sequence[tuple[Way, list[Party]]], Sequence[Party]]] = {}
        self._components: dict[int, frozenset[int]] = {}
        self._arrivals: dict[int, Way] = {}

    def of(self, place: Place, start: Subject) -> tuple[Sequence[tuple[Way, list[Party]]], Sequence[Party]]:
        """The parties that each way comes to, with no doubt about way and address; and those with any doubt."""
        if id(place) not in self._known:
            self._known[id(place)] = self._sorted(place, start)
        return self._known[id(place)]

    def _sorted(self, place: Place, start: Subject) -> tuple[Sequence[tuple[Way, list[Party]]], Sequence[Party]]:
        plain: list[tuple[Way, list[Party]]] = []
        doubtful: dict[int, Party] = {}
        for way in place.ways:
            parties = {party.index: party for party in self._reached(way, start)}
            certain = way.ending.kind is not EndingKind.UNKNOWN and not way.unknowns
            sure = [p for p in parties.values() if certain and len(p.spots) == 1 and not p.first.doubts]
            plain.append((way, sure))
            if len(sure) < len(parties):
                known = {party.index for party in sure}
                doubtful.update((index, party) for index, party in parties.items() if index not in known)
        return plain, tuple(doubtful.values())

    def _reached(self, way: Way, start: Subject | None) -> Iterator[Party]:
        """The parties that a way may come to."""
        ending = way.ending
        if ending.kind is EndingKind.DELIVERED:
            for party in self._of_subject[id(ending.subject)]:
                if any(spot.address in way.destinations for spot in party.spots):
                    yield party
            return
        for network in self._networks(way, start):
            for family in Family:
                index = self._index.get((network, family), [])
                for low, high in way.destinations.family(family):
                    first = bisect_left(index, low, key=lambda entry: entry[0])
                    last = bisect_right(index, high, key=lambda entry: entry[0])
                    yield from (party for _, _, party in index[first:last])

    def _networks(self, way: Way, start: Subject | None) -> Collection[int]:
        """The networks (by `id`) that a way may end in: where it ends is not known, all that are connected."""
        if way.ending.kind is EndingKind.ARRIVED:
            return (id(way.ending.network),)
        if way.ending.kind is not EndingKind.UNKNOWN:
            return ()
        last = way.appliances[-1].subject if way.appliances else start
        network = None if last is None else last.virtual_network
        return () if network is None else self._connected(network)

    def _connected(self, network: VirtualNetwork) -> Collection[int]:
        """The networks that a network is connected to, also by way of others: an appliance may lead there."""
        if id(network) not in self._components:
            found = {id(network): network}
            waiting = [network]
            while waiting:
                for other in self._neighbours.get(id(waiting.pop()), ()):
                    if id(other) not in found:
                        found[id(other)] = other
                        waiting.append(other)
            self._components[id(network)] = frozenset(found)
        return self._components[id(network)]

    @cached_property
    def _neighbours(self) -> dict[int, list[VirtualNetwork]]:
        """The networks that each network (by `id`) is connected to, in either direction."""
        found: defaultdict[int, list[VirtualNetwork]] = defaultdict(list)
        for subject in self._estate.subjects:
            own = subject.virtual_network
            for link in self._estate.links(subject) if own is not None else ():
                if link.network is not None and own is not None:
                    found[id(own)].append(link.network)
                    found[id(link.network)].append(own)
        return dict(found)

    def leads_to(self, way: Way, party: Party, start: Subject | None) -> bool:
        """Whether a way to one of the party's addresses comes to the party."""
        if way.ending.kind is EndingKind.DELIVERED:
            return any(member.subject is way.ending.subject for member in party.members)
        return id(party.subject.virtual_network) in self._networks(way, start)

    def arrival(self, party: Party) -> Way:
        """The way from the internet to a party's public address."""
        if party.index not in self._arrivals:
            reason = f"{party.subject.name} has a public address"
            ending = Ending(EndingKind.DELIVERED, reason, party.subject)
            self._arrivals[party.index] = Way(party.first.space, (), ending)
        return self._arrivals[party.index]
