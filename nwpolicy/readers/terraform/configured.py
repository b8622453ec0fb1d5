"""What the configuration inside a plan tells of values that are unknown until the plan is applied.

An id of a resource that does not exist yet is unknown, but an argument that is nothing but a reference to it means
that resource. And what the configuration does not set, Azure chooses: it is absent, as it is in a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.terraform.identities import identity
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.tree import Node, Raw

__all__ = ["Configured"]

#: A module call or a resource in an address: its name and its key.
_STEP: Final = re.compile(r'module\.([^.\[]+)(\["(?:[^"\\]|\\.)*"\]|\[\d+\])?\.?')
_MAX_STEPS: Final = 50
#: Resources that stand on their own and the blocks of their parent that mean the same: either the one or the other is
#: in use. Blocks that are not in the configuration are unknown because Azure will list the former there.
_INLINE: Final[Mapping[str, tuple[str, str, str]]] = {
    "azurerm_network_security_group": ("security_rule", "azurerm_network_security_rule", "network_security_group_name"),
    "azurerm_route_table": ("route", "azurerm_route", "route_table_name"),
    "azurerm_virtual_network": ("subnet", "azurerm_subnet", "virtual_network_name"),
}


@dataclass(frozen=True, slots=True)
class Configured:
    """The resources of a plan, and the configuration that they come from."""

    root: Raw
    instances: Mapping[str, Instance]

    @classmethod
    def of(cls, plan: Mapping[str, Raw], instances: Mapping[str, Instance]) -> Configured:
        configuration = plan.get("configuration")
        return cls(configuration.get("root_module") if isinstance(configuration, dict) else None, instances)

    def settled(self) -> tuple[Instance, ...]:
        """The resources, with what the configuration tells of their unknowns."""
        return tuple(self._settled(instance) for instance in self.instances.values())

    def _settled(self, instance: Instance) -> Instance:
        modules = _modules(instance.address)
        module = self._module(modules)
        resource = _resource(module, instance)
        arguments = instance.arguments
        if resource is not None:
            expressions = resource.get("expressions")
            arguments = self._arguments(arguments, expressions if isinstance(expressions, dict) else {}, modules)
        inline = _INLINE.get(instance.type)
        if inline is not None and self._has_children(instance, *inline):
            arguments = _without(arguments, inline[0])
        return Instance(instance.address, instance.type, arguments, instance.source, instance.condition)

    def _has_children(self, instance: Instance, block: str, type: str, argument: str) -> bool:
        node = instance.get(block)
        if node is None or not isinstance(node.value, Unknown):
            return False
        name = instance.text("name")
        return any(other.type == type and other.text(argument) == name for other in self.instances.values())

    def _arguments(self, node: Node, expressions: Mapping[str, Raw], modules: tuple[str, ...]) -> Node:
        if not isinstance(node.value, Mapping):
            return node
        members = dict(node.value)
        for name, child in node.items():
            written = expressions.get(name)
            if isinstance(child.value, Unknown) and written is None and name not in _BLOCKS:
                del members[name]
            elif isinstance(written, list) and len(written) == len(child.elements()):
                matched = written if name in _ORDERED or len(written) == 1 else [_mentioned(written)] * len(written)
                parts = zip(child.elements(), matched, strict=True)
                inner = (self._arguments(part, raw, modules) if isinstance(raw, dict) else part for part, raw in parts)
                members[name] = Node(tuple(inner), child.source)
            elif isinstance(written, dict) and name.endswith(("_id", "_ids")):
                members[name] = self._referred(child, _references(written), modules)
        return Node(members, node.source)

    def _referred(self, node: Node, references: list[str], modules: tuple[str, ...]) -> Node:
        """An id, or a list of ids, in place of what is unknown."""
        wanted = [*_outermost(references)]
        unknown = [part for part in (node, *node.elements()) if isinstance(part.value, Unknown)]
        if not unknown or len(wanted) != max(1, len(node.elements())):
            return node
        found = [self._id(reference, modules) for reference in wanted]
        if isinstance(node.value, Unknown):
            return node if found[0] is None else Node(found[0], node.source)
        elements = (
            part if full is None or not isinstance(part.value, Unknown) else Node(full, part.source)
            for part, full in zip(node.elements(), found, strict=True)
        )
        return Node(tuple(elements), node.source)

    def _id(self, reference: str, modules: tuple[str, ...]) -> str | None:
        """The id that a reference means, followed through the arguments and outputs of modules."""
        for _ in range(_MAX_STEPS):
            inner = _STEP.match(reference)
            if inner is not None:
                modules = (*modules, inner[0].rstrip("."))
                output = _path(self._module(modules), "outputs", reference[inner.end() :], "expression")
            elif reference.startswith("var.") and modules:
                *around, call = modules
                modules = tuple(around)
                name = call.partition(".")[2].partition("[")[0]
                called = _path(self._module(modules), "module_calls", name, "expressions")
                output = _path(called, reference.partition(".")[2])
            else:
                instance = self.instances.get(".".join((*modules, reference.removesuffix(".id"))))
                return identity(instance) if instance is not None and reference.endswith(".id") else None
            following = [*_outermost(_references(output))]
            if len(following) != 1:
                return None
            reference = following[0]
        return None

    def _module(self, modules: Iterable[str]) -> Raw:
        module = self.root
        for call in modules:
            module = _path(module, "module_calls", call.partition(".")[2].partition("[")[0], "module")
        return module


#: Blocks that are written as loops do not appear in the configuration of a plan.
_BLOCKS: Final = frozenset(
    {"security_rule", "subnet", "route", "ip_configuration", "source", "destination", "delegation"}
)


#: Blocks that stand in a plan in the order of the configuration. Others make up a set, which has another one.
_ORDERED: Final = frozenset(
    {"delegation", "frontend_ip_configuration", "gateway_ip_configuration", "ip_configuration", "service_delegation"}
)


def _mentioned(blocks: list[Raw]) -> Raw:
    """The arguments that any of several blocks has; what it gives them does not tell which block that is."""
    return {name: True for block in blocks if isinstance(block, dict) for name in block}


def _modules(address: str) -> tuple[str, ...]:
    found: list[str] = []
    while (step := _STEP.match(address)) is not None:
        found.append(step[0].rstrip("."))
        address = address[step.end() :]
    return tuple(found)


def _resource(module: Raw, instance: Instance) -> dict[str, Raw] | None:
    name = instance.address.removeprefix(".".join((*_modules(instance.address), ""))).partition("[")[0]
    resources = _path(module, "resources")
    for entry in resources if isinstance(resources, list) else ():
        if isinstance(entry, dict) and entry.get("mode") == "managed" and entry.get("address") == name:
            return entry
    return None


def _references(expression: Raw) -> list[str]:
    found = _path(expression, "references")
    return [reference for reference in found if isinstance(reference, str)] if isinstance(found, list) else []


def _outermost(references: list[str]) -> Iterator[str]:
    """Terraform lists a reference and then what it is a part of: `a.b.id`, `a.b`."""
    last = ""
    for reference in references:
        if not (last.startswith((f"{reference}.", f"{reference}[")) or last == reference):
            last = reference
            yield reference


def _without(node: Node, name: str) -> Node:
    members = dict(node.value) if isinstance(node.value, Mapping) else {}
    return Node({key: child for key, child in members.items() if key != name}, node.source)


def _path(raw: Raw, *keys: str) -> Raw:
    for key in keys:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw
