"""What the files of one folder declare: Terraform's word for it is a module.

Files named `override.tf` or `*_override.tf` change what the others declare, argument by argument.

Source: HashiCorp, "Terraform language: Files and Configuration Structure", "Override Files".
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import field, replace
from typing import NamedTuple, TypeVar

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Key, Route, Source, Span
from nwpolicy.readers.places import Fault, Lines, input_error
from nwpolicy.readers.terraform.hcl import SyntaxFault, parse
from nwpolicy.readers.terraform.hcl.syntax import Attribute, Block, Body, Expression

__all__ = [
    "Content",
    "Declarations",
    "Declared",
    "DeclaredValue",
    "File",
    "Misplaced",
    "document_of",
    "parsed",
    "source_of",
    "type_of",
]

K = TypeVar("K", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class File:
    """A file and its tree."""

    document: Document
    body: Body


class Content(NamedTuple):
    """Arguments and blocks, and the file that they stand in."""

    body: Body
    document: Document


@dataclass(frozen=True, slots=True)
class Declared:
    """A block, and the file it stands in. `contents` is its body, without what overriding files say instead, and what
    these say."""

    block: Block
    document: Document
    contents: tuple[Content, ...]

    @classmethod
    def of(cls, block: Block, document: Document) -> Declared:
        return cls(block, document, (Content(block.body, document),))

    @property
    def source(self) -> Source:
        return source_of(self.block, self.document)

    def get(self, name: str) -> DeclaredValue | None:
        """An argument."""
        for body, document in self.contents:
            if name in body.attributes:
                return DeclaredValue(body.attributes[name], document)
        return None

    def written(self) -> Iterator[tuple[str, Attribute | Block, Document]]:
        """The names of arguments and the types of blocks, with these."""
        for body, document in self.contents:
            yield from ((name, attribute, document) for name, attribute in body.attributes.items())
            yield from ((type_of(block), block, document) for block in body.blocks)

    def overridden(self, other: Declared) -> Declared:
        """What an argument or the blocks of a type say in another block, they say instead of what they say here."""
        names = {name for name, _, _ in other.written()}
        kept = (Content(_without(body, names), document) for body, document in self.contents)
        return replace(self, contents=(*kept, *other.contents))


@dataclass(frozen=True, slots=True)
class DeclaredValue:
    """An argument, or a local value."""

    attribute: Attribute
    document: Document

    @property
    def value(self) -> Expression:
        return self.attribute.value

    @property
    def source(self) -> Source:
        return source_of(self.value, self.document)


class Misplaced(NamedTuple):
    """A declaration that cannot stand where it does."""

    code: str
    message: str
    source: Source


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
    misplaced: list[Misplaced] = field(default_factory=list)

    @classmethod
    def of(cls, folder: str, files: Iterable[File]) -> Declarations:
        """Overriding files count in the order of their names, whatever they are among."""
        found = cls(folder)
        for file in sorted(files, key=lambda file: _is_override(file.document.path)):
            overrides = _is_override(file.document.path)
            for block in file.body.blocks:
                found._add(Declared.of(block, file.document), overrides)
        return found

    def _add(self, declared: Declared, overrides: bool) -> None:
        """Blocks of other types (`moved`, `import`, `removed`, `check`, `provider`) declare nothing that is there."""
        block = declared.block
        match block.type, block.labels:
            case "locals", ():
                self._add_locals(declared, overrides)
            case "terraform", ():
                self._add_settings(declared, overrides)
            case "variable", (name,):
                self._put(self.variables, name, declared, overrides)
            case "output", (name,):
                self._put(self.outputs, name, declared, overrides)
            case "module", (name,):
                self._put(self.modules, name, declared, overrides)
            case "resource", (type, name):
                self._put(self.resources, (type, name), declared, overrides)
            case "data", (type, name):
                self._put(self.data, (type, name), declared, overrides)
            case _:
                pass

    def _put(self, members: dict[K, Declared], name: K, declared: Declared, overrides: bool) -> None:
        shown = ".".join((declared.block.type, *declared.block.labels))
        if self._fits(shown, name in members, overrides, declared.source):
            members[name] = members[name].overridden(declared) if overrides else declared

    def _add_locals(self, declared: Declared, overrides: bool) -> None:
        for name, attribute in declared.block.body.attributes.items():
            value = DeclaredValue(attribute, declared.document)
            if self._fits(f"local.{name}", name in self.locals, overrides, source_of(attribute, declared.document)):
                self.locals[name] = value

    def _fits(self, name: str, is_known: bool, overrides: bool, source: Source) -> bool:
        """Whether a name is declared once, and before it is overridden."""
        if overrides and not is_known:
            self.misplaced.append(Misplaced("nothing-to-override", f"there is no {name} to override", source))
        elif is_known and not overrides:
            self.misplaced.append(Misplaced("duplicate-definition", f"{name} is declared twice", source))
        return is_known is overrides

    def _add_settings(self, declared: Declared, overrides: bool) -> None:
        """Requirements on providers are overridden one by one."""
        if overrides:
            names = {name for block in _requirements(declared) for name in block.body.attributes}
            self.settings = [_without_requirements(one, names) for one in self.settings]
        self.settings.append(declared)


def _requirements(settings: Declared) -> tuple[Block, ...]:
    return settings.block.body.of_type("required_providers")


def _without_requirements(settings: Declared, names: Collection[str]) -> Declared:
    kept = tuple(replace(block, body=_without(block.body, names)) for block in _requirements(settings))
    return Declared.of(replace(settings.block, body=Body({}, kept)), settings.document)


def _is_override(path: str) -> bool:
    stem = os.path.basename(path).removesuffix(".json").removesuffix(".tf")  # noqa: PTH119 - keeps the spelling
    return stem == "override" or stem.endswith("_override")


def _without(body: Body, names: Collection[str]) -> Body:
    attributes = {name: attribute for name, attribute in body.attributes.items() if name not in names}
    return Body(attributes, tuple(block for block in body.blocks if type_of(block) not in names))


def type_of(block: Block) -> str:
    """The type of the blocks that a block is, or makes."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def parsed(path: str, text: str) -> File:
    """A file, in either syntax. Raises InputError."""
    text = text.removeprefix("\ufeff")
    try:
        body = _body(path, text)
    except SyntaxFault as error:
        raise input_error(path, text, [error.fault]) from None
    except RecursionError:
        fault = Fault("too-deep", "the expressions of this file are nested too deeply", 0, 1)
        raise input_error(path, text, [fault]) from None
    return File(document_of(path, text), body)


def _body(path: str, text: str) -> Body:
    if not path.endswith(".json"):
        return parse(text)
    from nwpolicy.readers.terraform.hcl.jsonsyntax import parse_json, parse_values

    return (parse_values if path.endswith(".tfvars.json") else parse_json)(path, text)


def document_of(path: str, text: str) -> Document:
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
