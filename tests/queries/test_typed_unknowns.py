"""What authors say that a value may be counts alike in every language, in every kind of answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

import nwpolicy
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.cubes import FateName
from nwpolicy.queries.differences import DiffVerdict

_RULE: Final = {
    "name": "admin",
    "properties": {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "[parameters('adminCidr')]",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "[string(parameters('port'))]",
    },
}


def arm(prefixes: list[str], low: int, high: int) -> tuple[str, str]:
    template: dict[str, Any] = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "adminCidr": {"type": "string", "allowedValues": prefixes},
            "port": {"type": "int", "minValue": low, "maxValue": high},
            "debug": {"type": "bool"},
        },
        "resources": [
            {
                "type": "Microsoft.Network/networkSecurityGroups",
                "apiVersion": "2024-05-01",
                "condition": "[parameters('debug')]",
                "name": "web",
                "properties": {"securityRules": [_RULE]},
            }
        ],
    }
    return "main.json", json.dumps(template)


def bicep(prefixes: list[str], low: int, high: int) -> tuple[str, str]:
    choices = " ".join(f"'{prefix}'" for prefix in prefixes).replace(" ", "\n  ")
    return (
        "main.bicep",
        f"""@allowed([
  {choices}
])
param adminCidr string
@minValue({low})
@maxValue({high})
param port int
param debug bool
resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = if (debug) {{
  name: 'web'
  properties: {{
    securityRules: [
      {{
        name: 'admin'
        properties: {{
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: adminCidr
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: string(port)
        }}
      }}
    ]
  }}
}}
""",
    )


def terraform(prefixes: list[str], low: int, high: int) -> tuple[str, str]:
    return (
        "main.tf",
        f"""variable "adminCidr" {{
  type = string
  validation {{
    condition     = contains({json.dumps(prefixes)}, var.adminCidr)
    error_message = "another one"
  }}
}}
variable "port" {{
  type = number
  validation {{
    condition     = var.port >= {low} && var.port <= {high}
    error_message = "another one"
  }}
}}
variable "debug" {{ type = bool }}
resource "azurerm_network_security_group" "web" {{
  count               = var.debug ? 1 : 0
  name                = "web"
  location            = "westeurope"
  resource_group_name = "rg"
  security_rule {{
    name                       = "admin"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = var.adminCidr
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = tostring(var.port)
  }}
}}
""",
    )


LANGUAGES: Final = (arm, bicep, terraform)
PREFIXES: Final = ["198.51.100.0/24", "192.0.2.0/24"]


def loaded(folder: Path, file: tuple[str, str]) -> Snapshot:
    folder.mkdir(exist_ok=True)
    (folder / file[0]).write_text(file[1])
    return nwpolicy.load(str(folder / file[0]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("remote", "port", "verdict"),
    [
        ("198.51.100.7", "8005", "Depends"),
        ("203.0.113.7", "8005", "Deny"),  # no allowed prefix holds it
        ("198.51.100.7", "22", "Deny"),  # beyond the limits
    ],
)
def test_a_verdict(tmp_path: Path, language: Any, remote: str, port: str, verdict: str) -> None:
    estate = loaded(tmp_path, language(PREFIXES, 8000, 8010))
    ask: dict[str, Any] = {"nsg": "web", "direction": "Inbound", "protocol": "tcp", "port": port}
    for answer in (nwpolicy.verify(estate, remote=remote, **ask), nwpolicy.why(estate, remote=remote, **ask)):
        assert answer.verdict.value == verdict


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list(tmp_path: Path, language: Any) -> None:
    estate = loaded(tmp_path, language(PREFIXES, 8000, 8010))
    found = nwpolicy.enumerate(estate, nsg="web", direction="Inbound", protocol="tcp", remote="Internet")
    (open_,) = [cube.set for cube in found if cube.access is FateName.DEPENDS]
    assert str(open_.source) == "192.0.2.0/24, 198.51.100.0/24"
    assert open_.destination_port.intervals == ((8000, 8010),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_of_what_is_allowed(tmp_path: Path, language: Any) -> None:
    old = loaded(tmp_path / "old", language(PREFIXES, 8000, 8010))
    for prefixes, low, verdict in ((PREFIXES[::-1], 8000, DiffVerdict.SAME), (PREFIXES, 8001, DiffVerdict.MAY_CHANGE)):
        new = loaded(tmp_path / "new", language(prefixes, low, 8010))
        assert nwpolicy.diff(old, new).verdict is verdict


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_that_are_not_allowed_are_refused(tmp_path: Path, language: Any) -> None:
    name, text = language(PREFIXES, 8000, 8010)
    (tmp_path / name).write_text(text)
    for wrong in ("adminCidr=10.0.0.0/8", "port=22", "debug=perhaps"):
        pins = nwpolicy.Pins.of(dict([wrong.split("=")]))
        with pytest.raises(nwpolicy.InputError):
            nwpolicy.load(str(tmp_path / name), pins=pins)
    given = nwpolicy.Pins.of({"adminCidr": "192.0.2.0/24", "port": "8005", "debug": "true"})
    estate = nwpolicy.load(str(tmp_path / name), pins=given)
    ask: dict[str, Any] = {
        "nsg": "web",
        "direction": "Inbound",
        "protocol": "tcp",
        "remote": "192.0.2.1",
        "port": "8005",
    }
    assert nwpolicy.verify(estate, **ask).verdict.value == "Allow"
