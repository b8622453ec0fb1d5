"""How replies fare: judged once for all pairs whose ways there and back are the same."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

from nwpolicy.azure.paths import EndingKind, Estate, Outside, ReplyFault, Way, replies
from nwpolicy.azure.paths.estate import Keeper
from nwpolicy.azure.paths.replies import Reply as JudgedReply
from nwpolicy.azure.paths.replies import answering, judged
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.reach.answers import ReplyState

__all__ = ["RETURNS", "Replies", "Reply"]

_STATES = {None: ReplyState.RETURNS, ReplyFault.LOST: ReplyState.LOST, ReplyFault.ASYMMETRIC: ReplyState.ASYMMETRIC}


@dataclass(frozen=True, slots=True)
class Reply:
    """How replies fare, and on what it depends where there are several ways back. `breaks`: connections do not come
    about, whichever of them is taken."""

    state: ReplyState
    reason: str
    breaks: bool = False
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


#: What nothing of the input routes comes back as it went.
RETURNS = Reply(ReplyState.RETURNS, "replies come back the way that the request went")


class Replies:
    """Judges ways back."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._known: dict[Hashable, Reply] = {}
        self._same: dict[Reply, Reply] = {RETURNS: RETURNS}
        self._expected: dict[int, tuple[Way, tuple[Keeper, ...]]] = {}

    @property
    def found(self) -> Collection[Reply]:
        """All different judgements so far."""
        return self._same

    def judge(self, way: Way, back: tuple[Way, ...], start: Subject | Outside) -> Reply:
        """How replies fare that take one of the ways back from where a way ended."""
        if way.ending.kind is EndingKind.UNKNOWN:
            reply = Reply(ReplyState.DEPENDS, "it is not known which way the request goes", False, way.unknowns)
            return self._same.setdefault(reply, reply)
        expected = self._passed(way)
        key = (expected, id(back), _home(start, back))
        if key not in self._known:
            found = [judged(self._estate, one, start, expected) for one in back]
            reply = _together(found, back)
            self._known[key] = self._same.setdefault(reply, reply)
        return self._known[key]

    def one_of(self, several: Sequence[Reply], unknowns: Sequence[Unknown]) -> Reply:
        """How replies fare if one of several is the case, and it depends on the unknowns which."""
        if all(reply is several[0] for reply in several):
            return several[0]
        reasons = " or ".join(dict.fromkeys(reply.reason for reply in several))
        names = (*unknowns, *(unknown for reply in several for unknown in reply.unknowns))
        assumptions = tuple(dict.fromkeys(name for reply in several for name in reply.assumptions))
        breaks = all(reply.breaks for reply in several)
        reply = Reply(ReplyState.DEPENDS, reasons, breaks, tuple(dict.fromkeys(names)), assumptions)
        return self._same.setdefault(reply, reply)

    def of_endpoint(self, way: Way, start: Subject | Outside, sources: AddressSet) -> Reply:
        """How replies of a private endpoint fare."""
        found = replies(self._estate, way, start, sources)
        reply = _together(found, ())
        return self._same.setdefault(reply, reply)

    def _passed(self, way: Way) -> tuple[Keeper, ...]:
        """The machines that replies are to pass."""
        if id(way) not in self._expected:
            found = answering(way)
            passed = found[1] if found is not None else way.appliances
            machines = tuple(self._estate.keeper_of(stop) for stop in reversed(passed))
            self._expected[id(way)] = (way, machines)
        return self._expected[id(way)][1]


def _home(start: Subject | Outside, back: Sequence[Way]) -> Hashable:
    """What of the start decides whether ways lead back to it."""
    if isinstance(start, Outside):
        return id(start.gateway)
    delivered = any(way.ending.kind is EndingKind.DELIVERED for way in back)
    return id(start.virtual_network), id(start.nic) if delivered else None


def _together(found: Sequence[JudgedReply], back: Sequence[Way]) -> Reply:
    if not found:
        return RETURNS
    assumptions = tuple(dict.fromkeys(name for reply in found for name in reply.assumptions))
    kinds = dict.fromkeys(reply.fault for reply in found)
    if len(kinds) == 1 and ReplyFault.UNKNOWN not in kinds:
        return Reply(_STATES[found[0].fault], found[0].reason, found[0].breaks, (), assumptions)
    unknowns = tuple(dict.fromkeys(unknown for way in back for unknown in way.unknowns))
    reason = " or ".join(dict.fromkeys(reply.reason for reply in found))
    return Reply(ReplyState.DEPENDS, reason, all(reply.breaks for reply in found), unknowns, assumptions)
