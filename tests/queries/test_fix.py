"""The smallest fix: each kind of change, in the words that are printed, made in the file and asked about again.

What counts as small is said in `nwpolicy.queries.candidates`; that nothing else changes is checked flow by flow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fixing import asked_why, estate, fixed, rule, write

ASK: dict[str, Any] = {"nic": "a", "direction": "Inbound", "protocol": "tcp"}
WEB: dict[str, Any] = {**ASK, "remote": "203.0.113.7", "port": "443"}


def described(path: Path, **ask: Any) -> list[str]:
    return [edit.description for edit in fixed(path, **ask).edits]


# One field of an existing rule


def test_port_is_added_to_a_rule_that_lacks_only_it(tmp_path: Path) -> None:
    path = write(
        tmp_path, estate(rule("allow-web", 100, "Allow", source="203.0.113.7", destination="10.0.0.4", port="80"))
    )
    assert described(path, **WEB) == ["allow-web: add 443 to its destination ports"]


def test_source_is_added_to_a_rule_that_lacks_only_it(tmp_path: Path) -> None:
    path = write(
        tmp_path, estate(rule("allow-web", 100, "Allow", source="198.51.100.0/24", destination="10.0.0.4", port="443"))
    )
    assert described(path, **WEB) == ["allow-web: add 203.0.113.7 to its sources"]


def test_source_is_added_to_a_list(tmp_path: Path) -> None:
    sources = ["198.51.100.0/24", "192.0.2.0/24"]
    path = write(tmp_path, estate(rule("allow-web", 100, "Allow", source=sources, destination="10.0.0.4", port="443")))
    (edit,) = fixed(path, **WEB).edits
    assert edit.replaced == ""
    assert edit.text is not None
    assert edit.text.strip(", \n") == '"203.0.113.7"'


def test_rule_whose_widening_would_open_other_machines_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("allow-web", 100, "Allow", source="198.51.100.0/24", port="443")))
    assert described(path, **WEB) == [
        "new rule allow-tcp-443-from-203-0-113-7 in web, priority 110: "
        "Allow Inbound tcp 203.0.113.7 → 10.0.0.4 port 443"
    ]


def test_group_of_one_interface_may_say_any_destination(tmp_path: Path) -> None:
    """Only flows to that interface pass its group: widening a rule for any destination opens nothing else."""
    content = estate(
        rule("all", 100, "Allow"), nic_rules=[rule("https", 100, "Allow", source="198.51.100.0/24", port="443")]
    )
    assert described(write(tmp_path, content), **WEB) == ["https: add 203.0.113.7 to its sources"]


def test_rule_with_a_tag_gets_no_prefix_beside_it(tmp_path: Path) -> None:
    """Azure takes no list of a service tag and prefixes (Microsoft Learn, Network security groups overview)."""
    path = write(
        tmp_path, estate(rule("vnet", 100, "Allow", source="VirtualNetwork", destination="10.0.0.4", port="443"))
    )
    assert described(path, **WEB)[0].startswith("new rule ")


def test_families_are_not_mixed_in_one_rule(tmp_path: Path) -> None:
    """Microsoft Learn, Overview of IPv6 for Azure Virtual Network."""
    path = write(tmp_path, estate(rule("six", 100, "Allow", source="2001:db8::/32", port="443")))
    (text,) = described(path, nsg="web", direction="Inbound", protocol="tcp", remote="203.0.113.7", port="443")
    assert text.startswith("new rule ")


def test_protocol_becomes_any_where_any_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("peer", 100, "Allow", source="203.0.113.7", destination="10.0.0.4")))
    asked = {"nic": "a", "direction": "Inbound", "remote": "203.0.113.7"}
    assert described(path, **asked) == ["peer: change its protocol to any"]


def test_port_is_taken_out_of_the_rule_in_the_way(tmp_path: Path) -> None:
    rules = [
        rule("no", 200, "Deny", source="203.0.113.7", destination="10.0.0.4", port=["22", "443"]),
        rule("yes", 300, "Allow", port="*"),
    ]
    assert described(write(tmp_path, estate(*rules)), **WEB) == ["no: take 443 out of its destination ports"]


def test_prefix_is_taken_out_of_the_rule_in_the_way(tmp_path: Path) -> None:
    rules = [
        rule("no", 200, "Deny", source=["203.0.113.7", "198.51.100.0/24"], destination="10.0.0.4", port="443"),
        rule("yes", 300, "Allow", port="*"),
    ]
    assert described(write(tmp_path, estate(*rules)), **WEB) == ["no: take 203.0.113.7 out of its sources"]


def test_rule_that_says_the_opposite_of_exactly_what_is_asked_is_flipped(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("no", 200, "Deny", source="203.0.113.7", destination="10.0.0.4", port="443")))
    assert described(path, **WEB) == ["no: change its access from Deny to Allow"]


def test_later_rule_is_moved_before_the_one_in_the_way(tmp_path: Path) -> None:
    rules = [
        rule("no", 200, "Deny", source="203.0.113.0/24", destination="10.0.0.4", port="443"),
        rule("yes", 300, "Allow", source="203.0.113.7", destination="10.0.0.4", port="443"),
    ]
    assert described(write(tmp_path, estate(*rules)), **WEB) == ["yes: change its priority from 300 to 100"]


def test_rule_in_the_way_is_moved_behind_where_nothing_is_free_before_it(tmp_path: Path) -> None:
    rules = [
        rule("no", 100, "Deny", source="203.0.113.0/24", destination="10.0.0.4", port="443"),
        rule("yes", 300, "Allow", source="203.0.113.7", destination="10.0.0.4", port="443"),
    ]
    assert described(write(tmp_path, estate(*rules)), **WEB) == ["no: change its priority from 100 to 310"]


def test_rule_in_the_way_is_moved_behind_rules_of_other_flows_too(tmp_path: Path) -> None:
    rules = [
        rule("no", 100, "Deny", source="203.0.113.0/24", destination="10.0.0.4", port="443"),
        rule("yes", 300, "Allow", source="203.0.113.7", destination="10.0.0.4", port="443"),
        rule("other", 301, "Allow", source="203.0.113.0/24", destination="10.0.0.4", port="80"),
    ]
    assert described(write(tmp_path, estate(*rules)), **WEB) == ["no: change its priority from 100 to 302"]


# New rules


def test_new_rule_goes_between_its_neighbours_at_a_round_priority(tmp_path: Path) -> None:
    rules = [rule("a", 115, "Allow", port="80"), rule("no", 4096, "Deny", protocol="*")]
    assert "priority 120:" in described(write(tmp_path, estate(*rules)), **WEB)[0]


def test_new_rule_takes_any_free_priority_where_no_round_one_is(tmp_path: Path) -> None:
    rules = [rule("a", 110, "Allow", port="80"), rule("no", 112, "Deny", protocol="*")]
    assert "priority 111:" in described(write(tmp_path, estate(*rules)), **WEB)[0]


def test_rules_make_room_where_no_priority_is_free(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("no", 100, "Deny", protocol="*"), rule("yes", 200, "Allow", port="80")))
    assert described(path, **WEB) == [
        "no: change its priority from 100 to 110",
        "new rule allow-tcp-443-from-203-0-113-7 in web, priority 100: "
        "Allow Inbound tcp 203.0.113.7 → 10.0.0.4 port 443",
    ]


def test_rules_that_stand_close_move_together(tmp_path: Path) -> None:
    rules = [rule(f"no{i}", 100 + i, "Deny", protocol="*", port=port) for i, port in enumerate(("*", "80", "22"))]
    assert [text.split(",")[0] for text in described(write(tmp_path, estate(*rules)), **WEB)] == [
        "no0: change its priority from 100 to 101",
        "no1: change its priority from 101 to 102",
        "no2: change its priority from 102 to 110",
        "new rule allow-tcp-443-from-203-0-113-7 in web",
    ]


def test_side_effects_are_named_where_there_is_no_room(tmp_path: Path) -> None:
    rules = [rule(f"no{i}", 100 + i, "Deny", protocol="*", port=str(443 + i)) for i in range(8)]
    rules[0]["destinationPortRange"] = "*"
    fix = fixed(write(tmp_path, estate(*rules)), **WEB)
    assert not fix.proved
    assert [edit.description for edit in fix.edits] == ["no0: change its access from Deny to Allow"]
    assert fix.side_effects[0].text.startswith("tcp ") or fix.side_effects[0].text


def test_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    taken = rule("ALLOW-tcp-443-from-203-0-113-7", 100, "Allow", source="192.0.2.1", port="22")
    assert "allow-tcp-443-from-203-0-113-7-2 in web" in described(write(tmp_path, estate(taken)), **WEB)[0]


def test_both_families_take_a_rule_each(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80")))
    asked = {
        "nsg": "web",
        "direction": "Inbound",
        "protocol": "tcp",
        "remote": "203.0.113.7,2001:db8::7",
        "port": "443",
    }
    texts = described(path, **asked)
    assert ["priority 110" in texts[0], "priority 120" in texts[1], len(texts)] == [True, True, 2]


def test_several_protocols_take_a_rule_each(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80")))
    texts = described(path, **{**WEB, "protocol": "tcp,udp"})
    assert [" tcp " in texts[0], " udp " in texts[1], len(texts)] == [True, True, 2]


def test_protocol_that_no_rule_can_name_has_no_fix_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80")))
    answer = asked_why(path, nic="a", direction="Inbound", protocol="89", remote="203.0.113.7")
    assert answer.fix is None
    assert answer.no_fix == "no change of a few rules of NSG web (subnet s) does it"


def test_service_tag_stays_a_tag(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80", source="VirtualNetwork")))
    fix = fixed(path, **{**WEB, "remote": "Internet"})
    assert '"sourceAddressPrefix": "Internet"' in str(fix.edits[0].text)
    assert fix.opens is not None
    assert fix.opens.startswith("opens to Internet: ")


def test_large_openings_of_ipv6_are_told_too(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80")))
    asked: dict[str, Any] = {"nsg": "web", "direction": "Inbound", "protocol": "tcp", "port": "443"}
    assert fixed(path, **asked, remote="2001:db8::/48").opens == (
        "opens to 2001:db8::/48: more than one IPv6 network; ask about the one that needs it for a narrower fix"
    )
    assert fixed(path, **asked, remote="2001:db9::/64").opens is None


def test_group_alone(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("a", 100, "Allow", port="80", source="VirtualNetwork")))
    (text,) = described(path, nsg="web", direction="Inbound", protocol="tcp", remote="203.0.113.7", port="443")
    assert text.endswith("Allow Inbound tcp 203.0.113.7 → * port 443")


def test_outbound(tmp_path: Path) -> None:
    path = write(tmp_path, estate(rule("no", 200, "Deny", protocol="*", direction="Outbound")))
    asked = {"nic": "a", "direction": "Outbound", "protocol": "tcp", "remote": "203.0.113.7:443"}
    assert described(path, **asked) == [
        "new rule allow-tcp-443-from-10-0-0-4 in web, priority 100: Allow Outbound tcp 10.0.0.4 → 203.0.113.7 port 443"
    ]


# Several layers


def test_each_layer_that_denies_gets_its_change(tmp_path: Path) -> None:
    content = estate(
        rule("a", 100, "Allow", port="80"), nic_rules=[rule("b", 100, "Allow", source="203.0.113.7", port="80")]
    )
    texts = described(write(tmp_path, content), **WEB)
    assert ["in web" in texts[0], texts[1:]] == [True, ["b: add 443 to its destination ports"]]


def test_the_layer_with_the_smallest_change_denies(tmp_path: Path) -> None:
    content = estate(
        rule("all", 100, "Allow", protocol="*"),
        nic_rules=[rule("https", 100, "Allow", source="203.0.113.7", port="443")],
    )
    fix = fixed(write(tmp_path, content), want="deny", **WEB)
    assert [edit.description for edit in fix.edits] == ["https: change its access from Allow to Deny"]
    assert fix.opens is None


def test_group_that_stands_in_both_layers_is_judged_in_both(tmp_path: Path) -> None:
    """At the interface a rule for any source would do; but the subnet has the same group, and more addresses."""
    out = rule("out", 100, "Allow", destination="198.51.100.0/24", port="443", direction="Outbound")
    content = estate(out, rule("no", 4000, "Deny", protocol="*", direction="Outbound"))
    del content["networkInterfaces"][1]
    content["networkInterfaces"][0]["networkSecurityGroup"] = "web"
    asked = {"nic": "a", "direction": "Outbound", "protocol": "tcp", "remote": "203.0.113.7:443"}
    (text,) = described(write(tmp_path, content), **asked)
    assert text.startswith("new rule allow-tcp-443-from-10-0-0-4 in web, priority 110")


# Security admin rules


def manager(*rules: dict[str, Any], groups: str = "g") -> dict[str, Any]:
    collection = {"name": "c", "appliesToGroups": groups, "rules": list(rules)}
    configuration = {"name": "sac", "ruleCollections": [collection]}
    return {
        "name": "m",
        "networkGroups": [{"name": "g", "staticMembers": ["v"]}],
        "securityAdminConfigurations": [configuration],
        "deployments": [{"targetLocations": "*", "configurations": "sac"}],
    }


def admin(name: str, priority: int, access: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "priority": priority, "direction": "Inbound", "access": access, "protocol": "Tcp", **fields}


OPEN = rule("all", 100, "Allow", protocol="*")


def test_admin_rule_is_added_where_an_admin_rule_denies(tmp_path: Path) -> None:
    """Microsoft Learn, Security admin rules: what they deny, no network security group can allow."""
    denying = admin("no-ssh", 10, "Deny", destinationPortRanges=["22"])
    path = write(tmp_path, estate(OPEN, networkManagers=[manager(denying)]))
    assert described(path, **{**WEB, "port": "22"}) == [
        "new rule allow-tcp-22-from-203-0-113-7 in c, priority 1: Allow Inbound tcp 203.0.113.7 → 10.0.0.4 port 22"
    ]


def test_group_denies_where_both_could(tmp_path: Path) -> None:
    allowing = admin("ssh", 10, "Allow", destinationPortRanges=["22"])
    path = write(tmp_path, estate(OPEN, networkManagers=[manager(allowing)]))
    fix = fixed(path, want="deny", **{**WEB, "port": "22"})
    assert " in web, " in fix.edits[-1].description


def test_admin_rule_denies_what_one_always_allows(tmp_path: Path) -> None:
    """Microsoft Learn, Security admin rules: traffic that is always allowed skips network security groups."""
    scanner = admin("scanner", 10, "AlwaysAllow", sources=["203.0.113.0/24"])
    path = write(tmp_path, estate(OPEN, networkManagers=[manager(scanner)]))
    fix = fixed(path, want="deny", **{**WEB, "port": "22"})
    assert [edit.description.partition(":")[0] for edit in fix.edits] == [
        "new rule deny-tcp-22-from-203-0-113-7 in c, priority 1"
    ]


def test_widened_allow_does_not_take_the_skipping_of_groups_from_others(tmp_path: Path) -> None:
    """An Allow before an AlwaysAllow hands flows on to the groups, although neither denies."""
    rules = [
        admin("some", 5, "Allow", sources=["198.51.100.7"], destinationPortRanges=["22"]),
        admin("scanner", 10, "AlwaysAllow", sources=["192.0.2.0/24"], destinationPortRanges=["22"]),
        admin("no-ssh", 20, "Deny", destinationPortRanges=["22"]),
    ]
    closed = rule("office", 100, "Allow", source="203.0.113.7", port="22")
    path = write(tmp_path, estate(closed, networkManagers=[manager(*rules)]))
    texts = described(path, nic="a", direction="Inbound", protocol="tcp", remote="203.0.113.7", port="22")
    assert texts[0].startswith("new rule allow-tcp-22-from-203-0-113-7 in c, ")


# No fix


def test_what_azure_blocks_no_rule_allows(tmp_path: Path) -> None:
    path = write(tmp_path, estate(OPEN))
    answer = asked_why(path, nic="a", direction="Outbound", protocol="tcp", remote="224.0.0.1")
    assert answer.fix is None
    assert answer.no_fix == "Azure blocks or reserves this traffic in every virtual network: no rule changes that"


def test_platform_traffic_is_denied_by_tag_only(tmp_path: Path) -> None:
    """Microsoft Learn, What is IP address 168.63.129.16; Network security groups overview."""
    content = estate(rule("a", 100, "Allow", direction="Outbound"))
    asked = {"nic": "a", "direction": "Outbound", "protocol": "udp"}
    answer = asked_why(write(tmp_path, content), want="deny", remote="168.63.129.16:53", **asked)
    assert answer.fix is None
    assert "AzurePlatformDNS" in str(answer.no_fix)
    fix = fixed(write(tmp_path, content), want="deny", remote="AzurePlatformDNS:53", **asked)
    assert "AzurePlatformDNS" in fix.edits[0].description


def test_without_a_group_there_is_nothing_to_change(tmp_path: Path) -> None:
    content = estate()
    del content["virtualNetworks"][0]["subnets"][0]["networkSecurityGroup"]
    answer = asked_why(write(tmp_path, content), want="deny", **WEB)
    assert answer.no_fix == "no network security group applies here: attach one to deny them"


def test_what_is_as_wanted_needs_no_fix(tmp_path: Path) -> None:
    answer = asked_why(write(tmp_path, estate(OPEN)), want="allow", **WEB)
    assert (answer.fix, answer.no_fix) == (None, None)


# Other places


def test_tag_that_means_something_else_elsewhere_is_seen(tmp_path: Path) -> None:
    """VirtualNetwork is each network's own address space: a rule moved for one network acts in the other."""
    content = estate(
        rule("no", 200, "Deny", protocol="*"),
        rule("vnet", 300, "Allow", source="VirtualNetwork", port="443"),
    )
    subnet = {"name": "s", "addressPrefixes": ["10.9.0.0/24"], "networkSecurityGroup": "web"}
    content["virtualNetworks"].append({"name": "w", "addressSpace": ["10.9.0.0/16"], "subnets": [subnet]})
    nic = {"name": "far", "ipConfigurations": [{"name": "c", "privateIPAddress": "10.9.0.1", "subnet": "w/s"}]}
    content["networkInterfaces"].append(nic)
    path = write(tmp_path, content)
    asked = {"nic": "a", "direction": "Inbound", "protocol": "tcp", "remote": "VirtualNetwork"}
    texts = described(path, local="10.0.0.0/24", port="443", **asked)
    assert texts[0].startswith("new rule ")


