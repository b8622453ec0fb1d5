"""What the service tag VirtualNetwork stands for in one subnet, and what that rests on.

Source: Microsoft Learn, Virtual network service tags; Create, change, or delete a virtual network peering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.connectivity import Connection, connections
from nwpolicy.azure.gatewayspaces import gateway_space, is_same, unseen_space
from nwpolicy.azure.managedroutes import AppliedCollection, applied_collections, propagation_stops
from nwpolicy.azure.spaces import (
    NOWHERE,
    PLATFORM_ADDRESS,
    PRIVATE,
    Space,
    conditional,
    existing,
    joined,
    prefix_space,
)
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.surroundings import known_of
from nwpolicy.model.network import (
    VirtualNetwork,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, Reference, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "has_default_route",
    "lacks_other_side",
    "not_internet",
    "propagates",
    "route_table_of",
    "tag_without_routes",
    "user_route_space",
]

#: Resolves a service tag that is a route's destination.
TagSpace: TypeAlias = Callable[[ServiceTag], Space]

_FEEDING: Final = frozenset(
    {
        NextHopType.VIRTUAL_APPLIANCE,
        NextHopType.VIRTUAL_APPLIANCE_ECMP,
        NextHopType.VIRTUAL_NETWORK_GATEWAY,
        NextHopType.VNET_LOCAL,
    }
)


def tag_without_routes(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Space:
    """The tag VirtualNetwork but for prefixes of user-defined routes: the virtual network itself, its peers, and what
    lies behind its gateway."""

    def work_out() -> Space:
        gateways = _gateway_side(snapshot, subject, assumptions, defaults=True)
        parts = (Space(PLATFORM_ADDRESS), _network_space(snapshot, subject, assumptions), gateways)
        return bounded(joined(parts), assumptions)

    return known_of(snapshot, subject, assumptions).once(tag_without_routes, work_out)


def not_internet(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Space:
    """What the tag Internet leaves out because it is the virtual network's own. Default routes of a gateway do not
    count: they lead to the internet."""
    gateways = _gateway_side(snapshot, subject, assumptions, defaults=False)
    return bounded(joined((_network_space(snapshot, subject, assumptions), gateways)), assumptions)


def _network_space(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Space:
    """The virtual network, its peers, and what connectivity configurations may add to them."""
    network = subject.virtual_network
    if network is None:
        owned = PLATFORM_ADDRESS if subject.is_anywhere else subject.space.known
        return Space(owned, ((_unknown_network(subject), None),))
    subnets = (prefix_space(subnet.address_prefixes) for subnet in network.subnets)
    peers = (_over(snapshot, peering, _remote_space(snapshot, peering), assumptions) for peering in network.peerings)
    connected = (_connection_space(found) for found in connections(snapshot, subject, assumptions))
    return joined((prefix_space(network.address_space), *subnets, *peers, *connected))


def _gateway_side(snapshot: Snapshot, subject: Subject, assumptions: Assumptions, *, defaults: bool) -> Space:
    """What lies behind the network's own gateways and those of peers that it uses."""
    network = subject.virtual_network
    table = route_table_of(snapshot, subject)
    propagated = propagates(table) if table is not None else True
    stops = tuple(propagation_stops(tuple(applied_collections(snapshot, subject, assumptions))))
    if network is None or propagated is False or any(isinstance(stop, str) for stop in stops):
        return NOWHERE
    remote = (
        _over(snapshot, peering, _remote_gateway_space(snapshot, peering, defaults=defaults), assumptions)
        for peering in network.peerings
    )
    hubs = (
        _hub_gateway_space(snapshot, found, defaults=defaults) for found in connections(snapshot, subject, assumptions)
    )
    gateways = joined((gateway_space(snapshot, network, defaults=defaults), *remote, *hubs))
    for stop in stops:
        gateways = conditional(gateways, stop) if isinstance(stop, Unknown) else gateways
    return conditional(gateways, propagated) if isinstance(propagated, Unknown) else gateways


def propagates(table: RouteTable | Unknown) -> bool | Unknown:
    """Whether routes of gateways reach the table's subnets."""
    if isinstance(table, Unknown):
        name = f"gateway routes beside {table.name}"
        return Unknown(name, UnknownKind.CONDITION, table.reason, table.source)
    disabled = table.disable_bgp_route_propagation
    if disabled is True and table.condition is not None:
        return replace(table.condition, name=f"not {table.condition.name}")
    return not disabled if isinstance(disabled, bool) else disabled


