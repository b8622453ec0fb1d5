"""Bicep text to the terminals of `grammar/bicep.lark`. Imports lark: only to be imported by what parses.

Three things are decided here because no regular expression can: which `}` goes on with a string, which line ends count
(none does between parentheses, beside other brackets, behind `,` and `=>`, before `?`, `:` and `|`), and which words
are keywords (those that the parser can take at this point).

Source: Microsoft Learn, "Bicep file structure and syntax" (multi-line declarations, keywords), "Data types in Bicep"
(strings, multi-line strings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer as LarkLexer
from lark.lexer import PatternStr

from nwpolicy.readers.places import LONE_SURROGATE, MAX_DEPTH, Fault, shown

__all__ = ["Lexer", "LexicalError"]

_COMMENT: Final = r"//[^\r\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/|\#(?:disable|restore)-[^\r\n]*"
_LINE_END: Final = rf"[\r\n](?:[ \t\r\n]|{_COMMENT})*+"
#: The next line goes on with a conditional expression or a union of types, or closes what holds one item a line.
_CONTINUED: Final = re.compile(r"[?:}\]]|\|(?!\|)")
#: What is followed by an item, on the same line or the next.
_BEFORE_ITEM: Final = frozenset({"LBRACE", "LSQUARE", "_COMMA", "_ARROW"})
#: A keyword that is one only before these. For the parser alone, `resource: 1` in an object could be either.
_BEFORE: Final = {
    "NESTED_RESOURCE": re.compile(r"[ \t]+[A-Za-z_]"),
    "RESOURCE_TYPE": re.compile(r"[ \t]*['=]"),
}
_ANYTHING: Final = re.compile("")
#: What a string holds up to its end, or up to an expression in it.
_PIECE: Final = re.compile(r"((?:[^'\\$\r\n]|\\[^\r\n]|\$(?!\{))*+)('|\$\{)?")
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))")
_ESCAPED: Final = {"\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t", "$": "$"}
_CLOSED_BY: Final = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQUARE": "RSQUARE", "SAFE_LSQUARE": "RSQUARE"}
_CLOSING: Final = frozenset(_CLOSED_BY.values())
_LAST_CODE_POINT: Final = 0x10FFFF
_QUOTES: Final = "'''"


class LexicalError(Exception):
    """A stretch of text that is no terminal."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Lexer(LarkLexer):
    """What lark asks for terminals; holds no state between texts."""

    __future_interface__ = 1  # lark passes the state of the parser

    def __init__(self, conf: LexerConf) -> None:
        self.keywords: dict[str, list[str]] = {}
        signs: dict[str, str] = {}
        for terminal in conf.terminals:
            value = terminal.pattern.value
            if not isinstance(terminal.pattern, PatternStr):
                continue
            if value.isalpha():
                self.keywords.setdefault(value, []).append(terminal.name)
            else:
                signs[value] = terminal.name
        self.signs = signs
        operator = next(terminal.pattern.value for terminal in conf.terminals if terminal.name == "OPERATOR")
        longest_first = "|".join(map(re.escape, sorted(signs, key=len, reverse=True)))
        self.terminal = re.compile(
            rf"(?:[ \t]|{_COMMENT})*+(?:(?P<NAME>[A-Za-z_][A-Za-z0-9_]*)|(?P<NL>{_LINE_END})|(?P<INTEGER>[0-9]+)"
            rf"|(?P<MULTILINE>\$*''')|(?P<QUOTE>')|(?P<OPERATOR>{operator})|(?P<SIGN>{longest_first})|(?P<END>\Z))"
        )

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        text = getattr(lexer_state.text, "text", lexer_state.text)
        return _Terminals(self, text, parser_state).all()


