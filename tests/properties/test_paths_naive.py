"""Connections through generated hubs and spokes against a naive evaluator that follows one packet, and its reply."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.azure.paths import Estate as PathEstate
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.network import NetworkInterface, VirtualNetworkPeering
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import PathVerdict, ResultName
from nwpolicy.queries.troubleshoot_ends import ends_of
from nwpolicy.queries.troubleshoot_gates import courses_of
from nwpolicy.queries.troubleshoot_groups import bundles_of
from tests.builders import (
    ALLOW,
    DENY,
    catalogue,
    gateway,
    group,
    manager,
    nic,
    nsg,
    peering,
    public_ip,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.estates import Estate
from tests.naive_paths import INTERNET, OFFICE, NaivePaths

CARDS = {
    "nva1": ("10.0.1.4", "hub/nva"),
    "nva2": ("10.0.2.4", "hub/nva2"),
    "jump": ("10.0.3.4", "hub/work"),
    "a1": ("10.1.0.4", "one/work"),
    "a2": ("10.1.0.5", "one/work"),
    "b1": ("10.2.0.4", "two/work"),
}
PREFIXES = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.3.0/24", "10.1.0.0/16", "10.1.0.0/24", "10.2.0.0/16"]
PREFIXES += ["10.2.0.4/32", "192.168.0.0/16", "8.8.8.0/24"]
HOPS = [*[NextHopType.VIRTUAL_APPLIANCE] * 5, *[h for h in NextHopType if h is not NextHopType.VIRTUAL_APPLIANCE_ECMP]]
APPLIANCES = ["10.0.1.4", "10.0.1.4", "10.0.1.4", "10.0.2.4", "10.0.2.4", "10.0.3.4", "10.0.9.9", "10.9.9.9"]
ELSEWHERE = ["8.8.8.8", "192.168.0.4", "10.1.0.77", "10.9.9.9", "168.63.129.16"]


@st.composite
def tables(draw: st.DrawFn, name: str) -> RouteTable:
    routes = []
    for prefix in draw(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=4)):
        hop = draw(st.sampled_from(HOPS))
        addresses = (draw(st.sampled_from(APPLIANCES)),) if hop is NextHopType.VIRTUAL_APPLIANCE else ()
        routes.append(route(prefix, prefix, hop, *addresses))
    return route_table(name, *routes, disable_bgp=draw(st.sampled_from([False, False, True])))


@st.composite
def groups(draw: st.DrawFn, name: str) -> NetworkSecurityGroup:
    """Mostly open, or hardly anything would ever arrive."""
    rules = []
    ends = st.sampled_from(["*", "*", "10.1.0.0/16", "10.2.0.4", "VirtualNetwork", "Internet", "192.168.0.0/16"])
    for direction in Direction:
        for priority in draw(st.lists(st.sampled_from([100, 200]), unique=True)):
            access, ports = draw(st.sampled_from([ALLOW, DENY])), draw(st.sampled_from(["443", "22-443", "*"]))
            rules.append(
                rule(
                    f"{name}{direction}{priority}", priority, access, draw(ends), draw(ends), ports, direction=direction
                )
            )
        if draw(st.sampled_from([True, True, True, False])):
            rules.append(rule(f"{name}{direction}open", 4000, ALLOW, "*", "*", direction=direction))
    return nsg(name, *rules)


@st.composite
def peerings(draw: st.DrawFn, spoke: str) -> tuple[list[VirtualNetworkPeering], list[VirtualNetworkPeering]]:
    """Of the hub, and of the spoke."""
    uses = draw(st.booleans())
    states = st.sampled_from([None, None, None, "Connected", "Disconnected"])
    there = peering(spoke, gateway_transit=draw(st.booleans()), state=draw(states))
    back = peering("hub", remote_gateways=uses, state=draw(states))
    return [there] if draw(st.sampled_from([True] * 7 + [False])) else [], [back]


@st.composite
def hubs_and_spokes(draw: st.DrawFn) -> Estate:
    to_one, from_one = draw(peerings("one"))
    to_two, from_two = draw(peerings("two"))
    names = ["GatewaySubnet", "nva", "nva2", "work"]
    tabled = {name: f"rt-{name}" if draw(st.booleans()) else None for name in [*names, "one", "two"]}
    grouped = {name: draw(st.sampled_from([None, None, f"nsg-{name}"])) for name in ["nva", "work", "one", "two"]}
    hub = [subnet("GatewaySubnet", "10.0.0.0/24", route_table=tabled["GatewaySubnet"])]
    hub += [subnet("nva", "10.0.1.0/24", route_table=tabled["nva"], nsg=grouped["nva"])]
    hub += [subnet("nva2", "10.0.2.0/24", route_table=tabled["nva2"])]
    hub += [subnet("work", "10.0.3.0/24", route_table=tabled["work"], nsg=grouped["work"])]
    one = subnet("work", "10.1.0.0/24", route_table=tabled["one"], nsg=grouped["one"])
    two = subnet("work", "10.2.0.0/24", route_table=tabled["two"], nsg=grouped["two"])
    cards: list[Resource] = [
        nic(
            name,
            address,
            where,
            forwarding=name.startswith("nva") and draw(st.sampled_from([True, True, True, False])),
            public_ip="basic" if draw(st.sampled_from([False, True])) else None,
        )
        for name, (address, where) in CARDS.items()
    ]
    found = snapshot(
        vnet("hub", "10.0.0.0/16", *hub, *to_one, *to_two),
        vnet("one", "10.1.0.0/16", one, *from_one),
        vnet("two", "10.2.0.0/16", two, *from_two),
        *(draw(tables(name)) for name in tabled.values() if name is not None),
        *(draw(groups(name)) for name in grouped.values() if name is not None),
        gateway("gw", "hub", "192.168.0.0/16"),
        public_ip("basic", "Basic"),
        manager("m0", group("g0")),
        catalogue(),
        *cards,
    )
    return Estate(found)


def some_flows(seed: int, start: str, count: int) -> Iterator[Flow]:
    chosen = random.Random(seed)
    for _ in range(count):
        source = {INTERNET: "8.8.8.8", OFFICE: "192.168.0.4"}.get(start) or CARDS[start][0]
        targets = [address for name, (address, _) in CARDS.items() if name != start]
        target = chosen.choice([*targets, *targets, *ELSEWHERE])
        numbers = Address.parse(source), Address.parse(target)
        yield Flow(numbers[0].family, 6, numbers[0].number, 50000, numbers[1].number, chosen.choice([22, 443, 8080]))


starts = st.sampled_from([*CARDS, *CARDS, INTERNET, OFFICE])


@settings(max_examples=150, deadline=None)
@given(hubs_and_spokes(), starts, st.integers(0, 2**16))
def test_connections_come_about_as_a_packet_and_its_reply_do(estate: Estate, start: str, seed: int) -> None:
    naive = NaivePaths(estate.snapshot)
    for flow in some_flows(seed, start, 4):
        works, how = naive.works(start, flow)
        source, target = str(Address(flow.family, flow.source)), str(Address(flow.family, flow.destination))
        place = start if start in CARDS else source
        answer = troubleshoot(
            estate.snapshot, f"{place}:{flow.source_port}", target, protocol="tcp", port=str(flow.destination_port)
        )
        wanted = PathVerdict.REACHABLE if works else PathVerdict.UNREACHABLE
        assert answer.verdict is wanted, f"{start} {flow}: {how}"


@settings(max_examples=60, deadline=None)
@given(hubs_and_spokes(), starts, st.integers(0, 2**16))
def test_sets_hold_the_flows_that_get_through_and_no_others(estate: Estate, start: str, seed: int) -> None:
    naive = NaivePaths(estate.snapshot)
    source = {INTERNET: "8.8.8.0/24", OFFICE: "192.168.0.0/28"}.get(start, start)
    ends = ends_of(PathEstate(estate.snapshot), source, "0.0.0.0/0")
    asked = FlowSet(ANY_PROTOCOL, ends.source.addresses, ANY_PORT, AddressSet.parse("0.0.0.0/0"))
    found = [
        (bundle.result, tuple(bundle.cubes()))
        for bundle in bundles_of(courses_of(PathEstate(estate.snapshot), ends, asked))
    ]
    for flow in some_flows(seed, start, 40):
        (result,) = [result for result, cubes in found if any(flow in cube for cube in cubes)]
        works, how = naive.works(start, flow)
        assert result is (ResultName.THROUGH if works else ResultName.STOPPED), f"{start} {flow}: {how}"


@dataclass(frozen=True)
class Open:
    """An estate in which some things are not known, and the estates that it may be."""

    estate: Estate
    possible: tuple[Estate, ...]


@st.composite
def open_estates(draw: st.DrawFn) -> Open:
    """One or two of: whether a route exists, whether an appliance forwards, what a rule says."""
    whole = draw(hubs_and_spokes())
    places = draw(st.lists(st.sampled_from(_places(whole)), min_size=1, max_size=2, unique_by=lambda place: place[0]))
    possible = [whole]
    hidden = whole
    for number, place in enumerate(places):
        label = f"unknown{number}"
        hidden = _with(hidden, place, label)
        possible = [_with(one, place, value) for one in possible for value in (True, False)]
    return Open(hidden, tuple(possible))


_Place = tuple[int, int]


def _places(estate: Estate) -> list[_Place]:
    """The indexes of what can be made unknown: of a resource, and of a part of it."""
    found = []
    for index, resource in enumerate(estate.snapshot.resources):
        parts: Sequence[object] = ()
        if isinstance(resource, RouteTable):
            parts = resource.routes
        elif isinstance(resource, NetworkSecurityGroup):
            parts = resource.security_rules
        elif isinstance(resource, NetworkInterface) and resource.name.startswith("nva"):
            parts = (resource,)
        found += [(index, part) for part in range(len(parts))]
    return found


def _with(estate: Estate, place: _Place, value: bool | str) -> Estate:
    """The estate with yes, no, or something unknown of that name in a place."""
    index, part = place
    resources = list(estate.snapshot.resources)
    resource = resources[index]
    if isinstance(resource, NetworkInterface):
        flag = unknown(value, UnknownKind.CONDITION) if isinstance(value, str) else value
        resources[index] = replace(resource, enable_ip_forwarding=flag)
    elif isinstance(resource, RouteTable):
        routes = list(resource.routes)
        chosen = routes[part]
        assert isinstance(chosen, Route)
        if isinstance(value, str):
            routes[part] = replace(chosen, condition=unknown(value, UnknownKind.CONDITION))
        elif not value:
            routes[part] = replace(chosen, name="gone")
        resources[index] = replace(resource, routes=tuple(routes))
    elif isinstance(resource, NetworkSecurityGroup):
        rules = list(resource.security_rules)
        access = unknown(value, UnknownKind.ACCESS) if isinstance(value, str) else ALLOW if value else DENY
        written = rules[part]
        assert isinstance(written, SecurityRule)
        rules[part] = replace(written, access=access)
        resources[index] = replace(resource, security_rules=tuple(rules))
    return Estate(snapshot(*resources))


def _settled(estate: Estate) -> Estate:
    """Without the routes that do not exist after all."""
    resources = [
        replace(r, routes=tuple(one for one in r.routes if one.name != "gone")) if isinstance(r, RouteTable) else r
        for r in estate.snapshot.resources
    ]
    return Estate(snapshot(*resources))


@settings(max_examples=150, deadline=None)
@given(open_estates(), starts, st.integers(0, 2**16))
def test_what_depends_is_what_differs_with_the_values(case: Open, start: str, seed: int) -> None:
    """A verdict holds for every value of what is not known; where values make a difference it depends."""
    naive = [NaivePaths(_settled(one).snapshot) for one in case.possible]
    for flow in some_flows(seed, start, 3):
        outcomes = {one.works(start, flow)[0] for one in naive}
        source, target = str(Address(flow.family, flow.source)), str(Address(flow.family, flow.destination))
        place = f"{start if start in CARDS else source}:{flow.source_port}"
        answer = troubleshoot(case.estate.snapshot, place, target, protocol="tcp", port=str(flow.destination_port))
        if len(outcomes) == 2:
            assert answer.verdict is PathVerdict.DEPENDS, f"{start} {flow}"
        else:
            wanted = PathVerdict.REACHABLE if outcomes == {True} else PathVerdict.UNREACHABLE
            assert answer.verdict is wanted, f"{start} {flow} {outcomes}"
