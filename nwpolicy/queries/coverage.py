"""What of the input answers rest on: the resources and properties that were understood, that are unknown, that say
nothing about network rules, and that nothing was made of.

The five states are a distinction of Batfish's documentation. All but the first are told, so that silence means
understood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.snapshot import PassedOver, Snapshot, nested
from nwpolicy.model.source import Source, SourceLocation
from nwpolicy.model.unknowns import Unknown, UnknownKind, unknowns_in
from nwpolicy.readers.resources.dispatch import is_left_out

__all__ = [
    "Coverage",
    "PropertyCoverage",
    "State",
    "TypeCoverage",
    "UnknownCoverage",
    "coverage",
    "left_out",
    "unknowns_in",
]

#: Properties that say nothing about traffic, in lower case; those of Terraform are written without underscores here.
_IGNORED: Final = frozenset(
    name.lower()
    for name in (
        *("apiVersion", "comments", "condition", "copy", "dependsOn", "description", "displayName", "etag"),
        *("extendedLocation", "hasDefault", "id", "identity", "kind", "location", "managedBy", "name", "plan"),
        *("provisioningState", "resourceGroup", "resourceGuid", "scope", "sku", "subscriptionId", "systemData", "tags"),
        *("tenantId", "type", "zones", "flushConnection", "macAddress", "hostedWorkloads", "vmId", "timeCreated"),
        *("osProfile", "storageProfile", "hardwareProfile", "diagnosticsProfile", "dnsSettings", "dhcpOptions"),
        *("idleTimeoutInMinutes", "privateIPAllocationMethod", "publicIPAllocationMethod", "ipTags", "primary"),
        *("enableAcceleratedNetworking", "auxiliaryMode", "auxiliarySku", "nicType", "bgpCommunities", "bgpCommunity"),
        *("ddosProtectionPlan", "enableDdosProtection", "ddosProtectionMode", "enableVmProtection", "ipAllocations"),
        *("dnsServers", "domainNameLabel", "reverseFqdn", "allocationMethod", "ipVersion", "publicIPAddressVersion"),
        *("privateIPAddressVersion", "publicIPPrefixId", "securityProfile", "additionalCapabilities"),
        *("vnetEncryptionSupported", "tapConfigurations", "edgeZone", "timeouts", "lifecycle", "skuTier"),
        # how a gateway is built: what it reaches is told by its connections, or unknown
        *("activeActive", "vpnType", "vpnGatewayGeneration", "enableDnsForwarding", "doNotVerifyRemoteGateways"),
        # which service is behind an endpoint: packets to it are sent to the endpoint's own address
        *("privateLinkServiceConnections", "manualPrivateLinkServiceConnections", "privateLinkServiceNetworkPolicies"),
        "publicIPPrefix",  # where a public address comes from
    )
)
#: Types of the network provider that neither filter nor route, in lower case.
_HARMLESS: Final = frozenset(
    f"microsoft.network/{name.lower()}"
    for name in (
        *("applicationGatewayWebApplicationFirewallPolicies", "bastionHosts", "ddosProtectionPlans", "dnsResolvers"),
        *("dnsResolvers/inboundEndpoints", "dnsResolvers/outboundEndpoints", "dnsForwardingRulesets", "dnsZones"),
        *("ipGroups", "ipAllocations", "networkWatchers", "networkWatchers/flowLogs", "networkProfiles"),
        *("privateDnsZones", "privateDnsZones/virtualNetworkLinks", "privateDnsZones/A", "privateLinkServices"),
        *("privateEndpoints/privateDnsZoneGroups", "publicIPPrefixes", "trafficManagerProfiles"),
    )
)
#: The same of Terraform, where no provider's name tells what belongs to the network.
_HARMLESS_IN_TERRAFORM: Final = frozenset(
    f"azurerm_network_{name}"
    for name in (
        *("connection_monitor", "ddos_protection_plan", "packet_capture", "profile", "watcher", "watcher_flow_log"),
    )
)
_AZURERM: Final = "azurerm_"
_NETWORKS: Final = (
    "microsoft.network/",
    "azurerm_network_",
    "azurerm_route_",
    "azurerm_subnet_",
    "azurerm_virtual_network_",
)


class State(StrEnum):
    """How far something of the input was understood."""

    UNDERSTOOD = "understood"
    IN_PART = "unknown in part"
    NOT_MODELLED = "not modelled"
    """it filters or routes, and answers do not take it into account"""
    IGNORED = "ignored"
    """it says nothing about network rules"""
    NOT_RECOGNISED = "not recognised"
    """it may say something"""


@dataclass(frozen=True, slots=True)
class TypeCoverage:
    """Resources of one type in one state, and where the first of them stands."""

    type: str
    state: State
    count: int
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class PropertyCoverage:
    """A property of which nothing was made, in how many resources, and where the first of them stands."""

    type: str
    name: str
    state: State
    count: int
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class UnknownCoverage:
    """A value that is not known, and in how many places it is used."""

    name: str
    kind: UnknownKind
    reason: str
    uses: int
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was understood of the input. `expressions` are those that could not be evaluated."""

    types: tuple[TypeCoverage, ...]
    properties: tuple[PropertyCoverage, ...]
    unknowns: tuple[UnknownCoverage, ...]
    expressions: tuple[Diagnostic, ...]

    def count(self, state: State) -> int:
        """The resources in a state."""
        return sum(found.count for found in self.types if found.state is state)


