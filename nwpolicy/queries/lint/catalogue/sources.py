"""Titles and addresses of the documents that rules of the linter rest on."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ADMIN_RULES",
    "AUGMENTED",
    "GATEWAY",
    "HIGH_RISK",
    "HOW_IT_WORKS",
    "IPV6",
    "LIMITS",
    "NAMES",
    "NSG",
    "PLATFORM_ADDRESS",
    "PORT_NUMBERS",
    "PROBES",
    "PROJECT",
    "TAGS",
]

_LEARN: Final = "https://learn.microsoft.com/azure"


def _learn(title: str, path: str) -> str:
    return f"Microsoft Learn, {title} <{_LEARN}/{path}>"


NSG: Final = _learn("Network security groups overview", "virtual-network/network-security-groups-overview")
NAMES: Final = _learn(
    'Naming rules and restrictions for Azure resources, "Microsoft.Network"',
    "azure-resource-manager/management/resource-name-rules#microsoftnetwork",
)
HOW_IT_WORKS: Final = _learn(
    "How network security groups filter network traffic", "virtual-network/network-security-group-how-it-works"
)
AUGMENTED: Final = _learn(
    'Network security groups overview, "Augmented security rules"',
    "virtual-network/network-security-groups-overview#augmented-security-rules",
)
TAGS: Final = _learn("Virtual network service tags", "virtual-network/service-tags-overview")
ADMIN_RULES: Final = _learn(
    "Security admin rules in Azure Virtual Network Manager", "virtual-network-manager/concept-security-admins"
)
HIGH_RISK: Final = _learn(
    "Protect high-risk network ports with security admin rules", "virtual-network-manager/how-to-block-high-risk-ports"
)
PROBES: Final = _learn("Azure Load Balancer health probes", "load-balancer/load-balancer-custom-probe-overview")
PLATFORM_ADDRESS: Final = _learn(
    "What is IP address 168.63.129.16?", "virtual-network/what-is-ip-address-168-63-129-16"
)
GATEWAY: Final = _learn(
    "About VPN Gateway configuration settings", "vpn-gateway/vpn-gateway-about-vpn-gateway-settings"
)
LIMITS: Final = _learn(
    "Azure subscription and service limits", "azure-resource-manager/management/azure-subscription-service-limits"
)
IPV6: Final = _learn("What is IPv6 for Azure Virtual Network?", "virtual-network/ip-services/ipv6-overview")
PORT_NUMBERS: Final = (
    "IANA, Service Name and Transport Protocol Port Number Registry "
    "<https://www.iana.org/assignments/service-names-port-numbers>"
)
#: What follows from the definitions themselves.
PROJECT: Final = "nwpolicy, docs/lint.md"
