from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, ANY_IPV6, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.rules import (
    Access,
    ApplicationSecurityGroup,
    Direction,
    NetworkSecurityGroup,
    Rule,
    SecurityRule,
)
from nwpolicy.model.unknowns import Unknown, UnknownKind

ASG = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationSecurityGroups/web"
PROPERTIES: dict[str, Any] = {
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "destinationPortRange": "443",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "10.0.0.0/24",
    "access": "Allow",
    "priority": 100,
    "direction": "Inbound",
}


def group(*rules: object) -> str:
    body = {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": {"securityRules": rules}}
    return json.dumps(body)


def rule(**changes: object) -> str:
    """An NSG with one rule: the usual properties, some changed, those without a value left out."""
    properties = {key: value for key, value in {**PROPERTIES, **changes}.items() if value is not None}
    return group({"name": "r", "properties": properties})


def only_rule(resource: Resource) -> SecurityRule:
    assert isinstance(resource, NetworkSecurityGroup)
    (found,) = resource.security_rules
    assert isinstance(found, SecurityRule)
    return found


def texts(terms: tuple[object, ...]) -> list[str]:
    """Prefixes, tags and groups by what they say."""
    said = []
    for term in terms:
        match term:
            case AddressPrefix():
                said.append(str(term.addresses))
            case ServiceTag():
                said.append(term.name)
            case _:
                said.append(str(term))
    return said


def ports(rule: Rule) -> list[IntervalSet | Unknown]:
    return [item.ports if isinstance(item, PortRange) else item for item in rule.destination_port_ranges]


def test_a_rule_is_read_field_by_field(read_one: Callable[[str], Resource]) -> None:
    found = only_rule(read_one(rule(description="lets clients in")))
    assert (found.name, found.priority, found.description) == ("r", 100, "lets clients in")
    assert (found.access, found.direction) == (Access.ALLOW, Direction.INBOUND)
    assert found.protocol == IntervalSet.of(8, [(6, 6)])
    assert texts(found.sources) == ["*"]
    assert texts(found.destinations) == ["10.0.0.0/24"]
    assert ports(found) == [IntervalSet.of(16, [(443, 443)])]
    assert not found.is_default


def test_the_shape_that_the_azure_cli_prints_reads_the_same(read_one: Callable[[str], Resource]) -> None:
    flat = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg",
        "type": "Microsoft.Network/networkSecurityGroups",
        "name": "nsg",
        "etag": 'W/"1"',
        "location": "West Europe",
        "provisioningState": "Succeeded",
        "resourceGroup": "g",
        "securityRules": [{"name": "r", "etag": 'W/"1"', "resourceGroup": "g", "type": "x", **PROPERTIES}],
    }
    found = read_one(json.dumps(flat))
    assert only_rule(found) == only_rule(read_one(rule()))
    assert found.location == "westeurope"
    assert found.id == flat["id"]


@pytest.mark.parametrize(
    ("written", "protocol"),
    [
        ("Tcp", [(6, 6)]),
        ("TCP", [(6, 6)]),
        ("udp", [(17, 17)]),
        ("Icmp", [(1, 1)]),
        ("Esp", [(50, 50)]),
        ("Ah", [(51, 51)]),
        ("*", [(0, 255)]),
        ("6", [(6, 6)]),
        (47, [(47, 47)]),
    ],
)
def test_protocol(written: str | int, protocol: list[tuple[int, int]], read_one: Callable[[str], Resource]) -> None:
    assert only_rule(read_one(rule(protocol=written))).protocol == IntervalSet.of(8, protocol)


@pytest.mark.parametrize(
    ("written", "intervals"),
    [
        (443, (443, 443)),
        ("443", (443, 443)),
        ("80-90", (80, 90)),
        ("0-65535", (0, 65535)),
        ("*", (0, 65535)),
        (0, (0, 0)),
    ],
)
def test_ports(written: str | int, intervals: tuple[int, int], read_one: Callable[[str], Resource]) -> None:
    found = only_rule(read_one(rule(destinationPortRange=written)))
    assert ports(found) == [IntervalSet.of(16, [intervals])]


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("*", ANY_ADDRESS),
        ("Any", ANY_ADDRESS),
        ("0.0.0.0/0", ANY_IPV4),
        ("::/0", ANY_IPV6),
        ("10.1.2.3", AddressSet.parse("10.1.2.3/32")),
        ("2001:db8::/32", AddressSet.parse("2001:db8::/32")),
    ],
)
def test_any_is_both_families_and_a_zero_prefix_one(
    written: str, addresses: AddressSet, read_one: Callable[[str], Resource]
) -> None:
    (term,) = only_rule(read_one(rule(sourceAddressPrefix=written))).sources
    assert isinstance(term, AddressPrefix)
    assert (term.addresses, term.text) == (addresses, written)


