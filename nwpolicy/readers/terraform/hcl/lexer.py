"""HCL text to the terminals of `grammar/hcl.lark`. Imports lark: only to be imported by what parses.

Three things are decided here because no regular expression can: what is text of a string or heredoc and what an
expression in it, which line ends count (none does in parentheses, brackets, expressions of strings, and loops), and
which words are keywords (those that the parser can take at this point).

Source: HashiCorp, "HCL Native Syntax Specification", Lexical Elements, Template Expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, NoReturn

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer as LarkLexer
from lark.lexer import PatternStr

from nwpolicy.readers.places import Fault, shown
from nwpolicy.readers.terraform.hcl.errors import SyntaxFault
from nwpolicy.readers.terraform.hcl.texts import trimmed, unescaped

__all__ = ["Lexer"]

#: Brackets within one another. Real configurations stay below 30.
_MAX_DEPTH: Final = 60
#: Identifiers may have dashes; those of a function of a provider have colons between them.
_NAME: Final = r"[^\W\d][\w-]*"
_COMMENT: Final = r"(?:\#|//)[^\r\n]*|/\*[^*]*+(?:\*(?!/)[^*]*)*+\*/"
_SPACE: Final = rf"(?:[ \t]|{_COMMENT})*+"
_SPACE_AND_LINES: Final = rf"(?:[ \t\r\n]|{_COMMENT})*+"
#: A loop begins, and not something that is called `for`.
_LOOP: Final = re.compile(rf"{_SPACE_AND_LINES}for(?![\w-]){_SPACE_AND_LINES}{_NAME}")
#: The digits behind the dot of a reference, where `0.1` is not one number.
_WHOLE: Final = re.compile(r"\d+")
#: Text up to what ends it: a quote, an expression, a directive. A doubled sign stands for itself.
_QUOTED: Final = re.compile(r'((?:[^"\\$%\r\n]|\\[^\r\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+)("|\$\{~?|%\{~?)?')
_PLAIN: Final = re.compile(r"((?:[^$%]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*+)(\$\{~?|%\{~?)?")
_CLOSED_BY: Final = {"(": ")", "[": "]", "{": "}"}
_STRING_HELP: Final = {"'": "a string stands in double quotes", "`": "a string stands in double quotes"}


class _Template(NamedTuple):
    """A string or heredoc: where it begins, what its text is made of, where that ends, and where the whole does (None:
    behind its quote)."""

    start: int
    pattern: re.Pattern[str]
    limit: int
    end: int | None = None


class _Bracket(NamedTuple):
    """What closes a bracket, whether line ends count in it, and the template if it is an expression in one."""

    closing: str
    lines: bool = False
    template: _Template | None = None


class Lexer(LarkLexer):
    """What lark asks for terminals; holds no state between texts."""

    __future_interface__ = 1  # lark passes the state of the parser

    def __init__(self, conf: LexerConf) -> None:
        plain = {one.pattern.value: one.name for one in conf.terminals if isinstance(one.pattern, PatternStr)}
        self.keywords = {value: name for value, name in plain.items() if value.isalpha()}
        self.signs = {value: name for value, name in plain.items() if not value.isalpha()}
        operator = next(one.pattern.value for one in conf.terminals if one.name == "OPERATOR")
        signs = "|".join(map(re.escape, sorted(self.signs, key=len, reverse=True)))
        self.terminal = re.compile(
            rf"{_SPACE}(?:(?P<NAME>{_NAME}(?:::{_NAME})*)|(?P<NUMBER>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
            rf"|(?P<NL>[\r\n]{_SPACE_AND_LINES})|(?P<HEREDOC><<-?(?P<MARKER>{_NAME})[ \t]*(?:\r\n|\n|\r))"
            rf'|(?P<QUOTE>")|(?P<OPERATOR>{operator})|(?P<SIGN>~\}}|{signs})|(?P<END>\Z))'
        )

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        text = getattr(lexer_state.text, "text", lexer_state.text)
        terminals = _Terminals(self, text, parser_state)
        if parser_state.parse_conf.start == "template":
            yield from terminals.template(_Template(0, _PLAIN, len(text)))
        yield from terminals.all()


class _Terminals:
    """The terminals of one text. `opened` are the brackets around the current place."""

    def __init__(self, lexer: Lexer, text: str, parser: Any) -> None:
        self.lexer = lexer
        self.text = text
        self.parser = parser
        self.position = 0
        self.opened: list[_Bracket] = []

    def all(self) -> Iterator[Token]:
        match = self.lexer.terminal.match
        while True:
            found = match(self.text, self.position)
            kind = found.lastgroup if found is not None else None
            if found is None or kind is None:
                self._refuse()
            start, self.position = found.span(kind)
            match kind:
                case "NAME":
                    yield self._token(self._word(found[kind]), found[kind], start)
                case "SIGN":
                    yield from self._sign(found[kind], start)
                case "NL":
                    if not self.opened or self.opened[-1].lines:
                        yield self._token("_NL", found[kind], start)
                case "QUOTE":
                    yield self._token("TEXT_START", '"', start)
                    yield from self.template(_Template(start, _QUOTED, len(self.text)))
                case "HEREDOC":
                    yield self._token("TEXT_START", found[kind], start)
                    yield from self.template(self._heredoc(found, start))
                case "END":
                    return
                case _:
                    yield self._token(kind, found[kind], start)

    def _token(self, kind: str, value: str, start: int) -> Token:
        return Token(kind, value, start, None, None, None, None, self.position)

    def _word(self, word: str) -> str:
        keyword = self.lexer.keywords.get(word)
        accepted = self.parser.parse_conf.states[self.parser.position]
        if keyword is None or keyword not in accepted:
            return "NAME"
        is_name = keyword == "_FOR" and "NAME" in accepted and not _LOOP.match(self.text, self.position - len(word))
        return "NAME" if is_name else keyword

    def _sign(self, sign: str, start: int) -> Iterator[Token]:
        around = self.opened[-1] if self.opened else None
        if sign in _CLOSED_BY:
            lines = sign == "{" and _LOOP.match(self.text, self.position) is None
            self._open(_Bracket(_CLOSED_BY[sign], lines), start)
        elif around is not None and sign[-1] == around.closing and (sign != "~}" or around.template is not None):
            self.opened.pop()
            if around.template is not None:
                yield self._token("_HOLE_END", sign, start)
                yield from self.template(around.template, strips=sign == "~}")
                return
        yield self._token(self.lexer.signs.get(sign, "_HOLE_END"), sign, start)
        if sign == "." and (number := _WHOLE.match(self.text, self.position)) is not None:
            self.position = number.end()
            yield self._token("WHOLE", number[0], number.start())

    def _open(self, bracket: _Bracket, start: int) -> None:
        if len(self.opened) >= _MAX_DEPTH:
            raise SyntaxFault(Fault("too-deep", f"nested more than {_MAX_DEPTH} deep", start, start + 1))
        self.opened.append(bracket)

    def _heredoc(self, found: re.Match[str], start: int) -> _Template:
        marker = re.escape(found["MARKER"])
        end = re.compile(rf"^[ \t]*{marker}[ \t]*$(?=\r|\n|\Z)", re.MULTILINE).search(self.text, self.position)
        if end is None:
            message = f"the heredoc does not end, {shown(found['MARKER'])} stands on no line of its own"
            raise SyntaxFault(Fault("unclosed-quotes", message, start, self.position))
        return _Template(start, _PLAIN, end.start(), end.end())

    def template(self, template: _Template, *, strips: bool = False) -> Iterator[Token]:
        """Text up to the next expression or directive, or to the end. `strips`: the last expression ended with `~}`."""
        begin = self.position
        found = template.pattern.match(self.text, begin, template.limit)
        assert found is not None
        sign = found[2] or ""
        if not sign and template.pattern is _QUOTED:
            message = "the string does not end on its line"
            raise SyntaxFault(Fault("unclosed-quotes", message, template.start, found.end()))
        self.position = found.end()
        text = unescaped(found[1], begin, plain=template.pattern is _PLAIN)
        text = trimmed(text, left=strips, right=sign.endswith("~"))
        if text:
            yield self._token("TEXT", text, begin)
        at = self.position - len(sign)
        if sign in ("", '"'):
            self.position = self.position if template.end is None else template.end
            yield self._token("TEXT_END", sign, at)
        else:
            self._open(_Bracket("}", template=template), at)
            yield self._token("_HOLE" if sign.startswith("$") else "_DIRECTIVE", sign, at)

    def _refuse(self) -> NoReturn:
        space = re.compile(_SPACE).match(self.text, self.position)
        at = self.position if space is None else space.end()
        if self.text.startswith("/*", at):
            raise SyntaxFault(Fault("unclosed-comment", "the comment does not end", at, at + 2))
        char = self.text[at]
        raise SyntaxFault(Fault("syntax", f"unexpected {shown(char)}", at, at + 1, _STRING_HELP.get(char)))
