"""What definitions say, whatever format they are written in: the proof that nothing was lost or changed on the way.

Two sets of definitions mean the same if what `meaning` makes of them is equal. Left out is what says nothing: places,
reasons, the order of what has none, and how much of an id is written out where there is one resource that it can mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from nwpolicy.azure.defaults import default_rules
from nwpolicy.model.addresses import NO_ADDRESS
from nwpolicy.model.avnm import Deployment, NetworkGroup
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.writing.deployment import home_of, is_home
from nwpolicy.reports.writing.form import asked
from nwpolicy.reports.writing.unknowns import pieces

__all__ = ["difference", "meaning"]

_LEFT_OUT: Final = frozenset({"source", "fields", "unread", "id", "parent", "reason", "scope", "domain", "existing"})
#: Of what is published, the prefixes count; where a catalogue comes from does not.
_OF_CATALOGUES: Final = frozenset({"name", "cloud", "change_number", "network_features"})


def meaning(snapshot: Snapshot, rename: Callable[[Unknown], str], piece: Callable[[str], str]) -> list[Any]:
    """What all definitions say. `rename` tells what unknowns are called, `piece` what pieces of names are."""
    reading = _Meaning(snapshot, rename, piece)
    return sorted((reading.of(resource) for resource in snapshot.resources), key=repr)


class _Meaning:
    def __init__(self, snapshot: Snapshot, rename: Callable[[Unknown], str], piece: Callable[[str], str]) -> None:
        self._rename = rename
        self._piece = piece
        self._home = home_of(snapshot.resources)
        self._places: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
        for entry in walk(snapshot.resources):
            for start in range(len(entry.names)):
                key = entry.resource.type.lower(), entry.names[start:]
                self._places.setdefault(key, set()).add(entry.names)

    def of(self, value: Any, above: Unknown | None = None) -> Any:
        match value:
            case Unknown():
                return "unknown", value.kind.value, self._rename(_asked(value))
            case Reference():
                return self._reference(value)
            case AddressPrefix():
                return value.addresses
            case PortRange():
                return value.ports
            case Deployment():
                return value.type, value.target_locations, tuple(map(self.of, value.configurations))
            case Enum():
                return value.value
            case str():
                return value
            case tuple():
                return self._union(value, above)
            case Mapping():
                return sorted((key, self.of(child)) for key, child in value.items())
            case _:
                return self._record(value, above) if is_dataclass(value) else value

    def _record(self, record: Any, above: Unknown | None) -> Any:
        condition = getattr(record, "condition", None)
        is_published = isinstance(record, ServiceTagCatalogue | ServiceTagEntry)
        left_out = _LEFT_OUT | _OF_CATALOGUES if is_published else _LEFT_OUT
        said: dict[str, Any] = {}
        for item in fields(record):
            if item.name not in left_out and item.name != "condition":
                said[item.name] = self.of(_own(record, item.name), condition or above)
        if isinstance(record, Resource) and "name" in said:
            said["name"] = self._text(record.name)
        if isinstance(record, NetworkSecurityGroup):
            said["default_security_rules"] = self._union(default_rules(record), None)
        said["condition"] = None if condition == above else self.of(condition)
        return type(record).__name__, sorted(said.items())

    def _union(self, elements: tuple[Any, ...], above: Unknown | None) -> Any:
        """The order of deployments counts, for nothing else has one. Prefixes are one set."""
        if elements and isinstance(elements[0], Deployment):
            return [self.of(element) for element in elements]
        addresses = NO_ADDRESS
        others = []
        for element in elements:
            if isinstance(element, AddressPrefix):
                addresses |= element.addresses
            else:
                others.append(self.of(element, above))
        return [str(addresses), *sorted(set(map(repr, others)))]

    def _reference(self, reference: Reference) -> Any:
        id_ = reference.id
        known = self._places.get((id_.type, id_.names), set())
        names = next(iter(known)) if len(known) == 1 else id_.names
        scope = "" if is_home(id_.scope, self._home) else id_.scope
        return "reference", id_.type, tuple(map(self._text, names)), self._text(scope)

    def _text(self, text: str) -> str:
        """A text with the pieces that are not known; ids have these in lower case."""
        parts = (f"{{{self._piece(piece).lower()}}}" if is_open else piece for piece, is_open in pieces(text))
        return "".join(parts)


def _own(record: Any, name: str) -> Any:
    """Of what is defined elsewhere, only what stands in it is said."""
    value = getattr(record, name)
    if not isinstance(record, Resource) or not record.existing or isinstance(record, NetworkGroup):
        return value
    return tuple(one for one in value if isinstance(one, Resource)) if isinstance(value, tuple) else None


def _asked(unknown: Unknown) -> Unknown:
    """Of whether an unknown text is a certain one, that text: formats put the question in different places."""
    found = asked(unknown)
    return found if isinstance(found, Unknown) and found.name != unknown.name else unknown


def difference(ours: Iterable[Any], theirs: Iterable[Any]) -> tuple[Any, Any] | None:
    """The first that the two do not have in common: of the one, of the other; None where they mean the same."""
    before, after = list(ours), list(theirs)
    gone = [one for one in before if one not in after]
    new = [one for one in after if one not in before]
    if not gone and not new and len(before) == len(after):
        return None
    return (gone or [None])[0], (new or [None])[0]
