from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.network import (
    ApplicationGateway,
    GatewayConnection,
    IpConfiguration,
    LoadBalancer,
    LocalNetworkGateway,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.unknowns import Unknown, UnknownKind

NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"


def shown(values: object) -> object:
    """References by type and target, prefixes by text, unknowns by name and kind, tuples element by element."""
    match values:
        case tuple():
            return [shown(value) for value in values]
        case Reference():
            return f"{values.type}: {values.target}"
        case AddressPrefix() | ServiceTag():
            return values.text if isinstance(values, AddressPrefix) else f"tag {values.name}"
        case Unknown():
            return f"?{values.name} {values.kind}"
        case Address():
            return str(values)
        case _:
            return values


def fields(resource: Resource, *names: str) -> dict[str, object]:
    return {name: shown(getattr(resource, name)) for name in names}


SUBNET = """{"type": "Microsoft.Network/virtualNetworks/subnets", "name": "v/web", "properties": {
  "addressPrefix": "10.0.0.0/24", "addressPrefixes": ["fd00::/64"],
  "networkSecurityGroup": {"id": "NSG"}, "routeTable": {"id": "RT"},
  "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Sql/managedInstances"}}],
  "serviceEndpoints": [{"service": "Microsoft.Storage", "locations": ["westeurope"]}, {"service": "Microsoft.Sql"}],
  "privateEndpointNetworkPolicies": "networksecuritygroupenabled"}}"""


def test_a_subnet(read_one: Callable[[str], Resource]) -> None:
    found = read_one(SUBNET)
    assert isinstance(found, Subnet)
    assert fields(
        found,
        *("name", "parent", "address_prefixes", "network_security_group", "route_table", "delegations"),
        *("service_endpoints", "private_endpoint_network_policies"),
    ) == {
        "name": "web",
        "parent": "virtualNetworks: v",
        "address_prefixes": ["10.0.0.0/24", "fd00::/64"],
        "network_security_group": "networkSecurityGroups: NSG",
        "route_table": "routeTables: RT",
        "delegations": ["Microsoft.Sql/managedInstances"],
        "service_endpoints": ["Microsoft.Storage", "Microsoft.Sql"],
        "private_endpoint_network_policies": "NetworkSecurityGroupEnabled",
    }


def test_a_virtual_network_with_subnets_and_peerings(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "North Europe", "properties": {
      "addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.1.0.0/16"]},
      "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}},
                  {"name": "b", "properties": {"addressPrefix": "10.0.1.0/24"}}],
      "virtualNetworkPeerings": [{"name": "hub", "properties": {
        "remoteVirtualNetwork": {"id": "HUB"}, "allowVirtualNetworkAccess": false, "allowForwardedTraffic": true,
        "useRemoteGateways": true, "peeringState": "Connected",
        "remoteAddressSpace": {"addressPrefixes": ["172.16.0.0/12"]}}}]}}"""
    )
    assert isinstance(found, VirtualNetwork)
    assert found.location == "northeurope"
    assert shown(found.address_space) == ["10.0.0.0/16", "10.1.0.0/16"]
    assert [(subnet.name, shown(subnet.address_prefixes)) for subnet in found.subnets] == [
        ("a", ["10.0.0.0/24"]),
        ("b", ["10.0.1.0/24"]),
    ]
    (peering,) = found.peerings
    assert fields(
        peering,
        *("name", "remote_virtual_network", "remote_address_space", "allow_virtual_network_access"),
        *("allow_forwarded_traffic", "allow_gateway_transit", "use_remote_gateways", "peering_state"),
    ) == {
        "name": "hub",
        "remote_virtual_network": "virtualNetworks: HUB",
        "remote_address_space": ["172.16.0.0/12"],
        "allow_virtual_network_access": False,
        "allow_forwarded_traffic": True,
        "allow_gateway_transit": False,
        "use_remote_gateways": True,
        "peering_state": "Connected",
    }


def test_a_peering_lets_traffic_in_unless_it_says_otherwise(read_one: Callable[[str], Resource]) -> None:
    """Azure Network REST API, VirtualNetworkPeering: only allowVirtualNetworkAccess is on by default."""
    found = read_one(
        '{"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "name": "v/p",'
        '"properties": {"remoteVirtualNetwork": {"id": "w"}}}'
    )
    assert isinstance(found, VirtualNetworkPeering)
    assert found.allow_virtual_network_access is True
    assert (found.allow_forwarded_traffic, found.allow_gateway_transit, found.use_remote_gateways) == (False,) * 3


def test_prefixes_from_an_address_pool_are_unknown(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {
      "addressSpace": {"ipamPoolPrefixAllocations": [{"numberOfIpAddresses": "256"}]},
      "subnets": [{"name": "s", "properties": {"ipamPoolPrefixAllocations": [{"numberOfIpAddresses": "64"}]}}]}}"""
    )
    assert isinstance(found, VirtualNetwork)
    assert shown(found.address_space) == ["?addressSpace of v address"]
    assert shown(found.subnets[0].address_prefixes) == ["?addressPrefix of s address"]


