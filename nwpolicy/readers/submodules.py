"""Submodules and other repositories within one, which are no part of it.

A revision names no more of a submodule than its commit. So the working tree that is compared with one is read without
the files of other repositories, too, and it is said which these are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.source import SourceLocation, Span
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.gitcommand import git, refusal

__all__ = ["GITLINK", "SUBMODULE_NOT_READ", "WorkingTree", "in_submodule", "not_read"]

#: The mode of a submodule in a tree or index.
GITLINK: Final = "160000"
SUBMODULE_NOT_READ: Final = "submodule-not-read"


def not_read(path: str) -> Diagnostic:
    """What is said of a submodule that is passed over."""
    message = "this is a submodule, whose files are in another repository: they are not read"
    return Diagnostic(Severity.WARNING, SUBMODULE_NOT_READ, message, SourceLocation(path, Span(1, 1, 1, 1)))


def in_submodule(path: str, submodule: str) -> InputError:
    message = f"it is in the submodule {submodule}, another repository, whose files are not read"
    return refusal(path, "file-not-found", message)


class WorkingTree:
    """The files of the working tree of the repository at `top`, without those of other repositories in it."""

    def __init__(self, revision: str, top: str) -> None:
        self._revision, self._top = revision, os.path.realpath(top)
        self._others: dict[str, str | None] = {}
        self._passed: dict[str, None] = {}

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What was passed over in the folders that were walked."""
        yield from map(not_read, self._passed)

    def tracks(self, path: str) -> bool:
        """Whether a file is known to git, and not only lies there."""
        absolute = os.path.normpath(os.path.join(os.path.realpath("."), path))  # noqa: PTH118 - keeps links
        if not absolute.startswith(os.path.join(self._top, "")):  # noqa: PTH118 - ends with a separator
            return False
        listed = ["ls-files", "-z", "--", f":(literal){os.path.relpath(absolute, self._top)}"]
        return bool(git(self._revision, ["-C", self._top, *listed]))

    def commit(self, path: str) -> str:
        """The commit that a submodule is at. Raises InputError."""
        if os.path.exists(os.path.join(path, ".git")):  # noqa: PTH110, PTH118
            return git(self._revision, ["-C", path, "rev-parse", "HEAD"]).strip()
        return self._links()[os.path.realpath(path)]

    def shown(self, path: str) -> str:
        return DISK.shown(path)

    def identity(self, path: str) -> str:
        return DISK.identity(path)

    def is_folder(self, path: str) -> bool:
        return DISK.is_folder(path) and self._other(self.identity(path)) is None

    def encloses(self, base: str, path: str) -> bool:
        return DISK.encloses(base, path)

    def read(self, path: str, limit: int) -> bytes:
        other = self._other(os.path.dirname(self.identity(path)))  # noqa: PTH120 - text, as all paths of stores
        if other is not None:
            raise in_submodule(path, os.path.relpath(other, self._top))
        return DISK.read(path, limit)

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        start = self.identity(path)
        for link in self._links():
            if link.startswith(os.path.join(start, "")):  # noqa: PTH118 - ends with a separator
                self._pass_over(path, start, link)
        for name in DISK.walk(path, faults):
            other = self._other(os.path.join(start, os.path.relpath(os.path.dirname(name) or ".", path)))  # noqa: PTH118, PTH120
            if other is None:
                yield name
            else:
                self._pass_over(path, start, other)

    def _pass_over(self, path: str, start: str, other: str) -> None:
        self._passed[os.path.normpath(os.path.join(path, os.path.relpath(other, start)))] = None  # noqa: PTH118

    def _other(self, folder: str) -> str | None:
        """The outermost repository within this one that a folder is in."""
        folder = os.path.normpath(folder)
        if not folder.startswith(os.path.join(self._top, "")):  # noqa: PTH118 - ends with a separator
            return None
        if folder not in self._others:
            own = folder if os.path.exists(os.path.join(folder, ".git")) else None  # noqa: PTH110, PTH118
            self._others[folder] = self._other(os.path.dirname(folder)) or own  # noqa: PTH120
        return self._others[folder]

    def _links(self) -> dict[str, str]:
        """The submodules of the index, by real path, with the commits that it has."""
        listed = git(self._revision, ["-C", self._top, "ls-files", "--stage", "-z"]).split("\0")
        found = {}
        for line in filter(None, listed):
            head, _, name = line.partition("\t")
            mode, commit, _ = head.split(" ")
            if mode == GITLINK:
                found[os.path.join(self._top, name)] = commit  # noqa: PTH118
        return found
