"""Findings that can be mended in the file: what is written otherwise than it is meant, and what does nothing.

An edit is made on the text, and the text read again: it counts only if it is proved to be right (see `fixproofs`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, SourceLocation, Span
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Edit, Finding
from nwpolicy.queries.lint.fixproofs import Edited, Refused
from nwpolicy.queries.textedit import TextEdit, applied, cut, offsets, span_of
from nwpolicy.readers.textfile import decode

__all__ = ["fix_each", "with_fixes"]

_PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """What a finding is about: what stands from `start` to `end` in the text of its file."""

    text: str
    start: int
    end: int

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]


def fix_each(findings: Iterable[Finding], assumptions: Assumptions, tried: dict[str, str]) -> dict[str, str]:
    """By path, the text of each file without one of its faults. `tried` are the fingerprints of findings that cannot be
    mended, each with the reason; more are added."""
    texts: dict[str, str] = {}
    for finding in findings:
        path = finding.location.file
        if finding.fixable and finding.fingerprint not in tried and path not in texts:
            try:
                document = _on_disk(path)
                texts[path] = applied(document.text, _edits(document, finding, assumptions))
            except Refused as refused:
                tried[finding.fingerprint] = f"{finding.location}: {finding.rule} is not fixed: {refused}"
    return texts


def with_fixes(answer: LintAnswer, assumptions: Assumptions) -> LintAnswer:
    """The answer with the edits of the findings that can be mended: each by itself, in the files as they are."""
    return replace(answer, findings=tuple(_with_fix(finding, assumptions) for finding in answer.findings))


def _with_fix(finding: Finding, assumptions: Assumptions) -> Finding:
    if not finding.fixable:
        return finding
    try:
        document = _on_disk(finding.location.file)
        edits = _edits(document, finding, assumptions)
    except Refused:
        return finding
    spans = ((edit, span_of(document.text, edit.start, edit.end)) for edit in edits)
    return replace(finding, fix=tuple(Edit(SourceLocation(document.path, span), edit.text) for edit, span in spans))


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


def _edits(document: Document, finding: Finding, assumptions: Assumptions) -> list[TextEdit]:
    """The edits that mend a finding, proved to be right. Raises Refused."""
    if finding.rule not in _FIXES:
        raise Refused("it is for a person to decide")
    make, whole, prove = _FIXES[finding.rule]
    place = finding.scope if whole else finding.location
    start, end = offsets(Document(document.path, document.text, lambda _: place.span).root())
    edits = make(_Place(document.text, start, end))
    if not edits:
        raise Refused("an expression, or something else on its line, makes what stands there")
    prove(Edited(document, applied(document.text, edits), finding, assumptions))
    return edits


# --- edits ---


def _masked(place: _Place) -> list[TextEdit]:
    """The prefix as it is read."""
    found = _PREFIX.search(place.written)
    meant = None if found is None else next(iter(AddressSet.parse(found[0]).prefixes()), None)
    if found is None or meant is None:
        return []
    return [TextEdit(place.start + found.start(), place.start + found.end(), meant)]


def _without_item(place: _Place) -> list[TextEdit]:
    return cut(place.text, place.start, place.end)


def _spelled(place: _Place) -> list[TextEdit]:
    """The service tag as it is spelled today."""
    tag = place.written.strip("\"'")
    return [TextEdit(place.start, place.end, place.written.replace(tag, canonical(tag)))]


def _without_comment(place: _Place) -> list[TextEdit]:
    """A line without its comment; no line where it had nothing else."""
    line = place.text.rfind("\n", 0, place.start) + 1
    before = place.text[line : place.start].rstrip()
    return [TextEdit(line + len(before), place.end, "")] if before else cut(place.text, place.start, place.end)


_Make = Callable[[_Place], list[TextEdit]]
_Prove = Callable[[Edited], None]
#: For each rule of the linter that can be mended: the edits, whether they are about the whole definition, the proof.
_FIXES: Final[Mapping[str, tuple[_Make, bool, _Prove]]] = {
    "NWP001": (_without_item, True, Edited.lacks_only),
    "NWP002": (_without_item, True, Edited.lacks_only),
    "NWP405": (_masked, False, Edited.says_the_same),
    "NWP406": (_without_item, False, Edited.means_the_same),
    "NWP409": (_spelled, False, Edited.means_the_same),
    "NWP901": (_without_comment, False, Edited.says_the_same),
}
