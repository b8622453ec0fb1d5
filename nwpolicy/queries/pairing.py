"""Places of two estates that are the same place: network interfaces, private endpoints, subnets and groups by name;
and definitions that have another name, of which a part is not known, or that says all that the old one said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Hashable, Iterable, Iterator
from dataclasses import field, replace
from typing import Any, TypeVar

from nwpolicy.azure.subjects import (
    Subject,
    SubjectKind,
    endpoint_subject,
    group_subject,
    interface_subject,
    subnet_subject,
)
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, Subnet
from nwpolicy.model.opennames import known_parts, renaming
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import EffectiveSecurityGroups, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot

__all__ = [
    "PlacePair",
    "PlacePairs",
    "RenamedDefinition",
    "former_names",
    "name_now",
    "pair_places",
    "renamed_definitions",
]

_K = TypeVar("_K", bound=tuple[Any, ...])

#: What tells places of one kind apart: the names down to it, the scope where names do not, the turn where nothing does.
_Key = tuple[SubjectKind, tuple[str, ...], str, int]


@dataclass(frozen=True, slots=True)
class PlacePair:
    """One place, before and after. `former` puts the names that definitions had before in the place of those that they
    have now, in the names of what is not known about them."""

    old: Subject
    new: Subject
    former: Callable[[str], str] = field(default=str, compare=False, repr=False)

    @property
    def is_renamed(self) -> bool:
        """Whether the places have different names, and are a pair because nothing else can be either of them."""
        return self.old.name.lower() != self.new.name.lower()


@dataclass(frozen=True, slots=True)
class PlacePairs:
    """The places of both sides, and those that one side lacks."""

    both: tuple[PlacePair, ...]
    gone: tuple[Subject, ...]
    added: tuple[Subject, ...]


def name_now(old: str, new: str) -> str:
    """What is one thing before and after, with the other name that it has now."""
    return old if old == new else f"{old} (now {new})"


def pair_places(old: Snapshot, new: Snapshot) -> PlacePairs:
    """Pairs places by kind and name. Where a name is known in part, as `nic-{location}`, the one place of each side
    whose names are alike but for that is a pair; so are a group and the one that says the same under another name, and
    the only places of a kind, whatever their names."""
    before, after = _places(old), _places(new)
    former = former_names(old, new, alone=False)  # a value may be called by the same unknown part as a definition
    both = [(key, PlacePair(subject, after[key], former)) for key, subject in before.items() if key in after]
    gone = {key: subject for key, subject in before.items() if key not in after}
    added = {key: subject for key, subject in after.items() if key not in before}
    for likeness, latter in ((_known_parts, _known_parts), (_names, _former(renamed_groups(old, new))), (_kind, _kind)):
        mine, theirs = _only_ones(before, likeness), _only_ones(after, latter)
        for like, key in mine.items():
            if key in gone and like in theirs and theirs[like] in added:
                both.append((key, PlacePair(gone.pop(key), added.pop(theirs[like]), former)))
    return PlacePairs(tuple(pair for _, pair in both), tuple(gone.values()), tuple(added.values()))


@dataclass(frozen=True, slots=True)
class RenamedDefinition:
    """A definition of another name on each side, which nothing else can be: the name is known in part, or all that it
    says is the same."""

    type: str
    old: str
    new: str


def renamed_definitions(old: Snapshot, new: Snapshot) -> tuple[RenamedDefinition, ...]:
    """Definitions of names as `vnet-{location}` that are alike but for what is not known, and renamed groups. A name
    that both sides have, or that would stand for two definitions, is left alone."""
    before, after = old.derived(_open_names), new.derived(_open_names)
    mine, theirs = old.derived(_alone), new.derived(_alone)
    found = [
        RenamedDefinition(key[0], before[key], after[theirs[like]])
        for like, key in mine.items()
        if key not in after and like in theirs and theirs[like] not in before
    ]
    latter: defaultdict[str, set[str]] = defaultdict(set)
    former: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        latter[one.old].add(one.new)
        former[one.new].add(one.old)
    kept = {*before.values()} & {*after.values()}
    open_named = (
        one
        for one in found
        if len(latter[one.old]) == len(former[one.new]) == 1 and not kept & {one.old, one.new} and one.old != one.new
    )
    return (*open_named, *renamed_groups(old, new))


def renamed_groups(old: Snapshot, new: Snapshot) -> tuple[RenamedDefinition, ...]:
    """Groups of which the one that is gone says, word for word, what the one that is new says, and no other one does.
    A name that anything else has, before or now, is left alone."""
    sides = _only_said(old, new.derived(_last_names)), _only_said(new, old.derived(_last_names))
    gone, come = ({_said(group): group.name for group in groups} for groups in sides)
    kind = NetworkSecurityGroup.type
    return tuple(RenamedDefinition(kind, name, come[said]) for said, name in gone.items() if said in come)


def _last_names(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(entry.names[-1] for entry in snapshot.entries)


def _only_said(snapshot: Snapshot, others: Container[str]) -> list[NetworkSecurityGroup]:
    """The groups whose names the other side does not have, and that say what no other such group says."""
    alone = [
        one for one in snapshot.all(NetworkSecurityGroup) if one.name.lower() not in others and "{" not in one.name
    ]
    counts = Counter(map(_said, alone))
    return [one for one in alone if counts[_said(one)] == 1]


def _said(group: NetworkSecurityGroup) -> str:
    """All that a group says but for its name. Unknowns belong to their files, whose paths differ: their names count."""
    rules = tuple(
        replace(rule, id=None, parent=None) if isinstance(rule, SecurityRule) else rule for rule in group.security_rules
    )
    return repr(replace(group, name="", id=None, security_rules=rules))


def former_names(old: Snapshot, new: Snapshot, *, alone: bool = True) -> Callable[[str], str]:
    """Puts the names that definitions had before in the place of those that they have now, in any text about them; if
    not `alone`, not in a text that is such a name and nothing else."""
    return renaming({one.new: one.old for one in renamed_definitions(old, new)}, alone=alone)


def _open_names(snapshot: Snapshot) -> dict[tuple[str, tuple[str, ...]], str]:
    """The names of which a part is not known, as written, by kind and path of names."""
    return {
        (entry.resource.type, entry.names): entry.resource.name for entry in snapshot.entries if "{" in entry.names[-1]
    }


def _alone(snapshot: Snapshot) -> dict[Hashable, tuple[str, tuple[str, ...]]]:
    """Those of them that no other one is like, but for what is not known."""
    return _only_ones(snapshot.derived(_open_names), _known_parts)


def _known_parts(key: tuple[Any, ...]) -> Hashable:
    kind, names, *_ = key
    return kind, tuple(map(known_parts, names))


def _kind(key: _Key) -> Hashable:
    return key[0]


def _names(key: _Key) -> Hashable:
    return key[:2]


def _former(renamed: Iterable[RenamedDefinition]) -> Callable[[_Key], Hashable]:
    """The kind of a place, and the names that it had before."""
    names = {one.new.lower(): one.old.lower() for one in renamed}

    def former(key: _Key) -> Hashable:
        kind, path, *_ = key
        is_group = kind is SubjectKind.NETWORK_SECURITY_GROUP
        return kind, (*path[:-1], names.get(path[-1], path[-1]) if is_group else path[-1])

    return former


def _only_ones(places: Iterable[_K], likeness: Callable[[_K], Hashable]) -> dict[Hashable, _K]:
    """The places that no other one of their side is like."""
    groups: defaultdict[Hashable, list[_K]] = defaultdict(list)
    for key in places:
        groups[likeness(key)].append(key)
    return {like: keys[0] for like, keys in groups.items() if len(keys) == 1}


def _places(snapshot: Snapshot) -> dict[_Key, Subject]:
    found = list(_subjects(snapshot))
    common = Counter((subject.kind, names) for subject, names, _ in found)
    turns: defaultdict[tuple[SubjectKind, tuple[str, ...], str], int] = defaultdict(int)
    places: dict[_Key, Subject] = {}
    for subject, names, scope in found:
        key = (subject.kind, names, scope if common[subject.kind, names] > 1 else "")
        places[*key, turns[key]] = subject
        turns[key] += 1
    return places


def _subjects(snapshot: Snapshot) -> Iterator[tuple[Subject, tuple[str, ...], str]]:
    """Every place, with its names and scope."""
    defined = {nic.name.lower() for nic in snapshot.all(NetworkInterface)}
    for entry in snapshot.entries:
        resource = entry.resource
        subject: Subject | None = None
        match resource:
            case NetworkInterface():
                subject = interface_subject(snapshot, resource)
            case PrivateEndpoint():
                subject = endpoint_subject(snapshot, resource)
            case Subnet():
                subject = subnet_subject(snapshot, resource)
            case NetworkSecurityGroup():
                subject = group_subject(resource)
            case EffectiveSecurityGroups() if resource.name.lower() not in defined:
                subject = Subject(SubjectKind.NETWORK_INTERFACE, resource.name, export=resource)
            case _:
                pass
        if subject is not None:
            yield subject, entry.names, entry.scope
