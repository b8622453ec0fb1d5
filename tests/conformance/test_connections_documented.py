"""What Microsoft's documentation says of whether connections come about."""

from __future__ import annotations

from dataclasses import replace

from nwpolicy.model.routes import NextHopType
from tests.builders import (
    ALLOW,
    ALWAYS_ALLOW,
    DENY,
    OUT,
    admin_rule,
    collection,
    configuration,
    gateway,
    group,
    load_balancer,
    manager,
    nic,
    nsg,
    peering,
    private_endpoint,
    public_ip,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    vnet,
)
from tests.connected import (
    GATEWAY,
    NOWHERE,
    NVA1,
    NVA2,
    causes,
    connect,
    hub_and_spokes,
    issues,
    stops,
    through,
)

ONE_TO_TWO = ("10.2.0.0/16", NVA1)
TWO_TO_ONE = ("10.1.0.0/16", NVA1)


def test_traffic_reaches_a_machine_of_the_same_network_by_its_system_route() -> None:
    """Virtual network traffic routing, "Default": resources of a virtual network reach one another without routes."""
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s1", "10.0.1.0/24"), subnet("s2", "10.0.2.0/24")),
        nic("a", "10.0.1.4", "v/s1"),
        nic("b", "10.0.2.4", "v/s2"),
    )
    answer = connect(estate, "a", "b")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["a", "b"])


def test_peering_is_not_transitive() -> None:
    """Virtual network peering: spokes of a hub are not peered with one another."""
    answer = connect(hub_and_spokes(), "a", "b")
    assert answer.connection_status == "Unreachable"
    assert causes(answer) == ["the next hop is None"]
    assert issues(answer) == [("Source", "Outbound", "Error", "Platform")]


def test_spokes_reach_one_another_through_an_appliance_in_the_hub() -> None:
    """Virtual network peering, "Service chaining": routes point to an appliance in the peered network."""
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE))
    answer = connect(estate, "a", "b")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["a", "nva1", "b"])
    assert [hop.type for hop in answer.hops] == ["Source", "VirtualAppliance", "VnetLocal"]
    assert "appliance-policy" in {used.name for used in answer.assumptions}


def test_packets_pass_two_appliances_one_behind_the_other() -> None:
    """Virtual network traffic routing: every subnet's packets follow the routes of that subnet."""
    estate = hub_and_spokes(
        through("rt-one", ONE_TO_TWO),
        through("rt-nva1", ("10.2.0.0/16", NVA2)),
        through("rt-nva2", ("10.1.0.0/16", NVA1)),
        through("rt-two", ("10.1.0.0/16", NVA2)),
    )
    answer = connect(estate, "a", "b")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["a", "nva1", "nva2", "b"])
    assert answer.paths[0].replies[0].appliances == ("nva2", "nva1")


def test_an_appliance_needs_ip_forwarding_on_its_interface() -> None:
    """Virtual network traffic routing, "User-defined": a network interface that forwards has to have IP forwarding
    enabled."""
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE), forwarding=False)
    answer = connect(estate, "a", "b")
    assert causes(answer) == ["IP forwarding is not enabled on nva1"]
    assert answer.groups[0].help == "enable IP forwarding on nva1"
    assert issues(answer) == [("Source", "Outbound", "Error", "UserDefinedRoute")]
    (hop, *_) = answer.hops
    context = {entry.key: entry.value for entry in hop.issues[0].context}
    assert context["RouteType"] == "User"
    assert context["NextHopIpAddress"] == NVA1


def test_what_is_sent_to_the_appliance_itself_needs_no_forwarding() -> None:
    estate = hub_and_spokes(through("rt-one", ("10.0.0.0/16", NVA1)), forwarding=False)
    assert connect(estate, "a", "nva1").connection_status == "Reachable"


