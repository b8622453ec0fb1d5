"""`--set` and `--param-file` at every question that reads input."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

import nwpolicy
from nwpolicy import cli

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(**more: str) -> dict[str, Any]:
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "[parameters('adminCidr')]",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "name": "web",
        "properties": {"securityRules": [{"name": "ssh", "properties": {**rule, **more}}]},
    }
    return {"$schema": SCHEMA, "parameters": {"adminCidr": {"type": "string"}}, "resources": [group]}


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    (tmp_path / "t.json").write_text(json.dumps(template()))
    (tmp_path / "u.json").write_text(
        json.dumps(
            template(destinationPortRange="[parameters('port')]")
            | {"parameters": {"adminCidr": {"type": "string"}, "port": {"type": "int"}}}
        )
    )
    (tmp_path / "p.json").write_text(json.dumps({"parameters": {"adminCidr": {"value": "203.0.113.0/24"}}}))
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    return code, out.getvalue(), err.getvalue()


FLOW = ("--nsg", "web", "--direction", "Inbound", "--protocol", "tcp", "--local", ":22", "--remote", "203.0.113.9")


@pytest.mark.parametrize("command", ["verify", "why", "enumerate"])
def test_a_question_that_depends_is_decided_by_what_is_set(infra: Path, command: str) -> None:
    path = str(infra / "t.json")
    assert run(command, path, *FLOW)[0] == 3
    assert run(command, path, *FLOW, "--set", "adminCidr=203.0.113.0/24")[0] == 0
    assert run(command, path, *FLOW, "--param-file", str(infra / "p.json"))[0] == 0


def test_what_is_set_decides(infra: Path) -> None:
    path = str(infra / "t.json")
    assert run("verify", path, *FLOW, "-q", "--set", "adminCidr=203.0.113.0/24")[1].startswith("ALLOWED")
    assert run("verify", path, *FLOW, "-q", "--set", "adminCidr=198.51.100.0/24")[1].startswith("DENIED")
    both = ("--param-file", str(infra / "p.json"), "--set", "adminCidr=198.51.100.0/24")
    assert run("verify", path, *FLOW, "-q", *both)[1].startswith("DENIED")


def test_both_sides_of_a_comparison_have_what_is_set(infra: Path) -> None:
    old, new = str(infra / "t.json"), str(infra / "u.json")
    assert run("equivalent", old, new, "--nsg", "web")[0] == 1
    given = ("--set", "adminCidr=203.0.113.0/24", "--set", "port=22")
    assert run("equivalent", old, new, "--nsg", "web", *given)[0] == 0
    assert run("diff", old, new, *given)[0] == 0
    code, _, said = run("diff", old, new, "--set", "prot=22")
    assert code == 2
    assert "did you mean 'port'?" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "adminCidr"), "--set takes NAME=VALUE, not 'adminCidr'"),
        (("--set", "admin=1"), "the input has no parameter 'admin'"),
        (("--set", "adminCidr=10.0.0.0/33"), "'33' is no prefix length"),
        (("--param-file", "missing.json"), "no such file"),
    ],
)
def test_values_that_cannot_be_used(infra: Path, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run("verify", str(infra / "t.json"), *FLOW, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_values_are_given_from_python(infra: Path) -> None:
    pins = nwpolicy.Pins.of({"adminCidr": "203.0.113.0/24"})
    estate = nwpolicy.load(str(infra / "t.json"), pins=pins)
    answer = nwpolicy.verify(estate, nsg="web", direction="Inbound", protocol="tcp", local=":22", remote="203.0.113.9")
    assert answer.verdict == "Allow"
    with pytest.raises(nwpolicy.InputError):
        nwpolicy.load(str(infra / "t.json"), pins=nwpolicy.Pins.of({"cidr": "203.0.113.0/24"}))


@pytest.mark.parametrize(("closing", "code", "verdict"), [("any", 0, "ALLOWED"), ("none", 0, "DENIED")])
@pytest.mark.parametrize("option", ["--assume", "--unknowns"])
def test_unknowns_are_closed_by_either_word(infra: Path, option: str, closing: str, code: int, verdict: str) -> None:
    found, out, _ = run("verify", str(infra / "t.json"), *FLOW, option, closing)
    assert (found, out.split()[0]) == (code, verdict)


def test_a_command_that_closes_no_unknowns_says_which_do(infra: Path) -> None:
    code, _, err = run("next-hop", str(infra / "t.json"), "--nic", "n", "--dest", "10.0.0.4", "--assume", "any")
    assert code == 2
    assert "verify, why, enumerate, diff, reach and troubleshoot close unknowns" in err
