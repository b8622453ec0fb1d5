"""The rules that Azure adds to every network security group.

Source: Microsoft Learn, Network security groups overview, "Default security rules".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.addresses import ANY_ADDRESS
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, ServiceTag
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.source import Source

__all__ = ["default_rules", "usual_rules"]

_DEFAULTS: Final = (
    (Direction.INBOUND, 65000, "AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", Access.ALLOW),
    (Direction.INBOUND, 65001, "AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", Access.ALLOW),
    (Direction.INBOUND, 65500, "DenyAllInBound", "*", "*", Access.DENY),
    (Direction.OUTBOUND, 65000, "AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", Access.ALLOW),
    (Direction.OUTBOUND, 65001, "AllowInternetOutBound", "*", "Internet", Access.ALLOW),
    (Direction.OUTBOUND, 65500, "DenyAllOutBound", "*", "*", Access.DENY),
)


def default_rules(group: NetworkSecurityGroup) -> tuple[SecurityRule, ...]:
    """The group's default rules: as the input lists them, and Azure's usual ones for what it does not list, since no
    group is without them."""
    listed = group.default_security_rules or ()
    among = (rule for rule in group.security_rules if isinstance(rule, SecurityRule) and rule.is_default)
    taken = {(rule.direction, rule.priority) for rule in (*listed, *among)}
    usual = (rule for rule in usual_rules(group.source) if (rule.direction, rule.priority) not in taken)
    return (*listed, *usual)


def usual_rules(source: Source) -> Iterator[SecurityRule]:
    """Azure's default rules, as if written at `source`."""
    ports = (PortRange(ANY_PORT, source),)
    for direction, priority, name, origin, target, access in _DEFAULTS:
        yield SecurityRule(
            name=name,
            is_default=True,
            priority=priority,
            direction=direction,
            access=access,
            protocol=ANY_PROTOCOL,
            sources=(_term(origin, source),),
            source_port_ranges=ports,
            destinations=(_term(target, source),),
            destination_port_ranges=ports,
            source=source,
        )


def _term(text: str, source: Source) -> AddressTerm:
    return AddressPrefix(ANY_ADDRESS, text, source) if text == "*" else ServiceTag(text, source)