def test_an_appliance_in_a_subnet_that_routes_to_it_is_a_loop() -> None:
    """Virtual network traffic routing, "User-defined": deploy an appliance into another subnet than the resources that
    route through it, as routing loops can result."""
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.1.0/24", route_table="rt"), subnet("t", "10.0.2.0/24")),
        through("rt", ("10.0.2.0/24", "10.0.1.9")),
        nic("nva", "10.0.1.9", "v/s", forwarding=True),
        nic("a", "10.0.1.4", "v/s"),
        nic("b", "10.0.2.4", "v/t"),
    )
    answer = connect(estate, "a", "b")
    assert causes(answer) == ["a loop, nva → nva"]
    assert answer.groups[0].help == "route these destinations from s past nva"
    assert issues(answer) == [("VirtualAppliance", "Outbound", "Error", "UserDefinedRoute")]


def test_appliances_that_route_to_one_another_are_a_loop() -> None:
    estate = hub_and_spokes(
        through("rt-one", ONE_TO_TWO),
        through("rt-nva1", ("10.2.0.0/16", NVA2)),
        through("rt-nva2", ("10.2.0.0/16", NVA1)),
    )
    answer = connect(estate, "a", "b")
    assert causes(answer) == ["a loop, nva1 → nva2 → nva1"]
    source, first, second, destination = answer.hops
    assert second.next_hop_ids == (destination.id, first.id)
    assert first.previous_hop_ids == (source.id, second.id)


def test_a_next_hop_that_nothing_has_takes_nothing() -> None:
    """Virtual network traffic routing, "User-defined": the next hop is the private address of a network interface or of
    an internal load balancer."""
    estate = hub_and_spokes(through("rt-one", ("10.2.0.0/16", "10.0.1.77")))
    answer = connect(estate, "a", "b")
    assert causes(answer) == ["nothing in the input has the address 10.0.1.77"]
    assert "unseen-addresses" in {used.name for used in answer.assumptions}
    assert connect(estate, "a", "b", assume={"unseen-addresses": "unknown"}).verdict == "Depends"


def test_a_next_hop_has_to_be_directly_reachable() -> None:
    """Virtual network traffic routing, "User-defined": a next hop address without direct connectivity is invalid, as is
    that of an appliance in a network that is not peered."""
    estate = hub_and_spokes(
        through("rt-one", ("10.2.0.0/16", "10.9.0.4")),
        vnet("far", "10.9.0.0/16", subnet("s", "10.9.0.0/24")),
        nic("far-nva", "10.9.0.4", "far/s", forwarding=True),
    )
    assert causes(connect(estate, "a", "b")) == ["no network in reach has the address 10.9.0.4"]


def test_an_internal_load_balancer_may_be_the_next_hop() -> None:
    """Virtual network traffic routing, "User-defined": the private address of an internal load balancer, for high
    availability."""
    estate = hub_and_spokes(
        through("rt-one", ("10.2.0.0/16", "10.0.1.100")),
        through("rt-two", ("10.1.0.0/16", "10.0.1.100")),
        load_balancer("lb", "Standard", is_public=False, frontend=("10.0.1.100", "hub/nva1")),
        nic("fw1", "10.0.1.11", "hub/nva1", forwarding=True, load_balancers=["lb"]),
        nic("fw2", "10.0.1.12", "hub/nva1", forwarding=True, load_balancers=["lb"]),
    )
    answer = connect(estate, "a", "b")
    assert answer.connection_status == "Reachable"
    assert {path.stops[1].name for path in answer.paths} == {"fw1 behind lb", "fw2 behind lb"}
    unsure = connect(estate, "a", "b", assume={"load-balancer-ports": "unknown"})
    assert "ports of lb" in [unknown.name for unknown in unsure.depends_on]
    bare = hub_and_spokes(
        through("rt-one", ("10.2.0.0/16", "10.0.1.100")),
        load_balancer("lb", "Standard", is_public=False, frontend=("10.0.1.100", "hub/nva1")),
    )
    assert [unknown.name for unknown in connect(bare, "a", "b").depends_on] == ["backend of lb"]


