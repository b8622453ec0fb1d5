"""Runs git, for questions only: nothing is fetched, and no hook, filter or pager is run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.source import SourceLocation, Span

__all__ = ["git", "git_environment", "refusal"]

#: Neither questions to a person nor downloads (of objects that a partial clone lacks).
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_SET_BY_HOOKS: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})


def git(revision: str, arguments: Sequence[str]) -> str:
    """What git prints; InputError with what it says instead."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=git_environment())
    except FileNotFoundError:
        message = "comparing with a revision takes git, which is not installed"
        raise refusal(revision, "git-not-found", message) from None
    if done.returncode != 0:
        lines = os.fsdecode(done.stderr).strip().splitlines()
        said = lines[0].removeprefix("fatal: ") if lines else "git gave up without a word"
        raise refusal(revision, "unusable-revision", f"git cannot read the repository: {said}")
    return os.fsdecode(done.stdout)


def git_environment() -> Mapping[str, str]:
    """The repository is the one around the files, also where a hook of git itself has set another, or this one by a
    path that does not hold elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in _SET_BY_HOOKS} | _QUIET


def refusal(path: str, code: str, message: str, help: str | None = None) -> InputError:
    location = SourceLocation(path, Span(1, 1, 1, 1))
    return InputError(Diagnostic(Severity.ERROR, code, message, location, help))
