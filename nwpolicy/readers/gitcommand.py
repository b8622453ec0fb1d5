"""Runs git, for questions only: nothing is fetched, and no hook, filter or pager is run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.source import SourceLocation, Span

__all__ = ["Asked", "git", "git_environment", "refusal"]

#: Neither questions to a person nor downloads (of objects that a partial clone lacks).
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_SET_BY_HOOKS: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})


class Asked:
    """A question to git, which works on the answer meanwhile."""

    def __init__(self, revision: str, arguments: Sequence[str]) -> None:
        self._revision = revision
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(FileNotFoundError):
            self._process = subprocess.Popen(
                ["git", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=git_environment(),
            )

    def answer(self) -> str:
        """What git prints; InputError with what it says instead."""
        if self._process is None:
            message = "comparing with a revision takes git, which is not installed"
            raise refusal(self._revision, "git-not-found", message)
        printed, objected = self._process.communicate()
        if self._process.returncode != 0:
            lines = os.fsdecode(objected).strip().splitlines()
            said = lines[0].removeprefix("fatal: ") if lines else "git gave up without a word"
            raise refusal(self._revision, "unusable-revision", f"git cannot read the repository: {said}")
        return os.fsdecode(printed)

    def close(self) -> None:
        """Takes the question back, if it is not answered yet."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._process.communicate()


def git(revision: str, arguments: Sequence[str]) -> str:
    """What git prints; InputError with what it says instead."""
    return Asked(revision, arguments).answer()


def git_environment() -> Mapping[str, str]:
    """The repository is the one around the files, also where a hook of git itself has set another, or this one by a
    path that does not hold elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in _SET_BY_HOOKS} | _QUIET


def refusal(path: str, code: str, message: str, help: str | None = None) -> InputError:
    location = SourceLocation(path, Span(1, 1, 1, 1))
    return InputError(Diagnostic(Severity.ERROR, code, message, location, help))
