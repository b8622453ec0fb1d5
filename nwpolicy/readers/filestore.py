"""Where files come from: the disk, or anything else that has files and folders under paths.

Paths are joined and normalised as text (`os.path`), so a store sees whatever the person and the importing files wrote.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from errno import ENOENT
from operator import attrgetter
from pathlib import Path
from typing import Final, Protocol

from nwpolicy.readers.textfile import read_bytes

__all__ = ["DISK", "DanglingLink", "FileStore", "Forwarding", "dangling", "is_skipped"]

#: Folders that hold other people's files or a tool's own.
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


class DanglingLink(OSError):  # noqa: N818 - it is passed over
    """A link in a folder that leads nowhere, which is passed over."""


class FileStore(Protocol):
    """Files and folders under paths."""

    def shown(self, path: str) -> str:
        """The path as people read it, and as the store knows it too."""
        ...

    def identity(self, path: str) -> str:
        """The same for two paths iff they lead to one file."""
        ...

    def is_folder(self, path: str) -> bool: ...

    def encloses(self, base: str, path: str) -> bool:
        """Whether a path stays in the repository of `base`, which is a file or folder; where that is in none, in the
        folder."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """The content of a file of at most `limit` bytes. Raises InputError."""
        ...

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        """The files below a folder that are not somebody else's, in a fixed order. What could not be listed, and
        links that lead nowhere, are among the faults."""
        ...


class Forwarding:
    """A store that asks another one: the base of those that answer some questions in another way."""

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def shown(self, path: str) -> str:
        return self._store.shown(path)

    def identity(self, path: str) -> str:
        return self._store.identity(path)

    def is_folder(self, path: str) -> bool:
        return self._store.is_folder(path)

    def encloses(self, base: str, path: str) -> bool:
        return self._store.encloses(base, path)

    def read(self, path: str, limit: int) -> bytes:
        return self._store.read(path, limit)

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        return self._store.walk(path, faults)


class _Disk:
    def shown(self, path: str) -> str:
        return os.path.normpath(path)

    def identity(self, path: str) -> str:
        try:
            return os.path.realpath(path)
        except ValueError:  # it holds a NUL character, so it cannot be opened either
            return path

    def is_folder(self, path: str) -> bool:
        return Path(path).is_dir()

    def encloses(self, base: str, path: str) -> bool:
        return _top(self.identity(base)) in Path(self.identity(path)).parents

    def read(self, path: str, limit: int) -> bytes:
        return read_bytes(path, limit=limit)

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as listed:
                    entries = sorted(listed, key=attrgetter("name"))
            except OSError as fault:
                faults.append(fault)
                continue
            shown = os.path.normpath(folder)
            start = "" if shown == os.curdir else os.path.join(shown, "")  # noqa: PTH118 - ends with a separator
            yield from (start + entry.name for entry in entries if _is_file(entry, start, faults))
            below = (entry for entry in reversed(entries) if entry.is_dir(follow_symlinks=False))
            waiting += (entry.path for entry in below if not is_skipped(entry.name))


def _is_file(entry: os.DirEntry[str], start: str, faults: list[OSError]) -> bool:
    """Whether an entry of a folder is anything but a folder, or a link that leads nowhere."""
    if entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110 - asked of every link of a folder
        faults.append(dangling(start + entry.name))
        return False
    return not entry.is_dir()


def dangling(link: str) -> DanglingLink:
    return DanglingLink(ENOENT, "this link leads nowhere", link)


def is_skipped(folder: str) -> bool:
    """Whether a folder of that name holds nothing of the person's own."""
    return folder in _SKIPPED or folder.startswith(".")


def _top(path: str) -> Path:
    """The top of the repository around a path without links, else its folder."""
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


DISK: Final[FileStore] = _Disk()
