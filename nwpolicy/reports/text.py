"""Answers as people read them: the verdict first, then the reason, then the place, then what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import dedent
from typing import TYPE_CHECKING

from nwpolicy.queries.answers import (
    Answer,
    AskedFlows,
    AssumptionUsed,
    EditAnswer,
    FixAnswer,
    FlowExample,
    LayerAnswer,
    MissedRule,
    RuleAnswer,
    VerdictName,
    VerifyAnswer,
    WhyAnswer,
    WhyPart,
)
from nwpolicy.queries.explain import end_text
from nwpolicy.reports.screen import Line, Style, Styled

if TYPE_CHECKING:  # so that the other commands do not load it
    from nwpolicy.queries.cubes import Enumeration
    from nwpolicy.queries.nexthop import NextHopAnswer
    from nwpolicy.queries.routes import RoutesAnswer
    from nwpolicy.queries.troubleshoot_answer import TroubleshootAnswer

__all__ = [
    "HEADS",
    "answer_lines",
    "assumed_line",
    "edit_lines",
    "flow_texts",
    "missed_text",
    "outcome_line",
    "premise_lines",
    "verdict_line",
]

HEADS = {
    VerdictName.ALLOW: ("ALLOWED", Style.ALLOWED),
    VerdictName.DENY: ("DENIED", Style.DENIED),
    VerdictName.MIXED: ("MIXED", Style.DOUBTFUL),
    VerdictName.DEPENDS: ("DEPENDS", Style.DOUBTFUL),
}
#: How much of a list is shown; the JSON output has all of it.
_MISSED_SHOWN = 6
_FLOWS_SHOWN = 4


def verdict_line(answer: Answer) -> Line:
    """The first line: verdict, asked flows, place."""
    word, style = HEADS[answer.verdict]
    return (Styled(word, style), f"  {answer.asked_text}", f"   {answer.direction.lower()} at {answer.place.name}")


def answer_lines(answer: Answer) -> Iterator[Line]:
    """The whole answer."""
    return _why_lines(answer) if isinstance(answer, WhyAnswer) else _verify_lines(answer)


def _verify_lines(answer: Answer) -> Iterator[Line]:
    assert isinstance(answer, VerifyAnswer)
    yield verdict_line(answer)
    if answer.verdict is VerdictName.DEPENDS:
        yield from _dependence(answer)
    elif len(answer.parts) == 1:
        yield from _settled(answer.parts[0].rule, answer.parts[0].access)
        if not _is_single(answer.asked):
            yield (f"  e.g. {answer.parts[0].example.text}",)
    else:
        yield from _partition(answer)
    yield from premise_lines(answer)


def _why_lines(answer: WhyAnswer) -> Iterator[Line]:
    yield verdict_line(answer)
    if answer.verdict is VerdictName.DEPENDS:
        yield from _dependence(answer)
    place = _rest([(part.example.rule, part.flows) for part in answer.parts]) if answer.parts_complete else None
    rest = None if place is None else answer.parts[place]
    for part in answer.parts:
        yield ()
        if len(answer.parts) > 1:
            yield from _part_head(answer, part, is_rest=part is rest)
        width = max((len(layer.name) for layer in part.layers), default=0)
        for number, layer in enumerate(part.layers, 1):
            yield from _layer(number, layer, width)
    yield from _more_parts(answer.parts_complete, len(answer.parts))
    yield from _fix(answer)
    yield from premise_lines(answer)


def _settled(rule: RuleAnswer | None, access: str) -> Iterator[Line]:
    word = "allowed" if access == "Allow" else "denied"
    if rule is None:
        yield (f"  {word}: no rule applies, nothing filters this traffic",)
        return
    if rule.statement is not None:
        yield (f"  {word}: {rule.statement}",)
        return
    yield (f"  {word} by ", *_rule(rule))
    yield (f"  in {rule.layer}",)


def _rule(rule: RuleAnswer) -> Line:
    priority = f" ({rule.priority})" if rule.priority is not None else ""
    place = f"   {rule.location}" if rule.location else ""
    return (Styled(rule.rule_name or rule.name, Style.STRONG), priority, place)


def _partition(answer: VerifyAnswer) -> Iterator[Line]:
    rest = _rest([(part.rule, part.flows) for part in answer.parts]) if answer.parts_complete else None
    layers = {part.rule.layer for part in answer.parts if part.rule and part.rule.statement is None}
    for index, part in enumerate(answer.parts):
        word, style = ("allowed", Style.ALLOWED) if part.access == "Allow" else ("denied ", Style.DENIED)
        rule = part.rule
        name = _rule(rule) if rule and rule.statement is None else (_nameless(rule),)
        layer = f"   in {rule.layer}" if rule and rule.layer in layers and len(layers) > 1 else ""
        yield ("  ", Styled(word, style), "  ", *name, Styled(layer, Style.FAINT))
        for line in ["everything else"] if index == rest else flow_texts(answer, part.flows):
            yield (f"           {line}",)
        yield (f"           e.g. {part.example.text}",)
    yield from _more_parts(answer.parts_complete, len(answer.parts))


def _rest(parts: Sequence[tuple[RuleAnswer | None, tuple[AskedFlows, ...] | None]]) -> int | None:
    """The part that reads best as "everything else": that of the last rule, if it takes several sets of flows."""
    by_rules = [index for index, (rule, _) in enumerate(parts) if rule is None or rule.statement is None]
    flows = parts[by_rules[-1]][1] if len(by_rules) > 1 else ()
    return by_rules[-1] if flows is None or len(flows) > 1 else None


def _nameless(rule: RuleAnswer | None) -> str:
    return rule.statement or rule.name if rule else "no rule applies"


def _more_parts(complete: bool, shown: int) -> Iterator[Line]:
    if shown and not complete:
        yield (f"  more rules than these {shown} settle some of these flows",)


def flow_texts(answer: Answer, flows: Sequence[AskedFlows] | None) -> Iterator[str]:
    """The first of some sets of flows, and how many there are else."""
    if flows is None:
        return
    yield from (_flows(answer, flow) for flow in flows[:_FLOWS_SHOWN])
    if len(flows) > _FLOWS_SHOWN:
        yield f"and {len(flows) - _FLOWS_SHOWN} more sets of flows"


def _flows(answer: Answer, flows: AskedFlows) -> str:
    """A set of flows; an end that is all that was asked has the name that it was asked by."""
    source = answer.source_name if flows.source == answer.asked.source else flows.source
    target = answer.destination_name if flows.destination == answer.asked.destination else flows.destination
    source, target = end_text(source, flows.source_port), end_text(target, flows.destination_port)
    return f"{flows.protocol} {source} → {target}"


def _is_single(flows: AskedFlows) -> bool:
    """Whether it reads as one flow."""
    return not any(mark in field for field in (flows.source, flows.destination) for mark in ("*", "/", ",", "-"))


def _dependence(answer: Answer) -> Iterator[Line]:
    for unknown in answer.depends_on:
        place = f" ({unknown.location})" if unknown.location else ""
        yield ("  on ", Styled(unknown.name, Style.STRONG), f"{place}: {unknown.reason}")
    if isinstance(answer, VerifyAnswer):
        yield from _if_so("allowed", Style.ALLOWED, answer.allowed)
        yield from _if_so("denied ", Style.DENIED, answer.denied)


def _if_so(word: str, style: Style, example: FlowExample | None) -> Iterator[Line]:
    if example is None:
        return
    values = " and ".join(f"{value.name} = {value.value}" for value in example.values) or "nothing else matters"
    yield ("  ", Styled(word, style), f"  for example if {values}")
    by = f" by {example.rule.rule_name or example.rule.name}" if example.rule else ""
    yield (f"           {example.text}{by}",)


def _part_head(answer: Answer, part: WhyPart, *, is_rest: bool) -> Iterator[Line]:
    word, style = ("ALLOWED", Style.ALLOWED) if part.access == "Allow" else ("DENIED", Style.DENIED)
    rest = [f"everything else, for example {part.example.text}"] if is_rest else []
    flows = rest or list(flow_texts(answer, part.flows)) or [part.example.text]
    yield (Styled(word, style), f"  {flows[0]}")
    for line in flows[1:]:
        yield (f"  {line}",)


def _layer(number: int, layer: LayerAnswer, width: int) -> Iterator[Line]:
    if not layer.reached:
        would = _WOULD.get(layer.outcome, "would allow")
        by = f" ({layer.rule.name}, {layer.rule.priority})" if layer.rule else ""
        yield ("  ·  ", Styled(f"{layer.name:<{width}}  not reached; {would}{by}", Style.FAINT))
        return
    yield (f"  {number}  {layer.name:<{width}}  ", *outcome_line(layer))
    if layer.missed:
        yield ("       would have decided otherwise but for:",)
    shown = layer.missed[:_MISSED_SHOWN]
    names = max((len(missed.rule.name) for missed in shown), default=0)
    for missed in shown:
        yield _missed(missed, names)
    if len(layer.missed) > _MISSED_SHOWN:
        yield (f"         and {len(layer.missed) - _MISSED_SHOWN} rules that match less",)


_WOULD = {"deny": "would deny", "none": "no rule would match", "depends": "depends on what is unknown"}


def outcome_line(layer: LayerAnswer) -> Line:
    """What a layer that flows reach does."""
    rule = layer.rule
    if rule is None:
        return (Styled("no rule matches", Style.FAINT), "  → next layer")
    word, style = {
        "deny": ("DENY", Style.DENIED),
        "pass": ("ALLOW", Style.ALLOWED),
        "accept": ("ALWAYS ALLOW", Style.ALLOWED),
    }[layer.outcome]
    if rule.statement is not None:
        return (Styled(word, style), f"  {rule.statement}")
    priority = f"  priority {rule.priority}" if rule.priority is not None else ""
    return (Styled(word, style), f"  {rule.name}{priority}", f"   {rule.location}" if rule.location else "")


def _missed(missed: MissedRule, width: int) -> Line:
    priority = "" if missed.rule.priority is None else str(missed.rule.priority)
    place = f"   {missed.rule.location}" if missed.rule.location else ""
    return (f"         {missed.rule.name:<{width}}  {priority:>5}  {missed_text(missed)}", Styled(place, Style.FAINT))


def missed_text(missed: MissedRule) -> str:
    """What kept a rule from matching."""
    return "; ".join(f"{_FIELDS[field.field]} {field.rule_has} ≠ {field.asked}" for field in missed.failed)


_FIELDS = {
    "protocol": "protocol",
    "source": "source",
    "sourcePort": "source port",
    "destination": "destination",
    "destinationPort": "port",
    "condition": "condition",
}


def _fix(answer: WhyAnswer) -> Iterator[Line]:
    if answer.no_fix is not None:
        yield ()
        yield (Styled("No fix", Style.STRONG), f"  {answer.no_fix}")
    if answer.fix is None:
        return
    yield ()
    yield from _fix_head(answer.fix)
    for edit in answer.fix.edits:
        yield from edit_lines(edit)
    for effect in answer.fix.side_effects:
        yield (f"  also changes, e.g.: {effect.text}",)
    if answer.fix.opens:
        yield (f"  {answer.fix.opens}",)


def _fix_head(fix: FixAnswer) -> Iterator[Line]:
    proof = "(proved: nothing else changes)" if fix.proved else "(not without side effects)"
    yield (Styled(f"Smallest fix, to {fix.wanted}", Style.STRONG), f"  {proof}")


def edit_lines(edit: EditAnswer) -> Iterator[Line]:
    """A change of a file: where and what, and the lines that go and come."""
    place = f"{edit.location}  " if edit.location else ""
    yield (f"  {place}{edit.description}",)
    if edit.text is None:
        return
    for line in _block(edit.replaced):
        yield ("    ", Styled(f"- {line}", Style.DENIED))
    for line in _block(edit.text):
        yield ("    ", Styled(f"+ {line}", Style.ALLOWED))


def _block(text: str) -> list[str]:
    """Lines of the file, without the blanks that all of them begin with. The first one may begin inside a line."""
    text = text.strip("\r\n").rstrip()
    if text[:1].isspace():
        return dedent(text).splitlines()
    first, _, rest = text.partition("\n")
    return [first, *dedent(rest).splitlines()] if first else []


def premise_lines(
    answer: Answer | Enumeration | RoutesAnswer | NextHopAnswer | TroubleshootAnswer,
) -> Iterator[Line]:
    """What the answer rests on is part of the answer."""
    lines: list[Line] = [(f"Rests on: {fact}",) for fact in answer.rests_on]
    lines += [(f"Note: {note}",) for note in answer.notes]
    lines += [assumed_line(used) for used in answer.assumptions]
    if lines:
        yield ()
    yield from lines


def assumed_line(used: AssumptionUsed) -> Line:
    """An assumption, and how to choose otherwise."""
    others = ", ".join(f"--assume {used.name}={choice}" for choice in used.choices if choice != used.choice)
    return (f"Assumed: {used.statement}", Styled(f"  (otherwise: {others})", Style.FAINT))
