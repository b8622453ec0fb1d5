from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.origins import RuleOrigin
from nwpolicy.azure.subjects import find_subject
from nwpolicy.azure.surroundings import known_of
from nwpolicy.model.avnm import MemberType
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    admin_rule,
    collection,
    configuration,
    group,
    manager,
    nic,
    nsg,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

NICS = ("plain", "other", "routed", "held", "own", "firewall", "open", "far")


def estate() -> Snapshot:
    """Network interfaces of one network that differ in their subnets, and one of another network."""
    return snapshot(
        vnet(
            "v1",
            "10.0.0.0/16",
            subnet("plain", "10.0.0.0/24", nsg="n"),
            subnet("other", "10.0.1.0/24", nsg="n"),
            subnet("routed", "10.0.2.0/24", nsg="n", route_table="rt"),
            subnet("held", "10.0.3.0/24", nsg="n"),
            subnet("AzureFirewallSubnet", "10.0.4.0/24"),
            subnet("open", "10.0.5.0/24", nsg="n", route_table=unknown("rt-{env}", UnknownKind.REFERENCE)),
        ),
        vnet("v2", "10.1.0.0/16", subnet("plain", "10.1.0.0/24", nsg="n")),
        route_table("rt", route("all", "198.51.100.0/24", NextHopType.VIRTUAL_APPLIANCE, "10.0.4.4")),
        manager(
            "m",
            group("networks", "v1"),
            group("subnets", "v1/held", member_type=MemberType.SUBNET),
            configuration(
                "c",
                collection("all", ["networks"], admin_rule("internet", 1, DENY, sources="Internet")),
                collection(
                    "some", ["subnets"], admin_rule("network", 2, DENY, destinations="VirtualNetwork", direction=OUT)
                ),
            ),
        ),
        nsg(
            "n",
            rule("fixed", 100, ALLOW, "192.0.2.0/24"),
            rule("tagged", 110, DENY, "Internet"),
            rule("named", 120, DENY, "*", "VirtualNetwork", direction=OUT),
        ),
        *(nic(name, f"10.0.{at}.4", f"v1/{name}") for at, name in enumerate(("plain", "other", "routed", "held"))),
        nic("own", "10.0.0.5", "v1/plain", nsg="n"),
        nic("firewall", "10.0.4.4", "v1/AzureFirewallSubnet"),
        nic("open", "10.0.5.4", "v1/open"),
        nic("far", "10.1.0.4", "v2/plain"),
    )


def chain_of(whole: Snapshot, name: str, direction: Direction, assumptions: Assumptions = DEFAULTS) -> FilterChain:
    return filter_chain(whole, find_subject(whole, nic=name), direction, assumptions)


def test_what_was_asked_before_makes_no_difference() -> None:
    whole = estate()
    every_hop = Assumptions.of({"virtual-network-udr": "every-hop", "internet-udr": "subtracted"})
    for assumptions in (DEFAULTS, every_hop):
        for direction in (IN, OUT):
            for name in (*NICS, *reversed(NICS)):
                shared, alone = (chain_of(one, name, direction, assumptions) for one in (whole, estate()))
                assert shared.chain == alone.chain
                assert (shared.rests_on, shared.assumptions) == (alone.rests_on, alone.assumptions)


def test_a_rule_that_means_the_same_everywhere_stems_from_each_place_where_it_applies() -> None:
    whole = estate()
    associations = []
    for name in ("plain", "other"):
        (layer,) = (one for one in chain_of(whole, name, IN).chain.layers if one.name.startswith("NSG"))
        fixed = next(one for one in layer.rules if one.name == "fixed")
        assert isinstance(fixed.origin, RuleOrigin)
        assert fixed.origin.layer is layer.origin
        associations.append(fixed.origin.layer.association)
    assert [found.name for found in associations if found is not None] == ["plain", "other"]


def test_subnets_share_what_is_known_of_them_only_where_that_is_the_same() -> None:
    whole = estate()
    known = {name: known_of(whole, find_subject(whole, nic=name), DEFAULTS) for name in NICS}
    assert known["plain"] is known["other"] is known["own"]
    assert len({id(one) for one in known.values()}) == len(NICS) - 2


@pytest.mark.parametrize("tag", ["Internet", "VirtualNetwork"])
def test_what_a_route_means_by_a_tag_that_follows_from_routes_is_not_known(tag: str) -> None:
    whole = snapshot(
        vnet("v1", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg="n", route_table="rt")),
        route_table("rt", route("tagged", tag, NextHopType.VIRTUAL_APPLIANCE, "10.0.0.9")),
        nsg("n", rule("in", 100, ALLOW, "Internet")),
        nic("one", "10.0.0.4", "v1/s"),
    )
    assert any(f"service tag {tag} of a route (unknown)" in text for text in chain_of(whole, "one", IN).rests_on)
