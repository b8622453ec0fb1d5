from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.assertions import Assertion
from nwpolicy.model.avnm import AdminRuleCollection, NetworkGroup, NetworkManager
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    ApplicationGateway,
    LoadBalancer,
    NetworkInterface,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import definitions, jsontext, nwp, yamltext
from nwpolicy.readers.recognise import is_definitions
from nwpolicy.readers.tree import Raw

GOLDENS = Path(__file__).parent / "goldens"
SUBSCRIPTION = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"
ANYWHERE: Source = Document("expected", "", lambda _: Span(1, 1, 1, 1)).root()

R = TypeVar("R", bound=Resource)


def read(text: str) -> Fragment:
    raw, document = yamltext.parse("input.yaml", text)
    return definitions.read(raw, document)


def clean(text: str) -> tuple[Resource, ...]:
    fragment = read(f"nwpolicy: 1\n{text}")
    assert fragment.diagnostics == ()
    return fragment.resources


def only(kind: type[R], text: str) -> R:
    (found,) = clean(text)
    assert isinstance(found, kind)
    return found


def rule(fields: str) -> SecurityRule:
    """A security rule from whatever is left out of the usual one."""
    base = "name: r, priority: 100, direction: Inbound, access: Allow, protocol: Tcp"
    group = only(NetworkSecurityGroup, f"networkSecurityGroups: [{{name: nsg, securityRules: [{{{base}, {fields}}}]}}]")
    (found,) = group.security_rules
    assert isinstance(found, SecurityRule)
    return found


def prefix(text: str) -> AddressPrefix:
    return AddressPrefix(ANY_ADDRESS if text == "*" else AddressSet.parse(text), text, ANYWHERE)


def ports(text: str) -> PortRange:
    return PortRange(parse_ports(text), ANYWHERE)


def unknown(name: str, kind: UnknownKind) -> Unknown:
    return Unknown(name, kind, "", ANYWHERE)


def reference(type: str, target: str) -> Reference:
    return Reference(type, target, ANYWHERE)


@pytest.mark.parametrize("raw", [{"nwpolicy": 1}, {"nwpolicy": 2, "x": 1}, {"nwpolicy": None}])
def test_the_key_nwpolicy_makes_a_file_definitions_of_whatever_version(raw: Raw) -> None:
    assert is_definitions(raw)


@pytest.mark.parametrize("raw", [{}, [], None, "nwpolicy", ["nwpolicy"], {"NWPOLICY": 1}])
def test_nothing_else_does(raw: Raw) -> None:
    assert not is_definitions(raw)


def test_a_security_rule_as_in_arm() -> None:
    group = only(
        NetworkSecurityGroup,
        """
networkSecurityGroups:
  - name: nsg-web
    location: West Europe
    securityRules:
      - name: allow-https
        description: the web
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: Internet
        sourcePortRange: "*"
        destinationAddressPrefixes: [10.0.1.0/24, "fd00::/8"]
        destinationPortRanges: ["80", "8000-8080"]
""",
    )
    expected = SecurityRule(
        name="allow-https",
        description="the web",
        priority=100,
        direction=Direction.INBOUND,
        access=Access.ALLOW,
        protocol=IntervalSet(8, ((6, 6),)),
        sources=(ServiceTag("Internet", ANYWHERE),),
        source_port_ranges=(ports("*"),),
        destinations=(prefix("10.0.1.0/24"), prefix("fd00::/8")),
        destination_port_ranges=(ports("80"), ports("8000-8080")),
        source=ANYWHERE,
    )
    assert group == NetworkSecurityGroup(
        name="nsg-web", location="westeurope", security_rules=(expected,), source=ANYWHERE
    )


def test_the_properties_level_of_arm_may_be_written() -> None:
    fields = "priority: 100, direction: Inbound, access: Deny, protocol: '*', sourceAddressPrefix: '*', "
    fields += "destinationAddressPrefix: '*', destinationPortRange: '*'"
    flat = f"networkSecurityGroups: [{{name: nsg, securityRules: [{{name: r, {fields}}}]}}]"
    inner = f"securityRules: [{{name: r, properties: {{{fields}}}}}]"
    inner = f"networkSecurityGroups: [{{name: nsg, properties: {{{inner}}}}}]"
    assert clean(inner) == clean(flat)


