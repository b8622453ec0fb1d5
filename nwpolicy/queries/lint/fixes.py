"""Findings that can be mended in the file: prefixes with host bits, and rules that do nothing.

An edit is made on the text, and the text read again. It counts only if the file then says exactly what was meant (the
same definitions, or all but the one rule), and, where a rule goes, if the solver proves that its group treats no flow
otherwise, whatever the unknowns are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.subjects import group_subject
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.errors import Undecided
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.source import Document, Source
from nwpolicy.queries.lint.facts import DIRECTIONS, Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.linting import Options, lint
from nwpolicy.queries.textedit import TextEdit, applied, offsets
from nwpolicy.readers.load import read_text

__all__ = ["fix_each", "fixed_text"]

_HOST_BITS: Final = "NWP405"
_PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")
#: What may stand behind a rule on its last line, and before it on its first one.
_REST: Final = re.compile(r"[ \t]*,?[ \t]*(?:(?:#|//)[^\r\n]*)?(?:\r\n|\r|\n|$)")
_START: Final = re.compile(r"[ \t]*(?:-[ \t]+)?$")


def fix_each(snapshot: Snapshot, options: Options, tried: set[str]) -> dict[str, str]:
    """By path, the text of each file without one of its faults. `tried` are the fingerprints of findings that cannot be
    mended; more are added."""
    facts = Facts(snapshot, options.assumptions)
    texts: dict[str, str] = {}
    for finding in lint(snapshot, options).findings:
        path = finding.location.file
        if finding.fixable and finding.fingerprint not in tried and path not in texts and _is_as_read(facts, path):
            text = fixed_text(facts, finding)
            if text is None:
                tried.add(finding.fingerprint)
            else:
                texts[path] = text
    return texts


def _is_as_read(facts: Facts, path: str) -> bool:
    """Whether the file has the text that was read, and nothing else, such as a byte order mark or a packed one."""
    document = facts.documents.get(path)
    try:
        return document is not None and Path(path).read_bytes() == document.text.encode()
    except OSError:
        return False


def fixed_text(facts: Facts, finding: Finding) -> str | None:
    """The text of the file without the fault; None where there is no edit that is proved to be right."""
    document = facts.documents.get(finding.location.file)
    if document is None or not finding.fixable:
        return None
    if finding.rule == _HOST_BITS:
        return next((text for text in _masked(document, finding) if _says_the_same(document, text)), None)
    rule = next((one for one in facts.snapshot.all(SecurityRule) if one.source.location == finding.scope), None)
    if rule is None:
        return None
    return next((text for text in _removed(document, rule.source) if _lacks_only(facts, document, text, rule)), None)


# --- edits ---


def _masked(document: Document, finding: Finding) -> Iterator[str]:
    """The prefix as it is read."""
    start, end = _span(document, finding)
    for found in _PREFIX.finditer(document.text, start, end):
        meant = next(AddressSet.parse(found[0]).prefixes(), found[0])
        yield applied(document.text, [TextEdit(found.start(), found.end(), meant)])


def _span(document: Document, finding: Finding) -> tuple[int, int]:
    place = Document(document.path, document.text, lambda _: finding.location.span).root()
    return offsets(place)


def _removed(document: Document, source: Source) -> Iterator[str]:
    """The text without the lines of a rule; of a list with commas without one of these too."""
    text, (start, end) = document.text, offsets(source)
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    behind = _REST.match(text, end)
    if behind is None or not _START.fullmatch(text[line:start]):
        return
    without = text[:line] + text[behind.end() :]
    yield without
    before = text[:line].rstrip()
    if before.endswith(","):  # it was the last one of a list
        yield before[:-1] + text[len(before) : line] + text[behind.end() :]


# --- proofs ---


def _read(document: Document, text: str) -> Fragment | None:
    try:
        fragment = read_text(document.path, text)
    except InputError:
        return None
    return None if any(one.severity is Severity.ERROR for one in fragment.diagnostics) else fragment


def _says_the_same(document: Document, text: str) -> bool:
    """Equal definitions mean the same: a prefix is equal to another one with the same addresses."""
    before, after = _read(document, document.text), _read(document, text)
    return before is not None and after is not None and before.resources == after.resources


def _lacks_only(facts: Facts, document: Document, text: str, rule: SecurityRule) -> bool:
    before, after = _read(document, document.text), _read(document, text)
    if before is None or after is None:
        return False
    was, became = _flat(before), _flat(after)
    gone = next((n for n, one in enumerate(was) if one == rule), None)
    if gone is None or was[:gone] + was[gone + 1 :] != became:
        return False
    return _mean_the_same(facts.assumptions, assemble([before]), assemble([after]))


def _flat(fragment: Fragment) -> list[object]:
    """Every definition that holds no others, and the names of those that do."""
    return [
        entry.resource if isinstance(entry.resource, SecurityRule) else _outline(entry.resource)
        for entry in walk(fragment.resources)
    ]


def _outline(resource: Resource) -> object:
    return (resource.type, resource.name) if isinstance(resource, NetworkSecurityGroup) else resource


def _mean_the_same(assumptions: Assumptions, before: Snapshot, after: Snapshot) -> bool:
    """Whether every group treats every flow alike in both, wherever it is attached."""

    def chain(snapshot: Snapshot, group: NetworkSecurityGroup, direction: Direction) -> Chain:
        return filter_chain(snapshot, group_subject(group), direction, assumptions).chain

    pairs = zip(before.all(NetworkSecurityGroup), after.all(NetworkSecurityGroup), strict=True)
    try:
        return not any(
            equivalent(chain(before, old, direction), chain(after, new, direction), FlowSet())
            for old, new in pairs
            if old != new
            for direction in DIRECTIONS
        )
    except Undecided:
        return False
