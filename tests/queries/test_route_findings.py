"""Findings about routes: each kind as it is documented, and where there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.model.avnm import MemberType
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.routefindings import RouteFinding, RouteFindingKind, route_findings
from nwpolicy.queries.routefindings.finding import REFERENCES
from nwpolicy.readers import nwp
from tests.builders import (
    ALLOW,
    DENY,
    catalogue,
    connection,
    gateway,
    group,
    manager,
    nic,
    nsg,
    peering,
    public_ip,
    route,
    route_table,
    routing,
    routing_rule,
    rule,
    site,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.routed import APPLIANCE, GATEWAY, INTERNET, NOWHERE, routing_example

KIND = RouteFindingKind
#: Networks that are connected, a firewall in the hub, and a route table for the spoke.
HUB_SPACE, FIREWALL = "10.0.0.0/16", "10.0.1.4"


def hub_and_spoke(
    *routes: Route, firewall: Resource | None = None, others: Sequence[Resource] = (), nsg: str | None = None
) -> Snapshot:
    return snapshot(
        vnet("hub", HUB_SPACE, subnet("firewall", "10.0.1.0/24"), peering("spoke")),
        vnet("spoke", "10.1.0.0/16", subnet("web", "10.1.0.0/24", route_table="rt", nsg=nsg), peering("hub")),
        firewall or nic("nic-firewall", FIREWALL, "hub/firewall", forwarding=True),
        route_table("rt", *routes),
        *others,
    )


def found(estate: Snapshot, *kinds: RouteFindingKind, assume: Mapping[str, str] | None = None) -> list[RouteFinding]:
    """The findings of some kinds; of all if none is given."""
    everything = route_findings(estate, Assumptions.of(assume or {}))
    return [finding for finding in everything if not kinds or finding.kind in kinds]


def only(estate: Snapshot, *kinds: RouteFindingKind, assume: Mapping[str, str] | None = None) -> RouteFinding:
    (finding,) = found(estate, *kinds, assume=assume)
    return finding


DEFAULT = route("default", "0.0.0.0/0", APPLIANCE, FIREWALL)


def test_forced_tunnelling_through_a_forwarding_appliance_of_the_hub_is_as_it_should_be() -> None:
    """Microsoft Learn, Hub-spoke network topology in Azure; Virtual network traffic routing, "User-defined"."""
    assert found(hub_and_spoke(DEFAULT)) == []


def test_the_documented_routing_example_has_no_finding_but_for_its_appliance_that_it_does_not_define() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example"."""
    findings = found(routing_example())
    assert {finding.kind for finding in findings} == {KIND.UNKNOWN_NEXT_HOP}
    assert not any(finding.certain for finding in findings)


# --- next hops ---


def test_a_next_hop_outside_of_every_connected_network_is_no_next_hop() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined": the next hop has to be reachable directly."""
    finding = only(hub_and_spoke(route("default", "0.0.0.0/0", APPLIANCE, "10.9.0.4")))
    assert finding.kind is KIND.UNKNOWN_NEXT_HOP
    assert (finding.certain, finding.severity) == (True, Severity.ERROR)
    assert finding.message == "no network in reach has the address 10.9.0.4, the next hop of route default of rt"
    assert finding.witness == "198.51.100.4 from spoke/web"
    assert finding.subnets == ("spoke/web",)


def test_a_next_hop_that_nothing_in_the_input_has_may_be_something_that_the_input_does_not_show() -> None:
    """As above; an Azure resource that is no network interface may have the address."""
    finding = only(hub_and_spoke(route("default", "0.0.0.0/0", APPLIANCE, "10.0.1.9")))
    assert (finding.kind, finding.certain, finding.severity) == (KIND.UNKNOWN_NEXT_HOP, False, Severity.WARNING)
    assert [used.name for used in finding.assumptions] == ["unseen-addresses"]


def test_a_next_hop_in_a_network_that_the_input_does_not_show_is_no_finding_for_certain() -> None:
    estate = snapshot(
        vnet("spoke", "10.1.0.0/16", subnet("web", "10.1.0.0/24", route_table="rt"), peering("hub")),
        route_table("rt", DEFAULT),
    )
    assert not any(finding.certain for finding in found(estate))


