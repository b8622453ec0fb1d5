"""Effective routes and next hops as the documentation of Azure describes them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.snapshot import Snapshot
from tests.builders import (
    catalogue,
    connection,
    gateway,
    nic,
    peering,
    private_endpoint,
    route,
    route_table,
    site,
    snapshot,
    subnet,
    vnet,
)
from tests.routed import (
    APPLIANCE,
    FIREWALL,
    GATEWAY,
    INTERNET,
    LOCAL,
    NOWHERE,
    chosen,
    hops,
    listed,
    routing_example,
    table,
)

NVA = f"VirtualAppliance {FIREWALL}"
EVERY_HOP = (APPLIANCE, GATEWAY, LOCAL, INTERNET, NOWHERE)


def plain(*routes: Route, space: str | tuple[str, ...] = "10.0.0.0/16", others: tuple[Resource, ...] = ()) -> Snapshot:
    """One network with one subnet, whose route table has these routes."""
    first = (space if isinstance(space, str) else space[0]).partition("/")[0]
    return snapshot(
        vnet("vnet", space, subnet("web", f"{first}/24", route_table="rt")),
        route_table("rt", *routes),
        nic("nic-web", f"{first[:-1]}4", "vnet/web"),
        *others,
    )


# --- the documented example ---


def test_the_twelve_routes_of_the_documented_example() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example": the table of Subnet1. There the gateway's
    route is printed with the source `Default`; the REST API's source for it is `VirtualNetworkGateway`."""
    expected = {
        ("Default", "Invalid", "10.0.0.0/16", "VnetLocal"),
        ("User", "Active", "10.0.0.0/16", "VirtualAppliance"),
        ("User", "Active", "10.0.0.0/24", "VnetLocal"),
        ("Default", "Invalid", "10.1.0.0/16", "VNetPeering"),
        ("Default", "Invalid", "10.2.0.0/16", "VNetPeering"),
        ("User", "Active", "10.1.0.0/16", "None"),
        ("User", "Active", "10.2.0.0/16", "None"),
        ("VirtualNetworkGateway", "Invalid", "10.10.0.0/16", "VirtualNetworkGateway"),
        ("User", "Active", "10.10.0.0/16", "VirtualAppliance"),
        ("Default", "Active", "20.38.98.0/24", "VirtualNetworkServiceEndpoint"),
        ("Default", "Active", "20.60.16.0/24", "VirtualNetworkServiceEndpoint"),
        ("Default", "Invalid", "0.0.0.0/0", "Internet"),
        ("User", "Active", "0.0.0.0/0", "VirtualAppliance"),
    }  # the twelve: the service endpoint is one of them, with as many prefixes as the service has
    assert {found for found in listed(routing_example(), "nic1") if found[1] != "Absent"} == expected


def test_the_table_of_the_other_subnet_of_the_documented_example() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example": the table of Subnet2."""
    assert listed(routing_example(), "nic2") == {
        ("Default", "Active", "10.0.0.0/16", "VnetLocal"),
        ("Default", "Active", "10.1.0.0/16", "VNetPeering"),
        ("Default", "Active", "10.2.0.0/16", "VNetPeering"),
        ("VirtualNetworkGateway", "Active", "10.10.0.0/16", "VirtualNetworkGateway"),
        ("Default", "Active", "0.0.0.0/0", "Internet"),
        ("Default", "Active", "10.0.0.0/8", "None"),
        ("Default", "Active", "100.64.0.0/10", "None"),
        ("Default", "Active", "172.16.0.0/12", "None"),
        ("Default", "Active", "192.168.0.0/16", "None"),
    }


