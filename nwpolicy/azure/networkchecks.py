"""Checks of virtual networks, subnets and interfaces, and of what they refer to.

Sources: Microsoft Learn, Application security groups; Virtual network traffic routing; Create, change, or delete a
virtual network peering; Overview of IPv6 for Azure Virtual Network; Azure subscription and service limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Final

from nwpolicy.azure.groups import asgs_in_rules, listed_asgs
from nwpolicy.azure.subjects import exports_of, subnet_of
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import IpConfiguration, NetworkInterface, Subnet, VirtualNetwork
from nwpolicy.model.resource import AddressPrefix, Reference, Resource, ResourceId, ServiceTag
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.rules import (
    EffectiveAdminRules,
    EffectiveSecurityGroups,
    NetworkSecurityGroup,
)
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown

__all__ = ["check_network"]

_MAX_CONFIGURATION_ASGS: Final = 20
_SUBNET_LENGTH_V6: Final = 64


def check_network(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Everything doubtful in networks and in what refers to them."""
    for subnet in snapshot.all(Subnet):
        yield from _check_subnet(snapshot, subnet)
    for nic in snapshot.all(NetworkInterface):
        yield from _check_interface(snapshot, nic)
    for table in snapshot.all(RouteTable):
        yield from _check_routes(table)
    yield from _check_asg_networks(snapshot)
    yield from _check_asg_members(snapshot)
    networks = {network.name.lower() for network in snapshot.all(VirtualNetwork)}
    for export in snapshot.all(EffectiveAdminRules):
        if export.name.lower() not in networks:
            message = f"effective admin rules of {export.name} belong to no virtual network of the input"
            yield Diagnostic.warning("unattached-export", message, export.source)
    nics = snapshot.all(NetworkInterface)
    used = [found for nic in nics for found in exports_of(snapshot, nic)]
    for groups in snapshot.all(EffectiveSecurityGroups) if nics else ():
        if not any(groups is found for found in used):
            message = f"effective groups of {groups.name} belong to no network interface that the input defines"
            yield Diagnostic.warning("unattached-export", message, groups.source)


def _check_subnet(snapshot: Snapshot, subnet: Subnet) -> Iterator[Diagnostic]:
    yield from _check_reference(snapshot, NetworkSecurityGroup, subnet.network_security_group, "network security group")
    yield from _check_reference(snapshot, RouteTable, subnet.route_table, "route table")
    if subnet.name.lower() == "gatewaysubnet" and subnet.network_security_group is not None:
        message = "network security groups are not supported on GatewaySubnet"
        yield Diagnostic.warning("nsg-on-gateway-subnet", message, subnet.field_source("networkSecurityGroup"))
    for prefix in subnet.address_prefixes:
        if isinstance(prefix, AddressPrefix) and prefix.addresses.v6 and not _has_subnet_length(prefix):
            message = f"IPv6 prefix {prefix.text} of subnet {subnet.name} is no /{_SUBNET_LENGTH_V6}"
            yield Diagnostic.warning("ipv6-subnet-size", message, prefix.source)


def _has_subnet_length(prefix: AddressPrefix) -> bool:
    return [length for _, length in prefix.addresses.v6.prefixes()] == [_SUBNET_LENGTH_V6]


def _check_interface(snapshot: Snapshot, nic: NetworkInterface) -> Iterator[Diagnostic]:
    yield from _check_reference(snapshot, NetworkSecurityGroup, nic.network_security_group, "network security group")
    places = [found for c in nic.ip_configurations if (found := subnet_of(snapshot, c.subnet)) is not None]
    if any(place is not places[0] for place in places):
        names = ", ".join(dict.fromkeys(place.name for place in places))
        message = f"the ip configurations of {nic.name} are in several subnets, which Azure does not accept: {names}"
        yield Diagnostic.error("several-subnets", message, nic.source)
    for configuration in nic.ip_configurations:
        yield from _check_reference(snapshot, Subnet, configuration.subnet, "subnet")
        yield from _check_address(snapshot, nic, configuration)
        count = len(configuration.application_security_groups)
        if count > _MAX_CONFIGURATION_ASGS:
            message = f"{nic.name} lists {count} application security groups, Azure accepts {_MAX_CONFIGURATION_ASGS}"
            yield Diagnostic.warning("azure-limit", message, configuration.source)
    if nic.disable_tcp_state_tracking is True:
        message = f"TCP state tracking is off for {nic.name}; what that does to replies is not documented"
        place = nic.field_source("disableTcpStateTracking")
        yield Diagnostic.warning("tcp-state-tracking-off", message, place)


