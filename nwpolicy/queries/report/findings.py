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


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding, and the same as both sides call files and definitions."""

    finding: Finding
    shared: Finding

    @property
    def matter(self) -> tuple[str, str, str]:
        return self.shared.rule, self.shared.subject, self.shared.detail


def finding_changes(
    before: Iterable[Finding],
    after: Iterable[Finding],
    file: Callable[[str], str],
    former: Callable[[str], str] = str,
) -> FindingChanges:
    """By their fingerprints, with files as both sides call them and definitions by their names before. What is left of
    the same in another file has only moved."""
    old, new = _marked(before, file, str), _marked(after, file, former)
    gone = [found for mark, found in old.items() if mark not in new]
    come = [found for mark, found in new.items() if mark not in old]
    moved = Counter(found.matter for found in gone) & Counter(found.matter for found in come)
    return FindingChanges(_without(come, moved.copy()), _without(gone, moved.copy()))


def _marked(findings: Iterable[Finding], file: Callable[[str], str], former: Callable[[str], str]) -> dict[str, _Found]:
    """The findings by the fingerprints that both sides share."""

    def shared(finding: Finding) -> Finding:
        location = replace(finding.location, file=file(finding.location.file))
        subject, detail = former(finding.subject), former(finding.detail)
        return replace(finding, location=location, subject=subject, detail=detail)

    found = [_Found(finding, shared(finding)) for finding in findings]
    ordered = sorted(found, key=lambda one: one.shared.sort_key)  # the order of `numbered`
    marks = (one.fingerprint for one in numbered([one.shared for one in ordered]))
    return dict(zip(marks, ordered, strict=True))


def _without(found: Iterable[_Found], moved: Counter[tuple[str, str, str]]) -> tuple[Finding, ...]:
    left = []
    for one in found:
        if moved[one.matter]:
            moved[one.matter] -= 1
        else:
            left.append(one.finding)
    return tuple(left)
