"""The ways that packets take, without any rule."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.paths import INTERNET, EndingKind, Estate, Outside, Way, arrivals_at, replies, walk, ways
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet
from nwpolicy.model.network import NetworkInterface, VirtualNetworkGateway
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.routes import EffectiveRoute, EffectiveRoutes, NextHopType
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    DOCUMENT,
    load_balancer,
    nic,
    prefixes,
    private_endpoint,
    public_ip,
    route,
    route_table,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.connected import NVA1, hub_and_spokes, through


def subject(estate: Estate, name: str) -> Subject:
    (found,) = estate.snapshot.named(NetworkInterface, name)
    return estate.subject_of(found)


def told(found: tuple[Way, ...]) -> list[str]:
    """Each way in a line: where it leads, over what, how it ends."""
    return [
        f"{way.destinations} {' '.join(stop.subject.name for stop in way.appliances)} {way.ending.kind}"
        for way in found
    ]


def office(hubs: Snapshot) -> Outside:
    (gateway,) = hubs.all(VirtualNetworkGateway)
    return Outside(gateway)


def test_ways_without_unknowns_part_all_destinations() -> None:
    tables = through("rt-one", ("0.0.0.0/0", NVA1)), through("rt-gateway", ("10.2.0.0/16", NVA1))
    hubs = hub_and_spokes(*tables, nic("web", "10.1.0.9", "one/one", public_ip="pip"), public_ip("pip", "Basic"))
    estate = Estate(hubs)
    for start in (subject(estate, "a"), subject(estate, "b"), INTERNET, office(hubs)):
        rest = ANY_ADDRESS
        for way in walk(estate, start, ANY_ADDRESS):
            assert way.unknowns == ()
            assert way.destinations <= rest
            rest -= way.destinations
        assert rest == NO_ADDRESS


def test_a_network_is_one_way_until_it_is_asked_what_is_in_it() -> None:
    estate = Estate(hub_and_spokes())
    asked = AddressSet.parse("10.0.0.0/16")
    (way,) = ways(estate, subject(estate, "a"), asked)
    assert (way.ending.kind, way.destinations) == (EndingKind.ARRIVED, asked)
    assert told(walk(estate, subject(estate, "a"), AddressSet.parse("10.0.1.4/31"))) == [
        "10.0.1.4  delivered",
        "10.0.1.5  unowned",
    ]


def test_the_rules_on_a_way_are_those_of_every_interface_in_order() -> None:
    estate = Estate(hub_and_spokes(through("rt-one", ("10.2.0.0/16", NVA1))))
    (way,) = walk(estate, subject(estate, "a"), AddressSet.parse("10.2.0.4"))
    assert [(found.name, direction) for found, direction in way.filters] == [
        ("a", Direction.OUTBOUND),
        ("nva1", Direction.INBOUND),
        ("nva1", Direction.OUTBOUND),
        ("b", Direction.INBOUND),
    ]


def test_what_goes_to_the_appliance_itself_is_delivered_and_the_rest_sent_on() -> None:
    estate = Estate(hub_and_spokes(through("rt-one", ("10.0.0.0/16", NVA1))))
    found = told(walk(estate, subject(estate, "a"), AddressSet.parse("10.0.1.4/31")))
    assert found == ["10.0.1.4  delivered", "10.0.1.5 nva1 unowned"]


def test_an_unknown_next_hop_is_one_of_several_ways() -> None:
    table = route_table("rt-one", route("r", "10.2.0.0/16", unknown("hop", UnknownKind.TEXT)))
    estate = Estate(hub_and_spokes(table))
    (way,) = walk(estate, subject(estate, "a"), AddressSet.parse("10.2.0.4"))
    assert (way.ending.kind, [found.name for found in way.unknowns]) == (EndingKind.UNKNOWN, ["hop"])


def test_two_interfaces_with_one_address_are_two_ways() -> None:
    estate = Estate(hub_and_spokes(nic("twin", "10.0.1.4", "hub/nva1")))
    found = walk(estate, subject(estate, "a"), AddressSet.parse("10.0.1.4"))
    assert [way.ending.subject.name for way in found if way.ending.subject is not None] == ["nva1", "twin"]
    assert all([unknown.name for unknown in way.unknowns] == ["nva1 or twin has 10.0.1.4"] for way in found)


def test_the_frontend_of_a_load_balancer_sends_to_something_that_is_not_known() -> None:
    estate = Estate(hub_and_spokes(load_balancer("lb", "Standard", is_public=False, frontend=("10.0.1.9", "hub/nva1"))))
    (way,) = walk(estate, subject(estate, "a"), AddressSet.parse("10.0.1.9"))
    assert (way.ending.kind, [found.name for found in way.unknowns]) == (EndingKind.UNKNOWN, ["backend of lb"])


def test_arrivals_from_the_internet_are_told_by_address() -> None:
    pip = unknown("publicIp", UnknownKind.REFERENCE)
    hubs = hub_and_spokes(
        nic("web", "10.1.0.9", "one/one", public_ip="pip"),
        nic("maybe", "10.1.0.10", "one/one", public_ip=pip),
        nic("behind", "10.1.0.11", "one/one", load_balancers=["lb"]),
        nic("inside", "10.1.0.12", "one/one", load_balancers=["ilb"]),
        load_balancer("lb", "Basic"),
        load_balancer("ilb", "Basic", is_public=False),
        public_ip("pip", "Basic"),
    )
    estate = Estate(hubs)
    found = {
        name: [(way.ending.kind, len(way.unknowns)) for way in arrivals_at(estate, subject(estate, name))]
        for name in ("web", "maybe", "behind", "inside", "a")
    }
    assert found == {
        "web": [(EndingKind.DELIVERED, 0)],
        "maybe": [(EndingKind.DELIVERED, 1), (EndingKind.NOT_PUBLIC, 1)],
        "behind": [(EndingKind.DELIVERED, 0)],
        "inside": [(EndingKind.NOT_PUBLIC, 0)],
        "a": [(EndingKind.NOT_PUBLIC, 0)],
    }


def test_the_subnet_of_a_gateway_that_the_input_lacks_is_not_known() -> None:
    hubs = hub_and_spokes()
    (gateway,) = hubs.all(VirtualNetworkGateway)
    bare = Snapshot.of([r for r in hubs.resources if r.name != "hub"])
    (way,) = walk(Estate(bare), Outside(gateway), AddressSet.parse("10.1.0.4"))
    assert way.ending.kind is EndingKind.UNKNOWN


def test_replies_of_private_endpoints_pass_what_is_assumed() -> None:
    inspected = snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("s", "10.0.0.0/24", route_table="rt"),
            subnet("nva", "10.0.1.0/24"),
            subnet("endpoints", "10.0.2.0/24", endpoint_policies="Enabled"),
        ),
        through("rt", ("10.0.2.0/24", NVA1)),
        nic("a", "10.0.0.4", "v/s"),
        nic("nva", NVA1, "v/nva", forwarding=True),
        private_endpoint("pe", "v/endpoints", "10.0.2.9"),
    )
    for choice, breaks in (("same-way", False), ("direct", True)):
        estate = Estate(inspected, Assumptions.of({"private-endpoint-replies": choice}))
        start = subject(estate, "a")
        (way,) = walk(estate, start, AddressSet.parse("10.0.2.9"))
        assert [stop.subject.name for stop in way.appliances] == ["nva"]
        assert [reply.breaks for reply in replies(estate, way, start, start.local)] == [breaks]


def test_one_interface_of_several_routes_for_itself() -> None:
    """What a machine gets by one interface it may send on by another, whose subnet has routes of its own."""
    machine = (
        nic("in", "10.0.1.9", "hub/nva1", forwarding=True, vm="fw"),
        nic("out", "10.0.2.9", "hub/nva2", forwarding=True, vm="fw"),
    )
    drop = route_table("rt-nva2", route("drop", "10.2.0.0/16", NextHopType.NONE))
    estate = Estate(hub_and_spokes(through("rt-one", ("10.2.0.0/16", "10.0.1.9")), drop, *machine))
    found = walk(estate, subject(estate, "a"), AddressSet.parse("10.2.0.4"))
    assert told(found) == ["10.2.0.4 in delivered", "10.2.0.4 out dropped"]
    assert estate.machine_of(subject(estate, "in")) == estate.machine_of(subject(estate, "out"))


def test_routes_that_azure_listed_are_followed_too() -> None:
    """An export names no network or gateway behind a next hop: those are found among what is connected."""

    def row(hop: str, *prefixes_: str, source_type: str = "Default", addresses: tuple[str, ...] = ()) -> EffectiveRoute:
        found = tuple(p for p in prefixes(prefixes_) if isinstance(p, AddressPrefix))
        return EffectiveRoute(
            None, source_type, "Active", found, hop, tuple(map(Address.parse, addresses)), DOCUMENT.root()
        )

    listed = EffectiveRoutes(
        name="a",
        routes=(
            row("VnetLocal", "10.1.0.0/16"),
            row("VNetPeering", "10.0.0.0/16", "10.7.0.0/16"),
            row("VirtualAppliance", "10.2.0.0/16", source_type="User", addresses=(NVA1,)),
            row("VirtualNetworkGateway", "192.168.0.0/16", source_type="VirtualNetworkGateway"),
            row("None", "172.16.0.0/12"),
        ),
        source=DOCUMENT.root(),
    )
    estate = Estate(hub_and_spokes(listed))
    start = subject(estate, "a")
    ends = {}
    for address in ("10.1.0.4", "10.0.2.4", "10.7.0.4", "10.2.0.4", "192.168.0.4", "172.16.0.4", "8.8.8.8"):
        (way,) = walk(estate, start, AddressSet.parse(address))
        ends[address] = way.ending.kind
    assert ends == {
        "10.1.0.4": EndingKind.DELIVERED,
        "10.0.2.4": EndingKind.DELIVERED,
        "10.7.0.4": EndingKind.UNKNOWN,
        "10.2.0.4": EndingKind.DELIVERED,
        "192.168.0.4": EndingKind.ON_PREMISES,
        "172.16.0.4": EndingKind.DROPPED,
        "8.8.8.8": EndingKind.DROPPED,
    }
