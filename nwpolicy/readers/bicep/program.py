"""One Bicep file, and what it takes from others, while it is made a template.

What is imported becomes part of the template: a variable a variable, a function a function. What an imported definition
needs of its own file comes along under a name of its own.

Source: Microsoft Learn, "Imports in Bicep", "User-defined functions in Bicep", "Bicep functions" (file functions).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field, fields, is_dataclass
from typing import Any, Final

from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, SourceLocation
from nwpolicy.readers.arm.frames import TooMuchWork
from nwpolicy.readers.bicep import contents, syntax
from nwpolicy.readers.bicep.expressions import Writer, loop_locals
from nwpolicy.readers.bicep.files import Files, is_remote
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.pieces import Extent, Piece, leaf, members, quoted
from nwpolicy.readers.bicep.symbols import Deployable, Imported, Symbol, table
from nwpolicy.readers.places import Lines
from nwpolicy.readers.tree import Raw

__all__ = ["Program"]

#: What is known of a resource before it is deployed.
_STATIC: Final = frozenset({"id", "name", "type", "apiVersion"})
_NAMESPACE: Final = "__bicep"
#: Expressions that are written for one template; the largest of real ones come to a thirtieth of this.
_MAX_STEPS: Final = 200_000
#: Characters that are written in the time of an expression.
_STEP: Final = 64


@dataclass(slots=True, eq=False)
class Additions:
    """What imports add to a template, by the names there."""

    variables: dict[str, Piece] = field(default_factory=dict)
    functions: dict[str, Piece] = field(default_factory=dict)
    steps: int = 0
    #: Files that were imported, in order: what comes along from the first is called `_1.name`.
    files: dict[str, Program] = field(default_factory=dict)


class Program:
    """The names of a file and what they become. `prefix` is empty for the file itself, and stands before the names of
    what comes along from an imported one; `anchor` is where that is imported."""

    def __init__(
        self,
        document: Document,
        statements: tuple[syntax.Statement, ...],
        files: Files,
        diagnostics: list[Diagnostic],
        importer: Program | None = None,
        anchor: Extent | None = None,
    ) -> None:
        self.document = document
        self.statements = statements
        self.files = files
        self.diagnostics = diagnostics
        self.anchor = anchor
        self.additions: Additions = Additions() if importer is None else importer.additions
        self.prefix = "" if importer is None else f"_{len(self.additions.files) + 1}."
        self._lines: Lines | None = None
        self.symbols, twice = table(statements)
        for name in twice:
            self.error(f"'{name.text}' is declared more than once", name)
        self.target = self._target()
        self.writer = Writer(self)
        self._runtime: dict[str, bool] = {}
        self._written_out: dict[str, str] = {}

    def _target(self) -> str:
        declared = next((item.value for item in self.statements if isinstance(item, syntax.Target)), None)
        return declared.plain or "" if isinstance(declared, syntax.Text) else "resourceGroup"

    # Diagnostics

    def error(self, message: str, where: Extent) -> None:
        self._say(Severity.ERROR, "invalid-bicep", message, where)

    def warning(self, code: str, message: str, where: Extent) -> None:
        self._say(Severity.WARNING, code, message, where)

    def _say(self, severity: Severity, code: str, message: str, where: Extent) -> None:
        self._lines = self._lines or Lines(self.document.text)
        span = self._lines.span(where.start, where.end)
        location = SourceLocation(self.document.path, span)
        found = Diagnostic(severity, code, message, location, excerpt=self._lines.text(span.line))
        if found not in self.diagnostics:
            self.diagnostics.append(found)

    # What the names of this file are in the template

    def writer_of(self, deployable: Deployable, index: str | None) -> Writer:
        """What the expressions of a resource see, at a turn of its loop."""
        writer = Writer(self, {}, deployable)
        if deployable.loop is None:
            return writer
        over = self.writer_around(deployable).text(deployable.loop.over)
        return writer.binding(loop_locals(over, deployable.loop, index or "copyIndex()"))

    def writer_around(self, deployable: Deployable) -> Writer:
        """What the loop of a resource sees."""
        return self.writer if deployable.outer is None else self.writer_of(deployable.outer, None)

    def variable(self, symbol: syntax.Variable) -> str:
        """A mention of a variable. One that asks what only Azure knows is written out: variables cannot ask."""
        if self.is_runtime(symbol):
            return self._out(symbol)
        name = f"{self.prefix}{symbol.name.text}"
        if self.prefix:
            self._add_variable(name, symbol)
        return f"variables({quoted(name)})"

    def _out(self, symbol: syntax.Variable) -> str:
        name = symbol.name.text
        if name not in self._written_out:
            self._written_out[name] = self.writer.text(symbol.value)
        text = self._written_out[name]
        self.spend(len(text) // _STEP)
        return text

    def spend(self, steps: int = 1) -> None:
        """Raises TooMuchWork where names that stand for other names add up to more than any sensible file."""
        self.additions.steps += steps
        if self.additions.steps > _MAX_STEPS:
            raise TooMuchWork

    def _add_variable(self, name: str, symbol: syntax.Variable) -> None:
        if name in self.additions.variables:
            return
        self.additions.variables[name] = leaf(None, symbol)  # against circles
        self.additions.variables[name] = self.placed(self.value_of(name, symbol.value))

    def placed(self, piece: Piece) -> Piece:
        """What stands in an imported file is found where that is imported: a template has one text."""
        return piece if self.anchor is None else leaf(piece.raw, self.anchor)

    def value_of(self, name: str, value: syntax.Expression) -> Piece:
        """What a variable holds: a loop is told by its `copy`."""
        return self.writer.copy(name, value) if isinstance(value, syntax.Loop) else self.writer.json(value)

    def function(self, symbol: syntax.Function, alias: str = "") -> str:
        """The name of a function of the file's author, or of one that is imported under an alias."""
        name = f"{_NAMESPACE}.{alias}" if alias else f"{self.prefix or f'{_NAMESPACE}.'}{symbol.name.text}"
        if name not in self.additions.functions:
            self.additions.functions[name] = leaf(None, symbol)  # against circles
            self.additions.functions[name] = self.placed(self._defined(symbol))
        return name

    def _defined(self, symbol: syntax.Function) -> Piece:
        names = {name.text: f"parameters({quoted(name.text)})" for name, _ in symbol.parameters}
        value = self.writer.binding(names).json(symbol.body)
        parameters: list[Raw] = [{"name": name.text, "type": "any"} for name, _ in symbol.parameters]
        return members({"parameters": leaf(parameters, symbol), "output": members({"value": value}, symbol)}, symbol)

    # Imports

    def imported_variable(self, imported: Imported, where: Extent) -> str:
        """A mention of a variable that another file exports."""
        found = self._exported(imported, where)
        if found is not None and imported.symbol.name == "*" and isinstance(found[1], syntax.Variable):
            return found[0].variable(found[1])
        name = f"{self.prefix}{imported.symbol.alias}"
        if found is None:
            self.additions.variables[name] = leaf(f"[reference({quoted(imported.path)})]", imported.symbol)
        elif not isinstance(found[1], syntax.Variable):
            raise Misuse(f"'{imported.name}' of {imported.path} is no variable", where)
        elif name not in self.additions.variables:
            piece = found[0].value_of(name, found[1].value)
            self.additions.variables[name] = leaf(piece.raw, imported.symbol)
        return f"variables({quoted(name)})"

    def imported_function(self, imported: Imported, where: Extent) -> str:
        """The name of a function that another file exports."""
        found = self._exported(imported, where)
        if found is None:
            return imported.name
        if not isinstance(found[1], syntax.Function):
            raise Misuse(f"'{imported.name}' of {imported.path} is no function", where)
        return found[0].function(found[1], "" if imported.symbol.name == "*" else imported.symbol.alias)

    def _exported(self, imported: Imported, where: Extent) -> tuple[Program, Symbol] | None:
        """What a name is in the file that exports it; None where that is not read."""
        program = self.imported_program(imported.path, imported.symbol)
        if program is None:
            self.warning("import-not-read", f"what {imported.path} exports is not known", imported.symbol)
            return None
        symbol = program.symbols.get(imported.name)
        if isinstance(symbol, Imported):
            return program._exported(symbol, where)
        if symbol is None:
            raise Misuse(f"there is no '{imported.name}' in {imported.path}", where)
        return program, symbol

    def imported_program(self, path: str, where: Extent) -> Program | None:
        """Another Bicep file; None where it is in a registry, or not Bicep."""
        if is_remote(path) or not path.endswith(".bicep"):
            return None
        return self.program_at(path, where)

    def program_at(self, path: str, where: Extent) -> Program:
        """Another file, whose definitions become part of the template. Raises Misuse where it cannot be read."""
        try:
            shown, text = self.files.text(self.document, path)
            if shown not in self.additions.files:
                statements = self.files.statements(shown, text)
                document = Document(shown, text, self.document.locator)
                self.additions.files[shown] = Program(
                    document, statements, self.files, self.diagnostics, self, self.anchor or where
                )
        except InputError as error:
            first = error.diagnostics[0]
            raise Misuse(f"cannot import {path}: {first.location}: {first.message}", where) from None
        return self.additions.files[shown]

    def content(self, call: syntax.Call) -> str:
        """A mention of what a function gives that reads a file: a variable of the template. Raises Misuse."""
        raw = contents.content(call, lambda path: self.files.text(self.document, path))
        name = f"$fxv#{sum(name.startswith('$fxv#') for name in self.additions.variables)}"
        self.additions.variables[name] = leaf(contents.escaped(raw), call)
        return f"variables({quoted(name)})"

    # What only Azure knows

    def is_runtime(self, variable: syntax.Variable) -> bool:
        name = variable.name.text
        if name not in self._runtime:
            self._runtime[name] = False  # against circles
            with suppress(RecursionError):  # writing it down will fail for the same reason, and say so
                self._runtime[name] = self._asks(variable.value)
        return self._runtime[name]

    def _asks(self, tree: Any) -> bool:
        match tree:
            case syntax.Member():
                if self._is_deployable(tree.target):
                    return tree.name not in _STATIC
            case syntax.Name():
                symbol = self.symbols.get(tree.text)
                if isinstance(symbol, syntax.Variable):
                    return self.is_runtime(symbol)
                return isinstance(symbol, Deployable)
            case syntax.Call() if tree.name == "reference" or tree.name.startswith("list"):
                return True
            case _:
                pass
        return any(map(self._asks, _children(tree)))

    def _is_deployable(self, tree: syntax.Expression) -> bool:
        try:
            return self.writer.referent(tree) is not None
        except Misuse:
            return False


def _children(tree: Any) -> Iterator[Any]:
    """The nodes right below one."""
    for name in fields(tree) if is_dataclass(tree) else ():
        value = getattr(tree, name.name)
        if isinstance(value, tuple):
            yield from (child for child in value if is_dataclass(child))
        elif is_dataclass(value):
            yield value
