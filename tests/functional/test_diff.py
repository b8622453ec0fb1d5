"""`nwpolicy diff` and `nwpolicy equivalent`: word for word, as JSON, with their exit codes, and with git."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli
from nwpolicy.cli.loading import explained
from nwpolicy.cli.terminal import Unusable
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.reports.screen import render
from tests.repositories import git, working_folder

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("diff", "equivalent")
}

OLD = """nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet to * port 443
    200 allow-admin allow tcp from 10.8.0.0/16 to * port 22
    300 allow-metrics allow tcp from 10.7.0.4 to 10.0.1.5 port 9100
  }
}

vnet vnet-app {
  location westeurope
  address 10.0.0.0/16
  subnet web {
    address 10.0.1.0/24
    nsg nsg-web
  }
}

nic nic-0 {
  ip ipconfig1 {
    address 10.0.1.4
    subnet vnet-app/web
  }
}
nic nic-1 {
  ip ipconfig1 {
    address 10.0.1.5
    subnet vnet-app/web
  }
}
"""
SAME = OLD.replace(
    "    200 allow-admin allow tcp from 10.8.0.0/16 to * port 22\n",
    "    150 admins-low allow tcp from 10.8.0.0/17 to * port 22\n"
    "    160 admins-high allow tcp from 10.8.128.0/17 to * port 22\n",
).replace("allow-https", "web-for-all")
NEW = OLD.replace(
    "    300 allow-metrics allow tcp from 10.7.0.4 to 10.0.1.5 port 9100\n",
    "    250 allow-ssh-temp allow tcp from Internet to * port 22\n",
)
OPENED = """  OPENED  tcp 22  Internet → subnet web (2 NICs)
      was  denied by DenyAllInBound 65500   in NSG nsg-web
      now  allowed by allow-ssh-temp 250   new.nwp:5:5   in NSG nsg-web
      but  no public address leads there
      e.g. tcp 203.0.113.4:50000 → 10.0.1.4:22
"""
CLOSED = """  CLOSED  tcp 9100  10.7.0.4 → nic-1
      was  allowed by allow-metrics 300   old.nwp:5:5   in NSG nsg-web
      now  denied by DenyAllInBound 65500   in NSG nsg-web
      e.g. tcp 10.7.0.4:50000 → 10.0.1.5:9100
"""
PREMISES = """Rests on: VirtualNetwork = 10.0.0.0/16, 168.63.129.16
Assumes: any-protocol=every, internet-tag=reserved-excluded
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = working_folder(tmp_path, monkeypatch)
    for name, text in (("old", OLD), ("same", SAME), ("new", NEW)):
        Path(f"{name}.nwp").write_text(text, encoding="utf-8")
    return work


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def as_json(command: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(command, *arguments, "--output", "json")
    answer: dict[str, Any] = json.loads(out)
    faults = [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMAS[command]).iter_errors(answer)]
    assert faults == []
    return code, answer


def test_a_change_as_a_reviewer_reads_it() -> None:
    code, out, err = run("diff", "old.nwp", "new.nwp")
    assert err == ""
    assert out == f"CHANGED  1 path opened, 1 closed\n{OPENED}{CLOSED}{PREMISES}"
    assert code == 1


def test_the_same_written_otherwise() -> None:
    code, out, _ = run("diff", "old.nwp", "same.nwp")
    assert out.splitlines()[0] == "NO CHANGE in meaning (proved): 3 places compared"
    assert code == 0


def test_many_sets_of_flows_are_told_by_what_holds_them() -> None:
    kept = """nsg web {
  inbound {
    100 one deny tcp from 203.0.113.1 to * port 22
    110 other deny tcp from 203.0.113.2 to * port 3389
  }
}
"""
    Path("kept.nwp").write_text(kept, encoding="utf-8")
    opened = kept.replace("3389\n", "3389\n    200 every allow tcp from 203.0.113.0/29 to * port *\n")
    Path("opened.nwp").write_text(opened, encoding="utf-8")
    _, out, _ = run("diff", "kept.nwp", "opened.nwp")
    assert out.startswith(
        """CHANGED  1 path opened, 0 closed
  OPENED  tcp  203.0.113.0/29 → web, with exceptions; exactly:
          tcp * except 22  203.0.113.1 → web
          tcp * except 3389  203.0.113.2 → web
          tcp  203.0.113.0/29 except 203.0.113.1, 203.0.113.2 → web
      was  denied by DenyAllInBound 65500   in NSG web
"""
    )


