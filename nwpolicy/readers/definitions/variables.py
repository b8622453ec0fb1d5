"""What may stand in the place of a value: `$name` for the values of a variable, `{unknown: name}` for one that is not
known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.readers.places import shown
from nwpolicy.readers.resources import values
from nwpolicy.readers.tree import Node

__all__ = ["Variables", "known", "read_domain", "with_unknowns"]


class Variables:
    """The variables of a file. Each may use those above it, so there are no cycles and nothing grows without bound."""

    def __init__(
        self,
        section: Node | None,
        diagnostics: list[Diagnostic],
        domains: Mapping[str, Domain] = MappingProxyType({}),
    ) -> None:
        self._known: dict[str, tuple[Node, ...]] = {}
        self._diagnostics = diagnostics
        for name, node in section.items() if section is not None else ():
            found = {value.value: value for value in self.expand(with_unknowns(node, domains))}
            self._known[name] = tuple(found.values())

    def expand(self, node: Node | None) -> tuple[Node, ...]:
        """The values of a field that holds one or a list, with variables' values in their places."""
        if node is None:
            return ()
        if isinstance(node.value, tuple):
            return tuple(value for element in node.value for value in self.expand(element))
        if node.text is None or not node.text.startswith("$"):
            return (node,)
        found = self._known.get(node.text[1:])
        return (self._undefined(node, node.text),) if found is None else self._used(found, node.source)

    def _used(self, found: tuple[Node, ...], source: Source) -> tuple[Node, ...]:
        return tuple(replace(value, source=source) for value in found)

    def _undefined(self, node: Node, name: str) -> Node:
        message = f"the variable {shown(name)} is not defined above this place in the file"
        help = values.close_match(name, (f"${known}" for known in self._known))
        self._diagnostics.append(Diagnostic.error("undefined-variable", message, node.source, help))
        return Node(Unknown(name, UnknownKind.TEXT, message, node.source), node.source)


def with_unknowns(node: Node, domains: Mapping[str, Domain] = MappingProxyType({})) -> Node:
    """The same tree with a value that is not known in the place of every `{unknown: name}`; `domains` tell what those
    of some names may be."""
    match node.value:
        case Mapping():
            name = node.get("unknown")
            if name is not None and name.text is not None:
                reason = "the file leaves it open"
                domain = domains.get(name.text)
                return Node(Unknown(name.text, UnknownKind.TEXT, reason, node.source, domain=domain), node.source)
            return Node({key: with_unknowns(child, domains) for key, child in node.items()}, node.source)
        case tuple():
            return Node(tuple(with_unknowns(element, domains) for element in node.value), node.source)
        case _:
            return node


def read_domain(node: Node) -> Domain:
    """What an unknown may be."""
    allowed, least, most = node.get("allowedValues"), node.get("minValue"), node.get("maxValue")
    texts = () if allowed is None else tuple(str(value.value) for value in allowed.elements())
    limits = [found.value if found is not None and isinstance(found.value, int) else None for found in (least, most)]
    return Domain(texts, any(limit is not None for limit in limits), *limits)


def known(nodes: Iterable[Node], diagnostics: list[Diagnostic]) -> Iterator[Node]:
    """The values, where none may be left open: says so of each that is, and leaves it out."""
    for node in nodes:
        if isinstance(node.value, Unknown):
            message = f"{shown(node.value.name)} is not known, and has to be here"
            diagnostics.append(Diagnostic.error("unknown-value", message, node.source))
        else:
            yield node