def test_one_backend_without_forwarding_makes_it_a_matter_of_chance() -> None:
    estate = hub_and_spokes(
        through("rt-one", ("10.2.0.0/16", "10.0.1.100")),
        through("rt-two", ("10.1.0.0/16", "10.0.1.100")),
        load_balancer("lb", "Standard", is_public=False, frontend=("10.0.1.100", "hub/nva1")),
        nic("fw1", "10.0.1.11", "hub/nva1", forwarding=True, load_balancers=["lb"]),
        nic("fw2", "10.0.1.12", "hub/nva1", load_balancers=["lb"]),
    )
    answer = connect(estate, "a", "b")
    assert answer.verdict == "Depends"
    assert [unknown.name for unknown in answer.depends_on] == ["backend of lb"]


def test_an_appliances_own_groups_see_the_addresses_of_the_flow() -> None:
    """Virtual network traffic routing: an appliance gets packets with source and destination as they were sent, so that
    AllowVnetInBound of its group lets in only what goes between connected networks."""
    rules = nsg("guard", rule("no-https", 100, DENY, "10.1.0.0/16", "10.2.0.0/16", "443"))
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE), rules, nva1="guard")
    answer = connect(estate, "a", "b")
    assert issues(answer) == [("VirtualAppliance", "Inbound", "Error", "NetworkSecurityRule")]
    (hop,) = [hop for hop in answer.hops if hop.issues]
    assert [(entry.key, entry.value) for entry in hop.issues[0].context] == [("RuleName", "UserRule_no-https")]
    assert answer.groups[0].stop == 2


def test_outbound_rules_of_an_appliance_count_too() -> None:
    rules = nsg("guard", rule("no-https", 100, DENY, "*", "10.2.0.0/16", "443", direction=OUT))
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE), rules, nva1="guard")
    assert issues(connect(estate, "a", "b")) == [("VirtualAppliance", "Outbound", "Error", "NetworkSecurityRule")]


def test_no_route_to_an_appliance_for_replies_breaks_a_connection() -> None:
    """Deploy highly available network virtual appliances: stateful appliances need both directions of a flow to pass
    the same appliance."""
    estate = hub_and_spokes(through("rt-nva1"), through("rt-one", ("192.168.0.0/16", NVA1)))
    answer = connect(estate, "a", "192.168.0.4")
    assert causes(answer) == ["replies pass no appliance, the request does"]
    assert answer.groups[0].help == "route the replies from GatewaySubnet through nva1"
    assert issues(answer) == [("Destination", "Outbound", "Error", "UserDefinedRoute")]
    assert answer.groups[0].on_the_way_back
    stateless = connect(estate, "a", "192.168.0.4", assume={"appliance-state": "stateless"})
    assert stateless.connection_status == "Reachable"


def test_to_an_appliance_that_sees_replies_only_they_are_flows_of_their_own() -> None:
    """Network security groups overview: only what answers a flow that was seen needs no rule."""
    back = through("rt-gateway", ("10.1.0.0/16", NVA1))
    stateless = {"appliance-state": "stateless"}
    assert connect(hub_and_spokes(back), "a", "192.168.0.4", assume=stateless).connection_status == "Reachable"
    closed = nsg("closed", rule("no-answers", 100, DENY, "192.168.0.0/16", "10.1.0.0/16"))
    answer = connect(hub_and_spokes(back, closed, nva1="closed"), "a", "192.168.0.4", assume=stateless)
    assert causes(answer) == ["no-answers of NSG closed (subnet nva1), which sees replies only"]
    assert answer.groups[0].on_the_way_back
    other = nsg("closed", rule("no-requests", 100, DENY, "10.1.0.0/16", "192.168.0.0/16"))
    answer = connect(hub_and_spokes(back, other, nva1="closed"), "a", "192.168.0.4", assume=stateless)
    assert answer.connection_status == "Reachable"


def test_replies_through_another_appliance_break_a_connection() -> None:
    """Deploy highly available network virtual appliances, on asymmetric routing."""
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", ("10.1.0.0/16", NVA2)))
    assert causes(connect(estate, "a", "b")) == ["replies pass nva2, the request does not"]


