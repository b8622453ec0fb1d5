"""Why flows fare as they do: layers in Azure's order, the decisive rule and its place, and near misses with the fields
on which they failed.

Expectations are worked out by hand from Microsoft's documentation; "diagnostics" is Microsoft Learn, NSG diagnostics
overview, "how NSGs work" is How network security groups filter network traffic, "admin rules" is Security admin rules
in Azure Virtual Network Manager.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nwpolicy.queries.answers import LayerAnswer, VerdictName, WhyAnswer
from tests.fixing import asked_why, estate, rule, write

Fields = dict[str, tuple[str, ...]]


def asked(folder: Path, content: dict[str, Any], remote: str, port: str | None = None, **more: Any) -> WhyAnswer:
    words = {"nic": "a", "direction": "Inbound", "protocol": "tcp", "remote": remote, "port": port}
    return asked_why(write(folder, content), **{**words, **more})


def layers(answer: WhyAnswer) -> list[tuple[str, bool, str, str | None]]:
    """Of the only part: each layer's kind, whether it was reached, what it does, and its rule."""
    (part,) = answer.parts
    return [
        (layer.kind, layer.reached, layer.outcome, layer.rule.diagnostics_name if layer.rule else None)
        for layer in part.layers
    ]


def missed(layer: LayerAnswer) -> Fields:
    return {miss.rule.name: tuple(field.field for field in miss.failed) for miss in layer.missed}


def admin_rule(name: str, priority: int, access: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "priority": priority, "direction": "Inbound", "access": access, "protocol": "Tcp", **fields}


def managed(*rules: dict[str, Any]) -> dict[str, Any]:
    """A manager whose rules are committed for the network of `estate`."""
    collection = {"name": "c", "appliesToGroups": "g", "rules": list(rules)}
    return {
        "networkManagers": [
            {
                "name": "m",
                "networkGroups": [{"name": "g", "staticMembers": ["v"]}],
                "securityAdminConfigurations": [{"name": "sac", "ruleCollections": [collection]}],
                "deployments": [{"targetLocations": "*", "configurations": "sac"}],
            }
        ]
    }


ALL = rule("all", 100, "Allow", protocol="*")
HTTP = rule("http", 100, "Allow", source="Internet", port="80")
BASTION = ("10.0.1.0/26", "50")
DENY_VNET = rule("DenyVnetInBound", 1000, "Deny", protocol="*", source="VirtualNetwork")
ALLOW_BASTION = rule("AllowBastionConnections", 900, "Allow", protocol="*", source="10.0.1.0/26")


def test_nic_group_denies_what_the_subnet_group_allowed(tmp_path: Path) -> None:
    """The example of diagnostics: the subnet's group matched its default rule, the interface's group denies."""
    answer = asked(tmp_path, estate(nic_rules=[DENY_VNET]), *BASTION)
    assert answer.verdict is VerdictName.DENY
    assert layers(answer) == [
        ("subnet NSG", True, "pass", "DefaultRule_AllowVnetInBound"),
        ("NIC NSG", True, "deny", "UserRule_DenyVnetInBound"),
    ]


def test_earlier_rule_allows_bastion(tmp_path: Path) -> None:
    """The solution of the same example: a rule of higher priority."""
    answer = asked(tmp_path, estate(nic_rules=[DENY_VNET, ALLOW_BASTION]), *BASTION)
    assert answer.verdict is VerdictName.ALLOW
    assert layers(answer)[1] == ("NIC NSG", True, "pass", "UserRule_AllowBastionConnections")
    assert answer.fix is None
    assert answer.no_fix is None


def test_probe_is_lost_with_the_virtual_network(tmp_path: Path) -> None:
    """Microsoft Learn, Service tags: the platform's address, from which probes come, is part of VirtualNetwork."""
    answer = asked(tmp_path, estate(nic_rules=[DENY_VNET]), "168.63.129.16", "80")
    assert layers(answer)[1] == ("NIC NSG", True, "deny", "UserRule_DenyVnetInBound")


def test_layer_behind_the_one_that_denies_tells_what_it_would_do(tmp_path: Path) -> None:
    """How NSGs work, VM1: the subnet's group denies, the interface's is never asked."""
    answer = asked(tmp_path, estate(nic_rules=[HTTP]), "203.0.113.9", "80")
    assert layers(answer) == [
        ("subnet NSG", True, "deny", "DefaultRule_DenyAllInBound"),
        ("NIC NSG", False, "pass", "UserRule_http"),
    ]
    assert answer.parts[0].layers[1].missed == ()