class _Terminals:
    """The terminals of one text. `opened` are the brackets around the current place, by what closes them, and where
    they are; a hole of a string among them is told by the number of dollars that begin one there (0: a string on one
    line)."""

    def __init__(self, lexer: Lexer, text: str, parser: Any) -> None:
        self.lexer = lexer
        self.text = text
        self.parser = parser
        self.position = 0
        self.opened: list[tuple[str | int, int]] = []
        self.last = ""

    def all(self) -> Iterator[Token]:
        match = self.lexer.terminal.match
        signs = self.lexer.signs
        while True:
            found = match(self.text, self.position)
            kind = found.lastgroup if found is not None else None
            if found is None or kind is None:
                raise LexicalError(self._unexpected())
            start, self.position = found.span(kind)
            value = found[kind]
            match kind:
                case "NAME":
                    yield self._token(self._word(value), value, start)
                case "SIGN":
                    yield from self._sign(signs[value], value, start)
                case "NL":
                    if self._ends_line():
                        yield self._token("_NL", value, start)
                case "QUOTE":
                    yield self._string(start, "STRING", "STRING_LEFT", 0)
                case "MULTILINE":
                    yield self._string(start, "STRING", "STRING_LEFT", len(value) - len(_QUOTES), multiline=True)
                case "END":
                    self._end()
                    return
                case _:
                    yield self._token(kind, value, start)

    def _end(self) -> None:
        if self.opened:
            start = self.opened[-1][1]
            message = f"{shown(self.text[start])} is not closed"
            raise LexicalError(Fault("unclosed-bracket", message, start, start + 1))

    def _token(self, kind: str, value: str, start: int) -> Token:
        self.last = kind
        return Token(kind, value, start, None, None, None, None, self.position)

    def _word(self, word: str) -> str:
        candidates = self.lexer.keywords.get(word)
        if candidates is None:
            return "NAME"
        accepted = self.parser.parse_conf.states[self.parser.position]
        for name in candidates:
            if name in accepted and _BEFORE.get(name, _ANYTHING).match(self.text, self.position):
                return name
        return "NAME"

    def _sign(self, kind: str, value: str, start: int) -> Iterator[Token]:
        if kind in _CLOSED_BY:
            if len(self.opened) >= MAX_DEPTH:
                raise LexicalError(Fault("too-deep", f"nested more than {MAX_DEPTH} deep", start, start + 1))
            self.opened.append((_CLOSED_BY[kind], start))
        elif kind in _CLOSING:
            around = self.opened[-1][0] if self.opened else None
            if kind == "RBRACE" and isinstance(around, int):
                self.opened.pop()
                yield self._string(start, "STRING_RIGHT", "STRING_MIDDLE", around, multiline=around != 0)
                return
            if around == kind:  # else the parser says what is wrong
                self.opened.pop()
        yield self._token(kind, value, start)

    def _ends_line(self) -> bool:
        around = self.opened[-1][0] if self.opened else None
        if around == "RPAR" or isinstance(around, int) or self.last in _BEFORE_ITEM:
            return False
        return _CONTINUED.match(self.text, self.position) is None

    def _string(self, start: int, whole: str, opening: str, dollars: int, *, multiline: bool = False) -> Token:
        """A string, or a piece of one, from behind its quotes or behind the `}` of its last expression."""
        value, has_hole = self._lines(start, dollars) if multiline else self._piece(start)
        if not has_hole:
            return self._token(whole, value, start)
        if len(self.opened) >= MAX_DEPTH:
            raise LexicalError(Fault("too-deep", f"nested more than {MAX_DEPTH} deep", start, start + 1))
        self.opened.append((dollars, self.position - 1))
        return self._token(opening, value, start)

    def _piece(self, start: int) -> tuple[str, bool]:
        found = _PIECE.match(self.text, self.position)
        assert found is not None
        if found[2] is None:
            raise LexicalError(Fault("unclosed-quotes", "the string does not end on its line", start, found.end()))
        begin = self.position
        self.position = found.end()
        value = found[1]
        if "\\" in value:
            value = _ESCAPE.sub(lambda escape: _unescaped(escape, begin), value)
        return value, found[2] != "'"

    def _lines(self, start: int, dollars: int) -> tuple[str, bool]:
        """Of a multi-line string: nothing is escaped, and the first line end does not belong to it."""
        end = self.text.find(_QUOTES, self.position)
        hole = self.text.find("$" * dollars + "{", self.position) if dollars else -1
        begin = self.position
        if 0 <= hole < end or (hole >= 0 > end):
            self.position = hole + dollars + 1
            value = self.text[begin:hole]
        else:
            if end < 0:
                raise LexicalError(Fault("unclosed-quotes", "the string of several lines does not end", start, begin))
            while self.text.startswith("'", end + len(_QUOTES)):
                end += 1
            self.position = end + len(_QUOTES)
            value = self.text[begin:end]
        if self.text[start] != "}":
            value = re.sub(r"\A(?:\r\n|\r|\n)", "", value)
        return value, 0 <= hole == self.position - dollars - 1

    def _unexpected(self) -> Fault:
        found = re.compile(rf"(?:[ \t]|{_COMMENT})*+").match(self.text, self.position)
        at = found.end() if found is not None else self.position
        if self.text.startswith("/*", at):
            return Fault("unclosed-comment", "the comment does not end", at, at + 2)
        char = self.text[at]
        help = "a string stands in single quotes" if char == '"' else None
        return Fault("syntax", f"unexpected {shown(char)}", at, at + 1, help)


def _unescaped(escape: re.Match[str], begin: int) -> str:
    code, char = escape.groups()
    if code is not None and int(code, 16) <= _LAST_CODE_POINT and not LONE_SURROGATE.match(chr(int(code, 16))):
        return chr(int(code, 16))
    if char in _ESCAPED:
        return _ESCAPED[char]
    start = begin + escape.start()
    message = f"{shown(escape[0])} is no escape of a string"
    help = r"the escapes are \\ \' \n \r \t \$ and \u{...}"
    raise LexicalError(Fault("syntax", message, start, start + len(escape[0]), help))
