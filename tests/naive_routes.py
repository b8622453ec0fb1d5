"""A deliberately naive reading of Azure's routing: one subnet, one destination, nothing unknown.

It follows the documents step by step, with `ipaddress` and lists, and shares no code with the package beyond the
definitions themselves. Slow and plain on purpose: its only use is to disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from nwpolicy.model.network import (
    GatewayConnection,
    LocalNetworkGateway,
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.resource import AddressPrefix, Reference, ServiceTag
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown

RESERVED = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
PLATFORM = ["168.63.129.16", "169.254.169.254"]
SERVICES = {"Microsoft.Storage": "Storage", "Microsoft.Sql": "Sql", "Microsoft.KeyVault": "AzureKeyVault"}

Network = IPv4Network | IPv6Network


@dataclass
class Line:
    """A row of a routing table."""

    network: Network
    who: str
    hop: str
    addresses: tuple[str, ...] = ()
    tag: str | None = None
    override: bool = False


def naive_next_hop(snapshot: Snapshot, nic: str, destination: str) -> tuple[str, tuple[str, ...]]:
    """The next hop's type, as effective routes name it, and its addresses."""
    card = next(one for one in snapshot.all(NetworkInterface) if one.name == nic)
    where = card.ip_configurations[0].subnet
    assert isinstance(where, Reference)
    return naive_hop_from(snapshot, where.target, destination)


def naive_hop_from(snapshot: Snapshot, place: str, destination: str) -> tuple[str, tuple[str, ...]]:
    """The same, for a subnet as `vnet/subnet`."""
    if destination in PLATFORM:
        return "Internet", ()
    home, _, name = place.partition("/")
    network = next(one for one in snapshot.all(VirtualNetwork) if one.name == home)
    subnet = next(one for one in network.subnets if one.name == name)
    lines = _lines(snapshot, network, subnet)
    address = ip_address(destination)
    lines = _without_hidden(lines)
    covering = [line for line in lines if line.network.version == address.version and address in line.network]
    endpoint = _endpoint(snapshot, network, subnet, destination, lines)
    if endpoint:
        return "InterfaceEndpoint", ()
    services = [line for line in covering if line.who == "service"]
    if services:
        return "VirtualNetworkServiceEndpoint", ()
    if not covering:
        return "no route", ()
    best = max(covering, key=lambda line: (line.network.prefixlen, _preference(line)))
    return best.hop, best.addresses


def _preference(line: Line) -> tuple[int, int]:
    order = ["reserved", "internet", "peering", "network", "gateway", "user"]
    tags = {None: 4, "Storage.EastUS": 3, "Storage": 2, "AzureCloud.EastUS": 1, "AzureCloud": 0}
    return order.index(line.who), tags[line.tag]


def _lines(snapshot: Snapshot, network: VirtualNetwork, subnet: Subnet) -> list[Line]:
    own = _networks(network.address_space)
    lines = [Line(one, "network", "VnetLocal") for one in own]
    lines.append(Line(ip_network("0.0.0.0/0"), "internet", "Internet"))
    if any(one.version == 6 for one in own):
        lines.append(Line(ip_network("::/0"), "internet", "Internet"))
    table = _table(snapshot, subnet)
    user = list(_user_lines(snapshot, table))
    if not any(str(line.network) == "0.0.0.0/0" for line in user):
        for text in RESERVED:
            block = IPv4Network(text)
            if not any(isinstance(one, IPv4Network) and block.subnet_of(one) for one in own):
                lines.append(Line(block, "reserved", "None"))
    lines += user
    if table is None or table.disable_peering_route != "All":
        for remote in _peers(snapshot, network):
            lines += [Line(one, "peering", "VNetPeering") for one in _networks(remote.address_space)]
    if table is None or not table.disable_bgp_route_propagation:
        lines += [Line(one, "gateway", "VirtualNetworkGateway") for one in _behind(snapshot, network)]
    for service in subnet.service_endpoints:
        for text in _tag(snapshot, SERVICES[service]):
            lines.append(Line(ip_network(text), "service", "VirtualNetworkServiceEndpoint"))
    return lines