def test_a_next_hop_in_the_subnet_of_an_azure_firewall_is_that() -> None:
    """Microsoft Learn, Azure Firewall frequently asked questions: it is alone in AzureFirewallSubnet."""
    estate = snapshot(
        vnet("hub", HUB_SPACE, subnet("AzureFirewallSubnet", "10.0.1.0/24"), peering("spoke")),
        vnet("spoke", "10.1.0.0/16", subnet("web", "10.1.0.0/24", route_table="rt"), peering("hub")),
        route_table("rt", DEFAULT),
    )
    assert found(estate) == []


def test_an_interface_of_which_the_address_is_not_known_may_be_the_next_hop() -> None:
    hidden = nic("nic-firewall", None, "hub/firewall", forwarding=True)
    assert not any(finding.certain for finding in found(hub_and_spoke(DEFAULT, firewall=hidden)))


def test_the_next_hop_gateway_where_the_network_uses_none() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined", Virtual network gateway."""
    finding = only(hub_and_spoke(route("office", "172.16.0.0/12", GATEWAY)))
    assert (finding.kind, finding.certain) == (KIND.NO_GATEWAY, False)


def test_the_next_hop_gateway_where_the_network_has_one() -> None:
    others = (gateway("vpn", "spoke"), site("office", "192.168.0.0/16"), connection("c", "vpn", "office"))
    assert found(hub_and_spoke(route("office", "172.16.0.0/12", GATEWAY), others=others)) == []


def test_no_user_defined_route_leads_to_an_express_route_gateway() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined", Virtual network gateway."""
    express = replace(gateway("er", "spoke", "192.168.0.0/16"), gateway_type="ExpressRoute")
    finding = only(hub_and_spoke(route("office", "172.16.0.0/12", GATEWAY), others=(express,)))
    assert (finding.kind, finding.certain, finding.severity) == (KIND.EXPRESS_ROUTE_HOP, True, Severity.ERROR)
    assert finding.message == "route office of rt leads to a gateway, and er is an ExpressRoute gateway"


def test_an_appliance_whose_interface_does_not_forward_drops_what_is_sent_to_it() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined": enable IP forwarding for the appliance."""
    finding = only(hub_and_spoke(DEFAULT, firewall=nic("nic-firewall", FIREWALL, "hub/firewall")))
    assert (finding.kind, finding.certain, finding.severity) == (KIND.NOT_FORWARDING, True, Severity.ERROR)
    assert finding.message == "nic-firewall does not forward, and is the next hop 10.0.1.4 of route default of rt"
    assert finding.fix == "enable IP forwarding on nic-firewall"


def test_an_appliance_of_which_it_is_not_known_whether_it_forwards() -> None:
    flag = unknown("forwarding", UnknownKind.CONDITION)
    finding = only(hub_and_spoke(DEFAULT, firewall=nic("nic-firewall", FIREWALL, "hub/firewall", forwarding=flag)))
    assert (finding.kind, finding.certain, finding.severity) == (KIND.NOT_FORWARDING, False, Severity.WARNING)
    assert [dependency.name for dependency in finding.depends_on] == ["forwarding"]


def test_a_route_that_may_not_be_there_makes_no_certain_finding() -> None:
    maybe = replace(DEFAULT, condition=unknown("tunnel", UnknownKind.CONDITION))
    finding = only(hub_and_spoke(maybe, firewall=nic("nic-firewall", FIREWALL, "hub/firewall")))
    assert not finding.certain
    assert [dependency.name for dependency in finding.depends_on] == ["tunnel"]


