"""The way back: filters remember a flow, so replies need no rule, but they are routed like any packet.

Sources: Microsoft Learn, Virtual network traffic routing, "0.0.0.0/0 address prefix"; Deploy highly available network
virtual appliances, on symmetric routing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from nwpolicy.azure.paths.estate import Estate, Keeper
from nwpolicy.azure.paths.walking import ways
from nwpolicy.azure.paths.ways import INTERNET, Ending, EndingKind, Outside, Stop, Way
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.records import dataclass

__all__ = ["Reply", "ReplyFault", "answering", "judged", "replies"]


class ReplyFault(StrEnum):
    """What is wrong with a way back."""

    LOST = "lost"
    """replies do not come back to where the flow started"""
    ASYMMETRIC = "asymmetric"
    """replies pass other appliances than the request did"""
    UNKNOWN = "unknown"
    """it is not known where replies go"""


@dataclass(frozen=True, slots=True)
class Reply:
    """The way that replies to `way.destinations` take, the sources of the request. `breaks` tells whether the fault
    breaks connections, under the assumptions of `assumptions`."""

    way: Way
    fault: ReplyFault | None
    breaks: bool
    reason: str
    assumptions: tuple[str, ...]


def replies(estate: Estate, way: Way, start: Subject | Outside, sources: AddressSet) -> tuple[Reply, ...]:
    """The ways back from where `way` ends to the sources; none where nothing of the input routes the replies: what
    platform services and the internet send to a subject without an appliance comes back as it went."""
    found = answering(way)
    if found is None:
        return tuple(_of_endpoint(estate, way, sources))
    place, passed = found
    expected = [estate.keeper_of(stop) for stop in reversed(passed)]
    return tuple(judged(estate, back, start, expected) for back in ways(estate, place, sources))


def answering(way: Way) -> tuple[Subject | Outside, tuple[Stop, ...]] | None:
    """What routes the replies, and the appliances that the request passed before it came there."""
    ending = way.ending
    if ending.kind is EndingKind.DELIVERED and ending.subject is not None:
        return (ending.subject, way.appliances) if ending.subject.kind is not SubjectKind.PRIVATE_ENDPOINT else None
    if ending.kind is EndingKind.UNOWNED:
        return None
    if ending.kind is EndingKind.ON_PREMISES and ending.gateway is not None:
        return Outside(ending.gateway), way.appliances
    if ending.kind is EndingKind.INTERNET and way.appliances:
        last = way.appliances[-1]
        return last.entered or last.subject, way.appliances[:-1]
    return None


def _of_endpoint(estate: Estate, way: Way, sources: AddressSet) -> Iterator[Reply]:
    """No route applies to what a private endpoint sends."""
    subject = way.ending.subject
    if subject is None or subject.kind is not SubjectKind.PRIVATE_ENDPOINT or not way.appliances:
        return
    direct = estate.assumptions["private-endpoint-replies"] == "direct"
    back = Way(sources, (), Ending(EndingKind.DELIVERED, "the private endpoint answers"))
    if direct:
        reason = f"replies of {subject.name} do not pass {way.appliances[0].subject.name}"
        yield Reply(
            back, ReplyFault.ASYMMETRIC, _minds(estate), reason, ("appliance-state", "private-endpoint-replies")
        )
    else:
        yield Reply(back, None, False, "replies go back as the request came", ("private-endpoint-replies",))


def _minds(estate: Estate) -> bool:
    return estate.assumptions["appliance-state"] == "stateful"


def judged(estate: Estate, back: Way, start: Subject | Outside, expected: Sequence[Keeper]) -> Reply:
    """Whether a way back leads home, past the machines of the appliances that are expected."""
    if back.ending.kind is EndingKind.UNKNOWN:
        reason = f"it is not known whether replies come back: {back.unknowns[-1].reason}"
        return Reply(back, ReplyFault.UNKNOWN, False, reason, back.assumptions)
    if not _is_home(back, start):
        return Reply(back, ReplyFault.LOST, True, f"replies do not come back: {back.ending.reason}", back.assumptions)
    passed = back.appliances
    if passed and start == INTERNET:
        reason = f"replies leave by {passed[-1].subject.name}, not by the public address that the request came to"
        return Reply(back, ReplyFault.LOST, True, reason, back.assumptions)
    keepers = [estate.keeper_of(stop) for stop in passed]
    if len(keepers) == len(expected) and all(one.sees(other) for one, other in zip(expected, keepers, strict=True)):
        return Reply(back, None, False, "replies come back the way that the request went", back.assumptions)
    reason = _difference(estate, passed, expected)
    return Reply(back, ReplyFault.ASYMMETRIC, _minds(estate), reason, (*back.assumptions, "appliance-state"))


def _difference(estate: Estate, passed: tuple[Stop, ...], expected: Sequence[Keeper]) -> str:
    """How the appliances that replies pass differ from those of the request."""
    others = [s.subject.name for s in passed if not any(one.sees(estate.keeper_of(s)) for one in expected)]
    if others:
        return f"replies pass {', '.join(others)}, the request does not"
    if len(passed) < len(expected):
        names = ", ".join(stop.subject.name for stop in passed)
        return (
            f"replies pass only {names}, the request more" if names else "replies pass no appliance, the request does"
        )
    return "replies pass the appliances in another order"


def _is_home(back: Way, start: Subject | Outside) -> bool:
    """Whether replies come to where the flow started."""
    ending = back.ending
    if isinstance(start, Subject):
        if ending.kind is EndingKind.DELIVERED and ending.subject is not None:
            return ending.subject.nic is start.nic
        return ending.kind is EndingKind.ARRIVED and ending.network is start.virtual_network
    if start.gateway is None:
        return ending.kind in (EndingKind.INTERNET, EndingKind.PLATFORM)
    return ending.kind is EndingKind.ON_PREMISES and ending.gateway in (start.gateway, None)
