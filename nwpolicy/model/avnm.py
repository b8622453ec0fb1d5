"""Azure Virtual Network Manager: managers, network groups, security admin configurations.

Source: Azure Network REST API, `NetworkManager`, `NetworkGroup`, `SecurityAdminConfiguration`, `AdminRuleCollection`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "AdminRuleCollection",
    "ConnectivityConfiguration",
    "Deployment",
    "IntentPolicyOption",
    "MemberType",
    "NetworkGroup",
    "NetworkGroupMember",
    "NetworkManager",
    "RoutingConfiguration",
    "SecurityAdminConfiguration",
]


class MemberType(StrEnum):
    """What a network group's members are."""

    VIRTUAL_NETWORK = "VirtualNetwork"
    SUBNET = "Subnet"


class IntentPolicyOption(StrEnum):
    """`applyOnNetworkIntentPolicyBasedServices`: what admin rules do to virtual networks that hold a service with a
    network intent policy (SQL managed instance, Databricks)."""

    NONE = "None"
    ALLOW_RULES_ONLY = "AllowRulesOnly"
    ALL = "All"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGroup(Resource):
    """`members` are virtual networks or subnets; an `Unknown` among them (a dynamic membership policy) means that
    any virtual network may be one. `committed_prefixes` is what a commit froze for rules that name the group as
    source or destination, None where the input does not tell."""

    type: ClassVar[str] = "networkGroups"

    member_type: MemberType = MemberType.VIRTUAL_NETWORK
    members: tuple[Reference | Unknown, ...] = ()
    committed_prefixes: tuple[AddressPrefix, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGroupMember(Resource):
    """A `networkGroups/staticMembers` resource that stands on its own; its parent is the group."""

    type: ClassVar[str] = "staticMembers"

    resource: Reference | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRuleCollection(Resource):
    """Rules, and the network groups whose virtual networks they apply to."""

    type: ClassVar[str] = "ruleCollections"

    applies_to_groups: tuple[Reference | Unknown, ...] = ()
    rules: tuple[AdminRule | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAdminConfiguration(Resource):
    """A set of rule collections that is committed as one."""

    type: ClassVar[str] = "securityAdminConfigurations"

    apply_on_network_intent_policy_based_services: tuple[IntentPolicyOption | Unknown, ...] = (IntentPolicyOption.NONE,)
    network_group_address_space_aggregation_option: str = "None"
    rule_collections: tuple[AdminRuleCollection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectivityConfiguration(Resource):
    """A configuration that connects virtual networks to one another; which ones, is not modelled."""

    type: ClassVar[str] = "connectivityConfigurations"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfiguration(Resource):
    """A configuration that adds user-defined routes; which ones, is not modelled."""

    type: ClassVar[str] = "routingConfigurations"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A commit: these configurations are the goal state of these regions (`*`: every region)."""

    target_locations: tuple[str, ...]
    configurations: tuple[Reference, ...]
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkManager(Resource):
    """A manager and its scope. `scope_level` orders managers from the root management group (0) downwards; None
    where the input does not tell, then management groups stand above subscriptions. `deployments` is None where the
    input does not tell what is committed."""

    type: ClassVar[str] = "networkManagers"

    management_groups: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    scope_level: int | None = None
    network_groups: tuple[NetworkGroup, ...] = ()
    security_admin_configurations: tuple[SecurityAdminConfiguration, ...] = ()
    deployments: tuple[Deployment, ...] | None = None
