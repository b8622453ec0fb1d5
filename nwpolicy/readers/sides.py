"""Both sides of a comparison part by part, so that what one of them cannot read is passed over on both alike.

What is passed over is a file with all that it brings in, or the configuration of Terraform in a folder. An error is put
down to the part that it was found in, else to those that have definitions of the file that it is located in.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, suppress
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.filestore import FileStore
from nwpolicy.readers.load import UNREADABLE_FOLDER, Loader, Part, is_configuration_file, raise_errors
from nwpolicy.readers.observed import REFUSED, digest_of
from nwpolicy.readers.parts import read_part
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.unpacking import Unpacking

__all__ = ["Errors", "PassedPart", "Side", "passed_parts", "torn_parts"]

#: Bytes of a file, or of an archive, that is told from others.
_MOST: Final = 256 << 20
#: Errors by the part that they are put down to, each under the path that both sides share.
Errors: TypeAlias = dict[str, tuple[Diagnostic, ...]]


@dataclass(frozen=True, slots=True)
class PassedPart:
    """A part that is not compared: `kind` is `file`, `folder` or `configuration`, `path` that of the file or folder as
    both sides call it. `before` and `after` are the errors of the sides; `what` is `added`, `removed`, `changed`,
    `unchanged`, or `unknown` where no side gives its content."""

    kind: str
    path: str
    what: str
    before: tuple[Diagnostic, ...]
    after: tuple[Diagnostic, ...]


class Side:
    """One side: `read` reads it, `store` opens where its files are, `own` gives the path that both sides share of one
    of its own."""

    def __init__(
        self,
        loader: Loader,
        read: Callable[[Pins], Loader],
        store: Callable[[], AbstractContextManager[FileStore]],
        own: Callable[[str], str | None],
    ) -> None:
        self._loader, self._read, self._store, self._own = loader, read, store, own
        self.parts: dict[str, Part] = {}
        self.errors: Errors = {}
        self._contents: dict[str, dict[str, str]] = {}
        self._holders: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._take_in()

    def _take_in(self) -> None:
        """Raises InputError where there is an error that is about no part."""
        homeless: list[Diagnostic] = []
        for part, fragment in self._loader.own():
            errors = tuple(_errors(fragment.diagnostics))
            if part is None:
                homeless += errors
                continue
            key = self._key(part)
            self.parts[key] = part
            if errors:
                self.errors[key] = (*self.errors.get(key, ()), *errors)
            documents = (one.source.document.path for one in fragment.resources)
            for file in (*part.names, *fragment.linked, *documents):
                self._holders[self._shared(file)][key] = None
        if homeless:
            raise InputError(*homeless)

    def holds(self, key: str) -> bool:
        """Whether there is such a part, such a file in one, or something below it."""
        return key in self._holders or any(part == key or part.startswith(f"{key}/") for part in self.parts)

    def blamed(self, errors: Iterable[Diagnostic]) -> Errors:
        """Errors by what they are put down to. Raises InputError with those that cannot be put down to anything."""
        found: defaultdict[str, list[Diagnostic]] = defaultdict(list)
        for error in errors:
            for key in self._holders.get(self._shared(error.location.file), ()):
                found[key].append(error)
        taken = {id(error) for several in found.values() for error in several}
        left = [error for error in errors if id(error) not in taken]
        if left:
            raise InputError(*left)
        return {key: tuple(several) for key, several in found.items()}

    def definitions(self, passed: Set[str]) -> Snapshot:
        """The definitions without the parts that are passed over."""
        return self._loader.snapshot(self._parts(passed))

    def read(self, pins: Pins, passed: Set[str]) -> Snapshot:
        """The same with other values. Raises InputError."""
        return raise_errors(self._read(pins).snapshot(self._parts(passed)))

    def contents(self, key: str) -> Mapping[str, str]:
        """The files that a part brings in, each with a digest of what is in it; none if it is not here."""
        if key not in self._contents and key in self.parts:
            with self._store() as store:
                files = _contents(store, self.parts[key])
            self._contents[key] = {self._shared(path): digest for path, digest in files.items()}
        return self._contents.get(key, {})

    def is_refused(self, key: str) -> bool:
        """Whether some of its content cannot be had."""
        found = self.contents(key).values()
        return not found or any(digest.startswith(REFUSED) for digest in found)

    def _parts(self, keys: Set[str]) -> set[Part]:
        return {self.parts[key] for key in keys if key in self.parts}

    def _key(self, part: Part) -> str:
        first = self._shared(part.names[0])
        return first if part.folder is None else posixpath.dirname(first) or "."

    def _shared(self, path: str) -> str:
        return self._own(path) or path


def _contents(store: FileStore, part: Part) -> dict[str, str]:
    """What reading a part reads; of its own files what they are, whether that can be read or not."""
    notes = read_part(part, Unpacking(store)).notes
    found = {question[1]: digest for question, digest in notes.items() if question[0] == "read"}
    for name in part.names:
        with suppress(InputError):
            found[name] = digest_of(store.read(name, _MOST))
    return found


def passed_parts(before: Side, after: Side, old: Errors, new: Errors) -> tuple[PassedPart, ...]:
    """What is not compared because of these errors."""
    return tuple(_passed_part(before, after, key, old.get(key, ()), new.get(key, ())) for key in sorted({*old, *new}))


def _passed_part(
    before: Side, after: Side, key: str, old: tuple[Diagnostic, ...], new: tuple[Diagnostic, ...]
) -> PassedPart:
    part = after.parts.get(key) or before.parts[key]
    is_listed = any(error.code == UNREADABLE_FOLDER for error in (*old, *new)) and not key.lower().endswith(".zip")
    kind = "configuration" if part.folder is not None else "folder" if is_listed else "file"
    return PassedPart(kind, key, _became(before, after, key), old, new)


def _became(before: Side, after: Side, key: str) -> str:
    if not before.holds(key) or not after.holds(key):
        return "removed" if before.holds(key) else "added"
    if before.is_refused(key) and after.is_refused(key):
        return "unknown"
    return "unchanged" if before.contents(key) == after.contents(key) else "changed"


def torn_parts(before: Side, after: Side, passed: Set[str]) -> set[str]:
    """Parts below folders and archives that are passed over, and parts of one side only that the other one has within
    what is passed over."""
    files = {file for key in passed for side in (before, after) for file in side.contents(key)}
    folders = {posixpath.dirname(file) or "." for file in files if is_configuration_file(file)}
    within = (before.parts.keys() ^ after.parts.keys()) & (files | folders)
    tops = tuple(f"{key}/" for key in passed if key not in folders)
    return within | {key for key in before.parts.keys() | after.parts.keys() if key.startswith(tops)}


def _errors(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    return (found for found in diagnostics if found.severity is Severity.ERROR)
