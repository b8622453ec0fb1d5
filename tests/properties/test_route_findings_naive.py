"""Routes that could go, against a naive evaluator that is asked with each route and without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings

from nwpolicy.model.addresses import AddressSet, Family, format_address
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.routefindings import RouteFindingKind, route_findings
from tests.builders import snapshot
from tests.naive_routes import PLATFORM, RESERVED, naive_next_hop
from tests.properties.test_routes_naive import PREFIXES, estates

USELESS = {RouteFindingKind.UNUSED, RouteFindingKind.REDUNDANT}
SPACES = ["10.0.0.0/8", "10.0.0.0/15", "10.0.0.0/16", "2001:db8:4::/48", "10.1.0.0/16", "20.61.0.0/16"]


def edges() -> Iterator[str]:
    """Where anything in the generated estates begins, and the address behind its end: what lies between fares alike."""
    for text in (*PREFIXES, *RESERVED, *SPACES, "10.0.0.5", "10.1.5.5", *PLATFORM):
        addresses = AddressSet.parse(text)
        for family in Family:
            for low, high in addresses.family(family):
                yield format_address(family, low)
                if high + 1 < 1 << family.width:
                    yield format_address(family, high + 1)


EDGES = sorted(set(edges()))


def hops(estate: Snapshot) -> list[tuple[str, tuple[str, ...]]]:
    found = (naive_next_hop(estate, "nic", address) for address in EDGES)
    return [("None" if hop == "no route" else hop, addresses) for hop, addresses in found]


def without(estate: Snapshot, route: Route) -> Snapshot:
    return snapshot(*(_less(resource, route) for resource in estate.resources))


def _less(resource: Resource, route: Route) -> Resource:
    if not isinstance(resource, RouteTable):
        return resource
    return replace(resource, routes=tuple(other for other in resource.routes if other is not route))


@settings(max_examples=150, deadline=None)
@given(estates())
def test_exactly_the_routes_without_which_every_next_hop_is_the_same_could_go(estate: Snapshot) -> None:
    (table,) = estate.all(RouteTable)
    before = hops(estate)
    expected = {
        route.name for route in table.routes if isinstance(route, Route) and hops(without(estate, route)) == before
    }
    found = [finding for finding in route_findings(estate) if finding.kind in USELESS]
    assert {finding.message.split("route ")[1].split(" of ")[0] for finding in found} == expected
    assert all(finding.certain for finding in found)
