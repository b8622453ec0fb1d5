"""Logs in SARIF that code scanning takes as they are, however much there is to say, and that tell what they leave out.

Source: GitHub Docs, SARIF support for code scanning, "Validating your SARIF file": a file of up to 10 MB, packed; of a
run 25,000 results, of which the 5,000 most severe are kept, and 25,000 rules; of a result 1,000 locations, of which 100
are kept; of a rule 20 tags, of which 10 are kept.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from nwpolicy import cli
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.source import SourceLocation, Span
from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ResultAnswer, TotalsAnswer
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding, Related
from nwpolicy.reports import check_sarif
from nwpolicy.reports.sarif import sarif_text

DATA = Path(__file__).resolve().parents[1] / "data" / "sarif"
SCHEMA = Draft7Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
PLACE = SourceLocation("web.nwp", Span(3, 5, 3, 9))


def finding(number: int, severity: Severity = Severity.NOTE, related: int = 0) -> Finding:
    place = SourceLocation("web.nwp", Span(number, 5, number, 9))
    return Finding(
        rule="NWP001",
        name="shadowed-rule",
        severity=severity,
        message=f"rule-{number} never allows anything",
        location=place,
        scope=place,
        subject=f"web/rule-{number}",
        related=tuple(Related(PLACE, f"other-{one} comes first") for one in range(related)),
        fingerprint=f"{number:016x}:1",
    )


def ran(*findings: Finding) -> dict[str, Any]:
    """The only run of the log about findings."""
    answer = LintAnswer(
        findings=findings, suppressed=(), hidden=0, stale=(), undecided=(), diagnostics=(), files=("web.nwp",)
    )
    log = json.loads(sarif_text(answer))
    assert SCHEMA.is_valid({**log, "runs": [{**log["runs"][0], "results": log["runs"][0]["results"][:20]}]})
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def notes(run: dict[str, Any]) -> list[str]:
    return [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]


def test_the_most_severe_results_are_kept_in_the_order_of_the_input() -> None:
    every = [*(finding(n) for n in range(1, 5_001)), finding(5_001, Severity.WARNING), finding(5_002, Severity.ERROR)]
    run = ran(*every)
    assert len(run["results"]) == 5_000
    assert [one["level"] for one in run["results"][-2:]] == ["warning", "error"]
    assert [one["level"] for one in run["results"][:-2]] == ["note"] * 4_998
    assert notes(run) == [
        "2 of 5,002 findings are left out: code scanning keeps the 5,000 most severe results of a run"
    ]


def test_of_assertions_the_violated_ones_come_first() -> None:
    states = [CheckState.NOT_PROVED] * 5_000 + [CheckState.VIOLATED]
    results = tuple(
        ResultAnswer(
            name=f"assertion-{number}",
            kind="never",
            environment=None,
            state=state,
            text="never Internet -> web",
            message="it depends",
            also=(),
            location=PLACE,
            owner=None,
            reason=None,
            expires=None,
            rules_only=False,
            witness=None,
            depends_on=(),
            exceptions=(),
            notes=(),
        )
        for number, state in enumerate(states)
    )
    answer = CheckAnswer(
        results=results,
        totals=TotalsAnswer(5_001, 0, 0, 0, 5_000, 0, 1),
        today="2026-01-31",
        environments=(),
        assumptions=(),
        diagnostics=(),
    )
    (run,) = json.loads(check_sarif.sarif_text(answer))["runs"]
    assert [one["level"] for one in run["results"][:2]] == ["error", "warning"]
    assert len(run["results"]) == 5_000
    assert notes(run)[0].startswith("1 of 5,001 assertions that do not hold, or are not proved, are left out")


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    assert notes(ran(*map(finding, range(1, 5_001)))) == []


def test_a_hundred_other_places_are_linked_and_the_rest_is_counted() -> None:
    (result,) = ran(finding(1, related=1_234))["results"]
    assert [one["id"] for one in result["relatedLocations"]] == list(range(1, 101))
    assert result["message"]["text"].endswith("[other-99 comes first](100) and 1,134 more")


def test_fifty_times_a_fiftieth_of_all_there_can_be_fits_into_a_file() -> None:
    run = ran(*(finding(number, related=100) for number in range(1, 101)))
    assert 50 * len(gzip.compress(json.dumps(run, indent=2).encode())) < 10_000_000
    assert all(len(one["relatedLocations"]) + len(one["locations"]) <= 1_000 for one in run["results"])


def test_rules_are_within_the_limits() -> None:
    rules = ran()["tool"]["driver"]["rules"]
    assert len(rules) <= 25_000
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules)
    assert all(len(rule["name"]) <= 255 for rule in rules)
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)


def test_what_is_left_out_is_said_on_standard_error_too(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    rule = "    100 allow-ssh allow tcp from * to * port 22\n"
    groups = "".join(f"asg web-{number}  # nwpolicy: ignore\n" for number in range(5_001))
    path.write_text(f"{groups}nsg web {{\n  inbound {{\n{rule}  }}\n}}\n")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        cli.main(("lint", str(path), "--isolated", "--quiet", "--output", "sarif"))
    (run,) = json.loads(out.getvalue())["runs"]
    (note,) = notes(run)
    assert note.startswith("2 of 5,002 findings are left out")
    assert err.getvalue() == f"nwpolicy: {note}\n"
    assert "NWP101" in {one["ruleId"] for one in run["results"]}
