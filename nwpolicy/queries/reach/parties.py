"""The parties of an estate's flows: classes of addresses that no rule and no route of the input tells apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import count

from nwpolicy.azure.classes import policy_key
from nwpolicy.azure.paths import EndingKind, Estate, arrivals_at
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.cuts import Cuts, alike
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Entrance", "Member", "Party", "Spot", "foreign_unknowns", "members_of", "parties"]


@dataclass(frozen=True, slots=True)
class Entrance:
    """Whether packets from the internet come to an address: if all unknowns say so."""

    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One address of a network interface or private endpoint; or where it lies, if it is an `unknown`."""

    subject: Subject
    space: AddressSet
    unknown: Unknown | None
    policy: Hashable
    entrance: Entrance | None
    """None: nothing from the internet comes here"""
    doubts: tuple[Unknown, ...] = ()
    """on what it depends that the member is there, and has the address"""

    @property
    def starts_flows(self) -> bool:
        return self.subject.kind is not SubjectKind.PRIVATE_ENDPOINT


@dataclass(frozen=True, slots=True)
class Spot:
    """An address that stands for all that no rule and no route tells from it, and `own`, if it is not known."""

    index: int
    address: Address
    own: Unknown | None


@dataclass(frozen=True, slots=True)
class Party:
    """Members that fare alike. They have an address of one spot, and it is only not known of which where there are
    several."""

    index: int
    members: tuple[Member, ...]
    spots: tuple[Spot, ...]

    @property
    def first(self) -> Member:
        return self.members[0]

    @property
    def subject(self) -> Subject:
        return self.members[0].subject

    @property
    def unknown(self) -> Unknown | None:
        """The address of each member, where it is not known."""
        own = self.first.unknown
        if own is None or len(self.members) == 1:
            return own
        return replace(own, name=f"{own.name} and {len(self.members) - 1} more, each by itself")


def members_of(estate: Estate) -> Iterator[Member]:
    """Every address that a subject of the input has. One that is not known is none that another subject of the network
    has."""
    taken = _taken(estate)
    for subject in (*estate.subjects, *estate.owners.endpoints):
        entrances = tuple(_entrances(estate, subject))
        policy = policy_key(estate, subject)
        for family in Family:
            for low, high in subject.space.known.family(family):
                for number in range(low, high + 1):
                    space = AddressSet.single(Address(family, number))
                    yield _member(estate, subject, space, None, policy, entrances)
        for unknown, bound in subject.space.unknown:
            within = (ANY_ADDRESS if bound is None else bound) - taken[id(subject.virtual_network)]
            yield _member(estate, subject, within, unknown, policy, entrances)


def _taken(estate: Estate) -> dict[int, AddressSet]:
    """The addresses that are known to be in use in each network (by `id`)."""
    found: defaultdict[int, list[AddressSet]] = defaultdict(list)
    for subject in (*estate.subjects, *estate.owners.endpoints):
        network = subject.virtual_network
        found[id(network)].append(NO_ADDRESS if network is None else subject.space.known)
    return {network: union(spaces) for network, spaces in found.items()}


def _entrances(estate: Estate, subject: Subject) -> Iterator[tuple[AddressSet, Entrance]]:
    for way in arrivals_at(estate, subject):
        if way.ending.kind is EndingKind.DELIVERED:
            yield way.destinations, Entrance(way.unknowns, way.assumptions)


def _member(
    estate: Estate,
    subject: Subject,
    space: AddressSet,
    unknown: Unknown | None,
    policy: Hashable,
    entrances: Iterable[tuple[AddressSet, Entrance]],
) -> Member:
    entrance = next((found for behind, found in entrances if behind & space), None)
    return Member(subject, space, unknown, policy, entrance, tuple(_doubts(estate, subject, space, unknown)))


def _doubts(estate: Estate, subject: Subject, space: AddressSet, unknown: Unknown | None) -> Iterator[Unknown]:
    holder = subject.nic or subject.private_endpoint
    if subject.virtual_network is not None and unknown is None:
        owned = estate.owned(subject.virtual_network, space)
        yield from (doubt for found in owned if found.subject is subject for doubt in found.unknowns)
    elif holder is not None and holder.condition is not None:
        yield holder.condition.of_kind(UnknownKind.CONDITION)


def foreign_unknowns(members: Iterable[Member]) -> frozenset[Unknown]:
    """The unknown addresses of members: nothing else has them."""
    return frozenset(member.unknown for member in members if member.unknown is not None)


def parties(
    members: Collection[Member],
    sets: Collection[AddressSet],
    named: Collection[Unknown],
    part: Callable[[Member], Hashable],
) -> tuple[Party, ...]:
    """The members in classes: of one policy and entrance, which play one part, and whose addresses none of the sets
    tells apart. Unknown addresses that rules name, by an application security group, are told apart."""
    classes = {family: _address_classes(members, sets, family) for family in Family}
    found: defaultdict[Hashable, list[Member]] = defaultdict(list)
    for member in members:
        single: Hashable
        entrance = None if member.entrance is None else (member.entrance.unknowns, member.entrance.assumptions)
        if member.unknown is None:
            single = _class_of(member, classes)
        else:
            single = id(member) if member.unknown in named else member.space
        found[member.policy, entrance, member.doubts, part(member), single].append(member)
    indexes = count()

    @cache
    def cuts(family: Family) -> Cuts:
        return Cuts((1 << place, addresses.family(family)) for place, addresses in enumerate(sets))

    return tuple(
        Party(
            index,
            tuple(same),
            tuple(Spot(next(indexes), address, same[0].unknown) for address in _addresses(same[0], cuts)),
        )
        for index, same in enumerate(found.values())
    )


def _address_classes(members: Iterable[Member], sets: Iterable[AddressSet], family: Family) -> dict[int, int]:
    numbers = (member.space.family(family).first for member in members if member.space.family(family))
    return alike((addresses.family(family) for addresses in sets), numbers)


def _class_of(member: Member, classes: dict[Family, dict[int, int]]) -> Hashable:
    family = Family.IPV4 if member.space.v4 else Family.IPV6
    return family, classes[family][member.space.family(family).first]


def _addresses(member: Member, cuts: Callable[[Family], Cuts]) -> Iterator[Address]:
    """One address of every class that the member may be in."""
    for family in Family:
        space = member.space.family(family)
        if space and member.unknown is None:
            yield Address(family, space.first)
        elif space:
            yield from (Address(family, numbers.first) for numbers in cuts(family).parts(space).values())
