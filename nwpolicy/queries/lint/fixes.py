"""Findings that can be mended in the file: what is written otherwise than it is meant, and what does nothing.

An edit is made on the text, and the text read again: it counts only if it is proved to be right (see `fixproofs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, SourceLocation, Span
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Edit, Finding
from nwpolicy.queries.lint.fixedits import FIXES
from nwpolicy.queries.lint.fixproofs import Edited, File, NoSource, Refused
from nwpolicy.queries.textedit import TextEdit, applied, span_of
from nwpolicy.readers.textfile import decode, encoded_like

__all__ = ["Fixed", "fix", "with_fixes"]

#: Each edit takes a reading of its file and a proof; whoever has more findings is better served with `--fix`.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Fixed:
    """How many findings were mended, what was found then, and of each finding that could have been, why it was not."""

    count: int
    answer: LintAnswer
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mended:
    """Findings of one rule of the linter, and the edits that mend them."""

    findings: tuple[Finding, ...] = ()
    edits: tuple[TextEdit, ...] = ()


def fix(look: Callable[[], LintAnswer], write: Callable[[str, str], None], assumptions: Assumptions) -> Fixed:
    """Mends what `look` finds, as long as there is something that can be mended: what is proved not to be may be so
    when something else is mended. `write` gives the file of a path another text."""
    fixed = 0
    while True:
        refused: dict[str, str] = {}
        answer, count = _mended_each(look, write, assumptions, refused)
        fixed += count
        if not count:
            refused |= _in_no_source(answer.findings, assumptions)
            return Fixed(fixed, *_told(answer, refused))


def _mended_each(
    look: Callable[[], LintAnswer], write: Callable[[str, str], None], assumptions: Assumptions, refused: dict[str, str]
) -> tuple[LintAnswer, int]:
    """What is found when there is nothing left to mend but the `refused` findings, and how many were mended. Files are
    written one by one: of two rules of which either could go, only one may, wherever they stand."""
    fixed = 0
    while True:
        answer = look()
        before = fixed
        untried = [one for one in answer.findings if one.fixable and one.fingerprint not in refused]
        for path, findings in _by_file(untried).items():
            found = _mended(path, findings, assumptions, refused)
            if found is not None:
                text, count = found
                write(path, text)
                fixed += count
        if fixed == before:
            return answer, fixed


def _in_no_source(findings: Iterable[Finding], assumptions: Assumptions) -> dict[str, str]:
    """The findings that could be mended if a person had written their file, each with the reason."""
    refused: dict[str, str] = {}
    for path, several in _by_file(one for one in findings if one.rule in FIXES and not one.fixable).items():
        try:
            File(_on_disk(path), assumptions)
        except NoSource as why:
            refused |= {one.fingerprint: str(why) for one in several}
        except Refused:
            continue
    return refused


def _by_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.location.file, []).append(finding)
    return by_file


def _told(answer: LintAnswer, refused: Mapping[str, str]) -> tuple[LintAnswer, tuple[str, ...]]:
    """The answer, in which no finding is said to be fixable that is not, and the reasons."""
    findings = tuple(replace(one, fixable=False) if one.fingerprint in refused else one for one in answer.findings)
    reasons = ((one, refused.get(one.fingerprint)) for one in answer.findings)
    left = tuple(f"{one.location}: {one.rule} is not fixed: {reason}" for one, reason in reasons if reason is not None)
    return replace(answer, findings=findings), left


def _mended(
    path: str, findings: list[Finding], assumptions: Assumptions, refused: dict[str, str]
) -> tuple[str, int] | None:
    """The text of a file without its faults of one sort, and how many they are; None where none can be mended."""
    try:
        file = File(_on_disk(path), assumptions)
    except Refused as why:
        refused.update((one.fingerprint, str(why)) for one in findings)
        return None
    for rule in dict.fromkeys(one.rule for one in findings):
        mended = _more(file, _Mended(), [one for one in findings if one.rule == rule], refused)
        if mended.findings:
            return applied(file.document.text, mended.edits), len(mended.findings)
    return None


def _more(file: File, done: _Mended, findings: list[Finding], refused: dict[str, str]) -> _Mended:
    """What is mended, and as many more findings as can be mended with it."""
    several = (*done.findings, *findings)
    try:
        return _Mended(several, _edits(file, several))
    except Refused as why:
        if len(findings) == 1:
            if not done.findings:
                refused[findings[0].fingerprint] = str(why)
            return done
    half = len(findings) // 2
    return _more(file, _more(file, done, findings[:half], refused), findings[half:], refused)


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
    """A file that is text, and not packed."""
    try:
        data = Path(path).read_bytes()
        text = decode(path, data)
    except (OSError, InputError):
        raise Refused("it is in no file of its own") from None
    if encoded_like(text, data) != data:
        raise Refused("its encoding has several ways to write the same")
    return Document(path, text, lambda _: Span(1, 1, 1, 1))


def _edits(file: File, findings: Sequence[Finding]) -> tuple[TextEdit, ...]:
    """The edits that mend findings of one rule of the linter, proved to be right. Raises Refused."""
    if findings[0].rule not in FIXES:
        raise Refused("it is for a person to decide")
    make, prove = FIXES[findings[0].rule]
    text = file.document.text
    ordered = sorted(make(file, findings))
    if any(text[edit.start : edit.end] == edit.text for edit in ordered):
        raise Refused("the value is made by an expression, or written elsewhere")
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise Refused("another edit changes the same place")
    prove(Edited(file, applied(text, ordered), tuple(findings)))
    return tuple(ordered)
