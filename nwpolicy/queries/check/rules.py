"""Rules alone, whatever routes do: the rules of both ends, as far as they are named.

An address is no place: what sends from it has no rules that count. Anybody at one end means every address, and, where
the other end has no place, every place of the input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace

from nwpolicy.azure.classes import policy_key
from nwpolicy.azure.paths import INTERNET, Ending, EndingKind, Outside, Way
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.boxes import boxes_of, flow_sets, subtract
from nwpolicy.logic.matrix import Service
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.source import Source
from nwpolicy.queries.check.answers import CheckState
from nwpolicy.queries.check.finding import HOLDS, Finding, worst
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.who import ANYWHERE, Who
from nwpolicy.queries.check.witness import Follow, witness
from nwpolicy.queries.troubleshoot_ends import Leg
from nwpolicy.queries.troubleshoot_gates import Course, Gate, GateKind, Track

__all__ = ["RuleScope", "courses_by_rules", "decide_by_rules"]


@dataclass(frozen=True, slots=True)
class RuleScope:
    """Flows of a service from some to others, but for those of exceptions."""

    source: Who
    destination: Who
    service: Service
    exceptions: tuple[RuleScope, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """Places with the same rules and their addresses; or addresses alone."""

    subject: Subject | None
    addresses: AddressSet
    name: str
    places: tuple[Subject, ...] = ()

    def each(self) -> Iterator[_Side]:
        """The places one by one."""
        return (_Side(place, place.local, place.name) for place in self.places)


def decide_by_rules(population: Population, scope: RuleScope, source: Source, *, through: bool) -> Finding:
    """Whether all flows of the scope get through, or none does. Raises InputError where no rules count."""
    pairs = list(_pairs(population, scope))
    if not pairs:
        help = "name a network interface, subnet or network security group at one end"
        raise InputError(Diagnostic.error("no-place", "no rules apply between these ends", source, help))
    everything = replace(scope, exceptions=())
    if not any(_flows(everything, one, other) for one, other in pairs):
        raise InputError(Diagnostic.error("no-flows", "this speaks of no flow at all", source))
    return worst(_to_the_first_violation(_decided(population, scope, *pair, through=through) for pair in pairs))


def _to_the_first_violation(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One is shown in full, which takes its time."""
    for finding in findings:
        yield finding
        if finding.state is CheckState.VIOLATED:
            return


def courses_by_rules(population: Population, scope: RuleScope) -> Iterator[Course]:
    """The courses of all flows of a scope, place by place."""
    for one, other in _pairs(population, scope):
        for flows in _flows(scope, one, other):
            yield from _follow(population, one, other)(flows)


def _pairs(population: Population, scope: RuleScope) -> Iterator[tuple[_Side, _Side]]:
    ends = (scope.source, scope.destination)
    if all(end.is_any for end in ends):
        anywhere = _Side(None, ANYWHERE, scope.source.name)
        for side in _sides(population, scope, *ends):
            yield from ((anywhere, side), (side, anywhere))
        return
    sources, destinations = (_sides(population, scope, ends[i], ends[1 - i]) for i in (0, 1))
    for one in sources:
        for other in destinations:
            if one.subject is None and other.subject is None:
                continue
            if {id(place) for place in one.places} != {id(place) for place in other.places}:
                yield one, other
            else:  # the same places at both ends: none is its own peer
                yield from ((a, b) for a in one.each() for b in other.each() if a.subject is not b.subject)


def _sides(population: Population, scope: RuleScope, end: Who, other: Who) -> list[_Side]:
    """Those at one end, places with the same rules together."""
    if end.is_any and other.places:
        return [_Side(None, ANYWHERE, end.name)]
    places = population.subjects if end.is_any else end.places
    alike: defaultdict[Hashable, list[Subject]] = defaultdict(list)
    for place in places:
        alike[_key(population, scope, place), _is_among(place, other)].append(place)
    sides = [_Side(same[0], union(place.local for place in same), same[0].name, tuple(same)) for same in alike.values()]
    if end.addresses and not end.is_any:
        sides.append(_Side(None, end.addresses, end.name))
    return sides


