"""What the linter finds on one side only, whatever files and lines it stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.baseline import is_known, known_of
from nwpolicy.queries.lint.finding import Finding, Suppressed, numbered

__all__ = ["FindingChanges", "finding_changes"]

_Matter: TypeAlias = tuple[str, str, str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """What is new, what is no longer there, and what would be there if nothing silenced it since."""

    new: tuple[Finding, ...]
    mended: tuple[Finding, ...]
    silenced: tuple[Suppressed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding, and the same as both sides call files and definitions."""

    finding: Finding
    shared: Finding

    @property
    def matter(self) -> _Matter:
        return self.shared.rule, self.shared.subject, self.shared.detail, frozenset(self.shared.parts)


def finding_changes(
    before: Iterable[Finding],
    after: Iterable[Finding],
    file: Callable[[str], str],
    former: Callable[[str], str] = str,
) -> FindingChanges:
    """By their identities and parts, with files as both sides call them and definitions by their names before. What is
    left of the same in another file has only moved."""
    old, new = _marked(before, file, str), _marked(after, file, former)
    gone, come = _unknown(old, new), _unknown(new, old)
    moved = Counter(found.matter for found in gone) & Counter(found.matter for found in come)
    return FindingChanges(_without(come, moved.copy()), _without(gone, moved.copy()))


def _marked(findings: Iterable[Finding], file: Callable[[str], str], former: Callable[[str], str]) -> list[_Found]:
    """The findings, with what both sides share of them."""

    def shared(finding: Finding) -> Finding:
        location = replace(finding.location, file=file(finding.location.file))
        subject, detail = former(finding.subject), former(finding.detail)
        return replace(
            finding, location=location, subject=subject, detail=detail, parts=tuple(map(former, finding.parts))
        )

    found = [_Found(finding, shared(finding)) for finding in findings]
    ordered = sorted(found, key=lambda one: one.shared.sort_key)  # the order of `numbered`
    marked = numbered([one.shared for one in ordered])
    return [replace(one, shared=shared) for one, shared in zip(ordered, marked, strict=True)]


def _unknown(found: Iterable[_Found], others: Iterable[_Found]) -> list[_Found]:
    """What the other side does not have, or not all of."""
    known = known_of(one.shared for one in others)
    return [one for one in found if not is_known(one.shared, known)]


def _without(found: Iterable[_Found], moved: Counter[_Matter]) -> tuple[Finding, ...]:
    left = []
    for one in found:
        if moved[one.matter]:
            moved[one.matter] -= 1
        else:
            left.append(one.finding)
    return tuple(left)
