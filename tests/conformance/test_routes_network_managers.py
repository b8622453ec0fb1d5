"""Routes that network managers add: connectivity configurations and routing configurations."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import find_route_subject
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.avnm import ConnectivityGroup, NetworkManager, Topology
from nwpolicy.model.network import VirtualNetworkPeering
from nwpolicy.model.resource import Resource, ServiceTag
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    SOURCE,
    connectivity,
    deployment,
    gateway,
    group,
    manager,
    nic,
    peering,
    private_endpoint,
    reference,
    route,
    route_table,
    routing,
    routing_rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.routed import APPLIANCE, FIREWALL, INTERNET, NOWHERE, chosen, hops, listed

NVA = f"VirtualAppliance {FIREWALL}"


def estate(
    avnm: NetworkManager,
    *more: Resource,
    here: VirtualNetworkPeering | None = None,
    table: RouteTable | None = None,
    regions: tuple[str | None, str | None] = ("westeurope", "westeurope"),
    hub_endpoint: str = "10.8.0.9",
) -> Snapshot:
    """A network `a` with an interface, another `b`, and a `hub` with a gateway and a private endpoint."""
    web = subnet("web", "10.1.0.0/24", route_table="rt" if table is not None else None)
    children = (web,) if here is None else (web, here)
    return snapshot(
        vnet("a", "10.1.0.0/16", *children, location=regions[0]),
        vnet("b", "10.2.0.0/16", location=regions[1]),
        vnet("hub", "10.8.0.0/16", subnet("endpoints", "10.8.0.0/24"), location="westeurope"),
        gateway("vpn", "hub", "192.168.7.0/24"),
        private_endpoint("pe", "hub/endpoints", hub_endpoint),
        nic("nic-web", "10.1.0.4", "a/web"),
        avnm,
        *(() if table is None else (table,)),
        *more,
    )


SPOKES = group("spokes", "a", "b")


def spokes(**flags: bool) -> ConnectivityGroup:
    return ConnectivityGroup(reference("networkGroups", "spokes"), **flags)


def hub_and_spoke(**flags: bool) -> NetworkManager:
    found = connectivity("hub-and-spoke", spokes(**flags), topology=Topology.HUB_AND_SPOKE, hubs=("hub",))
    return manager("m", SPOKES, found)


# --- connectivity ---


def test_a_mesh_connects_its_members_without_peerings() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Connected group": the next hop
    type is ConnectedGroup."""
    mesh = estate(manager("m", SPOKES, connectivity("mesh", "spokes")))
    assert hops(mesh, "10.2.0.4") == ["ConnectedGroup"]
    assert hops(mesh, "10.8.0.4") == ["None"]


@pytest.mark.parametrize(("is_global", "hop"), [(False, "None"), (True, "ConnectedGroup")])
def test_a_mesh_is_of_one_region_unless_it_is_global(is_global: bool, hop: str) -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Global mesh"."""
    mesh = manager("m", SPOKES, connectivity("mesh", "spokes", is_global=is_global))
    assert hops(estate(mesh, regions=("westeurope", "eastus")), "10.2.0.4") == [hop]


def test_a_mesh_of_networks_of_which_the_region_is_not_known_depends() -> None:
    mesh = manager("m", SPOKES, connectivity("mesh", "spokes"))
    found = estate(mesh, regions=("westeurope", None))
    assert hops(found, "10.2.0.4") == ["ConnectedGroup", "None"]
    assert [u.name for u in chosen(found, "10.2.0.4").unknowns] == ["b is in the region of a"]


def test_overlapping_prefixes_of_a_mesh_are_not_routed() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager: traffic to overlapping address
    spaces is dropped."""
    mesh = manager("m", group("spokes", "a", "b", "c"), connectivity("mesh", "spokes"))
    found = estate(mesh, vnet("c", ("10.2.7.0/24", "10.9.0.0/16"), location="westeurope"))
    assert hops(found, "10.2.7.7") == ["None"]
    assert hops(found, "10.9.0.1") == ["ConnectedGroup"]


def test_hub_and_spoke_connects_spokes_with_the_hub_only() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Hub and spoke topology": it makes
    peerings."""
    found = estate(hub_and_spoke())
    assert hops(found, "10.8.0.4") == ["VNetPeering"]
    assert hops(found, "10.2.0.4") == ["None"]
    assert hops(found, "192.168.7.7") == ["None"]


