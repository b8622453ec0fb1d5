"""Findings that comments suppress, and what is said of comments that suppress none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from nwpolicy.model.source import Document, SourceLocation
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.comments import Comment, comments_of
from nwpolicy.queries.lint.finding import Finding, Suppressed

__all__ = ["apply_comments"]


def apply_comments(
    findings: Iterable[Finding], documents: Mapping[str, Document], selected: frozenset[str], today: date
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that are left, those about the comments themselves among them, and the suppressed ones."""
    comments = {path: list(comments_of(document, today)) for path, document in documents.items()}
    used: set[tuple[SourceLocation, str]] = set()
    left: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        comment = next((one for one in comments.get(finding.location.file, ()) if one.is_for(finding)), None)
        if comment is None:
            left.append(finding)
        else:
            used.add((comment.location, finding.rule))
            suppressed.append(Suppressed(finding, "inSource", comment.reason))
    for comment in (comment for several in comments.values() for comment in several):
        left += [one for one in _about(comment, used, selected) if one.rule in selected]
    return left, suppressed


def _about(comment: Comment, used: set[tuple[SourceLocation, str]], selected: frozenset[str]) -> Iterator[Finding]:
    if comment.fault is not None:
        yield _finding(comment, "NWP902", f"this comment suppresses nothing: {comment.fault}", comment.fault)
        return
    for rule_id in comment.ids:
        if rule_id in selected and (comment.location, rule_id) not in used:
            yield _finding(comment, "NWP901", f"there is no finding {rule_id} here to suppress", rule_id)


def _finding(comment: Comment, rule_id: str, message: str, detail: str) -> Finding:
    entry = CATALOGUE[rule_id]
    advice = "write `nwpolicy: ignore[ID] reason`, with ids of `nwpolicy rules`"
    return Finding(
        rule=rule_id,
        name=entry.name,
        severity=entry.severity,
        message=message,
        location=comment.location,
        scope=comment.location,
        subject="comment",
        detail=detail,
        help="remove it" if rule_id == "NWP901" else advice,
        excerpt=comment.line,
        fixable=rule_id == "NWP901" and len(comment.ids) == 1 and not comment.is_note,
    )
