"""Flows through the whole estate: rules, routes, appliances and, for connections that have to come about, replies.

The matrix of `reach` decides, for all flows between all members at once; the courses of `troubleshoot` show one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.logic.matrix import Service
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet, Family
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.answers import CheckState
from nwpolicy.queries.check.finding import HOLDS, Finding, worst
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.scope import Scope
from nwpolicy.queries.check.witness import Follow, follow_ends, witness
from nwpolicy.queries.question import Endpoint
from nwpolicy.queries.reach.answers import ReplyState
from nwpolicy.queries.reach.asking import Survey
from nwpolicy.queries.reach.ends import End, Outer
from nwpolicy.queries.reach.matrix import Entry, Flows
from nwpolicy.queries.reach.parties import Member
from nwpolicy.queries.troubleshoot_ends import Ends, Leg
from nwpolicy.queries.troubleshoot_gates import Course

__all__ = ["courses", "get_through", "stay_out"]

#: Those who fare alike.
Those: TypeAlias = "tuple[Member | Outer, ...]"
#: The index of no party: somebody whom nothing was found to reach.
_NOWHERE: Final = -1


def stay_out(population: Population, scopes: tuple[Scope, ...]) -> Finding:
    """Whether no flow of the scopes arrives, whatever becomes of replies."""
    return worst(_Asked(population, scope).stay_out() for scope in scopes)


def get_through(population: Population, scopes: tuple[Scope, ...]) -> Finding:
    """Whether every connection of the scopes comes about."""
    return worst(_Asked(population, scope).get_through() for scope in scopes)


def courses(population: Population, scope: Scope, *, with_replies: bool) -> Iterator[Course]:
    """The courses of all flows of a scope, pair by pair."""
    for sender, receiver in scope.pairs():
        pair = _Pair.of(sender, receiver)
        yield from pair.follow(population, with_replies=with_replies)(pair.flows(scope.service))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two who may have to do with each other; `source` and `destination` are the addresses that they have. `told` are
    all who fare alike."""

    sender: Member | Outer
    receiver: Member | Outer
    source: AddressSet
    destination: AddressSet
    told: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, sender: Member | Outer, receiver: Member | Outer, *alike: Those) -> _Pair:
        families = [f for f in Family if sender.space.family(f) and receiver.space.family(f)]
        one, other = alike or ((sender,), (receiver,))
        return cls(
            sender, receiver, _of(sender.space, families), _of(receiver.space, families), (_all(one), _all(other))
        )

    @property
    def names(self) -> tuple[str, str]:
        return _name(self.sender), _name(self.receiver)

    def flows(self, service: Service) -> FlowSet:
        return FlowSet(service.protocol, self.source, service.source_port, self.destination, service.destination_port)

    def follow(self, population: Population, *, with_replies: bool) -> Follow:
        """How to find the courses of flows between the two."""
        start = self.sender.outside if isinstance(self.sender, Outer) else self.sender.subject
        ends = Ends(
            Endpoint(self.source, ANY_PORT, (self.names[0],)),
            Endpoint(self.destination, ANY_PORT, (self.names[1],)),
            (Leg(start, self.source, self.names[0]),),
            (),
            None if isinstance(self.receiver, Outer) else self.receiver.subject,
        )
        return follow_ends(population.estate, ends, with_replies=with_replies)


def _all(those: Those) -> str:
    names = list(dict.fromkeys(map(_name, those)))
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _name(one: Member | Outer) -> str:
    return one.name if isinstance(one, Outer) else one.subject.name


@dataclass(frozen=True, slots=True)
class _Lack:
    """Where an assertion does not hold, or may not: the protocols and ports as cells."""

    state: CheckState
    pairs: tuple[_Pair, ...]
    cells: int
    unknowns: tuple[Unknown, ...] = ()


