"""What is known of inputs that were looked at before, in a folder of the person's own.

Entries are JSON under a digest of all that they follow from, so a stale one is never found and nobody has to delete
any. Several processes may write at once: an entry appears as a whole or not at all. The folder is never within the
repository, where a pull request could bring its own answers along, nor one that others may write to. Whatever is not in
the form of an entry is as good as none.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache as remembered
from pathlib import Path
from typing import Any, Final, TypeVar

import nwpolicy
from nwpolicy.queries.lint.stored import packed, unpacked
from nwpolicy.readers.observed import digest_of
from nwpolicy.resources import data_path

__all__ = ["Cache", "open_cache", "program"]

T = TypeVar("T")

#: The folder that holds the cache, instead of the usual one.
_VARIABLE: Final = "NWPOLICY_CACHE_DIR"
_MAX_BYTES: Final = 64 << 20
_MAX_ENTRIES: Final = 20_000
_MAX_ENTRY: Final = 4 << 20
#: One key in sixteen begins so.
_COUNTED: Final = "0"
_OTHERS_WRITE: Final = 0o022
_PACKAGE: Final = Path(nwpolicy.__file__).parent


class Cache:
    """Entries by keys. Without a folder nothing is kept for other runs."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.written: list[str] = []
        self._seen: dict[str, Any] = {}

    @property
    def program(self) -> str:
        """What tells this program apart from others: a part of every key."""
        return _own_program()

    def get(self, kind: type[T], key: str) -> T | None:
        """The record that was put there; None where none was."""
        if key not in self._seen:
            self._seen[key] = self._stored(kind, key)
        found: T | None = self._seen[key]
        return found

    def _stored(self, kind: type[T], key: str) -> T | None:
        if self._folder is None:
            return None
        try:
            with open(os.path.join(self._folder, f"{key}.json"), "rb") as file:  # noqa: PTH118, PTH123 - one of many
                entry = json.loads(file.read())
            return unpacked(kind, entry["value"]) if isinstance(entry, dict) and entry.get("key") == key else None
        except (OSError, ValueError, RecursionError, KeyError):
            return None

    def put(self, key: str, record: object) -> None:
        """Keeps a record. A cache that cannot be written is no fault."""
        self._seen[key] = record
        text = json.dumps({"key": key, "value": packed(record)}, separators=(",", ":"))
        if self._folder is None or len(text) > _MAX_ENTRY:
            return
        with suppress(OSError):
            new = self._folder / f"{key}.{os.getpid()}.new"  # not of `tempfile`, which takes long to load
            try:
                descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(text)
                new.replace(self._folder / f"{key}.json")
            except FileExistsError:  # another thread is about it
                return
            except OSError:
                new.unlink(missing_ok=True)
                raise
            self.written.append(key)

    def close(self) -> None:
        """Removes the oldest entries where there are too many: half of them, so that this is seldom done. To count
        them takes longer than most runs, so it is left to keys, which are as good as thrown dice, when that is."""
        if self._folder is None or not any(key.startswith(_COUNTED) for key in self.written):
            return
        try:
            entries = sorted(_entries(self._folder))
        except OSError:
            return
        if len(entries) <= _MAX_ENTRIES and sum(size for _, size, _ in entries) <= _MAX_BYTES:
            return
        for _, _, path in entries[: (len(entries) + 1) // 2]:
            with suppress(OSError):
                Path(path).unlink()


def open_cache(environment: Mapping[str, str] = os.environ) -> Cache:
    """The person's cache; one that keeps nothing where there cannot be one."""
    with suppress(OSError, RuntimeError):  # the person may have no home
        folder = _home(environment)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(folder):
            return Cache(folder)
    return Cache(None)


@remembered
def _own_program() -> str:
    return program()


def program(package: Path = _PACKAGE) -> str:
    """Tells programs apart: the package as it lies on the disk, and what is installed beside it."""
    own = (package, data_path("grammar"), data_path("schemas"))
    files = sorted(f"{path} {size} {time}" for folder in own for time, size, path in _below(str(folder)))
    beside = [f"{path} {_changed(path)}" for path in sys.path if path.endswith("-packages")]
    return digest_of(sys.version, *files, *beside)


def _home(environment: Mapping[str, str]) -> Path:
    given = environment.get(_VARIABLE)
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA")
    else:
        base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "nwpolicy"


def _is_private(folder: Path) -> bool:
    """Whether nobody else can put anything there. Windows keeps the folders of users apart itself."""
    if sys.platform == "win32":
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & _OTHERS_WRITE


def _below(folder: str) -> Iterator[tuple[float, int, str]]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _below(entry.path)
        else:
            status = entry.stat()
            yield status.st_mtime, status.st_size, entry.path


def _entries(folder: Path) -> Iterator[tuple[float, int, str]]:
    """What is in the cache, with its age and size; other processes may remove some of it meanwhile."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                yield status.st_mtime, status.st_size, entry.path


def _changed(path: str) -> float:
    with suppress(OSError):
        return Path(path).stat().st_mtime
    return 0
