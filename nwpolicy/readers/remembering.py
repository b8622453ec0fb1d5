"""A store that is asked for each file once, where the same files are read several times in a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.readers.filestore import FileStore, Forwarding

__all__ = ["MAX_KEPT", "Remembering"]

#: Larger files are read again, rather than kept.
MAX_KEPT: Final = 1 << 20


class Remembering(Forwarding):
    """What it has read is taken to stay as it is."""

    def __init__(self, store: FileStore) -> None:
        super().__init__(store)
        self._identities: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}
        self._walks: dict[str, list[str]] = {}

    def identity(self, path: str) -> str:
        if path not in self._identities:
            self._identities[path] = self._store.identity(path)
        return self._identities[path]

    def read(self, path: str, limit: int) -> bytes:
        kept = self._contents.get(path)
        if kept is not None and len(kept) <= limit:
            return kept
        data = self._store.read(path, limit)
        if len(data) <= MAX_KEPT:
            self._contents[path] = data
        return data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        if path not in self._walks:
            before = len(faults)
            names = [*self._store.walk(path, faults)]
            if len(faults) > before:
                return iter(names)
            self._walks[path] = names
        return iter(self._walks[path])
