"""Which of the routes that cover an address is taken.

Sources: Microsoft Learn, Virtual network traffic routing, "How Azure selects a route"; Manage network policies for
private endpoints; What is IP address 168.63.129.16?; Azure Network REST API, `Route.hasBgpOverride`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing.table import Candidate, NextHop, RouteKind, RoutePrefix
from nwpolicy.azure.routing.worlds import Outcomes, World, outcomes
from nwpolicy.azure.tagnames import DOCUMENTED, canonical, is_documented
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["PREFERRED", "Entry", "Loser", "Rules", "Selection", "entries_of", "select"]


class Reading(Enum):
    """What a prefix that is not known may be, seen from one address: anything else comes to one of these."""

    MOST_SPECIFIC = "it covers the address, with a longer prefix than any other"
    ELSEWHERE = "it does not cover the address"
    LEAST_SPECIFIC = "it covers the address, with a shorter prefix than any other"


@dataclass(frozen=True, slots=True)
class Entry:
    """A route that covers an address by a prefix of so many bits; by one that is not known, if that is as `reading`
    says: a length of the prefix of another route stands for that very prefix."""

    candidate: Candidate
    length: int
    prefix: RoutePrefix | None = None
    unknown: Unknown | None = None
    reading: Reading | int | None = None


@dataclass(frozen=True, slots=True)
class Loser:
    """A route that covers the address too, and why it is not taken."""

    candidate: Candidate
    prefix: RoutePrefix | None
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The routes that may be taken, one where all that matters is known (none where no route covers the address)."""

    entries: tuple[Entry | None, ...]
    unknowns: tuple[Unknown, ...]
    assumptions: tuple[str, ...]


#: System routes that come before gateway routes, however specific those are.
PREFERRED: Final = frozenset(
    {RouteKind.VIRTUAL_NETWORK, RouteKind.PEERING, RouteKind.CONNECTED_GROUP, RouteKind.SERVICE_ENDPOINT}
)
#: Of routes with one prefix the one whose kind stands first is taken.
_ORDER: Final = (
    RouteKind.USER,
    RouteKind.GATEWAY,
    RouteKind.VIRTUAL_NETWORK,
    RouteKind.PEERING,
    RouteKind.CONNECTED_GROUP,
    RouteKind.SERVICE_ENDPOINT,
    RouteKind.PRIVATE_ENDPOINT,
    RouteKind.INTERNET,
    RouteKind.RESERVED,
    RouteKind.PLATFORM,
)
_KEPT: Final = "keeps-gateway-routes"
_RANKS: Final = {kind: len(_ORDER) - index for index, kind in enumerate(_ORDER)}

_Rank: TypeAlias = tuple[int, int, int, int]


def entries_of(covering: Sequence[tuple[Candidate, RoutePrefix | Unknown]], width: int) -> tuple[Entry, ...]:
    """The routes that cover an address, or may."""
    known = [Entry(c, p.length, p) for c, p in covering if isinstance(p, RoutePrefix)]
    gateways = any(c.kind is RouteKind.GATEWAY for c, _ in covering)
    hidden = {e.length for e in known if e.candidate.kind in PREFERRED} if gateways else set()
    found = list(known)
    for candidate, part in covering:
        if isinstance(part, RoutePrefix):
            continue
        found.append(Entry(candidate, width, None, part, Reading.MOST_SPECIFIC))
        if candidate.kind in PREFERRED and gateways:
            found.append(Entry(candidate, 0, None, part, Reading.LEAST_SPECIFIC))
        if candidate.kind is RouteKind.USER:
            found += (Entry(candidate, length, None, part, length) for length in sorted(hidden))
    return tuple(found)


def select(entries: Sequence[Entry], assumptions: Assumptions) -> Selection:
    """The route that is taken, whatever the unknowns are."""
    rules = Rules(entries, assumptions)
    found: Outcomes[Entry | None] = outcomes(assumptions, rules.taken, _hop_of)
    return Selection(found.results, found.unknowns, found.assumptions)


