"""The routes that virtual network gateways add: prefixes of local network gateways, and those learned by BGP.

Sources: Microsoft Learn, Virtual network traffic routing, "Virtual network gateway"; Configure VPN gateway transit for
virtual network peering; Azure Network REST API, `VirtualNetworkGateway`, `LocalNetworkGateway`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.connectivity import Connection
from nwpolicy.azure.routing.lookup import backward, is_same, named_unknown, remote_network
from nwpolicy.azure.routing.peers import Link, peering_links
from nwpolicy.azure.routing.table import (
    Candidate,
    NextHop,
    RouteKind,
    conditions_of,
    open_parts,
    route_prefixes,
)
from nwpolicy.azure.spaces import PRIVATE
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import (
    GatewayConnection,
    LocalNetworkGateway,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["gateway_routes"]

_BOUND = "unknown-route-prefixes"


def gateway_routes(
    snapshot: Snapshot,
    subject: Subject,
    assumptions: Assumptions,
    stopped: Sequence[str | Unknown] = (),
    connected: Sequence[Connection] = (),
) -> Iterator[Candidate]:
    """The routes of the network's own gateways, and of those of peers and connected hubs that it uses. `stopped` says
    why they do not reach the subnet; an Unknown has to hold for them to do."""
    network = subject.virtual_network
    if network is None:
        return
    removed = next((reason for reason in stopped if isinstance(reason, str)), None)
    conditions = tuple(found for found in stopped if isinstance(found, Unknown))
    bound = None if assumptions[_BOUND] == "any" else PRIVATE
    own = _all_routes(snapshot, subject, network, assumptions, bound)
    for candidate in (*own, *_of_hubs(snapshot, network, connected, bound)):
        everything = (*candidate.conditions, *conditions)
        yield replace(candidate, removed=candidate.removed or removed, conditions=everything)


def _all_routes(
    snapshot: Snapshot, subject: Subject, network: VirtualNetwork, assumptions: Assumptions, bound: AddressSet | None
) -> Iterator[Candidate]:
    yield from _network_gateways(snapshot, network, bound)
    for peering, link in peering_links(snapshot, subject, assumptions):
        for candidate in _through(snapshot, network, peering, link, bound):
            yield replace(
                candidate,
                conditions=(*candidate.conditions, *link.conditions),
                rests_on=link.rests_on,
                removed=link.removed,
            )


def _of_hubs(
    snapshot: Snapshot, network: VirtualNetwork, connected: Sequence[Connection], bound: AddressSet | None
) -> Iterator[Candidate]:
    """What lies behind the gateways of a connected hub, where no peering of the input says it already."""
    peers = [remote_network(snapshot, peering) for peering in network.peerings]
    for connection in connected:
        hub, uses = connection.network, connection.use_gateway
        if uses is False or hub is None or any(hub is peer for peer in peers):
            continue
        doubts = (uses.of_kind(UnknownKind.CONDITION),) if isinstance(uses, Unknown) else ()
        for candidate in _network_gateways(snapshot, hub, bound):
            everything = (*candidate.conditions, *connection.conditions, *doubts)
            yield replace(candidate, conditions=everything, rests_on=connection.rests_on)


def _through(
    snapshot: Snapshot, network: VirtualNetwork, peering: VirtualNetworkPeering, link: Link, bound: AddressSet | None
) -> Iterator[Candidate]:
    """What lies behind a peer's gateway, where this side uses it and the other side lets it."""
    uses = peering.use_remote_gateways
    if uses is False:
        return
    if link.network is None:
        reason = "the input does not show the remote gateway"
        unseen = named_unknown(f"prefixes behind the gateway of {peering.name}", reason, peering)
        candidates: Iterator[Candidate] = iter((_open_route(peering, unseen, bound),))
    else:
        candidates = _network_gateways(snapshot, link.network, bound)
    back = backward(snapshot, link.network, network) if link.network is not None else None
    transit = back.allow_gateway_transit if back is not None else True
    if transit is False:
        return
    doubts = [flag.of_kind(UnknownKind.CONDITION) for flag in (uses, transit) if isinstance(flag, Unknown)]
    for candidate in candidates:
        yield replace(candidate, conditions=(*candidate.conditions, *doubts))


