"""The linter: from a snapshot to findings, in the order of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Final

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.lint.baseline import apply_baseline
from nwpolicy.queries.lint.catalogue import DEFAULT
from nwpolicy.queries.lint.checks import CHECKS
from nwpolicy.queries.lint.checks.written import CODES, finding_of
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding, Suppressed, numbered
from nwpolicy.queries.lint.suppressions import apply_comments

__all__ = ["LintAnswer", "Options", "lint", "refused"]

_ORDER: Final = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is looked for: ids of rules of the linter, with other severities than their own, and what is known."""

    selected: frozenset[str] = DEFAULT
    severities: Mapping[str, Severity] = field(default_factory=dict)
    lowest: Severity = Severity.NOTE
    """findings below it are counted and not listed"""
    assumptions: Assumptions = DEFAULTS
    baseline: Mapping[str, str] | None = None
    today: date = date.min
    """decides which suppressions have ended; nothing has on the first day of all"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintAnswer:
    """Findings, what was not reported and why, and what could not be settled. `hidden` counts those of a severity that
    was not asked for, `stale` are entries of the baseline that nothing has any more."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    hidden: int
    stale: tuple[str, ...]
    undecided: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]

    def worst(self) -> Severity | None:
        """The highest severity among the findings."""
        return max((finding.severity for finding in self.findings), key=_ORDER.index, default=None)


def lint(snapshot: Snapshot, options: Options | None = None) -> LintAnswer:
    """Every finding that the options ask for."""
    options = options or Options()
    facts = Facts(snapshot, options.assumptions)
    found = [
        finding
        for check, ids in CHECKS
        if any(rule_id.startswith(ids) for rule_id in options.selected)
        for finding in check(facts)
        if finding.rule in options.selected
    ]
    left, suppressed = apply_comments(found, facts.documents, options.selected, options.today)
    ordered = [_with_severity(finding, options) for finding in numbered(left)]
    stale: tuple[str, ...] = ()
    if options.baseline is not None:
        ordered, known, stale = apply_baseline(ordered, dict(options.baseline))
        suppressed += known
    shown = tuple(one for one in ordered if _ORDER.index(one.severity) >= _ORDER.index(options.lowest))
    return LintAnswer(
        findings=shown,
        suppressed=tuple(suppressed),
        hidden=len(ordered) - len(shown),
        stale=stale,
        undecided=tuple(facts.undecided),
        diagnostics=tuple(one for one in snapshot.diagnostics if _is_other(one)),
        files=tuple(facts.documents),
    )


def refused(diagnostics: Sequence[Diagnostic], options: Options) -> LintAnswer | None:
    """What keeps the input from being read, where all of it is what rules of the linter are about; None otherwise. The
    other rules say nothing then: they would rest on a part of the input."""
    errors = [one for one in diagnostics if one.severity is Severity.ERROR]
    if not errors or not all(CODES.get(one.code) in options.selected for one in errors):
        return None
    ordered = [_with_severity(finding, options) for finding in numbered([finding_of(error) for error in errors])]
    undecided = ("nothing else was looked at: Azure does not accept the definitions as they stand",)
    return LintAnswer(
        findings=tuple(ordered),
        suppressed=(),
        hidden=0,
        stale=(),
        undecided=undecided,
        diagnostics=(),
        files=tuple(dict.fromkeys(one.location.file for one in errors)),
    )


def _with_severity(finding: Finding, options: Options) -> Finding:
    severity = options.severities.get(finding.rule)
    return finding if severity is None else replace(finding, severity=severity)


def _is_other(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic of the readers is no finding."""
    return diagnostic.severity is not Severity.NOTE and diagnostic.code not in CODES