def test_both_groups_allow(tmp_path: Path) -> None:
    """How NSGs work, VM1."""
    answer = asked(tmp_path, estate(HTTP, nic_rules=[HTTP]), "203.0.113.9", "80")
    assert [layer[3] for layer in layers(answer)] == ["UserRule_http", "UserRule_http"]
    assert answer.verdict is VerdictName.ALLOW


def test_subnet_group_alone(tmp_path: Path) -> None:
    """How NSGs work, VM2."""
    assert layers(asked(tmp_path, estate(HTTP), "203.0.113.9", "80")) == [("subnet NSG", True, "pass", "UserRule_http")]


def test_without_groups_everything_passes(tmp_path: Path) -> None:
    """How NSGs work, VM4."""
    content = estate()
    del content["virtualNetworks"][0]["subnets"][0]["networkSecurityGroup"]
    answer = asked(tmp_path, content, "203.0.113.9", "80")
    assert answer.verdict is VerdictName.ALLOW
    assert layers(answer) == []


def test_outbound_meets_the_interface_first(tmp_path: Path) -> None:
    """How NSGs work, outbound traffic, VM1: the interface's group denies port 80, the subnet's is not asked."""
    denied = rule("no-http", 100, "Deny", destination="Internet", port="80", direction="Outbound")
    answer = asked(tmp_path, estate(nic_rules=[denied]), "203.0.113.9:80", direction="Outbound")
    assert layers(answer) == [
        ("NIC NSG", True, "deny", "UserRule_no-http"),
        ("subnet NSG", False, "pass", "DefaultRule_AllowInternetOutBound"),
    ]


def test_machines_of_one_subnet_are_filtered_too(tmp_path: Path) -> None:
    """How NSGs work, intra-subnet traffic."""
    answer = asked(tmp_path, estate(rule("no", 100, "Deny", protocol="*")), "10.0.0.5", "22")
    assert layers(answer) == [("subnet NSG", True, "deny", "UserRule_no")]


# Near misses


def test_fields_on_which_rules_failed(tmp_path: Path) -> None:
    """As in a recorded answer of NSG diagnostics to Tcp 10.1.1.4 -> *:50 (Azure PowerShell's session records): the
    rdp rule fails on its port alone, AllowAzureLoadBalancerInBound on its source."""
    answer = asked(tmp_path, estate(rule("rdp", 300, "Allow", port="3389")), "10.1.1.4", "50")
    (layer,) = answer.parts[0].layers
    assert layer.rule is not None
    assert layer.rule.diagnostics_name == "DefaultRule_DenyAllInBound"
    assert missed(layer) == {
        "rdp": ("destinationPort",),
        "AllowVnetInBound": ("source",),
        "AllowAzureLoadBalancerInBound": ("source",),
    }


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        ({"protocol": "Udp"}, ("protocol",)),
        ({"source": "198.51.100.0/24"}, ("source",)),
        ({"source_port": "1-1023"}, ("sourcePort",)),
        ({"destination": "10.0.0.5"}, ("destination",)),
        ({"port": ["22", "80-90"]}, ("destinationPort",)),
        ({"protocol": "Udp", "source": "198.51.100.0/24"}, ("protocol", "source")),
        (
            {"protocol": "Icmp", "source": "1.2.3.4", "source_port": "7", "destination": "10.0.0.5", "port": "7"},
            ("protocol", "source", "sourcePort", "destination", "destinationPort"),
        ),
    ],
)
def test_each_field_can_fail(tmp_path: Path, fields: dict[str, Any], failed: tuple[str, ...]) -> None:
    answer = asked(tmp_path, estate(rule("near", 100, "Allow", **fields)), "203.0.113.9:50000", "443")
    assert missed(answer.parts[0].layers[0])["near"] == failed


def test_near_miss_tells_what_the_rule_has_and_what_was_asked(tmp_path: Path) -> None:
    near = rule("near", 100, "Allow", source=["198.51.100.0/24", "192.0.2.1"], port=["22", "80-90"])
    answer = asked(tmp_path, estate(near), "203.0.113.9:50000", "443")
    found = next(miss for miss in answer.parts[0].layers[0].missed if miss.rule.name == "near")
    assert [(field.rule_has, field.asked) for field in found.failed] == [
        ("198.51.100.0/24, 192.0.2.1", "203.0.113.9"),
        ("22, 80-90", "443"),
    ]
    assert str(found.rule.location).endswith("estate.json:24:9")


