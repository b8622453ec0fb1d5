"""The Bicep files that belong to one another, each parsed once.

Source: Microsoft Learn, "Bicep modules" (paths to modules), "Imports in Bicep", "File functions for Bicep".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document, Span
from nwpolicy.readers.bicep.parse import parse
from nwpolicy.readers.bicep.syntax import Statement

__all__ = ["Beside", "Files", "is_remote"]

#: The path and the text of a file that another one names by a path relative to its own; raises InputError.
Beside: TypeAlias = Callable[[Document, str], tuple[str, str]]
#: Addresses that are no paths: registries and template specs, and aliases of these.
_REMOTE: Final = ("br:", "br/", "ts:", "ts/")


def is_remote(path: str) -> bool:
    """Whether a module or an import is in a registry, and not on the disk."""
    return path.startswith(_REMOTE)


class Files:
    """Reads and parses files that others name."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._parsed: dict[str, tuple[Statement, ...]] = {}

    def text(self, importer: Document, path: str) -> tuple[str, str]:
        """The path as it is shown, and the text. Raises InputError."""
        if is_remote(path):
            message = f"{path} is in a registry, which is not read"
            source = Document(path, "", lambda _: Span(1, 1, 1, 1)).root()
            raise InputError(Diagnostic.error("file-not-found", message, source))
        return self._beside(importer, path)

    def statements(self, path: str, text: str) -> tuple[Statement, ...]:
        """Raises InputError for a syntax error."""
        if path not in self._parsed:
            self._parsed[path] = parse(path, text)
        return self._parsed[path]
