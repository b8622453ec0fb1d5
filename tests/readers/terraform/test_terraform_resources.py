"""Each resource of `azurerm` means what its twin in an ARM template means.

Source: registry.terraform.io, hashicorp/azurerm, the resources of these names; Azure REST API for the twins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from nwpolicy.model.avnm import NetworkManager
from nwpolicy.model.network import ApplicationGateway, NetworkInterface, Subnet
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import dispatch
from nwpolicy.readers.terraform.azurerm.types import TYPES
from tests.terraforming import PLACE, meanings, only, read, said, snapshot, template

_NETWORK: Final = "Microsoft.Network"


def arm(type: str, name: str, **properties: Any) -> dict[str, Any]:
    beside: dict[str, Any] = {key: properties.pop(key) for key in ("sku",) if key in properties}
    region = {} if "/" in name else {"location": "westeurope"}
    return {"type": f"{_NETWORK}/{type}", "name": name, **region, **beside, "properties": properties}


def ref(type: str, *names: str) -> dict[str, str]:
    listed = ", ".join(f"'{name}'" for name in names)
    return {"id": f"[resourceId('rg', '{_NETWORK}/{type}', {listed})]"}


def resource(type: str, label: str, *lines: str, place: str = PLACE) -> str:
    body = "\n".join(f"  {line}" for line in (place, *lines))
    return f'resource "azurerm_{type}" "{label}" {{\n{body}\n}}\n'


def rule(name: str, *lines: str) -> str:
    usual = ('access = "Allow"', 'direction = "Inbound"', 'protocol = "Tcp"', 'source_port_range = "*"')
    return "\n".join((f'name = "{name}"', "priority = 100", *usual, *lines))


_RULE: Final = {"priority": 100, "access": "Allow", "direction": "Inbound", "protocol": "Tcp", "sourcePortRange": "*"}
_SINGLE: Final = (
    'destination_port_range = "443"',
    'source_address_prefix = "Internet"',
    'destination_address_prefix = "10.0.0.0/24"',
)
_SINGLE_ARM: Final = {
    "destinationPortRange": "443",
    "sourceAddressPrefix": "Internet",
    "destinationAddressPrefix": "10.0.0.0/24",
}
_PLURAL: Final = (
    'destination_port_ranges = ["80", "8000-8080"]',
    'source_address_prefixes = ["10.1.0.0/16", "10.2.0.0/16"]',
    "destination_application_security_group_ids = [azurerm_application_security_group.web.id]",
)
_PLURAL_ARM: Final = {
    "destinationPortRanges": ["80", "8000-8080"],
    "sourceAddressPrefixes": ["10.1.0.0/16", "10.2.0.0/16"],
    "destinationApplicationSecurityGroups": [ref("applicationSecurityGroups", "asg")],
}
_ASG: Final = resource("application_security_group", "web", 'name = "asg"')
_VNET: Final = resource("virtual_network", "net", 'name = "net"', 'address_space = ["10.0.0.0/16"]')
_VNET_ARM: Final = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
_IN_VNET: Final = 'resource_group_name = "rg"\n  virtual_network_name = azurerm_virtual_network.net.name'
_SUBNET: Final = resource("subnet", "app", 'name = "app"', 'address_prefixes = ["10.0.1.0/24"]', place=_IN_VNET)
_SUBNET_ARM: Final = {"name": "app", "properties": {"addressPrefixes": ["10.0.1.0/24"]}}
_NSG: Final = resource("network_security_group", "web", 'name = "nsg"')
_NSG_ARM: Final = arm("networkSecurityGroups", "nsg", securityRules=[])
_NIC: Final = resource(
    "network_interface",
    "nic",
    'name = "nic"',
    "ip_configuration {",
    'name = "ip"',
    "subnet_id = azurerm_subnet.app.id",
    "}",
)
_HUB: Final = "/subscriptions/1/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"
_MANAGER: Final = resource(
    "network_manager", "m", 'name = "m"', "scope {", 'subscription_ids = ["/subscriptions/1"]', "}"
)
_MANAGED: Final = "network_manager_id = azurerm_network_manager.m.id"
_GROUP: Final = resource("network_manager_network_group", "g", 'name = "g"', place=_MANAGED)


def managed(**parts: Any) -> dict[str, Any]:
    group = {"name": "g", "properties": {}}
    return arm(
        "networkManagers",
        "m",
        **{"networkManagerScopes": {"subscriptions": ["/subscriptions/1"]}, "networkGroups": [group], **parts},
    )


def vnet(*subnets: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return arm("virtualNetworks", "net", **_VNET_ARM, subnets=list(subnets), **more)


def nic(**configuration: Any) -> dict[str, Any]:
    properties = {"subnet": ref("virtualNetworks/subnets", "net", "app"), **configuration}
    return arm("networkInterfaces", "nic", ipConfigurations=[{"name": "ip", "properties": properties}])


TWINS: Final[dict[str, tuple[str, list[dict[str, Any]]]]] = {
    "network_security_group": (
        _ASG
        + resource("network_security_group", "web", 'name = "nsg"', "security_rule {", rule("a", *_SINGLE), "}")
        + resource("network_security_group", "db", 'name = "db"', "security_rule {", rule("a", *_PLURAL), "}"),
        [
            arm("applicationSecurityGroups", "asg"),
            arm("networkSecurityGroups", "nsg", securityRules=[{"name": "a", "properties": {**_RULE, **_SINGLE_ARM}}]),
            arm("networkSecurityGroups", "db", securityRules=[{"name": "a", "properties": {**_RULE, **_PLURAL_ARM}}]),
        ],
    ),
    "network_security_rule": (
        _NSG
        + resource(
            "network_security_rule",
            "a",
            rule("a", *_SINGLE),
            place='resource_group_name = "rg"\n  network_security_group_name = azurerm_network_security_group.web.name',
        ),
        [arm("networkSecurityGroups", "nsg", securityRules=[{"name": "a", "properties": {**_RULE, **_SINGLE_ARM}}])],
    ),
    "rules as an attribute": (
        resource("network_security_group", "web", 'name = "nsg"', "security_rule = [{", rule("a", *_SINGLE), "}]"),
        [arm("networkSecurityGroups", "nsg", securityRules=[{"name": "a", "properties": {**_RULE, **_SINGLE_ARM}}])],
    ),
    "virtual_network with subnets inside": (
        _NSG
        + resource(
            "virtual_network",
            "net",
            'name = "net"',
            'address_space = ["10.0.0.0/16"]',
            'subnet {\n name = "app"\n address_prefixes = ["10.0.1.0/24"]\n'
            " security_group = azurerm_network_security_group.web.id\n}",
            'subnet {\n name = "db"\n address_prefix = "10.0.2.0/24"\n}',
        ),
        [
            _NSG_ARM,
            vnet(
                {
                    "name": "app",
                    "properties": {
                        "addressPrefixes": ["10.0.1.0/24"],
                        "networkSecurityGroup": ref("networkSecurityGroups", "nsg"),
                    },
                },
                {"name": "db", "properties": {"addressPrefix": "10.0.2.0/24"}},
            ),
        ],
    ),
    "subnet": (
        _VNET
        + resource(
            "subnet",
            "app",
            'name = "app"',
            'address_prefixes = ["10.0.1.0/24", "fd00::/64"]',
            'service_endpoints = ["Microsoft.Storage"]',
            'private_endpoint_network_policies = "Enabled"',
            'delegation {\n name = "d"\n service_delegation {\n name = "Microsoft.Web/serverFarms"\n }\n}',
            place=_IN_VNET,
        ),
        [
            vnet(
                {
                    "name": "app",
                    "properties": {
                        "addressPrefixes": ["10.0.1.0/24", "fd00::/64"],
                        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
                        "privateEndpointNetworkPolicies": "Enabled",
                        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
                    },
                }
            )
        ],
    ),
    "subnet_network_security_group_association": (
        _VNET
        + _SUBNET
        + _NSG
        + resource(
            "subnet_network_security_group_association",
            "x",
            "subnet_id = azurerm_subnet.app.id",
            "network_security_group_id = azurerm_network_security_group.web.id",
            place="",
        ),
        [
            vnet(
                {
                    "name": "app",
                    "properties": {
                        **_SUBNET_ARM["properties"],  # type: ignore[dict-item]
                        "networkSecurityGroup": ref("networkSecurityGroups", "nsg"),
                    },
                }
            ),
            _NSG_ARM,
        ],
    ),
    "route_table": (
        _VNET
        + _SUBNET
        + resource(
            "route_table",
            "rt",
            'name = "rt"',
            "bgp_route_propagation_enabled = false",
            'route {\n name = "a"\n address_prefix = "0.0.0.0/0"\n next_hop_type = "VirtualAppliance"\n'
            ' next_hop_in_ip_address = "10.0.9.4"\n}',
        )
        + resource(
            "route",
            "b",
            'name = "b"',
            'address_prefix = "AzureMonitor"',
            'next_hop_type = "Internet"',
            place='resource_group_name = "rg"\n  route_table_name = azurerm_route_table.rt.name',
        )
        + resource(
            "subnet_route_table_association",
            "x",
            "subnet_id = azurerm_subnet.app.id",
            "route_table_id = azurerm_route_table.rt.id",
            place="",
        ),
        [
            vnet(
                {
                    "name": "app",
                    "properties": {"addressPrefixes": ["10.0.1.0/24"], "routeTable": ref("routeTables", "rt")},
                }
            ),
            arm(
                "routeTables",
                "rt",
                disableBgpRoutePropagation=True,
                routes=[
                    {
                        "name": "a",
                        "properties": {
                            "addressPrefix": "0.0.0.0/0",
                            "nextHopType": "VirtualAppliance",
                            "nextHopIpAddress": "10.0.9.4",
                        },
                    },
                    {"name": "b", "properties": {"addressPrefix": "AzureMonitor", "nextHopType": "Internet"}},
                ],
            ),
        ],
    ),
    "virtual_network_peering": (
        _VNET
        + resource(
            "virtual_network_peering",
            "p",
            'name = "p"',
            f'remote_virtual_network_id = "{_HUB}"',
            "allow_virtual_network_access = false",
            "allow_forwarded_traffic = true",
            "allow_gateway_transit = true",
            "use_remote_gateways = true",
            "peer_complete_virtual_networks_enabled = false",
            'local_subnet_names = ["a"]',
            'remote_subnet_names = ["b"]',
            place=_IN_VNET,
        ),
        [
            vnet(
                virtualNetworkPeerings=[
                    {
                        "name": "p",
                        "properties": {
                            "remoteVirtualNetwork": {"id": _HUB},
                            "allowVirtualNetworkAccess": False,
                            "allowForwardedTraffic": True,
                            "allowGatewayTransit": True,
                            "useRemoteGateways": True,
                            "peerCompleteVnets": False,
                            "localSubnetNames": ["a"],
                            "remoteSubnetNames": ["b"],
                        },
                    }
                ]
            )
        ],
    ),
    "network_interface and what is attached to it": (
        _VNET
        + _SUBNET
        + _NSG
        + _ASG
        + resource("public_ip", "p", 'name = "pip"', 'sku = "Standard"')
        + resource("lb", "lb", 'name = "lb"', 'sku = "Standard"')
        + resource("lb_backend_address_pool", "pool", 'name = "pool"', "loadbalancer_id = azurerm_lb.lb.id", place="")
        + resource(
            "network_interface",
            "nic",
            'name = "nic"',
            "ip_forwarding_enabled = true",
            'ip_configuration {\n name = "ip"\n subnet_id = azurerm_subnet.app.id\n'
            ' private_ip_address = "10.0.1.4"\n private_ip_address_allocation = "Static"\n'
            " public_ip_address_id = azurerm_public_ip.p.id\n}",
        )
        + resource(
            "network_interface_security_group_association",
            "x",
            "network_interface_id = azurerm_network_interface.nic.id",
            "network_security_group_id = azurerm_network_security_group.web.id",
            place="",
        )
        + resource(
            "network_interface_application_security_group_association",
            "x",
            "network_interface_id = azurerm_network_interface.nic.id",
            "application_security_group_id = azurerm_application_security_group.web.id",
            place="",
        )
        + resource(
            "network_interface_backend_address_pool_association",
            "x",
            "network_interface_id = azurerm_network_interface.nic.id",
            'ip_configuration_name = "ip"',
            "backend_address_pool_id = azurerm_lb_backend_address_pool.pool.id",
            place="",
        )
        + resource(
            "linux_virtual_machine", "vm", 'name = "vm"', "network_interface_ids = [azurerm_network_interface.nic.id]"
        ),
        [
            vnet(_SUBNET_ARM),
            _NSG_ARM,
            arm("applicationSecurityGroups", "asg"),
            arm("publicIPAddresses", "pip", sku={"name": "Standard"}),
            arm("loadBalancers", "lb", sku={"name": "Standard"}),
            arm(
                "networkInterfaces",
                "nic",
                enableIPForwarding=True,
                networkSecurityGroup=ref("networkSecurityGroups", "nsg"),
                ipConfigurations=[
                    {
                        "name": "ip",
                        "properties": {
                            "subnet": ref("virtualNetworks/subnets", "net", "app"),
                            "privateIPAddress": "10.0.1.4",
                            "publicIPAddress": ref("publicIPAddresses", "pip"),
                            "applicationSecurityGroups": [ref("applicationSecurityGroups", "asg")],
                            "loadBalancerBackendAddressPools": [ref("loadBalancers/backendAddressPools", "lb", "pool")],
                        },
                    }
                ],
            ),
            {
                **arm("x", "vm", networkProfile={"networkInterfaces": [ref("networkInterfaces", "nic")]}),
                "type": "Microsoft.Compute/virtualMachines",
            },
        ],
    ),
    "lb with a private address": (
        _VNET
        + _SUBNET
        + resource(
            "lb",
            "lb",
            'name = "lb"',
            'frontend_ip_configuration {\n name = "f"\n subnet_id = azurerm_subnet.app.id\n'
            ' private_ip_address = "10.0.1.8"\n}',
        ),
        [
            vnet(_SUBNET_ARM),
            arm(
                "loadBalancers",
                "lb",
                sku={"name": "Standard"},
                frontendIPConfigurations=[
                    {
                        "name": "f",
                        "properties": {
                            "subnet": ref("virtualNetworks/subnets", "net", "app"),
                            "privateIPAddress": "10.0.1.8",
                        },
                    }
                ],
            ),
        ],
    ),
    "private_endpoint": (
        _VNET
        + _SUBNET
        + _ASG
        + resource(
            "private_endpoint",
            "pe",
            'name = "pe"',
            "subnet_id = azurerm_subnet.app.id",
            'ip_configuration {\n name = "a"\n private_ip_address = "10.0.1.9"\n}',
        )
        + resource(
            "private_endpoint_application_security_group_association",
            "x",
            "private_endpoint_id = azurerm_private_endpoint.pe.id",
            "application_security_group_id = azurerm_application_security_group.web.id",
            place="",
        ),
        [
            vnet(_SUBNET_ARM),
            arm("applicationSecurityGroups", "asg"),
            arm(
                "privateEndpoints",
                "pe",
                subnet=ref("virtualNetworks/subnets", "net", "app"),
                ipConfigurations=[{"name": "a", "properties": {"privateIPAddress": "10.0.1.9"}}],
                applicationSecurityGroups=[ref("applicationSecurityGroups", "asg")],
            ),
        ],
    ),
    "gateways": (
        _VNET
        + resource("subnet", "app", 'name = "GatewaySubnet"', 'address_prefixes = ["10.0.1.0/24"]', place=_IN_VNET)
        + resource(
            "virtual_network_gateway",
            "g",
            'name = "vgw"',
            'type = "Vpn"',
            'ip_configuration {\n name = "a"\n subnet_id = azurerm_subnet.app.id\n}',
        )
        + resource("local_network_gateway", "l", 'name = "lgw"', 'address_space = ["192.168.0.0/16"]')
        + resource(
            "virtual_network_gateway_connection",
            "c",
            'name = "c"',
            "virtual_network_gateway_id = azurerm_virtual_network_gateway.g.id",
            "local_network_gateway_id = azurerm_local_network_gateway.l.id",
        )
        + resource(
            "application_gateway",
            "a",
            'name = "agw"',
            'gateway_ip_configuration {\n name = "a"\n subnet_id = azurerm_subnet.app.id\n}',
        ),
        [
            vnet({"name": "GatewaySubnet", "properties": {"addressPrefixes": ["10.0.1.0/24"]}}),
            arm(
                "virtualNetworkGateways",
                "vgw",
                gatewayType="Vpn",
                ipConfigurations=[
                    {"name": "a", "properties": {"subnet": ref("virtualNetworks/subnets", "net", "GatewaySubnet")}}
                ],
            ),
            arm("localNetworkGateways", "lgw", localNetworkAddressSpace={"addressPrefixes": ["192.168.0.0/16"]}),
            arm(
                "connections",
                "c",
                virtualNetworkGateway1=ref("virtualNetworkGateways", "vgw"),
                localNetworkGateway2=ref("localNetworkGateways", "lgw"),
            ),
            arm(
                "applicationGateways",
                "agw",
                gatewayIPConfigurations=[
                    {"name": "a", "properties": {"subnet": ref("virtualNetworks/subnets", "net", "GatewaySubnet")}}
                ],
            ),
        ],
    ),
    "network_manager with security admin rules": (
        _VNET
        + _MANAGER
        + _GROUP
        + resource(
            "network_manager_static_member",
            "s",
            'name = "s"',
            "network_group_id = azurerm_network_manager_network_group.g.id",
            "target_virtual_network_id = azurerm_virtual_network.net.id",
            place="",
        )
        + resource(
            "network_manager_security_admin_configuration",
            "c",
            'name = "c"',
            'apply_on_network_intent_policy_based_services = ["AllowRulesOnly"]',
            place=_MANAGED,
        )
        + resource(
            "network_manager_admin_rule_collection",
            "rc",
            'name = "rc"',
            "security_admin_configuration_id = azurerm_network_manager_security_admin_configuration.c.id",
            "network_group_ids = [azurerm_network_manager_network_group.g.id]",
            place="",
        )
        + resource(
            "network_manager_admin_rule",
            "r",
            'name = "r"',
            "admin_rule_collection_id = azurerm_network_manager_admin_rule_collection.rc.id",
            'action = "AlwaysAllow"\n priority = 1\n direction = "Inbound"\n protocol = "Any"',
            'source_port_ranges = ["*"]\n destination_port_ranges = ["22", "3389"]',
            'source {\n address_prefix = "Internet"\n address_prefix_type = "ServiceTag"\n}',
            'destination {\n address_prefix = "10.0.0.0/8"\n address_prefix_type = "IPPrefix"\n}',
            place="",
        )
        + resource(
            "network_manager_deployment",
            "d",
            'location = "westeurope"',
            'scope_access = "SecurityAdmin"',
            "configuration_ids = [azurerm_network_manager_security_admin_configuration.c.id]",
            place=_MANAGED,
        ),
        [
            vnet(),
            managed(
                networkGroups=[
                    {
                        "name": "g",
                        "properties": {"staticMembers": [{"resourceId": ref("virtualNetworks", "net")["id"]}]},
                    }
                ],
                securityAdminConfigurations=[
                    {
                        "name": "c",
                        "properties": {
                            "applyOnNetworkIntentPolicyBasedServices": ["AllowRulesOnly"],
                            "ruleCollections": [
                                {
                                    "name": "rc",
                                    "properties": {
                                        "appliesToGroups": [
                                            {"networkGroupId": ref("networkManagers/networkGroups", "m", "g")["id"]}
                                        ],
                                        "rules": [
                                            {
                                                "name": "r",
                                                "kind": "Custom",
                                                "properties": {
                                                    "access": "AlwaysAllow",
                                                    "priority": 1,
                                                    "direction": "Inbound",
                                                    "protocol": "Any",
                                                    "sourcePortRanges": ["*"],
                                                    "destinationPortRanges": ["22", "3389"],
                                                    "sources": [
                                                        {"addressPrefix": "Internet", "addressPrefixType": "ServiceTag"}
                                                    ],
                                                    "destinations": [
                                                        {"addressPrefix": "10.0.0.0/8", "addressPrefixType": "IPPrefix"}
                                                    ],
                                                },
                                            }
                                        ],
                                    },
                                }
                            ],
                        },
                    }
                ],
                commits=[
                    {
                        "commitType": "SecurityAdmin",
                        "targetLocations": ["westeurope"],
                        "configurationIds": [ref("networkManagers/securityAdminConfigurations", "m", "c")["id"]],
                    }
                ],
            ),
        ],
    ),
    "network_manager with connectivity and routing": (
        _VNET
        + _MANAGER
        + _GROUP
        + resource(
            "network_manager_connectivity_configuration",
            "c",
            'name = "c"',
            'connectivity_topology = "HubAndSpoke"',
            "global_mesh_enabled = true",
            'applies_to_group {\n group_connectivity = "DirectlyConnected"\n global_mesh_enabled = true\n'
            " use_hub_gateway = true\n network_group_id = azurerm_network_manager_network_group.g.id\n}",
            'hub {\n resource_id = azurerm_virtual_network.net.id\n resource_type = "x"\n}',
            place=_MANAGED,
        )
        + resource("network_manager_routing_configuration", "r", 'name = "r"', place=_MANAGED)
        + resource(
            "network_manager_routing_rule_collection",
            "rc",
            'name = "rc"',
            "bgp_route_propagation_enabled = true",
            "routing_configuration_id = azurerm_network_manager_routing_configuration.r.id",
            "network_group_ids = [azurerm_network_manager_network_group.g.id]",
            place="",
        )
        + resource(
            "network_manager_routing_rule",
            "rr",
            'name = "rr"',
            "rule_collection_id = azurerm_network_manager_routing_rule_collection.rc.id",
            'destination {\n type = "AddressPrefix"\n address = "0.0.0.0/0"\n}',
            'next_hop {\n type = "VirtualAppliance"\n address = "10.0.0.4"\n}',
            place="",
        ),
        [
            vnet(),
            managed(
                connectivityConfigurations=[
                    {
                        "name": "c",
                        "properties": {
                            "connectivityTopology": "HubAndSpoke",
                            "isGlobal": "True",
                            "hubs": [{"resourceId": ref("virtualNetworks", "net")["id"]}],
                            "appliesToGroups": [
                                {
                                    "networkGroupId": ref("networkManagers/networkGroups", "m", "g")["id"],
                                    "groupConnectivity": "DirectlyConnected",
                                    "isGlobal": "True",
                                    "useHubGateway": "True",
                                }
                            ],
                        },
                    }
                ],
                routingConfigurations=[
                    {
                        "name": "r",
                        "properties": {
                            "ruleCollections": [
                                {
                                    "name": "rc",
                                    "properties": {
                                        "disableBgpRoutePropagation": "False",
                                        "appliesTo": [
                                            {"networkGroupId": ref("networkManagers/networkGroups", "m", "g")["id"]}
                                        ],
                                        "rules": [
                                            {
                                                "name": "rr",
                                                "properties": {
                                                    "destination": {
                                                        "type": "AddressPrefix",
                                                        "destinationAddress": "0.0.0.0/0",
                                                    },
                                                    "nextHop": {
                                                        "nextHopType": "VirtualAppliance",
                                                        "nextHopAddress": "10.0.0.4",
                                                    },
                                                },
                                            }
                                        ],
                                    },
                                }
                            ]
                        },
                    }
                ],
            ),
        ],
    ),
    "azapi_resource": (
        'resource "azurerm_resource_group" "rg" {\n  name = "rg"\n}\n'
        'resource "azapi_resource" "nsg" {\n  type = "Microsoft.Network/networkSecurityGroups@2024-05-01"\n'
        '  name = "nsg"\n  parent_id = azurerm_resource_group.rg.id\n  location = "westeurope"\n'
        '  body = {\n    properties = {\n      securityRules = [{\n        name = "a"\n        properties = {\n'
        '          priority = 100\n          access = "Allow"\n          direction = "Inbound"\n'
        '          protocol = "Tcp"\n          sourcePortRange = "*"\n          destinationPortRange = "443"\n'
        '          sourceAddressPrefix = "Internet"\n          destinationAddressPrefix = "10.0.0.0/24"\n'
        "        }\n      }]\n    }\n  }\n}\n"
        'resource "azapi_resource" "rule" {\n'
        '  type = "Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01"\n  name = "b"\n'
        "  parent_id = azapi_resource.nsg.id\n  body = {\n    properties = {\n"
        '      priority = 110\n      access = "Deny"\n      direction = "Inbound"\n      protocol = "*"\n'
        '      sourcePortRange = "*"\n      destinationPortRange = "*"\n      sourceAddressPrefix = "*"\n'
        '      destinationAddressPrefix = "*"\n    }\n  }\n}\n',
        [
            arm(
                "networkSecurityGroups",
                "nsg",
                securityRules=[
                    {"name": "a", "properties": {**_RULE, **_SINGLE_ARM}},
                    {
                        "name": "b",
                        "properties": {
                            "priority": 110,
                            "access": "Deny",
                            "direction": "Inbound",
                            "protocol": "*",
                            "sourcePortRange": "*",
                            "destinationPortRange": "*",
                            "sourceAddressPrefix": "*",
                            "destinationAddressPrefix": "*",
                        },
                    },
                ],
            )
        ],
    ),
}


_JSON_BODY: Final = """
resource "azapi_resource" "nsg" {
  type      = "Microsoft.Network/networkSecurityGroups@2024-05-01"
  name      = "nsg"
  parent_id = "/subscriptions/1/resourceGroups/rg"
  location  = "westeurope"
  body      = %s
}
"""


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("jsonencode({ properties = { securityRules = var.rules } })", "main.tf:1:1"),
        ('<<X\n{ "properties": { "securityRules": [] } }\nX', None),
    ],
)
def test_a_body_may_be_json_in_a_string(body: str, place: str | None) -> None:
    found = only(snapshot('variable "rules" {}\n' + _JSON_BODY % body), NetworkSecurityGroup)
    assert [str(one.source) for one in found.security_rules] == ([] if place is None else [place])


def test_what_changes_others_in_ways_of_its_own_is_said() -> None:
    text = 'resource "azapi_update_resource" "x" {\n  type = "Microsoft.Network/virtualNetworks@2024-05-01"\n}\n'
    assert said(read(text)) == [
        "warning main.tf:1:1 not-followed: azapi_update_resource.x is not followed: what it changes or deploys is "
        "missing from the answer"
    ]


@pytest.mark.parametrize("loop", ["count = var.on ? 1 : 0", "count = var.on", "for_each = var.on"])
def test_a_resource_and_its_association_under_one_condition_belong_together(loop: str) -> None:
    text = 'variable "on" {}\n' + _VNET + _NSG
    text += _SUBNET.replace('name = "app"', f'{loop}\n  name = "app"')
    text += resource(
        "subnet_network_security_group_association",
        "x",
        loop,
        f"subnet_id = azurerm_subnet.app[{'each.key' if 'each' in loop else '0'}].id",
        "network_security_group_id = azurerm_network_security_group.web.id",
        place="",
    )
    assert only(snapshot(text), Subnet).network_security_group.name == "nsg"


_MEMBERSHIP: Final = (
    'resource "azurerm_policy_definition" "p" {\n  name = "p"\n  mode = "Microsoft.Network.Data"\n'
    '  policy_type = "Custom"\n  display_name = "p"\n  policy_rule = %s\n}\n'
)


@pytest.mark.parametrize(
    "rule",
    [
        'jsonencode({ then = { effect = "addToNetworkGroup", details = {\n'
        "networkGroupId = azurerm_network_manager_network_group.g.id } } })",
        '<<X\n{ "then": { "effect": "addToNetworkGroup", "details": { "networkGroupId": '
        '"${azurerm_network_manager_network_group.g.id}" } } }\nX',
    ],
)
def test_a_policy_may_add_members_to_a_network_group(rule: str) -> None:
    """Microsoft Learn, "Configuring Azure Policy with network groups in Azure Virtual Network Manager"."""
    text = _MANAGER + _GROUP + _MEMBERSHIP % rule
    (group,) = only(snapshot(text), NetworkManager).network_groups
    (member,) = group.members
    assert isinstance(member, Unknown)


def test_a_policy_of_another_kind_says_nothing() -> None:
    assert said(read(_MEMBERSHIP % 'jsonencode({ then = { effect = "audit" } })')) == []


def test_resources_of_azapi_that_say_nothing_about_traffic_are_passed_over() -> None:
    text = 'variable "all" {}\nresource "azapi_resource" "x" {\n  for_each = var.all\n  name = "x"\n'
    text += '  type = "Microsoft.Authorization/roleAssignments@2022-04-01"\n  parent_id = "/subscriptions/1"\n}\n'
    fragment = read(text)
    assert said(fragment) == []
    assert [(one.type, str(one.source)) for one in fragment.passed_over] == [
        ("Microsoft.Authorization/roleAssignments", "main.tf:2:1")
    ]


@pytest.mark.parametrize("type", dispatch._READERS)
def test_whatever_templates_may_define_resources_may_define_too(type: str) -> None:
    assert type in {found.name.lower() for found in TYPES.values()}


@pytest.mark.parametrize("name", TWINS)
def test_a_resource_means_what_its_twin_means(name: str) -> None:
    text, twin = TWINS[name]
    assert meanings(snapshot(text)) == meanings(template(*twin))


def test_an_association_that_may_not_exist_leaves_the_group_open() -> None:
    text = 'variable "on" {}\n' + _VNET + _SUBNET + _NSG
    text += resource(
        "subnet_network_security_group_association",
        "x",
        "count = var.on ? 1 : 0",
        "subnet_id = azurerm_subnet.app.id",
        "network_security_group_id = azurerm_network_security_group.web.id",
        place="",
    )
    group = only(snapshot(text), Subnet).network_security_group
    assert (group.name, group.kind) == ("var.on", UnknownKind.REFERENCE)


def test_a_group_that_is_attached_to_a_subnet_of_elsewhere_makes_that_known() -> None:
    text = 'data "azurerm_subnet" "s" {\n  name = "s"\n  virtual_network_name = "v"\n  resource_group_name = "x"\n}\n'
    text += _NSG + resource(
        "subnet_network_security_group_association",
        "x",
        "subnet_id = data.azurerm_subnet.s.id",
        "network_security_group_id = azurerm_network_security_group.web.id",
        place="",
    )
    subnet = only(snapshot(text), Subnet)
    assert (subnet.name, subnet.network_security_group.name) == ("s", "nsg")
    assert isinstance(subnet.address_prefixes[0], Unknown)


def test_an_id_with_a_subscription_means_the_resource_whose_subscription_is_not_known() -> None:
    text = _VNET + _SUBNET
    text += resource(
        "subnet_network_security_group_association",
        "x",
        f'subnet_id = "{_HUB.replace("/hub", "/rg", 1).replace("/hub", "/net")}/subnets/app"',
        'network_security_group_id = "/x/networkSecurityGroups/web"',
        place="",
    )
    assert only(snapshot(text), Subnet).network_security_group is not None


def test_an_association_with_what_is_not_known_is_said() -> None:
    text = 'variable "nic" {}\n' + _NSG
    text += resource(
        "network_interface_security_group_association",
        "x",
        "network_interface_id = var.nic",
        "network_security_group_id = azurerm_network_security_group.web.id",
        place="",
    )
    assert said(read(text)) == [
        "warning main.tf:9:26 unresolved: azurerm_network_interface_security_group_association.x belongs to something "
        "that is not in the input (var.nic), it is left out"
    ]


@pytest.mark.parametrize("type", ["firewall", "nat_gateway", "virtual_hub", "linux_virtual_machine_scale_set"])
def test_what_is_not_modelled_is_said(type: str) -> None:
    (found,) = said(read(resource(type, "x", 'name = "x"')))
    assert found.startswith("note main.tf:1:1 not-modelled: ")


def test_a_resource_that_lacks_what_identifies_it_is_an_error() -> None:
    text = 'resource "azurerm_subnet" "x" {\n  name = "x"\n  address_prefixes = ["10.0.0.0/24"]\n}\n'
    assert said(read(text)) == [
        "error main.tf:1:1 missing-field: azurerm_subnet.x needs 'virtual_network_name'",
        "error main.tf:1:1 missing-field: azurerm_subnet.x needs 'resource_group_name'",
    ]


def test_a_rule_may_leave_open_whether_it_names_addresses_or_groups() -> None:
    lines = (
        'name = "a"\n  priority = 100\n  access = "Allow"\n  direction = "Inbound"\n  protocol = "Tcp"',
        'source_port_range = "*"\n  destination_port_range = "*"\n  destination_address_prefix = "*"',
        "source_address_prefix = var.prefix\n  source_application_security_group_ids = var.groups",
        'resource_group_name = "rg"\n  network_security_group_name = "nsg"',
    )
    text = 'variable "prefix" {}\nvariable "groups" {}\n' + resource("network_security_rule", "r", *lines, place="")
    assert said(read(text)) == []


def test_a_rule_stands_at_its_block_and_its_values_where_they_are_written() -> None:
    text = _NSG.replace('name = "nsg"', 'name = "nsg"\n  security_rule {\n' + rule("a", *_SINGLE) + "\n  }")
    found = only(snapshot(text), SecurityRule)
    assert str(found.source) == "main.tf:5:3"
    assert str(found.fields["priority"]) == "main.tf:7:12"
    assert str(found.sources[0].source) == "main.tf:13:25"


def test_the_tag_of_an_application_gateway_tells_its_isolation() -> None:
    text = resource(
        "application_gateway",
        "a",
        'name = "agw"',
        'tags = { EnhancedNetworkControl = "true" }',
        'gateway_ip_configuration {\n name = "a"\n subnet_id = "/s"\n}',
    )
    assert only(snapshot(text), ApplicationGateway).network_isolation


def test_an_address_that_azure_chooses_is_none() -> None:
    (configuration,) = only(snapshot(_VNET + _SUBNET + _NIC), NetworkInterface).ip_configurations
    assert configuration.private_ip_address is None
