"""Route tables that break the gateway of GatewaySubnet.

Sources: Microsoft Learn, About VPN Gateway configuration settings, "Gateway subnet": no default route; Virtual network
traffic routing, "Border gateway protocol": propagation stays on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.azure.managedroutes import applied_collections
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.table import RoutePrefix, conditions_of
from nwpolicy.azure.subjects import subnet_subject
from nwpolicy.azure.virtualnetwork import route_table_of
from nwpolicy.model.avnm import RoutingRuleCollection
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, label, prefix_place, subnet_name

__all__ = ["gateway_subnet_findings"]

_GATEWAY_SUBNET: Final = "gatewaysubnet"
_DEFAULT: Final = RoutePrefix.parse("0.0.0.0/0")


def gateway_subnet_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    for place in places:
        if place.subnet.name.lower() == _GATEWAY_SUBNET:
            yield from _default_routes(estate, place)
    for network in estate.snapshot.all(VirtualNetwork):
        for subnet in network.subnets:
            if subnet.name.lower() == _GATEWAY_SUBNET:
                yield from _propagation(estate, network, subnet)


def _default_routes(estate: Estate, place: RoutedSubnet) -> Iterator[RouteFinding]:
    for route in place.routes:
        candidate = route.candidate
        if _DEFAULT in candidate.prefixes and candidate.removed is None:
            certain = not candidate.conditions and isinstance(route.definition, Route)
            yield RouteFinding(
                kind=RouteFindingKind.GATEWAY_DEFAULT_ROUTE,
                severity=Severity.ERROR if certain else Severity.WARNING,
                certain=certain,
                message=f"{label(candidate)} is a default route on {place.name}, which Azure does not support",
                about=label(candidate),
                location=prefix_place(route.definition),
                reason="a default route on GatewaySubnet can keep the gateway from functioning",
                witness=None,
                fix="name the prefixes that are meant instead of 0.0.0.0/0",
                reference=REFERENCES[RouteFindingKind.GATEWAY_DEFAULT_ROUTE],
                subnets=(place.name,),
                depends_on=dependencies(candidate.conditions),
                assumptions=used(estate.assumptions, {name for name, _ in candidate.rests_on}),
            )


def _propagation(estate: Estate, network: VirtualNetwork, subnet: Subnet) -> Iterator[RouteFinding]:
    """Of each route table and each collection that keeps gateway routes out of the subnet. It is not documented whether
    a network manager's collections apply to this subnet as well."""
    subject = subnet_subject(estate.snapshot, subnet)
    name = subnet_name(network, subnet)
    table = route_table_of(estate.snapshot, subject)
    if isinstance(table, RouteTable) and table.disable_bgp_route_propagation is True:
        doubts = conditions_of(table)
        yield _without(estate, name, table, doubts, not doubts)
    for applied in applied_collections(estate.snapshot, subject, estate.assumptions):
        collection = applied.collection
        if collection.disable_bgp_route_propagation is True and all(holds for _, holds in applied.rests_on):
            yield _without(estate, name, collection, applied.conditions, False, applied.rests_on)


def _without(
    estate: Estate,
    subnet: str,
    holder: RouteTable | RoutingRuleCollection,
    doubts: tuple[Unknown, ...],
    certain: bool,
    rests_on: tuple[tuple[str, bool], ...] = (),
) -> RouteFinding:
    return RouteFinding(
        kind=RouteFindingKind.GATEWAY_PROPAGATION,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        message=f"{holder.name} keeps the routes of the gateway out of {subnet}",
        about=holder.name,
        location=holder.field_source("disableBgpRoutePropagation").location,
        reason="a gateway does not function where propagation of gateway routes is off in its own subnet",
        witness=None,
        fix="let gateway routes propagate to GatewaySubnet",
        reference=REFERENCES[RouteFindingKind.GATEWAY_PROPAGATION],
        subnets=(subnet,),
        depends_on=dependencies(doubts),
        assumptions=used(estate.assumptions, {name for name, _ in rests_on}),
    )
