"""`nwpolicy report` where files cannot be read: they are passed over on both sides alike, the rest is compared, and the
verdict says so."""

from __future__ import annotations

import contextlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

import nwpolicy
from nwpolicy import cli
from tests.functional.goldens import ROOT

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
FORMS: Final = ("text", "markdown", "summary", "html", "json", "sarif")


def group(port: int, name: str = "own", protocol: str = "tcp") -> str:
    return f"nsg {name} {{ inbound {{ 100 x allow {protocol} from Internet to * port {port} }} }}\n"


def template(*rules: dict[str, Any], name: str = "nsg-t") -> str:
    resource = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2024-05-01",
        "name": name,
        "properties": {"securityRules": list(rules)},
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [resource]})


def rule(name: str, priority: int = 100, protocol: str = "Tcp", port: str = "443") -> dict[str, Any]:
    properties = {
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": protocol,
        "sourceAddressPrefix": "Internet",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": port,
    }
    return {"name": name, "properties": properties}


BICEP: Final = """param port string = '443'
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-b'
  properties: {
    securityRules: [
      {
        name: 'web'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: port
        }
      }
    ]
  }
}
"""
MAIN: Final = "module web 'modules/web.bicep' = {\n  name: 'web'\n  params: { port: '22' }\n}\n"
TERRAFORM: Final = """variable "port" { default = "443" }
resource "azurerm_network_security_group" "n" {
  name                = "nsg-t"
  location            = "westeurope"
  resource_group_name = "rg"
  security_rule {
    name                       = "web"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = var.port
    source_address_prefix      = "Internet"
    destination_address_prefix = "*"
  }
}
"""
CALL: Final = 'module "web" {\n  source = "./web"\n  port   = "22"\n}\n'

