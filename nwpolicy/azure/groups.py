"""Who belongs to application security groups and network groups.

Source: Microsoft Learn, "Application security groups", "Configure an application security group with a private
endpoint".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.spaces import Space, conditional, existing, joined, prefix_space, union
from nwpolicy.azure.subjects import configuration_space, endpoint_subject
from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, AddressSet
from nwpolicy.model.avnm import NetworkGroup
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.rules import AdminRule, ApplicationSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, may_be_same
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "Memberships",
    "asg_space",
    "asgs_in_rules",
    "group_member_space",
    "listed_asgs",
    "network_group_space",
    "same_target",
]


def same_target(snapshot: Snapshot, kind: type[Resource], one: Reference, other: Reference) -> bool | None:
    """Whether two references name the same resource, which the input need not define. None: they may."""
    here, there = snapshot.find(kind, one), snapshot.find(kind, other)
    if here or there:
        return any(a is b for a in here for b in there)
    left, right = one.id, other.id
    length = min(len(left.names), len(right.names))
    if left.names[-length:] != right.names[-length:]:
        return False
    if not (left.scope and right.scope) or left.scope == right.scope:
        return True
    return None if may_be_same(left.scope, right.scope) else False


def listed_asgs(snapshot: Snapshot) -> Iterator[Reference]:
    """The application security groups that ip configurations and private endpoints list, as often as they do."""
    lists = [c.application_security_groups for nic in snapshot.all(NetworkInterface) for c in nic.ip_configurations]
    lists += (endpoint.application_security_groups for endpoint in snapshot.all(PrivateEndpoint))
    yield from (group for groups in lists for group in groups if isinstance(group, Reference))


def _listings(snapshot: Snapshot) -> Iterator[tuple[tuple[Reference | Unknown, ...], Space]]:
    """The groups that something lists, and the private addresses that it has."""
    for nic in snapshot.all(NetworkInterface):
        for configuration in nic.ip_configurations:
            space = configuration_space(snapshot, nic, configuration)
            yield configuration.application_security_groups, existing(space, nic)
    for endpoint in snapshot.all(PrivateEndpoint):
        yield endpoint.application_security_groups, existing(endpoint_subject(snapshot, endpoint).space, endpoint)


@dataclass(frozen=True, slots=True)
class Memberships:
    """Which application security groups the input tells members of. `listed` is by the group's name, lower
    case, with one entry for each way to write the group; `settled` are addresses whose owners are in the input, so that
    it is known which groups they belong to."""

    listed: Mapping[str, tuple[tuple[Reference, Space], ...]]
    doubtful: tuple[Space, ...]
    """addresses that may be members of any group, because the group is an unknown"""
    settled: AddressSet

    @classmethod
    def of(cls, snapshot: Snapshot) -> Memberships:
        listed: dict[str, tuple[Reference, list[Space]]] = {}
        doubtful: list[Space] = []
        spaces: list[AddressSet] = []
        for groups, space in _listings(snapshot):
            spaces.append(space.known)
            for group in groups:
                if isinstance(group, Unknown):
                    doubtful.append(conditional(space, group))
                else:
                    listed.setdefault(group.target.lower(), (group, []))[1].append(space)
        named: defaultdict[str, list[tuple[Reference, Space]]] = defaultdict(list)
        for group, members in listed.values():
            named[group.name.lower()].append((group, joined(members)))
        return cls({name: tuple(found) for name, found in named.items()}, tuple(doubtful), union(spaces))


def asg_space(snapshot: Snapshot, group: Reference, assumptions: Assumptions, memberships: Memberships) -> Space:
    """The private addresses of an application security group's members."""
    named = memberships.listed.get(group.name.lower(), ())
    matched = [(same_target(snapshot, ApplicationSecurityGroup, other, group), other, space) for other, space in named]
    certain = [space for same, _, space in matched if same]
    possible = [conditional(space, _identity(group, other)) for same, other, space in matched if same is None]
    reason = "the input does not show all members"
    others = Unknown(f"members of {group.name}", UnknownKind.ADDRESS, reason, group.source)
    open_space = Space(unknown=((others, ~memberships.settled),))
    space = joined((*certain, *possible, *memberships.doubtful))
    if not certain:
        return space | open_space
    doubted = Space(doubts=(("asg-members", ~memberships.settled - space.known),))
    return joined((space, doubted, *((open_space,) if assumptions["asg-members"] == "open" else ())))


def _identity(one: Reference, other: Reference) -> Unknown:
    name = f"{one.name} of the rule is the {other.name} that members list"
    reason = "where the template is deployed to is not known"
    return Unknown(name, UnknownKind.CONDITION, reason, one.source)


def asgs_in_rules(snapshot: Snapshot) -> Iterator[Reference]:
    """The application security groups that rules name, as often as they do."""
    for rule in (*snapshot.all(SecurityRule), *snapshot.all(AdminRule)):
        for term in (*rule.sources, *rule.destinations):
            if isinstance(term, Reference) and term.type.lower() == ApplicationSecurityGroup.type.lower():
                yield term


def network_group_space(snapshot: Snapshot, reference: Reference, assumptions: Assumptions) -> Space:
    """The addresses that a rule means by a network group: those of its members at the last commit."""
    found = snapshot.find(NetworkGroup, reference)
    if len(found) != 1:
        reason = "several groups have this name" if found else f"{reference.name} is not defined in the input"
        return Space(unknown=((_members(reference.name, reason, reference.source), None),))
    group = found[0]
    if group.committed_prefixes is not None:
        return _one_family(prefix_space(group.committed_prefixes))
    doubt = Space(doubts=(("network-group-members", ANY_ADDRESS),))
    if assumptions["network-group-members"] == "unknown":
        reason = "the input does not tell what the last commit froze"
        return doubt | Space(unknown=((_members(group.name, reason, group.source), None),))
    return doubt | _one_family(group_member_space(snapshot, group))


def group_member_space(snapshot: Snapshot, group: NetworkGroup) -> Space:
    """The addresses of a network group's present members."""
    return joined(_member_space(snapshot, member) for member in group.members)


def _member_space(snapshot: Snapshot, member: Reference | Unknown) -> Space:
    if isinstance(member, Unknown):
        return Space(unknown=((member.of_kind(UnknownKind.ADDRESS), None),))
    if member.id.type == "subnets":
        spaces = [existing(prefix_space(s.address_prefixes), s) for s in snapshot.find(Subnet, member)]
    else:
        spaces = [existing(prefix_space(n.address_space), n) for n in snapshot.find(VirtualNetwork, member)]
    if len(spaces) != 1:
        reason = f"{member.name} is not defined in the input"
        unknown = Unknown(f"address space of {member.name}", UnknownKind.ADDRESS, reason, member.source)
        return Space(unknown=((unknown, None),))
    return spaces[0]


def _one_family(space: Space) -> Space:
    """Of a group with addresses of both families Azure uses the IPv4 ones only."""
    both = space.known.v4 and space.known.v6
    return Space(space.known & ANY_IPV4, space.unknown, space.doubts) if both else space


def _members(name: str, reason: str, source: Source) -> Unknown:
    return Unknown(f"addresses of {name}", UnknownKind.ADDRESS, reason, source)
