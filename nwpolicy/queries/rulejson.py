"""Rules as Azure's JSON has them: names and values of fields."""

from __future__ import annotations

from typing import Any, Final

from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, ServiceTag
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.change import WrittenRule

__all__ = ["ENTRIES", "field_keys", "field_values", "rule_fields"]

#: Azure's names for the fields of a rule, singular and plural, in the order in which people write them.
_SECURITY_KEYS: Final = {
    "source": ("sourceAddressPrefix", "sourceAddressPrefixes"),
    "source_port": ("sourcePortRange", "sourcePortRanges"),
    "destination": ("destinationAddressPrefix", "destinationAddressPrefixes"),
    "destination_port": ("destinationPortRange", "destinationPortRanges"),
}
#: The attributes of a rule that are lists.
ENTRIES: Final = {
    "source": "sources",
    "source_port": "source_port_ranges",
    "destination": "destinations",
    "destination_port": "destination_port_ranges",
}
_ADMIN_KEYS: Final = {
    "source": "sources",
    "source_port": "sourcePortRanges",
    "destination": "destinations",
    "destination_port": "destinationPortRanges",
}
_ADMIN_KINDS: Final = {ServiceTag: "ServiceTag", Reference: "NetworkGroup"}
_PROTOCOLS: Final = {"any": "*", "tcp": "Tcp", "udp": "Udp", "icmp": "Icmp", "esp": "Esp", "ah": "Ah"}


def field_keys(rule: WrittenRule, name: str) -> tuple[str | None, str]:
    """The key for a single value, if there is one, and the key for a list (or for the only value there can be)."""
    if name not in _ADMIN_KEYS:
        return None, name
    return (None, _ADMIN_KEYS[name]) if isinstance(rule, AdminRule) else _SECURITY_KEYS[name]


def field_values(rule: WrittenRule, name: str, *, short: bool = False) -> Any:
    """A list of values, or the only value that the field can have; `short` as in a definitions file."""
    match name:
        case "priority":
            return rule.priority
        case "access" | "direction":
            return str(getattr(rule, name))
        case "protocol":
            return _protocol(rule)
        case "source" | "destination":
            return [_term(term, rule, short) for term in getattr(rule, ENTRIES[name])]
        case _:
            return [_ports(entry) for entry in getattr(rule, ENTRIES[name])]


def rule_fields(rule: WrittenRule, *, short: bool = False) -> dict[str, Any]:
    """All fields but the name. What an admin rule does not restrict is left out, as Azure does."""
    fields = {name: field_values(rule, name) for name in ("priority", "direction", "access", "protocol")}
    for name in _SECURITY_KEYS:
        single, plural = field_keys(rule, name)
        values = field_values(rule, name, short=short)
        if single is not None and len(values) == 1:
            fields[single] = values[0]
        elif single is not None or not _is_any(values):
            fields[plural] = values
    return fields


def _is_any(values: list[Any]) -> bool:
    return not values or (len(values) == 1 and "*" in (values[0], *_texts(values[0])))


def _texts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _protocol(rule: WrittenRule) -> str:
    assert not isinstance(rule.protocol, Unknown)
    name = _PROTOCOLS.get(format_protocols(rule.protocol), format_protocols(rule.protocol))
    return "Any" if name == "*" and isinstance(rule, AdminRule) else name


def _term(term: AddressTerm, rule: WrittenRule, short: bool) -> Any:
    text = term.text if isinstance(term, AddressPrefix) else term.target if isinstance(term, Reference) else term.name
    if not isinstance(rule, AdminRule):
        return text
    if short:
        return {"networkGroup": text} if isinstance(term, Reference) else text
    kind = _ADMIN_KINDS.get(type(term), "IPPrefix")
    return {"addressPrefix": text, "addressPrefixType": kind}


def _ports(ports: PortRange | Unknown) -> str:
    return ports.name if isinstance(ports, Unknown) else format_ports(ports.ports)
