"""Changes of ways: destinations to which the packets of subnets leave by another next hop than before.

Where it depends on what is not known, a way is the same only if the same routes are there, in the same order, under the
same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import HopPart, NextHop, effective_table
from nwpolicy.azure.routing.selection import Entry
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.logic.renaming import is_one
from nwpolicy.model.addresses import NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.grounds import dependencies
from nwpolicy.queries.naming import own_name
from nwpolicy.queries.nexthop import HopAnswer, HopPartAnswer, hop_part
from nwpolicy.queries.pairing import PlacePair, name_now
from nwpolicy.queries.report.answers import RouteChange, RouteEffect, RouteSide
from nwpolicy.queries.report.hops import Hops, Standing
from nwpolicy.queries.verify import place_answer

__all__ = ["RouteChanges", "route_changes"]

_ORDER = tuple(RouteEffect)
_NAMED = 3
_Former: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RouteChanges:
    """What is routed otherwise, and the unknowns that are taken to be the same before and after."""

    changes: tuple[RouteChange, ...]
    taken_as_one: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    """Destinations of one subnet that have another way now."""

    addresses: AddressSet
    before: HopPartAnswer
    after: HopPartAnswer
    was: Standing = Standing(sends_on=True)
    now: Standing = Standing(sends_on=True)
    """what the hop does with packets; where it is another hop, only that matters"""
    likely: AddressSet = NO_ADDRESS
    """those of the addresses that something has, where that matters"""

    def joined(self, other: _Turn) -> _Turn:
        """The same for more destinations."""
        before, after = _joined(self.before, other.before), _joined(self.after, other.after)
        return replace(self, addresses=self.addresses | other.addresses, before=before, after=after)

    @property
    def matter(self) -> object:
        """What turns of different destinations and subnets have in common that are told as one."""
        return _matter(self.before), _matter(self.after), self.was, self.now


def _joined(one: HopPartAnswer, other: HopPartAnswer) -> HopPartAnswer:
    routes = tuple(dict.fromkeys((*one.routes, *other.routes)))
    return replace(one, routes=routes, depends_on=tuple(dict.fromkeys((*one.depends_on, *other.depends_on))))


def route_changes(
    old: Snapshot, new: Snapshot, pairs: Iterable[PlacePair], assumptions: Assumptions, first: int
) -> RouteChanges:
    """What is routed otherwise, alike changes of several subnets as one, numbered from `first`; what is lost first."""
    comparer = _Comparer(old, new, assumptions)
    groups: dict[object, list[tuple[PlacePair, _Turn]]] = {}
    for pair in pairs:
        if pair.new.kind is SubjectKind.SUBNET:
            for turn in comparer.turns(pair):
                key = turn.addresses, turn.matter
                groups.setdefault(key, []).append((pair, turn))
    found = [(_effect(several[0][1]), several) for several in groups.values()]
    ordered = sorted(found, key=lambda one: _ORDER.index(one[0]))
    changes = tuple(_change(new, number, effect, several) for number, (effect, several) in enumerate(ordered, first))
    return RouteChanges(changes, tuple(comparer.taken_as_one))


class _Comparer:
    """Compares the routes of subnets one by one, and keeps what was taken to be the same for that."""

    def __init__(self, old: Snapshot, new: Snapshot, assumptions: Assumptions) -> None:
        self.taken_as_one: dict[str, None] = {}
        self._snapshots = old, new
        self._assumptions = assumptions
        self._hops = Hops(old, assumptions), Hops(new, assumptions)

    def turns(self, pair: PlacePair) -> Iterator[_Turn]:
        before, after = (
            effective_table(snapshot, subject, self._assumptions)
            for snapshot, subject in zip(self._snapshots, (pair.old, pair.new), strict=True)
        )
        asked = before.families | after.families
        olds, news = (table.partition(asked, by_route=True) for table in (before, after))
        found: dict[object, _Turn] = {}
        for was in olds:
            for now in news:
                turn = self._turn(was, now, pair)
                if turn is not None:
                    found[turn.matter] = found[turn.matter].joined(turn) if turn.matter in found else turn
        yield from found.values()

    def _turn(self, was: HopPart, now: HopPart, pair: PlacePair) -> _Turn | None:
        """The destinations that two parts have in common, if their ways differ."""
        common = was.addresses & now.addresses
        if not common:
            return None
        before, after = hop_part(was, self._assumptions), hop_part(now, self._assumptions)
        if _hops(before) != _hops(after):
            return _Turn(common, before, after)
        if before.has_known_hop and after.has_known_hop:
            return self._turned_hop(_Turn(common, before, after), (was, now), pair)
        is_same = self._is_same(_terms(was, str), _terms(now, pair.former), pair.former)
        return None if is_same else _Turn(common, before, after)

    def _turned_hop(self, turn: _Turn, parts: tuple[HopPart, HopPart], pair: PlacePair) -> _Turn | None:
        """The destinations that an appliance sent on, or did not, if it is otherwise now."""
        sides = zip(self._hops, (pair.old, pair.new), parts, strict=True)
        was, now = (hops.standing(subject, part) for hops, subject, part in sides)
        addresses = turn.addresses - was.own - now.own
        if was.sends_on is now.sends_on or not addresses:
            return None
        likely = self._hops[1].likely(pair.new, addresses)
        return replace(turn, addresses=addresses, was=was, now=now, likely=likely)

    def _is_same(self, old: list[object], new: list[object], former: _Former) -> bool:
        """Whether terms are the same one by one."""
        if len(old) != len(new):
            return False
        taken: list[str] = []
        for one, other in zip(old, new, strict=True):
            if not (isinstance(one, Unknown) and isinstance(other, Unknown)):
                if one != other:
                    return False
            elif is_one(one, other, former):
                taken.append(name_now(one.name, other.name))
            else:
                return False
        self.taken_as_one.update(dict.fromkeys(taken))
        return True


def _hops(part: HopPartAnswer) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(hop.next_hop_type, hop.next_hop_ip_addresses) for hop in part.hops]


def _terms(part: HopPart, former: _Former) -> list[object]:
    """All that the way depends on, in an order that names do not change."""
    unknowns = sorted(part.selection.unknowns, key=lambda one: (one.kind, former(one.name)))
    return [*unknowns, *(term for entry in part.selection.entries for term in _terms_of(entry))]


def _terms_of(entry: Entry | None) -> Iterator[object]:
    if entry is None:
        yield None
        return
    route = entry.candidate
    yield from (route.kind, entry.length, entry.reading, entry.unknown, route.hop, route.rests_on)
    yield from (*route.conditions, *route.addresses)


def _matter(part: HopPartAnswer) -> object:
    """What ways have in common that are told as one. Azure's own routes are of no account: each has its own prefix."""
    return part.hops, tuple(route for route in part.routes if route.location is not None)