def test_an_appliance_in_the_subnet_that_it_serves_gets_back_what_it_sends_on() -> None:
    """Microsoft Learn, Virtual network traffic routing, "User-defined": an appliance in the subnet of the resources
    that are routed through it can make a loop."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", route_table="rt")),
        nic("nic-firewall", FIREWALL, "vnet/web", forwarding=True),
        route_table("rt", DEFAULT),
    )
    finding = only(estate)
    assert (finding.kind, finding.certain) == (KIND.LOOP, True)
    assert finding.message == "what route default of rt sends to 10.0.1.4 comes back to it"
    assert finding.reason == "nic-firewall is in vnet/web itself, and the route holds for what it sends on as well"
    assert "appliance-policy" in {used.name for used in finding.assumptions}


def test_two_appliances_that_route_to_one_another() -> None:
    """As above, by way of two subnets."""
    estate = snapshot(
        vnet(
            "vnet",
            "10.0.0.0/16",
            subnet("one", "10.0.1.0/24", route_table="rt-one"),
            subnet("two", "10.0.2.0/24", route_table="rt-two"),
        ),
        nic("nic-one", "10.0.1.4", "vnet/one", forwarding=True),
        nic("nic-two", "10.0.2.4", "vnet/two", forwarding=True),
        route_table("rt-one", route("to-two", "0.0.0.0/0", APPLIANCE, "10.0.2.4")),
        route_table("rt-two", route("to-one", "0.0.0.0/0", APPLIANCE, "10.0.1.4")),
    )
    findings = found(estate)
    assert {finding.kind for finding in findings} == {KIND.LOOP}
    assert {finding.message.split(" sends")[0] for finding in findings} == {
        "what route to-two of rt-one",
        "what route to-one of rt-two",
    }


def test_one_finding_for_a_route_table_of_many_subnets() -> None:
    subnets = [subnet(f"s{index}", f"10.0.{index}.0/24", route_table="rt") for index in range(3)]
    finding = only(
        snapshot(
            vnet("vnet", "10.0.0.0/16", *subnets),
            route_table("rt", route("default", "0.0.0.0/0", APPLIANCE, "192.168.0.4")),
        )
    )
    assert finding.subnets == ("vnet/s0", "vnet/s1", "vnet/s2")


# --- GatewaySubnet ---


def gateway_subnet(*more: Resource) -> Snapshot:
    return snapshot(
        vnet("hub", HUB_SPACE, subnet("GatewaySubnet", "10.0.0.0/27", route_table="rt"), subnet("fw", "10.0.1.0/24")),
        gateway("vpn", "hub", "192.168.0.0/16"),
        nic("nic-firewall", FIREWALL, "hub/fw", forwarding=True),
        *more,
    )


def test_a_default_route_on_gateway_subnet_is_not_supported() -> None:
    """Microsoft Learn, About VPN Gateway configuration settings, "Gateway subnet"."""
    finding = only(gateway_subnet(route_table("rt", DEFAULT)))
    assert (finding.kind, finding.certain, finding.severity) == (KIND.GATEWAY_DEFAULT_ROUTE, True, Severity.ERROR)
    assert finding.subnets == ("hub/GatewaySubnet",)


def test_routes_for_spokes_on_gateway_subnet_are_right() -> None:
    """Microsoft Learn, Azure Firewall, Deploy and configure in a hybrid network: the hub's gateway subnet routes to the
    firewall what goes to the spokes."""
    assert found(gateway_subnet(route_table("rt", route("spoke", "10.1.0.0/16", APPLIANCE, FIREWALL)))) == []


def test_gateway_routes_have_to_propagate_to_gateway_subnet() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Border gateway protocol"."""
    finding = only(gateway_subnet(route_table("rt", disable_bgp=True)))
    assert (finding.kind, finding.certain) == (KIND.GATEWAY_PROPAGATION, True)
    assert finding.message == "rt keeps the routes of the gateway out of hub/GatewaySubnet"


