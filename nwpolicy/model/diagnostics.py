"""What a reader or a check has to say about a place in the input: plain data, rendered elsewhere."""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source, SourceLocation

__all__ = ["Diagnostic", "InputError", "Severity"]


class Severity(StrEnum):
    """`error`: the file could not be read as it stands, no answer may rest on it. `warning`: read, but
    something in it is doubtful. `note`: something was deliberately left out of the model."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A located message. `code` is a stable kebab-case identifier, e.g. `duplicate-priority`.

    The message is lower case, without a full stop, and never holds the fix: `help` does.
    """

    severity: Severity
    code: str
    message: str
    location: SourceLocation
    help: str | None = None
    excerpt: str | None = None
    """The source line that `location` points at, for formats whose syntax could not be read."""

    @classmethod
    def error(cls, code: str, message: str, source: Source, help: str | None = None) -> Diagnostic:
        return cls(Severity.ERROR, code, message, source.location, help, _excerpt(source))

    @classmethod
    def warning(cls, code: str, message: str, source: Source, help: str | None = None) -> Diagnostic:
        return cls(Severity.WARNING, code, message, source.location, help, _excerpt(source))

    @classmethod
    def note(cls, code: str, message: str, source: Source, help: str | None = None) -> Diagnostic:
        return cls(Severity.NOTE, code, message, source.location, help, _excerpt(source))

    @property
    def sort_key(self) -> tuple[SourceLocation, str, str]:
        return (self.location, self.code, self.message)


def _excerpt(source: Source) -> str:
    return source.document.line(source.location.span.line)


class InputError(Exception):
    """The input cannot be read at all; carries the diagnostics that say why (at least one)."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.location}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics
