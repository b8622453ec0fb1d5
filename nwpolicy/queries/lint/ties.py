"""By which names a part of the input is tied to others.

Definitions find one another by name only, so parts of which none names what another defines are estates of their own:
nothing in one changes what is said of the other. Where that is in doubt, they are tied.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.avnm import (
    AdminRuleCollection,
    ConnectivityConfiguration,
    NetworkGroup,
    NetworkGroupMember,
    NetworkManager,
    RoutingRuleCollection,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import EffectiveRoutes
from nwpolicy.model.rules import EffectiveAdminRules, EffectiveSecurityGroups
from nwpolicy.model.snapshot import Entry, walk
from nwpolicy.model.source import Source
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown

__all__ = ["Ties", "estates", "ties_of"]

#: Kinds whose definitions belong to no one network: what they say may be about any.
_FOR_ALL: Final = (EffectiveAdminRules, EffectiveRoutes, EffectiveSecurityGroups, ServiceTagCatalogue)
#: Kinds that apply to networks by lists, which may be open.
_BY_LISTS: Final = (
    AdminRuleCollection,
    ConnectivityConfiguration,
    NetworkGroup,
    NetworkGroupMember,
    NetworkManager,
    RoutingRuleCollection,
)


@dataclass(frozen=True, slots=True)
class Ties:
    """Names that are defined, and those that are wanted from elsewhere; `binds_all` where it concerns every part. Two
    parts that want the same may mean the same thing, which neither defines."""

    defined: frozenset[str]
    wanted: frozenset[str]
    binds_all: bool = False


def ties_of(fragments: Iterable[Fragment]) -> Ties:
    """The ties of what was read together."""
    read = tuple(fragments)
    resources = [resource for fragment in read for resource in fragment.resources]
    own: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for resource in resources:
        for entry in walk((resource,), () if resource.parent is None else resource.parent.id.names):
            own[entry.resource.type.lower(), entry.names[-1]].append(entry)
    wanted = [found.id.names for found in _references(resources) if not _is_met(found, own)]
    entries = [entry for several in own.values() for entry in several]
    binds_all = any(fragment.page is not None for fragment in read) or any(_is_for_all(e.resource) for e in entries)
    return Ties(
        frozenset(name for names in (*(e.names for e in entries), *wanted) for name in _endings(names)),
        frozenset("/".join(names) for names in wanted if names),
        binds_all,
    )


def _is_for_all(resource: Resource) -> bool:
    """A manager is, where it is not known what it applies to."""
    return isinstance(resource, _FOR_ALL) or (isinstance(resource, _BY_LISTS) and _has_unknown(resource))


def _is_met(reference: Reference, own: Mapping[tuple[str, str], list[Entry]]) -> bool:
    """Whether what is meant is surely in the same deployment, which wins over others of the name."""
    wanted = reference.id
    whole = reference.source.document.whole
    return wanted.is_open or any(
        entry.meets(wanted) and entry.resource.source.document.whole is whole and not entry.may_be_elsewhere(wanted)
        for entry in own.get((reference.type.lower(), wanted.names[-1] if wanted.names else ""), ())
    )


def _endings(names: Sequence[str]) -> Iterator[str]:
    """A reference may leave out outer names."""
    return ("/".join(names[start:]) for start in range(len(names)))


def _references(value: Any) -> Iterator[Reference]:
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _references(element)
    else:
        for name in _fields(value.__class__):
            yield from _references(getattr(value, name))


def _has_unknown(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_unknown, value))
    return isinstance(value, Unknown) or any(_has_unknown(getattr(value, name)) for name in _fields(value.__class__))


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    """The fields of a class that may hold references, one in the other; places in files hold none."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)) or issubclass(kind, Source):
        return ()
    return tuple(item.name for item in dataclasses.fields(kind) if item.name not in ("source", "fields", "unread"))


def estates(parts: Sequence[Ties]) -> list[list[int]]:
    """Which parts belong together, by their positions, in the order of the first ones."""
    if any(ties.binds_all for ties in parts):
        return [list(range(len(parts)))]
    wanted = {name for ties in parts for name in ties.wanted}
    meeting: defaultdict[str, list[int]] = defaultdict(list)
    for number, ties in enumerate(parts):
        for name in (ties.defined | ties.wanted) & wanted:
            meeting[name].append(number)
    chief = list(range(len(parts)))
    for first, *others in meeting.values():
        for other in others:
            chief[_top(chief, other)] = _top(chief, first)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number in range(len(parts)):
        found[_top(chief, number)].append(number)
    return sorted(found.values())


def _top(chief: list[int], number: int) -> int:
    while chief[number] != number:
        chief[number] = number = chief[chief[number]]
    return number
