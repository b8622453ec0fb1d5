"""From what the readers found to one snapshot: children that stand on their own are put into their parents.

A parent may be in another file than its child, so this is done once, after everything was read. A parent that is
nowhere is made up of what is known of it, the rest an explicit unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain
from typing import Any, Final

from nwpolicy.model.avnm import (
    AdminRuleCollection,
    ConnectivityConfiguration,
    NetworkGroup,
    NetworkGroupMember,
    NetworkManager,
    RoutingConfiguration,
    RoutingRule,
    RoutingRuleCollection,
    SecurityAdminConfiguration,
)
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import Subnet, VirtualNetwork, VirtualNetworkPeering
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.rules import AdminRule, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Entry, PassedOver, Snapshot, exact_scopes, nested, walk
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Fragment", "Import", "Page", "assemble", "released"]


@dataclass(frozen=True, slots=True)
class Import:
    """Another file that a file says belongs to it, by a path relative to its own folder."""

    path: str
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list of `total`, which is told at `source`. Other files may hold the rest."""

    rows: int
    total: int
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one file holds, and the files that it says belong to it. `linked` are the paths of the files whose
    definitions are here too, because this one deploys them, `passed_over` the resources of which nothing was made."""

    resources: tuple[Resource, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    imports: tuple[Import, ...] = ()
    linked: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    page: Page | None = None


#: A child's kind, its parent's kind, and the parent's field for it.
_PLACES: Final[Mapping[type[Resource], tuple[type[Resource], str]]] = {
    AdminRule: (AdminRuleCollection, "rules"),
    AdminRuleCollection: (SecurityAdminConfiguration, "rule_collections"),
    SecurityAdminConfiguration: (NetworkManager, "security_admin_configurations"),
    ConnectivityConfiguration: (NetworkManager, "connectivity_configurations"),
    RoutingRule: (RoutingRuleCollection, "rules"),
    RoutingRuleCollection: (RoutingConfiguration, "rule_collections"),
    RoutingConfiguration: (NetworkManager, "routing_configurations"),
    NetworkGroupMember: (NetworkGroup, "members"),
    NetworkGroup: (NetworkManager, "network_groups"),
    SecurityRule: (NetworkSecurityGroup, "security_rules"),
    Subnet: (VirtualNetwork, "subnets"),
    VirtualNetworkPeering: (VirtualNetwork, "peerings"),
    Route: (RouteTable, "routes"),
}


def assemble(fragments: Iterable[Fragment]) -> Snapshot:
    """One snapshot of several files' definitions."""
    read = tuple(fragments)
    family = _Family()
    for fragment in read:
        for resource in fragment.resources:
            family.add(resource)
    family.adopt()
    diagnostics = chain(family.diagnostics, *(fragment.diagnostics for fragment in read))
    passed_over = chain.from_iterable(fragment.passed_over for fragment in read)
    return Snapshot.of(family.whole(), diagnostics, passed_over)


def released(resource: Resource, path: str = "") -> Iterator[Resource]:
    """A definition without what the input only mentions as a parent: what stands in such a one stands on its own."""
    if not _mentions(resource):
        yield resource
        return
    own = resource.id or f"{path}{resource.name}"
    changes: dict[str, Any] = {}
    for _, name in (place for place in _PLACES.values() if isinstance(resource, place[0])):
        kept = []
        for child in getattr(resource, name):
            if isinstance(child, Unknown) and not isinstance(resource, NetworkGroup):
                kept.append(child)
            elif resource.existing or (isinstance(child, Resource) and _mentions(child)):
                yield from released(_loose(child, Reference(resource.type, own, resource.source)), f"{own}/")
            else:
                kept.append(child)
        changes[name] = tuple(kept)
    if not resource.existing:
        yield replace(resource, **changes) if changes else resource


def _mentions(resource: Resource) -> bool:
    return resource.existing or any(map(_mentions, nested(resource)))


def _loose(child: Any, parent: Reference) -> Resource:
    """A child that stands on its own; a member of a network group is one too."""
    if isinstance(child, Resource):
        return replace(child, parent=parent)
    return NetworkGroupMember(
        name=str(getattr(child, "name", "member")), resource=child, parent=parent, source=child.source
    )


