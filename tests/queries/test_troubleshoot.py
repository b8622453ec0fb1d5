"""Connections of which not all is known, sets of them, and how ends are named."""

from __future__ import annotations

import pytest

from nwpolicy.model.addresses import Address
from nwpolicy.model.network import IpConfiguration, NetworkInterface, PublicIpAddress
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import DecidedBy, PathVerdict, ResultName, TroubleshootAnswer
from tests.builders import (
    ALLOW,
    DENY,
    SOURCE,
    connectivity,
    gateway,
    group,
    manager,
    nic,
    nsg,
    peering,
    private_endpoint,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.connected import APPLIANCE, NOWHERE, NVA1, causes, connect, hub_and_spokes, issues, through

TABLES = through("rt-one", ("10.2.0.0/16", NVA1)), through("rt-two", ("10.1.0.0/16", NVA1))


def depends_on(answer: TroubleshootAnswer) -> list[str]:
    return [found.name for found in answer.depends_on]


# --- what is not known ----------------------------------------------------------------------------------------------


def test_a_condition_of_a_route_decides() -> None:
    deploy = unknown("deploy", UnknownKind.CONDITION)
    table = route_table("rt-one", route("r", "10.2.0.0/16", APPLIANCE, NVA1, condition=deploy))
    answer = connect(hub_and_spokes(table, TABLES[1]), "a", "b")
    assert (answer.verdict, depends_on(answer)) == (PathVerdict.DEPENDS, ["deploy"])
    assert answer.reached is not None
    assert answer.not_reached is not None
    assert [value.name for value in answer.reached.values] == ["deploy"]


def test_a_route_table_that_the_input_lacks_decides() -> None:
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", route_table="elsewhere"), subnet("t", "10.0.1.0/24")),
        nic("a", "10.0.0.4", "v/s"),
        nic("b", "10.0.1.4", "v/t"),
    )
    answer = connect(estate, "a", "b")
    assert answer.verdict is PathVerdict.DEPENDS
    assert {"routes of elsewhere"} <= set(depends_on(answer))


def test_what_is_denied_whichever_way_is_taken_depends_on_nothing() -> None:
    estate = snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("s", "10.0.0.0/24", route_table="elsewhere"),
            subnet("t", "10.0.1.0/24", nsg="closed"),
        ),
        nsg("closed", rule("none", 100, DENY)),
        nic("a", "10.0.0.4", "v/s"),
        nic("b", "10.0.1.4", "v/t"),
    )
    assert connect(estate, "a", "b").verdict is PathVerdict.UNREACHABLE


def test_an_unknown_flag_of_forwarding_decides() -> None:
    flag = unknown("forwarding", UnknownKind.CONDITION)
    estate = hub_and_spokes(*TABLES, nic("maybe", "10.0.1.9", "hub/nva1", forwarding=flag))
    assert connect(estate, "a", "b").verdict is PathVerdict.REACHABLE
    tables = through("rt-one", ("10.2.0.0/16", "10.0.1.9")), through("rt-two", ("10.1.0.0/16", "10.0.1.9"))
    answer = connect(hub_and_spokes(*tables, nic("maybe", "10.0.1.9", "hub/nva1", forwarding=flag)), "a", "b")
    assert (answer.verdict, depends_on(answer)) == (PathVerdict.DEPENDS, ["forwarding"])


def test_the_policy_of_an_appliance_is_an_assumption() -> None:
    estate = hub_and_spokes(*TABLES)
    answer = connect(estate, "a", "b", assume={"appliance-policy": "unknown"})
    assert (answer.verdict, depends_on(answer)) == (PathVerdict.DEPENDS, ["policy of nva1"])
    assert "appliance-policy" not in {used.name for used in connect(estate, "a", "nva1").assumptions}


def test_an_address_that_azure_will_choose_is_anywhere_in_the_subnet() -> None:
    estate = hub_and_spokes(*TABLES, nic("late", None, "two/two"), nsg("open", rule("all", 100, ALLOW)), two="open")
    answer = connect(estate, "a", "late")
    assert answer.verdict is PathVerdict.REACHABLE
    assert answer.paths[0].destinations == ("10.2.0.0/24",)


