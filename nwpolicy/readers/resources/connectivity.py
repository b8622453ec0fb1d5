"""Azure Virtual Network Manager: connectivity configurations, and routing configurations with their rules.

Source: Azure Network REST API, `ConnectivityConfiguration`, `NetworkManagerRoutingConfiguration`, `RoutingRule`.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.avnm import (
    ConnectivityConfiguration,
    ConnectivityGroup,
    RoutingConfiguration,
    RoutingRule,
    RoutingRuleCollection,
    Topology,
)
from nwpolicy.model.resource import AddressPrefix, Reference, ServiceTag
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.resources.body import Body

__all__ = ["connectivity_configuration", "routing_configuration", "routing_rule", "routing_rule_collection"]

_HOPS: Final = {
    "Internet": NextHopType.INTERNET,
    "NoNextHop": NextHopType.NONE,
    "VirtualAppliance": NextHopType.VIRTUAL_APPLIANCE,
    "VirtualNetworkGateway": NextHopType.VIRTUAL_NETWORK_GATEWAY,
    "VnetLocal": NextHopType.VNET_LOCAL,
}


def connectivity_configuration(body: Body) -> ConnectivityConfiguration:
    node = body.get("connectivityTopology")
    if node is None:
        topology: Topology | Unknown = body.missing("connectivityTopology", UnknownKind.TEXT)
    else:
        topology = values.choice(node, Topology, UnknownKind.TEXT, "topology", body.diagnostics)
    return ConnectivityConfiguration(
        topology=topology,
        is_global=_is(body, "isGlobal", "True"),
        hubs=_references(body, "hubs", "virtualNetworks", "resourceId"),
        groups=body.each("appliesToGroups", UnknownKind.REFERENCE, _group),
        **body.base(),
    )


def _group(body: Body) -> ConnectivityGroup:
    return ConnectivityGroup(
        group=values.reference(body.node, "networkGroups", body.diagnostics, "networkGroupId"),
        is_direct=_is(body, "groupConnectivity", "DirectlyConnected"),
        is_global=_is(body, "isGlobal", "True"),
        use_hub_gateway=_is(body, "useHubGateway", "True"),
    )


def _references(body: Body, name: str, type: str, key: str) -> tuple[Reference | Unknown, ...]:
    return tuple(values.reference(node, type, body.diagnostics, key) for node in body.elements(name))


def _is(body: Body, name: str, value: str, *, default: bool = False) -> bool | Unknown:
    """Whether a field has a value; these are texts, even where they stand for yes and no."""
    node = body.get(name)
    if node is None:
        return default
    if isinstance(node.value, bool):
        return node.value
    found = values.text(node, body.diagnostics)
    if isinstance(found, Unknown):
        return Unknown(f"{found.name} is {value}", UnknownKind.CONDITION, found.reason, found.source, found.scope)
    return found.lower() == value.lower()


def routing_configuration(body: Body) -> RoutingConfiguration:
    return RoutingConfiguration(
        rule_collections=tuple(routing_rule_collection(part) for part in body.parts("ruleCollections")), **body.base()
    )


def routing_rule_collection(body: Body) -> RoutingRuleCollection:
    return RoutingRuleCollection(
        applies_to=_references(body, "appliesTo", "networkGroups", "networkGroupId"),
        disable_bgp_route_propagation=_is(body, "disableBgpRoutePropagation", "True", default=True),
        rules=body.each("rules", UnknownKind.RULES, routing_rule),
        **body.base(),
    )


def routing_rule(body: Body) -> RoutingRule:
    hop = body.inner("nextHop")
    hop_type = _hop_type(body, hop)
    node = hop.get("nextHopAddress") if hop is not None and not hop.is_unknown else None
    address = None if node is None else values.address(node, body.diagnostics)
    if hop_type is NextHopType.VIRTUAL_APPLIANCE and address is None:
        address = body.missing("nextHopAddress", UnknownKind.ADDRESS)
    return RoutingRule(destination=_destination(body), next_hop_type=hop_type, next_hop_address=address, **body.base())


def _destination(body: Body) -> AddressPrefix | ServiceTag | Unknown:
    """`{"type": AddressPrefix | ServiceTag, "destinationAddress": ...}`"""
    inner = body.inner("destination")
    node = inner.get("destinationAddress") if inner is not None else None
    if node is None:
        return body.missing("destination", UnknownKind.ADDRESS)
    return values.prefix_or_tag(node, body.diagnostics)


def _hop_type(body: Body, hop: Body | None) -> NextHopType | Unknown:
    node = hop.get("nextHopType") if hop is not None else None
    if node is None:
        return body.missing("nextHop", UnknownKind.TEXT)
    found = values.choice(node, _HOPS, UnknownKind.TEXT, "next hop type", body.diagnostics)
    return found if isinstance(found, Unknown) else _HOPS[found]
