"""Whatever definitions there are: what is printed is read as the same, and the layout changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, Family, format_address
from nwpolicy.model.assertions import (
    Assertion,
    AssertionException,
    AssertionKind,
    Environment,
    Expectation,
    GivenValue,
)
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
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    ApplicationGateway,
    GatewayConnection,
    IpConfiguration,
    LoadBalancer,
    LocalNetworkGateway,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import (
    Access,
    AdminRule,
    ApplicationSecurityGroup,
    Direction,
    NetworkSecurityGroup,
    Rule,
    SecurityRule,
)
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import format_text, read, rule_line, to_nwp
from nwpolicy.readers.nwp.parse import lark
from nwpolicy.readers.nwp.words import LINKS

SOURCE = Source(Document("generated", "", lambda _: Span(1, 1, 1, 1)), ())
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ODD_NAMES = st.sampled_from(
    ["deny", "from", "port", "asg", "any", "nothing", "443", "10.0.0.4", "a b", 'a "b"', "\\", "é", "*"]
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.\-]{0,8}", fullmatch=True) | ODD_NAMES | TEXTS.filter(bool)
TAGS = st.sampled_from(["Internet", "VirtualNetwork", "Storage.WestEurope", "to", "Sql"])


def unknowns(kind: UnknownKind) -> SearchStrategy[Unknown]:
    return st.builds(Unknown, NAMES, st.just(kind), st.just(""), st.just(SOURCE))


def maybe_unknown(known: SearchStrategy[Any], kind: UnknownKind) -> SearchStrategy[Any]:
    return known | unknowns(kind)


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    family = draw(st.sampled_from(Family))
    return Address(family, draw(st.integers(0, (1 << family.width) - 1)))


@st.composite
def prefixes(draw: st.DrawFn) -> AddressPrefix:
    """A prefix with host bits or without, a range, `*`."""
    first = draw(addresses())
    match draw(st.sampled_from(["any", "prefix", "range", "host bits"])):
        case "any":
            return AddressPrefix(ANY_ADDRESS, draw(st.sampled_from(["*", "any", "Any"])), SOURCE)
        case "range":
            last = draw(st.integers(first.number, (1 << first.family.width) - 1))
            text = f"{first}-{format_address(first.family, last)}"
            return AddressPrefix(AddressSet.parse(text), draw(st.sampled_from([text, "?"])), SOURCE)
        case how:
            written = f"{first}/{draw(st.integers(0, first.family.width))}"
            found = AddressSet.parse(written)
            return AddressPrefix(found, written if how == "host bits" else str(found), SOURCE)


def references(type: str) -> SearchStrategy[Reference]:
    scope = "/subscriptions/0-1/resourceGroups/rg/providers/Microsoft.Network"
    full = NAMES.map(lambda name: f"{scope}/{type}/{name}")
    return st.builds(Reference, st.just(type), NAMES | full, st.just(SOURCE))


def reference_or_unknown(type: str) -> SearchStrategy[Any]:
    return maybe_unknown(references(type), UnknownKind.REFERENCE)


@st.composite
def port_ranges(draw: st.DrawFn) -> PortRange:
    low = draw(st.integers(0, 65535))
    return PortRange(IntervalSet(16, ((low, draw(st.integers(low, 65535))),)), SOURCE)


def tuples(of: SearchStrategy[Any], least: int = 0) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=3).map(tuple)


def named(of: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    """Several definitions whose names differ, as Azure has it."""
    return st.lists(of, max_size=3, unique_by=_identity).map(tuple)


def _identity(definition: Resource | Unknown) -> object:
    return definition.name.lower() if isinstance(definition, Resource) else definition


def definitions(kind: Callable[..., Any], /, **fields: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.builds(
        kind,
        name=NAMES,
        condition=st.none() | unknowns(UnknownKind.CONDITION),
        source=st.just(SOURCE),
        **fields,
    )


def located(kind: Callable[..., Any], /, **fields: SearchStrategy[Any]) -> SearchStrategy[Any]:
    regions = st.none() | st.sampled_from(["westeurope", "northeurope"])
    return definitions(kind, location=regions, **fields)


PREFIXES = tuples(maybe_unknown(prefixes(), UnknownKind.ADDRESS), 1)
PORTS = tuples(maybe_unknown(port_ranges(), UnknownKind.PORT), 1)
FLAGS = maybe_unknown(st.booleans(), UnknownKind.CONDITION)
PROTOCOLS = st.sampled_from([0, 1, 6, 17, 50, 51, 58, 89]).map(lambda number: IntervalSet(8, ((number, number),)))
PROTOCOL = PROTOCOLS | st.just(IntervalSet.full(8))
TERMS = (
    prefixes()
    | st.builds(ServiceTag, TAGS, st.just(SOURCE))
    | references("applicationSecurityGroups")
    | references("networkGroups")
    | unknowns(UnknownKind.ADDRESS)
)
ENDPOINTS = TERMS | st.sampled_from(sorted(set(LINKS.values()))).flatmap(references)


ON_FLOWS = [AssertionKind.NEVER, AssertionKind.ALWAYS, AssertionKind.ONLY, AssertionKind.ISOLATED]
HOPS = [NextHopType.INTERNET, NextHopType.NONE, NextHopType.VNET_LOCAL, NextHopType.VIRTUAL_NETWORK_GATEWAY]
FLOWS: dict[str, SearchStrategy[Any]] = {
    "sources": tuples(ENDPOINTS),
    "destinations": tuples(ENDPOINTS),
    "protocol": PROTOCOL | st.just(IntervalSet.of(8, [(6, 6), (17, 17)])),
    "destination_port_ranges": tuples(port_ranges()),
}


def said(kind: Callable[..., Any], /, *more: dict[str, SearchStrategy[Any]], **fields: Any) -> SearchStrategy[Any]:
    ours = {"owner": st.none() | TEXTS, "reason": st.none() | TEXTS, "expires": st.none() | st.just("2026-12-31")}
    return definitions(kind, **ours, **fields, **{name: values for part in more for name, values in part.items()})


def rules(kind: type[Rule], access: SearchStrategy[Access], least_priority: int, least: int) -> SearchStrategy[Any]:
    return definitions(
        kind,
        priority=maybe_unknown(st.integers(least_priority, 4096), UnknownKind.PRIORITY),
        direction=maybe_unknown(st.sampled_from(Direction), UnknownKind.DIRECTION),
        access=maybe_unknown(access, UnknownKind.ACCESS),
        protocol=maybe_unknown(PROTOCOL, UnknownKind.PROTOCOL),
        sources=tuples(TERMS, least),
        source_port_ranges=tuples(maybe_unknown(port_ranges(), UnknownKind.PORT), least),
        destinations=tuples(TERMS, least),
        destination_port_ranges=tuples(maybe_unknown(port_ranges(), UnknownKind.PORT), least),
        description=st.none() | TEXTS,
    )


SECURITY_RULES = rules(SecurityRule, st.sampled_from([Access.ALLOW, Access.DENY]), 100, 1)
ADMIN_RULES = rules(AdminRule, st.sampled_from(Access), 1, 0)


def one_priority_each(found: tuple[Any, ...]) -> bool:
    taken = [(rule.direction, rule.priority) for rule in found if isinstance(rule, Rule)]
    return len(set(taken)) == len(taken)


def rule_lists(of: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    return named(of | unknowns(UnknownKind.RULES)).filter(one_priority_each)


@st.composite
def routes(draw: st.DrawFn) -> Any:
    hop = draw(st.sampled_from(NextHopType) | unknowns(UnknownKind.TEXT))
    counts: dict[object, tuple[int, int]] = {
        NextHopType.VIRTUAL_APPLIANCE: (1, 1),
        NextHopType.VIRTUAL_APPLIANCE_ECMP: (2, 3),
    }
    low, high = counts.get(hop, (0, 0))
    hops = st.lists(maybe_unknown(addresses(), UnknownKind.ADDRESS), min_size=low, max_size=high).map(tuple)
    tags = st.builds(ServiceTag, TAGS, st.just(SOURCE))
    prefix = prefixes() | tags | unknowns(UnknownKind.ADDRESS)
    return draw(
        definitions(
            Route,
            address_prefix=prefix,
            next_hop_type=st.just(hop),
            next_hop_ip_addresses=hops,
            has_bgp_override=st.booleans(),
        )
    )


@st.composite
def routing_rules(draw: st.DrawFn) -> Any:
    """Routes as network managers have them: an appliance is one address."""
    found = draw(routes().filter(lambda route: len(route.next_hop_ip_addresses) < 2))
    address = found.next_hop_ip_addresses[0] if found.next_hop_ip_addresses else None
    return RoutingRule(
        name=found.name,
        condition=found.condition,
        source=SOURCE,
        destination=found.address_prefix,
        next_hop_type=found.next_hop_type,
        next_hop_address=address,
    )


SUBNETS = definitions(
    Subnet,
    address_prefixes=PREFIXES,
    network_security_group=st.none() | reference_or_unknown("networkSecurityGroups"),
    route_table=st.none() | reference_or_unknown("routeTables"),
    delegations=tuples(maybe_unknown(st.just("Microsoft.Sql/managedInstances"), UnknownKind.TEXT)),
    service_endpoints=tuples(st.just("Microsoft.Storage")),
    private_endpoint_network_policies=st.sampled_from(["Disabled", "Enabled", "RouteTableEnabled"])
    | unknowns(UnknownKind.TEXT),
)
PEERINGS = definitions(
    VirtualNetworkPeering,
    remote_virtual_network=reference_or_unknown("virtualNetworks"),
    remote_address_space=st.just(()) | PREFIXES,
    allow_virtual_network_access=FLAGS,
    allow_forwarded_traffic=FLAGS,
    allow_gateway_transit=FLAGS,
    use_remote_gateways=FLAGS,
    peer_complete_vnets=FLAGS,
    local_subnet_names=tuples(maybe_unknown(NAMES, UnknownKind.TEXT)),
    remote_subnet_names=tuples(maybe_unknown(NAMES, UnknownKind.TEXT)),
    peering_state=st.none() | st.sampled_from(["Connected", "Initiated"]),
)
IP_CONFIGURATIONS = definitions(
    IpConfiguration,
    private_ip_address=st.none() | maybe_unknown(addresses(), UnknownKind.ADDRESS),
    family=st.sampled_from(Family),
    subnet=st.none() | reference_or_unknown("subnets"),
    public_ip_address=st.none() | reference_or_unknown("publicIPAddresses"),
    application_security_groups=tuples(reference_or_unknown("applicationSecurityGroups")),
    load_balancers=tuples(reference_or_unknown("loadBalancers")),
)
FRONTENDS = definitions(
    IpConfiguration,
    private_ip_address=st.none() | maybe_unknown(addresses(), UnknownKind.ADDRESS),
    family=st.sampled_from(Family),
    subnet=st.none() | reference_or_unknown("subnets"),
)
GROUPS = definitions(
    NetworkGroup,
    member_type=st.sampled_from(MemberType),
    members=tuples(reference_or_unknown("virtualNetworks")) | tuples(reference_or_unknown("subnets")),
    committed_prefixes=st.none() | tuples(prefixes()),
)
COLLECTIONS = definitions(
    AdminRuleCollection,
    applies_to_groups=tuples(reference_or_unknown("networkGroups")),
    rules=rule_lists(ADMIN_RULES),
)
CONFIGURATIONS = definitions(
    SecurityAdminConfiguration,
    apply_on_network_intent_policy_based_services=tuples(
        maybe_unknown(st.sampled_from(IntentPolicyOption), UnknownKind.TEXT)
    ),
    network_group_address_space_aggregation_option=st.sampled_from(["None", "Manual"]),
    rule_collections=named(COLLECTIONS),
)
CONNECTED_GROUPS = st.builds(
    ConnectivityGroup,
    group=reference_or_unknown("networkGroups"),
    is_direct=FLAGS,
    is_global=FLAGS,
    use_hub_gateway=FLAGS,
)
CONNECTIVITY = definitions(
    ConnectivityConfiguration,
    topology=maybe_unknown(st.sampled_from(Topology), UnknownKind.TEXT),
    is_global=FLAGS,
    hubs=tuples(reference_or_unknown("virtualNetworks")),
    groups=tuples(maybe_unknown(CONNECTED_GROUPS, UnknownKind.REFERENCE)),
)
ROUTING_COLLECTIONS = definitions(
    RoutingRuleCollection,
    applies_to=tuples(reference_or_unknown("networkGroups")),
    disable_bgp_route_propagation=FLAGS,
    rules=named(maybe_unknown(routing_rules(), UnknownKind.RULES)),
)
ROUTING = definitions(RoutingConfiguration, rule_collections=named(ROUTING_COLLECTIONS))


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    kinds = (SecurityAdminConfiguration, ConnectivityConfiguration, RoutingConfiguration)
    type = draw(st.sampled_from([kind.type for kind in kinds]))
    regions = draw(tuples(st.sampled_from(["*", "westeurope"]), 1))
    return Deployment(regions, draw(tuples(references(type))), SOURCE, type)


KINDS: dict[str, SearchStrategy[Any]] = {
    "nsg": located(NetworkSecurityGroup, security_rules=rule_lists(SECURITY_RULES)),
    "asg": located(ApplicationSecurityGroup),
    "vnet": located(
        VirtualNetwork, address_space=st.just(()) | PREFIXES, subnets=named(SUBNETS), peerings=named(PEERINGS)
    ),
    "route-table": located(
        RouteTable,
        routes=named(routes() | unknowns(UnknownKind.RULES)),
        disable_bgp_route_propagation=FLAGS,
        disable_peering_route=st.sampled_from(["None", "All"]),
    ),
    "gateway": located(
        VirtualNetworkGateway,
        gateway_type=st.sampled_from(["Vpn", "ExpressRoute"]),
        virtual_network=reference_or_unknown("virtualNetworks"),
        bgp_prefixes=st.just(()) | PREFIXES,
    ),
    "local-gateway": located(LocalNetworkGateway, address_prefixes=st.just(()) | PREFIXES),
    "connection": located(
        GatewayConnection,
        virtual_network_gateway=reference_or_unknown("virtualNetworkGateways"),
        local_network_gateway=st.none() | reference_or_unknown("localNetworkGateways"),
        other_gateway=st.none() | reference_or_unknown("virtualNetworkGateways"),
    ),
    "nic": located(
        NetworkInterface,
        ip_configurations=named(IP_CONFIGURATIONS),
        network_security_group=st.none() | reference_or_unknown("networkSecurityGroups"),
        enable_ip_forwarding=FLAGS,
        disable_tcp_state_tracking=FLAGS,
        virtual_machine=st.none() | references("virtualMachines"),
    ),
    "vm": located(VirtualMachine, network_interfaces=tuples(reference_or_unknown("networkInterfaces"))),
    "public-ip": located(
        PublicIpAddress,
        ip_address=st.none() | addresses(),
        sku=maybe_unknown(st.sampled_from(["Basic", "Standard", "StandardV2"]), UnknownKind.TEXT),
        ip_configuration=st.none() | references("ipConfigurations"),
    ),
    "load-balancer": located(
        LoadBalancer,
        sku=maybe_unknown(st.sampled_from(["Basic", "Standard", "Gateway"]), UnknownKind.TEXT),
        is_public=FLAGS,
        frontends=named(FRONTENDS),
    ),
    "private-endpoint": located(
        PrivateEndpoint,
        subnet=reference_or_unknown("subnets"),
        ip_addresses=tuples(maybe_unknown(addresses(), UnknownKind.ADDRESS)),
        application_security_groups=tuples(reference_or_unknown("applicationSecurityGroups")),
    ),
    "application-gateway": located(
        ApplicationGateway, subnet=reference_or_unknown("subnets"), network_isolation=st.booleans()
    ),
    "network-manager": located(
        NetworkManager,
        management_groups=tuples(NAMES),
        subscriptions=tuples(NAMES),
        scope_level=st.none() | st.integers(0, 20),
        network_groups=named(GROUPS),
        security_admin_configurations=named(CONFIGURATIONS),
        connectivity_configurations=named(CONNECTIVITY),
        routing_configurations=named(ROUTING),
        deployments=st.none() | tuples(deployments()),
    ),
    "assert": said(Assertion, FLOWS, kind=st.sampled_from(ON_FLOWS), rules_only=st.booleans()),
    "assert routed": said(Assertion, FLOWS, kind=st.just(AssertionKind.ROUTED), next_hop_type=st.sampled_from(HOPS))
    | said(
        Assertion,
        FLOWS,
        kind=st.just(AssertionKind.ROUTED),
        next_hop_type=st.just(NextHopType.VIRTUAL_APPLIANCE),
        next_hop_ip_addresses=tuples(addresses(), 1),
    ),
    "assert equivalent": said(
        Assertion, {}, kind=st.just(AssertionKind.EQUIVALENT), before=TEXTS, after=st.none() | TEXTS
    ),
    "except": said(AssertionException, FLOWS),
    "expect": said(
        Expectation,
        FLOWS,
        verdict=st.sampled_from([Access.ALLOW, Access.DENY]),
        rule=st.none() | TEXTS,
        rules_only=st.booleans(),
    ),
    "environment": st.builds(
        Environment,
        name=NAMES,
        values=st.lists(
            st.builds(GivenValue, name=NAMES, values=tuples(TEXTS, 1), source=st.just(SOURCE)),
            max_size=3,
            unique_by=lambda given: given.name.lower(),
        ).map(tuple),
        source=st.just(SOURCE),
    ),
}


def read_without_errors(text: str) -> tuple[Resource, ...]:
    fragment = read("generated.nwp", text)
    assert [found for found in fragment.diagnostics if found.severity is not Severity.WARNING] == []
    return fragment.resources


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_printed_definitions_are_read_as_the_same(kind: str, data: st.DataObject) -> None:
    definition = data.draw(KINDS[kind])
    assert read_without_errors(to_nwp([definition])) == (definition,)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_layout_keeps_the_meaning_and_is_final(kind: str, data: st.DataObject) -> None:
    text = to_nwp([data.draw(KINDS[kind])])
    formatted = format_text("generated.nwp", text)
    assert read_without_errors(formatted) == read_without_errors(text)
    assert format_text("generated.nwp", formatted) == formatted


@pytest.mark.parametrize("kind", ["nsg", "vnet", "network-manager", "assert", "except", "expect"])
@given(data=st.data())
def test_layout_of_scattered_text_keeps_the_meaning_and_every_comment(kind: str, data: st.DataObject) -> None:
    plain = to_nwp([data.draw(KINDS[kind]), data.draw(KINDS["route-table"])])
    scattered = "".join(data.draw(pieces(plain)))
    formatted = format_text("generated.nwp", scattered)
    assert read_without_errors(formatted) == read_without_errors(plain)
    assert formatted.count("# remark") == scattered.count("# remark")
    assert "\n\n\n" not in formatted
    assert format_text("generated.nwp", formatted) == formatted


BREAKS = st.sampled_from(["\n", "\n\n\n", "\r\n", "  # remark\n", "\n# remark\n", "\n\n # remark\n\n"])
ENDS = BREAKS | st.sampled_from([";", ";;\n", " ; # remark\n"])
SPACES = st.sampled_from([" ", "  ", "\t"])


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """The words of a text with other space between them, and with remarks."""
    found: list[str] = []
    for token in lark().lex(text):
        if token.type == "_NL":
            found.append(draw(ENDS))
        elif token.type in {"_COMMA", "_EQUAL"}:
            found += [token[0], draw(BREAKS | SPACES)]
        else:
            may_break = token.type in {"FROM", "TO", "PORT", "VIA", "IF", "DESCRIPTION", "OWNER", "REASON", "EXPIRES"}
            found += [draw(BREAKS | SPACES if may_break else SPACES), str(token), " "]
    return found


@given(rule=SECURITY_RULES.filter(lambda rule: rule.direction is Direction.INBOUND))
def test_a_rule_is_printed_as_a_line_of_its_block(rule: SecurityRule) -> None:
    line = rule_line(rule)
    assert len(line.splitlines()) == 1 or any(char in line for char in "\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e")
    (nsg,) = read_without_errors(f"nsg web {{ inbound {{ {line} }} }}")
    assert nsg == NetworkSecurityGroup(name="web", security_rules=(rule,), source=SOURCE)
