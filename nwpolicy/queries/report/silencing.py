"""What comments to the linter are about, and which of them differ between two versions of an estate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Entry, Snapshot
from nwpolicy.queries.lint.comments import Comment, comments_of
from nwpolicy.queries.lint.facts import documents_of

__all__ = ["Covering", "coverings", "differing"]

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


def coverings(snapshot: Snapshot, today: date) -> tuple[Covering, ...]:
    """The comments of all files."""
    comments = [one for document in snapshot.derived(documents_of).values() for one in comments_of(document, today)]
    return tuple(_coverings(snapshot, comments)) if comments else ()


def _coverings(snapshot: Snapshot, comments: Iterable[Comment]) -> Iterator[Covering]:
    own: defaultdict[str, list[Comment]] = defaultdict(list)
    for comment in comments:
        own[comment.location.file].append(comment)
    about: defaultdict[int, list[Entry]] = defaultdict(list)
    for entry in snapshot.entries:
        for comment in own.get(entry.resource.source.document.path, ()):
            if comment.is_about(entry.resource.source.location):
                about[id(comment)].append(entry)
    for comment in (comment for several in own.values() for comment in several):
        entries = tuple(about[id(comment)])
        groups = [_group(snapshot, entry.resource) for entry in entries]
        yield Covering(comment, entries, frozenset(filter(None, groups)), not groups or None in groups)


def _group(snapshot: Snapshot, resource: Resource) -> str | None:
    """The name of the group that a definition is, or stands in."""
    holder = snapshot.parent(resource) if isinstance(resource, SecurityRule) else resource
    return holder.name.lower() if isinstance(holder, NetworkSecurityGroup) else None


def differing(old: Iterable[Covering], new: Iterable[Covering], file: Callable[[str], str]) -> list[Covering]:
    """Those that the other side does not have, wherever they stand in a file."""
    sides = [[(_key(one, file), one) for one in side] for side in (old, new)]
    counts = [Counter(key for key, _ in side) for side in sides]
    only = counts[0] - counts[1], counts[1] - counts[0]
    return [one for side, left in zip(sides, only, strict=True) for key, one in side if left[key]]


def _key(one: Covering, file: Callable[[str], str]) -> _Key:
    names = frozenset((entry.resource.type, entry.names) for entry in one.entries)
    return file(one.comment.location.file), one.comment.ids, one.comment.fault is None, names
