"""The files of a git revision, read from the repository's objects: the working tree is neither read nor touched.

Paths are shown as git writes them: `main~1:infra/nsg.json`, relative to the top of the repository, so that
`git show main~1:infra/nsg.json` prints the file. Nothing is fetched, and no hook, filter or pager is run.

Source: git documentation, git-rev-parse, git-ls-tree, git-cat-file.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.filestore import dangling, is_skipped
from nwpolicy.readers.gitcommand import Asked, git, git_environment, refusal
from nwpolicy.readers.load import STDIN, Loader, load, raise_errors, read_side
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.sharing import Sharing
from nwpolicy.readers.submodules import GITLINK, WorkingTree, in_submodule, not_read

__all__ = [
    "Difference",
    "Revision",
    "ancestor_of",
    "definitions_at",
    "definitions_of",
    "open_revision",
    "read_revision",
    "read_working_tree",
]

#: Names of revisions that can stand before a path and still be taken apart; others are shown by their hash.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~^@{}+-]*(/[A-Za-z0-9_][A-Za-z0-9_.~^@{}+-]*)*", re.ASCII)
_HASH_SHOWN: Final = 12
_LINK: Final = "120000"
_ABSENT: Final = "000000"
#: The largest files have the largest limit.
_MAX_BEFORE: Final = 128 << 20
_MAX_LINKS: Final = 20


@dataclass(frozen=True, slots=True)
class _Object:
    """A file of the revision: its mode and the hash of its content."""

    mode: str
    hash: str


def definitions_of(revision: str, *paths: str, pins: Pins | None = None, sharing: Sharing | None = None) -> Snapshot:
    """The definitions that the files and folders had in a revision. What it lacks was added since, or is gone since, so
    it counts as empty. Raises InputError."""
    return raise_errors(read_revision(revision, *paths, pins=pins, sharing=sharing).snapshot())


def read_revision(revision: str, *paths: str, pins: Pins | None = None, sharing: Sharing | None = None) -> Loader:
    """The same, with the errors said."""
    with closing(open_revision(revision, *paths)) as opened:
        return _read(opened, [opened.path(path) for path in paths if opened.holds(path)], pins, sharing)


def definitions_at(revision: str, shown: str, *beside: str) -> Snapshot:
    """The definitions at a path that follows from where a file of the revision is shown, in the repository that other
    paths are in. Raises InputError, also where the revision has nothing there."""
    opened = open_revision(revision, *beside)
    try:
        return load(shown, store=opened)
    finally:
        opened.close()


def read_working_tree(revision: str, *paths: str, pins: Pins | None = None, sharing: Sharing | None = None) -> Loader:
    """The definitions in the working tree, to be compared with those of a revision: what only the revision has was
    deleted since, so it counts as empty. Errors are said."""
    with closing(open_revision(revision, *paths)) as opened:
        present = [path for path in paths if Path(path).exists() or not opened.holds(path)]
        return _read(WorkingTree(revision, opened.top), present, pins, sharing)


def _read(store: Revision | WorkingTree, paths: Sequence[str], pins: Pins | None, sharing: Sharing | None) -> Loader:
    """The definitions at paths of a side, which may hold none; and what was passed over."""
    loader = read_side(*paths, store=store, pins=pins, sharing=sharing, may_be_empty=True)
    loader.fragments.append(Fragment(diagnostics=tuple(store.diagnostics())))
    return loader


def ancestor_of(base: str, head: str, *paths: str) -> str:
    """The last revision that two have in common, as the hash that people see. Raises InputError."""
    one, other = (open_revision(name, *paths) for name in (base, head))
    try:
        found = git(base, ["-C", one.top, "merge-base", one.commit, other.commit]).strip()
    except InputError:
        message = f"{base!r} and {head!r} have no revision in common"
        help = "in a shallow clone, fetch more of the history (`git fetch --unshallow`), or compare with --direct"
        raise refusal(base, "no-common-revision", message, help) from None
    return found[:_HASH_SHOWN]


def open_revision(revision: str, *paths: str) -> Revision:
    """The revision of the repository that the paths are in. Raises InputError."""
    if STDIN in paths:
        raise refusal(revision, "unusable-revision", "standard input has no revisions", "name files or folders")
    tops = {git(revision, ["-C", _folder(path), "rev-parse", "--show-toplevel"]).rstrip("\n") for path in paths}
    if len(tops) > 1:
        raise refusal(revision, "several-repositories", f"the paths are in several repositories: {', '.join(tops)}")
    (top,) = tops
    if revision.startswith("-"):
        raise refusal(revision, "unknown-revision", f"{revision!r} names no revision")
    try:
        found = git(revision, ["-C", top, "rev-parse", "--verify", "--quiet", revision]).strip()
        tree = git(revision, ["-C", top, "rev-parse", "--verify", "--quiet", f"{found}^{{tree}}"]).strip()
    except InputError as error:
        message = f"{revision!r} names no revision of the repository {top}"
        help = "in a shallow clone, fetch it first, for example with `git fetch --unshallow`"
        raise refusal(revision, "unknown-revision", message, help) from error
    return Revision(revision, top, found, tree)


class Difference:
    """What is not the same in the working tree around a folder as in a revision. git works it out meanwhile."""

    def __init__(self, revision: str, folder: str) -> None:
        self._revision, self._folder = revision, folder
        commit = f"{revision}^{{commit}}"
        quiet = ["-C", folder, "-c", "core.fsmonitor=false", "-c", "diff.relative=false"]
        options = ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules"]
        questions = (
            [*quiet, "rev-parse", "--show-toplevel", commit],
            [*quiet, "diff", *options, commit, "--"],
            [*quiet, "ls-files", "-z", "--others", "--exclude-standard", "--full-name", "--", ":/"],
        )
        self._asked = [] if revision.startswith("-") else [Asked(revision, one) for one in questions]

    def contents(self) -> dict[str, bytes | None]:
        """By absolute path, what each file was that is not the same; None for what the revision lacks. Files that git
        is to ignore are not among them. Raises InputError."""
        top, changed, new = self._answers()
        found: dict[str, bytes | None] = {os.path.join(top, name): None for name in new}  # noqa: PTH118
        with closing(_Contents(top)) as contents:
            for head, name in zip(changed[::2], changed[1::2], strict=True):
                mode, _, old, *_ = head.removeprefix(":").split(" ")
                is_file = mode not in (_LINK, GITLINK, _ABSENT)
                found[os.path.join(top, name)] = contents.read(old, _MAX_BEFORE) if is_file else None  # noqa: PTH118
        return found

    def _answers(self) -> tuple[str, list[str], list[str]]:
        revision = self._revision
        if not self._asked:
            raise refusal(revision, "unknown-revision", f"{revision!r} names no revision")
        place, changed, new = self._asked
        try:
            top, _ = place.answer().splitlines()
        except InputError as error:
            git(
                revision, ["-C", self._folder, "rev-parse", "--show-toplevel"]
            )  # which says that there is no repository
            message = f"{revision!r} names no revision of the repository"
            raise refusal(revision, "unknown-revision", message) from error
        return top, changed.answer().split("\0")[:-1], new.answer().split("\0")[:-1]

    def close(self) -> None:
        for one in self._asked:
            one.close()


class Revision:
    """A store of the files of one tree: that of the revision of this commit, in the repository at `top`."""

    def __init__(self, name: str, top: str, commit: str, tree: str) -> None:
        self.name = name if _PLAIN.fullmatch(name) and ".." not in name else tree[:_HASH_SHOWN]
        self.top, self.commit = os.path.realpath(top), commit
        self._objects = dict(_listed(git(name, ["-C", top, "ls-tree", "-r", "-z", "--full-tree", tree])))
        self._folders = {folder for path in self._objects for folder in _above(path)}
        self._contents = _Contents(top)
        self._unread: list[str] = []

    def close(self) -> None:
        self._contents.close()

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What was passed over in the folders that were walked."""
        yield from (not_read(self._named(name)) for name in self._unread)

    def submodule(self, path: str) -> str:
        """The commit that a submodule is at."""
        return self._objects[self._key(path)].hash

    def path(self, path: str) -> str:
        """A path of the working tree as this store knows it."""
        absolute = os.path.normpath(os.path.join(os.path.realpath("."), path))  # noqa: PTH118 - keeps links
        if os.path.commonpath((absolute, self.top)) != self.top:
            absolute = os.path.realpath(path)
        return self._named(os.path.relpath(absolute, self.top).replace(os.sep, "/"))

    def holds(self, path: str) -> bool:
        """Whether the revision has something at a path of the working tree."""
        key = self._target(self._key(self.path(path)))
        return key in self._objects or key in self._folders

    def shown(self, path: str) -> str:
        return self._named(self._key(path))

    def identity(self, path: str) -> str:
        return f"{self.name}:{self._target(self._key(path))}"

    def is_folder(self, path: str) -> bool:
        return self._target(self._key(path)) in self._folders

    def encloses(self, base: str, path: str) -> bool:  # noqa: ARG002 - whatever is asked for is in the repository
        return not self._target(self._key(path)).startswith("..")

    def read(self, path: str, limit: int) -> bytes:
        key = self._target(self._key(path))
        found = self._objects.get(key)
        submodule = next((part for part in _above(key) if self._mode(part) == GITLINK), None)
        if submodule is not None:
            raise in_submodule(self.shown(path), submodule)
        if key in self._folders:
            raise refusal(self.shown(path), "unreadable-file", "this is a directory, expected a file")
        if found is None or found.mode in (_LINK, GITLINK):
            raise refusal(self.shown(path), "file-not-found", f"no such file in {self.name}")
        data = self._contents.read(found.hash, limit)
        if data is None:
            message = "its content is not in the repository (a partial clone fetches it on checkout)"
            raise refusal(self.shown(path), "unreadable-file", message)
        if len(data) > limit:
            message = f"the file is larger than the limit of {limit} bytes"
            raise refusal(self.shown(path), "file-too-large", message)
        return data

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        folder = self._target(self._key(path))
        start = "" if folder == "." else f"{folder}/"
        for name, found in sorted(self._objects.items(), key=lambda item: _walking_order(item[0])):
            below = name.removeprefix(start).split("/")
            if not name.startswith(start) or any(map(is_skipped, below[:-1])):
                continue
            if found.mode == GITLINK:
                self._unread.append(name)
            elif found.mode == _LINK and self._leads_nowhere(name):
                faults.append(dangling(self._named(name)))
            elif found.mode != _LINK or not self.is_folder(self._named(name)):
                yield self._named(name)

    def _named(self, key: str) -> str:
        return f"{self.name}:{'' if key == '.' else key}"

    def _key(self, path: str) -> str:
        """The path from the top, `.` for the top itself. Where imports went up to the top, the name of the revision
        and its colon were the folder that they left."""
        prefix, above = f"{self.name}:", posixpath.dirname(self.name)
        path = path.replace(os.sep, "/")
        if path.startswith(prefix):
            return posixpath.normpath(path.removeprefix(prefix) or ".")
        if not above or path.startswith(f"{above}/"):
            return posixpath.normpath(path.removeprefix(f"{above}/") if above else path)
        return posixpath.join("..", path)

    def _target(self, key: str) -> str:
        """Where links lead, as far as they stay in the tree."""
        for _ in range(_MAX_LINKS):
            link = next((part for part in (key, *_above(key)) if self._mode(part) == _LINK), None)
            if link is None:
                return key
            data = self._contents.read(self._objects[link].hash, 1 << 16) or b""
            rest = key.removeprefix(link).lstrip("/")
            goal = posixpath.join(posixpath.dirname(link), os.fsdecode(data), rest)
            key = posixpath.normpath(goal)
        return key

    def _leads_nowhere(self, link: str) -> bool:
        goal = self._target(link)
        if goal.startswith(("../", "/")):
            return not os.path.exists(os.path.join(self.top, goal))  # noqa: PTH110, PTH118 - text, as all paths here
        known = self._mode(goal) not in (None, _LINK) or goal in self._folders
        return not known and all(self._mode(part) != GITLINK for part in _above(goal))

    def _mode(self, key: str) -> str | None:
        found = self._objects.get(key)
        return found.mode if found is not None else None