@pytest.mark.parametrize("tag", ["Internet", "virtualNetwork", "VIRTUAL_NETWORK", "Storage.WestEurope", "AzureCloud"])
def test_a_service_tag_is_told_by_its_form(tag: str, read_one: Callable[[str], Resource]) -> None:
    (term,) = only_rule(read_one(rule(sourceAddressPrefix=tag))).sources
    assert isinstance(term, ServiceTag)
    assert (term.name, term.expansion) == (tag, None)


def test_singular_and_plural_are_one_union(read_one: Callable[[str], Resource]) -> None:
    found = only_rule(
        read_one(
            rule(
                sourceAddressPrefix="10.0.0.1",
                sourceAddressPrefixes=["10.0.0.2", "10.0.0.3"],
                destinationPortRange="1",
                destinationPortRanges=["2-3", 5],
            )
        )
    )
    assert texts(found.sources) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert ports(found) == [IntervalSet.of(16, [pair]) for pair in ((1, 1), (2, 3), (5, 5))]


def test_empty_text_and_null_are_absent(read_one: Callable[[str], Resource]) -> None:
    text = rule(sourceAddressPrefix="", sourceAddressPrefixes=["10.0.0.2"]).replace('"r"', '"r", "id": null')
    assert texts(only_rule(read_one(text)).sources) == ["10.0.0.2"]


