"""What the languages of the converted formats want: names, quoting, layout, and names of which a part is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.opennames import pieces
from nwpolicy.model.source import Document, Span
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.reports.writing.hcl import Block, Expression, block_text, escaped
from nwpolicy.reports.writing.identifiers import Identifiers
from nwpolicy.reports.writing.unknowns import Parameters

SOURCE = Document("test", "", lambda _: Span(1, 1, 1, 1)).root()


def unknown(name: str, kind: UnknownKind = UnknownKind.ADDRESS) -> Unknown:
    return Unknown(name, kind, "nobody knows", SOURCE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web", [("web", False)]),
        ("nsg-{environment}", [("nsg-", False), ("environment", True)]),
        ("{a}{b}-c", [("a", True), ("b", True), ("-c", False)]),
        ("{format('{0}', x)}", [("format('{0}', x)", True)]),
        ("a{b", [("a{b", False)]),
        ("a}b", [("a}b", False)]),
        ("", []),
    ],
)
def test_pieces_of_names(text: str, found: list[tuple[str, bool]]) -> None:
    assert pieces(text) == found


@given(st.text("ab{}", max_size=12))
def test_no_piece_is_lost(text: str) -> None:
    assert "".join(f"{{{piece}}}" if is_open else piece for piece, is_open in pieces(text)) == text


def test_names_become_identifiers_that_differ() -> None:
    names = Identifiers(("location",))
    wanted = ["nsg-web", "nsg web", "Location", "1st", "", "a" * 100]
    assert [names.like(text) for text in wanted] == ["nsg_web", "nsg_web_2", "Location_2", "_1st", "value", "a" * 60]


def test_a_name_is_one_parameter_of_each_type() -> None:
    parameters = Parameters(Identifiers())
    assert parameters.of(unknown("fw.ip")).name == "fw_ip"
    assert parameters.of(unknown("fw.ip", UnknownKind.TEXT)).name == "fw_ip"
    assert parameters.piece("FW.IP").name == "fw_ip"
    assert parameters.of(unknown("fw.ip", UnknownKind.CONDITION)).name == "fw_ip_2"
    assert [(one.name, one.type) for one in parameters] == [("fw_ip", "string"), ("fw_ip_2", "bool")]


def test_terraform_is_laid_out() -> None:
    """HashiCorp, Terraform style guide: the equals signs of neighbouring arguments are aligned."""
    inner = Block("inner", ("a b",), {"list": ["x" * 60, "y" * 60]})
    block = Block("outer", (), {"a": "b", "longer": Expression("var.x"), "many": {"c": 1, "de": True}}, (inner,))
    assert block_text(block) == (
        "outer {\n"
        '  a      = "b"\n'
        "  longer = var.x\n"
        "  many = {\n"
        "    c  = 1\n"
        "    de = true\n"
        "  }\n"
        "\n"
        '  inner "a b" {\n'
        "    list = [\n"
        f'      "{"x" * 60}",\n'
        f'      "{"y" * 60}",\n'
        "    ]\n"
        "  }\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a"b', 'a\\"b'),
        ("${x}", "$${x}"),
        ("%{x}", "%%{x}"),
        ("a\nb\\", "a\\nb\\\\"),
        ("\x1b", "\\u001b"),
        ("##", "#\\u0023"),
    ],
)
def test_terraform_is_quoted(text: str, written: str) -> None:
    assert escaped(text) == written
