"""What stands where: virtual networks, their subnets, and what is in those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.spaces import prefix_space
from nwpolicy.azure.topology.draft import Draft, attachment, texts
from nwpolicy.azure.topology.graph import Attachment, Standing
from nwpolicy.model.addresses import Address
from nwpolicy.model.network import (
    ApplicationGateway,
    IpConfiguration,
    LoadBalancer,
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown

__all__ = ["add_places", "add_unattached"]

#: Source: Microsoft Learn, About VPN Gateway configuration settings, "Gateway subnet".
_GATEWAY_SUBNET: Final = "gatewaysubnet"


def add_places(draft: Draft) -> None:
    for network in draft.snapshot.all(VirtualNetwork):
        _add_network(draft, network)
    for gateway in draft.snapshot.all(VirtualNetworkGateway):
        _add_gateway(draft, gateway)
    machines = _machines(draft)
    for nic in draft.snapshot.all(NetworkInterface):
        _add_interface(draft, nic, machines.get(id(nic)))
    for endpoint in draft.snapshot.all(PrivateEndpoint):
        unknowns = (address for address in endpoint.ip_addresses if isinstance(address, Unknown))
        draft.define(endpoint, draft.subnet(endpoint.subnet), unknowns, addresses=_shown(endpoint.ip_addresses))
    for balancer in draft.snapshot.all(LoadBalancer):
        _add_balancer(draft, balancer)
    for application_gateway in draft.snapshot.all(ApplicationGateway):
        draft.define(application_gateway, draft.subnet(application_gateway.subnet))


def add_unattached(draft: Draft) -> None:
    """Network security groups and route tables that nothing refers to: they filter and route nothing."""
    places: list[Subnet | NetworkInterface] = [*draft.snapshot.all(Subnet), *draft.snapshot.all(NetworkInterface)]
    groups = [place.network_security_group for place in places]
    tables = [place.route_table for place in places if isinstance(place, Subnet)]
    kinds: tuple[tuple[type[Resource], list[Reference | Unknown | None]], ...] = (
        (NetworkSecurityGroup, groups),
        (RouteTable, tables),
    )
    for kind, references in kinds:
        used = {id(r) for ref in references if isinstance(ref, Reference) for r in draft.snapshot.find(kind, ref)}
        for resource in draft.snapshot.all(kind):
            if id(resource) not in used:
                draft.define(resource, facts=("attached to nothing",))


def _add_network(draft: Draft, network: VirtualNetwork) -> None:
    unknowns = [prefix for prefix in network.address_space if isinstance(prefix, Unknown)]
    facts = (network.location,) if network.location else ()
    key = draft.define(network, None, unknowns, addresses=texts(network.address_space), facts=facts)
    draft.spaces[key] = prefix_space(network.address_space).known
    for subnet in network.subnets:
        place = draft.define(
            subnet,
            key,
            (part for part in (*subnet.address_prefixes, *subnet.delegations) if isinstance(part, Unknown)),
            addresses=texts(subnet.address_prefixes),
            security_group=attachment(draft, NetworkSecurityGroup, subnet.network_security_group),
            route_table=attachment(draft, RouteTable, subnet.route_table),
            facts=tuple(_subnet_facts(subnet)),
        )
        draft.spaces[place] = prefix_space(subnet.address_prefixes).known


def _subnet_facts(subnet: Subnet) -> Iterator[str]:
    for service in subnet.delegations:
        yield f"delegated to {service.name if isinstance(service, Unknown) else service}"
    for service in subnet.service_endpoints:
        yield f"service endpoint {service}"


def _add_gateway(draft: Draft, gateway: VirtualNetworkGateway) -> None:
    parent = draft.network(gateway.virtual_network)
    network = draft.resolve(VirtualNetwork, gateway.virtual_network)
    subnets = network.subnets if network is not None else ()
    home = next((subnet for subnet in subnets if subnet.name.lower() == _GATEWAY_SUBNET), None)
    learned = tuple(f"learns {prefix}" for prefix in texts(gateway.bgp_prefixes))
    unknowns = (prefix for prefix in gateway.bgp_prefixes if isinstance(prefix, Unknown))
    draft.define(gateway, draft.node_of(home) or parent, unknowns, facts=(gateway.gateway_type, *learned))


def _add_balancer(draft: Draft, balancer: LoadBalancer) -> None:
    """A load balancer in the subnet of its first frontend; one with public frontends only stands in nothing."""
    subnet = next((frontend.subnet for frontend in balancer.frontends if frontend.subnet is not None), None)
    addresses = [frontend.private_ip_address for frontend in balancer.frontends]
    flags = (balancer.is_public, balancer.sku, *addresses)
    draft.define(
        balancer,
        draft.subnet(subnet),
        (flag for flag in flags if isinstance(flag, Unknown)),
        addresses=_shown(addresses),
        facts=("public",) if balancer.is_public is True else (),
    )


def _machines(draft: Draft) -> dict[int, str]:
    """The virtual machines of network interfaces, as the machines list them."""
    return {
        id(nic): machine.name
        for machine in draft.snapshot.all(VirtualMachine)
        for reference in machine.network_interfaces
        if (nic := draft.resolve(NetworkInterface, reference)) is not None
    }


def _add_interface(draft: Draft, nic: NetworkInterface, machine: str | None) -> None:
    configurations = nic.ip_configurations
    subnet = next((c.subnet for c in configurations if c.subnet is not None), None)
    if nic.virtual_machine is not None:
        machine = nic.virtual_machine.name
    public = [found for c in configurations if (found := _public(c)) is not None]
    flags = (nic.enable_ip_forwarding, *(c.private_ip_address for c in configurations))
    unknowns = [*(flag for flag in flags if isinstance(flag, Unknown)), *(u for p in public for u in p.unknowns)]
    draft.define(
        nic,
        draft.subnet(subnet),
        unknowns,
        addresses=_shown([c.private_ip_address for c in configurations]),
        security_group=attachment(draft, NetworkSecurityGroup, nic.network_security_group),
        facts=tuple(_interface_facts(nic, machine, public)),
    )


def _interface_facts(nic: NetworkInterface, machine: str | None, public: list[Attachment]) -> Iterator[str]:
    if machine is not None:
        yield f"VM {machine}"
    for address in public:
        yield f"public IP {address.name}"
    listed = (reference for c in nic.ip_configurations for reference in c.load_balancers)
    for name in dict.fromkeys(reference.name for reference in listed):
        yield f"behind load balancer {name}"
    if nic.enable_ip_forwarding is not False:
        unseen = isinstance(nic.enable_ip_forwarding, Unknown)
        yield "IP forwarding not known" if unseen else "IP forwarding"


def _public(configuration: IpConfiguration) -> Attachment | None:
    """The public address. That its definition is not in the input does not matter to the topology."""
    reference = configuration.public_ip_address
    if isinstance(reference, Unknown):
        return Attachment(f"? ({reference.name})", Standing.UNKNOWN, (reference,))
    return None if reference is None else Attachment(reference.name, Standing.DEFINED)


def _shown(addresses: tuple[Address | Unknown, ...] | list[Address | Unknown | None]) -> tuple[str, ...]:
    """Addresses as far as the input tells them."""
    return tuple(
        f"? ({address.name})" if isinstance(address, Unknown) else str(address)
        for address in addresses
        if address is not None
    )
