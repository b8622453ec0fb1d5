from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nwpolicy.model.avnm import (
    ConnectivityConfiguration,
    NetworkManager,
    RoutingConfiguration,
    RoutingRule,
    RoutingRuleCollection,
    Topology,
)
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.resource import AddressPrefix, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.unknowns import Unknown

MANAGERS = "Microsoft.Network/networkManagers"
ROUTING = f"{MANAGERS}/routingConfigurations"
GROUP = f"/subscriptions/s/resourceGroups/g/providers/{MANAGERS}/m/networkGroups/spokes"
HUB = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/hub"


def definition(type: str, name: str, **properties: object) -> str:
    return json.dumps({"type": type, "name": name, "properties": properties})


def test_a_connectivity_configuration(read_one: Callable[[str], Resource]) -> None:
    group = {"networkGroupId": GROUP, "groupConnectivity": "DirectlyConnected", "useHubGateway": "True"}
    found = read_one(
        definition(
            f"{MANAGERS}/connectivityConfigurations",
            "m/c",
            connectivityTopology="HubAndSpoke",
            hubs=[{"resourceId": HUB, "resourceType": "Microsoft.Network/virtualNetworks"}],
            appliesToGroups=[{**group, "isGlobal": "False"}],
            isGlobal="True",
        )
    )
    assert isinstance(found, ConnectivityConfiguration)
    assert (found.topology, found.is_global) == (Topology.HUB_AND_SPOKE, True)
    assert [hub.name for hub in found.hubs] == ["hub"]
    (applied,) = found.groups
    assert not isinstance(applied, Unknown)
    assert isinstance(applied.group, Reference)
    assert (applied.group.name, applied.is_direct, applied.use_hub_gateway) == ("spokes", True, True)
    assert applied.is_global is False


def test_a_topology_that_is_not_known(read_one: Callable[[str], Resource]) -> None:
    found = read_one(definition(f"{MANAGERS}/connectivityConfigurations", "m/c", connectivityTopology="?topology"))
    assert isinstance(found, ConnectivityConfiguration)
    assert isinstance(found.topology, Unknown)


@pytest.mark.parametrize(
    ("hop", "type"),
    [
        ("Internet", NextHopType.INTERNET),
        ("NoNextHop", NextHopType.NONE),
        ("VirtualNetworkGateway", NextHopType.VIRTUAL_NETWORK_GATEWAY),
        ("vnetlocal", NextHopType.VNET_LOCAL),
    ],
)
def test_a_routing_rule(hop: str, type: NextHopType, read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        definition(
            f"{ROUTING}/ruleCollections/rules",
            "m/c/rc/r",
            destination={"type": "ServiceTag", "destinationAddress": "Storage"},
            nextHop={"nextHopType": hop},
        )
    )
    assert isinstance(found, RoutingRule)
    assert isinstance(found.destination, ServiceTag)
    assert (found.next_hop_type, found.next_hop_address) == (type, None)


def test_a_routing_rule_to_an_appliance(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        definition(
            f"{ROUTING}/ruleCollections/rules",
            "m/c/rc/r",
            destination={"type": "AddressPrefix", "destinationAddress": "10.0.0.0/8"},
            nextHop={"nextHopType": "VirtualAppliance", "nextHopAddress": "10.8.0.4"},
        )
    )
    assert isinstance(found, RoutingRule)
    assert isinstance(found.destination, AddressPrefix)
    assert str(found.next_hop_address) == "10.8.0.4"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nextHop": {"nextHopType": "Internet"}}, "missing-field"),
        ({"destination": {"destinationAddress": "10.0.0.0/8"}}, "missing-field"),
        (
            {"destination": {"destinationAddress": "10.0.0.0/8"}, "nextHop": {"nextHopType": "VirtualAppliance"}},
            "missing-field",
        ),
        (
            {"destination": {"destinationAddress": "10.0.0.0/8"}, "nextHop": {"nextHopType": "Nowhere"}},
            "bad-next-hop-type",
        ),
    ],
)
def test_faults_of_a_routing_rule(properties: dict[str, object], code: str, read: Callable[[str], Any]) -> None:
    assert read(definition(f"{ROUTING}/ruleCollections/rules", "m/c/rc/r", **properties)).codes == [code]


def test_a_routing_rule_collection_disables_propagation_by_default(read_one: Callable[[str], Resource]) -> None:
    found = read_one(definition(f"{ROUTING}/ruleCollections", "m/c/rc", appliesTo=[{"networkGroupId": GROUP}]))
    assert isinstance(found, RoutingRuleCollection)
    assert found.disable_bgp_route_propagation is True
    assert [group.name for group in found.applies_to] == ["spokes"]
    kept = read_one(definition(f"{ROUTING}/ruleCollections", "m/c/rc", disableBgpRoutePropagation="False"))
    assert isinstance(kept, RoutingRuleCollection)
    assert kept.disable_bgp_route_propagation is False


def test_configurations_inside_a_manager_and_commits_of_every_type(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        definition(
            MANAGERS,
            "m",
            connectivityConfigurations=[{"name": "mesh", "properties": {"connectivityTopology": "Mesh"}}],
            routingConfigurations=[{"name": "udr", "properties": {"ruleCollections": [{"name": "rc"}]}}],
            commits=[
                {"commitType": "Routing", "targetLocations": ["westeurope"], "configurationIds": ["m/udr"]},
                {"commitType": "Connectivity", "targetLocations": ["westeurope"], "configurationIds": ["m/mesh"]},
                {"commitType": "SecurityAdmin", "targetLocations": ["westeurope"], "configurationIds": ["m/c"]},
            ],
        )
    )
    assert isinstance(found, NetworkManager)
    assert [c.name for c in found.connectivity_configurations] == ["mesh"]
    (udr,) = found.routing_configurations
    assert isinstance(udr, RoutingConfiguration)
    assert [c.name for c in udr.rule_collections] == ["rc"]
    assert [deployment.type for deployment in found.deployments or ()] == [
        "routingConfigurations",
        "connectivityConfigurations",
        "securityAdminConfigurations",
    ]


def test_subnets_of_a_peering(read_one: Callable[[str], Resource]) -> None:
    peering = {
        "name": "p",
        "properties": {
            "remoteVirtualNetwork": {"id": HUB},
            "peerCompleteVnets": False,
            "localSubnetNames": ["web"],
            "remoteSubnetNames": ["data", "?name"],
        },
    }
    found = read_one(
        definition(
            "Microsoft.Network/virtualNetworks",
            "v",
            addressSpace={"addressPrefixes": ["10.0.0.0/16"]},
            virtualNetworkPeerings=[peering],
        )
    )
    assert isinstance(found, VirtualNetwork)
    (one,) = found.peerings
    assert one.local_subnet_names == ("web",)
    assert [getattr(name, "name", name) for name in one.remote_subnet_names] == ["data", "name"]
