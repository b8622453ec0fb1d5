"""Assertions that do not hold, or are not proved, as remarks in the forms of build systems."""

from __future__ import annotations

from nwpolicy.queries.check.answers import CheckAnswer, ResultAnswer, counted
from nwpolicy.reports.annotations import azure_commands, github_commands
from nwpolicy.reports.check_sarif import STATES, fingerprint, message, places
from nwpolicy.reports.codequality import code_quality
from nwpolicy.reports.remarks import Remark

__all__ = ["azure_text", "github_text", "gitlab_text"]


def github_text(answer: CheckAnswer) -> str:
    return github_commands(map(_remark, answer.failures), (), counted(answer.totals))


def azure_text(answer: CheckAnswer) -> str:
    return azure_commands(map(_remark, answer.failures), (), counted(answer.totals))


def gitlab_text(answer: CheckAnswer) -> str:
    return code_quality(map(_remark, answer.failures))


def _remark(result: ResultAnswer) -> Remark:
    code, _, severity = STATES[result.state]
    sentence, reason, *more = message(result)
    return Remark(
        code=code,
        name=result.name,
        severity=severity,
        sentence=sentence,
        reason=reason,
        more=(*more, *(f"{text}: {place}" for place, text in places(result))),
        location=result.location,
        fingerprint=fingerprint(result),
    )
