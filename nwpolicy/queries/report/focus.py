"""The part of both estates that findings of the linter can differ in, where no more than filters of groups changed.

A finding about a group rests on its own rules and, where it is attached, on the filters beside it. So groups that
changed, and those that are attached to a place with one, are looked at wherever they are attached; everything that
other definitions stand for stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nwpolicy.azure.subjects import subnet_of
from nwpolicy.model.network import NetworkInterface, Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.rules import AdminRule, NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.change import rules_of
from nwpolicy.queries.definitions import DefinitionPair

__all__ = ["Focus", "focused"]


@dataclass(frozen=True, slots=True)
class Focus:
    """Parts of two estates. `whole` are the names of groups of which all that they are attached to is there: what is
    found about them is what is found in the whole estate. What is found about other groups is the same before and
    after; about anything else, it may rest on what is not there."""

    before: Snapshot
    after: Snapshot
    whole: frozenset[str]


def focused(old: Snapshot, new: Snapshot, trees: Iterable[DefinitionPair], groups: Iterable[str] = ()) -> Focus | None:
    """Both estates without what no finding about a group can differ in, where no more than groups changed. `groups` are
    the names of others that are looked at."""
    pairs = list(trees)
    if not all(isinstance(pair.one, NetworkSecurityGroup) for pair in pairs):
        return None
    sides = (one for pair in pairs for one in (pair.old, pair.new) if one is not None)
    changed = {one.name.lower() for one in sides}.union(groups)
    names = [_Groups(side).beside(changed) for side in (old, new)]
    whole = changed | names[0] | names[1]
    return Focus(_cut(old, whole), _cut(new, whole), frozenset(whole))


class _Groups:
    """Which groups are attached to what, by name: one of several of a name may be meant."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of_subnet(self, subnet: Subnet | None) -> set[str]:
        return _named(subnet.network_security_group) if subnet is not None else set()

    def of(self, nic: NetworkInterface) -> set[str]:
        """Those that filter the flows of an interface."""
        subnets = self.subnets_of(nic)
        return set().union(_named(nic.network_security_group), *map(self.of_subnet, subnets))

    def subnets_of(self, nic: NetworkInterface) -> list[Subnet]:
        found = (subnet_of(self._snapshot, one.subnet) for one in nic.ip_configurations)
        return [subnet for subnet in found if subnet is not None]

    def beside(self, groups: set[str]) -> set[str]:
        """The groups that share a network interface with one of these."""
        shared = (found for nic in self._snapshot.all(NetworkInterface) if (found := self.of(nic)) & groups)
        return set().union(*shared)


def _named(reference: object) -> set[str]:
    return {reference.name.lower()} if isinstance(reference, Reference) else set()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stays as it is, by identity, groups by name. Of other `members` only the addresses matter, of other `routed`
    subnets only the routes."""

    nics: set[int]
    members: set[int]
    subnets: set[int]
    routed: set[int]
    groups: set[str]


def _cut(snapshot: Snapshot, whole: set[str]) -> Snapshot:
    """The estate without interfaces and subnets that none of the groups filters, and without the groups of these."""
    groups = _Groups(snapshot)
    filtered = [nic for nic in snapshot.all(NetworkInterface) if groups.of(nic) & whole]
    nics = {id(nic) for nic in filtered}
    subnets = {id(subnet) for nic in filtered for subnet in groups.subnets_of(nic)}
    subnets |= {id(subnet) for subnet in snapshot.all(Subnet) if groups.of_subnet(subnet) & whole}
    names = set().union(*map(groups.of, filtered), whole)
    routed = {
        id(subnet)
        for nic in snapshot.all(NetworkInterface)
        if nic.enable_ip_forwarding is not False
        for subnet in groups.subnets_of(nic)
    }
    meant = _meant(snapshot, names)
    members = nics | {id(nic) for nic in snapshot.all(NetworkInterface) if _matters(nic, meant)}
    kept = _Kept(nics, members, subnets, routed, names)
    resources = tuple(part for one in snapshot.resources for part in _parts(one, kept))
    return Snapshot.of(resources, snapshot.diagnostics, snapshot.passed_over)


def _meant(snapshot: Snapshot, groups: set[str]) -> set[str]:
    """The names of application security groups in rules of these groups, and in admin rules."""
    found = (group for group in snapshot.all(NetworkSecurityGroup) if group.name.lower() in groups)
    security = (rule for group in found for rule in rules_of(group))
    terms = (term for rule in (*security, *snapshot.all(AdminRule)) for term in (*rule.sources, *rule.destinations))
    return {term.name.lower() for term in terms if isinstance(term, Reference)}


def _matters(nic: NetworkInterface, meant: set[str]) -> bool:
    """Whether an interface is part of what others stand for: a member of a group, or an appliance."""
    listed = [group for one in nic.ip_configurations for group in one.application_security_groups]
    is_member = any(not isinstance(group, Reference) or group.name.lower() in meant for group in listed)
    is_balanced = any(one.load_balancers for one in nic.ip_configurations)
    return is_member or is_balanced or nic.enable_ip_forwarding is not False


def _parts(resource: Resource, kept: _Kept) -> Iterator[Resource]:
    """What is left of a definition. Of interfaces and subnets that others rest on, the filters do not matter."""
    match resource:
        case NetworkInterface():
            if id(resource) in kept.nics:
                yield resource
            elif id(resource) in kept.members:
                yield replace(resource, network_security_group=None)
        case NetworkSecurityGroup():
            if resource.name.lower() in kept.groups:
                yield resource
        case VirtualNetwork():
            yield replace(resource, subnets=tuple(part for one in resource.subnets for part in _subnet(one, kept)))
        case _:
            yield resource


def _subnet(subnet: Subnet, kept: _Kept) -> Iterator[Subnet]:
    if id(subnet) in kept.subnets:
        yield subnet
    elif id(subnet) in kept.routed:
        yield replace(subnet, network_security_group=None)
