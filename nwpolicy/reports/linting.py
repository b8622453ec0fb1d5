"""Findings for people: place, rule of the linter, the line with a caret under the value, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.reports.diagnostics import SEVERITY_STYLES, window
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = ["finding_lines", "lint_lines", "sentence", "summary"]

_PLURALS: Final = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}
#: So many of the places that have a part in a finding are shown.
_MAX_RELATED: Final = 6


def lint_lines(answer: LintAnswer, *, quiet: bool = False) -> Iterator[Line]:
    """Every finding, and one line about all of them."""
    for finding in answer.findings:
        if quiet:
            yield _head(finding)
        else:
            yield from finding_lines(finding)
    for text in answer.undecided:
        yield (Styled("undecided", Style.DOUBTFUL), f": {text}")
    yield (summary(answer),)


def finding_lines(finding: Finding) -> Iterator[Line]:
    yield _head(finding)
    yield from window(finding.location.span, finding.excerpt, SEVERITY_STYLES[finding.severity])
    if finding.reason:
        yield ("  = ", finding.reason)
    if finding.witness:
        yield ("  = example: ", finding.witness)
    for related in finding.related[:_MAX_RELATED]:
        yield ("  = see ", f"{related.location}: {related.message}")
    if len(finding.related) > _MAX_RELATED:
        yield ("  = see ", f"{len(finding.related) - _MAX_RELATED} more places (--output json lists them)")
    if finding.help:
        yield ("  = help: ", finding.help)


def _head(finding: Finding) -> Line:
    severity = Styled(finding.severity.value, SEVERITY_STYLES[finding.severity])
    return (f"{finding.location}: ", Styled(finding.rule, Style.STRONG), " ", severity, f": {sentence(finding)}")


def sentence(finding: Finding) -> str:
    """What is found, and whether that is certain."""
    return finding.message if finding.certain else f"may be: {finding.message}"


def summary(answer: LintAnswer) -> str:
    """How much was found, and what was left out."""
    found = answer.findings
    counts = [(severity, sum(one.severity is severity for one in found)) for severity in Severity]
    by_severity = ", ".join(_count(number, severity.value, _PLURALS[severity]) for severity, number in counts if number)
    parts = [f"{_count(len(found), 'finding', 'findings')} ({by_severity})" if found else "no findings"]
    parts[0] += f" in {_count(len(answer.files), 'file', 'files')}"
    fixable = sum(finding.fixable for finding in found)
    if fixable:
        parts.append(f"{fixable} fixable with --fix")
    if answer.hidden:
        parts.append(f"{answer.hidden} of lower severity not shown (--severity note shows them)")
    if answer.suppressed:
        parts.append(f"{len(answer.suppressed)} suppressed")
    if answer.stale:
        parts.append(f"{_count(len(answer.stale), 'entry', 'entries')} of the baseline out of date")
    if answer.undecided:
        parts.append(f"{len(answer.undecided)} undecided")
    return "; ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