def _hop_of(entry: Entry | None) -> object:
    """What makes two answers different."""
    candidate = entry.candidate if entry is not None else None
    return (candidate.hop, candidate.addresses, candidate.table_id) if candidate is not None else None


class Rules:
    """How routes that cover one address stand to one another."""

    def __init__(self, entries: Sequence[Entry], assumptions: Assumptions) -> None:
        self._endpoint_first = assumptions["service-endpoint-udr"] == "endpoint"
        self._assumptions = assumptions
        self.entries = tuple(sorted(entries, key=self.rank, reverse=True))
        self._users = [e for e in self.entries if e.candidate.kind is RouteKind.USER]
        self._preferred = [e for e in self.entries if e.candidate.kind in PREFERRED]
        self._options: dict[Unknown, tuple[Reading | int, ...]] = {}
        for entry in self.entries:
            if entry.unknown is not None and entry.reading is not None:
                before = self._options.get(entry.unknown, ())
                self._options[entry.unknown] = tuple(dict.fromkeys((*before, entry.reading)))

    def rank(self, entry: Entry) -> _Rank:
        """The greatest comes first."""
        kind = entry.candidate.kind
        tier = 0
        if kind is RouteKind.PRIVATE_ENDPOINT:
            tier = 2
        elif kind is RouteKind.SERVICE_ENDPOINT and self._endpoint_first:
            tier = 1
        return tier, entry.length, _RANKS[kind], _tag_rank(entry.candidate.tag)

    def taken(self, world: World) -> Entry | None:
        for entry in self.entries:
            if self.absent(entry, world) is None and self.suppressed(entry, world) is None:
                if any(self._rests_on_order(entry, other, world) for other in self.entries):
                    world.assumed("service-endpoint-udr")
                return entry
        return None

    def _rests_on_order(self, taken: Entry, other: Entry, world: World) -> bool:
        """Whether another order of service endpoints and user-defined routes could give another route."""
        kinds = {taken.candidate.kind, other.candidate.kind}
        if kinds != {RouteKind.SERVICE_ENDPOINT, RouteKind.USER}:
            return False
        user, endpoint = (taken, other) if taken.candidate.kind is RouteKind.USER else (other, taken)
        lenient = World(world.assumptions, world.values, lenient=True)
        return user.length >= endpoint.length and self.absent(other, lenient) is None

    def losers(self, taken: Entry | None) -> Iterator[Loser]:
        """The other routes, and why each of them is not taken where `taken` is."""
        world = World(self._assumptions, lenient=True)
        seen = set()
        for entry in self.entries:
            if entry is taken or (taken and entry.candidate is taken.candidate and entry.prefix == taken.prefix):
                continue
            if (id(entry.candidate), entry.prefix) in seen:
                continue
            seen.add((id(entry.candidate), entry.prefix))
            reason = self.absent(entry, world) or self.suppressed(entry, world)
            if reason is None:
                reason = self.outranked(taken, entry) if taken is not None else ""
            yield Loser(entry.candidate, entry.prefix, reason)

    def outranked(self, taken: Entry, other: Entry) -> str:
        """Why one route comes before another."""
        if other.unknown is not None:
            return f"only if {other.unknown.name} covers the address"
        mine, theirs = self.rank(taken), self.rank(other)
        if mine < theirs:
            return "only if it exists"
        if mine[1] > theirs[1]:
            return f"/{taken.length} is more specific than /{other.length}"
        if mine[0] > theirs[0]:
            return f"the route of a {taken.candidate.kind.value} comes before other routes"
        if mine[2] > theirs[2]:
            return f"of the same prefix, a {taken.candidate.kind.value} comes before a {other.candidate.kind.value}"
        if _destination(taken) == _destination(other):
            return "a route table has one route to a destination"
        return f"of the same prefix, {_destination(taken)} comes before {_destination(other)}"

    def absent(self, entry: Entry, world: World) -> str | None:
        """Why the route is not there at all; None where it is."""
        candidate = entry.candidate
        if candidate.removed is not None:
            return candidate.removed
        for name, holds in candidate.rests_on:
            world.assumed(name)
            if not holds:
                return world.assumptions.statement(name)
        for condition in candidate.conditions:
            if not world.holds(condition):
                return f"not {condition.name}"
        if entry.unknown is not None:
            readings = (*self._options[entry.unknown], Reading.ELSEWHERE)
            if world.choose(entry.unknown, "prefix", readings) != entry.reading:
                return f"{entry.unknown.name} does not cover it"
        return self._replaced_by_default(world) if candidate.yields_to_default else None

    def suppressed(self, entry: Entry, world: World) -> str | None:
        """Why a route that is there does not count; None where it does."""
        match entry.candidate.kind:
            case RouteKind.GATEWAY:
                return self._gateway_suppressed(entry, world)
            case RouteKind.PRIVATE_ENDPOINT:
                return self._endpoint_replaced(entry, world)
            case _:
                return None

    def _replaced_by_default(self, world: World) -> str | None:
        """A default route of the user takes away the routes to nowhere of the reserved blocks."""
        for entry in self.entries:
            kind, hop = entry.candidate.kind, entry.candidate.hop
            if entry.length or kind not in {RouteKind.USER, RouteKind.GATEWAY} or entry.reading is not None:
                continue
            if self.absent(entry, world) is not None:
                continue
            if kind is RouteKind.USER and hop is NextHop.APPLIANCE:
                return f"{entry.candidate.label} takes away the routes of reserved blocks"
            choice = world.assumed("default-route-reserved-blocks")
            if choice == "user-and-gateway" or (kind is RouteKind.USER and choice == "user"):
                return f"{entry.candidate.label} takes away the routes of reserved blocks"
        return None

    def _gateway_suppressed(self, entry: Entry, world: World) -> str | None:
        for user in self._users:
            if user.candidate.bgp_override and user.length <= entry.length and self.absent(user, world) is None:
                return f"{user.candidate.label} overrides gateway routes within its prefix"
        for system in self._preferred:
            if system.length > entry.length or self.absent(system, world) is not None:
                continue
            if self._is_overridden(system, world) and world.assumed("overridden-system-route") == _KEPT:
                continue
            return f"a {system.candidate.kind.value} route comes before gateway routes within its prefix"
        return None

    def _is_overridden(self, system: Entry, world: World) -> bool:
        """Whether a user-defined route has the very prefix of a system route."""
        if system.candidate.kind is RouteKind.SERVICE_ENDPOINT and self._endpoint_first:
            return False
        same = (user for user in self._users if user.length == system.length)
        return any(self.absent(user, world) is None for user in same)

    def _endpoint_replaced(self, entry: Entry, world: World) -> str | None:
        for user in self._users:
            if user.length and self.absent(user, world) is None and _replaces(user, entry, world):
                return f"{user.candidate.label} replaces the route to the private endpoint"
        return None


def _replaces(user: Entry, endpoint: Entry, world: World) -> bool:
    """Whether a user-defined route comes before the route to a private endpoint."""
    least, policy = endpoint.candidate.invalidated_from, endpoint.candidate.policy
    if least is not None and user.length >= least and (policy is None or world.holds(policy)):
        return True
    return user.length == endpoint.length and world.assumed("private-endpoint-udr") == "longest-prefix"


def _tag_rank(tag: str | None) -> int:
    """Of routes with one prefix an explicit one comes first, then the tag of a region, then the tag of a service;
    those of the whole cloud last."""
    if tag is None:
        return 4
    cloud, dot, _ = tag.lower().partition(".")
    if cloud == "azurecloud":
        return 1 if dot else 0
    of_region = canonical(tag) not in DOCUMENTED and is_documented(tag)
    return 3 if of_region else 2


def _destination(entry: Entry) -> str:
    return entry.candidate.tag or "an explicit prefix"
