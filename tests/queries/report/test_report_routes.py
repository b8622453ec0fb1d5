"""What a report says of ways that packets take."""

from __future__ import annotations

from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.lint.linting import Options
from nwpolicy.queries.report import Report, report
from nwpolicy.queries.report.answers import RouteEffect
from nwpolicy.readers.versions import Version, Versions
from tests.builders import route, route_table, snapshot, subnet, unknown, vnet

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
