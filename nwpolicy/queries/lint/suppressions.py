"""Comments that suppress findings: `# nwpolicy: ignore[NWP101] until=2027-01-31 behind the bastion`.

A comment (`#` or `//`) is for the definition that it stands in: on one of its lines, behind its last one, or in the
lines of comments just above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, SourceLocation, Span
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.finding import Finding, Suppressed

__all__ = ["apply_comments"]

_MARK: Final = "nwpolicy:"
_COMMENT: Final = re.compile(
    r"(?:\#|//)\s*nwpolicy:\s*ignore\b(?P<ids>\[[^\]\n]*\])?\s*(?:until=(?P<until>\S+)\s*)?(?:--\s*)?(?P<reason>[^\n]*)"
)
_ONLY_COMMENT: Final = re.compile(r"\s*(?:\#|//)")
_BLANK: Final = re.compile(r"\s*$")


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment that suppresses; `fault` is why it does not."""

    location: SourceLocation
    line: str
    ids: tuple[str, ...]
    reason: str
    fault: str | None
    covers: range
    """the lines of which a definition has to have one"""


def apply_comments(
    findings: Iterable[Finding], documents: Mapping[str, Document], selected: frozenset[str], today: date
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that are left, those about the comments themselves among them, and the suppressed ones."""
    comments = {path: list(_comments(document, today)) for path, document in documents.items()}
    used: set[tuple[SourceLocation, str]] = set()
    left: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        comment = next((c for c in comments.get(finding.location.file, ()) if _is_for(c, finding)), None)
        if comment is None:
            left.append(finding)
        else:
            used.add((comment.location, finding.rule))
            suppressed.append(Suppressed(finding, "inSource", comment.reason))
    for comment in (comment for several in comments.values() for comment in several):
        left += [one for one in _about(comment, used, selected) if one.rule in selected]
    return left, suppressed


def _is_for(comment: _Comment, finding: Finding) -> bool:
    if comment.fault is not None or finding.rule not in comment.ids:
        return False
    spans = finding.scope.span, finding.location.span
    return any(line in comment.covers for span in spans for line in (span.line, span.end_line)) or any(
        span.line <= comment.location.span.line <= span.end_line for span in spans
    )


# --- reading ---


def _comments(document: Document, today: date) -> Iterator[_Comment]:
    if _MARK not in document.text:
        return
    lines = document.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        found = _COMMENT.search(line)
        if found is not None:
            span = Span(number, found.start() + 1, number, len(line.rstrip()) + 1)
            alone = _ONLY_COMMENT.match(line) is not None
            covers = range(number, _next_code(lines, number) + 1) if alone else range(number, number + 1)
            ids = tuple(text.strip() for text in (found["ids"] or "").strip("[]").split(",") if text.strip())
            reason = found["reason"].strip()
            fault = _fault(ids, found["until"], reason, today)
            yield _Comment(SourceLocation(document.path, span), line, ids, reason, fault, covers)


def _next_code(lines: list[str], number: int) -> int:
    """The next line that is neither a comment nor blank."""
    for ahead, line in enumerate(lines[number:], number + 1):
        if not _ONLY_COMMENT.match(line) and not _BLANK.match(line):
            return ahead
    return number


def _fault(ids: tuple[str, ...], until: str | None, reason: str, today: date) -> str | None:
    if not ids:
        return "it names no rule of the linter"
    unknown = [rule_id for rule_id in ids if rule_id not in CATALOGUE]
    if unknown:
        return f"there is no rule {unknown[0]} of the linter"
    if not reason:
        return "it gives no reason"
    if until is None:
        return None
    try:
        end = date.fromisoformat(until)
    except ValueError:
        return f"{until} is no date"
    return f"it ended with {until}" if end < today else None


# --- what is said of comments ---


def _about(comment: _Comment, used: set[tuple[SourceLocation, str]], selected: frozenset[str]) -> Iterator[Finding]:
    if comment.fault is not None:
        yield _finding(comment, "NWP902", f"this comment suppresses nothing: {comment.fault}", comment.fault)
        return
    for rule_id in comment.ids:
        if rule_id in selected and (comment.location, rule_id) not in used:
            yield _finding(comment, "NWP901", f"there is no finding {rule_id} here to suppress", rule_id)


def _finding(comment: _Comment, rule_id: str, message: str, detail: str) -> Finding:
    entry = CATALOGUE[rule_id]
    return Finding(
        rule=rule_id,
        name=entry.name,
        severity=entry.severity,
        message=message,
        location=comment.location,
        scope=comment.location,
        subject="comment",
        detail=detail,
        help="remove it"
        if rule_id == "NWP901"
        else "write `nwpolicy: ignore[ID] reason`, with ids of `nwpolicy rules`",
        excerpt=comment.line,
        fixable=rule_id == "NWP901" and len(comment.ids) == 1,
    )
