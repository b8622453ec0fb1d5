"""The answer of NSG diagnostics: which rules a set of flows is contained in, group by group. Attributes are the keys of
its response in snake_case.

Source: Microsoft Learn, Diagnose network security rules; Network Watcher REST API, `NetworkSecurityGroupResult`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.names import Surface, rule_name
from nwpolicy.azure.origins import LayerKind, LayerOrigin, PlatformRule, RuleOrigin
from nwpolicy.azure.translate import place_of
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Access

__all__ = ["Diagnosis", "EvaluatedGroup", "MatchedRule", "RuleEvaluation", "diagnose"]

S = TypeVar("S", IntervalSet, AddressSet)


@dataclass(frozen=True, slots=True)
class RuleEvaluation:
    """Whether each field of a rule contains what was asked; None where that depends on an unknown."""

    name: str
    protocol_matched: bool | None
    source_matched: bool | None
    source_port_matched: bool | None
    destination_matched: bool | None
    destination_port_matched: bool | None


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """The first rule of a group that contains everything asked."""

    rule_name: str
    action: Access


@dataclass(frozen=True, slots=True)
class EvaluatedGroup:
    """One group that was evaluated: its rules in order, up to and including the one that matched."""

    network_security_group_id: str
    applied_to: str | None
    matched_rule: MatchedRule | None
    rules_evaluation_result: tuple[RuleEvaluation, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`security_rule_access_result` is None where it depends on an unknown which rule matches."""

    security_rule_access_result: Access | None
    evaluated_network_security_groups: tuple[EvaluatedGroup, ...]


def diagnose(filter_chain: FilterChain, asked: FlowSet) -> Diagnosis:
    """Evaluates groups in order, until one denies or an admin rule always allows.

    As in Azure's tool a rule matches only what it contains whole; a rule that covers a part of what is asked is
    skipped.
    """
    groups: list[EvaluatedGroup] = []
    result: Access | None = Access.ALLOW
    for layer in filter_chain.chain.layers:
        origin = layer.origin
        assert isinstance(origin, LayerOrigin)
        if origin.kind is LayerKind.PLATFORM:
            continue
        rules, outcome = _evaluated(layer, asked)
        matched = None if outcome is None or not rules else _matched(rules[-1], outcome)
        groups.append(EvaluatedGroup(_group_id(origin), _applied_to(origin), matched, tuple(rules)))
        if outcome is not Outcome.PASS:
            result = _RESULTS[outcome] if outcome is not None else None
            break
    return Diagnosis(result, tuple(groups))


#: The id under which Azure's tool lists the admin rules of all managers.
_ADMIN_ID: Final = "networkManagers/GlobalRules"
_RESULTS: Final = {Outcome.DENY: Access.DENY, Outcome.ACCEPT: Access.ALLOW}
_ACTIONS: Final = {Outcome.DENY: Access.DENY, Outcome.ACCEPT: Access.ALWAYS_ALLOW, Outcome.PASS: Access.ALLOW}


def _group_id(origin: LayerOrigin) -> str:
    return _ADMIN_ID if origin.kind is LayerKind.ADMIN_RULES else origin.id or origin.name


def _applied_to(origin: LayerOrigin) -> str | None:
    return None if origin.association is None else origin.association.id or origin.association.name


def _matched(last: RuleEvaluation, outcome: Outcome) -> MatchedRule | None:
    return MatchedRule(last.name, _ACTIONS[outcome]) if _contains(last) else None


def _evaluated(layer: Layer, asked: FlowSet) -> tuple[list[RuleEvaluation], Outcome | None]:
    """The rules up to and including the one that matches, and what it does; None where that is unknown."""
    shown: list[RuleEvaluation] = []
    for origin, filters in _by_rule(layer):
        evaluations = [(_evaluation(origin, f.match, asked), f) for f in filters]
        best, rule = max(evaluations, key=lambda entry: _closeness(entry[0]))
        whole = _contains(best)
        if isinstance(origin.rule, PlatformRule):
            if whole:
                return [], Outcome.PASS
            continue
        if isinstance(rule.rank, int) and rule.rank < 0 and not whole:
            continue
        shown.append(best)
        if _fails(best):
            continue
        uncertain = not whole or rule.match.conditions or not isinstance(rule.outcome, Outcome)
        return shown, None if uncertain or not isinstance(rule.outcome, Outcome) else rule.outcome
    return shown, Outcome.PASS


def _by_rule(layer: Layer) -> Iterator[tuple[RuleOrigin, list[FilterRule]]]:
    """Each rule with its filter rules, in order. What a rule does to platform traffic counts as a rule of its own."""
    found: dict[tuple[int, bool], tuple[RuleOrigin, list[FilterRule]]] = {}
    for rule in layer.rules:
        origin = rule.origin
        assert isinstance(origin, RuleOrigin)
        key = (id(rule) if isinstance(origin.rule, PlatformRule) else id(origin.rule), place_of(rule) < 0)
        found.setdefault(key, (origin, []))[1].append(rule)
    yield from found.values()


def _evaluation(origin: RuleOrigin, match: Match, asked: FlowSet) -> RuleEvaluation:
    return RuleEvaluation(
        rule_name(origin, Surface.DIAGNOSTICS) or origin.name,
        _within(asked.protocol, match.protocol),
        _within(asked.source, match.source),
        _within(asked.source_port, match.source_port),
        _within(asked.destination, match.destination),
        _within(asked.destination_port, match.destination_port),
    )


def _within(asked: S, values: Values[S]) -> bool | None:
    if asked <= values.known:
        return True
    if not values.unknown or (values.bound is not None and not asked <= values.known | values.bound):
        return False
    return None


def _flags(evaluation: RuleEvaluation) -> tuple[bool | None, ...]:
    return (
        evaluation.protocol_matched,
        evaluation.source_matched,
        evaluation.source_port_matched,
        evaluation.destination_matched,
        evaluation.destination_port_matched,
    )


def _contains(evaluation: RuleEvaluation) -> bool:
    return all(_flags(evaluation))


def _fails(evaluation: RuleEvaluation) -> bool:
    return False in _flags(evaluation)


def _closeness(evaluation: RuleEvaluation) -> tuple[int, int]:
    flags = _flags(evaluation)
    return -flags.count(False), flags.count(True)
