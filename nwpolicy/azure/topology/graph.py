"""Nodes and links of a topology: plain frozen data. A node stands in its `parent`; links go across.

What the input names without showing it is a node too, and says so by its standing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "Attachment",
    "Link",
    "LinkKind",
    "LinkState",
    "Node",
    "NodeKind",
    "RouteLine",
    "Side",
    "Standing",
    "Topology",
]


class NodeKind(StrEnum):
    """What a node is."""

    NETWORK = "virtualNetwork"
    SUBNET = "subnet"
    INTERFACE = "networkInterface"
    ENDPOINT = "privateEndpoint"
    APPLIANCE = "appliance"
    """an address that is a next hop: of an Azure Firewall, or of what the input does not show"""
    GATEWAY = "virtualNetworkGateway"
    APPLICATION_GATEWAY = "applicationGateway"
    LOAD_BALANCER = "loadBalancer"
    SITE = "localNetworkGateway"
    FAR_SIDE = "farSide"
    """what a connection of a gateway leads to, where the input does not tell"""
    CONNECTED_GROUP = "connectedGroup"
    SECURITY_GROUP = "networkSecurityGroup"
    """a network security group that nothing of the input refers to"""
    ROUTE_TABLE = "routeTable"
    """a route table that nothing of the input refers to"""


class Standing(StrEnum):
    """How much the input tells of a thing."""

    DEFINED = "defined"
    CONDITIONAL = "conditional"
    """defined, but whether it exists depends on an unknown"""
    NOT_DEFINED = "notDefined"
    """named by the input, but not defined in it, or more than once"""
    UNKNOWN = "unknown"
    """it is not even known which one is meant"""


class LinkKind(StrEnum):
    """What connects two nodes."""

    PEERING = "peering"
    HUB_AND_SPOKE = "hubAndSpoke"
    """what a connectivity configuration connects with its hub"""
    CONNECTED_GROUP = "connectedGroup"
    CONNECTION = "connection"
    NEXT_HOP = "nextHop"
    """from a subnet to where its routes send traffic"""


class LinkState(StrEnum):
    """Whether a link carries traffic."""

    CONNECTED = "connected"
    HALF_OPEN = "halfOpen"
    """only one side has the peering"""
    DISCONNECTED = "disconnected"
    UNSEEN = "unseen"
    """the input does not show the other side"""
    DEPENDS = "depends"
    """it depends on an unknown"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A network security group or route table that a node refers to."""

    name: str
    standing: Standing
    unknowns: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteLine:
    """A user-defined route. What is not known is None."""

    name: str
    definition: str
    prefix: str | None
    next_hop_type: str | None
    addresses: tuple[str, ...]
    standing: Standing
    unknowns: tuple[Unknown, ...]
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A thing in the topology. `facts` are further properties in a few words each."""

    id: str
    kind: NodeKind
    name: str
    parent: str | None = None
    standing: Standing = Standing.DEFINED
    addresses: tuple[str, ...] = ()
    security_group: Attachment | None = None
    route_table: Attachment | None = None
    routes: tuple[RouteLine, ...] = ()
    facts: tuple[str, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    source: Source | None = field(default=None, compare=False, repr=False)

    def every_unknown(self) -> Iterator[Unknown]:
        """What is not known of the node and of what is attached to it."""
        yield from self.unknowns
        for attachment in (self.security_group, self.route_table):
            yield from attachment.unknowns if attachment is not None else ()
        for route in self.routes:
            yield from route.unknowns


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a peering: `node` is the network that has it. None: not known."""

    node: str
    name: str
    state: str | None
    virtual_network_access: bool | None
    forwarded_traffic: bool | None
    gateway_transit: bool | None
    remote_gateways: bool | None
    complete: bool | None
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection of two nodes; `reason` says why it is not simply connected."""

    kind: LinkKind
    name: str
    one: str
    other: str
    state: LinkState
    reason: str | None = None
    sides: tuple[Side, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    source: Source | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes, parents before what stands in them, and links. `assumptions` are the names of those it rests on, `places`
    the nodes of definitions (by `id`)."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    assumptions: tuple[str, ...]
    places: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)

    def unknowns(self) -> Iterator[Unknown]:
        """Everything that is not known, as often as it matters."""
        for node in self.nodes:
            yield from node.every_unknown()
        for link in self.links:
            yield from link.unknowns