def test_with_rules_it_is_told_which_ones_decide_now() -> None:
    code, out, _ = run("diff", "old.nwp", "same.nwp", "--rules")
    assert out.startswith(
        """CHANGED  0 paths opened, 0 closed, 2 decided by another rule
  OTHER RULE  tcp 22  10.8.0.0/17 → subnet web (2 NICs)
      was  allowed by allow-admin 200   old.nwp:4:5   in NSG nsg-web
      now  allowed by admins-low 150   same.nwp:4:5   in NSG nsg-web
      e.g. tcp 10.8.0.4:50000 → 10.0.1.4:22
"""
    )
    assert code == 1


def test_only_the_verdict() -> None:
    assert run("diff", "old.nwp", "new.nwp", "-q") == (1, "CHANGED  1 path opened, 1 closed\n", "")


def test_a_limit_tells_what_it_leaves_out() -> None:
    _, out, _ = run("diff", "old.nwp", "new.nwp", "--limit", "1")
    assert OPENED in out
    assert "  1 more change left out by the limit: 1 closed\n" in out


def test_a_proof_is_told() -> None:
    code, out, _ = run("diff", "old.nwp", "new.nwp", "--prove")
    assert "\nProved with Z3: " in out
    assert code == 1
    code, answer = as_json("diff", "old.nwp", "new.nwp", "--prove", "--rules")
    assert answer["proof"]["cells"] > 10
    assert answer["proof"]["seconds"] > 0


def test_the_exit_code_can_be_left_to_the_reader() -> None:
    assert run("diff", "old.nwp", "new.nwp", "--exit-zero")[0] == 0
    assert run("diff", "old.nwp", "nope.nwp", "--exit-zero")[0] == 2


def test_what_depends_on_an_unknown_is_undecided() -> None:
    for name, default in (("one", ""), ("two", ', "defaultValue": "10.0.0.0/8"')):
        Path(f"{name}.json").write_text(TEMPLATE.replace("DEFAULT", default), encoding="utf-8")
    code, out, _ = run("diff", "one.json", "two.json")
    assert out.startswith("MAY CHANGE  0 paths opened, 0 closed, ")
    assert "      on   adminCidr (one.json:4:31): parameter adminCidr has no default\n" in out
    assert "e.g. tcp 203.0.113.4:50000 → 198.51.100.4:22, if adminCidr = 203.0.113.4\n" in out
    assert code == 3
    assert run("diff", "one.json", "one.json")[0] == 0
    assert as_json("diff", "one.json", "two.json")[1]["verdict"] == "MayChange"


TEMPLATE = """{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"adminCidr": {"type": "string"DEFAULT}},
  "resources": [{
    "type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "nsg",
    "location": "westeurope",
    "properties": {"securityRules": [{"name": "admin", "properties": {
      "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
      "sourceAddressPrefix": "[parameters('adminCidr')]", "sourcePortRange": "*",
      "destinationAddressPrefix": "*", "destinationPortRange": "22"}}]}
  }]
}
"""


@pytest.mark.parametrize(
    "arguments", [("old.nwp", "new.nwp"), ("old.nwp", "same.nwp", "--rules"), ("old.nwp", "old.nwp")]
)
def test_every_difference_is_as_its_schema_says(arguments: tuple[str, ...]) -> None:
    code, answer = as_json("diff", *arguments)
    assert code == (0 if answer["verdict"] == "Same" else 1)


