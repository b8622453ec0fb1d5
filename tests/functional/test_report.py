"""`nwpolicy report`: its forms, its exit codes, revisions of git, and texts that want to be more than texts."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli
from tests.functional.goldens import FOLDER, REPORTS, ROOT, answer
from tests.repositories import git, working_folder

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
PULL_REQUEST = "docs/examples/pull-request/base docs/examples/pull-request/head --today 2027-03-31"

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
RENAMED = BASE.replace("allow-https", "web-for-all").replace("110 allow-jump", "120 jump")
OPENED = BASE.replace("allow tcp from 10.0.9.0/24 to * port 22", "allow tcp from Internet to * port 22")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, monkeypatch)


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(["report", *arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.nwp").write_text(text, encoding="utf-8")


def as_json(*arguments: str) -> dict[str, Any]:
    _, out, err = run(*arguments, "--output", "json")
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    return found


# --- the forms ---


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_as_worked_out(name: str) -> None:
    assert answer(REPORTS[name], "report")[1] == (FOLDER / name).read_bytes().decode()


@pytest.mark.parametrize(
    "question",
    [
        PULL_REQUEST,
        "rules-examples/three-tier docs/examples/three-tier-proposed",
        "tests/data/batfish-cloud-azure rules-examples/policy-as-code",
        "rules-examples/unknowns rules-examples/forced-tunnel",
        "rules-examples/hub-and-spoke rules-examples/hub-and-spoke",
    ],
)
def test_json_is_as_its_schema_says(question: str) -> None:
    found = json.loads(answer(f"{question} --output json", "report")[1])
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    totals = found["totals"]
    assert totals["opened"] + totals["closed"] + totals["mayChange"] == len(found["changes"])
    numbers = [one["number"] for one in (*found["changes"], *found["routeChanges"])]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("schema", "names"), [("diff", ("change", "rule", "side", "place", "wayIn")), ("lint", ("finding",))]
)
def test_what_other_answers_have_is_described_alike(schema: str, names: tuple[str, ...]) -> None:
    other = json.loads((ROOT / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8"))["definitions"]
    assert {name: SCHEMA["definitions"][name] for name in names} == {name: other[name] for name in names}


def test_several_files_are_written_from_one_run(folder: Path) -> None:
    write(old=BASE, new=OPENED)
    written = ("markdown=a.md", "json=a.json", "sarif=a.sarif", "text=a.txt", "summary=b.md")
    code, out, _ = run("old.nwp", "new.nwp", *(word for one in written for word in ("--write", one)))
    assert code == 1
    assert Path("a.txt").read_text(encoding="utf-8") == out
    assert Path("a.md").read_text(encoding="utf-8").startswith("<!-- nwpolicy-report -->\n## Network rules: opens 1")
    sarif = json.loads(Path("a.sarif").read_text(encoding="utf-8"))
    assert {one["ruleId"] for one in sarif["runs"][0]["results"]} == {
        one["rule"] for one in json.loads(Path("a.json").read_text(encoding="utf-8"))["newFindings"]
    }


def test_the_same_input_gives_the_same_bytes(nwpolicy_cli: Any) -> None:
    def ask(seed: str) -> str:
        found = nwpolicy_cli(
            "report", *PULL_REQUEST.split(), "--output", "json", cwd=ROOT, env={"PYTHONHASHSEED": seed}
        )
        return str(found.stdout)

    assert ask("1") == ask("2") != ""


# --- what is said ---


def test_rules_in_other_words_are_no_change(folder: Path) -> None:
    write(old=BASE, new=RENAMED)
    code, out, _ = run("old.nwp", "new.nwp")
    assert out.splitlines()[0] == "no change in meaning, 2 rules reworded without effect"
    found = as_json("old.nwp", "new.nwp")
    assert [(one["oldName"], one["name"]) for one in found["reworded"]] == [
        ("allow-https", "nsg-web/web-for-all"),
        ("allow-jump", "nsg-web/jump"),
    ]
    assert code == 0


def test_nothing_at_all(folder: Path) -> None:
    write(old=BASE)
    assert run("old.nwp", "old.nwp", "--quiet") == (0, "no change in meaning\n", "")


def test_what_the_internet_reaches_stands_first(folder: Path) -> None:
    write(old=BASE, new=OPENED.replace("443", "8443"))
    found = as_json("old.nwp", "new.nwp")
    assert [(one["risk"], one["change"]["kind"]) for one in found["changes"]] == [
        ("Internet", "Opened"),
        ("Internet", "Opened"),
        ("None", "Closed"),
    ]
    assert found["changes"][0]["change"]["managementPorts"] == [22]
    assert found["sentence"].startswith("opens 2 (2 from the internet), closes 1")


def test_a_member_of_a_group_is_told_as_the_reason(folder: Path) -> None:
    """The rule is the same; that another interface is a member of the application security group opens it."""
    rules = "nsg n { inbound { 100 a allow tcp from asg ops to * port 22; 110 d deny * from * to * } }\n"
    place = "vnet v { address 10.0.0.0/16; subnet s { address 10.0.0.0/24; nsg n } }\nasg ops\n"

    def nics(*members: int) -> str:
        groups = {n: "; asg ops" if n in members else "" for n in (4, 5)}
        return "".join(f"nic nic-{n} {{ ip c {{ address 10.0.0.{n}; subnet v/s{groups[n]} }} }}\n" for n in groups)

    write(old=rules + place + nics(4), new=rules + place + nics(4, 5))
    found = as_json("old.nwp", "new.nwp")
    (change,) = (one for one in found["changes"] if one["change"]["kind"] == "Opened")
    assert [cause["name"] for cause in change["because"]] == ["nic-5/c"]
    assert change["risk"] == "Management"


def test_routes_that_lead_elsewhere_are_rows_of_their_own(folder: Path) -> None:
    table = "vnet v { address 10.0.0.0/16; subnet s { address 10.0.0.0/24; route-table t } }\nroute-table t { %s }\n"
    write(
        old=table % "route a 10.1.0.0/16 via appliance 10.0.9.4; route b 10.2.0.0/16 via appliance 10.0.9.4",
        new=table % "route a 10.1.0.0/16 via none; route b 10.2.0.0/16 via appliance 10.0.9.5",
    )
    found = as_json("old.nwp", "new.nwp")
    assert [(one["effect"], one["destinations"]) for one in found["routeChanges"]] == [
        ("CutOff", ["10.1.0.0/16"]),
        ("Redirected", ["10.2.0.0/16"]),
    ]
    assert found["sentence"].startswith("cuts off 1 way, redirects 1 way;")


def test_assertions_are_checked_on_both_sides(folder: Path) -> None:
    policy = "assert no-ssh never tcp from Internet to nsg nsg-web port 22 rules-only\n"
    write(old=BASE + policy, new=OPENED + policy)
    found = as_json("old.nwp", "new.nwp")
    assert [(one["before"], one["after"]) for one in found["assertions"]] == [("Holds", "Violated")]
    assert "1 assertion newly violated" in found["sentence"]
    back = as_json("new.nwp", "old.nwp")
    assert "1 assertion mended" in back["sentence"]


def test_what_a_new_place_is_open_to_is_told_and_counted(folder: Path) -> None:
    """The reviewer reads what the new interfaces are reachable by, not only that they are there."""
    ssh = "nsg nsg-ops { inbound { 100 ssh allow tcp from Internet to * port 22; 200 rest deny * from * to * } }\n"
    ops = "".join(
        f"nic ops-{n} {{ nsg nsg-ops; ip c {{ address 10.0.2.{n}; subnet app/ops; public-ip pip-0 }} }}\n"
        for n in (4, 5)
    )
    subnets = "  subnet ops { address 10.0.2.0/24 }\n  subnet db { address 10.0.3.0/24 }\n"
    base = BASE.replace("vnet app {\n", f"vnet app {{\n{subnets}")
    write(old=base + "nic nic-1 { ip c { address 10.0.1.5; subnet app/web } }\n" + ssh, new=base + ssh + ops)
    _, out, _ = run("old.nwp", "new.nwp")
    assert out.splitlines()[0].startswith("opens 1 (1 from the internet), closes 2, adds 2 places, removes 1 place")
    assert (
        """
  1  OPENED  tcp 22  Internet → ops-4, ops-5   [from the internet]
         was  not there
         now  allowed by ssh 100   new.nwp:15:25   in NSG nsg-ops
         via  public IP pip-0 to ops-4, ops-5
         e.g. tcp 203.0.113.4:50000 → 10.0.2.4:22
