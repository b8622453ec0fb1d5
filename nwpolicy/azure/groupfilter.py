"""The layer of one network security group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Final

from nwpolicy.azure.defaults import default_rules
from nwpolicy.azure.origins import Association, LayerKind, LayerOrigin, RuleOrigin
from nwpolicy.azure.platform import PLATFORM_OFFSET, Exemption, exempt_rules, unfiltered_rules
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.tagnames import canonical
from nwpolicy.azure.terms import Terms
from nwpolicy.azure.translate import (
    NSG_OUTCOMES,
    Sides,
    applying,
    filters_of,
    opaque_rule,
    outcome_of,
    place_of,
    rank_of,
    restricted,
    translated,
)
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import FilterRule, Floating, Layer
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, ServiceTag
from nwpolicy.model.rules import Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["PRIORITIES", "Attached", "group_layer", "unseen_group"]

#: The priorities that a user's rule may have.
PRIORITIES: Final = (100, 4096)


@dataclass(frozen=True, slots=True)
class Attached:
    """A group where it applies. `tag_map` is what Azure says that tags stand for in it; `conditions` are the unknowns
    of yes or no on which it depends whether it applies; `certain` tells whether there is a group at all."""

    group: NetworkSecurityGroup
    kind: LayerKind
    association: Association | None = None
    tag_map: Mapping[str, AddressSet] = field(default_factory=dict)
    conditions: tuple[Unknown, ...] = ()
    certain: bool = True

    @property
    def origin(self) -> LayerOrigin:
        return LayerOrigin(self.kind, self.group.name, self.group.id, self.association, self.group.source)


def unseen_group(reference: Reference | Unknown, reason: str) -> NetworkSecurityGroup:
    """A group that the input names but does not show: its default rules are known, the others are not."""
    source: Source = reference.source
    rules = Unknown(f"rules of {reference.name}", UnknownKind.RULES, reason, source)
    identity = reference.target if isinstance(reference, Reference) and "/" in reference.target else None
    return NetworkSecurityGroup(name=reference.name, id=identity, security_rules=(rules,), source=source)


def group_layer(attached: Attached, direction: Direction, terms: Terms, exempt: tuple[Exemption, ...]) -> Layer:
    """The group's rules for one direction, in Azure's order."""
    origin = attached.origin
    _, rules = terms.common.once((group_layer, id(attached.group)), lambda: (attached.group, _rules(attached.group)))
    ordinary = [f for rule in rules for f in _filters(rule, attached, origin, direction, terms)]
    before = [*unfiltered_rules(terms.assumptions, origin)]
    if direction is Direction.OUTBOUND:
        named = [f for rule in rules for f in _platform_filters(rule, attached, origin, terms, exempt)]
        before += [*sorted(named, key=place_of), *exempt_rules(exempt, origin)]
    return Layer(_title(attached), (*before, *sorted(ordinary, key=place_of)), origin)


def _rules(group: NetworkSecurityGroup) -> tuple[SecurityRule | Unknown, ...]:
    return (*group.security_rules, *default_rules(group))


def _title(attached: Attached) -> str:
    where = {LayerKind.SUBNET_NSG: "subnet", LayerKind.NIC_NSG: "NIC"}.get(attached.kind)
    name = f"NSG {attached.group.name}"
    return f"{name} ({where} {attached.association.name})" if where and attached.association else name


def _filters(
    rule: SecurityRule | Unknown, attached: Attached, layer: LayerOrigin, direction: Direction, terms: Terms
) -> Iterator[FilterRule]:
    origin = RuleOrigin(layer, rule)
    if isinstance(rule, Unknown):
        yield _with(attached, opaque_rule(rule, origin, PRIORITIES, NSG_OUTCOMES.values()))
        return
    conditions = applying(rule, direction)
    if conditions is not None:
        yield from filters_of(
            rule,
            terms,
            origin,
            outcome_of(rule, NSG_OUTCOMES),
            rank_of(rule, PRIORITIES),
            (*attached.conditions, *conditions),
        )


def _platform_filters(
    rule: SecurityRule | Unknown,
    attached: Attached,
    layer: LayerOrigin,
    terms: Terms,
    exempt: tuple[Exemption, ...],
) -> Iterator[FilterRule]:
    """What a rule does to exempt flows: something only if it names the platform tag that they belong to."""
    limits = (PRIORITIES[0] + PLATFORM_OFFSET, PRIORITIES[1] + PLATFORM_OFFSET)
    origin = RuleOrigin(layer, rule)
    if isinstance(rule, Unknown):
        hidden = _for_platform(rule)
        for exemption in exempt:
            if exemption.tag is not None and exemption.holds:
                opaque = opaque_rule(hidden, origin, limits, NSG_OUTCOMES.values(), exemption.match)
                yield _with(attached, opaque)
        return
    conditions = applying(rule, Direction.OUTBOUND)
    tags = {canonical(term.name) for term in rule.destinations if isinstance(term, ServiceTag)}
    if conditions is None or not tags:
        return
    rank = rank_of(rule, PRIORITIES, PLATFORM_OFFSET)
    if isinstance(rank, Floating):
        rank = replace(rank, unknown=_for_platform(rank.unknown))
    for exemption in exempt:
        if exemption.tag in tags and exemption.holds:
            sides = Sides(terms.space(rule.sources), Space(exemption.match.destination.known))
            conditions_here = (*attached.conditions, *conditions, *exemption.match.conditions)
            outcome = outcome_of(rule, NSG_OUTCOMES)
            for whole in translated(rule, sides, origin, terms.assumptions, outcome, rank, conditions_here):
                yield restricted(whole, exemption.match)


def _with(attached: Attached, rule: FilterRule) -> FilterRule:
    match = replace(rule.match, conditions=(*attached.conditions, *rule.match.conditions))
    return replace(rule, match=match)


def _for_platform(unknown: Unknown) -> Unknown:
    """An unknown of its own: no flow is both exempt and not, so the two never meet."""
    return replace(unknown, name=f"{unknown.name} for platform traffic")