def coverage(snapshot: Snapshot) -> Coverage:
    """What was understood of the input, in the order of the input."""
    read = [entry.resource for entry in snapshot.entries]
    expressions = [found for found in snapshot.diagnostics if found.code == "unsupported-function"]
    unknowns = [tuple(_own_unknowns(resource)) for resource in read]
    types = _types(zip(read, map(_state, unknowns), strict=True), snapshot.passed_over)
    return Coverage(types, _properties(read), _unknowns(unknowns), tuple(expressions))


def left_out(snapshot: Snapshot) -> tuple[TypeCoverage | PropertyCoverage, ...]:
    """What may filter or route, and of which nothing was made."""
    properties = _properties(entry.resource for entry in snapshot.entries)
    found: tuple[TypeCoverage | PropertyCoverage, ...] = (*_types((), snapshot.passed_over), *properties)
    return tuple(one for one in found if one.state in (State.NOT_MODELLED, State.NOT_RECOGNISED))


def _types(read: Iterable[tuple[Resource, State]], passed_over: Iterable[PassedOver]) -> tuple[TypeCoverage, ...]:
    counts: Counter[tuple[str, State]] = Counter()
    first: dict[tuple[str, State], Source] = {}
    found = [(resource.type, state, resource.source) for resource, state in read]
    for type, state, source in (*found, *((other.type, _passed(other.type), other.source) for other in passed_over)):
        counts[type, state] += 1
        first.setdefault((type, state), source)
    return tuple(TypeCoverage(*key, count, first[key].location) for key, count in counts.items())


def _state(unknowns: tuple[Unknown, ...]) -> State:
    return State.IN_PART if unknowns else State.UNDERSTOOD


def _passed(type: str) -> State:
    lowered = type.lower()
    if any(map(_is_left_out, _around(lowered))):
        return State.NOT_MODELLED
    harmless = lowered in _HARMLESS or lowered in _HARMLESS_IN_TERRAFORM
    return State.NOT_RECOGNISED if lowered.startswith(_NETWORKS) and not harmless else State.IGNORED


def _is_left_out(type: str) -> bool:
    if not type.startswith(_AZURERM):
        return is_left_out(type)
    from nwpolicy.readers.terraform.azurerm.types import LEFT_OUT

    return type in LEFT_OUT


def _around(type: str) -> Iterator[str]:
    """A type and those of which it is a part: `microsoft.network/virtualhubs/...`, `azurerm_virtual_hub_...`."""
    yield type
    separator = "/" if "/" in type else "_"
    while separator in type:
        type = type.rpartition(separator)[0]
        yield type


def _properties(read: Iterable[Resource]) -> tuple[PropertyCoverage, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Source] = {}
    for resource in read:
        for name in resource.unread:
            counts[resource.type, name] += 1
            first.setdefault((resource.type, name), resource.source)
    return tuple(
        PropertyCoverage(type, name, _property_state(name), count, first[type, name].location)
        for (type, name), count in counts.items()
    )


def _property_state(name: str) -> State:
    return State.IGNORED if name.lower().replace("_", "") in _IGNORED else State.NOT_RECOGNISED


def _unknowns(found: Iterable[tuple[Unknown, ...]]) -> tuple[UnknownCoverage, ...]:
    uses = Counter(unknown for unknowns in found for unknown in unknowns)
    return tuple(
        UnknownCoverage(unknown.name, unknown.kind, unknown.reason, count, unknown.source.location)
        for unknown, count in uses.items()
    )


def _own_unknowns(resource: Resource) -> Iterator[Unknown]:
    """What is not known of a definition itself, without the definitions inside it."""
    inside = {id(child) for child in nested(resource)}
    return unknowns_in(resource, inside)