def test_a_managers_collection_may_keep_gateway_routes_out_of_gateway_subnet() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager: services in the hub keep their
    limits; whether a collection applies to GatewaySubnet is not said."""
    managed = manager("vnm", group("hubs", "hub"), routing("rc", "hubs", disable_bgp=True))
    estate = snapshot(vnet("hub", HUB_SPACE, subnet("GatewaySubnet", "10.0.0.0/27")), gateway("vpn", "hub"), managed)
    finding = only(estate)
    assert (finding.kind, finding.certain, finding.severity) == (KIND.GATEWAY_PROPAGATION, False, Severity.WARNING)


def test_propagation_that_is_not_known_is_no_finding() -> None:
    assert found(gateway_subnet(route_table("rt", disable_bgp=unknown("off", UnknownKind.CONDITION)))) == []


# --- flows from the internet ---


def public_web(*routes: Route, access: str = "allow", firewall: Resource | None = None) -> Snapshot:
    """A subnet with a network interface that has a public address and a group that decides about HTTPS."""
    decision = ALLOW if access == "allow" else DENY
    https = rule("https", 100, decision, "Internet", "10.1.0.0/24", "443", protocol="Tcp")
    others = (
        nsg("nsg-web", https, rule("deny-all", 4096, DENY)),
        nic("nic-web", "10.1.0.4", "spoke/web", public_ip="pip"),
        public_ip("pip", "Standard"),
    )
    return hub_and_spoke(*routes, firewall=firewall, others=others, nsg="nsg-web")


def test_replies_to_the_internet_that_leave_by_an_appliance_are_lost() -> None:
    """Microsoft Learn, Virtual network traffic routing, "0.0.0.0/0 address prefix": the subnet is not directly
    reachable from the internet any more; Integrate Azure Firewall with Azure Standard Load Balancer."""
    finding = only(public_web(DEFAULT), KIND.ASYMMETRIC)
    assert finding.certain
    assert finding.message == (
        "replies of nic-web to the internet do not leave by its public address but by route default of rt"
    )
    assert finding.witness == "tcp 203.0.113.4:50000 → 10.1.0.4:443"


@pytest.mark.parametrize(
    "estate",
    [
        pytest.param(public_web(), id="without a route"),
        pytest.param(public_web(DEFAULT, access="deny"), id="where the group lets nothing in"),
        pytest.param(public_web(route("office", "172.16.0.0/12", APPLIANCE, FIREWALL)), id="for private addresses"),
        pytest.param(public_web(route("default", "0.0.0.0/0", INTERNET)), id="where the route leads to the internet"),
        pytest.param(public_web(route("default", "0.0.0.0/0", NOWHERE)), id="where the route is meant to lose them"),
        pytest.param(hub_and_spoke(DEFAULT, others=(nic("nic-web", "10.1.0.4", "spoke/web"),)), id="no public address"),
    ],
)
def test_no_replies_are_lost(estate: Snapshot) -> None:
    """Microsoft Learn, Virtual network traffic routing, "0.0.0.0/0 address prefix"."""
    assert found(estate, KIND.ASYMMETRIC) == []


def test_a_route_back_to_the_internet_for_known_clients_keeps_their_flows() -> None:
    """As above: only replies to other clients are lost, and of these the group lets none in."""
    https = rule("https", 100, ALLOW, "203.0.113.0/24", "*", "443", protocol="Tcp")
    estate = hub_and_spoke(
        DEFAULT,
        route("clients", "203.0.113.0/24", INTERNET),
        others=(
            nsg("nsg-web", https, rule("deny-all", 4096, DENY)),
            nic("nic-web", "10.1.0.4", "spoke/web", public_ip="pip"),
            public_ip("pip", "Standard"),
        ),
        nsg="nsg-web",
    )
    assert found(estate, KIND.ASYMMETRIC) == []


# --- routes that could go ---


def lone(*routes: Route, space: str = "10.0.0.0/16", others: tuple[Resource, ...] = ()) -> Snapshot:
    estate = (vnet("vnet", space, subnet("web", "10.0.0.0/24", route_table="rt"), subnet("fw", "10.0.1.0/24")),)
    appliances = (nic(f"nic-{n}", f"10.0.1.{n}", "vnet/fw", forwarding=True) for n in (4, 5))
    return snapshot(*estate, *appliances, route_table("rt", *routes), *others)


USELESS = (KIND.UNUSED, KIND.REDUNDANT)


def test_a_route_that_others_cover_together_is_taken_by_no_address() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route": the longest prefix."""
    estate = lone(
        route("whole", "172.16.0.0/24", APPLIANCE, "10.0.1.4"),
        route("low", "172.16.0.0/25", APPLIANCE, "10.0.1.5"),
        route("high", "172.16.0.128/25", NOWHERE),
    )
    finding = only(estate, *USELESS)
    assert (finding.kind, finding.certain, finding.severity) == (KIND.UNUSED, True, Severity.NOTE)
    assert finding.message == "no address takes route whole of rt"
    assert finding.reason == "user-defined route low, user-defined route high takes all of its addresses"


