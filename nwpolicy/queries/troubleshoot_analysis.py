"""What NSG diagnostics says of one end, in its response shape."""

from __future__ import annotations

from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.diagnose import diagnose
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.queries.troubleshoot_answer import AnalysisProfile, AnalysisResult, RuleAnalysis

__all__ = ["rule_analysis"]


def rule_analysis(filters: FilterChain, asked: FlowSet) -> RuleAnalysis:
    """The groups of one subject in one direction, evaluated for everything asked."""
    profile = AnalysisProfile(
        direction=filters.direction.value,
        protocol=format_protocols(asked.protocol),
        source=str(asked.source),
        destination=str(asked.destination),
        destination_port=format_ports(asked.destination_port),
    )
    return RuleAnalysis((AnalysisResult(profile, diagnose(filters, asked)),))
