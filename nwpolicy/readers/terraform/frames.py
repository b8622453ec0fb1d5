"""What an expression can see, and the diary of reading one configuration.

Data only; `evaluation` works expressions out, `modules` finds what names mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final, NamedTuple

from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import PassedOver
from nwpolicy.model.source import Document, Source
from nwpolicy.readers.terraform.values import Value

if TYPE_CHECKING:
    from nwpolicy.readers.terraform.modules import Module

__all__ = ["Bound", "Frame", "Reading", "TooMuchWork"]

#: Evaluated expressions of one configuration. Real ones stay below a hundredth of this.
_MAX_STEPS: Final = 500_000


class TooMuchWork(Exception):  # noqa: N818 - not about one expression, it ends the reading of the configuration
    """The configuration takes more steps than any sensible one."""


@dataclass(slots=True, eq=False)
class Reading:
    """One configuration while it is read, with the modules that it calls."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    _said: set[tuple[object, ...]] = field(default_factory=set)
    _steps: int = 0

    def spend(self, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > _MAX_STEPS:
            raise TooMuchWork

    def say(self, severity: Severity, code: str, message: str, source: Source, help: str | None = None) -> None:
        key = (code, message, source.document.path, source.route)
        if key in self._said:  # one fault in a loop is one fault
            return
        self._said.add(key)
        excerpt = source.document.line(source.location.span.line)
        self.diagnostics.append(Diagnostic(severity, code, message, source.location, help, excerpt))


class Bound(NamedTuple):
    """What a loop binds a name to, and words that tell this turn of the loop from the others."""

    value: Value
    turn: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The module and the file an expression stands in, and the names that loops around it bind."""

    module: Module
    document: Document
    names: Mapping[str, Bound] = field(default_factory=dict)

    def binding(self, names: Mapping[str, Bound]) -> Frame:
        return Frame(self.module, self.document, {**self.names, **names})

    def within(self, document: Document) -> Frame:
        """The same in another file of the module."""
        return self if document is self.document else Frame(self.module, document, self.names)
