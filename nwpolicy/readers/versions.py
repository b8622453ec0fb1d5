"""Two versions of definitions that are compared: two paths, two revisions of git, or both sides of a plan of Terraform.

A version knows what its files are called in both, so that findings and places of one can be found in the other.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable

from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.load import STDIN, load_plan, load_side
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.revision import ancestor_of, definitions_of, load_working_tree, open_revision

__all__ = ["Version", "Versions", "planned", "versions_of_paths", "versions_of_revisions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One side. `name` is what people call it; `file` gives a path, as places in the definitions have it, in the form
    that both sides share; `read` reads the definitions again with values for what they leave open."""

    name: str
    definitions: Snapshot
    file: Callable[[str], str]
    read: Callable[[Pins], Snapshot]


@dataclass(frozen=True, slots=True)
class Versions:
    """Before and after."""

    before: Version
    after: Version


def versions_of_paths(old: str, new: str, pins: Pins) -> Versions:
    """The definitions at two paths. Raises InputError."""
    return Versions(*(_at(path, pins) for path in (old, new)))


def _at(path: str, pins: Pins) -> Version:
    def read(pins: Pins) -> Snapshot:
        return load_side(path, pins=pins)

    return Version("standard input" if path == STDIN else path, read(pins), lambda file: _below(path, file), read)


def _below(path: str, file: str) -> str:
    """The path of a file below the one that was given; of the given file itself a name that it has on both sides."""
    top, file = (one.replace(os.sep, "/") for one in (os.path.normpath(path), file))
    if top == ".":
        return file
    return "." if file == top else file.removeprefix(f"{top}/")


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


def versions_of_revisions(base: str, head: str | None, paths: tuple[str, ...], pins: Pins, *, direct: bool) -> Versions:
    """The definitions in a revision and in another one, or in the working tree. As in a pull request, the base is the
    last revision that both have in common, unless it is `direct`. Raises InputError."""
    start = base if direct else ancestor_of(base, head or "HEAD", *paths)
    name = base if direct else f"{base} ({start})"
    return Versions(_of_revision(start, name, paths, pins), _of_head(start, head, paths, pins))


def _of_revision(revision: str, name: str, paths: tuple[str, ...], pins: Pins) -> Version:
    prefix = f"{open_revision(revision, *paths).name}:"

    def read(pins: Pins) -> Snapshot:
        return definitions_of(revision, *paths, pins=pins)

    return Version(name, read(pins), lambda file: file.removeprefix(prefix), read)


def _of_head(base: str, head: str | None, paths: tuple[str, ...], pins: Pins) -> Version:
    if head is not None:
        return _of_revision(head, head, paths, pins)
    top = open_revision(base, *paths).top

    def read(pins: Pins) -> Snapshot:
        return load_working_tree(base, *paths, pins=pins)

    def file(path: str) -> str:
        absolute = os.path.join(os.path.realpath("."), path)  # noqa: PTH118 - keeps links
        return posixpath.normpath(os.path.relpath(absolute, top).replace(os.sep, "/"))

    return Version("working tree", read(pins), file, read)
