"""What `nwpolicy report` says of a change of the policy itself: a pull request may pass because it asserts less."""

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

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
ESTATE = """nsg n { inbound { 100 ssh allow tcp from * to * port 22
  110 web allow tcp from * to * port 443 } }
vnet net { address 10.1.0.0/16; subnet s { address 10.1.1.0/24; nsg n } }
nic w { ip c { address 10.1.1.4; subnet net/s; public-ip p } }
public-ip p { sku Standard }
"""
SSH = "assert ssh never tcp from Internet to any port 22\n"
RDP = "assert rdp never tcp from Internet to any port 3389\n"
EXCUSE = 'except ssh tcp from Internet to nic w port 22 reason "because" expires 2027-01-01\n'
TODAY = ("--today", "2026-06-01")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(old: str, new: str, *arguments: str) -> tuple[int, str]:
    Path("old.nwp").write_text(ESTATE + old, encoding="utf-8")
    Path("new.nwp").write_text(ESTATE + new, encoding="utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = cli.main(["report", "old.nwp", "new.nwp", *TODAY, *arguments])
    return code, out.getvalue()


def as_json(old: str, new: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(old, new, "--output", "json")[1])
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    return found


def changes(old: str, new: str) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["name"], one["what"]) for one in as_json(old, new)["policyChanges"]]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (RDP, RDP.replace("3389", "3390"), "no path opened or closed; 1 assertion changed"),
        (SSH + RDP, "", "no path opened or closed; 2 assertions removed; 1 violation no longer asserted"),
        (SSH, SSH + EXCUSE, "no path opened or closed; 1 assertion newly excepted; 1 exception added"),
        (SSH, SSH.replace("22\n", "22 expires 2026-01-01\n"), "no path opened or closed; 1 assertion changed"),
        (
            SSH + EXCUSE,
            SSH + EXCUSE.replace("nic w port 22", "any port 22"),
            "no path opened or closed; 1 exception changed",
        ),
        ("environment e { a 10.0.0.0/8 }\n" + RDP, RDP, "no path opened or closed; 1 environment removed"),
        (RDP, RDP + "assert more never tcp from Internet to any port 3390\n", "no change in meaning"),
    ],
)
def test_what_asserts_less_is_in_the_sentence_and_the_exit_code(old: str, new: str, sentence: str) -> None:
    code, out = run(old, new, "--quiet")
    assert out == f"{sentence}\n"
    assert code == (0 if sentence == "no change in meaning" else 1)


def test_an_excuse_mends_nothing() -> None:
    totals = as_json(SSH, SSH + EXCUSE)["totals"]
    assert (totals["mended"], totals["newlyExcepted"]) == (0, 1)


def test_an_assertion_that_holds_because_it_says_less_is_not_mended() -> None:
    found = as_json(SSH, SSH.replace("22", "2222"))
    assert (found["totals"]["mended"], found["totals"]["policyChanges"]) == (0, 1)
    assert [(one["before"], one["after"], one["isOther"]) for one in found["assertions"]] == [
        ("Violated", "Holds", True)
    ]


def test_other_owners_reasons_and_places_change_nothing() -> None:
    new = "\n" + RDP.replace("\n", ' owner sec reason "audit"\n') + SSH
    assert changes(SSH + RDP, new) == []
    assert run(SSH + RDP, new, "--quiet")[1] == "no change in meaning; 1 assertion still violated\n"


def test_another_name_for_the_same_assertion_is_no_loss() -> None:
    new = SSH.replace("ssh", "no-ssh")
    assert changes(SSH, new) == [("assertion", "no-ssh", "renamed")]
    assert [(one["before"], one["after"]) for one in as_json(SSH, new)["assertions"]] == [("Violated", "Violated")]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_people_see_the_lines_before_and_after(form: str) -> None:
    out = run(RDP, RDP.replace("3389", "3390"), "--output", form)[1]
    for port in ("3389", "3390"):
        assert f"assert rdp never tcp from Internet to any port {port}" in out


def test_long_definitions_are_quoted_in_part() -> None:
    values = "".join(f"  a{number} 10.{number}.0.0/16\n" for number in range(20))
    (change,) = as_json(f"environment e {{\n{values}}}\n" + RDP, RDP)["policyChanges"]
    assert change["before"]["lines"][:2] == ["environment e {", "a0 10.0.0.0/16"]
    assert change["before"]["lines"][-1] == "…"
    assert len(change["before"]["lines"]) == 9
