"""Which type of Azure a resource of `azurerm` is, and which arguments identify it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.readers.terraform.azurerm import endpoints, managers, networks, rules
from nwpolicy.readers.terraform.azurerm.shapes import Shape

__all__ = ["CHANGING", "COMMON", "LEFT_OUT", "TYPES", "Type"]


@dataclass(frozen=True, slots=True)
class Type:
    """`name` is Azure's type. What the resource stands in is told either by an argument with its id (`parent`), or by
    arguments with the names on the way to it (`outer`) and the resource group's. It may be in none (`is_in_group`)."""

    name: str
    shape: Shape
    outer: tuple[str, ...] = ()
    parent: str | None = None
    is_in_group: bool = True

    @property
    def arguments(self) -> frozenset[str]:
        """The arguments that matter."""
        return COMMON.union(self.shape, self.outer, () if self.parent is None else (self.parent,))


#: The arguments of resources of any type that matter.
COMMON: Final = frozenset({"id", "name", "resource_group_name", "location", "tags"})
_MANAGER: Final = "Microsoft.Network/networkManagers"
_ADMIN: Final = f"{_MANAGER}/securityAdminConfigurations"
_ROUTING: Final = f"{_MANAGER}/routingConfigurations"
_NETWORK: Final = "Microsoft.Network/virtualNetworks"
_BALANCER: Final = "Microsoft.Network/loadBalancers"
_MACHINE: Final = Type("Microsoft.Compute/virtualMachines", endpoints.VIRTUAL_MACHINE)

TYPES: Final[Mapping[str, Type]] = {
    "azurerm_application_gateway": Type("Microsoft.Network/applicationGateways", networks.APPLICATION_GATEWAY),
    "azurerm_application_security_group": Type("Microsoft.Network/applicationSecurityGroups", {}),
    "azurerm_lb": Type(_BALANCER, endpoints.LOAD_BALANCER),
    "azurerm_lb_backend_address_pool": Type(f"{_BALANCER}/backendAddressPools", {}, parent="loadbalancer_id"),
    "azurerm_lb_nat_rule": Type(f"{_BALANCER}/inboundNatRules", {}, parent="loadbalancer_id"),
    "azurerm_linux_virtual_machine": _MACHINE,
    "azurerm_local_network_gateway": Type("Microsoft.Network/localNetworkGateways", networks.LOCAL_NETWORK_GATEWAY),
    "azurerm_network_interface": Type("Microsoft.Network/networkInterfaces", endpoints.NETWORK_INTERFACE),
    "azurerm_network_manager": Type(_MANAGER, managers.NETWORK_MANAGER),
    "azurerm_network_manager_admin_rule": Type(
        f"{_ADMIN}/ruleCollections/rules", managers.ADMIN_RULE, parent="admin_rule_collection_id"
    ),
    "azurerm_network_manager_admin_rule_collection": Type(
        f"{_ADMIN}/ruleCollections", managers.ADMIN_RULE_COLLECTION, parent="security_admin_configuration_id"
    ),
    "azurerm_network_manager_connectivity_configuration": Type(
        f"{_MANAGER}/connectivityConfigurations", managers.CONNECTIVITY_CONFIGURATION, parent="network_manager_id"
    ),
    "azurerm_network_manager_network_group": Type(
        f"{_MANAGER}/networkGroups", managers.NETWORK_GROUP, parent="network_manager_id"
    ),
    "azurerm_network_manager_routing_configuration": Type(
        _ROUTING, managers.ROUTING_CONFIGURATION, parent="network_manager_id"
    ),
    "azurerm_network_manager_routing_rule": Type(
        f"{_ROUTING}/ruleCollections/rules", managers.ROUTING_RULE, parent="rule_collection_id"
    ),
    "azurerm_network_manager_routing_rule_collection": Type(
        f"{_ROUTING}/ruleCollections", managers.ROUTING_RULE_COLLECTION, parent="routing_configuration_id"
    ),
    "azurerm_network_manager_security_admin_configuration": Type(
        _ADMIN, managers.SECURITY_ADMIN_CONFIGURATION, parent="network_manager_id"
    ),
    "azurerm_network_manager_static_member": Type(
        f"{_MANAGER}/networkGroups/staticMembers", managers.STATIC_MEMBER, parent="network_group_id"
    ),
    "azurerm_network_security_group": Type("Microsoft.Network/networkSecurityGroups", rules.SECURITY_GROUP),
    "azurerm_network_security_rule": Type(
        "Microsoft.Network/networkSecurityGroups/securityRules",
        rules.SECURITY_RULE,
        outer=("network_security_group_name",),
    ),
    "azurerm_policy_definition": Type(
        "Microsoft.Authorization/policyDefinitions", managers.POLICY_DEFINITION, is_in_group=False
    ),
    "azurerm_private_endpoint": Type("Microsoft.Network/privateEndpoints", endpoints.PRIVATE_ENDPOINT),
    "azurerm_public_ip": Type("Microsoft.Network/publicIPAddresses", endpoints.PUBLIC_IP_ADDRESS),
    "azurerm_route": Type("Microsoft.Network/routeTables/routes", networks.ROUTE, outer=("route_table_name",)),
    "azurerm_route_table": Type("Microsoft.Network/routeTables", networks.ROUTE_TABLE),
    "azurerm_subnet": Type(f"{_NETWORK}/subnets", networks.SUBNET, outer=("virtual_network_name",)),
    "azurerm_virtual_machine": _MACHINE,
    "azurerm_virtual_network": Type(_NETWORK, networks.VIRTUAL_NETWORK),
    "azurerm_virtual_network_gateway": Type(
        "Microsoft.Network/virtualNetworkGateways", networks.VIRTUAL_NETWORK_GATEWAY
    ),
    "azurerm_virtual_network_gateway_connection": Type("Microsoft.Network/connections", networks.CONNECTION),
    "azurerm_virtual_network_peering": Type(
        f"{_NETWORK}/virtualNetworkPeerings", networks.PEERING, outer=("virtual_network_name",)
    ),
    "azurerm_windows_virtual_machine": _MACHINE,
}

