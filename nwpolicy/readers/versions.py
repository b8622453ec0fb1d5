"""Two versions of definitions that are compared: two paths, two revisions of git, or both sides of a plan of Terraform.

A version knows what its files are called in both, so that findings and places of one can be found in the other.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable

from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.load import STDIN, load, load_plan, load_side
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.revision import ancestor_of, definitions_at, definitions_of, load_working_tree, open_revision
from nwpolicy.readers.sharing import Sharing

__all__ = ["Version", "Versions", "planned", "versions_of_paths", "versions_of_revisions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One side. `name` is what people call it; `own` gives a path, as places in the definitions have it, in the form
    that both sides share, and None for one of the other side; `read` reads the definitions again with values for what
    they leave open; `elsewhere` reads what a path in the definitions leads to."""

    name: str
    definitions: Snapshot
    own: Callable[[str], str | None]
    read: Callable[[Pins], Snapshot]
    elsewhere: Callable[[str], Snapshot] = load


@dataclass(frozen=True, slots=True)
class Versions:
    """Before and after. What both sides have word for word has the paths of the newer one."""

    before: Version
    after: Version

    def file(self, path: str) -> str:
        """The path of a file as both sides call it."""
        found = self.after.own(path)
        return found if found is not None else self.before.own(path) or path

    def is_new(self, path: str) -> bool:
        """Whether a path is one of the newer side."""
        return self.after.own(path) is not None


def versions_of_paths(old: str, new: str, pins: Pins | None = None) -> Versions:
    """The definitions at two paths. Raises InputError."""
    given, sharing = pins or Pins(), Sharing()
    after = _at(new, given, sharing)
    return Versions(_at(old, given, sharing.turn()), after)


def _at(path: str, pins: Pins, sharing: Sharing) -> Version:
    def read(pins: Pins) -> Snapshot:
        return load_side(path, pins=pins)

    name = "standard input" if path == STDIN else path
    return Version(name, load_side(path, pins=pins, sharing=sharing), lambda file: _below(path, file), read)


def _below(path: str, file: str) -> str | None:
    """The path of a file below the one that was given; of the given file itself a name that it has on both sides."""
    top, file = (one.replace(os.sep, "/") for one in (os.path.normpath(path), file))
    if top == ".":
        return file
    if file == top:
        return "."
    return file.removeprefix(f"{top}/") if file.startswith(f"{top}/") else None


def planned(path: str, pins: Pins) -> Versions | None:
    """The definitions before and after a plan is applied; None for what is no plan. Raises InputError."""
    sides = load_plan(path, pins)
    if sides is None:
        return None

    def side(index: int) -> Version:
        def read(pins: Pins) -> Snapshot:
            again = load_plan(path, pins)
            assert again is not None
            return again[index]

        return Version(("before the plan", "after the plan")[index], sides[index], lambda file: file, read)

    return Versions(side(0), side(1))


def versions_of_revisions(
    base: str,
    head: str | None = None,
    paths: tuple[str, ...] = (".",),
    pins: Pins | None = None,
    *,
    direct: bool = False,
) -> Versions:
    """The definitions in a revision and in another one, or in the working tree. As in a pull request, the base is the
    last revision that both have in common, unless it is `direct`. Raises InputError."""
    given = pins or Pins()
    start = base if direct else ancestor_of(base, head or "HEAD", *paths)
    name = base if direct else f"{base} ({start})"
    sharing = Sharing()
    after = _of_head(start, head, paths, given, sharing)
    return Versions(_of_revision(start, name, paths, given, sharing.turn()), after)


def _of_revision(revision: str, name: str, paths: tuple[str, ...], pins: Pins, sharing: Sharing) -> Version:
    prefix = f"{open_revision(revision, *paths).name}:"

    def read(pins: Pins) -> Snapshot:
        return definitions_of(revision, *paths, pins=pins)

    found = definitions_of(revision, *paths, pins=pins, sharing=sharing)

    def own(file: str) -> str | None:
        return file.removeprefix(prefix) if file.startswith(prefix) else None

    return Version(name, found, own, read, lambda path: definitions_at(revision, path, *paths))


def _of_head(base: str, head: str | None, paths: tuple[str, ...], pins: Pins, sharing: Sharing) -> Version:
    if head is not None:
        return _of_revision(head, head, paths, pins, sharing)
    opened = open_revision(base, *paths)

    def read(pins: Pins) -> Snapshot:
        return load_working_tree(base, *paths, pins=pins)

    def own(path: str) -> str | None:
        if path.startswith(f"{opened.name}:"):
            return None
        absolute = os.path.join(os.path.realpath("."), path)  # noqa: PTH118 - keeps links
        return posixpath.normpath(os.path.relpath(absolute, opened.top).replace(os.sep, "/"))

    return Version("working tree", load_working_tree(base, *paths, pins=pins, sharing=sharing), own, read)
