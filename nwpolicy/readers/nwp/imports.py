"""A file and what it imports, each file once. A file sees its own variables and those of the files it imports."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Domain, UnknownKind
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.findings import Findings
from nwpolicy.readers.nwp.parse import parse
from nwpolicy.readers.nwp.words import Scope, Variable
from nwpolicy.readers.places import shown

__all__ = ["File", "ReadImport", "open_files"]

#: Takes a path that was joined to the importing file's folder; gives the path to show and the text.
ReadImport: TypeAlias = Callable[[str], tuple[str, str]]

#: `1024..65535`: a number within limits.
_LIMITS: Final = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")
#: Imports within one another.
_MAX_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class File:
    """What one file states, and what its words mean."""

    statements: Sequence[syntax.Statement]
    scope: Scope


def open_files(path: str, text: str, read_import: ReadImport | None, findings: Findings) -> tuple[File, ...]:
    """The file and all that it imports, imported ones first."""
    opener = _Opener(read_import, findings)
    opener.open(path, text, ())
    return tuple(opener.files.values())


class _Opener:
    def __init__(self, read_import: ReadImport | None, findings: Findings) -> None:
        self.files: dict[str, File] = {}
        self._read_import = read_import
        self._findings = findings

    def open(self, path: str, text: str, importers: tuple[str, ...]) -> Scope:
        """What the words of a file mean, for itself and for those that import it."""
        text = text.removeprefix("\ufeff")
        document = self._findings.open(path, text)
        statements, faults = parse(text)
        self._findings.faults(document, faults)
        is_whole = not faults
        variables: dict[str, Variable] = {}
        for statement in statements:
            if isinstance(statement, syntax.Import):
                imported = self._imported(statement, document, (*importers, os.path.normpath(path)))
                is_whole &= imported is not None and imported.is_whole
                variables |= imported.variables if imported else {}
        domains: dict[str, Domain] = {}
        scope = Scope(document, variables, self._findings, is_whole=is_whole, domains=domains)
        variables |= _own_variables(scope, statements)
        domains |= _own_domains(scope, statements)
        self.files[os.path.normpath(path)] = File(statements, scope)
        return scope

    def _imported(self, statement: syntax.Import, document: Document, importers: tuple[str, ...]) -> Scope | None:
        here = Scope(document, {}, self._findings)
        source = here.source(statement.path)
        written = here.text(statement.path)
        wanted = os.path.normpath(PurePath(document.path).parent / written)
        if wanted in importers:
            circle = " -> ".join((*importers[importers.index(wanted) :], wanted))
            self._findings.error("cyclic-import", f"these files import one another: {circle}", source)
        elif wanted in self.files:
            return self.files[wanted].scope
        elif self._read_import is None:
            self._findings.error("import", f"{shown(written)} cannot be imported from here", source)
        elif len(importers) > _MAX_DEPTH:
            self._findings.error("import", f"more than {_MAX_DEPTH} files import one another", source)
        else:
            return self._follow(self._read_import, wanted, source, importers)
        return None

    def _follow(self, read_import: ReadImport, wanted: str, source: Source, importers: tuple[str, ...]) -> Scope | None:
        try:
            path, text = read_import(wanted)
        except InputError as error:
            for diagnostic in error.diagnostics:
                self._findings.error("import", f"cannot import {wanted}: {diagnostic.message}", source, diagnostic.help)
            return None
        return self.open(path, text, importers)


def _own_variables(scope: Scope, statements: Sequence[syntax.Statement]) -> Mapping[str, Variable]:
    found: dict[str, Variable] = {}
    for statement in statements:
        if isinstance(statement, syntax.Let) and statement.name.type != "UNKNOWN":
            name = str(statement.name)
            if name in found:
                message = f"variable {shown(name)} is defined twice"
                scope.findings.error("duplicate-name", message, scope.source(statement.name))
            found[name] = Variable(statement.values, scope.source(statement.name))
    return found


def _own_domains(scope: Scope, statements: Sequence[syntax.Statement]) -> Mapping[str, Domain]:
    """What a file says that its unknowns may be: one of some values, or a number within limits."""
    found: dict[str, Domain] = {}
    for statement in statements:
        if isinstance(statement, syntax.Let) and statement.name.type == "UNKNOWN":
            name = scope.unknown(statement.name, UnknownKind.TEXT).name
            if name in found:
                message = f"what {shown(f'?{name}')} may be is told twice"
                scope.findings.error("duplicate-name", message, scope.source(statement.name))
            found[name] = _domain(tuple(scope.written(statement.values)))
    return found


def _domain(texts: tuple[str, ...]) -> Domain:
    limits = _LIMITS.fullmatch(texts[0]) if len(texts) == 1 else None
    return Domain(texts) if limits is None else Domain((), True, int(limits[1]), int(limits[2]))
