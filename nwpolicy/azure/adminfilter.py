"""The layer of security admin rules: all that applies to one subject, merged in Azure's order.

Source: Microsoft Learn, Security admin rules in Azure Virtual Network Manager; How to block high-risk network ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.managers import AppliedRule, AppliedRules, applied_rules, is_managed
from nwpolicy.azure.origins import Association, LayerKind, LayerOrigin, RuleOrigin
from nwpolicy.azure.platform import NEVER, Exemption, exempt_rules, unfiltered_rules
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.terms import Terms
from nwpolicy.azure.translate import (
    ADMIN_OUTCOMES,
    ALLOWING_OUTCOMES,
    applying,
    filters_of,
    opaque_rule,
    outcome_of,
    place_of,
    rank_of,
)
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Doubt, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["PRIORITIES", "AdminFilter", "admin_filter"]

S = TypeVar("S", IntervalSet, AddressSet)

#: The priorities that an admin rule may have, and the distance between the ranks of one manager and the next.
PRIORITIES: Final = (1, 4096)
_MANAGER_STEP: Final = 10_000

#: Which of two rules of equal priority comes first.
_ORDERS: Final[Mapping[str, tuple[Outcome, ...]]] = {
    "deny-first": (Outcome.DENY, Outcome.PASS, Outcome.ACCEPT),
    "allow-first": (Outcome.ACCEPT, Outcome.PASS, Outcome.DENY),
}


@dataclass(frozen=True, slots=True)
class AdminFilter:
    """No layer where no admin rule applies; several where managers are taken to act one after another. `tags` are those
    that depend on the network, with what they stand for."""

    layers: tuple[Layer, ...] = ()
    rests_on: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    tags: tuple[tuple[str, Space], ...] = ()


def admin_filter(terms: Terms, direction: Direction, exempt: tuple[Exemption, ...]) -> AdminFilter:
    """What the managers' rules do to flows of the subject; `terms` are such as nothing was asked for yet."""
    key = (admin_filter, is_managed(terms.subject), direction)
    return terms.known.once(key, lambda: _worked_out(terms, direction, exempt))


def _worked_out(terms: Terms, direction: Direction, exempt: tuple[Exemption, ...]) -> AdminFilter:
    applied = applied_rules(terms.snapshot, terms.subject, terms.assumptions)
    if not applied.rules:
        return AdminFilter((), applied.rests_on, applied.assumptions)
    origin = _layer_origin(applied, terms)
    filters = [f for rule in applied.rules for f in _filters(rule, origin, direction, terms)]
    filters = list(_with_rank_doubts(filters))
    filters.sort(key=lambda f: _key(f, terms.assumptions))
    before = (*unfiltered_rules(terms.assumptions, origin), *exempt_rules(exempt, origin))
    layers = tuple(
        Layer(f"AVNM {name}", (*before, *rules), replace(origin, name=name))
        for name, rules in _split(applied, filters, terms.assumptions)
    )
    return AdminFilter(layers, applied.rests_on, applied.assumptions, terms.used_tags())


def _layer_origin(applied: AppliedRules, terms: Terms) -> LayerOrigin:
    network = terms.subject.virtual_network
    association = Association("virtualNetworks", network.name, network.id) if network is not None else None
    return LayerOrigin(LayerKind.ADMIN_RULES, _title(applied.manager_names), association=association)


def _title(names: Iterable[str]) -> str:
    return ", ".join(filter(None, names)) or "admin rules"


def _split(
    applied: AppliedRules, filters: list[FilterRule], assumptions: Assumptions
) -> Iterator[tuple[str, tuple[FilterRule, ...]]]:
    """One layer for all managers; one for each where what a higher one allows goes on to the lower ones."""
    if assumptions["higher-allow-lower-deny"] == "higher-decides":
        yield _title(applied.manager_names), tuple(filters)
        return
    for index, name in enumerate(applied.manager_names):
        yield _title((name,)), tuple(f for f in filters if _manager(f) == index)


