"""What each statement of the language means in the model."""

from __future__ import annotations

from typing import Any

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.avnm import IntentPolicyOption, MemberType, NetworkManager
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface, PublicIpAddress, VirtualNetwork
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.resource import AddressPrefix, Reference, ServiceTag
from nwpolicy.model.routes import NextHopType, RouteTable
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import read

LET = "let offices = 198.51.100.0/24, 203.0.113.0/24\nlet web = 80, 443, 8000-8080\n"


def one(text: str) -> Any:
    fragment = read("a.nwp", text)
    assert fragment.diagnostics == ()
    (resource,) = fragment.resources
    return resource


def inbound(line: str, before: str = "") -> SecurityRule:
    nsg = one(f"{before}nsg web {{\n  inbound {{\n    {line}\n  }}\n}}\n")
    assert isinstance(nsg, NetworkSecurityGroup)
    (rule,) = nsg.security_rules
    assert isinstance(rule, SecurityRule)
    return rule


def shown(values: tuple[Any, ...]) -> list[str]:
    return [str(value.addresses) if isinstance(value, AddressPrefix) else value.name for value in values]


def test_a_rule() -> None:
    rule = inbound('100 allow-https Allow TCP from Internet, 10.0.0.0/8 to asg web port 443, 80-81 description "x y"')
    assert (rule.priority, rule.name, rule.access, rule.direction) == (
        100,
        "allow-https",
        Access.ALLOW,
        Direction.INBOUND,
    )
    assert rule.protocol == IntervalSet(8, ((6, 6),))
    assert shown(rule.sources) == ["Internet", "10.0.0.0/8"]
    assert isinstance(rule.sources[0], ServiceTag)
    (destination,) = rule.destinations
    assert isinstance(destination, Reference)
    assert (destination.type, destination.target) == ("applicationSecurityGroups", "web")
    assert [ports.ports.intervals for ports in rule.destination_port_ranges if not isinstance(ports, Unknown)] == [
        ((443, 443),),
        ((80, 81),),
    ]
    assert rule.description == "x y"


def test_a_rule_without_source_ports_has_any() -> None:
    (ports,) = inbound("100 a allow tcp from * to * port 443").source_port_ranges
    assert not isinstance(ports, Unknown)
    assert ports.ports == ANY_PORT


def test_ports_belong_to_what_stands_before_them() -> None:
    rule = inbound("100 a allow udp from * port 1024-65535 to * port 53")
    (source,), (destination,) = rule.source_port_ranges, rule.destination_port_ranges
    assert not isinstance(source, Unknown)
    assert not isinstance(destination, Unknown)
    assert (source.ports.intervals, destination.ports.intervals) == (((1024, 65535),), ((53, 53),))


@pytest.mark.parametrize("word", ["*", "any"])
def test_any_address(word: str) -> None:
    (source,) = inbound(f"100 a deny * from {word} to *").sources
    assert isinstance(source, AddressPrefix)
    assert source.addresses == ANY_ADDRESS


def test_a_line_goes_on_after_a_comma_and_before_a_clause() -> None:
    rule = inbound('100 a allow tcp  # why\n from 10.0.0.0/8, # one\n\n 11.0.0.0/8\n to *\n port 443\n description "d"')
    assert shown(rule.sources) == ["10.0.0.0/8", "11.0.0.0/8"]
    assert rule.description == "d"


def test_variables_are_put_in_where_they_are_used() -> None:
    rule = inbound("100 a allow tcp from $offices, 10.0.0.0/8 to * port $web", LET)
    assert shown(rule.sources) == ["198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8"]
    assert len(rule.destination_port_ranges) == 3


def test_a_value_of_a_variable_has_its_place_where_it_is_written() -> None:
    rule = inbound("100 a allow tcp from $offices to * port $web", LET)
    assert [str(source.source.location) for source in rule.sources] == ["a.nwp:1:15", "a.nwp:1:32"]


def test_variables_of_variables() -> None:
    rule = inbound("100 a allow tcp from $all to * port 1", "let all = $b, 10.0.0.0/8\nlet b = 11.0.0.0/8\n")
    assert shown(rule.sources) == ["11.0.0.0/8", "10.0.0.0/8"]


