"""Findings that some files give, in the context of the folders that they are in.

Of files that changed, all findings in them count, and of the other files those that were not there before the change:
what one file says may be wrong because of another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache as remembered
from typing import TYPE_CHECKING

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.answer import LintAnswer, Looked, Options, concluded, is_shown
from nwpolicy.queries.lint.baseline import is_known, known_of, told
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.folders import Looks, look_into
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.overlay import Overlay

if TYPE_CHECKING:
    from nwpolicy.readers.revision import Difference

__all__ = ["Change", "lint_changed", "lint_unsaved"]


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: the files that are named, or else those that git tells. `since` is the revision before; where none
    is given, that is `usual`, and if there is no such revision either, everything is new."""

    files: Sequence[str] = ()
    since: str | None = None
    usual: str = "HEAD"

    @property
    def revision(self) -> str:
        return self.since or self.usual


class _Files:
    """Files by their real paths."""

    def __init__(self, names: Iterable[str]) -> None:
        self._real = remembered(os.path.realpath)
        self._names = frozenset(map(self._real, names))

    def __bool__(self) -> bool:
        return bool(self._names)

    def __contains__(self, name: str) -> bool:
        return self._real(name) in self._names

    def concern(self, looked: Looked) -> bool:
        """Whether any of them has a part in what was looked at."""
        findings = (*looked.findings, *(one.finding for one in looked.suppressed))
        placed = (*(one.location for one in findings), *(one.location for one in looked.diagnostics))
        return any(name in self for name in {*looked.files, *(location.file for location in placed)})


def lint_changed(folders: Sequence[str], change: Change, options: Options, cache: Cache) -> LintAnswer:
    """The findings that a change gives. Raises InputError."""
    from nwpolicy.readers.revision import Difference

    with closing(Difference(change.revision, ".")) as difference:
        before = None if change.files else _contents_before(change, difference)
        files = _Files(change.files or before or ())
        if before is not None and not files:
            return concluded((), replace(options, baseline=None))
        looks = Looks(folders, options, cache)
        looked = looks.now()
        if files and not _tell_of_others(looked, options, files):
            return _given(looked, options, files, lambda _: False)
        before = _contents_before(change, difference) if change.files else before
    try:
        old = looks.with_contents(before) if before is not None else []
    except InputError:
        old = []  # rather is something old reported than something new passed over
    return _given_since(old, looked, options, files)


def lint_unsaved(name: str, text: str, folders: Sequence[str], options: Options, cache: Cache) -> LintAnswer:
    """The findings in one file if that is its text. Raises InputError."""
    store = Overlay(DISK, {os.path.realpath(name): text.encode("utf-8", "surrogatepass")})
    return _given(look_into(folders, options, cache, store), options, _Files([name]), lambda _: False)


def _tell_of_others(looked: Iterable[Looked], options: Options, files: _Files) -> bool:
    """Whether anything that is to be reported is in other files."""

    def is_other(finding: Finding) -> bool:
        return is_shown(finding, options) and finding.location.file not in files

    open_to_it = [one for one in looked if any(map(is_other, one.findings))]
    return any(map(is_other, concluded(open_to_it, options).findings))


def _given_since(before: Sequence[Looked], looked: Sequence[Looked], options: Options, files: _Files) -> LintAnswer:
    """What is found in the files, and of the others what was not found before. What belongs together as it did before,
    and without these files, has the same findings."""
    same = {id(one) for one in before} & {id(one) for one in looked}
    same -= {id(one) for one in looked if one.undecided or files.concern(one)}
    everything = replace(options, lowest=Severity.NOTE, baseline=None)
    old = concluded([one for one in before if id(one) not in same], everything)
    known = known_of(old.findings)
    left = [one for one in looked if id(one) not in same]
    answer = _given(left, options, files, lambda finding: not is_known(finding, known))
    if options.baseline is not None:  # it has told what is new
        return answer
    return replace(answer, findings=tuple(told(finding, known) for finding in answer.findings))


def _given(looked: Sequence[Looked], options: Options, files: _Files, counts: Callable[[Finding], bool]) -> LintAnswer:
    """What is found in the files, and of the others what counts."""
    answer = concluded(looked, options, lambda finding: finding.location.file in files or counts(finding))
    told = _Files(finding.location.file for finding in answer.findings)
    return replace(
        answer,
        stale=(),
        diagnostics=tuple(one for one in answer.diagnostics if one.location.file in files),
        files=tuple(name for name in answer.files if name in files or name in told),
    )


def _contents_before(change: Change, difference: Difference) -> dict[str, bytes | None] | None:
    """What the files were that changed; None where there is nothing to compare with, so that all is new. Raises
    InputError where the revision was asked for, or where only git could tell what changed."""
    try:
        return difference.contents()
    except InputError as error:
        is_missing = any(found.code == "unknown-revision" for found in error.diagnostics)
        if (is_missing and change.since is not None) or not (is_missing or change.files):
            raise
        return None
