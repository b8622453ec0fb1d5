"""What rules are attached to: virtual networks, subnets, peerings, gateways, network interfaces, and so on.

Source: Azure Network REST API, the resources of the same names.
"""

from __future__ import annotations

from typing import ClassVar

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "ApplicationGateway",
    "GatewayConnection",
    "IpConfiguration",
    "LoadBalancer",
    "LocalNetworkGateway",
    "NetworkInterface",
    "PrivateEndpoint",
    "PublicIpAddress",
    "Subnet",
    "VirtualMachine",
    "VirtualNetwork",
    "VirtualNetworkGateway",
    "VirtualNetworkPeering",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Resource):
    """A subnet. `delegations` are service names (`Microsoft.Sql/managedInstances`), `service_endpoints` service
    names (`Microsoft.Storage`). `private_endpoint_network_policies` is `Disabled`, `Enabled`,
    `NetworkSecurityGroupEnabled` or `RouteTableEnabled`."""

    type: ClassVar[str] = "subnets"

    address_prefixes: tuple[AddressPrefix | Unknown, ...] = ()
    network_security_group: Reference | Unknown | None = None
    route_table: Reference | Unknown | None = None
    delegations: tuple[str | Unknown, ...] = ()
    service_endpoints: tuple[str, ...] = ()
    private_endpoint_network_policies: str | Unknown = "Disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetworkPeering(Resource):
    """One side of a peering. `remote_address_space` is what an export or template says of the remote side, used
    where the remote network itself is not in the input. `peering_state` is None where the input does not tell.
    Without `peer_complete_vnets` only the named subnets of both networks are peered."""

    type: ClassVar[str] = "virtualNetworkPeerings"

    remote_virtual_network: Reference | Unknown
    remote_address_space: tuple[AddressPrefix | Unknown, ...] = ()
    allow_virtual_network_access: bool | Unknown = True
    allow_forwarded_traffic: bool | Unknown = False
    allow_gateway_transit: bool | Unknown = False
    use_remote_gateways: bool | Unknown = False
    peering_state: str | None = None
    peer_complete_vnets: bool | Unknown = True
    local_subnet_names: tuple[str | Unknown, ...] = ()
    remote_subnet_names: tuple[str | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork(Resource):
    """A virtual network with its subnets and its side of its peerings."""

    type: ClassVar[str] = "virtualNetworks"

    address_space: tuple[AddressPrefix | Unknown, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    peerings: tuple[VirtualNetworkPeering, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetworkGateway(Resource):
    """A VPN or ExpressRoute gateway. `bgp_prefixes` are the prefixes it learns, as given in the definitions."""

    type: ClassVar[str] = "virtualNetworkGateways"

    gateway_type: str = "Vpn"
    virtual_network: Reference | Unknown
    bgp_prefixes: tuple[AddressPrefix | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalNetworkGateway(Resource):
    """The far side of a site-to-site connection and the prefixes behind it."""

    type: ClassVar[str] = "localNetworkGateways"

    address_prefixes: tuple[AddressPrefix | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConnection(Resource):
    """A connection of a gateway to a local network gateway (None: ExpressRoute or network to network), or to another
    gateway."""

    type: ClassVar[str] = "connections"

    virtual_network_gateway: Reference | Unknown
    local_network_gateway: Reference | Unknown | None = None
    other_gateway: Reference | Unknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpConfiguration(Resource):
    """An address of a network interface. `private_ip_address` is None where Azure will choose it."""

    type: ClassVar[str] = "ipConfigurations"

    private_ip_address: Address | Unknown | None = None
    family: Family = Family.IPV4
    subnet: Reference | Unknown | None = None
    public_ip_address: Reference | Unknown | None = None
    application_security_groups: tuple[Reference | Unknown, ...] = ()
    load_balancers: tuple[Reference | Unknown, ...] = ()
    """The load balancers whose backend pools or inbound NAT rules name this configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface(Resource):
    """A NIC."""

    type: ClassVar[str] = "networkInterfaces"

    ip_configurations: tuple[IpConfiguration, ...] = ()
    network_security_group: Reference | Unknown | None = None
    enable_ip_forwarding: bool | Unknown = False
    disable_tcp_state_tracking: bool | Unknown = False
    virtual_machine: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualMachine(Resource):
    """A virtual machine, as far as it tells which network interfaces are its own."""

    type: ClassVar[str] = "virtualMachines"

    network_interfaces: tuple[Reference | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIpAddress(Resource):
    """A public address; `sku` is `Basic`, `Standard` or `StandardV2`."""

    type: ClassVar[str] = "publicIPAddresses"

    ip_address: Address | None = None
    sku: str | Unknown = "Basic"
    ip_configuration: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer(Resource):
    """A load balancer, as far as it decides whether inbound traffic is open by default. `frontends` are its private
    addresses. Its rules are not modelled."""

    type: ClassVar[str] = "loadBalancers"

    sku: str | Unknown = "Basic"
    is_public: bool | Unknown = False
    frontends: tuple[IpConfiguration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoint(Resource):
    """A private endpoint: addresses in a subnet that stand for a platform service."""

    type: ClassVar[str] = "privateEndpoints"

    subnet: Reference | Unknown
    ip_addresses: tuple[Address | Unknown, ...] = ()
    application_security_groups: tuple[Reference | Unknown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationGateway(Resource):
    """An application gateway, as far as it exempts its subnet from admin rules."""

    type: ClassVar[str] = "applicationGateways"

    subnet: Reference | Unknown
    network_isolation: bool = False