def test_places_of_a_rule_and_of_its_fields() -> None:
    rule = inbound("100 a allow tcp from 10.0.0.0/8 to * port 443")
    assert str(rule.source.location) == "a.nwp:3:5"
    assert rule.source.location.span.end_column == 50
    places = {name: source.location.span.column for name, source in rule.fields.items()}
    assert places == {
        "name": 9,
        "priority": 5,
        "access": 11,
        "protocol": 17,
        "direction": 3,
        "sourceAddressPrefixes": 26,
        "destinationAddressPrefixes": 40,
        "destinationPortRanges": 47,
    }


def test_what_is_not_known_keeps_its_name_and_kind() -> None:
    rule = inbound("?p a ?access ?protocol from ?cidr to * port ?ports if ?deploy")
    unknowns = (rule.priority, rule.access, rule.protocol, *rule.sources, *rule.destination_port_ranges, rule.condition)
    assert [(unknown.name, unknown.kind) for unknown in unknowns if isinstance(unknown, Unknown)] == [
        ("p", UnknownKind.PRIORITY),
        ("access", UnknownKind.ACCESS),
        ("protocol", UnknownKind.PROTOCOL),
        ("cidr", UnknownKind.ADDRESS),
        ("ports", UnknownKind.PORT),
        ("deploy", UnknownKind.CONDITION),
    ]


def test_rules_that_are_not_known() -> None:
    nsg = one("nsg web { rules ?generated\n ?direction { 100 a deny * from * to * } }")
    unknown, rule = nsg.security_rules
    assert (unknown.name, unknown.kind) == ("generated", UnknownKind.RULES)
    assert rule.direction.kind is UnknownKind.DIRECTION


def test_host_bits_are_masked_with_a_warning() -> None:
    fragment = read("a.nwp", "vnet hub { address 10.0.0.4/8 }")
    assert [found.code for found in fragment.diagnostics] == ["host-bits"]
    hub = fragment.resources[0]
    assert isinstance(hub, VirtualNetwork)
    assert shown(hub.address_space) == ["10.0.0.0/8"]


def test_a_virtual_network() -> None:
    hub = one(
        """vnet hub {
          location "West Europe"
          id "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub"
          address 10.0.0.0/16, fd00::/48
          subnet db { address 10.0.2.0/24; nsg nsg-db; route-table ?rt; private-endpoint-policies Enabled }
          peering spoke { remote spoke; allow-forwarded-traffic; allow-virtual-network-access no
            use-remote-gateways ?gw }
        }"""
    )
    assert isinstance(hub, VirtualNetwork)
    assert hub.location == "westeurope"
    assert hub.id is not None
    (subnet,) = hub.subnets
    assert isinstance(subnet.network_security_group, Reference)
    assert isinstance(subnet.route_table, Unknown)
    assert subnet.private_endpoint_network_policies == "Enabled"
    (peering,) = hub.peerings
    assert (peering.allow_forwarded_traffic, peering.allow_virtual_network_access) == (True, False)
    assert isinstance(peering.use_remote_gateways, Unknown)


@pytest.mark.parametrize(
    ("written", "hop", "addresses"),
    [
        ("appliance 10.0.0.4", NextHopType.VIRTUAL_APPLIANCE, 1),
        ("appliance 10.0.0.4, 10.0.0.5", NextHopType.VIRTUAL_APPLIANCE_ECMP, 2),
        ("gateway", NextHopType.VIRTUAL_NETWORK_GATEWAY, 0),
        ("vnet", NextHopType.VNET_LOCAL, 0),
        ("internet", NextHopType.INTERNET, 0),
        ("none", NextHopType.NONE, 0),
    ],
)
def test_next_hops(written: str, hop: NextHopType, addresses: int) -> None:
    table = one(f"route-table rt {{ route default 0.0.0.0/0 via {written} }}")
    assert isinstance(table, RouteTable)
    (route,) = table.routes
    assert not isinstance(route, Unknown)
    assert (route.next_hop_type, len(route.next_hop_ip_addresses)) == (hop, addresses)


