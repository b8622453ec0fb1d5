"""`nwpolicy check` as a command: its forms, its exit codes, and answers that somebody worked out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from tests.functional.goldens import CHECKS, FOLDER, ROOT, answer

SCHEMA = json.loads((ROOT / "schemas" / "check.schema.json").read_text(encoding="utf-8"))
SARIF = json.loads((ROOT / "tests/data/sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
ALL = "tests/data/assertions --today 2026-06-15"


@pytest.mark.parametrize("name", CHECKS)
def test_answers_are_as_worked_out(name: str) -> None:
    assert answer(CHECKS[name], "check")[1] == (FOLDER / name).read_bytes().decode()


@pytest.mark.parametrize("question", [ALL, f"{ALL} --set adminCidr=10.0.0.0/8", "rules-examples/policy-as-code"])
def test_json_is_as_its_schema_says(question: str) -> None:
    found = json.loads(answer(f"{question} --output json", "check")[1])
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    totals = found["totals"]
    assert totals.pop("results") == len(found["results"]) == sum(totals.values())


def test_junit_has_a_case_for_every_result() -> None:
    code, text = answer(f"{ALL} --output junit", "check")
    found = ElementTree.fromstring(text)
    results = json.loads(answer(f"{ALL} --output json", "check")[1])["results"]
    assert code == 1
    assert len(found.findall("testsuite/testcase")) == len(results)
    problems = {tag: len(found.findall(f"testsuite/testcase/{tag}")) for tag in ("failure", "error", "skipped")}
    assert problems == {"failure": 4, "error": 1, "skipped": 1}
    (suite,) = found
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == [str(len(results)), "4", "1", "1"]


def test_sarif_has_what_does_not_hold_with_links_to_what_decides() -> None:
    """Validated with the official schema; as code scanning wants it, links lead somewhere and regions are whole."""
    code, text = answer(f"{ALL} --output sarif", "check")
    found = json.loads(text)
    assert code == 1
    assert [fault.message for fault in Draft7Validator(SARIF).iter_errors(found)] == []
    (run,) = found["runs"]
    results = json.loads(answer(f"{ALL} --output json", "check")[1])["results"]
    wrong = [one for one in results if one["state"] not in ("Holds", "Excepted", "Lapsed")]
    assert len(run["results"]) == len(wrong) == 5
    assert len({one["partialFingerprints"]["nwpolicyAssertion/v1"] for one in run["results"]}) == len(wrong)
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        assert len(one["locations"][0]["physicalLocation"]["region"]) == 4
        for number, related in enumerate(one.get("relatedLocations", ()), 1):
            assert (related["id"], f"]({number})" in one["message"]["text"]) == (number, True)
    assert any("relatedLocations" in one for one in run["results"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("assert a never tcp from Internet to any port 24", 0),
        ("assert a never tcp from Internet to any port 23", 1),
        ("assert a never tcp from Internet to any port 22", 3),
        ("assert a never tcp from Internet to any port 22; assert b never tcp from Internet to any port 23", 1),
        ("assert a never tcp from Internet to any port 23 expires 2026-06-14", 0),
        ("assert a never tcp to nsg nope", 2),
        ("", 2),
    ],
)
def test_exit_codes(tmp_path: Path, text: str, code: int) -> None:
    rules = "100 a allow tcp from ?admin to * port 22; 110 b allow tcp from * to * port 23; 4096 c deny * from * to *"
    (tmp_path / "a.nwp").write_text(f"nsg web {{ inbound {{ {rules} }} }}\n{text}\n")
    assert _code(f"{tmp_path} --today 2026-06-15") == code


def test_what_is_printed_cannot_speak_to_the_terminal_or_the_log(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "nwpolicy: 1\n"
        "networkSecurityGroups: [{name: web}]\n"
        'assertions: [{name: "a\\e[31m##vso[task.complete]\\0", kind: always, rulesOnly: true,'
        " destination: {networkSecurityGroup: web}}]\n"
    )
    for output in ("text", "json", "junit", "sarif", "github", "gitlab"):
        text = answer(f"{tmp_path} --output {output}", "check")[1]
        assert "\x1b" not in text
        assert "\0" not in text
        assert "##vso[" not in text
        if output == "junit":
            ElementTree.fromstring(text)


@pytest.mark.parametrize("output", ["github", "azure", "gitlab"])
def test_build_systems_show_what_does_not_hold_at_the_assertion(output: str) -> None:
    """GitHub Docs, Workflow commands; Microsoft Learn, Azure Pipelines logging commands; GitLab Docs, Code Quality."""
    failing = [
        one
        for one in json.loads(answer(f"{ALL} --output json", "check")[1])["results"]
        if one["state"] in ("Violated", "ExpiredException", "NotProved")
    ]
    code, text = answer(f"{ALL} --output {output}", "check")
    assert code == 1
    places = [f"{one['location']['file']} {one['location']['line']}" for one in failing]
    if output == "gitlab":
        entries = json.loads(text)
        shown = [f"{one['location']['path']} {one['location']['lines']['begin']}" for one in entries]
        assert len({one["fingerprint"] for one in entries}) == len(entries)
    else:
        pattern = {
            "github": r"::(?:error|warning) file=(.*?),line=(\d+),",
            "azure": r"sourcepath=(.*?);linenumber=(\d+);",
        }
        shown = [" ".join(found) for found in re.findall(pattern[output], text)]
        assert len(text.splitlines()) == len(failing) + 1
    assert sorted(shown) == sorted(places)


def test_a_day_that_is_none_is_refused() -> None:
    assert _code("tests/data/assertions --today 2026-02-30") == 2


def _code(question: str) -> int:
    return answer(question, "check")[0]
