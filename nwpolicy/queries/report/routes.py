"""Changes of ways: destinations to which the packets of subnets leave by another next hop than before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import HopPart, NextHop, effective_table
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.nexthop import HopAnswer, HopPartAnswer, hop_part
from nwpolicy.queries.pairing import PlacePair
from nwpolicy.queries.report.answers import RouteChange, RouteEffect, RouteSide
from nwpolicy.queries.verify import place_answer

__all__ = ["route_changes"]

_ORDER = tuple(RouteEffect)
_NAMED = 3
#: What makes two ways the same.
_Way: TypeAlias = tuple[tuple[str | None, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    """Destinations of one subnet that have another way now."""

    addresses: AddressSet
    before: HopPartAnswer
    after: HopPartAnswer


def route_changes(
    old: Snapshot, new: Snapshot, pairs: Iterable[PlacePair], assumptions: Assumptions, first: int
) -> tuple[RouteChange, ...]:
    """What is routed otherwise, alike changes of several subnets as one, numbered from `first`; what is lost first."""
    groups: dict[object, list[tuple[PlacePair, _Turn]]] = {}
    for pair in pairs:
        if pair.new.kind is SubjectKind.SUBNET:
            for turn in _turns(old, new, pair, assumptions):
                key = turn.addresses, _side(turn.before), _side(turn.after)
                groups.setdefault(key, []).append((pair, turn))
    found = [(_effect(several[0][1]), several) for several in groups.values()]
    ordered = sorted(found, key=lambda one: _ORDER.index(one[0]))
    return tuple(_change(number, effect, several) for number, (effect, several) in enumerate(ordered, first))


def _turns(old: Snapshot, new: Snapshot, pair: PlacePair, assumptions: Assumptions) -> Iterator[_Turn]:
    before, after = (
        effective_table(snapshot, subject, assumptions) for snapshot, subject in ((old, pair.old), (new, pair.new))
    )
    asked = before.families | after.families
    olds, news = (table.partition(asked, by_route=True) for table in (before, after))
    found: dict[object, _Turn] = {}
    for was in olds:
        for now in news:
            turn = _turn(was, now, assumptions)
            if turn is not None:
                key = _side(turn.before), _side(turn.after)
                known = found.get(key)
                whole = turn.addresses if known is None else known.addresses | turn.addresses
                found[key] = _Turn(whole, turn.before, turn.after)
    yield from found.values()


def _turn(was: HopPart, now: HopPart, assumptions: Assumptions) -> _Turn | None:
    """The destinations that two parts have in common, if their ways differ."""
    common = was.addresses & now.addresses
    if not common:
        return None
    before, after = hop_part(was, assumptions), hop_part(now, assumptions)
    return None if _way(before) == _way(after) else _Turn(common, before, after)


def _way(part: HopPartAnswer) -> tuple[_Way, tuple[tuple[str, str], ...]]:
    hops = sorted((hop.next_hop_type or "", hop.next_hop_ip_addresses) for hop in part.hops)
    return tuple(hops), tuple((unknown.name, unknown.kind) for unknown in part.depends_on)


def _side(part: HopPartAnswer) -> RouteSide:
    return RouteSide(part.hops, part.routes)


def _effect(turn: _Turn) -> RouteEffect:
    if not (turn.before.has_known_hop and turn.after.has_known_hop):
        return RouteEffect.MAY_CHANGE
    if _is_dropped(turn.after.hops[0]):
        return RouteEffect.CUT_OFF
    return RouteEffect.CONNECTED if _is_dropped(turn.before.hops[0]) else RouteEffect.REDIRECTED


def _is_dropped(hop: HopAnswer) -> bool:
    return hop.next_hop_type == NextHop.NONE.value


def _change(number: int, effect: RouteEffect, several: list[tuple[PlacePair, _Turn]]) -> RouteChange:
    turn = several[0][1]
    unknowns = dict.fromkeys((*turn.before.depends_on, *turn.after.depends_on))
    return RouteChange(
        number=number,
        effect=effect,
        places=tuple(place_answer(pair.new) for pair, _ in several),
        place_text=_places_text([pair.new.name for pair, _ in several]),
        destinations=tuple(str(turn.addresses).split(", ")),
        example=_example(turn.addresses),
        before=_side(turn.before),
        after=_side(turn.after),
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