def test_direct_connectivity_connects_spokes_with_one_another() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Direct connectivity"."""
    found = estate(hub_and_spoke(is_direct=True))
    assert hops(found, "10.8.0.4") == ["VNetPeering"]
    assert hops(found, "10.2.0.4") == ["ConnectedGroup"]


@pytest.mark.parametrize(("is_global", "hop"), [(False, "None"), (True, "ConnectedGroup")])
def test_direct_connectivity_is_of_one_region_unless_it_is_global(is_global: bool, hop: str) -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Global mesh"."""
    found = estate(hub_and_spoke(is_direct=True, is_global=is_global), regions=("westeurope", "eastus"))
    assert hops(found, "10.2.0.4") == [hop]


def test_spokes_can_use_the_hubs_gateway() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Use hub as a gateway"."""
    assert hops(estate(hub_and_spoke(use_hub_gateway=True)), "192.168.7.7") == ["VirtualNetworkGateway"]


def test_the_hub_reaches_all_spokes() -> None:
    found = estate(hub_and_spoke(), nic("nic-hub", "10.8.0.4", "hub/endpoints"))
    assert hops(found, "10.1.0.4", "nic-hub") == ["VNetPeering"]
    assert hops(found, "10.2.0.4", "nic-hub") == ["VNetPeering"]


def test_a_private_endpoint_is_reached_over_managed_peerings() -> None:
    assert hops(estate(hub_and_spoke()), "10.8.0.9") == ["InterfaceEndpoint"]


def test_a_connectivity_configuration_that_is_not_committed_connects_nothing() -> None:
    """Microsoft Learn, Configuration deployments in Azure Virtual Network Manager."""
    mesh = connectivity("mesh", "spokes")
    elsewhere = deployment(["m/mesh"], "eastus", type=mesh.type)
    assert hops(estate(manager("m", SPOKES, mesh, deployments=(elsewhere,))), "10.2.0.4") == ["None"]
    here = deployment(["m/mesh"], "westeurope", type=mesh.type)
    assert hops(estate(manager("m", SPOKES, mesh, deployments=(elsewhere, here))), "10.2.0.4") == ["ConnectedGroup"]


@pytest.mark.parametrize(("choice", "hop"), [("committed", "ConnectedGroup"), ("ignored", "None")])
def test_whether_a_configuration_is_committed_is_an_assumption_where_the_input_does_not_tell(
    choice: str, hop: str
) -> None:
    silent = replace(manager("m", SPOKES, connectivity("mesh", "spokes")), deployments=None)
    assume = {"uncommitted-configurations": choice}
    assert hops(estate(silent), "10.2.0.4", assume=assume) == [hop]
    assert chosen(estate(silent), "10.2.0.4", assume=assume).assumptions == ("uncommitted-configurations",)
    rules = replace(routed("0.0.0.0/0"), deployments=None)
    assert hops(estate(rules), "8.8.8.8", assume=assume) == [NVA if choice == "committed" else "Internet"]
    assert "uncommitted-configurations" in chosen(estate(rules), "8.8.8.8", assume=assume).assumptions


def test_members_by_policy_may_be_connected() -> None:
    members = group("spokes", "a", unknown("by policy", UnknownKind.REFERENCE))
    found = estate(manager("m", members, connectivity("mesh", "spokes")))
    assert hops(found, "10.2.0.4") == ["ConnectedGroup", "None"]
    assert hops(found, "172.20.0.4") == ["ConnectedGroup", "None"]
    assert hops(found, "10.1.0.9") == ["VnetLocal"]
    assert hops(found, "8.8.8.8") == ["Internet"]
    assert chosen(found, "8.8.8.8").assumptions == ("unknown-route-prefixes",)


