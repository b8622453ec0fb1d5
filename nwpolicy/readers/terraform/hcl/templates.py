"""Strings and heredocs: text, expressions in `${...}`, directives in `%{...}`.

Source: HashiCorp, "HCL Native Syntax Specification", Template Expressions; "Terraform language: Strings and Templates".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from nwpolicy.readers.places import LONE_SURROGATE, Fault, shown
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.tokens import SyntaxFault

if TYPE_CHECKING:
    from nwpolicy.readers.terraform.hcl.parser import Parser

__all__ = ["Templates"]

#: Text up to what ends it: a quote, an expression, a directive. A doubled sign stands for itself.
_QUOTED: Final = re.compile(r'((?:[^"\\$%\r\n]|\\[^\r\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+)("|\$\{~?|%\{~?)?')
_HEREDOC: Final = re.compile(r"((?:[^$%]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+)(\$\{~?|%\{~?)?")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))|\$\$(?=\{)|%%(?=\{)")
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_LAST_CODE_POINT: Final = 0x10FFFF
_MARKER: Final = re.compile(r"<<(-?)([^\s]+)[ \t]*(?:\r\n|\n|\r)")


class Templates:
    """The templates of the text that a parser reads."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._tokens = parser.tokens
        #: Whether the last `}` was written `~}`, which takes the blanks away that follow.
        self._strips = False

    def quoted(self) -> syntax.Literal | syntax.Template:
        start = self._tokens.take().start
        parts = self._parts(start, _QUOTED, len(self._tokens.text))
        return _template(parts, start, self._tokens.position)

    def whole(self) -> syntax.Literal | syntax.Template:
        """The whole text as a template, in which a backslash means nothing."""
        end = len(self._tokens.text)
        return _template(self._parts(0, _HEREDOC, end), 0, end)

    def heredoc(self) -> syntax.Literal | syntax.Template:
        token = self._tokens.take()
        opening = _MARKER.match(token.text)
        assert opening is not None
        text = self._tokens.text
        closing = re.compile(rf"^[ \t]*{re.escape(opening[2])}[ \t]*$(?=\r|\n|\Z)", re.MULTILINE).search(
            text, token.end
        )
        if closing is None:
            message = f"the heredoc does not end, {shown(opening[2])} stands on no line of its own"
            raise SyntaxFault(Fault("unclosed-quotes", message, token.start, token.end))
        parts = self._parts(token.start, _HEREDOC, closing.start())
        self._tokens.seek(closing.end())
        if opening[1]:
            parts = _flushed(parts)
        return _template(parts, token.start, closing.end())

    def _parts(self, start: int, pattern: re.Pattern[str], end: int) -> list[syntax.Part]:
        """The parts of a template up to its end, behind which the text goes on."""
        self._strips = False
        found, _ = self._until(start, pattern, end, ())
        return found

    def _until(
        self, start: int, pattern: re.Pattern[str], end: int, words: tuple[str, ...]
    ) -> tuple[list[syntax.Part], str]:
        """Parts up to one of the directives (which is returned), or to the end if there are none to look for."""
        parts: list[syntax.Part] = []
        while True:
            text, sign = self._text(start, pattern, end)
            parts.append(_trimmed(text, left=self._strips, right=sign.endswith("~")))
            if sign in ("", '"'):
                if words:
                    message = f"the directive is not closed by '%{{ {words[-1]} }}'"
                    raise SyntaxFault(Fault("syntax", message, start, start + 1))
                return [part for part in parts if part != ""], ""
            self._tokens.enter(lines=False)
            if sign.startswith("$"):
                parts.append(self._parser.expression())
                self._close()
                continue
            word = self._tokens.peek().text
            if word in words:
                self._tokens.take()
                self._close()
                return [part for part in parts if part != ""], word
            parts.append(self._directive(start, pattern, end))

    def _directive(self, start: int, pattern: re.Pattern[str], end: int) -> syntax.Choice | syntax.Repetition:
        token = self._tokens.take()
        if token.text == "if":
            condition = self._parser.expression()
            self._close()
            then, word = self._until(start, pattern, end, ("else", "endif"))
            otherwise: list[syntax.Part] = []
            if word == "else":
                otherwise, _ = self._until(start, pattern, end, ("endif",))
            return syntax.Choice(condition, tuple(then), tuple(otherwise))
        if token.text == "for":
            key, value, collection = self._parser.loop()
            self._close()
            parts, _ = self._until(start, pattern, end, ("endfor",))
            return syntax.Repetition(key, value, collection, tuple(parts))
        message = f"expected 'if' or 'for', found {shown(token.text)}"
        raise SyntaxFault(Fault("syntax", message, token.start, max(token.end, token.start + 1)))

    def _close(self) -> None:
        """The end of an expression or directive."""
        self._strips = self._tokens.peek().text == "~}"
        if self._strips:
            self._tokens.take()
        else:
            self._parser.expect("}")
        self._tokens.leave()

    def _text(self, start: int, pattern: re.Pattern[str], end: int) -> tuple[str, str]:
        begin = self._tokens.position
        found = pattern.match(self._tokens.text, begin, end)
        assert found is not None
        if found[2] is None and pattern is _QUOTED:
            message = "the string does not end on its line"
            raise SyntaxFault(Fault("unclosed-quotes", message, start, found.end()))
        self._tokens.seek(found.end())
        return _unescaped(found[1], begin, plain=pattern is _HEREDOC), found[2] or ""


def _trimmed(text: str, *, left: bool, right: bool) -> str:
    """Each line is a text of its own, so that `~` reaches no further than to the beginning or end of its line."""
    lines = _LINES.findall(text)
    if left and lines:
        lines[0] = lines[0].lstrip()
    if right and lines:
        lines[-1] = lines[-1].rstrip()
    return "".join(lines)


def _template(parts: list[syntax.Part], start: int, end: int) -> syntax.Literal | syntax.Template:
    if all(isinstance(part, str) for part in parts):
        return syntax.Literal("".join(str(part) for part in parts), start, end)
    return syntax.Template(tuple(parts), start, end)


def _unescaped(text: str, begin: int, *, plain: bool) -> str:
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


def _flushed(parts: Sequence[syntax.Part]) -> list[syntax.Part]:
    """Without the blanks with which every line begins."""
    least = min(_indents(parts), default=0)
    return list(_Flushed(least).all(parts)) if least else list(parts)


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
