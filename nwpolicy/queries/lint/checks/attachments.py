"""Network security groups without anything behind them, and subnets without a group.

Source: Microsoft Learn, How network security groups filter network traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.attachments import does_without_group
from nwpolicy.model.network import Subnet
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import report

__all__ = ["check_attachments"]

#: Types of resources that may refer to a group and are not modelled, and what is said of a template that is not read.
_REFERRING: Final = frozenset(
    {
        "microsoft.compute/virtualmachinescalesets",
        "microsoft.containerservice/managedclusters",
        "microsoft.resources/deployments",
    }
)
_UNFOLLOWED: Final = frozenset({"linked-template", "unresolved"})


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
        if id(group) not in facts.attached and not _may_be_used(facts, group):
            yield report(
                facts,
                "NWP301",
                group,
                f"{group.name} is attached to nothing in the input",
                reason="every subnet and network interface of the input has another group, or none",
                help="attach it, or remove it",
                certain=False,
            )


def _may_be_used(facts: Facts, group: NetworkSecurityGroup) -> bool:
    """Whether something that is not modelled may refer to the group: a template that could not be followed, or machines
    that come with network interfaces of their own; or a file that uses the group's, which holds nothing to attach."""
    document = group.source.document.whole
    others = (one for one in facts.snapshot.passed_over if one.source.document.whole is document)
    if any(one.type.lower() in _REFERRING for one in others):
        return True
    if any(one.code in _UNFOLLOWED for one in facts.snapshot.diagnostics if one.location.file == document.path):
        return True
    return not any(holder.source.document.whole is document for holder in facts.holders)


def _should_have_group(facts: Facts, subnet: Subnet) -> bool:
    if subnet.network_security_group is not None or does_without_group(subnet):
        return False
    nics = facts.interfaces.get(id(subnet), [])
    return not nics or any(nic.network_security_group is None for nic in nics)
