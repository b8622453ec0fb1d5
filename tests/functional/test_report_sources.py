"""What `nwpolicy report` compares: plans of Terraform, and what revisions of git hold besides files."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

import nwpolicy
from nwpolicy import cli
from tests.repositories import git, working_folder

BASE = """nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet    to * port 443
    110 allow-jump  allow tcp from 10.0.9.0/24 to * port 22
  }
}
vnet app {
  address 10.0.0.0/16
  subnet web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-0 { ip ipconfig1 { address 10.0.1.4; subnet app/web; public-ip pip-0 } }
public-ip pip-0 { sku Standard }
"""
OPENED = BASE.replace("10.0.9.0/24", "Internet   ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, monkeypatch)


def run(*arguments: str, command: str = "report") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main([command, *arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    _, out, err = run(*arguments, "--output", "json")
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


def paths(found: dict[str, Any]) -> list[tuple[str, str]]:
    changes = [one["change"] for one in found["changes"]]
    return [(one["kind"], one["flows"][0]["text"]) for one in changes]


# --- plans of Terraform. Source: HashiCorp, "JSON output format" (Terraform internals) ---

_RULE = {
    "name": "ssh",
    "priority": 100,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "Tcp",
    "source_port_range": "*",
    "destination_port_range": "22",
    "source_address_prefix": "Internet",
    "destination_address_prefix": "*",
    "network_security_group_name": "web",
    "resource_group_name": "rg",
}
_GROUP = {"name": "web", "resource_group_name": "rg", "location": "westeurope"}


def _planned(address: str, before: Any, after: Any, unknown: Any = None) -> dict[str, Any]:
    change = {"before": before, "after": after, "after_unknown": unknown or {}, "after_sensitive": {}}
    return {"address": address, "mode": "managed", "type": address.partition(".")[0], "change": change}


def _plan(after: Any, unknown: Any = None) -> str:
    """A plan that changes one rule of a group."""
    changes = [
        _planned("azurerm_network_security_group.web", _GROUP, _GROUP),
        _planned("azurerm_network_security_rule.ssh", _RULE, after, unknown),
    ]
    configuration: dict[str, Any] = {"root_module": {}}
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {}}}
    return json.dumps({**plan, "resource_changes": changes, "configuration": configuration}, indent=1)


def test_a_plan_is_what_it_will_change(folder: Path) -> None:
    Path("plan.json").write_text(_plan({**_RULE, "access": "Allow"}), encoding="utf-8")
    found = as_json("plan.json")
    assert paths(found) == [("Opened", "tcp 22  Internet → web")]
    assert (found["before"], found["after"]) == ("before the plan", "after the plan")
    assert found["changes"][0]["risk"] == "Internet"


def test_a_plan_comes_from_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `terraform show -json tfplan | nwpolicy report -`; it can be read once only."""
    text = _plan({**_RULE, "access": "Allow"})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert paths(as_json("-")) == [("Opened", "tcp 22  Internet → web")]


def test_what_a_plan_does_not_know_yet_may_change(folder: Path) -> None:
    known = {name: value for name, value in _RULE.items() if name != "access"}
    Path("plan.json").write_text(_plan(known, {"access": True}), encoding="utf-8")
    found = as_json("plan.json")
    assert paths(found) == [("MayChange", "tcp 22  Internet → web")]
    assert [one["changes"] for one in found["openQuestions"]] == [[1]]
    assert found["verdict"] == "MayChange"


def test_a_plan_that_changes_nothing(folder: Path) -> None:
    Path("plan.json").write_text(_plan(_RULE), encoding="utf-8")
    assert run("plan.json", "--quiet") == (0, "no change in meaning\n", "")


def test_what_is_no_plan_has_no_sides(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"resources": []}')))
    code, out, err = run("-")
    assert (code, out) == (2, "")
    assert "it is not said what to compare" in err


# --- revisions ---


def commit(message: str, **texts: str) -> None:
    for name, text in texts.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(f"{name}.nwp").write_text(text, encoding="utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


@pytest.fixture
def repository(folder: Path) -> Path:
    git("init", "--quiet", "--initial-branch=main")
    commit("base", **{"infra/web": BASE})
    return folder


def test_what_is_not_read_is_told_on_the_terminal(folder: Path) -> None:
    """A linked template elsewhere: nothing that it deploys is compared."""
    link = {"templateLink": {"uri": "https://example.com/vnet.json"}}
    deployment = {"type": "Microsoft.Resources/deployments", "name": "network", "properties": link}
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    for name in ("old", "new"):
        template = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [deployment]}
        (folder / f"{name}.json").write_text(json.dumps(template, indent=len(name)), encoding="utf-8")
    code, out, _ = run("old.json", "new.json")
    assert code == 0
    assert "warning: the deployment network does not hold its template, what it deploys is not known   new.json:" in out


def test_a_renamed_file_is_no_change_in_meaning(repository: Path) -> None:
    git("mv", "infra/web.nwp", "infra/front.nwp")
    commit("moved")
    found = as_json("--base", "HEAD~1", "--head", "HEAD")
    assert found["sentence"] == "no change in meaning"
    assert (found["changes"], found["onlyBefore"], found["onlyAfter"]) == ([], [], [])


def test_a_renamed_folder_that_is_changed_too_has_the_change(repository: Path) -> None:
    git("mv", "infra", "network")
    commit("moved and changed", **{"network/web": OPENED})
    assert paths(as_json("--base", "HEAD~1", "--head", "HEAD"))[0] == (
        "Opened",
        "tcp 22  Internet → subnet web (1 NIC)",
    )


def test_submodules_are_not_read_and_that_is_said(repository: Path, tmp_path: Path) -> None:
    """A revision names no more than a commit of another repository."""
    git("init", "--quiet", "--initial-branch=main", str(tmp_path / "other"))
    (tmp_path / "other" / "more.nwp").write_text(OPENED.replace("web", "more"), encoding="utf-8")
    git("-C", str(tmp_path / "other"), "add", "--all")
    git("-C", str(tmp_path / "other"), "commit", "--quiet", "--message=other")
    git("submodule", "--quiet", "add", str(tmp_path / "other"), "shared")
    commit("submodule")
    commit("opened", **{"infra/web": OPENED})
    found = as_json("--base", "HEAD~1", "--head", "HEAD")
    assert [kind for kind, _ in paths(found)] == ["Opened"]
    assert any("submodule" in one["message"] for one in found["diagnostics"])


def test_reports_are_to_be_had_from_python(repository: Path) -> None:
    commit("opened", **{"infra/web": OPENED})
    ways = (
        nwpolicy.versions_of_revisions("HEAD~1", "HEAD"),
        nwpolicy.versions_of_revisions("HEAD~1", paths=("infra",)),
    )
    git("worktree", "add", "--quiet", "../old", "HEAD~1")
    for versions in (*ways, nwpolicy.versions_of_paths("../old/infra", "infra")):
        found = nwpolicy.report(versions)
        assert found.sentence.startswith("opens 1 (1 from the internet)")


def _equal(**texts: str) -> dict[str, str]:
    statement = 'assert golden equivalent from "../golden/web.nwp" to "web.nwp"\n'
    return {"infra/web": texts["web"], "infra/rules": statement, "golden/web": texts["golden"]}


@pytest.mark.parametrize("branch", ["main", "team/main"])
def test_paths_of_assertions_lead_to_files_of_their_revision(repository: Path, branch: str) -> None:
    """On the base both files say the same; the working tree has other ones again, which the revisions do not see."""
    commit("golden", **_equal(web=BASE, golden=BASE))
    git("branch", "--force", "team/main")
    git("checkout", "--quiet", "-b", "topic")
    commit("opened", **_equal(web=OPENED, golden=BASE))
    Path("golden/web.nwp").write_text(OPENED, encoding="utf-8")
    found = as_json("--base", branch, "--head", "topic", "--direct", "infra")
    assert [(one["before"], one["after"]) for one in found["assertions"]] == [("Holds", "Violated")]
    assert found["undecided"] == []
    tree = as_json("--base", "topic", "--direct", "infra")
    assert [(one["before"], one["after"]) for one in tree["assertions"]] == [("Violated", "Holds")]


def test_an_assertion_that_leads_nowhere_in_its_revision_is_undecided_with_the_reason(repository: Path) -> None:
    """The file that it compares with is not in the base, but in the working tree."""
    texts = _equal(web=BASE, golden=BASE)
    golden = texts.pop("golden/web")
    commit("without", **texts)
    commit("with", **{"golden/web": golden})
    found = as_json("--base", "HEAD~1", "--head", "HEAD", "infra")
    assert [(one["before"], one["after"]) for one in found["assertions"]] == [(None, "Holds")]
    (reason,) = found["undecided"]
    assert "the assertions of HEAD~1" in reason
    assert "golden/web.nwp" in reason
    assert "no such file in" in reason


# --- sides that hold nothing ---


@pytest.mark.parametrize("command", ["report", "diff"])
@pytest.mark.parametrize("sides", [("old", "new"), ("new", "old")])
def test_a_folder_that_holds_nothing_is_compared_as_it_is_in_git(
    repository: Path, sides: tuple[str, str], command: str
) -> None:
    for side, name, text in (("old", "README.md", "none yet"), ("new", "web.nwp", BASE)):
        Path(side).mkdir()
        Path(side, name).write_text(text, encoding="utf-8")
    code, _, err = run(*sides, "--quiet", command=command)
    assert (code, err) == (1, "")
    code, _, err = run("old", "old", command=command)
    assert (code, "no file in this folder holds definitions" in err) == (2, True)


def test_a_path_that_holds_nothing_yet_does_not_empty_the_others(repository: Path) -> None:
    """The policy of a repository may begin with the change that is looked at."""
    Path("policy").mkdir()
    Path("policy/README.md").write_text("none yet", encoding="utf-8")
    commit("empty policy")
    commit("policy", **{"policy/rules": "assert no-ssh never tcp from Internet to nsg nsg-web port 22 rules-only\n"})
    found = as_json("--base", "HEAD~1", "--head", "HEAD", "infra", "policy")
    assert (found["sentence"], found["onlyAfter"]) == ("no change in meaning", [])
    assert [one["after"] for one in found["assertions"]] == ["Holds"]
