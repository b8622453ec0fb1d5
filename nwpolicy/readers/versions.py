"""Two versions of definitions that are compared: two paths, two revisions of git, or both sides of a plan of Terraform.

A version knows what its files are called in both, so that findings and places of one can be found in the other.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import closing, nullcontext
from dataclasses import field, replace
from os import PathLike

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.gitcommand import refusal
from nwpolicy.readers.load import STDIN, Loader, load, load_plan, load_side, raise_errors, read_side
from nwpolicy.readers.parameterfiles import ParameterFiles, values_in, values_on_disk
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.revision import ancestor_of, definitions_at, open_revision, read_revision, read_working_tree
from nwpolicy.readers.sharing import Sharing
from nwpolicy.readers.sides import Errors, PassedPart, Side, passed_parts, torn_parts
from nwpolicy.readers.submodules import WorkingTree
from nwpolicy.readers.tree import Raw

__all__ = ["Version", "Versions", "planned", "versions_of_paths", "versions_of_revisions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One side. `name` is what people call it; `own` gives a path, as places in the definitions have it, in the form
    that both sides share, and None for one of the other side; `read` reads the definitions again with values for what
    they leave open; `elsewhere` reads what a path in the definitions leads to. `pins` are the values that are given for
    it, `commit` tells where a submodule that is not read is at, `values` what a file gives for parameters. `side` has
    the parts of a version that can do without some."""

    name: str
    definitions: Snapshot
    own: Callable[[str], str | None]
    read: Callable[[Pins], Snapshot]
    elsewhere: Callable[[str], Snapshot] = load
    pins: Pins = field(default_factory=Pins)
    commit: Callable[[str], str] = str
    values: Callable[[str], Mapping[str, Raw]] = values_on_disk
    side: Side | None = None

    def without(self, passed: Set[str]) -> Version:
        """The same without parts, which are passed over."""
        side = self.side
        if side is None or not passed:
            return self
        return replace(self, definitions=side.definitions(passed), read=lambda pins: side.read(pins, passed))


@dataclass(frozen=True, slots=True)
class Versions:
    """Before and after. What both sides have word for word has the paths of the newer one. `passed` is what is not
    compared, as there are errors in it on some side."""

    before: Version
    after: Version
    passed: tuple[PassedPart, ...] = ()

    def file(self, path: str) -> str:
        """The path of a file as both sides call it."""
        found = self.after.own(path)
        return found if found is not None else self.before.own(path) or path

    def is_new(self, path: str) -> bool:
        """Whether a path is one of the newer side."""
        return self.after.own(path) is not None

    def without(self, before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> Versions:
        """The same without what has these errors on either side. Raises InputError where it cannot do without."""
        if self.before.side is None or self.after.side is None:
            raise InputError(*before, *after)
        old = {one.path: one.before for one in self.passed if one.before} | self.before.side.blamed(before)
        new = {one.path: one.after for one in self.passed if one.after} | self.after.side.blamed(after)
        if len(old.keys() | new.keys()) == len(self.passed):
            raise InputError(*before, *after)
        return _without(self.before, self.after, old, new)


def _both(before: Version, after: Version) -> Versions:
    """Both versions, those that can do without parts without what has errors. Raises InputError."""
    if before.side is None or after.side is None:
        return Versions(before, after)
    return _without(before, after, before.side.errors, after.side.errors)


def _without(before: Version, after: Version, old: Errors, new: Errors) -> Versions:
    """Raises InputError where nothing is left."""
    assert before.side is not None
    assert after.side is not None
    bad = old.keys() | new.keys()
    passed = bad | torn_parts(before.side, after.side, bad)
    sides = before.without(passed), after.without(passed)
    if bad and not any(side.definitions.resources for side in sides):
        raise InputError(*(error for errors in (*old.values(), *new.values()) for error in errors))
    return Versions(*sides, passed_parts(before.side, after.side, old, new))


def versions_of_paths(
    old: str | PathLike[str], new: str | PathLike[str], pins: Pins | None = None, *, partly: bool = False
) -> Versions:
    """The definitions at two paths, one of which may hold none; `partly`: without what has errors on one side. Raises
    InputError."""
    given, sharing = Pins() if pins is None else pins, Sharing()
    after = _at(os.fspath(new), given, sharing, partly=partly)
    before = _at(os.fspath(old), given, sharing.turn(), partly=partly)
    found = _both(before, after)
    if not any(side.definitions.resources for side in (before, after)):
        load_side(os.fspath(new), pins=given)  # says that there is nothing to compare, if that is why
    return found


def _at(path: str, pins: Pins, sharing: Sharing, *, partly: bool) -> Version:
    def own(file: str) -> str | None:
        return _below(path, file)

    def read(pins: Pins, sharing: Sharing | None = None) -> Loader:
        return read_side(path, pins=pins, sharing=sharing, may_be_empty=True)

    loader = read(pins, sharing)
    side = Side(loader, read, lambda: nullcontext(DISK), own) if partly else None
    return Version(
        "standard input" if path == STDIN else path,
        _definitions(loader, side),
        own,
        lambda pins: raise_errors(read(pins).snapshot()),
        pins=pins,
        side=side,
    )


def _definitions(loader: Loader, side: Side | None) -> Snapshot:
    """What a side holds. Raises InputError where it cannot do without what has errors."""
    return raise_errors(loader.snapshot()) if side is None else side.definitions(side.errors.keys())


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
    partly: bool = False,
) -> Versions:
    """The definitions in a revision and in another one, or in the working tree. As in a pull request, the base is the
    last revision that both have in common, unless it is `direct`. Each side has the values that `param_files` give
    there, below those of `pins`. `partly`: without what has errors on one side. Raises InputError."""
    start = base if direct else ancestor_of(base, head or "HEAD", *paths)
    name = base if direct else f"{base} ({start})"
    if head is not None:
        _must_be_somewhere(paths, start, head)
    given = ParameterFiles(start, head, paths, param_files, Pins() if pins is None else pins)
    sharing = Sharing()
    if head is None:
        after = _of_working_tree(start, paths, given, sharing, partly=partly)
    else:
        after = _of_revision(head, head, paths, given, sharing, partly=partly)
    return _both(_of_revision(start, name, paths, given, sharing.turn(), partly=partly), after)