def test_a_network_interface(read_one: Callable[[str], Resource]) -> None:
    balancer = f"{NETWORK}/loadBalancers/lb"
    found = read_one(
        f"""{{"type": "Microsoft.Network/networkInterfaces", "name": "nic", "properties": {{
      "enableIPForwarding": true, "disableTcpStateTracking": true,
      "networkSecurityGroup": {{"id": "NSG"}}, "virtualMachine": {{"id": "VM"}},
      "ipConfigurations": [{{"name": "one", "properties": {{
        "privateIPAddress": "10.0.0.4", "subnet": {{"id": "S"}}, "publicIPAddress": {{"id": "PIP"}},
        "applicationSecurityGroups": [{{"id": "ASG1"}}, {{"id": "ASG2"}}],
        "loadBalancerBackendAddressPools": [{{"id": "{balancer}/backendAddressPools/a"}}],
        "loadBalancerInboundNatRules": [{{"id": "{balancer}/inboundNatRules/b"}}]}}}},
        {{"name": "two", "properties": {{"privateIPAddressVersion": "IPv6"}}}}]}}}}"""
    )
    assert isinstance(found, NetworkInterface)
    assert fields(found, "enable_ip_forwarding", "disable_tcp_state_tracking") == {
        "enable_ip_forwarding": True,
        "disable_tcp_state_tracking": True,
    }
    assert shown((found.network_security_group, found.virtual_machine)) == [
        "networkSecurityGroups: NSG",
        "virtualMachines: VM",
    ]
    one, two = found.ip_configurations
    assert fields(
        one,
        *("name", "private_ip_address", "family", "subnet", "public_ip_address", "application_security_groups"),
        "load_balancers",
    ) == {
        "name": "one",
        "private_ip_address": "10.0.0.4",
        "family": Family.IPV4,
        "subnet": "subnets: S",
        "public_ip_address": "publicIPAddresses: PIP",
        "application_security_groups": ["applicationSecurityGroups: ASG1", "applicationSecurityGroups: ASG2"],
        "load_balancers": [f"loadBalancers: {balancer}"],
    }
    assert two == IpConfiguration(name="two", family=Family.IPV6, source=two.source)


def test_a_virtual_machine(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        '{"type": "Microsoft.Compute/virtualMachines", "name": "vm", "properties": '
        '{"networkProfile": {"networkInterfaces": [{"id": "A"}, {"id": "B", "properties": {"primary": true}}]}}}'
    )
    assert isinstance(found, VirtualMachine)
    assert shown(found.network_interfaces) == ["networkInterfaces: A", "networkInterfaces: B"]


def test_a_public_address(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        '{"type": "Microsoft.Network/publicIPAddresses", "name": "p", "sku": {"name": "Standard"}, '
        '"properties": {"ipAddress": "203.0.113.7", "ipConfiguration": {"id": "IC"}}}'
    )
    assert isinstance(found, PublicIpAddress)
    assert fields(found, "ip_address", "sku", "ip_configuration") == {
        "ip_address": "203.0.113.7",
        "sku": "Standard",
        "ip_configuration": "ipConfigurations: IC",
    }


