"""The text of strings and heredocs: escapes, `~`, and the blanks with which the lines of `<<-` begin.

Source: HashiCorp, "HCL Native Syntax Specification", Template Expressions; "Terraform language: Strings and Templates".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from nwpolicy.readers.places import LONE_SURROGATE, Fault, shown
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.errors import SyntaxFault

__all__ = ["flushed", "trimmed", "unescaped"]

_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))|\$\$(?=\{)|%%(?=\{)")
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_LAST_CODE_POINT: Final = 0x10FFFF


def trimmed(text: str, *, left: bool, right: bool) -> str:
    """Each line is a text of its own, so that `~` reaches no further than to the beginning or end of its line."""
    if not (left or right):
        return text
    lines = _LINES.findall(text)
    if left and lines:
        lines[0] = lines[0].lstrip()
    if right and lines:
        lines[-1] = lines[-1].rstrip()
    return "".join(lines)


def unescaped(text: str, begin: int, *, plain: bool) -> str:
    """In heredocs a backslash means nothing."""
    if not ("\\" in text or "$$" in text or "%%" in text):
        return text

    def replaced(match: re.Match[str]) -> str:
        if match[0] in ("$$", "%%"):
            return match[0][0]
        return match[0] if plain else _character(match, begin)

    return _ESCAPE.sub(replaced, text)


def _character(match: re.Match[str], begin: int) -> str:
    code = match[1] or match[2]
    if code is not None and int(code, 16) <= _LAST_CODE_POINT and not LONE_SURROGATE.match(chr(int(code, 16))):
        return chr(int(code, 16))
    if match[3] in _ESCAPED:
        return _ESCAPED[match[3]]
    at = begin + match.start()
    help = r"the escapes are \n \r \t \" \\ \uNNNN and \UNNNNNNNN"
    raise SyntaxFault(Fault("syntax", f"{shown(match[0])} is no escape of a string", at, begin + match.end(), help))


def flushed(parts: tuple[syntax.Part, ...]) -> tuple[syntax.Part, ...]:
    """Without the blanks with which every line begins."""
    least = min(_indents(parts), default=0)
    return tuple(_Flushed(least).all(parts)) if least else parts


def _indents(parts: Iterable[syntax.Part]) -> Iterator[int]:
    """With how many blanks each line begins."""
    begins = True
    for token in _tokens(parts):
        if token is None:
            if begins:
                yield 0
            begins = False
            continue
        for number, line in enumerate(_LINES.findall(token)):
            if begins or number:
                yield len(line) - len(line.lstrip(" \t"))
        begins = token.endswith("\n")


def _tokens(parts: Iterable[syntax.Part]) -> Iterator[str | None]:
    """The texts in order, with None for what stands between them."""
    for part in parts:
        if isinstance(part, str):
            yield part
            continue
        yield None
        if isinstance(part, syntax.Choice):
            yield from _tokens(part.then)
            if part.otherwise:
                yield None
                yield from _tokens(part.otherwise)
            yield None
        elif isinstance(part, syntax.Repetition):
            yield from _tokens(part.parts)
            yield None


class _Flushed:
    """Takes so many blanks from the beginnings of lines, wherever these are."""

    def __init__(self, least: int) -> None:
        self._blanks = re.compile(rf"(?m)^[ \t]{{{least}}}")
        self._inner = re.compile(rf"(?<=\n)[ \t]{{{least}}}")
        self._begins = True

    def all(self, parts: Iterable[syntax.Part]) -> Iterator[syntax.Part]:
        for part in parts:
            if isinstance(part, str):
                yield (self._blanks if self._begins else self._inner).sub("", part)
                self._begins = part.endswith("\n")
            else:
                self._begins = False
                yield self._directive(part)
                self._begins = False

    def _directive(self, part: syntax.Expression | syntax.Choice | syntax.Repetition) -> syntax.Part:
        if isinstance(part, syntax.Choice):
            then = tuple(self.all(part.then))
            self._begins = False
            return syntax.Choice(part.condition, then, tuple(self.all(part.otherwise)))
        if isinstance(part, syntax.Repetition):
            return syntax.Repetition(part.key, part.value, part.collection, tuple(self.all(part.parts)))
        return part
