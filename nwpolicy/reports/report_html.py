"""The report as a page to approve a change from, or not: the riskiest first, with what each change rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.queries.differences import ChangeAnswer, ChangeKind
from nwpolicy.queries.report.answers import Report, RouteEffect
from nwpolicy.queries.report.assertions import is_worth_telling
from nwpolicy.queries.report.sentence import without_effect
from nwpolicy.reports import report_words
from nwpolicy.reports.difference import default_text, way_in_text
from nwpolicy.reports.page import page_text
from nwpolicy.reports.pictures import PictureGroup
from nwpolicy.reports.report_words import Links, kind_text

__all__ = ["report_html"]

_PATH_COLUMNS: Final = ("No.", "Change", "From", "To", "Protocol and ports", "Before", "Now")
_REROUTED: Final = {
    RouteEffect.CUT_OFF: "cut off",
    RouteEffect.REDIRECTED: "redirected",
    RouteEffect.CONNECTED: "newly routed",
    RouteEffect.MAY_CHANGE: "that may be rerouted",
}
_ROUTE_COLUMNS: Final = ("No.", "Change", "From", "To", "Before", "Now")


def report_html(report: Report, links: Links, pictures: Sequence[PictureGroup] = ()) -> str:
    """The page; the same report gives the same bytes."""
    words = {name: getattr(report_words, name) for name in report_words.__all__}
    return page_text(
        "report.html",
        **words,
        PATH_COLUMNS=_PATH_COLUMNS,
        ROUTE_COLUMNS=_ROUTE_COLUMNS,
        columns=_columns,
        default_text=default_text,
        way_in_text=way_in_text,
        report=report,
        links=links,
        counts=list(_counts(report)),
        filters=list(_filters(report)),
        assertions=[one for one in report.assertions if is_worth_telling(one)],
        premises=list(_premises(report)),
        pictures=pictures,
    )


def _columns(change: ChangeAnswer) -> tuple[tuple[str, ...], ...]:
    """Sources, destinations and services; what all sets of flows have in common once."""
    rows = [(flows.source, flows.destination, flows.service) for flows in change.in_short]
    return tuple(column if len(set(column)) > 1 else column[:1] for column in zip(*rows, strict=True))


def _counts(report: Report) -> Iterator[tuple[int, str]]:
    """What the verdict tells, in its order."""
    totals = report.totals
    kinds = Counter(kind_text(one.change) for one in report.changes)
    effects = Counter(one.effect for one in report.route_changes)
    named = (
        *((kinds[word], word) for word in ("opened", "closed", "may open", "may close", "may change")),
        *((effects[effect], f"{_many(effects[effect], 'way')} {word}") for effect, word in _REROUTED.items()),
        (totals.places_added, _many(totals.places_added, "place") + " added"),
        (totals.groups_added, _many(totals.groups_added, "group") + " attached to nothing added"),
        (totals.places_removed, _many(totals.places_removed, "place") + " removed"),
        (totals.groups_removed, _many(totals.groups_removed, "group") + " attached to nothing removed"),
        *((n, f"{_many(n, noun)} {word} without effect") for n, noun, word in without_effect(report.reworded)),
        (len(report.unread), "not compared"),
        (totals.newly_violated, _many(totals.newly_violated, "assertion") + " newly violated"),
        (totals.newly_unproved, _many(totals.newly_unproved, "assertion") + " no longer proved"),
        (totals.newly_excepted, _many(totals.newly_excepted, "assertion") + " newly excepted"),
        (totals.policy_changes, _many(totals.policy_changes, "change") + " of the policy"),
        (totals.still_violated, _many(totals.still_violated, "assertion") + " still violated"),
        (totals.new_findings, _many(totals.new_findings, "new finding")),
        (totals.silenced_findings, _many(totals.silenced_findings, "finding") + " newly silenced"),
        (totals.mended_findings, _many(totals.mended_findings, "finding") + " mended"),
        (totals.places_same, _many(totals.places_same, "place") + " with the same meaning"),
    )
    yield from ((count, word) for count, word in named if count)


def _many(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"


def _filters(report: Report) -> Iterator[tuple[str, str]]:
    """Kinds and risks that there are."""
    kinds = {one.change.kind for one in report.changes}
    yield from ((kind.value, report_words.KINDS[kind]) for kind in ChangeKind if kind in kinds)
    if report.route_changes:
        yield "Route", "routes"
    risks = {one.risk for one in report.changes}
    yield from ((risk.value, word) for risk, word in report_words.RISKS.items() if word and risk in risks)


def _premises(report: Report) -> Iterator[str]:
    yield from report.rests_on
    yield from (f"assumed: {one.statement} ({one.name}={one.choice})" for one in report.assumptions)
    yield from (f"taken to be the same before and after: {name}" for name in report.assumed_equal)
