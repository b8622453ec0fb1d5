"""User-defined routes: those of the subnet's route table.

Sources: Microsoft Learn, Virtual network traffic routing, "User-defined" and "Service tags for user-defined routes";
Azure Network REST API, `Route`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.azure.routing.table import (
    Candidate,
    NextHop,
    RouteKind,
    RoutePrefix,
    conditions_of,
    open_parts,
    route_prefixes,
)
from nwpolicy.azure.spaces import UnknownPart
from nwpolicy.azure.tagnames import canonical
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.resource import AddressPrefix, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["HOPS", "TagParts", "tag_parts", "user_route", "user_routes"]

#: Prefixes that are known, what is not known of the others, and the assumptions that bound the latter.
TagParts: TypeAlias = tuple[tuple[RoutePrefix, ...], tuple[UnknownPart, ...], tuple[str, ...]]

#: What the next hop of a user-defined route is called in effective routes.
HOPS: Final = {
    NextHopType.VIRTUAL_NETWORK_GATEWAY: NextHop.GATEWAY,
    NextHopType.VNET_LOCAL: NextHop.VNET_LOCAL,
    NextHopType.INTERNET: NextHop.INTERNET,
    NextHopType.VIRTUAL_APPLIANCE: NextHop.APPLIANCE,
    NextHopType.VIRTUAL_APPLIANCE_ECMP: NextHop.APPLIANCE,
    NextHopType.NONE: NextHop.NONE,
}


def user_routes(terms: Terms, table: RouteTable | Unknown | None) -> Iterator[Candidate]:
    """The routes of the subnet's route table; an Unknown stands for any number of routes."""
    if isinstance(table, Unknown):
        yield _unseen(table, table.name)
    elif table is not None:
        for route in table.routes:
            written = route if isinstance(route, Route) else None
            yield replace(user_route(terms, route, table), conditions=conditions_of(table, written))


def user_route(terms: Terms, route: Route | Unknown, holder: Resource) -> Candidate:
    """A user-defined route, as if it were sure to be there; `holder` is what it is written in."""
    if isinstance(route, Unknown):
        return _unseen(route, holder.name)
    prefixes, open_, doubts = _destination_parts(terms, route.address_prefix)
    hop = route.next_hop_type
    is_appliance = hop in {NextHopType.VIRTUAL_APPLIANCE, NextHopType.VIRTUAL_APPLIANCE_ECMP}
    return Candidate(
        RouteKind.USER,
        hop if isinstance(hop, Unknown) else HOPS[hop],
        prefixes,
        open_,
        name=route.name,
        addresses=route.next_hop_ip_addresses if is_appliance or isinstance(hop, Unknown) else (),
        bounded_by=doubts,
        definition=holder.name,
        tag=route.address_prefix.name if isinstance(route.address_prefix, ServiceTag) else None,
        table_id=holder.id or holder.name,
        bgp_override=route.has_bgp_override,
        source=route.source,
    )


def _unseen(unknown: Unknown, holder: str) -> Candidate:
    hop = Unknown(f"next hops of {unknown.name}", UnknownKind.TEXT, unknown.reason, unknown.source, unknown.scope)
    return Candidate(
        RouteKind.USER,
        hop,
        open=((unknown.of_kind(UnknownKind.ADDRESS), None),),
        name=unknown.name,
        definition=holder,
        source=unknown.source,
    )


def _destination_parts(terms: Terms, destination: AddressPrefix | ServiceTag | Unknown) -> TagParts:
    """What the destination of a route stands for."""
    if isinstance(destination, ServiceTag):
        return tag_parts(terms, destination)
    return route_prefixes((destination,)), open_parts((destination,)), ()


def tag_parts(terms: Terms, tag: ServiceTag) -> TagParts:
    """What a service tag stands for: its prefixes as published (how long each is decides), or what is not known of
    them, and the assumptions that this rests on."""
    published = _published(terms.snapshot, tag)
    if published is not None:
        return route_prefixes(AddressPrefix(AddressSet.parse(t), t, tag.source) for t in published), (), ()
    space = terms.tag(tag)
    whole = AddressPrefix(space.known, tag.name, tag.source)
    return route_prefixes((whole,)), space.unknown, tuple(dict.fromkeys(name for name, _ in space.doubts))


def _published(snapshot: Snapshot, tag: ServiceTag) -> tuple[str, ...] | None:
    for catalogue in snapshot.all(ServiceTagCatalogue):
        entry = catalogue.tags.get(canonical(tag.name).lower())
        if entry is not None:
            return entry.address_prefixes
    return None
