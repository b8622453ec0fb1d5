"""`nwpolicy convert`: definitions in other formats, which mean the same to every other command."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nwpolicy import cli
from nwpolicy.readers.load import load

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "rules-examples").iterdir() if path.is_dir())
FILES = {
    "nwp": "converted.nwp",
    "yaml": "converted.yaml",
    "arm": "converted.json",
    "bicep": "converted.bicep",
    "terraform": "converted.tf",
}
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
#: What ends a string, begins an expression, or ends a line in one of the formats.
HOSTILE = "['b'] [concat('a')] ${var.x} %{if} 'q' \"d\" \\ $$ {{x}} # // \t\n second line: é ##vso[x] ### \x1b"


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    return code, out.getvalue(), err.getvalue()


def converted(folder: Path, form: str, *paths: str) -> tuple[int, Path, str]:
    target = folder / FILES[form]
    code, _, err = run("convert", *paths, "--to", form, "-o", str(target))
    return code, target, err


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_estate_in_another_format_is_equivalent(example: str, form: str, tmp_path: Path) -> None:
    """Where the format has room for all of it; else it says what is left out, and the exit code is 1."""
    source = f"rules-examples/{example}"
    code, target, err = converted(tmp_path, form, source)
    if code == 1:
        assert "cannot be said in" in err
        assert "[not-carried]" in err
        return
    assert code == 0, err
    if any(load(str(ROOT / source)).all(kind) for kind in _kinds_with_rules()):
        answer = run("equivalent", source, str(target), *_VALUES.get(example, ()))
        assert (answer[0], answer[1].split()[0]) == (0, "EQUIVALENT"), answer


#: Values for what Terraform calls otherwise.
_VALUES = {"unknowns": ("--set", "adminPrefix=10.0.0.0/8", "--set", "openDebugPort=true")}


def _kinds_with_rules() -> tuple[type[Any], ...]:
    from nwpolicy.model.rules import NetworkSecurityGroup

    return (NetworkSecurityGroup,)


def template(path: Path, *resources: dict[str, Any], **more: Any) -> str:
    raw = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **more, "resources": list(resources)}
    path.write_text(json.dumps(raw, indent=1))
    return str(path)


def rule(name: str, priority: int, **more: Any) -> dict[str, Any]:
    properties = {
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": properties | more}


def group(name: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    inner = {"securityRules": list(rules)}
    return {"type": "Microsoft.Network/networkSecurityGroups", "name": name, "properties": inner, **more}


@pytest.mark.parametrize("form", FILES)
def test_texts_that_look_like_syntax(form: str, tmp_path: Path) -> None:
    bracketed = "[parameters('x')]"
    rules = (rule("open", 100, description=HOSTILE), rule("shut", 110, description=f"[{bracketed}"))
    code, target, err = converted(tmp_path, form, template(tmp_path / "t.json", group("web", *rules)))
    assert code == 0, err
    (found,) = load(str(target)).all(_kinds_with_rules()[0])
    assert [each.description for each in found.security_rules] == [HOSTILE, bracketed]


@pytest.mark.parametrize("form", FILES)
def test_unknowns_keep_their_names_and_what_they_may_be(form: str, tmp_path: Path) -> None:
    """A parameter that may be one of two prefixes; a rule that may be absent; rules that somebody else adds."""
    parameters = {
        "adminCidr": {"type": "string", "allowedValues": ["10.0.0.0/8", "192.168.0.0/16"]},
        "deployApp": {"type": "bool"},
        "environment": {"type": "string"},
    }
    conditional = {
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "condition": "[parameters('deployApp')]",
        **rule("app", 110),
        "name": "[concat('nsg-', parameters('environment'), '/app')]",
    }
    whole = group(
        "[concat('nsg-', parameters('environment'))]", rule("ssh", 100, sourceAddressPrefix="[parameters('adminCidr')]")
    )
    code, target, err = converted(
        tmp_path, form, template(tmp_path / "t.json", whole, conditional, parameters=parameters)
    )
    assert code == 0, err
    (found,) = load(str(target)).all(_kinds_with_rules()[0])
    prefix = "var." if form == "terraform" else ""
    by_name = {one.name: one for one in found.security_rules}
    assert found.name == f"nsg-{{{prefix}environment}}"
    assert by_name["ssh"].sources[0].name == f"{prefix}adminCidr"
    assert by_name["app"].condition.name == f"{prefix}deployApp"
    if form in ("arm", "bicep"):
        assert by_name["ssh"].sources[0].domain.allowed == ("10.0.0.0/8", "192.168.0.0/16")


@pytest.mark.parametrize("form", FILES)
def test_a_child_of_what_is_not_here_stays_a_child_of_it(form: str, tmp_path: Path) -> None:
    """Nothing is written that would replace the parent when it is deployed."""
    child = {
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        **rule("app", 110),
        "name": "nsg-shared/app",
    }
    code, target, err = converted(tmp_path, form, template(tmp_path / "t.json", child))
    assert code == 0, err
    (found,) = load(str(target)).all(_kinds_with_rules()[0])
    assert (found.name, found.existing, len(found.security_rules)) == ("nsg-shared", True, 2)
    mentions = {
        "nwp": "  existing\n",
        "yaml": "    existing: true\n",
        "arm": '"nsg-shared/app"',
        "bicep": "' existing = {\n",
        "terraform": '"nsg-shared"',
    }
    assert mentions[form] in target.read_text()


@pytest.mark.parametrize("name", ["effective-admin-rules", "effective-nsg", "effective-routes"])
def test_exports_of_what_is_in_effect_are_definitions_too(name: str, tmp_path: Path) -> None:
    source = f"tests/data/exports/{name}.json"
    code, target, err = converted(tmp_path, "yaml", source)
    assert code == 0, err
    assert load(str(target)).resources == load(str(ROOT / source)).resources


def test_what_a_format_has_no_room_for_is_said_where_it_stands(tmp_path: Path) -> None:
    source = tmp_path / "policy.nwp"
    source.write_text(
        "nsg web {\n  inbound {\n    100 a allow tcp from * to * port 1\n  }\n}\nassert x never to nsg web port 23\n"
    )
    code, target, err = converted(tmp_path, "arm", str(source))
    assert code == 1
    assert f"{source}:6:8: warning: assertions x cannot be said in an ARM template and is left out [not-carried]" in err
    assert [each["name"] for each in json.loads(target.read_text())["resources"]] == ["web"]


def test_two_definitions_of_a_name_are_refused(tmp_path: Path) -> None:
    one, other = (template(tmp_path / f"{name}.json", group("web", rule(name, 100))) for name in ("a", "b"))
    code, out, err = run("convert", one, other, "--to", "bicep")
    assert (code, out) == (2, "")
    assert "web is defined twice, first at" in err


@pytest.mark.parametrize("form", ["arm", "bicep", "terraform"])
def test_a_name_that_azure_would_take_for_a_path_is_refused(form: str, tmp_path: Path) -> None:
    (tmp_path / "slash.nwp").write_text('load-balancer "a/b" { sku Standard }\n', encoding="utf-8")
    code, out, err = run("convert", str(tmp_path / "slash.nwp"), "--to", form)
    assert (code, out) == (2, "")
    assert "'a/b' is no name of Microsoft.Network/loadBalancers: names have no '/'" in err


def test_the_same_name_for_two_unknowns_becomes_two_names(tmp_path: Path) -> None:
    paths = [
        template(
            tmp_path / f"{name}.json",
            group(f"nsg-{name}", rule("r", 100, sourceAddressPrefix="[parameters('cidr')]")),
            parameters={"cidr": {"type": "string"}},
        )
        for name in ("a", "b")
    ]
    code, out, err = run("convert", *paths, "--to", "nwp")
    assert code == 0, err
    assert "from ?cidr to" in out
    assert f'from ?"cidr of {tmp_path / "b.json"}" to' in out


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    code, _, err = run("convert", "rules-examples/single-nsg", "--to", "nwp", "-o", str(tmp_path / "no" / "x.nwp"))
    assert code == 2
    assert "cannot write" in err


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
@pytest.mark.parametrize("example", EXAMPLES)
def test_terraform_finds_nothing_to_format(example: str, tmp_path: Path) -> None:
    _, target, _ = converted(tmp_path, "terraform", f"rules-examples/{example}")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(target)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_names_that_two_deployments_leave_open_are_refused(tmp_path: Path) -> None:
    """In one file, the same piece of a name would be the same in both."""
    name = "[concat('nsg-', parameters('suffix'), '-{}')]"
    paths = [
        template(tmp_path / f"{each}.json", group(name.format(each)), parameters={"suffix": {"type": "string"}})
        for each in ("a", "b")
    ]
    code, out, err = run("convert", *paths, "--to", "yaml")
    assert (code, out) == (2, "")
    assert "{suffix} in names may be another value at" in err


@pytest.mark.parametrize("form", FILES)
def test_a_managed_route_alone_stays_in_a_collection_of_elsewhere(form: str, tmp_path: Path) -> None:
    """Of which nothing else is known: neither its groups nor whether gateways' routes are propagated."""
    hop = {"nextHopType": "VirtualAppliance", "nextHopAddress": "10.0.0.4"}
    route = {
        "type": "Microsoft.Network/networkManagers/routingConfigurations/ruleCollections/rules",
        "name": "corp/egress/spokes/default",
        "properties": {"destination": {"type": "AddressPrefix", "destinationAddress": "0.0.0.0/0"}, "nextHop": hop},
    }
    code, _, err = converted(tmp_path, form, template(tmp_path / "t.json", route))
    assert (code, err) == (0, "")
