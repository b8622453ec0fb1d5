"""Short ways to build definitions for tests. All of them stand in one made-up document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.avnm import (
    AdminRuleCollection,
    ConnectivityConfiguration,
    ConnectivityGroup,
    Deployment,
    IntentPolicyOption,
    MemberType,
    NetworkGroup,
    NetworkManager,
    RoutingConfiguration,
    RoutingRule,
    RoutingRuleCollection,
    SecurityAdminConfiguration,
    Topology,
)
from nwpolicy.model.flows import Flow
from nwpolicy.model.network import (
    GatewayConnection,
    IpConfiguration,
    LoadBalancer,
    LocalNetworkGateway,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown, UnknownKind

DOCUMENT: Final = Document("estate.json", "{}\n", lambda _: Span(1, 1, 1, 3))
SOURCE: Final = DOCUMENT.root()

IN: Final = Direction.INBOUND
OUT: Final = Direction.OUTBOUND
ALLOW: Final = Access.ALLOW
DENY: Final = Access.DENY
ALWAYS_ALLOW: Final = Access.ALWAYS_ALLOW

#: How a test writes an address term: a prefix, `*`, a tag, `asg:NAME`, `group:NAME`, or an Unknown.
TermText = str | Unknown


def source(*route: str | int) -> Source:
    return Source(DOCUMENT, route)


def unknown(name: str, kind: UnknownKind) -> Unknown:
    return Unknown(name, kind, "no default", SOURCE)


def reference(type: str, target: str) -> Reference:
    return Reference(type, target, SOURCE)


def term(text: TermText) -> AddressTerm:
    if isinstance(text, Unknown):
        return text
    if text == "*":
        return AddressPrefix(ANY_ADDRESS, "*", SOURCE)
    kind, colon, name = text.partition(":")
    if colon and kind in {"asg", "group"}:
        return reference("applicationSecurityGroups" if kind == "asg" else "networkGroups", name)
    try:
        return AddressPrefix(AddressSet.parse(text), text, SOURCE)
    except ValueError:
        return ServiceTag(text, SOURCE)


def terms(texts: TermText | Sequence[TermText]) -> tuple[AddressTerm, ...]:
    several = (texts,) if isinstance(texts, str | Unknown) else texts
    return tuple(map(term, several))


def port_ranges(text: str | Unknown) -> tuple[PortRange | Unknown, ...]:
    """Reads `80,8000-8080`; an empty text gives no range."""
    if isinstance(text, Unknown):
        return (text,)
    return tuple(PortRange(parse_ports(part), SOURCE) for part in text.split(",") if part)


def rule(
    name: str,
    priority: int | Unknown,
    access: Access | Unknown,
    sources: TermText | Sequence[TermText] = "*",
    destinations: TermText | Sequence[TermText] = "*",
    ports: str | Unknown = "*",
    *,
    protocol: str | Unknown = "*",
    direction: Direction | Unknown = IN,
    source_ports: str | Unknown = "*",
    condition: Unknown | None = None,
    is_default: bool = False,
) -> SecurityRule:
    return SecurityRule(
        name=name,
        priority=priority,
        direction=direction,
        access=access,
        protocol=protocol if isinstance(protocol, Unknown) else parse_protocol(protocol),
        sources=terms(sources),
        source_port_ranges=port_ranges(source_ports),
        destinations=terms(destinations),
        destination_port_ranges=port_ranges(ports),
        condition=condition,
        is_default=is_default,
        source=SOURCE,
    )


def admin_rule(
    name: str,
    priority: int | Unknown,
    access: Access | Unknown,
    sources: TermText | Sequence[TermText] = (),
    destinations: TermText | Sequence[TermText] = (),
    ports: str | Unknown = "",
    *,
    protocol: str | Unknown = "Any",
    direction: Direction | Unknown = IN,
    source_ports: str | Unknown = "",
) -> AdminRule:
    """An admin rule; what is left out means any."""
    return AdminRule(
        name=name,
        priority=priority,
        direction=direction,
        access=access,
        protocol=protocol if isinstance(protocol, Unknown) else parse_protocol(protocol),
        sources=terms(sources),
        source_port_ranges=port_ranges(source_ports),
        destinations=terms(destinations),
        destination_port_ranges=port_ranges(ports),
        source=SOURCE,
    )


def nsg(name: str, *rules: SecurityRule | Unknown, condition: Unknown | None = None) -> NetworkSecurityGroup:
    return NetworkSecurityGroup(name=name, security_rules=rules, condition=condition, source=SOURCE)


def prefixes(texts: Iterable[str | Unknown]) -> tuple[AddressPrefix | Unknown, ...]:
    return tuple(t if isinstance(t, Unknown) else AddressPrefix(AddressSet.parse(t), t, SOURCE) for t in texts)


def subnet(
    name: str,
    *address_prefixes: str | Unknown,
    nsg: str | Unknown | None = None,
    route_table: str | Unknown | None = None,
    delegations: tuple[str, ...] = (),
    endpoint_policies: str | Unknown = "Disabled",
    service_endpoints: tuple[str, ...] = (),
) -> Subnet:
    return Subnet(
        name=name,
        address_prefixes=prefixes(address_prefixes),
        network_security_group=_named("networkSecurityGroups", nsg),
        route_table=_named("routeTables", route_table),
        delegations=delegations,
        service_endpoints=service_endpoints,
        private_endpoint_network_policies=endpoint_policies,
        source=SOURCE,
    )


def peering(
    remote: str,
    *remote_space: str,
    access: bool | Unknown = True,
    gateway_transit: bool = False,
    remote_gateways: bool = False,
    state: str | None = None,
    complete: bool | Unknown = True,
    local_subnets: tuple[str, ...] = (),
    remote_subnets: tuple[str, ...] = (),
) -> VirtualNetworkPeering:
    return VirtualNetworkPeering(
        name=f"to-{remote}",
        remote_virtual_network=reference("virtualNetworks", remote),
        remote_address_space=prefixes(remote_space),
        allow_virtual_network_access=access,
        allow_gateway_transit=gateway_transit,
        use_remote_gateways=remote_gateways,
        peering_state=state,
        peer_complete_vnets=complete,
        local_subnet_names=local_subnets,
        remote_subnet_names=remote_subnets,
        source=SOURCE,
    )


def vnet(
    name: str,
    space: str | Iterable[str | Unknown],
    *children: Subnet | VirtualNetworkPeering,
    location: str | None = None,
    identity: str | None = None,
) -> VirtualNetwork:
    return VirtualNetwork(
        name=name,
        id=identity,
        location=location,
        address_space=prefixes((space,) if isinstance(space, str) else space),
        subnets=tuple(child for child in children if isinstance(child, Subnet)),
        peerings=tuple(child for child in children if isinstance(child, VirtualNetworkPeering)),
        source=SOURCE,
    )


def nic(
    name: str,
    address: str | Unknown | None,
    subnet: str | Unknown | None,
    *,
    nsg: str | Unknown | None = None,
    asgs: Sequence[str | Unknown] = (),
    public_ip: str | Unknown | None = None,
    load_balancers: Sequence[str | Unknown] = (),
    vm: str | None = None,
    forwarding: bool | Unknown = False,
) -> NetworkInterface:
    """A network interface with one ip configuration; `subnet` as `vnet/subnet`."""
    configuration = IpConfiguration(
        name="ipconfig1",
        private_ip_address=Address.parse(address) if isinstance(address, str) else address,
        subnet=_named("subnets", subnet),
        public_ip_address=_named("publicIPAddresses", public_ip),
        application_security_groups=tuple(_some("applicationSecurityGroups", name) for name in asgs),
        load_balancers=tuple(_some("loadBalancers", name) for name in load_balancers),
        source=SOURCE,
    )
    return NetworkInterface(
        name=name,
        ip_configurations=(configuration,),
        network_security_group=_named("networkSecurityGroups", nsg),
        enable_ip_forwarding=forwarding,
        virtual_machine=reference("virtualMachines", vm) if vm else None,
        source=SOURCE,
    )


def public_ip(name: str, sku: str) -> PublicIpAddress:
    return PublicIpAddress(name=name, sku=sku, source=SOURCE)


def load_balancer(
    name: str, sku: str, *, is_public: bool = True, frontend: tuple[str, str] | None = None
) -> LoadBalancer:
    """A load balancer; `frontend` is a private address, and its subnet as `vnet/subnet`."""
    address, place = frontend or (None, None)
    configuration = IpConfiguration(
        name="frontend1",
        private_ip_address=None if address is None else Address.parse(address),
        subnet=_named("subnets", place),
        source=SOURCE,
    )
    return LoadBalancer(
        name=name, sku=sku, is_public=is_public, frontends=(configuration,) if frontend else (), source=SOURCE
    )


def private_endpoint(name: str, subnet: str, address: str, asgs: Sequence[str | Unknown] = ()) -> PrivateEndpoint:
    return PrivateEndpoint(
        name=name,
        subnet=reference("subnets", subnet),
        ip_addresses=(Address.parse(address),),
        application_security_groups=tuple(_some("applicationSecurityGroups", name) for name in asgs),
        source=SOURCE,
    )


def route(
    name: str,
    prefix: TermText,
    hop: NextHopType | Unknown,
    *addresses: str,
    bgp_override: bool = False,
    condition: Unknown | None = None,
) -> Route:
    found = term(prefix)
    assert isinstance(found, AddressPrefix | ServiceTag | Unknown)
    return Route(
        name=name,
        address_prefix=found,
        next_hop_type=hop,
        next_hop_ip_addresses=tuple(map(Address.parse, addresses)),
        has_bgp_override=bgp_override,
        condition=condition,
        source=SOURCE,
    )


def route_table(
    name: str, *routes: Route | Unknown, disable_bgp: bool | Unknown = False, disable_peering: str = "None"
) -> RouteTable:
    return RouteTable(
        name=name,
        routes=routes,
        disable_bgp_route_propagation=disable_bgp,
        disable_peering_route=disable_peering,
        source=SOURCE,
    )


def gateway(name: str, network: str | Unknown, *bgp_prefixes: str | Unknown) -> VirtualNetworkGateway:
    return VirtualNetworkGateway(
        name=name,
        virtual_network=_some("virtualNetworks", network),
        bgp_prefixes=prefixes(bgp_prefixes),
        source=SOURCE,
    )


def site(name: str, *address_prefixes: str | Unknown) -> LocalNetworkGateway:
    return LocalNetworkGateway(name=name, address_prefixes=prefixes(address_prefixes), source=SOURCE)


def connection(name: str, gateway: str, site: str) -> GatewayConnection:
    return GatewayConnection(
        name=name,
        virtual_network_gateway=reference("virtualNetworkGateways", gateway),
        local_network_gateway=reference("localNetworkGateways", site),
        source=SOURCE,
    )


def group(
    name: str,
    *members: str | Unknown,
    member_type: MemberType = MemberType.VIRTUAL_NETWORK,
    committed: Sequence[str] | None = None,
) -> NetworkGroup:
    kind = "virtualNetworks" if member_type is MemberType.VIRTUAL_NETWORK else "subnets"
    frozen = None if committed is None else tuple(AddressPrefix(AddressSet.parse(t), t, SOURCE) for t in committed)
    return NetworkGroup(
        name=name,
        member_type=member_type,
        members=tuple(_some(kind, member) for member in members),
        committed_prefixes=frozen,
        source=SOURCE,
    )


def collection(name: str, groups: Sequence[str | Unknown], *rules: AdminRule | Unknown) -> AdminRuleCollection:
    return AdminRuleCollection(
        name=name,
        applies_to_groups=tuple(_some("networkGroups", group) for group in groups),
        rules=rules,
        source=SOURCE,
    )


def configuration(
    name: str, *collections: AdminRuleCollection, intent: IntentPolicyOption = IntentPolicyOption.NONE
) -> SecurityAdminConfiguration:
    return SecurityAdminConfiguration(
        name=name,
        apply_on_network_intent_policy_based_services=(intent,),
        rule_collections=collections,
        source=SOURCE,
    )


def deployment(configurations: Sequence[str], *regions: str, type: str = SecurityAdminConfiguration.type) -> Deployment:
    named = tuple(reference(type, name) for name in configurations)
    return Deployment(regions, named, SOURCE, type)


def connectivity(
    name: str,
    *groups: str | ConnectivityGroup | Unknown,
    topology: Topology | Unknown = Topology.MESH,
    hubs: Sequence[str] = (),
    is_global: bool | Unknown = False,
) -> ConnectivityConfiguration:
    return ConnectivityConfiguration(
        name=name,
        topology=topology,
        is_global=is_global,
        hubs=tuple(reference("virtualNetworks", hub) for hub in hubs),
        groups=tuple(ConnectivityGroup(reference("networkGroups", g)) if isinstance(g, str) else g for g in groups),
        source=SOURCE,
    )


def routing_rule(name: str, prefix: TermText, hop: NextHopType | Unknown, address: str | None = None) -> RoutingRule:
    found = term(prefix)
    assert isinstance(found, AddressPrefix | ServiceTag | Unknown)
    return RoutingRule(
        name=name,
        destination=found,
        next_hop_type=hop,
        next_hop_address=None if address is None else Address.parse(address),
        source=SOURCE,
    )


def routing(
    name: str, groups: str, *rules: RoutingRule | Unknown, disable_bgp: bool | Unknown = True
) -> RoutingConfiguration:
    """A routing configuration with one collection."""
    found = RoutingRuleCollection(
        name=f"{name}-collection",
        applies_to=(reference("networkGroups", groups),),
        disable_bgp_route_propagation=disable_bgp,
        rules=rules,
        source=SOURCE,
    )
    return RoutingConfiguration(name=name, rule_collections=(found,), source=SOURCE)


def manager(
    name: str,
    *children: NetworkGroup | SecurityAdminConfiguration | ConnectivityConfiguration | RoutingConfiguration,
    level: int | None = None,
    deployments: Sequence[Deployment] | None = None,
    management_groups: tuple[str, ...] = (),
    subscriptions: tuple[str, ...] = (),
) -> NetworkManager:
    """A manager whose configurations are committed everywhere, unless `deployments` tells."""
    configurations = tuple(child for child in children if isinstance(child, SecurityAdminConfiguration))
    connectivity = tuple(child for child in children if isinstance(child, ConnectivityConfiguration))
    routing = tuple(child for child in children if isinstance(child, RoutingConfiguration))
    everywhere = tuple(
        deployment([f"{name}/{c.name}" for c in found], "*", type=found[0].type)
        for found in (configurations, connectivity, routing)
        if found
    )
    return NetworkManager(
        name=name,
        scope_level=level,
        management_groups=management_groups,
        subscriptions=subscriptions,
        network_groups=tuple(child for child in children if isinstance(child, NetworkGroup)),
        security_admin_configurations=configurations,
        connectivity_configurations=connectivity,
        routing_configurations=routing,
        deployments=everywhere if deployments is None else tuple(deployments),
        source=SOURCE,
    )


def catalogue(**tags: Sequence[str]) -> ServiceTagCatalogue:
    """A service tag file; `Storage_WestEurope` stands for `Storage.WestEurope`."""
    entries = (ServiceTagEntry(name.replace("_", "."), tuple(texts)) for name, texts in tags.items())
    return ServiceTagCatalogue(name="tags", tags={entry.name.lower(): entry for entry in entries}, source=SOURCE)


def snapshot(*resources: Resource) -> Snapshot:
    return assemble((Fragment(resources),))


def flow(protocol: str, origin: str, target: str) -> Flow:
    """`flow("tcp", "203.0.113.9:60000", "10.0.0.4:80")`; ports default to 50000 and 0, IPv6 goes in brackets."""
    source_address, source_port = _endpoint(origin, 50000)
    destination_address, destination_port = _endpoint(target, 0)
    number = parse_protocol(protocol).first
    ported = number in {6, 17}
    return Flow(
        source_address.family,
        number,
        source_address.number,
        source_port if ported else 0,
        destination_address.number,
        destination_port if ported else 0,
    )


def _endpoint(text: str, port: int) -> tuple[Address, int]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return Address.parse(host), int(rest[1:]) if rest else port
    host, colon, number = text.partition(":")
    address = Address.parse(host)
    assert address.family is Family.IPV4
    return address, int(number) if colon else port


def _some(type: str, target: str | Unknown) -> Reference | Unknown:
    return target if isinstance(target, Unknown) else reference(type, target)


def _named(type: str, target: str | Unknown | None) -> Reference | Unknown | None:
    return None if target is None else _some(type, target)