def user_route_space(
    snapshot: Snapshot, subject: Subject, assumptions: Assumptions, tag_space: TagSpace
) -> tuple[Space, Space]:
    """Prefixes of the subnet's user-defined routes: those that the tag VirtualNetwork holds, and all of them."""
    managed = tuple(applied_collections(snapshot, subject, assumptions))
    added, fed = (joined(_managed_space(entry, tag_space, hops) for entry in managed) for hops in (None, _FEEDING))
    table = route_table_of(snapshot, subject)
    if isinstance(table, Unknown):
        unseen = Space(unknown=((table.of_kind(UnknownKind.ADDRESS), None),))
        added, fed = added | unseen, fed | unseen
    if isinstance(table, RouteTable):
        added, fed = added | _routes_space(table, tag_space, None), fed | _routes_space(table, tag_space, _FEEDING)
    every = bounded(added, assumptions)
    if isinstance(table, Unknown):
        return bounded(fed, assumptions), every
    match assumptions["virtual-network-udr"]:
        case "none":
            return NOWHERE, every
        case "every-hop":
            return every, every
        case _:
            return bounded(fed, assumptions), every


def _managed_space(entry: AppliedCollection, tag_space: TagSpace, hops: frozenset[NextHopType] | None) -> Space:
    """What the routes of a network manager add."""
    space = joined(_route_space(route, tag_space, hops) for route in entry.routes)
    return _resting(space, entry.conditions, entry.rests_on)


def _connection_space(connection: Connection) -> Space:
    """What a network adds that a network manager connects."""
    if connection.network is not None:
        space = existing(prefix_space(connection.network.address_space), connection.network)
    else:
        name, reason = f"networks of {connection.definition}", "the input does not show them"
        space = Space(unknown=((Unknown(name, UnknownKind.ADDRESS, reason, connection.source), None),))
    return _resting(space, connection.conditions, connection.rests_on)


def _hub_gateway_space(snapshot: Snapshot, connection: Connection, *, defaults: bool) -> Space:
    """What lies behind the gateways of a hub that the network uses."""
    if connection.network is None or connection.use_gateway is False:
        return NOWHERE
    behind = gateway_space(snapshot, connection.network, defaults=defaults)
    space = _resting(behind, connection.conditions, connection.rests_on)
    uses = connection.use_gateway
    return conditional(space, uses) if isinstance(uses, Unknown) else space


def _resting(space: Space, conditions: tuple[Unknown, ...], rests_on: tuple[tuple[str, bool], ...]) -> Space:
    """The space if all conditions hold and the assumptions are made."""
    for condition in conditions:
        space = conditional(space, condition)
    doubts = tuple((name, replace(space, doubts=()).reach) for name, _ in rests_on)
    kept = space if all(holds for _, holds in rests_on) else NOWHERE
    return replace(kept, doubts=(*kept.doubts, *doubts))


def bounded(space: Space, assumptions: Assumptions) -> Space:
    """The space, where what is unknown and might be anywhere lies within private blocks by assumption."""
    if all(bound is not None for _, bound in space.unknown):
        return space
    doubt = Space(doubts=(("unknown-address-space", ~PRIVATE - space.known),))
    return doubt | (space.within(PRIVATE) if assumptions["unknown-address-space"] == "private" else space)


def route_table_of(snapshot: Snapshot, subject: Subject) -> RouteTable | Unknown | None:
    """The route table of the subject's subnet: None where there is none, an Unknown where the input lacks it."""
    reference = subject.subnet.route_table if subject.subnet is not None else None
    if not isinstance(reference, Reference):
        return reference
    found = snapshot.find(RouteTable, reference)
    if len(found) == 1:
        return found[0]
    reason = "several route tables have this name" if found else "the route table is not defined in the input"
    return Unknown(f"routes of {reference.name}", UnknownKind.RULES, reason, reference.source)


def has_default_route(snapshot: Snapshot, subject: Subject) -> bool | Unknown:
    """Whether a user-defined route of the subject's subnet covers 0.0.0.0/0."""
    table = route_table_of(snapshot, subject)
    if not isinstance(table, RouteTable):
        return table.of_kind(UnknownKind.CONDITION) if table is not None else False
    doubtful: Unknown | None = None
    for route in table.routes:
        if isinstance(route, Unknown):
            doubtful = route
        elif isinstance(route.address_prefix, Unknown):
            doubtful = route.address_prefix
        elif isinstance(route.address_prefix, AddressPrefix) and route.address_prefix.addresses.v4.is_full:
            doubtful = route.condition or table.condition
            if doubtful is None:
                return True
    return doubtful.of_kind(UnknownKind.CONDITION) if doubtful is not None else False


