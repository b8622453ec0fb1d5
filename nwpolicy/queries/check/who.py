"""Who is meant by the words of an assertion, and the algebra of those who are meant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.azure.attachments import attached_groups
from nwpolicy.azure.endpoints import EndpointError, resolve_endpoint
from nwpolicy.azure.groups import same_target
from nwpolicy.azure.paths import INTERNET
from nwpolicy.azure.spaces import INTERNET as PUBLIC
from nwpolicy.azure.spaces import PLATFORM_ADDRESS, union
from nwpolicy.azure.subjects import Subject, close_names, configuration_space, machine_interfaces
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import ANY_IPV4, ANY_IPV6, NO_ADDRESS, AddressSet
from nwpolicy.model.avnm import NetworkGroup
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, Subnet, VirtualMachine, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, AddressTerm, Reference, Resource, ServiceTag
from nwpolicy.model.rules import ApplicationSecurityGroup, NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.wording import terms_text
from nwpolicy.queries.question import choices, is_on_premises
from nwpolicy.queries.reach.ends import End, Outer
from nwpolicy.queries.reach.parties import Member

__all__ = ["ANYWHERE", "Who", "both_of", "everything_but", "who"]

#: Every address but the one by which the platform itself sends, be it only probes.
ANYWHERE: Final = ~PLATFORM_ADDRESS
#: Tags that stand for something else at every place.
_RELATIVE: Final = frozenset({"VirtualNetwork", "AzureLoadBalancer"})
_LABELS: Final[dict[type[Resource], str]] = {
    NetworkInterface: "network interface",
    PrivateEndpoint: "private endpoint",
    Subnet: "subnet",
    VirtualNetwork: "virtual network",
    VirtualMachine: "virtual machine",
    ApplicationSecurityGroup: "application security group",
    NetworkGroup: "network group",
    NetworkSecurityGroup: "network security group",
}
_KINDS: Final = {kind.type.lower(): kind for kind in _LABELS}


@dataclass(frozen=True, slots=True)
class Who:
    """One end of an assertion, called `name`. `places` are named, so that their own rules count; `addresses` are given
    as such; `open` tells what else may be meant."""

    end: End
    places: tuple[Subject, ...] = ()
    addresses: AddressSet = NO_ADDRESS
    open: tuple[Unknown, ...] = ()
    is_any: bool = False
    name: str = "anybody"
    has_unseen: bool = False
    """whether nothing in the input has some of the addresses"""


def who(population: Population, terms: tuple[AddressTerm, ...]) -> Who:
    """Everybody for no terms. Raises InputError where a term means nothing."""
    found = [_of_term(population, term) for term in terms]
    if not terms or any(one.is_any for one in found):
        return Who(population.everybody, (), ANYWHERE, is_any=True)
    members = {id(member): member for one in found for member in one.end.members}
    outers = dict.fromkeys(outer for one in found for outer in one.end.outers)
    places = {id(place): place for one in found for place in one.places}
    return Who(
        End(tuple(members.values()), tuple(outers)),
        tuple(places.values()),
        union(one.addresses for one in found),
        tuple(unknown for one in found for unknown in one.open),
        name=terms_text(terms),
        has_unseen=any(one.has_unseen for one in found),
    )


def _of_term(population: Population, term: AddressTerm) -> Who:
    match term:
        case Unknown():
            return Who(End((), ()), open=(term,))
        case AddressPrefix():
            return _by_address(population, term.addresses) if not term.addresses.is_any else _ANYBODY
        case ServiceTag():
            return _tag(population, term)
        case Reference():
            return _named(population, term)


_ANYBODY: Final = Who(End((), ()), is_any=True)


def _by_address(population: Population, wanted: AddressSet) -> Who:
    members = tuple(_clipped(population.everybody.members, wanted))
    outers = tuple(_clipped_outers(population.everybody.outers, wanted))
    seen = union((NO_ADDRESS, *(member.space for member in members), *(outer.space for outer in outers)))
    unseen = bool(wanted - seen) and not (wanted >= ANY_IPV4 or wanted >= ANY_IPV6)
    return Who(End(members, outers), addresses=wanted, has_unseen=unseen)


def _clipped(members: Iterable[Member], wanted: AddressSet) -> Iterator[Member]:
    for member in members:
        yield from _part(member, member.space & wanted)


def _part(member: Member, space: AddressSet) -> Iterator[Member]:
    """The member, if it has one of these of its addresses, which for an unknown one may be open."""
    if space == member.space:
        yield member
    elif space and member.unknown is not None:
        yield replace(member, space=space, doubts=tuple(dict.fromkeys((*member.doubts, member.unknown))))


def _clipped_outers(outers: Iterable[Outer], wanted: AddressSet) -> Iterator[Outer]:
    for outer in outers:
        if outer.space & wanted:
            yield replace(outer, space=outer.space & wanted)


def _tag(population: Population, tag: ServiceTag) -> Who:
    name, outers = canonical(tag.name), population.everybody.outers
    if name in _RELATIVE:
        help = "name the virtual network, or give prefixes"
        raise _error("relative-tag", f"{tag.name} stands for something else at every place", tag.source, help)
    if is_on_premises(name):
        behind = tuple(outer for outer in outers if outer.outside != INTERNET)
        return Who(End((), behind), addresses=union(outer.space for outer in behind) if behind else NO_ADDRESS)
    if name == "Internet":
        found = tuple(outer for outer in outers if outer.outside == INTERNET)
        return Who(End((), found), addresses=PUBLIC)
    viewpoint = next(iter(population.subjects), None)
    if viewpoint is None:
        raise _error("no-place", "the input has nothing that rules apply to", tag.source)
    try:
        space = resolve_endpoint(
            population.estate.snapshot, viewpoint, f"tag:{tag.name}", population.estate.assumptions
        )
    except EndpointError as error:
        message = f"{tag.name!r} is no address and no service tag"
        raise _error("unknown-name", message, tag.source, choices(error.candidates)) from None
    open_ = tuple(unknown for unknown, _ in space.unknown)
    return replace(_by_address(population, space.known), open=open_, has_unseen=False)


def _named(population: Population, reference: Reference) -> Who:
    """Those in what is named, or what a group is attached to."""
    estate, kind = population.estate, _KINDS[reference.type.lower()]
    found = estate.snapshot.find(kind, reference)
    if len(found) > 1:
        places = ", ".join(str(resource.source) for resource in found)
        raise _error("ambiguous-name", f"several {_LABELS[kind]}s are called so: {places}", reference.source)
    if not found and kind not in (ApplicationSecurityGroup, VirtualMachine):
        raise _unknown_name(population, kind, reference)
    holds, open_ = _holder(population, kind, reference, found[0] if found else None)
    members = tuple(member for member in population.everybody.members if holds(member))
    subjects = {id(member.subject): member.subject for member in members}
    alone = tuple(subject for subject in population.subjects if subject.nsg is not None and subject.nsg in found)
    if not members and not alone and not open_:
        if not found:
            raise _unknown_name(population, kind, reference)
        raise _error("empty-end", f"the {_LABELS[kind]} {reference.name} has no member in the input", reference.source)
    return Who(End(members, ()), (*subjects.values(), *alone), open=open_)


def _holder(
    population: Population, kind: type[Resource], reference: Reference, found: Resource | None
) -> tuple[Callable[[Member], bool], tuple[Unknown, ...]]:
    """Whether a member is what is named, or in it; and what else may be."""
    estate = population.estate
    if kind is VirtualMachine:
        owned = {id(nic) for nic in machine_interfaces(estate.snapshot, reference.target)}
        return lambda member: id(member.subject.nic) in owned, ()
    if kind is ApplicationSecurityGroup:
        return lambda member: _lists(population, member, reference), ()
    if isinstance(found, NetworkGroup):
        return _in_group(population, found)
    if kind is NetworkSecurityGroup:
        return lambda m: any(one.group is found for one in attached_groups(estate.snapshot, m.subject)), ()
    return lambda member: _is_or_is_in(member, found), ()


def _is_or_is_in(member: Member, thing: Resource | None) -> bool:
    subject = member.subject
    around = (subject.nic, subject.private_endpoint, subject.subnet, subject.virtual_network)
    return thing is not None and any(one is thing for one in around)


def _lists(population: Population, member: Member, group: Reference) -> bool:
    """Whether what has the member's address lists an application security group."""
    snapshot = population.estate.snapshot
    return any(
        isinstance(one, Reference) and same_target(snapshot, ApplicationSecurityGroup, one, group)
        for one in _groups_of(snapshot, member)
    )


