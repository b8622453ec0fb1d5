from __future__ import annotations

import json

import pytest

from nwpolicy.model.rules import EffectiveSecurityGroups
from nwpolicy.readers import exports, jsontext

RULE = {
    "name": "securityRules/shield",
    "access": "AlwaysAllow",
    "direction": "Inbound",
    "priority": 100,
    "protocol": "Tcp",
    "sourceAddressPrefix": "0.0.0.0/0",
    "sourcePortRange": "0-65535",
    "destinationAddressPrefix": "0.0.0.0/0",
    "destinationPortRange": "443-443",
}


@pytest.mark.parametrize(("attached_to", "faults"), [("networkManager", []), ("networkInterface", ["bad-access"])])
def test_always_allow_belongs_to_network_managers(attached_to: str, faults: list[str]) -> None:
    """Azure Network REST API: AlwaysAllow is an access of admin rules only."""
    group = {
        "networkSecurityGroup": {"id": "/x/networkSecurityGroups/n"},
        "association": {attached_to: {"id": f"/x/{attached_to}s/a"}},
        "effectiveSecurityRules": [RULE],
    }
    fragment = exports.read(*jsontext.parse("export.json", json.dumps({"value": [group]})))
    assert fragment is not None
    assert isinstance(fragment.resources[0], EffectiveSecurityGroups)
    assert [diagnostic.code for diagnostic in fragment.diagnostics if diagnostic.severity == "error"] == faults


def test_only_what_azure_puts_before_a_name_is_taken_away() -> None:
    group = {
        "networkSecurityGroup": {"id": "/x/networkSecurityGroups/n"},
        "association": {"networkInterface": {"id": "/x/networkInterfaces/a"}},
        "effectiveSecurityRules": [{**RULE, "access": "Allow", "name": "evil/shield"}],
    }
    fragment = exports.read(*jsontext.parse("export.json", json.dumps({"value": [group]})))
    assert fragment is not None
    (found,) = fragment.resources
    assert isinstance(found, EffectiveSecurityGroups)
    assert [rule.name for rule in found.groups[0].group.security_rules] == ["evil/shield"]
