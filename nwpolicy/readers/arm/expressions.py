"""Template expressions: the text between `[` and `]` of a string of an ARM template, as a tree.

Written by hand rather than with a grammar because it runs at start-up: importing a parser generator costs more time
than reading a template. Nothing is evaluated here, and nothing is known of functions or of templates.

Source: Microsoft Learn, "Syntax and expressions in ARM templates".
"""

from __future__ import annotations

from typing import Final, TypeAlias

from nwpolicy.model.records import dataclass

__all__ = [
    "MAX_NESTING",
    "Access",
    "Call",
    "Expression",
    "Number",
    "Step",
    "SyntaxFault",
    "Text",
    "expression_text",
    "literal_text",
    "parse",
]

#: Calls and indexes within one another. What Bicep writes stays below 30; the limit keeps every recursion safe.
MAX_NESTING: Final = 60

_BLANK: Final = " \t\r\n"
_DIGITS: Final = frozenset("0123456789")
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Text:
    """`'...'`. `start` and `end` are offsets into the text that was parsed, as everywhere here."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number; the language has no others."""

    value: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(...)`, or `namespace.name(...)` for a function of the template's author."""

    name: str
    arguments: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """`.name`, `.?name`, `[key]` or `[?key]`. A safe step gives null where there is no such member."""

    key: str | Expression
    safe: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Access:
    """What a value holds, along one or more steps."""

    target: Expression
    steps: tuple[Step, ...]
    start: int
    end: int


Expression: TypeAlias = "Text | Number | Call | Access"


class SyntaxFault(Exception):  # noqa: N818 - one of many in a file, collected and not thrown at the user
    """A text that is no expression: why, and at which offsets."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


def expression_text(text: str) -> bool:
    """Whether a string of a template is an expression."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def literal_text(text: str) -> str:
    """What a string that is no expression stands for: `[[` escapes `[`."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


def parse(text: str) -> Expression:
    """The tree of an expression, brackets included. Raises SyntaxFault."""
    parser = _Parser(text)
    parser.position = 1
    tree = parser.expression(0)
    parser.blank()
    if parser.position != len(text) - 1:
        parser.fail("the end of the expression is expected")
    return tree


class _Parser:
    """Recursive descent; `position` is the offset of the next character. The last character is the closing bracket."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text) - 1
        self.position = 0

    def expression(self, depth: int) -> Expression:
        if depth > MAX_NESTING:
            self.fail(f"calls are nested more than {MAX_NESTING} deep")
        target = self._primary(depth)
        steps: list[Step] = []
        while step := self._step(depth):
            steps.append(step)
        return Access(target, tuple(steps), target.start, steps[-1].end) if steps else target

    def blank(self) -> None:
        while self.position < self.end and self.text[self.position] in _BLANK:
            self.position += 1

    def fail(self, expectation: str) -> None:
        """Raises SyntaxFault, with what stands here in place of what is wanted."""
        if self.position >= self.end:
            raise SyntaxFault(f"{expectation}, but the expression ends here", self.end, self.end + 1)
        here = self.text[self.position : self.end].split(maxsplit=1)[0]
        shown = here if len(here) <= _SHOWN else f"{here[:_SHOWN]}..."
        raise SyntaxFault(f"{expectation}, not '{shown}'", self.position, self.position + 1)

    def _primary(self, depth: int) -> Expression:
        self.blank()
        here = self._peek()
        if here == "'":
            return self._text()
        if here in _DIGITS or here in {"-", "+"}:
            return self._number()
        if not _is_name_start(here):
            self.fail("a function, a text in single quotes or a number is expected")
        return self._call(depth)

    def _text(self) -> Text:
        start = self.position
        pieces: list[str] = []
        while True:
            close = self.text.find("'", self.position + 1, self.end)
            if close < 0:
                raise SyntaxFault("the text has no closing quote", start, self.end)
            pieces.append(self.text[self.position + 1 : close])
            self.position = close + 1
            if self._peek() != "'":
                return Text("'".join(pieces), start, self.position)

    def _number(self) -> Number:
        start = self.position
        self.position += 1
        while self._peek() in _DIGITS:
            self.position += 1
        digits = self.text[start : self.position]
        if digits in {"-", "+"} or len(digits) > _SHOWN:
            raise SyntaxFault("a whole number of up to 64 bits is expected", start, self.position)
        return Number(int(digits), start, self.position)

    def _call(self, depth: int) -> Call:
        start = self.position
        name = self._name()
        self.blank()
        if self._peek() == ".":
            self.position += 1
            name = f"{name}.{self._name()}"
            self.blank()
        if self._peek() != "(":
            self.position = start if self.position >= self.end else self.position
            self.fail(f"'(' is expected after the function name {name}")
        self.position += 1
        return Call(name, self._arguments(depth), start, self.position)

    def _arguments(self, depth: int) -> tuple[Expression, ...]:
        self.blank()
        if self._peek() == ")":
            self.position += 1
            return ()
        arguments = [self.expression(depth + 1)]
        while True:
            self.blank()
            here = self._peek()
            if here not in {",", ")"}:
                self.fail("',' or ')' is expected")
            self.position += 1
            if here == ")":
                return tuple(arguments)
            arguments.append(self.expression(depth + 1))

    def _step(self, depth: int) -> Step | None:
        self.blank()
        start = self.position
        opening = self._peek()
        if opening not in {".", "["}:
            return None
        self.position += 1
        safe = self._peek() == "?"
        self.position += safe
        if opening == ".":
            return Step(self._name(), safe, start, self.position)
        key = self.expression(depth + 1)
        self.blank()
        if self._peek() != "]":
            self.fail("']' is expected")
        self.position += 1
        return Step(key, safe, start, self.position)

    def _name(self) -> str:
        self.blank()
        start = self.position
        if not _is_name_start(self._peek()):
            self.fail("a name is expected")
        while _is_name_part(self._peek()):
            self.position += 1
        return self.text[start : self.position]

    def _peek(self) -> str:
        return self.text[self.position] if self.position < self.end else ""


def _is_name_start(char: str) -> bool:
    return char.isalpha() or char in {"_", "$"}


def _is_name_part(char: str) -> bool:
    return char.isalnum() or char in {"_", "$"}
