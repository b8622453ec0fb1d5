"""Files that two sides have word for word: read once, for both.

Only files that mean the same wherever they stand are shared: exports of Azure, which import and link nothing.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict

from nwpolicy.model.assembly import Fragment

__all__ = ["Sharing"]


class Sharing:
    """What the first side has read, for the second one to take; a file that is there twice is taken twice."""

    def __init__(self) -> None:
        self._kept: defaultdict[tuple[str, str], list[Fragment]] = defaultdict(list)
        self._is_first = True

    def turn(self) -> Sharing:
        """From now on it is the second side that reads."""
        self._is_first = False
        return self

    def keep(self, path: str, text: str, fragment: Fragment) -> None:
        if self._is_first:
            self._kept[_key(path, text)].append(fragment)

    def take(self, path: str, text: str) -> Fragment | None:
        """What the other side has made of a file of this name and text."""
        kept = self._kept.get(_key(path, text)) if not self._is_first else None
        return kept.pop(0) if kept else None


def _key(path: str, text: str) -> tuple[str, str]:
    """An export of one thing may have no name but that of its file."""
    return posixpath.basename(path.replace("\\", "/")), text
