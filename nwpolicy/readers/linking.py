"""Files that other files bring in by a path: found next to the file that names them, and never outside a root.

The root is the repository that the input is in, else the folder that was given (or that holds the file that was given).
What lies beyond it may be anything on the machine: it is not read.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document, Span
from nwpolicy.readers.filestore import FileStore
from nwpolicy.readers.textfile import decode
from nwpolicy.readers.tree import Raw

__all__ = ["Linker"]


class Linker:
    """Reads what files link. `base` is the file or folder that was given, `parse` makes a tree of a text."""

    def __init__(
        self, store: FileStore, base: str, limit: int, parse: Callable[[str, str], tuple[Raw, Document]]
    ) -> None:
        self._store = store
        self._base = base
        self._limit = limit
        self._parse = parse
        self._parsed: dict[str, tuple[Raw, Document]] = {}

    def __call__(self, importer: Document, path: str) -> tuple[Raw, Document]:
        """The tree at a path that is relative to a file. Raises InputError."""
        shown, text = self.text(importer, path)
        if shown not in self._parsed:
            self._parsed[shown] = self._parse(shown, text)
        return self._parsed[shown]

    def text(self, importer: Document, path: str) -> tuple[str, str]:
        """The path as it is shown, and the text there. Raises InputError."""
        folder = os.path.dirname(importer.path)  # noqa: PTH120 - keeps the spelling
        shown = self._store.shown(os.path.join(folder, path.replace("\\", "/")))  # noqa: PTH118
        if not self._store.encloses(self._base, shown):
            message = "it is outside of the repository or folder that is read"
            source = Document(shown, "", lambda _: Span(1, 1, 1, 1)).root()
            raise InputError(Diagnostic.error("outside-root", message, source))
        return shown, decode(shown, self._store.read(shown, self._limit))