def _without_hidden(lines: list[Line]) -> list[Line]:
    """Gateway routes are hidden by system routes that hold them, unless the user replaced these, and by the user's
    routes that override them."""
    user = {line.network for line in lines if line.who == "user"}
    hiding = [line.network for line in lines if line.who in ("network", "peering") and line.network not in user]
    hiding += [line.network for line in lines if line.who == "service" or line.override]
    return [line for line in lines if line.who != "gateway" or not any(_within(line.network, one) for one in hiding)]


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _endpoint(snapshot: Snapshot, network: VirtualNetwork, subnet: Subnet, destination: str, lines: list[Line]) -> bool:
    """Whether the destination is a private endpoint that no user-defined route takes over."""
    for home in (network, *_peers(snapshot, network)):
        for endpoint in snapshot.all(PrivateEndpoint):
            assert isinstance(endpoint.subnet, Reference)
            where, _, name = endpoint.subnet.target.partition("/")
            if where != home.name or destination not in map(str, endpoint.ip_addresses):
                continue
            if any(line.who == "user" and str(line.network).split("/") == [destination, "32"] for line in lines):
                continue
            policies = next(one for one in home.subnets if one.name == name).private_endpoint_network_policies
            if policies not in ("Enabled", "RouteTableEnabled"):
                return True
            address = ip_address(destination)
            needed = max(one.prefixlen for one in _networks(home.address_space) if address in one)
            inspected = [
                line
                for line in lines
                if line.who == "user" and address in line.network and 0 < line.network.prefixlen >= needed
            ]
            if not inspected:
                return True
    return False


def _table(snapshot: Snapshot, subnet: Subnet) -> RouteTable | None:
    if not isinstance(subnet.route_table, Reference):
        return None
    return next(one for one in snapshot.all(RouteTable) if one.name == subnet.route_table.target)


def _user_lines(snapshot: Snapshot, table: RouteTable | None) -> Iterable[Line]:
    for route in table.routes if table is not None else ():
        assert isinstance(route, Route)
        hop = str(route.next_hop_type).replace("Ecmp", "")
        addresses = tuple(map(str, route.next_hop_ip_addresses))
        if isinstance(route.address_prefix, ServiceTag):
            for text in _tag(snapshot, route.address_prefix.name):
                yield Line(ip_network(text), "user", hop, addresses, route.address_prefix.name, route.has_bgp_override)
        else:
            assert isinstance(route.address_prefix, AddressPrefix)
            yield Line(ip_network(route.address_prefix.text), "user", hop, addresses, override=route.has_bgp_override)


def _peers(snapshot: Snapshot, network: VirtualNetwork) -> list[VirtualNetwork]:
    names = [p.remote_virtual_network.name for p in network.peerings if p.peering_state in (None, "Connected")]
    return [one for one in snapshot.all(VirtualNetwork) if one.name in names]


def _behind(snapshot: Snapshot, network: VirtualNetwork) -> list[Network]:
    found: list[Network] = []
    for gateway in snapshot.all(VirtualNetworkGateway):
        owner = gateway.virtual_network.name
        if owner != network.name and not _lends(snapshot, owner, network):
            continue
        found += _networks(gateway.bgp_prefixes)
        for link in snapshot.all(GatewayConnection):
            if link.virtual_network_gateway.name == gateway.name and link.local_network_gateway is not None:
                sites = [s for s in snapshot.all(LocalNetworkGateway) if s.name == link.local_network_gateway.name]
                found += _networks(sites[0].address_prefixes)
    return found


def _lends(snapshot: Snapshot, owner: str, network: VirtualNetwork) -> bool:
    uses = [p for p in network.peerings if p.remote_virtual_network.name == owner and p.use_remote_gateways]
    hub = [one for one in _peers(snapshot, network) if one.name == owner]
    return bool(uses) and any(
        p.remote_virtual_network.name == network.name and p.allow_gateway_transit for one in hub for p in one.peerings
    )


def _networks(prefixes: Iterable[AddressPrefix | Unknown]) -> list[Network]:
    return [ip_network(prefix.text) for prefix in prefixes if isinstance(prefix, AddressPrefix)]


def _tag(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    return snapshot.all(ServiceTagCatalogue)[0].tags[name.lower()].address_prefixes
