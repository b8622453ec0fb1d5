"""`--unknowns any|none`: each flow counts by itself, for all values of what is not known."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

import nwpolicy
from nwpolicy import cli
from nwpolicy.queries.answers import VerdictName, VerifyAnswer
from nwpolicy.queries.cubes import FateName
from nwpolicy.queries.errors import QuestionError

DEFINITIONS: dict[str, Any] = {
    "nwpolicy": 1,
    "networkSecurityGroups": [
        {
            "name": "web",
            "securityRules": [
                {
                    "name": name,
                    "priority": priority,
                    "direction": "Inbound",
                    "access": access,
                    "protocol": "Tcp",
                    "sourceAddressPrefix": source,
                    "destinationAddressPrefix": "*",
                    "destinationPortRange": port,
                }
                for name, priority, access, source, port in (
                    ("https", 100, "Allow", "*", "443"),
                    ("ssh", 110, "Allow", {"unknown": "adminCidr"}, "22"),
                    ("blocked", 120, "Deny", {"unknown": "blockedCidr"}, "80"),
                    ("http", 130, "Allow", "*", "80"),
                )
            ]
            + [
                {
                    "name": "rest",
                    "priority": 4096,
                    "direction": "Inbound",
                    "access": "Deny",
                    "protocol": "*",
                    "sourceAddressPrefix": "*",
                    "destinationAddressPrefix": "*",
                    "destinationPortRange": "*",
                }
            ],
        }
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "d.json").write_text(json.dumps(DEFINITIONS))
    return str(tmp_path / "d.json")


def ask(path: str, port: str, unknowns: str | None) -> VerifyAnswer:
    estate = nwpolicy.load(path)
    return nwpolicy.verify(
        estate,
        unknowns=unknowns,
        nsg="web",
        direction="Inbound",
        protocol="tcp",
        remote="203.0.113.0/24",
        local=f"10.0.0.4:{port}",
    )


@pytest.mark.parametrize(
    ("port", "unknowns", "verdict"),
    [
        ("22", None, "Depends"),
        ("22", "any", "Allow"),
        ("22", "none", "Deny"),
        ("80", "any", "Allow"),
        ("80", "none", "Deny"),
        ("443", "any", "Allow"),
        ("443", "none", "Allow"),
        ("8080", "any", "Deny"),
        ("8080", "none", "Deny"),
        ("22,443", "any", "Allow"),
        ("22,443", "none", "Mixed"),
        ("22,8080", "any", "Mixed"),
        ("22,8080", "none", "Deny"),
        ("443,8080", "any", "Mixed"),
    ],
)
def test_each_flow_counts_by_itself(path: str, port: str, unknowns: str | None, verdict: str) -> None:
    answer = ask(path, port, unknowns)
    assert answer.verdict is VerdictName(verdict)
    assert bool(answer.depends_on) is (verdict == "Depends")
    assert (answer.allowed is None) is (verdict == "Deny")
    assert (answer.denied is None) is (verdict == "Allow")


def test_what_was_taken_is_told_where_it_made_a_difference(path: str) -> None:
    note = "what some values of the unknowns allow counts as allowed (it depends on adminCidr)"
    assert note in ask(path, "22", "any").notes
    note = "what some values of the unknowns deny counts as denied (it depends on blockedCidr)"
    assert note in ask(path, "80", "none").notes
    assert not any("counts as" in note for note in ask(path, "443", "any").notes)


@pytest.mark.parametrize(
    ("unknowns", "code", "word"), [((), 3, "DEPENDS"), (("any",), 1, "ALLOWED"), (("none",), 0, "DENIED")]
)
def test_a_hook_gets_a_yes_or_no(path: str, unknowns: tuple[str, ...], code: int, word: str) -> None:
    flow = ("--nsg", "web", "--direction", "Inbound", "--protocol", "tcp", "--local", ":22", "--remote", "203.0.113.9")
    chosen = ("--unknowns", *unknowns) if unknowns else ()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(("verify", path, *flow, "--expect", "deny", "-q", *chosen)) == code
    assert out.getvalue().startswith(word)


@pytest.mark.parametrize(("unknowns", "ports"), [("any", {"22", "80", "443"}), ("none", {"443"})])
def test_a_list_has_nothing_open(path: str, unknowns: str, ports: set[str]) -> None:
    estate = nwpolicy.load(path)
    found = nwpolicy.enumerate(
        estate,
        nsg="web",
        direction="Inbound",
        protocol="tcp",
        remote="203.0.113.0/24",
        select="Allow",
        unknowns=unknowns,
    )
    assert found.verdict is VerdictName.MIXED
    listed = [cube.set.destination_port for cube in found if cube.access is FateName.ALLOW]
    assert {str(port) for sets in listed for low, high in sets.intervals for port in range(low, high + 1)} == ports
    assert any("counts as" in note for note in found.notes)


@pytest.mark.parametrize(("unknowns", "sources"), [("any", ["192.0.2.0/24", "198.51.100.0/24"]), ("none", [])])
def test_a_list_keeps_to_the_values_that_a_template_allows(tmp_path: Path, unknowns: str, sources: list[str]) -> None:
    """Microsoft Learn, "Parameters in ARM templates": allowedValues."""
    (tmp_path / "t.json").write_text(json.dumps(TEMPLATE))
    estate = nwpolicy.load(str(tmp_path / "t.json"))
    found = nwpolicy.enumerate(
        estate, nsg="web", direction="Inbound", protocol="tcp", remote="Internet", port="22", unknowns=unknowns
    )
    allowed = [cube.set.source for cube in found if cube.access is FateName.ALLOW]
    assert sorted(str(part) for part in allowed) == ([", ".join(sources)] if sources else [])
    assert FateName.DEPENDS not in {cube.access for cube in found}


def test_a_list_of_a_way_through_two_places_is_not_closed(path: str) -> None:
    definitions = {**DEFINITIONS}
    definitions["virtualNetworks"] = [
        {
            "name": "v",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "s", "addressPrefix": "10.0.0.0/24", "networkSecurityGroup": "web"}],
        }
    ]
    definitions["networkInterfaces"] = [
        {"name": name, "ipConfigurations": [{"name": "c", "privateIPAddress": address, "subnet": "v/s"}]}
        for name, address in (("one", "10.0.0.4"), ("two", "10.0.0.5"))
    ]
    Path(path).write_text(json.dumps(definitions))
    with pytest.raises(QuestionError, match="at one place only"):
        nwpolicy.enumerate(nwpolicy.load(path), source="one", destination="two", protocol="tcp", unknowns="any")


@pytest.mark.parametrize(
    ("unknowns", "verdict", "layers"), [(None, "Depends", True), ("any", "Allow", True), ("none", "Deny", True)]
)
def test_why_is_closed_like_verify(path: str, unknowns: str | None, verdict: str, layers: bool) -> None:
    answer = nwpolicy.why(
        nwpolicy.load(path),
        unknowns=unknowns,
        nsg="web",
        direction="Inbound",
        protocol="tcp",
        remote="203.0.113.9",
        local="10.0.0.4:22",
    )
    assert answer.verdict is VerdictName(verdict)
    assert bool(answer.parts) is layers
    assert (answer.fix is not None) is (verdict == "Deny")  # what is denied has a change that lets it through


def test_the_word_for_assumptions_says_it_too(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("verify", path, "--nsg", "web", "--direction", "Inbound")
    assert cli.main((*where, "--assume", "any")) == cli.main((*where, "--unknowns", "any")) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[: len(said) // 2] == said[len(said) // 2 :]


TEMPLATE: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {
        "adminCidr": {"type": "string", "allowedValues": ["198.51.100.0/24", "192.0.2.0/24"]},
        "port": {"type": "int", "minValue": 8000, "maxValue": 8010},
        "protocol": {"type": "string", "allowedValues": ["Tcp", "Udp"]},
        "anywhere": {"type": "string", "allowedValues": ["Internet", "192.0.2.0/24"]},
    },
    "resources": [
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "name": "web",
            "properties": {
                "securityRules": [
                    {
                        "name": name,
                        "properties": {
                            "priority": priority,
                            "direction": "Inbound",
                            "access": "Allow",
                            "protocol": protocol,
                            "sourceAddressPrefix": source,
                            "sourcePortRange": "*",
                            "destinationAddressPrefix": "*",
                            "destinationPortRange": port,
                        },
                    }
                    for name, priority, protocol, source, port in (
                        ("ssh", 100, "Tcp", "[parameters('adminCidr')]", "22"),
                        ("app", 110, "Tcp", "*", "[parameters('port')]"),
                        ("dns", 120, "[parameters('protocol')]", "*", "53"),
                        ("any", 130, "Tcp", "[parameters('anywhere')]", "23"),
                    )
                ]
            },
        }
    ],
}


@pytest.mark.parametrize(
    ("protocol", "remote", "port", "verdict"),
    [
        ("tcp", "198.51.100.7", "22", "Depends"),
        ("tcp", "203.0.113.7", "22", "Deny"),
        ("tcp", "203.0.113.7", "8005", "Depends"),
        ("tcp", "203.0.113.7", "8080", "Deny"),
        ("udp", "203.0.113.7", "53", "Depends"),
        ("icmp", "203.0.113.7", "*", "Deny"),
        ("tcp", "203.0.113.7", "23", "Depends"),  # a service tag is no value that could be listed
    ],
)
def test_parameters_are_what_the_template_lets_them_be(
    tmp_path: Path, protocol: str, remote: str, port: str, verdict: str
) -> None:
    """Microsoft Learn, "Parameters in ARM templates": allowedValues, minValue, maxValue."""
    (tmp_path / "t.json").write_text(json.dumps(TEMPLATE))
    estate = nwpolicy.load(str(tmp_path / "t.json"))
    answer = nwpolicy.verify(
        estate,
        nsg="web",
        direction="Inbound",
        protocol=protocol,
        remote=remote,
        port=port,
        assume={"unknown-address-space": "private"},
    )
    assert answer.verdict is VerdictName(verdict)
    if verdict == "Depends" and port == "22":
        values = [value.value for side in (answer.allowed, answer.denied) if side for value in side.values]
        assert {"198.51.100.0/24", "192.0.2.0/24"} <= {*values}
