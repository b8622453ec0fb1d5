"""The matrix: for each party all others that its flows come to, with what gets through.

A row is worked out way by way: what no way leads to is never looked at, and what the filters of a way do to a pair is
looked up by the rules that hold its addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from operator import and_, or_
from typing import TypeAlias

from nwpolicy.azure.paths import INTERNET, EndingKind, Estate, Way
from nwpolicy.azure.paths.replies import answering
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.logic.matrix import Depends, Held, Meeting, Through
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.reach.ends import Outer
from nwpolicy.queries.reach.filters import Filter, Filters
from nwpolicy.queries.reach.parties import Party, Spot
from nwpolicy.queries.reach.places import Places
from nwpolicy.queries.reach.returning import RETURNS, Replies, Reply
from nwpolicy.queries.reach.targets import Targets

__all__ = ["Entry", "Flows", "Matrix", "of_families"]


@dataclass(frozen=True, slots=True)
class Flows:
    """What gets through between addresses; None: all of a party's."""

    through: Through
    source: AddressSet | None = None
    destination: AddressSet | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Parties that a party reaches alike, by their indexes."""

    source: int
    destinations: tuple[int, ...]
    flows: tuple[Flows, ...]
    way: Way
    reply: Reply


#: Addresses of an outer party, and the rules of each filter on the way that hold them.
_Piece: TypeAlias = "tuple[AddressSet, tuple[Held, ...]]"


class Matrix:
    """Rows of entries between the parties that are asked about."""

    def __init__(self, estate: Estate, filters: Filters, places: Places, targets: Targets) -> None:
        self._filters, self._places, self._targets = filters, places, targets
        self._replies = Replies(estate)
        self._heads: dict[int, tuple[Way, tuple[Filter, ...]]] = {}
        self._leaving: dict[tuple[int, Outer, AddressSet], list[tuple[Way, AddressSet]]] = {}

    @property
    def replies(self) -> Collection[Reply]:
        """All that replies were found to do so far."""
        return self._replies.found

    def between(self, source: Party, wanted: frozenset[int]) -> Iterator[Entry]:
        """What a party of the input reaches of the wanted parties of the input."""
        plain, doubtful = self._targets.of(self._places.of(source.subject), source.subject)
        row = _Row(source.index)
        known = len(source.spots) == 1 and not source.first.doubts
        for way, parties in plain:
            kept = [party for party in parties if party.index in wanted]
            if known:
                self._plain(row, source, way, kept)
            else:
                doubtful = (*doubtful, *kept)
        for party in doubtful:
            if party.index in wanted:
                self._open(row, source, party)
        yield from row.entries()

    def is_led(self, sources: Iterable[Party | Outer], parties: Iterable[Party], outers: Collection[Outer]) -> bool:
        """Whether any way leads from a source to any of the parties and outer parties, whatever the rules say."""
        wanted = {party.index: party for party in parties}
        return any(self._leads(source, wanted, outers) for source in sources)

    def _leads(self, source: Party | Outer, wanted: Mapping[int, Party], outers: Collection[Outer]) -> bool:
        if isinstance(source, Outer):
            return any(True for party in wanted.values() for _ in self._inward(source, party))
        if any(self._outward(source, outer, of_families(outer.space, source)) for outer in outers):
            return True
        plain, doubtful = self._targets.of(self._places.of(source.subject), source.subject)
        found = (*doubtful, *(party for _, parties in plain for party in parties))
        return any(party.index in wanted and _differ(source, party) for party in found)

    def _plain(self, row: _Row, source: Party, way: Way, parties: Sequence[Party]) -> None:
        """Pairs of which both addresses and the way are known."""
        spot, through = source.spots[0], self._filters.sieves.through
        heads = self._leading(source, way, spot)
        backs: dict[int, tuple[Way, ...]] = {}
        for party in parties:
            target = party.spots[0]
            if target.address.family is not spot.address.family:
                continue
            last = self._filters.of(party.subject, Direction.INBOUND)
            meetings = [(one.sieve, held, one.destination(target)) for one, held in heads]
            meetings.append((last.sieve, last.source(spot), last.destination(target)))
            found = through(meetings)
            if (found.certain or found.depends) and _differ(source, party):
                row.add(party.index, (Flows(found),), way, self._reply(way, source, spot, party, backs))

    def _leading(self, source: Party, way: Way, spot: Spot) -> list[tuple[Filter, Held]]:
        """The filters before the last one, and their rules that hold the source."""
        own = self._filters.of(source.subject, Direction.OUTBOUND)
        return [(one, one.source(spot)) for one in (own, *self._passed(way))]

    def _passed(self, way: Way) -> tuple[Filter, ...]:
        if id(way) not in self._heads:
            self._heads[id(way)] = (way, self._filters.on(way))
        return self._heads[id(way)][1]

    def _reply(self, way: Way, source: Party, spot: Spot, party: Party, backs: dict[int, tuple[Way, ...]]) -> Reply:
        if party.subject.kind is SubjectKind.PRIVATE_ENDPOINT:
            return self._replies.of_endpoint(way, source.subject, source.first.space)
        place = self._places.of(party.subject)
        back = backs.get(id(place))
        if back is None:
            back = backs[id(place)] = place.to(spot.address)
        return self._replies.judge(way, back, source.subject)

    def _open(self, row: _Row, source: Party, party: Party) -> None:
        """Pairs of which an address or the way is not known: what gets through on every one, and on any."""
        if not _differ(source, party):
            return
        found: list[Through] = []
        judged: list[Reply] = []
        unknowns = [*_doubts(source), *_doubts(party)]
        led = self._led(source, party)
        for way, targets in led:
            unknowns += way.unknowns
            if not self._targets.leads_to(way, party, source.subject):
                found.append(Through(0))
                continue
            for meetings, spot in self._meetings(source, way, party, targets):
                found.append(self._one(source, way, party, meetings))
                judged.append(self._reply(way, source, spot, party, {}))
        whole = _combined(found, unknowns) if judged else Through(0)
        if whole.certain or whole.depends:
            way = next(way for way, _ in led if self._targets.leads_to(way, party, source.subject))
            row.add(party.index, (Flows(whole),), way, self._replies.one_of(judged, unknowns))

    def _led(self, source: Party, party: Party) -> list[tuple[Way, list[Spot]]]:
        """The ways to a party, with the spots that they lead to."""
        place = self._places.of(source.subject)
        led: dict[int, tuple[Way, list[Spot]]] = {}
        for target in party.spots:
            for way in place.to(target.address):
                led.setdefault(id(way), (way, []))[1].append(target)
        return list(led.values())

    def _meetings(
        self, source: Party, way: Way, party: Party, targets: Sequence[Spot]
    ) -> Iterator[tuple[list[Meeting], Spot]]:
        """All that flows between spots may meet on a way, each once, and a spot that they start from."""
        own = self._filters.of(source.subject, Direction.OUTBOUND)
        last = self._filters.of(party.subject, Direction.INBOUND)
        filters = (own, *self._passed(way), last)
        place = self._places.of(party.subject) if party.first.starts_flows else None
        starts: dict[tuple[Hashable, ...], tuple[tuple[Held, ...], Spot]] = {}
        for spot in source.spots:
            held = tuple(one.source(spot) for one in filters)
            back = 0 if place is None else id(place.to(spot.address))
            starts.setdefault((spot.address.family, back, held), (held, spot))
        ends = {(spot.address.family, tuple(one.destination(spot) for one in filters)) for spot in targets}
        for (held, spot), (family, met) in product(starts.values(), sorted(ends)):
            if spot.address.family is family:
                yield [(one.sieve, a, b) for one, a, b in zip(filters, held, met, strict=True)], spot

    def _one(self, source: Party, way: Way, party: Party, meetings: Sequence[Meeting]) -> Through:
        doubts = (*source.first.doubts, *party.first.doubts)
        found = _tied(self._filters.sieves.through(meetings), (*way.unknowns, *doubts))
        sure = way.ending.kind is not EndingKind.UNKNOWN and not doubts
        return found if sure else _under(found, (*way.unknowns, *doubts))

    # from outside

    def from_outside(self, index: int, outer: Outer, wanted: Iterable[Party]) -> Iterator[Entry]:
        """What an outer party reaches of the wanted parties of the input."""
        row = _Row(index)
        for party in wanted:
            whole = of_families(outer.space, party)
            for way, conditions, spots in self._inward(outer, party):
                filters = (*self._passed(way), self._filters.of(party.subject, Direction.INBOUND))
                for space, reply in self._replies_to(way, outer, whole, party):
                    pieces = self._pieces(filters, space, source=True)
                    flows = [self._piece(filters, piece, spots, _doubts(party), source=True) for piece in pieces]
                    kept = _gathered(flows, (*outer.open, *conditions, *party.first.doubts), whole, source=True)
                    if kept:
                        row.add(party.index, kept, way, reply)
        yield from row.entries()

    def _inward(self, outer: Outer, party: Party) -> Iterator[tuple[Way, tuple[Unknown, ...], list[Spot]]]:
        """The ways to a party, the conditions under which they are taken, and the spots that they lead to."""
        if outer.outside.gateway is None:
            entrance = party.first.entrance
            if entrance is not None:
                yield self._targets.arrival(party), entrance.unknowns, list(party.spots)
            return
        place = self._places.of(outer.outside)
        led: dict[int, tuple[Way, list[Spot]]] = {}
        for spot in party.spots:
            for way in place.to(spot.address):
                led.setdefault(id(way), (way, []))[1].append(spot)
        for way, spots in led.values():
            if self._targets.leads_to(way, party, None):
                own = _doubts(party) if len(spots) < len(party.spots) else ()
                yield way, (*way.unknowns, *own), spots

    def _replies_to(self, way: Way, outer: Outer, whole: AddressSet, party: Party) -> list[tuple[AddressSet, Reply]]:
        """The addresses of an outer party by how replies to them fare."""
        if party.subject.kind is SubjectKind.PRIVATE_ENDPOINT:
            return [(whole, self._replies.of_endpoint(way, outer.outside, whole))]
        place = self._places.of(party.subject)
        found: defaultdict[Reply, list[AddressSet]] = defaultdict(list)
        for addresses, back in place.within(whole):
            found[self._replies.judge(way, back, outer.outside)].append(addresses)
        return [(union(parts), reply) for reply, parts in found.items()]

    # to the outside

    def to_outside(self, source: Party, index: int, outer: Outer) -> Iterator[Entry]:
        """What a party of the input reaches of an outer one."""
        row = _Row(source.index)
        whole = of_families(outer.space, source)
        for way, space in self._outward(source, outer, whole):
            filters = (self._filters.of(source.subject, Direction.OUTBOUND), *self._passed(way))
            pieces = self._pieces(filters, space, source=False)
            flows = [self._piece(filters, piece, source.spots, _doubts(source), source=False) for piece in pieces]
            kept = _gathered(flows, (*outer.open, *way.unknowns, *source.first.doubts), whole, source=False)
            if kept:
                row.add(index, kept, way, self._reply_from(way, source))
        yield from row.entries()

    def _outward(self, source: Party, outer: Outer, whole: AddressSet) -> list[tuple[Way, AddressSet]]:
        """The ways that end at an outer party, with its addresses that they lead to."""
        place = self._places.of(source.subject)
        key = (id(place), outer, whole)
        if key not in self._leaving:
            ends = ((way, way.destinations & whole) for way in place.ways if _leaves(way, outer))
            self._leaving[key] = [(way, space) for way, space in ends if space]
        return self._leaving[key]

    def _reply_from(self, way: Way, source: Party) -> Reply:
        found = answering(way)
        if found is None:
            return RETURNS
        back = self._places.of(found[0]).to(source.spots[0].address)
        return self._replies.judge(way, back, source.subject)

    def _pieces(self, filters: Sequence[Filter], space: AddressSet, *, source: bool) -> list[_Piece]:
        pieces: list[_Piece] = [(space, ())]
        for one in filters:
            pieces = [(part, (*held, more)) for whole, held in pieces for more, part in one.cut(whole, source=source)]
        return pieces

    def _piece(
        self,
        filters: Sequence[Filter],
        piece: _Piece,
        spots: Sequence[Spot],
        unknowns: Sequence[Unknown],
        *,
        source: bool,
    ) -> tuple[AddressSet, Through]:
        """What gets through between some addresses of an outer party and a party of the input."""
        space, held = piece
        found = []
        for spot in spots:
            if not space.family(spot.address.family):
                continue
            own = [one.destination(spot) if source else one.source(spot) for one in filters]
            ends = zip(held, own, strict=True) if source else zip(own, held, strict=True)
            found.append(
                self._filters.sieves.through(
                    [(one.sieve, start, end) for one, (start, end) in zip(filters, ends, strict=True)]
                )
            )
        return space, _combined(found, unknowns) if found else Through(0)


class _Row:
    """What one party reaches, gathered by how."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._found: dict[Hashable, tuple[tuple[Flows, ...], Way, Reply, list[int]]] = {}

    def add(self, party: int, flows: tuple[Flows, ...], way: Way, reply: Reply) -> None:
        key = (*((id(one.through), one.source, one.destination) for one in flows), id(way), id(reply))
        if key not in self._found:
            self._found[key] = (flows, way, reply, [])
        self._found[key][3].append(party)

    def entries(self) -> Iterator[Entry]:
        for flows, way, reply, parties in self._found.values():
            yield Entry(self._source, tuple(parties), flows, way, reply)