def _network_gateways(snapshot: Snapshot, network: VirtualNetwork, bound: AddressSet | None) -> Iterator[Candidate]:
    for gateway in snapshot.all(VirtualNetworkGateway):
        doubt = _doubt(snapshot, gateway.virtual_network, network)
        if doubt is None:
            continue
        for candidate in _gateway(snapshot, gateway, bound):
            conditions = (*conditions_of(gateway), *doubt, *candidate.conditions)
            yield replace(candidate, conditions=tuple(dict.fromkeys(conditions)), target=gateway)


def _gateway(snapshot: Snapshot, gateway: VirtualNetworkGateway, bound: AddressSet | None) -> Iterator[Candidate]:
    known = list(_known(snapshot, gateway, bound))
    yield from known
    if not known:
        reason = "the input does not tell which prefixes the gateway reaches"
        yield _open_route(gateway, named_unknown(f"prefixes behind {gateway.name}", reason, gateway), bound)


def _known(snapshot: Snapshot, gateway: VirtualNetworkGateway, bound: AddressSet | None) -> Iterator[Candidate]:
    if gateway.bgp_prefixes:
        yield _route(gateway, gateway.bgp_prefixes, bound)
    for connection in snapshot.all(GatewayConnection):
        site = connection.local_network_gateway
        ends = [connection.virtual_network_gateway]
        ends += [connection.other_gateway] if site is None and connection.other_gateway is not None else []
        doubts = [_doubt(snapshot, end, gateway) for end in ends]
        doubt = min((found for found in doubts if found is not None), key=len, default=None)
        if doubt is None or (site is None and gateway.bgp_prefixes):
            continue
        candidate = _far_side(snapshot, connection, bound)
        yield replace(candidate, conditions=(*candidate.conditions, *conditions_of(connection), *doubt))


def _far_side(snapshot: Snapshot, connection: GatewayConnection, bound: AddressSet | None) -> Candidate:
    site = connection.local_network_gateway
    if site is None:
        reason = "the input does not tell which prefixes the connection reaches"
        return _open_route(connection, named_unknown(f"prefixes behind {connection.name}", reason, connection), bound)
    found = snapshot.find(LocalNetworkGateway, site) if isinstance(site, Reference) else ()
    if len(found) == 1:
        return replace(_route(found[0], found[0].address_prefixes, bound), conditions=conditions_of(found[0]))
    reason = f"{site.name} is not defined in the input"
    unseen = Unknown(f"address space of {site.name}", UnknownKind.ADDRESS, reason, site.source)
    return _open_route(connection, unseen, bound)


def _route(resource: Resource, prefixes: tuple[AddressPrefix | Unknown, ...], bound: AddressSet | None) -> Candidate:
    open_ = open_parts(prefixes, bound)
    return Candidate(
        RouteKind.GATEWAY,
        NextHop.GATEWAY,
        route_prefixes(prefixes),
        open_,
        bounded_by=(_BOUND,) if open_ else (),
        definition=resource.name,
        source=resource.source,
    )


def _open_route(resource: Resource, unseen: Unknown, bound: AddressSet | None) -> Candidate:
    return replace(_route(resource, (), bound), open=((unseen, bound),), bounded_by=(_BOUND,))


def _doubt(snapshot: Snapshot, reference: Reference | Unknown, wanted: Resource) -> tuple[Unknown, ...] | None:
    """What has to hold for the reference to mean what is wanted; None where it means something else."""
    if isinstance(reference, Unknown):
        return (reference.of_kind(UnknownKind.CONDITION),)
    return () if is_same(snapshot, reference, wanted) else None
