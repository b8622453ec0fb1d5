"""A way hop by hop: the rules at each stop, the route by which flows leave it, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.paths import Ending, EndingKind, Estate, Outside, Reply, Stop, StopKind, Way
from nwpolicy.azure.routing.lookup import backward
from nwpolicy.azure.routing.table import prefix_set
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.diagrams import Decisions, Fate
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Choice, Layer, Outcome
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import RuleAnswer
from nwpolicy.queries.explain import rule_answer
from nwpolicy.queries.grounds import dependencies
from nwpolicy.queries.nexthop import hop_answer, taken_route
from nwpolicy.queries.troubleshoot_answer import (
    CheckAnswer,
    DecidedBy,
    EndAnswer,
    PathAnswer,
    ReplyAnswer,
    StopAnswer,
)
from nwpolicy.queries.troubleshoot_gates import Course, Gate, GateKind, Track, arrives

__all__ = ["address_of", "holder_of", "holders", "path_answer", "resource_of", "settled_rule"]

_VERDICTS: Final[Mapping[frozenset[bool | None], str]] = {
    frozenset({True}): "Allow",
    frozenset({False}): "Deny",
    frozenset({True, False}): "Mixed",
}


def path_answer(estate: Estate, course: Course, index: int, target: Subject | None) -> PathAnswer:
    """One of the ways of a course."""
    track, assumptions = course.tracks[index], estate.assumptions
    way = track.way
    gates = list(zip(track.gates, course.by_gate[index], strict=True))
    end = way.ending
    return PathAnswer(
        sources=_parts(course.asked.source),
        destinations=_parts(course.asked.destination),
        stops=(*_first(track), *_stops(track, gates, assumptions), *_last(track, gates, target, assumptions)),
        end=EndAnswer(end.kind.value, end.reason, _end_name(end), _end_id(end), arrives(end, target)),
        replies=tuple(_reply(reply) for reply in track.replies),
        warnings=tuple(_warnings(estate, track)),
        depends_on=dependencies(way.unknowns),
    )


def holders(track: Track, target: Subject | None) -> tuple[Resource | None, ...]:
    """What the stops of a path stand for, each in its place; None for the internet and for Azure's own."""
    start, end = track.leg.start, track.way.ending
    first = (start.gateway,) if isinstance(start, Outside) else ()
    passed = (holder_of(stop.entered or stop.subject) for stop in track.way.stops)
    last = (holder_of(end.subject) if end.subject is not None else end.gateway,) if arrives(end, target) else ()
    return (*first, *passed, *last)


def holder_of(subject: Subject) -> Resource | None:
    """What a subject stands for."""
    return subject.nic or subject.private_endpoint or subject.subnet


def _parts(addresses: AddressSet) -> tuple[str, ...]:
    return tuple(str(addresses).split(", "))


def _first(track: Track) -> Iterator[StopAnswer]:
    """Where flows start that no subject of the input sends."""
    start = track.leg.start
    if isinstance(start, Outside):
        kind = "on premises" if start.gateway is not None else "internet"
        yield StopAnswer(0, kind, track.leg.name, str(track.leg.sources), None, None, (), None, None)


def _stops(track: Track, gates: list[tuple[Gate, Decisions]], assumptions: Assumptions) -> Iterator[StopAnswer]:
    for index, stop in enumerate(track.way.stops):
        candidate = stop.candidate
        subject = stop.entered or stop.subject
        yield StopAnswer(
            number=index + 1,
            kind=stop.kind.value,
            name=_stop_name(stop),
            address=address_of(subject) if stop.kind is not StopKind.SOURCE else str(track.leg.sources),
            resource_id=resource_of(subject),
            location=_location(subject),
            checks=tuple(_check(gate, found, assumptions) for gate, found in gates if _is_filter_at(gate, index)),
            route=taken_route(candidate) if candidate is not None else None,
            next_hop=hop_answer(candidate, assumptions),
        )


def _is_filter_at(gate: Gate, index: int) -> bool:
    return gate.kind is GateKind.FILTER and gate.stop == index


def _stop_name(stop: Stop) -> str:
    name = (stop.entered or stop.subject).name
    if stop.balancer is not None:
        name += f" behind {stop.balancer.name}"
    if stop.entered is not None and stop.entered is not stop.subject:
        name += f", out by {stop.subject.name}"
    return name