@pytest.mark.parametrize(
    ("frontend", "is_public"), [("subnet", False), ("publicIPAddress", True), ("publicIPPrefix", True)]
)
def test_a_load_balancer(frontend: str, is_public: bool, read_one: Callable[[str], Resource]) -> None:
    part = {"name": "f", "properties": {frontend: {"id": "x"}}}
    properties = json.dumps({"frontendIPConfigurations": [part]})
    found = read_one(
        '{"type": "Microsoft.Network/loadBalancers", "name": "lb", "sku": {"name": "Standard"}, '
        f'"properties": {properties}}}'
    )
    assert isinstance(found, LoadBalancer)
    assert (found.sku, found.is_public) == ("Standard", is_public)


def test_the_private_frontends_of_a_load_balancer(read_one: Callable[[str], Resource]) -> None:
    private = {"name": "f", "properties": {"privateIPAddress": "10.0.1.9", "subnet": {"id": "S"}}}
    public = {"name": "g", "properties": {"publicIPAddress": {"id": "P"}}}
    properties = json.dumps({"frontendIPConfigurations": [private, public]})
    found = read_one(f'{{"type": "Microsoft.Network/loadBalancers", "name": "lb", "properties": {properties}}}')
    assert isinstance(found, LoadBalancer)
    (frontend,) = found.frontends
    assert fields(frontend, "name", "private_ip_address", "subnet") == {
        "name": "f",
        "private_ip_address": "10.0.1.9",
        "subnet": "subnets: S",
    }


def test_a_private_endpoint(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/privateEndpoints", "name": "pe", "properties": {"subnet": {"id": "S"},
      "ipConfigurations": [{"name": "i", "properties": {"privateIPAddress": "10.0.0.5"}}],
      "customDnsConfigs": [{"fqdn": "a", "ipAddresses": ["10.0.0.5", "10.0.0.6"]}],
      "applicationSecurityGroups": [{"id": "A"}, {"id": "?group"}]}}"""
    )
    assert isinstance(found, PrivateEndpoint)
    assert fields(found, "subnet", "ip_addresses", "application_security_groups") == {
        "subnet": "subnets: S",
        "ip_addresses": ["10.0.0.5", "10.0.0.6"],
        "application_security_groups": ["applicationSecurityGroups: A", "?group reference"],
    }


@pytest.mark.parametrize(("tags", "isolated"), [("{}", False), ('{"EnhancedNetworkControl": "True"}', True)])
def test_an_application_gateway(tags: str, isolated: bool, read_one: Callable[[str], Resource]) -> None:
    """Microsoft Learn, Private Application Gateway deployment: the tag confirms network isolation."""
    properties = '{"gatewayIPConfigurations": [{"name": "g", "properties": {"subnet": {"id": "S"}}}]}'
    found = read_one(
        '{"type": "Microsoft.Network/applicationGateways", "name": "agw", '
        f'"tags": {tags}, "properties": {properties}}}'
    )
    assert isinstance(found, ApplicationGateway)
    assert (shown(found.subnet), found.network_isolation) == ("subnets: S", isolated)


@pytest.mark.parametrize("target", [f"{NETWORK}/virtualNetworks/hub", "hub"])
def test_a_gateway_belongs_to_the_network_of_its_subnet(target: str, read_one: Callable[[str], Resource]) -> None:
    subnet = f"{target}/subnets/GatewaySubnet" if "/" in target else f"{target}/GatewaySubnet"
    part = {"name": "c", "properties": {"subnet": {"id": subnet}}}
    properties = json.dumps({"gatewayType": "ExpressRoute", "ipConfigurations": [part]})
    found = read_one(
        f'{{"type": "Microsoft.Network/virtualNetworkGateways", "name": "gw", "properties": {properties}}}'
    )
    assert isinstance(found, VirtualNetworkGateway)
    assert (found.gateway_type, shown(found.virtual_network)) == ("ExpressRoute", f"virtualNetworks: {target}")


def test_a_site_to_site_connection(read_one: Callable[[str], Resource]) -> None:
    far = read_one(
        '{"type": "Microsoft.Network/localNetworkGateways", "name": "site", "properties": '
        '{"localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]}}}'
    )
    assert isinstance(far, LocalNetworkGateway)
    assert shown(far.address_prefixes) == ["192.168.0.0/16"]
    found = read_one(
        '{"type": "Microsoft.Network/connections", "name": "c", "properties": '
        '{"virtualNetworkGateway1": {"id": "GW"}, "localNetworkGateway2": {"id": "SITE"}}}'
    )
    assert isinstance(found, GatewayConnection)
    assert shown((found.virtual_network_gateway, found.local_network_gateway)) == [
        "virtualNetworkGateways: GW",
        "localNetworkGateways: SITE",
    ]


def test_a_route_table(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/routeTables", "name": "rt", "properties": {
      "disableBgpRoutePropagation": true, "disablePeeringRoute": "All",
      "routes": [
        {"name": "nva", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "virtualappliance",
          "nextHopIpAddress": "10.0.0.4", "hasBgpOverride": true}},
        {"name": "ecmp", "properties": {"addressPrefix": "10.0.0.0/8", "nextHopType": "VirtualApplianceEcmp",
          "nextHop": {"nextHopIpAddresses": ["10.0.0.4", "10.0.0.5"]}}},
        {"name": "tag", "properties": {"addressPrefix": "Storage.WestEurope", "nextHopType": "Internet",
          "nextHopIpAddress": ""}},
        "?rest"]}}"""
    )
    assert isinstance(found, RouteTable)
    assert (found.disable_bgp_route_propagation, found.disable_peering_route) == (True, "All")
    *routes, rest = found.routes
    assert shown(rest) == "?rest rules"
    assert [
        (r.name, shown(r.address_prefix), r.next_hop_type, shown(r.next_hop_ip_addresses), r.has_bgp_override)
        for r in routes
        if isinstance(r, Route)
    ] == [
        ("nva", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE, ["10.0.0.4"], True),
        ("ecmp", "10.0.0.0/8", NextHopType.VIRTUAL_APPLIANCE_ECMP, ["10.0.0.4", "10.0.0.5"], False),
        ("tag", "tag Storage.WestEurope", NextHopType.INTERNET, [], False),
    ]