def test_nearest_come_first_then_those_tried_first(tmp_path: Path) -> None:
    rules = [
        rule("far", 100, "Allow", protocol="Udp", source="1.2.3.4", port="7"),
        rule("near", 200, "Allow", port="7"),
        rule("nearer", 150, "Allow", port="8"),
    ]
    answer = asked(tmp_path, estate(*rules), "203.0.113.9", "443")
    assert list(missed(answer.parts[0].layers[0])) == [
        "nearer",
        "near",
        "AllowVnetInBound",
        "AllowAzureLoadBalancerInBound",
        "far",
    ]


def test_rules_that_would_decide_the_same_and_later_ones_are_no_near_misses(tmp_path: Path) -> None:
    rules = [
        rule("same", 100, "Deny", port="80"),
        rule("settles", 200, "Deny", port="443"),
        rule("later", 300, "Allow", port="443"),
    ]
    answer = asked(tmp_path, estate(*rules), "203.0.113.9", "443")
    assert missed(answer.parts[0].layers[0]) == {}


def test_what_allows_is_explained_by_what_would_have_denied(tmp_path: Path) -> None:
    rules = [rule("no-ssh", 100, "Deny", port="22"), rule("all", 200, "Allow")]
    answer = asked(tmp_path, estate(*rules), "203.0.113.9", "443")
    assert missed(answer.parts[0].layers[0]) == {"no-ssh": ("destinationPort",)}


def test_rule_of_several_prefixes_is_one_near_miss(tmp_path: Path) -> None:
    near = rule("near", 100, "Allow", source=["VirtualNetwork", "198.51.100.0/24"], port="443")
    answer = asked(tmp_path, estate(near), "203.0.113.9", "443")
    assert list(missed(answer.parts[0].layers[0])).count("near") == 1


# Places


def test_decisive_rule_has_its_place(tmp_path: Path) -> None:
    answer = asked(tmp_path, estate(rule("no", 100, "Deny", port="22")), "203.0.113.9", "22")
    found = answer.parts[0].layers[0].rule
    assert found is not None
    assert found.location is not None
    assert found.location.file == str(tmp_path / "estate.json")
    assert (found.location.span.line, found.location.span.column) == (24, 9)
    assert (found.priority, found.access, found.rule_name) == (100, "Deny", "securityRules/no")


def test_rule_that_azure_adds_has_no_place(tmp_path: Path) -> None:
    found = asked(tmp_path, estate(), "203.0.113.9", "22").parts[0].layers[0].rule
    assert found is not None
    assert (found.location, found.rule_name) == (None, "defaultSecurityRules/DenyAllInBound")


# Security admin rules


SSH = {"destinationPortRanges": ["22"]}


def test_admin_rule_denies_before_any_group(tmp_path: Path) -> None:
    """Microsoft Learn, Virtual network enforcement with security admin rules: groups cannot open what is denied."""
    answer = asked(tmp_path, estate(ALL, **managed(admin_rule("no-ssh", 10, "Deny", **SSH))), "203.0.113.9", "22")
    assert layers(answer) == [
        ("admin rules", True, "deny", "no-ssh"),
        ("subnet NSG", False, "pass", "UserRule_all"),
    ]


def test_admin_allow_leaves_the_decision_to_the_groups(tmp_path: Path) -> None:
    """The same article, on exceptions: traffic that is allowed still meets the groups."""
    rules = (admin_rule("no-ssh", 10, "Deny", **SSH), admin_rule("app", 5, "Allow", **SSH))
    answer = asked(tmp_path, estate(**managed(*rules)), "203.0.113.9", "22")
    assert layers(answer) == [
        ("admin rules", True, "pass", "app"),
        ("subnet NSG", True, "deny", "DefaultRule_DenyAllInBound"),
    ]
    allowed = asked(tmp_path, estate(ALL, **managed(*rules)), "203.0.113.9", "22")
    assert allowed.verdict is VerdictName.ALLOW


def test_always_allow_skips_the_groups(tmp_path: Path) -> None:
    """Admin rules: always allowed traffic is delivered without regard to groups."""
    scanner = admin_rule("scanner", 10, "AlwaysAllow", sources=["203.0.113.9"], destinationPortRanges=["443"])
    answer = asked(tmp_path, estate(rule("no", 100, "Deny", protocol="*"), **managed(scanner)), "203.0.113.9", "443")
    assert answer.verdict is VerdictName.ALLOW
    assert layers(answer) == [
        ("admin rules", True, "accept", "scanner"),
        ("subnet NSG", False, "deny", "UserRule_no"),
    ]


