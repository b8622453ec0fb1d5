"""The examples of the language's pages are right, and laid out as the formatter does it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nwpolicy.readers.nwp import format_text, read
from nwpolicy.readers.nwp.kinds import DEFINITIONS, Kind

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "nwp.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```nwp\n(.*?)```", PAGE + (DOCS / "check.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n", 1)[0])
def test_example_of_the_page(example: str) -> None:
    assert read("page.nwp", example).diagnostics == ()
    assert format_text("page.nwp", example) == example


def test_the_page_names_every_definition_and_setting() -> None:
    rows = re.findall(r"^\| (`[^|]*`|every one) \| (.*) \|$", PAGE, re.MULTILINE)
    table = {word.strip("`"): settings for word, settings in rows}
    kinds = dict(DEFINITIONS)
    for kind in list(DEFINITIONS.values()):
        kinds |= children(kind)
    assert set(table) - {"every one"} == set(kinds)
    for word, kind in kinds.items():
        settings = table[word] + table["every one"]
        assert [name for name in (*kind.settings, *kind.children) if not re.search(rf"`{name}[ `]", settings)] == []


def children(kind: Kind) -> dict[str, Kind]:
    found = {word: child for word, (_, child) in kind.children.items()}
    for child in list(found.values()):
        found |= children(child)
    return found