def _groups_of(snapshot: Snapshot, member: Member) -> Iterator[Reference | Unknown]:
    """What is listed by a private endpoint, or by the ip configurations of an interface with the member's address."""
    nic, endpoint = member.subject.nic, member.subject.private_endpoint
    if endpoint is not None:
        yield from endpoint.application_security_groups
    if nic is None:
        return
    for configuration in nic.ip_configurations:
        space = configuration_space(snapshot, nic, configuration)
        if member.space <= space.known or any(unknown == member.unknown for unknown, _ in space.unknown):
            yield from configuration.application_security_groups


def _in_group(population: Population, group: NetworkGroup) -> tuple[Callable[[Member], bool], tuple[Unknown, ...]]:
    snapshot = population.estate.snapshot
    members: set[int] = set()
    open_: list[Unknown] = []
    for one in group.members:
        if isinstance(one, Unknown):
            open_.append(one)
        else:
            kind: type[Resource] = Subnet if one.id.type == Subnet.type.lower() else VirtualNetwork
            members.update(id(found) for found in snapshot.find(kind, one))
    return lambda m: bool({id(m.subject.subnet), id(m.subject.virtual_network)} & members), tuple(open_)


def _unknown_name(population: Population, kind: type[Resource], reference: Reference) -> InputError:
    names = [resource.name for resource in population.input.all(kind)]
    message = f"there is no {_LABELS[kind]} {reference.target!r} in the input"
    return _error("unknown-name", message, reference.source, choices(close_names(reference.target, names)))


def _error(code: str, message: str, source: Source, help: str | None = None) -> InputError:
    return InputError(Diagnostic.error(code, message, source, help))


# algebra


def both_of(one: End, other: End) -> End:
    """Those who are in both."""
    theirs = {_key(member): member.space for member in other.members}
    sites = {_site(outer): outer.space for outer in other.outers}
    members = (part for m in one.members for part in _part(m, m.space & theirs.get(_key(m), NO_ADDRESS)))
    outers = (found for o in one.outers for found in _clipped_outers((o,), sites.get(_site(o), NO_ADDRESS)))
    return End(tuple(members), tuple(outers))


def everything_but(one: End, other: End) -> End:
    """Those of one who are not in the other."""
    theirs = {_key(member): member.space for member in other.members}
    sites = {_site(outer): outer.space for outer in other.outers}
    members = (part for m in one.members for part in _part(m, m.space - theirs.get(_key(m), NO_ADDRESS)))
    outers = (found for o in one.outers for found in _clipped_outers((o,), ~sites.get(_site(o), NO_ADDRESS)))
    return End(tuple(members), tuple(outers))


def _key(member: Member) -> Hashable:
    return id(member.subject), member.unknown or member.space


def _site(outer: Outer) -> Hashable:
    return id(outer.outside.gateway), outer.open
