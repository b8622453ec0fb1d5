"""From traces and examples of the logic to answers in Azure's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.names import Surface, rule_name
from nwpolicy.azure.origins import PlatformRule, origin_of
from nwpolicy.azure.platform import PLATFORM_OFFSET
from nwpolicy.azure.tagnames import canonical
from nwpolicy.logic.evaluate import Step, Trace, evaluate
from nwpolicy.logic.questions import Example
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, format_address
from nwpolicy.model.filters import Assignment, Chain, FilterRule, Layer, Match, Outcome, RulesValue, UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, ServiceTag
from nwpolicy.model.rules import AdminRule, Rule, SecurityRule
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.queries.answers import AskedFlows, FlowExample, RuleAnswer, UnknownValueText
from nwpolicy.queries.question import Question

__all__ = [
    "all_premises",
    "asked_flows",
    "chain_premises",
    "end_text",
    "field_texts",
    "flow_example",
    "flow_texts",
    "premises",
    "rule_answer",
    "value_text",
]

_ACCESS = {Outcome.DENY: "Deny", Outcome.PASS: "Allow", Outcome.ACCEPT: "AlwaysAllow"}


def rule_answer(rule: FilterRule, layer: Layer, outcome: Outcome, assumptions: Assumptions) -> RuleAnswer:
    origin = origin_of(rule)
    written = origin.rule
    priority = written.priority if isinstance(written, Rule) and isinstance(written.priority, int) else None
    source = origin.source
    return RuleAnswer(
        name=origin.name,
        rule_name=rule_name(origin, Surface.FLOW_VERIFY, assumptions),
        diagnostics_name=rule_name(origin, Surface.DIAGNOSTICS, assumptions),
        rule_id=origin.id,
        access=_ACCESS[outcome],
        priority=priority,
        layer=layer.name,
        location=None if source is None else source.location,
        statement=written.statement if isinstance(written, PlatformRule) else None,
    )


def deciding_rule(chain: Chain, step: Step | None, assumptions: Assumptions) -> RuleAnswer | None:
    """The rule that a step names; None where no rule matched."""
    if step is None or step.rule is None or step.outcome is None:
        return None
    return rule_answer(step.rule, chain.layers[step.layer], step.outcome, assumptions)


def flow_example(chain: Chain, example: Example, decisive: Step | None, assumptions: Assumptions) -> FlowExample:
    flow, texts = example.flow, flow_texts(example.flow)
    return FlowExample(
        protocol=texts["protocol"],
        source=texts["source"],
        source_port=flow.source_port if flow.has_ports else None,
        destination=texts["destination"],
        destination_port=flow.destination_port if flow.has_ports else None,
        text=str(flow),
        rule=deciding_rule(chain, decisive, assumptions),
        values=example_values(chain, example),
    )


def example_values(chain: Chain, example: Example) -> tuple[UnknownValueText, ...]:
    """The values that an example gives to the unknowns of rules that the flow meets."""
    met = _met(chain, example)
    return tuple(
        UnknownValueText(unknown.name, value_text(unknown, value))
        for unknown, value in sorted(example.assignment.items(), key=lambda item: (item[0].name, item[0].kind))
        if unknown in met
    )


def flow_texts(flow: Flow) -> dict[str, str]:
    """A flow's fields, by the names of NSG diagnostics; `none` for ports that it does not have."""
    ports = (str(flow.source_port), str(flow.destination_port)) if flow.has_ports else ("none", "none")
    return {
        "protocol": format_protocols(IntervalSet(8, ((flow.protocol, flow.protocol),))),
        "source": format_address(flow.family, flow.source),
        "sourcePort": ports[0],
        "destination": format_address(flow.family, flow.destination),
        "destinationPort": ports[1],
    }


def asked_flows(asked: FlowSet) -> AskedFlows:
    return AskedFlows(
        format_protocols(asked.protocol),
        str(asked.source),
        format_ports(asked.source_port),
        str(asked.destination),
        format_ports(asked.destination_port),
    )


def value_text(unknown: Unknown, value: UnknownValue) -> str:
    """A value for an unknown as a person would write it."""
    match value:
        case RulesValue(matches=False):
            return "no rule that matches"
        case RulesValue(rank=rank, outcome=outcome):
            return f"a rule of priority {_priority(rank)} that says {_ACCESS[outcome]}"
        case bool():
            return "true" if value else "false"
        case Outcome():
            return _ACCESS[value]
        case AddressSet():
            return str(value)
        case IntervalSet():
            return format_protocols(value) if unknown.kind is UnknownKind.PROTOCOL else format_ports(value)
        case _:
            return str(_priority(value))


