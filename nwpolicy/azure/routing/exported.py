"""Azure's own list of the routes in effect at a network interface, in the form of our own.

Source: Azure Network REST API, `EffectiveRoute`; Azure CLI, `az network nic show-effective-route-table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.routing.table import Candidate, NextHop, RouteKind, route_prefixes
from nwpolicy.azure.subjects import Subject, SubjectError, SubjectKind, find_subject
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.routes import EffectiveRoute, EffectiveRoutes
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["export_of", "exported_routes", "find_route_subject"]

_HOPS: Final = {hop.value.lower(): hop for hop in NextHop} | {"virtualapplianceecmp": NextHop.APPLIANCE}

#: What adds a route that is neither the user's nor a gateway's, by its next hop.
_KINDS: Final = {
    NextHop.VNET_LOCAL: RouteKind.VIRTUAL_NETWORK,
    NextHop.PEERING: RouteKind.PEERING,
    NextHop.GLOBAL_PEERING: RouteKind.PEERING,
    NextHop.CONNECTED_GROUP: RouteKind.CONNECTED_GROUP,
    NextHop.SERVICE_ENDPOINT: RouteKind.SERVICE_ENDPOINT,
    NextHop.PRIVATE_ENDPOINT: RouteKind.PRIVATE_ENDPOINT,
    NextHop.GATEWAY: RouteKind.GATEWAY,
    NextHop.NONE: RouteKind.RESERVED,
}


def export_of(snapshot: Snapshot, subject: Subject) -> EffectiveRoutes | None:
    """Azure's own list for the network interface: the one of its name."""
    if subject.kind is not SubjectKind.NETWORK_INTERFACE:
        return None
    found = (export for export in snapshot.all(EffectiveRoutes) if export.name.lower() == subject.name.lower())
    return subject.routes_export or next(found, None)


def find_route_subject(
    snapshot: Snapshot, *, nic: str | None = None, vm: str | None = None, subnet: str | None = None
) -> Subject:
    """The place that a person means; without a name, the only network interface or list of routes of the input.

    Raises SubjectError.
    """
    exports = snapshot.all(EffectiveRoutes)
    if nic is not None and not snapshot.named(NetworkInterface, nic):
        exports = snapshot.named(EffectiveRoutes, nic)
    elif (nic, vm, subnet) != (None, None, None) or snapshot.all(NetworkInterface):
        exports = ()
    if len(exports) == 1:
        return Subject(SubjectKind.NETWORK_INTERFACE, exports[0].name, routes_export=exports[0])
    subject = find_subject(snapshot, nic=nic, vm=vm, subnet=subnet)
    if subject.kind is SubjectKind.NETWORK_SECURITY_GROUP:
        subnets = tuple(found.name for found in snapshot.all(Subnet))
        raise SubjectError("the input defines no network interface", subnets)
    return subject


def exported_routes(export: EffectiveRoutes) -> Iterator[Candidate]:
    """The routes of the list. Azure has worked out already which of them are there, and which are in use."""
    for row in export.routes:
        hop = _HOPS.get(row.next_hop_type.lower()) or _unknown_hop(row)
        state = row.state.lower()
        open_ = () if row.address_prefixes else ((_unlisted(row), None),)
        yield Candidate(
            _kind(row, hop),
            hop,
            route_prefixes(row.address_prefixes),
            open_,
            name=row.name,
            addresses=row.next_hop_ip_addresses,
            conditions=() if state in {"active", "invalid"} else (_undecided(row),),
            removed="Azure lists it as invalid" if state == "invalid" else None,
            definition=export.name,
            bgp_override=row.has_bgp_override,
            source=row.source,
        )


def _kind(row: EffectiveRoute, hop: NextHop | Unknown) -> RouteKind:
    match row.source_type.lower():
        case "user":
            return RouteKind.USER
        case "virtualnetworkgateway":
            return RouteKind.GATEWAY
        case _:
            return RouteKind.INTERNET if isinstance(hop, Unknown) else _KINDS.get(hop, RouteKind.INTERNET)


def _unknown_hop(row: EffectiveRoute) -> Unknown:
    reason = "it is no documented type of a next hop"
    return Unknown(f"next hop type {row.next_hop_type!r}", UnknownKind.TEXT, reason, row.source)


def _unlisted(row: EffectiveRoute) -> Unknown:
    name = f"prefixes of the route to {row.next_hop_type}"
    return Unknown(name, UnknownKind.ADDRESS, "the list does not show them", row.source)


def _undecided(row: EffectiveRoute) -> Unknown:
    shown = ", ".join(prefix.text for prefix in row.address_prefixes) or row.next_hop_type
    return Unknown(f"route {shown} is active", UnknownKind.CONDITION, f"its state is {row.state}", row.source)
