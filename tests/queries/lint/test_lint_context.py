from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.queries.lint.answer import Options
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.context import Change, lint_changed, lint_unsaved

NSG = """nsg nsg-web {
  inbound {
    100 allow-ssh allow tcp from * to * port 22
  }
}
"""
NETWORK = """vnet vnet-hub {
  address 10.0.0.0/16
  subnet snet-web {
    address 10.0.1.0/24
    nsg nsg-web
  }
}
"""
NIC = """nic nic-web {
  nsg nsg-nic
  ip ipconfig1 {
    address 10.0.1.4
    subnet vnet-hub/snet-web
    public-ip pip-web
  }
}
"""
GUARD = NSG.replace("nsg-web", "nsg-nic").replace("from *", "from 10.0.0.0/8")
OTHER = NSG.replace("nsg-web", "nsg-other")
OPTIONS = Options(selected=frozenset({"NWP001", "NWP101", "NWP301"}))


def git(*arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def put(**files: str | None) -> None:
    for name, text in files.items():
        path = Path("infra", f"{name}.nwp")
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One commit of a machine that its own group protects, and of a group that lets everybody in."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    put(nsg=NSG, network=NETWORK, nic=NIC, guard=GUARD, other=OTHER)
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "an estate")


def given(*files: str, since: str | None = None, usual: str = "HEAD") -> list[str]:
    change = Change([f"infra/{name}.nwp" for name in files], since, usual)
    answer = lint_changed(["."], change, OPTIONS, Cache(None))
    return [f"{Path(finding.location.file).stem} {finding.rule}" for finding in answer.findings]


def test_what_was_there_before_in_other_files_does_not_count(estate: None) -> None:
    put(nsg=f"# said more\n{NSG}")
    assert given("nsg") == []
    put(other=f"# said more\n{OTHER}")
    assert given("nsg") == []
    assert given("other") == ["other NWP101"]


def test_what_a_change_makes_wrong_in_another_file_counts(estate: None) -> None:
    """The group of the interface no longer protects it: the open rule is in a file that did not change."""
    put(nic=NIC.replace("  nsg nsg-nic\n", ""))
    assert given("nic") == ["nsg NWP101"]


def test_a_port_that_a_change_opens_elsewhere_counts_beside_those_that_were_open(estate: None) -> None:
    put(nsg=NSG.replace("port 22", "port 22, 3389"), nic=NIC.replace("  nsg nsg-nic\n", ""))
    manager = """network-manager vnm {
  management-group contoso
  group all { vnet vnet-hub }
  configuration c { collection k { applies-to all; inbound { 10 d deny tcp from any to any port PORT } } }
  deploy c to *
}
"""
    put(manager=manager.replace("PORT", "3389"))
    git("add", "--all")
    git("commit", "--quiet", "--message", "guarded")
    put(manager=manager.replace("PORT", "3390"))
    answer = lint_changed(["."], Change(["infra/manager.nwp"]), OPTIONS, Cache(None))
    (finding,) = answer.findings
    assert finding.message == "ports 22, 3389 of nic-web are reachable from the internet"
    assert (finding.reason or "").endswith("new: tcp 3389 of nic-web")
    put(manager=manager.replace("PORT", "3389, 3390"))
    assert given("manager") == []


def test_what_a_removed_file_makes_wrong_counts(estate: None) -> None:
    put(nic=None)
    assert given() == ["nsg NWP101"]
    put(guard=f"# said more\n{GUARD}")
    assert given("guard") == ["nsg NWP101"]


def test_what_a_new_file_makes_wrong_counts_whether_or_not_git_knows_it(estate: None) -> None:
    put(second=NIC.replace("nic-web", "nic-two").replace("  nsg nsg-nic\n", "").replace("1.4", "1.5"))
    assert given() == ["nsg NWP101"]
    git("add", "--all")
    assert given() == ["nsg NWP101"]


def test_without_a_change_nothing_counts(estate: None) -> None:
    assert given() == []


def test_a_range_of_commits_is_compared_with_where_it_starts(estate: None) -> None:
    put(nic=NIC.replace("  nsg nsg-nic\n", ""))
    git("commit", "--quiet", "--all", "--message", "unprotected")
    assert given("guard") == []
    assert given("guard", usual="HEAD~1") == ["nsg NWP101"]
    assert given("guard", since="HEAD~1") == ["nsg NWP101"]


def test_without_a_commit_everything_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(nsg=NSG, other=OTHER)
    assert sorted(given("nsg")) == ["nsg NWP101", "other NWP101"]
    git("init", "--quiet")
    assert sorted(given("nsg")) == ["nsg NWP101", "other NWP101"]
    with pytest.raises(InputError) as stop:
        given("nsg", since="HEAD")
    assert [one.code for one in stop.value.diagnostics] == ["unknown-revision"]


def test_before_the_first_commit_every_file_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(nsg=NSG, other=OTHER)
    with pytest.raises(InputError, match="not a git repository"):
        given()
    git("init", "--quiet")
    assert sorted(given()) == ["nsg NWP101", "other NWP101"]


def test_where_the_files_could_not_be_read_before_everything_is_new(estate: None) -> None:
    put(guard="nsg {")
    git("commit", "--quiet", "--all", "--message", "broken")
    put(guard=f"# said more\n{GUARD}")
    assert given("guard") == ["other NWP101"]


def test_a_moved_file_gives_what_is_in_it(estate: None) -> None:
    put(other=None, moved=OTHER)
    assert given("moved") == ["moved NWP101"]


# --- editors ---


def unsaved(name: str, text: str) -> list[str]:
    answer = lint_unsaved(name, text, ["."], OPTIONS, Cache(None))
    return [f"{Path(finding.location.file).stem} {finding.rule}" for finding in answer.findings]


def test_a_text_that_is_not_saved_is_among_the_saved_ones(estate: None) -> None:
    assert unsaved("infra/nsg.nwp", NSG) == []
    assert unsaved("infra/nsg.nwp", NSG.replace("nsg-web", "nsg-new")) == ["nsg NWP101"]
    assert unsaved("infra/nic.nwp", NIC.replace("  nsg nsg-nic\n", "")) == []
    assert unsaved("infra/new.nwp", OTHER.replace("other", "new")) == ["new NWP101"]
    assert unsaved("elsewhere/new.nwp", OTHER.replace("other", "new")) == ["new NWP101"]