def test_a_route_to_the_next_hop_that_a_wider_one_has_changes_nothing() -> None:
    estate = lone(
        route("wide", "172.16.0.0/12", APPLIANCE, "10.0.1.4"), route("narrow", "172.16.9.0/24", APPLIANCE, "10.0.1.4")
    )
    finding = only(estate, *USELESS)
    assert (finding.kind, finding.message) == (
        KIND.REDUNDANT,
        "route narrow of rt leads where its addresses go without it",
    )


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param((route("a", "172.16.0.0/12", APPLIANCE, "10.0.1.4"),), id="it replaces a route to nowhere"),
        pytest.param((route("a", "10.0.0.0/16", APPLIANCE, "10.0.1.4"),), id="it replaces the network's own"),
        pytest.param((route("a", "0.0.0.0/0", INTERNET),), id="it takes away the routes of reserved blocks"),
        pytest.param(
            (
                route("a", "172.16.0.0/24", APPLIANCE, "10.0.1.4"),
                route("b", "172.16.0.0/25", APPLIANCE, "10.0.1.5"),
            ),
            id="half of it is left",
        ),
    ],
)
def test_routes_that_change_something_are_no_finding(routes: tuple[Route, ...]) -> None:
    """Microsoft Learn, Virtual network traffic routing, "System routes", "How Azure selects a route"."""
    assert found(lone(*routes), *USELESS) == []


def test_a_default_route_to_the_internet_that_only_repeats_azures_own() -> None:
    """Microsoft Learn, Virtual network traffic routing: whether it takes the routes of reserved blocks away is
    documented for appliances only, so the finding rests on that assumption."""
    estate = lone(route("default", "0.0.0.0/0", INTERNET))
    finding = only(estate, *USELESS, assume={"default-route-reserved-blocks": "appliance"})
    assert finding.kind is KIND.REDUNDANT
    assert [used.name for used in finding.assumptions] == ["default-route-reserved-blocks"]


def test_a_route_that_is_of_use_in_one_of_its_subnets_is_no_finding() -> None:
    """Of the two subnets only one has an endpoint for the service, whose routes come before the user's."""
    storage = ("Microsoft.Storage",)
    one = subnet("one", "10.0.0.0/24", route_table="rt", service_endpoints=storage)
    two = subnet("two", "10.0.2.0/24", route_table="rt")
    common = (
        route_table("rt", route("storage", "20.60.0.0/16", APPLIANCE, "10.0.1.4")),
        catalogue(Storage=("20.60.0.0/16",)),
        nic("nic-4", "10.0.1.4", "vnet/fw", forwarding=True),
    )
    firewall = subnet("fw", "10.0.1.0/24")
    assert found(snapshot(vnet("vnet", "10.0.0.0/16", one, two, firewall), *common), *USELESS) == []
    finding = only(snapshot(vnet("vnet", "10.0.0.0/16", one, firewall), *common), *USELESS)
    assert (finding.kind, finding.subnets) == (KIND.UNUSED, ("vnet/one",))
    assert "service-endpoint-udr" in {used.name for used in finding.assumptions}


