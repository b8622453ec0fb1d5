"""Routes to a gateway that user-defined routes cannot name.

Source: Microsoft Learn, Virtual network traffic routing, "User-defined", Virtual network gateway: it has to be of type
VPN, and no ExpressRoute gateway may stand beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.table import Candidate, NextHop
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import VirtualNetworkGateway
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, hop_place, label, names_of

__all__ = ["gateway_hop_findings"]


def gateway_hop_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    """One finding for each route, whichever subnets have it."""
    found: defaultdict[int, list[tuple[RoutedSubnet, WrittenRoute, Candidate]]] = defaultdict(list)
    for place in places:
        served = _express_route(estate, place)
        if served is None:
            continue
        for route in place.routes:
            if route.candidate.hop is NextHop.GATEWAY:
                found[id(route.definition)].append((place, route, served))
    for cases in found.values():
        yield _finding(estate, cases)


def _express_route(estate: Estate, place: RoutedSubnet) -> Candidate | None:
    """A route of an ExpressRoute gateway that the network uses; the surest of several."""
    routes = (r for r in estate.gateway_routes(place.network) if all(holds for _, holds in r.rests_on))
    return min(filter(_is_of_express_route, routes), key=lambda route: len(route.conditions), default=None)


def _is_of_express_route(route: Candidate) -> bool:
    return isinstance(route.target, VirtualNetworkGateway) and route.target.gateway_type.lower() == "expressroute"


def _finding(estate: Estate, cases: Sequence[tuple[RoutedSubnet, WrittenRoute, Candidate]]) -> RouteFinding:
    kind = RouteFindingKind.EXPRESS_ROUTE_HOP
    _, route, served = min(cases, key=lambda case: len(case[2].conditions))
    doubts = tuple(dict.fromkeys((*route.candidate.conditions, *served.conditions)))
    gateway = served.target
    name = gateway.name if gateway is not None else "the gateway"
    names = {name for candidate in (route.candidate, served) for name, _ in candidate.rests_on}
    return RouteFinding(
        kind=kind,
        severity=Severity.WARNING if doubts else Severity.ERROR,
        certain=not doubts,
        message=f"{label(route.candidate)} leads to a gateway, and {name} is an ExpressRoute gateway",
        about=label(route.candidate),
        location=hop_place(route.definition),
        reason="user-defined routes lead to VPN gateways only, and to none where an ExpressRoute gateway is in use too",
        witness=None,
        fix="let the far side advertise the prefix by BGP instead",
        reference=REFERENCES[kind],
        subnets=names_of(place for place, _, _ in cases),
        related=(gateway.source.location,) if gateway is not None else (),
        depends_on=dependencies(doubts),
        assumptions=used(estate.assumptions, names),
    )
