"""Configurations of Terraform for tests: a memory of files, and what is read from it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.network import Subnet
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers import arm, jsontext
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform import Root, roots
from nwpolicy.readers.terraform.declarations import Declarations, parsed
from nwpolicy.readers.terraform.evaluation import evaluated
from nwpolicy.readers.terraform.folders import Folders
from nwpolicy.readers.terraform.frames import Frame, Reading
from nwpolicy.readers.terraform.modules import Module
from nwpolicy.readers.terraform.sources import Sources
from nwpolicy.readers.terraform.values import Value
from nwpolicy.readers.terraform.variables import Given

#: What most resources need and no test is about.
PLACE = 'resource_group_name = "rg"\n  location = "westeurope"'

#: A rule whose source is an expression.
_RULE: Final = """
resource "azurerm_network_security_rule" "r" {{
  name                        = {name}
  resource_group_name         = "rg"
  network_security_group_name = "nsg"
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = "443"
  source_address_prefix       = {source}
  destination_address_prefix  = "*"
  {more}
}}
"""


@dataclass(frozen=True)
class Memory:
    """A store of files in memory; everything below `root` may be read."""

    files: Mapping[str, str]
    root: str = ""

    def shown(self, path: str) -> str:
        return posixpath.normpath(path)

    def identity(self, path: str) -> str:
        return posixpath.normpath(path)

    def is_folder(self, path: str) -> bool:
        folder = posixpath.normpath(path)
        return folder == "." or any(name.startswith(f"{folder}/") for name in self.files)

    def encloses(self, _: str, path: str) -> bool:
        return not posixpath.normpath(path).startswith(("..", "/")) and path.startswith(self.root)

    def read(self, path: str, limit: int) -> bytes:
        if path not in self.files:
            document = parsed(path, "").document
            raise InputError(Diagnostic.error("file-not-found", "no such file", document.root()))
        data = self.files[path].encode()
        assert len(data) <= limit
        return data

    def walk(self, path: str, _: list[OSError]) -> Iterator[str]:
        folder = posixpath.normpath(path)
        for name in sorted(self.files):
            if folder == "." or name.startswith(f"{folder}/"):
                yield name


def all_roots(files: Mapping[str, str], base: str = ".") -> list[Root]:
    store = Memory(files)
    return roots(store.walk(base, []), store, base)


def read(files: Mapping[str, str] | str, pins: Pins | None = None) -> Fragment:
    """The only root of these files (or of this `main.tf`)."""
    (root,) = all_roots({"main.tf": files} if isinstance(files, str) else files)
    return root.read(pins or Pins())


def snapshot(files: Mapping[str, str] | str, pins: Pins | None = None) -> Snapshot:
    """The definitions of a configuration in which nothing is wrong."""
    fragment = read(files, pins)
    assert [str(found) for found in fragment.diagnostics if found.severity == "error"] == []
    return assemble([fragment])


def only(found: Snapshot, kind: type[Any]) -> Any:
    (resource,) = found.all(kind)
    return resource


def said(fragment: Fragment) -> list[str]:
    """What was said, as `severity file:line:column code message`."""
    return [f"{one.severity} {one.location} {one.code}: {one.message}" for one in fragment.diagnostics]


def rule(source: str, name: str = '"r"', more: str = "") -> str:
    return _RULE.format(name=name, source=source, more=more)


def subnet(name: str, prefix: str, more: str = "", label: str = "s") -> str:
    return (
        f'resource "azurerm_subnet" "{label}" {{\n  name = {name}\n  resource_group_name = "rg"\n'
        f'  virtual_network_name = "net"\n  address_prefixes = [{prefix}]\n  {more}\n}}\n'
    )


def sources(files: dict[str, str] | str, pins: Pins | None = None) -> list[object]:
    """The sources of the only rule, prefixes as they are written."""
    found = only(snapshot(files, pins), SecurityRule)
    return [term.text if isinstance(term, AddressPrefix) else term for term in found.sources]


def subnets(files: dict[str, str] | str) -> dict[str, list[Any]]:
    return {
        found.name: [one.text if isinstance(one, AddressPrefix) else one for one in found.address_prefixes]
        for found in snapshot(files).all(Subnet)
    }


def evaluate(expression: str, declared: str = "") -> Value:
    """The value of an expression in a module that declares something. Raises EvaluationError."""
    file = parsed("main.tf", f"locals {{\n  value = {expression}\n}}\n{declared}\n")
    declarations = Declarations.of(".", [file])
    reading = Reading()
    sources = Sources(Folders(Memory({"main.tf": file.document.text}), "."), reading, ".", {})
    module = Module(declarations, file.document, reading, sources, Given())
    return evaluated(declarations.locals["value"].attribute.value, Frame(module, file.document))


def template(*resources: Mapping[str, Any]) -> Snapshot:
    """The definitions of an ARM template."""
    raw = {"contentVersion": "1.0.0.0", "resources": [{"apiVersion": "2024-05-01", **one} for one in resources]}
    fragment = arm.read(*jsontext.parse("template.json", json.dumps(raw)))
    assert fragment.diagnostics == ()
    return assemble([fragment])


def meaning(value: object) -> object:
    """What a definition says, without where it says so: resources by what they are, references by the names."""
    if isinstance(value, Reference):
        return value.id.type, value.id.names
    if isinstance(value, tuple):
        return tuple(map(meaning, value))
    if is_dataclass(value) and type(value).__module__.startswith("nwpolicy.model"):
        left_out = {"source", "fields", "id", "parent", "text", "scope", "reason"}
        own = {item.name: meaning(getattr(value, item.name)) for item in fields(value) if item.name not in left_out}
        return type(value).__name__, own
    return value


def meanings(found: Snapshot) -> list[object]:
    return [meaning(resource) for resource in found.resources]
