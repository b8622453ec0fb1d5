"""`why` and `reach` as pages: they say what the other forms say, and which pictures are missing and why."""

from __future__ import annotations

import json
import re
import sys
from html import unescape

import pytest

from tests.functional.goldens import answer

WHY = "rules-examples/three-tier --nic nic-db --direction Inbound --protocol TCP --port 1433 --remote asg-web"
REACH = "tests/data/connections"


def text_of(page: str) -> str:
    """What is read, with one blank between words."""
    return " ".join(unescape(re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


def page_of(command: str, question: str) -> tuple[int, str]:
    code, page = answer(f"{question} --output html", command)
    return code, text_of(page)


def test_why_tells_the_layer_that_decides_and_the_fix() -> None:
    """As the README has it."""
    code, text = page_of("why", WHY)
    assert code == 0
    assert "DENIED tcp asg-web → 10.1.3.4:1433" in text
    assert "NSG nsg-shop (subnet snet-data) DENY deny-sql priority 120 rules-examples/three-tier/rules.nwp:13:5" in text
    assert "proved: nothing else changes" in text
    assert "+ 111 allow-tcp-1433-from-10-1-1-4-31 allow tcp from 10.1.1.4/31 to 10.1.3.4 port 1433" in text
    assert "The way of tcp 10.1.1.4:50000 → 10.1.3.4:1433" in text
    assert "What is open inbound at nic-db, by address and port" in text


def test_pictures_rest_on_the_same_assumptions_as_the_answer() -> None:
    """Whom a rule for an application security group takes in decides about what its map shows."""
    question = (
        "rules-examples/three-tier --nic nic-db --direction Inbound --protocol tcp --remote 10.1.1.4 --output html"
    )
    pages = [answer(f"{question}{assume}", "why")[1] for assume in ("", " --assume asg-members=open")]
    first, second = (re.findall('src="(data:[^"]*)"', page)[-1] for page in pages)
    assert first != second


def test_why_tells_what_it_depends_on() -> None:
    code, text = page_of("why", "rules-examples/unknowns --nsg nsg-app --direction Inbound --protocol tcp --port 22")
    assert code == 3
    assert "DEPENDS" in text
    assert "Depends on" in text


def test_the_exit_code_is_that_of_the_answer() -> None:
    assert page_of("why", f"{WHY} --expect allow")[0] == 1


def test_verify_has_no_page() -> None:
    with pytest.raises(SystemExit, match="2"):
        page_of("verify", WHY)


def test_reach_tells_each_entry_with_its_rules() -> None:
    code, text = page_of("reach", REACH)
    found = json.loads(answer(f"{REACH} --output json", "reach")[1])
    assert code == answer(REACH, "reach")[0]
    names = {party["id"]: party["name"] for party in found["parties"]}
    for number, entry in enumerate(found["entries"], 1):
        assert f"details of entry {number}" in text
        assert all(names[name] in text for name in entry["destinations"])
        assert entry["example"] is None or entry["example"]["text"] in text
    assert len(found["entries"]) >= 2


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("why", WHY),
        ("reach", REACH),
        ("report", "docs/examples/pull-request/base docs/examples/pull-request/head"),
    ],
)
def test_a_page_without_the_extra_says_so(monkeypatch: pytest.MonkeyPatch, command: str, question: str) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    _, text = page_of(command, question)
    assert "not drawn: pictures need pygraphviz, which is not installed (pip install 'nwpolicy[graph]'; forms" in text
