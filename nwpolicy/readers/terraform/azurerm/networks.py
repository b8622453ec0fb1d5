"""Virtual networks, subnets, peerings, route tables, gateways.

Source: registry.terraform.io, hashicorp/azurerm, the resources of these names, versions 3 and 4.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.terraform.azurerm.shapes import (
    Field,
    Shape,
    block,
    blocks,
    inverted,
    plain,
    read_only,
    renamed,
    to_id,
    to_list,
    within,
)
from nwpolicy.readers.tree import Node

__all__ = [
    "APPLICATION_GATEWAY",
    "CONNECTION",
    "LOCAL_NETWORK_GATEWAY",
    "PEERING",
    "ROUTE",
    "ROUTE_TABLE",
    "SUBNET",
    "VIRTUAL_NETWORK",
    "VIRTUAL_NETWORK_GATEWAY",
]


def _policies(node: Node) -> Node:
    """Version 3 has a flag for what is a choice of four in Azure."""
    if isinstance(node.value, Unknown):
        return node
    return Node("Enabled" if node.value in (True, "true") else "Disabled", node.source)


def _enforced(node: Node) -> Node:
    """In version 2, `true` switches the policies off."""
    return node if isinstance(node.value, Unknown) else _policies(Node(node.value not in (True, "true"), node.source))


_DELEGATION: Final[Shape] = {
    "name": renamed("name"),
    "service_delegation": block("properties", {"name": renamed("serviceName")}),
}

SUBNET: Final[Shape] = {
    **plain("name", "address_prefixes", "private_endpoint_network_policies"),
    **read_only({**plain("address_prefix"), "security_group": to_id("networkSecurityGroup")}),
    "network_security_group_id": to_id("networkSecurityGroup"),
    "route_table_id": to_id("routeTable"),
    "delegation": blocks("delegations", _DELEGATION),
    "service_endpoints": to_list("serviceEndpoints", "service"),
    "private_endpoint_network_policies_enabled": Field("privateEndpointNetworkPolicies", _policies),
    "enforce_private_link_endpoint_network_policies": Field("privateEndpointNetworkPolicies", _enforced),
    **read_only({"ip_address_pool": renamed("ipamPoolPrefixAllocations")}),
}

VIRTUAL_NETWORK: Final[Shape] = {
    "address_space": within("addressSpace", "addressPrefixes"),
    **read_only({"ip_address_pool": within("addressSpace", "ipamPoolPrefixAllocations")}),
    "subnet": blocks("subnets", SUBNET),
}

PEERING: Final[Shape] = {
    **plain("allow_virtual_network_access", "allow_forwarded_traffic", "allow_gateway_transit", "use_remote_gateways"),
    "remote_virtual_network_id": to_id("remoteVirtualNetwork"),
    "peer_complete_virtual_networks_enabled": renamed("peerCompleteVnets"),
    "local_subnet_names": renamed("localSubnetNames"),
    "remote_subnet_names": renamed("remoteSubnetNames"),
}

ROUTE: Final[Shape] = {
    **plain("name", "address_prefix", "next_hop_type"),
    "next_hop_in_ip_address": renamed("nextHopIpAddress"),
}

ROUTE_TABLE: Final[Shape] = {
    "route": blocks("routes", ROUTE),
    **read_only({"disable_bgp_route_propagation": renamed("disableBgpRoutePropagation")}),
    "bgp_route_propagation_enabled": inverted("disableBgpRoutePropagation"),
}

_GATEWAY_ADDRESS: Final[Shape] = {**plain("name"), "subnet_id": to_id("subnet")}

VIRTUAL_NETWORK_GATEWAY: Final[Shape] = {
    "type": renamed("gatewayType"),
    "ip_configuration": blocks("ipConfigurations", _GATEWAY_ADDRESS),
}

LOCAL_NETWORK_GATEWAY: Final[Shape] = {"address_space": within("localNetworkAddressSpace", "addressPrefixes")}

CONNECTION: Final[Shape] = {
    "virtual_network_gateway_id": to_id("virtualNetworkGateway1"),
    "local_network_gateway_id": to_id("localNetworkGateway2"),
    "peer_virtual_network_gateway_id": to_id("virtualNetworkGateway2"),
}

APPLICATION_GATEWAY: Final[Shape] = {"gateway_ip_configuration": blocks("gatewayIPConfigurations", _GATEWAY_ADDRESS)}
