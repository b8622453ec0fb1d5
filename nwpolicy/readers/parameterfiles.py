"""Values for parameters that two sides of a comparison are given, each from the file as that side has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from nwpolicy.readers.pins import Pins
from nwpolicy.readers.revision import Revision, open_revision
from nwpolicy.readers.submodules import WorkingTree
from nwpolicy.readers.tree import Raw

__all__ = ["ParameterFiles", "values_in", "values_on_disk"]


class ParameterFiles:
    """Files of parameters for a base and a head, which is the working tree where it is None. What git does not know (a
    file of a pipeline, one outside of the repository) is the same for both sides; what it knows and a side lacks gives
    nothing there."""

    def __init__(self, base: str, head: str | None, paths: Sequence[str], files: Sequence[str], pins: Pins) -> None:
        self._files, self._pins = files, pins
        self._known = frozenset(_known(base, head, paths, files)) if files else frozenset()

    def in_revision(self, opened: Revision) -> Pins:
        """The values on the side of a revision. Raises InputError."""
        try:
            own = {path: Pins.of(files=[opened.path(path)], store=opened) for path in self._known if opened.holds(path)}
        finally:
            opened.close()
        return self._together(own)

    def in_working_tree(self) -> Pins:
        """The values on the side of the working tree. Raises InputError."""
        return self._together({path: Pins.of(files=[path]) for path in self._known if Path(path).exists()})

    def _together(self, own: Mapping[str, Pins]) -> Pins:
        """A later file wins over an earlier one, and what is given by name over files."""
        if not self._files:
            return self._pins
        found = Pins()
        for path in self._files:
            if path in own or path not in self._known:
                found = found.below(own[path] if path in own else Pins.of(files=[path]))
        return found.below(self._pins)


def _known(base: str, head: str | None, paths: Sequence[str], files: Sequence[str]) -> Iterator[str]:
    """The files that git knows on one of the sides."""
    with closing(open_revision(base, *paths)) as before:
        if head is None:
            tracks = WorkingTree(base, before.top).tracks
            yield from (path for path in files if before.holds(path) or tracks(path))
            return
        with closing(open_revision(head, *paths)) as after:
            yield from (path for path in files if before.holds(path) or after.holds(path))


def values_in(opened: Revision, path: str) -> Mapping[str, Raw]:
    """The values in a file of parameters, by what it is shown as in a revision. Raises InputError."""
    try:
        return Pins.of(files=[path], store=opened).values
    finally:
        opened.close()


def values_on_disk(path: str) -> Mapping[str, Raw]:
    """The values in a file of parameters. Raises InputError."""
    return Pins.of(files=[path]).values