@pytest.mark.parametrize("key", ["sourceAddressPrefix", "sourceAddressPrefixes"])
def test_either_field_takes_one_value_or_a_list(key: str) -> None:
    rest = "destinationAddressPrefix: 10.0.0.4, destinationPortRange: 22"
    assert rule(f"{key}: 10.0.0.0/8, {rest}").sources == (prefix("10.0.0.0/8"),)
    assert rule(f"{key}: [10.0.0.0/8, 192.0.2.1], {rest}").sources == (prefix("10.0.0.0/8"), prefix("192.0.2.1"))


def test_singular_and_plural_together_are_a_union() -> None:
    found = rule(
        "sourceAddressPrefix: 10.0.0.4, sourceAddressPrefixes: [10.0.0.5], destinationAddressPrefix: '*', "
        "destinationPortRange: 22, destinationPortRanges: [80, 90-91]"
    )
    assert found.sources == (prefix("10.0.0.4"), prefix("10.0.0.5"))
    assert found.destination_port_ranges == (ports("22"), ports("80"), ports("90-91"))


def test_source_ports_that_are_left_out_are_any() -> None:
    found = rule("sourceAddressPrefix: '*', destinationAddressPrefix: '*', destinationPortRange: 22")
    assert [part.ports for part in found.source_port_ranges if isinstance(part, PortRange)] == [ANY_PORT]


def test_application_security_groups_by_name_and_by_id() -> None:
    found = rule(
        f"sourceApplicationSecurityGroups: asg-a, destinationPortRange: 22, "
        f"destinationApplicationSecurityGroups: [{{id: {SUBSCRIPTION}/applicationSecurityGroups/asg-b}}, asg-c]"
    )
    assert found.sources == (reference("applicationSecurityGroups", "asg-a"),)
    assert found.destinations == (
        reference("applicationSecurityGroups", f"{SUBSCRIPTION}/applicationSecurityGroups/asg-b"),
        reference("applicationSecurityGroups", "asg-c"),
    )


def test_every_value_of_a_rule_may_be_unknown() -> None:
    text = """
networkSecurityGroups:
  - name: nsg
    condition: {unknown: deploy}
    securityRules:
      - name: r
        condition: {unknown: enabled}
        priority: {unknown: priority}
        direction: {unknown: direction}
        access: {unknown: access}
        protocol: {unknown: protocol}
        sourceAddressPrefix: {unknown: source}
        sourcePortRange: {unknown: sourcePort}
        destinationAddressPrefixes: [10.0.0.4, {unknown: destination}]
        destinationPortRanges: [22, {unknown: port}]
      - {unknown: others}
"""
    group = only(NetworkSecurityGroup, text)
    found, others = group.security_rules
    assert group.condition == unknown("deploy", UnknownKind.CONDITION)
    assert others == unknown("others", UnknownKind.RULES)
    assert isinstance(found, SecurityRule)
    assert found.condition == unknown("enabled", UnknownKind.CONDITION)
    assert found.priority == unknown("priority", UnknownKind.PRIORITY)
    assert found.direction == unknown("direction", UnknownKind.DIRECTION)
    assert found.access == unknown("access", UnknownKind.ACCESS)
    assert found.protocol == unknown("protocol", UnknownKind.PROTOCOL)
    assert found.sources == (unknown("source", UnknownKind.ADDRESS),)
    assert found.source_port_ranges == (unknown("sourcePort", UnknownKind.PORT),)
    assert found.destinations == (prefix("10.0.0.4"), unknown("destination", UnknownKind.ADDRESS))
    assert found.destination_port_ranges == (ports("22"), unknown("port", UnknownKind.PORT))


def test_unknowns_tell_where_they_are_written() -> None:
    text = "networkSecurityGroups:\n  - name: nsg\n    securityRules: [{unknown: others}]\n"
    (others,) = only(NetworkSecurityGroup, text).security_rules
    assert str(others.source) == "input.yaml:4:21"


@pytest.mark.parametrize("space", ["10.0.0.0/16", "[10.0.0.0/16]", "{addressPrefixes: [10.0.0.0/16]}", "$space"])
def test_an_address_space_is_a_prefix_a_list_or_arms_object(space: str) -> None:
    network = clean(f"variables: {{space: 10.0.0.0/16}}\nvirtualNetworks: [{{name: v, addressSpace: {space}}}]")
    assert network == (VirtualNetwork(name="v", address_space=(prefix("10.0.0.0/16"),), source=ANYWHERE),)


