"""A resource of Terraform at one turn of its loop, with the values of its arguments as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.tree import Node

__all__ = ["Instance"]


@dataclass(frozen=True, slots=True)
class Instance:
    """`address` is Terraform's (`module.web.azurerm_subnet.app["a"]`), `arguments` an object whose blocks are arrays.
    What is not known of a name or an id stands in it in braces. `condition` decides whether it exists. `left` are the
    names of arguments that were not evaluated because they say nothing about traffic."""

    address: str
    type: str
    arguments: Node
    source: Source
    condition: Unknown | None = None
    left: tuple[str, ...] = ()

    def get(self, name: str) -> Node | None:
        return self.arguments.get(name)

    def text(self, name: str) -> str:
        """An argument as part of a name: braces stand for what is not known, nothing for what is absent."""
        node = self.get(name)
        if node is None:
            return ""
        if isinstance(node.value, Unknown):
            return "{" + node.value.name.replace("/", "%2F") + "}"
        return node.text or ""

    def given(self, name: str, node: Node) -> Instance:
        """The same with another argument."""
        members = dict(self.arguments.value) if isinstance(self.arguments.value, Mapping) else {}
        return replace(self, arguments=Node({**members, name: node}, self.arguments.source))