def _key(population: Population, scope: RuleScope, place: Subject) -> Hashable:
    """The same for places that fare alike."""
    excepted = [_is_among(place, who) for one in scope.exceptions for who in (one.source, one.destination)]
    return policy_key(population.estate, place), tuple(excepted)


def _decided(population: Population, scope: RuleScope, one: _Side, other: _Side, *, through: bool) -> Finding:
    follow = _follow(population, one, other)
    findings = (
        _of_flows(population, follow, flows, (one.name, other.name), through=through)
        for flows in _flows(scope, one, other)
    )
    return worst(findings)


def _of_flows(
    population: Population,
    follow: Follow,
    flows: FlowSet,
    names: tuple[str, str],
    *,
    through: bool,
) -> Finding:
    (course,) = follow(flows)
    assumptions = frozenset(name for gate in course.tracks[0].gates for name in _assumptions(gate))
    fates = list(course.decisions.counts())
    wrong = [fate for fate in fates if fate.allowed is not through]
    if not wrong:
        return replace(HOLDS, assumptions=assumptions)
    open_ = [fate for fate in wrong if fate.allowed is None]
    state = CheckState.VIOLATED if len(open_) < len(wrong) else CheckState.NOT_PROVED
    verb = "may let" if state is CheckState.NOT_PROVED else "do not let" if through else "let"
    message = f"the rules {verb} {names[0]} into {names[1]}"
    shown = witness(follow, flows, names, population.estate.assumptions, through=not through)
    unknowns = tuple(dict.fromkeys(unknown for fate in open_ for unknown in fate.unknowns))
    return Finding(state, message, shown, unknowns if state is CheckState.NOT_PROVED else (), assumptions)


def _assumptions(gate: Gate) -> Iterator[str]:
    """Those that any of the rules rests on."""
    assert gate.filters is not None
    yield from gate.filters.assumptions
    yield from (doubt.assumption for layer in gate.chain.layers for rule in layer.rules for doubt in rule.doubts)


def _flows(scope: RuleScope, one: _Side, other: _Side) -> tuple[FlowSet, ...]:
    boxes = boxes_of(_asked(scope.service, one.addresses, other.addresses))
    for exception in scope.exceptions:
        source, destination = (
            _excepted(who, side) for who, side in ((exception.source, one), (exception.destination, other))
        )
        for taken in boxes_of(_asked(exception.service, source, destination)):
            boxes = tuple(part for box in boxes for part in subtract(box, taken))
    return flow_sets(boxes)


def _excepted(who: Who, side: _Side) -> AddressSet:
    """The addresses of one side that an exception speaks of."""
    if who.is_any:
        return ANY_ADDRESS
    if side.subject is None:
        return union((who.addresses, *(place.local for place in who.places)))
    return who.addresses | (side.addresses if _is_among(side.subject, who) else NO_ADDRESS)


def _is_among(place: Subject, who: Who) -> bool:
    return any(one is place for one in who.places)


def _asked(service: Service, source: AddressSet, destination: AddressSet) -> FlowSet:
    return FlowSet(service.protocol, source, service.source_port, destination, service.destination_port)


def _follow(population: Population, one: _Side, other: _Side) -> Follow:
    """Flows that meet the rules of both sides and nothing else."""
    gates = tuple(_gates(population, one, other))
    start: Subject | Outside = one.subject if one.subject is not None else INTERNET
    ending = Ending(EndingKind.DELIVERED, "routes do not count", other.subject)

    def follow(asked: FlowSet) -> tuple[Course, ...]:
        way = Way(asked.destination, (), ending)
        return (Course(asked, (Track(Leg(start, asked.source, one.name), way, gates, ()),)),)

    return follow


def _gates(population: Population, one: _Side, other: _Side) -> Iterator[Gate]:
    sides: Iterable[tuple[_Side, Direction]] = ((one, Direction.OUTBOUND), (other, Direction.INBOUND))
    for side, direction in sides:
        if side.subject is not None:
            filters = population.estate.chain(side.subject, direction)
            yield Gate(GateKind.FILTER, 0, filters.chain, filters)
