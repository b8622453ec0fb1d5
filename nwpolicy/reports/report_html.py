"""The report as one HTML file that needs nothing else: no network, no other file, and no script to be read.

Every text of the input is escaped by Jinja2. The page's policy lets it run and style itself by the very script and
style that it has here, and nothing else, from wherever it is opened.

Sources: W3C, Content Security Policy Level 3, hashes of inline scripts and styles; W3C, WAI-ARIA.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nwpolicy.queries.differences import ChangeAnswer, ChangeKind
from nwpolicy.queries.report.answers import Report
from nwpolicy.queries.report.assertions import is_worth_telling
from nwpolicy.reports import report_words
from nwpolicy.reports.report_pictures import PictureGroup
from nwpolicy.reports.report_words import Links
from nwpolicy.reports.screen import clean

__all__ = ["report_html"]

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
#: What is not told by colour alone has a sign and a border of its own.
_SIGNS: Final = {"Opened": "+", "Closed": "\N{MINUS SIGN}", "MayChange": "?", "OtherRule": "="}
_CLASSES: Final = {"Opened": "opened", "Closed": "closed", "MayChange": "may", "OtherRule": ""}


def report_html(report: Report, links: Links, pictures: Sequence[PictureGroup] = ()) -> str:
    """The page; the same report gives the same bytes."""
    style, script = (_file(name) for name in ("report.css", "report.js"))
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            links=links,
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            counts=list(_counts(report)),
            filters=list(_filters(report)),
            assertions=[one for one in report.assertions if is_worth_telling(one)],
            premises=list(_premises(report)),
            pictures=pictures,
        )
    )
    return f"{page}\n"


def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalized
    )
    words = {name: getattr(report_words, name) for name in report_words.__all__}
    environment.globals.update(words, columns=_columns, SIGNS=_SIGNS, CLASSES=_CLASSES)
    return environment


def _finalized(value: object) -> object:
    """Text of the input without control characters; what the page itself has made stays as it is."""
    return clean(value) if type(value) is str else value


def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _columns(change: ChangeAnswer) -> tuple[tuple[str, ...], ...]:
    """Sources, destinations and services; what all sets of flows have in common once."""
    rows = [(flows.source, flows.destination, flows.service) for flows in change.flows]
    return tuple(column if len(set(column)) > 1 else column[:1] for column in zip(*rows, strict=True))


def _counts(report: Report) -> Iterator[tuple[int, str]]:
    totals = report.totals
    named = (
        (totals.opened, "opened"),
        (totals.closed, "closed"),
        (totals.may_change, "may change"),
        (totals.rerouted, "rerouted"),
        (totals.newly_violated, "assertions newly violated"),
        (totals.still_violated, "assertions still violated"),
        (totals.new_findings, "new findings"),
        (totals.mended_findings, "findings mended"),
        (totals.reworded_rules, "rules reworded without effect"),
        (totals.places_same, "places with the same meaning"),
    )
    yield from ((count, word) for count, word in named if count)


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
