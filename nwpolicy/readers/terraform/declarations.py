"""What the files of one folder declare: Terraform's word for it is a module.

Source: HashiCorp, "Terraform language: Files and Configuration Structure", "Override Files".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from nwpolicy.model.source import Document, Key, Route, Source, Span
from nwpolicy.readers.places import Lines, input_error
from nwpolicy.readers.terraform.hcl import SyntaxFault, parse
from nwpolicy.readers.terraform.hcl.syntax import Attribute, Block, Body, Expression

__all__ = ["Declarations", "Declared", "DeclaredValue", "File", "parsed", "source_of"]

K = TypeVar("K", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class File:
    """A file and its tree."""

    document: Document
    body: Body


@dataclass(frozen=True, slots=True)
class Declared:
    """A block, and the file it stands in."""

    block: Block
    document: Document

    @property
    def source(self) -> Source:
        return source_of(self.block, self.document)


@dataclass(frozen=True, slots=True)
class DeclaredValue:
    """A local value, or the value of a variable in a file of them."""

    attribute: Attribute
    document: Document


@dataclass(slots=True)
class Declarations:
    """What a folder declares, by name; resources and data sources by type and name."""

    folder: str
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, DeclaredValue] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    modules: dict[str, Declared] = field(default_factory=dict)
    resources: dict[tuple[str, str], Declared] = field(default_factory=dict)
    data: dict[tuple[str, str], Declared] = field(default_factory=dict)
    settings: list[Declared] = field(default_factory=list)
    #: Declarations whose name another one has already.
    repeated: list[tuple[str, Declared]] = field(default_factory=list)

    @classmethod
    def of(cls, folder: str, files: Iterable[File]) -> Declarations:
        found = cls(folder)
        for file in files:
            for block in file.body.blocks:
                found._add(Declared(block, file.document))
        return found

    def _add(self, declared: Declared) -> None:
        block = declared.block
        match block.type, block.labels:
            case "locals", ():
                for name, attribute in block.body.attributes.items():
                    self.locals.setdefault(name, DeclaredValue(attribute, declared.document))
            case "terraform", ():
                self.settings.append(declared)
            case "variable", (name,):
                self._put(self.variables, name, declared)
            case "output", (name,):
                self._put(self.outputs, name, declared)
            case "module", (name,):
                self._put(self.modules, name, declared)
            case "resource", (type, name):
                self._put(self.resources, (type, name), declared)
            case "data", (type, name):
                self._put(self.data, (type, name), declared)
            case _:
                pass

    def _put(self, members: dict[K, Declared], name: K, declared: Declared) -> None:
        if members.setdefault(name, declared) is not declared:
            self.repeated.append((".".join((declared.block.type, *declared.block.labels)), declared))


def parsed(path: str, text: str) -> File:
    """A file, in either syntax. Raises InputError."""
    text = text.removeprefix("\ufeff")
    try:
        body = _body(path, text)
    except SyntaxFault as error:
        raise input_error(path, text, [error.fault]) from None
    return File(_document(path, text), body)


def _body(path: str, text: str) -> Body:
    if not path.endswith(".json"):
        return parse(text)
    from nwpolicy.readers.terraform.hcl.jsonsyntax import parse_json, parse_values

    return (parse_values if path.endswith(".tfvars.json") else parse_json)(path, text)


def _document(path: str, text: str) -> Document:
    """A document whose routes are offsets: the two of a value, or those of its key and then its own."""
    lines: list[Lines] = []

    def locate(route: Route) -> Span:
        if not lines:
            lines.append(Lines(text))
        offsets = [step for step in route if isinstance(step, int)] or [0]
        is_key = bool(route) and isinstance(route[-1], Key)
        start, *rest = offsets[:2] if is_key else offsets[-2:]
        return lines[0].span(start, rest[0] if rest else start)

    return Document(path, text, locate)


def source_of(node: Expression | Attribute | Block, document: Document) -> Source:
    return Source(document, (node.start, node.end))
