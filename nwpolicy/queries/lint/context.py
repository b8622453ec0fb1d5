"""Findings that some files give, in the context of the folders that they are in.

Of files that changed, all findings in them count, and of the other files those that were not there before the change:
what one file says may be wrong because of another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.answer import LintAnswer, Looked, Options, concluded
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.folders import look_into
from nwpolicy.readers.filestore import DISK, FileStore
from nwpolicy.readers.overlay import Overlay
from nwpolicy.readers.remembering import Remembering

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


def lint_changed(folders: Sequence[str], change: Change, options: Options, cache: Cache) -> LintAnswer:
    """The findings that a change gives. Raises InputError."""
    changed = _real(change.files or _revised(change.revision))
    if not changed:
        return concluded((), replace(options, baseline=None))
    store = Remembering(DISK)
    looked = look_into(folders, options, cache, store)
    if all(_is_in(finding, changed) for finding in concluded(looked, options).findings):
        return _given(looked, options, changed, lambda _: False)
    before = _before(folders, change, options, cache, store)
    return _given(looked, options, changed, lambda finding: finding.fingerprint not in before)


def lint_unsaved(name: str, text: str, folders: Sequence[str], options: Options, cache: Cache) -> LintAnswer:
    """The findings in one file if that is its text. Raises InputError."""
    store = Overlay(DISK, {os.path.realpath(name): text.encode("utf-8", "surrogatepass")})
    return _given(look_into(folders, options, cache, store), options, _real([name]), lambda _: False)


def _given(
    looked: Sequence[Looked], options: Options, files: frozenset[str], counts: Callable[[Finding], bool]
) -> LintAnswer:
    """What is found in the files, and of the others what counts."""
    answer = concluded(looked, options, lambda finding: _is_in(finding, files) or counts(finding))
    told = files.union(_real(finding.location.file for finding in answer.findings))
    return replace(
        answer,
        stale=(),
        diagnostics=tuple(one for one in answer.diagnostics if os.path.realpath(one.location.file) in files),
        files=tuple(name for name in answer.files if os.path.realpath(name) in told),
    )


def _before(folders: Sequence[str], change: Change, options: Options, cache: Cache, store: FileStore) -> frozenset[str]:
    """The fingerprints of what was found before the change. Where that cannot be told, nothing was: rather is
    something old reported than something new passed over."""
    from nwpolicy.readers.revision import contents_before

    try:
        looked = look_into(folders, options, cache, Overlay(store, contents_before(change.revision, ".")))
    except InputError as error:
        if change.since is not None and any(found.code == "unknown-revision" for found in error.diagnostics):
            raise
        return frozenset()
    everything = replace(options, lowest=Severity.NOTE, baseline=None)
    return frozenset(finding.fingerprint for finding in concluded(looked, everything).findings)


def _revised(revision: str) -> Iterable[str]:
    from nwpolicy.readers.revision import contents_before

    return contents_before(revision, ".")


def _real(files: Iterable[str]) -> frozenset[str]:
    return frozenset(map(os.path.realpath, files))


def _is_in(finding: Finding, files: Set[str]) -> bool:
    return os.path.realpath(finding.location.file) in files
