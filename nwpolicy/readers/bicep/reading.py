"""Bicep files, and what they bring in, as templates and as definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import Document, Source, SourceLocation
from nwpolicy.readers import arm
from nwpolicy.readers.arm.frames import Offsets, inside_json
from nwpolicy.readers.bicep.files import Beside, Files
from nwpolicy.readers.bicep.program import Program
from nwpolicy.readers.bicep.template import template
from nwpolicy.readers.places import Place, locator
from nwpolicy.readers.tree import Raw

__all__ = ["SUFFIX", "Compiler", "read"]

SUFFIX = ".bicep"


def read(path: str, text: str, beside: Beside, parse_json: Callable[[str, str], tuple[Raw, Document]]) -> Fragment:
    """The definitions of a Bicep file and of its modules. Raises InputError for a syntax error."""
    compiler = Compiler(beside, parse_json)
    raw, document = compiler.compiled(path, text)
    fragment = arm.read(raw, document, link=compiler.link, inside=_inside)
    return replace(fragment, diagnostics=(*compiler.diagnostics, *fragment.diagnostics))


class Compiler:
    """Makes templates of Bicep files; `diagnostics` are those of all files so far."""

    def __init__(self, beside: Beside, parse_json: Callable[[str, str], tuple[Raw, Document]]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._files = Files(beside)
        self._parse_json = parse_json
        self._compiled: dict[str, tuple[Raw, Document]] = {}

    def compiled(self, path: str, text: str) -> tuple[Raw, Document]:
        """The template that a file is compiled to. Raises InputError for a syntax error."""
        if path not in self._compiled:
            places: list[Place] = []
            document = Document(path, text, locator(text, lambda: places[0]))
            program = Program(document, self._files.statements(path, text), self._files, self.diagnostics)
            whole = template(program)
            places.append(whole.place)
            self._compiled[path] = whole.raw, document
        return self._compiled[path]

    def link(self, importer: Document, path: str) -> tuple[Raw, Document]:
        """The template of a module. Raises InputError."""
        shown, text = self._files.text(importer, path)
        return self.compiled(shown, text) if shown.endswith(SUFFIX) else self._parse_json(shown, text)


def _inside(source: Source, offsets: Offsets) -> SourceLocation:
    """A template's expressions are not what is written in Bicep: the place of the whole one will do."""
    return source.location if source.document.path.endswith(SUFFIX) else inside_json(source, offsets)
