"""The asked flows by what becomes of them: those that get through, and the others by what stops them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import islice
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.origins import PlatformRule, RuleOrigin
from nwpolicy.azure.paths import Estate, Reply
from nwpolicy.azure.paths.ways import Ending
from nwpolicy.logic.boxes import boxes_of, flow_sets
from nwpolicy.logic.diagrams import Fate
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.questions import Example, decide
from nwpolicy.logic.witness import favourite
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import FlowExample, RuleAnswer, UnknownValueText
from nwpolicy.queries.explain import asked_flows, end_text, flow_example, flow_texts
from nwpolicy.queries.grounds import dependencies
from nwpolicy.queries.naming import Names, port_name, protocol_name
from nwpolicy.queries.troubleshoot_advice import advice
from nwpolicy.queries.troubleshoot_answer import FlowGroup, ResultName
from nwpolicy.queries.troubleshoot_gates import Course, Gate, GateKind, Obstacle, Track, is_open
from nwpolicy.queries.troubleshoot_stops import settled_rule

__all__ = ["Bundle", "bundles_of", "examples", "group_answer"]

#: So many products are listed for one cause. How many flows they are is counted in any case.
_LISTED: Final = 2_000
#: So many causes are told where several things may stop flows.
_CAUSES: Final = 3
_RESULTS: Final = {True: ResultName.THROUGH, False: ResultName.STOPPED, None: ResultName.DEPENDS}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Flows with one fate and one cause. `obstacles` are what stops them, or may."""

    result: ResultName
    obstacles: tuple[Obstacle, ...]
    members: tuple[tuple[Course, tuple[Fate, ...]], ...]

    @property
    def count(self) -> int:
        return sum(course.decisions.counts()[fate] for course, fates in self.members for fate in fates)

    @property
    def place(self) -> Obstacle | None:
        """An obstacle that is where all are; None where they are in several places."""
        places = {(id(obstacle.track), id(obstacle.gate)) for obstacle in self.obstacles}
        return self.obstacles[0] if len(places) == 1 else None

    @property
    def cause(self) -> str | None:
        """What stops the flows, or may, in words."""
        found = list(dict.fromkeys(map(_cause, self.obstacles)))
        others = " or others" if len(found) > _CAUSES else ""
        return " or ".join(found[:_CAUSES]) + others if found else None

    def cubes(self) -> Iterator[FlowSet]:
        for course, fates in self.members:
            kept = frozenset(fates)
            found = course.decisions.cubes(kept.__contains__, by_rule=False)
            yield from (cube.flows for cube in found)


def bundles_of(courses: Iterable[Course]) -> tuple[Bundle, ...]:
    """All asked flows: those that get through first, then those that are stopped in the order of the ways; what Azure
    stops anyway comes last of them."""
    found: dict[Hashable, tuple[ResultName, tuple[Obstacle, ...], dict[int, tuple[Course, list[Fate]]]]] = {}
    for course in courses:
        for fate in course.decisions.counts():
            result = _RESULTS[fate.allowed]
            obstacles = course.obstacles(fate) if result is not ResultName.THROUGH else ()
            unknowns = fate.unknowns if result is ResultName.DEPENDS else ()
            key = (result, unknowns, tuple(map(_cause_key, obstacles)))
            _, _, members = found.setdefault(key, (result, obstacles, {}))
            members.setdefault(id(course), (course, []))[1].append(fate)
    bundles = (
        Bundle(result, obstacles, tuple((course, tuple(fates)) for course, fates in members.values()))
        for result, obstacles, members in found.values()
    )
    return tuple(sorted(bundles, key=_order))


def _order(bundle: Bundle) -> tuple[int, bool]:
    return list(ResultName).index(bundle.result), any(map(_is_platforms, bundle.obstacles))


def _is_platforms(obstacle: Obstacle) -> bool:
    origin = obstacle.rule.origin if obstacle.rule is not None else None
    return isinstance(origin, RuleOrigin) and isinstance(origin.rule, PlatformRule)


def _cause_key(obstacle: Obstacle) -> Hashable:
    gate, origin = obstacle.gate, obstacle.rule.origin if obstacle.rule is not None else None
    if _is_platforms(obstacle):
        return _cause(obstacle)
    if gate.filters is not None:
        return id(gate.filters), id(origin.rule) if isinstance(origin, RuleOrigin) else None
    return id(obstacle.track.leg), gate.stop, _cause(obstacle)


def group_answer(bundle: Bundle, tracks: Sequence[Track], names: Names, estate: Estate) -> FlowGroup:
    """The flows of a bundle, listed."""
    families = {family for track in tracks for family in track.families}
    cubes = tuple(islice(bundle.cubes(), _LISTED + 1))
    complete = len(cubes) <= _LISTED
    flows = tuple(flow_sets(boxes_of(cubes[:_LISTED])))
    example = favourite(boxes_of(flows)[0])
    _check(bundle, example)
    rule, place = _rule(bundle, estate.assumptions), bundle.place
    unknowns = (u for _, fates in bundle.members for fate in fates if fate.allowed is None for u in fate.unknowns)
    return FlowGroup(
        result=bundle.result,
        cause=bundle.cause,
        help=_help(bundle, estate),
        path=next((i for i, track in enumerate(tracks) if place is not None and track is place.track), None),
        stop=None if place is None else _number(place),
        on_the_way_back=place is not None and place.gate.kind is GateKind.REPLY,
        rule=rule,
        flows=tuple(map(asked_flows, flows)),
        texts=tuple(_text(flow, names, families) for flow in flows),
        complete=complete,
        count=bundle.count,
        example=_example(example, rule if bundle.result is ResultName.STOPPED else None),
        depends_on=dependencies(_each_once(unknowns)),
    )


