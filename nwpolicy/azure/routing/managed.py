"""What network managers add: routes of routing configurations, and those to networks that connectivity configurations
connect.

Sources: Microsoft Learn, User-defined route management in Azure Virtual Network Manager; Connectivity configuration in
Azure Virtual Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.connectivity import Connection, ConnectionKind
from nwpolicy.azure.managedroutes import AppliedCollection
from nwpolicy.azure.routing.lookup import known_space, outside, remote_network
from nwpolicy.azure.routing.peers import Link, hop_to, removed_by
from nwpolicy.azure.routing.table import (
    Candidate,
    NextHop,
    RouteKind,
    RoutePrefix,
    conditions_of,
    open_parts,
    route_prefixes,
)
from nwpolicy.azure.routing.userroutes import user_route
from nwpolicy.azure.spaces import UnknownPart, contested
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["connected_link", "connected_routes", "managed_routes"]


def managed_routes(
    terms: Terms, applied: Sequence[AppliedCollection], written: Sequence[Candidate]
) -> Iterator[Candidate]:
    """The routes of collections. One to a destination that the route table has already is left out."""
    taken = {prefix: route for route in written for prefix in route.prefixes if not route.conditions}
    for entry in applied:
        for route in entry.routes:
            candidate = replace(
                user_route(terms, route, entry.configuration),
                conditions=(*entry.conditions, *conditions_of(route if isinstance(route, Route) else None)),
                rests_on=entry.rests_on,
            )
            same = next((taken[prefix] for prefix in candidate.prefixes if prefix in taken), None)
            if same is not None and same.tag == candidate.tag:
                yield replace(candidate, removed=f"the route table has this destination already: {same.label}")
            else:
                yield candidate


def connected_link(connection: Connection, table: RouteTable | Unknown | None) -> Link:
    """The connection as a link."""
    removed = removed_by(table) if connection.kind is not ConnectionKind.CONNECTED_GROUP else None
    return Link(connection.network, connection.conditions, connection.rests_on, removed)


def connected_routes(
    snapshot: Snapshot,
    network: VirtualNetwork | None,
    found: Sequence[Connection],
    table: RouteTable | Unknown | None,
    assumptions: Assumptions,
) -> Iterator[Candidate]:
    """One route for each connected network. Where there is a peering too, its own route says all."""
    if network is None:
        return
    peers = [remote_network(snapshot, peering) for peering in network.peerings]
    networks = {id(one): one for one in (network, *(connection.network for connection in found)) if one is not None}
    taken = contested(map(known_space, networks.values()))
    bound = outside(snapshot, network, assumptions)
    for connection in found:
        is_group = connection.kind is ConnectionKind.CONNECTED_GROUP
        if not is_group and connection.network is not None and any(connection.network is peer for peer in peers):
            continue
        for prefixes, open_, removed in _parts(connection, bound, taken):
            link = connected_link(connection, table)
            yield Candidate(
                RouteKind.CONNECTED_GROUP if is_group else RouteKind.PEERING,
                NextHop.CONNECTED_GROUP if is_group else hop_to(network, connection.network),
                prefixes,
                open_,
                name=connection.network.name if connection.network is not None else None,
                bounded_by=("unknown-route-prefixes",) if open_ else (),
                conditions=link.conditions,
                rests_on=link.rests_on,
                removed=removed or link.removed,
                definition=connection.definition,
                target=connection.network,
                source=connection.source,
            )


def _parts(
    connection: Connection, bound: AddressSet, taken: AddressSet
) -> Iterator[tuple[tuple[RoutePrefix, ...], tuple[UnknownPart, ...], str | None]]:
    """The other network's prefixes; apart those that overlap with another member's, which no member reaches. `taken`
    is what several networks have."""
    other = connection.network
    if other is None:
        unseen = Unknown(
            f"networks connected by {connection.definition}",
            UnknownKind.ADDRESS,
            "the input does not show them",
            connection.source,
        )
        yield (), ((unseen, bound),), None
        return
    clear: list[AddressPrefix] = []
    for prefix in other.address_space:
        if isinstance(prefix, AddressPrefix):
            if not prefix.addresses.isdisjoint(taken):
                yield route_prefixes((prefix,)), (), "the prefix overlaps with that of another connected network"
            else:
                clear.append(prefix)
    yield route_prefixes(clear), open_parts(other.address_space, bound), None
