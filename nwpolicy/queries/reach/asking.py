"""The question of `nwpolicy reach`, and its answer in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Final, TypedDict

from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.origins import LayerKind, LayerOrigin
from nwpolicy.azure.paths import INTERNET, EndingKind, Estate, Outside, Way
from nwpolicy.azure.platform import blocked_rules
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.matrix import Service
from nwpolicy.model.addresses import ANY_IPV4, ANY_IPV6, Address, AddressSet, Family
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.filters import Chain, Layer
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import assumptions_of, ports_of, protocols_of
from nwpolicy.queries.reach.ends import End, Outer, end_of, outers_of, unplaced_gateways
from nwpolicy.queries.reach.filters import Filters
from nwpolicy.queries.reach.matrix import Entry, Matrix
from nwpolicy.queries.reach.parties import Member, Party, foreign_unknowns, members_of, parties
from nwpolicy.queries.reach.places import Places
from nwpolicy.queries.reach.targets import Targets

__all__ = ["ReachAsk", "ReachWords", "Survey", "everybody_in", "survey"]

#: So many names are shown of those that are left out.
_SHOWN: Final = 5
#: An address of which nothing is special.
_SOMEWHERE: Final = Address.parse("10.0.0.4")
_PLATFORM: Final = LayerOrigin(LayerKind.PLATFORM, "Azure platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAsk:
    """A question in a person's words. What is None may be anything: `source` and `destination` name the internet, what
    lies behind gateways (`OnPremises`, or a gateway), or members of the estate by a name, prefix or tag."""

    source: str | None = None
    destination: str | None = None
    protocol: str | None = None
    port: str | None = None
    assume: Mapping[str, str] = field(default_factory=dict)
    unknowns: str | None = None
    """`any` or `none`: what counts where it depends"""


class ReachWords(TypedDict, total=False):
    """The fields of `ReachAsk` as keywords."""

    source: str | None
    destination: str | None
    protocol: str | None
    port: str | None
    assume: Mapping[str, str]
    unknowns: str | None


class Survey:
    """A question that can be answered: who is asked about, and the matrix between them. `senders` and `receivers` are
    indexes of parties; those of outer parties come behind those of the estate."""

    def __init__(
        self,
        estate: Estate,
        within: Service,
        everybody: End,
        ends: tuple[End, End],
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> None:
        self.estate, self.within, self.diagnostics = estate, within, diagnostics
        self.source, self.destination = ends
        families = _families(everybody.members)
        self.filters = Filters(estate, self.within, foreign_unknowns(everybody.members))
        self._carried = self.filters.sieves.add(Chain((Layer("", tuple(blocked_rules(_PLATFORM))),)))
        self._places = Places(estate, _whole(families))
        self.parties = self._prepare()
        outside = dict.fromkeys((*self.source.outers, *self.destination.outers))
        self.outers = {len(self.parties) + index: outer for index, outer in enumerate(outside)}
        targets = Targets(estate, self.parties)
        self.matrix = Matrix(estate, self.filters, self._places, targets)

    def _prepare(self) -> tuple[Party, ...]:
        """Works out all filters and ways that play a part, and by them the classes of members."""
        senders = [member for member in self.source.members if member.starts_flows]
        receivers = self._in_reach(senders)
        gateways = [outer.outside for outer in self._gateways]
        for member in senders:
            self.filters.prepare(member.subject, Direction.OUTBOUND)
        for member in receivers:
            self.filters.prepare(member.subject, Direction.INBOUND)
        starts: list[Subject | Outside] = [*(member.subject for member in senders), *gateways]
        places = dict.fromkeys(self._places.of(start) for start in starts)
        self._ways = [way for place in places for way in place.ways]
        for way in self._ways:
            self.filters.prepare_way(way)
        answering = (self._places.of(member.subject) for member in receivers if member.starts_flows)
        routed = (way.destinations for place in dict.fromkeys((*places, *answering)) for way in place.ways)
        return self._classes(senders, receivers, dict.fromkeys((*self.filters.sets, *routed)))

    def _in_reach(self, senders: Collection[Member]) -> Collection[Member]:
        """The members that are asked about as receivers, but for those to which no way leads that is asked about."""
        if senders or self._gateways:
            return self.destination.members
        return [member for member in self.destination.members if member.entrance is not None]

    def _classes(
        self, senders: Collection[Member], receivers: Collection[Member], sets: Collection[AddressSet]
    ) -> tuple[Party, ...]:
        sending, receiving = ({id(member) for member in members} for members in (senders, receivers))
        asked = {id(member): member for member in (*senders, *receivers)}
        found = parties(
            tuple(asked.values()),
            tuple(sets),
            self.filters.unknowns,
            lambda member: (id(member) in sending, id(member) in receiving),
        )
        self.senders = [party for party in found if id(party.first) in sending]
        self.receivers = [party for party in found if id(party.first) in receiving]
        return found

    def notes(self) -> Iterator[str]:
        """What the matrix leaves out."""
        lost = dict.fromkeys(m.subject.name for m in self.destination.members if m.subject.virtual_network is None)
        if lost:
            yield f"the input does not show the virtual networks of {_some(lost)}: what may reach them is left out"
        gateways = [gateway.name for gateway in unplaced_gateways(self.estate)]
        if gateways:
            yield f"the input does not show the virtual networks of {_some(gateways)}: what lies behind is left out"
        if any(o.outside == INTERNET for o in self.destination.outers) and any(map(_is_to_internet, self._ways)):
            how = "by a public address, a NAT gateway or by default"
            yield f"whether what is sent to the internet has a way out, {how}, is not modelled"

    def why_nothing(self, pairs: int) -> str:
        """Why nobody reaches anybody."""
        if not pairs:
            return "no two different ends with addresses of one family are asked about"
        if not self.senders and not self._gateways and not self.receivers:
            return "nothing that is asked about has a public IP address, or is behind a public load balancer"
        if not self.matrix.is_led((*self.senders, *self.source.outers), self.receivers, self.destination.outers):
            return "no route leads there"
        return "routes lead there, but rules deny all that is asked about"

    @property
    def _gateways(self) -> list[Outer]:
        return [outer for outer in self.source.outers if outer.outside != INTERNET]

    @cached_property
    def carried(self) -> int:
        """The cells that are asked about and that virtual networks carry at all."""
        held = self._carried.source.at(_SOMEWHERE) & self._carried.destination.at(_SOMEWHERE)
        return self._carried.bounds(held)[0] & self.filters.sieves.asked

    @property
    def assumptions(self) -> Collection[str]:
        """The assumptions that entries may rest on: all of them when all entries were looked at."""
        ways = (name for way in self._ways for name in way.assumptions)
        replies = (name for reply in self.matrix.replies for name in reply.assumptions)
        return dict.fromkeys((*self.filters.assumptions, *ways, *replies))

    def entries(self) -> Iterator[Entry]:
        """All entries, row by row."""
        wanted = frozenset(party.index for party in self.receivers)
        inward = [(index, outer) for index, outer in self.outers.items() if outer in self.source.outers]
        outward = [(index, outer) for index, outer in self.outers.items() if outer in self.destination.outers]
        for index, outer in inward:
            yield from self.matrix.from_outside(index, outer, self.receivers)
        for party in self.senders:
            if wanted:
                yield from self.matrix.between(party, wanted)
            for index, outer in outward:
                yield from self.matrix.to_outside(party, index, outer)


def survey(snapshot: Snapshot, ask: ReachAsk) -> Survey:
    """Raises QuestionError; InputError where Azure would not take the definitions."""
    found = snapshot.derived(check_definitions)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    estate = Estate(snapshot, assumptions_of(ask.assume))
    within = Service(protocols_of(ask.protocol), ANY_PORT, ports_of(ask.port))
    everybody = everybody_in(estate)
    ends = tuple(end_of(estate, text, everybody.members, everybody.outers) for text in (ask.source, ask.destination))
    for end, text in zip(ends, (ask.source, ask.destination), strict=True):
        _refuse_nobody(end, text)
    return Survey(estate, within, everybody, (ends[0], ends[1]), (*snapshot.diagnostics, *found))


def everybody_in(estate: Estate) -> End:
    """All members of the estate, and all outer parties. Raises QuestionError."""
    members = tuple(members_of(estate))
    if not members:
        raise QuestionError("the input defines no network interface")
    return End(members, outers_of(estate, _families(members)))


def _is_to_internet(way: Way) -> bool:
    return way.ending.kind is EndingKind.INTERNET


def _families(members: Collection[Member]) -> list[Family]:
    return [family for family in Family if any(member.space.family(family) for member in members)]


def _some(names: Collection[str]) -> str:
    shown = list(names)[:_SHOWN]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(shown)}{more}"


def _whole(families: Collection[Family]) -> AddressSet:
    return union(ANY_IPV4 if family is Family.IPV4 else ANY_IPV6 for family in families)


def _refuse_nobody(end: End, text: str | None) -> None:
    if not end.members and not end.outers:
        raise QuestionError(f"nothing in the input has an address of {text}")
