"""What the linter finds in folders, estate by estate, and without doing again what was done before.

Three things are kept: by the files of each part, the names that tie it to others and what reading it rested on; by the
parts of each estate, what was found in it; and by what the rules of a group say, what can be said of them. An entry
counts only if all that it rests on still says the same, so it does not matter which file has changed, nor whether one
came or went.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from functools import partial
from typing import Final

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.lint.answer import Looked, Options
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.ties import Ties, estates, ties_of
from nwpolicy.readers.excluding import Excluding
from nwpolicy.readers.filestore import DISK, FileStore
from nwpolicy.readers.load import Part, load, look_of, size_limit
from nwpolicy.readers.observed import Replies, digest_of
from nwpolicy.readers.overlay import Overlay
from nwpolicy.readers.parts import ReadPart, find_parts, joined, read_part
from nwpolicy.readers.remembering import MAX_KEPT, Remembering
from nwpolicy.readers.unpacking import Unpacking, is_packed

__all__ = ["Looks", "look_into"]

_READ: Final = "read"
#: So many states of the other files that a part rests on are remembered: as they are, and as they were before a change.
_MAX_STATES: Final = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a part without reading it: what that rested on, and its ties."""

    notes: tuple[tuple[str, ...], ...]
    """questions, each with the reply behind it"""
    defined: tuple[str, ...]
    wanted: tuple[str, ...]
    binds_all: bool
    is_empty: bool
    """whether nothing was made of its files"""
    identity: str
    deploys: tuple[str, ...]
    """the identities of the files that it deploys, which are then no parts of their own"""


@dataclass(frozen=True, slots=True)
class _States:
    """What is known of a part in several states of the other files that it rests on, the newest first."""

    known: tuple[_Known, ...]


def look_into(folders: Sequence[str], options: Options, cache: Cache, store: FileStore = DISK) -> list[Looked]:
    """What is found in the files of folders, in each estate. Raises InputError."""
    return _found(folders, _Work(folders, _opened(store, folders, options), options, cache))


class Looks:
    """Looks into the same folders: as they are, and with other contents of a few files."""

    def __init__(self, folders: Sequence[str], options: Options, cache: Cache) -> None:
        self._folders, self._options, self._cache = folders, options, cache
        self._disk = Remembering(DISK)
        self._digests: dict[bytes, str] = {}
        self._now = self._work(self._disk)

    def now(self) -> list[Looked]:
        """What is found in each estate. Raises InputError."""
        return _found(self._folders, self._now)

    def with_contents(self, contents: Mapping[str, bytes | None]) -> list[Looked]:
        """What would be found with other contents, as for `Overlay`. What they have no part in is not looked at again.
        Raises InputError."""
        work = self._work(Overlay(self._disk, contents))
        if self._now.parts and not _is_noticed(self._disk, contents):
            work.take_over(self._now, frozenset(contents))
        return _found(self._folders, work)

    def _work(self, store: FileStore) -> _Work:
        opened = _opened(store, self._folders, self._options)
        return _Work(self._folders, opened, self._options, self._cache, self._digests)


def _opened(store: FileStore, folders: Sequence[str], options: Options) -> FileStore:
    """The store as it is looked into."""
    return Unpacking(store if options.exclude is None else Excluding(store, folders, options.exclude))


def _is_noticed(store: FileStore, contents: Mapping[str, bytes | None]) -> bool:
    """Whether a folder may hold other parts than before, with other contents of some files: a file came or went, or is
    an archive, or does not look as it did."""
    for path, data in contents.items():
        try:
            own = store.read(path, MAX_KEPT)
        except InputError:
            return True
        if data is None or len(data) > MAX_KEPT or is_packed(data) or is_packed(own) or look_of(data) != look_of(own):
            return True
    return False


def _found(folders: Sequence[str], work: _Work) -> list[Looked]:
    try:
        looked = work.looked()
    except OSError:  # a folder that cannot be listed: loading says which
        looked = None
    if looked is None:
        from nwpolicy.queries.lint.linting import look

        looked = [look(load(*folders, store=work.store), work.options)]
    work.cache.close()
    return looked


