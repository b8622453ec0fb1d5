"""Why flows fare as they do: every layer in Azure's order, the rule that settled it, and the rules that nearly did.

Source: Microsoft Learn, NSG diagnostics overview, for the fields on which a rule is reported not to match.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, Unpack

from nwpolicy.azure.origins import LayerKind, layer_kind, origin_of
from nwpolicy.logic.evaluate import MissingValueError, Step, evaluate, failed_fields
from nwpolicy.logic.partitions import Part
from nwpolicy.logic.questions import Example, Verdict, decide
from nwpolicy.model.filters import Chain, Choice, FilterRule, Layer, Outcome
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Rule
from nwpolicy.queries.answers import LayerAnswer, MissedField, MissedRule, WhyAnswer, WhyPart
from nwpolicy.queries.closing import Closing, closed_question
from nwpolicy.queries.explain import asked_flows, field_texts, flow_texts, rule_answer
from nwpolicy.queries.fix import Fixed, smallest_fix
from nwpolicy.queries.question import Ask, AskWords, Question, pose
from nwpolicy.queries.verify import common, deciding_parts, example_answer
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["Want", "why", "why_question"]

Want: TypeAlias = Literal["allow", "deny"]

#: How many deciding rules are explained layer by layer.
_PARTS_LIMIT = 12
_DEPENDS = "the verdict depends on what is unknown: give it a value, or ask with --want for a fix whatever the value is"


def why(estate: Input, *, want: Want | None = None, unknowns: str | None = None, **ask: Unpack[AskWords]) -> WhyAnswer:
    """Answers a question given as keywords of `Ask`; `want` asks for the smallest change that reaches it, which is
    otherwise looked for only where flows are denied. `unknowns`, `any` or `none`, says what counts where it depends.
    Raises QuestionError, Undecided."""
    closing = None if unknowns is None else Closing(unknowns)
    return why_question(pose(loaded(estate), Ask(**ask)), want=want, unknowns=closing)


def why_question(question: Question, *, want: Want | None = None, unknowns: Closing | None = None) -> WhyAnswer:
    decision = open_ = decide(question.filter_chain.chain, question.asked)
    if unknowns is not None:
        question, decision = closed_question(question, open_, unknowns)
    if decision.verdict is Verdict.DEPENDS or decision is not open_:
        sides = [example for example in (decision.allowed, decision.denied) if example is not None]
        parts = tuple(_explained(question, example, None) for example in sides)
        depends = decision.verdict is Verdict.DEPENDS and want is None
        fixed = Fixed(None, _DEPENDS) if depends else _fixed(question, decision.verdict, want)
        found = None
    else:
        found = deciding_parts(question, decision, _PARTS_LIMIT)
        parts = tuple(_explained(question, part.example, part) for part in found.parts)
        fixed = _fixed(question, decision.verdict, want)
    return WhyAnswer(
        **common(question, decision, found),
        parts=parts,
        parts_complete=found is None or found.complete,
        fix=fixed.fix,
        no_fix=fixed.reason,
    )


def _fixed(question: Question, verdict: Verdict, want: Want | None) -> Fixed:
    """Nothing to fix where all is as wanted already, or where nobody asked for a change of what is allowed."""
    wanted = want or "allow"
    if verdict.value == wanted or (verdict is Verdict.ALLOW and want is None):
        return Fixed(None, None)
    return smallest_fix(question, allow=wanted == "allow")


def _explained(question: Question, example: Example, part: Part | None) -> WhyPart:
    chain = question.filter_chain.chain
    layers = tuple(
        answer for index in range(len(chain.layers)) if (answer := _layer(question, index, example)) is not None
    )
    flows = None if part is None or part.flows is None else tuple(asked_flows(flows) for flows in part.flows)
    access = "Allow" if example.trace.allowed else "Deny"
    return WhyPart(access, flows, example_answer(question, example), layers)


def _layer(question: Question, index: int, example: Example) -> LayerAnswer | None:
    """What the layer does; None for what the platform does where it does nothing."""
    layer = question.filter_chain.chain.layers[index]
    reached = index < len(example.trace.steps)
    try:
        step = example.trace.steps[index] if reached else _alone(layer, example)
    except MissingValueError:  # the example needs no value for what it never meets
        return LayerAnswer(layer.name, layer_kind(layer).value, reached, "depends", None, ())
    if layer_kind(layer) is LayerKind.PLATFORM and step.rule is None:
        return None
    return LayerAnswer(
        name=layer.name,
        kind=layer_kind(layer).value,
        reached=reached,
        outcome=step.outcome.value if step.outcome else "none",
        rule=rule_answer(step.rule, layer, step.outcome, question.assumptions) if step.rule and step.outcome else None,
        missed=tuple(_missed(question, layer, step, example)) if reached else (),
    )


def _alone(layer: Layer, example: Example) -> Step:
    """What the layer would do if the flow reached it."""
    return evaluate(Chain((layer,)), example.flow, example.assignment).steps[0]


@dataclass(frozen=True, slots=True)
class _NearMiss:
    """A filter rule that did not match, and the fields that kept it from it."""

    position: int
    rule: FilterRule
    failed: tuple[str, ...]


def _missed(question: Question, layer: Layer, step: Step, example: Example) -> Iterator[MissedRule]:
    """Rules tried before the one that settled the flow, which would have decided otherwise: nearest first."""
    nearest: dict[int, _NearMiss] = {}
    for miss in _misses(layer, step, example):
        written = id(origin_of(miss.rule).rule)
        if written not in nearest or len(miss.failed) <= len(nearest[written].failed):
            nearest[written] = miss
    for miss in sorted(nearest.values(), key=lambda miss: (len(miss.failed), miss.position)):
        yield _missed_rule(question, layer, miss, example)


def _misses(layer: Layer, step: Step, example: Example) -> Iterator[_NearMiss]:
    for position, rule in enumerate(layer.rules):
        if rule is step.rule:
            return
        if rule.outcome is step.outcome or not isinstance(origin_of(rule).rule, Rule):
            continue
        try:
            failed = failed_fields(rule.match, example.flow, example.assignment)
        except MissingValueError:
            continue
        if failed:
            yield _NearMiss(position, rule, failed)


def _missed_rule(question: Question, layer: Layer, miss: _NearMiss, example: Example) -> MissedRule:
    written = origin_of(miss.rule).rule
    assert isinstance(written, Rule)
    has, asked = field_texts(written), flow_texts(example.flow)
    outcome = Outcome.PASS if isinstance(miss.rule.outcome, Choice) else miss.rule.outcome
    fields = tuple(MissedField(name, has[name], asked[name]) for name in miss.failed if name in has)
    return MissedRule(rule_answer(miss.rule, layer, outcome, question.assumptions), fields)