def test_the_flags_of_a_peering_have_azures_defaults() -> None:
    peerings = "virtualNetworkPeerings: [{name: p, remoteVirtualNetwork: w}]"
    text = f"virtualNetworks: [{{name: v, addressSpace: 10.0.0.0/16, {peerings}}}]"
    (peering,) = only(VirtualNetwork, text).peerings
    assert peering == VirtualNetworkPeering(
        name="p",
        remote_virtual_network=reference("virtualNetworks", "w"),
        allow_virtual_network_access=True,
        allow_forwarded_traffic=False,
        allow_gateway_transit=False,
        use_remote_gateways=False,
        source=ANYWHERE,
    )


def test_a_subnet_with_a_condition_and_unknown_references() -> None:
    text = """
virtualNetworks:
  - name: v
    addressSpace: {unknown: space}
    subnets:
      - name: s
        condition: {unknown: wanted}
        addressPrefix: {unknown: prefix}
        networkSecurityGroup: {unknown: group}
        routeTable: {id: rt}
        privateEndpointNetworkPolicies: {unknown: policies}
"""
    network = only(VirtualNetwork, text)
    assert [(part.name, part.kind) for part in network.address_space if isinstance(part, Unknown)] == [
        ("space", UnknownKind.ADDRESS)
    ]
    assert network.subnets == (
        Subnet(
            name="s",
            condition=unknown("wanted", UnknownKind.CONDITION),
            address_prefixes=(unknown("prefix", UnknownKind.ADDRESS),),
            network_security_group=unknown("group", UnknownKind.REFERENCE),
            route_table=reference("routeTables", "rt"),
            private_endpoint_network_policies=unknown("policies", UnknownKind.TEXT),
            source=ANYWHERE,
        ),
    )


def test_routes() -> None:
    text = """
routeTables:
  - name: rt
    routes:
      - {name: a, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: {unknown: firewall}}
      - {name: b, addressPrefix: Storage, nextHopType: Internet, hasBgpOverride: true}
      - {unknown: more}
"""
    assert only(RouteTable, text).routes == (
        Route(
            name="a",
            address_prefix=prefix("0.0.0.0/0"),
            next_hop_type=NextHopType.VIRTUAL_APPLIANCE,
            next_hop_ip_addresses=(unknown("firewall", UnknownKind.ADDRESS),),
            source=ANYWHERE,
        ),
        Route(
            name="b",
            address_prefix=ServiceTag("Storage", ANYWHERE),
            next_hop_type=NextHopType.INTERNET,
            has_bgp_override=True,
            source=ANYWHERE,
        ),
        unknown("more", UnknownKind.RULES),
    )


@pytest.mark.parametrize("network", ["hub", f"{SUBSCRIPTION}/virtualNetworks/hub"])
def test_a_gateway_names_its_virtual_network(network: str) -> None:
    gateway = only(VirtualNetworkGateway, f"virtualNetworkGateways: [{{name: g, virtualNetwork: {network}}}]")
    assert gateway.virtual_network == reference("virtualNetworks", network)
    assert gateway.gateway_type == "Vpn"
    assert gateway.bgp_prefixes == ()


def test_a_gateway_whose_virtual_network_is_not_known() -> None:
    gateway = only(VirtualNetworkGateway, "virtualNetworkGateways: [{name: g, virtualNetwork: {unknown: hub}}]")
    assert gateway.virtual_network == unknown("hub", UnknownKind.REFERENCE)


@pytest.mark.parametrize("balancer", ["lb", f"{SUBSCRIPTION}/loadBalancers/lb"])
def test_an_ip_configuration_names_its_load_balancers(balancer: str) -> None:
    text = f"networkInterfaces: [{{name: n, ipConfigurations: [{{name: i, loadBalancers: {balancer}}}]}}]"
    (configuration,) = only(NetworkInterface, text).ip_configurations
    assert configuration.load_balancers == (reference("loadBalancers", balancer),)


