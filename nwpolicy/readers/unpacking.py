"""Packed input: archives (zip) are folders of files, and files packed with gzip are what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document, Span
from nwpolicy.readers.filestore import FileStore

__all__ = ["Unpacking", "is_packed", "unpacked_name"]

_ZIP: Final = ".zip"
_GZIP: Final = ".gz"
_START: Final = b"PK\x03\x04"
_GZIP_START: Final = b"\x1f\x8b"
_MAX_PACKED: Final = 256 << 20


def unpacked_name(name: str) -> str:
    """The name of a file without what gzip added to it."""
    return name[: -len(_GZIP)] if name.lower().endswith(_GZIP) else name


def is_packed(data: bytes) -> bool:
    """Whether a content is that of an archive, or of a file packed with gzip."""
    return data.startswith((_START, _GZIP_START))


class Unpacking:
    """A store whose packed files are unpacked when they are read. A path may lead through an archive."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._last: tuple[str, FileStore | None] = ("", None)

    def shown(self, path: str) -> str:
        return self._home(path).shown(path)

    def identity(self, path: str) -> str:
        return self._home(path).identity(path)

    def is_folder(self, path: str) -> bool:
        return self._home(path).is_folder(path)

    def encloses(self, base: str, path: str) -> bool:
        return self._home(base).encloses(base, path)

    def read(self, path: str, limit: int) -> bytes:
        data = self._home(path).read(path, limit)
        return _gunzip(path, data, limit) if path.lower().endswith(_GZIP) else data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        home = self._home(path)
        for name in home.walk(path, faults):
            if not name.lower().endswith(_ZIP):
                yield name
            elif home is self._store:
                yield from self._walk_archive(name, faults)
            else:
                faults.append(OSError(0, "an archive within an archive is not read", name))

    def _walk_archive(self, name: str, faults: list[OSError]) -> Iterator[str]:
        try:
            archive = self._home(name)
        except InputError as error:
            faults.append(OSError(0, error.diagnostics[0].message, name))
            return
        if archive is not self._store:
            yield from archive.walk(name, faults)

    def _home(self, path: str) -> FileStore:
        """The archive that a path is, or leads through; else the store itself. Raises InputError."""
        lowered = path.replace(os.sep, "/").lower()
        end = f"{lowered}/".find(f"{_ZIP}/")
        if end < 0:
            return self._store
        name = self._store.shown(path[: end + len(_ZIP)])
        if self._last[0] != name:
            self._last = name, self._opened(name)
        return self._last[1] or self._store

    def _opened(self, name: str) -> FileStore | None:
        """The archive of that name; None for anything else that is called so."""
        from nwpolicy.readers.archives import Archive  # the library for archives takes as long to load as all of this

        if self._store.is_folder(name):
            return None
        data = self._store.read(name, _MAX_PACKED)
        return Archive(name, data) if data.startswith(_START) else None


def _gunzip(path: str, data: bytes, limit: int) -> bytes:
    """The content of a gzip file, of at most `limit` bytes. Raises InputError."""
    import zlib

    pieces: list[bytes] = []
    size = 0
    while data:
        stream = zlib.decompressobj(wbits=31)
        try:
            piece = stream.decompress(data, limit + 1 - size)
        except zlib.error:
            raise _refusal(path, "unreadable-file", "the file is no gzip file, or a damaged one") from None
        size += len(piece)
        if size > limit:
            raise _refusal(path, "file-too-large", f"the file unpacks to more than the limit of {limit} bytes")
        if not stream.eof:
            raise _refusal(path, "unreadable-file", "the gzip file ends too early")
        pieces.append(piece)
        data = stream.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def _refusal(path: str, code: str, message: str) -> InputError:
    return InputError(Diagnostic.error(code, message, Document(path, "", lambda _: Span(1, 1, 1, 1)).root()))
