"""A flow that shows an entry, and the rules that let it through, filter by filter."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.questions import Example, decide
from nwpolicy.logic.witness import prefer
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.filters import Chain, UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import TCP, UDP
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import RuleAnswer, UnknownValueText
from nwpolicy.queries.explain import deciding_rule, example_values
from nwpolicy.queries.reach.answers import ChainAnswer, ExampleAnswer
from nwpolicy.queries.reach.asking import Survey
from nwpolicy.queries.reach.matrix import Entry

__all__ = ["example_of"]


def example_of(survey: Survey, entry: Entry) -> ExampleAnswer:
    """The most recognisable of the entry's flows."""
    flows = _flows(survey, entry)
    box = boxes_of(flows)[0]
    flow = prefer(box, [box.flow(tuple(numbers.first for numbers in box.fields))], box.__contains__)
    assignment: dict[Unknown, UnknownValue] = {}
    chains: list[ChainAnswer] = []
    values: dict[UnknownValueText, None] = {}
    for subject, direction in _met(survey, entry):
        chain = fix(survey.estate.chain(subject, direction).chain, assignment)
        found = decide(chain, _single(flow)).allowed
        rules = _rules(chain, found, survey.estate.assumptions)
        chains.append(ChainAnswer(subject.name, direction.value, rules))
        if found is not None:
            assignment |= found.assignment
            values |= dict.fromkeys(example_values(chain, found))
    return ExampleAnswer(str(flow), tuple(chains), tuple(values))


def _flows(survey: Survey, entry: Entry) -> FlowSet:
    first = min(entry.flows, key=lambda part: not part.through.certain)
    cells = first.through.certain or first.through.depends[0].cells
    services = survey.filters.sieves.cells.services(cells)
    service = min(services, key=lambda one: (TCP not in one.protocol, UDP not in one.protocol))
    source = _side(survey, entry.source) if first.source is None else first.source
    destination = _side(survey, entry.destinations[0]) if first.destination is None else first.destination
    return FlowSet(service.protocol, source, service.source_port, destination, service.destination_port)


def _side(survey: Survey, index: int) -> AddressSet:
    if index in survey.outers:
        return survey.outers[index].space
    return AddressSet.single(survey.parties[index].spots[0].address)


def _met(survey: Survey, entry: Entry) -> Iterator[tuple[Subject, Direction]]:
    if entry.source not in survey.outers:
        yield survey.parties[entry.source].subject, Direction.OUTBOUND
    for stop in entry.way.appliances:
        yield from stop.filters
    if entry.destinations[0] not in survey.outers:
        yield survey.parties[entry.destinations[0]].subject, Direction.INBOUND


def _rules(chain: Chain, found: Example | None, assumptions: Assumptions) -> tuple[RuleAnswer, ...]:
    steps = found.trace.steps if found is not None else ()
    rules = (deciding_rule(chain, step, assumptions) for step in steps)
    return tuple(rule for rule in rules if rule is not None)


def _single(flow: Flow) -> FlowSet:
    port = IntervalSet.of(16, ((flow.source_port, flow.source_port),)) if flow.has_ports else ANY_PORT
    target = IntervalSet.of(16, ((flow.destination_port, flow.destination_port),)) if flow.has_ports else ANY_PORT
    return FlowSet(
        IntervalSet.of(8, ((flow.protocol, flow.protocol),)),
        AddressSet.single(Address(flow.family, flow.source)),
        port,
        AddressSet.single(Address(flow.family, flow.destination)),
        target,
    )
