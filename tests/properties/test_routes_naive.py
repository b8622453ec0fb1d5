"""Next hops of generated estates against a naive longest-prefix match, and partitions against themselves."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import HopPart, effective_table, find_route_subject
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family, format_address
from nwpolicy.model.network import VirtualNetworkPeering
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.builders import (
    catalogue,
    connection,
    gateway,
    nic,
    peering,
    private_endpoint,
    route,
    route_table,
    site,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.naive_routes import naive_next_hop
from tests.routed import hops

#: Few prefixes, nested and equal to one another as often as can be.
PREFIXES = [
    *("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/15", "10.0.0.0/16", "10.0.0.0/24", "10.0.0.0/25", "10.0.0.5/32"),
    *("10.0.1.0/24", "10.1.0.0/16", "10.1.5.0/24", "10.1.5.5/32", "10.10.0.0/16", "10.10.3.0/24", "192.168.0.0/16"),
    *("20.60.0.0/16", "20.60.1.0/24", "20.60.1.128/25", "168.63.129.0/24", "172.16.0.0/12"),
    *("::/0", "2001:db8::/32", "2001:db8:4::/48", "2001:db8:4:1::/64", "2001:db8:4:1::5/128"),
]
TAGS = {
    "Storage": ("20.60.0.0/16", "20.60.1.0/24"),
    "Storage_EastUS": ("20.60.1.0/24",),
    "AzureCloud": ("20.60.0.0/16", "20.60.1.128/25"),
    "AzureCloud_EastUS": ("20.60.1.128/25",),
    "Sql": ("20.60.1.0/24", "20.61.0.0/16"),
}
DESTINATIONS = [
    *("10.0.0.5", "10.0.0.4", "10.0.0.200", "10.0.1.9", "10.0.9.9", "10.1.5.5", "10.1.5.6", "10.1.9.9", "10.10.3.3"),
    *("10.10.9.9", "10.200.0.1", "192.168.7.7", "172.20.0.1", "100.64.0.1", "8.8.8.8", "20.60.1.200", "20.60.1.1"),
    *("20.60.9.9", "20.61.0.1", "168.63.129.16", "168.63.129.17", "169.254.169.254", "255.255.255.255", "0.0.0.0"),
    *("2001:db8:4:1::5", "2001:db8:4:1::6", "2001:db8:4:2::1", "2001:db8:9::1", "2001:4860::8888", "::"),
]
HOPS = [hop for hop in NextHopType if hop is not NextHopType.VIRTUAL_APPLIANCE_ECMP]


@st.composite
def user_routes(draw: st.DrawFn) -> list[Route]:
    """At most one route for a destination, as Azure takes them."""
    destinations = draw(
        st.lists(
            st.sampled_from([*PREFIXES, *(t.replace("_", ".") for t in TAGS if t != "Sql")]), unique=True, max_size=8
        )
    )
    found = []
    for index, destination in enumerate(destinations):
        hop = draw(st.sampled_from(HOPS))
        addresses = (f"10.9.9.{index}",) if hop is NextHopType.VIRTUAL_APPLIANCE else ()
        found.append(
            route(f"r{index}", destination, hop, *addresses, bgp_override=draw(st.sampled_from([False] * 4 + [True])))
        )
    return found


@st.composite
def estates(draw: st.DrawFn) -> Snapshot:
    space = draw(
        st.sampled_from([("10.0.0.0/16",), ("10.0.0.0/16", "2001:db8:4::/48"), ("10.0.0.0/8",), ("10.0.0.0/15",)])
    )
    policies = draw(st.sampled_from(["Disabled", "Enabled", "RouteTableEnabled", "NetworkSecurityGroupEnabled"]))
    services = draw(st.sampled_from([(), ("Microsoft.Sql",), ("Microsoft.Storage",)]))
    learned = draw(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=3))
    peers = space[0] == "10.0.0.0/16" and draw(st.booleans())
    state = draw(st.sampled_from([None, "Connected", "Disconnected"]))
    more: list[Resource] = []
    peerings: list[VirtualNetworkPeering] = []
    at_hub = peers and draw(st.booleans())
    if peers:
        peerings = [peering("hub", remote_gateways=draw(st.booleans()), state=state)]
        back = peering("vnet", gateway_transit=draw(st.booleans()))
        more += [
            vnet("hub", "10.1.0.0/16", subnet("far", "10.1.5.0/24", endpoint_policies=policies), back),
            private_endpoint("pe-far", "hub/far", "10.1.5.5"),
        ]
    if learned:
        more.append(gateway("gw", "hub" if at_hub else "vnet", *learned))
        if draw(st.booleans()):
            more += [site("office", "10.10.0.0/16"), connection("link", "gw", "office")]
    table = route_table(
        "rt",
        *draw(user_routes()),
        disable_bgp=draw(st.booleans()),
        disable_peering=draw(st.sampled_from(["None", "None", "All"])),
    )
    near = subnet("near", "10.0.0.0/24", endpoint_policies=policies)
    web = subnet("web", "10.0.1.0/24", route_table="rt", service_endpoints=services)
    return snapshot(
        vnet("vnet", space, web, near, *peerings),
        private_endpoint("pe", "vnet/near", "10.0.0.5"),
        nic("nic", "10.0.1.4", "vnet/web"),
        table,
        catalogue(**TAGS),
        *more,
    )


@settings(max_examples=300, deadline=None)
@given(estates())
def test_next_hops_are_those_of_a_naive_longest_prefix_match(estate: Snapshot) -> None:
    for destination in DESTINATIONS:
        hop, addresses = naive_next_hop(estate, "nic", destination)
        assert hops(estate, destination, "nic") == [" ".join((hop, *addresses))], destination


def parts_of(estate: Snapshot, asked: AddressSet) -> tuple[HopPart, ...]:
    return effective_table(estate, find_route_subject(estate, nic="nic"), Assumptions()).partition(asked)


def hop_of(part: HopPart) -> str:
    (entry,) = part.selection.entries
    return "no route" if entry is None else " ".join((str(entry.candidate.hop), *map(str, entry.candidate.addresses)))


@settings(max_examples=100, deadline=None)
@given(estates(), st.sampled_from([ANY_ADDRESS, *map(AddressSet.parse, ["10.0.0.0/8", "20.60.0.7-20.61.0.9", "::/0"])]))
def test_a_partition_is_exact_at_both_ends_of_every_stretch(estate: Snapshot, asked: AddressSet) -> None:
    """Every destination asked about is in exactly one part, and the naive evaluator agrees where stretches begin, end
    and have their middle."""
    rest = asked
    for part in parts_of(estate, asked):
        assert part.addresses <= rest
        rest -= part.addresses
        for family in Family:
            for low, high in part.addresses.family(family):
                for number in {low, high, (low + high) // 2}:
                    hop, addresses = naive_next_hop(estate, "nic", format_address(family, number))
                    assert hop_of(part) == " ".join((hop, *addresses))
    assert rest == NO_ADDRESS


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([p for p in PREFIXES if ":" not in p]), unique=True, max_size=10), st.data())
def test_user_defined_routes_alone_are_a_longest_prefix_match(prefixes: list[str], data: st.DataObject) -> None:
    routes = [route(f"r{i}", p, NextHopType.VIRTUAL_APPLIANCE, f"10.9.9.{i}") for i, p in enumerate(prefixes)]
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", route_table="rt")),
        route_table("rt", *routes),
        nic("nic", "10.0.1.4", "vnet/web"),
    )
    number = data.draw(st.sampled_from([d for d in DESTINATIONS if ":" not in d]))
    address = Address.parse(number)
    covering = [(ip_network(p).prefixlen, i) for i, p in enumerate(prefixes) if address in AddressSet.parse(p)]
    length, best = max(covering, default=(0, None))
    own = 16 if address in AddressSet.parse("10.0.0.0/16") else 0
    if best is not None and length >= own and number not in ("168.63.129.16", "169.254.169.254"):
        reserved = max(
            (
                ip_network(b).prefixlen
                for b in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
                if address in AddressSet.parse(b)
            ),
            default=0,
        )
        if "0.0.0.0/0" in prefixes or length >= reserved:
            assert hops(estate, number) == [f"VirtualAppliance 10.9.9.{best}"]


@settings(max_examples=150, deadline=None)
@given(user_routes(), st.sampled_from(PREFIXES), st.sampled_from(HOPS), st.sampled_from(DESTINATIONS))
def test_a_condition_gives_the_answers_of_both_cases(
    others: list[Route], prefix: str, hop: NextHopType, destination: str
) -> None:
    """What depends is exactly what differs between the estate with the route and the one without it."""
    condition = unknown("deploy", UnknownKind.CONDITION)
    addresses = ("10.9.8.8",) if hop is NextHopType.VIRTUAL_APPLIANCE else ()

    def estate(*more: Route) -> Snapshot:
        return snapshot(
            vnet("vnet", ("10.0.0.0/16", "2001:db8:4::/48"), subnet("web", "10.0.1.0/24", route_table="rt")),
            gateway("gw", "vnet", "10.0.0.0/24", "10.10.3.0/24", "0.0.0.0/0"),
            route_table("rt", *more, *(r for r in others if not _is(r, prefix))),
            nic("nic", "10.0.1.4", "vnet/web"),
            catalogue(**TAGS),
        )

    with_it, without = estate(route("maybe", prefix, hop, *addresses)), estate()
    maybe = estate(route("maybe", prefix, hop, *addresses, condition=condition))
    expected = [hops(with_it, destination), hops(without, destination)]
    assert set(hops(maybe, destination)) == {found for several in expected for found in several}


@settings(max_examples=100, deadline=None)
@given(user_routes(), st.sampled_from(PREFIXES), st.sampled_from(DESTINATIONS))
def test_a_prefix_that_is_not_known_may_be_any(others: list[Route], prefix: str, destination: str) -> None:
    """Whatever the prefix turns out to be, the next hop is among those that are named."""
    open_prefix: Unknown = unknown("prefix", UnknownKind.ADDRESS)

    def estate(destination: str | Unknown) -> Snapshot:
        return snapshot(
            vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", route_table="rt")),
            gateway("gw", "vnet", "10.0.0.0/24", "10.10.3.0/24"),
            route_table(
                "rt",
                route("open", destination, NextHopType.VIRTUAL_APPLIANCE, "10.9.8.8"),
                *(r for r in others if not _is(r, prefix)),
            ),
            nic("nic", "10.0.1.4", "vnet/web"),
            catalogue(**TAGS),
        )

    assert set(hops(estate(prefix), destination)) <= set(hops(estate(open_prefix), destination))


def _is(one: Route, prefix: str) -> bool:
    return str(getattr(one.address_prefix, "text", "")) == prefix
