"""Network security groups without anything behind them, and subnets without a group.

Source: Microsoft Learn, How network security groups filter network traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.network import Subnet
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import report

__all__ = ["check_attachments"]

#: Subnets of Azure's own services that do without a group, cannot have one, or come with rules of their own.
_SERVICES: Final = frozenset(
    {
        "gatewaysubnet",
        "azurefirewallsubnet",
        "azurefirewallmanagementsubnet",
        "azurebastionsubnet",
        "routeserversubnet",
    }
)


def check_attachments(facts: Facts) -> Iterator[Finding]:
    yield from _groups(facts)
    for subnet in facts.snapshot.all(Subnet):
        if _should_have_group(facts, subnet):
            yield report(
                facts,
                "NWP302",
                subnet,
                f"subnet {subnet.name} has no network security group",
                reason="what is in it is open to the virtual network and its peers",
                help="attach a group to it",
            )


def _groups(facts: Facts) -> Iterator[Finding]:
    """Of nothing but a group it is not told what it is attached to, nor where a reference is not known."""
    if not facts.holders or any(isinstance(holder.network_security_group, Unknown) for holder in facts.holders):
        return
    for group in facts.loose_groups:
        if not _is_imported(facts, group):
            yield report(
                facts,
                "NWP301",
                group,
                f"{group.name} is attached to nothing in the input",
                reason="every subnet and network interface of the input has another group, or none",
                help="attach it, or remove it",
                certain=False,
            )


def _is_imported(facts: Facts, group: NetworkSecurityGroup) -> bool:
    """Whether the group is in a file of its own, without anything that could have it: a module that others use."""
    document = group.source.document.whole
    return not any(holder.source.document.whole is document for holder in facts.holders)


def _should_have_group(facts: Facts, subnet: Subnet) -> bool:
    if subnet.network_security_group is not None or subnet.delegations or subnet.name.lower() in _SERVICES:
        return False
    nics = facts.interfaces.get(id(subnet), [])
    return not nics or any(nic.network_security_group is None for nic in nics)