def test_a_network_interface() -> None:
    nic = one("nic n { ip-forwarding; ip one { address fd00::4; subnet hub/web; asg web, app } }")
    assert isinstance(nic, NetworkInterface)
    assert nic.enable_ip_forwarding is True
    (ip,) = nic.ip_configurations
    assert (ip.private_ip_address, ip.family) == (Address.parse("fd00::4"), Family.IPV6)
    assert isinstance(ip.subnet, Reference)
    assert ip.subnet.id.names == ("hub", "web")
    assert len(ip.application_security_groups) == 2


def test_a_public_address() -> None:
    address = one("public-ip pip { sku standard }")
    assert isinstance(address, PublicIpAddress)
    assert address.sku == "Standard"


def test_a_network_manager() -> None:
    manager = one(
        """network-manager corp {
          management-group mg; subscription 00000000-0000-0000-0000-000000000000; scope-level 1
          group networks { vnet hub, ?more }
          group subnets { subnet hub/web; committed 10.0.0.0/24 }
          configuration base {
            intent-policy-services AllowRulesOnly
            collection one {
              applies-to networks
              inbound { 1 monitoring always-allow * from any to group subnets }
            }
          }
          deploy base to westeurope, "North Europe"
        }"""
    )
    assert isinstance(manager, NetworkManager)
    networks, subnets = manager.network_groups
    assert (networks.member_type, subnets.member_type) == (MemberType.VIRTUAL_NETWORK, MemberType.SUBNET)
    assert [type(member) for member in networks.members] == [Reference, Unknown]
    (configuration,) = manager.security_admin_configurations
    assert configuration.apply_on_network_intent_policy_based_services == (IntentPolicyOption.ALLOW_RULES_ONLY,)
    (rule,) = configuration.rule_collections[0].rules
    assert not isinstance(rule, Unknown)
    assert (rule.access, rule.sources, rule.destination_port_ranges) == (Access.ALWAYS_ALLOW, (), ())
    assert manager.deployments is not None
    assert manager.deployments[0].target_locations == ("westeurope", "northeurope")


def test_what_is_deployed_is_not_known_unless_said() -> None:
    assert one("network-manager corp").deployments is None
    assert one("network-manager corp { nothing-deployed }").deployments == ()


def test_tags_of_a_file_are_a_catalogue() -> None:
    catalogue = one("tag Corp = 10.0.0.0/8, 10.1.0.0-10.1.0.2\ntag Lab = 192.0.2.1")
    assert isinstance(catalogue, ServiceTagCatalogue)
    assert catalogue.tags["corp"].address_prefixes == ("10.0.0.0/8", "10.1.0.0/31", "10.1.0.2")
    assert catalogue.tags["lab"].name == "Lab"


def test_an_assertion() -> None:
    assertion = one(
        "assert no-sql never tcp, udp from vnet spoke to subnet hub/db port 1433\n"
        'owner team reason "why" expires 2027-01-31'
    )
    assert assertion.protocol == IntervalSet(8, ((6, 6), (17, 17)))
    assert [(end.type, end.target) for end in (*assertion.sources, *assertion.destinations)] == [
        ("virtualNetworks", "spoke"),
        ("subnets", "hub/db"),
    ]
    assert (assertion.owner, assertion.reason, assertion.expires) == ("team", "why", "2027-01-31")


def test_several_definitions_that_are_only_names() -> None:
    assert [group.name for group in read("a.nwp", 'asg web, "my app"; asg db').resources] == ["web", "my app", "db"]


def test_byte_order_mark_and_line_ends() -> None:
    fragment = read("a.nwp", "\ufeffvnet hub {\r\n  address 10.0.0.0/8\r\n}\r")
    assert fragment.diagnostics == ()
    hub = fragment.resources[0]
    assert isinstance(hub, VirtualNetwork)
    assert str(hub.source.location) == "a.nwp:1:1"
    assert str(hub.address_space[0].source.location) == "a.nwp:2:11"
    assert hub.address_space[0] == AddressPrefix(AddressSet.parse("10.0.0.0/8"), "", hub.source)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "  ;;\n # nothing\n"])
def test_a_file_without_statements(text: str) -> None:
    fragment = read("a.nwp", text)
    assert (fragment.resources, fragment.diagnostics) == ((), ())
