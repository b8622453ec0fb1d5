"""`nwpolicy reach` as a command: its forms, its exit codes, and answers that somebody worked out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import nwpolicy
from benchmarks import estate
from tests.functional.goldens import FOLDER, MATRICES, ROOT, answer

SCHEMA = json.loads((ROOT / "schemas" / "reach.schema.json").read_text(encoding="utf-8"))
ESTATES = [
    "rules-examples/three-tier",
    "rules-examples/hub-and-spoke",
    "rules-examples/avnm-exceptions",
    "rules-examples/dual-stack",
    "rules-examples/forced-tunnel",
    "rules-examples/load-balancer-probes",
    "tests/data/connections",
    "tests/data/batfish-cloud-azure",
]
QUESTIONS = ["", " --from Internet", " --to Internet --protocol tcp", " --from OnPremises", " --port 22,443"]


def found(question: str) -> Any:
    return json.loads(answer(f"{question} --output json", "reach")[1])


@pytest.mark.parametrize("name", MATRICES)
def test_answers_are_as_worked_out(name: str) -> None:
    assert answer(MATRICES[name], "reach")[1] == (FOLDER / name).read_bytes().decode()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("estate", ESTATES)
def test_matrices_are_as_their_schema_says(estate: str, question: str) -> None:
    code, text = answer(f"{estate}{question} --output json", "reach")
    if code == 2:
        assert "OnPremises" in question  # nothing lies behind a gateway
        return
    matrix = json.loads(text)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(matrix)] == []
    assert code == (3 if matrix["totals"]["mayReach"] else 0)
    ids = [party["id"] for party in matrix["parties"]]
    assert len(ids) == len(set(ids))
    assert {end for e in matrix["entries"] for end in (e["source"], *e["destinations"])} <= set(ids)
    one_end = "--from" in question or "--to" in question
    assert all((entry["example"] is not None) is one_end for entry in matrix["entries"])


@pytest.mark.parametrize("estate", ESTATES)
def test_every_form_has_the_same_entries(estate: str) -> None:
    matrix = found(estate)
    rows = list(csv.DictReader(io.StringIO(answer(f"{estate} --output csv", "reach")[1])))
    assert len(rows) == sum(len(entry["destinations"]) * len(entry["flows"]) for entry in matrix["entries"])
    pairs = {(row["source"], row["destination"]) for row in rows}
    assert pairs == {(e["source"], end) for e in matrix["entries"] for end in e["destinations"]}
    snapshot = nwpolicy.load(str(ROOT / estate))
    api = nwpolicy.reach(snapshot)
    assert [(entry.source, entry.destinations) for entry in api] == [
        (entry["source"], tuple(entry["destinations"])) for entry in matrix["entries"]
    ]
    assert api.close().totals.reaches == matrix["totals"]["reaches"]


def test_what_is_exposed_to_the_internet_is_listed_with_the_rule_and_its_place() -> None:
    matrix = found("tests/data/batfish-cloud-azure --from Internet --port 22")
    (entry,) = matrix["entries"]
    assert (entry["state"], entry["flows"][0]["destinationPort"]) == ("Reaches", "22")
    (chain,) = entry["example"]["chains"]
    assert (chain["place"], chain["direction"]) == ("vm1346", "Inbound")
    (rule,) = chain["rules"]
    assert (rule["name"], rule["access"]) == ("SSH", "Allow")
    assert Path(rule["location"]["file"]).name == "VM1-nsg.json"
    assert rule["location"]["line"] == 10


def test_interfaces_that_fare_alike_are_one_party() -> None:
    matrix = found("rules-examples/three-tier")
    sizes = {party["name"]: len(party["members"]) for party in matrix["parties"] if party["members"]}
    assert sizes == {"nic-web and 1 more": 2, "nic-logic": 1, "nic-db": 1}


def test_a_limit_hides_entries_and_counts_all() -> None:
    _, whole = answer("rules-examples/three-tier", "reach")
    _, short = answer("rules-examples/three-tier --limit 1", "reach")
    assert "and 7 more entries" in short
    assert "16 of 20 pairs reach" in short
    assert "16 of 20 pairs reach" in whole
    assert answer("rules-examples/three-tier --quiet", "reach") == (0, "16 of 20 pairs reach\n")


@pytest.mark.parametrize("question", ["--from nobody", "--to 10.99.0.1", "--port x", "--assume x=y", "--protocol foo"])
def test_a_question_without_an_answer_is_refused(question: str) -> None:
    assert answer(f"rules-examples/three-tier {question}", "reach")[0] == 2


def test_a_generated_estate_has_fewer_parties_than_interfaces(tmp_path: Path) -> None:
    estate.write(tmp_path, estate.REGION)
    matrix = nwpolicy.reach(nwpolicy.load(str(tmp_path)))
    assert matrix.diagnostics == ()
    members = [member.name for party in matrix.parties for member in party.members]
    assert len(members) == len(set(members)) == estate.REGION
    assert len(matrix.parties) < estate.REGION / 3
