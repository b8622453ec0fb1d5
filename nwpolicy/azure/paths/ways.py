"""The words for the way that packets take: where they start, the stops between, and what becomes of them."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Final

from nwpolicy.azure.routing import Candidate
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.network import LoadBalancer, VirtualNetwork, VirtualNetworkGateway
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown

__all__ = ["INTERNET", "Ending", "EndingKind", "Outside", "Stop", "StopKind", "Way"]


@dataclass(frozen=True, slots=True)
class Outside:
    """Where a flow starts that no subject of the input sends: behind a gateway, or on the internet (no gateway)."""

    gateway: VirtualNetworkGateway | None = None


INTERNET: Final = Outside()


class StopKind(StrEnum):
    """What packets do at a stop."""

    SOURCE = "source"
    """they start here"""
    GATEWAY = "gateway"
    """they come in from behind a gateway"""
    APPLIANCE = "appliance"
    """a network interface sends them on"""
    FIREWALL = "Azure Firewall"
    """an Azure Firewall sends them on, which has a subnet for itself and no network security group"""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place that packets leave by a route. They leave `subject`; they came in at `entered`, which is another
    network interface of the same machine or the same one; None where they start here. `candidate` is the route that
    leads on, None where no route covers the addresses. `balancer` is the load balancer that shares out what is sent to
    the address of the stop."""

    kind: StopKind
    subject: Subject
    entered: Subject | None
    candidate: Candidate | None
    balancer: LoadBalancer | None = None

    @property
    def sends_on(self) -> bool:
        """Whether packets came here from another stop, and were not meant for it."""
        return self.kind in (StopKind.APPLIANCE, StopKind.FIREWALL)

    @property
    def filters(self) -> tuple[tuple[Subject, Direction], ...]:
        """Whose rules packets meet here, in order."""
        if self.kind in (StopKind.GATEWAY, StopKind.FIREWALL):
            return ()
        entered = () if self.entered is None else ((self.entered, Direction.INBOUND),)
        return (*entered, (self.subject, Direction.OUTBOUND))


class EndingKind(StrEnum):
    """What becomes of packets."""

    ARRIVED = "arrived"
    """they are handed to a virtual network that has their destination in its address space"""
    DELIVERED = "delivered"
    """to a subject of the input"""
    UNOWNED = "unowned"
    """in a network of the input, in which nothing of the input has the address"""
    INTERNET = "internet"
    ASTRAY = "astray"
    """to the internet, though they are meant for what has private addresses"""
    ON_PREMISES = "on premises"
    """a gateway takes them"""
    PLATFORM = "platform"
    """a service of Azure takes them"""
    DROPPED = "dropped"
    """the next hop is None, or no route covers the address"""
    NO_SUCH_HOP = "no such hop"
    """the next hop is an address, or a gateway, that nothing in reach has"""
    NOT_FORWARDING = "not forwarding"
    """the next hop is a network interface without IP forwarding"""
    NO_TRANSIT = "no transit"
    """a gateway does not serve the network behind the peering"""
    LOOP = "loop"
    NOT_PUBLIC = "not public"
    """nothing with this address can be reached from the internet"""
    UNKNOWN = "unknown"
    """where they are sent is not known"""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of packets, and where: `subject` is what has the destination, or the network interface that does
    not send on; `network` where they arrived, `gateway` what took them, `hop` an address that nothing has, or the one
    of the subject. `reason` says it in words."""

    kind: EndingKind
    reason: str
    subject: Subject | None = None
    network: VirtualNetwork | None = None
    gateway: VirtualNetworkGateway | None = None
    hop: Address | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way that packets to `destinations` take. It depends on `unknowns` whether they take it: then there are several
    ways to these destinations, and one of them is taken. `assumptions` names those that the way rests on."""

    destinations: AddressSet
    stops: tuple[Stop, ...]
    ending: Ending
    unknowns: tuple[Unknown, ...] = field(default=())
    assumptions: tuple[str, ...] = field(default=())

    @property
    def appliances(self) -> tuple[Stop, ...]:
        """The stops that send on what others sent, in order."""
        return tuple(stop for stop in self.stops if stop.sends_on)

    @property
    def filters(self) -> tuple[tuple[Subject, Direction], ...]:
        """Whose rules packets meet on the way, in order. Every one of them has to let a packet through."""
        found = tuple(filter_ for stop in self.stops for filter_ in stop.filters)
        end = self.ending.subject if self.ending.kind is EndingKind.DELIVERED else None
        met = end is not None and end.kind in (SubjectKind.NETWORK_INTERFACE, SubjectKind.PRIVATE_ENDPOINT)
        return (*found, (end, Direction.INBOUND)) if met and end is not None else found
