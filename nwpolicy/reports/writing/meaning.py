"""What definitions say, whatever format they are written in: the proof that nothing was lost or changed on the way.

Two sets of definitions mean the same if what `meaning` makes of them is equal. Left out is what says nothing: places,
reasons, the order of what has none, and how much of an id is written out where there is one resource that it can mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from nwpolicy.azure.defaults import default_rules
from nwpolicy.model.addresses import NO_ADDRESS
from nwpolicy.model.avnm import Deployment, NetworkGroup
from nwpolicy.model.domains import limits, options
from nwpolicy.model.opennames import pieces
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.writing.deployment import home_of, is_home
from nwpolicy.reports.writing.form import asked

__all__ = ["difference", "meaning"]

_SUBSCRIPTION: Final = "{subscription}"
_LEFT_OUT: Final = frozenset({"source", "fields", "unread", "id", "parent", "reason", "scope", "domain"})
#: Of what is published, the prefixes count; where a catalogue comes from does not.
_OF_CATALOGUES: Final = frozenset({"name", "cloud", "change_number", "network_features"})


def meaning(
    snapshot: Snapshot, rename: Callable[[Unknown], str], piece: Callable[[str], str], subscription: str = ""
) -> list[Any]:
    """What all definitions say. `rename` tells what unknowns are called, `piece` what pieces of names are;
    `subscription` is the one that they are deployed to, if known."""
    reading = _Meaning(snapshot, rename, piece, subscription)
    return sorted((reading.of(resource) for resource in snapshot.resources), key=repr)


class _Meaning:
    def __init__(
        self, snapshot: Snapshot, rename: Callable[[Unknown], str], piece: Callable[[str], str], subscription: str
    ) -> None:
        self._rename = rename
        self._piece = piece
        self._subscription = subscription
        self._home = self._placed(home_of(snapshot.resources))
        self._places: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
        for entry in walk(snapshot.resources):
            for start in range(len(entry.names)):
                key = entry.resource.type.lower(), entry.names[start:]
                self._places.setdefault(key, set()).add(entry.names)

    def of(self, value: Any, above: Unknown | None = None) -> Any:
        match value:
            case Unknown():
                return "unknown", value.kind.value, self._rename(_asked(value)), options(value), limits(value)
            case Reference():
                return self._reference(value)
            case PortRange():
                return value.ports
            case str():
                return str(value) or None
            case tuple():
                return self._union(value, above)
            case Mapping():
                return {str(key): self.of(child) for key, child in sorted(value.items())}
            case AddressPrefix():
                return value.addresses
            case _:
                return self._record(value, above) if is_dataclass(value) else value

    def _record(self, record: Any, above: Unknown | None) -> Any:
        condition = getattr(record, "condition", None)
        is_published = isinstance(record, ServiceTagCatalogue | ServiceTagEntry)
        left_out = _LEFT_OUT | _OF_CATALOGUES if is_published else _LEFT_OUT
        said: dict[str, Any] = {"type": type(record).__name__}
        for item in fields(record):
            if item.name not in left_out and item.name != "condition":
                said[item.name] = self.of(_own(record, item.name), condition or above)
        if isinstance(record, Resource) and "name" in said:
            said["name"] = self._text(record.name)
        if isinstance(record, NetworkSecurityGroup):
            said["default_security_rules"] = self._union(default_rules(record), None)
        said["condition"] = None if condition == above else self.of(condition)
        return said

    def _union(self, elements: tuple[Any, ...], above: Unknown | None) -> list[Any]:
        """The order of deployments counts, for nothing else has one. Prefixes are one set."""
        if elements and isinstance(elements[0], Deployment):
            return [committed for element in elements for committed in self._commits(element)]
        addresses = NO_ADDRESS
        others: dict[str, Any] = {}
        for element in elements:
            if isinstance(element, AddressPrefix):
                addresses |= element.addresses
            else:
                found = self.of(element, above)
                others[repr(found)] = found
        return [*addresses.prefixes(), *(others[key] for key in sorted(others))]

    def _commits(self, deployment: Deployment) -> Iterator[Any]:
        """One for each region."""
        for region in deployment.target_locations:
            yield deployment.type, region, *map(self.of, deployment.configurations)

    def _reference(self, reference: Reference) -> Any:
        id_ = reference.id
        known = self._places.get((id_.type, id_.names), set())
        names = next(iter(known)) if len(known) == 1 else id_.names
        scope = self._placed(id_.scope)
        parts = [] if is_home(scope, self._home) else scope.split("/")
        shown = [part if part == _SUBSCRIPTION else self._text(part) for part in parts]
        return "reference", id_.type, tuple(map(self._text, names)), "/".join(shown)

    def _placed(self, scope: str) -> str:
        """A scope without the subscription that everything is in: formats that are deployed do not tell it."""
        parts = scope.split("/")
        if len(parts) > 2 and parts[2] == self._subscription:  # noqa: PLR2004 - /subscriptions/x
            parts[2] = _SUBSCRIPTION
        return "/".join(parts)

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


def difference(ours: Any, theirs: Any, route: str = "") -> tuple[str, Any, Any] | None:
    """The first place where two meanings differ, and what each has there; None where they are equal."""
    if ours == theirs:
        return None
    if type(ours) is not type(theirs) or not isinstance(ours, dict | list):
        return route, ours, theirs
    if isinstance(ours, dict):
        pairs = [(f"{route}/{key}", ours.get(key), theirs.get(key)) for key in dict.fromkeys((*ours, *theirs))]
        found = (difference(one, other, place) for place, one, other in pairs)
        return next((each for each in found if each is not None), None)
    gone = [one for one in ours if one not in theirs]
    new = [one for one in theirs if one not in ours]
    if not gone and not new:
        return None if len(ours) == len(theirs) else (route, len(ours), len(theirs))
    return _first(gone, new, route)


def _first(gone: list[Any], new: list[Any], route: str) -> tuple[str, Any, Any] | None:
    """The first difference of two lists: within what has one name on both sides, if there is such a pair."""
    for one in gone:
        for other in new:
            if isinstance(one, dict) and isinstance(other, dict) and one.get("name") == other.get("name"):
                return difference(one, other, f"{route}/{one.get('name')}")
    return route, next(iter(gone), None), next(iter(new), None)
