"""Each open question has a switch: both of its positions are tried, and answers name it only where it matters."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nwpolicy.azure.assumptions import ASSUMPTIONS, Assumptions, UnknownAssumption
from nwpolicy.model.flows import Flow
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Direction, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from tests.asking import ask, build, depends_on, doubts
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    flow,
    nic,
    nsg,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    vnet,
)

LOCAL = "10.0.0.4"


def machine(*rules: SecurityRule, routes: Mapping[str, NextHopType] | None = None) -> Snapshot:
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", route_table="rt" if routes else None)),
        route_table("rt", *(route(prefix, prefix, hop) for prefix, hop in (routes or {}).items())),
        nic("nic1", LOCAL, "vnet1/s1", nsg="n"),
        nsg("n", *rules),
    )


def test_every_assumption_states_each_of_its_choices() -> None:
    for name, assumption in ASSUMPTIONS.items():
        assert assumption.name == name
        assert len(assumption.choices) > 1
        assert set(assumption.statements) == set(assumption.choices)
        assert assumption.reference


def test_defaults_and_choices() -> None:
    assert Assumptions.of()["icmpv6"] == "matched-by-any"
    chosen = Assumptions.of({"icmpv6": "unfiltered", "any-protocol": "every"})
    assert chosen["icmpv6"] == "unfiltered"
    assert chosen.statement("icmpv6") == "no rule applies to ICMPv6"
    assert chosen.chosen == (("icmpv6", "unfiltered"),)
    assert Assumptions.of({"icmpv6": "matched-by-any"}) == Assumptions.of()


@pytest.mark.parametrize(
    ("chosen", "first"), [({"icmp6": "unfiltered"}, "icmpv6"), ({"icmpv6": "unfilterd"}, "unfiltered")]
)
def test_misspelt_choices_name_the_right_ones(chosen: Mapping[str, str], first: str) -> None:
    with pytest.raises(UnknownAssumption) as raised:
        Assumptions.of(chosen)
    assert raised.value.candidates[0] == first


OPEN_ALL = rule("Open", 100, ALLOW)
WEB = rule("Web", 100, ALLOW, ports="443")
UDR_APPLIANCE = {"203.0.113.0/24": NextHopType.VIRTUAL_APPLIANCE}
UDR_INTERNET = {"203.0.113.0/24": NextHopType.INTERNET}
ESP = flow("esp", "8.8.8.8", LOCAL)
PING = flow("icmp", "8.8.8.8", LOCAL)
PING6 = flow("icmpv6", "[2001:db8::9]", "[2001:db8::4]")
FROM_ROUTED = flow("tcp", "203.0.113.9", f"{LOCAL}:22")
TO_RESERVED = flow("tcp", LOCAL, "198.18.0.1:80")
TO_SHARED = flow("tcp", LOCAL, "100.64.0.9:80")
TO_ROUTED = flow("tcp", LOCAL, "203.0.113.9:80")
TAGGED = rule("Tagged", 100, ALLOW, "Storage")


@pytest.mark.parametrize(
    ("name", "choice", "estate", "direction", "asked", "verdict"),
    [
        ("any-protocol", "every", machine(OPEN_ALL), IN, ESP, ("Allow", "Open")),
        ("any-protocol", "tcp-udp-icmp", machine(OPEN_ALL), IN, ESP, ("Deny", "DenyAllInBound")),
        ("portless-ports", "full-range-only", machine(WEB), IN, PING, ("Deny", "DenyAllInBound")),
        ("portless-ports", "ignored", machine(WEB), IN, PING, ("Allow", "Web")),
        ("icmpv6", "matched-by-any", machine(), IN, PING6, ("Deny", "DenyAllInBound")),
        ("icmpv6", "unfiltered", machine(), IN, PING6, ("Allow", "NotFiltered")),
        (
            "virtual-network-udr",
            "appliance-gateway-vnet",
            machine(routes=UDR_APPLIANCE),
            IN,
            FROM_ROUTED,
            ("Allow", "AllowVnetInBound"),
        ),
        ("virtual-network-udr", "none", machine(routes=UDR_APPLIANCE), IN, FROM_ROUTED, ("Deny", "DenyAllInBound")),
        (
            "virtual-network-udr",
            "appliance-gateway-vnet",
            machine(routes=UDR_INTERNET),
            IN,
            FROM_ROUTED,
            ("Deny", "DenyAllInBound"),
        ),
        (
            "virtual-network-udr",
            "every-hop",
            machine(routes=UDR_INTERNET),
            IN,
            FROM_ROUTED,
            ("Allow", "AllowVnetInBound"),
        ),
        ("internet-tag", "reserved-excluded", machine(), OUT, TO_SHARED, ("Deny", "DenyAllOutBound")),
        ("internet-tag", "private-excluded", machine(), OUT, TO_SHARED, ("Allow", "AllowInternetOutBound")),
        (
            "internet-udr",
            "kept",
            machine(rule("ToInternet", 100, DENY, "*", "Internet", direction=OUT), routes=UDR_APPLIANCE),
            OUT,
            TO_ROUTED,
            ("Deny", "ToInternet"),
        ),
        (
            "internet-udr",
            "subtracted",
            machine(rule("ToInternet", 100, DENY, "*", "Internet", direction=OUT), routes=UDR_APPLIANCE),
            OUT,
            TO_ROUTED,
            ("Allow", "AllowVnetOutBound"),
        ),
        (
            "service-tag-addresses",
            "public",
            machine(TAGGED),
            IN,
            flow("tcp", "192.168.0.1", f"{LOCAL}:22"),
            ("Deny", "DenyAllInBound"),
        ),
    ],
)
def test_both_positions(
    name: str, choice: str, estate: Snapshot, direction: Direction, asked: Flow, verdict: tuple[str, str]
) -> None:
    chain = build(estate, direction, chosen={name: choice})
    assert ask(chain, asked).verdict == verdict
    assert name in doubts(chain, asked)


def test_tags_may_hold_any_address() -> None:
    asked = flow("tcp", "192.168.0.1", f"{LOCAL}:22")
    chain = build(machine(TAGGED), IN, chosen={"service-tag-addresses": "any"})
    assert depends_on(chain, asked) == "service tag Storage"


@pytest.mark.parametrize(("choice", "unknown"), [("private", None), ("any", "VirtualNetwork")])
def test_unknown_address_space(choice: str, unknown: str | None) -> None:
    chain = build(snapshot(nsg("n")), IN, nsg="n", chosen={"unknown-address-space": choice})
    assert depends_on(chain, flow("tcp", "8.8.8.8", "10.0.0.4:22")) == unknown
    assert depends_on(chain, flow("tcp", "10.9.9.9", "10.0.0.4:22")) == "VirtualNetwork"


def test_answers_that_rest_on_no_assumption_name_none() -> None:
    chain = build(machine(WEB), IN)
    assert doubts(chain, flow("tcp", "8.8.8.8", f"{LOCAL}:443")) == set()
    assert doubts(chain, flow("udp", "10.0.0.9", f"{LOCAL}:53")) == set()
    assert doubts(chain, TO_RESERVED) == set()
    assert "icmpv6" not in doubts(chain, flow("icmpv6", "8.8.8.8", LOCAL))
