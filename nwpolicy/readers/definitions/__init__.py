"""Definitions files: YAML or JSON in nwpolicy's own form, which is Azure's with the ceremony left out.

A file is one if it has the key `nwpolicy` at the top. `read` checks it against `schemas/definitions.schema.json`, and
reads only what passes: resources by way of their ARM form (`shapes`), so that one converter serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from nwpolicy.model.assembly import Fragment, Import
from nwpolicy.model.avnm import NetworkGroup, NetworkManager
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import VirtualNetworkGateway
from nwpolicy.model.resource import AddressPrefix, Resource
from nwpolicy.model.source import Document, Source
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import effective
from nwpolicy.readers.definitions.assertions import STATEMENTS, read_environment
from nwpolicy.readers.definitions.children import mentions_existing, parted, unsaid_of_existing
from nwpolicy.readers.definitions.faults import faults
from nwpolicy.readers.definitions.shapes import SECTIONS
from nwpolicy.readers.definitions.steps import arm
from nwpolicy.readers.definitions.variables import Variables, known, read_domain, with_unknowns
from nwpolicy.readers.places import shown
from nwpolicy.readers.resources import read_resource, values
from nwpolicy.readers.tree import Node, Raw, wrap

__all__ = ["read"]


def read(raw: Raw, document: Document) -> Fragment:
    """The definitions of a file; only diagnostics where it is not as the schema wants it."""
    wrong = faults(raw, document)
    if wrong:
        return Fragment(diagnostics=wrong)
    reader = _Reader(wrap(raw, document.root()))
    return Fragment(tuple(reader.resources()), tuple(reader.diagnostics), reader.imports())


#: Exports of what is in effect, with the rows as Azure has them.
_EXPORTS: Final[Mapping[str, Callable[[Sequence[Node], Source, str, list[Diagnostic]], Resource]]] = {
    "effectiveNetworkSecurityGroups": effective.security_groups,
    "effectiveSecurityAdminRules": effective.admin_rules,
    "effectiveRouteTables": effective.routes,
}


class _Reader:
    """Reads a tree that the schema has passed."""

    def __init__(self, root: Node) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._root = root
        told = root.get("unknowns")
        self._domains = {} if told is None else {name: read_domain(node) for name, node in told.items()}
        self._variables = Variables(root.get("variables"), self.diagnostics, self._domains)

    def imports(self) -> tuple[Import, ...]:
        return tuple(Import(node.text or "", node.source) for node in self._section("imports"))

    def resources(self) -> Iterator[Resource]:
        for name, shape in SECTIONS.items():
            for entry in self._section(name):
                whole = arm(with_unknowns(entry, self._domains), shape, self._variables, self.diagnostics)
                self._check_existing(whole)
                for node in parted(whole, lambda _, child: mentions_existing(child)):
                    for resource in read_resource(node, self.diagnostics):
                        yield self._completed(resource, node)
        for name, read_export in _EXPORTS.items():
            for entry in self._section(name):
                rows = with_unknowns(entry, self._domains).get("rows")
                found = () if rows is None else rows.elements()
                yield read_export(found, entry.source, self._name(entry), self.diagnostics)
        yield from self._service_tags()
        for section, read_statement in STATEMENTS.items():
            for entry in self._section(section):
                yield read_statement(with_unknowns(entry, self._domains), self._variables, self.diagnostics)
        environments = self._root.get("environments")
        for name, node in environments.items() if environments is not None else ():
            yield read_environment(name, node)

    def _check_existing(self, node: Node) -> None:
        for said in unsaid_of_existing(node):
            message = "this is existing: only what stands in it is said here"
            self.diagnostics.append(Diagnostic.error("misplaced", message, said.source))

    def _name(self, entry: Node) -> str:
        name = entry.get("name")
        return "" if name is None else name.text or ""

    def _section(self, name: str) -> tuple[Node, ...]:
        section = self._root.get(name)
        return () if section is None else section.elements()

    def _completed(self, resource: Resource, node: Node) -> Resource:
        """The resource with what ARM has no field for, because it is not defined there but happens."""
        match resource:
            case VirtualNetworkGateway():
                return replace(resource, bgp_prefixes=self._prefixes(node, "bgpPrefixes"))
            case NetworkManager():
                written = node.path("properties", "networkGroups")
                groups = zip(resource.network_groups, () if written is None else written.elements(), strict=True)
                return replace(
                    resource,
                    scope_level=self._scope_level(node),
                    network_groups=tuple(self._committed(group, part) for group, part in groups),
                )
            case NetworkGroup():
                return self._committed(resource, node)
            case _:
                return resource

    def _scope_level(self, node: Node) -> int | None:
        level = node.path("properties", "scopeLevel")
        found = None if level is None else values.integer(level, UnknownKind.PRIORITY, self.diagnostics)
        return found if isinstance(found, int) else None

    def _committed(self, group: NetworkGroup, node: Node) -> NetworkGroup:
        written = node.path("properties", "committedPrefixes")
        if written is None:
            return group
        return replace(group, committed_prefixes=tuple(self._known_prefixes(written.elements())))

    def _prefixes(self, node: Node, name: str) -> tuple[AddressPrefix | Unknown, ...]:
        written = node.path("properties", name)
        elements = () if written is None else written.elements()
        return tuple(values.prefix(element, self.diagnostics) for element in elements)

    def _known_prefixes(self, nodes: Iterable[Node]) -> Iterator[AddressPrefix]:
        for node in known(nodes, self.diagnostics):
            found = values.prefix(node, self.diagnostics)
            if isinstance(found, AddressPrefix):
                yield found

    def _service_tags(self) -> Iterator[ServiceTagCatalogue]:
        """One catalogue of all the file's tags."""
        section = self._root.get("serviceTags")
        if section is not None:
            tags: dict[str, ServiceTagEntry] = {}
            for name, node in section.items():
                if name.lower() in tags:
                    message = f"the service tag {shown(name)} is given twice: case does not tell tags apart"
                    self.diagnostics.append(Diagnostic.error("duplicate-key", message, node.source))
                tags[name.lower()] = self._service_tag(name, node)
            yield ServiceTagCatalogue(name=section.source.document.path, tags=tags, source=section.source)

    def _service_tag(self, name: str, node: Node) -> ServiceTagEntry:
        found = self._known_prefixes(self._variables.expand(node))
        return ServiceTagEntry(name, tuple(text for part in found for text in part.addresses.prefixes()))
