"""`nwpolicy lint --fix`: what it mends in each format, and what it leaves alone."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from nwpolicy import cli

FIELDS = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destinationAddressPrefix": "*"}


def fix(path: Path, *arguments: str) -> str:
    """The text of the file afterwards."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        cli.main(("lint", str(path), "--isolated", "--fix", *arguments))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "    100 a allow tcp from 10.1.2.3/8 to * port 443  # why\n",
            "    100 a allow tcp from 10.0.0.0/8 to * port 443  # why\n",
            id="host bits",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    # stays\n    110 b allow tcp from * to * port 443 # goes\n",
            "    100 a allow tcp from * to * port 443\n    # stays\n",
            id="a shadowed rule",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    110 b deny tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443\n    110 b deny tcp from * to * port 443\n",
            id="a rule that was meant to do the opposite is for a person to look at",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443; 110 b allow tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443; 110 b allow tcp from * to * port 443\n",
            id="a rule that shares its line",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    # nwpolicy: ignore[NWP001] x\n"
            "    110 b allow tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443\n    # nwpolicy: ignore[NWP001] x\n"
            "    110 b allow tcp from * to * port 443\n",
            id="a suppressed finding",
        ),
    ],
)
def test_in_the_policy_language(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(f"nsg web {{\n  inbound {{\n{before}  }}\n}}\n")
    assert fix(path) == f"nsg web {{\n  inbound {{\n{after}  }}\n}}\n"


def test_of_two_rules_of_which_either_could_go_one_stays(tmp_path: Path) -> None:
    """Each is redundant for the sake of the other."""
    path = tmp_path / "web.nwp"
    rule = "allow tcp from 203.0.113.0/24 to * port"
    path.write_text(
        f"nsg web {{\n  inbound {{\n    100 a {rule} 80-90\n    110 b {rule} 85-95\n    120 c {rule} 80-95\n  }}\n}}\n"
    )
    assert fix(path, "--severity", "note") == f"nsg web {{\n  inbound {{\n    120 c {rule} 80-95\n  }}\n}}\n"


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_in_a_template_the_commas_stay_right(tmp_path: Path, dead: int) -> None:
    """The rule that goes is the first, one in the middle, or the last of its list."""
    ports = ["80", "443", "8443"]
    ports.insert(dead + 1, ports[dead])
    rules = [
        {
            "name": f"rule-{number}",
            "properties": {
                **FIELDS,
                "priority": 100 + number,
                "sourceAddressPrefix": f"203.0.{port[0]}.0/24",
                "sourcePortRange": "*",
                "destinationPortRange": port,
            },
        }
        for number, port in enumerate(ports)
    ]
    group = {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "nsg"}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{**group, "properties": {"securityRules": rules}}],
    }
    path = tmp_path / "main.json"
    path.write_text(json.dumps(template, indent=2))
    (fixed,) = json.loads(fix(path))["resources"]
    left = [rule["properties"]["destinationPortRange"] for rule in fixed["properties"]["securityRules"]]
    assert left == ["80", "443", "8443"]


def test_in_bicep_comments_and_layout_stay(tmp_path: Path) -> None:
    def rule(name: str, priority: int, source: str) -> str:
        return f"""\
      {{
        name: '{name}' // why
        properties: {{
          priority: {priority}
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: '{source}'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }}
      }}
"""

    head = (
        "resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {\n  name: 'nsg'\n"
        "  properties: {\n    securityRules: [\n"
    )
    tail = "    ]\n  }\n}\n"
    path = tmp_path / "main.bicep"
    path.write_text(head + rule("a", 100, "203.0.113.7/24") + rule("b", 110, "203.0.113.7") + tail)
    assert fix(path) == head + rule("a", 100, "203.0.113.0/24") + tail


def test_a_rule_that_a_loop_makes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "main.bicep"
    text = """\
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg'
  properties: {
    securityRules: [for (priority, index) in [100, 110]: {
      name: 'rule-${index}'
      properties: {
        priority: priority
        direction: 'Inbound'
        access: 'Allow'
        protocol: 'Tcp'
        sourceAddressPrefix: '203.0.113.0/24'
        sourcePortRange: '*'
        destinationAddressPrefix: '*'
        destinationPortRange: '443'
      }
    }]
  }
}
"""
    path.write_text(text)
    assert fix(path) == text