def test_replies_need_no_rule_but_a_route() -> None:
    """Network security groups overview: responses are allowed whatever the rules; Virtual network traffic routing: they
    are routed like any packet."""
    closed = nsg("closed", rule("none", 100, DENY, direction=OUT))
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE), closed, two="closed")
    assert connect(estate, "a", "b").connection_status == "Reachable"
    lost = route_table("rt-two", route("drop", "10.1.0.0/16", NOWHERE))
    answer = connect(hub_and_spokes(through("rt-one", ONE_TO_TWO), lost), "a", "b")
    assert causes(answer) == ["replies do not come back: the next hop is None"]


def test_a_default_route_to_an_appliance_takes_machines_off_the_internet() -> None:
    """Virtual network traffic routing, "0.0.0.0/0 address prefix": after it is overridden, resources of the subnet can
    no longer be reached directly from the internet."""
    opened = nsg("open", rule("web", 100, ALLOW, "Internet", "*", "443"))
    published = nic("web", "10.1.0.9", "one/one", public_ip="pip", nsg="open")
    pip = public_ip("pip", "Standard")
    answer = connect(hub_and_spokes(published, pip, opened), "Internet", "web")
    assert answer.connection_status == "Reachable"
    estate = hub_and_spokes(published, pip, opened, through("rt-one", ("0.0.0.0/0", NVA1)))
    answer = connect(estate, "Internet", "web")
    assert causes(answer) == ["replies leave by nva1, not by the public address that the request came to"]
    assert issues(answer) == [("VnetLocal", "Outbound", "Error", "UserDefinedRoute")]


def test_forced_tunnelling_takes_machines_off_the_internet() -> None:
    """About forced tunneling: all traffic to the internet goes back on premises; Virtual network traffic routing,
    "0.0.0.0/0 address prefix"."""
    opened = nsg("open", rule("web", 100, ALLOW, "Internet", "*", "443"))
    published = nic("web", "10.1.0.9", "one/one", public_ip="pip", nsg="open")
    forced = route_table("rt-one", route("default", "0.0.0.0/0", GATEWAY))
    estate = hub_and_spokes(published, public_ip("pip", "Basic"), opened, forced)
    answer = connect(estate, "Internet", "web")
    assert causes(answer) == ["replies do not come back: the gateway gw takes it"]
    out = connect(estate, "a", "8.8.8.8")
    assert (out.connection_status, out.paths[0].end.kind) == ("Reachable", "on premises")


def test_a_standard_public_address_is_closed_without_a_group() -> None:
    """What is Azure Load Balancer?, "Secure by default"."""
    estate = hub_and_spokes(nic("web", "10.1.0.9", "one/one", public_ip="pip"), public_ip("pip", "Standard"))
    answer = connect(estate, "Internet", "web")
    assert causes(answer) == ["a Standard public IP address is closed without an NSG"]
    assert issues(answer) == [("VnetLocal", "Inbound", "Error", "Platform")]


def test_without_a_public_address_nothing_comes_in_from_the_internet() -> None:
    assert causes(connect(hub_and_spokes(), "Internet", "a")) == ["a has no public address"]


def test_what_comes_from_on_premises_follows_the_routes_of_the_gateway_subnet() -> None:
    """Virtual network traffic routing, "Virtual network gateway": a route table of GatewaySubnet sends what comes in
    through an appliance."""
    tables = through("rt-gateway", ("10.1.0.0/16", NVA1)), through("rt-one", ("192.168.0.0/16", NVA1))
    answer = connect(hub_and_spokes(*tables), "192.168.0.4", "a")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["behind gw", "GatewaySubnet", "nva1", "a"])
    assert connect(hub_and_spokes(*tables), "gw", "a").connection_status == "Reachable"


