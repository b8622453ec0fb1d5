"""The effective routes of a subnet or network interface, with their states, and the next hop of any address.

Sources: Microsoft Learn, Virtual network traffic routing; What is IP address 168.63.129.16?; Azure Instance Metadata
Service.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.connectivity import connections
from nwpolicy.azure.managedroutes import applied_collections, propagation_stops
from nwpolicy.azure.platform import METADATA_ADDRESS
from nwpolicy.azure.routing.exported import export_of, exported_routes
from nwpolicy.azure.routing.gateways import gateway_routes
from nwpolicy.azure.routing.managed import (
    connected_link,
    connected_routes,
    managed_routes,
)
from nwpolicy.azure.routing.peers import peering_links, peering_routes, private_endpoint_routes
from nwpolicy.azure.routing.selection import Loser, Rules, Selection, entries_of, select
from nwpolicy.azure.routing.states import State, StatedRoute, state_of
from nwpolicy.azure.routing.systems import endpoint_routes, standard_routes
from nwpolicy.azure.routing.table import Candidate, NextHop, RouteKind, RoutePrefix
from nwpolicy.azure.routing.userroutes import user_routes
from nwpolicy.azure.spaces import PLATFORM_ADDRESS
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.terms import Terms
from nwpolicy.azure.virtualnetwork import propagates, route_table_of
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.routes import EffectiveRoutes, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown

__all__ = ["Covering", "EffectiveTable", "HopPart", "effective_table"]

#: Addresses that the platform reaches by itself, whatever the routes.
_PLATFORM: Final = PLATFORM_ADDRESS | METADATA_ADDRESS
_PLATFORM_ROUTE: Final = Candidate(RouteKind.PLATFORM, NextHop.INTERNET, definition="of Azure")

#: A route, and the prefix by which it covers some addresses; an Unknown where that is not known.
Covering: TypeAlias = tuple[Candidate, RoutePrefix | Unknown]


#: Where stretches of addresses start, and what covers each of them.
_Stretches: TypeAlias = tuple[list[int], list[tuple[Covering, ...]]]


@dataclass(frozen=True, slots=True)
class HopPart:
    """Addresses that have one answer: `selection` is that of the first of them, `routes` are all that may be taken."""

    addresses: AddressSet
    selection: Selection
    routes: tuple[Candidate, ...]


class EffectiveTable:
    """The routes of one place. `export` is Azure's own list of them, where the input has it."""

    def __init__(
        self,
        subject: Subject,
        candidates: Sequence[Candidate],
        assumptions: Assumptions,
        export: EffectiveRoutes | None,
    ) -> None:
        self.subject, self.export = subject, export
        self.candidates = tuple(candidates)
        self._assumptions = assumptions
        self._selected: dict[tuple[Family, int], Selection] = {}
        self._taken: dict[int, Selection] = {}

    @property
    def families(self) -> AddressSet:
        """All addresses of the families that the place has routes of, or may have. Prefixes of Azure's services are of
        both families whatever the network is of."""
        own = [c for c in self.candidates if c.tag is None and c.kind is not RouteKind.SERVICE_ENDPOINT]
        known = {prefix.family for c in own for prefix in c.prefixes}
        maybe = {f for c in own if c.removed is None for _, bound in c.open for f in Family if bound is None}
        return _set_of({f: [(0, (1 << f.width) - 1)] if f in known | maybe else [] for f in Family})

    def select(self, address: Address) -> Selection:
        """The route to an address."""
        return self._selection(address.family, address.number)

    def losers(self, address: Address, selection: Selection) -> tuple[Loser, ...]:
        """The other routes that cover an address, and why they are not taken."""
        covering = self._covering(address.family, address.number)
        rules = Rules(entries_of(covering, address.family.width), self._assumptions)
        found = tuple(rules.losers(selection.entries[0])) if selection.entries else ()
        if address not in _PLATFORM:
            return found
        return tuple(Loser(o.candidate, o.prefix, "Azure reaches the address by itself") for o in found)

    def partition(self, asked: AddressSet, *, by_route: bool = False) -> tuple[HopPart, ...]:
        """The asked addresses by their next hop, or by the very route; each is in exactly one part."""
        key_of = _route_key if by_route else _answer_key
        intervals: defaultdict[object, dict[Family, list[Interval]]] = defaultdict(lambda: {f: [] for f in Family})
        keys: dict[int, object] = {}
        selections: dict[object, Selection] = {}
        taken: defaultdict[object, dict[int, Candidate]] = defaultdict(dict)
        for family in Family:
            for interval, _ in self.atoms(family, asked.family(family)):
                selection = self._selection(family, interval[0])
                if id(selection) not in keys:
                    key = keys[id(selection)] = key_of(selection)
                    before = selections.setdefault(key, selection)
                    if before.assumptions != selection.assumptions:
                        selections[key] = _with_bounds(before, selection.assumptions)
                    taken[key].update((id(e.candidate), e.candidate) for e in selection.entries if e is not None)
                intervals[keys[id(selection)]][family].append(interval)
        return tuple(
            HopPart(_set_of(found), selections[key], tuple(taken[key].values())) for key, found in intervals.items()
        )

    def routes(self) -> tuple[StatedRoute, ...]:
        """All routes, in the order in which they are added, prefixes of one route that fare alike together."""
        states = {(id(c), p): self._state(c, p) for c in self.candidates for p in c.prefixes}
        return tuple(row for c in self.candidates for row in _rows(c, states))

    def _state(self, candidate: Candidate, prefix: RoutePrefix) -> StatedRoute:
        covering: list[Covering] = [
            (c, p) for p in self._holding(prefix) for c in self._by_prefix[p] if c is not candidate or p == prefix
        ]
        low, high = prefix.interval
        whole = IntervalSet(prefix.family.width, ((low, high),))
        for other, part, bound in self._open:
            if other is not candidate and (bound is None or whole <= bound.family(prefix.family)):
                covering.append((other, part))
        entries = entries_of(covering, prefix.family.width)
        own = next(e for e in entries if e.candidate is candidate and e.prefix == prefix)
        return state_of(own, entries, self._assumptions)

    def _holding(self, prefix: RoutePrefix) -> Iterator[RoutePrefix]:
        """The prefixes of routes that hold this one."""
        for length in self._lengths:
            if length > prefix.length:
                break
            base = prefix.base >> prefix.family.width - length << prefix.family.width - length
            wider = RoutePrefix(prefix.family, base, length)
            if wider in self._by_prefix:
                yield wider

    def _selection(self, family: Family, number: int) -> Selection:
        """The same object for the same stretch."""
        starts, _ = self._stretches[family]
        key = family, bisect_right(starts, number)
        if key not in self._selected:
            self._selected[key] = self._selection_at(Address(family, number))
        return self._selected[key]

    def _selection_at(self, address: Address) -> Selection:
        covering = self._covering(address.family, address.number)
        if address in _PLATFORM:
            covering = ((_PLATFORM_ROUTE, RoutePrefix(address.family, address.number, address.family.width)),)
            return select(entries_of(covering, address.family.width), self._assumptions)
        if id(covering) not in self._taken:
            self._taken[id(covering)] = select(entries_of(covering, address.family.width), self._assumptions)
        return _with_bounds(self._taken[id(covering)], self._bounding(address))

    def _covering(self, family: Family, number: int) -> tuple[Covering, ...]:
        starts, coverings = self._stretches[family]
        return coverings[bisect_right(starts, number) - 1]

    @cached_property
    def _stretches(self) -> dict[Family, _Stretches]:
        return {family: self._cut(family) for family in Family}

    def _cut(self, family: Family) -> _Stretches:
        """All addresses, cut where something begins or ends to cover them. Of two prefixes one holds the other, or they
        have nothing in common: so those that cover an address are the ones that began last and have not ended."""
        own = (prefix for prefix in self._by_prefix if prefix.family is family)
        prefixes = sorted(own, key=lambda prefix: (prefix.base, prefix.length), reverse=True)
        starts = sorted({0, *self._starts(family)})
        coverings: dict[tuple[tuple[int, int], ...], tuple[Covering, ...]] = {}
        found: list[tuple[Covering, ...]] = []
        holding: list[RoutePrefix] = []
        for start in starts:
            while holding and holding[-1].interval[1] < start:
                holding.pop()
            while prefixes and prefixes[-1].base == start:
                holding.append(prefixes.pop())
            known = ((c, p) for p in holding for c in self._by_prefix[p])
            covering = (*known, *self._open_at(family, start))
            found.append(coverings.setdefault(tuple((id(c), id(p)) for c, p in covering), covering))
        return starts, found

    def _open_at(self, family: Family, number: int) -> Iterator[Covering]:
        for candidate, part, bound in self._open:
            if bound is None or number in bound.family(family):
                yield candidate, part

    def _bounding(self, address: Address) -> tuple[str, ...]:
        """The assumptions by which routes of which the prefix is not known do not cover the address."""
        names = (n for c, _, bound in self._open if bound is not None and address not in bound for n in c.bounded_by)
        return tuple(dict.fromkeys(names))

    def atoms(self, family: Family, asked: IntervalSet) -> Iterator[tuple[Interval, tuple[Covering, ...]]]:
        """Stretches of the asked addresses that the same routes cover, or may."""
        starts, _ = self._stretches[family]
        for low, high in asked:
            cuts = [low, *starts[bisect_right(starts, low) : bisect_right(starts, high)]]
            for start, end in zip(cuts, (*(cut - 1 for cut in cuts[1:]), high), strict=True):
                yield (start, end), self._covering(family, start)

    def _starts(self, family: Family) -> Iterator[int]:
        """Where something may begin or end to cover addresses."""
        bounds = [bound.family(family) for _, _, bound in self._open if bound is not None]
        intervals = [p.interval for p in self._by_prefix if p.family is family]
        for low, high in (*intervals, *(i for bound in (*bounds, _PLATFORM.family(family)) for i in bound)):
            yield low
            yield high + 1

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        """How long the prefixes of routes are, the shortest first."""
        return tuple(sorted({prefix.length for prefix in self._by_prefix}))

    @cached_property
    def _by_prefix(self) -> dict[RoutePrefix, list[Candidate]]:
        found: defaultdict[RoutePrefix, list[Candidate]] = defaultdict(list)
        for candidate in self.candidates:
            for prefix in candidate.prefixes:
                found[prefix].append(candidate)
        return dict(found)

    @cached_property
    def _open(self) -> tuple[tuple[Candidate, Unknown, AddressSet | None], ...]:
        return tuple((c, part, bound) for c in self.candidates if c.removed is None for part, bound in c.open)


