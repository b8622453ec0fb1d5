"""Text to statements with the grammar `nwp.lark`. Lark is imported on first use."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from nwpolicy.readers.grammars import load_parser
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.errors import explain
from nwpolicy.readers.places import MAX_FAULTS, Fault

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["lark", "parse"]

_NOT_LINE_END: Final = re.compile(r"[^\r\n]")
#: So many characters are read once more, in all, to find further errors: a second's work.
_READ_AGAIN: Final = 200_000


def parse(text: str) -> tuple[list[syntax.Statement], list[Fault]]:
    """The statements of a text, and its syntax errors: with any of these, the statements are not to be relied on.

    After an error in a line without a brace the text is read once more without that line, to find the next error; not
    all errors far behind in a long text are looked for.
    """
    from lark import UnexpectedInput

    faults: list[Fault] = []
    remaining, again = text, 0
    while len(faults) < MAX_FAULTS and again <= _READ_AGAIN:
        try:
            return cast("list[syntax.Statement]", lark().parse(remaining)), faults
        except UnexpectedInput as error:
            fault, (start, end) = explain(remaining, error, lark())
        faults.append(fault)
        again += end
        line = remaining[start:end]
        if "{" in line or "}" in line or not line.strip():
            break
        remaining = remaining[:start] + _NOT_LINE_END.sub(" ", line) + remaining[end:]
    return [], faults


@cache
def lark() -> Lark:
    """The parser; it is built once, and holds no state between texts."""
    return load_parser("nwp", lexer="basic", transformer=_Build())


class _Build:
    """One method a rule of the grammar. Not a `lark.Transformer`: that would import lark with this module."""

    def start(self, children: list[Any]) -> list[syntax.Statement]:
        return children

    body = values = protocol = start

    def ports(self, children: list[Any]) -> syntax.Words:
        return cast(syntax.Words, children[0])

    condition = ports

    def clause(self, children: list[Any]) -> syntax.Clause:
        if len(children) == 1:
            return syntax.Clause(children[0], children)
        key, values, *rest = children
        if key.type == "VIA":
            return syntax.Clause(key, [values], rest[0])
        return syntax.Clause(key, values, *rest) if rest else syntax.Clause(key, [values])

    def rule(self, children: list[Any]) -> syntax.Rule:
        priority, name, access, protocols, *clauses = children
        return syntax.Rule(priority, name, access, protocols, clauses)

    def assertion(self, children: list[Any]) -> syntax.Assertion:
        name, kind, protocols, *clauses = children
        return syntax.Assertion(name, kind, protocols or [], clauses)

    def exception(self, children: list[Any]) -> syntax.Exemption:
        name, protocols, *clauses = children
        return syntax.Exemption(name, protocols or [], clauses)

    def expectation(self, children: list[Any]) -> syntax.Expectation:
        name, verdict, protocols, *clauses = children
        return syntax.Expectation(name, verdict, protocols or [], clauses)

    def reference(self, children: list[Any]) -> syntax.Link:
        return syntax.Link(*children)

    def let(self, children: list[Any]) -> syntax.Let:
        return syntax.Let(*children)

    def tag(self, children: list[Any]) -> syntax.Tag:
        return syntax.Tag(*children)

    def entry(self, children: list[Any]) -> syntax.Entry:
        return syntax.Entry(*children)

    def direction(self, children: list[Any]) -> syntax.Direction:
        return syntax.Direction(*children)

    def route(self, children: list[Any]) -> syntax.Route:
        name, prefix, _via, *hop = children
        return syntax.Route(name, prefix, *hop)

    def deployment(self, children: list[Any]) -> syntax.Deployment:
        return syntax.Deployment(*children)

    def inclusion(self, children: list[Any]) -> syntax.Import:
        return syntax.Import(*children)
