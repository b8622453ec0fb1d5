"""What flows have to get through on a way, one thing after the other: rules, routes, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from enum import StrEnum
from functools import cached_property, reduce
from typing import Final

from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.paths import EndingKind, Estate, Reply, Way, arrivals_at, deliver, replies, walk, ways
from nwpolicy.azure.paths.trail import unknown_ending
from nwpolicy.azure.paths.ways import Ending
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.diagrams import Condition, Decisions, Fate, OneOf, both, can_end, either
from nwpolicy.logic.diagrams.decisions import joined
from nwpolicy.logic.diagrams.fates import endings
from nwpolicy.logic.errors import Undecided
from nwpolicy.model.addresses import ANY_IPV4, ANY_IPV6, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.filters import Chain, Choice, FilterRule, Layer, Match, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.troubleshoot_ends import Ends, Leg
from nwpolicy.queries.troubleshoot_replies import reply_chains

__all__ = ["Course", "Gate", "GateKind", "Obstacle", "Track", "arrives", "courses_of", "in_use", "is_open"]

_ARRIVING: Final = frozenset({EndingKind.DELIVERED, EndingKind.INTERNET, EndingKind.ON_PREMISES, EndingKind.PLATFORM})


class GateKind(StrEnum):
    """What stands in the way."""

    FILTER = "filter"
    ROUTE = "route"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that flows have to get through. `stop` is the index of the stop on the way, as many as there are stops
    for its end."""

    kind: GateKind
    stop: int
    chain: Chain
    filters: FilterChain | None = None
    reply: Reply | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Track:
    """A way with everything that stands in it."""

    leg: Leg
    way: Way
    gates: tuple[Gate, ...]
    replies: tuple[Reply, ...]

    @property
    def families(self) -> tuple[Family, ...]:
        return FlowSet(source=self.leg.sources, destination=self.way.destinations).families


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A rule that stops flows at a gate of a track."""

    track: Track
    gate: Gate
    layer: Layer
    rule: FilterRule | None


class Course:
    """The asked flows from one place to destinations that are reached by the same way; or by one of several `tracks`,
    depending on what is not known."""

    def __init__(self, asked: FlowSet, tracks: tuple[Track, ...], closing: Closing | None = None) -> None:
        """`closing` says what counts where it depends."""
        self.asked = asked
        self.tracks = tracks
        self._closing = closing

    @property
    def is_unowned(self) -> bool:
        """Whether nothing has the destinations, in a network that they arrive in."""
        return all(track.way.ending.kind is EndingKind.UNOWNED for track in self.tracks)

    @cached_property
    def by_gate(self) -> tuple[tuple[Decisions, ...], ...]:
        """What every gate of every track does to all asked flows, whether or not they get there. One order of the
        fields serves all, as they are joined: that which is best for the largest."""
        chains = {id(gate.chain): gate.chain for track in self.tracks for gate in track.gates}
        largest = max(chains.values(), key=lambda chain: sum(len(layer.rules) for layer in chain.layers))
        first = Decisions.of(largest, self.asked)
        found = {
            key: first if chain is largest else Decisions.of(chain, self.asked, order=first.order)
            for key, chain in chains.items()
        }
        return tuple(tuple(found[id(gate.chain)] for gate in track.gates) for track in self.tracks)

    @cached_property
    def decisions(self) -> Decisions:
        """What becomes of every asked flow. Layers are numbered through all gates of all tracks."""
        whole = [reduce(both, gates) for gates in self.by_gate]
        unknowns = tuple(dict.fromkeys(u for track in self.tracks for u in track.way.unknowns))
        found = whole[-1]
        for index in range(len(whole) - 2, -1, -1):
            found = either(whole[index], found, Condition(unknowns, OneOf(index)))
        closing = self._closing
        return found if closing is None else joined(found, found, lambda fate, _: _closed(fate, closing), found.rules)

    @property
    def open_unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns that decide, whatever counts where it depends."""
        found = (unknown for fate in self.decisions.counts() if is_open(fate) for unknown in fate.unknowns)
        return tuple(dict.fromkeys(found))

    @cached_property
    def layers(self) -> tuple[tuple[int, int, int], ...]:
        """Of each layer the indexes of its track, of its gate there, and its own in that."""
        return tuple(
            (number, place, layer)
            for number, track in enumerate(self.tracks)
            for place, gate in enumerate(track.gates)
            for layer in range(len(gate.chain.layers))
        )

    def obstacles(self, fate: Fate) -> tuple[Obstacle, ...]:
        """What stops flows of this fate, or may."""
        ends = (end for end in endings(fate.tree) if not end.allowed)
        places = dict.fromkeys((end.layer, end.position) for end in ends)
        return tuple(self._obstacle(layer, position) for layer, position in places if layer is not None)

    def _obstacle(self, number: int, position: int | None) -> Obstacle:
        track, place, index = self.layers[number]
        gate = self.tracks[track].gates[place]
        layer = gate.chain.layers[index]
        return Obstacle(self.tracks[track], gate, layer, None if position is None else layer.rules[position])