def test_an_appliance_of_unknown_address_may_be_the_next_hop() -> None:
    tables = through("rt-one", ("10.2.0.0/16", "10.0.1.77")), through("rt-two", ("10.1.0.0/16", "10.0.1.77"))
    answer = connect(hub_and_spokes(*tables, nic("late", None, "hub/nva1", forwarding=True)), "a", "b")
    assert answer.verdict is PathVerdict.DEPENDS
    assert "address of late/ipconfig1" in depends_on(answer)


def test_an_unknown_next_hop_of_replies_decides() -> None:
    table = route_table("rt-two", route("r", "10.1.0.0/16", unknown("hop", UnknownKind.TEXT)))
    answer = connect(hub_and_spokes(TABLES[0], table), "a", "b")
    assert (answer.verdict, depends_on(answer)) == (PathVerdict.DEPENDS, ["hop"])
    assert answer.paths[0].replies[0].fault == "unknown"


def test_an_appliance_with_two_interfaces_may_send_on_by_either() -> None:
    two = (
        nic("out", "10.0.2.9", "hub/nva2", forwarding=True, vm="fw"),
        nic("in", "10.0.1.9", "hub/nva1", forwarding=True, vm="fw"),
    )
    tables = through("rt-one", ("10.2.0.0/16", "10.0.1.9")), through("rt-two", ("10.1.0.0/16", "10.0.2.9"))
    estate = hub_and_spokes(*tables, *two)
    assert connect(estate, "a", "b").verdict is PathVerdict.REACHABLE
    shut = hub_and_spokes(*tables, *two, route_table("rt-nva2", route("drop", "10.2.0.0/16", NOWHERE)))
    answer = connect(shut, "a", "b")
    assert answer.verdict is PathVerdict.DEPENDS
    assert depends_on(answer) == ["network interface by which in sends on"]
    same = connect(shut, "a", "b", assume={"appliance-interface": "same"})
    assert same.verdict is PathVerdict.REACHABLE


# --- sets -----------------------------------------------------------------------------------------------------------


def test_ports_left_open_give_the_sets_that_get_through_and_what_stops_the_rest() -> None:
    rules = nsg("guard", rule("no-ssh", 100, DENY, "*", "*", "22"), rule("in", 200, ALLOW, "10.1.0.0/16"))
    answer = connect(hub_and_spokes(*TABLES, rules, two="guard"), "a", "b", port=None)
    assert answer.verdict is PathVerdict.MIXED
    assert [(found.result, found.texts) for found in answer.groups] == [
        (ResultName.THROUGH, ("tcp a → b:* except 22",)),
        (ResultName.STOPPED, ("tcp a → b:22",)),
    ]
    assert [found.count for found in answer.groups] == [65536 * 65535, 65536]
    assert answer.groups[1].rule is not None
    assert answer.groups[1].rule.name == "no-ssh"


def test_a_prefix_is_parted_by_what_becomes_of_it() -> None:
    answer = connect(hub_and_spokes(*TABLES), "a", "10.2.0.0/30")
    assert answer.verdict is PathVerdict.UNREACHABLE
    answer = connect(hub_and_spokes(*TABLES), "a", "10.2.0.4/30")
    assert [found.texts for found in answer.groups] == [("tcp a → b:443",), ("tcp a → 10.2.0.4/30 except b:443",)]


def test_a_subnet_by_its_name_is_what_is_in_it() -> None:
    answer = connect(hub_and_spokes(*TABLES, nic("a2", "10.1.0.5", "one/one")), "subnet:one", "subnet:two")
    assert answer.verdict is PathVerdict.REACHABLE
    assert [path.stops[0].name for path in answer.paths] == ["a", "a2"]
    assert answer.notes == ("nothing in the input sends from 10.1.0.0/30, 10.1.0.6-10.1.0.255",)


def test_sources_of_all_sorts_start_where_they_are() -> None:
    estate = hub_and_spokes(*TABLES)
    answer = connect(estate, "10.1.0.4,192.168.0.9,8.8.8.8", "a")
    assert [path.stops[0].kind for path in answer.paths] == ["source", "on premises", "internet"]


