"""Virtual networks, subnets, peerings, gateways.

Source: Azure Network REST API, the resources of the same names.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.network import (
    ApplicationGateway,
    GatewayConnection,
    LocalNetworkGateway,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.resources.body import Body

__all__ = [
    "application_gateway",
    "connection",
    "local_network_gateway",
    "subnet",
    "virtual_network",
    "virtual_network_gateway",
    "virtual_network_peering",
]

_POLICIES: Final = ("Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled")


def virtual_network(body: Body) -> VirtualNetwork:
    return VirtualNetwork(
        address_space=_network_space(body),
        subnets=tuple(subnet(part) for part in body.parts("subnets")),
        peerings=tuple(
            _unseen_peering(part) if isinstance(part, Unknown) else virtual_network_peering(part)
            for part in body.parts_or_unknown("virtualNetworkPeerings", UnknownKind.REFERENCE)
        ),
        **body.base(),
    )


def _network_space(body: Body) -> tuple[AddressPrefix | Unknown, ...]:
    space = body.inner("addressSpace")
    written = body.address_space("addressSpace")
    if written or space is None:
        return written or (body.left_open("addressSpace", UnknownKind.ADDRESS),)
    return (_allocated(space, body, "addressSpace") or body.left_open("addressPrefixes", UnknownKind.ADDRESS),)


def _allocated(holder: Body, body: Body, what: str) -> Unknown | None:
    """Prefixes that an IP address pool hands out at deployment are not in the definition."""
    pools = holder.get("ipamPoolPrefixAllocations")
    if pools is None:
        return None
    reason = "an IP address pool of a network manager allocates it"
    return Unknown(f"{what} of {body.name()}", UnknownKind.ADDRESS, reason, pools.source)


def subnet(body: Body) -> Subnet:
    prefixes = body.prefixes(body.union("addressPrefix", "addressPrefixes"))
    if not prefixes:
        pooled = _allocated(body, body, "addressPrefix")
        prefixes = (pooled or body.left_open("addressPrefix", UnknownKind.ADDRESS),)
    services = [
        part if isinstance(part, Unknown) else part.text("serviceName")
        for part in body.parts_or_unknown("delegations", UnknownKind.TEXT)
    ]
    endpoints = [part.text("service") for part in body.parts("serviceEndpoints")]
    return Subnet(
        address_prefixes=prefixes,
        network_security_group=body.reference("networkSecurityGroup", "networkSecurityGroups"),
        route_table=body.reference("routeTable", "routeTables"),
        delegations=tuple(name for name in services if name is not None),
        service_endpoints=tuple(name for name in endpoints if isinstance(name, str)),
        private_endpoint_network_policies=_private_endpoint_policies(body),
        **body.base(),
    )


def _private_endpoint_policies(body: Body) -> str | Unknown:
    node = body.get("privateEndpointNetworkPolicies")
    if node is None:
        return "Disabled"
    return values.choice(node, _POLICIES, UnknownKind.TEXT, "private endpoint network policy", body.diagnostics)


def virtual_network_peering(body: Body) -> VirtualNetworkPeering:
    state = body.text("peeringState")
    remote = body.address_space("remoteVirtualNetworkAddressSpace") or body.address_space("remoteAddressSpace")
    return VirtualNetworkPeering(
        remote_virtual_network=body.needed_reference("remoteVirtualNetwork", "virtualNetworks"),
        remote_address_space=remote,
        allow_virtual_network_access=body.flag("allowVirtualNetworkAccess", default=True),
        allow_forwarded_traffic=body.flag("allowForwardedTraffic", default=False),
        allow_gateway_transit=body.flag("allowGatewayTransit", default=False),
        use_remote_gateways=body.flag("useRemoteGateways", default=False),
        peering_state=state if isinstance(state, str) else None,
        peer_complete_vnets=body.flag("peerCompleteVnets", default=True),
        local_subnet_names=_names(body, "localSubnetNames"),
        remote_subnet_names=_names(body, "remoteSubnetNames"),
        **body.base(),
    )


def _names(body: Body, name: str) -> tuple[str | Unknown, ...]:
    return tuple(values.text(node, body.diagnostics) for node in body.elements(name))


def _unseen_peering(unknown: Unknown) -> VirtualNetworkPeering:
    """Stands for any number of peerings that the input does not show."""
    return VirtualNetworkPeering(name=unknown.name, remote_virtual_network=unknown, source=unknown.source)


def virtual_network_gateway(body: Body) -> VirtualNetworkGateway:
    return VirtualNetworkGateway(
        gateway_type=body.settled(body.text("gatewayType"), "Vpn", "gatewayType"),
        virtual_network=values.holder(_subnet_of(body, "ipConfigurations"), "virtualNetworks"),
        **body.base(),
    )


def local_network_gateway(body: Body) -> LocalNetworkGateway:
    return LocalNetworkGateway(address_prefixes=body.address_space("localNetworkAddressSpace"), **body.base())


def connection(body: Body) -> GatewayConnection:
    return GatewayConnection(
        virtual_network_gateway=body.needed_reference("virtualNetworkGateway1", "virtualNetworkGateways"),
        local_network_gateway=body.reference("localNetworkGateway2", "localNetworkGateways"),
        other_gateway=body.reference("virtualNetworkGateway2", "virtualNetworkGateways"),
        **body.base(),
    )


def application_gateway(body: Body) -> ApplicationGateway:
    """Azure marks gateways that were made with network isolation by the tag `EnhancedNetworkControl`
    (Microsoft Learn, Private Application Gateway deployment)."""
    tags = body.beside("tags")
    mark = None if tags is None else tags.get("EnhancedNetworkControl")
    return ApplicationGateway(
        subnet=_subnet_of(body, "gatewayIPConfigurations"),
        network_isolation=mark is not None and str(mark.value).lower() == "true",
        **body.base(),
    )


def _subnet_of(body: Body, name: str) -> Reference | Unknown:
    """The subnet of a gateway's ip configurations, which all stand in the same one."""
    for part in body.parts_or_unknown(name, UnknownKind.REFERENCE):
        found = part if isinstance(part, Unknown) else part.reference("subnet", "subnets")
        if found is not None:
            return found
    return body.left_open(name, UnknownKind.REFERENCE)