class _Contents:
    """Contents of objects, from one process that hands out as many as are asked for."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str, limit: int) -> bytes | None:
        """The content of an object, at most one byte more than the limit; None if the repository lacks it."""
        request, answer = self._pipes()
        request.write(f"{name}\n".encode())
        request.flush()
        header = answer.readline().split()
        if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - hash, type, size
            return None
        size = int(header[2])
        data = answer.read(min(size, limit + 1))
        if size > limit:
            self.close()  # rather than read the rest
        else:
            answer.read(1)
        return data

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.wait()
        self._process = None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "-C", self._top, "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=git_environment(),
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _listed(output: str) -> Iterator[tuple[str, _Object]]:
    for line in filter(None, output.split("\0")):
        head, _, path = line.partition("\t")
        mode, _, name = head.split(" ")
        yield path, _Object(mode, name)


def _above(path: str) -> Iterator[str]:
    """The folders around a path, `.` last."""
    while path not in ("", ".", "/", ".."):
        path = posixpath.dirname(path) or "."
        yield path


def _walking_order(path: str) -> tuple[tuple[int, str], ...]:
    """A folder's files before its folders."""
    *folders, name = path.split("/")
    return (*((1, folder) for folder in folders), (0, name))


def _folder(path: str) -> str:
    """The nearest folder of the working tree around a path that may be gone."""
    folder = Path(path)
    while not folder.is_dir():
        folder = folder.parent
    return str(folder)
