"""Rules of network security groups and of AVNM security admin configurations, and the groups that hold them.

Source: Azure Network REST API, `SecurityRulePropertiesFormat`, `AdminPropertiesFormat`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressTerm, PortRange, Reference, Resource
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "Access",
    "AdminRule",
    "ApplicationSecurityGroup",
    "Direction",
    "EffectiveAdminRules",
    "EffectiveSecurityGroup",
    "EffectiveSecurityGroups",
    "NetworkSecurityGroup",
    "Rule",
    "SecurityRule",
]


class Access(StrEnum):
    """What a rule says. `AlwaysAllow` exists in admin rules only."""

    ALLOW = "Allow"
    DENY = "Deny"
    ALWAYS_ALLOW = "AlwaysAllow"


class Direction(StrEnum):
    """Seen from the network interface: what comes in, what goes out."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Resource):
    """What NSG rules and admin rules share. Each list is a union, the five dimensions are joined by *and*.

    Empty `sources`, `destinations` or port ranges mean *any* in an admin rule; a reader gives a security rule that
    lacks one of them a diagnostic, since Azure does not accept it.
    """

    priority: int | Unknown
    direction: Direction | Unknown
    access: Access | Unknown
    protocol: IntervalSet | Unknown
    sources: tuple[AddressTerm, ...] = ()
    source_port_ranges: tuple[PortRange | Unknown, ...] = ()
    destinations: tuple[AddressTerm, ...] = ()
    destination_port_ranges: tuple[PortRange | Unknown, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule(Rule):
    """A rule of a network security group; `is_default` for the ones that Azure adds."""

    type: ClassVar[str] = "securityRules"

    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRule(Rule):
    """A security admin rule. `flag` names a built-in rule of kind `Default`, None for kind `Custom`."""

    type: ClassVar[str] = "rules"

    flag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSecurityGroup(Resource):
    """An NSG. An `Unknown` among its rules stands for any number of rules that the input does not show.
    `default_security_rules` is None where the input does not list them: they are then Azure's usual ones."""

    type: ClassVar[str] = "networkSecurityGroups"

    security_rules: tuple[SecurityRule | Unknown, ...] = ()
    default_security_rules: tuple[SecurityRule, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSecurityGroup(Resource):
    """A named set of network interfaces' ip configurations; membership is written there."""

    type: ClassVar[str] = "applicationSecurityGroups"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSecurityGroup:
    """One group of an effective-NSG export: its rules, and what Azure says it is attached to
    (`subnets`, `networkInterfaces` or `networkManagers`)."""

    group: NetworkSecurityGroup
    association: Reference
    tag_map: Mapping[str, AddressSet] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSecurityGroups(Resource):
    """An export of `az network nic list-effective-nsg`: all groups that apply to one network interface.

    `name` is the network interface's, where an association tells it, else the file's.
    """

    type: ClassVar[str] = "effectiveNetworkSecurityGroups"

    groups: tuple[EffectiveSecurityGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveAdminRules(Resource):
    """An export of `listNetworkManagerEffectiveSecurityAdminRules`: what is really applied to one virtual network,
    scope, groups and deployment already resolved. `name` is the virtual network's where known, else the file's. An
    `Unknown` stands for any number of rules that the export does not show."""

    type: ClassVar[str] = "effectiveSecurityAdminRules"

    rules: tuple[AdminRule | Unknown, ...]
