"""Bicep text to statements with the grammar `bicep.lark`. Lark is imported on first use."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.tree import Misplaced, Tree
from nwpolicy.readers.grammars import load_parser
from nwpolicy.readers.places import Fault, input_error

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["lark", "parse"]

#: A module is read for itself and for each file that deploys it, mostly soon after one another.
_MAX_KEPT: Final = 64


@lru_cache(_MAX_KEPT)
def parse(path: str, text: str) -> tuple[syntax.Statement, ...]:
    """The statements of a file. Raises InputError with its first syntax error."""
    from lark.exceptions import UnexpectedToken

    from nwpolicy.readers.bicep.errors import explained
    from nwpolicy.readers.bicep.lexer import LexicalError

    try:
        return cast("tuple[syntax.Statement, ...]", lark().parse(text))
    except UnexpectedToken as error:
        fault = explained(text, error)
    except LexicalError as error:
        fault = error.fault
    except Misplaced as error:
        fault = Fault("syntax", error.message, error.start, error.end)
    raise input_error(path, text, [fault])


@cache
def lark() -> Lark:
    """The parser; it is built once, and holds no state between texts."""
    from nwpolicy.readers.bicep.lexer import Lexer

    return load_parser("bicep", lexer=Lexer, transformer=Tree())
