"""Bicep files, and what they bring in, as templates and as definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source, SourceLocation
from nwpolicy.readers import arm
from nwpolicy.readers.arm.frames import Offsets, TooMuchWork, inside_json
from nwpolicy.readers.bicep.files import Beside, Files
from nwpolicy.readers.bicep.given import values
from nwpolicy.readers.bicep.params import deployment
from nwpolicy.readers.bicep.program import Program
from nwpolicy.readers.bicep.template import template
from nwpolicy.readers.pins import Pin, Pins
from nwpolicy.readers.places import Fault, Place, input_error, locator
from nwpolicy.readers.tree import Raw

__all__ = ["Compiled", "Compiler", "ParseJson"]

_SUFFIXES: Final = (".bicep", ".bicepparam")

ParseJson: TypeAlias = Callable[[str, str], tuple[Raw, Document]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template that was made of a Bicep file, and what was to be said of that file."""

    raw: Raw
    document: Document
    diagnostics: tuple[Diagnostic, ...]


class Compiler:
    """Makes templates of Bicep files, each once, and reads these."""

    def __init__(self, beside: Beside, parse_json: ParseJson) -> None:
        self._files = Files(beside)
        self._parse_json = parse_json
        self._compiled: dict[str, Compiled] = {}

    def read(self, path: str, text: str, pins: Pins | None = None) -> Fragment:
        """The definitions of a Bicep file and of its modules. Raises InputError for a syntax error in it."""
        said: list[Diagnostic] = []

        def link(importer: Document, relative: str) -> tuple[Raw, Document]:
            compiled = self.link(importer, relative)
            said.extend(compiled.diagnostics)
            return compiled.raw, compiled.document

        whole = self.compiled(path, text)
        fragment = arm.read(whole.raw, whole.document, link=link, inside=_inside, pins=pins)
        return replace(fragment, diagnostics=(*whole.diagnostics, *said, *fragment.diagnostics))

    def given(self, path: str, text: str) -> list[Pin]:
        """The values that a parameters file gives. Raises InputError."""
        whole = self.compiled(path, text)
        errors = [found for found in whole.diagnostics if found.severity is Severity.ERROR]
        if errors:
            raise InputError(*errors)
        return values(whole.raw, whole.document, _inside)

    def compiled(self, path: str, text: str) -> Compiled:
        """The template that a file is compiled to. Raises InputError for a syntax error."""
        if path not in self._compiled:
            places: list[Place] = []
            document = Document(path, text, locator(text, lambda: places[0]))
            diagnostics: list[Diagnostic] = []
            program = Program(document, self._files.statements(path, text), self._files, diagnostics)
            try:
                whole = deployment(program) if path.endswith(".bicepparam") else template(program)
            except TooMuchWork:
                message = "the names of this file stand for one another too many times"
                raise input_error(path, text, [Fault("too-much-work", message, 0, 0)]) from None
            except RecursionError:
                raise input_error(path, text, [Fault("too-deep", "this file is nested too deeply", 0, 0)]) from None
            places.append(whole.place)
            self._compiled[path] = Compiled(whole.raw, document, tuple(diagnostics))
        return self._compiled[path]

    def link(self, importer: Document, path: str) -> Compiled:
        """The template of a module. Raises InputError."""
        shown, text = self._files.text(importer, path)
        if shown.endswith(_SUFFIXES):
            return self.compiled(shown, text)
        return Compiled(*self._parse_json(shown, text), ())


def _inside(source: Source, offsets: Offsets) -> SourceLocation:
    """A template's expressions are not what is written in Bicep: the place of the whole one will do."""
    return source.location if source.document.path.endswith(_SUFFIXES) else inside_json(source, offsets)