def _help(bundle: Bundle, estate: Estate) -> str | None:
    certain = bundle.result is ResultName.STOPPED and len(bundle.obstacles) == 1
    return advice(bundle.obstacles[0], estate) if certain else None


def _each_once(unknowns: Iterable[Unknown]) -> tuple[Unknown, ...]:
    """One value that matters in several ways is told once."""
    return tuple({(unknown.name, unknown.scope): unknown for unknown in unknowns}.values())


def _number(obstacle: Obstacle) -> int | None:
    """Of the stop; 0 is outside of all networks."""
    if obstacle.gate.kind is GateKind.REPLY:
        return None
    return obstacle.gate.stop + 1 if obstacle.track.way.stops or obstacle.gate.filters is not None else 0


def _rule(bundle: Bundle, assumptions: Assumptions) -> RuleAnswer | None:
    """The rule that stops the flows, or may, if it is one."""
    if len(bundle.obstacles) != 1:
        return None
    (obstacle,) = bundle.obstacles
    if obstacle.gate.filters is None or obstacle.rule is None:
        return None
    return settled_rule(Fate(False, 0, None, obstacle.rule), (obstacle.layer,), assumptions)


def _cause(obstacle: Obstacle) -> str:
    gate, origin = obstacle.gate, obstacle.rule.origin if obstacle.rule is not None else None
    if isinstance(origin, Ending | Reply):
        return origin.reason
    assert isinstance(origin, RuleOrigin)
    if isinstance(origin.rule, PlatformRule):
        return origin.rule.statement
    if gate.filters is None:
        return f"{origin.name} of {obstacle.layer.name}, which sees replies only"
    word = "into" if gate.filters.direction is Direction.INBOUND else "out of"
    return f"{origin.name} of {obstacle.layer.name}, {word} {gate.filters.subject.name}"


def _text(flows: FlowSet, names: Names, families: Set[Family]) -> str:
    """`families` are those of all flows that are asked about."""
    source = end_text(str(names.name(flows.source, flows.families)), port_name(flows.source_port))
    target = end_text(str(names.name(flows.destination, flows.families)), port_name(flows.destination_port))
    apart = f" over IPv{flows.families[0].value}" if len(flows.families) < len(families) else ""
    return f"{protocol_name(flows.protocol)} {source} → {target}{apart}"


def _example(flow: Flow, rule: RuleAnswer | None) -> FlowExample:
    texts = flow_texts(flow)
    ports = (flow.source_port, flow.destination_port) if flow.has_ports else (None, None)
    return FlowExample(texts["protocol"], texts["source"], ports[0], texts["destination"], ports[1], str(flow), rule)


def _check(bundle: Bundle, flow: Flow) -> None:
    """Replays a flow through every gate, one by one."""
    if bundle.result is ResultName.DEPENDS:
        return
    wanted = bundle.result is ResultName.THROUGH
    for course, fates in bundle.members:
        if flow in course.asked and not any(map(is_open, fates)):
            for track in course.tracks:
                if _gets_through(track, flow) not in (wanted, None):
                    raise EngineDisagreement("a path fares otherwise than its gates", f"{flow}\n{track!r}")


def _gets_through(track: Track, flow: Flow) -> bool | None:
    """None where that turns on an unknown."""
    try:
        return all(evaluate(gate.chain, flow).allowed for gate in track.gates)
    except MissingValueError:
        return None


def examples(bundle: Bundle, assumptions: Assumptions) -> tuple[FlowExample | None, FlowExample | None]:
    """Of flows whose fate depends, one that gets through and the same one that does not: with values for the unknowns
    of the first gate that turns on one, else by the ways that may be taken."""
    flow = favourite(boxes_of(next(bundle.cubes()))[0])
    course = next(course for course, _ in bundle.members if flow in course.asked)
    for gate in (gate for track in course.tracks for gate in track.gates):
        decision = decide(gate.chain, _single(flow))
        if decision.allowed is not None and decision.denied is not None:
            return _side(gate, decision.allowed, assumptions), _side(gate, decision.denied, assumptions)
    fates = [(_gets_through(track, flow), track) for track in course.tracks]
    through = next((track for fate, track in fates if fate), None)
    stopped = next((track for fate, track in fates if fate is False), None)
    return _by_way(flow, through), _by_way(flow, stopped)


def _side(gate: Gate, example: Example, assumptions: Assumptions) -> FlowExample:
    if gate.filters is not None:
        return flow_example(gate.chain, example, example.trace.decisive, assumptions)
    found = flow_example(gate.chain, example, None, assumptions)
    leads = "one that leads there" if example.trace.allowed else "one that does not"
    return replace(found, values=tuple(replace(value, value=leads) for value in found.values))


def _by_way(flow: Flow, track: Track | None) -> FlowExample | None:
    if track is None:
        return None
    way = " to ".join((*(stop.subject.name for stop in track.way.appliances), track.way.ending.reason))
    values = tuple(UnknownValueText(unknown.name, way) for unknown in track.way.unknowns[:1])
    return replace(_example(flow, None), values=values)


def _single(flow: Flow) -> FlowSet:
    def one(width: int, number: int) -> IntervalSet:
        return IntervalSet(width, ((number, number),))

    width = flow.family.width
    return FlowSet(
        one(8, flow.protocol),
        AddressSet.of(flow.family, one(width, flow.source)),
        one(16, flow.source_port) if flow.has_ports else ANY_PORT,
        AddressSet.of(flow.family, one(width, flow.destination)),
        one(16, flow.destination_port) if flow.has_ports else ANY_PORT,
    )
