"""Whether what is sent from the internet gets to the places of a change, and which flows show a change."""

from __future__ import annotations

from dataclasses import replace

import pytest

import nwpolicy
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, WayIn, WayInState
from tests.builders import (
    ALLOW,
    DENY,
    OUT,
    load_balancer,
    nic,
    nsg,
    private_endpoint,
    public_ip,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

SSH = rule("ssh", 100, ALLOW, "Internet", ports="22", protocol="Tcp")
NONE = "no public address leads there"
FIRST = nic("first", "10.0.1.4", "vnet/web")
SECOND = nic("second", "10.0.1.5", "vnet/web", public_ip="pip")
THIRD = nic("third", "10.0.1.6", "vnet/web", load_balancers=("lb",))
BALANCER = load_balancer("lb", "Standard")


def estate(*resources: Resource, rules: tuple[SecurityRule, ...] = ()) -> Snapshot:
    network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"))
    return snapshot(network, nsg("nsg", *rules), public_ip("pip", "Standard"), *resources)


def opened(*resources: Resource, by: SecurityRule = SSH) -> ChangeAnswer:
    (found,) = nwpolicy.diff(estate(*resources), estate(*resources, rules=(by,))).changes
    return found


@pytest.mark.parametrize(
    ("resources", "way_in"),
    [
        pytest.param((FIRST,), WayIn(WayInState.NONE, (), NONE), id="no address"),
        pytest.param((SECOND,), WayIn(WayInState.OPEN, ("second",), "public IP pip"), id="an address"),
        pytest.param(
            (FIRST, SECOND),
            WayIn(WayInState.OPEN, ("second",), "public IP pip to second (not to the other NIC)"),
            id="an address of one of two",
        ),
        pytest.param(
            (THIRD, BALANCER),
            WayIn(WayInState.OPEN, ("third",), "load balancer lb (taken to forward every port)"),
            id="a load balancer",
        ),
        pytest.param(
            (THIRD, load_balancer("lb", "Standard", is_public=False)),
            WayIn(WayInState.NONE, (), NONE),
            id="an internal load balancer",
        ),
        pytest.param(
            (THIRD,),
            WayIn(WayInState.POSSIBLE, ("third",), "load balancer lb (if lb is public)"),
            id="a load balancer that the input does not show",
        ),
        pytest.param(
            (),
            WayIn(WayInState.UNSEEN, (), "the input does not show whether a public address leads there"),
            id="no network interface",
        ),
        pytest.param(
            (nic("shut", "10.0.1.4", "vnet/web", nsg="shut", public_ip="pip"), nsg("shut")),
            WayIn(WayInState.NONE, (), "this concerns no network interface of the input"),
            id="an interface that its own group shuts",
        ),
    ],
)
def test_a_rule_opens_from_the_internet_what_something_leads_to(resources: tuple[Resource, ...], way_in: WayIn) -> None:
    """Microsoft Learn, Public IP addresses; What is Azure Load Balancer?"""
    assert opened(*resources).way_in == way_in


def test_a_subnet_says_if_none_of_its_interfaces_is_concerned() -> None:
    found = opened(nic("shut", "10.0.1.4", "vnet/web", nsg="shut"), nsg("shut"))
    assert found.flows[0].text == "tcp 22  Internet → subnet web (none of its NICs)"


def test_an_interface_without_an_address_beside_a_subnet_without_interfaces() -> None:
    network = vnet(
        "vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"), subnet("spare", "10.0.2.0/24", nsg="nsg")
    )
    before, after = (snapshot(network, FIRST, nsg("nsg", *rules)) for rules in ((), (SSH,)))
    (found,) = nwpolicy.diff(before, after).changes
    assert found.way_in == WayIn(WayInState.UNSEEN, (), "no public address leads to what the input shows")


def test_interfaces_of_one_name_are_counted_one_by_one() -> None:
    scopes = (f"/subscriptions/s/resourceGroups/{name}/providers/Microsoft.Network" for name in ("a", "b"))
    twins = [replace(SECOND, id=f"{scope}/networkInterfaces/second") for scope in scopes]
    assert opened(*twins).way_in == WayIn(WayInState.OPEN, ("second",), "public IP pip to second, second")