def test_an_unused_address_of_a_subnet_sends_by_the_routes_of_the_subnet() -> None:
    answer = connect(hub_and_spokes(*TABLES), "10.1.0.99", "b")
    assert (answer.verdict, answer.paths[0].stops[0].name) == (PathVerdict.REACHABLE, "one")


def test_one_rule_at_a_hop_is_told_from_several_and_from_none() -> None:
    rules = nsg("guard", rule("web", 100, ALLOW, "*", "*", "80"), rule("rest", 200, ALLOW))
    estate = hub_and_spokes(*TABLES, rules, two="guard")
    decided = [check.decided_by for stop in connect(estate, "a", "b").paths[0].stops for check in stop.checks]
    assert decided == [*[DecidedBy.NO_RULE] * 3, DecidedBy.ONE_RULE]
    several = connect(estate, "a", "b", port=None).paths[0].stops[-1].checks[0]
    assert (several.verdict, several.decided_by, several.rule) == ("Allow", DecidedBy.SEVERAL, None)


# --- ends -----------------------------------------------------------------------------------------------------------


def test_a_machine_with_several_interfaces_has_to_be_told_which() -> None:
    estate = hub_and_spokes(nic("x1", "10.1.0.8", "one/one", vm="x"), nic("x2", "10.1.0.9", "one/one", vm="x"))
    with pytest.raises(QuestionError, match="virtual machine x has several network interfaces"):
        connect(estate, "x", "b")


def test_a_private_endpoint_starts_no_flow() -> None:
    estate = hub_and_spokes(private_endpoint("pe", "hub/nva2", "10.0.2.9"))
    with pytest.raises(QuestionError, match="pe is a private endpoint, which starts no flow"):
        connect(estate, "pe", "b")


def test_a_private_endpoint_is_not_reached_from_the_internet() -> None:
    estate = hub_and_spokes(private_endpoint("pe", "hub/nva2", "10.0.2.9"))
    assert causes(connect(estate, "Internet", "pe")) == ["pe has no public address"]


def test_a_kind_tells_an_interface_from_a_tag() -> None:
    estate = hub_and_spokes(*TABLES, nic("Storage", "10.2.0.9", "two/two"))
    assert connect(estate, "a", "nic:Storage").paths[0].stops[-1].name == "Storage"


def test_the_same_address_in_networks_that_are_not_connected_is_not_confused() -> None:
    """Unconnected networks may overlap."""

    def half(name: str, card: str) -> tuple[Resource, ...]:
        space = vnet(name, "10.0.0.0/16", subnet("s", "10.0.0.0/24"))
        return space, nic(card, "10.0.0.4", f"{name}/s"), nic(f"{card}-peer", "10.0.0.5", f"{name}/s")

    estate = snapshot(*half("x", "a"), *half("y", "b"))
    assert connect(estate, "a", "b-peer").verdict is PathVerdict.UNREACHABLE
    answer = connect(estate, "a", "10.0.0.5")
    assert answer.paths[0].stops[-1].name == "a-peer"


def two_networks(*routes: Route, address: str | None = None) -> Snapshot:
    """Networks x and y that nothing connects, and a gateway in x."""
    public = PublicIpAddress(name="p", ip_address=Address.parse(address), source=SOURCE) if address else None
    return snapshot(
        vnet("x", "10.1.0.0/16", subnet("GatewaySubnet", "10.1.0.0/27"), subnet("s", "10.1.1.0/24", route_table="rt")),
        vnet("y", "10.2.0.0/16", subnet("s", "10.2.0.0/24")),
        gateway("gw", "x", "192.168.0.0/16"),
        route_table("rt", *routes),
        nic("a", "10.1.1.4", "x/s"),
        nic("b", "10.2.0.4", "y/s", public_ip="p" if address else None),
        *((public,) if public is not None else ()),
    )


