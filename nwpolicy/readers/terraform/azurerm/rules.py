"""Network security groups, their rules, application security groups.

Source: registry.terraform.io, hashicorp/azurerm, `azurerm_network_security_group`, `azurerm_network_security_rule`,
`azurerm_application_security_group`.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.terraform.azurerm.shapes import Shape, blocks, plain, to_ids

__all__ = ["SECURITY_GROUP", "SECURITY_RULE"]

SECURITY_RULE: Final[Shape] = {
    **plain("name", "description", "priority", "direction", "access", "protocol"),
    **plain("source_port_range", "source_port_ranges", "destination_port_range", "destination_port_ranges"),
    **plain("source_address_prefix", "source_address_prefixes"),
    **plain("destination_address_prefix", "destination_address_prefixes"),
    "source_application_security_group_ids": to_ids("sourceApplicationSecurityGroups"),
    "destination_application_security_group_ids": to_ids("destinationApplicationSecurityGroups"),
}

SECURITY_GROUP: Final[Shape] = {"security_rule": blocks("securityRules", SECURITY_RULE)}
