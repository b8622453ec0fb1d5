"""A snapshot: every definition that was read, and how they find one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, TypeVar

from nwpolicy.model.avnm import (
    AdminRuleCollection,
    NetworkManager,
    RoutingConfiguration,
    RoutingRuleCollection,
    SecurityAdminConfiguration,
)
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import NetworkInterface, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ResourceId
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.source import Document, Source

__all__ = ["Entry", "PassedOver", "Snapshot", "exact_scopes", "may_be_same", "nested", "walk"]

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition in its place: `names` is the path of names from the outermost parent down to it, lower case."""

    resource: Resource
    names: tuple[str, ...]
    scope: str
    parent: Resource | None

    def meets(self, wanted: ResourceId) -> bool:
        """Whether an id may mean this definition: names must agree as far as both tell them, scopes (subscription
        and resource group) only where both are known."""
        if not wanted.names or self.names[-len(wanted.names) :] != wanted.names:
            return False
        return not (self.scope and wanted.scope) or may_be_same(self.scope, wanted.scope)

    def may_be_elsewhere(self, wanted: ResourceId) -> bool:
        """Whether an id of the same document leaves open if it means this definition: a template that asks for a
        resource group by name does not know whether it is the one that it will be deployed to itself."""
        subscription, *group = _places(wanted.scope)
        return not self.scope and "{" in subscription and any("{" not in name for name in group)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A resource of a type that holds no definitions, or none that are modelled."""

    type: str
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Definitions and what was said while reading them, and resources of which nothing was made. Build it with `of`
    once all children are attached. `entries` are all definitions in their places, as `walk` gives them."""

    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...]
    passed_over: tuple[PassedOver, ...]
    entries: tuple[Entry, ...] = field(repr=False, compare=False)
    _index: Mapping[tuple[str, tuple[str, ...]], tuple[Entry, ...]] = field(repr=False)
    _kinds: Mapping[type[Any], tuple[Any, ...]] = field(repr=False)
    _parents: Mapping[int, Resource] = field(repr=False)
    _derived: dict[Callable[[Snapshot], Any], Any] = field(default_factory=dict, repr=False, compare=False)
    _meant: dict[Hashable, tuple[Any, ...]] = field(default_factory=dict, repr=False, compare=False)
    """by reference, what `find` has found: each is looked up many times"""

    @classmethod
    def of(
        cls,
        resources: Iterable[Resource],
        diagnostics: Iterable[Diagnostic] = (),
        passed_over: Iterable[PassedOver] = (),
    ) -> Snapshot:
        kept = tuple(resources)
        index: defaultdict[tuple[str, tuple[str, ...]], list[Entry]] = defaultdict(list)
        kinds: defaultdict[type[Any], list[Resource]] = defaultdict(list)
        parents: dict[int, Resource] = {}
        entries = tuple(walk(kept))
        for entry in entries:
            for kind in type(entry.resource).__mro__[:-1]:  # all but object
                kinds[kind].append(entry.resource)
            for start in range(len(entry.names)):  # a reference may leave out outer names
                index[entry.resource.type.lower(), entry.names[start:]].append(entry)
            if entry.parent is not None:
                parents[id(entry.resource)] = entry.parent
        ordered = tuple(sorted(set(diagnostics), key=lambda diagnostic: diagnostic.sort_key))
        return cls(
            kept,
            ordered,
            tuple(passed_over),
            entries,
            {key: tuple(found) for key, found in index.items()},
            {kind: tuple(found) for kind, found in kinds.items()},
            parents,
        )

    def all(self, kind: type[R]) -> tuple[R, ...]:
        """The definitions of a kind, nested ones included, in the order of the input."""
        found: tuple[R, ...] = self._kinds.get(kind, ())
        return found

    def derived(self, work_out: Callable[[Snapshot], T]) -> T:
        """What a function makes of the snapshot, worked out when it is first asked for: an index of a large input."""
        if work_out not in self._derived:
            self._derived[work_out] = work_out(self)
        found: T = self._derived[work_out]
        return found

    def parent(self, resource: Resource) -> Resource | None:
        """What a nested definition stands in; None for one at the top. The very object counts, not an equal one."""
        return self._parents.get(id(resource))

    def find(self, kind: type[R], reference: Reference) -> tuple[R, ...]:
        """The definitions that a reference may mean: one where all is well, none where the input lacks it or leaves
        open whether it is meant, several where names alone do not tell. One in the referring document (or one deployed
        with it) wins over others of the same name; a name that is known in part means the same only there."""
        document = reference.source.document.whole
        key = (kind, reference.type, reference.target, document)
        if key not in self._meant:
            self._meant[key] = tuple(self._found(kind, reference.id, document))
        return self._meant[key]

    def _found(self, kind: type[R], wanted: ResourceId, document: Document) -> Iterator[R]:
        entries = self._index.get((kind.type.lower(), wanted.names), ())
        met = [entry for entry in entries if entry.meets(wanted)]
        near = [entry for entry in met if entry.resource.source.document.whole is document]
        far = [entry for entry in met if entry.resource.source.document.whole is not document]
        certain = [entry for entry in near if not entry.may_be_elsewhere(wanted)]
        found = exact_scopes(certain, wanted) or ([] if wanted.is_open else far)
        return (entry.resource for entry in found if isinstance(entry.resource, kind))

    def named(self, kind: type[R], name: str) -> tuple[R, ...]:
        """The definitions that a person means by a name (`web`, `vnet1/web`) or a full id."""
        wanted = ResourceId.parse(name, kind.type)
        entries = self._index.get((kind.type.lower(), wanted.names), ())
        return tuple(e.resource for e in entries if e.meets(wanted) and isinstance(e.resource, kind))


