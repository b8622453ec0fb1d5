"""Archives (zip) as folders of files, in memory.

Nothing is written to the disk. What an archive says of its sizes is not believed: unpacking stops at a limit, for each
file and for all of them together.
"""

from __future__ import annotations

import lzma
import os
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document, Span
from nwpolicy.readers.filestore import is_skipped

__all__ = ["Archive"]

_MAX_FILES: Final = 100_000
_MAX_UNPACKED: Final = 1 << 30
_ENCRYPTED: Final = 1
#: What the library raises for what is no archive, or a damaged one.
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, IndexError, NotImplementedError, OSError, RuntimeError, ValueError),
)


class Archive:
    """The files of a zip archive, under its own path as if that were a folder. Raises InputError if it is none."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = _normal(path)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            found = [info for info in self._zip.infolist() if not info.is_dir()]
        except _DAMAGED:
            raise _refusal(path, "unreadable-file", "the archive is damaged") from None
        if len(found) > _MAX_FILES:
            raise _refusal(path, "file-too-large", f"the archive holds more than {_MAX_FILES} files")
        self._files = {_normal(posixpath.join(self._path, info.filename)): info for info in found}
        self._unpacked = 0

    def shown(self, path: str) -> str:
        return _normal(path)

    def identity(self, path: str) -> str:
        return _normal(path)

    def is_folder(self, path: str) -> bool:
        folder = _normal(path)
        return folder == self._path or any(name.startswith(f"{folder}/") for name in self._files)

    def encloses(self, base: str, path: str) -> bool:  # noqa: ARG002 - the archive is one whole
        return _normal(path).startswith(f"{self._path}/")

    def read(self, path: str, limit: int) -> bytes:
        info = self._files.get(_normal(path))
        if info is None:
            raise _refusal(path, "file-not-found", "no such file in the archive")
        if info.flag_bits & _ENCRYPTED:
            raise _refusal(path, "unreadable-file", "the file is encrypted")
        try:
            with self._zip.open(info) as file:
                data = file.read(limit + 1)
        except _DAMAGED:
            raise _refusal(path, "unreadable-file", "damaged, or packed in a way that is not known") from None
        self._unpacked += len(data)
        if len(data) > limit:
            raise _refusal(path, "file-too-large", f"the file is larger than the limit of {limit} bytes")
        if self._unpacked > _MAX_UNPACKED:
            raise _refusal(self._path, "file-too-large", f"the archive unpacks to more than {_MAX_UNPACKED} bytes")
        return data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:  # noqa: ARG002 - an archive can be listed
        for name in sorted(self._files):
            inside = name.removeprefix(f"{self._path}/")
            if name.startswith(f"{_normal(path)}/") and not any(map(is_skipped, inside.split("/")[:-1])):
                yield name


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace(os.sep, "/"))


def _refusal(path: str, code: str, message: str) -> InputError:
    return InputError(Diagnostic.error(code, message, Document(path, "", lambda _: Span(1, 1, 1, 1)).root()))
