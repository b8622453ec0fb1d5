"""Azure Virtual Network Manager.

Source: registry.terraform.io, hashicorp/azurerm, the resources `azurerm_network_manager` and
`azurerm_network_manager_*`, and `azurerm_policy_definition`.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.terraform.azurerm.shapes import (
    Field,
    Shape,
    block,
    blocks,
    decoded,
    inverted,
    plain,
    renamed,
    to_list,
)

__all__ = [
    "ADMIN_RULE",
    "ADMIN_RULE_COLLECTION",
    "CONNECTIVITY_CONFIGURATION",
    "NETWORK_GROUP",
    "NETWORK_MANAGER",
    "POLICY_DEFINITION",
    "ROUTING_CONFIGURATION",
    "ROUTING_RULE",
    "ROUTING_RULE_COLLECTION",
    "SECURITY_ADMIN_CONFIGURATION",
    "STATIC_MEMBER",
]

_SCOPE: Final[Shape] = {
    "management_group_ids": renamed("managementGroups"),
    "subscription_ids": renamed("subscriptions"),
}

NETWORK_MANAGER: Final[Shape] = {"scope": block("networkManagerScopes", _SCOPE), "commits": renamed("commits")}

NETWORK_GROUP: Final[Shape] = plain("member_type")

STATIC_MEMBER: Final[Shape] = {"target_virtual_network_id": renamed("resourceId")}

SECURITY_ADMIN_CONFIGURATION: Final[Shape] = plain("apply_on_network_intent_policy_based_services")

ADMIN_RULE_COLLECTION: Final[Shape] = {"network_group_ids": to_list("appliesToGroups", "networkGroupId")}

_TERM: Final[Shape] = plain("address_prefix", "address_prefix_type")

ADMIN_RULE: Final[Shape] = {
    **plain("description", "priority", "direction", "protocol", "source_port_ranges", "destination_port_ranges"),
    "action": renamed("access"),
    "source": blocks("sources", _TERM),
    "destination": blocks("destinations", _TERM),
}

_GROUP: Final[Shape] = {
    **plain("network_group_id", "group_connectivity", "use_hub_gateway"),
    "global_mesh_enabled": renamed("isGlobal"),
}

CONNECTIVITY_CONFIGURATION: Final[Shape] = {
    **plain("connectivity_topology"),
    "global_mesh_enabled": renamed("isGlobal"),
    "applies_to_group": blocks("appliesToGroups", _GROUP),
    "hub": blocks("hubs", plain("resource_id", "resource_type")),
}

ROUTING_CONFIGURATION: Final[Shape] = {}

ROUTING_RULE_COLLECTION: Final[Shape] = {
    "network_group_ids": to_list("appliesTo", "networkGroupId"),
    "bgp_route_propagation_enabled": inverted("disableBgpRoutePropagation"),
}

#: A policy may add virtual networks to a group.
POLICY_DEFINITION: Final[Shape] = {"policy_rule": Field("policyRule", decoded)}

_HOP: Final[Shape] = {"type": renamed("nextHopType"), "address": renamed("nextHopAddress")}

ROUTING_RULE: Final[Shape] = {
    "destination": block("destination", {"type": renamed("type"), "address": renamed("destinationAddress")}),
    "next_hop": block("nextHop", _HOP),
}