def test_admin_rule_of_the_lower_number_wins(tmp_path: Path) -> None:
    """Admin rules: the lower the number, the higher the priority."""
    rules = (admin_rule("no", 10, "Deny", **SSH), admin_rule("yes", 20, "Allow", **SSH))
    answer = asked(tmp_path, estate(ALL, **managed(*rules)), "203.0.113.9", "22")
    assert layers(answer)[0] == ("admin rules", True, "deny", "no")


def test_admin_rules_that_do_not_match_leave_it_to_the_groups(tmp_path: Path) -> None:
    answer = asked(tmp_path, estate(ALL, **managed(admin_rule("no-ssh", 10, "Deny", **SSH))), "203.0.113.9", "443")
    assert layers(answer) == [("admin rules", True, "none", None), ("subnet NSG", True, "pass", "UserRule_all")]
    assert missed(answer.parts[0].layers[0]) == {"no-ssh": ("destinationPort",)}


# The platform


def test_platform_traffic_is_exempt(tmp_path: Path) -> None:
    """Microsoft Learn, What is IP address 168.63.129.16: DNS is not subject to groups."""
    denied = rule("no", 100, "Deny", protocol="*", direction="Outbound")
    words = {"direction": "Outbound", "protocol": "udp"}
    (layer,) = asked(tmp_path, estate(denied), "168.63.129.16:53", **words).parts[0].layers
    assert layer.rule is not None
    assert (layer.outcome, layer.rule.statement is not None, layer.rule.rule_name) == ("pass", True, None)


def test_platform_layer_shows_only_where_it_acts(tmp_path: Path) -> None:
    """Microsoft Learn, Azure Virtual Network FAQ: multicast is not supported."""
    answer = asked(tmp_path, estate(ALL), "224.0.0.1:80", direction="Outbound")
    assert layers(answer)[0][:3] == ("platform", True, "deny")
    assert layers(asked(tmp_path, estate(ALL), "203.0.113.9", "80"))[0][0] == "subnet NSG"


# Sets


def test_each_deciding_rule_is_explained(tmp_path: Path) -> None:
    answer = asked(tmp_path, estate(rule("web", 100, "Allow", port="80")), "203.0.113.9", "80,443")
    assert answer.verdict is VerdictName.MIXED
    assert [(part.access, part.flows[0].destination_port if part.flows else None) for part in answer.parts] == [
        ("Allow", "80"),
        ("Deny", "443"),
    ]


def unknown_source(folder: Path) -> Path:
    """A template whose only rule allows a source that is a parameter without a default."""
    properties = {k: v for k, v in rule("ssh", 100, "Allow", port="22").items() if k != "name"}
    properties["sourceAddressPrefix"] = "[parameters('office')]"
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2024-05-01",
        "name": "web",
        "properties": {"securityRules": [{"name": "ssh", "properties": properties}]},
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    content = {"$schema": schema, "contentVersion": "1.0.0.0", "parameters": {"office": {"type": "string"}}}
    return write(folder, {**content, "resources": [group]})


UNKNOWN: dict[str, Any] = {
    "nsg": "web",
    "direction": "Inbound",
    "protocol": "tcp",
    "remote": "203.0.113.9",
    "port": "22",
}


def test_both_sides_of_what_depends_are_explained(tmp_path: Path) -> None:
    answer = asked_why(unknown_source(tmp_path), **UNKNOWN, local="198.51.100.4")
    assert answer.verdict is VerdictName.DEPENDS
    assert [(part.access, part.layers[0].rule.name if part.layers[0].rule else None) for part in answer.parts] == [
        ("Allow", "ssh"),
        ("Deny", "DenyAllInBound"),
    ]
    assert answer.fix is None
    assert answer.no_fix is not None
    assert "--want" in answer.no_fix


def test_what_depends_can_be_settled_on_request(tmp_path: Path) -> None:
    answer = asked_why(unknown_source(tmp_path), **UNKNOWN, local="198.51.100.4", want="allow")
    assert answer.fix is not None
    assert answer.fix.proved
    assert answer.fix.edits[0].description.startswith("new rule allow-tcp-22-from-203-0-113-9 in web, priority 110")
