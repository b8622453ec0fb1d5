"""What the topology says of definitions, and what it says it does not know."""

from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.topology import (
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeKind,
    Standing,
    Topology,
    build_topology,
)
from nwpolicy.model.avnm import ConnectivityGroup
from nwpolicy.model.avnm import Topology as Shape
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    connection,
    connectivity,
    deployment,
    gateway,
    group,
    manager,
    nic,
    nsg,
    peering,
    private_endpoint,
    reference,
    route,
    route_table,
    routing,
    routing_rule,
    site,
    snapshot,
    subnet,
    unknown,
    vnet,
)

APPLIANCE = NextHopType.VIRTUAL_APPLIANCE


def topology(*resources: Resource, **assume: str) -> Topology:
    chosen = {name.replace("_", "-"): choice for name, choice in assume.items()}
    return build_topology(snapshot(*resources), Assumptions.of(chosen))


def node(found: Topology, name: str) -> Node:
    (only,) = (node for node in found.nodes if node.name == name)
    return only


def links(found: Topology, kind: LinkKind) -> dict[tuple[str, str], Link]:
    """The links of a kind by the names of what they connect."""
    names = {node.id: node.name for node in found.nodes}
    return {(names[link.one], names[link.other]): link for link in found.links if link.kind is kind}


def test_everything_stands_in_what_it_is_in() -> None:
    found = topology(
        vnet("hub", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27"), subnet("web", "10.0.1.0/24", nsg="n")),
        nsg("n"),
        nic("nic-a", "10.0.1.4", "hub/web", nsg="n", vm="vm-a", public_ip="pip-a", load_balancers=["lb"]),
        private_endpoint("pe", "hub/web", "10.0.1.9"),
        gateway("vgw", "hub", "192.168.0.0/16"),
    )
    parents = {n.name: None if n.parent is None else n.parent.rpartition("/")[2] for n in found.nodes}
    assert parents == {
        "hub": None,
        "GatewaySubnet": "virtualNetwork:hub",
        "web": "virtualNetwork:hub",
        "vgw": "GatewaySubnet",
        "nic-a": "web",
        "pe": "web",
    }
    assert node(found, "nic-a").addresses == ("10.0.1.4",)
    assert node(found, "nic-a").facts == ("VM vm-a", "public IP pip-a", "behind load balancer lb")
    assert list(found.unknowns()) == []


def test_parents_come_before_what_stands_in_them() -> None:
    found = topology(nic("lost", "10.0.0.4", "nowhere/gone"), vnet("v", "10.1.0.0/16", subnet("s", "10.1.0.0/24")))
    order = [node.id for node in found.nodes]
    assert all(order.index(node.parent) < order.index(node.id) for node in found.nodes if node.parent is not None)


# --- peerings ---


def test_a_peering_of_both_sides_is_one_link() -> None:
    found = topology(
        vnet("a", "10.0.0.0/16", peering("b", gateway_transit=True)),
        vnet("b", "10.1.0.0/16", peering("a", remote_gateways=True)),
    )
    link = links(found, LinkKind.PEERING)["a", "b"]
    assert link.state is LinkState.CONNECTED
    assert [(side.name, side.gateway_transit, side.remote_gateways) for side in link.sides] == [
        ("to-b", True, False),
        ("to-a", False, True),
    ]


def test_a_peering_that_only_one_side_has_is_half_open() -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering: the state is Initiated until both
    networks have the peering."""
    found = topology(vnet("a", "10.0.0.0/16", peering("b")), vnet("b", "10.1.0.0/16"))
    link = links(found, LinkKind.PEERING)["a", "b"]
    assert (link.state, link.reason) == (LinkState.HALF_OPEN, "b has no peering back to a")


def test_the_other_side_of_a_peering_to_a_network_outside_the_input_is_not_known() -> None:
    found = topology(vnet("a", "10.0.0.0/16", peering("b", "10.9.0.0/16")))
    assert links(found, LinkKind.PEERING)["a", "b"].state is LinkState.UNSEEN
    assert (node(found, "b").standing, node(found, "b").addresses) == (Standing.NOT_DEFINED, ("10.9.0.0/16",))
    assert [(u.name, u.reason) for u in found.unknowns()] == [("b", "it is not defined in the input")]


def test_several_peerings_to_a_network_outside_the_input_lead_to_one_node() -> None:
    found = topology(vnet("a", "10.0.0.0/16", peering("far")), vnet("b", "10.1.0.0/16", peering("FAR")))
    assert len([node for node in found.nodes if node.standing is Standing.NOT_DEFINED]) == 1


@pytest.mark.parametrize(
    ("state", "wanted"), [("Disconnected", LinkState.DISCONNECTED), ("Connected", LinkState.CONNECTED)]
)
def test_the_state_that_an_export_tells_counts(state: str, wanted: LinkState) -> None:
    """Azure Network REST API, `VirtualNetworkPeeringState`."""
    found = topology(vnet("a", "10.0.0.0/16", peering("b", state=state)), vnet("b", "10.1.0.0/16"))
    assert links(found, LinkKind.PEERING)["a", "b"].state is wanted


def test_a_peering_without_access_connects_nothing() -> None:
    found = topology(vnet("a", "10.0.0.0/16", peering("b", access=False)), vnet("b", "10.1.0.0/16", peering("a")))
    assert links(found, LinkKind.PEERING)["a", "b"].state is LinkState.DISCONNECTED


def test_a_peering_whose_access_is_not_known_depends_on_it() -> None:
    open_ = unknown("allowAccess", UnknownKind.CONDITION)
    found = topology(vnet("a", "10.0.0.0/16", peering("b", access=open_)), vnet("b", "10.1.0.0/16", peering("a")))
    link = links(found, LinkKind.PEERING)["a", "b"]
    assert (link.state, link.unknowns) == (LinkState.DEPENDS, (open_,))
    assert link.sides[0].virtual_network_access is None


# --- network managers ---


def test_a_mesh_is_one_group_with_all_its_members() -> None:
    found = topology(
        *(vnet(name, f"10.{i}.0.0/16", location="westeurope") for i, name in enumerate("abcd")),
        manager("m", group("g", *"abc"), connectivity("mesh", "m/g")),
    )
    assert set(links(found, LinkKind.CONNECTED_GROUP)) == {("mesh", "a"), ("mesh", "b"), ("mesh", "c")}
    assert node(found, "mesh").kind is NodeKind.CONNECTED_GROUP


def test_a_mesh_ends_at_its_region() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Mesh topology": only within a
    region, unless global mesh is enabled."""
    networks = [
        vnet(name, f"10.{i}.0.0/16", location="westeurope" if i < 3 else "northeurope")
        for i, name in enumerate("abcde")
    ]
    found = topology(*networks, manager("m", group("g", *"abcde"), connectivity("mesh", "m/g")))
    ends = set(links(found, LinkKind.CONNECTED_GROUP))
    assert ends == {("mesh", "a"), ("mesh", "b"), ("mesh", "c"), ("d", "e")}


def test_networks_that_only_share_a_neighbour_are_no_group() -> None:
    """Members of two groups are connected with both; the groups are not connected with one another."""
    found = topology(
        *(vnet(name, f"10.{i}.0.0/16", location="westeurope") for i, name in enumerate("abc")),
        manager("m", group("g1", "a", "b"), group("g2", "b", "c"), connectivity("mesh", "m/g1", "m/g2")),
    )
    assert set(links(found, LinkKind.CONNECTED_GROUP)) == {("a", "b"), ("b", "c")}


def test_hub_and_spoke_connects_spokes_with_the_hub_only() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager, "Hub-and-spoke topology"."""
    shape = connectivity("hs", "m/g", topology=Shape.HUB_AND_SPOKE, hubs=["hub"])
    found = topology(
        *(vnet(name, f"10.{i}.0.0/16", location="westeurope") for i, name in enumerate(("hub", "s1", "s2"))),
        manager("m", group("g", "s1", "s2"), shape),
    )
    assert set(links(found, LinkKind.HUB_AND_SPOKE)) == {("hub", "s1"), ("hub", "s2")}
    assert links(found, LinkKind.CONNECTED_GROUP) == {}


def test_a_group_with_unknown_members_may_connect_any_network() -> None:
    found = topology(
        *(vnet(name, f"10.{i}.0.0/16", location="westeurope") for i, name in enumerate("abc")),
        manager("m", group("g", "a", "b", unknown("policy", UnknownKind.REFERENCE)), connectivity("mesh", "m/g")),
    )
    states = {ends: link.state for ends, link in links(found, LinkKind.CONNECTED_GROUP).items()}
    assert states["mesh", "a"] is states["mesh", "b"] is LinkState.CONNECTED
    assert states["mesh", "c"] is LinkState.DEPENDS
    assert states["mesh", "other networks of mesh"] is LinkState.DEPENDS


def test_a_configuration_that_is_not_committed_connects_nothing() -> None:
    members = [vnet(name, f"10.{i}.0.0/16", location="westeurope") for i, name in enumerate("abc")]
    elsewhere = deployment(["m/mesh"], "eastus", type="connectivityConfigurations")
    found = topology(*members, manager("m", group("g", *"abc"), connectivity("mesh", "m/g"), deployments=[elsewhere]))
    assert found.links == ()


# --- gateways ---


def test_sites_are_behind_gateways() -> None:
    found = topology(
        vnet("hub", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27")),
        gateway("vgw", "hub"),
        site("office", "192.168.0.0/16"),
        connection("con", "vgw", "office"),
        connection("con-2", "vgw", "gone"),
    )
    states = {ends: link.state for ends, link in links(found, LinkKind.CONNECTION).items()}
    assert states == {("vgw", "office"): LinkState.CONNECTED, ("vgw", "gone"): LinkState.UNSEEN}
    assert node(found, "office").addresses == ("192.168.0.0/16",)


def test_what_a_gateway_leads_to_without_connection_is_not_known() -> None:
    found = topology(vnet("hub", "10.0.0.0/16"), gateway("vgw", "hub"), gateway("vgw-2", "elsewhere", "10.9.0.0/16"))
    assert "leads to what is not known" in node(found, "vgw").facts
    assert "learns 10.9.0.0/16" in node(found, "vgw-2").facts
    assert {unknown.name for unknown in found.unknowns()} == {"elsewhere", "prefixes behind vgw"}


# --- next hops ---


def spokes(hop: str, *others: Resource, forwarding: bool = True) -> Topology:
    return topology(
        vnet(
            "hub",
            "10.0.0.0/16",
            subnet("AzureFirewallSubnet", "10.0.0.0/26"),
            subnet("nva", "10.0.1.0/24"),
            peering("s"),
        ),
        vnet("s", "10.1.0.0/16", subnet("app", "10.1.1.0/24", route_table="rt"), peering("hub")),
        route_table("rt", route("all", "0.0.0.0/0", APPLIANCE, hop)),
        nic("nic-nva", "10.0.1.4", "hub/nva", forwarding=forwarding),
        *others,
    )


def test_a_next_hop_is_the_interface_that_has_the_address() -> None:
    found = spokes("10.0.1.4")
    assert links(found, LinkKind.NEXT_HOP)["app", "nic-nva"].state is LinkState.CONNECTED
    (line,) = node(found, "app").routes
    assert (line.prefix, line.next_hop_type, line.addresses) == ("0.0.0.0/0", "VirtualAppliance", ("10.0.1.4",))


def test_an_interface_that_does_not_forward_is_no_way_on() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Next hop types": IP forwarding has to be enabled."""
    link = links(spokes("10.0.1.4", forwarding=False), LinkKind.NEXT_HOP)["app", "nic-nva"]
    assert link.state is LinkState.DISCONNECTED
    assert link.reason is not None
    assert "enableIPForwarding" in link.reason


def test_only_a_firewall_is_in_the_firewall_subnet() -> None:
    """Microsoft Learn, Azure Firewall frequently asked questions: its subnet is dedicated to it."""
    found = spokes("10.0.0.4")
    assert links(found, LinkKind.NEXT_HOP)["app", "10.0.0.4"].state is LinkState.CONNECTED
    assert node(found, "10.0.0.4").parent == "virtualNetwork:hub/AzureFirewallSubnet"
    assert node(found, "10.0.0.4").facts == ("Azure Firewall",)


def test_a_next_hop_that_nothing_has_stands_in_the_subnet_of_its_address_and_is_not_known() -> None:
    found = spokes("10.0.1.77")
    assert links(found, LinkKind.NEXT_HOP)["app", "10.0.1.77"].state is LinkState.UNSEEN
    hop = node(found, "10.0.1.77")
    assert (hop.parent, hop.standing) == ("virtualNetwork:hub/nva", Standing.NOT_DEFINED)
    assert "10.0.1.77" in {u.name for u in found.unknowns()}


def test_the_same_address_in_a_network_that_is_not_connected_is_no_next_hop() -> None:
    """Networks that are not connected may use the same addresses."""
    found = spokes(
        "10.7.0.4", vnet("apart", "10.7.0.0/16", subnet("x", "10.7.0.0/24")), nic("nic-x", "10.7.0.4", "apart/x")
    )
    assert set(links(found, LinkKind.NEXT_HOP)) == {("app", "10.7.0.4")}
    assert node(found, "10.7.0.4").parent is None
    assert "in no connected network" in node(found, "10.7.0.4").facts


def test_an_address_in_a_peered_network_outside_the_input_stands_there() -> None:
    found = topology(
        vnet("s", "10.1.0.0/16", subnet("app", "10.1.1.0/24", route_table="rt"), peering("hub", "10.0.0.0/16")),
        route_table("rt", route("all", "0.0.0.0/0", APPLIANCE, "10.0.0.4")),
    )
    assert node(found, "10.0.0.4").parent == node(found, "hub").id


def test_the_most_certain_route_to_a_next_hop_counts() -> None:
    maybe = route("maybe", "10.8.0.0/16", APPLIANCE, "10.0.1.4", condition=unknown("c", UnknownKind.CONDITION))
    found = topology(
        vnet("v", "10.0.0.0/16", subnet("a", "10.0.0.0/24", route_table="rt"), subnet("nva", "10.0.1.0/24")),
        route_table("rt", maybe, route("sure", "10.9.0.0/16", APPLIANCE, "10.0.1.4")),
        nic("nic-nva", "10.0.1.4", "v/nva", forwarding=True),
    )
    link = links(found, LinkKind.NEXT_HOP)["a", "nic-nva"]
    assert (link.name, link.state) == ("10.9.0.0/16", LinkState.CONNECTED)
    assert [line.standing for line in node(found, "a").routes] == [Standing.CONDITIONAL, Standing.DEFINED]


def test_routes_of_network_managers_are_routes_of_the_subnet() -> None:
    found = topology(
        vnet("v", "10.0.0.0/16", subnet("a", "10.0.1.0/24"), subnet("nva", "10.0.2.0/24")),
        nic("nic-nva", "10.0.2.4", "v/nva", forwarding=True),
        manager(
            "m", group("g", "v"), routing("to-nva", "m/g", routing_rule("all", "0.0.0.0/0", APPLIANCE, "10.0.2.4"))
        ),
    )
    assert [line.definition for line in node(found, "a").routes] == ["to-nva"]
    assert ("a", "nic-nva") in links(found, LinkKind.NEXT_HOP)


# --- what the input does not show ---


def test_an_interface_in_a_subnet_outside_the_input_stands_there() -> None:
    found = topology(vnet("v", "10.0.0.0/16"), nic("nic-a", "10.0.0.4", "v/gone"), nic("nic-b", "10.9.0.4", "w/s"))
    assert node(found, "gone").parent == "virtualNetwork:v"
    assert {n.name: n.standing for n in found.nodes if n.standing is not Standing.DEFINED} == dict.fromkeys(
        ("gone", "w", "s"), Standing.NOT_DEFINED
    )


def test_references_that_are_not_known_are_unknowns() -> None:
    which = unknown("subnetId", UnknownKind.REFERENCE)
    group_id = unknown("nsgId", UnknownKind.REFERENCE)
    found = topology(vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg=group_id)), nic("n", None, which))
    assert node(found, "subnetId").standing is Standing.UNKNOWN
    attached = node(found, "s").security_group
    assert attached is not None
    assert attached.standing is Standing.UNKNOWN
    assert {u.name for u in found.unknowns()} == {"subnetId", "nsgId"}