def _filters(applied: AppliedRule, layer: LayerOrigin, direction: Direction, terms: Terms) -> Iterator[FilterRule]:
    rule = applied.rule
    origin = RuleOrigin(layer, rule, applied.path)
    offset = applied.manager * _MANAGER_STEP
    outcomes = ALLOWING_OUTCOMES if applied.never_denies else ADMIN_OUTCOMES
    if isinstance(rule, Unknown):
        limits = (PRIORITIES[0] + offset, PRIORITIES[1] + offset)
        opaque = opaque_rule(rule, origin, limits, outcomes.values(), Match(conditions=applied.conditions))
        yield _with_doubts(opaque, applied)
        return
    conditions = applying(rule, direction)
    if conditions is not None:
        for whole in filters_of(
            rule,
            terms,
            origin,
            outcome_of(rule, outcomes),
            rank_of(rule, PRIORITIES, offset),
            (*applied.conditions, *_no_deny(applied), *conditions),
        ):
            yield _with_doubts(whole, applied)


def _no_deny(applied: AppliedRule) -> Iterator[Unknown]:
    """Where only rules that allow apply, a rule of unknown access applies on a condition."""
    access = None if isinstance(applied.rule, Unknown) else applied.rule.access
    if applied.never_denies and isinstance(access, Unknown):
        yield Unknown(f"{access.name} is not Deny", UnknownKind.CONDITION, access.reason, access.source)


def _with_doubts(rule: FilterRule, applied: AppliedRule) -> FilterRule:
    if not applied.rests_on:
        return rule
    doubts = tuple(Doubt(assumption, rule.match) for assumption, _ in applied.rests_on)
    applies = all(holds for _, holds in applied.rests_on)
    return replace(rule, match=rule.match if applies else NEVER, doubts=(*rule.doubts, *doubts))


def _manager(rule: FilterRule) -> int:
    return place_of(rule) // _MANAGER_STEP


def _key(rule: FilterRule, assumptions: Assumptions) -> tuple[int, int]:
    order = _ORDERS[assumptions["equal-priority-admin"]]
    return place_of(rule), order.index(rule.outcome) if isinstance(rule.outcome, Outcome) else 0


def _with_rank_doubts(filters: list[FilterRule]) -> Iterator[FilterRule]:
    """Adds where two rules' order, or which of two managers has the last word, rests on an assumption."""
    if len(set(map(_manager, filters))) == 1 and len({rule.rank for rule in filters}) == len(filters):
        yield from filters  # of one manager, each with a place of its own
        return
    for rule in filters:
        doubts = [doubt for other in filters if (doubt := _rank_doubt(rule, other)) is not None]
        yield replace(rule, doubts=(*rule.doubts, *doubts)) if doubts else rule


def _rank_doubt(rule: FilterRule, other: FilterRule) -> Doubt | None:
    if rule.outcome == other.outcome:
        return None
    if isinstance(rule.rank, int) and rule.rank == other.rank:
        assumption = "equal-priority-admin"
    elif _manager(rule) < _manager(other) and rule.outcome is not Outcome.DENY and other.outcome is not Outcome.PASS:
        if rule.outcome is Outcome.ACCEPT:
            return None
        assumption = "higher-allow-lower-deny"
    else:
        return None
    zone = _common(rule.match, other.match)
    return Doubt(assumption, zone) if zone is not None else None


def _common(one: Match, other: Match) -> Match | None:
    """Flows that both match, or more where unknowns are involved; None if there are certainly none."""
    protocol = _meet(one.protocol, other.protocol)
    source, destination = _meet(one.source, other.source), _meet(one.destination, other.destination)
    source_port = _meet(one.source_port, other.source_port)
    destination_port = _meet(one.destination_port, other.destination_port)
    if protocol is None or source is None or destination is None or source_port is None or destination_port is None:
        return None
    return Match(protocol, source, source_port, destination, destination_port, one.conditions)


def _meet(one: Values[S], other: Values[S]) -> Values[S] | None:
    if other.unknown:
        return one
    if one.unknown:
        return other
    common = one.known & other.known
    return Values(common) if common else None
