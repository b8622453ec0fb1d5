"""The words and signs of HCL, one at a time, as the parser asks for them.

Whether a line end counts depends on the innermost bracket, and what a quote begins is not a word but a template: that
is why the parser leads.

Source: HashiCorp, "HCL Native Syntax Specification", Lexical Elements.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from nwpolicy.readers.places import Fault, shown

__all__ = ["NAME", "Kind", "SyntaxFault", "Token", "Tokens"]

Kind = str

#: Identifiers may have dashes.
NAME: Final = r"[^\W\d][\w-]*"
_COMMENT: Final = r"(?:\#|//)[^\r\n]*|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/"
_SPACE: Final = re.compile(rf"(?:[ \t]|{_COMMENT})*+")
_SPACE_AND_LINES: Final = re.compile(rf"(?:[ \t\r\n]|{_COMMENT})*+")
_TOKEN: Final = re.compile(
    rf"(?P<name>{NAME})|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<line>\r\n|\n|\r)"
    rf'|(?P<heredoc><<-?{NAME}[ \t]*(?:\r\n|\n|\r))|(?P<quote>")'
    r"|(?P<sign>~\}|==|!=|<=|>=|&&|\|\||=>|\.\.\.|::|[-+*/%<>!?:=.,()\[\]{}])|(?P<end>\Z)"
)
_WHOLE: Final = re.compile(r"\d+")
_QUOTES: Final = {"'": "a string stands in double quotes", "`": "a string stands in double quotes"}


class SyntaxFault(Exception):  # noqa: N818 - named as what it carries
    """The text is not HCL from here on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Token(NamedTuple):
    """`kind` is `name`, `number`, `line` (its end), `heredoc`, `quote`, `sign`, or `end` (of the text)."""

    kind: Kind
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of a text from `position` on. `lines` tells for each bracket around it whether line ends count."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._lines = [True]
        self._next: Token | None = None

    def peek(self) -> Token:
        if self._next is None:
            space = _SPACE if self._lines[-1] else _SPACE_AND_LINES
            skipped = space.match(self.text, self.position)
            at = self.position if skipped is None else skipped.end()
            found = _TOKEN.match(self.text, at)
            if found is None or found.lastgroup is None or self.text.startswith("/*", at):
                self._refuse(at)
            self._next = Token(found.lastgroup, found[0], at, found.end())
        return self._next

    def take(self) -> Token:
        token = self.peek()
        self.position = token.end
        self._next = None
        return token

    def whole_number(self) -> Token | None:
        """The digits that come next, where `0.1` is not one number: behind the dot of a reference."""
        found = _WHOLE.match(self.text, self.position)
        if found is None:
            return None
        self.seek(found.end())
        return Token("number", found[0], found.start(), found.end())

    def seek(self, position: int) -> None:
        """Goes on at a place that something else has found."""
        self.position = position
        self._next = None

    def enter(self, *, lines: bool) -> None:
        """Behind an opening bracket."""
        self._lines.append(lines)
        self._next = None

    def leave(self) -> None:
        """Behind the closing bracket, before anything else is looked at."""
        self._lines.pop()
        self._next = None

    def _refuse(self, at: int) -> NoReturn:
        if self.text.startswith("/*", at):
            raise SyntaxFault(Fault("unclosed-comment", "the comment does not end", at, at + 2))
        char = self.text[at]
        raise SyntaxFault(Fault("syntax", f"unexpected {shown(char)}", at, at + 1, _QUOTES.get(char)))