def test_a_load_balancer_with_a_public_address_is_public() -> None:
    front = "frontendIPConfigurations: [{name: f, publicIPAddress: pip}]"
    assert only(LoadBalancer, f"loadBalancers: [{{name: lb, sku: Standard, {front}}}]").is_public
    assert not only(
        LoadBalancer, "loadBalancers: [{name: lb, frontendIPConfigurations: [{name: f, subnet: v/s}]}]"
    ).is_public


def test_network_isolation_of_an_application_gateway() -> None:
    assert only(
        ApplicationGateway, "applicationGateways: [{name: a, subnet: v/s, networkIsolation: true}]"
    ).network_isolation
    for more in ("", ", networkIsolation: false"):
        gateway = only(ApplicationGateway, f"applicationGateways: [{{name: a, subnet: v/s{more}}}]")
        assert gateway == ApplicationGateway(name="a", subnet=reference("subnets", "v/s"), source=ANYWHERE)


def test_members_of_a_network_group_in_every_form() -> None:
    path = f"{SUBSCRIPTION}/virtualNetworks/v/subnets/s"
    members = f"[hub, hub/web, {{name: m, resourceId: {path}}}, {SUBSCRIPTION}/virtualNetworks/v, {{unknown: policy}}]"
    (group,) = only(
        NetworkManager, f"networkManagers: [{{name: m, networkGroups: [{{name: g, staticMembers: {members}}}]}}]"
    ).network_groups
    assert group.members == (
        reference("virtualNetworks", "hub"),
        reference("subnets", "hub/web"),
        reference("subnets", path),
        reference("virtualNetworks", f"{SUBSCRIPTION}/virtualNetworks/v"),
        unknown("policy", UnknownKind.REFERENCE),
    )
    assert group.committed_prefixes is None


def test_what_refers_to_something_unknown_is_called_as_its_author_calls_it() -> None:
    found = rule(
        "sourceApplicationSecurityGroups: {unknown: a}, destinationPortRange: 22, "
        "destinationApplicationSecurityGroups: [{unknown: b}, {id: c}]"
    )
    assert found.sources == (unknown("a", UnknownKind.REFERENCE),)
    assert found.destinations == (unknown("b", UnknownKind.REFERENCE), reference("applicationSecurityGroups", "c"))
    collections = "ruleCollections: [{name: rc, appliesToGroups: {unknown: d}}]"
    manager = only(
        NetworkManager, f"networkManagers: [{{name: m, securityAdminConfigurations: [{{name: c, {collections}}}]}}]"
    )
    assert manager.security_admin_configurations[0].rule_collections[0].applies_to_groups == (
        unknown("d", UnknownKind.REFERENCE),
    )


def test_an_admin_rule_without_sources_destinations_and_ports_means_any() -> None:
    text = """
networkManagers:
  - name: m
    securityAdminConfigurations:
      - name: c
        ruleCollections:
          - name: rc
            appliesToGroups: [g, {networkGroupId: h}]
            rules:
              - {name: r, priority: 1, direction: Outbound, access: Deny, protocol: Esp}
              - name: s
                priority: 4096
                direction: Inbound
                access: Allow
                protocol: Udp
                sources: [$net, {addressPrefix: VirtualNetwork, addressPrefixType: ServiceTag}, {networkGroup: g}]
                destinations: "*"
                sourcePortRanges: [1024-65535]
                destinationPortRange: 53
              - {unknown: more}
variables: {net: [10.0.0.0/8]}
"""
    (configuration,) = only(NetworkManager, text).security_admin_configurations
    assert configuration.rule_collections == (
        AdminRuleCollection(
            name="rc",
            applies_to_groups=(reference("networkGroups", "g"), reference("networkGroups", "h")),
            rules=(
                AdminRule(
                    name="r",
                    priority=1,
                    direction=Direction.OUTBOUND,
                    access=Access.DENY,
                    protocol=IntervalSet(8, ((50, 50),)),
                    source=ANYWHERE,
                ),
                AdminRule(
                    name="s",
                    priority=4096,
                    direction=Direction.INBOUND,
                    access=Access.ALLOW,
                    protocol=IntervalSet(8, ((17, 17),)),
                    sources=(
                        prefix("10.0.0.0/8"),
                        ServiceTag("VirtualNetwork", ANYWHERE),
                        reference("networkGroups", "g"),
                    ),
                    destinations=(prefix("*"),),
                    source_port_ranges=(ports("1024-65535"),),
                    destination_port_ranges=(ports("53"),),
                    source=ANYWHERE,
                ),
                unknown("more", UnknownKind.RULES),
            ),
            source=ANYWHERE,
        ),
    )


