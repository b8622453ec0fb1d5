"""The examples answer what their READMEs say, and hold what a newcomer needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.cli import main
from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.load import load
from tests.functional.regenerate_examples import EXAMPLES, ROOT, Example, documents, examples, readmes

ESTATES = [readme.parent for readme in readmes()]
QUESTIONS = [question for document in documents() for question in examples(document)]
FILES = sorted(path for path in EXAMPLES.glob("*/*") if path.name != "README.md")

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def answers(nwpolicy_cli: Callable[..., Done]) -> Mapping[Example, Done]:
    """The answers to all questions, each from a process of its own, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(lambda question: nwpolicy_cli(*question.arguments, cwd=ROOT), QUESTIONS)
        return dict(zip(QUESTIONS, done, strict=True))


def _id(question: Example) -> str:
    return f"{question.readme.parent.name}-{[q for q in QUESTIONS if q.readme == question.readme].index(question) + 1}"


@pytest.mark.parametrize("question", QUESTIONS, ids=_id)
def test_the_answer_is_the_one_in_the_readme(question: Example, answers: Mapping[Example, Done]) -> None:
    done = answers[question]
    assert done.stdout == question.answer
    assert done.returncode == question.exit_code
    assert "error" not in done.stderr
    assert "warning" not in done.stderr


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.arguments[0] == "why"], ids=_id)
def test_the_smallest_fix_written_into_the_file_brings_about_what_was_wanted(
    question: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "rules-examples")
    monkeypatch.chdir(tmp_path)
    asked = question.arguments[1:]
    main(["why", *asked, "--output", "json"])
    fix = json.loads(capsys.readouterr().out)["fix"]
    assert fix["edits"]
    for edit in fix["edits"]:
        _write(edit)
    asked = asked[: asked.index("--want")] if "--want" in asked else asked
    assert main(["verify", *asked]) == 0
    assert capsys.readouterr().out.startswith({"allow": "ALLOWED", "deny": "DENIED"}[fix["wanted"]])


def _write(edit: dict[str, Any]) -> None:
    """Does to the file what the edit says."""
    place = edit["location"]
    path = Path(place["file"])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    before = "".join(lines[: place["line"] - 1]) + lines[place["line"] - 1][: place["column"] - 1]
    after = lines[place["endLine"] - 1][place["endColumn"] - 1 :] + "".join(lines[place["endLine"] :])
    assert "".join(lines) == before + edit["replaced"] + after
    path.write_text(before + edit["text"] + after, encoding="utf-8")


@pytest.mark.parametrize("estate", ESTATES, ids=lambda estate: estate.name)
def test_every_estate_has_at_least_three_questions_and_asks_about_itself(estate: Path) -> None:
    questions = [question for question in QUESTIONS if question.readme.parent == estate]
    assert len(questions) >= 3
    assert all(question.arguments[1].startswith(f"rules-examples/{estate.name}") for question in questions)


def test_every_block_of_a_readme_is_checked() -> None:
    for readme in readmes():
        blocks = re.findall(r"^```\w", readme.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(blocks) == len(list(examples(readme))), readme


def test_there_are_at_least_eight_estates_and_the_overview_lists_them() -> None:
    folders = {path for path in EXAMPLES.iterdir() if path.is_dir()}
    assert folders == set(ESTATES)
    assert len(folders) >= 8
    overview = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[[\w-]+\]\(([\w-]+)\)", overview, re.MULTILINE)) == {path.name for path in folders}


def test_the_examples_are_written_in_every_format() -> None:
    found = {_format(path) for path in FILES}
    assert found == {"policy language", "YAML", "JSON", "ARM template", "export", "service tags"}


def _format(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        for mark, name in (
            ("deploymentTemplate.json#", "ARM template"),
            ('"nwpolicy": 1', "JSON"),
            ('"networkFeatures"', "service tags"),
        ):
            if mark in text:
                return name
        return "export"
    return {".nwp": "policy language", ".yaml": "YAML"}[path.suffix]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_is_read_without_a_fault(path: Path) -> None:
    found = load(str(path)).diagnostics
    assert [diagnostic for diagnostic in found if diagnostic.severity is not Severity.NOTE] == []
