"""Findings that can be mended in the file: what is written otherwise than it is meant, and what does nothing.

An edit is made on the text, and the text read again: it counts only if it is proved to be right (see `fixproofs`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.source import Document, SourceLocation, Span
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Edit, Finding
from nwpolicy.queries.lint.fixedits import FIXES
from nwpolicy.queries.lint.fixproofs import Edited, File, Refused
from nwpolicy.queries.textedit import TextEdit, applied, span_of
from nwpolicy.readers.textfile import decode

__all__ = ["fix_each", "with_fixes"]

#: Each edit takes a reading of its file and a proof; whoever has more findings is better served with `--fix`.
_MOST: Final = 100


def fix_each(
    findings: Iterable[Finding], assumptions: Assumptions, tried: dict[str, str]
) -> dict[str, tuple[str, int]]:
    """By path, the text of each file without some of its faults, all of one sort, and how many these are. `tried` are
    the fingerprints of findings that cannot be mended, each with the reason; more are added."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.fixable and finding.fingerprint not in tried:
            by_file.setdefault(finding.location.file, []).append(finding)
    done: dict[str, tuple[str, int]] = {}
    for path, several in by_file.items():
        alike = [finding for finding in several if finding.rule == several[0].rule]
        found = _mended(path, alike, assumptions, tried)
        if found is not None:
            done[path] = found
    return done


def _mended(
    path: str, findings: list[Finding], assumptions: Assumptions, tried: dict[str, str]
) -> tuple[str, int] | None:
    """As many of the faults as can be mended together: of two rules of which either could go, only one may."""
    while True:
        try:
            file = File(_on_disk(path), assumptions)
            return applied(file.document.text, _edits(file, findings)), len(findings)
        except Refused as refused:
            if len(findings) == 1:
                finding = findings[0]
                tried[finding.fingerprint] = f"{finding.location}: {finding.rule} is not fixed: {refused}"
                return None
            findings = findings[: len(findings) // 2]


def with_fixes(answer: LintAnswer, assumptions: Assumptions) -> LintAnswer:
    """The answer with the edits of the first findings that can be mended: each by itself, in the files as they are."""
    fixable = list(islice((finding for finding in answer.findings if finding.fixable), _MOST))
    files = {path: _file(path, assumptions) for path in {finding.location.file for finding in fixable}}
    mended = {one.fingerprint: _with_fix(one, files[one.location.file]) for one in fixable}
    return replace(answer, findings=tuple(mended.get(one.fingerprint, one) for one in answer.findings))


def _file(path: str, assumptions: Assumptions) -> File | None:
    try:
        return File(_on_disk(path), assumptions)
    except Refused:
        return None


def _with_fix(finding: Finding, file: File | None) -> Finding:
    if file is None:
        return finding
    try:
        edits = _edits(file, [finding])
    except Refused:
        return finding
    text, path = file.document.text, file.document.path
    places = (SourceLocation(path, span_of(text, edit.start, edit.end)) for edit in edits)
    return replace(finding, fix=tuple(Edit(place, edit.text) for place, edit in zip(places, edits, strict=True)))


def _on_disk(path: str) -> Document:
    """A file that is text and nothing else, such as a byte order mark or a packed file."""
    try:
        data = Path(path).read_bytes()
        text = decode(path, data)
    except (OSError, InputError):
        raise Refused("it is in no file of its own") from None
    if text.encode() != data:
        raise Refused("the file has a byte order mark, or another encoding than UTF-8")
    return Document(path, text, lambda _: Span(1, 1, 1, 1))


def _edits(file: File, findings: list[Finding]) -> list[TextEdit]:
    """The edits that mend findings of one rule of the linter, proved to be right. Raises Refused."""
    if findings[0].rule not in FIXES:
        raise Refused("it is for a person to decide")
    make, prove = FIXES[findings[0].rule]
    text = file.document.text
    ordered = sorted(make(file, findings))
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise Refused("another edit changes the same place")
    prove(Edited(file, applied(text, ordered), tuple(findings)))
    return ordered
