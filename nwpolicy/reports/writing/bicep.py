"""Definitions as a Bicep file, laid out as `bicep format` does.

Resources refer to one another by symbolic names, children name their parents; a parent that is not defined here is
`existing`.

Source: Microsoft Learn, "Bicep file structure and syntax", "Set name and type for child resources in Bicep".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from nwpolicy.model.opennames import pieces
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.writing.arm import API_VERSIONS, LOCATION, OBJECTS, is_apart, is_list, scope_names
from nwpolicy.reports.writing.azure import Deployed, FullNames, Named, Tree, deployed
from nwpolicy.reports.writing.deployment import Deployment
from nwpolicy.reports.writing.identifiers import Identifiers
from nwpolicy.reports.writing.unknowns import Parameter, Parameters

__all__ = ["bicep_text"]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Names that mean something else, in lower case.
_TAKEN: Final = frozenset(
    {
        *(
            "any",
            "as",
            "assert",
            "az",
            "existing",
            "extension",
            "false",
            "for",
            "func",
            "if",
            "import",
            "in",
            "metadata",
        ),
        *("module", "null", "output", "param", "provider", "resource", "sys", "targetscope", "true", "type", "using"),
        *("var", "with", LOCATION, "resourcegroup", "resourceid", "array", "bool", "int", "object", "string"),
    }
)


def bicep_text(resources: Iterable[Resource], names: FullNames, home: str) -> tuple[str, Parameters]:
    """The file, and the parameters for what is not known. Raises NotWritable."""
    writer = _File(Deployment(deployed(resources, is_apart, names), home))
    return writer.text(), writer.parameters


class _File:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._symbols: dict[tuple[str, tuple[str, ...]], str] = {}
        self._existing: list[tuple[str, tuple[str, ...]]] = []
        self._names = Identifiers(_TAKEN)
        self.parameters = Parameters(self._names)
        for resource in deployment.resources:
            self._symbols[resource.key] = self._names.like("_".join(resource.names))
        for resource in deployment.resources:
            self._declare_above(resource.type, resource.names)
        self._has_location = False

    def text(self) -> str:
        resources = ["\n".join(self._resource(one)) for one in self._deployment.resources]
        existing = ["\n".join(self._mentioned(*one)) for one in self._existing]
        parameters = ["\n".join(_parameter(one)) for one in self.parameters]
        if self._has_location:
            about = "@description('region of resources that are not said to be in another one')"
            parameters.insert(0, f"{about}\nparam {LOCATION} string = resourceGroup().location")
        return "\n\n".join((*parameters, *existing, *resources)) + "\n"

    def _resource(self, one: Deployed) -> Iterator[str]:
        condition = "" if one.condition is None else f"if ({self.parameters.of(one.condition).name}) "
        yield f"resource {self._symbols[one.key]} '{_versioned(one.type)}' = {condition}{{"
        yield from self._placed(one.type, one.names)
        if len(one.names) == 1:
            self._has_location |= one.location is None
            yield f"  location: {_quoted(one.location) if one.location else LOCATION}"
        for key, value in (*one.beside.items(), ("properties", dict(one.properties))):
            yield from _indented(f"{key}: ", self._lines(value, key, one))
        yield "}"

    def _declare_above(self, type: str, names: tuple[str, ...]) -> None:
        """Notes what a resource stands in, if that is not defined here."""
        above, outer = type.rpartition("/")[0], names[:-1]
        if outer and _key_of(above, outer) not in self._symbols:
            self._declare_above(above, outer)
            self._symbols[_key_of(above, outer)] = self._names.like("_".join(outer))
            self._existing.append((above, outer))

    def _mentioned(self, type: str, names: tuple[str, ...]) -> Iterator[str]:
        """A resource that is defined elsewhere."""
        yield f"resource {self._symbols[_key_of(type, names)]} '{_versioned(type)}' existing = {{"
        yield from self._placed(type, names)
        yield "}"

    def _placed(self, type: str, names: tuple[str, ...]) -> Iterator[str]:
        """The parent and the name of a resource."""
        parent = self._symbols.get(_key_of(type.rpartition("/")[0], names[:-1]))
        if parent is not None:
            yield f"  parent: {parent}"
        yield f"  name: {self._text(names[-1])}"

    def _lines(self, tree: Tree, key: str, one: Deployed) -> list[str]:
        """A value as lines, the first of which stands behind its key."""
        match tree:
            case Mapping():
                lines = [
                    line
                    for name, child in tree.items()
                    for line in _indented(f"{_key(name)}: ", self._lines(child, name, one))
                ]
                return ["{", *lines, "}"] if lines else ["{}"]
            case list():
                lines = [line for element in tree for line in _indented("", self._element(element, key, one))]
                return ["[", *lines, "]"] if lines else ["[]"]
            case Unknown():
                return [self.parameters.of(tree).name]
            case Named():
                return [self._named(tree, one)]
            case bool():
                return [str(tree).lower()]
            case str():
                return [self._text(tree) if key == "name" else _quoted(tree)]
            case _:
                return [str(tree)]

    def _element(self, element: Tree, key: str, one: Deployed) -> list[str]:
        if is_list(element, key):
            return [f"...{self.parameters.of(element, 'array').name}"]
        if isinstance(element, Unknown) and key in OBJECTS:
            return [self.parameters.of(element, "object").name]
        return self._lines(element, key, one)

    def _text(self, text: str) -> str:
        """A text in which pieces are not known."""
        parts = pieces(text)
        if len(parts) == 1 and parts[0][1]:
            return self.parameters.piece(parts[0][0]).name
        return f"'{self._inside(text)}'"

    def _inside(self, text: str) -> str:
        """The same between quotes."""
        parts = pieces(text)
        return "".join(self._piece(piece) if is_open else _escaped(piece) for piece, is_open in parts)

    def _piece(self, name: str) -> str:
        return f"${{{self.parameters.piece(name).name}}}"

    def _named(self, named: Named, one: Deployed) -> str:
        found = self._deployment.holder(named)
        if found is not None and found[0] in self._deployment.needs(one):
            return self._part(*found, named)
        places = scope_names(named.scope) if not self._deployment.is_local(named) else ("", "")
        if places is None:
            segments = named.type.split("/")
            path = "".join(f"/{kind}/{name}" for kind, name in zip(segments[1:], named.names, strict=True))
            return self._text(f"{named.scope}/providers/{segments[0]}{path}")
        arguments = [*map(self._text, filter(None, places)), _quoted(named.type), *map(self._text, named.names)]
        return f"resourceId({', '.join(arguments)})"

    def _part(self, holder: Deployed, steps: int, named: Named) -> str:
        """The id of a resource, or of something in it."""
        symbol = self._symbols[holder.key]
        if not steps:
            return f"{symbol}.id"
        inner = zip(named.type.split("/")[-steps:], named.names[-steps:], strict=True)
        path = "".join(f"/{kind}/{self._inside(name)}" for kind, name in inner)
        return f"'${{{symbol}.id}}{path}'"


def _parameter(parameter: Parameter) -> Iterator[str]:
    yield f"@description({_quoted(parameter.about)})"
    domain = parameter.domain
    if domain is not None and domain.allowed:
        allowed = domain.allowed if parameter.type == "int" else map(_quoted, domain.allowed)
        yield from ("@allowed([", *(f"  {value}" for value in allowed), "])")
    if domain is not None and parameter.type == "int":
        yield from (f"@minValue({domain.least})",) if domain.least is not None else ()
        yield from (f"@maxValue({domain.most})",) if domain.most is not None else ()
    yield f"param {parameter.name} {parameter.type}"


def _key_of(type: str, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return type.lower(), tuple(name.lower() for name in names)


def _versioned(type: str) -> str:
    return f"{type}@{API_VERSIONS[type.partition('/')[0]]}"


def _indented(start: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"  {start}{lines[0]}"
    yield from (f"  {line}" for line in lines[1:])


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return f"'{_escaped(text)}'"


def _escaped(text: str) -> str:
    """A text as it stands between quotes; what Azure Pipelines would take for a command (`##vso[`) is none."""
    escaped = "".join(_ESCAPES.get(character) or _shown(character) for character in text)
    return escaped.replace("${", "\\${").replace("##", "#\\u{23}")


def _shown(character: str) -> str:
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