def exact_scopes(entries: list[Entry], wanted: ResourceId) -> list[Entry]:
    """Of definitions in one document those in the very scope that is wanted, if there are any: whatever is not known of
    it is the same there."""
    return [entry for entry in entries if wanted.scope and entry.scope == wanted.scope] or entries


def nested(resource: Resource) -> tuple[Resource, ...]:
    """The definitions that stand directly inside another."""
    match resource:
        case NetworkSecurityGroup():
            children: Iterable[object] = (*resource.security_rules, *(resource.default_security_rules or ()))
        case VirtualNetwork():
            children = (*resource.subnets, *resource.peerings)
        case NetworkManager():
            children = (
                *resource.network_groups,
                *resource.security_admin_configurations,
                *resource.connectivity_configurations,
                *resource.routing_configurations,
            )
        case SecurityAdminConfiguration() | RoutingConfiguration():
            children = resource.rule_collections
        case AdminRuleCollection() | RoutingRuleCollection():
            children = resource.rules
        case RouteTable():
            children = resource.routes
        case NetworkInterface():
            children = resource.ip_configurations
        case _:
            children = ()
    return tuple(child for child in children if isinstance(child, Resource))


def walk(
    resources: Iterable[Resource], above: tuple[str, ...] = (), scope: str = "", parent: Resource | None = None
) -> Iterator[Entry]:
    """Every definition, outer ones before what stands inside them. `above` names what these stand in."""
    for resource in resources:
        names = (*above, resource.name.lower())
        own = ResourceId.parse(resource.id, resource.type).scope if resource.id else scope
        yield Entry(resource, names, own, parent)
        yield from walk(nested(resource), names, own, resource)


def may_be_same(one: str, other: str) -> bool:
    """Whether two scopes agree as far as both are known: a template does not know where it will be deployed."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    same_length = one.count("/") == other.count("/")
    return same_length and all(a == b or "{" in a + b for a, b in pairs)


def _places(scope: str) -> tuple[str, ...]:
    """The names in a scope: of the subscription, and of the resource group."""
    return tuple(scope.strip("/").split("/")[1::2]) or ("",)
