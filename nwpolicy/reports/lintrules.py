"""The rules of the linter as text: a list, one of them in full, and the page of the documentation.

All of it is the text of the catalogue; nothing here says anything of its own about a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from nwpolicy.queries.lint.entry import GROUPS, Entry
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = ["example_language", "explain_lines", "markdown", "paragraphs", "rule_lines"]

_WIDTH = 100


def rule_lines(entries: Iterable[Entry]) -> Iterator[Line]:
    """One line for each rule, under what it is about."""
    group = ""
    for entry in entries:
        if entry.group != group:
            yield from [()] if group else []
            group = entry.group
            yield (Styled(group, Style.STRONG),)
        asked = " (if selected)" if entry.optional else ""
        mended = " (--fix)" if entry.mended else ""
        yield (f"  {entry.id}  {entry.severity.value:<8} {entry.name:<36} {entry.summary}{asked}{mended}",)


def explain_lines(entry: Entry) -> Iterator[Line]:
    """All that is said of one rule."""
    yield (Styled(f"{entry.id} {entry.name}", Style.STRONG), f"  ({_severity(entry)})")
    yield (entry.summary,)
    for paragraph in paragraphs(entry):
        yield ()
        for line in wrap(paragraph, _WIDTH):
            yield (line,)
    for title, text in (("Not like this:", entry.bad), ("But like this:", entry.good)):
        yield ()
        yield (title,)
        for line in _shown(text):
            yield (f"  {line}".rstrip(),)
    yield ()
    yield (f"Source: {entry.reference}",)
    yield (f"Suppress one finding with a comment: nwpolicy: ignore[{entry.id}] reason",)


def paragraphs(entry: Entry) -> Iterator[str]:
    """What is said of a rule in sentences."""
    yield entry.rationale
    if entry.mended:
        yield f"With `--fix` {entry.mended}."
    if entry.unmended:
        yield f"`--fix` leaves it alone: {entry.unmended}."


def _severity(entry: Entry) -> str:
    return f"{entry.severity.value}, if selected" if entry.optional else entry.severity.value


def example_language(text: str) -> str:
    """In which language an example is written."""
    return "yaml" if text.startswith("nwpolicy:") else "json" if text.startswith("{") else "nwp"


#: More lines of an example than these are left out where people read.
_MOST_LINES = 48


def _shown(text: str) -> list[str]:
    lines = text.splitlines()
    if len(lines) <= _MOST_LINES:
        return lines
    left_out = len(lines) - _MOST_LINES // 2
    return [*lines[: _MOST_LINES // 4], f"    # ... {left_out} more lines", *lines[-_MOST_LINES // 4 :]]


def markdown(entries: Iterable[Entry]) -> str:
    """The page of the documentation."""
    every = tuple(entries)
    return "\n".join((*_table(every), *(line for entry in every for line in _section(entry)))).rstrip() + "\n"


def _table(entries: tuple[Entry, ...]) -> Iterator[str]:
    yield "# Rules of the linter"
    yield ""
    yield "`nwpolicy explain` prints the same. How to use the linter is in [lint.md](lint.md); this page is made by"
    yield "`nwpolicy rules --output markdown`."
    for number, title in GROUPS.items():
        mine = [entry for entry in entries if entry.id[3] == number]
        yield ""
        yield f"## {title[0].upper()}{title[1:]}"
        yield ""
        yield "| id | name | severity | finds | `--fix` |"
        yield "| --- | --- | --- | --- | --- |"
        for entry in mine:
            cells = f"`{entry.name}`", _severity(entry), entry.summary, "yes" if entry.mended else ""
            yield f"| [{entry.id}](#{_anchor(entry)}) | {' | '.join(cells)} |"


def _anchor(entry: Entry) -> str:
    return f"{entry.id}-{entry.name}".lower()


def _section(entry: Entry) -> Iterator[str]:
    yield ""
    yield f"## {entry.id} {entry.name}"
    yield ""
    yield f"*{_severity(entry)}*: {entry.summary}."
    for paragraph in paragraphs(entry):
        yield ""
        yield from wrap(paragraph, 118)
    for title, text in (("Not like this:", entry.bad), ("But like this:", entry.good)):
        yield ""
        yield title
        yield ""
        yield f"```{example_language(text)}"
        yield from _shown(text)
        yield "```"
    yield ""
    yield f"Source: {entry.reference}"
