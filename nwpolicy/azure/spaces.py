"""Address spaces that are known in part, with what their members rest on; and the address blocks that Azure knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.filters import Values
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "ANYWHERE",
    "ASSIGNABLE",
    "INTERNET",
    "INTERNET_WIDE",
    "NOWHERE",
    "PLATFORM_ADDRESS",
    "PRIVATE",
    "SILENT",
    "Space",
    "conditional",
    "contested",
    "existing",
    "joined",
    "prefix_space",
    "union",
]

#: An unknown part of a space, and the addresses that it lies within (None: anywhere).
UnknownPart: TypeAlias = tuple[Unknown, AddressSet | None]


@dataclass(frozen=True, slots=True)
class Space:
    """A set of addresses: what is known, what is not, and for which addresses membership rests on an assumption."""

    known: AddressSet = NO_ADDRESS
    unknown: tuple[UnknownPart, ...] = ()
    doubts: tuple[tuple[str, AddressSet], ...] = ()

    def __or__(self, other: Space) -> Space:
        return joined((self, other))

    def within(self, bound: AddressSet) -> Space:
        """The same, where what might be anywhere lies within `bound`."""
        parts = tuple((part, bound if own is None else own) for part, own in self.unknown)
        return Space(self.known, parts, self.doubts)

    def values(self) -> tuple[Values[AddressSet], ...]:
        """Sets whose union this is, one for each bound."""
        if not self.unknown:
            return (Values(self.known),)
        by_bound: dict[AddressSet | None, list[Unknown]] = {}
        for part, bound in self.unknown:
            by_bound.setdefault(bound, []).append(part)
        known = [self.known, *[NO_ADDRESS] * (len(by_bound) - 1)]
        return tuple(Values(k, tuple(parts), bound) for k, (bound, parts) in zip(known, by_bound.items(), strict=True))

    @property
    def reach(self) -> AddressSet:
        """Every address that could be a member, whatever the unknowns are and whichever assumption is made."""
        parts = (ANY_ADDRESS if bound is None else bound for _, bound in self.unknown)
        return union((self.known, *parts, *(zone for _, zone in self.doubts)))

    def __str__(self) -> str:
        shown = [str(self.known)] if self.known else []
        shown += [f"{part.name} (unknown)" for part, _ in self.unknown]
        return ", ".join(shown) or "none"


def union(sets: Iterable[AddressSet]) -> AddressSet:
    """The union of many sets, in one pass."""
    several = tuple(sets)
    if len(several) == 1:
        return several[0]
    v4, v6 = (
        IntervalSet.of(family.width, (interval for part in several for interval in part.family(family)))
        for family in Family
    )
    return AddressSet(v4, v6)


def contested(sets: Iterable[AddressSet]) -> AddressSet:
    """What more than one of many sets hold, in one pass."""
    several = tuple(sets)
    v4, v6 = (
        IntervalSet.of(family.width, _repeated(sorted(i for part in several for i in part.family(family))))
        for family in Family
    )
    return AddressSet(v4, v6)


def _repeated(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """What an interval shares with those before it; they come in ascending order."""
    reached = -1
    for low, high in intervals:
        if low <= reached:
            yield low, min(high, reached)
        reached = max(reached, high)


def joined(spaces: Iterable[Space]) -> Space:
    """The union of many spaces."""
    several = tuple(spaces)
    if len(several) == 1:
        return several[0]
    known = union(space.known for space in several)
    if known.is_any:  # then nothing else matters
        return ANYWHERE
    unknown = dict.fromkeys(part for space in several for part in space.unknown)
    doubts = dict.fromkeys(doubt for space in several for doubt in space.doubts)
    return Space(known, tuple(unknown), tuple(doubts))


def conditional(space: Space, condition: Unknown) -> Space:
    """The space if an unknown of yes or no says so, else nothing."""
    maybe = condition.of_kind(UnknownKind.ADDRESS)
    known: tuple[UnknownPart, ...] = ((maybe, space.known),) if space.known else ()
    return Space(unknown=known + space.unknown, doubts=space.doubts)


def existing(space: Space, *resources: Resource | None) -> Space:
    """The space if the resources that it comes from are deployed."""
    for resource in resources:
        if resource is not None and resource.condition is not None:
            space = conditional(space, resource.condition)
    return space


def prefix_space(prefixes: Iterable[AddressPrefix | Unknown]) -> Space:
    """Prefixes as written, some of which may be unknown."""
    known: list[AddressSet] = []
    unknown: list[UnknownPart] = []
    for prefix in prefixes:
        if isinstance(prefix, Unknown):
            unknown.append((prefix.of_kind(UnknownKind.ADDRESS), None))
        else:
            known.append(prefix.addresses)
    return Space(union(known), tuple(unknown))


def _parse(*prefixes: str) -> AddressSet:
    return union(map(AddressSet.parse, prefixes))


NOWHERE: Final = Space()
ANYWHERE: Final = Space(ANY_ADDRESS)

#: The address by which the platform reaches a virtual machine and is reached by it.
#: Source: Microsoft Learn, What is IP address 168.63.129.16?
PLATFORM_ADDRESS: Final = AddressSet.parse("168.63.129.16")

#: Addresses that a network interface may have: no virtual network can have the others.
#: Sources: Microsoft Learn, Azure Virtual Network frequently asked questions; RFC 4291, sections 2.4 and 2.5.
ASSIGNABLE: Final = (
    ~_parse("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255", "::/127", "fe80::/10", "ff00::/8")
    - PLATFORM_ADDRESS
)

#: Blocks for private use: RFC 1918, RFC 6598, RFC 4193.
PRIVATE: Final = _parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")

_RESERVED: Final = _parse("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
_IPV4: Final = AddressSet.parse("0.0.0.0/0")

#: The public address space: what the tag Internet holds before a virtual network's own prefixes are taken away.
INTERNET: Final = (_IPV4 - PRIVATE - _RESERVED - PLATFORM_ADDRESS) | AddressSet.parse("2000::/3")

#: Addresses that no packet in a virtual network comes from: those for special use, and what IPv6 has not given out.
#: Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; IANA Internet Protocol Version 6 Address Space.
SILENT: Final = ANY_ADDRESS - INTERNET - PRIVATE - PLATFORM_ADDRESS

#: The widest reading of the documented examples of the tag Internet.
INTERNET_WIDE: Final = ANY_ADDRESS - _parse(
    "0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "168.63.129.16", "fc00::/7"
)