def test_groups_and_tables_that_nothing_refers_to_are_shown_as_such() -> None:
    found = topology(
        nsg("used"), nsg("spare"), route_table("rt"), vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg="used"))
    )
    loose = {n.name for n in found.nodes if n.kind in {NodeKind.SECURITY_GROUP, NodeKind.ROUTE_TABLE}}
    assert loose == {"spare", "rt"}


def test_definitions_of_one_name_have_nodes_of_their_own() -> None:
    one, other = (
        vnet(
            "v",
            "10.0.0.0/16",
            identity=f"/subscriptions/s/resourceGroups/{rg}/providers/Microsoft.Network/virtualNetworks/v",
        )
        for rg in ("a", "b")
    )
    found = topology(one, other)
    assert len({node.id for node in found.nodes}) == 2


def test_hub_and_spoke_uses_peerings_that_are_there_already() -> None:
    shape = connectivity(
        "hs",
        ConnectivityGroup(reference("networkGroups", "m/g")),
        topology=Shape.HUB_AND_SPOKE,
        hubs=["hub"],
    )
    found = topology(
        vnet("hub", "10.0.0.0/16", peering("s1"), location="westeurope"),
        vnet("s1", "10.1.0.0/16", peering("hub"), location="westeurope"),
        manager("m", group("g", "s1"), shape),
    )
    assert [link.kind for link in found.links] == [LinkKind.PEERING]