def test_equivalence() -> None:
    assert run("equivalent", "old.nwp", "same.nwp") == (
        0,
        "EQUIVALENT (proved): subnet web, NIC nic-0, NIC nic-1\n",
        "",
    )
    code, out, _ = run("equivalent", "old.nwp", "new.nwp", "--nic", "nic-0")
    assert (
        out
        == """NOT EQUIVALENT  inbound at NIC nic-0
  e.g. tcp 203.0.113.4:50000 → 10.0.1.4:22
  was  denied by DenyAllInBound 65500   in NSG nsg-web (subnet web)
  now  allowed by allow-ssh-temp 250   new.nwp:5:5   in NSG nsg-web (subnet web)
"""
    )
    assert code == 1
    assert as_json("equivalent", "old.nwp", "new.nwp")[0] == 1
    assert as_json("equivalent", "old.nwp", "same.nwp")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("diff", "old.nwp"),
            "nwpolicy: diff takes two paths\n  = help: give OLD and NEW, or a plan of Terraform, or --base REV",
        ),
        (("diff", "old.nwp", "new.nwp", "same.nwp"), "nwpolicy: diff takes two paths\n"),
        (("diff", "old.nwp", "nope.nwp"), "nope.nwp:1:1: error: no such file"),
        (("diff", "old.nwp", "new.nwp", "--assume", "x"), "nwpolicy: --assume takes NAME=VALUE"),
        (("diff", "old.nwp", "new.nwp", "--limit", "0"), "argument --limit: invalid"),
        (("equivalent", "old.nwp", "new.nwp", "--nic", "nic-9"), "nwpolicy: there is no network interface 'nic-9'"),
        (("diff", "--base", "HEAD", "old.nwp"), "git cannot read the repository: not a git repository"),
    ],
)
def test_wrong_usage_is_explained(arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_groups_of_different_names_are_compared_and_that_is_told() -> None:
    for name in ("one", "two"):
        Path(f"{name}.nwp").write_text(f"nsg nsg-{name} {{\n  inbound {{\n  }}\n}}\n", encoding="utf-8")
    told = "  compared     NSG nsg-one before, nsg-two now: nothing else of either side can be it\n"
    assert told in run("diff", "one.nwp", "two.nwp")[1]
    assert told in run("equivalent", "one.nwp", "two.nwp")[1]


def test_a_defect_ends_the_command_and_leaves_what_shows_it_in_a_file() -> None:
    with pytest.raises(Unusable) as stop, explained():
        raise EngineDisagreement("the engines disagree", "flow: this one")
    said = render(stop.value.lines, color=False)
    assert stop.value.code == 2
    assert said.startswith("nwpolicy: internal error: the engines disagree\n")
    file = Path(said.split()[-1])
    assert file.read_text(encoding="utf-8") == "flow: this one"
    file.unlink()


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository whose only revision has the old definitions, and whose working tree has the new ones."""
    for name in ("old", "same", "new"):
        Path(f"{name}.nwp").unlink()
    Path("infra").mkdir()
    Path("infra/web.nwp").write_text(OLD, encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message=old")
    Path("infra/web.nwp").write_text(NEW, encoding="utf-8")
    return folder


def test_a_revision_is_compared_with_the_working_tree(repository: Path) -> None:
    code, out, err = run("diff", "--base", "main", "infra")
    assert err == ""
    assert "was  allowed by allow-metrics 300   main:infra/web.nwp:5:5   in NSG nsg-web\n" in out
    assert "now  allowed by allow-ssh-temp 250   infra/web.nwp:5:5   in NSG nsg-web\n" in out
    assert code == 1
    assert Path("infra/web.nwp").read_text(encoding="utf-8") == NEW


def test_added_and_deleted_files_count_as_empty(repository: Path) -> None:
    Path("infra/web.nwp").write_text(OLD, encoding="utf-8")
    assert run("diff", "--base", "main", "infra")[0] == 0
    Path("infra/more.nwp").write_text("nsg nsg-more {\n  inbound {\n  }\n}\n", encoding="utf-8")
    code, out, _ = run("diff", "--base", "main", "infra/web.nwp", "infra/more.nwp")
    assert "  only now     NSG nsg-more   infra/more.nwp:1:1\n" in out
    assert code == 1
    Path("infra/web.nwp").unlink()
    code, out, _ = run("diff", "--base", "main", "infra/web.nwp", "infra/more.nwp")
    assert "  only before  NIC nic-0   main:infra/web.nwp:18:1\n" in out
    assert run("diff", "--base", "main", "infra/nope.nwp")[0] == 2


def test_a_revision_that_is_not_there_is_said(repository: Path) -> None:
    code, out, err = run("diff", "--base", "nope", "infra")
    assert (code, out) == (2, "")
    assert "'nope' names no revision of the repository" in err
