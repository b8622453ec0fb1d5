"""What has addresses: network interfaces, virtual machines, public addresses, load balancers, private endpoints.

Source: Azure Network and Compute REST API, the resources of the same names.
"""

from __future__ import annotations

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import (
    IpConfiguration,
    LoadBalancer,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    VirtualMachine,
)
from nwpolicy.model.resource import Reference
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.resources.body import Body

__all__ = ["load_balancer", "network_interface", "private_endpoint", "public_ip_address", "virtual_machine"]


def network_interface(body: Body) -> NetworkInterface:
    machine = body.reference("virtualMachine", "virtualMachines")
    return NetworkInterface(
        ip_configurations=tuple(_ip_configuration(part) for part in body.parts("ipConfigurations")),
        network_security_group=body.reference("networkSecurityGroup", "networkSecurityGroups"),
        enable_ip_forwarding=body.flag("enableIPForwarding", default=False),
        disable_tcp_state_tracking=body.flag("disableTcpStateTracking", default=False),
        virtual_machine=machine if isinstance(machine, Reference) else None,
        **body.base(),
    )


def _ip_configuration(body: Body) -> IpConfiguration:
    address = _address(body, "privateIPAddress")
    pools = body.references("loadBalancerBackendAddressPools", "backendAddressPools")
    nat_rules = body.references("loadBalancerInboundNatRules", "inboundNatRules")
    balancers = dict.fromkeys(values.holder(part, "loadBalancers") for part in (*pools, *nat_rules))
    return IpConfiguration(
        private_ip_address=address,
        family=address.family if isinstance(address, Address) else _family(body),
        subnet=body.reference("subnet", "subnets"),
        public_ip_address=body.reference("publicIPAddress", "publicIPAddresses"),
        application_security_groups=body.references("applicationSecurityGroups", "applicationSecurityGroups"),
        load_balancers=tuple(balancers),
        **body.base(),
    )


def _family(body: Body) -> Family:
    version = body.settled(body.text("privateIPAddressVersion"), "IPv4", "privateIPAddressVersion")
    return Family.IPV6 if version.lower() == "ipv6" else Family.IPV4


def _address(body: Body, name: str) -> Address | Unknown | None:
    node = body.get(name)
    return None if node is None else values.address(node, body.diagnostics)


def virtual_machine(body: Body) -> VirtualMachine:
    profile = body.inner("networkProfile")
    inline = None if profile is None or profile.is_unknown else profile.get("networkInterfaceConfigurations")
    if inline is not None and inline.elements():
        message = f"network interfaces that {body.name()} defines itself are not modelled"
        body.diagnostics.append(Diagnostic.note("not-modelled", message, inline.source))
    return VirtualMachine(
        network_interfaces=() if profile is None else profile.references("networkInterfaces", "networkInterfaces"),
        **body.base(),
    )


def public_ip_address(body: Body) -> PublicIpAddress:
    address = _address(body, "ipAddress")
    owner = body.reference("ipConfiguration", "ipConfigurations")
    return PublicIpAddress(
        ip_address=address if isinstance(address, Address) else None,
        sku=_sku(body),
        ip_configuration=owner if isinstance(owner, Reference) else None,
        **body.base(),
    )


def load_balancer(body: Body) -> LoadBalancer:
    frontends = list(body.parts_or_unknown("frontendIPConfigurations", UnknownKind.CONDITION))
    public = [part if isinstance(part, Unknown) else _is_public(part) for part in frontends]
    maybe = next((found for found in public if isinstance(found, Unknown)), False)
    return LoadBalancer(
        sku=_sku(body),
        is_public=True if True in public else maybe,
        frontends=tuple(found for found in map(_private_frontend, frontends) if found is not None),
        **body.base(),
    )


def _private_frontend(frontend: Body | Unknown) -> IpConfiguration | None:
    found = None if isinstance(frontend, Unknown) else _ip_configuration(frontend)
    return found if found is not None and found.subnet is not None else None


def _is_public(frontend: Body) -> bool | Unknown:
    nodes = [node for name in ("publicIPAddress", "publicIPPrefix") if (node := frontend.get(name)) is not None]
    open_ = next((node.value for node in nodes if isinstance(node.value, Unknown)), None)
    return bool(nodes) if open_ is None else open_.of_kind(UnknownKind.CONDITION)


def _sku(body: Body) -> str | Unknown:
    sku = body.beside("sku")
    name = None if sku is None else values.member(sku, "name")
    return "Basic" if name is None else values.text(name, body.diagnostics)


def private_endpoint(body: Body) -> PrivateEndpoint:
    fixed = [_address(part, "privateIPAddress") for part in body.parts("ipConfigurations")]
    named = [
        values.address(node, body.diagnostics)
        for part in body.parts("customDnsConfigs")
        for node in part.elements("ipAddresses")
    ]
    return PrivateEndpoint(
        subnet=body.needed_reference("subnet", "subnets"),
        ip_addresses=tuple(dict.fromkeys(address for address in (*fixed, *named) if address is not None)),
        application_security_groups=body.references("applicationSecurityGroups", "applicationSecurityGroups"),
        **body.base(),
    )