def _last(
    track: Track, gates: list[tuple[Gate, Decisions]], target: Subject | None, assumptions: Assumptions
) -> Iterator[StopAnswer]:
    """The destination, where packets come to one."""
    end, count = track.way.ending, len(track.way.stops)
    if not arrives(end, target):
        return
    subject = end.subject
    yield StopAnswer(
        number=count + 1,
        kind="destination" if end.kind is EndingKind.DELIVERED else end.kind.value,
        name=_end_name(end) or end.kind.value,
        address=address_of(subject) if subject is not None else str(track.way.destinations),
        resource_id=_end_id(end),
        location=_location(subject) if subject is not None else None,
        checks=tuple(_check(gate, found, assumptions) for gate, found in gates if _is_filter_at(gate, count)),
        route=None,
        next_hop=None,
    )


def _end_name(end: Ending) -> str | None:
    holder = end.subject or end.gateway or end.network
    return holder.name if holder is not None else None


def _end_id(end: Ending) -> str | None:
    if end.subject is not None:
        return resource_of(end.subject)
    holder: Resource | None = end.gateway or end.network
    return holder.id if holder is not None else None


def resource_of(subject: Subject) -> str | None:
    """The id of what a subject stands for."""
    holder = holder_of(subject)
    return holder.id if holder is not None else None


def address_of(subject: Subject) -> str:
    return str(subject.space)


def _location(subject: Subject) -> SourceLocation | None:
    return subject.source.location


def _check(gate: Gate, found: Decisions, assumptions: Assumptions) -> CheckAnswer:
    assert gate.filters is not None
    fates = list(found.counts())
    verdict = _VERDICTS.get(frozenset({fate.allowed for fate in fates}), "Depends")
    rule = settled_rule(fates[0], gate.chain.layers, assumptions) if len(fates) == 1 else None
    unknowns = tuple(dict.fromkeys(u for fate in fates if fate.allowed is None for u in fate.unknowns))
    return CheckAnswer(gate.filters.direction.value, verdict, _decided_by(fates), rule, dependencies(unknowns))


def _decided_by(fates: Sequence[Fate]) -> DecidedBy:
    if len(fates) > 1 or fates[0].unknowns:
        return DecidedBy.SEVERAL
    return DecidedBy.NO_RULE if fates[0].rule is None else DecidedBy.ONE_RULE


def settled_rule(fate: Fate, layers: tuple[Layer, ...], assumptions: Assumptions) -> RuleAnswer | None:
    """The written rule behind a fate, where one decides."""
    if fate.rule is None or fate.layer is None:
        return None
    outcome = fate.rule.outcome
    if isinstance(outcome, Choice):
        outcome = Outcome.PASS if fate.allowed else Outcome.DENY
    return rule_answer(fate.rule, layers[fate.layer], outcome, assumptions)


def _reply(reply: Reply) -> ReplyAnswer:
    way = reply.way
    return ReplyAnswer(
        sources=_parts(way.destinations),
        fault=reply.fault.value if reply.fault is not None else None,
        breaks=reply.breaks,
        reason=reply.reason,
        appliances=tuple(stop.subject.name for stop in way.appliances),
        routes=tuple(taken_route(stop.candidate) for stop in way.stops if stop.candidate is not None),
        depends_on=dependencies(way.unknowns),
    )


def _warnings(estate: Estate, track: Track) -> Iterator[str]:
    """What documentation calls for, and packets get by without; and what is not looked at."""
    for stop in track.way.appliances:
        remote = stop.candidate.target if stop.candidate is not None else None
        network = stop.subject.virtual_network
        if isinstance(remote, VirtualNetwork) and network is not None:
            peering = backward(estate.snapshot, remote, network)
            if peering is not None and peering.allow_forwarded_traffic is False:
                yield f"the peering {peering.name} does not allow forwarded traffic, which {stop.subject.name} sends"
    if track.way.ending.kind is EndingKind.ON_PREMISES and _is_by_default(track.way):
        name = _end_name(track.way.ending) or "the gateway"
        yield f"whether what is behind {name} sends it on is not known"
    if track.way.ending.kind is EndingKind.INTERNET and track.way.stops:
        name = track.way.stops[-1].subject.name
        yield f"whether {name} has a way out, by a public address, a NAT gateway or by default, is not modelled"


def _is_by_default(way: Way) -> bool:
    """Whether a gateway takes what it is not known to lead to."""
    candidate = way.stops[-1].candidate if way.stops else None
    if candidate is None or all(prefix.length for prefix in candidate.prefixes):
        return False
    return not way.destinations <= prefix_set(prefix for prefix in candidate.prefixes if prefix.length)
