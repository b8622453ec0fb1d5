"""What has which address, network by network: networks that are not connected may use the same addresses.

Sources: Azure Network REST API, `NetworkInterface`, `PrivateEndpoint`, `LoadBalancer`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

from nwpolicy.azure.subjects import Subject, endpoint_subject, interface_subject
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Owned", "Owners"]

#: Addresses of one family in ascending order, each with what has it.
_Index: TypeAlias = list[tuple[int, Subject]]


@dataclass(frozen=True, slots=True)
class Owned:
    """Addresses that a subject has, or may have if the unknowns say so."""

    subject: Subject
    addresses: AddressSet
    unknowns: tuple[Unknown, ...] = ()


class Owners:
    """Finds what has an address."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: defaultdict[tuple[int, Family], _Index] = defaultdict(list)
        self._open: defaultdict[int, list[tuple[Subject, Unknown, AddressSet | None]]] = defaultdict(list)
        self.interfaces = tuple(interface_subject(snapshot, nic) for nic in snapshot.all(NetworkInterface))
        self.endpoints = tuple(endpoint_subject(snapshot, found) for found in snapshot.all(PrivateEndpoint))
        for subject in (*self.interfaces, *self.endpoints):
            self._add(subject)
        for index in self._known.values():
            index.sort(key=lambda entry: entry[0])

    def _add(self, subject: Subject) -> None:
        place = id(subject.virtual_network)
        for family in Family:
            for low, high in subject.space.known.family(family):
                self._known[place, family] += ((number, subject) for number in range(low, high + 1))
        self._open[place] += ((subject, part, bound) for part, bound in subject.space.unknown)

    def within(self, network: VirtualNetwork, addresses: AddressSet) -> Iterator[Owned]:
        """What has, or may have, some of the addresses in a network."""
        for family in Family:
            for low, high in addresses.family(family):
                yield from self._certain(network, family, low, high)
        for subject, part, bound in self._open[id(network)]:
            shared = addresses if bound is None else addresses & bound
            if shared:
                yield Owned(subject, shared, (part, *_existence(subject)))

    def _certain(self, network: VirtualNetwork, family: Family, low: int, high: int) -> Iterator[Owned]:
        index = self._known.get((id(network), family), [])
        first = bisect_left(index, low, key=lambda entry: entry[0])
        last = bisect_right(index, high, key=lambda entry: entry[0])
        for number, sharing in groupby(index[first:last], key=lambda entry: entry[0]):
            subjects = [subject for _, subject in sharing]
            address = Address(family, number)
            doubts = _shared(address, subjects) if len(subjects) > 1 else ()
            for subject in subjects:
                yield Owned(subject, AddressSet.single(address), (*doubts, *_existence(subject)))

    def homeless(self, address: Address) -> Iterator[Owned]:
        """What has an address in a network that the input does not show."""
        index = self._known.get((id(None), address.family), [])
        for number, subject in index:
            if number == address.number:
                name = f"{subject.name} is in a connected network"
                near = Unknown(name, UnknownKind.CONDITION, "the input does not show its network", subject.source)
                yield Owned(subject, AddressSet.single(address), (near, *_existence(subject)))


def _shared(address: Address, subjects: list[Subject]) -> tuple[Unknown, ...]:
    """Which of several that give themselves one address has it."""
    names = " or ".join(subject.name for subject in subjects)
    reason = "the input gives the address to several"
    return (Unknown(f"{names} has {address}", UnknownKind.REFERENCE, reason, subjects[0].source),)


def _existence(subject: Subject) -> tuple[Unknown, ...]:
    """What has to hold for the subject to be there."""
    holder = subject.nic or subject.private_endpoint
    condition = holder.condition if holder is not None else None
    return () if condition is None else (condition.of_kind(UnknownKind.CONDITION),)
