"""The forms of an enumeration, as far as the kept answers of tests/functional do not show them."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as ET

import nwpolicy
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.cubes import Enumeration, Listing
from nwpolicy.reports.csvform import csv_rows
from nwpolicy.reports.cubes_json import json_pieces
from nwpolicy.reports.cubes_svg import svg_text
from nwpolicy.reports.screen import render
from nwpolicy.reports.table import enumeration_head, enumeration_lines
from tests.builders import ALLOW, DENY, nsg, rule, snapshot, unknown

NEVER = snapshot(nsg("n", rule("no", 100, DENY)))


def scattered(count: int, name: str = "some") -> Snapshot:
    """A group that lets in as many prefixes that do not touch."""
    sources = [f"11.{n * 2}.0.0/16" for n in range(count)]
    return snapshot(nsg("n", rule(name, 100, ALLOW, sources, "*", "80", protocol="Tcp"), rule("no", 200, DENY)))


def ask(estate: Snapshot, *, select: str | None = "Allow", by_rule: bool = True) -> Enumeration:
    return nwpolicy.enumerate(
        estate, nsg="n", direction="Inbound", protocol="tcp", local="10.0.0.4", select=select, by_rule=by_rule
    )


def text(answer: Enumeration, limit: int | None = None) -> list[str]:
    return render(enumeration_lines(answer, limit), color=False).splitlines()


def test_a_long_set_is_cut_in_the_table_and_whole_elsewhere() -> None:
    answer = ask(scattered(30))
    (row,) = [line for line in text(answer) if line.startswith("  tcp ")]
    assert "11.0.0.0/16, 11.2.0.0/16, 11.4.0.0/16, 11.6.0.0/16 and 26 more" in row
    (cube,) = json.loads("".join(json_pieces(answer)))["cubes"]
    assert len(cube["source"]) == 30
    (cells,) = csv.DictReader(io.StringIO("".join(csv_rows(Listing(answer)))))
    assert cells["source"].count("/16") == 30


def test_five_parts_are_all_shown() -> None:
    assert any("11.8.0.0/16  " in line for line in text(ask(scattered(5))))


def test_columns_line_up() -> None:
    rows = [line for line in text(ask(scattered(3), select=None)) if "→" in line][1:]
    assert len({line.index("→") for line in rows if line.startswith("  tcp")}) <= 2  # one table a rule


def test_the_head_tells_verdict_flows_and_place() -> None:
    assert render([enumeration_head(ask(NEVER))], color=False) == "DENIED  tcp * → 10.0.0.4   inbound at n\n"


def test_an_empty_list_says_that_there_is_nothing() -> None:
    answer = ask(NEVER)
    assert "0 sets of flows, disjoint; together they are all asked flows that are allowed or may be" in text(answer)
    assert json.loads("".join(json_pieces(answer)))["cubes"] == []
    assert len(list(csv_rows(Listing(answer)))) == 1
    assert "nothing of this is open" in svg_text(answer)


def test_csv_names_rule_place_and_unknowns() -> None:
    open_prefix = unknown("adminCidr", UnknownKind.ADDRESS)
    estate = snapshot(
        nsg("n", rule("=admin", 100, ALLOW, open_prefix, "*", "22", protocol="Tcp"), rule("no", 200, DENY))
    )
    rows = list(csv.DictReader(io.StringIO("".join(csv_rows(Listing(ask(estate, select=None)))))))
    assert {(row["access"], row["rule"], row["depends_on"]) for row in rows} == {
        ("Deny", "no", ""),
        ("Depends", "", "adminCidr"),
    }


def test_csv_cells_are_no_formulas() -> None:
    (row,) = csv.DictReader(io.StringIO("".join(csv_rows(Listing(ask(scattered(1, "=1+1")))))))
    assert row["rule"] == "'=1+1"


def test_lines_of_csv_end_as_the_standard_says() -> None:
    """Source: RFC 4180, section 2."""
    assert all(row.endswith("\r\n") for row in csv_rows(Listing(ask(scattered(2)))))


def test_the_picture_escapes_names_and_has_a_title_for_each_cell() -> None:
    root = ET.fromstring(svg_text(ask(scattered(1, "<b>&amp;"))))
    space = "{http://www.w3.org/2000/svg}"
    cells = [group for group in root.iter(f"{space}g") if group.find(f"{space}rect") is not None]
    titles = [group.findtext(f"{space}title") for group in cells]
    assert "11.0.0.0/16 (Internet), 80 http: open; by <b>&amp; (100)" in titles
    assert all(titles)


def test_the_picture_is_the_same_each_time() -> None:
    assert svg_text(ask(scattered(3))) == svg_text(ask(scattered(3)))


def test_json_comes_in_pieces_of_one_set() -> None:
    pieces = list(json_pieces(ask(scattered(2), select=None, by_rule=False)))
    assert [piece.count('"access"') for piece in pieces[1:-1]] == [1] * (len(pieces) - 2)