#: What cannot be read, by kind of fault, and what it is once it is mended.
FAULTS: Final[dict[str, tuple[str, bytes, bytes, str]]] = {
    "syntax error": ("x.json", template(rule("a"))[:-1].encode(), template(rule("a")).encode(), "the file ends inside"),
    "invalid rule": (
        "x.json",
        template(rule("a", protocol="TCP,UDP")).encode(),
        template(rule("a", protocol="*")).encode(),
        "'TCP,UDP' is no protocol",
    ),
    "unreadable encoding": ("x.nwp", b"# caf\xe9\n" + group(443, "x").encode(), group(443, "x").encode(), "UTF-8"),
    "rule that Azure refuses": (
        "x.json",
        template(rule("a"), rule("b")).encode(),
        template(rule("a"), rule("b", 110)).encode(),
        "priority 100",
    ),
}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("NO_COLOR", "FORCE_COLOR"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(side: str, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = Path(side, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def both(files: dict[str, str | bytes]) -> None:
    write("old", files)
    write("new", files)


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(["report", "old", "new", *arguments])
        except SystemExit as error:
            code = int(error.code or 0)
    return code, out.getvalue(), err.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    _, out, err = run(*arguments, "--output", "json")
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    return found


def unread(found: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    return [
        (one["kind"], one["path"], one["what"], [error["side"] for error in one["errors"]]) for one in found["unread"]
    ]


def changed_ports(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["change"]["kind"], flows["service"]) for one in found["changes"] for flows in one["change"]["flows"]}


# --- kinds of faults ---


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_that_mends_a_file_can_be_reviewed(fault: str) -> None:
    name, bad, good, why = FAULTS[fault]
    both({"own.nwp": group(443)})
    write("old", {name: bad})
    write("new", {name: good})
    sentence = f"no path opened or closed; 1 file was not compared: {name} cannot be read before"
    assert run("--quiet") == (3, f"{sentence}\n", "")
    found = as_json()
    assert unread(found) == [("file", name, "changed", ["before"])]
    assert why in found["unread"][0]["errors"][0]["message"]
    assert found["unread"][0]["location"]["file"] == f"old/{name}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_that_breaks_a_file_is_told(fault: str) -> None:
    name, bad, good, _ = FAULTS[fault]
    both({"own.nwp": group(443)})
    write("old", {name: good})
    write("new", {name: bad})
    assert run("--quiet")[:2] == (
        3,
        f"no path opened or closed; 1 file was not compared: {name} cannot be read now\n",
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_was_never_readable_and_did_not_change_is_a_warning(fault: str) -> None:
    name, bad, _, _ = FAULTS[fault]
    both({"own.nwp": group(443), name: bad})
    sentence = f"no change in meaning; 1 file was not compared: {name} cannot be read and did not change"
    assert run("--quiet") == (0, f"{sentence}\n", "")
    write("new", {"own.nwp": group(22)})
    assert run("--quiet")[0] == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_unreadable_before_and_now_and_changed_leaves_it_open(fault: str) -> None:
    name, bad, _, _ = FAULTS[fault]
    both({"own.nwp": group(443), name: bad})
    write("new", {name: bad.replace(b"443", b"22") + b"\n"})
    code, out, _ = run("--quiet")
    assert (code, "cannot be read and changed" in out) == (3, True)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_what_was_not_compared_and_why(form: str) -> None:
    both({"own.nwp": group(443)})
    write("old", {"x.json": template(rule("a", protocol="TCP,UDP"))})
    write("new", {"x.json": template(rule("a"))})
    out = run("--output", form)[1].replace("`", "").replace("&#39;", "'")
    assert "1 file was not compared: x.json cannot be read before" in out or form == "sarif"
    assert "x.json cannot be read before: old/x.json:1:" in out or form == "json"
    assert "'TCP,UDP' is no protocol" in out


# --- the rest is compared ---


def test_what_is_readable_on_one_side_only_is_neither_new_nor_gone() -> None:
    both({"own.nwp": group(443)})
    write("old", {"own.nwp": group(443), "x.nwp": "nsg x {\n"})
    write("new", {"own.nwp": group(22), "x.nwp": group(3389, "x")})
    found = as_json()
    assert changed_ports(found) == {("Opened", "tcp 22"), ("Closed", "tcp 443")}
    assert (found["onlyBefore"], found["onlyAfter"]) == ([], [])


def test_files_that_are_new_or_gone_and_unreadable_are_told_as_such() -> None:
    both({"own.nwp": group(443)})
    write("old", {"gone.nwp": "nsg {"})
    write("new", {"new.nwp": "nsg {"})
    found = as_json()
    assert unread(found) == [("file", "gone.nwp", "removed", ["before"]), ("file", "new.nwp", "added", ["after"])]
    assert "gone.nwp is gone and could not be read and new.nwp is new and cannot be read" in found["sentence"]


def test_the_files_that_changed_are_named_first_and_many_are_counted() -> None:
    both({"own.nwp": group(443), **{f"{number}.nwp": "nsg {" for number in range(20)}})
    write("new", {"19.nwp": group(443, "x")})
    out = run("--quiet")[1]
    expected = "20 files were not compared: 19.nwp cannot be read before, 0.nwp cannot be read and did not change, "
    assert expected in out
    assert out.endswith(" and 17 more\n")


def test_what_others_refer_to_in_a_file_that_is_passed_over_is_unknown_and_not_absent() -> None:
    """Without its group the subnet would be open to all of its network."""
    network = """vnet v {
  address 10.0.0.0/16
  subnet s { address 10.0.0.0/24; nsg x }
}
nic n { ip one { address 10.0.0.4; subnet v/s }; nsg own }
"""
    both({"net.nwp": network, "own.nwp": group(443), "x.nwp": "nsg x {"})
    write("new", {"x.nwp": group(80, "x")})
    assert as_json()["assumedEqual"] == ["rules of x"]
    write("new", {"own.nwp": group(22)})
    found = as_json()
    assert "rules of x" in found["assumedEqual"]
    assert {kind for kind, _ in changed_ports(found)} == {"MayChange"}


# --- what is read as one ---


def test_an_error_in_a_module_concerns_every_file_that_deploys_it() -> None:
    both({"own.nwp": group(443), "a.bicep": MAIN, "b.bicep": MAIN, "modules/web.bicep": BICEP})
    write("new", {"modules/web.bicep": BICEP.replace("'Tcp'", "'TCP,UDP'")})
    found = as_json()
    assert {path: (what, sides) for _, path, what, sides in unread(found)} == {
        "a.bicep": ("changed", ["after"]),
        "b.bicep": ("changed", ["after"]),
    }
    assert (found["changes"], found["onlyBefore"], found["onlyAfter"]) == ([], [], [])


def test_modules_of_a_file_that_is_passed_over_are_not_compared_by_themselves() -> None:
    both({"own.nwp": group(443), "main.bicep": MAIN, "modules/web.bicep": BICEP})
    write("new", {"main.bicep": MAIN + "}"})
    found = as_json()
    assert unread(found) == [("file", "main.bicep", "changed", ["after"])]
    assert (found["changes"], found["onlyBefore"], found["onlyAfter"]) == ([], [], [])


@pytest.mark.parametrize("bad", [CALL + "}", CALL.replace("22", "22-x")])
def test_a_configuration_of_terraform_is_passed_over_as_a_whole_with_its_modules(bad: str) -> None:
    both({"own.nwp": group(443), "infra/main.tf": CALL, "infra/web/main.tf": TERRAFORM, "infra/other.tf": ""})
    write("new", {"infra/main.tf": bad})
    found = as_json()
    assert unread(found) == [("configuration", "infra", "changed", ["after"])]
    assert (found["changes"], found["onlyBefore"], found["onlyAfter"]) == ([], [], [])
    assert "the configuration in infra cannot be read now" in found["sentence"]


def test_a_module_that_changed_changes_the_configuration_that_calls_it() -> None:
    bad = CALL.replace("22", "22-x")
    both({"own.nwp": group(443), "infra/main.tf": bad, "infra/web/main.tf": TERRAFORM})
    assert run("--quiet")[0] == 0
    write("new", {"infra/web/main.tf": TERRAFORM.replace('"web"', '"www"')})
    assert run("--quiet")[0] == 3


def test_an_archive_that_cannot_be_opened_is_passed_over_with_what_is_in_it() -> None:
    both({"own.nwp": group(443)})
    for side in ("old", "new"):
        with zipfile.ZipFile(Path(side, "x.zip"), "w") as archive:
            archive.writestr("x.nwp", group(22, "x"))
    whole = Path("new", "x.zip").read_bytes()
    write("new", {"x.zip": whole[:-30]})
    found = as_json()
    assert [(path, what) for _, path, what, _ in unread(found)] == [("x.zip", "changed")]
    assert (found["changes"], found["onlyBefore"], found["onlyAfter"]) == ([], [], [])
    write("old", {"x.zip": whole[:-30]})
    assert run("--quiet")[0] == 0


# --- where there is nothing to compare ---


def test_where_nothing_can_be_compared_it_is_an_error() -> None:
    write("old", {"x.nwp": "nsg {", "y.nwp": group(443)})
    write("new", {"x.nwp": group(443, "x"), "y.nwp": "nsg }"})
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "old/x.nwp:1" in err
    assert "new/y.nwp:1" in err


def test_a_path_that_is_not_there_is_an_error() -> None:
    write("old", {"own.nwp": group(443), "x.nwp": "nsg {"})
    code, out, err = run()
    assert (code, out, "new" in err) == (2, "", True)


def test_what_is_given_may_be_for_a_file_that_is_passed_over() -> None:
    both({"own.nwp": group(443), "main.bicep": BICEP + "}"})
    assert run("--set", "port=22", "--quiet")[0] == 0


def test_from_python_files_are_passed_over_unless_the_versions_were_loaded_whole() -> None:
    both({"own.nwp": group(443), "x.nwp": "nsg {"})
    assert [one.path for one in nwpolicy.report("old", "new").unread] == ["x.nwp"]
    versions = nwpolicy.versions_of_paths("old", "new", partly=True)
    assert [one.path for one in nwpolicy.report(versions).unread] == ["x.nwp"]
    with pytest.raises(nwpolicy.InputError):
        nwpolicy.versions_of_paths("old", "new")