def test_application_security_groups(read_one: Callable[[str], Resource]) -> None:
    found = only_rule(read_one(rule(sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": ASG}])))
    (term,) = found.sources
    assert isinstance(term, Reference)
    assert (term.type, term.target, term.name) == ("applicationSecurityGroups", ASG, "web")


def test_an_application_security_group_is_a_definition(read_one: Callable[[str], Resource]) -> None:
    found = read_one('{"type": "microsoft.network/applicationsecuritygroups", "name": "web"}')
    assert isinstance(found, ApplicationSecurityGroup)
    assert found.name == "web"


def test_default_rules(read_one: Callable[[str], Resource]) -> None:
    text = group()
    assert read_one(text) == NetworkSecurityGroup(name="nsg", source=read_one(text).source)
    body = json.loads(text)
    body["properties"]["defaultSecurityRules"] = [
        {"name": "DenyAllInBound", "properties": {**PROPERTIES, "priority": 65500}}
    ]
    found = read_one(json.dumps(body))
    assert isinstance(found, NetworkSecurityGroup)
    assert found.security_rules == ()
    assert found.default_security_rules is not None
    assert [(r.name, r.priority, r.is_default) for r in found.default_security_rules] == [
        ("DenyAllInBound", 65500, True)
    ]


def test_fields_point_at_their_values(read_one: Callable[[str], Resource]) -> None:
    text = """{
  "type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "nsg/r",
  "properties": {
    "Protocol": "Tcp", "access": "Allow", "direction": "Inbound",
    "priority": 100,
    "sourceAddressPrefix": "*", "sourcePortRange": "*",
    "destinationAddressPrefixes": ["10.0.0.1",
      "10.0.0.2"], "destinationPortRange": 22
  }
}"""
    found = read_one(text)
    assert isinstance(found, SecurityRule)
    places = {name: str(source) for name, source in found.fields.items()}
    assert places == {
        "name": "in.json:2:76",
        "protocol": "in.json:4:17",
        "access": "in.json:4:34",
        "direction": "in.json:4:56",
        "priority": "in.json:5:17",
        "sourceAddressPrefix": "in.json:6:28",
        "sourcePortRange": "in.json:6:52",
        "destinationAddressPrefixes": "in.json:7:35",
        "destinationPortRange": "in.json:8:44",
    }
    second = found.destinations[1]
    assert isinstance(second, AddressPrefix)
    assert str(second.source) == "in.json:8:7"
    assert str(found.source) == "in.json:1:1"
    assert found.parent is not None
    assert (found.name, found.parent.type, found.parent.target) == ("r", "networkSecurityGroups", "nsg")


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("priority", UnknownKind.PRIORITY),
        ("access", UnknownKind.ACCESS),
        ("direction", UnknownKind.DIRECTION),
        ("protocol", UnknownKind.PROTOCOL),
    ],
)
def test_an_unknown_scalar_stays_unknown(field: str, kind: UnknownKind, read_one: Callable[[str], Resource]) -> None:
    value = getattr(only_rule(read_one(rule(**{field: "?p"}))), field)
    assert isinstance(value, Unknown)
    assert (value.name, value.kind, value.reason) == ("p", kind, "no default")


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        ({"sourceAddressPrefix": "?p"}, "sources", ("p", UnknownKind.ADDRESS)),
        ({"sourceAddressPrefix": None, "sourceAddressPrefixes": "?p"}, "sources", ("p", UnknownKind.ADDRESS)),
        ({"sourceAddressPrefix": None, "sourceAddressPrefixes": ["?p"]}, "sources", ("p", UnknownKind.ADDRESS)),
        ({"destinationPortRange": "?p"}, "destination_port_ranges", ("p", UnknownKind.PORT)),
        (
            {"destinationPortRange": None, "destinationPortRanges": "?p"},
            "destination_port_ranges",
            ("p", UnknownKind.PORT),
        ),
        ({"sourcePortRange": "?p"}, "source_port_ranges", ("p", UnknownKind.PORT)),
        (
            {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": [{"id": "?p"}]},
            "sources",
            ("p", UnknownKind.REFERENCE),
        ),
        (
            {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": ["?p"]},
            "sources",
            ("p.id", UnknownKind.REFERENCE),
        ),
    ],
)
def test_an_unknown_in_a_list_stays_unknown(
    changes: dict[str, object], attribute: str, expected: tuple[str, UnknownKind], read_one: Callable[[str], Resource]
) -> None:
    (value,) = getattr(only_rule(read_one(rule(**changes))), attribute)
    assert isinstance(value, Unknown)
    assert (value.name, value.kind) == expected


def test_a_rule_of_unknown_properties_is_unknown_in_every_field(read_one: Callable[[str], Resource]) -> None:
    found = only_rule(read_one(group({"name": "r", "properties": "?p"})))
    values = (
        *(found.priority, found.direction, found.access, found.protocol),
        *(*found.sources, *found.destinations, *found.source_port_ranges, *found.destination_port_ranges),
    )
    assert [(value.name, value.kind) for value in values if isinstance(value, Unknown)] == [
        ("p.priority", UnknownKind.PRIORITY),
        ("p.direction", UnknownKind.DIRECTION),
        ("p.access", UnknownKind.ACCESS),
        ("p.protocol", UnknownKind.PROTOCOL),
        ("p.sourceAddressPrefix", UnknownKind.ADDRESS),
        ("p.destinationAddressPrefix", UnknownKind.ADDRESS),
        ("p.sourcePortRange", UnknownKind.PORT),
        ("p.destinationPortRange", UnknownKind.PORT),
    ]


@pytest.mark.parametrize("rules", ["?all", ["?all"]])
def test_unknown_rules_are_any_number_of_rules(rules: object, read_one: Callable[[str], Resource]) -> None:
    body = {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": {"securityRules": rules}}
    found = read_one(json.dumps(body))
    assert isinstance(found, NetworkSecurityGroup)
    (unknown,) = found.security_rules
    assert isinstance(unknown, Unknown)
    assert (unknown.name, unknown.kind) == ("all", UnknownKind.RULES)


def test_unknown_and_known_rules_keep_their_order(read_one: Callable[[str], Resource]) -> None:
    found = read_one(group({"name": "a", "properties": PROPERTIES}, "?some", {"name": "b", "properties": PROPERTIES}))
    assert isinstance(found, NetworkSecurityGroup)
    assert [item.name for item in found.security_rules] == ["a", "some", "b"]


def test_everything_of_a_group_of_unknown_properties_is_unknown(read_one: Callable[[str], Resource]) -> None:
    found = read_one('{"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": "?p"}')
    assert isinstance(found, NetworkSecurityGroup)
    assert found.default_security_rules is None
    (unknown,) = found.security_rules
    assert isinstance(unknown, Unknown)
    assert (unknown.name, unknown.kind) == ("p.securityRules", UnknownKind.RULES)


def test_an_unknown_name_is_what_its_author_calls_it(read_one: Callable[[str], Resource]) -> None:
    found = read_one('{"type": "Microsoft.Network/networkSecurityGroups", "name": "?nsgName"}')
    assert found.name == "nsgName"


def test_a_rule_keeps_the_values_that_can_be_read(read: Callable[[str], Any]) -> None:
    found = read(rule(destinationPortRange=None, destinationPortRanges=["22", "70000"]))
    assert found.codes == ["bad-port"]
    first, second = only_rule(found.resources[0]).destination_port_ranges
    assert isinstance(first, PortRange)
    assert isinstance(second, Unknown)
    assert second.kind is UnknownKind.PORT


def test_all_five_dimensions_of_a_default_export(read_one: Callable[[str], Resource]) -> None:
    found = only_rule(read_one(rule(protocol="*", destinationPortRange="*", destinationAddressPrefix="*")))
    assert found.protocol == ANY_PROTOCOL
    assert ports(found) == [ANY_PORT]
    assert texts(found.destinations) == ["*"]
