"""How Azure's tools spell the name of a rule: each in its own way.

Sources: Microsoft Learn, IP flow verify overview; Diagnose network security rules; Virtual network flow logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.origins import LayerKind, RuleOrigin
from nwpolicy.model.rules import AdminRule, SecurityRule

__all__ = ["Surface", "named_on_allow", "rule_name"]


class Surface(StrEnum):
    """A tool of Azure that names rules."""

    FLOW_VERIFY = "IP flow verify"
    EFFECTIVE_RULES = "effective security rules"
    DIAGNOSTICS = "NSG diagnostics"
    SECURITY_GROUP_VIEW = "security group view"
    FLOW_LOG = "flow log"
    CONNECTION_TROUBLESHOOT = "connection troubleshoot"


_PATHS: Final = frozenset({Surface.FLOW_VERIFY, Surface.EFFECTIVE_RULES})


def rule_name(origin: RuleOrigin, surface: Surface, assumptions: Assumptions = DEFAULTS) -> str | None:
    """The rule's name on that surface; None for what Azure gives no name (the platform's own doing, unseen rules)."""
    if not isinstance(origin.rule, SecurityRule | AdminRule):
        return None
    if origin.layer.kind is LayerKind.ADMIN_RULES:
        prefixed = surface is Surface.FLOW_VERIFY and assumptions["admin-rule-name"] == "prefixed"
        return f"securityAdminRules/{origin.name}" if prefixed else origin.name
    is_default = isinstance(origin.rule, SecurityRule) and origin.rule.is_default
    if surface in _PATHS:
        return f"{'defaultSecurityRules' if is_default else 'securityRules'}/{origin.name}"
    return f"{'DefaultRule' if is_default else 'UserRule'}_{origin.name}"


def named_on_allow(origins: Sequence[RuleOrigin], assumptions: Assumptions) -> int | None:
    """Which of the rules that let a flow pass, in the order of evaluation, IP flow verify names; None if none has a
    name."""
    named = [index for index, origin in enumerate(origins) if isinstance(origin.rule, SecurityRule | AdminRule)]
    if not named:
        return None
    return named[-1 if assumptions["rule-named-on-allow"] == "last-evaluated" else 0]
