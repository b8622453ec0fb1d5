"""Which network security groups apply to a subject.

Sources: Microsoft Learn, How network security groups filter network traffic; Manage network policies for private
endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.groupfilter import Attached, unseen_group
from nwpolicy.azure.origins import Association, LayerKind
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.network import Subnet
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import EffectiveSecurityGroups, NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["attached_groups", "does_without_group"]

_EXPORTED: Final = {"subnets": LayerKind.SUBNET_NSG, "networkinterfaces": LayerKind.NIC_NSG}
#: Values of `privateEndpointNetworkPolicies` with which groups apply to private endpoints.
_POLICIES_ON: Final = frozenset({"enabled", "networksecuritygroupenabled"})
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


def does_without_group(subnet: Subnet) -> bool:
    """Whether a subnet is delegated, or that of a service of Azure: a name of which not even the beginning is known may
    be one."""
    name = subnet.name.lower()
    return bool(subnet.delegations) or name in _SERVICES or name.startswith("{")


def attached_groups(snapshot: Snapshot, subject: Subject) -> tuple[Attached, ...]:
    """The groups that apply, in the order of inbound flows: first the subnet's, then the interface's."""
    if subject.nsg is not None:
        return (Attached(subject.nsg, LayerKind.NSG),)
    if subject.export is not None:
        return tuple(_exported(subject.export))
    return (*_of_subnet(snapshot, subject), *_of_interface(snapshot, subject))


def _exported(export: EffectiveSecurityGroups) -> Iterator[Attached]:
    for kind in (LayerKind.SUBNET_NSG, LayerKind.NIC_NSG):
        for entry in export.groups:
            target = entry.association
            if _EXPORTED.get(target.type.lower()) is kind:
                identity = target.target if "/" in target.target else None
                yield Attached(entry.group, kind, Association(target.type, target.name, identity), entry.tag_map)


def _of_interface(snapshot: Snapshot, subject: Subject) -> Iterator[Attached]:
    if subject.nic is not None:
        association = Association("networkInterfaces", subject.nic.name, subject.nic.id)
        yield from _referenced(snapshot, subject.nic.network_security_group, LayerKind.NIC_NSG, association)


def _of_subnet(snapshot: Snapshot, subject: Subject) -> Iterator[Attached]:
    conditions = _conditions(subject)
    if conditions is None:
        return
    if subject.subnet is not None:
        association = Association("subnets", subject.subnet.name, subject.subnet.id)
        reference = subject.subnet.network_security_group
        yield from _referenced(snapshot, reference, LayerKind.SUBNET_NSG, association, conditions)
    else:
        name = f"network security group of the subnet of {subject.name}"
        hidden = Unknown(name, UnknownKind.REFERENCE, "the input does not show the subnet", subject.source)
        yield from _referenced(snapshot, hidden, LayerKind.SUBNET_NSG, None, conditions)


def _conditions(subject: Subject) -> tuple[Unknown, ...] | None:
    """On what it depends whether the subnet's group applies; None if it does not."""
    if subject.kind is not SubjectKind.PRIVATE_ENDPOINT:
        return ()
    policies = _policies(subject, subject.subnet)
    if isinstance(policies, Unknown):
        return (policies.of_kind(UnknownKind.CONDITION),)
    return () if policies.lower() in _POLICIES_ON else None


def _policies(subject: Subject, subnet: Subnet | None) -> str | Unknown:
    if subnet is not None:
        return subnet.private_endpoint_network_policies
    name = f"network policies of the subnet of {subject.name}"
    return Unknown(name, UnknownKind.CONDITION, "the input does not show the subnet", subject.source)


def _referenced(
    snapshot: Snapshot,
    reference: Reference | Unknown | None,
    kind: LayerKind,
    association: Association | None,
    conditions: tuple[Unknown, ...] = (),
) -> Iterator[Attached]:
    if reference is None:
        return
    if isinstance(reference, Unknown):
        group = unseen_group(reference, reference.reason)
        yield Attached(group, kind, association, conditions=conditions, certain=False)
        return
    found = snapshot.find(NetworkSecurityGroup, reference)
    if len(found) != 1:
        reason = "several groups have this name" if found else "the group is not defined in the input"
        yield Attached(unseen_group(reference, reason), kind, association, conditions=conditions)
        return
    group = found[0]
    if group.condition is not None:
        conditions = (*conditions, group.condition.of_kind(UnknownKind.CONDITION))
    yield Attached(group, kind, association, conditions=conditions, certain=group.condition is None)
