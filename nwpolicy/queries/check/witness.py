"""A flow that shows why an assertion does not hold: found in the courses that flows take, with every rule it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.paths import Estate
from nwpolicy.logic.boxes import boxes_of, flow_sets, single
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.questions import Example, decide
from nwpolicy.logic.witness import favourite
from nwpolicy.model.flows import FlowSet
from nwpolicy.queries.answers import UnknownValueText
from nwpolicy.queries.check.answers import WitnessAnswer
from nwpolicy.queries.explain import deciding_rule, flow_example
from nwpolicy.queries.nexthop import taken_route
from nwpolicy.queries.reach.answers import ChainAnswer
from nwpolicy.queries.troubleshoot_answer import ResultName
from nwpolicy.queries.troubleshoot_ends import Ends
from nwpolicy.queries.troubleshoot_gates import Course, Gate, GateKind, Track, courses_of
from nwpolicy.queries.troubleshoot_groups import Bundle, bundles_of

__all__ = ["Follow", "follow_ends", "witness"]

#: The courses of some flows between two ends.
Follow = Callable[[FlowSet], tuple[Course, ...]]


def follow_ends(estate: Estate, ends: Ends, *, with_replies: bool) -> Follow:
    """Through the networks of an estate. Replies count only for connections that have to come about."""

    def follow(asked: FlowSet) -> tuple[Course, ...]:
        narrowed = replace(ends, destination=replace(ends.destination, addresses=asked.destination))
        found = courses_of(estate, narrowed, asked)
        return found if with_replies else tuple(map(_without_replies, found))

    return follow


def _without_replies(course: Course) -> Course:
    tracks = (
        replace(track, gates=tuple(g for g in track.gates if g.kind is not GateKind.REPLY)) for track in course.tracks
    )
    return Course(course.asked, tuple(track for track in tracks if track.gates) or course.tracks)


def witness(
    follow: Follow, asked: FlowSet, ends: tuple[str, str], assumptions: Assumptions, *, through: bool
) -> WitnessAnswer:
    """One of the asked flows that gets through, or that does not; or that may, where nothing certainly does."""
    flow = favourite(boxes_of(next(_bundle(follow(asked), asked, through=through).cubes()))[0])
    (one,) = flow_sets([single(flow)])
    courses = follow(one)
    bundle = _bundle(courses, one, through=through)
    track = _track(courses[0], through=through)
    shown = [(gate, _example(gate, one, through=through)) for gate in track.gates if gate.filters is not None]
    if not through:
        shown = _to_the_first_that_stops(shown)
    values = (value for gate, example in shown for value in _values(gate, example, assumptions))
    return WitnessAnswer(
        text=str(flow),
        source=ends[0],
        destination=ends[1],
        cause=None if through else bundle.cause,
        values=tuple(dict.fromkeys(values)) if bundle.result is ResultName.DEPENDS else (),
        chains=tuple(_chain(gate, example, assumptions) for gate, example in shown),
        routes=tuple(taken_route(stop.candidate) for stop in track.way.stops if stop.candidate is not None),
    )


def _bundle(courses: tuple[Course, ...], asked: FlowSet, *, through: bool) -> Bundle:
    wanted = ResultName.THROUGH if through else ResultName.STOPPED
    found = {bundle.result: bundle for bundle in reversed(bundles_of(courses))}
    bundle = found.get(wanted) or found.get(ResultName.DEPENDS)
    if bundle is None:
        fate = "gets through" if through else "is stopped"
        raise EngineDisagreement(f"a flow of the matrix {fate} on no way", f"{asked}\n{courses!r}")
    return bundle


def _track(course: Course, *, through: bool) -> Track:
    """The way that shows it, where one of several is taken."""
    fates = zip(course.tracks, course.by_gate, strict=True)
    for track, gates in fates:
        allowed = [fate.allowed for gate in gates for fate in gate.counts()]
        if (through and False not in allowed) or (not through and False in allowed):
            return track
    return course.tracks[0]


def _example(gate: Gate, one: FlowSet, *, through: bool) -> Example:
    found = decide(gate.chain, one)
    first, second = (found.allowed, found.denied) if through else (found.denied, found.allowed)
    example = first or second
    assert example is not None, one  # one of the two there is
    return example


def _to_the_first_that_stops(shown: list[tuple[Gate, Example]]) -> list[tuple[Gate, Example]]:
    stops = next((place for place, (_, example) in enumerate(shown) if not example.trace.allowed), len(shown))
    return shown[: stops + 1]


def _values(gate: Gate, example: Example, assumptions: Assumptions) -> Iterator[UnknownValueText]:
    yield from flow_example(gate.chain, example, example.trace.decisive, assumptions).values


def _chain(gate: Gate, example: Example, assumptions: Assumptions) -> ChainAnswer:
    assert gate.filters is not None
    rules = (deciding_rule(gate.chain, step, assumptions) for step in example.trace.steps)
    place, direction = gate.filters.subject.name, gate.filters.direction.value
    return ChainAnswer(place, direction, tuple(rule for rule in rules if rule is not None))
