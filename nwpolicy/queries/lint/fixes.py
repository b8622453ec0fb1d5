"""Findings that can be mended in the file: what is written otherwise than it is meant, and what does nothing.

An edit is made on the text, and the text read again: it counts only if it is proved to be right (see `fixproofs`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.ports import format_ports, parse_ports
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.source import Document, SourceLocation, Span
from nwpolicy.queries.change import Change
from nwpolicy.queries.edits import replacement
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Edit, Finding
from nwpolicy.queries.lint.fixproofs import Edited, File, Refused
from nwpolicy.queries.lint.fixrules import joined, merge_of
from nwpolicy.queries.textedit import TextEdit, applied, cut, span_of
from nwpolicy.readers.textfile import decode

__all__ = ["FIXABLE", "fix_each", "with_fixes"]

#: Each edit takes a reading of its file and a proof; whoever has more findings is better served with `--fix`.
_MOST: Final = 100
_PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """What a finding is about: what stands from `start` to `end` in the text of its file."""

    file: File
    finding: Finding
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.file.document.text

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]


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
    if findings[0].rule not in _FIXES:
        raise Refused("it is for a person to decide")
    make, whole, prove = _FIXES[findings[0].rule]
    text = file.document.text
    edits: list[TextEdit] = []
    for finding in findings:
        start, end = file.offsets(finding.scope if whole else finding.location)
        made = make(_Place(file, finding, start, end))
        if not made:
            raise Refused("an expression, or something else on its line, makes what stands there")
        edits += made
    ordered = sorted(edits)
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise Refused("another edit changes the same place")
    prove(Edited(file, applied(text, ordered), tuple(findings)))
    return ordered


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


def _one_entry(place: _Place) -> list[TextEdit]:
    """An entry gone; another one, with which it overlaps or that it is next to, stands for both."""
    if not place.finding.related:
        return _without_item(place)
    start, end = place.file.offsets(place.finding.related[0].location)
    words = [text.strip("\"'") for text in (place.text[start:end], place.written)]
    union = _union(*words)
    gone = _without_item(place)
    return [TextEdit(start, end, place.text[start:end].replace(words[0], union)), *gone] if gone and union else []


def _union(one: str, other: str) -> str:
    """Two ranges of ports or two prefixes as one; nothing where these are none."""
    try:
        return format_ports(parse_ports(one) | parse_ports(other))
    except ValueError:
        pass
    try:
        return ", ".join((AddressSet.parse(one) | AddressSet.parse(other)).prefixes())
    except ValueError:
        return ""


def _spelled(place: _Place) -> list[TextEdit]:
    """The service tag as it is spelled today."""
    tag = place.written.strip("\"'")
    return [TextEdit(place.start, place.end, place.written.replace(tag, canonical(tag)))]


def _without_comment(place: _Place) -> list[TextEdit]:
    """A line without its comment; no line where it had nothing else."""
    line = place.text.rfind("\n", 0, place.start) + 1
    before = place.text[line : place.start].rstrip()
    return [TextEdit(line + len(before), place.end, "")] if before else cut(place.text, place.start, place.end)


def _into_other(place: _Place) -> list[TextEdit]:
    """The entries of a rule behind those of another one, and the rule gone."""
    merge = merge_of(place.finding, place.file.assembled)
    group = None if merge is None else place.file.snapshot.parent(merge[0])
    if merge is None or not isinstance(group, NetworkSecurityGroup):
        raise Refused("the rule that it can be part of is in another file, or a loop makes it")
    first, later, name = merge
    if later.description is not None or _has_comment(place):
        raise Refused("it has a description or a comment of its own, which the other rule would lack")
    added = replacement(Change(group, first, joined(first, later, name), "", (name,)))
    gone = cut(place.text, place.start, place.end)
    return [added, *gone] if added is not None and gone else []


def _has_comment(place: _Place) -> bool:
    """Whether there may be a comment on one of the lines of a definition, or on the line above it."""
    start = place.text.rfind("\n", 0, place.start) + 1
    above = place.text.rfind("\n", 0, max(start - 1, 0)) + 1
    end = place.text.find("\n", place.end)
    lines = place.text[above:start], place.text[start : len(place.text) if end < 0 else end]
    return lines[0].lstrip().startswith(("#", "//", "/*", "*")) or any(mark in lines[1] for mark in ("#", "//", "/*"))


_Make = Callable[[_Place], list[TextEdit]]
_Prove = Callable[[Edited], None]
#: For each rule of the linter that can be mended: the edits, whether they are about the whole definition, the proof.
_FIXES: Final[Mapping[str, tuple[_Make, bool, _Prove]]] = {
    "NWP001": (_without_item, True, Edited.does_the_same),
    "NWP002": (_without_item, True, Edited.does_the_same),
    "NWP003": (_without_item, False, Edited.does_the_same),
    "NWP006": (_into_other, True, Edited.does_the_same),
    "NWP405": (_masked, False, Edited.says_the_same),
    "NWP406": (_one_entry, False, Edited.means_the_same),
    "NWP409": (_spelled, False, Edited.means_the_same),
    "NWP417": (_one_entry, False, Edited.means_the_same),
    "NWP901": (_without_comment, False, Edited.says_the_same),
}

#: The rules of the linter whose findings can be mended.
FIXABLE: Final = frozenset(_FIXES)
