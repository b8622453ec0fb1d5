"""Syntax errors of Bicep in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nwpolicy.readers.places import Fault, shown

if TYPE_CHECKING:
    from lark import UnexpectedToken

__all__ = ["explained"]

#: What may stand at some place, the more general first; a terminal is said once, by the first phrase that has it.
_PHRASES: Final = (
    (frozenset({"METADATA", "RESOURCE"}), "a declaration (such as param, var or resource)"),
    (frozenset({"LPAR", "LSQUARE", "LBRACE", "NAME", "INTEGER", "BANG"}), "an expression"),
    (frozenset({"LPAR", "LSQUARE", "LBRACE", "NAME", "INTEGER"}), "a type"),
    (frozenset({"LBRACE", "IF", "LSQUARE"}), "'{', '[' or 'if'"),
    (frozenset({"NAME", "STRING", "RBRACE"}), "a property or '}'"),
    (frozenset({"NAME", "STRING"}), "a name"),
    (frozenset({"STRING"}), "a string"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"_NL"}), "the end of the line"),
)
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
    words: list[str] = []
    for terminals, phrase in _PHRASES:
        if terminals <= accepts:
            words.append(phrase)
            accepts -= terminals
            if phrase != "the end of the line":
                accepts -= {"LPAR", "LSQUARE", "LBRACE"}
    words += [word for terminal, word in _SIGNS.items() if terminal in accepts]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""