#: What changes resources, or deploys some, in a way that is not followed.
CHANGING: Final = frozenset(
    {
        "azapi_update_resource",
        "azurerm_management_group_template_deployment",
        "azurerm_resource_group_template_deployment",
        "azurerm_subscription_template_deployment",
        "azurerm_tenant_template_deployment",
    }
)

#: What filters or routes and is not modelled.
LEFT_OUT: Final[Mapping[str, str]] = {
    "azurerm_express_route_circuit": "Microsoft.Network/expressRouteCircuits",
    "azurerm_express_route_gateway": "Microsoft.Network/expressRouteGateways",
    "azurerm_firewall": "Microsoft.Network/azureFirewalls",
    "azurerm_firewall_policy": "Microsoft.Network/firewallPolicies",
    "azurerm_firewall_policy_rule_collection_group": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
    "azurerm_linux_virtual_machine_scale_set": "Microsoft.Compute/virtualMachineScaleSets",
    "azurerm_nat_gateway": "Microsoft.Network/natGateways",
    "azurerm_network_security_perimeter": "Microsoft.Network/networkSecurityPerimeters",
    "azurerm_orchestrated_virtual_machine_scale_set": "Microsoft.Compute/virtualMachineScaleSets",
    "azurerm_point_to_site_vpn_gateway": "Microsoft.Network/p2sVpnGateways",
    "azurerm_route_filter": "Microsoft.Network/routeFilters",
    "azurerm_subnet_service_endpoint_storage_policy": "Microsoft.Network/serviceEndpointPolicies",
    "azurerm_virtual_hub": "Microsoft.Network/virtualHubs",
    "azurerm_virtual_machine_scale_set": "Microsoft.Compute/virtualMachineScaleSets",
    "azurerm_virtual_wan": "Microsoft.Network/virtualWans",
    "azurerm_vpn_gateway": "Microsoft.Network/vpnGateways",
    "azurerm_windows_virtual_machine_scale_set": "Microsoft.Compute/virtualMachineScaleSets",
}
