"""What a report says of ways that packets take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.queries.lint.linting import Options
from nwpolicy.queries.report import Report, report
from nwpolicy.queries.report.answers import RouteEffect
from nwpolicy.readers.versions import Version, Versions
from tests.builders import load_balancer, nic, reference, route, route_table, snapshot, subnet, unknown, vnet

LAB = unknown("labExists", UnknownKind.CONDITION)


def reported(old: Snapshot, new: Snapshot) -> Report:
    def side(name: str, found: Snapshot) -> Version:
        return Version(name, found, str, lambda _: found)

    return report(Versions(side("a", old), side("b", new)), options=Options(selected=frozenset()))


def estate(*routes: Route) -> Snapshot:
    networks = (
        vnet(name, f"10.{number}.0.0/16", subnet("default", f"10.{number}.0.0/24", route_table="rt"))
        for number, name in enumerate(("hub", "spoke"))
    )
    return snapshot(*networks, route_table("rt", *routes))


def via(prefix: str, address: str, *, exists: bool = True) -> Route:
    name = prefix.replace("/", "-")
    return route(name, prefix, NextHopType.VIRTUAL_APPLIANCE, address, condition=None if exists else LAB)


def test_a_default_route_is_a_change_of_each_way_that_there_was() -> None:
    """Microsoft Learn, Virtual network traffic routing: without it packets to the internet are delivered, those to
    reserved blocks dropped, of which there are several. In one of them each network has its own addresses."""
    found = reported(estate(), estate(via("0.0.0.0/0", "10.0.0.4")))
    assert [(one.effect, one.place_text, len(one.before.routes)) for one in found.route_changes] == [
        (RouteEffect.REDIRECTED, "subnets hub/default, spoke/default", 1),
        (RouteEffect.CONNECTED, "subnet hub/default", 4),
        (RouteEffect.CONNECTED, "subnet spoke/default", 4),
    ]
    assert found.sentence == "redirects 1 way, newly routes 2 ways"


def test_subnets_of_one_name_are_told_apart() -> None:
    found = reported(estate(), estate(via("172.16.0.0/16", "10.0.0.4")))
    assert [one.place_text for one in found.route_changes] == ["subnets hub/default, spoke/default"]


def test_the_same_hops_the_other_way_round_are_a_change() -> None:
    old = estate(via("172.16.0.0/16", "10.0.0.4", exists=False), via("172.16.0.0/12", "10.0.0.5"))
    new = estate(via("172.16.0.0/16", "10.0.0.5", exists=False), via("172.16.0.0/12", "10.0.0.4"))
    found = reported(old, new)
    assert {one.effect for one in found.route_changes} == {RouteEffect.MAY_CHANGE, RouteEffect.REDIRECTED}
    assert any("172.16.0.0/16" in one.destinations for one in found.route_changes)


def test_what_depends_on_the_same_unknown_is_no_change() -> None:
    routes = via("172.16.0.0/16", "10.0.0.4", exists=False), via("172.16.0.0/12", "10.0.0.5")
    found = reported(estate(*routes), estate(*routes, via("192.168.1.0/24", "10.0.0.5")))
    assert [one.destinations for one in found.route_changes] == [("192.168.1.0/24",)]
    assert found.assumed_equal == ("labExists",)


# --- appliances ---


def behind(*appliances: Resource) -> Snapshot:
    """Two subnets that send what is for one another to 10.0.0.4."""
    places = (subnet(name, f"10.0.{number}.0/24", route_table="rt") for number, name in ((1, "web"), (2, "db")))
    machines = (nic(f"nic-{name}", f"10.0.{number}.4", f"hub/{name}") for number, name in ((1, "web"), (2, "db")))
    table = route_table("rt", via("10.0.0.0/16", "10.0.0.4"))
    return snapshot(vnet("hub", "10.0.0.0/16", subnet("fw", "10.0.0.0/24"), *places), table, *machines, *appliances)


def firewall(forwarding: bool | Unknown, **more: Any) -> NetworkInterface:
    return nic("nic-fw", more.pop("address", "10.0.0.4"), "hub/fw", forwarding=forwarding, **more)


def test_an_appliance_that_forwards_no_more_cuts_off_what_it_sent_on() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined": the network interface needs IP forwarding. What
    is sent to the appliance itself still arrives."""
    found = reported(behind(firewall(forwarding=True)), behind(firewall(forwarding=False)))
    (change,) = found.route_changes
    assert (change.effect, change.place_text) == (RouteEffect.CUT_OFF, "subnets web, db")
    assert change.destinations == ("10.0.0.0/30", "10.0.0.5-10.0.255.255")
    assert change.example == "10.0.2.4"
    assert (change.before.lost, change.after.lost) == (None, "IP forwarding is not enabled on nic-fw")
    assert found.sentence == "cuts off 1 way"


def test_an_appliance_that_forwards_now_connects() -> None:
    found = reported(behind(firewall(forwarding=False)), behind(firewall(forwarding=True)))
    assert [one.effect for one in found.route_changes] == [RouteEffect.CONNECTED]


def test_an_appliance_that_is_gone_cuts_off() -> None:
    """As the assumption about addresses that nothing in the input has says."""
    (change,) = reported(behind(firewall(forwarding=True)), behind()).route_changes
    assert change.effect is RouteEffect.CUT_OFF
    assert change.after.lost == "nothing in the input has the address 10.0.0.4"


def test_an_appliance_that_may_forward_may_cut_off() -> None:
    maybe = unknown("forwarding", UnknownKind.CONDITION)
    (change,) = reported(behind(firewall(forwarding=True)), behind(firewall(forwarding=maybe))).route_changes
    assert change.effect is RouteEffect.MAY_CHANGE
    assert [one.name for one in change.depends_on] == ["forwarding"]


def test_backends_of_a_load_balancer_forward_or_do_not() -> None:
    """Microsoft Learn, High availability ports overview: appliances behind an internal load balancer."""
    balancer = load_balancer("lb", "Standard", is_public=False, frontend=("10.0.0.4", "hub/fw"))

    def balanced(*, forwarding: bool) -> Snapshot:
        return behind(balancer, firewall(forwarding, address="10.0.0.5", load_balancers=("lb",)))

    (change,) = reported(balanced(forwarding=True), balanced(forwarding=False)).route_changes
    assert (change.effect, change.after.lost) == (RouteEffect.CUT_OFF, "IP forwarding is not enabled on nic-fw")


def test_what_does_not_forward_as_before_is_no_change() -> None:
    renamed = replace(firewall(forwarding=False), virtual_machine=reference("virtualMachines", "vm"))
    assert reported(behind(firewall(forwarding=False)), behind(renamed)).route_changes == ()
