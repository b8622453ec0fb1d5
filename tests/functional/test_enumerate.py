"""`nwpolicy enumerate` as a command: its forms, its exit codes, its streams."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft7Validator

from benchmarks.generate import template
from nwpolicy import cli
from tests.functional.goldens import FOLDER, GOLDEN, QUESTIONS, ROOT, answer

SCHEMA = json.loads((ROOT / "schemas" / "enumerate.schema.json").read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"
THREE_TIER = "rules-examples/three-tier --nic nic-db --direction Inbound"

Done = subprocess.CompletedProcess[str]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_answer_is_the_one_that_is_kept(name: str) -> None:
    code, out = answer(GOLDEN[name])
    assert out == (FOLDER / name).read_bytes().decode()
    assert code == (3 if name.startswith("depends") else 0)


def test_every_kept_answer_is_asked_for() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {name for questions in QUESTIONS.values() for name in questions}


@pytest.mark.parametrize("extra", ["", "--by-rule --prove", "--allowed", "--denied --by-rule", "--limit 1"])
@pytest.mark.parametrize(
    "question",
    [
        THREE_TIER,
        "rules-examples/three-tier --from vm-web --to nic-db",
        "rules-examples/three-tier --subnet snet-data --direction Outbound",
        "rules-examples/unknowns --nsg nsg-app --direction Inbound",
        "rules-examples/dual-stack --nic nic-web --direction Inbound",
        "rules-examples/avnm-exceptions --nic nic-data --direction Inbound",
        "rules-examples/exported-nsg/effective-nsg.json --nic nic-jump --direction Outbound",
        "rules-examples/load-balancer-probes --nic nic-web --direction Inbound",
    ],
)
def test_json_is_as_its_schema_says(question: str, extra: str) -> None:
    code, out = answer(f"{question} {extra} --output json")
    found = json.loads(out)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    assert code == (3 if found["verdict"] == "Depends" else 0)
    assert len(found["cubes"]) == found["cubesListed"]
    assert all(found["groups"][cube["group"]]["access"] == cube["access"] for cube in found["cubes"])
    assert out.isascii()


def test_json_counts_add_up_exactly() -> None:
    found = json.loads(answer(f"{THREE_TIER} --output json")[1])
    total = sum(int(found["totals"][access]["ipv4"]["count"]) for access in ("allow", "deny"))
    assert total == 2**32 * (2 * 2**32 + 254)  # every source; two protocols with ports, and all the others
    assert sum(int(cube["flows"]["ipv4"]["count"]) for cube in found["cubes"]) == total


def test_a_limit_is_told_in_every_form(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    everything = json.loads(answer(f"{THREE_TIER} --output json")[1])
    limited = json.loads(answer(f"{THREE_TIER} --limit 2 --output json")[1])
    left = limited["leftOut"]
    assert limited["cubes"] == everything["cubes"][:2]
    assert left["cubes"] == everything["cubesListed"] - 2
    assert int(left["count"]) == sum(int(cube["flows"]["ipv4"]["count"]) for cube in everything["cubes"][2:])
    assert f"{left['cubes']} more, with about" in answer(f"{THREE_TIER} --limit 2")[1]
    cli.main(["enumerate", *THREE_TIER.split(), "--limit", "2", "--output", "csv"])
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert f"{left['cubes']} more, with about" in err


def test_a_proof_is_told() -> None:
    assert re.search(r"^Proved with Z3: [\d,]+ cells? in [\d.]+ s$", answer(f"{THREE_TIER} --prove")[1], re.MULTILINE)
    found = json.loads(answer(f"{THREE_TIER} --prove --output json")[1])["proof"]
    assert found["cells"] > 0
    assert json.loads(answer(f"{THREE_TIER} --output json")[1])["proof"] is None


def test_csv_has_the_same_sets_as_json() -> None:
    cubes = json.loads(answer(f"{THREE_TIER} --by-rule --output json")[1])["cubes"]
    table = list(csv.DictReader(io.StringIO(answer(f"{THREE_TIER} --by-rule --output csv")[1])))
    keys = ("access", "protocol", "source_port", "destination_port", "source_name")
    camel = ("access", "protocol", "sourcePort", "destinationPort", "sourceName")
    assert [[row[key] for key in keys] for row in table] == [[cube[key] for key in camel] for cube in cubes]
    assert [row["ipv4_flows"] for row in table] == [cube["flows"]["ipv4"]["count"] for cube in cubes]


def test_svg_is_a_picture_with_labels_for_every_cell() -> None:
    root = ET.fromstring(answer(f"{THREE_TIER} --by-rule --output svg")[1])
    assert root.tag == f"{SVG}svg"
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert titles[0] == "what is open: any * → 10.1.3.4, inbound at nic-db"
    assert "10.1.2.4 (asg:asg-logic), 1433 ms-sql-s: open; by allow-sql-from-logic (110)" in titles
    assert not {element.tag for element in root.iter()} & {f"{SVG}script", f"{SVG}a", f"{SVG}image"}


def test_names_do_no_harm_in_any_form(tmp_path: Path) -> None:
    """Names come from files that anybody may have written."""
    name = "=cmd|' /C calc'!A0<script>&\\u001b[31m##vso[task]"
    rules = json.loads(template(1))
    written = rules["resources"][0]["properties"]["securityRules"][0]
    written["name"] = name.encode().decode("unicode_escape")
    written["properties"]["access"] = "Allow"
    (tmp_path / "evil.json").write_text(json.dumps(rules), encoding="utf-8")
    question = f"{tmp_path / 'evil.json'} --direction Inbound --virtual-network 10.0.0.0/16 --by-rule"
    for form in ("text", "json", "csv", "svg"):
        out = answer(f"{question} --output {form}")[1]
        assert "vso" in out
        assert "\x1b" not in out
        assert "##vso[" not in out
        assert form != "svg" or "<script>" not in out
    rows = list(csv.DictReader(io.StringIO(answer(f"{question} --output csv")[1])))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_table_is_the_text() -> None:
    assert answer(f"{THREE_TIER} --output table") == answer(THREE_TIER)


def test_quiet_is_one_line() -> None:
    assert answer(f"{THREE_TIER} --quiet")[1] == "MIXED  any * → 10.1.3.4   inbound at nic-db\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (f"{THREE_TIER} --limit 0", 2, "--limit"),
        (f"{THREE_TIER} --allowed --denied", 2, "not allowed with"),
        (f"{THREE_TIER} --denied --output svg", 2, "a picture shows all that is open"),
        (f"{THREE_TIER} --limit 3 --output svg", 2, "leave out --denied and --limit"),
        ("rules-examples/three-tier --nic nic-db", 2, "the direction is missing"),
        ("rules-examples/three-tier --subnet nowhere --direction Inbound", 2, "there is no subnet 'nowhere'"),
        ("rules-examples/three-tier --subnet snet-data --nic nic-db --direction Inbound", 2, "more than one place"),
    ],
)
def test_wrong_usage(arguments: str, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.chdir(ROOT):
        try:
            found = cli.main(["enumerate", *arguments.split()])
        except SystemExit as stop:
            found = int(stop.code or 0)
    assert found == code
    assert said in capsys.readouterr().err


def test_a_picture_that_nobody_could_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "large.json").write_text(template(300), encoding="utf-8")
    question = [str(tmp_path / "large.json"), "--direction", "Inbound", "--virtual-network", "10.0.0.0/16"]
    assert cli.main(["enumerate", *question, "--output", "svg"]) == 2
    assert "too large to draw" in capsys.readouterr().err


def test_rows_come_as_they_are_found_and_end_when_nobody_reads(tmp_path: Path) -> None:
    """A reader of the first lines of a long list waits for neither the rest nor its end."""
    (tmp_path / "large.json").write_text(template(400), encoding="utf-8")
    question = [str(tmp_path / "large.json"), "--direction", "Inbound", "--virtual-network", "10.0.0.0/16"]
    command = [sys.executable, "-m", "nwpolicy", "enumerate", *question, "--by-rule"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline().startswith("MIXED")
        run.stdout.close()
        assert run.wait(60) == 0
        assert run.stderr.read() == ""


def test_answers_do_not_depend_on_the_hashes_of_a_process(nwpolicy_cli: Callable[..., Done]) -> None:
    for form in ("json", "svg"):
        question = ("enumerate", *THREE_TIER.split(), "--by-rule", "--output", form)
        first, second = (nwpolicy_cli(*question, cwd=ROOT, env={"PYTHONHASHSEED": seed}).stdout for seed in "12")
        assert first == second != ""


def test_colour_marks_the_verdicts() -> None:
    out = answer(f"{THREE_TIER} --color always")[1]
    assert re.search(r"\x1b\[32mALLOWED\x1b\[0m", out)
    assert re.search(r"\x1b\[31mDENIED\x1b\[0m", out)
