"""What has which address, network by network: networks that are not connected may use the same addresses.

Sources: Azure Network REST API, `NetworkInterface`, `PrivateEndpoint`, `LoadBalancer`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from typing import TypeAlias

from nwpolicy.azure.spaces import Space, prefix_space, union
from nwpolicy.azure.subjects import Subject, endpoint_subject, interface_subject, subnet_of
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    IpConfiguration,
    LoadBalancer,
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualNetwork,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Owned", "Owners"]

#: Addresses of one family in ascending order, each with what has it.
_Index: TypeAlias = list[tuple[int, Subject | LoadBalancer]]


@dataclass(frozen=True, slots=True)
class Owned:
    """Addresses that a subject or the frontend of a load balancer has, or may have if the unknowns say so."""

    holder: Subject | LoadBalancer
    addresses: AddressSet
    unknowns: tuple[Unknown, ...] = ()

    @property
    def subject(self) -> Subject | None:
        return self.holder if isinstance(self.holder, Subject) else None

    @property
    def balancer(self) -> LoadBalancer | None:
        return self.holder if isinstance(self.holder, LoadBalancer) else None


class Owners:
    """Finds what has an address."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: defaultdict[tuple[int, Family], _Index] = defaultdict(list)
        self._open: defaultdict[int, list[tuple[Subject | LoadBalancer, Unknown, AddressSet | None]]] = defaultdict(
            list
        )
        self.interfaces = tuple(interface_subject(snapshot, nic) for nic in snapshot.all(NetworkInterface))
        self.of_interface = {id(subject.nic): subject for subject in self.interfaces}
        self.endpoints = tuple(endpoint_subject(snapshot, found) for found in snapshot.all(PrivateEndpoint))
        for subject in (*self.interfaces, *self.endpoints):
            self._add(subject, subject.virtual_network, subject.space)
        for balancer in snapshot.all(LoadBalancer):
            for frontend in balancer.frontends:
                subnet = subnet_of(snapshot, frontend.subnet)
                network = snapshot.parent(subnet) if subnet is not None else None
                self._add(balancer, network, _frontend_space(balancer, frontend, subnet))
        for index in self._known.values():
            index.sort(key=lambda entry: entry[0])

    def _add(self, holder: Subject | LoadBalancer, network: Resource | None, space: Space) -> None:
        place = id(network)
        for family in Family:
            for low, high in space.known.family(family):
                self._known[place, family] += ((number, holder) for number in range(low, high + 1))
        self._open[place] += ((holder, part, bound) for part, bound in space.unknown)

    @cached_property
    def addresses(self) -> AddressSet:
        """All that anything has, or may have, in any network."""
        bounds = (bound for entries in self._open.values() for _, _, bound in entries)
        numbers = ((family, (n for n, _ in index)) for (_, family), index in self._known.items())
        known = (AddressSet.of(f, IntervalSet.of(f.width, ((n, n) for n in several))) for f, several in numbers)
        return union((NO_ADDRESS, *known, *(ANY_ADDRESS if bound is None else bound for bound in bounds)))

    def within(self, network: VirtualNetwork, addresses: AddressSet) -> Iterator[Owned]:
        """What has, or may have, some of the addresses in a network."""
        for family in Family:
            for low, high in addresses.family(family):
                yield from self._certain(network, family, low, high)
        for holder, part, bound in self._open[id(network)]:
            shared = addresses if bound is None else addresses & bound
            if shared:
                yield Owned(holder, shared, (part, *_existence(holder)))

    def _certain(self, network: VirtualNetwork, family: Family, low: int, high: int) -> Iterator[Owned]:
        index = self._known.get((id(network), family), [])
        first = bisect_left(index, low, key=lambda entry: entry[0])
        last = bisect_right(index, high, key=lambda entry: entry[0])
        for number, sharing in groupby(index[first:last], key=lambda entry: entry[0]):
            holders = [holder for _, holder in sharing]
            address = Address(family, number)
            doubts = _shared(address, holders) if len(holders) > 1 else ()
            for holder in holders:
                yield Owned(holder, AddressSet.single(address), (*doubts, *_existence(holder)))

    def homeless(self, address: Address) -> Iterator[Owned]:
        """What has an address in a network that the input does not show."""
        for number, holder in self._known.get((id(None), address.family), []):
            if number == address.number:
                name, reason = f"{holder.name} is in a connected network", "the input does not show its network"
                near = Unknown(name, UnknownKind.CONDITION, reason, holder.source)
                yield Owned(holder, AddressSet.single(address), (near, *_existence(holder)))


def _frontend_space(balancer: LoadBalancer, frontend: IpConfiguration, subnet: Subnet | None) -> Space:
    if isinstance(frontend.private_ip_address, Address):
        return Space(AddressSet.single(frontend.private_ip_address))
    name = f"address of {balancer.name}/{frontend.name}"
    unseen = Unknown(name, UnknownKind.ADDRESS, "the input gives no address", frontend.source)
    prefixes = prefix_space(subnet.address_prefixes) if subnet is not None else Space()
    return Space(unknown=((unseen, prefixes.known if prefixes.known and not prefixes.unknown else None),))


def _shared(address: Address, holders: list[Subject | LoadBalancer]) -> tuple[Unknown, ...]:
    """Which of several that give themselves one address has it."""
    names = " or ".join(holder.name for holder in holders)
    reason = "the input gives the address to several"
    return (Unknown(f"{names} has {address}", UnknownKind.REFERENCE, reason, holders[0].source),)


def _existence(holder: Subject | LoadBalancer) -> tuple[Unknown, ...]:
    """What has to hold for it to be there."""
    thing = holder if isinstance(holder, LoadBalancer) else holder.nic or holder.private_endpoint
    condition = thing.condition if thing is not None else None
    return () if condition is None else (condition.of_kind(UnknownKind.CONDITION),)
