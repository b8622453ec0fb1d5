"""Text for people: lines of styled parts, with or without colour.

Names and texts come from files that anybody may have written. Control characters in them are shown instead of sent
to the terminal, and what a build log would take for a command is broken up.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Line", "Style", "Styled", "clean", "clean_lines", "render"]


class Style(Enum):
    """What a part of a line is, as an ANSI colour code."""

    ALLOWED = "32"
    DENIED = "31"
    DOUBTFUL = "33"
    FAINT = "2"
    STRONG = "1"


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a line that stands out."""

    text: str
    style: Style


#: Plain and styled parts, printed one behind the other.
Line: TypeAlias = "tuple[str | Styled, ...]"


def render(lines: Iterable[Line], *, color: bool) -> str:
    """The lines as text, each with its line end."""
    return "".join(_line(line, color) + "\n" for line in lines)


def clean(text: str) -> str:
    """One line of harmless text: control characters escaped, log commands of CI systems (`##vso[`, `::error`)
    broken up.

    Sources: GitHub Docs, Workflow commands for GitHub Actions; Microsoft Learn, Azure Pipelines logging commands.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return text.replace("##vso[", "##\u200bvso[").replace("##[", "##\u200b[")


def clean_lines(lines: Iterable[str]) -> str:
    """Texts as lines, each of them harmless."""
    return "\n".join(_guarded(clean(line)) for line in lines)


def _line(line: Line, color: bool) -> str:
    return _guarded("".join(_part(part, color) for part in line).rstrip())


def _guarded(text: str) -> str:
    """A line that is no command of GitHub Actions."""
    return f"\u200b{text}" if text.lstrip().startswith("::") else text


def _part(part: str | Styled, color: bool) -> str:
    if isinstance(part, str):
        return clean(part)
    text = clean(part.text)
    return f"\x1b[{part.style.value}m{text}\x1b[0m" if color and text else text
