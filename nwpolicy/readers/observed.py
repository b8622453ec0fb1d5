"""What reading rested on: every question that was put to a store, with a digest of the answer.

As long as a store gives the same replies, the same comes of reading. That covers files that others bring in, and files
that were looked for and are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import TypeAlias

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.filestore import FileStore

__all__ = ["Observed", "Question", "Replies", "digest_of"]

#: What was asked, and of which paths: `("read", "main.bicep", "4194304")`.
Question: TypeAlias = tuple[str, ...]


def digest_of(*parts: str | bytes) -> str:
    """Tells sequences of texts and contents apart."""
    digest = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class Observed:
    """A store that notes what it is asked, and what it replies."""

    def __init__(self, store: FileStore) -> None:
        self.notes: dict[Question, str] = {}
        self._store = store

    def shown(self, path: str) -> str:
        return self._store.shown(path)

    def identity(self, path: str) -> str:
        found = self._store.identity(path)
        self.notes["identity", path] = found
        return found

    def is_folder(self, path: str) -> bool:
        found = self._store.is_folder(path)
        self.notes["folder", path] = str(found)
        return found

    def encloses(self, base: str, path: str) -> bool:
        found = self._store.encloses(base, path)
        self.notes["encloses", base, path] = str(found)
        return found

    def read(self, path: str, limit: int) -> bytes:
        question = ("read", path, str(limit))
        try:
            data = self._store.read(path, limit)
        except InputError as error:
            self.notes[question] = f"refused: {error.diagnostics[0].message}"
            raise
        self.notes[question] = digest_of(data)
        return data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        new: list[OSError] = []
        names = [*self._store.walk(path, new)]
        faults += new
        self.notes["walk", path] = digest_of(*names, *(str(fault) for fault in new))
        return iter(names)


class Replies:
    """What a store replies now, each question put to it once. `known` are replies that were noted already."""

    def __init__(self, store: FileStore) -> None:
        self.known: dict[Question, str] = {}
        self._store = store

    def of(self, question: Question) -> str | None:
        """None for what is no question."""
        if question not in self.known:
            self.known |= _asked(self._store, question)
        return self.known.get(question)


def _asked(store: FileStore, question: Question) -> dict[Question, str]:
    observed = Observed(store)
    with suppress(InputError):
        match question:
            case ("identity", path):
                observed.identity(path)
            case ("folder", path):
                observed.is_folder(path)
            case ("encloses", base, path):
                observed.encloses(base, path)
            case ("read", path, limit) if limit.isdecimal():
                observed.read(path, int(limit))
            case ("walk", path):
                observed.walk(path, [])
            case _:  # not one of ours
                pass
    return observed.notes
