"""Definitions as JSON: values as texts, with their places, and what is not known with the reason why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.jsonform import SCHEMA_VERSION, camel, plain

__all__ = ["definitions_json"]

#: What goes without saying.
_UNSAID: Final = (("existing", False),)
#: Fields about the reading, not of the definition.
_LEFT_OUT: Final = frozenset({"fields", "unread", "source"})


def definitions_json(resources: Iterable[Resource]) -> dict[str, Any]:
    """All definitions, with what stands inside them inside them."""
    return {"schemaVersion": SCHEMA_VERSION, "resources": [_shown(resource) for resource in resources]}


#: What a value is written as, by its class.
_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    Address: str,
    AddressPrefix: lambda prefix: str(prefix.text),
    AddressSet: str,
    IntervalSet: format_protocols,
    PortRange: lambda ports: format_ports(ports.ports),
    Reference: lambda reference: str(reference.target),
    ServiceTag: lambda tag: str(tag.name),
}


def _shown(value: Any) -> Any:
    text = _TEXTS.get(type(value))
    if text is not None:
        return text(value)
    match value:
        case Unknown():
            return {"unknown": value.name, "kind": value.kind.value, "reason": value.reason, **_place(value.source)}
        case Enum():
            return value.value
        case tuple():
            return [_shown(element) for element in value]
        case Mapping():
            return {str(key): _shown(child) for key, child in value.items()}
        case _:
            return _record(value) if is_dataclass(value) else value


def _record(record: Any) -> dict[str, Any]:
    shown = {"type": record.type} if isinstance(record, Resource) else {}
    for item in fields(record):
        value = getattr(record, item.name)
        if item.name not in _LEFT_OUT and value is not None and value != () and (item.name, value) not in _UNSAID:
            shown[camel(item.name)] = _shown(value)
    return {**shown, **_place(record.source)} if isinstance(getattr(record, "source", None), Source) else shown


def _place(source: Source) -> dict[str, Any]:
    return {"source": plain(source.location)}