def _combined(found: Sequence[Through], unknowns: Iterable[Unknown]) -> Through:
    """What gets through if one of several is the case, and it depends on the unknowns which."""
    if all(one == found[0] for one in found):
        return found[0]
    certain = reduce(and_, (one.certain for one in found))
    possible = reduce(or_, (one.certain | reduce(or_, (part.cells for part in one.depends), 0) for one in found))
    parts = [(possible & ~certain, tuple(unknowns))]
    for more in (part for one in found for part in one.depends):
        cut = ((cells & more.cells, (*names, *more.unknowns)) for cells, names in parts)
        parts = [*cut, *((cells & ~more.cells, names) for cells, names in parts)]
    tied = reduce(or_, (part.cells for one in found for part in one.depends if part.tied), 0)
    depends: defaultdict[tuple[tuple[Unknown, ...], bool], int] = defaultdict(int)
    for cells, names in parts:
        depends[tuple(dict.fromkeys(names)), False] |= cells & ~tied
        depends[tuple(dict.fromkeys(names)), True] |= cells & tied
    return Through(certain, tuple(Depends(cells, *behind) for behind, cells in depends.items() if cells))


def _tied(found: Through, unknowns: Collection[Unknown]) -> Through:
    """The same, where it is also for one of these unknowns to say whether flows come to the rules."""
    if set(unknowns).isdisjoint(unknown for part in found.depends for unknown in part.unknowns):
        return found
    depends = (replace(p, tied=p.tied or not set(unknowns).isdisjoint(p.unknowns)) for p in found.depends)
    return Through(found.certain, tuple(depends))


