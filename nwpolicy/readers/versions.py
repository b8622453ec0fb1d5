"""Two versions of definitions that are compared: two paths, two revisions of git, or both sides of a plan of Terraform.

A version knows what its files are called in both, so that findings and places of one can be found in the other.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from os import PathLike

from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.gitcommand import refusal
from nwpolicy.readers.load import STDIN, load, load_plan, load_present, load_side
from nwpolicy.readers.parameterfiles import ParameterFiles, values_in, values_on_disk
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.revision import ancestor_of, definitions_at, definitions_of, load_working_tree, open_revision
from nwpolicy.readers.sharing import Sharing
from nwpolicy.readers.submodules import WorkingTree
from nwpolicy.readers.tree import Raw

__all__ = ["Version", "Versions", "planned", "versions_of_paths", "versions_of_revisions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One side. `name` is what people call it; `own` gives a path, as places in the definitions have it, in the form
    that both sides share, and None for one of the other side; `read` reads the definitions again with values for what
    they leave open; `elsewhere` reads what a path in the definitions leads to. `pins` are the values that are given for
    it, `commit` tells where a submodule that is not read is at, `values` what a file gives for parameters."""

    name: str
    definitions: Snapshot
    own: Callable[[str], str | None]
    read: Callable[[Pins], Snapshot]
    elsewhere: Callable[[str], Snapshot] = load
    pins: Pins = field(default_factory=Pins)
    commit: Callable[[str], str] = str
    values: Callable[[str], Mapping[str, Raw]] = values_on_disk


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


def versions_of_paths(old: str | PathLike[str], new: str | PathLike[str], pins: Pins | None = None) -> Versions:
    """The definitions at two paths, one of which may hold none. Raises InputError."""
    given, sharing = Pins() if pins is None else pins, Sharing()
    after = _at(os.fspath(new), given, sharing)
    before = _at(os.fspath(old), given, sharing.turn())
    if not any(side.definitions.resources for side in (before, after)):
        load_side(os.fspath(new), pins=given)  # says that there is nothing to compare, if that is why
    return Versions(before, after)


def _at(path: str, pins: Pins, sharing: Sharing) -> Version:
    def read(pins: Pins) -> Snapshot:
        return load_present(path, pins=pins)

    name = "standard input" if path == STDIN else path
    found = load_present(path, pins=pins, sharing=sharing)
    return Version(name, found, lambda file: _below(path, file), read, pins=pins)


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

        return Version(("before the plan", "after the plan")[index], sides[index], lambda file: file, read, pins=pins)

    return Versions(side(0), side(1))


def versions_of_revisions(
    base: str,
    head: str | None = None,
    paths: tuple[str, ...] = (".",),
    pins: Pins | None = None,
    *,
    direct: bool = False,
    param_files: Sequence[str] = (),
) -> Versions:
    """The definitions in a revision and in another one, or in the working tree. As in a pull request, the base is the
    last revision that both have in common, unless it is `direct`. Each side has the values that `param_files` give
    there, below those of `pins`. Raises InputError."""
    start = base if direct else ancestor_of(base, head or "HEAD", *paths)
    name = base if direct else f"{base} ({start})"
    if head is not None:
        _must_be_somewhere(paths, start, head)
    given = ParameterFiles(start, head, paths, param_files, pins or Pins())
    sharing = Sharing()
    after = (
        _of_working_tree(start, paths, given, sharing)
        if head is None
        else _of_revision(head, head, paths, given, sharing)
    )
    before = _of_revision(start, name, paths, given, sharing.turn())
    return Versions(before, after)


def _must_be_somewhere(paths: Sequence[str], *revisions: str) -> None:
    """What no revision has is no path to compare. Raises InputError."""
    opened = [open_revision(revision, *paths) for revision in revisions]
    for path in paths:
        if not any(one.holds(path) for one in opened):
            raise refusal(
                path, "file-not-found", f"neither {revisions[0]} nor {revisions[1]} has such a file or folder"
            )


def _of_revision(revision: str, name: str, paths: tuple[str, ...], given: ParameterFiles, sharing: Sharing) -> Version:
    opened = open_revision(revision, *paths)
    prefix = f"{opened.name}:"
    pins = given.in_revision(opened)

    def own(file: str) -> str | None:
        return file.removeprefix(prefix) if file.startswith(prefix) else None

    return Version(
        name,
        definitions_of(revision, *paths, pins=pins, sharing=sharing),
        own,
        lambda pins: definitions_of(revision, *paths, pins=pins),
        lambda path: definitions_at(revision, path, *paths),
        pins,
        opened.submodule,
        lambda path: values_in(opened, path),
    )


def _of_working_tree(base: str, paths: tuple[str, ...], given: ParameterFiles, sharing: Sharing) -> Version:
    opened = open_revision(base, *paths)
    pins = given.in_working_tree()

    def own(path: str) -> str | None:
        if path.startswith(f"{opened.name}:"):
            return None
        absolute = os.path.join(os.path.realpath("."), path)  # noqa: PTH118 - keeps links
        return posixpath.normpath(os.path.relpath(absolute, opened.top).replace(os.sep, "/"))

    return Version(
        "working tree",
        load_working_tree(base, *paths, pins=pins, sharing=sharing),
        own,
        lambda pins: load_working_tree(base, *paths, pins=pins),
        pins=pins,
        commit=WorkingTree(base, opened.top).commit,
    )