def is_open(fate: Fate) -> bool:
    """Whether the unknowns decide, though one side may count."""
    return len({end.allowed for end in endings(fate.tree)}) > 1


def _closed(fate: Fate, closing: Closing) -> Fate:
    """The same with the side that counts, which some values of the unknowns have to lead to."""
    if fate.allowed is not None:
        return fate
    allowed = closing is Closing.ANY
    if not can_end(fate.tree, allowed):
        names = ", ".join(dict.fromkeys(unknown.name for unknown in fate.unknowns))
        raise Undecided(f"which flows depend on unknowns could not be told apart: give some of them values ({names})")
    return replace(fate, allowed=allowed)


def courses_of(estate: Estate, ends: Ends, asked: FlowSet, closing: Closing | None = None) -> tuple[Course, ...]:
    """The asked flows by the ways that they take: disjoint for each place that they start from. Where a name stands
    for what has addresses, those that nothing has are left out."""
    courses = tuple(Course(flows, tracks, closing) for flows, tracks in _courses(estate, ends, asked))
    used = tuple(course for course in courses if not course.is_unowned)
    return used if used and ends.is_named else courses


def in_use(estate: Estate, ends: Ends, asked: FlowSet) -> FlowSet:
    """The asked flows without those to addresses of named places that nothing in the input can have."""
    if not ends.is_named:
        return asked
    used = asked.destination - (ends.inside - estate.owners.addresses)
    return replace(asked, destination=used) if used else asked


def _courses(estate: Estate, ends: Ends, asked: FlowSet) -> Iterator[tuple[FlowSet, tuple[Track, ...]]]:
    for leg in ends.legs:
        mine = replace(asked, source=asked.source & leg.sources)
        for destinations, several in _choices(_ways(estate, leg, ends)):
            flows = _sharing_families(replace(mine, destination=mine.destination & destinations))
            if flows:
                yield flows, tuple(_track(estate, leg, way, flows, ends.target) for way in several)


def _sharing_families(flows: FlowSet) -> FlowSet:
    """The same flows, where an end has addresses of a family that the other one has none of."""
    families = union((NO_ADDRESS, *(ANY_IPV4 if family is Family.IPV4 else ANY_IPV6 for family in flows.families)))
    return replace(flows, source=flows.source & families, destination=flows.destination & families)


def arrives(ending: Ending, target: Subject | None) -> bool:
    """Whether packets come to where they are meant to go: where one thing is meant, nothing else that takes them will
    do. Azure's own word for a private endpoint, in a list of routes, names none."""
    if target is None:
        return ending.kind in _ARRIVING
    if ending.kind is EndingKind.PLATFORM:
        return target.private_endpoint is not None
    return ending.kind is EndingKind.DELIVERED and _is(ending.subject, target)


def _is(subject: Subject | None, target: Subject) -> bool:
    if subject is None or target.private_endpoint is not None:
        return subject is not None and subject.private_endpoint is target.private_endpoint
    return subject.nic is target.nic


def _ways(estate: Estate, leg: Leg, ends: Ends) -> Iterator[Way]:
    """Where it is known what is meant, whoever else may have its addresses does not matter."""
    start, target = leg.start, ends.target
    if target is None:
        for way in walk(estate, start, ends.destination.addresses):
            yield from _within_networks(way, ends)
    elif not isinstance(start, Subject) and start.gateway is None:
        yield from arrivals_at(estate, target)
    else:
        for way in ways(estate, start, ends.destination.addresses):
            home = way.ending.kind is EndingKind.ARRIVED and way.ending.network is target.virtual_network
            if home and target.nic is not None:
                ending = Ending(EndingKind.DELIVERED, f"{target.name} has the address", target)
                yield replace(way, ending=ending)
            elif way.ending.kind is EndingKind.ON_PREMISES:
                yield _beyond(way, target.name)
            else:
                yield from deliver(estate, way)