def _must_be_somewhere(paths: Sequence[str], *revisions: str) -> None:
    """What no revision has is no path to compare. Raises InputError."""
    left = set(paths)
    for revision in revisions:
        with closing(open_revision(revision, *paths)) as opened:
            left -= {path for path in left if opened.holds(path)}
    for path in (one for one in paths if one in left):
        raise refusal(path, "file-not-found", f"neither {' nor '.join(revisions)} has such a file or folder")


def _of_revision(
    revision: str, name: str, paths: tuple[str, ...], given: ParameterFiles, sharing: Sharing, *, partly: bool
) -> Version:
    opened = open_revision(revision, *paths)
    prefix = f"{opened.name}:"
    pins = given.in_revision(opened)

    def own(file: str) -> str | None:
        return file.removeprefix(prefix) if file.startswith(prefix) else None

    def read(pins: Pins, sharing: Sharing | None = None) -> Loader:
        return read_revision(revision, *paths, pins=pins, sharing=sharing)

    loader = read(pins, sharing)
    side = Side(loader, read, lambda: closing(open_revision(revision, *paths)), own) if partly else None
    return Version(
        name,
        _definitions(loader, side),
        own,
        lambda pins: raise_errors(read(pins).snapshot()),
        lambda path: definitions_at(revision, path, *paths),
        pins,
        opened.submodule,
        lambda path: values_in(opened, path),
        side,
    )


def _of_working_tree(
    base: str, paths: tuple[str, ...], given: ParameterFiles, sharing: Sharing, *, partly: bool
) -> Version:
    opened = open_revision(base, *paths)
    pins = given.in_working_tree()

    def own(path: str) -> str | None:
        if path.startswith(f"{opened.name}:"):
            return None
        absolute = os.path.join(os.path.realpath("."), path)  # noqa: PTH118 - keeps links
        return posixpath.normpath(os.path.relpath(absolute, opened.top).replace(os.sep, "/"))

    def read(pins: Pins, sharing: Sharing | None = None) -> Loader:
        return read_working_tree(base, *paths, pins=pins, sharing=sharing)

    tree = WorkingTree(base, opened.top)
    loader = read(pins, sharing)
    side = Side(loader, read, lambda: nullcontext(tree), own) if partly else None
    return Version(
        "working tree",
        _definitions(loader, side),
        own,
        lambda pins: raise_errors(read(pins).snapshot()),
        pins=pins,
        commit=tree.commit,
        side=side,
    )
