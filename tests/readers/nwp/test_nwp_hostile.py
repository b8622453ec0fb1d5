"""Texts that nobody writes: an answer, and in time that grows no faster than the text."""

from __future__ import annotations

import pytest

from nwpolicy.readers.nwp import read

SIZE = 200_000
NINES = "9" * 9999
RULE = "\n100 a deny * from * to *"
HOSTILE = {
    "nested and not closed": ("nsg a {" * 10_000, "unclosed-brace"),
    "nested": ("nsg a {" * 10_000 + "}" * 10_000, "unknown-setting"),
    "nested blocks of rules": ("inbound {\n" * 10_000 + "}\n" * 10_000, "misplaced"),
    "one long line of words": ("a " * SIZE, "syntax"),
    "one long list": ("vnet a { address " + "x-y," * 20_000 + "x }", "bad-prefix"),
    "one long word": ("a" * SIZE, "unknown-definition"),
    "control characters": ("\0" * SIZE, "syntax"),
    "control characters in lines": ("\0\n" * SIZE, "syntax"),
    "quotes": ('"' * SIZE, "syntax"),
    "quotes in lines": ('"\n' * SIZE, "unclosed-quotes"),
    "backslashes": ('"' + "\\" * SIZE, "unclosed-quotes"),
    "lines before a clause": ("\n " * SIZE + "from", "syntax"),
    "an error, then lines before a clause": ("a b c" + "\n" * SIZE + "from x", "syntax"),
    "bad lines": ("a b c\n" * 20_000, "syntax"),
    "opening braces": ("{" * SIZE, "syntax"),
    "closing braces": ("}" * SIZE, "unmatched-brace"),
    "half a character": ("asg \ud800", "syntax"),
    "long numbers": (
        "nsg a { inbound { " + "9" * 9999 + " a deny * from * to * port " + "9" * 9999 + " } }",
        "bad-priority",
    ),
    "variables that double": (
        "".join(f"let a{i} = $a{i + 1}, $a{i + 1}\n" for i in range(60)) + "vnet v { address $a0 }",
        "undefined-variable",
    ),
    "a long chain of variables": (
        "".join(f"let a{i} = $a{i + 1}\n" for i in range(3_000)) + "vnet v { address $a0 }",
        "undefined-variable",
    ),
    "one rule many times": (
        "nsg a { inbound {\n" + "100 a deny * from * to *\n" * 3_000 + "} }",
        "too-many-errors",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_answered(name: str) -> None:
    text, code = HOSTILE[name]
    assert code in {found.code for found in read("a.nwp", text).diagnostics}


def test_errors_far_behind_in_a_long_text_are_not_all_looked_for() -> None:
    sound, wrong = "nsg a {}\n", "foo bar baz\n"
    near, far = (faults_of(sound * before + wrong * 30) for before in (1, 30_000))
    assert len(near) == 20
    assert 1 <= len(far) < 3
    assert far[0] == near[0] + 29_999


def faults_of(text: str) -> list[int]:
    """The lines with errors."""
    return [found.location.span.line for found in read("a.nwp", text).diagnostics]
