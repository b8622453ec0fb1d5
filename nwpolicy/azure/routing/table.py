"""What a subnet's routes are made of, before it is settled which of them count.

Source: Microsoft Learn, Virtual network traffic routing; Azure Network REST API, `EffectiveRoute`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from enum import StrEnum

from nwpolicy.azure.spaces import UnknownPart
from nwpolicy.model.addresses import Address, AddressSet, Family, format_address
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Resource
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "Candidate",
    "NextHop",
    "RouteKind",
    "RoutePrefix",
    "conditions_of",
    "open_parts",
    "prefix_set",
    "route_prefixes",
    "under",
]


class NextHop(StrEnum):
    """The type of a next hop, as effective routes print it."""

    VNET_LOCAL = "VnetLocal"
    PEERING = "VNetPeering"
    GLOBAL_PEERING = "GlobalVNetPeering"
    CONNECTED_GROUP = "ConnectedGroup"
    SERVICE_ENDPOINT = "VirtualNetworkServiceEndpoint"
    PRIVATE_ENDPOINT = "InterfaceEndpoint"
    GATEWAY = "VirtualNetworkGateway"
    APPLIANCE = "VirtualAppliance"
    INTERNET = "Internet"
    NONE = "None"


class RouteKind(StrEnum):
    """What adds a route."""

    USER = "user-defined route"
    GATEWAY = "gateway route"
    VIRTUAL_NETWORK = "virtual network"
    PEERING = "peering"
    CONNECTED_GROUP = "connected group"
    SERVICE_ENDPOINT = "service endpoint"
    PRIVATE_ENDPOINT = "private endpoint"
    INTERNET = "default route"
    RESERVED = "reserved block"
    PLATFORM = "platform route"

    @property
    def source(self) -> str:
        """`source` of an effective route."""
        match self:
            case RouteKind.USER:
                return "User"
            case RouteKind.GATEWAY:
                return "VirtualNetworkGateway"
            case _:
                return "Default"


@dataclass(frozen=True, slots=True, order=True)
class RoutePrefix:
    """A destination: the addresses of a family that begin with the same bits."""

    family: Family
    base: int
    length: int

    @classmethod
    def parse(cls, text: str) -> RoutePrefix:
        """Reads `10.0.0.0/8`. Raises ValueError."""
        return next(iter(_parts(AddressSet.parse(text))))

    @property
    def interval(self) -> Interval:
        return self.base, self.base + (1 << self.family.width - self.length) - 1

    def covers(self, other: RoutePrefix) -> bool:
        low, high = self.interval
        return self.family is other.family and self.length <= other.length and low <= other.base <= high

    def __str__(self) -> str:
        return f"{format_address(self.family, self.base)}/{self.length}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that a subnet has, or may have. It exists only if all `conditions` hold and every assumption of
    `rests_on` is made as it says; never if something has `removed` it. Of `open` prefixes it is only known within which
    addresses they lie.

    By the assumptions of `bounded_by` the `open` prefixes lie nowhere else.

    `definition` names what the route comes from. `tag` is the service tag that was its destination, `table_id` the
    route table of a user-defined route. `yields_to_default` holds for the routes to nowhere that a default route of
    the user takes away; `invalidated_from` tells how long the prefix of a user-defined route has to be to replace the
    route to a private endpoint (None: no route does), if `policy` holds. `target` is the network, gateway or private
    endpoint that the route leads to, where the input has it and it is another than the subnet's own network.
    """

    kind: RouteKind
    hop: NextHop | Unknown
    prefixes: tuple[RoutePrefix, ...] = ()
    open: tuple[UnknownPart, ...] = ()
    name: str | None = None
    addresses: tuple[Address | Unknown, ...] = ()
    conditions: tuple[Unknown, ...] = ()
    rests_on: tuple[tuple[str, bool], ...] = ()
    bounded_by: tuple[str, ...] = ()
    removed: str | None = None
    definition: str = ""
    tag: str | None = None
    table_id: str | None = None
    bgp_override: bool = False
    yields_to_default: bool = False
    invalidated_from: int | None = None
    policy: Unknown | None = None
    target: Resource | None = field(default=None, compare=False, repr=False)
    source: Source | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """The route in a few words."""
        return f"{self.kind.value} {self.name or self.definition}".rstrip()


def route_prefixes(prefixes: Iterable[AddressPrefix | Unknown]) -> tuple[RoutePrefix, ...]:
    """The prefixes that are known. Each stays what was written: how long it is decides."""
    found = (part for prefix in prefixes if isinstance(prefix, AddressPrefix) for part in _parts(prefix.addresses))
    return tuple(dict.fromkeys(found))


def _parts(addresses: AddressSet) -> Iterable[RoutePrefix]:
    for family in Family:
        for base, length in addresses.family(family).prefixes():
            yield RoutePrefix(family, base, length)


def prefix_set(prefixes: Iterable[RoutePrefix]) -> AddressSet:
    """The addresses of the prefixes."""
    several = tuple(prefixes)
    v4, v6 = (IntervalSet.of(f.width, (p.interval for p in several if p.family is f)) for f in Family)
    return AddressSet(v4, v6)


def open_parts(prefixes: Iterable[AddressPrefix | Unknown], bound: AddressSet | None = None) -> tuple[UnknownPart, ...]:
    """The prefixes that are not known."""
    return tuple((p.of_kind(UnknownKind.ADDRESS), bound) for p in prefixes if isinstance(p, Unknown))


def conditions_of(*resources: Resource | None) -> tuple[Unknown, ...]:
    """What has to hold for all of these to be deployed."""
    found = (r.condition.of_kind(UnknownKind.CONDITION) for r in resources if r is not None and r.condition is not None)
    return tuple(dict.fromkeys(found))


def under(candidate: Candidate, *conditions: Unknown) -> Candidate:
    """The route, if these hold too."""
    return replace(candidate, conditions=tuple(dict.fromkeys((*candidate.conditions, *conditions))))
