"""Findings that are known, so that only new ones count; as a baseline one finding a line, sorted, so that they merge.

A finding that has grown is new: it is known only where each of its parts is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.queries.lint.finding import Finding, Suppressed

__all__ = [
    "BaselineError",
    "Known",
    "apply_baseline",
    "baseline_text",
    "is_known",
    "known_of",
    "parse_baseline",
    "told",
]

#: The parts of findings, by their identities.
Known: TypeAlias = Mapping[str, frozenset[str]]

_VERSION: Final = 1
#: So many of the parts that are new are named.
_NAMED: Final = 3


class BaselineError(ValueError):
    """A text that is no baseline."""


def baseline_text(findings: Iterable[Finding]) -> str:
    """A baseline of these findings."""
    lines = ",\n".join(f"    {json.dumps(_entry(one))}" for one in sorted(findings, key=lambda one: one.identity))
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "nwpolicyBaseline": {_VERSION},\n  "findings": {listed}\n}}\n'


def _entry(finding: Finding) -> dict[str, object]:
    named = {"rule": finding.rule, "file": finding.location.file, "subject": finding.subject}
    return {"fingerprint": finding.identity, **named, **({"parts": sorted(finding.parts)} if finding.parts else {})}


def parse_baseline(text: str) -> dict[str, frozenset[str]]:
    """The findings of a baseline. Raises BaselineError."""
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.get("nwpolicyBaseline") != _VERSION:
            raise BaselineError(f'it has no "nwpolicyBaseline": {_VERSION}')
        return {str(entry["fingerprint"]): frozenset(map(str, entry.get("parts", ()))) for entry in raw["findings"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BaselineError(
            str(error) if isinstance(error, BaselineError) else "it is not in the form of one"
        ) from None


def known_of(findings: Iterable[Finding]) -> Known:
    """What is known with these findings."""
    return {finding.identity: frozenset(finding.parts) for finding in findings}


def is_known(finding: Finding, known: Known) -> bool:
    """Whether it is there already, and has not grown."""
    return finding.identity in known and known[finding.identity].issuperset(finding.parts)


def told(finding: Finding, known: Known) -> Finding:
    """The finding, with what is new of it where not everything is."""
    new = [part for part in finding.parts if part not in known.get(finding.identity, ())]
    if not new or len(new) == len(finding.parts):
        return finding
    more = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
    return replace(finding, reason="; ".join(filter(None, (finding.reason, f"new: {', '.join(new[:_NAMED])}{more}"))))


def apply_baseline(
    findings: Iterable[Finding], known: Known
) -> tuple[list[Finding], list[Suppressed], tuple[str, ...]]:
    """New findings, known ones, and the fingerprints of entries that hold more than there is."""
    new, old = [], []
    met: dict[str, tuple[str, ...]] = {}
    for finding in findings:
        met[finding.identity] = finding.parts
        if is_known(finding, known):
            old.append(Suppressed(finding, "external", "it is in the baseline"))
        else:
            new.append(told(finding, known))
    stale = (mark for mark, parts in known.items() if mark not in met or not parts.issubset(met[mark]))
    return new, old, tuple(stale)