def _routes_space(table: RouteTable, tag_space: TagSpace, hops: frozenset[NextHopType] | None) -> Space:
    return existing(joined(_route_space(route, tag_space, hops) for route in table.routes), table)


def _route_space(route: Route | Unknown, tag_space: TagSpace, hops: frozenset[NextHopType] | None) -> Space:
    """The prefix of a route whose next hop is one of `hops` (None: whichever it is)."""
    if isinstance(route, Unknown):
        return Space(unknown=((route.of_kind(UnknownKind.ADDRESS), None),))
    if isinstance(route.address_prefix, ServiceTag):
        space = tag_space(route.address_prefix)
    else:
        space = prefix_space((route.address_prefix,))
    if hops is not None:
        if isinstance(route.next_hop_type, Unknown):
            space = conditional(space, route.next_hop_type)
        elif route.next_hop_type not in hops:
            return NOWHERE
    return existing(space, route)


def _over(snapshot: Snapshot, peering: VirtualNetworkPeering, space: Space, assumptions: Assumptions) -> Space:
    """What a peering adds: nothing while it is not connected or virtual network access is off."""
    access = peering.allow_virtual_network_access
    if access is False or (peering.peering_state or "Connected").lower() != "connected":
        return NOWHERE
    if peering.peer_complete_vnets is not True:
        reason = "the peering may leave subnets out"
        space = conditional(
            space, Unknown(f"subnets peered by {peering.name}", UnknownKind.ADDRESS, reason, peering.source)
        )
    found = existing(conditional(space, access) if isinstance(access, Unknown) else space, peering)
    if not lacks_other_side(snapshot, peering):
        return found
    doubt = Space(doubts=(("one-sided-peering", replace(found, doubts=()).reach),))
    return doubt | found if assumptions["one-sided-peering"] == "connected" else doubt


def lacks_other_side(snapshot: Snapshot, peering: VirtualNetworkPeering) -> bool:
    """Whether the input shows the other network, and there no peering back. Azure connects only what both sides ask
    for."""
    remote, network = _remote(snapshot, peering), snapshot.parent(peering)
    if remote is None or network is None or peering.peering_state is not None:
        return False
    back = (other.remote_virtual_network for other in remote.peerings)
    return not any(isinstance(reference, Unknown) or is_same(snapshot, reference, network) for reference in back)


def _remote_space(snapshot: Snapshot, peering: VirtualNetworkPeering) -> Space:
    remote = _remote(snapshot, peering)
    if remote is not None:
        return existing(prefix_space(remote.address_space), remote)
    if peering.remote_address_space:
        return prefix_space(peering.remote_address_space)
    return Space(unknown=((unseen_space(peering.remote_virtual_network, peering), None),))


def _remote_gateway_space(snapshot: Snapshot, peering: VirtualNetworkPeering, *, defaults: bool) -> Space:
    """What lies behind the peer's gateway, where this side uses it and the other side lets it."""
    remote = _remote(snapshot, peering)
    uses = peering.use_remote_gateways
    if uses is False:
        return NOWHERE
    if remote is None:
        reason = "the input does not show the remote gateway"
        unseen = Unknown(f"prefixes behind the gateway of {peering.name}", UnknownKind.ADDRESS, reason, peering.source)
        return Space(unknown=((unseen, None),))
    local = snapshot.parent(peering)
    back = [
        other.allow_gateway_transit
        for other in remote.peerings
        if isinstance(other.remote_virtual_network, Reference)
        and any(found is local for found in snapshot.find(VirtualNetwork, other.remote_virtual_network))
    ]
    if back == [False]:
        return NOWHERE
    space = gateway_space(snapshot, remote, defaults=defaults)
    for doubtful in (uses, *back):
        if isinstance(doubtful, Unknown):
            space = conditional(space, doubtful)
    return space


def _remote(snapshot: Snapshot, peering: VirtualNetworkPeering) -> VirtualNetwork | None:
    reference = peering.remote_virtual_network
    found = snapshot.find(VirtualNetwork, reference) if isinstance(reference, Reference) else ()
    return found[0] if len(found) == 1 else None


def _unknown_network(subject: Subject) -> Unknown:
    reason = "the input does not show the virtual network"
    return Unknown("VirtualNetwork", UnknownKind.ADDRESS, reason, subject.source)
