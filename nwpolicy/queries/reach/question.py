"""Who can reach whom: the answer in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias, Unpack

from nwpolicy.azure.paths import INTERNET
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.logic.matrix import Cells, Service, Through
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.ports import format_ports
from nwpolicy.model.resource import Resource
from nwpolicy.queries.answers import Dependency
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.naming import port_name, protocol_name
from nwpolicy.queries.reach.answers import (
    Conclusion,
    EntryAnswer,
    FlowsAnswer,
    MemberAnswer,
    PartyAnswer,
    PartyKind,
    ReachAnswer,
    ReachState,
    ReplyAnswer,
    ReplyState,
    TotalsAnswer,
)
from nwpolicy.queries.reach.asking import ReachAsk, ReachWords, Survey, survey
from nwpolicy.queries.reach.closing import closed
from nwpolicy.queries.reach.ends import Outer
from nwpolicy.queries.reach.examples import example_of
from nwpolicy.queries.reach.matrix import Entry, Flows
from nwpolicy.queries.reach.parties import Member, Party
from nwpolicy.queries.reach.returning import Reply
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["reach"]

_Of: TypeAlias = frozenset[Family]
_FAMILIES: Final = (frozenset({Family.IPV4}), frozenset({Family.IPV6}), frozenset(Family))
_KINDS: Final = {
    SubjectKind.NETWORK_INTERFACE: PartyKind.NETWORK_INTERFACE,
    SubjectKind.PRIVATE_ENDPOINT: PartyKind.PRIVATE_ENDPOINT,
}


def reach(estate: Input, **ask: Unpack[ReachWords]) -> ReachAnswer:
    """The matrix of an estate, or of what is asked about as keywords of `ReachAsk`. Where an end is given, entries tell
    the rules that let their flows through. Raises QuestionError, InputError; iterating the answer raises Undecided,
    TooLarge; ValueError for other `unknowns` than `any` and `none`."""
    asked = ReachAsk(**ask)
    closing = None if asked.unknowns is None else Closing(asked.unknowns)
    found = survey(loaded(estate), asked)
    wording = _Wording(found, closing, examples=asked.source is not None or asked.destination is not None)
    return ReachAnswer(
        source_name=asked.source,
        destination_name=asked.destination,
        protocol=protocol_name(found.within.protocol),
        port=format_ports(found.within.destination_port),
        parties=tuple(wording.parties()),
        notes=(*found.notes(), *(() if closing is None else (closing.note,))),
        diagnostics=tuple(dict.fromkeys((*found.diagnostics, *found.filters.diagnostics))),
        entries=wording.entries,
        close=wording.close,
    )


class _Wording:
    """Puts what was found into words."""

    def __init__(self, found: Survey, closing: Closing | None, *, examples: bool) -> None:
        self._survey, self._closing = found, closing
        self._examples = examples
        self._names = {party.index: f"c{party.index + 1}" for party in found.parties}
        self._names |= {index: f"o{number + 1}" for number, index in enumerate(found.outers)}
        self._exact = _Services(found.filters.sieves.cells, 0)
        self._short = _Services(found.filters.sieves.cells, found.filters.sieves.asked & ~found.carried)
        self._texts: dict[AddressSet, str] = {}
        self._states: dict[ReachState, int] = {}
        self._best: dict[tuple[int, int], ReachState] = {}

    def parties(self) -> Iterator[PartyAnswer]:
        for party in self._survey.parties:
            yield self._party(party)
        for index, outer in self._survey.outers.items():
            kind = PartyKind.INTERNET if outer.outside == INTERNET else PartyKind.ON_PREMISES
            yield PartyAnswer(self._names[index], kind, _outer_name(outer), None, None, (), str(outer.space))

    def _party(self, party: Party) -> PartyAnswer:
        subject, count = party.subject, len(party.members)
        address = f" {party.first.space}" if subject.space.known.v4.size + subject.space.known.v6.size > 1 else ""
        more = f" and {count - 1} more" if count > 1 else ""
        return PartyAnswer(
            self._names[party.index],
            _KINDS[subject.kind],
            f"{subject.name}{address}{more}",
            None if subject.subnet is None else subject.subnet.name,
            None if subject.virtual_network is None else subject.virtual_network.name,
            tuple(map(_member, party.members)),
            _addresses(party),
        )

    def entries(self) -> Iterator[EntryAnswer]:
        self._states = dict.fromkeys(ReachState, 0)
        self._best = {}
        for entry in self._survey.entries() if self._closing is None else closed(self._survey, self._closing):
            found = self._entry(entry)
            self._count(entry, found)
            yield found

    def _entry(self, entry: Entry) -> EntryAnswer:
        return EntryAnswer(
            source=self._names[entry.source],
            destinations=tuple(self._names[index] for index in entry.destinations),
            pairs=sum(self._pairs(entry.source, index) for index in entry.destinations),
            state=_state(entry, self._closing),
            flows=tuple(flows for part in entry.flows for flows in self._flows(part, self._exact)),
            in_short=tuple(flows for part in entry.flows for flows in self._flows(part, self._short)),
            via=tuple(stop.subject.name for stop in entry.way.appliances),
            reply=_reply(entry.reply),
            example=example_of(self._survey, entry) if self._examples else None,
        )

    def _flows(self, part: Flows, services: _Services) -> Iterable[FlowsAnswer]:
        found = services.of(part.through)
        if part.source is None and part.destination is None:
            return found
        source, destination = (None if end is None else self._text(end) for end in (part.source, part.destination))
        return (replace(flows, source=source, destination=destination) for flows in found)

    def _text(self, addresses: AddressSet) -> str:
        if addresses not in self._texts:
            self._texts[addresses] = str(addresses)
        return self._texts[addresses]

    # counting

    def _members(self, index: int) -> tuple[Member, ...]:
        return () if index in self._survey.outers else self._survey.parties[index].members

    def _pairs(self, source: int, destination: int) -> int:
        """Pairs of different subjects."""
        senders, receivers = self._members(source), self._members(destination)
        if not senders or not receivers:
            return len(senders) or len(receivers)
        subjects = {id(member.subject) for member in senders}
        if source == destination and len(subjects) == len(senders):
            return len(senders) * (len(senders) - 1)
        same = sum(id(member.subject) in subjects for member in receivers)
        return len(senders) * len(receivers) - same

    def _count(self, entry: Entry, found: EntryAnswer) -> None:
        """An outer party may reach one party in several ways: the best one counts."""
        if not {entry.source, *entry.destinations} & self._survey.outers.keys():
            self._states[found.state] += found.pairs
            return
        order = list(ReachState)
        for index in entry.destinations:
            key = (entry.source, index)
            self._best[key] = min(self._best.get(key, found.state), found.state, key=order.index)

    def close(self) -> Conclusion:
        states = dict(self._states)
        for (source, destination), state in self._best.items():
            states[state] += self._pairs(source, destination)
        totals = TotalsAnswer(
            self._everybody(),
            states.get(ReachState.REACHES, 0),
            states.get(ReachState.NO_REPLY, 0),
            states.get(ReachState.MAY_REACH, 0),
        )
        nothing = not any((totals.reaches, totals.no_reply, totals.may_reach))
        reason = self._survey.why_nothing(totals.pairs) if nothing else None
        return Conclusion(totals, reason, used(self._survey.estate.assumptions, set(self._survey.assumptions)))

    def _everybody(self) -> int:
        """All pairs of different subjects with addresses of one family, and those with outer parties."""
        asked = self._survey
        pairs = _pairs_of(asked.senders, asked.receivers)
        senders = [member for member in asked.source.members if member.starts_flows]
        for outers, members in ((asked.source.outers, asked.destination.members), (asked.destination.outers, senders)):
            pairs += sum(_share_family(outer.space, member.space) for outer in outers for member in members)
        return pairs


def _pairs_of(senders: Iterable[Party], receivers: Iterable[Party]) -> int:
    """Pairs of members of different subjects that have addresses of one family."""
    (sending, sent), (receiving, received) = map(_counted, (senders, receivers))
    pairs = sum(sending[one] * receiving[other] for one in _FAMILIES for other in _FAMILIES if one & other)
    same = (
        count * received[subject, other] for (subject, one), count in sent.items() for other in _FAMILIES if one & other
    )
    return pairs - sum(same)


def _counted(parties: Iterable[Party]) -> tuple[Counter[_Of], Counter[tuple[int, _Of]]]:
    """Members by the families that they may have addresses of, and the same for each subject (by `id`)."""
    members = [(id(member.subject), _families(party)) for party in parties for member in party.members]
    return Counter(families for _, families in members), Counter(members)


def _families(party: Party) -> frozenset[Family]:
    return frozenset(spot.address.family for spot in party.spots)


def _share_family(one: AddressSet, other: AddressSet) -> bool:
    return any(one.family(family) and other.family(family) for family in Family)


class _Services:
    """What gets through as products of protocols and ports, with cells that do not matter where that makes them
    simpler."""

    def __init__(self, cells: Cells, idle: int) -> None:
        self._cells, self._idle = cells, idle
        self._known: dict[Through, tuple[FlowsAnswer, ...]] = {}

    def of(self, through: Through) -> tuple[FlowsAnswer, ...]:
        if through not in self._known:
            parts = ((through.certain, ()), *((part.cells, part.unknowns) for part in through.depends))
            self._known[through] = tuple(
                _words(service, dependencies(unknowns))
                for cells, unknowns in parts
                for service in self._cells.services(cells, self._idle)
            )
        return self._known[through]


def _words(service: Service, depends_on: tuple[Dependency, ...]) -> FlowsAnswer:
    ports = port_name(service.source_port), port_name(service.destination_port)
    return FlowsAnswer(protocol_name(service.protocol), *ports, None, None, depends_on)


def _outer_name(outer: Outer) -> str:
    where = outer.name if outer.outside == INTERNET else f"on premises behind {outer.name}"
    return f"{where} (perhaps)" if outer.open else where


def _member(member: Member) -> MemberAnswer:
    holder: Resource | None = member.subject.nic or member.subject.private_endpoint
    address = str(member.space) if member.unknown is None else None
    return MemberAnswer(member.subject.name, None if holder is None else holder.id, address)


def _addresses(party: Party) -> str:
    return str(union(member.space for member in party.members))


def _state(entry: Entry, closing: Closing | None) -> ReachState:
    open_ = entry.reply.state is ReplyState.DEPENDS
    if closing is None and (open_ or not any(part.through.certain for part in entry.flows)):
        return ReachState.MAY_REACH
    breaks = entry.reply.breaks or (open_ and closing is Closing.NONE)
    return ReachState.NO_REPLY if breaks else ReachState.REACHES


def _reply(reply: Reply) -> ReplyAnswer:
    return ReplyAnswer(reply.state, reply.reason, dependencies(reply.unknowns))
