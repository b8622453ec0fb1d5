"""`nwpolicy lint` as a command: its outputs, its exit codes, suppressions, baselines and settings."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

import nwpolicy
from nwpolicy import cli
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.reports.lintrules import markdown

ROOT = Path(__file__).resolve().parents[2]
LINT = json.loads((ROOT / "schemas" / "lint.schema.json").read_text(encoding="utf-8"))
SARIF = json.loads((ROOT / "tests" / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
OPEN = """\
nsg nsg-web {
  inbound {
    100 allow-ssh   allow tcp from *              to * port 22
    200 allow-admin allow tcp from 203.0.113.7/24 to * port 22
  }
}
"""
CLEAN = """\
nsg nsg-web {
  inbound {
    100 allow-ssh   allow tcp from 198.51.100.0/24 to * port 22
    200 allow-https allow tcp from 203.0.113.0/24  to * port 443
  }
}
"""
#: A name that any reader of logs, terminals, Markdown or XML might take for something else.
HOSTILE = """\
nwpolicy: 1
networkSecurityGroups:
  - name: nsg
    securityRules:
      - name: "x::error::y ##vso[task.complete]\\u001b[31m <b>&\\n::set-output name=a::b [l](1)"
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: "*"
        destinationAddressPrefix: "*"
        destinationPortRange: 22
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository to work in."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    return code, out.getvalue(), err.getvalue()


def found(*arguments: str) -> list[str]:
    return [one["rule"] for one in json.loads(run("lint", *arguments, "--output", "json")[1])["findings"]]


# --- what people see ---


