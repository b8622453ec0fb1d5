"""User-defined routes that network managers write into route tables: which of them apply to a subject.

Source: Microsoft Learn, User-defined route management in Azure Virtual Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.managers import commit_of, conditions_of, in_group, in_scope
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.avnm import NetworkManager, RoutingConfiguration, RoutingRule, RoutingRuleCollection
from nwpolicy.model.records import dataclass
from nwpolicy.model.routes import Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["AppliedCollection", "applied_collections", "propagation_stops"]


@dataclass(frozen=True, slots=True)
class AppliedCollection:
    """Routes for a subject's subnet. They are there if all `conditions` hold and every assumption of `rests_on` is made
    as it says."""

    collection: RoutingRuleCollection
    configuration: RoutingConfiguration
    conditions: tuple[Unknown, ...]
    rests_on: tuple[tuple[str, bool], ...]

    @property
    def routes(self) -> tuple[Route | Unknown, ...]:
        return tuple(rule if isinstance(rule, Unknown) else _route(rule) for rule in self.collection.rules)


def _route(rule: RoutingRule) -> Route:
    return Route(
        name=rule.name,
        id=rule.id,
        condition=rule.condition,
        source=rule.source,
        fields=rule.fields,
        address_prefix=rule.destination,
        next_hop_type=rule.next_hop_type,
        next_hop_ip_addresses=() if rule.next_hop_address is None else (rule.next_hop_address,),
    )


def applied_collections(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[AppliedCollection]:
    """The collections of routes that apply to the subject, or may."""
    for manager in snapshot.all(NetworkManager):
        for configuration in manager.routing_configurations if in_scope(manager, subject.virtual_network) else ():
            commit = commit_of(snapshot, manager, configuration, subject, assumptions)
            for collection in configuration.rule_collections if commit.acts or commit.rests_on else ():
                found = [c for group in collection.applies_to for c in in_group(snapshot, manager, group, subject)]
                if not found:
                    continue
                member = () if None in found else tuple(c for c in found[:1] if c is not None)
                above = (*commit.conditions, *conditions_of(manager, configuration, collection), *member)
                yield AppliedCollection(collection, configuration, tuple(dict.fromkeys(above)), commit.rests_on)


def propagation_stops(applied: Sequence[AppliedCollection]) -> Iterator[str | Unknown]:
    """What keeps gateway routes from the subnet: a collection that turns propagation off. An Unknown has to hold for
    them to be there."""
    for entry in applied:
        off = entry.collection.disable_bgp_route_propagation
        if off is False or not all(holds for _, holds in entry.rests_on):
            continue
        doubts = (*entry.conditions, *((off,) if isinstance(off, Unknown) else ()))
        name = entry.collection.name
        if doubts:
            first, label = doubts[0], f"gateway routes beside {name}"
            yield Unknown(label, UnknownKind.CONDITION, first.reason, first.source, first.scope)
        else:
            yield f"{name} of {entry.configuration.name} does not propagate gateway routes"
