"""The smallest fix as an edit of Bicep: made in the file, which is then read again and asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nwpolicy.queries.why import why
from nwpolicy.readers.load import load
from tests.fixing import fixed

ASK: dict[str, Any] = {"nic": "nic", "direction": "Inbound", "protocol": "tcp", "remote": "203.0.113.7", "port": "443"}
HEAD = """\
param admins array = ['198.51.100.7']
var ports = [
  '80'
]

resource vnet 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet'
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] }
    subnets: [{ name: 'web', properties: { addressPrefix: '10.0.0.0/24' } }]
  }
}

resource nic 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'nic'
  properties: {
    networkSecurityGroup: { id: nsg.id }
    ipConfigurations: [
      {
        name: 'ip'
        properties: { privateIPAddress: '10.0.0.4', subnet: { id: '${vnet.id}/subnets/web' } }
      }
    ]
  }
}

resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg'
"""


def estate(rules: str) -> str:
    return f"{HEAD}  properties: {{\n    securityRules: {rules}\n  }}\n}}\n"


def rule(source: str, ports: str, name: str = "web", priority: int = 100, access: str = "Allow") -> str:
    return f"""{{
        name: '{name}'
        properties: {{
          priority: {priority}
          direction: 'Inbound'
          access: '{access}'
          protocol: 'Tcp'
          {source}
          sourcePortRange: '*'
          destinationAddressPrefix: '10.0.0.4'
          {ports}
        }}
      }}"""


EVERYTHING = "destinationPortRange: '443'"
NEW = """\
{
  name: 'allow-tcp-443-from-203-0-113-7'
  properties: {
    priority: 100
    direction: 'Inbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: '203.0.113.7'
    sourcePortRange: '*'
    destinationAddressPrefix: '10.0.0.4'
    destinationPortRange: '443'
  }
}"""


def edit(tmp_path: Path, text: str) -> tuple[str, str | None]:
    path = tmp_path / "main.bicep"
    path.write_text(text, encoding="utf-8")
    (found,) = fixed(path, **ASK).edits
    return found.replaced, found.text


@pytest.mark.parametrize(
    ("written", "replaced", "text"),
    [
        (
            rule("sourceAddressPrefix: '198.51.100.7'", EVERYTHING),
            "sourceAddressPrefix: '198.51.100.7'",
            "sourceAddressPrefixes: ['198.51.100.7', '203.0.113.7']",
        ),
        (rule("sourceAddressPrefixes: ['198.51.100.7', '10.9.0.0/16']", EVERYTHING), "", ", '203.0.113.7'"),
        (
            rule("sourceAddressPrefixes: [\n            '10.9.0.0/16'\n          ]", EVERYTHING),
            "",
            "\n            '203.0.113.7'",
        ),
        (rule("sourceAddressPrefixes: admins", EVERYTHING), "", ", '203.0.113.7'"),
        (rule("sourceAddressPrefix: '203.0.113.7'", "destinationPortRanges: ports"), "", "\n  '443'"),
        (rule("sourceAddressPrefix: '203.0.113.7'", EVERYTHING, access="Deny"), "'Deny'", "'Allow'"),
    ],
)
def test_a_value_is_changed_where_it_is_written(tmp_path: Path, written: str, replaced: str, text: str) -> None:
    assert edit(tmp_path, estate(f"[\n      {written}\n    ]")) == (replaced, text)


def test_a_new_rule_stands_in_the_list_behind_blanks_like_the_others(tmp_path: Path) -> None:
    denied = rule("sourceAddressPrefix: '*'", "destinationPortRange: '*'", "no", 120, "Deny")
    replaced, text = edit(tmp_path, estate(f"[\n      {denied}\n    ]"))
    assert replaced == ""
    assert text == NEW.replace("\n", "\n      ") + "\n      "


@pytest.mark.parametrize("rules", ["[]", "[\n    ]"])
def test_the_first_rule_of_a_group(tmp_path: Path, rules: str) -> None:
    _, text = edit(tmp_path, estate(rules))
    assert text is not None
    assert "priority: 100\n" in text


def test_a_group_without_properties(tmp_path: Path) -> None:
    _, text = edit(tmp_path, f"{HEAD}}}\n")
    assert text is not None
    assert text.startswith("\n  properties: {\n    securityRules: [\n      {\n        name: ")


def test_what_a_loop_makes_is_not_edited(tmp_path: Path) -> None:
    looped = rule("sourceAddressPrefix: source", EVERYTHING)
    path = tmp_path / "main.bicep"
    path.write_text(estate(f"[for source in ['198.51.100.7']: {looped}]"), encoding="utf-8")
    answer = why(load(str(path)), want="allow", **ASK)
    assert answer.fix is not None
    assert [found.text for found in answer.fix.edits] == [None]
