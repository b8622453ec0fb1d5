"""A store without some files in the walks of some folders. What other files bring in is there all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from nwpolicy.model.records import dataclass
from nwpolicy.readers.filestore import FileStore, Forwarding

__all__ = ["Excluding", "Patterns"]

_ANY_FOLDERS = "**"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of paths below a folder: `*`, `?` and `[abc]` within a name, `**` for any folders, and a single name for
    all of that name. With a folder all that is in it matches."""

    folder: str
    patterns: tuple[str, ...]

    def match(self, path: str) -> bool:
        names = os.path.relpath(path, self.folder).replace("\\", "/").split("/")
        return any(_matches(names, _names(pattern)) for pattern in self.patterns)


def _names(pattern: str) -> list[str]:
    names = pattern.strip("/").split("/")
    return names if "/" in pattern.rstrip("/") else [_ANY_FOLDERS, *names]


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern or not path:
        return not pattern
    if pattern[0] == _ANY_FOLDERS:
        return _matches(path, pattern[1:]) or _matches(path[1:], pattern)
    return fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


class Excluding(Forwarding):
    """Walks of the folders leave out what matches."""

    def __init__(self, store: FileStore, folders: Sequence[str], patterns: Patterns) -> None:
        super().__init__(store)
        self._folders = frozenset(map(os.path.normpath, folders))
        self._patterns = patterns

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        names = self._store.walk(path, faults)
        if os.path.normpath(path) not in self._folders:
            return names
        return (name for name in names if not self._patterns.match(name))