class _Asked:
    """One scope, with the matrix of it."""

    def __init__(self, population: Population, scope: Scope) -> None:
        self._population, self._scope = population, scope
        ends = (scope.source, scope.destination)
        self._survey = Survey(population.estate, scope.service, population.everybody, ends)
        self._members: dict[int, tuple[Member, ...]] = {p.index: p.members for p in self._survey.parties}
        self._party = {id(member): p.index for p in self._survey.parties for member in p.members}

    # nothing gets through

    def stay_out(self) -> Finding:
        lacks = [self._arriving(entry, part) for entry in self._survey.entries() for part in entry.flows]
        return self._found(lacks, through=True)

    def _arriving(self, entry: Entry, part: Flows) -> _Lack:
        """What gets through, or may."""
        pairs = tuple(self._pair_of(entry, index, part) for index in entry.destinations)
        if cells := self._certain(part):
            return _Lack(CheckState.VIOLATED, pairs, cells)
        unknowns = tuple(unknown for depends in part.through.depends for unknown in depends.unknowns)
        return _Lack(CheckState.NOT_PROVED, pairs, part.through.depends[0].cells, unknowns)

    def _certain(self, part: Flows) -> int:
        """What gets through; also if that depends on the address of what may be put into a subnet."""
        free = self._population.free
        cells = part.through.certain
        for depends in part.through.depends:
            if free.issuperset(depends.unknowns):
                cells |= depends.cells
        return cells

    def _pair_of(self, entry: Entry, destination: int, part: Flows) -> _Pair:
        senders, receivers = self._those(entry.source), self._those(destination)
        found = Scope(_end(senders), _end(receivers), self._scope.service).pairs()
        pair = _Pair.of(*next(found), senders, receivers)
        source = pair.sender.space if part.source is None else part.source
        return replace(pair, source=source, destination=part.destination or pair.receiver.space)

    def _those(self, index: int) -> Those:
        outer = self._survey.outers.get(index)
        return (outer,) if outer is not None else self._members[index]

    # everything gets through

    def get_through(self) -> Finding:
        entries: defaultdict[tuple[int, int], list[Entry]] = defaultdict(list)
        for entry in self._survey.entries():
            for index in entry.destinations:
                entries[entry.source, index].append(entry)
        lacks = (self._lacking(pair, entries.get(key, [])) for pair, key in self._parties())
        return self._found([lack for lack in lacks if lack is not None], through=False)

    def _parties(self) -> Iterator[tuple[_Pair, tuple[int, int]]]:
        """One pair of each two parties, and all in which nothing was found to reach somebody."""
        indexes = {id(outer): index for index, outer in self._survey.outers.items()} | self._party
        done: set[tuple[int, int]] = set()
        for sender, receiver in self._scope.pairs():
            key = (indexes.get(id(sender), _NOWHERE), indexes.get(id(receiver), _NOWHERE))
            if key not in done:
                if _NOWHERE not in key:
                    done.add(key)
                alike = () if _NOWHERE in key else map(self._those, key)
                yield _Pair.of(sender, receiver, *alike), key

    def _lacking(self, pair: _Pair, entries: list[Entry]) -> _Lack | None:
        """What does not get through between two, or may not."""
        asked = self._survey.carried or self._survey.filters.sieves.asked
        rest = self._uncovered(pair, entries, asked)
        if rest is None:
            return None
        possible, unknowns = _possible(rest, entries)
        impossible = asked & ~possible
        if impossible or self._population.free.issuperset(unknowns):
            return _Lack(CheckState.VIOLATED, (rest,), impossible or asked)
        return _Lack(CheckState.NOT_PROVED, (rest,), asked, unknowns)

    def _uncovered(self, pair: _Pair, entries: list[Entry], asked: int) -> _Pair | None:
        """The pair without the addresses between which everything certainly gets through."""
        source, destination = pair.source, pair.destination
        for entry in entries:
            for part in entry.flows:
                if asked & ~part.through.certain or entry.reply.breaks or entry.reply.state is ReplyState.DEPENDS:
                    continue
                if isinstance(pair.sender, Outer):
                    source -= pair.source if part.source is None else part.source
                else:
                    destination -= pair.destination if part.destination is None else part.destination
        return replace(pair, source=source, destination=destination) if source and destination else None

    # in words

    def _found(self, lacks: list[_Lack], *, through: bool) -> Finding:
        """What is wrong: the first in full, of the others who they are."""
        assumptions = frozenset(self._survey.assumptions)
        if not lacks:
            return replace(HOLDS, assumptions=assumptions)
        violated = [lack for lack in lacks if lack.state is CheckState.VIOLATED]
        first, *others = violated or lacks
        pair, *more = first.pairs
        flows = pair.flows(self._survey.filters.sieves.cells.services(first.cells)[0])
        follow = pair.follow(self._population, with_replies=not through)
        shown = witness(follow, flows, pair.names, self._population.estate.assumptions, through=through)
        pairs = (pair, *more, *(pair for lack in others for pair in lack.pairs))
        message, *also = dict.fromkeys(_sentence(pair, first.state, through=through) for pair in pairs)
        unknowns = tuple(dict.fromkeys(unknown for lack in (first, *others) for unknown in lack.unknowns))
        return Finding(first.state, message, shown, unknowns, assumptions, also=tuple(also))


def _sentence(pair: _Pair, state: CheckState, *, through: bool) -> str:
    one = pair.told[0] == pair.names[0]
    if state is CheckState.NOT_PROVED:
        verb = "may reach" if through else "may not reach"
    elif through:
        verb = "reaches" if one else "reach"
    else:
        verb = "does not reach" if one else "do not reach"
    return f"{pair.told[0]} {verb} {pair.told[1]}"


def _end(those: Iterable[Member | Outer]) -> End:
    members = tuple(one for one in those if isinstance(one, Member))
    return End(members, tuple(one for one in those if isinstance(one, Outer)))


def _possible(pair: _Pair, entries: list[Entry]) -> tuple[int, tuple[Unknown, ...]]:
    """What gets through for some values of unknowns, and these."""
    possible = 0
    unknowns: dict[Unknown, None] = {}
    for entry in entries:
        for part in entry.flows:
            if not entry.reply.breaks and _meets(part, pair):
                possible |= part.through.certain
                for depends in part.through.depends:
                    possible |= depends.cells
                    unknowns |= dict.fromkeys(depends.unknowns)
                unknowns |= dict.fromkeys(entry.reply.unknowns)
    return possible, tuple(unknowns)


def _meets(part: Flows, pair: _Pair) -> bool:
    source = part.source is None or bool(part.source & pair.source)
    return source and (part.destination is None or bool(part.destination & pair.destination))


def _of(addresses: AddressSet, families: list[Family]) -> AddressSet:
    found = NO_ADDRESS
    for family in families:
        found |= AddressSet.of(family, addresses.family(family))
    return found
