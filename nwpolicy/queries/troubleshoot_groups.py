"""The asked flows by what becomes of them: those that get through, and the others by what stops them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.origins import PlatformRule, RuleOrigin
from nwpolicy.azure.paths import Reply
from nwpolicy.azure.paths.ways import Ending
from nwpolicy.logic.boxes import boxes_of, flow_sets
from nwpolicy.logic.diagrams import Fate
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.questions import Example, decide
from nwpolicy.logic.witness import favourite
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import FlowExample, RuleAnswer, UnknownValueText
from nwpolicy.queries.explain import asked_flows, end_text, flow_example, flow_texts, origin_of
from nwpolicy.queries.naming import Names, port_name, protocol_name
from nwpolicy.queries.routes import dependencies
from nwpolicy.queries.troubleshoot_answer import FlowGroup, ResultName
from nwpolicy.queries.troubleshoot_gates import Course, Gate, GateKind, Settling, Track
from nwpolicy.queries.troubleshoot_stops import settled_rule

__all__ = ["Bundle", "bundles_of", "examples", "group_answer"]

#: So many products are listed for one cause. How many flows they are is counted in any case.
_LISTED: Final = 2_000
_RESULTS: Final = {True: ResultName.THROUGH, False: ResultName.STOPPED, None: ResultName.DEPENDS}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Flows with one fate and one cause. `settling` is what settles them; None where that is not one thing."""

    result: ResultName
    settling: Settling | None
    members: tuple[tuple[Course, tuple[Fate, ...]], ...]

    @property
    def count(self) -> int:
        return sum(course.decisions.counts()[fate] for course, fates in self.members for fate in fates)

    def cubes(self) -> Iterator[FlowSet]:
        for course, fates in self.members:
            kept = frozenset(fates)
            found = course.decisions.cubes(kept.__contains__, by_rule=False)
            yield from (cube.flows for cube in found)


def bundles_of(courses: Iterable[Course]) -> tuple[Bundle, ...]:
    """All asked flows: those that get through first, then those that are stopped in the order of the ways."""
    found: dict[Hashable, tuple[ResultName, Settling | None, dict[int, tuple[Course, list[Fate]]]]] = {}
    for course in courses:
        for fate in course.decisions.counts():
            result = _RESULTS[fate.allowed]
            settling = None if fate.allowed else course.settling(fate)
            key = (result, _cause_key(settling, fate))
            _, _, members = found.setdefault(key, (result, settling, {}))
            members.setdefault(id(course), (course, []))[1].append(fate)
    bundles = (
        Bundle(result, settling, tuple((course, tuple(fates)) for course, fates in members.values()))
        for result, settling, members in found.values()
    )
    return tuple(sorted(bundles, key=_order))


def _order(bundle: Bundle) -> tuple[int, bool]:
    """What Azure stops anyway comes last."""
    settling = bundle.settling
    rule = settling.rule if settling is not None else None
    written = rule.origin.rule if rule is not None and isinstance(rule.origin, RuleOrigin) else None
    return list(ResultName).index(bundle.result), isinstance(written, PlatformRule)


def _cause_key(settling: Settling | None, fate: Fate) -> Hashable:
    if fate.allowed is True:
        return None
    if settling is None:
        return fate.unknowns
    gate, origin = settling.gate, settling.rule.origin if settling.rule is not None else None
    place = id(gate.filters) if gate.filters is not None else (id(settling.track.leg), gate.stop)
    if isinstance(origin, RuleOrigin):
        everywhere = isinstance(origin.rule, PlatformRule)
        return None if everywhere else place, id(origin.rule), fate.unknowns
    if isinstance(origin, Ending):
        return place, origin.kind, origin.reason, fate.unknowns
    return place, getattr(origin, "reason", None), fate.unknowns


def group_answer(bundle: Bundle, tracks: Sequence[Track], names: Names, assumptions: Assumptions) -> FlowGroup:
    """The flows of a bundle, listed."""
    cubes = tuple(islice(bundle.cubes(), _LISTED + 1))
    complete = len(cubes) <= _LISTED
    flows = tuple(flow_sets(boxes_of(cubes[:_LISTED])))
    example = favourite(boxes_of(flows)[0])
    _check(bundle, example)
    rule, settling = _rule(bundle, assumptions), bundle.settling
    track = next((i for i, found in enumerate(tracks) if settling and found is settling.track), None)
    unknowns = tuple(dict.fromkeys(u for _, fates in bundle.members for fate in fates for u in _unknowns(fate)))
    return FlowGroup(
        result=bundle.result,
        cause=_cause(bundle),
        path=track,
        stop=None if settling is None else _number(settling),
        on_the_way_back=settling is not None and settling.gate.kind is GateKind.REPLY,
        rule=rule,
        flows=tuple(map(asked_flows, flows)),
        texts=tuple(_text(flow, names) for flow in flows),
        complete=complete,
        count=bundle.count,
        example=_example(example, rule),
        depends_on=dependencies(_each_once(unknowns)),
    )


def _each_once(unknowns: Iterable[Unknown]) -> tuple[Unknown, ...]:
    """One value that matters in several ways is told once."""
    return tuple({(unknown.name, unknown.scope): unknown for unknown in unknowns}.values())


def _number(settling: Settling) -> int | None:
    """Of the stop; 0 is outside of all networks."""
    if settling.gate.kind is GateKind.REPLY:
        return None
    return settling.gate.stop + 1 if settling.track.way.stops or settling.gate.filters is not None else 0


def _unknowns(fate: Fate) -> tuple[Unknown, ...]:
    return fate.unknowns if fate.allowed is None else ()


def _rule(bundle: Bundle, assumptions: Assumptions) -> RuleAnswer | None:
    settling = bundle.settling
    if settling is None or settling.gate.kind is not GateKind.FILTER or settling.rule is None:
        return None
    fate = Fate(False, 0, None, settling.rule)
    return settled_rule(fate, (settling.layer,), assumptions)


def _cause(bundle: Bundle) -> str | None:
    if bundle.result is ResultName.THROUGH:
        return None
    settling = bundle.settling
    if settling is None or settling.rule is None:
        return None
    origin, gate = settling.rule.origin, settling.gate
    if isinstance(origin, Ending | Reply):
        return origin.reason
    assert gate.filters is not None
    written = origin_of(settling.rule).rule
    if isinstance(written, PlatformRule):
        return written.statement
    subject = gate.filters.subject.name
    word = "into" if gate.filters.direction.value == "Inbound" else "out of"
    return f"{origin_of(settling.rule).name} of {settling.layer.name}, {word} {subject}"


def _text(flows: FlowSet, names: Names) -> str:
    source = end_text(str(names.name(flows.source, flows.families)), port_name(flows.source_port))
    target = end_text(str(names.name(flows.destination, flows.families)), port_name(flows.destination_port))
    return f"{protocol_name(flows.protocol)} {source} → {target}"


def _example(flow: Flow, rule: RuleAnswer | None) -> FlowExample:
    texts = flow_texts(flow)
    ports = (flow.source_port, flow.destination_port) if flow.has_ports else (None, None)
    return FlowExample(texts["protocol"], texts["source"], ports[0], texts["destination"], ports[1], str(flow), rule)


def _check(bundle: Bundle, flow: Flow) -> None:
    """Replays a flow through every gate, one by one."""
    if bundle.result is ResultName.DEPENDS:
        return
    wanted = bundle.result is ResultName.THROUGH
    for course, _ in bundle.members:
        if flow in course.asked:
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
