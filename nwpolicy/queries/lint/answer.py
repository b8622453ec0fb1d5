"""What is asked of the linter, and what it answers; apart from the checks, which a known answer does not need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Final

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.baseline import Known, apply_baseline
from nwpolicy.queries.lint.catalogue import CATALOGUE, DEFAULT
from nwpolicy.queries.lint.finding import Finding, Suppressed, numbered, told_apart
from nwpolicy.readers.excluding import Patterns

__all__ = ["LintAnswer", "Looked", "Options", "concluded", "is_shown", "may_be_shown"]

_ORDER: Final = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is looked for: ids of rules of the linter, with other severities than their own, and what is known."""

    selected: frozenset[str] = DEFAULT
    severities: Mapping[str, Severity] = field(default_factory=dict)
    lowest: Severity = Severity.NOTE
    """findings below it are counted and not listed"""
    assumptions: Assumptions = DEFAULTS
    baseline: Known | None = None
    listed_only: bool = False
    """leave out what would not be listed, unless a comment of the input is about it: it is not counted then"""
    groups_only: bool = False
    """leave out what the rules of network security groups have no part in: it is not asked for"""
    exclude: Patterns | None = None
    """files that are not looked for in folders"""
    today: date = date.min
    """decides which suppressions have ended; nothing has on the first day of all"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintAnswer:
    """Findings, what was not reported and why, and what could not be settled. `hidden` counts those of a severity that
    was not asked for, `stale` are entries of the baseline that hold what nothing has any more."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found in definitions that belong together, before anything is known of other findings. `day` is
    the one for which that holds, where something in the files ends on a day."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    undecided: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    day: str | None = None


def concluded(looked: Iterable[Looked], options: Options, keep: Callable[[Finding], bool] | None = None) -> LintAnswer:
    """All that was found, as far as it is to be reported."""
    several = tuple(looked)
    ordered = [
        _with_severity(one, options) for one in numbered(told_apart([f for each in several for f in each.findings]))
    ]
    suppressed = [one for each in several for one in each.suppressed]
    stale: tuple[str, ...] = ()
    if options.baseline is not None:
        ordered, known, stale = apply_baseline(ordered, options.baseline)
        suppressed += known
    if keep is not None:
        ordered = [one for one in ordered if keep(one)]
        suppressed = [one for one in suppressed if keep(one.finding)]
    shown = tuple(one for one in ordered if is_shown(one, options))
    return LintAnswer(
        findings=shown,
        suppressed=tuple(suppressed),
        hidden=len(ordered) - len(shown),
        stale=stale,
        undecided=tuple(dict.fromkeys(text for each in several for text in each.undecided)),
        diagnostics=tuple(sorted((d for each in several for d in each.diagnostics), key=lambda found: found.sort_key)),
        files=tuple(dict.fromkeys(name for each in several for name in each.files)),
    )


def is_shown(finding: Finding, options: Options) -> bool:
    """Whether a finding is of a severity that is listed."""
    return _ORDER.index(_severity(finding, options)) >= _ORDER.index(options.lowest)


def may_be_shown(rule_id: str, options: Options) -> bool:
    """Whether findings of a rule may be listed: their severity is that of the rule, or a lower one."""
    severity = options.severities.get(rule_id, CATALOGUE[rule_id].severity)
    return _ORDER.index(severity) >= _ORDER.index(options.lowest)


def _severity(finding: Finding, options: Options) -> Severity:
    return options.severities.get(finding.rule, finding.severity)


def _with_severity(finding: Finding, options: Options) -> Finding:
    severity = _severity(finding, options)
    return finding if severity is finding.severity else replace(finding, severity=severity)
