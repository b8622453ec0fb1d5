"""The own name of what stands in something else, in every format: no rule can pass for another one by a slash.

Source: Microsoft Learn, Set name and type for child resources; Naming rules and restrictions for Azure resources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.queries.lint.linting import lint
from nwpolicy.queries.verify import verify
from nwpolicy.readers.load import load

NSG: Final = "Microsoft.Network/networkSecurityGroups"
RULE: Final = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "198.51.100.0/24",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "443",
}
ARGUMENTS: Final = """
  priority = 100
  direction = "Inbound"
  access = "Allow"
  protocol = "Tcp"
  source_address_prefix = "198.51.100.0/24"
  source_port_range = "*"
  destination_address_prefix = "*"
  destination_port_range = "443"
"""
PLACE: Final = 'location = "westeurope"\n  resource_group_name = "rg"'


def template(*resources: dict[str, object]) -> str:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources})


def rule(name: str, type: str | None = None) -> dict[str, object]:
    kind = {} if type is None else {"type": type, "apiVersion": "2024-05-01"}
    return {**kind, "name": name, "properties": RULE}


def group(**more: object) -> dict[str, object]:
    return {"type": NSG, "apiVersion": "2024-05-01", "name": "web", "location": "westeurope", **more}


INPUT: Final = {
    "inline.nwp": 'nsg web { inbound { 100 "evil/deny-all" allow tcp from 198.51.100.0/24 to * port 443 } }',
    "inline.json": template(group(properties={"securityRules": [rule("evil/deny-all")]})),
    "child.json": template(group(), rule("web/evil/deny-all", f"{NSG}/securityRules")),
    "nested.json": template(group(resources=[rule("evil/deny-all", "securityRules")])),
    "child.bicep": f"""
resource web '{NSG}@2024-05-01' = {{ name: 'web', location: 'westeurope' }}
resource rule '{NSG}/securityRules@2024-05-01' = {{
  parent: web
  name: 'evil/deny-all'
  properties: {json.dumps(RULE).replace('"', "'")}
}}
""",
    "inline.tf": f"""
resource "azurerm_network_security_group" "web" {{
  name = "web"
  {PLACE}
  security_rule {{
    name = "evil/deny-all"
    {ARGUMENTS}
  }}
}}
""",
    "child.tf": f"""
resource "azurerm_network_security_group" "web" {{
  name = "web"
  {PLACE}
}}
resource "azurerm_network_security_rule" "evil" {{
  name = "evil/deny-all"
  resource_group_name = "rg"
  network_security_group_name = azurerm_network_security_group.web.name
  {ARGUMENTS}
}}
""",
}


@pytest.mark.parametrize("name", INPUT)
def test_a_slash_does_not_shorten_the_name_of_a_rule(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(INPUT[name])
    estate = load(str(tmp_path))
    (web,) = estate.all(NetworkSecurityGroup)
    assert [one.name for one in web.security_rules if isinstance(one, SecurityRule)] == ["evil/deny-all"]
    assert [found.rule for found in lint(estate).findings if "evil/deny-all" in found.message] == ["NWP404"]
    answer = verify(estate, nsg="web", direction="Inbound", protocol="tcp", remote="198.51.100.4", local=":443")
    assert answer.rule is not None
    assert answer.rule.name == "evil/deny-all"


def test_a_path_of_names_ends_in_the_own_name(tmp_path: Path) -> None:
    (tmp_path / "child.json").write_text(template(group(), rule("web/allow-web", f"{NSG}/securityRules")))
    (web,) = load(str(tmp_path)).all(NetworkSecurityGroup)
    assert [one.name for one in web.security_rules if isinstance(one, SecurityRule)] == ["allow-web"]
