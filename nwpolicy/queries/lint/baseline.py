"""Baselines: findings that are known, so that only new ones count. One finding a line, sorted, so that they merge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from nwpolicy.queries.lint.finding import Finding, Suppressed

__all__ = ["BaselineError", "apply_baseline", "baseline_text", "parse_baseline"]

_VERSION: Final = 1


class BaselineError(ValueError):
    """A text that is no baseline."""


def baseline_text(findings: Iterable[Finding]) -> str:
    """A baseline of these findings."""
    entries = sorted(
        (finding.fingerprint, finding.rule, finding.location.file, finding.subject) for finding in findings
    )
    lines = ",\n".join(
        "    " + json.dumps({"fingerprint": mark, "rule": rule, "file": file, "subject": subject})
        for mark, rule, file, subject in entries
    )
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "nwpolicyBaseline": {_VERSION},\n  "findings": {listed}\n}}\n'


def parse_baseline(text: str) -> dict[str, str]:
    """The fingerprints of a baseline, each with its rule of the linter. Raises BaselineError."""
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.get("nwpolicyBaseline") != _VERSION:
            raise BaselineError(f'it has no "nwpolicyBaseline": {_VERSION}')
        return {str(entry["fingerprint"]): str(entry["rule"]) for entry in raw["findings"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BaselineError(
            str(error) if isinstance(error, BaselineError) else "it is not in the form of one"
        ) from None


def apply_baseline(
    findings: Iterable[Finding], known: dict[str, str]
) -> tuple[list[Finding], list[Suppressed], tuple[str, ...]]:
    """New findings, known ones, and the fingerprints that nothing has any more."""
    new, old = [], []
    for finding in findings:
        if finding.fingerprint in known:
            old.append(Suppressed(finding, "external", "it is in the baseline"))
        else:
            new.append(finding)
    met = {suppressed.finding.fingerprint for suppressed in old}
    return new, old, tuple(mark for mark in known if mark not in met)
