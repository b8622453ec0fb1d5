"""What an expression can see: the template it stands in, the loops around it, the deployment it belongs to.

Data only; `evaluation` does the looking up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import PassedOver
from nwpolicy.model.source import Document, Source, SourceLocation, Span
from nwpolicy.readers.arm.expressions import Expression
from nwpolicy.readers.arm.values import Open, Value
from nwpolicy.readers.pins import Pin, Pins
from nwpolicy.readers.tree import Raw

if TYPE_CHECKING:
    from nwpolicy.readers.arm.instances import Deployed, Instance

__all__ = ["Bound", "Frame", "Inside", "Link", "Passed", "Reading", "Scope", "Target", "TooMuchWork", "inside_json"]

#: Evaluated expressions and read values of one file. Azure Resource Manager takes templates of 4 MB with all loops
#: expanded, which is a fifth of this; real ones stay below a hundredth.
_MAX_STEPS: Final = 1_000_000
#: The first character of a stretch of a string, and the one after it.
Offsets: TypeAlias = tuple[int, int]
#: The place of some characters of the string that stands at a source.
Inside: TypeAlias = Callable[[Source, Offsets], SourceLocation]
#: The template at a path that is relative to a file; raises InputError.
Link: TypeAlias = Callable[[Document, str], tuple[Raw, Document]]


class TooMuchWork(Exception):  # noqa: N818 - not about one expression, it ends the reading of the file
    """The file takes more steps than any sensible template: a bomb, or loops in loops in loops."""


def inside_json(source: Source, offsets: Offsets) -> SourceLocation:
    """The place of some characters of a JSON string. The offsets only tell it where nothing in it is escaped."""
    location = source.location
    span = location.span
    written = source.document.line(span.line)[span.column - 1 : span.end_column - 1]
    if span.line != span.end_line or "\\" in written:
        return location
    start, end = (span.column + 1 + offset for offset in offsets)
    return SourceLocation(location.file, Span(span.line, start, span.line, end))


@dataclass(slots=True, eq=False)
class Reading:
    """One file while it is read, and the files that it links."""

    document: Document
    link: Link | None = None
    inside: Inside = inside_json
    pins: Pins = field(default_factory=Pins)
    linked: list[str] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    parsed: dict[str, Expression] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    reported: set[tuple[object, ...]] = field(default_factory=set)
    steps: int = 0

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > _MAX_STEPS:
            raise TooMuchWork

    def given(self, name: str) -> Pin | None:
        """The value that a person gives for a name."""
        return self.pins.get(name, self.document.whole.path)

    def label(self, wanted: str) -> str:
        """A name for a nested deployment that no other one has: the names of unknowns rest on it."""
        label, number = wanted, self.labels.get(wanted, 1)
        while label in self.labels:
            number += 1
            label = f"{wanted}#{number}"
        self.labels[wanted] = number
        self.labels[label] = 1
        return label

    def error(
        self, code: str, message: str, source: Source, offsets: Offsets | None = None, help: str | None = None
    ) -> None:
        """Reports a fault, where possible at the very characters of the string that stands at `source`."""
        self._report(Severity.ERROR, code, message, source, offsets, help)

    def warning(self, code: str, message: str, source: Source) -> None:
        self._report(Severity.WARNING, code, message, source)

    def note(self, code: str, message: str, source: Source, offsets: Offsets | None = None) -> None:
        self._report(Severity.NOTE, code, message, source, offsets)

    def _report(
        self,
        severity: Severity,
        code: str,
        message: str,
        source: Source,
        offsets: Offsets | None = None,
        help: str | None = None,
    ) -> None:
        key = (code, message, source.document.path, source.route, offsets)
        if key in self.reported:  # one fault in a loop is one fault
            return
        self.reported.add(key)
        location = source.location if offsets is None else self.inside(source, offsets)
        excerpt = source.document.line(location.span.line)
        self.diagnostics.append(Diagnostic(severity, code, message, location, help, excerpt))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a template is deployed to; what is not known is None, what does not exist there is the empty text."""

    subscription: str | None = None
    resource_group: str | None = None


class Passed(NamedTuple):
    """What a nested deployment's parameter is given (`{"value": ...}`), to be evaluated where it was written."""

    raw: Raw
    source: Source
    frame: Frame


@dataclass(slots=True, eq=False)
class Scope:
    """One template: the whole file, or a nested one that is evaluated on its own (scope `inner`).

    `label` names a nested one and is empty for the whole file. `passed` is what a nested one is given, None for the
    whole file: nobody knows what that will be given, so it is read as if deployed with its defaults. `unread` tells
    why all of what it is given is not known, where that is so. `trail` are the files that link one another down to it.
    """

    reading: Reading
    raw: Mapping[str, Raw]
    source: Source
    target: Target
    label: str = ""
    passed: Mapping[str, Passed] | None = None
    unread: str | None = None
    trail: tuple[str, ...] = ()
    known: dict[tuple[str, str], Value] = field(default_factory=dict)
    deployed: dict[tuple[object, ...], Deployed | None] = field(default_factory=dict)
    deployments: Mapping[str, Instance | None] | None = None
    active: list[tuple[str, str]] = field(default_factory=list)

    def section(self, name: str) -> Mapping[str, Raw]:
        """`parameters`, `variables`; empty where absent or not an object."""
        section = self.raw.get(name)
        return section if isinstance(section, dict) else {}

    def named(self, name: str) -> str:
        """The name of an unknown of this template, unlike those of the other templates in the file."""
        return f"{self.label}: {name}" if self.label else name


class Bound(NamedTuple):
    """What a loop, a lambda or a call binds a name to, and how that value is written outside."""

    value: Value
    written: str


@dataclass(frozen=True, slots=True)
class Frame:
    """`loops` are the copy loops around an expression, `loop` the innermost one of a resource, `lambdas` the variables
    of lambdas, `arguments` those of the author's function that is being evaluated (None outside)."""

    scope: Scope
    loops: Mapping[str, Bound] = field(default_factory=dict)
    loop: str | None = None
    lambdas: Mapping[str, Bound] = field(default_factory=dict)
    arguments: Mapping[str, Bound] | None = None

    @property
    def reading(self) -> Reading:
        return self.scope.reading

    @property
    def is_plain(self) -> bool:
        """Whether what is written has the same value wherever it is written in this template."""
        return not self.loops and not self.lambdas and self.arguments is None

    def in_loop(self, name: str, index: int | Open, written: str, *, resource: bool) -> Frame:
        loops = {**self.loops, name.lower(): Bound(index, written)}
        return Frame(self.scope, loops, name.lower() if resource else self.loop, self.lambdas, self.arguments)

    def in_lambda(self, bound: Mapping[str, Bound]) -> Frame:
        return Frame(self.scope, self.loops, self.loop, {**self.lambdas, **bound}, self.arguments)