class _Family:
    """Finds the parent of every loose child, then rebuilds the parents from the outside in."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._outermost: list[Resource] = []
        self._loose: list[Resource] = []
        self._known: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        self._children: defaultdict[int, list[Resource]] = defaultdict(list)

    def add(self, resource: Resource) -> None:
        if resource.parent is None:
            self._outermost.append(resource)
            above: tuple[str, ...] = ()
        else:
            self._loose.append(resource)
            above = resource.parent.id.names
        for entry in walk((resource,), above):
            self._known[entry.resource.type.lower(), entry.names[-1]].append(entry)

    def adopt(self) -> None:
        """Gives every loose child to its parent; a parent that is nowhere is made up, and may be loose itself."""
        for child in self._loose:  # grows while it is walked: made-up parents join it
            assert child.parent is not None
            parent = self._parent_of(child, child.parent)
            if parent is not None:
                self._children[id(parent)].append(child)

    def whole(self) -> Iterator[Resource]:
        return map(self._rebuilt, self._outermost)

    def _parent_of(self, child: Resource, wanted: Reference) -> Resource | None:
        id_ = wanted.id
        kind = _PLACES[type(child)][0]
        entries = self._known[kind.type.lower(), id_.names[-1]] if id_.names else []
        met = [entry for entry in entries if entry.meets(id_) and isinstance(entry.resource, kind)]
        document = child.source.document.whole
        close = exact_scopes([entry for entry in met if entry.resource.source.document.whole is document], id_)
        near = [entry.resource for entry in close or ([] if id_.is_open else met)]
        if len(near) > 1:
            places = ", ".join(str(resource.source.location) for resource in near)
            message = f"{child.name} belongs to {wanted.name}, which is defined more than once: {places}"
            self.diagnostics.append(Diagnostic.error("ambiguous-parent", message, child.source))
            return None
        return near[0] if near else self._made_up(kind, wanted)

    def _made_up(self, kind: type[Resource], wanted: Reference) -> Resource:
        above = wanted.id.names[:-1]
        outer = _PLACES.get(kind)
        parent = Reference(outer[0].type, "/".join(above), wanted.source) if outer and above else None
        stub = kind(name=wanted.name, parent=parent, existing=True, source=wanted.source, **_missing(kind, wanted))
        self.add(stub)
        return stub

    def _rebuilt(self, resource: Resource) -> Resource:
        changes: dict[str, Any] = {}
        for kind, (parent_kind, name) in _PLACES.items():
            if not isinstance(resource, parent_kind):
                continue
            adopted = [child for child in self._children[id(resource)] if isinstance(child, kind)]
            present = getattr(resource, name)
            kept = [child for written in present for child in _kept(written, adopted)]
            rebuilt = tuple(self._rebuilt(c) if isinstance(c, Resource) else c for c in (*kept, *adopted))
            members = tuple(_member(c) if isinstance(c, NetworkGroupMember) else c for c in rebuilt)
            if len(members) != len(present) or any(new is not old for new, old in zip(members, present, strict=True)):
                changes[name] = members
        return replace(resource, **changes) if changes else resource


def _member(child: NetworkGroupMember) -> Reference | Unknown:
    """The member; an unknown where it is not known whether it is one."""
    return child.resource if child.condition is None else child.condition.of_kind(UnknownKind.REFERENCE)


def _kept(child: object, adopted: Iterable[Resource]) -> Iterator[object]:
    """A child written both inside its parent and on its own is one child: the deployment ends with the latter, if that
    is deployed."""
    if not isinstance(child, Resource):
        yield child
        return
    conditions = [other.condition for other in adopted if child.name.lower() == other.name.lower()]
    if None not in conditions:
        for condition in (condition for condition in conditions if condition is not None):
            before = f"{child.condition.name} and " if child.condition is not None else ""
            absent = replace(condition, name=f"{before}not {condition.name}", kind=UnknownKind.CONDITION)
            child = replace(child, condition=absent)
        yield child


def _missing(kind: type[Resource], wanted: Reference) -> dict[str, Any]:
    """What is not known of a parent that the input only mentions."""
    reason = f"{wanted.name} is not defined in the input"
    if kind is NetworkSecurityGroup:
        return {"security_rules": (Unknown(f"rules of {wanted.name}", UnknownKind.RULES, reason, wanted.source),)}
    if kind is VirtualNetwork:
        return {"address_space": (Unknown(f"{wanted.name}", UnknownKind.ADDRESS, reason, wanted.source),)}
    if kind is RouteTable:
        return {"routes": (Unknown(f"routes of {wanted.name}", UnknownKind.RULES, reason, wanted.source),)}
    if kind is AdminRuleCollection:
        group = Unknown(f"groups of {wanted.name}", UnknownKind.REFERENCE, reason, wanted.source)
        return {"applies_to_groups": (group,)}
    if kind is RoutingRuleCollection:
        group = Unknown(f"groups of {wanted.name}", UnknownKind.REFERENCE, reason, wanted.source)
        propagation = Unknown(f"propagation of {wanted.name}", UnknownKind.CONDITION, reason, wanted.source)
        return {"applies_to": (group,), "disable_bgp_route_propagation": propagation}
    return {}