# Formats


def arm_group(*rules: dict[str, Any], nested: bool = True) -> dict[str, Any]:
    written = [_nested(r) if nested else r for r in rules]
    return {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2024-05-01",
        "name": "web",
        "location": "westeurope",
        "properties": {"securityRules": written},
    }


def _nested(rule: dict[str, Any]) -> dict[str, Any]:
    return {"name": rule["name"], "properties": {key: value for key, value in rule.items() if key != "name"}}


def template(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", **more, "resources": list(resources)}


GROUP: dict[str, Any] = {
    "nsg": "web",
    "direction": "Inbound",
    "protocol": "tcp",
    "remote": "203.0.113.7",
    "port": "443",
}
RULES = [
    rule("web", 100, "Allow", source="203.0.113.7", port="80"),
    rule("list", 110, "Allow", source="192.0.2.1", port=["22", "81"]),
    rule("no", 4096, "Deny", protocol="*"),
]
#: Questions that call for each kind of edit: a longer list from a single value, a longer list, a new rule.
KINDS: dict[str, dict[str, Any]] = {
    "single": GROUP,
    "list": {**GROUP, "remote": "192.0.2.1"},
    "new": {**GROUP, "remote": "198.51.100.7"},
    "priority": {**GROUP, "remote": "198.51.100.7", "port": "9"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("indent", [None, 0, 1, 2, 4])
@pytest.mark.parametrize("nested", [True, False])
def test_json_of_any_layout(tmp_path: Path, kind: str, indent: int | None, nested: bool) -> None:
    path = write(tmp_path, arm_group(*RULES, nested=nested), indent=indent)
    fixed(path, **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_minified_json_stays_minified(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, json.dumps(arm_group(*RULES), separators=(",", ":")))
    fix = fixed(path, **KINDS[kind])
    assert fix.proved
    assert " " not in path.read_text()
    assert path.read_text().count("\n") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_line_ends_stay(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, json.dumps(arm_group(*RULES), indent=2).replace("\n", "\r\n"))
    fixed(path, **KINDS[kind])
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


@pytest.mark.parametrize("kind", KINDS)
def test_comments_stay(tmp_path: Path, kind: str) -> None:
    text = json.dumps(template(arm_group(*RULES)), indent=2).replace('"priority"', '// why\n"priority"')
    path = write(tmp_path, text.replace('"web",', '"web", /* the web */'))
    fixed(path, **KINDS[kind])
    assert path.read_text().count("// why") == len(RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_export_of_a_group_with_empty_lists_beside_single_values(tmp_path: Path, kind: str) -> None:
    """The Azure CLI prints both forms of every field."""
    group = {"name": "web", "type": "Microsoft.Network/networkSecurityGroups", "location": "westeurope"}
    rules = [{**_both(r), "provisioningState": "Succeeded"} for r in RULES]
    path = write(tmp_path, {**group, "securityRules": rules})
    fixed(path, **KINDS[kind])


def _both(rule: dict[str, Any]) -> dict[str, Any]:
    lists = ("sourceAddressPrefixes", "sourcePortRanges", "destinationAddressPrefixes", "destinationPortRanges")
    return {**{key: [] for key in lists}, **rule}


@pytest.mark.parametrize("kind", KINDS)
def test_rules_as_resources_of_their_own(tmp_path: Path, kind: str) -> None:
    group = arm_group()
    children = [
        {
            "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "apiVersion": "2024-05-01",
            **_nested(rule),
            "name": f"[concat('web', '/{rule['name']}')]" if rule["name"] == "no" else f"web/{rule['name']}",
            "dependsOn": ["web"],
        }
        for rule in RULES
    ]
    fixed(write(tmp_path, template(group, *children)), **KINDS[kind])


@pytest.mark.parametrize("rules", [[], None, "missing", "bare"])
def test_first_rule_of_a_group(tmp_path: Path, rules: Any) -> None:
    group = arm_group()
    group["properties"] = {"securityRules": rules} if rules in ([], None) else {}
    if rules == "bare":
        del group["properties"]
    path = write(tmp_path, template(group))
    assert described(path, **GROUP)[0].startswith("new rule allow-tcp-443-from-203-0-113-7 in web, priority 100: ")


def test_first_rules_come_together(tmp_path: Path) -> None:
    path = write(tmp_path, template(arm_group()))
    fix = fixed(path, **{**GROUP, "protocol": "tcp,udp"})
    assert len(fix.edits) == 1
    assert fix.edits[0].description.count("new rule") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_group_in_a_nested_deployment(tmp_path: Path, kind: str) -> None:
    properties = {"mode": "Incremental", "template": template(arm_group(*RULES))}
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "d",
        "properties": properties,
    }
    fixed(write(tmp_path, template(nested)), **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_rules_that_a_variable_holds_are_changed_there(tmp_path: Path, kind: str) -> None:
    group = arm_group()
    group["properties"]["securityRules"] = "[variables('rules')]"
    path = write(tmp_path, template(group, variables={"rules": [_nested(r) for r in RULES]}))
    fixed(path, **KINDS[kind])
    assert "[variables('rules')]" in path.read_text()


def test_rule_that_a_loop_makes_is_not_edited(tmp_path: Path) -> None:
    group = arm_group()
    properties = _nested(RULES[2])["properties"]
    looped = {
        "name": "[concat('no', copyIndex())]",
        "properties": {**properties, "priority": "[add(300, copyIndex())]"},
    }
    group["properties"] = {"copy": [{"name": "securityRules", "count": 2, "input": looped}]}
    answer = asked_why(write(tmp_path, template(group)), **{**GROUP, "want": "allow"})
    assert answer.fix is not None
    assert [edit.text for edit in answer.fix.edits] == [None]
    assert answer.fix.edits[0].description.startswith("new rule allow-tcp-443-from-203-0-113-7 in web, priority 100: ")
    assert "not shown as an edit" in answer.fix.edits[0].description


def test_expression_is_not_overwritten(tmp_path: Path) -> None:
    group = arm_group(rule("web", 100, "Allow", source="203.0.113.7", port="[variables('port')]"))
    path = write(tmp_path, template(group, variables={"port": "80"}))
    answer = asked_why(path, **GROUP)
    assert answer.fix is not None
    assert [edit.text for edit in answer.fix.edits] == [None]
    assert answer.fix.edits[0].description.startswith("web: add 443 to its destination ports (not shown")


@pytest.mark.parametrize("section", ["variables", "parameters"])
def test_list_that_only_this_rule_takes_from_a_name_gets_longer_there(tmp_path: Path, section: str) -> None:
    group = arm_group(rule("ssh", 100, "Allow", port="443"))
    properties = group["properties"]["securityRules"][0]["properties"]
    del properties["sourceAddressPrefix"]
    properties["sourceAddressPrefixes"] = f"[{section}('offices')]"
    offices: Any = ["198.51.100.0/24"]
    if section == "parameters":
        offices = {"type": "array", "defaultValue": offices}
    content = template(group, **{section: {"offices": offices}})
    fix = fixed(write(tmp_path, content), **GROUP)
    assert [edit.description for edit in fix.edits] == ["ssh: add 203.0.113.7 to its sources"]
    assert fix.edits[0].replaced == ""
    shared = [rule("ssh", 100, "Allow", port="443"), rule("rdp", 110, "Allow", port="3389")]
    for one in shared:
        del one["sourceAddressPrefix"]
        one["sourceAddressPrefixes"] = f"[{section}('offices')]"
    answer = asked_why(write(tmp_path, template(arm_group(*shared), **{section: {"offices": offices}})), **GROUP)
    assert answer.fix is not None
    assert answer.fix.edits[0].text is None


def test_group_that_a_loop_makes_twice_is_not_edited(tmp_path: Path) -> None:
    group = {**arm_group(*RULES), "name": "[concat('web', copyIndex())]", "copy": {"name": "x", "count": 2}}
    answer = asked_why(write(tmp_path, template(group)), **{**GROUP, "nsg": "web1"})
    assert answer.fix is not None
    assert [edit.text for edit in answer.fix.edits] == [None]


YAML = """\
nwpolicy: 1
networkSecurityGroups:
  - name: web # the web
    securityRules:
      - name: web
        priority: 100 # first
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: 203.0.113.7
        destinationAddressPrefix: "*"
        destinationPortRange: 80
      - name: list
        priority: 110
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: 192.0.2.1
        destinationAddressPrefix: "*"
        destinationPortRanges:
          - 22 # ssh
          - 81

      # everything else
      - name: "no"
        priority: 4096
        direction: Inbound
        access: Deny
        protocol: "*"
        sourceAddressPrefix: "*"
        destinationAddressPrefix: "*"
        destinationPortRange: "*"
"""


@pytest.mark.parametrize("kind", KINDS)
def test_yaml(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, YAML, "estate.yaml")
    fixed(path, **KINDS[kind])
    assert path.read_text().count("#") == YAML.count("#")


@pytest.mark.parametrize("kind", KINDS)
def test_yaml_without_a_rule_behind(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, YAML[: YAML.index("\n      # everything")], "estate.yaml")
    fixed(path, **KINDS[kind])


@pytest.mark.parametrize("tail", ["    securityRules: []\n", "", "    location: westeurope\n"])
def test_yaml_first_rule(tmp_path: Path, tail: str) -> None:
    path = write(tmp_path, f"nwpolicy: 1\nnetworkSecurityGroups:\n  - name: web\n{tail}", "estate.yaml")
    fixed(path, **GROUP)


NWP = """\
let web = 80

nsg web {
  inbound {
    100 web allow tcp from 203.0.113.7 to * port $web
    110 list allow tcp from 192.0.2.1 to * port 22, 81
      description "Ssh and more"
    4096 no deny * from * to *  # everything else
  }
}
"""


def test_nwp_line_ends_stay(tmp_path: Path) -> None:
    path = write(tmp_path, NWP.replace("\n", "\r\n"), "estate.nwp")
    fixed(path, **KINDS["new"])
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


@pytest.mark.parametrize("kind", KINDS)
def test_nwp(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, NWP, "estate.nwp")
    fixed(path, **KINDS[kind])
    assert path.read_text().count("$web") == 1
    assert path.read_text().count("#") == 1


@pytest.mark.parametrize(
    "text", ["nsg web {\n}\n", "nsg web\n", "nsg web {\n  outbound {\n    100 a deny * from * to *\n  }\n}\n"]
)
def test_nwp_first_rule(tmp_path: Path, text: str) -> None:
    fixed(write(tmp_path, text, "estate.nwp"), **GROUP)


# One field, in each format

CLOSED = [
    rule("no", 200, "Deny", source="203.0.113.0/24", port="443"),
    rule("yes", 300, "Allow", source="203.0.113.7", port="443"),
    rule("other", 310, "Deny", source="198.51.100.0/24", port=["22", "443"]),
    rule("rest", 400, "Allow", source="198.51.100.7", port="*"),
    rule("odd", 500, "Deny", source=["192.0.2.1", "192.0.2.9"], port="443"),
]
#: Questions that call for another priority, another access, a shorter list of ports and of prefixes.
SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "yes: change its priority from 300 to 100": ("allow", GROUP),
    "odd: change its access from Deny to Allow": ("allow", {**GROUP, "remote": "192.0.2.1,192.0.2.9"}),
    "rest: change its access from Allow to Deny": ("deny", {**GROUP, "remote": "198.51.100.7", "port": "*"}),
}


def _as_yaml() -> str:
    lines = ["nwpolicy: 1", "networkSecurityGroups:", "- name: web", "  securityRules:"]
    for one in CLOSED:
        items = [f"{key}: {json.dumps(value)}" for key, value in one.items()]
        lines += [f"  - {items[0]}", *(f"    {item} # {item[:3]}" for item in items[1:])]
    return "\n".join(lines) + "\n"


def _as_nwp() -> str:
    lines = [
        f"    {one['priority']} {one['name']} {one['access'].lower()} tcp from "
        f"{', '.join(_listed(one, 'sourceAddressPrefix'))} to * port {', '.join(_listed(one, 'destinationPortRange'))}"
        for one in CLOSED
    ]
    return "\n".join(["nsg web {", "  inbound {", *lines, "  }", "}", ""])


def _listed(one: dict[str, Any], key: str) -> list[str]:
    plural = f"{key}es" if key.endswith("Prefix") else f"{key}s"
    return one[plural] if plural in one else [one[key]]


@pytest.mark.parametrize("description", SMALL)
@pytest.mark.parametrize("suffix", ["json", "yaml", "nwp"])
def test_one_word_changes(tmp_path: Path, suffix: str, description: str) -> None:
    text = {"json": json.dumps(template(arm_group(*CLOSED))), "yaml": _as_yaml(), "nwp": _as_nwp()}[suffix]
    want, ask = SMALL[description]
    path = write(tmp_path, text, f"estate.{suffix}")
    (edit,) = fixed(path, want=want, **ask).edits  # type: ignore[arg-type]
    assert edit.description == description
    assert len(edit.replaced.strip('"')) <= len("Allow")


def admin_template(*rules: dict[str, Any]) -> dict[str, Any]:
    """A manager in ARM form, its rules as resources of their own."""
    network = {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": "2024-05-01",
        "name": "v",
        "location": "westeurope",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    }
    nic = {
        "type": "Microsoft.Network/networkInterfaces",
        "apiVersion": "2024-05-01",
        "name": "a",
        "location": "westeurope",
        "properties": {
            "ipConfigurations": [
                {
                    "name": "c",
                    "properties": {
                        "privateIPAddress": "10.0.0.4",
                        "subnet": {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]"},
                    },
                }
            ]
        },
    }
    base = "Microsoft.Network/networkManagers"
    group = {"type": f"{base}/networkGroups", "name": "m/g", "properties": {"memberType": "VirtualNetwork"}}
    member = {
        "type": f"{base}/networkGroups/staticMembers",
        "name": "m/g/v",
        "properties": {"resourceId": "[resourceId('Microsoft.Network/virtualNetworks', 'v')]"},
    }
    configurations = f"{base}/securityAdminConfigurations"
    collection = {
        "type": f"{configurations}/ruleCollections",
        "name": "m/sac/c",
        "properties": {
            "appliesToGroups": [
                {"networkGroupId": "[resourceId('Microsoft.Network/networkManagers/networkGroups', 'm', 'g')]"}
            ]
        },
    }
    written = [
        {
            "type": f"{configurations}/ruleCollections/rules",
            "name": f"m/sac/c/{one['name']}",
            "kind": "Custom",
            "properties": {key: value for key, value in one.items() if key != "name"},
        }
        for one in rules
    ]
    manager = {"type": base, "name": "m", "location": "westeurope", "properties": {}}
    resources: list[dict[str, Any]] = [
        network,
        nic,
        manager,
        group,
        member,
        {"type": configurations, "name": "m/sac"},
        collection,
        *written,
    ]
    return template(*({"apiVersion": "2024-05-01", **resource} for resource in resources))


def test_admin_rules_as_resources_of_their_own(tmp_path: Path) -> None:
    """Where the input does not tell what is committed, the fix is the same."""
    prefixes = [{"addressPrefix": "198.51.100.7", "addressPrefixType": "IPPrefix"}]
    ports: dict[str, Any] = {"destinationPortRanges": ["22"]}
    to_one: dict[str, Any] = {"destinations": [{"addressPrefix": "10.0.0.4", "addressPrefixType": "IPPrefix"}]}
    path = write(
        tmp_path,
        admin_template(
            admin("one", 5, "Allow", sources=prefixes, **to_one, **ports), admin("no-ssh", 10, "Deny", **ports)
        ),
    )
    fix = fixed(path, **{**WEB, "port": "22"})
    assert [edit.description for edit in fix.edits] == ["one: add 203.0.113.7 to its sources"]
    again = fixed(path, **{**WEB, "port": "22", "remote": "192.0.2.0/24,2001:db8::/32", "local": "10.0.0.4"})
    assert again.edits


def test_effective_groups_are_not_edited(tmp_path: Path) -> None:
    """An export of what is in effect tells what to change, not where."""
    rules = [{"name": f"securityRules/{r['name']}", **{k: v for k, v in r.items() if k != "name"}} for r in RULES]
    group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/web"
    nic = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/a"
    entry = {"networkSecurityGroup": {"id": group}, "association": {"networkInterface": {"id": nic}}}
    path = write(tmp_path, {"value": [{**entry, "effectiveSecurityRules": rules}]})
    answer = asked_why(path, nic="a", direction="Inbound", protocol="tcp", remote="203.0.113.7", port="443")
    assert answer.fix is not None
    assert [edit.text for edit in answer.fix.edits] == [None]
    assert "export of what is in effect" in answer.fix.edits[0].description


def test_effective_admin_rules_are_not_edited(tmp_path: Path) -> None:
    base = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkManagers/m"
    properties = {"access": "Deny", "priority": 10, "direction": "Inbound", "protocol": "Tcp"}
    lists = {"sources": [], "destinations": [], "sourcePortRanges": ["0-65535"], "destinationPortRanges": ["22"]}
    denying = {
        "id": f"{base}/securityAdminConfigurations/sac/ruleCollections/c/rules/no-ssh",
        "kind": "Custom",
        "properties": {**properties, **lists},
        "ruleGroups": [],
        "ruleCollectionAppliesToGroups": [],
        "configurationDescription": "",
    }
    write(tmp_path, {"value": [denying]}, "v.json")
    write(tmp_path, estate(OPEN))
    answer = asked_why(tmp_path, **{**WEB, "port": "22"})
    assert answer.fix is not None
    assert answer.fix.proved
    (edit,) = answer.fix.edits
    assert edit.text is None
    assert edit.description.startswith("new rule allow-tcp-22-from-203-0-113-7 in v, priority 1: ")
    assert "export of what is in effect" in edit.description