def test_no_deployments_is_not_the_same_as_unknown_deployments() -> None:
    assert only(NetworkManager, "networkManagers: [{name: m}]").deployments is None
    assert only(NetworkManager, "networkManagers: [{name: m, deployments: []}]").deployments == ()


def test_a_deployment_of_nothing_to_several_regions() -> None:
    text = "networkManagers: [{name: m, deployments: [{targetLocations: [West Europe, '*'], configurations: []}]}]"
    (deployment,) = only(NetworkManager, text).deployments or ()
    assert deployment.target_locations == ("westeurope", "*")
    assert deployment.configurations == ()


def test_service_tags_make_one_catalogue() -> None:
    text = "variables: {net: [192.0.2.0/25, 192.0.2.128/25]}\nserviceTags: {Backup.WestEurope: $net, Own: 10.0.0.4}"
    found = only(ServiceTagCatalogue, text)
    assert found.tags == {
        "backup.westeurope": ServiceTagEntry("Backup.WestEurope", ("192.0.2.0/25", "192.0.2.128/25")),
        "own": ServiceTagEntry("Own", ("10.0.0.4",)),
    }


def test_an_assertion_without_limits_is_about_everything() -> None:
    found = only(Assertion, "assertions: [{name: a, kind: always}]")
    assert (found.sources, found.destinations, found.destination_port_ranges) == ((), (), ())
    assert found.protocol.is_full


def test_the_kinds_of_resources_that_an_assertion_may_speak_of() -> None:
    kinds = ["applicationSecurityGroup", "networkGroup", "virtualNetwork", "subnet", "networkInterface"]
    sources = ", ".join(f"{{{kind}: x}}" for kind in kinds)
    found = only(Assertion, f"assertions: [{{name: a, kind: never, source: [{sources}], destination: {{unknown: u}}}}]")
    assert found.sources == tuple(reference(f"{kind}s", "x") for kind in kinds)
    assert found.destinations == (unknown("u", UnknownKind.ADDRESS),)


def test_variables_may_use_those_above_them() -> None:
    variables = "variables: {a: [10.0.0.4, 10.0.0.5], b: [$a, {unknown: u}, $a], c.d-e: $b}"
    text = f"{variables}\nassertions: [{{name: a, kind: never, source: [$c.d-e, Internet]}}]"
    assert only(Assertion, text).sources == (
        prefix("10.0.0.4"),
        prefix("10.0.0.5"),
        unknown("u", UnknownKind.ADDRESS),
        ServiceTag("Internet", ANYWHERE),
    )


def test_a_variables_values_stand_where_it_is_used() -> None:
    text = "variables: {a: 10.0.0.4}\nassertions:\n  - {name: a, kind: never, source: $a}\n"
    (found,) = only(Assertion, text).sources
    assert str(found.source) == "input.yaml:4:36"


def test_variables_that_double_one_another_do_not_grow() -> None:
    names = [f"v{number}" for number in range(200)]
    doubled = ", ".join(f"{new}: [${old}, ${old}]" for old, new in pairwise(names))
    text = f"variables: {{v0: 10.0.0.4, {doubled}}}\nassertions: [{{name: a, kind: never, source: $v199}}]"
    assert only(Assertion, text).sources == (prefix("10.0.0.4"),)


def test_imports_are_handed_on_as_written() -> None:
    imports = read("nwpolicy: 1\nimports: [shared.yaml, ../net/hub.nwp]").imports
    assert [(found.path, found.source.location.span.column) for found in imports] == [
        ("shared.yaml", 11),
        ("../net/hub.nwp", 24),
    ]


def test_fields_tell_where_they_are_written() -> None:
    text = """routeTables:
  - name: rt
    routes:
      - name: r
        addressPrefix: 10.0.0.0/8
        nextHopType: None
"""
    (route,) = only(RouteTable, text).routes
    assert isinstance(route, Route)
    assert str(route.field_source("addressPrefix")) == "input.yaml:6:24"
    assert str(route.field_source("nextHopType")) == "input.yaml:7:22"
    assert str(route.source) == "input.yaml:5:9"