def test_forced_tunnelling_does_not_reach_an_unconnected_network_of_azure() -> None:
    """A gateway takes the packets; whether what is behind it sends them to the network, the input does not tell.

    Source: Microsoft Learn, About forced tunneling for site-to-site configurations.
    """
    estate = two_networks(route("r", "10.2.0.0/16", NextHopType.VIRTUAL_NETWORK_GATEWAY))
    answer = connect(estate, "a", "b")
    assert (answer.verdict, depends_on(answer)) == (PathVerdict.DEPENDS, ["way from behind gw to b"])
    assert connect(estate, "a", "10.2.0.4").verdict is PathVerdict.REACHABLE


def test_a_route_to_the_internet_does_not_reach_an_unconnected_network_of_azure() -> None:
    """Source: Microsoft Learn, Virtual network traffic routing: only peering or a gateway connects networks."""
    estate = two_networks(route("r", "10.2.0.0/16", NextHopType.INTERNET))
    assert connect(estate, "a", "b").verdict is PathVerdict.UNREACHABLE


@pytest.mark.parametrize("meant", ["y/s", "subnet:y/s", "vnet:y"])
def test_what_stands_in_an_unconnected_network_is_not_reached_by_its_name_either(meant: str) -> None:
    """A gateway may lead there and the internet does not, whatever the addresses would do by themselves."""
    by_gateway = connect(two_networks(route("r", "10.2.0.0/16", NextHopType.VIRTUAL_NETWORK_GATEWAY)), "a", meant)
    assert (by_gateway.verdict, depends_on(by_gateway)) == (PathVerdict.DEPENDS, [f"way from behind gw to {meant}"])
    by_internet = connect(two_networks(route("r", "10.2.0.0/16", NextHopType.INTERNET)), "a", meant)
    assert by_internet.verdict is PathVerdict.UNREACHABLE


def test_addresses_beside_a_name_are_sent_where_routes_send_them() -> None:
    estate = two_networks(route("r", "10.2.0.0/16", NextHopType.INTERNET))
    assert connect(estate, "a", "y/s, 8.8.8.8").verdict is PathVerdict.MIXED


def test_the_second_half_of_the_way_to_a_public_address_of_the_input_is_said_to_be_left_out() -> None:
    answer = connect(two_networks(address="20.1.2.3"), "a", "20.1.2.3")
    assert answer.notes == (
        "20.1.2.3 is the public address p of b",
        "the way from the internet to b is not followed: ask with --from Internet --to b",
    )


def test_networks_that_a_manager_connects_are_in_reach() -> None:
    estate = snapshot(
        vnet("x", "10.0.0.0/16", subnet("s", "10.0.0.0/24"), location="westeurope"),
        vnet("y", "10.1.0.0/16", subnet("s", "10.1.0.0/24"), location="westeurope"),
        nic("a", "10.0.0.4", "x/s"),
        nic("b", "10.1.0.4", "y/s"),
        manager("m", group("g", "x", "y"), connectivity("mesh", "m/g")),
    )
    answer = connect(estate, "a", "b")
    assert answer.verdict is PathVerdict.REACHABLE
    assert answer.paths[0].stops[0].next_hop is not None
    assert answer.paths[0].stops[0].next_hop.next_hop_type == "ConnectedGroup"


def test_forwarded_traffic_that_a_peering_does_not_allow_is_told() -> None:
    """It changes the tag VirtualNetwork, and stops no packet."""
    (path,) = connect(hub_and_spokes(*TABLES), "a", "b").paths
    assert path.warnings == ("the peering to-hub does not allow forwarded traffic, which nva1 sends",)


def test_a_gateway_of_unknown_prefixes_may_be_where_flows_come_from() -> None:
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27"), subnet("s", "10.0.1.0/24")),
        gateway("gw", "v"),
        nic("a", "10.0.1.4", "v/s"),
    )
    answer = connect(estate, "172.16.0.9", "a")
    assert answer.verdict is PathVerdict.DEPENDS
    assert answer.paths[0].stops[0].name == "perhaps behind gw"


