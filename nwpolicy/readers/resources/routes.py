"""Route tables and user-defined routes.

Source: Azure Network REST API, `RouteTable`, `Route`.
"""

from __future__ import annotations

from nwpolicy.model.addresses import Address
from nwpolicy.model.resource import AddressPrefix, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.resources.body import Body

__all__ = ["route", "route_table"]


def route_table(body: Body) -> RouteTable:
    return RouteTable(
        routes=body.each("routes", UnknownKind.RULES, route),
        disable_bgp_route_propagation=body.flag("disableBgpRoutePropagation", default=False),
        disable_peering_route=body.settled(body.text("disablePeeringRoute"), "None", "disablePeeringRoute"),
        **body.base(),
    )


def route(body: Body) -> Route:
    hop = _next_hop_type(body)
    return Route(
        address_prefix=_destination(body),
        next_hop_type=hop,
        next_hop_ip_addresses=_next_hops(body, hop),
        has_bgp_override=body.settled(body.flag("hasBgpOverride", default=False), False, "hasBgpOverride"),
        **body.base(),
    )


def _destination(body: Body) -> AddressPrefix | ServiceTag | Unknown:
    node = body.get("addressPrefix")
    if node is None:
        return body.missing("addressPrefix", UnknownKind.ADDRESS)
    return values.prefix_or_tag(node, body.diagnostics)


def _next_hop_type(body: Body) -> NextHopType | Unknown:
    node = body.get("nextHopType")
    if node is None:
        return body.missing("nextHopType", UnknownKind.TEXT)
    return values.choice(node, NextHopType, UnknownKind.TEXT, "next hop type", body.diagnostics)


def _next_hops(body: Body, hop: NextHopType | Unknown) -> tuple[Address | Unknown, ...]:
    """The addresses that are written; those of an appliance have to be."""
    single = body.get("nextHopIpAddress")
    several = body.inner("nextHop")
    nodes = () if several is None else several.elements("nextHopIpAddresses")
    found = tuple(values.address(node, body.diagnostics) for node in (*(() if single is None else (single,)), *nodes))
    if hop is NextHopType.VIRTUAL_APPLIANCE and not found:
        return (body.missing("nextHopIpAddress", UnknownKind.ADDRESS),)
    if hop is NextHopType.VIRTUAL_APPLIANCE_ECMP and not found:
        return (body.missing("nextHop", UnknownKind.ADDRESS),)
    return found
