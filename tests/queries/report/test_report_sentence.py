"""The verdict of a report in a sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.lint.linting import Options
from nwpolicy.queries.report import Report, report
from nwpolicy.queries.report.answers import Risk
from nwpolicy.readers.versions import Version, Versions
from tests.builders import (
    ALLOW,
    DENY,
    nsg,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

OFFICE = unknown("officeCidr", UnknownKind.ADDRESS)
PARTNER = unknown("partnerCidr", UnknownKind.ADDRESS)
ANYONE = rule("ssh", 100, ALLOW, "Internet", ports="22", protocol="Tcp")
BY_OFFICE = rule("ssh", 100, ALLOW, OFFICE, ports="22", protocol="Tcp")
BY_PARTNER = rule("ssh", 100, ALLOW, PARTNER, ports="22", protocol="Tcp")
NOBODY = rule("ssh", 100, DENY, "Internet", ports="22", protocol="Tcp")


def estate(
    *rules: SecurityRule, routes: Sequence[Route] = (), more: Sequence[Resource] = (), name: str = "nsg"
) -> Snapshot:
    network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg=name, route_table="rt"))
    return snapshot(network, nsg(name, *rules), route_table("rt", *routes), *more)


def reported(old: Snapshot, new: Snapshot, *, linted: bool = False) -> Report:
    def side(name: str, found: Snapshot) -> Version:
        return Version(name, found, str, lambda _: found)

    return report(
        Versions(side("a", old), side("b", new)), options=Options() if linted else Options(selected=frozenset())
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (NOBODY, ANYONE, "opens 1 (1 from the internet)"),
        (ANYONE, NOBODY, "closes 1"),
        (NOBODY, BY_OFFICE, "may open 2 (1 from the internet, 1 on management ports)"),
        (BY_OFFICE, NOBODY, "may close 2"),
        (BY_OFFICE, BY_PARTNER, "may change 1"),
    ],
)
def test_what_may_happen_is_told_by_the_side_that_is_known(old: SecurityRule, new: SecurityRule, sentence: str) -> None:
    assert reported(estate(old), estate(new)).sentence == sentence


def test_what_was_open_and_may_close_is_no_risk() -> None:
    found = reported(estate(ANYONE), estate(BY_OFFICE))
    assert [one.risk for one in found.changes if one.change.before.access == "Allow"] == [Risk.NONE]


def test_a_group_that_a_place_has_is_no_new_place() -> None:
    nobody = dataclasses.replace(NOBODY, name="none")
    found = reported(estate(NOBODY, more=[nsg("spare")]), estate(nobody, more=[nsg("spare")], name="other"))
    assert [one.place.name for one in (*found.only_before, *found.only_after)] == ["nsg", "other"]
    assert found.sentence == "no change in meaning"


def test_a_group_that_is_renamed_is_told() -> None:
    found = reported(estate(NOBODY), estate(NOBODY, name="other"))
    assert found.sentence == "no change in meaning, 1 definition renamed"
    assert found.assumed_equal == ("nsg (now other)",)


def test_a_group_among_others_that_is_renamed_is_told_and_is_nothing_new() -> None:
    spare = [nsg("spare"), nsg("web-old", ANYONE)]
    found = reported(
        estate(NOBODY, more=spare), estate(NOBODY, more=[nsg("spare"), nsg("web-new", ANYONE)]), linted=True
    )
    assert found.sentence == "no change in meaning, 1 definition renamed"
    assert (found.only_before, found.only_after, found.other_definitions, found.new_findings) == ((), (), (), ())


def test_a_group_that_nothing_has_is_told() -> None:
    found = reported(estate(NOBODY), estate(NOBODY, more=[nsg("unused", ANYONE), nsg("unused-too")]))
    assert found.sentence == "adds 2 groups attached to nothing"


def test_rules_and_routes_without_effect_are_told_apart() -> None:
    """A route to the internet beside the default route leads nowhere else."""
    routes = [route(f"r{number}", f"20.{number}.0.0/16", NextHopType.INTERNET) for number in range(3)]
    before = estate(NOBODY, rule("old", 200, DENY, "203.0.113.0/24", ports="22", protocol="Tcp"), routes=routes)
    after = estate(NOBODY, rule("new", 300, DENY, "198.51.100.0/24", ports="22", protocol="Tcp"))
    assert reported(before, after).sentence == (
        "no change in meaning, 1 rule added, 1 removed and 3 routes removed without effect"
    )
