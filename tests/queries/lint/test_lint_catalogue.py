"""Every rule of the linter: its own examples, and that nobody has to load the linter to read about it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from nwpolicy.model.assembly import assemble
from nwpolicy.queries.lint.catalogue import CATALOGUE, DEFAULT, matching
from nwpolicy.queries.lint.entry import GROUPS, Entry
from nwpolicy.queries.lint.fixedits import FIXABLE
from nwpolicy.queries.lint.linting import LintAnswer, Options, lint
from nwpolicy.readers.load import read_text

ENTRIES = [pytest.param(entry, id=f"{entry.id}-{entry.name}") for entry in CATALOGUE.values()]


def linted(entry: Entry, text: str) -> LintAnswer:
    ending = "yaml" if text.startswith("nwpolicy:") else "json" if text.startswith("{") else "nwp"
    return lint(assemble([read_text(f"example.{ending}", text)]), Options(selected=DEFAULT | {entry.id}))


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_bad_example_has_this_finding_and_no_other(entry: Entry) -> None:
    answer = linted(entry, entry.bad)
    assert [finding.rule for finding in answer.findings] == [entry.id]
    (finding,) = answer.findings
    assert finding.severity is entry.severity or not finding.certain
    assert finding.excerpt == entry.bad.splitlines()[finding.location.span.line - 1]
    assert answer.undecided == ()
    assert "\n" not in finding.message
    assert not finding.message.endswith("."), "one sentence, without a full stop"
    assert ". " not in finding.message


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_good_example_has_none(entry: Entry) -> None:
    answer = linted(entry, entry.good)
    assert (answer.findings, answer.undecided) == ((), ())


@pytest.mark.parametrize("entry", ENTRIES)
def test_texts_are_short_and_plain(entry: Entry) -> None:
    assert re.fullmatch(r"NWP\d{3}", entry.id)
    assert entry.id[3] in GROUPS
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", entry.name)
    assert entry.summary[0].islower() or entry.summary.split()[0] in {"GatewaySubnet", "IPv6"}
    assert not entry.summary.endswith(".")
    assert len(entry.summary) <= 100
    assert entry.rationale.endswith(".")
    assert len(entry.rationale) <= 1024, "more does not fit into SARIF for code scanning"


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_mended_is_said_and_nothing_else(entry: Entry) -> None:
    """`--fix` removes or rewrites exactly what the catalogue says it does."""
    assert bool(entry.mended) is (entry.id in FIXABLE)
    assert not (entry.mended and entry.unmended)
    assert not (entry.mended + entry.unmended).endswith(".")


def test_ids_and_names_are_unique_and_in_order() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)
    assert len({entry.name for entry in CATALOGUE.values()}) == len(CATALOGUE)


def test_rules_are_found_by_id_by_hundred_and_by_name() -> None:
    assert matching("nwp101") == ("NWP101",)
    assert matching("shadowed-rule") == ("NWP001",)
    assert set(matching("NWP10")) == {f"NWP10{digit}" for digit in range(1, 9)}
    assert matching("ALL") == tuple(CATALOGUE)
    assert set(matching("default")) == {rule_id for rule_id in CATALOGUE if not CATALOGUE[rule_id].optional}
    assert matching("shadowed") == matching("NWP7") == ()


def test_reading_about_rules_loads_no_engine() -> None:
    code = (
        "import sys, nwpolicy.queries.lint.catalogue as c; assert c.CATALOGUE;"
        "heavy = {'z3', 'yaml', 'lark', 'jsonschema', 'nwpolicy.logic', 'nwpolicy.azure', 'nwpolicy.readers'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