def test_a_route_that_only_adds_to_virtual_network_is_not_to_be_removed_blindly() -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds prefixes of user-defined routes."""
    estate = lone(
        route("whole", "172.16.0.0/24", APPLIANCE, "10.0.1.4"),
        route("low", "172.16.0.0/25", INTERNET),
        route("high", "172.16.0.128/25", INTERNET),
    )
    assert only(estate, *USELESS).fix == "remove the route, if VirtualNetwork need not hold 172.16.0.0/24"


def test_a_wider_route_whose_prefix_is_not_known_makes_no_finding() -> None:
    wide = route("wide", unknown("prefix", UnknownKind.ADDRESS), APPLIANCE, "10.0.1.4")
    assert found(lone(wide, route("narrow", "172.16.9.0/24", APPLIANCE, "10.0.1.4")), *USELESS) == []


def test_a_route_is_compared_with_a_route_that_may_be_missing_value_by_value() -> None:
    """Without the narrow route its addresses go where it leads only if the wide one is deployed."""
    condition = unknown("deployed", UnknownKind.CONDITION)
    wide = route("wide", "172.16.0.0/12", APPLIANCE, "10.0.1.4", condition=condition)
    assert found(lone(wide, route("narrow", "172.16.9.0/24", APPLIANCE, "10.0.1.4")), *USELESS) == []
    both = route("narrow", "172.16.9.0/24", APPLIANCE, "10.0.1.4", condition=condition)
    assert only(lone(wide, both), *USELESS).message.startswith("route narrow")


def test_a_managers_route_to_a_destination_that_the_table_has_is_ignored() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager: existing routes stay."""
    managed = manager(
        "vnm",
        group("web", "vnet/web", member_type=MemberType.SUBNET),
        routing("rc", "web", routing_rule("mine", "172.16.0.0/12", APPLIANCE, "10.0.1.5"), disable_bgp=False),
    )
    finding = only(lone(route("theirs", "172.16.0.0/12", APPLIANCE, "10.0.1.4"), others=(managed,)), *USELESS)
    assert finding.message == "no address takes route mine of rc"
    assert finding.reason.startswith("the route table has this destination already")


# --- VirtualNetwork ---


def widened(*rules: Resource, prefix: str = "0.0.0.0/0", hop: NextHopType = APPLIANCE) -> Snapshot:
    addresses = (FIREWALL,) if hop is APPLIANCE else ()
    return hub_and_spoke(route("default", prefix, hop, *addresses), others=rules, nsg="nsg-web" if rules else None)


def test_a_default_route_to_an_appliance_makes_virtual_network_everything() -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork may hold default routes, and then the default rule
    AllowVnetInBound lets everybody in."""
    finding = only(widened(nsg("nsg-web")), KIND.WIDENED_TAG)
    assert finding.certain
    assert finding.reason == "AllowVnetInBound lets in what it would not match without the route"
    assert finding.witness == "tcp 203.0.113.4:50000 → 10.1.0.4:443"
    assert [used.name for used in finding.assumptions] == ["virtual-network-udr"]


@pytest.mark.parametrize(
    "estate",
    [
        pytest.param(widened(), id="without rules nothing turns on the tag"),
        pytest.param(widened(nsg("nsg-web", rule("deny-all", 4096, DENY))), id="no rule for the tag is reached"),
        pytest.param(widened(nsg("nsg-web"), hop=INTERNET), id="routes to the internet are not in the tag"),
        pytest.param(widened(nsg("nsg-web"), prefix="10.0.0.0/16"), id="the peered network is in the tag anyway"),
    ],
)
def test_a_tag_that_is_not_widened_or_that_decides_nothing(estate: Snapshot) -> None:
    """Microsoft Learn, Virtual network service tags."""
    assert found(estate, KIND.WIDENED_TAG) == []


def test_a_widened_tag_can_keep_out_as_well() -> None:
    rules = rule("no-inside", 200, DENY, "VirtualNetwork"), rule("https", 300, ALLOW, "*", "*", "443", protocol="Tcp")
    finding = only(widened(nsg("nsg-web", *rules)), KIND.WIDENED_TAG)
    assert finding.reason == "no-inside keeps out what it would not match without the route"


# --- peerings ---


def peered(*near: Resource, back: Sequence[Resource] = ()) -> Snapshot:
    hub, spoke = vnet("hub", HUB_SPACE), vnet("spoke", "10.1.0.0/16")
    assert isinstance(hub, VirtualNetwork)
    return snapshot(replace(hub, peerings=tuple(near)), replace(spoke, peerings=tuple(back)))  # type: ignore[arg-type]


def test_a_peering_needs_one_on_the_other_side() -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering: the state is Initiated until then."""
    finding = only(peered(peering("spoke")))
    assert (finding.kind, finding.certain) == (KIND.HALF_OPEN_PEERING, False)
    assert finding.message == "spoke has no peering back to hub"
    assert [used.name for used in finding.assumptions] == ["one-sided-peering"]


