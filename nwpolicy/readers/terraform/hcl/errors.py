"""Syntax errors of HCL in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nwpolicy.readers.places import Fault, shown

if TYPE_CHECKING:
    from lark import Token, UnexpectedToken

__all__ = ["SyntaxFault", "explained"]

_IN_BLOCK: Final = "an argument, a block or '}'"
_IN_FILE: Final = "an argument or a block"
#: What is left to accept where a body has been taken for complete.
_BEHIND_BODY: Final = {frozenset({"RBRACE"}): _IN_BLOCK, frozenset({"$END"}): _IN_FILE}
#: Terminals that only stand there together, and what they begin or go on with. The first that fits tells most.
_PHRASES: Final = (
    (frozenset({"NUMBER"}), "an expression"),
    (frozenset({"_DIRECTIVE", "TEXT"}), "text"),
    (frozenset({"_EQUAL", "LBRACE"}), "'=' or '{'"),
    (frozenset({"NAME", "LBRACE"}), "'{'"),
    (frozenset({"_EQUAL", "_COLON"}), "'=' or ':'"),
    (frozenset({"_COMMA", "_NL", "RBRACE"}), "',', a line end or '}'"),
    (frozenset({"NAME", "RBRACE"}), _IN_BLOCK),
    (frozenset({"NAME", "$END"}), _IN_FILE),
    (frozenset({"_NL"}), "the end of the line"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"_IF", "_FOR"}), "'if' or 'for'"),
    (frozenset({"_COLON"}), "':'"),
    (frozenset({"_ARROW"}), "'=>'"),
    (frozenset({"_IN"}), "'in'"),
    (frozenset({"RPAR"}), "')'"),
    (frozenset({"RSQUARE"}), "']'"),
    (frozenset({"RBRACE"}), "'}'"),
    (frozenset({"_HOLE_END"}), "'}'"),
)
_CLOSED_BY: Final = {"_IF": "endif", "ELSE": "endif", "_FOR": "endfor"}


class SyntaxFault(Exception):  # noqa: N818 - named as what it carries
    """The text is not HCL from here on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def explained(text: str, error: UnexpectedToken) -> Fault:
    """What stands there, and what would be right."""
    token, accepts = error.token, frozenset(error.accepts)
    if token.type == "TEXT_END":
        return _unclosed([one for one in error.interactive_parser.parser_state.value_stack if hasattr(one, "type")])
    start = len(text) if token.type == "$END" else token.start_pos or 0
    end = start + 1 if token.type in {"$END", "_NL"} else token.end_pos or start + 1
    wanted = _BEHIND_BODY.get(accepts) or _words(accepts)
    found = {"$END": "the end of the file", "_NL": "the end of the line"}.get(token.type, shown(text[start:end]))
    return Fault("syntax", f"expected {wanted}, found {found}" if wanted else f"unexpected {found}", start, end)


def _words(accepts: frozenset[str]) -> str | None:
    return next((words for terminals, words in _PHRASES if terminals <= accepts), None)


def _unclosed(before: list[Token]) -> Fault:
    """A string ends, and a directive in it does not."""
    begins = [token for token in before if token.type == "TEXT_START"]
    start = (begins[-1].start_pos or 0) if begins else 0
    word = next(_CLOSED_BY[token.type] for token in reversed(before) if token.type in _CLOSED_BY)
    return Fault("syntax", f"the directive is not closed by '%{{ {word} }}'", start, start + 1)
