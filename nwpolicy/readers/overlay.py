"""A store with other contents of some files: as they were before a change, or as an editor has them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.source import SourceLocation, Span
from nwpolicy.readers.filestore import FileStore, Forwarding, is_skipped

__all__ = ["Overlay"]


class Overlay(Forwarding):
    """`contents` are by real paths, None for a file that is not to be there."""

    def __init__(self, store: FileStore, contents: Mapping[str, bytes | None]) -> None:
        super().__init__(store)
        self._contents = contents

    def is_folder(self, path: str) -> bool:
        return self._store.is_folder(path) or any(True for _ in self._added(path))

    def read(self, path: str, limit: int) -> bytes:
        real = self.identity(path)
        if real not in self._contents:
            return self._store.read(path, limit)
        data = self._contents[real]
        if data is None:
            raise _refusal(path, "file-not-found", "no such file")
        if len(data) > limit:
            raise _refusal(path, "file-too-large", f"the file is larger than the limit of {limit} bytes")
        return data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        gone = {real for real, data in self._contents.items() if data is None}
        found = [name for name in self._store.walk(path, faults) if not gone or self.identity(name) not in gone]
        added = set(self._added(path)).difference(found)
        yield from sorted((*found, *added), key=_walking_order) if added else found

    def _added(self, path: str) -> Iterator[str]:
        """The files below a folder that have other contents, as a walk shows them."""
        top = self.identity(path)
        for real, data in self._contents.items():
            if data is not None and real.startswith(os.path.join(top, "")):  # noqa: PTH118 - ends with a separator
                below = os.path.relpath(real, top)
                if not any(map(is_skipped, Path(below).parent.parts)):
                    yield os.path.normpath(os.path.join(path, below))  # noqa: PTH118 - keeps the spelling


def _walking_order(path: str) -> tuple[tuple[int, str], ...]:
    """A folder's files before its folders."""
    *folders, name = Path(path).parts
    return (*((1, folder) for folder in folders), (0, name))


def _refusal(path: str, code: str, message: str) -> InputError:
    return InputError(Diagnostic(Severity.ERROR, code, message, SourceLocation(path, Span(1, 1, 1, 1))))
