"""The edits that mend findings, each made of the text at the place that a finding is about.

Nothing here is trusted: the table at the end names the proof that an edit has to stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.ports import format_ports, parse_ports
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.queries.change import Change
from nwpolicy.queries.edits import replacement
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.fixproofs import Edited, File, Refused
from nwpolicy.queries.lint.fixrules import joined, merge_of
from nwpolicy.queries.textedit import TextEdit, cut

__all__ = ["FIXABLE", "FIXES", "Place"]

_PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
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


def _masked(place: Place) -> list[TextEdit]:
    """The prefix as it is read."""
    found = _PREFIX.search(place.written)
    meant = None if found is None else next(iter(AddressSet.parse(found[0]).prefixes()), None)
    if found is None or meant is None:
        return []
    return [TextEdit(place.start + found.start(), place.start + found.end(), meant)]


def _without_item(place: Place) -> list[TextEdit]:
    return cut(place.text, place.start, place.end)


def _one_entry(place: Place) -> list[TextEdit]:
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


def _spelled(place: Place) -> list[TextEdit]:
    """The service tag as it is spelled today."""
    tag = place.written.strip("\"'")
    return [TextEdit(place.start, place.end, place.written.replace(tag, canonical(tag)))]


def _without_comment(place: Place) -> list[TextEdit]:
    """A line without its comment; no line where it had nothing else."""
    line = place.text.rfind("\n", 0, place.start) + 1
    before = place.text[line : place.start].rstrip()
    return [TextEdit(line + len(before), place.end, "")] if before else cut(place.text, place.start, place.end)


def _into_other(place: Place) -> list[TextEdit]:
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


def _has_comment(place: Place) -> bool:
    """Whether there may be a comment on one of the lines of a definition, or on the line above it."""
    start = place.text.rfind("\n", 0, place.start) + 1
    above = place.text.rfind("\n", 0, max(start - 1, 0)) + 1
    end = place.text.find("\n", place.end)
    lines = place.text[above:start], place.text[start : len(place.text) if end < 0 else end]
    return lines[0].lstrip().startswith(("#", "//", "/*", "*")) or any(mark in lines[1] for mark in ("#", "//", "/*"))


_Make = Callable[[Place], list[TextEdit]]
_Prove = Callable[[Edited], None]
#: For each rule of the linter that can be mended: the edits, whether they are about the whole definition, the proof.
FIXES: Final[Mapping[str, tuple[_Make, bool, _Prove]]] = {
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
FIXABLE: Final = frozenset(FIXES)
