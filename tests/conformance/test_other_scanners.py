"""Examples of checkov, trivy and PSRule for Azure: the verdicts that their authors expect, and ours."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.comparison import PAGE, Result, checkov, page, result, results

#: A checkout of bridgecrewio/checkov, whose examples are then read instead of the copies in `tests/data`.
CHECKOUT = os.environ.get("NWPOLICY_CHECKOV")


@pytest.fixture(scope="module")
def found() -> list[Result]:
    return results()


def test_every_other_verdict_is_explained_and_no_other_one_is(found: list[Result]) -> None:
    unexplained = [one for one in found if one.agrees is bool(one.case.why)]
    assert [(one.case.check.name, one.case.example, one.case.expected, one.ours) for one in unexplained] == []


def test_the_page_is_current(found: list[Result]) -> None:
    """`python -m tests.comparison > docs/comparison.md` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page(found)


def test_all_of_their_checks_of_network_rules_are_there(found: list[Result]) -> None:
    assert {
        one.case.check.tool: len({o.case.check.name for o in found if o.case.check.tool == one.case.check.tool})
        for one in found
    } == {
        "checkov": 6,
        "trivy-checks": 7,
        "PSRule.Rules.Azure": 10,
    }


@pytest.mark.skipif(CHECKOUT is None, reason="NWPOLICY_CHECKOV names no checkout of bridgecrewio/checkov")
def test_a_checkout_of_checkov_says_the_same() -> None:
    """Its examples, and the verdicts that its own tests expect of them."""
    checkout = Path(CHECKOUT or "")
    tests = checkout / "tests/terraform/checks/resource/azure"
    for one in map(result, checkov(checkout)):
        folder, _, address = one.case.example.partition(": ")
        test = tests / f"test_{folder.partition('/')[0]}.py"
        assert one.agrees is not bool(one.case.why), one.case.example
        if test.is_file():
            text = test.read_text(encoding="utf-8")
            failing = text[text.index("failing_resources = {") : text.index("passed_check_resources")]
            assert bool(re.search(rf"[\"']{re.escape(address)}[\"']", failing)) is (one.case.expected == "fail")