class _Work:
    """One run over folders of a store."""

    def __init__(
        self,
        folders: Sequence[str],
        store: FileStore,
        options: Options,
        cache: Cache,
        digests: dict[bytes, str] | None = None,
    ) -> None:
        self.store, self.options, self.cache = store, options, cache
        self.parts: tuple[Part, ...] = ()
        self._folders = folders
        self._replies = Replies(store, digests)
        self._program = digest_of(cache.program, os.path.realpath("."))
        self._read: dict[Part, ReadPart] = {}
        self._kept: dict[Part, _Known] = {}

    def take_over(self, other: _Work, but: Container[str]) -> None:
        """Takes what another run knows of the same folders, except where it rests on files of these real paths."""
        self.parts = other.parts
        named = {path for known in other._kept.values() for _, path, *_ in known.notes}
        touched = {path for path in named if other.store.identity(path) in but}
        for part, known in other._kept.items():
            if touched.isdisjoint(path for _, path, *_ in known.notes):
                self._kept[part] = known

    def looked(self) -> list[Looked] | None:
        """What was found in each estate; None where the folders hold nothing. Raises InputError."""
        self.parts = self.parts or tuple(find_parts(self._folders, self._replies.observed))
        known = [self._known(part) for part in self.parts]
        if all(each.is_empty for each in known):
            return None
        ties = [self._ties(part, each) for part, each in zip(self.parts, known, strict=True)]
        groups = [[(self.parts[at], known[at]) for at in group] for group in estates(ties)]
        together = [(group, self._key([one for _, one in group])) for group in groups]
        found = {key: self._found_before(key) for _, key in together}
        snapshots = {key: self._snapshot(group) for group, key in together if found[key] is None}
        errors = [d for one in snapshots.values() for d in one.diagnostics if d.severity is Severity.ERROR]
        if errors:
            raise InputError(*sorted(errors, key=lambda error: error.sort_key))
        return [found[key] or self._look(key, snapshots[key]) for _, key in together]

    # --- parts ---

    def _known(self, part: Part) -> _Known:
        if part not in self._kept:
            self._kept[part] = self._learnt(part)
        return self._kept[part]

    def _learnt(self, part: Part) -> _Known:
        key = digest_of("part", self._program, part.base, *part.names, *map(self._content, part.names))
        kept = self.cache.get(_States, key)
        before = kept.known if kept is not None else ()
        found = next(filter(self._still_holds, before), None)
        if found is None:
            found = self._read_anew(part)
            self.cache.put(key, _States((found, *before)[:_MAX_STATES]))
        return found

    def _read_anew(self, part: Part) -> _Known:
        read = self._reading(part)
        ties = ties_of(read.loader.fragments)
        return _Known(
            tuple((*question, reply) for question, reply in read.notes.items()),
            tuple(sorted(ties.defined)),
            tuple(sorted(ties.wanted)),
            ties.binds_all,
            not read.loader.fragments,
            self.store.identity(part.names[0]),
            tuple(sorted({self.store.identity(path) for one in read.loader.fragments for path in one.linked})),
        )

    def _still_holds(self, known: _Known) -> bool:
        return all(self._replies.of(tuple(question)) == reply for *question, reply in known.notes)

    def _content(self, name: str) -> str:
        return self._replies.of((_READ, name, str(size_limit(name)))) or ""

    def _reading(self, part: Part) -> ReadPart:
        if part not in self._read:
            self._read[part] = read_part(part, self.store)
        return self._read[part]

    def _ties(self, part: Part, known: _Known) -> Ties:
        """Parts that read the same file are tied, too."""
        files = frozenset(f"file {name}" for name in (*part.names, *(n[1] for n in known.notes if n[0] == _READ)))
        return Ties(files.union(known.defined), files.union(known.wanted), known.binds_all)

    # --- estates ---

    def _key(self, group: Sequence[_Known]) -> str:
        asked = (",".join(sorted(self.options.selected)), repr(self.options.assumptions))
        notes = (text for known in group for note in known.notes for text in note)
        return digest_of("estate", self._program, *asked, *notes)

    def _found_before(self, key: str) -> Looked | None:
        found = self.cache.get(Looked, key)
        return found if found is not None and found.day in (None, self.options.today.isoformat()) else None

    def _snapshot(self, group: Sequence[tuple[Part, _Known]]) -> Snapshot:
        deployed = {(file, one.identity) for _, one in group for file in one.deploys}
        above = {file for file, other in deployed if (other, file) not in deployed}
        return joined([self._reading(part) for part, one in group if one.identity not in above], self.store)

    def _look(self, key: str, snapshot: Snapshot) -> Looked:
        from nwpolicy.queries.lint.keptfacts import kept_facts
        from nwpolicy.queries.lint.linting import look

        found = look(snapshot, self.options, partial(kept_facts, self.cache))
        self.cache.put(key, found)
        return found
