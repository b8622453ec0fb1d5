"""Findings that some files give, in the context of the folders that they are in.

Of files that changed, all findings in them count, and of the other files those that were not there before the change:
what one file says may be wrong because of another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.queries.lint.answer import LintAnswer, Looked, Options, concluded
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.folders import look_into
from nwpolicy.readers.filestore import DISK, FileStore
from nwpolicy.readers.overlay import Overlay
from nwpolicy.readers.remembering import Remembering

__all__ = ["lint_changed", "lint_unsaved"]

_LAST: Final = "HEAD"


def lint_changed(
    folders: Sequence[str], files: Sequence[str], since: str | None, options: Options, cache: Cache
) -> LintAnswer:
    """The findings that changed files give: those that are named, else those that git tells. `since` is the revision
    before the change, by default the last commit; without one, everything is new. Raises InputError."""
    changed = _real(files or _revised(since or _LAST))
    store = Remembering(DISK)
    looked = look_into(folders, options, cache, store)
    elsewhere = any(not _is_in(finding, changed) for each in looked for finding in each.findings)
    before = _before(folders, since, options, cache, store) if elsewhere else frozenset()
    return _given(looked, options, changed, lambda finding: finding.fingerprint not in before)


def lint_unsaved(name: str, text: str, folders: Sequence[str], options: Options, cache: Cache) -> LintAnswer:
    """The findings in one file if that is its text. Raises InputError."""
    store = Overlay(DISK, {os.path.realpath(name): text.encode("utf-8", "surrogatepass")})
    return _given(look_into(folders, options, cache, store), options, _real([name]), lambda _: False)


def _given(
    looked: Sequence[Looked], options: Options, files: Set[str], counts: Callable[[Finding], bool]
) -> LintAnswer:
    """What is found in the files, and of the others what counts."""
    answer = concluded(looked, options, lambda finding: _is_in(finding, files) or counts(finding))
    return replace(
        answer,
        stale=(),
        diagnostics=tuple(one for one in answer.diagnostics if os.path.realpath(one.location.file) in files),
        files=tuple(name for name in answer.files if os.path.realpath(name) in files),
    )


def _before(
    folders: Sequence[str], since: str | None, options: Options, cache: Cache, store: FileStore
) -> frozenset[str]:
    """The fingerprints of what was found before the change. Where that cannot be told, nothing was: rather is
    something old reported than something new passed over."""
    from nwpolicy.readers.revision import contents_before

    try:
        contents = contents_before(since or _LAST, ".")
        looked = look_into(folders, options, cache, Overlay(store, contents))
    except InputError:
        if since is not None:
            raise
        return frozenset()
    everything = replace(options, lowest=Severity.NOTE, baseline=None)
    return frozenset(finding.fingerprint for finding in concluded(looked, everything).findings)


def _revised(since: str) -> Iterable[str]:
    from nwpolicy.readers.revision import contents_before

    return contents_before(since, ".")


def _real(files: Iterable[str]) -> frozenset[str]:
    return frozenset(map(os.path.realpath, files))


def _is_in(finding: Finding, files: Set[str]) -> bool:
    return os.path.realpath(finding.location.file) in files