@pytest.mark.parametrize(
    ("type", "properties", "attribute", "expected"),
    [
        ("virtualNetworks", '{"addressSpace": {"addressPrefixes": "?p"}}', "address_space", ["?p address"]),
        ("virtualNetworks", '{"addressSpace": {"addressPrefixes": ["?p"]}}', "address_space", ["?p address"]),
        ("virtualNetworks", '{"addressSpace": "?p"}', "address_space", ["?p.addressPrefixes address"]),
        ("virtualNetworks/subnets", '{"addressPrefix": "?p"}', "address_prefixes", ["?p address"]),
        (
            "virtualNetworks/subnets",
            '{"addressPrefix": "10.0.0.0/8", "networkSecurityGroup": {"id": "?p"}}',
            "network_security_group",
            "?p reference",
        ),
        (
            "virtualNetworks/subnets",
            '{"addressPrefix": "10.0.0.0/8", "routeTable": "?p"}',
            "route_table",
            "?p.id reference",
        ),
        (
            "virtualNetworks/subnets",
            '{"addressPrefix": "10.0.0.0/8", "privateEndpointNetworkPolicies": "?p"}',
            "private_endpoint_network_policies",
            "?p text",
        ),
        (
            "virtualNetworks/virtualNetworkPeerings",
            '{"remoteVirtualNetwork": {"id": "?p"}}',
            "remote_virtual_network",
            "?p reference",
        ),
        (
            "virtualNetworks/virtualNetworkPeerings",
            '{"remoteVirtualNetwork": {"id": "w"}, "allowVirtualNetworkAccess": "?p"}',
            "allow_virtual_network_access",
            "?p condition",
        ),
        ("routeTables", '{"routes": "?p"}', "routes", ["?p rules"]),
        ("routeTables", '{"disableBgpRoutePropagation": "?p"}', "disable_bgp_route_propagation", "?p condition"),
        ("routeTables/routes", '{"addressPrefix": "?p", "nextHopType": "None"}', "address_prefix", "?p address"),
        ("routeTables/routes", '{"addressPrefix": "::/0", "nextHopType": "?p"}', "next_hop_type", "?p text"),
        (
            "routeTables/routes",
            '{"addressPrefix": "::/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "?p"}',
            "next_hop_ip_addresses",
            ["?p address"],
        ),
        ("networkInterfaces", '{"networkSecurityGroup": {"id": "?p"}}', "network_security_group", "?p reference"),
        ("networkInterfaces", '{"enableIPForwarding": "?p"}', "enable_ip_forwarding", "?p condition"),
        ("privateEndpoints", '{"subnet": {"id": "?p"}}', "subnet", "?p reference"),
        ("applicationGateways", '{"gatewayIPConfigurations": "?p"}', "subnet", "?p reference"),
        ("connections", '{"virtualNetworkGateway1": "?p"}', "virtual_network_gateway", "?p.id reference"),
    ],
)
def test_an_unknown_becomes_an_unknown_of_the_wanted_kind(
    type: str, properties: str, attribute: str, expected: object, read_one: Callable[[str], Resource]
) -> None:
    name = "/".join("x" for _ in type.split("/"))
    found = read_one(f'{{"type": "Microsoft.Network/{type}", "name": "{name}", "properties": {properties}}}')
    assert shown(getattr(found, attribute)) == expected


