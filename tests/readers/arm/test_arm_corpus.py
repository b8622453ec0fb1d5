"""Templates that others wrote, as a deployment without parameters, and Microsoft's modules with parameters given."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.model.assembly import assemble
from nwpolicy.model.avnm import AdminRuleCollection, NetworkGroup, NetworkManager
from nwpolicy.model.network import NetworkInterface, Subnet, VirtualMachine, VirtualNetwork, VirtualNetworkPeering
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import Access, AdminRule, ApplicationSecurityGroup, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers import arm
from nwpolicy.readers.jsontext import parse
from nwpolicy.readers.recognise import is_template

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "arm"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
Json = dict[str, Any]


def load(name: str) -> tuple[Snapshot, tuple[str, ...]]:
    """The definitions of a file, and the codes of what was said."""
    raw, document = parse(name, (DATA / name).read_text(encoding="utf-8-sig"))
    assert is_template(raw)
    fragment = arm.read(raw, document)
    return assemble([fragment]), tuple(sorted({found.code for found in fragment.diagnostics}))


def module(module_name: str, **parameters: Any) -> Snapshot:
    """The definitions that a module deploys with these parameters."""
    template = json.loads((DATA / "avm" / module_name / "main.json").read_text(encoding="utf-8"))
    inner = {
        "type": "Microsoft.Resources/deployments",
        "name": "module",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {key: {"value": value} for key, value in parameters.items()},
            "template": template,
        },
    }
    raw, document = parse("t.json", json.dumps({"$schema": SCHEMA, "resources": [inner]}, indent=1))
    fragment = arm.read(raw, document)
    assert [found for found in fragment.diagnostics if found.code != "not-modelled"] == []
    return assemble([fragment])


def counts(snapshot: Snapshot) -> dict[str, int]:
    return dict(Counter(type(entry.resource).__name__ for entry in walk(snapshot.resources)))


def unknowns(value: object) -> set[str]:
    """The names of all unknowns in definitions."""
    if isinstance(value, Unknown):
        return {value.name}
    if isinstance(value, tuple):
        return {name for element in value for name in unknowns(element)}
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in {"source", "fields"}]
        return {name for field in names for name in unknowns(getattr(value, field))}
    return set()


def texts(snapshot: Snapshot) -> set[str]:
    return {
        resource.name for resource in (entry.resource for entry in walk(snapshot.resources)) if "{" in resource.name
    }


FAILED = {
    "NetworkSecurityGroup": 2,
    "SecurityRule": 2,
    "VirtualNetwork": 1,
    "Subnet": 1,
    "PublicIpAddress": 1,
    "NetworkInterface": 1,
    "IpConfiguration": 1,
    "VirtualMachine": 1,
}
PREFIXES = {"vnetAddressPrefix", "webServerSubnetAddressPrefix"}


@pytest.mark.parametrize(
    ("name", "expected", "names", "said"),
    [
        ("FAILED", FAILED, set(), ("not-modelled",)),
        (
            "RULE-1Pass-1Fail",
            {"NetworkSecurityGroup": 1, "SecurityRule": 2, "VirtualNetwork": 1, "Subnet": 1},
            PREFIXES,
            (),
        ),
        (
            "RULE-PASSED",
            {"NetworkSecurityGroup": 1, "SecurityRule": 1, "VirtualNetwork": 1, "Subnet": 1},
            PREFIXES | {"rules of {webServerNsgName}"},
            (),
        ),
    ],
)
@pytest.mark.parametrize("check", ["HTTP", "RDP", "SSH"])
def test_templates_of_a_scanner(
    check: str, name: str, expected: dict[str, int], names: set[str], said: tuple[str, ...]
) -> None:
    file = f"checkov/example_NSGRule{check}AccessRestricted/NSGRulePortAccessRestricted-{name}.json"
    snapshot, codes = load(file)
    assert counts(snapshot) == expected
    assert unknowns(snapshot.resources) == names
    assert codes == said


def test_names_made_of_variables_that_only_azure_knows() -> None:
    snapshot, _ = load("checkov/example_NSGRuleRDPAccessRestricted/NSGRulePortAccessRestricted-FAILED.json")
    assert texts(snapshot) == {
        f"{{namingInfix}}{end}" for end in ("vnet", "subnet", "pip", "jboxnic", "jboxipconfig", "jbox")
    }
    (machine,) = snapshot.all(VirtualMachine)
    (reference,) = machine.network_interfaces
    assert isinstance(reference, Reference)
    (nic,) = snapshot.find(NetworkInterface, reference)
    subnet = nic.ip_configurations[0].subnet
    assert isinstance(subnet, Reference)
    (found,) = snapshot.find(Subnet, subnet)
    group = found.network_security_group
    assert isinstance(group, Reference)
    assert {nsg.name for nsg in snapshot.find(NetworkSecurityGroup, group)} == {"default-NSG"}


def test_a_rule_beside_its_group() -> None:
    snapshot, _ = load("checkov/example_NSGRuleRDPAccessRestricted/NSGRulePortAccessRestricted-RULE-1Pass-1Fail.json")
    (group,) = snapshot.all(NetworkSecurityGroup)
    assert group.name == "{webServerNsgName}"
    rules = {rule.name: rule for rule in group.security_rules if isinstance(rule, SecurityRule)}
    assert {name: (rule.priority, rule.access) for name, rule in rules.items()} == {
        "DefaultDeny": (4096, Access.DENY),
        "allowAllFromAll": (100, Access.ALLOW),
    }
    assert rules["allowAllFromAll"].condition is None  # the default of testRunnerIpRange is not empty


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("network/network-security-group", {"NetworkSecurityGroup": 1}),
        ("network/route-table", {"RouteTable": 1}),
        (
            "network/network-manager/security-admin-configuration/rule-collection/rule",
            {"NetworkManager": 1, "SecurityAdminConfiguration": 1, "AdminRuleCollection": 1, "AdminRule": 1},
        ),
    ],
)
def test_modules_without_parameters(name: str, expected: dict[str, int]) -> None:
    snapshot, codes = load(f"avm/{name}/main.json")
    assert counts(snapshot) == expected
    assert codes == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hub-networking", {"VirtualNetwork", "Subnet", "VirtualNetworkPeering", "RouteTable", "PublicIpAddress"}),
        ("network/virtual-network", {"VirtualNetwork", "Subnet", "VirtualNetworkPeering"}),
    ],
)
def test_modules_whose_loops_run_over_parameters_that_may_be_null(name: str, expected: set[str]) -> None:
    """A deployment may give such a parameter any value: what it would add is not left out."""
    snapshot, codes = load(f"avm/{name}/main.json")
    assert counts(snapshot).keys() >= expected
    assert "unknown-count" in codes


def test_an_admin_rule_of_which_nothing_is_given() -> None:
    snapshot, _ = load("avm/network/network-manager/security-admin-configuration/rule-collection/rule/main.json")
    (rule,) = snapshot.all(AdminRule)
    ports = {"sourcePortRanges", "destinationPortRanges"}
    assert unknowns((rule,)) == {"access", "direction", "priority", "protocol", "sources", "destinations", *ports}


def test_the_module_for_security_groups() -> None:
    rules = [
        {
            "name": "https",
            "properties": {
                "access": "Allow",
                "direction": "Inbound",
                "priority": 200,
                "protocol": "Tcp",
                "sourceAddressPrefixes": ["10.0.0.0/8", "192.0.2.0/24"],
                "sourcePortRange": "*",
                "destinationApplicationSecurityGroupResourceIds": [
                    "[resourceId('Microsoft.Network/applicationSecurityGroups', 'web')]"
                ],
                "destinationPortRange": "443",
            },
        }
    ]
    snapshot = module("network/network-security-group", name="nsg", securityRules=rules)
    (rule,) = snapshot.all(SecurityRule)
    assert (rule.name, rule.priority, rule.access) == ("https", 200, Access.ALLOW)
    assert [str(term.text) for term in rule.sources if isinstance(term, AddressPrefix)] == [
        "10.0.0.0/8",
        "192.0.2.0/24",
    ]
    (destination,) = rule.destinations
    assert isinstance(destination, Reference)
    assert (destination.type, destination.name) == (ApplicationSecurityGroup.type, "web")


def test_the_module_for_route_tables() -> None:
    routes = [
        {
            "name": "all",
            "properties": {
                "addressPrefix": "0.0.0.0/0",
                "nextHopType": "VirtualAppliance",
                "nextHopIpAddress": "10.0.0.4",
            },
        }
    ]
    snapshot = module("network/route-table", name="rt", routes=routes)
    (table,) = snapshot.all(RouteTable)
    (route,) = table.routes
    assert isinstance(route, Route)
    assert (route.name, route.next_hop_type) == ("all", NextHopType.VIRTUAL_APPLIANCE)


def test_the_module_for_virtual_networks() -> None:
    subnets = [
        {"name": "a", "addressPrefix": "10.0.0.0/24", "networkSecurityGroupResourceId": "/subscriptions/s/x/nsg"},
        {"name": "b", "addressPrefixes": ["10.0.1.0/24", "fd00::/64"]},
    ]
    snapshot = module(
        "network/virtual-network", name="v", addressPrefixes=["10.0.0.0/16", "fd00::/48"], subnets=subnets
    )
    (network,) = snapshot.all(VirtualNetwork)
    assert [prefix.text for prefix in network.address_space if isinstance(prefix, AddressPrefix)] == [
        "10.0.0.0/16",
        "fd00::/48",
    ]
    prefixes = {
        subnet.name: [p.text for p in subnet.address_prefixes if isinstance(p, AddressPrefix)]
        for subnet in network.subnets
    }
    assert prefixes == {"a": ["10.0.0.0/24"], "b": ["10.0.1.0/24", "fd00::/64"]}


def test_the_module_for_network_managers() -> None:
    admin_rule = {
        "name": "deny-rdp",
        "access": "Deny",
        "direction": "Inbound",
        "priority": 10,
        "protocol": "Tcp",
        "destinationPortRanges": ["3389"],
        "sourcePortRanges": ["0-65535"],
        "sources": [{"addressPrefix": "Internet", "addressPrefixType": "ServiceTag"}],
        "destinations": [{"addressPrefix": "*", "addressPrefixType": "IPPrefix"}],
    }
    collection = {
        "name": "collection",
        "appliesToGroups": [
            {"networkGroupResourceId": "[resourceId('Microsoft.Network/networkManagers/networkGroups', 'nm', 'group')]"}
        ],
        "rules": [admin_rule],
    }
    snapshot = module(
        "network/network-manager",
        name="nm",
        networkManagerScopes={"subscriptions": ["/subscriptions/s"]},
        networkGroups=[
            {
                "name": "group",
                "memberType": "VirtualNetwork",
                "staticMembers": [
                    {"name": "m", "resourceId": "/subscriptions/s/x/Microsoft.Network/virtualNetworks/v"}
                ],
            }
        ],
        securityAdminConfigurations=[
            {
                "name": "configuration",
                "applyOnNetworkIntentPolicyBasedServices": ["AllowRulesOnly"],
                "ruleCollections": [collection],
            }
        ],
    )
    (manager,) = snapshot.all(NetworkManager)
    assert manager.subscriptions == ("/subscriptions/s",)
    (group,) = snapshot.all(NetworkGroup)
    assert len(group.members) == 1
    (found,) = snapshot.all(AdminRuleCollection)
    (rule,) = found.rules
    assert isinstance(rule, AdminRule)
    assert (rule.name, rule.priority, rule.access) == ("deny-rdp", 10, Access.DENY)
    assert unknowns(snapshot.resources) == set()


def test_the_module_for_hubs() -> None:
    hub = {
        "addressPrefixes": ["10.0.0.0/16"],
        "enableAzureFirewall": False,
        "enableBastion": False,
        "enablePeering": True,
        "subnets": [{"name": "a", "addressPrefix": "10.0.0.0/24"}],
        "peeringSettings": [
            {
                "remoteVirtualNetworkName": "hub2",
                "allowForwardedTraffic": True,
                "allowGatewayTransit": False,
                "allowVirtualNetworkAccess": True,
                "useRemoteGateways": False,
            }
        ],
        "routes": [{"name": "r", "properties": {"addressPrefix": "10.9.0.0/16", "nextHopType": "None"}}],
    }
    other = {**hub, "addressPrefixes": ["10.1.0.0/16"], "subnets": [], "peeringSettings": [], "routes": []}
    snapshot = module("hub-networking", hubVirtualNetworks={"hub1": hub, "hub2": other})
    networks = {network.name: network for network in snapshot.all(VirtualNetwork)}
    assert {"hub1", "hub2"} <= networks.keys()
    assert [subnet.name for subnet in networks["hub1"].subnets] == ["a"]
    assert [peering.name for peering in snapshot.all(VirtualNetworkPeering)] == ["hub1-to-hub2-peering"]
    tables = {table.name: table.routes for table in snapshot.all(RouteTable)}
    assert tables.keys() == {"hub1", "hub2"}
    assert tables["hub2"] == ()
    given, made = tables["hub1"]
    assert isinstance(given, Route)
    assert isinstance(made, Route)
    assert (given.name, made.name) == ("r", "hub1-to-hub2-route")
    assert unknowns((made,)) == {
        "module: hubVirtualNetworkPeer_remote[0]: reference(resourceId('Microsoft.Network/virtualNetworks', "
        "parameters('name')), '2024-01-01').addressSpace.addressPrefixes[0]",
        "module: hubAzureFirewall[0]: if(contains(reference('azureFirewall'), 'ipConfigurations'), "
        "reference('azureFirewall').ipConfigurations[0].properties.privateIPAddress, '')",
    }


def test_reading_templates_starts_up_quickly() -> None:
    heavy = "lark yaml jsonschema z3 difflib"
    code = f"import sys, nwpolicy.readers.arm; print(*[name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
