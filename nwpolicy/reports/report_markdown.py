"""The report as Markdown: a comment on a pull request, or the summary of a job, each within the size that GitHub keeps.

What does not fit is left out from the least urgent entries on, and counted. The first line tells this comment from
others, so that it can be updated in place.

Sources: GitHub Docs, REST API endpoints for issue comments (65,536 characters); Workflow commands for GitHub Actions,
job summaries (1 MiB).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.differences import LonePlace, SideAnswer
from nwpolicy.queries.lint.finding import Finding, Suppressed
from nwpolicy.queries.report.answers import (
    AssertionChange,
    DefinitionChange,
    OpenQuestion,
    PolicyChange,
    Report,
    Risk,
    RouteChange,
    RouteSide,
    RuleChange,
)
from nwpolicy.queries.report.assertions import is_worth_telling
from nwpolicy.reports.difference import default_text, way_in_text
from nwpolicy.reports.markdown import code, prose
from nwpolicy.reports.report_words import (
    EFFECTS,
    RISKS,
    Links,
    assertion_text,
    definition_text,
    hops_text,
    kind_text,
    left_out_text,
    place_text,
    policy_text,
    route_name,
    side_word,
    values_text,
)

__all__ = ["COMMENT", "MARKER", "SUMMARY", "report_markdown"]

MARKER: Final = "<!-- nwpolicy-report -->"
#: The sizes that are kept of a comment, and of a summary, in bytes: no text has fewer of them than characters.
COMMENT: Final = 65_536
SUMMARY: Final = 1_048_576
#: More entries than these are no help to a reader of a comment.
_MOST: Final = {COMMENT: 40, SUMMARY: 500}
_RANGES: Final = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Section:
    """Entries below a title, each one line. One that is `folded` is opened by who wants to read it."""

    title: str
    entries: tuple[str, ...]
    head: tuple[str, ...] = ()
    folded: bool = False

    def text(self, most: int) -> str:
        shown = self.entries[:most]
        left = len(self.entries) - len(shown)
        more = [f"\n… and {left:,} more"] if left else []
        head = self.head if shown else ()
        body = "\n".join((*head, *shown, *more))
        if self.folded:
            return f"<details><summary>{self.title} ({len(self.entries):,})</summary>\n\n{body}\n\n</details>\n"
        return f"### {self.title}\n\n{body}\n"


def report_markdown(report: Report, links: Links, size: int = COMMENT) -> str:
    """The report in at most `size` bytes."""
    head = "\n".join(_head(report))
    sections = [section for section in _sections(report, links) if section.entries]
    most = [_MOST.get(size, _MOST[COMMENT])] * len(sections)
    text = _whole(head, sections, most)
    while len(text.encode()) > size and any(most):
        last = max(index for index, number in enumerate(most) if number == max(most))
        most[last] //= 2
        text = _whole(head, sections, most)
    return text


def _whole(head: str, sections: Sequence[_Section], most: Sequence[int]) -> str:
    return "\n".join((head, *(section.text(number) for section, number in zip(sections, most, strict=True))))


def _head(report: Report) -> Iterator[str]:
    yield MARKER
    yield f"## Network rules: {prose(report.sentence, whole=True)}"
    yield ""
    yield f"{code(report.before)} → {code(report.after)}"
    yield ""


def _sections(report: Report, links: Links) -> Iterator[_Section]:
    """What is read first stands first."""
    yield _rules("Paths", report.changes, links)
    yield _routes(report.route_changes, links)
    yield _list("Policy", report.policy_changes, lambda one: _policy(one, links))
    told = [one for one in report.assertions if is_worth_telling(one)]
    yield _list("Assertions", told, lambda one: _assertion(one, links))
    yield _list("New findings", report.new_findings, lambda one: _finding(one, links))
    yield _list("Newly silenced findings", report.silenced_findings, lambda one: _silenced(one, links))
    yield _list("Open questions", report.open_questions, lambda one: _question(one, links))
    yield _list("Not compared", report.unread, lambda one: f"{prose(one.text)} {_place(one.location, links)}")
    yield _list("Could not be settled", report.undecided, prose)
    lone = [_lone("gone", one, links) for one in report.only_before]
    lone += [_lone("new", one, links) for one in report.only_after]
    lone += [f"open by default: {prose(default_text(one))}" for one in report.by_default]
    yield _list("On one side only", lone, str, folded=True)
    yield _list("Reworded without effect", report.reworded, lambda one: _definition(one, links), folded=True)
    yield _list(
        "Other definitions that changed", report.other_definitions, lambda one: _definition(one, links), folded=True
    )
    yield _list("Mended findings", report.mended_findings, lambda one: _finding(one, links), folded=True)
    yield _list("Not understood", report.not_understood, lambda one: prose(left_out_text(one)), folded=True)
    yield _list(
        "Warnings",
        report.diagnostics,
        lambda one: f"{prose(one.message)} {_place(one.location, links)}",
        folded=True,
    )
    yield _premises(report)


def _list(title: str, entries: Iterable[T], text: Callable[[T], str], *, folded: bool = False) -> _Section:
    return _Section(title, tuple(f"- {text(one)}" for one in entries), folded=folded)


# --- paths ---


def _rules(title: str, changes: Sequence[RuleChange], links: Links) -> _Section:
    head = ("| | | from | to | protocol and ports | before | now | for example |", "|---|---|---|---|---|---|---|---|")
    return _Section(title, tuple(_rule_row(one, links) for one in changes), head)


def _rule_row(one: RuleChange, links: Links) -> str:
    change = one.change
    flows = change.in_short
    more = "" if flows is change.flows else "<br>with exceptions"
    kind = f"**{kind_text(change)}**" + (f"<br>{RISKS[one.risk]}" if one.risk is not Risk.NONE else "")
    witness = code(change.witness.text) + (f" if {code(values_text(change.witness))}" if change.witness.values else "")
    columns = [(parts.source, parts.destination, parts.service) for parts in flows]
    ends = [_column(column) for column in zip(*columns, strict=True)]
    ends[2] += more
    led = way_in_text(change)
    after = (_side(change.after, links), *((prose(" ".join(led)),) if led else ()))
    sides = (_side(change.before, links), "<br>".join(after) + _because(one, links))
    return f"| {' | '.join((str(one.number), kind, *ends, *sides, witness))} |"


def _column(texts: Sequence[str]) -> str:
    """One text, where it is the same for all sets of flows; else a line for each."""
    return "<br>".join(map(code, texts if len(set(texts)) > 1 else texts[:1]))


def _side(side: SideAnswer, links: Links) -> str:
    if side.rule is None or side.rule.statement is not None or side.access == "Depends":
        return prose(side_word(side))
    rule = side.rule
    priority = f" {rule.priority}" if rule.priority is not None else ""
    place = f" {_place(rule.location, links)}" if rule.location is not None else ""
    return f"{side_word(side)} {code(rule.name)}{priority}<br>{code(rule.layer)}{place}"


def _because(one: RuleChange, links: Links) -> str:
    """What made it so, where that is not one of the rules that decide."""
    decisive = {side.rule.location for side in (one.change.before, one.change.after) if side.rule is not None}
    others = [cause for cause in one.because if not decisive & {cause.before, cause.after}]
    if not others:
        return ""
    more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
    return f"<br>because of {_definition(others[0], links)}{more}"


def _place(location: SourceLocation, links: Links) -> str:
    url = links.url(location)
    return f"[{code(links.text(location))}]({url})" if url is not None else code(links.text(location))


# --- routes ---


def _routes(changes: Sequence[RouteChange], links: Links) -> _Section:
    head = ("| | | from | to | before | now | for example |", "|---|---|---|---|---|---|---|")
    return _Section("Routes", tuple(_route_row(one, links) for one in changes), head)


def _route_row(one: RouteChange, links: Links) -> str:
    shown = "<br>".join(map(code, one.destinations[:_RANGES]))
    more = f"<br>and {len(one.destinations) - _RANGES:,} more" if len(one.destinations) > _RANGES else ""
    sides = (_hops(one.before, links), _hops(one.after, links))
    cells = (
        str(one.number),
        f"**{EFFECTS[one.effect]}**",
        code(one.place_text),
        shown + more,
        *sides,
        code(one.example),
    )
    return f"| {' | '.join(cells)} |"


def _hops(side: RouteSide, links: Links) -> str:
    routes = []
    for route in side.routes[:2]:
        place = f" {_place(route.location, links)}" if route.location is not None else ""
        routes.append(f"<br>by {code(route_name(route))}{place}")
    return prose(hops_text(side)) + "".join(routes)


# --- lists ---


def _policy(one: PolicyChange, links: Links) -> str:
    kind, name, what = policy_text(one)
    told = f"{kind} **{code(name)}** {prose(what)}"
    for word, said in (("was", one.before), ("now", one.after)):
        if said is not None:
            told += f"<br>{word} {code(' '.join(said.lines))} {_place(said.location, links)}"
    return told


def _assertion(one: AssertionChange, links: Links) -> str:
    result = one.result
    where = f" in {code(result.environment)}" if result.environment else ""
    shown = f" For example {code(result.witness.text)}." if result.witness is not None and one.after is not None else ""
    text = f"**{code(result.name)}**{where} {assertion_text(one)}: {code(result.text)}."
    return f"{text}{shown} {_place(result.location, links)}"


def _finding(one: Finding, links: Links) -> str:
    may = "" if one.certain else "may be: "
    example = f" For example {code(one.witness)}." if one.witness else ""
    return f"**{one.severity.value}** {one.rule} {may}{prose(one.message)}.{example} {_place(one.location, links)}"


def _silenced(one: Suppressed, links: Links) -> str:
    return f"{_finding(one.finding, links)} {code(one.reason)}"


def _question(one: OpenQuestion, links: Links) -> str:
    numbers = ", ".join(map(str, one.changes))
    place = f" {_place(one.unknown.location, links)}" if one.unknown.location is not None else ""
    return f"{code(one.unknown.name)} ({prose(one.unknown.reason)}) decides about {numbers}{place}"


def _definition(one: DefinitionChange, links: Links) -> str:
    kind, name, what = definition_text(one)
    at = one.after or one.before
    place = f" {_place(at, links)}" if at is not None else ""
    return f"{kind} {code(name)} {prose(what)}{place}"


def _lone(word: str, one: LonePlace, links: Links) -> str:
    return f"{word}: {code(place_text(one.place))} {_place(one.location, links)}"


def _premises(report: Report) -> _Section:
    """What the report rests on."""
    lines = [f"- {code(fact)}" for fact in report.rests_on]
    lines += [f"- assumed: {prose(one.statement)} ({code(f'{one.name}={one.choice}')})" for one in report.assumptions]
    lines += [f"- taken to be the same before and after: {code(name)}" for name in report.assumed_equal]
    lines += [f"- same meaning (proved): {report.totals.places_same:,} places"] if report.totals.places_same else []
    lines += [
        f"- rules of {code(place_text(place))} changed, where nothing in the input is reached by it"
        for place in report.unreached
    ]
    return _Section("What this rests on", tuple(lines), folded=True)