@pytest.mark.parametrize(
    ("dest", "hop"),
    [
        pytest.param("10.0.0.9", "VnetLocal", id="55 the user's more specific route keeps traffic in the subnet"),
        pytest.param("10.0.1.5", NVA, id="56 a user-defined route replaces the route to the virtual network"),
        pytest.param("10.1.0.4", "None", id="57 a user-defined route to nowhere cuts a peering"),
        pytest.param("10.10.3.3", NVA, id="58 a user-defined route comes before a gateway's of the same prefix"),
        pytest.param("20.38.98.7", "VirtualNetworkServiceEndpoint", id="59 0.0.0.0/0 leaves service endpoints alone"),
        pytest.param("8.8.8.8", NVA, id="60 the user's default route takes the internet"),
        pytest.param("10.200.0.1", NVA, id="61 the user's default route takes the reserved blocks away"),
    ],
)
def test_next_hops_of_subnet1(dest: str, hop: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example"."""
    selection = chosen(routing_example(), dest, "nic1")
    assert hops(routing_example(), dest, "nic1") == [hop]
    assert not selection.unknowns
    assert not selection.assumptions


@pytest.mark.parametrize(
    ("dest", "hop"),
    [
        ("10.1.0.4", "VNetPeering"),
        ("10.10.3.3", "VirtualNetworkGateway"),
        ("8.8.8.8", "Internet"),
        ("10.200.0.1", "None"),
    ],
)
def test_62_next_hops_of_subnet2(dest: str, hop: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example"."""
    assert hops(routing_example(), dest, "nic2") == [hop]


@pytest.mark.parametrize(("dest", "hop"), [("13.107.21.200", "Internet"), ("172.31.0.100", "None")])
def test_63_64_the_default_routes_of_a_virtual_machine(dest: str, hop: str) -> None:
    """Microsoft Learn, Diagnose a virtual machine network routing problem using the Azure CLI."""
    assert hops(plain(), dest) == [hop]


# --- selection ---


@pytest.mark.parametrize(("dest", "hop"), [("10.0.0.5", "VirtualAppliance 10.9.0.1"), ("10.0.1.5", NVA)])
def test_65_the_longest_prefix_is_taken(dest: str, hop: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"."""
    estate = plain(
        route("wide", "10.0.0.0/16", APPLIANCE, FIREWALL),
        route("narrow", "10.0.0.0/24", APPLIANCE, "10.9.0.1"),
    )
    assert hops(estate, dest) == [hop]


def test_66_of_one_prefix_the_users_route_is_taken() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"."""
    estate = plain(route("tunnel", "0.0.0.0/0", GATEWAY))
    assert hops(estate, "8.8.8.8") == ["VirtualNetworkGateway"]
    assert ("Default", "Invalid", "0.0.0.0/0", "Internet") in listed(estate)


def test_a_gateways_default_route_comes_before_the_systems() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route": user-defined, BGP, system."""
    assert hops(plain(others=(gateway("er", "vnet", "0.0.0.0/0"),)), "8.8.8.8") == ["VirtualNetworkGateway"]


def peered(*routes: Route, learned: str = "10.1.5.0/24") -> Snapshot:
    return snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24", route_table="rt"), peering("spoke")),
        vnet("spoke", "10.1.0.0/16", peering("vnet")),
        gateway("er", "vnet", learned),
        route_table("rt", *routes),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )


def test_67_a_peering_comes_before_a_more_specific_gateway_route() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route": system routes for traffic of the
    virtual network, peerings and service endpoints are preferred, even if BGP routes are more specific."""
    assert hops(peered(), "10.1.5.5") == ["VNetPeering"]
    assert ("VirtualNetworkGateway", "Invalid", "10.1.5.0/24", "VirtualNetworkGateway") in listed(peered())


@pytest.mark.parametrize("learned", ["10.0.5.0/24", "10.0.0.0/16"])
def test_the_virtual_network_comes_before_gateway_routes_within_it(learned: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"."""
    assert hops(peered(learned=learned), "10.0.5.5") == ["VnetLocal"]


def test_68_a_user_defined_route_comes_before_a_peering_if_more_specific() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"."""
    assert hops(peered(route("inspect", "10.1.5.0/24", APPLIANCE, FIREWALL)), "10.1.5.5") == [NVA]


def test_a_gateway_route_counts_again_where_the_user_replaced_the_system_route() -> None:
    """Not documented; the choice is the assumption `overridden-system-route`."""
    estate = peered(route("inspect", "10.1.0.0/16", APPLIANCE, FIREWALL))
    assert hops(estate, "10.1.5.5") == ["VirtualNetworkGateway"]
    assert chosen(estate, "10.1.5.5").assumptions == ("overridden-system-route",)
    assert hops(estate, "10.1.5.5", assume={"overridden-system-route": "hides-gateway-routes"}) == [NVA]


def test_a_user_defined_route_with_bgp_override_hides_gateway_routes_within_it() -> None:
    """Azure Network REST API, `Route.hasBgpOverride`: it overrides overlapping BGP routes regardless of the prefix."""
    hidden = plain(
        route("inspect", "10.8.0.0/14", APPLIANCE, FIREWALL, bgp_override=True),
        others=(gateway("er", "vnet", "10.10.5.0/24"),),
    )
    assert hops(hidden, "10.10.5.5") == [NVA]
    ordinary = plain(
        route("inspect", "10.8.0.0/14", APPLIANCE, FIREWALL), others=(gateway("er", "vnet", "10.10.5.0/24"),)
    )
    assert hops(ordinary, "10.10.5.5") == ["VirtualNetworkGateway"]


# --- reserved blocks ---


@pytest.mark.parametrize("space", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"])
def test_69_a_network_that_is_a_reserved_block_replaces_its_route(space: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, "Default": the next hop type changes from None to Virtual
    network."""
    found = {entry for entry in listed(plain(space=space)) if entry[2] == space}
    assert found == {("Default", "Active", space, "VnetLocal"), ("Default", "Absent", space, "None")}


def test_a_network_that_holds_a_reserved_block_replaces_its_route() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Default": an address range that includes a reserved one."""
    assert hops(plain(space="10.0.0.0/7"), "10.200.0.1") == ["VnetLocal"]


def test_a_network_within_a_reserved_block_leaves_its_route() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example": 10.0.0.0/16 keeps 10.0.0.0/8 to nowhere."""
    assert hops(plain(space="10.200.0.0/16"), "10.199.0.1") == ["None"]


@pytest.mark.parametrize("dest", ["10.200.0.1", "100.64.0.1", "172.16.0.1", "192.168.0.1"])
@pytest.mark.parametrize("hop", EVERY_HOP)
def test_a_default_route_of_the_user_takes_all_reserved_blocks_away(dest: str, hop: NextHopType) -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example", documents it for an appliance; for other
    hops it is the assumption `default-route-reserved-blocks`."""
    addresses = (FIREWALL,) if hop is APPLIANCE else ()
    estate = plain(route("default", "0.0.0.0/0", hop, *addresses))
    chosen_by_user = [f"{hop.value} {FIREWALL}" if addresses else hop.value]
    assert hops(estate, dest) == chosen_by_user
    used = () if hop is APPLIANCE else ("default-route-reserved-blocks",)
    assert chosen(estate, dest).assumptions == used
    only_appliance = {"default-route-reserved-blocks": "appliance"}
    assert hops(estate, dest, assume=only_appliance) == (chosen_by_user if hop is APPLIANCE else ["None"])


def test_a_gateways_default_route_leaves_the_reserved_blocks() -> None:
    """Not documented; the choice is the assumption `default-route-reserved-blocks`."""
    estate = plain(others=(gateway("er", "vnet", "0.0.0.0/0"),))
    assert hops(estate, "10.200.0.1") == ["None"]
    assert chosen(estate, "10.200.0.1").assumptions == ("default-route-reserved-blocks",)
    too = {"default-route-reserved-blocks": "user-and-gateway"}
    assert hops(estate, "10.200.0.1", assume=too) == ["VirtualNetworkGateway"]


# --- private endpoints ---


def with_endpoint(policies: str, *routes: Route) -> Snapshot:
    return snapshot(
        vnet(
            "vnet",
            "10.0.0.0/16",
            subnet("web", "10.0.1.0/24", route_table="rt"),
            subnet("endpoints", "10.0.0.0/24", endpoint_policies=policies),
        ),
        private_endpoint("pe", "vnet/endpoints", "10.0.0.5"),
        route_table("rt", *routes),
        nic("nic-web", "10.0.1.4", "vnet/web"),
    )


@pytest.mark.parametrize(
    ("policies", "prefix", "hop"),
    [
        pytest.param("Enabled", "0.0.0.0/0", "InterfaceEndpoint", id="70 a default route never does"),
        pytest.param("RouteTableEnabled", "10.0.0.0/16", NVA, id="71 a route as long as the network's prefix does"),
        pytest.param("Enabled", "10.0.0.0/16", NVA, id="71 with all policies"),
        pytest.param("Enabled", "10.0.0.0/24", NVA, id="a longer one does"),
        pytest.param("Enabled", "10.0.0.5/32", NVA, id="the very address does"),
        pytest.param("Enabled", "10.0.0.0/15", "InterfaceEndpoint", id="a shorter one does not"),
        pytest.param("Disabled", "10.0.0.0/16", "InterfaceEndpoint", id="72 without policies none does"),
        pytest.param("Disabled", "10.0.0.4/31", "InterfaceEndpoint", id="72 not even a long one"),
        pytest.param("NetworkSecurityGroupEnabled", "10.0.0.0/16", "InterfaceEndpoint", id="not with those for groups"),
    ],
)
def test_when_a_user_defined_route_replaces_the_route_to_a_private_endpoint(
    policies: str, prefix: str, hop: str
) -> None:
    """Microsoft Learn, Manage network policies for private endpoints."""
    estate = with_endpoint(policies, route("inspect", prefix, APPLIANCE, FIREWALL))
    assert hops(estate, "10.0.0.5") == [hop]
    state = "Invalid" if hop == NVA else "Active"
    assert ("Default", state, "10.0.0.5/32", "InterfaceEndpoint") in listed(estate)


def test_a_route_for_the_very_address_of_a_private_endpoint_is_an_assumption_without_policies() -> None:
    """Microsoft Learn, Manage network policies for private endpoints: without policies the longest prefix is taken.
    Virtual network traffic routing, "How Azure selects a route": of one prefix, the user's."""
    estate = with_endpoint("Disabled", route("inspect", "10.0.0.5/32", APPLIANCE, FIREWALL))
    assert hops(estate, "10.0.0.5") == [NVA]
    assert chosen(estate, "10.0.0.5").assumptions == ("private-endpoint-udr",)
    assert hops(estate, "10.0.0.5", assume={"private-endpoint-udr": "policies"}) == ["InterfaceEndpoint"]
    wider = with_endpoint("Disabled", route("inspect", "10.0.0.4/31", APPLIANCE, FIREWALL))
    assert chosen(wider, "10.0.0.5").assumptions == ()


def test_a_private_endpoint_is_reached_from_peered_networks_only() -> None:
    """Microsoft Learn, Manage network policies for private endpoints: the /32 spreads to the virtual network and the
    peered ones."""

    def estate(*peerings: str) -> Snapshot:
        return snapshot(
            vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24"), *map(peering, peerings)),
            vnet("hub", "10.1.0.0/16", subnet("endpoints", "10.1.0.0/24"), peering("vnet")),
            private_endpoint("pe", "hub/endpoints", "10.1.0.5"),
            nic("nic-web", "10.0.0.4", "vnet/web"),
        )

    assert hops(estate("hub"), "10.1.0.5") == ["InterfaceEndpoint"]
    assert hops(estate(), "10.1.0.5") == ["None"]


# --- service tags and service endpoints ---

TAGS = {
    "Storage": ("20.60.0.0/16",),
    "Storage_EastUS": ("20.60.0.0/16",),
    "AzureCloud": ("20.60.0.0/16",),
    "AzureCloud_EastUS": ("20.60.0.0/16",),
}
ORDERED = ("20.60.0.0/16", "Storage.EastUS", "Storage", "AzureCloud.EastUS", "AzureCloud")


@pytest.mark.parametrize(("first", "second"), list(pairwise(ORDERED)))
@pytest.mark.parametrize("swapped", [False, True])
def test_73_which_service_tag_is_taken_where_prefixes_are_the_same(first: str, second: str, swapped: bool) -> None:
    """Microsoft Learn, Virtual network traffic routing, "Service tags for user-defined routes", "Exact match"."""
    routes = [route("first", first, APPLIANCE, FIREWALL), route("second", second, APPLIANCE, "10.9.0.9")]
    estate = plain(*(reversed(routes) if swapped else routes), others=(catalogue(**TAGS),))
    assert hops(estate, "20.60.1.1") == [NVA]


def test_a_service_tag_is_one_route_for_each_prefix() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Service tags for user-defined routes". Prefixes that touch
    stay apart: how long each is decides."""
    tags = catalogue(Storage=("20.60.0.0/25", "20.60.0.128/25"))
    estate = plain(
        route("tag", "Storage", INTERNET), route("explicit", "20.60.0.0/24", APPLIANCE, FIREWALL), others=(tags,)
    )
    assert hops(estate, "20.60.0.200") == ["Internet"]
    assert ("User", "Active", "20.60.0.128/25", "Internet") in listed(estate)


def endpoint_estate(*routes: Route) -> Snapshot:
    return snapshot(
        vnet(
            "vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24", route_table="rt", service_endpoints=("Microsoft.Sql",))
        ),
        catalogue(Sql=("20.60.0.0/24",)),
        gateway("er", "vnet", "20.60.0.64/26"),
        route_table("rt", *routes),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )


def test_a_service_endpoint_comes_before_a_more_specific_gateway_route() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"."""
    assert hops(endpoint_estate(), "20.60.0.70") == ["VirtualNetworkServiceEndpoint"]


@pytest.mark.parametrize("prefix", ["20.60.0.0/24", "20.60.0.0/28"])
def test_a_service_endpoint_comes_before_user_defined_routes(prefix: str) -> None:
    """Microsoft Learn, Virtual network traffic routing, says so in its newer wording; the older one is silent. The
    choice is the assumption `service-endpoint-udr`."""
    estate = endpoint_estate(route("inspect", prefix, APPLIANCE, FIREWALL))
    assert hops(estate, "20.60.0.1") == ["VirtualNetworkServiceEndpoint"]
    assert chosen(estate, "20.60.0.1").assumptions == ("service-endpoint-udr",)
    assert hops(estate, "20.60.0.1", assume={"service-endpoint-udr": "longest-prefix"}) == [NVA]


def test_a_service_endpoint_is_of_its_own_subnet_only() -> None:
    """Microsoft Learn, Virtual network service endpoints: the route is added to subnets with the endpoint."""
    assert hops(routing_example(), "20.38.98.7", "nic2") == ["Internet"]


# --- peerings and gateways ---


def test_74_without_propagation_gateway_routes_are_not_there() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Border gateway protocol": with propagation disabled routes of
    gateways are not added, those of local network gateways neither."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24", route_table="rt")),
        gateway("vpn", "vnet", "10.11.0.0/16"),
        site("office", "10.10.0.0/16"),
        connection("to-office", "vpn", "office"),
        route_table("rt", disable_bgp=True),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert hops(estate, "10.10.3.3") == hops(estate, "10.11.3.3") == ["None"]
    assert ("VirtualNetworkGateway", "Absent", "10.10.0.0/16", "VirtualNetworkGateway") in listed(estate)


def chain_of_three(**flags: bool) -> Snapshot:
    return snapshot(
        vnet("a", "10.1.0.0/16", subnet("web", "10.1.0.0/24"), peering("b", remote_gateways=flags.get("uses", False))),
        vnet("b", "10.2.0.0/16", peering("a", gateway_transit=flags.get("lets", False)), peering("c")),
        vnet("c", "10.3.0.0/16", peering("b")),
        gateway("vpn", "b", "192.168.7.0/24"),
        nic("nic-web", "10.1.0.4", "a/web"),
    )


def test_75_peerings_are_not_transitive() -> None:
    """Microsoft Learn, Virtual network peering."""
    assert hops(chain_of_three(), "10.2.0.4") == ["VNetPeering"]
    assert hops(chain_of_three(), "10.3.0.4") == ["None"]


@pytest.mark.parametrize("uses", [False, True])
@pytest.mark.parametrize("lets", [False, True])
def test_a_peers_gateway_is_used_if_both_sides_say_so(uses: bool, lets: bool) -> None:
    """Microsoft Learn, Configure VPN gateway transit for virtual network peering."""
    hop = "VirtualNetworkGateway" if uses and lets else "None"
    assert hops(chain_of_three(uses=uses, lets=lets), "192.168.7.7") == [hop]


@pytest.mark.parametrize(("state", "hop"), [("Connected", "VNetPeering"), ("Initiated", "None"), (None, "VNetPeering")])
def test_a_peering_routes_while_it_is_connected(state: str | None, hop: str) -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24"), peering("spoke", "10.1.0.0/16", state=state)),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert hops(estate, "10.1.0.4") == [hop]


def test_a_peering_without_access_still_routes() -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering: without virtual network access the peer is
    no part of the tag VirtualNetwork; the route stays."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24"), peering("spoke", "10.1.0.0/16", access=False)),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert hops(estate, "10.1.0.4") == ["VNetPeering"]


