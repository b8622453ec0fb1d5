"""Resources for tests are JSON texts. In them `"?cidr"` stands for a value that is not known, called `cidr`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import jsontext
from nwpolicy.readers.resources import read_resource
from nwpolicy.readers.tree import Node, wrap


@dataclass(frozen=True)
class Read:
    """What was read from a text."""

    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def said(self) -> list[str]:
        """The diagnostics as `severity code place message`."""
        return [f"{d.severity} {d.code} {d.location} {d.message}" for d in self.diagnostics]

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.diagnostics]


def _with_unknowns(node: Node) -> Node:
    value = node.value
    if isinstance(value, str) and value.startswith("?"):
        return Node(Unknown(value[1:], UnknownKind.TEXT, "no default", node.source), node.source)
    if isinstance(value, tuple):
        return Node(tuple(map(_with_unknowns, value)), node.source)
    if isinstance(value, Mapping):
        return Node({key: _with_unknowns(child) for key, child in value.items()}, node.source)
    return node


@pytest.fixture(scope="session")
def read() -> Callable[[str], Read]:
    """Reads the text of one resource, as the file `in.json`."""

    def read_text(text: str) -> Read:
        raw, document = jsontext.parse("in.json", text)
        diagnostics: list[Diagnostic] = []
        resources = read_resource(_with_unknowns(wrap(raw, document.root())), diagnostics)
        return Read(resources, tuple(diagnostics))

    return read_text


@pytest.fixture(scope="session")
def read_one(read: Callable[[str], Read]) -> Callable[[str], Resource]:
    """Reads a text that holds one resource and about which there is nothing to say."""

    def read_text(text: str) -> Resource:
        found = read(text)
        assert found.said == []
        (resource,) = found.resources
        return resource

    return read_text
