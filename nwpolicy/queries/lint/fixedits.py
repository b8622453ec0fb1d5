"""The edits that mend findings, each made of the text at the place that a finding is about.

Nothing here is trusted: the table at the end names the proof that an edit has to stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.ports import format_ports, parse_ports
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.change import Change, WrittenRule
from nwpolicy.queries.edits import replacement
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.fixproofs import Edited, File, Refused
from nwpolicy.queries.lint.fixrules import intended, merge_of
from nwpolicy.queries.textedit import TextEdit

__all__ = ["FIXABLE", "FIXES"]

_PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
    """What a finding is about: what stands at a place of its file."""

    file: File
    finding: Finding
    location: SourceLocation

    @property
    def start(self) -> int:
        return self.file.offsets(self.location)[0]

    @property
    def end(self) -> int:
        return self.file.offsets(self.location)[1]

    @property
    def text(self) -> str:
        return self.file.document.text

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    def cut(self) -> list[TextEdit]:
        return self.file.cut(self.start, self.end)


def _masked(place: Place) -> list[TextEdit]:
    """The prefix as it is read."""
    found = _PREFIX.search(place.written)
    meant = "" if found is None else _union(found[0], found[0])
    return [TextEdit(place.start + found.start(), place.start + found.end(), meant)] if found and meant else []


def _without_item(place: Place) -> list[TextEdit]:
    """An item gone, and what was said above it to the linter, which would be for the next one then."""
    said = _said_above(place)
    line, start = place.location.span.line, place.start
    while said and said[-1].span.line == line - 1:
        line, start = line - 1, place.file.offsets(said.pop())[0]
    gone = place.file.cut(start, place.end)
    return [*(edit for one in said for edit in place.file.cut(*place.file.offsets(one))), *gone] if gone else []


def _said_above(place: Place) -> list[SourceLocation]:
    """Where comments above an item say something of it; nothing where it has not its lines for itself."""
    gone, line = place.cut(), place.location.span.line
    if not gone or place.text[gone[-1].end - 1] not in "\r\n":
        return []
    said = ((one.location, one.covers) for one in place.file.said)
    return [at for at, covers in said if isinstance(covers, range) and at.span.line < line == covers[-1]]


def _one_entry(place: Place) -> list[TextEdit]:
    """An entry gone; another one, with which it overlaps or that it is next to, stands for both."""
    if not place.finding.related:
        return _without_item(place)
    start, end = place.file.offsets(place.finding.related[0].location)
    words = [text.strip("\"'") for text in (place.text[start:end], place.written)]
    union = _union(*words)
    gone = _without_item(place)
    if any(place.file.piece(edit.start, edit.end).has_comment for edit in gone):
        raise Refused("it has a comment of its own, which the other entry would lack")
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


def _spelled(place: Place) -> list[TextEdit]:
    """The service tag as it is spelled today."""
    tag = place.written.strip("\"'")
    return [TextEdit(place.start, place.end, place.written.replace(tag, canonical(tag)))]


def _without_comment(place: Place) -> list[TextEdit]:
    """A line without its comment; no line where it had nothing else."""
    line = place.start - place.location.span.column + 1
    before = place.text[line : place.start].rstrip()
    if before:
        return [TextEdit(line + len(before), place.end, "")]
    return place.cut() or [TextEdit(place.start, place.end, "")]


def _into_others(file: File, findings: Sequence[Finding]) -> list[TextEdit]:
    """The entries of rules behind those of others, and the rules gone."""
    new = intended(findings, file.assembled)
    merges = [merge for finding in findings if (merge := merge_of(finding, file.assembled)) is not None]
    if new is None or len(merges) != len(findings):
        raise Refused("the rule that it can be part of is in another file, or a loop makes it")
    edits: list[TextEdit] = []
    for finding, (_, later, _) in zip(findings, merges, strict=True):
        place = Place(file, finding, finding.scope)
        if later.description is not None or _has_comment(place):
            raise Refused("it has a description or a comment of its own, which the other rule would lack")
        edits += _needed(_without_item(place))
    firsts = {id(first): first for first, _, _ in merges}
    for key, rule in firsts.items():
        edits.append(_rewritten(file, rule, new[key], {name for first, _, name in merges if first is rule}))
    return edits


def _rewritten(file: File, rule: WrittenRule, new: WrittenRule | None, fields: Iterable[str]) -> TextEdit:
    """A rule with other values."""
    group = file.snapshot.parent(rule)
    if new is None or not isinstance(group, NetworkSecurityGroup):
        raise Refused("the rule that it can be part of is in another file")
    edit = replacement(Change(group, rule, new, "", tuple(sorted(fields))))
    return _needed([] if edit is None else [edit])[0]


def _has_comment(place: Place) -> bool:
    """Whether there is a comment in the lines of a definition, or on the line above it."""
    file, span = place.file, place.location.span
    above = file.lines(span.line - 1, span.line - 1)
    first = span.line if above.code.strip() else span.line - 1
    return file.lines(first, span.end_line).has_comment


# --- for each rule of the linter ---

_Make: TypeAlias = Callable[[File, Sequence[Finding]], list[TextEdit]]
_Prove: TypeAlias = Callable[[Edited], None]


def _each(make: Callable[[Place], list[TextEdit]], *, whole: bool = False) -> _Make:
    """The edits at the place of each finding, or those of the whole definition that it is about."""

    def made(file: File, findings: Sequence[Finding]) -> list[TextEdit]:
        places = (Place(file, finding, finding.scope if whole else finding.location) for finding in findings)
        return [edit for place in places for edit in _needed(make(place))]

    return made


def _needed(edits: list[TextEdit]) -> list[TextEdit]:
    if not edits:
        raise Refused("an expression makes it, or it shares its lines with something else")
    return edits


#: For each rule of the linter that can be mended: the edits of some findings, and their proof.
FIXES: Final[Mapping[str, tuple[_Make, _Prove]]] = {
    "NWP001": (_each(_without_item, whole=True), Edited.does_the_same),
    "NWP002": (_each(_without_item, whole=True), Edited.does_the_same),
    "NWP003": (_each(_without_item), Edited.does_the_same),
    "NWP006": (_into_others, Edited.does_the_same),
    "NWP405": (_each(_masked), Edited.says_the_same),
    "NWP406": (_each(_one_entry), Edited.means_the_same),
    "NWP409": (_each(_spelled), Edited.means_the_same),
    "NWP417": (_each(_one_entry), Edited.means_the_same),
    "NWP901": (_each(_without_comment), Edited.says_the_same),
}

#: The rules of the linter whose findings can be mended.
FIXABLE: Final = frozenset(FIXES)
