"""Findings as a Code Quality report of GitLab.

Source: GitLab Docs, Code Quality, "Code Quality report format".
"""

from __future__ import annotations

from typing import Any, Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.reports.jsonform import dumps
from nwpolicy.reports.linting import sentence
from nwpolicy.reports.screen import clean

__all__ = ["gitlab_text"]

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def gitlab_text(answer: LintAnswer) -> str:
    """A list, empty if there is nothing to say."""
    return f"{dumps([_entry(finding) for finding in answer.findings], indent=2)}\n"


def _entry(finding: Finding) -> dict[str, Any]:
    span = finding.location.span
    reason = f" ({finding.reason})" if finding.reason else ""
    return {
        "description": clean(f"{finding.rule} {sentence(finding)}{reason}"),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": finding.location.file.replace("\\", "/").removeprefix("./"),
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }
