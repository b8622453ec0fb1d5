"""Estates whose names have other unknown parts: a report about an edit says the same as if the names had stayed.

The reports to compare with are about estates of the same names, in which nothing has to be taken for something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.model.avnm import ConnectivityGroup, Topology
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Domain, UnknownKind
from nwpolicy.queries.lint.linting import Options
from nwpolicy.queries.report import Report, ReportVerdict, report
from nwpolicy.readers.versions import Version, Versions
from tests.builders import (
    ALLOW,
    DENY,
    admin_rule,
    collection,
    configuration,
    connectivity,
    gateway,
    group,
    manager,
    nic,
    nsg,
    reference,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

#: What an edit may change, and into what.
EDITS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "policy": "name contains '-test'",
        "source": "partnerCidr",
        "source_domain": Domain(("10.0.0.0/8", "192.0.2.0/24")),
        "hop": "otherAddress",
        "exists": "deployOther",
        "port": "23",
        "space": "10.3.0.0/16",
        "use_hub_gateway": False,
        "bare": "{region}",
    }
)
PLAIN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "policy": "name contains '-prod'",
        "source": "officeCidr",
        "source_domain": None,
        "hop": "firewallAddress",
        "exists": "deployFirewall",
        "port": "22",
        "space": "10.2.0.0/16",
        "use_hub_gateway": True,
        "bare": "{location}",
    }
)


def estate(part: str, **edited: Any) -> Snapshot:
    """Hub and spokes of a network manager, whose names have a part that is not known. A value is called like one of
    the groups."""
    now = {**PLAIN, **edited}

    def name(text: str) -> str:
        return f"{text}-{{{part}}}-1"

    members = replace(unknown("members by policy p", UnknownKind.REFERENCE), rule=now["policy"])
    source = replace(unknown(now["source"], UnknownKind.ADDRESS), domain=now["source_domain"])
    spoke = ConnectivityGroup(reference("networkGroups", name("ng")), use_hub_gateway=now["use_hub_gateway"])
    exists = unknown(now["exists"], UnknownKind.CONDITION)
    lab = route("lab", "172.16.0.0/16", NextHopType.VIRTUAL_APPLIANCE)
    table = route_table(
        name("rt"),
        replace(route("default", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE, "10.1.0.4"), condition=exists),
        replace(lab, next_hop_ip_addresses=(unknown(now["hop"], UnknownKind.ADDRESS),)),
    )
    return snapshot(
        manager(
            name("avnm"),
            group(name("ng"), members),
            configuration(
                name("sac"), collection(name("rc"), [name("ng")], admin_rule("deny-web", 10, DENY, ports="80"))
            ),
            connectivity(name("cc"), spoke, topology=Topology.HUB_AND_SPOKE, hubs=[name("hub")]),
        ),
        vnet(name("hub"), "10.1.0.0/16", subnet("default", "10.1.0.0/24"), subnet("GatewaySubnet", "10.1.1.0/24")),
        gateway(name("gw"), name("hub")),
        vnet(
            name("spoke"),
            now["space"],
            subnet("web", "10.2.0.0/24", nsg=name("nsg"), route_table=name("rt")),
        ),
        nic(name("nic"), "10.2.0.4", f"{name('spoke')}/web", nsg="{" + part + "}"),
        nsg(name("nsg"), rule("admin", 100, ALLOW, source, ports=now["port"], protocol="Tcp")),
        nsg("{" + part + "}", rule("own", 100, ALLOW, unknown(now["bare"], UnknownKind.ADDRESS), ports="22-23")),
        table,
    )


def reported(old: Snapshot, new: Snapshot) -> Report:
    def side(name: str, found: Snapshot) -> Version:
        return Version(name, found, str, lambda _: found)

    return report(Versions(side("a", old), side("b", new)), options=Options(selected=frozenset()))


def told(found: Report) -> object:
    """What a report says of meaning, names of things aside."""
    changes = [
        (
            one.change.kind,
            [flows.service for flows in one.change.flows],
            one.change.before.access,
            one.change.after.access,
        )
        for one in found.changes
    ]
    routes = [
        (one.effect, one.destinations, [hop.next_hop_type for hop in (*one.before.hops, *one.after.hops)])
        for one in found.route_changes
    ]
    return found.verdict, sorted(changes), sorted(routes, key=str)


@settings(max_examples=12)
@given(st.sets(st.sampled_from(sorted(EDITS))))
def test_renaming_hides_no_edit_and_adds_none(names: set[str]) -> None:
    edits = {name: EDITS[name] for name in names}
    old = estate("location")
    assert told(reported(old, estate("region", **edits))) == told(reported(old, estate("location", **edits)))


@pytest.mark.parametrize("name", sorted(EDITS))
def test_each_edit_is_a_change(name: str) -> None:
    found = reported(estate("location"), estate("region", **{name: EDITS[name]}))
    assert found.verdict is not ReportVerdict.SAME


def test_what_is_taken_to_be_the_same_is_told_by_both_names() -> None:
    found = reported(estate("location"), estate("region"))
    assert (found.verdict, found.sentence) == (ReportVerdict.SAME, "no change in meaning, 12 definitions renamed")
    assert {
        "spoke-{location}-1 (now spoke-{region}-1)",
        "spoke-{location}-1 is in ng-{location}-1 (now spoke-{region}-1 is in ng-{region}-1)",
        "prefixes behind gw-{location}-1 (now prefixes behind gw-{region}-1)",
        "officeCidr",
        "firewallAddress",
    } <= set(found.assumed_equal)