def test_a_peering_with_another_region_has_a_name_of_its_own() -> None:
    """Microsoft Learn, Virtual network peering: global virtual network peering."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24"), peering("far"), location="westeurope"),
        vnet("far", "10.1.0.0/16", peering("vnet"), location="eastus"),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert hops(estate, "10.1.0.4") == ["GlobalVNetPeering"]


def test_a_route_table_can_take_peering_routes_away() -> None:
    """Azure Network REST API, `RouteTable.disablePeeringRoute`."""
    estate = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24", route_table="rt"), peering("spoke", "10.1.0.0/16")),
        route_table("rt", disable_peering="All"),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert hops(estate, "10.1.0.4") == ["None"]


def test_a_peering_of_subnets_routes_between_those_only() -> None:
    """Microsoft Learn, How to configure subnet peering."""

    def estate(local: str) -> Snapshot:
        return snapshot(
            vnet(
                "vnet",
                "10.0.0.0/16",
                subnet("web", "10.0.0.0/24"),
                peering("far", complete=False, local_subnets=(local,), remote_subnets=("data",)),
            ),
            vnet("far", "10.1.0.0/16", subnet("data", "10.1.1.0/24"), subnet("rest", "10.1.2.0/24"), peering("vnet")),
            nic("nic-web", "10.0.0.4", "vnet/web"),
        )

    assert hops(estate("web"), "10.1.1.4") == ["VNetPeering"]
    assert hops(estate("web"), "10.1.2.4") == ["None"]
    assert hops(estate("other"), "10.1.1.4") == ["None"]


# --- the platform ---


@pytest.mark.parametrize("dest", ["168.63.129.16", "169.254.169.254"])
def test_76_user_defined_routes_do_not_apply_to_the_platforms_addresses(dest: str) -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?: it is not subject to user-defined routes. Azure Instance
    Metadata Service: requests do not leave the host."""
    assert hops(plain(route("drop", "0.0.0.0/0", NOWHERE)), dest) == ["Internet"]
    assert hops(plain(route("drop", "0.0.0.0/0", NOWHERE)), "168.63.129.17") == ["None"]