def test_a_name_that_is_known_in_part_may_hide_the_peering_back() -> None:
    assert found(peered(peering("spoke"), back=(peering("{prefix}-hub"),))) == []


@pytest.mark.parametrize("state", ["Initiated", "Disconnected"])
def test_a_peering_that_azure_says_is_not_connected(state: str) -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering."""
    finding = only(peered(peering("spoke", state=state), back=(peering("hub", state="Connected"),)))
    assert (finding.message, finding.certain) == (f"the peering to-spoke of hub is {state}", True)


def test_the_other_side_has_to_allow_the_use_of_its_gateway() -> None:
    """Microsoft Learn, Configure VPN gateway transit for virtual network peering."""
    finding = only(peered(peering("spoke"), back=(peering("hub", remote_gateways=True),)))
    assert finding.message == "to-hub of spoke uses the gateway of hub, which does not allow it"


def test_peerings_of_both_sides_and_of_networks_that_are_not_shown_are_no_finding() -> None:
    both = peered(peering("spoke", gateway_transit=True), back=(peering("hub", remote_gateways=True),))
    assert found(both) == []
    assert found(snapshot(vnet("hub", HUB_SPACE, peering("elsewhere", "10.7.0.0/16")))) == []


# --- places ---


def test_findings_stand_at_the_values_that_they_are_about() -> None:
    text = """
vnet hub {
  address 10.0.0.0/16
  subnet web { address 10.0.0.0/24; route-table rt }
  subnet GatewaySubnet { address 10.0.1.0/24; route-table rt-gateway }
  peering to-spoke { remote spoke }
}
vnet spoke { address 10.1.0.0/16 }
route-table rt {
  route away 0.0.0.0/0  via appliance 10.9.0.4
  route same 10.0.0.0/8 via appliance 10.9.0.4
}
route-table rt-gateway { disable-bgp-propagation; route any 0.0.0.0/0 via internet }
"""
    fragment = nwp.read("estate.nwp", text)
    assert fragment.diagnostics == ()
    findings = found(snapshot(*fragment.resources))
    lines = text.splitlines()
    said = {
        (f.kind, lines[f.location.span.line - 1][f.location.span.column - 1 : f.location.span.end_column - 1])
        for f in findings
    }
    assert said == {
        (KIND.UNKNOWN_NEXT_HOP, "10.9.0.4"),
        (KIND.REDUNDANT, "10.0.0.0/8"),
        (KIND.GATEWAY_DEFAULT_ROUTE, "0.0.0.0/0"),
        (KIND.GATEWAY_PROPAGATION, "disable-bgp-propagation"),
        (KIND.HALF_OPEN_PEERING, "spoke"),
    }
    assert findings == sorted(findings, key=lambda finding: finding.sort_key)


def test_every_finding_names_its_source() -> None:
    assert set(REFERENCES) == set(RouteFindingKind)
    assert all(reference.startswith("Microsoft Learn, ") for reference in REFERENCES.values())


# --- what the solver cannot settle ---


def test_where_it_is_not_settled_what_rules_do_there_may_be_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that gives up is no proof that nothing is wrong. Its effort is cut to nothing here."""
    condition = unknown("open", UnknownKind.CONDITION)
    https = rule("https", 100, ALLOW, "Internet", "10.1.0.0/24", "443", protocol="Tcp", condition=condition)
    group_ = nsg("nsg-web", https, rule("deny-all", 4096, DENY))
    estate = hub_and_spoke(
        DEFAULT,
        others=(group_, nic("nic-web", "10.1.0.4", "spoke/web", public_ip="pip"), public_ip("pip", "Standard")),
        nsg="nsg-web",
    )
    assert not only(estate, KIND.ASYMMETRIC).certain
    monkeypatch.setattr("nwpolicy.logic.smt.session.RLIMIT", 1)
    finding = only(estate, KIND.ASYMMETRIC)
    assert (finding.certain, finding.witness) == (False, None)
    assert finding.reason.endswith("whether rules let such flows in could not be settled")