def _check_address(snapshot: Snapshot, nic: NetworkInterface, configuration: IpConfiguration) -> Iterator[Diagnostic]:
    subnet = subnet_of(snapshot, configuration.subnet)
    address = configuration.private_ip_address
    if subnet is None or address is None or isinstance(address, Unknown):
        return
    prefixes = [prefix for prefix in subnet.address_prefixes if isinstance(prefix, AddressPrefix)]
    if len(prefixes) == len(subnet.address_prefixes) and not any(address in p.addresses for p in prefixes):
        message = f"address {address} of {nic.name} is not in subnet {subnet.name}"
        place = configuration.field_source("privateIPAddress")
        yield Diagnostic.warning("address-outside-subnet", message, place)


def _check_reference(
    snapshot: Snapshot, kind: type[Resource], reference: Reference | Unknown | None, label: str
) -> Iterator[Diagnostic]:
    if not isinstance(reference, Reference):
        return
    found = snapshot.find(kind, reference)
    if not found:
        message = f"{label} {reference.name} is not defined in the input, so what it holds is an unknown"
        yield Diagnostic.note("undefined-reference", message, reference.source)
    elif len(found) > 1:
        places = ", ".join(str(resource.source) for resource in found)
        message = f"{label} {reference.name} is defined more than once: {places}"
        yield Diagnostic.warning("ambiguous-reference", message, reference.source, help="refer to it by its full id")


def _check_routes(table: RouteTable) -> Iterator[Diagnostic]:
    """Of two routes that may both be deployed, no two have the same destination."""
    taken: dict[Hashable, Route] = {}
    for route in table.routes:
        if not isinstance(route, Route) or isinstance(route.address_prefix, Unknown):
            continue
        prefix = route.address_prefix
        key = canonical(prefix.name).lower() if isinstance(prefix, ServiceTag) else prefix.addresses
        first = taken.setdefault(key, route)
        if first is not route:
            message = f"{route.name} of {table.name} has the destination of {first.name}, {first.source}"
            say = Diagnostic.error if route.condition is None and first.condition is None else Diagnostic.warning
            yield say("duplicate-route", message, route.field_source("addressPrefix"), help="leave one of them out")


def _check_asg_networks(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """All members of an application security group must be in one virtual network."""
    networks: defaultdict[ResourceId, dict[str, Reference]] = defaultdict(dict)
    for nic in snapshot.all(NetworkInterface):
        for configuration in nic.ip_configurations:
            subnet = subnet_of(snapshot, configuration.subnet)
            parent = snapshot.parent(subnet) if subnet is not None else None
            for listed in configuration.application_security_groups:
                if parent is not None and isinstance(listed, Reference):
                    networks[listed.id].setdefault(parent.name, listed)
    for members in networks.values():
        if len(members) > 1:
            reference = list(members.values())[-1]
            message = f"{reference.name} has members in several virtual networks: {', '.join(members)}"
            yield Diagnostic.warning("asg-in-several-networks", message, reference.source)


def _check_asg_members(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Groups that rules name, but that nothing in the input lists."""
    listed = {asg.name.lower() for asg in listed_asgs(snapshot)}
    for asg in asgs_in_rules(snapshot):
        if asg.name.lower() not in listed:
            message = f"nothing in the input lists {asg.name}, so its members are an unknown"
            yield Diagnostic.note("asg-without-members", message, asg.source)
