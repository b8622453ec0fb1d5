"""`nwpolicy show`: definitions as they were understood, and what was understood of the input."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli
from nwpolicy.readers.load import load

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "rules-examples").iterdir() if path.is_dir())
SCHEMAS = {
    name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("show", "coverage")
}
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(("show", *arguments))
    return code, out.getvalue(), err.getvalue()


RULE = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "[parameters('adminCidr')]",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    rules = [
        {"name": "ssh", "properties": RULE},
        {"name": "any", "properties": {**RULE, "priority": 110, "sourceAddressPrefix": "*"}},
    ]
    resources: list[dict[str, Any]] = [
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "name": "web",
            "tags": {"a": "b"},
            "properties": {"securityRules": rules, "resourceGuid": "x", "novelty": True},
        },
        {"type": "Microsoft.Network/azureFirewalls", "name": "fw", "properties": {}},
        {"type": "Microsoft.Network/privateDnsZones", "name": "zone", "properties": {}},
        {"type": "Microsoft.Network/novelties", "name": "new", "properties": {}},
        {"type": "Microsoft.Storage/storageAccounts", "name": "s", "properties": {"x": "[novel('y')]"}},
    ]
    content = {"$schema": SCHEMA, "parameters": {"adminCidr": {"type": "string"}}, "resources": resources}
    path = tmp_path / "t.json"
    path.write_text(json.dumps(content, indent=1))
    return path


def test_definitions_as_a_policy_file_with_what_is_unknown_and_why(template: Path) -> None:
    code, out, _ = run(str(template), "-q")
    assert code == 0
    assert out == (
        f"# adminCidr: parameter adminCidr has no default ({template}:4:16)\n"
        "\n"
        "nsg web {\n"
        "  inbound {\n"
        "    100 ssh allow tcp from ?adminCidr to * port 22\n"
        "    110 any allow tcp from * to * port 22\n"
        "  }\n"
        "}\n"
    )


def test_what_is_set_is_shown(template: Path) -> None:
    out = run(str(template), "-q", "--set", "adminCidr=10.0.0.0/8")[1]
    assert "100 ssh allow tcp from 10.0.0.0/8 to * port 22" in out
    assert "#" not in out


def test_the_five_states_of_resources(template: Path) -> None:
    code, out, err = run(str(template), "--coverage", "--output", "json")
    found = json.loads(out)
    assert code == 0
    assert "azureFirewalls fw is not modelled" in err
    assert {(each["type"], each["state"], each["count"]) for each in found["types"]} == {
        ("networkSecurityGroups", "understood", 1),
        ("securityRules", "understood", 1),
        ("securityRules", "unknown in part", 1),
        ("Microsoft.Network/azureFirewalls", "not modelled", 1),
        ("Microsoft.Network/privateDnsZones", "ignored", 1),
        ("Microsoft.Network/novelties", "not recognised", 1),
        ("Microsoft.Storage/storageAccounts", "ignored", 1),
    }


def test_properties_and_unknowns(template: Path) -> None:
    found = json.loads(run(str(template), "--coverage", "--output", "json")[1])
    assert {(each["type"], each["name"], each["state"]) for each in found["properties"]} == {
        ("networkSecurityGroups", "resourceGuid", "ignored"),
        ("networkSecurityGroups", "novelty", "not recognised"),
    }
    (unknown,) = found["unknowns"]
    assert (unknown["name"], unknown["kind"], unknown["uses"]) == ("adminCidr", "address", 1)


def test_coverage_for_people(template: Path) -> None:
    summary = (
        "resources: 2 understood, 1 unknown in part, 1 not modelled, 2 ignored, 1 not recognised; "
        "1 unknown, 1 property not read"
    )
    out = run(str(template), "--coverage", "-q")[1]
    assert out == f"{summary}\n"
    lines = run(str(template), "--coverage")[1].splitlines()
    assert lines[0] == summary
    assert f"     1  networkSecurityGroups/novelty  {template}:" in "\n".join(lines)
    assert "  adminCidr  " in "\n".join(lines)


def test_coverage_of_exports(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    rows: list[dict[str, Any]] = [
        {"type": kind, "id": f"/x/providers/{kind}/n", "name": "n", "properties": {"securityRules": []}}
        for kind in ("Microsoft.Network/networkSecurityGroups", "Microsoft.Network/natGateways", "Microsoft.Web/sites")
    ]
    path.write_text(json.dumps(rows))
    found = json.loads(run(str(path), "--coverage", "--output", "json")[1])
    assert [each["state"] for each in found["types"]] == ["understood", "not modelled", "ignored"]


def test_coverage_of_terraform(tmp_path: Path) -> None:
    """Parts of what is not modelled are not modelled either; names are those of the provider."""
    blocks = ['resource "azurerm_virtual_hub" "x" {\n  name = "x"\n}\n']
    states = {
        "azurerm_virtual_hub_connection": "not modelled",
        "azurerm_firewall_nat_rule_collection": "not modelled",
        "azurerm_network_novelty": "not recognised",
        "azurerm_network_watcher_flow_log": "ignored",
        "azurerm_resource_group": "ignored",
        "random_id": "ignored",
    }
    blocks += [f'resource "{type}" "x" {{\n  name = "x"\n}}\n' for type in states]
    public = 'allocation_method = "Static"\n  novelty = 1\n  resource_group_name = "r"\n  location = "w"'
    blocks.append(f'resource "azurerm_public_ip" "p" {{\n  name = "p"\n  {public}\n}}\n')
    (tmp_path / "main.tf").write_text("".join(blocks))
    found = json.loads(run(str(tmp_path), "--coverage", "--output", "json")[1])
    told = {each["type"]: each["state"] for each in found["types"]}
    assert told == {**states, "Microsoft.Network/virtualHubs": "not modelled", "publicIPAddresses": "understood"}
    assert [(each["name"], each["state"]) for each in found["properties"] if each["name"] != "resource_group_name"] == [
        ("allocation_method", "ignored"),
        ("novelty", "not recognised"),
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_printed_is_described_by_a_schema(example: str) -> None:
    for name, arguments in (("show", ()), ("coverage", ("--coverage",))):
        code, out, err = run(f"rules-examples/{example}", "--output", "json", *arguments)
        assert code == 0, err
        faults = [
            f"{fault.json_path}: {fault.message}"
            for fault in Draft7Validator(SCHEMAS[name]).iter_errors(json.loads(out))
        ]
        assert faults == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_policy_file_that_is_shown_says_the_same(example: str, tmp_path: Path) -> None:
    code, out, err = run(f"rules-examples/{example}", "-q")
    if code == 2:
        assert "cannot be written in .nwp" in err
        return
    (tmp_path / "shown.nwp").write_text(out)
    with contextlib.chdir(ROOT):
        shown, read = load(str(tmp_path / "shown.nwp")).resources, load(f"rules-examples/{example}").resources
    assert sorted(found.type for found in shown) == sorted(found.type for found in read)
