"""Diagnostics as people read them: place, message, the line with a caret under the fault, and the advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.source import Span
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = ["SEVERITY_STYLES", "diagnostic_lines", "window"]

SEVERITY_STYLES = {Severity.ERROR: Style.DENIED, Severity.WARNING: Style.DOUBTFUL, Severity.NOTE: Style.FAINT}
#: Columns of a source line that are shown; minified files have lines of megabytes.
_WINDOW = 100


def diagnostic_lines(diagnostics: Iterable[Diagnostic]) -> Iterator[Line]:
    """`file:line:column: severity: message [code]`, then the source line where it is at hand."""
    for diagnostic in diagnostics:
        style = SEVERITY_STYLES[diagnostic.severity]
        yield (
            f"{diagnostic.location}: ",
            Styled(diagnostic.severity.value, style),
            f": {diagnostic.message} ",
            Styled(f"[{diagnostic.code}]", Style.FAINT),
        )
        yield from window(diagnostic.location.span, diagnostic.excerpt or "", style)
        if diagnostic.help:
            yield ("  = help: ", diagnostic.help)


def window(span: Span, excerpt: str, style: Style) -> Iterator[Line]:
    """The line with a caret under the span; nothing for a blank line."""
    if not excerpt.strip():
        return
    text = excerpt.expandtabs(1)
    start = max(0, min(span.column - 1, len(text)) - _WINDOW // 2) if len(text) > _WINDOW else 0
    shown = text[start : start + _WINDOW]
    offset = min(max(span.column - 1 - start, 0), len(shown))
    end = span.end_column - 1 - start if span.end_line == span.line else len(shown)
    width = max(1, min(end, len(shown)) - offset)
    number = str(span.line)
    yield (f"{number} | ", shown)
    yield (" " * len(number), " | ", " " * offset, Styled("^" * width, style))
