"""What there is to say about the files of one reading. Line tables are made once for a file, so that a file with
many mistakes costs no more than one with few."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.source import Document, Route, Source, Span
from nwpolicy.readers.places import Fault, Lines

__all__ = ["MAX_FINDINGS", "Findings"]

#: Diagnostics of one reading; behind them one more tells how many are not shown.
MAX_FINDINGS: Final = 500


class Findings:
    """Collects diagnostics, each once. A route of its documents is a pair of offsets, start and end."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._lines: dict[Document, Callable[[], Lines]] = {}
        self._more = 0
        self._excerpt: tuple[Document, int, str] | None = None

    def open(self, path: str, text: str) -> Document:
        """The document of a text."""

        @cache
        def lines() -> Lines:
            return Lines(text)

        def locate(route: Route) -> Span:
            start, end = route[:2] if len(route) > 1 else (0, 0)
            return lines().span(int(start), int(end))

        document = Document(path, text, locate)
        self._lines[document] = lines
        return document

    def error(self, code: str, message: str, source: Source, help: str | None = None) -> None:
        self._add(Severity.ERROR, code, message, source, help)

    def warning(self, code: str, message: str, source: Source, help: str | None = None) -> None:
        self._add(Severity.WARNING, code, message, source, help)

    def faults(self, document: Document, faults: list[Fault]) -> None:
        """Errors of syntax."""
        for fault in faults:
            self.error(fault.code, fault.message, Source(document, (fault.start, fault.end)), fault.help)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        found = sorted(self._found, key=lambda diagnostic: diagnostic.sort_key)
        if self._more:
            message = f"{self._more} further diagnostics are not shown"
            last = found[-1]
            found.append(Diagnostic(Severity.ERROR, "too-many-errors", message, last.location, None, last.excerpt))
        return tuple(found)

    def _add(self, severity: Severity, code: str, message: str, source: Source, help: str | None) -> None:
        if len(self._found) >= MAX_FINDINGS:
            self._more += 1
            return
        location = source.location
        excerpt = self._line(source.document, location.span.line)
        self._found[Diagnostic(severity, code, message, location, help, excerpt)] = None

    def _line(self, document: Document, number: int) -> str:
        """A line of a document; the last one is kept, since many mistakes may stand in one long line."""
        if self._excerpt is None or self._excerpt[:2] != (document, number):
            self._excerpt = (document, number, self._lines[document]().text(number))
        return self._excerpt[2]
