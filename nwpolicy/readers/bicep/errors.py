"""Syntax errors of Bicep in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nwpolicy.readers.places import Fault, shown

if TYPE_CHECKING:
    from lark import UnexpectedToken

__all__ = ["explained"]

#: Terminals that only stand there together, and what they begin.
_PHRASES: Final = (
    (frozenset({"METADATA", "RESOURCE"}), "a declaration (such as param, var or resource)"),
    (frozenset({"INTEGER", "BANG"}), "an expression"),
    (frozenset({"INTEGER", "NAME"}), "a type"),
    (frozenset({"IF", "LBRACE"}), "'{', '[' or 'if'"),
    (frozenset({"NAME", "STRING", "ELLIPSIS"}), "a property"),
    (frozenset({"NAME", "STRING"}), "a name"),
    (frozenset({"STRING"}), "a string"),
    (frozenset({"NAME"}), "a name"),
)
#: What begins an expression or a type, and also goes on with one.
_BEGINNINGS: Final = frozenset({"LBRACE", "LPAR", "LSQUARE", "NAME", "STRING"})
_SIGNS: Final = {
    "_ARROW": "'=>'",
    "_COLON": "':'",
    "_COMMA": "','",
    "_EQUAL": "'='",
    "_FOR": "'for'",
    "_FROM": "'from'",
    "_IN": "'in'",
    "LBRACE": "'{'",
    "LPAR": "'('",
    "LSQUARE": "'['",
    "RBRACE": "'}'",
    "RPAR": "')'",
    "RSQUARE": "']'",
}


def explained(text: str, error: UnexpectedToken) -> Fault:
    """What stands there, and what would be right."""
    token = error.token
    start = len(text) if token.type == "$END" else token.start_pos or 0
    end = start + 1 if token.type in {"$END", "_NL"} else token.end_pos or start + 1
    wanted = _wanted(set(error.accepts))
    found = _found(text, token.type, start, end)
    return Fault("syntax", f"expected {wanted}, found {found}" if wanted else f"unexpected {found}", start, end)


def _found(text: str, kind: str, start: int, end: int) -> str:
    if kind == "$END":
        return "the end of the file"
    return "the end of the line" if kind == "_NL" else shown(text[start:end])


def _wanted(accepts: set[str]) -> str:
    first = next((item for item in _PHRASES if item[0] <= accepts), None)
    words = [] if first is None else [first[1]]
    if first is not None or "OPERATOR" in accepts:
        accepts -= _BEGINNINGS
    words += [word for terminal, word in _SIGNS.items() if terminal in accepts]
    if "_NL" in accepts and not words:
        words.append("the end of the line")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""
