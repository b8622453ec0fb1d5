"""Network interfaces, virtual machines, public addresses, load balancers, private endpoints.

Source: registry.terraform.io, hashicorp/azurerm, the resources of these names, versions 3 and 4.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.terraform.azurerm.shapes import (
    Shape,
    blocks,
    in_object,
    plain,
    read_only,
    renamed,
    to_id,
    to_ids,
    within,
)

__all__ = ["LOAD_BALANCER", "NETWORK_INTERFACE", "PRIVATE_ENDPOINT", "PUBLIC_IP_ADDRESS", "VIRTUAL_MACHINE"]

_PRIVATE_ADDRESS: Final[Shape] = {**plain("name"), "private_ip_address": renamed("privateIPAddress")}

_ADDRESS: Final[Shape] = {
    **_PRIVATE_ADDRESS,
    "private_ip_address_version": renamed("privateIPAddressVersion"),
    "subnet_id": to_id("subnet"),
    "public_ip_address_id": to_id("publicIPAddress"),
}

#: With what resources of their own set.
_IP_CONFIGURATION: Final[Shape] = {
    **_ADDRESS,
    "application_security_group_ids": to_ids("applicationSecurityGroups"),
    "backend_address_pool_ids": to_ids("loadBalancerBackendAddressPools"),
    "nat_rule_ids": to_ids("loadBalancerInboundNatRules"),
}

NETWORK_INTERFACE: Final[Shape] = {
    "ip_configuration": blocks("ipConfigurations", _IP_CONFIGURATION),
    **read_only({"enable_ip_forwarding": renamed("enableIPForwarding")}),
    "ip_forwarding_enabled": renamed("enableIPForwarding"),
    "network_security_group_id": to_id("networkSecurityGroup"),
    "virtual_machine_id": to_id("virtualMachine"),
}

VIRTUAL_MACHINE: Final[Shape] = {"network_interface_ids": in_object("networkProfile", to_ids("networkInterfaces"))}

PUBLIC_IP_ADDRESS: Final[Shape] = {
    "sku": within("sku", "name"),
    "ip_address": renamed("ipAddress"),
}

_FRONTEND: Final[Shape] = {**_ADDRESS, "public_ip_prefix_id": to_id("publicIPPrefix")}

LOAD_BALANCER: Final[Shape] = {
    "sku": within("sku", "name"),
    "frontend_ip_configuration": blocks("frontendIPConfigurations", _FRONTEND),
}

#: With what states tell of addresses that Azure has chosen, and what resources of their own set.
PRIVATE_ENDPOINT: Final[Shape] = {
    "subnet_id": to_id("subnet"),
    "ip_configuration": blocks("ipConfigurations", _PRIVATE_ADDRESS),
    **read_only({"private_service_connection": blocks("ipConfigurations", _PRIVATE_ADDRESS)}),
    "application_security_group_ids": to_ids("applicationSecurityGroups"),
}
