"""HCL text to a tree with the grammar `hcl.lark`. Lark is imported on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from nwpolicy.readers.grammars import load_parser
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.errors import SyntaxFault, explained
from nwpolicy.readers.terraform.hcl.tree import Tree

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["lark", "parse", "parse_expression", "parse_template"]


def parse(text: str) -> syntax.Body:
    """The body that a text is. Raises SyntaxFault."""
    body: syntax.Body = _parsed(text, "body")
    return body


def parse_template(text: str) -> syntax.Literal | syntax.Template:
    """The template that a whole text is, in which a backslash means nothing. Raises SyntaxFault."""
    template: syntax.Literal | syntax.Template = _parsed(text, "template")
    return template


def parse_expression(text: str) -> syntax.Expression:
    """The expression that a text is. Raises SyntaxFault."""
    expression: syntax.Expression = _parsed(text, "code")
    return expression


def _parsed(text: str, start: str) -> Any:
    from lark import UnexpectedToken

    try:
        return lark().parse(text, start)
    except UnexpectedToken as error:
        raise SyntaxFault(explained(text, error)) from None


@cache
def lark() -> Lark:
    """The parser; it is built once, and holds no state between texts."""
    from nwpolicy.readers.terraform.hcl.lexer import Lexer

    return load_parser("hcl", lexer=Lexer, transformer=Tree(), starts=("body", "template", "code"))
