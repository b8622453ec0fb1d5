"""Where packets go that leave a place: the ways of all interfaces with the same routes, worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import replace

from nwpolicy.azure.classes import routing_key
from nwpolicy.azure.paths import Estate, Outside, Stop, Way, ways
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.cuts import Cuts

__all__ = ["Place", "Places"]


class Place:
    """The ways to everywhere. Those that pass the same stops and come to the same end are one."""

    def __init__(self, found: Iterable[Way]) -> None:
        self.ways = tuple(_merged(found))
        self._cuts = {
            family: Cuts((1 << index, way.destinations.family(family)) for index, way in enumerate(self.ways))
            for family in Family
        }
        self._chosen: dict[int, tuple[Way, ...]] = {}

    def to(self, address: Address) -> tuple[Way, ...]:
        """The ways to an address; one, unless it depends on unknowns which is taken."""
        bits = self._cuts[address.family].at(address.number)
        if bits not in self._chosen:
            self._chosen[bits] = tuple(way for index, way in enumerate(self.ways) if bits >> index & 1)
        return self._chosen[bits]

    def within(self, addresses: AddressSet) -> list[tuple[AddressSet, tuple[Way, ...]]]:
        """Addresses by the ways to them."""
        return [
            (AddressSet.of(family, numbers), self.to(Address(family, numbers.first)))
            for family in Family
            for numbers in self._cuts[family].parts(addresses.family(family)).values()
        ]


class Places:
    """The places that are asked about, each once."""

    def __init__(self, estate: Estate, destinations: AddressSet) -> None:
        self._estate = estate
        self._destinations = destinations
        self._by_key: dict[Hashable, Place] = {}
        self._by_start: dict[int, tuple[Subject, Place]] = {}
        self._keys: dict[int, Hashable] = {}

    def of(self, start: Subject | Outside) -> Place:
        """The place that packets start from."""
        if isinstance(start, Outside):
            return self._keyed(id(start.gateway), start)
        if id(start) not in self._by_start:  # the subject is kept, or another one might get its id
            self._by_start[id(start)] = (start, self._keyed(self._key(start), start))
        return self._by_start[id(start)][1]

    def _keyed(self, key: Hashable, start: Subject | Outside) -> Place:
        if key not in self._by_key:
            self._by_key[key] = Place(ways(self._estate, start, self._destinations))
        return self._by_key[key]

    def _key(self, start: Subject) -> Hashable:
        table = self._estate.table(start)
        if id(table) not in self._keys:
            self._keys[id(table)] = routing_key(table)
        return self._keys[id(table)]


def _merged(found: Iterable[Way]) -> list[Way]:
    alike: defaultdict[Hashable, list[Way]] = defaultdict(list)
    for way in found:
        alike[_key(way)].append(way)
    return [replace(same[0], destinations=union(way.destinations for way in same)) for same in alike.values()]


def _key(way: Way) -> Hashable:
    ending = way.ending
    end = (ending.kind, id(ending.network), id(ending.gateway), id(ending.subject))
    return tuple(map(_stop_key, way.stops)), end, way.unknowns, way.assumptions


def _stop_key(stop: Stop) -> Hashable:
    return stop.kind, *(_id_of(subject) for subject in (stop.subject, stop.entered)), id(stop.balancer)


def _id_of(subject: Subject | None) -> int:
    return id(subject and (subject.nic or subject.subnet))