# YAML 1.1 would read all of these otherwise (yaml.org/spec/1.2.2, chapter 10.3).


def test_yaml_norway_is_text() -> None:
    assert only(NetworkSecurityGroup, "networkSecurityGroups: [{name: NO, location: no}]").name == "NO"


def test_yaml_a_number_in_base_60_is_no_port() -> None:
    fields = "priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: '*'"
    more = "destinationAddressPrefix: '*', destinationPortRange: 1:22"
    found = read(f"nwpolicy: 1\nnetworkSecurityGroups: [{{name: n, securityRules: [{{name: r, {fields}, {more}}}]}}]")
    assert [(d.code, d.message) for d in found.diagnostics] == [
        ("bad-port", "'1:22' is no port, range of ports or '*'")
    ]


def test_yaml_a_leading_zero_does_not_make_a_number_octal() -> None:
    found = rule("sourceAddressPrefix: '*', destinationAddressPrefix: '*', destinationPortRange: 0443")
    assert found.destination_port_ranges == (ports("443"),)


# Equal by the same meaning, whatever the form.


def test_json_gives_the_same_model_as_yaml() -> None:
    raw, document = yamltext.parse("same", (GOLDENS / "estate.yaml").read_text())
    expected = definitions.read(raw, document)
    raw, document = jsontext.parse("same", json.dumps(raw, indent=1))
    found = definitions.read(raw, document)
    assert expected.diagnostics == found.diagnostics == ()
    assert found.resources == expected.resources
    catalogues = [[r.tags for r in part.resources if isinstance(r, ServiceTagCatalogue)] for part in (found, expected)]
    assert catalogues[0] == catalogues[1] != []


def test_the_policy_language_gives_the_same_model() -> None:
    raw, document = yamltext.parse("same", (GOLDENS / "estate.yaml").read_text())
    expected = definitions.read(raw, document)
    found = nwp.read("same", (GOLDENS / "estate.nwp").read_text())
    assert expected.diagnostics == found.diagnostics == ()
    assert _by_name(found) == _by_name(expected)


def _by_name(fragment: Fragment) -> dict[tuple[str, str], Resource]:
    return {(resource.type, resource.name): resource for resource in fragment.resources}


def test_references_of_an_estate_are_found() -> None:
    raw, document = yamltext.parse("same", (GOLDENS / "estate.yaml").read_text())
    snapshot = assemble([definitions.read(raw, document)])
    (interface,) = snapshot.all(NetworkInterface)
    (configuration,) = interface.ip_configurations
    assert configuration.private_ip_address == Address.parse("10.0.1.4")
    assert isinstance(configuration.subnet, Reference)
    (subnet,) = snapshot.find(Subnet, configuration.subnet)
    assert isinstance(subnet.network_security_group, Reference)
    assert snapshot.find(NetworkSecurityGroup, subnet.network_security_group) == snapshot.all(NetworkSecurityGroup)
    (group,) = snapshot.named(NetworkGroup, "prod")
    assert isinstance(group.members[0], Reference)
    assert snapshot.find(Subnet, group.members[0]) == (subnet,)


# The examples of docs/definitions.md.


def _examples() -> Iterator[tuple[str, str]]:
    lines = iter((Path(__file__).parents[3] / "docs" / "definitions.md").read_text().splitlines())
    for line in lines:
        if line in ("```yaml", "```json"):
            yield line[3:], "\n".join(iter(lambda: next(lines), "```"))


@pytest.mark.parametrize(("language", "text"), list(_examples()))
def test_the_examples_of_the_documentation_are_read(language: str, text: str) -> None:
    raw, document = (yamltext if language == "yaml" else jsontext).parse("example", text)
    fragment = definitions.read(raw, document)
    assert [d for d in fragment.diagnostics if d.severity is not Severity.NOTE] == []
    assert fragment.resources


def test_the_first_two_examples_of_the_documentation_say_the_same() -> None:
    (_, as_yaml), (_, as_json), *_ = _examples()
    first = definitions.read(*yamltext.parse("example", as_yaml)).resources
    assert definitions.read(*jsontext.parse("example", as_json)).resources == first
