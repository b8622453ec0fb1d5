"""What reading rested on: every question that was put to a store, with a digest of the answer.

As long as a store gives the same replies, the same comes of reading. That covers files that others bring in, and files
that were looked for and are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.filestore import FileStore, Forwarding
from nwpolicy.readers.remembering import MAX_KEPT

__all__ = ["REFUSED", "Observed", "Question", "Replies", "digest_of"]

#: How the reply begins where a store does not give the content of a file that it has.
REFUSED: Final = "refused"
_ABSENT: Final = "absent"
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


class Observed(Forwarding):
    """A store that notes what it is asked, and what it replies. `digests` are those of contents that are read again."""

    def __init__(self, store: FileStore, digests: dict[bytes, str] | None = None) -> None:
        self.notes: dict[Question, str] = {}
        super().__init__(store)
        self._digests = digests

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
            first = error.diagnostics[0]
            self.notes[question] = _ABSENT if first.code == "file-not-found" else f"{REFUSED}: {first.message}"
            raise
        self.notes[question] = self._digest_of(data)
        return data

    def _digest_of(self, data: bytes) -> str:
        if self._digests is None or len(data) > MAX_KEPT:
            return digest_of(data)
        if data not in self._digests:
            self._digests[data] = digest_of(data)
        return self._digests[data]

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        new: list[OSError] = []
        names = [*self._store.walk(path, new)]
        faults += new
        self.notes["walk", path] = digest_of("\0".join(names), *(str(fault) for fault in new))
        return iter(names)


class Replies:
    """What a store replies now, each question put to it once; `observed` is the store, for questions of others."""

    def __init__(self, store: FileStore, digests: dict[bytes, str] | None = None) -> None:
        self.observed = Observed(store, digests)

    def of(self, question: Question) -> str | None:
        """None for what is no question."""
        notes = self.observed.notes
        if question not in notes:
            with suppress(InputError):
                _ask(self.observed, question)
        return notes.get(question)


def _ask(store: FileStore, question: Question) -> None:
    match question:
        case ("identity", path):
            store.identity(path)
        case ("folder", path):
            store.is_folder(path)
        case ("encloses", base, path):
            store.encloses(base, path)
        case ("read", path, limit) if limit.isdecimal():
            store.read(path, int(limit))
        case ("walk", path):
            store.walk(path, [])
        case _:  # not one of ours
            pass
