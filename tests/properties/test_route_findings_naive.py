"""Findings about routes of generated estates: routes that could go, against a naive evaluator that is asked with each
route and without it; next hops that fail, against a naive walk from hop to hop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.model.addresses import AddressSet, Family, format_address
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.routefindings import RouteFindingKind, route_findings
from tests.builders import nic, route, route_table, snapshot, subnet, vnet
from tests.naive_routes import PLATFORM, RESERVED, naive_next_hop
from tests.properties.test_routes_naive import PREFIXES, estates
from tests.routed import APPLIANCE

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


# --- next hops ---

RANGES = ["0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.9.0.0/16", "10.9.1.0/24", "20.0.0.0/8", "20.1.0.0/16"]
HOPS = ["10.0.1.4", "10.0.2.4", "10.0.3.4", "10.7.0.4"]
#: At least one address of each part into which these ranges can cut each other, apart from the addresses of hops.
SAMPLES = [
    "8.8.8.8",
    "10.0.1.9",
    "10.0.2.9",
    "10.9.1.1",
    "10.9.2.1",
    "10.200.0.1",
    "20.1.0.1",
    "20.2.0.1",
    "172.16.0.1",
]
TABLES = st.lists(st.tuples(st.sampled_from(RANGES), st.sampled_from(HOPS)), max_size=4, unique_by=lambda pair: pair[0])
FAILURES = {RouteFindingKind.UNKNOWN_NEXT_HOP, RouteFindingKind.NOT_FORWARDING, RouteFindingKind.LOOP}

Routes = Sequence[tuple[str, str]]


def naive_failures(tables: Sequence[Routes], forwarding: Sequence[bool]) -> set[tuple[str, str]]:
    """What becomes of packets to the samples from each subnet, one hop after another."""
    found = set()
    for start in range(len(tables)):
        for sample in SAMPLES:
            here, seen = start, set()
            for step in range(len(tables) + 2):
                taken = naive_route(tables[here], sample)
                if taken is None:
                    break
                name, hop = f"r{taken[0]} of rt{here}", taken[1]
                there = HOPS.index(hop)
                if there == len(tables) and step == 0:
                    found.add((name, "unknown-next-hop"))
                if there == len(tables):
                    break
                if there in seen:
                    found.add((name, "routing-loop"))
                    break
                if not forwarding[there]:
                    found |= {(name, "next-hop-not-forwarding")} if step == 0 else set()
                    break
                seen.add(there)
                here = there
    return found


def naive_route(routes: Routes, destination: str) -> tuple[int, str] | None:
    """The user's route that is taken, if one is: number and next hop."""
    lines: list[tuple[int, int, tuple[int, str] | None]] = [(0, 0, None), (16, 0, None)]
    networks = [ip_network("0.0.0.0/0"), ip_network("10.0.0.0/16")]
    if not any(prefix == "0.0.0.0/0" for prefix, _ in routes):
        networks += map(ip_network, RESERVED)
        lines += [(ip_network(text).prefixlen, 0, None) for text in RESERVED]
    for number, (prefix, hop) in enumerate(routes):
        networks.append(ip_network(prefix))
        lines.append((ip_network(prefix).prefixlen, 1, (number, hop)))
    covering = [line for network, line in zip(networks, lines, strict=True) if ip_address(destination) in network]
    return max(covering, key=lambda line: line[:2])[2]


@settings(max_examples=200, deadline=None)
@given(st.tuples(TABLES, TABLES, TABLES), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_exactly_the_next_hops_at_which_a_naive_walk_ends_fail(
    tables: tuple[Routes, ...], forwarding: tuple[bool, ...]
) -> None:
    subnets = [subnet(f"s{n}", f"10.0.{n + 1}.0/24", route_table=f"rt{n}") for n in range(3)]
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", *subnets),
        *(nic(f"nic{n}", HOPS[n], f"vnet/s{n}", forwarding=forwarding[n]) for n in range(3)),
        *(
            route_table(f"rt{n}", *(route(f"r{i}", prefix, APPLIANCE, hop) for i, (prefix, hop) in enumerate(routes)))
            for n, routes in enumerate(tables)
        ),
    )
    found = [finding for finding in route_findings(estate) if finding.kind in FAILURES]
    named = {(re.findall(r"r\d of rt\d", finding.message)[0], finding.kind.value) for finding in found}
    assert named == naive_failures(tables, forwarding)
    assert all(finding.certain for finding in found)
