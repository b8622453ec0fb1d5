"""The hops and issues as Connection troubleshoot lists them.

Source: Network Watcher REST API, `ConnectivityHop`, `ConnectivityIssue`; Microsoft Learn, Troubleshoot connections with
Network Watcher, for the context of issues.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from nwpolicy.azure.names import Surface, rule_name
from nwpolicy.azure.origins import PlatformRule, RuleOrigin
from nwpolicy.azure.paths import EndingKind, Outside, Reply, Stop, StopKind, Way
from nwpolicy.azure.routing import Candidate, NextHop, RouteKind
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.troubleshoot_answer import (
    ConnectivityHop,
    ConnectivityIssue,
    ContextEntry,
    HopLink,
    ResultName,
)
from nwpolicy.queries.troubleshoot_gates import GateKind, Obstacle, Track
from nwpolicy.queries.troubleshoot_stops import address_of, resource_of

__all__ = ["Hops", "issue_of"]

_ROUTE_TYPES: Final = {RouteKind.USER: "User", RouteKind.GATEWAY: "VirtualNetworkGateway"}


class Hops:
    """Gathers the hops of several ways. What two of them have in common is one hop."""

    def __init__(self) -> None:
        self._ids: dict[object, str] = {}
        self._heads: dict[str, tuple[str, str, str | None]] = {}
        self._next: dict[str, dict[str, None]] = {}
        self._issues: dict[str, dict[ConnectivityIssue, None]] = {}
        self._tracks: dict[int, list[str]] = {}

    def add(self, track: Track, destination: str) -> None:
        """The hops of a way, the last one being where it leads or was meant to lead."""
        ids = [self._hop(*head) for head in _heads(track, destination)]
        self._tracks[id(track)] = ids
        for one, two in pairwise(ids):
            self._next[one].setdefault(two)
        for stop in _again(track.way):
            self._next[ids[-2]].setdefault(self._hop(*_head(track, stop)))

    def report(self, obstacle: Obstacle, result: ResultName) -> None:
        """An issue at the hop where it is."""
        ids = self._tracks[id(obstacle.track)]
        offset = int(isinstance(obstacle.track.leg.start, Outside))
        place = min(obstacle.gate.stop + offset, len(ids) - 1)
        self._issues[ids[place]].setdefault(issue_of(obstacle, result))

    def _hop(self, key: object, type: str, address: str, resource_id: str | None) -> str:
        if key not in self._ids:
            found = self._ids[key] = f"hop{len(self._ids) + 1}"
            self._heads[found] = (type, address, resource_id)
            self._next[found], self._issues[found] = {}, {}
        return self._ids[key]

    def answer(self) -> tuple[ConnectivityHop, ...]:
        before = {found: tuple(p for p, after in self._next.items() if found in after) for found in self._heads}
        return tuple(
            ConnectivityHop(
                type=type,
                id=found,
                address=address,
                resource_id=resource_id,
                next_hop_ids=tuple(self._next[found]),
                previous_hop_ids=before[found],
                links=tuple(HopLink(after, "VirtualNetwork", ()) for after in self._next[found]),
                issues=tuple(self._issues[found]),
            )
            for found, (type, address, resource_id) in self._heads.items()
        )


def _heads(track: Track, destination: str) -> Iterator[tuple[object, str, str, str | None]]:
    """What tells a hop from others, its type, address and resource."""
    if isinstance(track.leg.start, Outside):
        yield ("outside", track.leg.name), "Source", str(track.leg.sources), None
    yield from (_head(track, stop) for stop in track.way.stops)
    ending = track.way.ending
    subject_ = ending.subject if ending.kind is EndingKind.DELIVERED else None
    if subject_ is not None:
        local = subject_.kind is SubjectKind.NETWORK_INTERFACE
        key = ("end", id(subject_.nic), id(subject_.private_endpoint))
        yield key, "VnetLocal" if local else "Destination", address_of(subject_), resource_of(subject_)
    else:
        type = "Internet" if ending.kind is EndingKind.INTERNET else "Destination"
        yield ("end", ending.kind, destination), type, destination, None


def _head(track: Track, stop: Stop) -> tuple[object, str, str, str | None]:
    subject = stop.entered or stop.subject
    type = {StopKind.SOURCE: "Source", StopKind.GATEWAY: "VirtualNetworkGateway"}.get(stop.kind, "VirtualAppliance")
    address = str(track.leg.sources) if stop.kind is StopKind.SOURCE else address_of(subject)
    return (type, id(subject.nic), id(subject.subnet)), type, address, resource_of(subject)


def _again(way: Way) -> tuple[Stop, ...]:
    """The stop that a loop comes back to."""
    subject = way.ending.subject if way.ending.kind is EndingKind.LOOP else None
    return tuple(stop for stop in way.stops if subject is not None and subject in (stop.entered, stop.subject))[:1]


def issue_of(obstacle: Obstacle, result: ResultName) -> ConnectivityIssue:
    """What stops flows, or may."""
    severity = "Error" if result is ResultName.STOPPED else "Warning"
    gate, origin = obstacle.gate, obstacle.rule.origin if obstacle.rule is not None else None
    if isinstance(origin, RuleOrigin):
        direction = gate.filters.direction.value if gate.filters is not None else "Outbound"
        return ConnectivityIssue(direction, severity, *_rule_issue(origin))
    candidate = _routing(obstacle)
    by_user = gate.kind is GateKind.REPLY or (candidate is not None and candidate.kind is RouteKind.USER)
    type = "UserDefinedRoute" if by_user else "Platform"
    return ConnectivityIssue("Outbound", severity, type, _route_context(candidate))


def _routing(obstacle: Obstacle) -> Candidate | None:
    """The route that leads astray: the last one taken; on the way back a user-defined one, if there is any."""
    origin = obstacle.rule.origin if obstacle.rule is not None else None
    if not isinstance(origin, Reply):
        stops = obstacle.track.way.stops
        return stops[-1].candidate if stops else None
    candidates = [stop.candidate for stop in origin.way.stops if stop.candidate is not None]
    users = [candidate for candidate in candidates if candidate.kind is RouteKind.USER]
    return next(iter((*users, *candidates)), None)


def _rule_issue(origin: RuleOrigin) -> tuple[str, tuple[ContextEntry, ...]]:
    if isinstance(origin.rule, PlatformRule):
        return "Platform", (ContextEntry("Reason", origin.rule.reason),)
    name = rule_name(origin, Surface.CONNECTION_TROUBLESHOOT) or origin.name
    return "NetworkSecurityRule", (ContextEntry("RuleName", name),)


def _route_context(candidate: Candidate | None) -> tuple[ContextEntry, ...]:
    if candidate is None:
        return ()
    found = [ContextEntry("RouteType", _ROUTE_TYPES.get(candidate.kind, "System"))]
    if candidate.name:
        found.append(ContextEntry("RouteName", candidate.name))
    if isinstance(candidate.hop, NextHop):
        found.append(ContextEntry("NextHopType", candidate.hop.value))
    addresses = ",".join(str(address) for address in candidate.addresses if not isinstance(address, Unknown))
    if addresses:
        found.append(ContextEntry("NextHopIpAddress", addresses))
    return tuple(found)
