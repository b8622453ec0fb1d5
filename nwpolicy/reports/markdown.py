"""Texts of anybody's making in Markdown: shown as they are, and never taken for markup, links or mentions.

In a code span nothing is looked for: no markup, no mention, no reference to an issue, no link. So all words that are
more than letters or a small number are code.

Source: GitHub Flavored Markdown Spec, Code spans, Tables, Autolinks (extension); GitHub Docs, Autolinked references.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from nwpolicy.reports.screen import clean

__all__ = ["code", "prose"]

#: Of longer texts the middle is left out.
_LONGEST: Final = 240
_PLAIN: Final = re.compile(
    r"\(?(?:[A-Za-z]+|[0-9]{1,5}|[0-9]{1,3}(?:,[0-9]{3})+)(?:'[a-z]+)?\)?[,.;:]?|→|=|≠|×|–", re.ASCII
)
#: A table would take these for the end of a cell, or for an escape of it.
_BACKSLASH: Final = re.compile(r"\\(?=\|)")


def code(text: str) -> str:
    """The text as a code span that may stand in a table."""
    shown = _short(clean(text)).replace("\N{ZERO WIDTH SPACE}", " ")
    if not shown.strip():
        return "` `" if text else ""
    shown = _BACKSLASH.sub("\\\\\N{ZERO WIDTH SPACE}", shown).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, *, whole: bool = False) -> str:
    """A sentence: its words as they are, everything else as code spans. Of a long one the middle is left out, unless
    the `whole` is wanted."""
    words = (clean(text) if whole else _short(clean(text))).split()
    runs = groupby(words, key=lambda word: _PLAIN.fullmatch(word) is not None)
    return " ".join(" ".join(run) if plain else code(" ".join(run)) for plain, run in runs)


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST * 2 // 3]} … {text[-_LONGEST // 4 :]}"