def test_a_spoke_that_does_not_use_the_hubs_gateway_is_not_reached_from_on_premises() -> None:
    """Configure VPN gateway transit for virtual network peering."""

    def estate(transit: bool, uses: bool) -> list[str]:
        found = snapshot(
            vnet("hub", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/24"), peering("one", gateway_transit=transit)),
            vnet("one", "10.1.0.0/16", subnet("s", "10.1.0.0/24"), peering("hub", remote_gateways=uses)),
            gateway("gw", "hub", "192.168.0.0/16"),
            nic("a", "10.1.0.4", "one/s"),
        )
        return causes(connect(found, "192.168.0.4", "a"))

    assert estate(True, True) == []
    assert estate(True, False) == estate(False, True) == ["one does not use the gateway gw"]


def test_no_propagation_leaves_on_premises_unreachable() -> None:
    """Virtual network traffic routing, "Border gateway protocol": without propagation of gateway routes a subnet has no
    routes to on-premises."""
    estate = hub_and_spokes(route_table("rt-one", disable_bgp=True))
    assert causes(connect(estate, "a", "192.168.0.4")) == ["the next hop is None"]
    assert connect(hub_and_spokes(), "a", "192.168.0.4").connection_status == "Reachable"


def test_a_route_to_a_gateway_that_no_network_has_leads_nowhere() -> None:
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", route_table="rt")),
        route_table("rt", route("default", "0.0.0.0/0", GATEWAY)),
        nic("a", "10.0.0.4", "v/s"),
    )
    assert causes(connect(estate, "a", "8.8.8.8")) == ["v uses no VPN gateway"]


def test_a_user_defined_route_leads_to_vpn_gateways_only() -> None:
    """Virtual network traffic routing, "User-defined": a gateway of type ExpressRoute cannot be the next hop, as
    it takes custom routes by BGP."""

    def estate(kind: str) -> list[str]:
        found = snapshot(
            vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", route_table="rt")),
            route_table("rt", route("default", "0.0.0.0/0", GATEWAY)),
            replace(gateway("gw", "v", "192.168.0.0/16"), gateway_type=kind),
            nic("a", "10.0.0.4", "v/s"),
        )
        return causes(connect(found, "a", "8.8.8.8"))

    assert estate("ExpressRoute") == ["v uses no VPN gateway"]
    assert "v uses no VPN gateway" not in estate("Vpn")


def test_a_peering_has_to_be_connected_on_both_sides() -> None:
    """Create, change, or delete a virtual network peering: the state is Connected once both sides are created."""

    def estate(*back: str, state: str | None = None) -> list[str]:
        found = snapshot(
            vnet("x", "10.0.0.0/16", subnet("s", "10.0.0.0/24"), peering("y", state=state)),
            vnet("y", "10.1.0.0/16", subnet("s", "10.1.0.0/24"), *(peering(name) for name in back)),
            nic("a", "10.0.0.4", "x/s"),
            nic("b", "10.1.0.4", "y/s"),
        )
        choice = {"one-sided-peering": "disconnected"}
        return causes(connect(found, "a", "b", assume=choice))

    assert estate("x") == []
    assert estate() == ["the next hop is None"]
    assert estate("x", state="Initiated") == ["the next hop is None"]


def test_always_allow_at_one_interface_only_skips_the_groups_of_that_one() -> None:
    """Security admin rules in Azure Virtual Network Manager: AlwaysAllow delivers past the network security groups of
    the networks that it applies to; here only that of the destination."""
    always = configuration("c", collection("rc", ["m/g"], admin_rule("always", 1, ALWAYS_ALLOW, ports="443")))
    closed = nsg("closed", rule("none", 100, DENY), rule("none-out", 100, DENY, direction=OUT))
    tables = through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE)
    estate = hub_and_spokes(*tables, closed, manager("m", group("g", "two"), always), two="closed")
    assert connect(estate, "a", "b").connection_status == "Reachable"
    guarded = hub_and_spokes(*tables, closed, manager("m", group("g", "two"), always), two="closed", nva1="closed")
    assert issues(connect(guarded, "a", "b")) == [("VirtualAppliance", "Inbound", "Error", "NetworkSecurityRule")]


