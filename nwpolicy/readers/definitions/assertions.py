"""Assertions of definitions files and what belongs to them, which have no counterpart in Azure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from nwpolicy.model.addresses import Address
from nwpolicy.model.assertions import (
    Assertion,
    AssertionException,
    AssertionKind,
    Environment,
    Expectation,
    GivenValue,
    Statement,
)
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import AddressTerm, PortRange
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.definitions.variables import Variables, known
from nwpolicy.readers.resources import values
from nwpolicy.readers.tree import Node

__all__ = ["STATEMENTS", "read_environment"]

#: What an assertion may speak of besides addresses, and the last segment of the ARM type of each.
_TYPES: Final[Mapping[str, str]] = {
    "applicationSecurityGroup": "applicationSecurityGroups",
    "networkGroup": "networkGroups",
    "virtualNetwork": "virtualNetworks",
    "subnet": "subnets",
    "networkInterface": "networkInterfaces",
    "virtualMachine": "virtualMachines",
    "privateEndpoint": "privateEndpoints",
    "networkSecurityGroup": "networkSecurityGroups",
}
#: Keys that belong to some kinds of assertions only, and those that these kinds need.
_OF_KINDS: Final[Mapping[str, tuple[frozenset[AssertionKind], bool]]] = {
    "nextHopType": (frozenset({AssertionKind.ROUTED}), True),
    "nextHopIpAddress": (frozenset({AssertionKind.ROUTED}), False),
    "before": (frozenset({AssertionKind.EQUIVALENT}), True),
    "after": (frozenset({AssertionKind.EQUIVALENT}), False),
    "rulesOnly": (frozenset(AssertionKind) - {AssertionKind.ROUTED, AssertionKind.EQUIVALENT}, False),
}


def _read_assertion(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> Assertion:
    kind = AssertionKind(_text(node, "kind") or "")
    _check_keys(node, kind, diagnostics)
    hop = _text(node, "nextHopType")
    addresses = tuple(_addresses(node, diagnostics))
    if hop is not None and (hop == NextHopType.VIRTUAL_APPLIANCE) is not bool(addresses):
        message = "a virtual appliance has an address" if not addresses else "only a virtual appliance has addresses"
        diagnostics.append(Diagnostic.error("invalid-value", message, node.source))
    return Assertion(
        name=_text(node, "name") or "",
        kind=kind,
        rules_only=_flag(node, "rulesOnly"),
        next_hop_type=None if hop is None else NextHopType(hop),
        next_hop_ip_addresses=addresses,
        before=_text(node, "before"),
        after=_text(node, "after"),
        **_said(node, variables, diagnostics),
    )


def _read_exception(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> AssertionException:
    return AssertionException(name=_text(node, "assertion") or "", **_said(node, variables, diagnostics))


def _read_expectation(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> Expectation:
    return Expectation(
        name=_text(node, "name") or "",
        verdict=Access(_text(node, "verdict") or ""),
        rule=_text(node, "rule"),
        rules_only=_flag(node, "rulesOnly"),
        **_said(node, variables, diagnostics),
    )


_Read: TypeAlias = Callable[[Node, Variables, list[Diagnostic]], Statement]
#: How the entries of each section are read, once the schema has passed them.
STATEMENTS: Final[Mapping[str, _Read]] = {
    "assertions": _read_assertion,
    "exceptions": _read_exception,
    "expectations": _read_expectation,
}


def read_environment(name: str, node: Node) -> Environment:
    """A named set of values."""
    given = (
        GivenValue(key, tuple(map(_value, value.elements() or (value,))), value.source) for key, value in node.items()
    )
    return Environment(name=name, values=tuple(given), source=node.source)


def _value(node: Node) -> str:
    """As it would be written on a command line."""
    return node.text if node.text is not None else json.dumps(node.value)


def _said(node: Node, variables: Variables, diagnostics: list[Diagnostic]) -> dict[str, Any]:
    """What all statements have in common."""
    _check_date(node.get("expires"), diagnostics)
    return {
        "sources": _endpoints(node, "source", variables, diagnostics),
        "destinations": _endpoints(node, "destination", variables, diagnostics),
        "protocol": _protocol(node, diagnostics),
        "destination_port_ranges": _ports(node, variables, diagnostics),
        "owner": _text(node, "owner"),
        "reason": _text(node, "reason"),
        "expires": _text(node, "expires"),
        "condition": _condition(node),
        "source": node.source,
        "fields": {key: member.source for key, member in node.items()},
    }


def _check_keys(node: Node, kind: AssertionKind, diagnostics: list[Diagnostic]) -> None:
    for key, (kinds, needed) in _OF_KINDS.items():
        written = node.get(key)
        if written is not None and kind not in kinds:
            message = f"{key} does not belong to an assertion of the kind {kind}"
            diagnostics.append(Diagnostic.error("misplaced", message, written.source))
        if written is None and needed and kind in kinds:
            message = f"an assertion of the kind {kind} needs the key {key}"
            diagnostics.append(Diagnostic.error("missing-key", message, node.source))


def _addresses(node: Node, diagnostics: list[Diagnostic]) -> list[Address]:
    written = node.get("nextHopIpAddress")
    nodes = () if written is None else written.elements() or (written,)
    found = (values.address(element, diagnostics) for element in nodes)
    return [address for address in found if isinstance(address, Address)]


def _text(node: Node, key: str) -> str | None:
    found = node.get(key)
    return None if found is None else found.text


def _flag(node: Node, key: str) -> bool:
    found = node.get(key)
    return found is not None and found.value is True


def _condition(node: Node) -> Unknown | None:
    found = node.get("condition")
    return (
        found.value.of_kind(UnknownKind.CONDITION) if found is not None and isinstance(found.value, Unknown) else None
    )


def _endpoints(node: Node, key: str, variables: Variables, diagnostics: list[Diagnostic]) -> tuple[AddressTerm, ...]:
    return tuple(_endpoint(value, diagnostics) for value in variables.expand(node.get(key)))


def _endpoint(node: Node, diagnostics: list[Diagnostic]) -> AddressTerm:
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
