"""Paths as the repository around the current folder calls them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

__all__ = ["repository_path"]


def repository_path(path: str) -> str:
    """The path of a file as seen from the root of the repository, with slashes; as it is where there is no repository,
    or the file is not in it."""
    here = os.getcwd()  # noqa: PTH109 - asked for every place of a report
    root = _root(here)
    whole = os.path.normpath(os.path.join(here, path))  # noqa: PTH118 - a link keeps its name
    inside = root is not None and whole.startswith(os.path.join(root, ""))  # noqa: PTH118
    shown = os.path.relpath(whole, root) if inside else path
    return shown.replace("\\", "/").removeprefix("./")


@cache
def _root(folder: str) -> str | None:
    here = Path(folder)
    return next((str(above) for above in (here, *here.parents) if (above / ".git").exists()), None)
