"""What comments to the linter are about, and which of them differ between two versions of an estate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Entry, Snapshot
from nwpolicy.model.source import Document
from nwpolicy.queries.lint.comments import Comment, comments_of
from nwpolicy.queries.lint.facts import documents_of

__all__ = ["Comments", "Covering", "differing"]

#: The file as both sides call it, the rules of the linter, whether it counts, and what it is about.
_Key: TypeAlias = tuple[str, tuple[str, ...], bool, frozenset[tuple[str, tuple[str, ...]]]]


@dataclass(frozen=True, slots=True)
class Covering:
    """A comment, and the definitions that it is about: the names of `groups` that it or one of their rules is in, and
    whether there is anything else, or nothing at all."""

    comment: Comment
    entries: tuple[Entry, ...]
    groups: frozenset[str]
    has_others: bool


class Comments:
    """The comments of an estate, file by file when they are asked for."""

    def __init__(self, snapshot: Snapshot, today: date) -> None:
        self._snapshot, self._today = snapshot, today
        self._known: dict[str, tuple[Covering, ...]] = {}

    @property
    def documents(self) -> Mapping[str, Document]:
        return self._snapshot.derived(documents_of)

    def of(self, path: str) -> tuple[Covering, ...]:
        """Those of one file."""
        if path not in self._known:
            document = self.documents.get(path)
            comments = comments_of(document, self._today) if document is not None else ()
            self._known[path] = tuple(map(self._covering, comments))
        return self._known[path]

    def _covering(self, comment: Comment) -> Covering:
        own = self._snapshot.derived(_entries_by_file).get(comment.location.file, ())
        entries = tuple(entry for entry in own if comment.is_about(entry.resource.source.location))
        groups = [_group(self._snapshot, entry.resource) for entry in entries]
        return Covering(comment, entries, frozenset(filter(None, groups)), not groups or None in groups)


def _entries_by_file(snapshot: Snapshot) -> Mapping[str, list[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in snapshot.entries:
        found[entry.resource.source.document.path].append(entry)
    return found


def _group(snapshot: Snapshot, resource: Resource) -> str | None:
    """The name of the group that a definition is, or stands in."""
    holder = snapshot.parent(resource) if isinstance(resource, SecurityRule) else resource
    return holder.name.lower() if isinstance(holder, NetworkSecurityGroup) else None


def differing(old: Comments, new: Comments, file: Callable[[str], str]) -> list[Covering]:
    """Those that the other side does not have, wherever they stand in a file."""
    texts = [{(file(path), one.text): path for path, one in side.documents.items()} for side in (old, new)]
    others = texts[0].keys() ^ texts[1].keys()
    sides = [
        [(_key(one, file), one) for text, path in own.items() if text in others for one in side.of(path)]
        for side, own in zip((old, new), texts, strict=True)
    ]
    counts = [Counter(key for key, _ in side) for side in sides]
    only = counts[0] - counts[1], counts[1] - counts[0]
    return [one for side, left in zip(sides, only, strict=True) for key, one in side if left[key]]


def _key(one: Covering, file: Callable[[str], str]) -> _Key:
    names = frozenset((entry.resource.type, entry.names) for entry in one.entries)
    return file(one.comment.location.file), one.comment.ids, one.comment.fault is None, names
