"""Azure Virtual Network Manager: managers, network groups, and what is configured for these.

Source: Azure Network REST API, `NetworkManager`, `NetworkGroup`, `SecurityAdminConfiguration`, `AdminRuleCollection`,
`ConnectivityConfiguration`, `NetworkManagerRoutingConfiguration`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.addresses import Address
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "AdminRuleCollection",
    "ConnectivityConfiguration",
    "ConnectivityGroup",
    "Deployment",
    "IntentPolicyOption",
    "MemberType",
    "NetworkGroup",
    "NetworkGroupMember",
    "NetworkManager",
    "RoutingConfiguration",
    "RoutingRule",
    "RoutingRuleCollection",
    "SecurityAdminConfiguration",
    "Topology",
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


class Topology(StrEnum):
    """`connectivityTopology`"""

    HUB_AND_SPOKE = "HubAndSpoke"
    MESH = "Mesh"


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


@dataclass(frozen=True, slots=True)
class ConnectivityGroup:
    """A network group that a connectivity configuration applies to. `is_direct`: its members are connected with one
    another too, not only with the hub."""

    group: Reference | Unknown
    is_direct: bool | Unknown = False
    is_global: bool | Unknown = False
    use_hub_gateway: bool | Unknown = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectivityConfiguration(Resource):
    """A configuration that connects virtual networks to one another: those of its groups with the hubs, or as a mesh.
    An `Unknown` among the groups stands for any number of them."""

    type: ClassVar[str] = "connectivityConfigurations"

    topology: Topology | Unknown = Topology.MESH
    is_global: bool | Unknown = False
    hubs: tuple[Reference | Unknown, ...] = ()
    groups: tuple[ConnectivityGroup | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule(Resource):
    """A user-defined route that a network manager writes into route tables."""

    type: ClassVar[str] = "rules"

    destination: AddressPrefix | ServiceTag | Unknown
    next_hop_type: NextHopType | Unknown
    next_hop_address: Address | Unknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRuleCollection(Resource):
    """Routes, and the network groups whose virtual networks or subnets get them. By default these get no routes of
    gateways any more."""

    type: ClassVar[str] = "ruleCollections"

    applies_to: tuple[Reference | Unknown, ...] = ()
    disable_bgp_route_propagation: bool | Unknown = True
    rules: tuple[RoutingRule | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingConfiguration(Resource):
    """A set of collections of routes that is committed as one."""

    type: ClassVar[str] = "routingConfigurations"

    rule_collections: tuple[RoutingRuleCollection, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A commit: these configurations are the goal state of these regions (`*`: every region). `type` is that of the
    configurations; a commit of another type leaves them alone."""

    target_locations: tuple[str, ...]
    configurations: tuple[Reference, ...]
    source: Source = field(compare=False, repr=False)
    type: str = SecurityAdminConfiguration.type


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
    connectivity_configurations: tuple[ConnectivityConfiguration, ...] = ()
    routing_configurations: tuple[RoutingConfiguration, ...] = ()
    deployments: tuple[Deployment, ...] | None = None