# --- IPv6 ---


def dual(*routes: Route) -> Snapshot:
    return plain(*routes, space=("10.0.0.0/16", "2001:db8:4::/48"))


def test_a_dual_stack_network_has_system_routes_of_both_families() -> None:
    """Microsoft Learn, Overview of IPv6 for Azure Virtual Network."""
    assert hops(dual(), "2001:db8:4:1::4") == ["VnetLocal"]
    assert hops(dual(), "2001:4860::8888") == ["Internet"]
    assert hops(plain(), "2001:4860::8888") == ["no route"]


def test_user_defined_routes_of_one_family_do_not_touch_the_other() -> None:
    """Microsoft Learn, Overview of IPv6 for Azure Virtual Network: user-defined routes for IPv6."""
    estate = dual(route("v4", "0.0.0.0/0", NOWHERE), route("v6", "2001:db8:4:1::/64", APPLIANCE, "2001:db8:4::5"))
    assert hops(estate, "2001:4860::8888") == ["Internet"]
    assert hops(estate, "2001:db8:4:1::9") == ["VirtualAppliance 2001:db8:4::5"]
    assert hops(estate, "2001:db8:4:2::9") == ["VnetLocal"]


def test_several_appliances_are_one_hop() -> None:
    """Azure Network REST API, `RouteNextHopType.VirtualApplianceEcmp`: effective routes print it as VirtualAppliance
    with several addresses."""
    estate = plain(route("ecmp", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE_ECMP, "10.0.0.8", "10.0.0.9"))
    assert hops(estate, "8.8.8.8") == ["VirtualAppliance 10.0.0.8 10.0.0.9"]


def test_every_route_says_where_it_comes_from() -> None:
    estate = routing_example()
    for found in table(estate, "nic1").routes():
        written = found.candidate.source is not None
        assert written or found.candidate.kind.value in {"default route", "reserved block"}
        assert found.candidate.definition
        assert (found.reason is None) == (found.state == "Active")
