"""What is defined elsewhere: children are added to it, and nothing else is said of it."""

from __future__ import annotations

import pytest

from nwpolicy.model.assembly import assemble
from nwpolicy.model.avnm import NetworkGroup
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import read_text

RULE = "100 a allow tcp from * to * port 1"
FORMS = {
    "nwp": f"nsg web {{\n  existing\n  inbound {{\n    {RULE}\n  }}\n}}\n",
    "yaml": """\
nwpolicy: 1
networkSecurityGroups:
  - name: web
    existing: true
    securityRules:
      - name: a
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: "*"
        destinationAddressPrefix: "*"
        destinationPortRange: 1
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_what_else_such_a_group_has_is_not_known(form: str) -> None:
    (found,) = assemble([read_text(f"a.{form}", FORMS[form])]).all(NetworkSecurityGroup)
    assert found.existing
    assert [type(one).__name__ for one in found.security_rules] == ["Unknown", "SecurityRule"]


@pytest.mark.parametrize("form", FORMS)
def test_another_file_may_define_it(form: str) -> None:
    other = read_text("b.nwp", "nsg web { inbound { 200 b deny * from * to * } }")
    (found,) = assemble([read_text(f"a.{form}", FORMS[form]), other]).all(NetworkSecurityGroup)
    assert not found.existing
    assert [one.name for one in found.security_rules] == ["b", "a"]


def test_members_are_added_to_an_existing_group() -> None:
    text = "network-manager m { group g { existing; vnet v, ?more } }"
    (found,) = assemble([read_text("a.nwp", text)]).all(NetworkGroup)
    assert [type(member) for member in found.members] == [Reference, Unknown]
    assert (found.name, found.existing) == ("g", True)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.nwp", "vnet v { existing; address 10.0.0.0/8 }"),
        ("a.nwp", "nsg web { existing; rules ?more }"),
        ("a.yaml", "nwpolicy: 1\nvirtualNetworks:\n  - {name: v, existing: true, addressSpace: 10.0.0.0/8}\n"),
        (
            "a.yaml",
            "nwpolicy: 1\nnetworkSecurityGroups:\n  - {name: v, existing: true, securityRules: [{unknown: x}]}\n",
        ),
    ],
)
def test_nothing_else_is_said_of_it(path: str, text: str) -> None:
    assert [found.code for found in read_text(path, text).diagnostics] == ["misplaced"]


@pytest.mark.parametrize(
    "block",
    [
        "default-rules x { }",
        "default-rules",
        "default-rules { address 1 }",
        "default-rules { route a 10.0.0.0/8 via vnet }",
    ],
)
def test_default_rules_are_blocks_of_rules(block: str) -> None:
    assert [found.code for found in read_text("a.nwp", f"nsg web {{ {block} }}").diagnostics] == ["misplaced"]
