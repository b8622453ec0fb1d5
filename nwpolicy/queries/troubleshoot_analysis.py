"""What NSG diagnostics says of one end, in its response shape."""

from __future__ import annotations

from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.diagnose import EvaluatedGroup, RuleEvaluation, diagnose
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.queries.troubleshoot_answer import (
    AnalysedGroup,
    AnalysedMatch,
    AnalysedRule,
    AnalysisProfile,
    AnalysisResult,
    GroupResult,
    RuleAnalysis,
)

__all__ = ["rule_analysis"]


def rule_analysis(filters: FilterChain, asked: FlowSet) -> RuleAnalysis:
    """The groups of one subject in one direction, evaluated for everything asked."""
    found = diagnose(filters, asked)
    profile = AnalysisProfile(
        direction=filters.direction.value,
        protocol=format_protocols(asked.protocol),
        source=str(asked.source),
        destination=str(asked.destination),
        destination_port=format_ports(asked.destination_port),
    )
    access = found.security_rule_access_result
    groups = tuple(map(_group, found.evaluated_network_security_groups))
    return RuleAnalysis((AnalysisResult(profile, GroupResult(access.value if access else None, groups)),))


def _group(group: EvaluatedGroup) -> AnalysedGroup:
    matched = group.matched_rule
    return AnalysedGroup(
        group.network_security_group_id,
        group.applied_to,
        AnalysedMatch(matched.rule_name, matched.action.value) if matched is not None else None,
        tuple(map(_rule, group.rules)),
    )


def _rule(rule: RuleEvaluation) -> AnalysedRule:
    return AnalysedRule(
        rule.name,
        rule.protocol_matched,
        rule.source_matched,
        rule.source_port_matched,
        rule.destination_matched,
        rule.destination_port_matched,
    )
