"""Assertions of definitions files, which have no counterpart in Azure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from nwpolicy.model.assertions import Assertion, AssertionKind, Endpoint
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import PortRange
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.definitions.variables import Variables, known
from nwpolicy.readers.resources import values
from nwpolicy.readers.tree import Node

__all__ = ["read_assertion"]

#: What an assertion may speak of besides addresses, and the last segment of the ARM type of each.
_TYPES: Final[Mapping[str, str]] = {
    "applicationSecurityGroup": "applicationSecurityGroups",
    "networkGroup": "networkGroups",
    "virtualNetwork": "virtualNetworks",
    "subnet": "subnets",
    "networkInterface": "networkInterfaces",
}


def read_assertion(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> Assertion:
    """An assertion that the schema has passed."""
    _check_date(node.get("expires"), diagnostics)
    return Assertion(
        name=_text(node, "name") or "",
        kind=AssertionKind(_text(node, "kind") or ""),
        sources=_endpoints(node, "source", variables, diagnostics),
        destinations=_endpoints(node, "destination", variables, diagnostics),
        protocol=_protocol(node, diagnostics),
        destination_port_ranges=_ports(node, variables, diagnostics),
        owner=_text(node, "owner"),
        reason=_text(node, "reason"),
        expires=_text(node, "expires"),
        condition=_condition(node),
        source=node.source,
        fields={key: member.source for key, member in node.items()},
    )


def _text(node: Node, key: str) -> str | None:
    found = node.get(key)
    return None if found is None else found.text


def _condition(node: Node) -> Unknown | None:
    found = node.get("condition")
    return (
        found.value.of_kind(UnknownKind.CONDITION) if found is not None and isinstance(found.value, Unknown) else None
    )


def _endpoints(node: Node, key: str, variables: Variables, diagnostics: list[Diagnostic]) -> tuple[Endpoint, ...]:
    return tuple(_endpoint(value, diagnostics) for value in variables.expand(node.get(key)))


def _endpoint(node: Node, diagnostics: list[Diagnostic]) -> Endpoint:
    for key, _ in node.items():
        return values.reference(node, _TYPES[key], diagnostics, key)
    return values.prefix_or_tag(node, diagnostics)


def _protocol(node: Node, diagnostics: list[Diagnostic]) -> IntervalSet:
    """The union of what is written; any protocol where nothing is."""
    written = node.get("protocol")
    if written is None:
        return ANY_PROTOCOL
    union = IntervalSet.empty(8)
    for element in written.elements() or (written,):
        found = values.protocol(element, diagnostics)
        if isinstance(found, IntervalSet):
            union |= found
    return union


def _ports(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> tuple[PortRange, ...]:
    """An assertion about ports that are not known would say nothing."""
    written = known(variables.expand(node.get("destinationPortRange")), diagnostics)
    found = (values.ports(element, diagnostics) for element in written)
    return tuple(ports for ports in found if isinstance(ports, PortRange))


def _check_date(node: Node | None, diagnostics: list[Diagnostic]) -> None:
    try:
        date.fromisoformat("" if node is None or node.text is None else node.text)
    except ValueError:
        if node is not None:
            message = f"expires has to be a date, found {node.text}"
            diagnostics.append(Diagnostic.error("invalid-value", message, node.source))
