"""The report for terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.report.answers import (
    AssertionChange,
    PolicyChange,
    Report,
    ReportVerdict,
    Risk,
    RouteChange,
    RuleChange,
)
from nwpolicy.queries.report.assertions import is_worth_telling
from nwpolicy.reports.difference import change_lines, default_text
from nwpolicy.reports.report_words import (
    EFFECTS,
    RISKS,
    Links,
    assertion_text,
    definition_text,
    hops_text,
    left_out_text,
    place_text,
    policy_text,
    route_name,
)
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = ["report_head", "report_lines"]

#: So many entries of a list are shown; JSON has all of them.
_CHANGES: Final = 40
_ENTRIES: Final = 8
_RANGES: Final = 4
_STYLES: Final = {
    ReportVerdict.SAME: Style.ALLOWED,
    ReportVerdict.CHANGED: Style.DENIED,
    ReportVerdict.MAY_CHANGE: Style.DOUBTFUL,
}


def report_head(report: Report) -> Line:
    """The verdict."""
    return (Styled(report.sentence, _STYLES[report.verdict]),)


def report_lines(report: Report, links: Links) -> Iterator[Line]:
    """The whole report."""
    yield report_head(report)
    yield (Styled(f"{report.before} → {report.after}", Style.FAINT),)
    for change in report.changes[:_CHANGES]:
        yield from _rule_change(change)
    yield from _rest(report.changes, _CHANGES, "changes")
    for route in report.route_changes[:_CHANGES]:
        yield from _route_change(route)
    yield from _rest(report.route_changes, _CHANGES, "changes of routes")
    yield from _policy(report.policy_changes, links)
    yield from _assertions([one for one in report.assertions if is_worth_telling(one)])
    yield from _findings("new", report.new_findings, links)
    yield from _findings("silenced", [one.finding for one in report.silenced_findings], links)
    yield from _findings("mended", report.mended_findings, links)
    yield from _listed("without effect", [" ".join(definition_text(one)) for one in report.reworded])
    yield from _listed("also changed", [" ".join(definition_text(one)) for one in report.other_definitions])
    yield from _listed("only before", [place_text(lone.place) for lone in report.only_before])
    yield from _listed("only now", [place_text(lone.place) for lone in report.only_after])
    yield from _listed("open by default", list(map(default_text, report.by_default)))
    yield from _listed("same meaning (proved)", list(map(place_text, report.same)))
    yield from _premises(report)


def _rule_change(one: RuleChange) -> Iterator[Line]:
    first, *rest = change_lines(one.change)
    risk = f"   [{RISKS[one.risk]}]" if one.risk is not Risk.NONE else ""
    yield (f"{one.number:>3}", *first, Styled(risk, Style.STRONG))
    for line in rest:
        yield ("   ", *line)
    causes = {
        one.change.before.rule and one.change.before.rule.name,
        one.change.after.rule and one.change.after.rule.name,
    }
    others = [" ".join(definition_text(cause)) for cause in one.because if cause.name.rpartition("/")[2] not in causes]
    for text in others[:_ENTRIES]:
        yield (f"         because {text}",)


def _route_change(one: RouteChange) -> Iterator[Line]:
    style = Style.DOUBTFUL if one.depends_on else Style.DENIED
    shown = ", ".join(one.destinations[:_RANGES])
    more = f" and {len(one.destinations) - _RANGES} more ranges" if len(one.destinations) > _RANGES else ""
    word = Styled(EFFECTS[one.effect].upper(), style)
    yield (f"{one.number:>3}  ", word, f"  {one.place_text} → {shown}{more}")
    for title, side in (("was ", one.before), ("now ", one.after)):
        routes = ", ".join(f"{route_name(r)}{f'   {r.location}' if r.location else ''}" for r in side.routes[:2])
        yield (f"         {title} {hops_text(side)} by {routes or 'no route'}",)
    yield from ((f"         on   {unknown.name}: {unknown.reason}",) for unknown in one.depends_on)
    yield (f"         e.g. {one.example}",)


def _policy(changes: Sequence[PolicyChange], links: Links) -> Iterator[Line]:
    for one in changes[:_ENTRIES]:
        kind, name, what = policy_text(one)
        yield (
            f"  {kind} ",
            Styled(name, Style.STRONG),
            " ",
            Styled(what, Style.DENIED if one.may_loosen else Style.FAINT),
        )
        for word, said in (("was ", one.before), ("now ", one.after)):
            if said is not None:
                yield (f"      {word} {' '.join(said.lines)}   {links.text(said.location)}",)
    yield from _rest(changes, _ENTRIES, "changes of the policy")


def _assertions(changes: Sequence[AssertionChange]) -> Iterator[Line]:
    for one in changes[:_ENTRIES]:
        style = Style.ALLOWED if one.after is None or one.after.is_good else Style.DENIED
        yield ("  assertion ", Styled(one.result.name, Style.STRONG), " ", Styled(assertion_text(one), style))
        if one.result.witness is not None and one.after is not None:
            yield (f"      e.g. {one.result.witness.text}",)
    yield from _rest(changes, _ENTRIES, "assertions")


def _findings(word: str, findings: Sequence[Finding], links: Links) -> Iterator[Line]:
    for one in findings[:_ENTRIES]:
        yield (f"  {word} ", Styled(one.rule, Style.STRONG), f" {one.message}   {links.text(one.location)}")
    yield from _rest(findings, _ENTRIES, f"{word} findings")


def _listed(title: str, texts: Sequence[str]) -> Iterator[Line]:
    if texts:
        more = f" and {len(texts) - _ENTRIES:,} more" if len(texts) > _ENTRIES else ""
        yield (f"  {title}: {', '.join(texts[:_ENTRIES])}{more}",)


def _rest(entries: Sequence[object], shown: int, what: str) -> Iterator[Line]:
    if len(entries) > shown:
        yield (f"  and {len(entries) - shown:,} more {what} (--output json lists them)",)


def _premises(report: Report) -> Iterator[Line]:
    for question in report.open_questions:
        numbers = ", ".join(map(str, question.changes))
        yield (f"Unknown: {question.unknown.name}: {question.unknown.reason}; decides about {numbers}",)
    yield from ((Styled("not compared", Style.DOUBTFUL), f": {one.text}") for one in report.unread[:_ENTRIES])
    yield from _rest(report.unread, _ENTRIES, "parts that were not compared")
    yield from _listed("taken to be the same before and after", report.assumed_equal)
    yield from ((Styled("undecided", Style.DOUBTFUL), f": {text}") for text in report.undecided)
    yield from _listed("not understood", list(map(left_out_text, report.not_understood)))
    for found in report.diagnostics[:_ENTRIES]:
        yield (Styled("warning", Style.DOUBTFUL), f": {found.message}   {found.location}")
    yield from _rest(report.diagnostics, _ENTRIES, "warnings")
    if report.rests_on:
        yield (f"Rests on: {'; '.join(report.rests_on)}",)
    if report.assumptions:
        yield (Styled(f"Assumes: {', '.join(f'{one.name}={one.choice}' for one in report.assumptions)}", Style.FAINT),)