def effective_table(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> EffectiveTable:
    """The routes of the subject's subnet: as Azure lists them where the input has that, else worked out."""
    export = export_of(snapshot, subject)
    if export is not None:
        return EffectiveTable(subject, tuple(exported_routes(export)), assumptions, export)
    return EffectiveTable(subject, tuple(_computed(snapshot, subject, assumptions)), assumptions, None)


def _computed(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[Candidate]:
    terms = Terms(snapshot, subject, assumptions)
    table = route_table_of(snapshot, subject)
    found = connections(snapshot, subject, assumptions)
    links = (
        *(link for _, link in peering_links(snapshot, subject, assumptions)),
        *(connected_link(connection, table) for connection in found),
    )
    applied = tuple(applied_collections(snapshot, subject, assumptions))
    written = tuple(user_routes(terms, table))
    yield from written
    yield from managed_routes(terms, applied, written)
    yield from standard_routes(subject)
    yield from peering_routes(snapshot, subject, table, assumptions)
    yield from connected_routes(snapshot, subject.virtual_network, found, table, assumptions)
    yield from gateway_routes(snapshot, subject, assumptions, (*_stops(table), *propagation_stops(applied)), found)
    yield from endpoint_routes(terms, subject.subnet)
    yield from private_endpoint_routes(snapshot, subject, links)


def _stops(table: RouteTable | Unknown | None) -> tuple[str | Unknown, ...]:
    """What keeps gateway routes from the subnets of a route table."""
    propagated = propagates(table) if table is not None else True
    if isinstance(propagated, Unknown):
        return (propagated,)
    return () if propagated or table is None else (f"the route table {table.name} does not propagate gateway routes",)


def _rows(candidate: Candidate, states: dict[tuple[int, RoutePrefix], StatedRoute]) -> Iterator[StatedRoute]:
    grouped: defaultdict[object, list[StatedRoute]] = defaultdict(list)
    for prefix in candidate.prefixes:
        found = states[id(candidate), prefix]
        grouped[found.state, found.reason, found.unknowns, found.assumptions].append(found)
    for alike in grouped.values():
        one = alike[0]
        prefixes = tuple(prefix for row in alike for prefix in row.prefixes)
        yield StatedRoute(candidate, prefixes, one.state, one.reason, one.unknowns, one.assumptions)
    if candidate.open:
        state = State.DEPENDS if candidate.removed is None else State.ABSENT
        unknowns = tuple(part for part, _ in candidate.open)
        yield StatedRoute(candidate, (), state, candidate.removed, unknowns, candidate.bounded_by)


def _answer_key(selection: Selection) -> object:
    hops = frozenset(
        (e.candidate.hop, e.candidate.addresses, e.candidate.table_id) if e is not None else None
        for e in selection.entries
    )
    return hops, selection.unknowns


def _route_key(selection: Selection) -> object:
    taken = tuple(id(entry.candidate) if entry is not None else None for entry in selection.entries)
    return taken, selection.unknowns


def _set_of(found: dict[Family, list[Interval]]) -> AddressSet:
    v4, v6 = (IntervalSet.of(family.width, found[family]) for family in (Family.IPV4, Family.IPV6))
    return AddressSet(v4, v6)


def _with_bounds(selection: Selection, names: tuple[str, ...]) -> Selection:
    if not names:
        return selection
    return Selection(selection.entries, selection.unknowns, tuple(dict.fromkeys((*selection.assumptions, *names))))