def _under(found: Through, unknowns: Sequence[Unknown]) -> Through:
    """What gets through if the unknowns say so."""
    if not unknowns:
        return found
    parts = [Depends(found.certain, ())] if found.certain else []
    parts += found.depends
    return Through(0, tuple(replace(p, unknowns=tuple(dict.fromkeys((*unknowns, *p.unknowns)))) for p in parts))


def _gathered(
    flows: Iterable[tuple[AddressSet, Through]], unknowns: Sequence[Unknown], whole: AddressSet, *, source: bool
) -> tuple[Flows, ...]:
    """What gets through, addresses that fare alike together."""
    found: defaultdict[Through, list[AddressSet]] = defaultdict(list)
    for space, through in flows:
        if through.certain or through.depends:
            found[_under(_tied(through, unknowns), unknowns)].append(space)
    kept = []
    for through, spaces in found.items():
        space = union(spaces)
        part = None if space == whole else space
        kept.append(Flows(through, part, None) if source else Flows(through, None, part))
    return tuple(kept)


def of_families(addresses: AddressSet, party: Party) -> AddressSet:
    """The addresses of the families that a party has addresses of."""
    families = {spot.address.family for spot in party.spots}
    return union(AddressSet.of(family, addresses.family(family)) for family in families)


def _doubts(party: Party) -> tuple[Unknown, ...]:
    """On what it depends that a party's members are there, and which address they have."""
    own = party.unknown
    return (*party.first.doubts, *((own,) if own is not None and len(party.spots) > 1 else ()))


def _differ(source: Party, party: Party) -> bool:
    """Whether there is a pair of two different subjects."""
    return source.subject is not party.subject or len({id(m.subject) for m in (*source.members, *party.members)}) > 1


def _leaves(way: Way, outer: Outer) -> bool:
    """Whether a way ends at an outer party."""
    if outer.outside == INTERNET:
        return way.ending.kind in (EndingKind.INTERNET, EndingKind.PLATFORM)  # by a service endpoint
    gateway = way.ending.gateway
    return way.ending.kind is EndingKind.ON_PREMISES and (gateway is None or gateway is outer.outside.gateway)
