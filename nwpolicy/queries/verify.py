"""IP flow verify: are the asked flows allowed, and which rule says so.

Source: Microsoft Learn, IP flow verify overview; for the names of rules, Network Watcher REST API,
`VerificationIPFlowResult`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Any, Final, Unpack

from nwpolicy.azure.assumptions import ASSUMPTIONS
from nwpolicy.azure.names import named_on_allow
from nwpolicy.azure.origins import LayerKind, layer_kind, origin_of
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.doubts import used_doubts
from nwpolicy.logic.evaluate import Step, Trace
from nwpolicy.logic.partitions import Part, Partition, partition
from nwpolicy.logic.questions import Decision, Example, Verdict, decide
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import (
    AssumptionUsed,
    Dependency,
    FlowExample,
    PartAnswer,
    PlaceAnswer,
    VerdictName,
    VerifyAnswer,
)
from nwpolicy.queries.closing import Closing, closed_question
from nwpolicy.queries.explain import asked_flows, end_text, flow_example, premises
from nwpolicy.queries.question import Ask, AskWords, Endpoint, Question, pose
from nwpolicy.readers.inputs import Input, loaded

__all__ = [
    "PARTS_LIMIT",
    "asked_text_of",
    "common",
    "deciding_parts",
    "dependency_answer",
    "end_name",
    "example_answer",
    "place_answer",
    "used_assumptions",
    "verify",
    "verify_question",
]

#: How many deciding rules an answer lists.
PARTS_LIMIT: Final = 200

_VERDICTS: Final = {
    Verdict.ALLOW: VerdictName.ALLOW,
    Verdict.DENY: VerdictName.DENY,
    Verdict.MIXED: VerdictName.MIXED,
    Verdict.DEPENDS: VerdictName.DEPENDS,
}


def verify(estate: Input, *, unknowns: str | None = None, **ask: Unpack[AskWords]) -> VerifyAnswer:
    """Answers a question given as keywords of `Ask`. `unknowns`, `any` or `none`, says what counts where it depends.
    Raises QuestionError, Undecided."""
    return verify_question(pose(loaded(estate), Ask(**ask)), unknowns=None if unknowns is None else Closing(unknowns))


def verify_question(question: Question, *, unknowns: Closing | None = None) -> VerifyAnswer:
    decision = decide(question.filter_chain.chain, question.asked)
    if unknowns is not None:
        noted, closed = closed_question(question, decision, unknowns)
        if closed is not decision:
            return _answer(noted, closed, None)
    parts = None if decision.verdict is Verdict.DEPENDS else deciding_parts(question, decision)
    return _answer(question, decision, parts)


def _answer(question: Question, decision: Decision, parts: Partition | None) -> VerifyAnswer:
    answers = tuple(_part(question, part) for part in parts.parts) if parts else ()
    rule = answers[0].rule if len(answers) == 1 else None
    uniform = decision.verdict in (Verdict.ALLOW, Verdict.DENY)
    return VerifyAnswer(
        **common(question, decision, parts),
        access=_VERDICTS[decision.verdict].value if uniform else None,
        rule_name=rule.rule_name if rule else None,
        rule_id=rule.rule_id if rule else None,
        rule=rule,
        allowed=_side(question, decision.allowed),
        denied=_side(question, decision.denied),
        parts=answers,
        parts_complete=parts.complete if parts else False,
    )


def common(question: Question, decision: Decision, parts: Partition | None) -> dict[str, Any]:
    """The fields that every answer has."""
    sides = [example for example in (decision.allowed, decision.denied) if example is not None]
    traces = [example.trace for example in (*sides, *(part.example for part in (parts.parts if parts else ())))]
    return {
        "verdict": _VERDICTS[decision.verdict],
        "direction": question.direction.value,
        "place": place_answer(question.subject),
        "asked": asked_flows(question.asked),
        "asked_text": asked_text_of(question),
        "source_name": end_name(question.source),
        "destination_name": end_name(question.destination),
        "depends_on": tuple(dependency_answer(unknown) for unknown in decision.unknowns),
        "rests_on": premises(question, traces),
        "assumptions": used_assumptions(question),
        "notes": question.notes,
        "diagnostics": question.diagnostics,
    }


def asked_text_of(question: Question) -> str:
    """`tcp Internet → 10.0.0.4:443`: the ends as they were named, where they were."""
    asked = question.asked
    source = end_text(end_name(question.source), format_ports(asked.source_port))
    target = end_text(end_name(question.destination), format_ports(asked.destination_port))
    return f"{format_protocols(asked.protocol)} {source} → {target}"


def end_name(end: Endpoint) -> str:
    whole = all(part.is_full for part in (end.addresses.v4, end.addresses.v6) if part)
    return ", ".join(end.terms) or end.anywhere or ("*" if whole else str(end.addresses))


def place_answer(subject: Subject) -> PlaceAnswer:
    thing = subject.nic or subject.private_endpoint or subject.nsg or subject.subnet
    return PlaceAnswer(subject.kind.value, subject.name, thing.id if thing else None)


def _named_step(question: Question, trace: Trace) -> Step | None:
    """The step whose rule IP flow verify names: the one that denied, or of those that let the flow pass the one that
    the assumption `rule-named-on-allow` says."""
    if not trace.allowed:
        return trace.decisive
    steps = [step for step in trace.steps if step.rule is not None]
    named = named_on_allow([origin_of(step.rule) for step in steps if step.rule is not None], question.assumptions)
    return trace.decisive if named is None else steps[named]


def deciding_parts(question: Question, decision: Decision, limit: int = PARTS_LIMIT) -> Partition:
    """The asked flows by the rule that settles them; parts of one written rule are one part, and what the platform
    does comes last."""
    single = decision.allowed or decision.denied
    if _is_single(question.asked) and single is not None:
        step = single.trace.decisive
        part = Part((None, None, single.trace.allowed), single.trace.allowed, step, single, (question.asked,))
        return Partition((part,), complete=True)
    found = _merged(partition(question.filter_chain.chain, question.asked, limit=limit))
    return replace(found, parts=tuple(sorted(found.parts, key=lambda part: _is_platforms(question, part))))


def _is_single(asked: FlowSet) -> bool:
    """Whether one flow is asked about, whatever its ports if it has none."""
    addresses = asked.source.v4.size + asked.source.v6.size, asked.destination.v4.size + asked.destination.v6.size
    sizes = (asked.protocol.size, *addresses, asked.source_port.size, asked.destination_port.size)
    return all(size == 1 for size in sizes)


def _is_platforms(question: Question, part: Part) -> bool:
    return (
        part.step is not None and layer_kind(question.filter_chain.chain.layers[part.step.layer]) is LayerKind.PLATFORM
    )


def _merged(found: Partition) -> Partition:
    merged: dict[object, Part] = {}
    for part in found.parts:
        rule = part.step.rule if part.step else None
        key = (part.allowed, part.step.layer, id(origin_of(rule).rule)) if part.step and rule else part.allowed
        merged[key] = part if key not in merged else _joined(merged[key], part)
    return replace(found, parts=tuple(merged.values()))


def _joined(one: Part, other: Part) -> Part:
    flows = None if one.flows is None or other.flows is None else one.flows + other.flows
    return replace(one, flows=flows)


def _part(question: Question, part: Part) -> PartAnswer:
    example = example_answer(question, part.example)
    flows = None if part.flows is None else tuple(asked_flows(flows) for flows in part.flows)
    return PartAnswer("Allow" if part.allowed else "Deny", example.rule, flows, example)


def example_answer(question: Question, example: Example) -> FlowExample:
    chain = question.filter_chain.chain
    return flow_example(chain, example, _named_step(question, example.trace), question.assumptions)


def _side(question: Question, example: Example | None) -> FlowExample | None:
    return None if example is None else example_answer(question, example)


def dependency_answer(unknown: Unknown) -> Dependency:
    return Dependency(unknown.name, unknown.kind.value, unknown.reason, unknown.source.location)


def used_assumptions(question: Question, besides: Set[str] = frozenset()) -> tuple[AssumptionUsed, ...]:
    """Those that hold for the place as a whole, those that the asked flows reach, and those behind the names of their
    ends; `besides` some that are known."""
    filters = question.filter_chain
    ends = (*question.source.assumptions, *question.destination.assumptions)
    names = {*filters.assumptions, *ends, *used_doubts(filters.chain, question.asked, besides)} - besides
    chosen = question.assumptions
    return tuple(
        AssumptionUsed(name, chosen[name], chosen.statement(name), ASSUMPTIONS[name].choices) for name in sorted(names)
    )
