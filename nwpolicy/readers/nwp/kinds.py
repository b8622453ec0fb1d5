"""The definitions of the language: their words, the settings of each, and what may stand inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from nwpolicy.model import avnm, network, routes, rules
from nwpolicy.model.addresses import Family
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.errors import did_you_mean
from nwpolicy.readers.nwp.words import Scope
from nwpolicy.readers.places import shown

__all__ = ["DEFAULT_RULES", "DEFINITIONS", "Kind", "Setting"]

#: The block with the rules that Azure adds to a network security group.
DEFAULT_RULES: Final = "default-rules"

#: Reads the values of a setting; None (after an error) where there is none to be had.
_Read: TypeAlias = Callable[[Scope, Sequence[syntax.Value]], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """`address 10.0.0.0/24`: the field it fills, Azure's name for that, how its values are read, and whether the
    word alone says something."""

    field: str
    azure: str
    read: _Read
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of definition. `children` and `sentences` fill the named fields with lists; an unknown behind a word of
    `open_lists` leaves the rest of such a list open (`rules ?generated`). Where a header only names a resource that is
    defined elsewhere, `use` is what is said of it here."""

    resource: type[Resource]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    children: Mapping[str, tuple[str, Kind]] = field(default_factory=dict)
    sentences: Mapping[type, str] = field(default_factory=dict)
    open_lists: Mapping[str, tuple[str, UnknownKind]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    use: type[avnm.ConnectivityGroup] | None = None
    rules: type[rules.Rule] = rules.SecurityRule


def _one(read: Callable[[Scope, Sequence[syntax.Value]], Sequence[Any]]) -> _Read:
    """The same for exactly one value."""

    def single(scope: Scope, values: Sequence[syntax.Value]) -> Any:
        found = read(scope, values)
        if len(found) != 1:
            message = f"one value is wanted here, not {len(found)}"
            scope.findings.error("several-values", message, scope.source(values[0], values[-1]))
        return found[0] if found else None

    return single


def _references(type: str) -> Callable[[Scope, Sequence[syntax.Value]], Sequence[Any]]:
    return lambda scope, values: scope.references(values, type)


def _choice(*choices: str) -> _Read:
    """One of a few words, compared without case and hyphens."""
    spellings = {_plain(choice): choice for choice in choices}

    def read(scope: Scope, values: Sequence[syntax.Value]) -> str | None:
        found = _text(scope, values)
        if found is None or _plain(found) in spellings:
            return spellings[_plain(found)] if found is not None else None
        help = did_you_mean(found, choices) or f"one of {', '.join(choices)}"
        scope.findings.error("bad-choice", f"{shown(found)} is not possible here", scope.source(values[0]), help)
        return None

    return read


def _member(choices: type[StrEnum]) -> _Read:
    read = _choice(*choices)

    def member(scope: Scope, values: Sequence[syntax.Value]) -> StrEnum | None:
        found = read(scope, values)
        return choices(found) if found is not None else None

    return member


def _intent_policies(scope: Scope, values: Sequence[syntax.Value]) -> tuple[avnm.IntentPolicyOption | Unknown, ...]:
    read = _or_unknown(_member(avnm.IntentPolicyOption), UnknownKind.TEXT)
    return tuple(option for value in values if (option := read(scope, [value])) is not None)


def _or_unknown(read: _Read, kind: UnknownKind) -> _Read:
    def maybe(scope: Scope, values: Sequence[syntax.Value]) -> Any:
        first = values[0]
        if len(values) == 1 and not isinstance(first, syntax.Link) and first.type == "UNKNOWN":
            return scope.unknown(first, kind)
        return read(scope, values)

    return maybe


def _known_flag(scope: Scope, values: Sequence[syntax.Value]) -> bool | None:
    flag = scope.flag(values)
    if isinstance(flag, Unknown):
        scope.must_know(flag)
        return None
    return flag


def _region(scope: Scope, values: Sequence[syntax.Value]) -> str | None:
    region = _text(scope, values)
    return region.replace(" ", "").lower() if region is not None else None


def _number(scope: Scope, values: Sequence[syntax.Value]) -> int | None:
    found = _text(scope, values)
    if found is None or (found.isascii() and found.isdigit() and len(found) < 6):  # noqa: PLR2004 - a level
        return int(found) if found is not None else None
    scope.findings.error("bad-number", f"{shown(found)} is no small whole number", scope.source(values[0]))
    return None


def _known_address(scope: Scope, values: Sequence[syntax.Value]) -> Any:
    address = _address(scope, values)
    if isinstance(address, Unknown):
        scope.must_know(address)
        return None
    return address


def _family(scope: Scope, values: Sequence[syntax.Value]) -> Family | None:
    found = _choice("IPv4", "IPv6")(scope, values)
    return {"IPv4": Family.IPV4, "IPv6": Family.IPV6}.get(found)


def _nothing(scope: Scope, values: Sequence[syntax.Value]) -> tuple[()] | None:
    return () if _known_flag(scope, values) else None


def _plain(choice: str) -> str:
    return choice.replace("-", "").lower()


_text = _one(Scope.names)
_address = _one(Scope.addresses)
_nsg = Setting("network_security_group", "networkSecurityGroup", _one(_references("networkSecurityGroups")))
_vnet = Setting("virtual_network", "virtualNetwork", _one(_references("virtualNetworks")))
_subnet = Setting("subnet", "subnet", _one(_references("subnets")))
_groups = Setting("application_security_groups", "applicationSecurityGroups", _references("applicationSecurityGroups"))


def _sku(*choices: str) -> Setting:
    return Setting("sku", "sku", _or_unknown(_choice(*choices), UnknownKind.TEXT))


def _flag(field: str, azure: str) -> Setting:
    return Setting(field, azure, Scope.flag, alone=True)


def _known(field: str, azure: str) -> Setting:
    return Setting(field, azure, _known_flag, alone=True)


#: What children may stand in that are defined on their own.
_HOLDERS: Final = frozenset(
    {
        *(rules.NetworkSecurityGroup, network.VirtualNetwork, routes.RouteTable),
        *(avnm.NetworkManager, avnm.NetworkGroup, avnm.SecurityAdminConfiguration, avnm.AdminRuleCollection),
        *(avnm.RoutingConfiguration, avnm.RoutingRuleCollection),
    }
)
#: Of what is defined elsewhere, only what stands in it is defined.
_EXISTING: Final = {"existing": Setting("existing", "existing", _known_flag, alone=True)}


def _kind(type: type[Resource], settings: Mapping[str, Setting] | None = None, **more: Any) -> Kind:
    """A kind, with the settings that every definition has."""
    common = {"location": Setting("location", "location", _region), "id": Setting("id", "id", _text)}
    if type in _HOLDERS:
        common |= _EXISTING
    return Kind(type, {**common, **(settings or {})}, **more)


_SUBNET: Final = _kind(
    network.Subnet,
    {
        "address": Setting("address_prefixes", "addressPrefix", Scope.prefixes),
        "nsg": _nsg,
        "route-table": Setting("route_table", "routeTable", _one(_references("routeTables"))),
        "delegation": Setting("delegations", "delegations", Scope.texts),
        "service-endpoint": Setting("service_endpoints", "serviceEndpoints", Scope.names),
        "private-endpoint-policies": Setting(
            "private_endpoint_network_policies",
            "privateEndpointNetworkPolicies",
            _or_unknown(
                _choice("Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"), UnknownKind.TEXT
            ),
        ),
    },
)
_PEERING: Final = _kind(
    network.VirtualNetworkPeering,
    {
        "remote": Setting("remote_virtual_network", "remoteVirtualNetwork", _one(_references("virtualNetworks"))),
        "remote-address": Setting("remote_address_space", "remoteAddressSpace", Scope.prefixes),
        "allow-virtual-network-access": _flag("allow_virtual_network_access", "allowVirtualNetworkAccess"),
        "allow-forwarded-traffic": _flag("allow_forwarded_traffic", "allowForwardedTraffic"),
        "allow-gateway-transit": _flag("allow_gateway_transit", "allowGatewayTransit"),
        "use-remote-gateways": _flag("use_remote_gateways", "useRemoteGateways"),
        "peer-complete-vnets": _flag("peer_complete_vnets", "peerCompleteVnets"),
        "local-subnets": Setting("local_subnet_names", "localSubnetNames", Scope.texts),
        "remote-subnets": Setting("remote_subnet_names", "remoteSubnetNames", Scope.texts),
        "state": Setting("peering_state", "peeringState", _choice("Initiated", "Connected", "Disconnected")),
    },
    required=("remote",),
)
_IP: Final = _kind(
    network.IpConfiguration,
    {
        "address": Setting("private_ip_address", "privateIPAddress", _address),
        "version": Setting("family", "privateIPAddressVersion", _family),
        "subnet": _subnet,
        "public-ip": Setting("public_ip_address", "publicIPAddress", _one(_references("publicIPAddresses"))),
        "asg": _groups,
        "load-balancer": Setting("load_balancers", "loadBalancerBackendAddressPools", _references("loadBalancers")),
    },
)
_FRONTEND: Final = _kind(
    network.IpConfiguration, {name: _IP.settings[name] for name in ("address", "version", "subnet")}
)
_GROUP: Final = _kind(
    avnm.NetworkGroup,
    {
        "vnet": Setting("members", "members", _references("virtualNetworks")),
        "subnet": Setting("members", "members", _references("subnets")),
        "member-type": Setting("member_type", "memberType", _member(avnm.MemberType)),
        "committed": Setting("committed_prefixes", "committedPrefixes", Scope.known_prefixes, alone=True),
    },
)
_COLLECTION: Final = _kind(
    avnm.AdminRuleCollection,
    {"applies-to": Setting("applies_to_groups", "appliesToGroups", _references("networkGroups"))},
    sentences={syntax.Direction: "rules"},
    open_lists={"rules": ("rules", UnknownKind.RULES)},
    rules=rules.AdminRule,
)
_CONFIGURATION: Final = _kind(
    avnm.SecurityAdminConfiguration,
    {
        "intent-policy-services": Setting(
            "apply_on_network_intent_policy_based_services",
            "applyOnNetworkIntentPolicyBasedServices",
            _intent_policies,
            alone=True,
        ),
        "address-space-aggregation": Setting(
            "network_group_address_space_aggregation_option",
            "networkGroupAddressSpaceAggregationOption",
            _choice("None", "Manual"),
        ),
    },
    children={"collection": ("rule_collections", _COLLECTION)},
)
_CONNECTED_GROUP: Final = Kind(
    avnm.NetworkGroup,
    {
        "direct": _flag("is_direct", "groupConnectivity"),
        "global": _flag("is_global", "isGlobal"),
        "use-hub-gateway": _flag("use_hub_gateway", "useHubGateway"),
    },
    use=avnm.ConnectivityGroup,
)
_CONNECTIVITY: Final = _kind(
    avnm.ConnectivityConfiguration,
    {
        "topology": Setting("topology", "connectivityTopology", _or_unknown(_member(avnm.Topology), UnknownKind.TEXT)),
        "hub": Setting("hubs", "hubs", _references("virtualNetworks")),
        "global": _flag("is_global", "isGlobal"),
    },
    children={"group": ("groups", _CONNECTED_GROUP)},
    open_lists={"groups": ("groups", UnknownKind.REFERENCE)},
    required=("topology",),
)
_ROUTING_COLLECTION: Final = _kind(
    avnm.RoutingRuleCollection,
    {
        "applies-to": Setting("applies_to", "appliesTo", _references("networkGroups")),
        "disable-bgp-propagation": _flag("disable_bgp_route_propagation", "disableBgpRoutePropagation"),
    },
    sentences={syntax.Route: "rules"},
    open_lists={"routes": ("rules", UnknownKind.RULES)},
)
_ROUTING: Final = _kind(avnm.RoutingConfiguration, children={"collection": ("rule_collections", _ROUTING_COLLECTION)})

#: What may stand at the top level.
DEFINITIONS: Final[Mapping[str, Kind]] = {
    "nsg": _kind(
        rules.NetworkSecurityGroup,
        sentences={syntax.Direction: "security_rules"},
        open_lists={"rules": ("security_rules", UnknownKind.RULES)},
    ),
    "asg": _kind(rules.ApplicationSecurityGroup),
    "vnet": _kind(
        network.VirtualNetwork,
        {"address": Setting("address_space", "addressSpace", Scope.prefixes)},
        children={"subnet": ("subnets", _SUBNET), "peering": ("peerings", _PEERING)},
    ),
    "route-table": _kind(
        routes.RouteTable,
        {
            "disable-bgp-propagation": _flag("disable_bgp_route_propagation", "disableBgpRoutePropagation"),
            "disable-peering-route": Setting("disable_peering_route", "disablePeeringRoute", _choice("None", "All")),
        },
        sentences={syntax.Route: "routes"},
        open_lists={"routes": ("routes", UnknownKind.RULES)},
    ),
    "gateway": _kind(
        network.VirtualNetworkGateway,
        {
            "type": Setting("gateway_type", "gatewayType", _choice("Vpn", "ExpressRoute")),
            "vnet": _vnet,
            "bgp": Setting("bgp_prefixes", "bgpPrefixes", Scope.prefixes),
        },
        required=("vnet",),
    ),
    "local-gateway": _kind(
        network.LocalNetworkGateway,
        {"address": Setting("address_prefixes", "localNetworkAddressSpace", Scope.prefixes)},
    ),
    "connection": _kind(
        network.GatewayConnection,
        {
            "gateway": Setting(
                "virtual_network_gateway", "virtualNetworkGateway1", _one(_references("virtualNetworkGateways"))
            ),
            "local-gateway": Setting(
                "local_network_gateway", "localNetworkGateway2", _one(_references("localNetworkGateways"))
            ),
            "other-gateway": Setting(
                "other_gateway", "virtualNetworkGateway2", _one(_references("virtualNetworkGateways"))
            ),
        },
        required=("gateway",),
    ),
    "nic": _kind(
        network.NetworkInterface,
        {
            "nsg": _nsg,
            "ip-forwarding": _flag("enable_ip_forwarding", "enableIPForwarding"),
            "disable-tcp-state-tracking": _flag("disable_tcp_state_tracking", "disableTcpStateTracking"),
            "vm": Setting("virtual_machine", "virtualMachine", _one(_references("virtualMachines"))),
        },
        children={"ip": ("ip_configurations", _IP)},
    ),
    "vm": _kind(
        network.VirtualMachine,
        {"nic": Setting("network_interfaces", "networkInterfaces", _references("networkInterfaces"))},
    ),
    "public-ip": _kind(
        network.PublicIpAddress,
        {
            "address": Setting("ip_address", "ipAddress", _known_address),
            "sku": _sku("Basic", "Standard", "StandardV2"),
            "ip": Setting("ip_configuration", "ipConfiguration", _one(_references("ipConfigurations"))),
        },
    ),
    "load-balancer": _kind(
        network.LoadBalancer,
        {
            "sku": _sku("Basic", "Standard", "Gateway"),
            "public": _flag("is_public", "frontendIPConfigurations"),
        },
        children={"frontend": ("frontends", _FRONTEND)},
    ),
    "private-endpoint": _kind(
        network.PrivateEndpoint,
        {
            "subnet": _subnet,
            "address": Setting("ip_addresses", "ipConfigurations", Scope.addresses),
            "asg": _groups,
        },
        required=("subnet",),
    ),
    "application-gateway": _kind(
        network.ApplicationGateway,
        {"subnet": _subnet, "network-isolation": _known("network_isolation", "enableNetworkIsolation")},
        required=("subnet",),
    ),
    "network-manager": _kind(
        avnm.NetworkManager,
        {
            "management-group": Setting("management_groups", "managementGroups", Scope.names),
            "subscription": Setting("subscriptions", "subscriptions", Scope.names),
            "scope-level": Setting("scope_level", "scopeLevel", _number),
            "nothing-deployed": Setting("deployments", "deployments", _nothing, alone=True),
        },
        children={
            "group": ("network_groups", _GROUP),
            "configuration": ("security_admin_configurations", _CONFIGURATION),
            "connectivity": ("connectivity_configurations", _CONNECTIVITY),
            "routing": ("routing_configurations", _ROUTING),
        },
        sentences={syntax.Deployment: "deployments"},
    ),
}
