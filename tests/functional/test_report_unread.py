"""What `nwpolicy report` says of what it did not compare: parameters that nobody applied, and submodules. A pull
request may change nothing else."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli
from tests.functional.goldens import ROOT
from tests.repositories import git, working_folder

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
OFFICE, ANYONE = "198.51.100.0/24", "0.0.0.0/0"
BICEP = """param adminCidr string
param tags object = {}
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-b'
  properties: {
    securityRules: [
      {
        name: 'allow-ssh'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: adminCidr
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '22'
        }
      }
    ]
  }
}
"""
TERRAFORM = """variable "admin_cidr" { type = string }
variable "unused" {
  type    = string
  default = ""
}
resource "azurerm_network_security_group" "n" {
  name                = "nsg-t"
  location            = "westeurope"
  resource_group_name = "rg"
  security_rule {
    name                       = "ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "22"
    source_address_prefix      = var.admin_cidr
    destination_address_prefix = "*"
  }
}
"""
PARAMETERS = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"


def bicepparam(cidr: str) -> str:
    return f"using 'main.bicep'\nparam adminCidr = '{cidr}'\n"


def parameters(cidr: str) -> str:
    return json.dumps({"$schema": PARAMETERS, "parameters": {"adminCidr": {"value": cidr}}})


def tfvars(cidr: str) -> str:
    return f'admin_cidr = "{cidr}"\nunused = "x"\n'


def group(port: int, name: str = "own") -> str:
    return f"nsg {name} {{ inbound {{ 100 x allow tcp from Internet to * port {port} }} }}\n"


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = working_folder(tmp_path, monkeypatch)
    git("init", "--quiet", "--initial-branch=main")
    return folder


def commit(files: dict[str, str]) -> None:
    write(files)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message=change")


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def run(*arguments: str, command: str = "report") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([command, *arguments])
    return code, out.getvalue(), err.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    _, out, err = run(*arguments, "--output", "json")
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    return found


def kinds(found: dict[str, Any]) -> set[str]:
    return {one["change"]["kind"] for one in found["changes"]}


# --- parameters that are not applied ---


@pytest.mark.parametrize(
    ("source", "text", "name", "write_values"),
    [
        ("main.bicep", BICEP, "main.bicepparam", bicepparam),
        ("main.bicep", BICEP, "main.parameters.json", parameters),
        ("main.bicep", BICEP, "envs/prod.json", parameters),
        ("main.tf", TERRAFORM, "prod.tfvars", tfvars),
    ],
)
def test_parameters_that_changed_and_were_not_applied_are_in_the_verdict(
    source: str, text: str, name: str, write_values: Any
) -> None:
    commit({source: text, name: write_values(OFFICE)})
    write({name: write_values(ANYONE)})
    sentence = f"no path opened or closed; parameters changed in {name}, which was not applied"
    assert run("--base", "HEAD", "--quiet") == (3, f"{sentence}\n", "")
    (unread,) = as_json("--base", "HEAD")["unread"]
    assert [one.replace("_", "") for one in unread["parameters"]] == ["admincidr"]
    for form in ("text", "markdown", "html"):
        assert "which was not applied: name it with" in run("--base", "HEAD", "--output", form)[1]


def test_parameters_that_no_definition_has_do_not_matter() -> None:
    other = json.dumps({"$schema": PARAMETERS, "parameters": {"replicas": {"value": 1}}})
    commit({"main.bicep": BICEP, "app/app.parameters.json": other})
    write({"app/app.parameters.json": other.replace("1", "2")})
    assert run("--base", "HEAD", "--quiet") == (0, "no change in meaning\n", "")


def test_parameters_in_other_words_are_the_same() -> None:
    commit({"main.bicep": BICEP, "main.bicepparam": bicepparam(OFFICE)})
    write({"main.bicepparam": f"// office\n{bicepparam(OFFICE)}"})
    assert run("--base", "HEAD", "--quiet") == (0, "no change in meaning\n", "")


def test_a_file_of_parameters_that_is_new_is_told() -> None:
    commit({"main.bicep": BICEP})
    write({"main.bicepparam": bicepparam(ANYONE)})
    assert "parameters added in main.bicepparam" in run("--base", "HEAD", "--quiet")[1]


def test_parameters_of_two_folders_are_compared_too() -> None:
    write({f"{side}/main.bicep": BICEP for side in ("old", "new")})
    write({"old/main.bicepparam": bicepparam(OFFICE), "new/main.bicepparam": bicepparam(ANYONE)})
    code, out, _ = run("old", "new", "--quiet")
    assert (code, "parameters changed in main.bicepparam, which was not applied" in out) == (3, True)


def test_variables_that_terraform_reads_of_itself_are_applied() -> None:
    commit({"main.tf": TERRAFORM, "terraform.tfvars": tfvars(OFFICE)})
    write({"terraform.tfvars": tfvars(ANYONE)})
    found = as_json("--base", "HEAD")
    assert (found["unread"], "Opened" in kinds(found)) == ([], True)


# --- parameters that are given ---


@pytest.mark.parametrize(
    ("source", "text", "name", "write_values"),
    [("main.bicep", BICEP, "main.bicepparam", bicepparam), ("main.tf", TERRAFORM, "prod.tfvars", tfvars)],
)
@pytest.mark.parametrize("revisions", [("--base", "HEAD~1", "--head", "HEAD"), ("--base", "HEAD~1")])
def test_each_side_has_the_values_of_its_own_file(
    source: str, text: str, name: str, write_values: Any, revisions: tuple[str, ...]
) -> None:
    commit({source: text, name: write_values(OFFICE)})
    commit({name: write_values(ANYONE)})
    found = as_json(*revisions, "--param-file", name)
    assert (found["verdict"], "Opened" in kinds(found), found["unread"]) == ("Changed", True, [])


def test_diff_has_the_values_of_each_side_too() -> None:
    commit({"main.bicep": BICEP, "main.bicepparam": bicepparam(OFFICE)})
    write({"main.bicepparam": bicepparam(ANYONE)})
    assert run("--base", "HEAD", ".", "--param-file", "main.bicepparam", "-q", command="diff")[0] == 1


@pytest.mark.parametrize("file", ["made.json", "../beside.json"])
def test_a_file_that_git_does_not_know_is_the_same_for_both_sides(file: str) -> None:
    """A pipeline may write one beside the repository, or into it."""
    commit({"main.bicep": BICEP, ".gitignore": "made.json\n"})
    write({file: parameters(OFFICE)})
    found = as_json("--base", "HEAD", "--param-file", file)
    assert (found["sentence"], found["assumedEqual"]) == ("no change in meaning", [])


def test_a_link_that_git_does_not_know_is_the_same_for_both_sides() -> None:
    commit({"main.bicep": BICEP, "main.bicepparam": bicepparam(OFFICE)})
    Path("link.bicepparam").symlink_to("main.bicepparam")
    assert as_json("--base", "HEAD", "--param-file", "link.bicepparam")["openQuestions"] == []


def test_a_file_that_is_new_gives_the_base_nothing() -> None:
    commit({"main.bicep": BICEP})
    commit({"main.bicepparam": bicepparam(ANYONE)})
    found = as_json("--base", "HEAD~1", "--param-file", "main.bicepparam")
    assert found["verdict"] == "MayChange"
    assert {one["unknown"]["name"] for one in found["openQuestions"]} >= {"adminCidr"}


def test_a_value_that_only_one_side_has_a_name_for_is_met() -> None:
    commit({"main.bicep": BICEP.replace("adminCidr", "cidr"), "p.json": parameters(OFFICE).replace("adminC", "c")})
    commit({"main.bicep": BICEP, "p.json": parameters(OFFICE)})
    assert run("--base", "HEAD~1", "--param-file", "p.json", "--quiet")[0] == 0


@pytest.mark.parametrize("revisions", [("--base", "HEAD"), ("--base", "HEAD", "--head", "HEAD")])
def test_what_is_given_and_nowhere_is_an_error(revisions: tuple[str, ...]) -> None:
    commit({"main.bicep": BICEP})
    with contextlib.suppress(SystemExit):
        code, _, err = run(*revisions, "--param-file", "none.json")
    assert (code, "no such file" in err) == (2, True)
    code, _, err = run(*revisions, "--set", "adminCdr=10.0.0.0/8")
    assert (code, "did you mean 'adminCidr'" in err) == (2, True)


# --- submodules ---


@pytest.fixture
def submodule(tmp_path: Path) -> Path:
    """A repository with two commits, the first of which is a submodule."""
    other = tmp_path / "other"
    git("init", "--quiet", "--initial-branch=main", str(other))
    for port in (443, 3389):
        (other / "s.nwp").write_text(group(port, "shared"), encoding="utf-8")
        git("-C", str(other), "add", "--all")
        git("-C", str(other), "commit", "--quiet", "--message=other")
    write({"own.nwp": group(443)})
    git("submodule", "--quiet", "add", str(other), "mod")
    git("-C", "mod", "checkout", "--quiet", "HEAD~1")
    commit({})
    return other


@pytest.mark.parametrize(
    "arguments", [("--base", "HEAD"), ("--base", "HEAD", "--head", "HEAD"), ("--base", "HEAD", ".")]
)
def test_a_submodule_is_read_on_neither_side_and_that_is_said(submodule: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "--quiet") == (0, "no change in meaning\n", "")
    for form in ("text", "markdown", "html", "json"):
        assert "this is a submodule" in run(*arguments, "--output", form)[1]


def test_a_submodule_of_another_commit_is_in_the_verdict(submodule: Path) -> None:
    git("-C", "mod", "checkout", "--quiet", "main")
    commit({})
    sentence = "no path opened or closed; submodule mod changed, which is not read"
    for arguments in (("--base", "HEAD~1"), ("--base", "HEAD~1", "--head", "HEAD")):
        assert run(*arguments, "--quiet") == (3, f"{sentence}\n", "")
        for form in ("text", "markdown", "html", "json", "sarif"):
            assert "submodule mod changed" in run(*arguments, "--output", form)[1]


def test_a_submodule_that_is_not_checked_out_has_the_commit_of_the_index(submodule: Path) -> None:
    git("submodule", "--quiet", "deinit", "--force", "mod")
    assert run("--base", "HEAD", "--quiet") == (0, "no change in meaning\n", "")


def test_a_submodule_is_read_where_it_is_named_itself(submodule: Path) -> None:
    write({"mod/s.nwp": group(22, "shared")})
    assert "Opened" in kinds(as_json("--base", "HEAD", "mod"))


def test_what_leads_into_a_submodule_is_told_alike_on_both_sides(submodule: Path) -> None:
    commit({"own.nwp": 'import "mod/s.nwp"\n'})
    with contextlib.suppress(SystemExit):
        code, _, err = run("--base", "HEAD")
    assert (code, "it is in the submodule mod, another repository, whose files are not read" in err) == (2, True)


def test_diff_reads_no_submodule_either(submodule: Path) -> None:
    code, _, err = run("--base", "HEAD", ".", command="diff")
    assert (code, "this is a submodule" in err) == (0, True)


# --- files that cannot be read ---


@pytest.mark.parametrize("head", [(), ("--head", "HEAD")])
def test_a_file_that_a_revision_cannot_read_is_compared_on_neither_side(head: tuple[str, ...]) -> None:
    commit({"own.nwp": group(443), "infra/x.nwp": "nsg x {\n", "infra/y.nwp": "nsg {\n"})
    commit({"own.nwp": group(22), "infra/x.nwp": group(3389, "x")})
    found = as_json("--base", "HEAD~1", *head)
    assert [(one["path"], one["what"]) for one in found["unread"]] == [
        ("infra/x.nwp", "changed"),
        ("infra/y.nwp", "unchanged"),
    ]
    assert {one["change"]["flows"][0]["service"] for one in found["changes"]} == {"tcp 22", "tcp 443"}
