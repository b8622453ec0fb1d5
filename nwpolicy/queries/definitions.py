"""Which definitions two estates have in different words, and which places that can concern.

Words count here, not meaning: a rule that has a new name differs. Comments, layout and places in files do not count,
nor do the unknown parts of a name, where only one definition of each side can have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import fields
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from nwpolicy.azure.subjects import Subject
from nwpolicy.model.assertions import Environment, Statement
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Entry, Snapshot, nested
from nwpolicy.queries.pairing import PlacePair, renamed_definitions

__all__ = ["DefinitionPair", "differing_trees", "innermost", "may_differ"]

#: What tells outermost definitions apart: kind, path of names, scope, and which one of several it is.
_Top: TypeAlias = tuple[str, tuple[str, ...], str, int]

#: What filters or routes only where something refers to it.
_LOCAL: Final = (NetworkSecurityGroup, RouteTable)


@dataclass(frozen=True, slots=True)
class DefinitionPair:
    """A definition before and after; None on the side that lacks it. `inside` names what it stands in."""

    old: Resource | None
    new: Resource | None
    inside: tuple[str, ...] = ()

    @property
    def one(self) -> Resource:
        """The newer version that there is."""
        found = self.new or self.old
        assert found is not None
        return found


def differing_trees(old: Snapshot, new: Snapshot) -> tuple[DefinitionPair, ...]:
    """The outermost definitions that differ, if only by a name, or have something in them that does; in the order of
    the input. Assertions are none."""
    return tuple(pair for pair in _both(old, new) if not _is_same(pair))


def innermost(trees: Iterable[DefinitionPair], former: Callable[[str], str] = str) -> tuple[DefinitionPair, ...]:
    """The innermost definitions that differ: the rule, and not the group around it. By `former` names are what they
    were before."""
    return tuple(found for pair in trees for found in _innermost(pair, former))


def may_differ(old: Snapshot, new: Snapshot) -> Callable[[PlacePair], bool]:
    """Whether a place may be filtered or routed otherwise than before. Groups and route tables concern what refers to
    them; any other definition, and definitions that moved between files, may concern everything."""
    trees = [
        pair for pair in _both(old, new) if not (pair.old is pair.new or (pair.old == pair.new and _same_id(pair)))
    ]
    if not all(isinstance(pair.one, _LOCAL) for pair in trees) or not _same_files(old, new):
        return lambda _: True
    changed = {id(one) for pair in trees for one in (pair.old, pair.new) if one is not None}

    def concerned(pair: PlacePair) -> bool:
        sides = ((old, pair.old), (new, pair.new))
        return any(id(found) in changed for snapshot, subject in sides for found in _referred(snapshot, subject))

    return concerned


def _referred(snapshot: Snapshot, subject: Subject) -> Iterator[Resource]:
    """The groups and route tables that a place may have."""
    if subject.nsg is not None:
        yield subject.nsg
    for holder in (subject.subnet, subject.nic):
        if holder is not None and isinstance(holder.network_security_group, Reference):
            yield from snapshot.find(NetworkSecurityGroup, holder.network_security_group)
    if subject.subnet is not None and isinstance(subject.subnet.route_table, Reference):
        yield from snapshot.find(RouteTable, subject.subnet.route_table)


def _same_files(old: Snapshot, new: Snapshot) -> bool:
    """Whether definitions stand together as before: what a name means depends on that."""
    pairs = [(pair.old, pair.new) for pair in _both(old, new)]
    files = {(one.source.document.whole, other.source.document.whole) for one, other in pairs if one and other}
    return len({one for one, _ in files}) == len(files) == len({other for _, other in files})


def _tops(snapshot: Snapshot) -> dict[_Top, Entry]:
    """The outermost definitions by what tells them from the others."""
    turns: defaultdict[Hashable, int] = defaultdict(int)
    found: dict[_Top, Entry] = {}
    for entry in snapshot.entries:
        if entry.parent is None and not isinstance(entry.resource, Statement | Environment):
            key = (entry.resource.type, entry.names, entry.scope)
            found[entry.resource.type, entry.names, entry.scope, turns[key]] = entry
            turns[key] += 1
    return found


def _both(old: Snapshot, new: Snapshot) -> Iterator[DefinitionPair]:
    before, after = old.derived(_tops), new.derived(_tops)
    former = {(one.type, one.new.lower()): one.old.lower() for one in renamed_definitions(old, new)}
    left = dict(before)
    for (type, names, scope, turn), entry in after.items():
        key = (type, (*names[:-1], former.get((type, names[-1]), names[-1])), scope, turn)
        yield DefinitionPair(left.pop(key).resource if key in left else None, entry.resource)
    yield from (DefinitionPair(entry.resource, None) for entry in left.values())


def _innermost(pair: DefinitionPair, former: Callable[[str], str]) -> Iterator[DefinitionPair]:
    if pair.old is None or pair.new is None:
        yield pair
        return
    if _own(pair.old) != former(_own(pair.new)):
        yield pair
    for inner in _children(pair.old, pair.new, (*pair.inside, pair.new.name), former):
        if not _is_same(inner):
            yield from _innermost(inner, former)


def _children(
    old: Resource, new: Resource, inside: tuple[str, ...], former: Callable[[str], str]
) -> Iterator[DefinitionPair]:
    """By kind and name; several of one name in their order."""
    before, after = _by_name(nested(old), str), _by_name(nested(new), former)
    for key in dict.fromkeys((*after, *before)):
        pairs = zip_longest(before.get(key, ()), after.get(key, ()))
        yield from (DefinitionPair(one, other, inside) for one, other in pairs)


def _by_name(resources: Iterable[Resource], former: Callable[[str], str]) -> dict[Hashable, list[Resource]]:
    found: defaultdict[Hashable, list[Resource]] = defaultdict(list)
    for resource in resources:
        found[resource.type, former(resource.name).lower()].append(resource)
    return found


def _own(resource: Resource) -> str:
    """All that is written of a definition, without the definitions inside it."""
    inside = {id(child) for child in nested(resource)}
    return "\n".join(
        f"{item.name}: {_text(getattr(resource, item.name), inside)}" for item in fields(resource) if item.repr
    )


def _text(value: Any, without: set[int]) -> str:
    if isinstance(value, tuple):
        return repr(tuple(element for element in value if id(element) not in without))
    return repr(value)


def _is_same(pair: DefinitionPair) -> bool:
    """Whether nothing differs. Unknowns belong to their files, whose paths differ: of them the names count."""
    old, new = pair.old, pair.new
    if old is None or new is None:
        return False
    return old is new or ((old == new or repr(old) == repr(new)) and _same_id(pair))


def _same_id(pair: DefinitionPair) -> bool:
    ids = {one.id.lower() if one is not None and one.id is not None else None for one in (pair.old, pair.new)}
    return len(ids) == 1
