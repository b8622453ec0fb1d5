"""Every diagnostic of the resource readers, at its exact place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = """{
  "type": "Microsoft.Network/networkSecurityGroups",
  "name": "nsg",
  "properties": {"securityRules": [{
    "name": "r",
    "properties": {
      "protocol": "Tcp",
      "sourcePortRange": "*",
      "destinationPortRange": "443",
      "sourceAddressPrefix": "*",
      "destinationAddressPrefix": "*",
      "access": "Allow",
      "priority": 100,
      "direction": "Inbound"
    }
  }]}
}"""


@pytest.mark.parametrize(
    ("line", "replacement", "said", "help"),
    [
        ('"Tcp"', '"Tpc"', "error bad-protocol in.json:7:19 'Tpc' is no protocol (Tcp, Udp, Icmp, Esp, Ah or *)", None),
        ('"Tcp"', "true", "error wrong-type in.json:7:19 expected a string, found true", None),
        ('"443"', '"70000"', "error bad-port in.json:9:31 port 70000 is above 65535", None),
        ('"443"', "70000", "error bad-port in.json:9:31 port 70000 is above 65535", None),
        ('"443"', '"90-80"', "error bad-port in.json:9:31 the range 90-80 runs backwards", None),
        (
            '"443"',
            '"80,443"',
            "error bad-port in.json:9:31 '80,443' is no port, range of ports or '*'",
            "give each port or range an element of its own in the plural field",
        ),
        ('"443"', "[443]", "error wrong-type in.json:9:31 expected a string, found an array", None),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefix": "10.0.0.0/33"',
            "error bad-prefix in.json:10:30 '33' is no prefix length (0 to 32)",
            None,
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefix": "10.0.0.1,10.0.0.2"',
            "error bad-prefix in.json:10:30 '10.0.0.1,10.0.0.2' is no IP address",
            "give each prefix an element of its own in the plural field",
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefix": "10.0.0.4/8"',
            "warning host-bits in.json:10:30 10.0.0.4/8 has bits set behind its prefix length, "
            "it is read as 10.0.0.0/8",
            "write 10.0.0.0/8",
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefixes": ["10.0.0.4", "Internet"]',
            "warning tag-in-list in.json:10:45 the service tag Internet stands in a list of prefixes, "
            "which Azure does not document",
            "write a tag in the singular field, in a rule of its own",
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefix": "*", "sourceApplicationSecurityGroups": [{"id": "web"}]',
            "warning asg-and-prefix in.json:10:30 r names both prefixes and application security groups as source",
            "Azure takes one or the other, split the rule",
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceApplicationSecurityGroups": [{"name": "web"}]',
            "error missing-field in.json:10:43 a reference to applicationSecurityGroups needs 'id'",
            None,
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceApplicationSecurityGroups": ["web"]',
            "error wrong-type in.json:10:43 expected an object with 'id', found 'web'",
            None,
        ),
        (
            '"sourceAddressPrefix": "*"',
            '"sourceAddressPrefix": "*", "sourceAddressPrefixes": "10.0.0.0/8"',
            "error wrong-type in.json:10:60 expected an array, found '10.0.0.0/8'",
            None,
        ),
        ('"Allow"', '"Alow"', "error bad-access in.json:12:17 'Alow' is no access", "did you mean 'Allow'?"),
        (
            '"Allow"',
            '"AlwaysAllow"',
            "error bad-access in.json:12:17 'AlwaysAllow' is no access",
            "did you mean 'Allow'?",
        ),
        ('"Allow"', '"yes"', "error bad-access in.json:12:17 'yes' is no access", "one of Allow, Deny"),
        ("100", "99", "error bad-priority in.json:13:19 priority 99 is not within 100 to 4096", None),
        ("100", "4097", "error bad-priority in.json:13:19 priority 4097 is not within 100 to 4096", None),
        ("100", "100.5", "error wrong-type in.json:13:19 expected a whole number, found 100.5", None),
        ('"Inbound"', '"in"', "error bad-direction in.json:14:20 'in' is no direction", "one of Inbound, Outbound"),
        (
            '"destinationPortRange"',
            '"destinationPortRagne": 1, "destinationPortRange"',
            "error unknown-field in.json:9:7 r has a field that rules do not have: 'destinationPortRagne'",
            "did you mean 'destinationPortRange'?",
        ),
        (
            '"r"',
            '"r!"',
            "warning bad-name in.json:5:13 'r!' is no name that Azure takes for a rule",
            "at most 80 letters, digits, '_', '.' and '-', beginning and ending with a letter, digit or '_'",
        ),
    ],
)
def test_a_fault_in_a_rule(
    line: str, replacement: str, said: str, help: str | None, read: Callable[[str], Any]
) -> None:
    assert RULE.count(line) == 1
    found = read(RULE.replace(line, replacement))
    assert found.said == [said]
    assert found.diagnostics[0].help == help
    assert len(found.resources) == 1


def test_a_field_that_azure_wrote_is_no_spelling_mistake(read: Callable[[str], Any]) -> None:
    found = read(RULE.replace('"priority": 100', '"priority": 100, "provisioningState": "Succeeded", "novelty": 1'))
    assert found.said == ["warning unknown-field in.json:13:58 r has a field that rules do not have: 'novelty'"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('"protocol": "Tcp",', "protocol"),
        ('"sourcePortRange": "*",', "sourcePortRange"),
        ('"destinationPortRange": "443",', "destinationPortRange"),
        ('"sourceAddressPrefix": "*",', "sourceAddressPrefix"),
        ('"destinationAddressPrefix": "*",', "destinationAddressPrefix"),
        ('"access": "Allow",', "access"),
        ('"priority": 100,', "priority"),
    ],
)
def test_a_rule_needs(line: str, field: str, read: Callable[[str], Any]) -> None:
    found = read(RULE.replace(line, ""))
    assert found.said == [f"error missing-field in.json:4:36 r needs '{field}'"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"type": "Microsoft.Network/networkSecurityGroups", "properties": {}}',
            "error missing-field in.json:1:1 this has neither a name nor an id",
        ),
        (
            '{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": []}',
            "error wrong-type in.json:1:80 expected an object, found an array",
        ),
        (
            '{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": {"securityRules": {}}}',
            "error wrong-type in.json:1:98 expected an array, found an object",
        ),
        (
            '{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "properties": {"securityRules": ["x"]}}',
            "error wrong-type in.json:1:99 expected an object, found 'x'",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {}}',
            "warning missing-field in.json:1:1 v needs 'addressSpace'",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {"addressSpace": {}}}',
            "warning missing-field in.json:1:1 v needs 'addressPrefixes'",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks/subnets", "name": "v/s", "properties": {}}',
            "warning missing-field in.json:1:1 s needs 'addressPrefix'",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks/subnets", "name": "s", '
            '"properties": {"addressPrefix": "10.0.0.0/8"}}',
            "error missing-parent in.json:1:63 the name of a Microsoft.Network/virtualNetworks/subnets has to tell "
            "its parent",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "name": "v/p", "properties": {}}',
            "error missing-field in.json:1:1 p needs 'remoteVirtualNetwork'",
        ),
        (
            '{"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "name": "v/p", "properties": '
            '{"remoteVirtualNetwork": {"id": "w"}, "allowForwardedTraffic": "maybe"}}',
            "error wrong-type in.json:1:162 expected true or false, found 'maybe'",
        ),
        (
            '{"type": "Microsoft.Network/networkInterfaces", "name": "n", "properties": {"ipConfigurations": '
            '[{"name": "i", "properties": {"privateIPAddress": "10.0.0.256"}}]}}',
            "error bad-address in.json:1:147 '10.0.0.256' is no IP address",
        ),
        (
            '{"type": "Microsoft.Network/routeTables/routes", "name": "t/r", '
            '"properties": {"nextHopType": "Internet"}}',
            "error missing-field in.json:1:1 r needs 'addressPrefix'",
        ),
        (
            '{"type": "Microsoft.Network/routeTables/routes", "name": "t/r", '
            '"properties": {"addressPrefix": "0.0.0.0/0"}}',
            "error missing-field in.json:1:1 r needs 'nextHopType'",
        ),
        (
            '{"type": "Microsoft.Network/routeTables/routes", "name": "t/r", "properties": '
            '{"addressPrefix": "0.0.0.0/0", "nextHopType": "Firewall"}}',
            "error bad-next-hop-type in.json:1:125 'Firewall' is no next hop type",
        ),
        (
            '{"type": "Microsoft.Network/routeTables/routes", "name": "t/r", "properties": '
            '{"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"}}',
            "error missing-field in.json:1:1 r needs 'nextHopIpAddress'",
        ),
        (
            '{"type": "Microsoft.Network/routeTables/routes", "name": "t/r", "properties": '
            '{"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualApplianceEcmp"}}',
            "error missing-field in.json:1:1 r needs 'nextHop'",
        ),
        (
            '{"type": "Microsoft.Network/networkInterfaces", "name": "n", "properties": {"ipConfigurations": "?p"}}',
            "warning unresolved in.json:1:97 ipConfigurations of n are not known (no default) and left out",
        ),
        (
            '{"type": "Microsoft.Network/azureFirewalls", "name": "f"}',
            "note not-modelled in.json:1:10 Microsoft.Network/azureFirewalls f is not modelled, "
            "answers do not take it into account",
        ),
        (
            '{"type": "Microsoft.Compute/virtualMachines", "name": "m", "properties": {"networkProfile": '
            '{"networkInterfaceConfigurations": [{"name": "n"}]}}}',
            "note not-modelled in.json:1:128 network interfaces that m defines itself are not modelled",
        ),
    ],
)
def test_a_fault_in_a_resource(text: str, said: str, read: Callable[[str], Any]) -> None:
    assert read(text).said == [said]
