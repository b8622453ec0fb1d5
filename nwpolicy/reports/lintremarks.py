"""Findings as remarks, in the forms of build systems."""

from __future__ import annotations

from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.reports.annotations import azure_commands, github_commands
from nwpolicy.reports.codequality import code_quality
from nwpolicy.reports.linting import sentence, summary
from nwpolicy.reports.remarks import Remark

__all__ = ["azure_text", "github_text", "gitlab_text"]


def github_text(answer: LintAnswer) -> str:
    return github_commands(map(_remark, answer.findings), _undecided(answer), summary(answer))


def azure_text(answer: LintAnswer) -> str:
    return azure_commands(map(_remark, answer.findings), _undecided(answer), summary(answer))


def gitlab_text(answer: LintAnswer) -> str:
    return code_quality(map(_remark, answer.findings))


def _undecided(answer: LintAnswer) -> list[str]:
    return [f"undecided: {text}" for text in answer.undecided]


def _remark(finding: Finding) -> Remark:
    words = ("example", finding.witness), ("help", finding.help)
    return Remark(
        code=finding.rule,
        name=finding.name,
        severity=finding.severity,
        sentence=sentence(finding),
        reason=finding.reason,
        more=tuple(f"{word}: {text}" for word, text in words if text),
        location=finding.location,
        fingerprint=finding.fingerprint,
    )