def test_the_value_is_underlined_and_the_reason_and_the_fix_are_told(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    code, out, err = run("lint", "web.nwp")
    assert (code, err) == (1, "")
    assert (
        out
        == """\
web.nwp:3:36: NWP101 error: may be: allow-ssh opens port 22 to the internet
3 |     100 allow-ssh   allow tcp from *              to * port 22
  |                                    ^
  = allow-ssh (100) lets it in, and no other layer denies it; looked at as if an interface with a public address were \
behind it, as the input shows none
  = example: tcp 203.0.113.4:50000 → 10.0.0.4:22
  = help: narrow the source, or `nwpolicy explain NWP101`
web.nwp:4:9: NWP001 warning: allow-admin never allows anything
4 |     200 allow-admin allow tcp from 203.0.113.7/24 to * port 22
  |         ^^^^^^^^^^^
  = shadowed by allow-ssh (100)
  = example: tcp 203.0.113.4:50000 → 198.51.100.4:22
  = see web.nwp:3:9: allow-ssh comes first
  = help: remove it: nothing changes
web.nwp:4:36: NWP405 warning: 203.0.113.7/24 has bits set behind its prefix length, it is read as 203.0.113.0/24
4 |     200 allow-admin allow tcp from 203.0.113.7/24 to * port 22
  |                                    ^^^^^^^^^^^^^^
  = help: write 203.0.113.0/24
3 findings (1 error, 2 warnings) in 1 file; 2 fixable with --fix
"""
    )


def test_exit_codes(here: Path) -> None:
    (here / "open.nwp").write_text(OPEN)
    (here / "clean.nwp").write_text(CLEAN)
    assert run("lint", "clean.nwp")[:2] == (0, "no findings in 1 file\n")
    assert run("lint", "open.nwp", "--fail-on", "never")[0] == 0
    assert run("lint", "open.nwp", "--ignore", "NWP101", "--fail-on", "error")[0] == 0
    assert run("lint", "open.nwp", "--fail-on", "error")[0] == 1
    assert run("lint", "missing.nwp")[0] == 2
    assert run("lint", "open.nwp", "--select", "NWP777")[0] == 2


def test_what_is_to_fail_is_shown(here: Path) -> None:
    (here / "web.nwp").write_text(CLEAN.replace("22", "443"))
    assert run("lint", "web.nwp")[0] == run("lint", "web.nwp", "--severity", "note")[0] == 0
    for options in (("--fail-on", "note"), ("--fail-on", "note", "--severity", "error")):
        code, out, _ = run("lint", "web.nwp", *options)
        assert code == 1
        assert "NWP006 note" in out
    (here / "nwpolicy.toml").write_text('[lint]\nfail-on = "note"\n')
    assert run("lint", "web.nwp")[0] == 1
    assert run("lint", "web.nwp", "--fail-on", "error") == (
        0,
        "no findings in 1 file; 1 of lower severity not shown (--severity note shows them)\n",
        "",
    )


def test_without_a_path_the_folder_is_looked_into_and_may_hold_nothing(here: Path) -> None:
    (here / "package.json").write_text("{}")
    assert run("lint")[:2] == (0, "no findings in 0 files\n")
    assert run("lint", ".")[0] == 2
    (here / "open.nwp").write_text(OPEN)
    assert run("lint")[0] == 1


def test_rules_are_selected_by_id_beginning_and_name(here: Path) -> None:
    (here / "open.nwp").write_text(OPEN)
    assert found("open.nwp") == ["NWP101", "NWP001", "NWP405"]
    assert found("open.nwp", "--select", "NWP0,host-bits") == ["NWP001", "NWP405"]
    assert found("open.nwp", "--ignore", "NWP1", "--ignore", "NWP4") == ["NWP001"]


def test_what_azure_does_not_accept_is_a_finding_and_leaves_the_rest_undecided(here: Path) -> None:
    """The other rules of the linter would rest on a part of the input."""
    (here / "web.nwp").write_text(OPEN.replace("200 allow", "100 allow"))
    code, out, _ = run("lint", "web.nwp")
    assert code == 1
    assert out.startswith("web.nwp:4:5: NWP401 error: priority 100 is taken by 'allow-ssh' in line 3\n")
    assert "undecided: nothing else was looked at" in out
    assert run("lint", "web.nwp", "--fail-on", "never")[0] == 3


# --- machine-readable outputs ---


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every bad example, and hostile names."""
    folder = tmp_path_factory.mktemp("inputs")
    texts = {"open.nwp": OPEN, "hostile.yaml": HOSTILE}
    for entry in CATALOGUE.values():
        ending = "yaml" if entry.bad.startswith("nwpolicy:") else "json" if entry.bad.startswith("{") else "nwp"
        texts[f"{entry.id} #%.{ending}"] = entry.bad
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in texts]


def test_json_is_as_its_schema_says(inputs: list[str]) -> None:
    for path in inputs:
        answer = json.loads(
            run("lint", path, "--isolated", "--select", "all", "--severity", "note", "--output", "json")[1]
        )
        assert [error.message for error in Draft7Validator(LINT).iter_errors(answer)] == []
        assert answer["findings"], path


def test_sarif_is_as_the_official_schema_says_and_as_code_scanning_wants_it(inputs: list[str]) -> None:
    """GitHub Docs, SARIF support for code scanning: regions have all four numbers, rules have help, paths are URIs."""
    validator = Draft7Validator(SARIF)
    for path in inputs:
        log = json.loads(run("lint", path, "--isolated", "--severity", "note", "--output", "sarif")[1])
        assert [error.message for error in validator.iter_errors(log)] == []
        (ran,) = log["runs"]
        rules = ran["tool"]["driver"]["rules"]
        for result in ran["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            (place,) = result["locations"]
            region = place["physicalLocation"]["region"]
            assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
            assert " " not in place["physicalLocation"]["artifactLocation"]["uri"]
            assert result["message"]["text"]
            for number, related in enumerate(result.get("relatedLocations", ()), 1):
                assert related["id"] == number
                assert f"]({number})" in result["message"]["text"]
    for rule in rules:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert max(len(rule[key]["text"]) for key in ("shortDescription", "fullDescription")) <= 1024


def test_what_is_suppressed_or_known_makes_no_alert(here: Path) -> None:
    """GitHub Docs, SARIF support for code scanning: a result's `suppressions` are not among what it uses, so it would
    open an alert."""
    (here / "web.nwp").write_text(OPEN.replace("port 22\n", "port 22  # nwpolicy: ignore[NWP101] bastion\n", 1))
    run("lint", "web.nwp", "--select", "NWP405", "--write-baseline", "known.json")
    log = run("lint", "web.nwp", "--baseline", "known.json", "--output", "sarif")[1]
    answer = json.loads(run("lint", "web.nwp", "--baseline", "known.json", "--output", "json")[1])
    assert [result["ruleId"] for result in json.loads(log)["runs"][0]["results"]] == ["NWP001"]
    assert [(one["finding"]["rule"], one["kind"], one["reason"]) for one in answer["suppressed"]] == [
        ("NWP101", "inSource", "bastion"),
        ("NWP405", "external", "it is in the baseline"),
    ]


def lines_of(output: str, inputs: list[str]) -> list[str]:
    return run("lint", *inputs[1:2], "--isolated", "--severity", "note", "--output", output)[1].splitlines()


def test_names_cannot_give_commands_to_build_systems_or_terminals(inputs: list[str]) -> None:
    """GitHub Docs, Workflow commands; Microsoft Learn, Azure Pipelines logging commands."""
    for output in ("text", "json", "sarif", "github", "gitlab", "junit", "azure"):
        lines = lines_of(output, inputs)
        assert "\x1b" not in "\n".join(lines), output
        assert not any("::set-output" in line.lstrip()[:12] for line in lines), output
        assert not any("##vso[task.complete" in line for line in lines), output
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines_of("github", inputs))
    commands = [line for line in lines_of("azure", inputs) if "##vso[" in line]
    assert commands
    assert all(line.startswith("##vso[task.logissue type=") and line.count("##vso[") == 1 for line in commands)


def test_properties_of_commands_are_escaped(here: Path) -> None:
    (here / "a,b;c].nwp").write_text(OPEN)
    assert run("lint", ".", "--output", "github")[1].startswith("::error file=a%2Cb;c].nwp,line=3,")
    assert "sourcepath=a,b%3Bc%5D.nwp;linenumber=3;" in run("lint", ".", "--output", "azure")[1]


@pytest.mark.parametrize("absolute", [False, True])
def test_build_systems_get_paths_from_the_root_of_the_repository(
    here: Path, monkeypatch: pytest.MonkeyPatch, absolute: bool
) -> None:
    (here / "infra").mkdir()
    (here / "infra" / "web.nwp").write_text(OPEN)
    monkeypatch.chdir(here / "infra")
    path = str(here / "infra" / "web.nwp") if absolute else "web.nwp"
    said = {output: run("lint", path, "--output", output)[1] for output in ("sarif", "gitlab", "github", "azure")}
    (ran,) = json.loads(said["sarif"])["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in ran["results"]]
    places += [entry["location"]["path"] for entry in json.loads(said["gitlab"])]
    places += re.findall(r"file=(.*?),", said["github"]) + re.findall(r"sourcepath=(.*?);", said["azure"])
    assert len(places) == 12
    assert set(places) == {"infra/web.nwp"}


def test_what_may_be_is_said_in_every_output(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    for output in ("text", "github", "gitlab", "junit", "azure"):
        assert "may be: allow-ssh opens port 22" in run("lint", "web.nwp", "--output", output)[1], output


def test_a_link_in_a_name_is_no_link_in_sarif(inputs: list[str]) -> None:
    (ran,) = json.loads(run("lint", inputs[1], "--isolated", "--output", "sarif")[1])["runs"]
    assert any("\\[l\\](1)" in result["message"]["text"] for result in ran["results"])


def test_gitlab_gets_a_list_with_unique_fingerprints(inputs: list[str], here: Path) -> None:
    entries: list[Any] = json.loads(run("lint", *inputs[:2], "--isolated", "--output", "gitlab")[1])
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) > 2
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major", "critical", "blocker"}
    (here / "clean.nwp").write_text(CLEAN)
    assert run("lint", "clean.nwp", "--output", "gitlab")[1] == "[]\n"


def test_junit_counts_failures_and_has_a_case_for_a_file_without_findings(here: Path) -> None:
    (here / "open.nwp").write_text(OPEN)
    (here / "clean.nwp").write_text(CLEAN.replace("nsg-web", "nsg-other"))
    root = ElementTree.fromstring(run("lint", ".", "--output", "junit", "--fail-on", "error")[1])
    suites = {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in root}
    assert suites == {"clean.nwp": ("1", "0"), "open.nwp": ("3", "1")}


# --- suppressions ---


def commented(comment: str, text: str = OPEN) -> str:
    """The input with a comment above its first rule."""
    return text.replace("    100", f"    # nwpolicy: {comment}\n    100")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OPEN.replace("port 22\n", "port 22  # nwpolicy: ignore[NWP101] why\n", 1), id="behind the rule"),
        pytest.param(
            OPEN.replace("    100", "    # nwpolicy: ignore[NWP101, NWP405] why\n    # more\n    100"),
            id="above, among others",
        ),
        pytest.param(
            OPEN.replace("    100", "    # nwpolicy: ignore[NWP101] until=2999-01-01 -- why\n    100"), id="until"
        ),
    ],
)
def test_a_comment_suppresses_the_findings_of_its_definition(here: Path, text: str) -> None:
    (here / "web.nwp").write_text(text)
    assert "NWP101" not in found("web.nwp")


def test_a_comment_in_yaml_and_in_json_with_comments(here: Path) -> None:
    yaml = HOSTILE.replace("        access: Allow\n", "        access: Allow # nwpolicy: ignore[NWP101,NWP404] why\n")
    (here / "web.yaml").write_text(yaml)
    assert found("web.yaml") == []
    template = CATALOGUE["NWP402"].bad.replace(": 99", ": 100").replace("203.0.113.0/24", "*").replace('"443"', '"22"')
    (here / "web.json").write_text(template)
    assert found("web.json") == ["NWP101"]
    (here / "web.json").write_text(template.replace('"access": ', '// nwpolicy: ignore[NWP101] why\n"access": '))
    assert found("web.json") == []


#: An open rule in each format that has comments.
OPEN_IN: Final = {
    ".nwp": "nsg nsg-web { inbound { 100 allow-ssh allow tcp from * to * port 22 } }\n",
    ".yaml": """\
nwpolicy: 1
networkSecurityGroups:
  - name: nsg-web
    securityRules:
      - name: ssh
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: "*"
        destinationAddressPrefix: "*"
        destinationPortRange: 22
""",
    ".tf": """\
resource "azurerm_network_security_group" "web" {
  name                = "nsg-web"
  location            = "westeurope"
  resource_group_name = "rg"
  security_rule {
    name                       = "allow-ssh"
    description                = null
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "22"
    source_address_prefix      = "*"
    destination_address_prefix = "*"
  }
}
""",
    ".bicep": """\
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-web'
  location: 'westeurope'
  properties: {
    securityRules: [
      {
        name: 'allow-ssh'
        properties: {
          description: null
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourcePortRange: '*'
          destinationPortRange: '22'
          sourceAddressPrefix: '*'
          destinationAddressPrefix: '*'
        }
      }
    ]
  }
}
""",
}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("web.nwp", "port 22", 'port 22 description "see # nwpolicy: ignore[NWP101] why"'),
        ("web.yaml", "name: ssh", 'name: "ssh # nwpolicy: ignore[NWP101,NWP404] why"'),
        ("main.tf", "description                = null", 'description = "http://x // nwpolicy: ignore[NWP101] why"'),
        ("main.bicep", "description: null", "description: 'a // nwpolicy: ignore[NWP101] why'"),
        ("main.bicep", "description: null", "description: '''\n// nwpolicy: ignore[NWP101] why\n'''"),
    ],
)
def test_what_is_in_a_string_suppresses_nothing_and_stays(here: Path, name: str, before: str, after: str) -> None:
    text = OPEN_IN[Path(name).suffix]
    assert before in text
    (here / name).write_text(text.replace(before, after, 1))
    run("lint", ".", "--fix")
    assert (here / name).read_text() == text.replace(before, after, 1)
    rules = found(".")
    assert "NWP101" in rules
    assert "NWP901" not in rules


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("main.bicep", "/* nwpolicy: ignore[NWP101] why */"),
        ("main.tf", "/* nwpolicy: ignore[NWP101] why */"),
        ("main.bicep", "/*\n * nwpolicy: ignore[NWP101] why\n */"),
        ("main.tf", "/*\n  nwpolicy: ignore[NWP101] why\n*/"),
    ],
)
def test_a_block_comment_suppresses_too(here: Path, name: str, comment: str) -> None:
    text = OPEN_IN[Path(name).suffix]
    definition = "  security_rule" if name.endswith(".tf") else "      {\n        name"
    (here / name).write_text(text.replace(definition, f"{comment}\n{definition}", 1))
    assert found(".") == []
    (here / name).write_text(text.replace(definition, f"{comment.replace('NWP101', 'NWP102')}\n{definition}", 1))
    assert found(".") == ["NWP901", "NWP101"]
    run("lint", ".", "--fix")
    assert "NWP901" not in found(".")


NOTED = {
    "description": '"description": "nwpolicy: ignore[NWP101] until=2999-12-31 the honeypot",',
    "metadata": '"metadata": {"nwpolicy": "ignore[NWP101] the honeypot"},',
    "several": '"metadata": {"nwpolicy": ["ignore[NWP101] the honeypot", "ignore[NWP301] alone"]},',
    "comments": '"comments": "nwpolicy: ignore[NWP101] the honeypot",',
    "unused": '"metadata": {"nwpolicy": "ignore[NWP102] the honeypot"},',
    "no reason": '"metadata": {"nwpolicy": "ignore[NWP101]"},',
    "ended": '"comments": "nwpolicy: ignore[NWP101] until=2020-01-01 the honeypot",',
    "something else": '"comments": "the honeypot", "metadata": {"description": "ignore[NWP101]"},',
}


@pytest.mark.parametrize(
    ("note", "rules"),
    [
        ("description", []),
        ("metadata", []),
        ("several", ["NWP901"]),
        ("comments", []),
        ("unused", ["NWP101", "NWP901"]),
        ("no reason", ["NWP101", "NWP902"]),
        ("ended", ["NWP101", "NWP902"]),
        ("something else", ["NWP101"]),
    ],
)
@pytest.mark.parametrize("minified", [False, True])
def test_plain_json_suppresses_in_what_azure_takes_for_notes(
    here: Path, note: str, rules: list[str], minified: bool
) -> None:
    properties = {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp"}
    ends = {"sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*"}
    rule = {"name": "ssh", "properties": {**properties, **ends, "destinationPortRange": "22"}}
    group = {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "nsg"}
    added = json.loads(f"{{{NOTED[note][:-1]}}}")
    inner = {"properties": {**properties, **ends, "destinationPortRange": "22", **added}}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [
            {**group, "properties": {"securityRules": [{**rule, **inner}]}}
            if note == "description"
            else {**group, **added, "properties": {"securityRules": [rule]}},
            {**group, "name": "other"},
        ],
    }
    (here / "main.json").write_text(json.dumps(template, indent=None if minified else 2))
    findings = json.loads(run("lint", "main.json", "--output", "json")[1])["findings"]
    assert sorted(one["rule"] for one in findings) == rules


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore[NWP101]", "it gives no reason"),
        ("ignore all of it", "it names no rule of the linter"),
        ("ignore[NWP999] why", "there is no rule NWP999 of the linter"),
        ("ignore[NWP101] until=2001-01-01 why", "it ended with 2001-01-01"),
        ("ignore[NWP101] until=soon why", "soon is no date"),
    ],
)
def test_a_comment_without_ids_reason_or_time_left_suppresses_nothing(here: Path, comment: str, said: str) -> None:
    (here / "web.nwp").write_text(commented(comment))
    _, out, _ = run("lint", "web.nwp")
    assert f"NWP902 warning: this comment suppresses nothing: {said}" in out
    assert "NWP101" in found("web.nwp")


def test_a_comment_for_a_rule_that_is_not_looked_for_is_not_said_to_be_useless(here: Path) -> None:
    (here / "web.nwp").write_text(commented("ignore[NWP101] why", CLEAN))
    assert found("web.nwp") == ["NWP901"]
    assert found("web.nwp", "--ignore", "NWP101") == []


# --- baselines ---


def test_only_new_findings_count_and_moved_lines_are_not_new(here: Path) -> None:
    web = here / "web.nwp"
    web.write_text(OPEN)
    assert run("lint", "web.nwp", "--write-baseline", "known.json")[:2] == (0, "")
    assert run("lint", "web.nwp", "--baseline", "known.json")[:2] == (0, "no findings in 1 file; 3 suppressed\n")
    web.write_text("# moved\n\n" + OPEN.replace("  }\n}", "    300 allow-rdp allow tcp from * to * port 3389\n  }\n}"))
    assert found("web.nwp", "--baseline", "known.json") == ["NWP101"]
    web.write_text(CLEAN)
    assert "3 entries of the baseline out of date" in run("lint", "web.nwp", "--baseline", "known.json")[1]


def test_a_finding_that_has_grown_since_the_baseline_is_new(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    run("lint", "web.nwp", "--write-baseline", "known.json")
    entries = json.loads((here / "known.json").read_text())["findings"]
    assert [entry["parts"][:2] for entry in entries if entry["rule"] == "NWP101"] == [["IPv4", "IPv6"]]
    (here / "web.nwp").write_text(OPEN.replace("port 22\n", "port 22, 3389\n", 1))
    code, out, _ = run("lint", "web.nwp", "--baseline", "known.json")
    assert code == 1
    assert "NWP101 error: may be: allow-ssh opens ports 22, 3389 to the internet" in out
    assert "; new: tcp 3389 to *" in out


def test_a_file_that_is_no_baseline(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    (here / "known.json").write_text("[]")
    code, _, err = run("lint", "web.nwp", "--baseline", "known.json")
    assert code == 2
    assert "known.json is no baseline" in err


# --- settings ---


def test_settings_of_the_nearest_file_hold_and_arguments_win(here: Path) -> None:
    (here / "infra").mkdir()
    (here / "infra" / "web.nwp").write_text(OPEN)
    (here / "nwpolicy.toml").write_text(
        '[lint]\npaths = ["infra"]\nignore = ["host-bits"]\n[lint.severities]\nNWP101 = "note"\n'
    )
    assert found() == ["NWP001"]
    assert found("--severity", "note") == ["NWP101", "NWP001"]
    assert found("infra", "--isolated") == ["NWP101", "NWP001", "NWP405"]
    (here / "nwpolicy.toml").unlink()
    (here / "pyproject.toml").write_text('[tool.nwpolicy.lint]\nselect = ["NWP4"]\npaths = ["infra"]\n')
    assert found() == ["NWP405"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lint]\nselekt = []\n", "lint has no key 'selekt'"),
        ('[lint]\nfail-on = "fatal"\n', "lint.fail-on: 'fatal' is not one of"),
        ('[lint.severities]\nNWP999 = "note"\n', "there is no rule 'NWP999'"),
        ('[lint.severities]\nNWP101 = "note"\nssh = "note"\n', "there is no rule 'ssh'"),
        ('[lint.severities]\nNWP101 = "fatal"\n', "lint.severities.NWP101: 'fatal' is not one of"),
        ('[lint]\nexclude = "examples"\n', "lint.exclude: 'examples' is not of type 'array'"),
        ("[lint\n", "is no TOML"),
    ],
)
def test_settings_that_do_nothing_are_errors(here: Path, text: str, said: str) -> None:
    (here / "web.nwp").write_text(OPEN)
    (here / "nwpolicy.toml").write_text(text)
    code, _, err = run("lint", "web.nwp")
    assert code == 2
    assert said in err


def test_severities_are_given_by_id_beginning_or_name_and_the_narrowest_holds(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    (here / "nwpolicy.toml").write_text(
        '[lint.severities]\nNWP101 = "warning"\nNWP = "note"\nshadowed-rule = "error"\n'
    )
    findings = json.loads(run("lint", "--output", "json", "--severity", "note")[1])["findings"]
    assert {one["rule"]: one["severity"] for one in findings} == {
        "NWP101": "warning",
        "NWP001": "error",
        "NWP405": "note",
        **{one["rule"]: "note" for one in findings if one["rule"] not in ("NWP101", "NWP001")},
    }


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("examples", ["infra/web.nwp"]),
        ("infra", ["examples/a/open.nwp"]),
        ("infra/*.nwp", ["examples/a/open.nwp"]),
        ("open.*", ["infra/web.nwp"]),
        ("examples/*.nwp", ["examples/a/open.nwp", "infra/web.nwp"]),
        ("examples/**/open.nwp", ["infra/web.nwp"]),
        ("**/a/", ["infra/web.nwp"]),
    ],
)
@pytest.mark.parametrize("folder", [".", "examples"])
def test_files_that_are_excluded_are_not_looked_for(
    here: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, left: list[str], folder: str
) -> None:
    """Patterns are relative to the settings, wherever the command runs."""
    for name in ("infra/web.nwp", "examples/a/open.nwp"):
        (here / name).parent.mkdir(parents=True)
        (here / name).write_text(OPEN.replace("nsg-web", Path(name).stem))
    (here / "nwpolicy.toml").write_text(f'[lint]\nexclude = ["{pattern}"]\n')
    monkeypatch.chdir(here / folder)
    findings = json.loads(run("lint", str(here), "--output", "json")[1])["findings"]
    assert sorted({Path(one["location"]["file"]).relative_to(here).as_posix() for one in findings}) == left


def test_an_excluded_file_that_is_named_or_brought_in_is_read(here: Path) -> None:
    (here / "shared").mkdir()
    (here / "shared" / "ports.nwp").write_text("nsg broken {")
    (here / "nwpolicy.toml").write_text('[lint]\nexclude = ["shared"]\n')
    (here / "web.nwp").write_text(CLEAN)
    assert run("lint")[0] == 0
    assert run("lint", "shared/ports.nwp")[0] == 2
    (here / "shared" / "ports.nwp").write_text("let ports = 22, 3389\n")
    (here / "web.nwp").write_text('import "shared/ports.nwp"\n' + OPEN.replace("port 22\n", "port $ports\n", 1))
    assert "NWP101" in found()
    assert found() == found("--isolated")


def test_a_file_of_service_tags_in_the_settings_is_read_with_what_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = {
        "name": "Sql",
        "id": "Sql",
        "properties": {"addressPrefixes": ["198.51.100.0/24"], "systemService": "AzureSQL"},
    }
    (here / "azure").mkdir()
    (here / "azure" / "tags.json").write_text(json.dumps({"changeNumber": 1, "cloud": "Public", "values": [sql]}))
    (here / "nwpolicy.toml").write_text('[lint]\npaths = ["infra"]\ntags = ["azure/tags.json"]\n')
    (here / "infra").mkdir()
    rules = (
        "100 allow-known allow tcp from 198.51.100.0/23 to * port 443\n200 allow-sql allow tcp from Sql to * port 443"
    )
    (here / "infra" / "web.nwp").write_text(f"nsg nsg-web {{ inbound {{\n{rules}\n}} }}\n")
    monkeypatch.chdir(here / "infra")
    for arguments in ((), (".",), ("web.nwp",), ("--changed", "web.nwp")):
        assert found(*arguments) == ["NWP001"], arguments
        assert found(*arguments, "--isolated") == [], arguments
    (here / "azure" / "tags.json").unlink()
    assert run("lint")[0] == run("lint", "web.nwp")[0] == run("lint", "--changed", "web.nwp")[0] == 2


def test_settings_that_were_in_order_are_checked_again_once_they_change(here: Path) -> None:
    (here / "web.nwp").write_text(CLEAN)
    for _ in range(2):
        (here / "nwpolicy.toml").write_text('[lint]\nfail-on = "error"\n')
        assert run("lint", "web.nwp")[0] == run("lint", "web.nwp")[0] == 0
        (here / "nwpolicy.toml").write_text('[lint]\nfail-on = "fatal"\n')
        assert run("lint", "web.nwp")[0] == run("lint", "web.nwp")[0] == 2


# --- editors, the API ---


def test_an_editor_sends_what_is_not_saved_yet(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OPEN.encode())))
    code, out, _ = run("lint", "--stdin-filename", "infra/web.nwp", "-q")
    assert code == 1
    assert out.startswith("infra/web.nwp:3:36: NWP101 error: ")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"nsg {")))
    assert run("lint", "--stdin-filename", "infra/web.nwp", "-q")[0] == 2


def test_a_text_that_is_not_saved_is_linted_among_the_files_that_are(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "infra").mkdir()
    (here / "infra" / "web.nwp").write_text(CLEAN)
    (here / "infra" / "other.nwp").write_text(OPEN.replace("nsg-web", "nsg-other"))
    (here / "infra" / "network.nwp").write_text(
        "vnet v { address 10.0.0.0/16; subnet s { address 10.0.1.0/24; nsg nsg-web } }\n"
        "nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet v/s; public-ip pip-web } }\n"
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OPEN.encode())))
    code, out, _ = run("lint", "--stdin-filename", "infra/web.nwp", "-")
    assert code == 1
    assert "port 22 of nic-web is reachable from the internet" in out
    assert "other.nwp" not in out
    assert (here / "infra" / "web.nwp").read_text() == CLEAN


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "HEAD"),
        ("--stdin-filename", "web.nwp", "infra"),
        ("--stdin-filename", "web.nwp", "--fix"),
        ("--changed", "--write-baseline", "known.json"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(here: Path, words: tuple[str, ...]) -> None:
    (here / "web.nwp").write_text(CLEAN)
    assert run("lint", *words)[0] == 2


@pytest.mark.parametrize("options", [(), ("--quiet",)])
def test_the_problem_matcher_of_the_documentation_finds_every_finding(
    inputs: list[str], options: tuple[str, ...]
) -> None:
    """Visual Studio Code, "Defining a problem matcher": groups of the expression, by number."""
    text = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    blocks = map(json.loads, re.findall(r"```json\n(\{.*?\n\})\n```", text, re.DOTALL))
    ((task,),) = [block["tasks"] for block in blocks if "tasks" in block]
    assert (task["command"], *task["args"]) == ("nwpolicy", "lint", "--quiet")
    pattern = task["problemMatcher"]["pattern"]
    expression = re.compile(pattern["regexp"])
    keys = ("file", "line", "column", "code", "severity", "message")
    for path in inputs:
        asked = ("lint", path, "--isolated", "--severity", "note")
        found = json.loads(run(*asked, "--output", "json")[1])["findings"]
        lines = run(*asked, *options)[1].splitlines()
        matched = [[match[pattern[key]] for key in keys] for line in lines if (match := expression.match(line))]
        expected = [
            [place["file"], str(place["line"]), str(place["column"]), one["rule"], one["severity"]]
            for one in found
            for place in [one["location"]]
        ]
        assert [match[:5] for match in matched] == expected
        assert all(match[5] for match in matched)


def test_from_python(here: Path) -> None:
    (here / "web.nwp").write_text(OPEN)
    answer = nwpolicy.lint(nwpolicy.load("web.nwp"))
    assert [finding.rule for finding in answer.findings] == ["NWP101", "NWP001", "NWP405"]


# --- rules, explain ---


def test_every_rule_is_listed_and_explained() -> None:
    listed = run("rules")[1]
    for entry in CATALOGUE.values():
        assert f"{entry.id}  {entry.severity.value}" in listed
        explained = run("explain", entry.id.lower())[1]
        assert explained.startswith(f"{entry.id} {entry.name}")
        assert entry.good.splitlines()[0] in explained
    assert len(json.loads(run("rules", "NWP10", "--output", "json")[1])["rules"]) == 8
    assert run("explain", "NWP000")[0] == 2


def test_the_documentation_of_rules_is_current() -> None:
    """`nwpolicy rules --output markdown > docs/rules.md` makes it."""
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == markdown(CATALOGUE.values())