def test_an_ip_configuration_keeps_its_unknowns(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/networkInterfaces", "name": "nic", "properties": {"ipConfigurations": [
      {"name": "i", "properties": {"privateIPAddress": "?ip", "subnet": {"id": "?subnet"},
        "applicationSecurityGroups": "?asgs", "loadBalancerBackendAddressPools": [{"id": "?pool"}]}}]}}"""
    )
    assert isinstance(found, NetworkInterface)
    assert fields(
        found.ip_configurations[0], "private_ip_address", "subnet", "application_security_groups", "load_balancers"
    ) == {
        "private_ip_address": "?ip address",
        "subnet": "?subnet reference",
        "application_security_groups": ["?asgs.id reference"],
        "load_balancers": ["?pool reference"],
    }


def test_two_uses_of_one_unknown_are_the_same_value(read_one: Callable[[str], Any]) -> None:
    found = read_one(
        """{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {
      "addressSpace": {"addressPrefixes": ["?cidr"]},
      "subnets": [{"name": "s", "properties": {"addressPrefix": "?cidr"}}]}}"""
    )
    assert found.address_space == found.subnets[0].address_prefixes
    assert found.address_space[0].kind is UnknownKind.ADDRESS


def test_peerings_that_are_not_known(read_one: Callable[[str], Resource]) -> None:
    """Unseen peers would otherwise be missing from the tag VirtualNetwork without a word."""
    network = read_one(
        '{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {'
        '"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "virtualNetworkPeerings": "?peerings"}}'
    )
    assert isinstance(network, VirtualNetwork)
    assert [shown(peering.remote_virtual_network) for peering in network.peerings] == ["?peerings reference"]


def test_connection_of_two_gateways(read_one: Callable[[str], Resource]) -> None:
    connection = read_one(
        '{"type": "Microsoft.Network/connections", "name": "c", "properties": {"connectionType": "Vnet2Vnet",'
        '"virtualNetworkGateway1": {"id": "A"}, "virtualNetworkGateway2": {"id": "B"}}}'
    )
    assert fields(connection, "virtual_network_gateway", "other_gateway") == {
        "virtual_network_gateway": "virtualNetworkGateways: A",
        "other_gateway": "virtualNetworkGateways: B",
    }


def test_sku_that_is_not_known(read_one: Callable[[str], Resource]) -> None:
    """Basic would be open to the internet where Standard is not."""
    address = read_one('{"type": "Microsoft.Network/publicIPAddresses", "name": "p", "sku": {"name": "?p"}}')
    assert fields(address, "sku") == {"sku": "?p text"}


@pytest.mark.parametrize(
    ("frontends", "expected"),
    [
        ('[{"name": "f", "properties": {"publicIPAddress": {"id": "P"}}}]', True),
        ('[{"name": "f", "properties": {"subnet": {"id": "S"}}}]', False),
        ('"?frontends"', "?frontends condition"),
        ('[{"name": "f", "properties": {"publicIPAddress": "?address"}}]', "?address condition"),
    ],
)
def test_load_balancer_that_may_be_public(
    frontends: str, expected: object, read_one: Callable[[str], Resource]
) -> None:
    balancer = read_one(
        '{"type": "Microsoft.Network/loadBalancers", "name": "b", "sku": {"name": "Standard"}, '
        f'"properties": {{"frontendIPConfigurations": {frontends}}}}}'
    )
    assert fields(balancer, "is_public") == {"is_public": expected}
