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
    whole = os.path.normpath(os.path.join(here, path))  # noqa: PTH118 - a link to a file keeps its name
    shown = path if root is None else (_below(root, whole) or _below(root, _without_links(whole)) or path)
    return shown.replace("\\", "/").removeprefix("./")


def _below(root: str, path: str) -> str | None:
    return os.path.relpath(path, root) if path.startswith(os.path.join(root, "")) else None  # noqa: PTH118


def _without_links(path: str) -> str:
    """The path by folders that are none: the current one is known so."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118


@cache
def _root(folder: str) -> str | None:
    here = Path(folder)
    return next((str(above) for above in (here, *here.parents) if (above / ".git").exists()), None)
