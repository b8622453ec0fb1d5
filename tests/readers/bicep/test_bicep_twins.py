"""Bicep files and the templates compiled of them say the same. `tests.twins` asks this of whole repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.twins import Pair, Twin, compare, pairs, questions

DATA = Path(__file__).parents[2] / "data" / "bicep"
PAIRS = [*pairs(DATA)]
#: A checkout of Azure/bicep-registry-modules or of another repository that keeps Bicep files and compiled templates.
CHECKOUT = os.environ.get("NWPOLICY_TWINS")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.bicep.parent.name)
@pytest.mark.parametrize("question", ["template", "model"])
def test_pairs_of_our_own(pair: Pair, question: str) -> None:
    asked = dict(questions(Twin(DATA, pair)))
    assert asked[question]() is None


def test_there_are_pairs() -> None:
    assert {pair.bicep.parent.name for pair in PAIRS} >= {"loops", "modules", "imports", "children", "expressions"}


def test_a_difference_is_found(tmp_path: Path) -> None:
    for pair in PAIRS:
        if pair.bicep.parent.name == "loops":
            bicep = pair.bicep.read_text(encoding="utf-8").replace("priority: 400", "priority: 401")
            (tmp_path / "main.bicep").write_text(bicep, encoding="utf-8")
            (tmp_path / "main.json").write_bytes(pair.compiled.read_bytes())
    said: list[str] = []
    counts = compare(tmp_path, [tmp_path], said.append)
    assert counts["template"]["different"] == counts["model"]["different"] == 1
    assert "main.bicep: template: /resources/ssh/properties/priority" in said[0]


@pytest.mark.skipif(CHECKOUT is None, reason="NWPOLICY_TWINS names no checkout of a repository of Bicep modules")
def test_pairs_of_a_repository() -> None:
    assert CHECKOUT is not None
    said: list[str] = []
    counts = compare(Path(CHECKOUT), [Path(CHECKOUT)], said.append)
    assert counts["model"]["tried"] > 0
    assert counts["model"]["different"] == 0, said