def _within_networks(way: Way, ends: Ends) -> Iterator[Way]:
    """A gateway or the internet is no end of a way to what has its addresses in networks of the input."""
    meant = way.destinations & ends.inside
    if not meant or way.ending.kind not in (EndingKind.ON_PREMISES, EndingKind.INTERNET):
        yield way
        return
    if rest := way.destinations - meant:
        yield replace(way, destinations=rest)
    names = ", ".join(ends.destination.terms)
    if way.ending.kind is EndingKind.ON_PREMISES:
        yield _beyond(replace(way, destinations=meant), names)
    else:
        reason = f"it is sent to the internet, from which nothing comes to the private addresses of {names}"
        yield replace(way, destinations=meant, ending=Ending(EndingKind.ASTRAY, reason))


def _beyond(way: Way, names: str) -> Way:
    """What is behind a gateway may send packets on to the target, by another gateway for one."""
    gateway = way.ending.gateway
    behind = gateway.name if gateway is not None else "a gateway"
    source = gateway.source if gateway is not None else way.stops[-1].subject.source
    reason = "ways are not followed beyond gateways"
    unseen = Unknown(f"way from behind {behind} to {names}", UnknownKind.REFERENCE, reason, source)
    return replace(way, ending=unknown_ending(unseen), unknowns=(*way.unknowns, unseen))


def _choices(found: Iterator[Way]) -> Iterator[tuple[AddressSet, tuple[Way, ...]]]:
    """Destinations with the ways of which one is taken to them."""
    open_: list[tuple[AddressSet, tuple[Way, ...]]] = []
    for way in found:
        if not way.unknowns:
            yield way.destinations, (way,)
        else:
            open_ = _refined(open_, way)
    yield from open_


def _refined(
    before: Sequence[tuple[AddressSet, tuple[Way, ...]]], way: Way
) -> list[tuple[AddressSet, tuple[Way, ...]]]:
    after: list[tuple[AddressSet, tuple[Way, ...]]] = []
    rest = way.destinations
    for addresses, several in before:
        shared = addresses & rest
        parts = ((shared, (*several, way)), (addresses - shared, several))
        after += [part for part in parts if part[0]]
        rest -= shared
    return [*after, (rest, (way,))] if rest else after


def _track(estate: Estate, leg: Leg, way: Way, asked: FlowSet, target: Subject | None) -> Track:
    good = arrives(way.ending, target)
    back = replies(estate, way, leg.start, asked.source) if good else ()
    gates = [*_filters(estate, way)]
    if way.ending.kind is EndingKind.UNKNOWN and target is not None:
        filters = estate.chain(target, Direction.INBOUND)  # whichever way packets take, they end up there
        gates.append(Gate(GateKind.FILTER, len(way.stops), filters.chain, filters))
    if not good:
        position = next((i for i, gate in enumerate(gates) if gate.stop >= len(way.stops)), len(gates))
        gates.insert(position, _route_gate(way))
    gates += (Gate(GateKind.REPLY, len(way.stops), chain) for chain in reply_chains(estate, way, back) if back)
    if not gates:
        gates.append(Gate(GateKind.ROUTE, len(way.stops), Chain(())))
    return Track(leg, way, tuple(gates), back)


def _filters(estate: Estate, way: Way) -> Iterator[Gate]:
    places = [index for index, stop in enumerate(way.stops) for _ in stop.filters]
    for number, (subject, direction) in enumerate(way.filters):
        filters = estate.chain(subject, direction)
        place = places[number] if number < len(places) else len(way.stops)
        yield Gate(GateKind.FILTER, place, filters.chain, filters)


def _route_gate(way: Way) -> Gate:
    """Nothing gets through; or that is not known."""
    ending = way.ending
    outcome: Outcome | Choice = Outcome.DENY
    if ending.kind is EndingKind.UNKNOWN:
        options = (Outcome.DENY, Outcome.PASS)
        outcome = Choice(way.unknowns[-1].of_kind(UnknownKind.ACCESS), options)
    rule = FilterRule(ending.kind.value, Match(), outcome, 0, ending)
    return Gate(GateKind.ROUTE, max(len(way.stops) - 1, 0), Chain((Layer("route", (rule,), ending),)))