def test_every_configuration_of_an_interface_counts() -> None:
    def configuration(name: str, address: str) -> IpConfiguration:
        found = nic("x", address, "one/one").ip_configurations[0]
        return IpConfiguration(
            name=name, private_ip_address=found.private_ip_address, subnet=found.subnet, source=SOURCE
        )

    both = configuration("c1", "10.1.0.8"), configuration("c2", "10.1.0.9")
    card = NetworkInterface(name="double", ip_configurations=both, source=SOURCE)
    answer = connect(hub_and_spokes(*TABLES, card), "double", "b")
    assert answer.paths[0].sources == ("10.1.0.8/31",)


def test_icmp_is_followed_like_any_protocol() -> None:
    answer = troubleshoot(hub_and_spokes(*TABLES), "a", "b", protocol="icmp")
    assert answer.verdict is PathVerdict.REACHABLE


def test_issues_of_what_depends_are_warnings() -> None:
    rules = nsg(
        "guard", rule("maybe", 100, unknown("access", UnknownKind.ACCESS), "10.1.0.0/16"), rule("no", 200, DENY)
    )
    answer = connect(hub_and_spokes(*TABLES, rules, two="guard"), "a", "b")
    assert answer.verdict is PathVerdict.DEPENDS
    assert issues(answer) == [("VnetLocal", "Inbound", "Warning", "NetworkSecurityRule")]
    assert causes(answer) == ["maybe of NSG guard (subnet two), into b"]


def test_what_stops_flows_on_every_way_is_told_for_each() -> None:
    both = route_table("rt-one", route("r", "10.2.0.0/16", NextHopType.VIRTUAL_APPLIANCE_ECMP, NVA1, "10.0.2.9"))
    closed = nsg("closed", rule("none", 100, DENY))
    answer = connect(hub_and_spokes(both, closed, nic("idle", "10.0.2.9", "hub/nva2"), nva1="closed"), "a", "b")
    assert answer.verdict is PathVerdict.UNREACHABLE
    assert causes(answer) == ["none of NSG closed (subnet nva1), into nva1 or IP forwarding is not enabled on idle"]
    assert answer.groups[0].stop is None
    assert issues(answer) == [
        ("Source", "Outbound", "Error", "UserDefinedRoute"),
        ("VirtualAppliance", "Inbound", "Error", "NetworkSecurityRule"),
    ]


def test_a_remote_network_that_the_input_lacks_is_not_known() -> None:
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24"), peering("far", "10.9.0.0/16")),
        nic("a", "10.0.0.4", "v/s"),
    )
    answer = connect(estate, "a", "10.9.0.4")
    assert answer.verdict is PathVerdict.DEPENDS
    assert depends_on(answer) == ["network behind peering to-far"]


def test_a_network_by_its_name_is_what_is_in_it_also_where_no_route_leads_to_the_rest() -> None:
    """The spoke's route leads to one machine of the other; a prefix beside the name means all of its addresses."""
    estate = hub_and_spokes(through("rt-one", ("10.2.0.4/32", NVA1)), TABLES[1])
    (group,) = connect(estate, "a", "vnet:two").groups
    assert (group.result, group.texts) == (ResultName.THROUGH, ("tcp a → b:443",))
    mixed = connect(estate, "a", "vnet:two, 10.2.9.0/24")
    assert mixed.verdict == "Mixed"
    assert any("10.2.9.0" in text or "10.2.0.5" in text for group in mixed.groups for text in group.texts)


@pytest.mark.parametrize("behind", ["gw", "gateway:gw", "OnPremises", "on-premises"])
def test_what_lies_behind_a_gateway_may_be_either_end(behind: str) -> None:
    estate = hub_and_spokes()
    for source, destination in ((behind, "a"), ("a", f"{behind}:443")):
        answer = connect(estate, source, destination, port=None)
        assert answer.connection_status == "Reachable"
    assert answer.asked.destination == "192.168.0.0/16"


def test_on_premises_is_no_end_without_a_gateway() -> None:
    with pytest.raises(QuestionError, match="no gateways of the input lead on premises"):
        connect(
            snapshot(vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24")), nic("a", "10.0.0.4", "v/s")),
            "OnPremises",
            "a",
        )