"""
        in out
    )
    assert "\n         now  not there\n" in out
    assert "inbound by AllowVnetInBound at 1 former place" in out
    assert "outbound by AllowInternetOutBound at 2 new places" in out
    _, page, _ = run("old.nwp", "new.nwp", "--output", "html")
    _, comment, _ = run("old.nwp", "new.nwp", "--output", "markdown")
    assert "<p>not there</p>" in page
    assert "| not there | allowed by `ssh` 100" in comment
    assert "- open by default: outbound by AllowInternetOutBound at 2 new places" in comment
    assert {one["before"]["access"] for one in (c["change"] for c in as_json("old.nwp", "new.nwp")["changes"])} == {
        "Absent",
        "Allow",
    }


def test_findings_are_new_only_if_the_other_side_lacks_them(folder: Path) -> None:
    shadowed = BASE.replace("  }\n}\nvnet", "    200 dead allow tcp from 10.0.9.7 to * port 22\n  }\n}\nvnet", 1)
    write(old=shadowed, new="\n\n" + shadowed.replace("nic-0", "nic-1"))
    assert as_json("old.nwp", "new.nwp")["newFindings"] == []
    write(old=BASE, new=shadowed)
    assert [one["rule"] for one in as_json("old.nwp", "new.nwp")["newFindings"]] == ["NWP001"]
    assert [one["rule"] for one in as_json("new.nwp", "old.nwp")["mendedFindings"]] == ["NWP001"]


# --- settings ---


DEAD = BASE.replace("  }\n}\nvnet", "    200 dead allow tcp from 10.0.9.7 to * port 22\n  }\n}\nvnet", 1)


@pytest.mark.parametrize(
    ("settings", "arguments", "found"),
    [
        ("", (), ["NWP001 warning"]),
        ('[lint]\nignore = ["NWP001"]\n', (), []),
        ('[lint]\nselect = ["NWP1"]\n', (), []),
        ('[lint.severities]\nNWP001 = "error"\n', (), ["NWP001 error"]),
        ('[lint]\nseverity = "error"\n', (), []),
        ('[lint]\nignore = ["NWP001"]\n', ("--isolated",), ["NWP001 warning"]),
    ],
)
def test_the_linter_looks_for_what_the_settings_say(
    folder: Path, settings: str, arguments: tuple[str, ...], found: list[str]
) -> None:
    write(old=BASE, new=DEAD)
    Path("nwpolicy.toml").write_text(settings, encoding="utf-8")
    new = as_json("old.nwp", "new.nwp", *arguments)["newFindings"]
    assert [f"{one['rule']} {one['severity']}" for one in new] == found


def test_settings_are_named_or_those_of_a_project(folder: Path) -> None:
    write(old=BASE, new=DEAD)
    Path("other.toml").write_text('[lint]\nignore = ["NWP001"]\n', encoding="utf-8")
    assert as_json("old.nwp", "new.nwp", "--config", "other.toml")["newFindings"] == []
    Path("pyproject.toml").write_text('[tool.nwpolicy.assume]\nany-protocol = "tcp-udp-icmp"\n', encoding="utf-8")
    chosen = as_json("old.nwp", "new.nwp")["assumptions"]
    assert ("any-protocol", "tcp-udp-icmp") in {(one["name"], one["choice"]) for one in chosen}
    given = as_json("old.nwp", "new.nwp", "--assume", "any-protocol=every")["assumptions"]
    assert ("any-protocol", "every") in {(one["name"], one["choice"]) for one in given}
    Path("other.toml").write_text("[lint]\nrules = 1\n", encoding="utf-8")
    code, _, err = run("old.nwp", "new.nwp", "--config", "other.toml")
    assert (code, "has no key 'rules'" in err) == (2, True)


def test_a_suppression_ends_on_its_day(folder: Path) -> None:
    dead = "    200 dead"
    comment = f"    # nwpolicy: ignore[NWP001] until=2027-01-31 a test\n{dead}"
    write(old=BASE, new=DEAD.replace(dead, comment))
    ended, before = (
        [one["rule"] for one in as_json("old.nwp", "new.nwp", "--today", today)["newFindings"]]
        for today in ("2027-02-01", "2027-01-31")
    )
    assert ("NWP001" in ended, "NWP001" in before) == (True, False)


# --- exit codes and usage ---


def test_exit_codes(folder: Path) -> None:
    may = BASE.replace("from 10.0.9.0/24", "from ?admins")
    write(old=BASE, new=OPENED, may=may, bad="nsg {", more=may.replace("port 22", "port 22, 23"))
    assert run("old.nwp", "new.nwp")[0] == 1
    assert run("old.nwp", "new.nwp", "--exit-zero")[0] == 0
    assert run("may.nwp", "more.nwp")[0] == 3
    assert run("old.nwp", "bad.nwp")[0] == 2
    assert run("old.nwp")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("old.nwp", "old.nwp", "--head", "main"), "--head and --direct go with --base"),
        (("old.nwp",), "it is not said what to compare"),
        (("old.nwp", "old.nwp", "--write", "pdf=x"), "there is no format 'pdf'"),
        (("old.nwp", "old.nwp", "--link", "javascript:alert(1)//{path}"), "is no address with {path} in it"),
        (("old.nwp", "old.nwp", "--link", "https://git.example/"), "is no address with {path} in it"),
        (("old.nwp", "old.nwp", "--today", "soon"), "'soon' is no day"),
        (("old.nwp", "old.nwp", "--write", "json=none/x"), "cannot write none/x"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    write(old=BASE)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err


# --- revisions ---


@pytest.fixture
def repository(folder: Path) -> Path:
    """`main` went on since `topic` left it: it has another rule for administrators."""
    Path("infra").mkdir()
    write(**{"infra/web": BASE})
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message=base")
    git("checkout", "--quiet", "-b", "topic")
    write(**{"infra/web": OPENED})
    git("commit", "--quiet", "--all", "--message=topic")
    git("checkout", "--quiet", "main")
    write(**{"infra/web": BASE.replace("port 443", "port 8443")})
    git("commit", "--quiet", "--all", "--message=more")
    return folder


def test_a_branch_is_compared_with_where_it_left_the_base(repository: Path) -> None:
    """As a pull request shows it. Source: GitHub Docs, About comparing branches in pull requests, three-dot diffs."""
    found = as_json("--base", "main", "--head", "topic")
    assert [one["change"]["flows"][0]["service"] for one in found["changes"]] == ["tcp 22"]
    assert re.fullmatch(r"main \([0-9a-f]{12}\)", found["before"])
    assert found["after"] == "topic"
    direct = as_json("--base", "main", "--head", "topic", "--direct")
    services = {one["change"]["flows"][0]["service"] for one in direct["changes"]}
    assert services == {"tcp 22", "tcp 443", "tcp 8443"}
    assert direct["before"] == "main"


def test_neither_branch_nor_files_are_touched(repository: Path) -> None:
    before = git("rev-parse", "HEAD"), git("status", "--porcelain")
    run("--base", "main", "--head", "topic", "infra")
    assert (git("rev-parse", "HEAD"), git("status", "--porcelain")) == before


def test_links_lead_to_the_paths_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("checkout", "--quiet", "topic")
    monkeypatch.chdir(repository / "infra")
    links = (
        "--link",
        "https://git.example/head/{path}#L{line}",
        "--base-link",
        "https://git.example/base/{path}#L{line}",
    )
    _, out, _ = run("--base", "main", "--output", "markdown", *links)
    assert "[`infra/web.nwp:4`](https://git.example/head/infra/web.nwp#L4)" in out
    write(web=BASE.replace("    110 allow-jump  allow tcp from 10.0.9.0/24 to * port 22\n", ""))
    _, out, _ = run("--base", "main", "--output", "markdown", *links)
    assert "[`infra/web.nwp:4`](https://git.example/base/infra/web.nwp#L4)" in out


def test_a_file_that_has_another_name_now_has_the_same_findings(repository: Path) -> None:
    git("checkout", "--quiet", "topic")
    git("mv", "infra/web.nwp", "infra/front.nwp")
    git("commit", "--quiet", "--message=moved")
    found = as_json("--base", "HEAD~1", "--head", "HEAD")
    assert (found["verdict"], found["newFindings"], found["mendedFindings"]) == ("Same", [], [])


@pytest.mark.parametrize("revision", ["--upload-pack=x", "-x", "nope", "main:infra"])
def test_what_is_no_revision_is_refused(repository: Path, revision: str) -> None:
    for arguments in ((f"--base={revision}",), ("--base", "main", f"--head={revision}")):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert "names no revision" in err or "cannot read the repository" in err or "no revision in common" in err


def test_a_shallow_clone_says_what_is_missing(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repository}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    code, out, err = run("--base", "origin/main", "--head", "origin/topic")
    assert (code, out) == (2, "")
    assert "'origin/main' and 'origin/topic' have no revision in common" in err
    assert "git fetch --unshallow" in err
    assert run("--base", "origin/main", "--head", "origin/topic", "--direct")[0] == 1


def test_environments_are_checked_in_revisions_too(repository: Path) -> None:
    git("checkout", "--quiet", "topic")
    policy = (
        "assert no-ssh never tcp from ?who to nsg nsg-web port 22 rules-only\nenvironment prod { who 203.0.113.0/24 }\n"
    )
    write(
        **{
            "infra/policy": policy.replace("?who", "203.0.113.0/24"),
            "infra/web": BASE.replace("10.0.9.0/24", "?admins"),
        }
    )
    Path("infra/policy.nwp").write_text(
        "assert no-ssh never tcp from 203.0.113.0/24 to nsg nsg-web port 22 rules-only\n"
        "environment prod { admins 10.0.9.0/24 }\n",
        encoding="utf-8",
    )
    git("add", "--all")
    git("commit", "--quiet", "--message=policy")
    Path("infra/policy.nwp").write_text(
        Path("infra/policy.nwp").read_text(encoding="utf-8").replace("10.0.9.0/24 }", "203.0.113.7 }"), encoding="utf-8"
    )
    found = as_json("--base", "HEAD")
    assert [(one["before"], one["after"]) for one in found["assertions"]] == [("Holds", "Violated")]


# --- texts that want to be more ---

HOSTILE = "@everyone](http://evil.example) <img src=x onerror=alert(1)> | `code` #1 --> </details> ##vso[task.x]"


def test_names_of_the_input_are_no_markup(folder: Path) -> None:
    """Everything from the input stands in code spans, in which GitHub looks for nothing."""
    hostile = OPENED.replace("allow-jump", json.dumps(HOSTILE)).replace("nsg-web", json.dumps(f"nsg {HOSTILE}"))
    write(old=BASE.replace("nsg-web", json.dumps(f"nsg {HOSTILE}")), new=hostile)
    code, out, err = run("old.nwp", "new.nwp", "--output", "markdown")
    assert (code, err) == (1, "")
    assert "onerror" in out
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", out)
    for word in ("@everyone", "<img", "evil.example", "##vso[", "onerror", "#1 "):
        assert word not in outside
    assert "##vso[" not in out
    assert outside.count("<details>") == outside.count("</details>")
    for row in [line for line in outside.splitlines() if line.startswith("| ")]:
        assert len(re.findall(r"(?<!\\)\|", row)) in {8, 9}


def test_a_comment_is_never_too_long(folder: Path) -> None:
    """Source: GitHub, REST API: a comment has at most 65,536 characters."""
    rules = "".join(f"{100 + n} r{n} allow tcp from 203.0.{n}.0/24 to * port {1000 + 2 * n}\n" for n in range(250))
    many = BASE.replace("    100 allow-https", f"{rules}    1100 allow-https").replace(
        "    110 allow-jump", "    1200 allow-jump"
    )
    write(old=BASE, new=many)
    _, out, _ = run("old.nwp", "new.nwp", "--output", "markdown", "--link", f"https://{'x' * 400}.example/{{path}}")
    assert len(out.encode()) <= 65_536
    assert "… and " in out
    assert "opens 250 (250 from the internet)" in out
    _, summary, _ = run("old.nwp", "new.nwp", "--output", "summary")
    assert len(out) < len(summary) <= 1_048_576
