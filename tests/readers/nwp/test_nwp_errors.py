"""What is said of mistakes, word for word: each `errors/NAME.nwp` has its diagnostics in `errors/NAME.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.readers.nwp import format_text, read

ERRORS = Path(__file__).parent / "errors"


def shown(diagnostic: Diagnostic) -> Iterator[str]:
    span = diagnostic.location.span
    excerpt = diagnostic.excerpt or ""
    place = f"{diagnostic.location}-{span.end_line}:{span.end_column}"
    yield f"{place} {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}\n"
    yield f"  | {excerpt if excerpt.isprintable() else repr(excerpt)}\n"
    yield f"  | {' ' * (span.column - 1)}{'^' * max(1, span.end_column - span.column)}\n"
    if diagnostic.help:
        yield f"  help: {diagnostic.help}\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in ERRORS.glob("*.nwp")))
def test_diagnostics_of_a_mistake(name: str) -> None:
    text = (ERRORS / f"{name}.nwp").read_bytes().decode()
    found = read(f"{name}.nwp", text).diagnostics
    lines = [line for diagnostic in found for line in shown(diagnostic)]
    assert "".join(lines) == (ERRORS / f"{name}.txt").read_text(encoding="utf-8")


def test_every_mistake_of_meaning_is_found_in_one_run() -> None:
    found = read("a.nwp", (ERRORS / "bad-values.nwp").read_text(encoding="utf-8")).diagnostics
    assert [diagnostic.location.span.line for diagnostic in found] == [3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 6, 7, 8]


def test_a_value_that_cannot_be_read_does_not_take_the_rule_with_it() -> None:
    resources = read("a.nwp", "nsg a { inbound { 100 x allow tcp from 10.0.0.0/33 to * port 1 } }").resources
    assert len(resources[0].security_rules) == 1  # type: ignore[attr-defined]


def test_a_missing_definition_is_not_blamed_where_its_line_could_not_be_read() -> None:
    text = "let admins 10.0.0.0/8\nvnet hub { address $admins }\n"
    assert [found.code for found in read("a.nwp", text).diagnostics] == ["syntax"]


def test_no_more_than_500_diagnostics_and_one_that_tells_how_many_are_left() -> None:
    found = read("a.nwp", "foo bar\n" * 600).diagnostics
    assert len(found) == 501
    assert found[-1].message == "100 further diagnostics are not shown"


def test_only_what_can_be_read_is_laid_out() -> None:
    with pytest.raises(InputError) as caught:
        format_text("a.nwp", "nsg a {\n")
    assert str(caught.value) == "a.nwp:1:1: 'nsg a' is not closed with '}'"
