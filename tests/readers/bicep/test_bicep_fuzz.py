"""Whatever stands in a Bicep file: definitions or a diagnostic, and no end without one."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document
from nwpolicy.readers import jsontext
from nwpolicy.readers.bicep import Compiler

DATA = Path(__file__).parents[2] / "data" / "bicep"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(DATA.rglob("*.bicep"))]
PIECES = ["'", "${", "}", "{", "[", "]", "(", ")", "\n", "'''", "?", ":", "=", "=>", "!", "::", "/*", "//", "resource "]
PIECES += ["for ", "if (", "module ", "$'''", "@", "|", "\\u{", "x", "9", "... existing ", "\0", "\N{LOCK}", "#"]


def read(text: str, name: str = "main.bicep") -> Fragment:
    """Definitions, from a disk on which every path leads to the same text."""

    def beside(_: Document, path: str) -> tuple[str, str]:
        return path, text if len(path) < 40 else ""

    try:
        return Compiler(beside, jsontext.parse).read(name, text)
    except InputError as error:
        return Fragment(diagnostics=error.diagnostics)


def is_well_formed(found: Diagnostic) -> bool:
    return found.location.span.line >= 1 and found.location.span.column >= 1 and bool(found.message)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A file with stretches left out, doubled, or with something put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *PIECES]))
        text = text[:start] + middle + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(broken())
@example("module m 'main.bicep' = {\n  name: 'm'\n}")
@example("import * as x from 'main.bicep'\nvar y = x.y\nresource r 'Microsoft.Network/routeTables@1' = {\n  name: y\n}")
@example("import { t as u } from 'main.bicep'\n@export()\ntype t = u\nparam p t\n")
@example("type a = b\ntype b = a?\nparam p a = 1\n")
@example("resource r 'a' = {\n  parent: r\n  name: r.name\n}")
@example("resource r 'Microsoft.Network/routeTables@1' = {\n  parent: r\n  name: 'x'\n}")
@example("resource r 'Microsoft.Network/routeTables@1' = {\n  scope: r\n  name: r.name\n}")
@example("var v = v.id\nresource r 'Microsoft.Network/routeTables@1' = [for x in r: {\n  name: x.name\n}]")
def test_broken_files(text: str) -> None:
    for name in ("main.bicep", "main.bicepparam"):
        assert all(map(is_well_formed, read(text, name).diagnostics))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "var x = ", "param p string", "a", "1", " "]), max_size=30).map("".join))
def test_heaps_of_terminals(text: str) -> None:
    assert all(map(is_well_formed, read(text).diagnostics))


def test_deep_nesting_is_bounded() -> None:
    for text in ("var x = " + "[" * 10_000, "var x = " + "!" * 10_000, "var x = " + "(" * 150 + "1" + ")" * 150):
        assert all(map(is_well_formed, read(text).diagnostics))
    chain = "true ? 1 : " * 5_000
    rule = f"resource r 'Microsoft.Network/routeTables@1' = {{\n  name: {chain}2\n}}"
    assert "nested" in read(rule).diagnostics[0].message
