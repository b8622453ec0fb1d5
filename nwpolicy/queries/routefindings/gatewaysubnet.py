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
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, label, prefix_place, subnet_name
from nwpolicy.queries.routes import dependencies, used

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
            certain = not candidate.conditions
            yield RouteFinding(
                kind=RouteFindingKind.GATEWAY_DEFAULT_ROUTE,
                severity=Severity.ERROR if certain else Severity.WARNING,
                certain=certain,
                message=f"{label(candidate)} is a default route on {place.name}, which Azure does not support",
                location=prefix_place(route.definition),
                reason="the gateway cannot reach its management endpoints past a default route",
                witness=None,
                fix="name the prefixes that are meant instead of 0.0.0.0/0",
                reference=REFERENCES[RouteFindingKind.GATEWAY_DEFAULT_ROUTE],
                subnets=(place.name,),
                depends_on=dependencies(candidate.conditions),
                assumptions=used(estate.assumptions, {name for name, _ in candidate.rests_on}),
            )


def _propagation(estate: Estate, network: VirtualNetwork, subnet: Subnet) -> Iterator[RouteFinding]:
    """Of each route table and each collection that keeps gateway routes out of the subnet."""
    subject = subnet_subject(estate.snapshot, subnet)
    name = subnet_name(network, subnet)
    table = route_table_of(estate.snapshot, subject)
    if isinstance(table, RouteTable) and table.disable_bgp_route_propagation is True:
        place = table.field_source("disableBgpRoutePropagation")
        yield _without(estate, name, table.name, place, conditions_of(table), set())
    for applied in applied_collections(estate.snapshot, subject, estate.assumptions):
        collection = applied.collection
        if collection.disable_bgp_route_propagation is True and all(holds for _, holds in applied.rests_on):
            place = collection.field_source("disableBgpRoutePropagation")
            names = {name for name, _ in applied.rests_on}
            yield _without(estate, name, collection.name, place, applied.conditions, names)


def _without(
    estate: Estate, subnet: str, holder: str, place: Source, conditions: tuple[Unknown, ...], names: set[str]
) -> RouteFinding:
    return RouteFinding(
        kind=RouteFindingKind.GATEWAY_PROPAGATION,
        severity=Severity.WARNING if conditions else Severity.ERROR,
        certain=not conditions,
        message=f"{holder} keeps the routes of the gateway out of {subnet}",
        location=place.location,
        reason="a gateway does not function where propagation of gateway routes is off in its own subnet",
        witness=None,
        fix="let gateway routes propagate to GatewaySubnet",
        reference=REFERENCES[RouteFindingKind.GATEWAY_PROPAGATION],
        subnets=(subnet,),
        depends_on=dependencies(conditions),
        assumptions=used(estate.assumptions, names),
    )
