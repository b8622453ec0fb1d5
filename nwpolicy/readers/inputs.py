"""Definitions as functions of the Python API take them: those that were loaded, or the paths to load."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

from nwpolicy.model.snapshot import Snapshot

__all__ = ["Input", "Paths", "loaded", "paths_of"]

#: A file or folder, or several that belong together.
Paths: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Input: TypeAlias = Snapshot | Paths


def loaded(estate: Input) -> Snapshot:
    """The definitions. Raises InputError."""
    if isinstance(estate, Snapshot):
        return estate
    from nwpolicy.readers.load import load

    return load(*paths_of(estate))


def paths_of(given: Paths) -> tuple[str, ...]:
    paths = [given] if isinstance(given, str | os.PathLike) else given
    return tuple(os.fspath(path) for path in paths)