# --- routing ---


def routed(*rules: str, disable_bgp: bool = True) -> NetworkManager:
    found = [routing_rule(f"r{index}", prefix, APPLIANCE, FIREWALL) for index, prefix in enumerate(rules)]
    return manager("m", group("all", "a"), routing("c", "all", *found, disable_bgp=disable_bgp))


def test_routes_of_a_routing_configuration_are_user_defined_routes() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager."""
    found = estate(routed("0.0.0.0/0"))
    assert hops(found, "8.8.8.8") == [NVA]
    assert hops(found, "10.200.0.1") == [NVA]
    assert ("Default", "Invalid", "0.0.0.0/0", "Internet") in listed(found)


def test_a_routing_configuration_is_for_the_members_of_its_groups() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager: groups hold networks or
    subnets."""
    other = manager("m", group("all", "b"), routing("c", "all", routing_rule("r", "0.0.0.0/0", NOWHERE)))
    assert hops(estate(other), "8.8.8.8") == ["Internet"]


def test_a_routing_rule_with_the_destination_of_an_existing_route_is_ignored() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager."""
    table = route_table("rt", route("own", "0.0.0.0/0", INTERNET))
    found = estate(routed("0.0.0.0/0", "20.0.0.0/8"), table=table)
    assert hops(found, "8.8.8.8") == ["Internet"]
    assert hops(found, "20.1.1.1") == [NVA]


@pytest.mark.parametrize(("disabled", "hop"), [(True, "None"), (False, "VirtualNetworkGateway")])
def test_a_routing_configuration_turns_propagation_off_unless_it_says_otherwise(disabled: bool, hop: str) -> None:
    """Azure Network REST API, `RoutingRuleCollection.disableBgpRoutePropagation`: it defaults to true."""
    back = peering("hub", remote_gateways=True, state="Connected")
    assert hops(estate(routed("20.0.0.0/8", disable_bgp=disabled), here=back), "192.168.7.7") == [hop]


def test_a_routing_configuration_of_an_unknown_group_depends() -> None:
    members = group("all", unknown("by policy", UnknownKind.REFERENCE))
    found = estate(manager("m", members, routing("c", "all", routing_rule("r", "0.0.0.0/0", APPLIANCE, FIREWALL))))
    assert hops(found, "8.8.8.8") == [NVA, "Internet"]
    assert [u.name for u in chosen(found, "8.8.8.8").unknowns] == ["a is in all"]
    assert hops(found, "10.1.0.9") == ["VnetLocal"]


# --- the tag VirtualNetwork ---


def tag(found: Snapshot) -> AddressSet:
    terms = Terms(found, find_route_subject(found, nic="nic-web"), Assumptions())
    return terms.tag(ServiceTag("VirtualNetwork", SOURCE)).known


@pytest.mark.parametrize(
    ("avnm", "members"),
    [
        (manager("m", SPOKES, connectivity("mesh", "spokes")), ["10.2.0.0/16"]),
        (hub_and_spoke(), ["10.8.0.0/16"]),
        (hub_and_spoke(use_hub_gateway=True), ["10.8.0.0/16", "192.168.7.0/24"]),
        (hub_and_spoke(is_direct=True), ["10.8.0.0/16", "10.2.0.0/16"]),
        (routed("20.0.0.0/8"), ["20.0.0.0/8"]),
    ],
)
def test_the_tag_virtual_network_holds_what_network_managers_connect(avnm: NetworkManager, members: list[str]) -> None:
    """Microsoft Learn, Virtual network service tags: connected networks, and prefixes of user-defined routes. That
    members of a connected group are among them is not stated, but follows."""
    expected = ["10.1.0.0/16", "168.63.129.16", *members]
    assert tag(estate(avnm)) == reduce(or_, map(AddressSet.parse, expected))