def _priority(rank: int) -> int:
    """The priority behind a rank: rules stand twice in a layer where they may hold for the platform's traffic."""
    return rank if rank >= 0 else rank - PLATFORM_OFFSET


def field_texts(rule: Rule) -> dict[str, str]:
    """What a rule has in each of the fields that NSG diagnostics tells apart, as written."""
    anything = "*" if isinstance(rule, AdminRule | SecurityRule) else ""
    return {
        "protocol": rule.protocol.name if isinstance(rule.protocol, Unknown) else format_protocols(rule.protocol),
        "source": ", ".join(map(_term_text, rule.sources)) or anything,
        "sourcePort": ", ".join(map(_port_text, rule.source_port_ranges)) or anything,
        "destination": ", ".join(map(_term_text, rule.destinations)) or anything,
        "destinationPort": ", ".join(map(_port_text, rule.destination_port_ranges)) or anything,
    }


def _term_text(term: AddressTerm) -> str:
    match term:
        case AddressPrefix():
            return term.text
        case ServiceTag() | Unknown():
            return term.name
        case _:
            return str(term)


def _port_text(ports: PortRange | Unknown) -> str:
    return ports.name if isinstance(ports, Unknown) else format_ports(ports.ports)


def _met(chain: Chain, example: Example) -> set[Unknown]:
    """The unknowns whose values the flow meets on its way."""
    looked_up = _LookedUp(example.assignment)
    evaluate(chain, example.flow, looked_up)
    return looked_up.names


class _LookedUp(dict[Unknown, UnknownValue]):
    """An assignment that remembers what it was asked for."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(assignment)
        self.names: set[Unknown] = set()

    def __getitem__(self, unknown: Unknown) -> UnknownValue:
        self.names.add(unknown)
        return super().__getitem__(unknown)


def end_text(addresses: str, ports: str) -> str:
    """One end of a flow: `10.0.0.4:443`, `[2001:db8::4]:443`, without the ports if they are any."""
    if ports == "*":
        return addresses
    return f"[{addresses}]:{ports}" if ":" in addresses else f"{addresses}:{ports}"


def premises(question: Question, traces: Iterable[Trace]) -> tuple[str, ...]:
    """What computed tags stand for, as far as the asked flows get to a rule that names them."""
    met = {tag for trace in traces for tag in _tags_met(question, trace)}
    return tuple(text for text in question.filter_chain.rests_on if _is_met(text, met))


def all_premises(question: Question) -> tuple[str, ...]:
    """The same for all of the asked flows: what any rule rests on that could match one of them."""
    return chain_premises(question.filter_chain, question.asked)


def chain_premises(filters: FilterChain, asked: FlowSet) -> tuple[str, ...]:
    """What any rule of a chain rests on that could match an asked flow."""
    met = {
        tag
        for layer in filters.chain.layers
        for rule in layer.rules
        if isinstance(written := origin_of(rule).rule, Rule)
        for tag in _tags_in(written, rule.match, asked)
    }
    return tuple(text for text in filters.rests_on if _is_met(text, met))


def _is_met(text: str, met: set[str]) -> bool:
    name, equals, _ = text.partition(" = ")
    return not equals or canonical(name) in met


def _tags_met(question: Question, trace: Trace) -> Iterator[str]:
    for step in trace.steps:
        for rule in question.filter_chain.chain.layers[step.layer].rules:
            written = origin_of(rule).rule
            if isinstance(written, Rule):
                yield from _tags_in(written, rule.match, question.asked)
            if rule is step.rule:
                break


def _tags_in(written: Rule, match: Match, asked: FlowSet) -> Iterator[str]:
    """The tags of a rule, if it could match asked flows for all that its other fields say."""
    ends = (written.sources, written.destinations)
    tags = [[canonical(term.name) for term in terms if isinstance(term, ServiceTag)] for terms in ends]
    source = ANY_ADDRESS if tags[0] else match.source.known
    destination = ANY_ADDRESS if tags[1] else match.destination.known
    ports = (match.source_port.known, match.destination_port.known)
    if FlowSet(match.protocol.known, source, ports[0], destination, ports[1]) & asked:
        yield from (*tags[0], *tags[1])