def _side(part: HopPartAnswer, standing: Standing) -> RouteSide:
    return RouteSide(part.hops, part.routes, standing.reason)


def _effect(turn: _Turn) -> RouteEffect:
    if turn.was.sends_on is not turn.now.sends_on:
        if None in (turn.was.sends_on, turn.now.sends_on):
            return RouteEffect.MAY_CHANGE
        return RouteEffect.CONNECTED if turn.now.sends_on else RouteEffect.CUT_OFF
    if not (turn.before.has_known_hop and turn.after.has_known_hop):
        return RouteEffect.MAY_CHANGE
    if _is_dropped(turn.after.hops[0]):
        return RouteEffect.CUT_OFF
    return RouteEffect.CONNECTED if _is_dropped(turn.before.hops[0]) else RouteEffect.REDIRECTED


def _is_dropped(hop: HopAnswer) -> bool:
    return hop.next_hop_type == NextHop.NONE.value


def _change(
    snapshot: Snapshot, number: int, effect: RouteEffect, several: list[tuple[PlacePair, _Turn]]
) -> RouteChange:
    turn = several[0][1]
    subnets = [pair.new.subnet for pair, _ in several]
    standing = dependencies((*turn.was.unknowns, *turn.now.unknowns))
    unknowns = dict.fromkeys((*turn.before.depends_on, *turn.after.depends_on, *standing))
    return RouteChange(
        number=number,
        effect=effect,
        places=tuple(place_answer(pair.new) for pair, _ in several),
        place_text=_places_text([own_name(snapshot, subnet) for subnet in subnets if subnet is not None]),
        destinations=tuple(str(turn.addresses).split(", ")),
        example=_example(turn.likely or turn.addresses),
        before=_side(turn.before, turn.was),
        after=_side(turn.after, turn.now),
        depends_on=tuple(unknowns),
    )


def _places_text(names: list[str]) -> str:
    word = "subnet" if len(names) == 1 else "subnets"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{word} {', '.join(names[:_NAMED])}{more}"


def _example(addresses: AddressSet) -> str:
    """An address that stands for the others; in a prefix the one behind its first."""
    family = next(family for family in Family if addresses.family(family))
    low, high = addresses.family(family).intervals[0]
    return str(Address(family, min(low + 4, high)))
