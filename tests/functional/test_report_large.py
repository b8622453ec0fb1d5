"""A report of many changes of meaning: every form of it stays readable, and says what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft7Validator

from benchmarks import changes
from tests.functional.goldens import ROOT, answer

COUNT: Final = 240


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The report in a form; all of them are written by one run."""
    folder = tmp_path_factory.mktemp("large")
    old, new = changes.write(folder, COUNT)
    forms = ("text", "markdown", "summary", "html", "json")
    written: dict[str, Path] = {one: folder / f"report.{one}" for one in forms}
    options = " ".join(f"--write {one}={path}" for one, path in written.items())
    answer(f"{old} {new} {options}", "report")
    return lambda one: written[one].read_text(encoding="utf-8")


def test_each_change_of_meaning_is_one(form: Callable[[str], str]) -> None:
    found = json.loads(form("json"))
    schema = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
    assert [fault.json_path for fault in Draft7Validator(schema).iter_errors(found)] == []
    assert found["totals"]["opened"] == found["totals"]["closed"] == COUNT // 2
    assert found["totals"]["rewordedRules"] == COUNT // changes.GROUP
    assert [one["number"] for one in found["changes"]] == list(range(1, COUNT + 1))


def test_text_is_no_wall(form: Callable[[str], str]) -> None:
    """The riskiest changes, and how many more there are."""
    lines = form("text").splitlines()
    assert len(lines) < 200
    assert max(map(len, lines)) < 600
    assert f"  and {COUNT - 40:,} more changes (--output json lists them)" in lines


@pytest.mark.parametrize(("name", "most"), [("markdown", 65_536), ("summary", 1 << 20)])
def test_markdown_says_how_much_more_there_is(form: Callable[[str], str], name: str, most: int) -> None:
    text = form(name)
    assert len(text.encode()) <= most
    rows = sum(line.startswith("| ") and line[2].isdigit() for line in text.splitlines())
    assert 0 < rows <= COUNT
    assert rows == COUNT or f"… and {COUNT - rows:,} more" in text
    assert (rows < COUNT) is (name == "markdown")


def test_the_page_has_all_rows_and_few_pictures(form: Callable[[str], str]) -> None:
    text = form("html")
    assert text.count('<tbody id="change-') == COUNT
    assert text.count("<img ") == 9
    assert len(text) < 4096 * COUNT