def test_what_closes_says_what_led_there() -> None:
    (closed,) = nwpolicy.diff(estate(FIRST, rules=(SSH,)), estate(FIRST)).changes
    assert closed.way_in == WayIn(WayInState.NONE, (), "no public address led there")


def test_flows_from_private_addresses_and_outbound_ones_need_no_way_in() -> None:
    private = opened(SECOND, by=rule("ssh", 100, ALLOW, "10.8.0.0/16", ports="22", protocol="Tcp"))
    outbound = opened(SECOND, by=rule("no-web", 100, DENY, "*", "Internet", "443", direction=OUT, protocol="Tcp"))
    assert (private.way_in, outbound.way_in) == (None, None)


def test_an_address_that_leads_to_another_configuration_is_no_way_in() -> None:
    (configuration,) = SECOND.ip_configurations
    both = replace(FIRST, ip_configurations=(*FIRST.ip_configurations, replace(configuration, name="second")))
    to_first = replace(SSH, destinations=rule("r", 1, ALLOW, "*", "10.0.1.4").destinations)
    to_second = replace(SSH, destinations=rule("r", 1, ALLOW, "*", "10.0.1.5").destinations)
    states = [
        next(one for one in nwpolicy.diff(estate(both), estate(both, rules=(by,))).changes).way_in
        for by in (to_first, to_second)
    ]
    assert [one.state for one in states if one is not None] == [WayInState.NONE, WayInState.OPEN]


def test_a_private_endpoint_has_no_way_in() -> None:
    """Microsoft Learn, What is a private endpoint?: it has a private address of the virtual network only."""
    network = vnet(
        "vnet",
        "10.0.0.0/16",
        subnet("web", "10.0.1.0/24", nsg="nsg", endpoint_policies="Enabled"),
    )
    before, after = (
        snapshot(network, FIRST, private_endpoint("pe", "vnet/web", "10.0.1.7"), nsg("nsg", *rules))
        for rules in ((), (SSH,))
    )
    states = {one.way_in.state for one in nwpolicy.diff(before, after).changes if one.way_in is not None}
    assert states == {WayInState.NONE}


# --- flows that show a change ---


ANYONE = rule("any", 100, ALLOW, "*", ports="22", protocol="Tcp")


def test_a_flow_is_shown_to_the_interface_that_an_address_leads_to() -> None:
    assert opened(FIRST, SECOND, by=ANYONE).witness.text == "tcp 203.0.113.4:50000 → 10.0.1.5:22"


def test_a_flow_from_inside_is_shown_where_no_address_leads() -> None:
    assert opened(FIRST, by=ANYONE).witness.text == "tcp 10.1.0.4:50000 → 10.0.1.4:22"


def test_no_flow_is_shown_to_an_interface_that_the_row_is_not_about() -> None:
    shut = nic("shut", "10.0.1.4", "vnet/web", nsg="shut")
    assert opened(shut, nsg("shut")).witness.destination not in ("10.0.1.4", "10.0.1.1")


def test_no_machine_sends_to_itself() -> None:
    within = rule("in", 100, DENY, "10.0.1.0/24", "10.0.1.0/24", "443", direction=OUT, protocol="Tcp")
    (closed,) = nwpolicy.diff(estate(FIRST, SECOND), estate(FIRST, SECOND, rules=(within,))).changes
    assert closed.kind is ChangeKind.CLOSED
    assert closed.witness.source != closed.witness.destination


def test_a_machine_that_can_only_send_to_itself_is_shown_as_it_is() -> None:
    alone = rule("in", 100, DENY, "10.0.1.4", "10.0.1.4", "443", direction=OUT, protocol="Tcp")
    (closed,) = nwpolicy.diff(estate(FIRST), estate(FIRST, rules=(alone,))).changes
    assert (closed.witness.source, closed.witness.destination) == ("10.0.1.4", "10.0.1.4")


def test_a_flow_that_depends_on_what_is_unknown_comes_from_where_it_can() -> None:
    office = unknown("officeCidr", UnknownKind.ADDRESS)
    found = opened(SECOND, by=rule("ssh", 100, ALLOW, office, ports="22", protocol="Tcp"))
    assert found.witness.text == "tcp 203.0.113.4:50000 → 10.0.1.5:22"
    assert [value.name for value in found.witness.values] == ["officeCidr"]