def test_azure_firewall_has_a_subnet_for_itself_and_no_group() -> None:
    """Azure Firewall frequently asked questions: network security groups are not used on AzureFirewallSubnet, which
    holds nothing but the firewall."""
    estate = snapshot(
        vnet("hub", "10.0.0.0/16", subnet("AzureFirewallSubnet", "10.0.1.0/26"), peering("one"), peering("two")),
        vnet("one", "10.1.0.0/16", subnet("s", "10.1.0.0/24", route_table="rt"), peering("hub")),
        vnet("two", "10.2.0.0/16", subnet("s", "10.2.0.0/24", route_table="rt"), peering("hub")),
        through("rt", ("0.0.0.0/0", "10.0.1.4")),
        nic("a", "10.1.0.4", "one/s"),
        nic("b", "10.2.0.4", "two/s"),
    )
    answer = connect(estate, "a", "b")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["a", "AzureFirewallSubnet", "b"])
    assert answer.paths[0].stops[1].kind == "Azure Firewall"


def test_a_private_endpoint_is_reached_past_a_default_route() -> None:
    """Manage network policies for private endpoints: the /32 route of an endpoint is not overridden by 0.0.0.0/0."""
    estate = hub_and_spokes(through("rt-one", ("0.0.0.0/0", NVA1)), private_endpoint("pe", "hub/nva2", "10.0.2.9"))
    answer = connect(estate, "a", "pe")
    assert (answer.connection_status, stops(answer)) == ("Reachable", ["a", "pe"])


def test_the_platform_is_reached_whatever_the_routes() -> None:
    """What is IP address 168.63.129.16?: the address is not subject to user-defined routes."""
    estate = hub_and_spokes(route_table("rt-one", route("drop", "0.0.0.0/0", NOWHERE)))
    assert connect(estate, "a", "168.63.129.16", port="53").connection_status == "Reachable"


def test_azure_spreads_flows_over_several_next_hops() -> None:
    """Azure Network REST API, `RouteNextHopEcmp`: a route may have several next hops."""
    both = route_table("rt-one", route("both", "10.2.0.0/16", NextHopType.VIRTUAL_APPLIANCE_ECMP, NVA1, NVA2))
    estate = hub_and_spokes(both, through("rt-two", TWO_TO_ONE))
    answer = connect(estate, "a", "b")
    assert answer.verdict == "Depends"
    assert [unknown.name for unknown in answer.depends_on] == [f"one of {NVA1}, {NVA2}"]
    assert len(answer.paths) == 2


def test_both_families_are_followed() -> None:
    """What is IPv6 for Azure Virtual Network?: dual-stack networks route and filter both families."""
    closed = nsg("v4-only", rule("no-v6", 100, DENY, "::/0", "::/0"), rule("all", 200, ALLOW))
    space, far = ("10.0.0.0/16", "fd00::/48"), subnet("t", "10.0.1.0/24", "fd00:0:0:1::/64", nsg="v4-only")
    estate = snapshot(
        vnet("v", space, subnet("s", "10.0.0.0/24", "fd00::/64"), far),
        closed,
        nic("a4", "10.0.0.4", "v/s"),
        nic("a6", "fd00::4", "v/s"),
        nic("b4", "10.0.1.4", "v/t"),
        nic("b6", "fd00:0:0:1::4", "v/t"),
    )
    assert connect(estate, "a4", "b4").connection_status == "Reachable"
    assert issues(connect(estate, "a6", "b6")) == [("VnetLocal", "Inbound", "Error", "NetworkSecurityRule")]


def test_hops_are_linked_in_both_directions() -> None:
    """Network Watcher REST API, `ConnectivityHop`."""
    estate = hub_and_spokes(through("rt-one", ONE_TO_TWO), through("rt-two", TWO_TO_ONE))
    first, second, third = connect(estate, "a", "b").hops
    assert first.next_hop_ids == (second.id,) == third.previous_hop_ids
    assert [link.next_hop_id for link in second.links] == [third.id]
    assert (first.previous_hop_ids, third.next_hop_ids) == ((), ())


def test_nothing_is_measured() -> None:
    answer = connect(hub_and_spokes(), "a", "nva1")
    assert (answer.probes_sent, answer.probes_failed, answer.avg_latency_in_ms) == (0, 0, None)
    assert answer.not_measured
