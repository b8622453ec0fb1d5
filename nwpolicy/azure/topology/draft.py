"""A topology in the making: nodes get their ids here, and definitions the nodes that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.topology.graph import Attachment, Link, LinkState, Node, NodeKind, Standing, Topology
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import (
    ApplicationGateway,
    LoadBalancer,
    LocalNetworkGateway,
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Draft", "attachment", "depends_on", "doubts_of", "texts"]

R = TypeVar("R", bound=Resource)

_KINDS: Final[Mapping[type[Resource], NodeKind]] = {
    VirtualNetwork: NodeKind.NETWORK,
    Subnet: NodeKind.SUBNET,
    NetworkInterface: NodeKind.INTERFACE,
    PrivateEndpoint: NodeKind.ENDPOINT,
    VirtualNetworkGateway: NodeKind.GATEWAY,
    ApplicationGateway: NodeKind.APPLICATION_GATEWAY,
    LoadBalancer: NodeKind.LOAD_BALANCER,
    LocalNetworkGateway: NodeKind.SITE,
    NetworkSecurityGroup: NodeKind.SECURITY_GROUP,
    RouteTable: NodeKind.ROUTE_TABLE,
}


class Draft:
    """Collects nodes and links, until `done`."""

    def __init__(self, snapshot: Snapshot, assumptions: Assumptions) -> None:
        self.snapshot, self.assumptions = snapshot, assumptions
        self.nodes: dict[str, Node] = {}
        self.spaces: dict[str, AddressSet] = {}
        self.links: list[Link] = []
        self.rests_on: set[str] = set()
        self._places: dict[int, str] = {}
        self._unseen: dict[tuple[type[Resource], str | None, str], str] = {}

    def add(self, kind: NodeKind, name: str, parent: str | None = None, **details: Any) -> str:
        """A new node; returns its id."""
        wanted = f"{kind.value}:{name}" if parent is None else f"{parent}/{name}"
        key, number = wanted, 1
        while key in self.nodes:
            number += 1
            key = f"{wanted}#{number}"
        self.nodes[key] = Node(id=key, kind=kind, name=name, parent=parent, **details)
        return key

    def define(
        self, resource: Resource, parent: str | None = None, unknowns: Iterable[Unknown] = (), **details: Any
    ) -> str:
        """The node of a definition."""
        known = {"standing": _standing_of(resource), "source": resource.source}
        doubts = (*doubts_of(resource), *unknowns)
        key = self.add(_KINDS[type(resource)], resource.name, parent, unknowns=doubts, **known, **details)
        self._places[id(resource)] = key
        return key

    def change(self, key: str, **details: Any) -> None:
        self.nodes[key] = replace(self.nodes[key], **details)

    def node_of(self, resource: Resource | None) -> str | None:
        return None if resource is None else self._places.get(id(resource))

    def resolve(self, kind: type[R], reference: Reference | Unknown) -> R | None:
        """The one definition that a reference means."""
        found = self.snapshot.find(kind, reference) if isinstance(reference, Reference) else ()
        return found[0] if len(found) == 1 else None

    def unseen(self, kind: type[Resource], reference: Reference | Unknown, parent: str | None = None) -> str:
        """The node of something that the input names, but does not show; one for all that name it alike."""
        target = reference.target.lower() if isinstance(reference, Reference) else f"?{reference.name}"
        key = self._unseen.get((kind, parent, target))
        if key is None:
            standing = Standing.NOT_DEFINED if isinstance(reference, Reference) else Standing.UNKNOWN
            unknowns = (self.doubt(kind, reference),)
            key = self.add(
                _KINDS[kind], reference.name, parent, standing=standing, unknowns=unknowns, source=reference.source
            )
            self._unseen[kind, parent, target] = key
        return key

    def doubt(self, kind: type[Resource], reference: Reference | Unknown) -> Unknown:
        """What is not known of a reference that means nothing of the input."""
        if isinstance(reference, Unknown):
            return reference
        reason = "it is defined more than once" if self.snapshot.find(kind, reference) else "it is not defined"
        return Unknown(reference.name, UnknownKind.REFERENCE, f"{reason} in the input", reference.source)

    def network(self, reference: Reference | Unknown) -> str:
        """The node of a virtual network."""
        found = self.node_of(self.resolve(VirtualNetwork, reference))
        return found if found is not None else self.unseen(VirtualNetwork, reference)

    def subnet(self, reference: Reference | Unknown | None) -> str | None:
        """The node of a subnet; None where nothing is said of one."""
        if reference is None:
            return None
        found = self.node_of(self.resolve(Subnet, reference))
        if found is not None:
            return found
        network = _network_reference(reference)
        return self.unseen(Subnet, reference, None if network is None else self.network(network))

    def done(self) -> Topology:
        return Topology(tuple(self.nodes.values()), tuple(self.links), tuple(sorted(self.rests_on)), self._places)


def _network_reference(reference: Reference | Unknown) -> Reference | None:
    """The network of a subnet, as far as the reference names it."""
    if isinstance(reference, Unknown):
        return None
    target = reference.target.rstrip("/").rpartition("/")[0].rstrip("/")
    if target.lower().endswith("/subnets"):
        target = target[: -len("/subnets")]
    return Reference(VirtualNetwork.type, target, reference.source) if target else None


def depends_on(doubts: Iterable[Unknown]) -> dict[str, Any]:
    """What a link says that is there if all these hold."""
    unknowns = tuple(dict.fromkeys(doubts))
    if not unknowns:
        return {"state": LinkState.CONNECTED}
    reason = f"depends on {', '.join(unknown.name for unknown in unknowns)}"
    return {"state": LinkState.DEPENDS, "reason": reason, "unknowns": unknowns}


def _standing_of(resource: Resource) -> Standing:
    return Standing.DEFINED if resource.condition is None else Standing.CONDITIONAL


def doubts_of(resource: Resource) -> tuple[Unknown, ...]:
    """The unknown that decides whether a definition exists."""
    return () if resource.condition is None else (resource.condition,)


def texts(prefixes: Iterable[AddressPrefix | Unknown]) -> tuple[str, ...]:
    """Prefixes as written, and the names of those that are not known."""
    return tuple(f"? ({prefix.name})" if isinstance(prefix, Unknown) else prefix.text for prefix in prefixes)


def attachment(draft: Draft, kind: type[Resource], reference: Reference | Unknown | None) -> Attachment | None:
    """What a reference attaches."""
    if reference is None:
        return None
    if isinstance(reference, Unknown):
        return Attachment(reference.name, Standing.UNKNOWN, (reference,))
    found = draft.resolve(kind, reference)
    if found is None:
        return Attachment(reference.name, Standing.NOT_DEFINED, (draft.doubt(kind, reference),))
    return Attachment(found.name, _standing_of(found), doubts_of(found))
