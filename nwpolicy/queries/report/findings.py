"""What the linter finds on one side only, whatever files and lines it stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.finding import Finding, numbered

__all__ = ["FindingChanges", "finding_changes"]


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """What is new, and what is no longer there."""

    new: tuple[Finding, ...]
    mended: tuple[Finding, ...]


def finding_changes(before: Iterable[Finding], after: Iterable[Finding], file: Callable[[str], str]) -> FindingChanges:
    """By their fingerprints, with files as both sides call them. What is left of the same in another file has only
    moved."""
    old, new = (_marked(side, file) for side in (before, after))
    gone = [finding for mark, finding in old.items() if mark not in new]
    come = [finding for mark, finding in new.items() if mark not in old]
    moved = Counter(map(_matter, gone)) & Counter(map(_matter, come))
    return FindingChanges(_without(come, moved.copy()), _without(gone, moved.copy()))


def _marked(findings: Iterable[Finding], file: Callable[[str], str]) -> dict[str, Finding]:
    """The findings by the fingerprints that both sides share."""

    def shared(finding: Finding) -> Finding:
        return replace(finding, location=replace(finding.location, file=file(finding.location.file)))

    ordered = sorted(findings, key=lambda finding: shared(finding).sort_key)  # the order of `numbered`
    marks = (one.fingerprint for one in numbered(list(map(shared, ordered))))
    return dict(zip(marks, ordered, strict=True))


def _matter(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.subject, finding.detail


def _without(findings: Iterable[Finding], moved: Counter[tuple[str, str, str]]) -> tuple[Finding, ...]:
    left = []
    for finding in findings:
        if moved[_matter(finding)]:
            moved[_matter(finding)] -= 1
        else:
            left.append(finding)
    return tuple(left)
