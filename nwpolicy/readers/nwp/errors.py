"""Syntax errors in words: what was found, what would have been right, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Final, cast

from nwpolicy.model.records import dataclass
from nwpolicy.readers.nwp.syntax import extent
from nwpolicy.readers.places import Fault, shown

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

__all__ = ["did_you_mean", "explain"]

#: A line break behind which the statement goes on, as in the grammar; or (the group) the end of a statement.
_LINE_BREAK: Final = re.compile(
    r"[\r\n](?:\s|#[^\r\n]*)*+"
    r"(?=(?:from|to|port|via|if|description|flag|owner|reason|expires|by)\s|rules-only(?![\w./:\-]))|([\r\n;])"
)
_ACCESS: Final = frozenset({"allow", "deny", "always-allow"})
_ENDS: Final = frozenset({"_NL", "$END", "RBRACE"})
_VALUES: Final = frozenset({"WORD", "NUMBER", "STRING", "ANY", "UNKNOWN", "VARIABLE", "KIND"})
#: What a list of values holds, by the word before it.
_VALUES_AFTER: Final = {
    "FROM": "an address, a service tag, 'asg NAME' or '*'",
    "TO": "an address, a service tag, 'asg NAME' or '*'",
    "PORT": "a port, a range of ports or '*'",
    "DEPLOY": "the name of a configuration",
    "_EQUAL": "a value",
}
_NAME_AFTER: Final = {"LET": "a name", "TAG": "the name of a service tag", "KIND": "a name"}
#: Words for sets of terminals, the larger sets first.
_PHRASES: Final = (
    (frozenset({"WORD", "NUMBER", "ANY", "UNKNOWN"}), "a protocol (tcp, udp, icmp, esp, ah or '*')"),
    (frozenset({"WORD", "NUMBER", "ANY"}), "a protocol"),
    (frozenset({"WORD", "NUMBER", "STRING"}), "a name"),
    (frozenset({"STRING", "WORD"}), "text in double quotes"),
    (frozenset({"UNKNOWN", "WORD"}), "a name, or an unknown (?NAME)"),
    (frozenset({"UNKNOWN"}), "an unknown (?NAME)"),
    (frozenset({"STRING"}), "the path of a file in double quotes"),
    (frozenset({"VARIABLE"}), "a variable"),
)
_WORDS: Final = {
    "_EQUAL": "'='",
    "BGP_OVERRIDE": "'bgp-override'",
    "FROM": "'from'",
    "TO": "'to'",
    "PORT": "'port'",
    "_COMMA": "','",
    "LBRACE": "'{'",
}
_SAID: Final = {"OWNER": "'owner'", "REASON": "'reason'", "EXPIRES": "'expires'"}
#: Words that may follow in a statement, by the one that begins it.
_CLAUSES: Final = {
    "ROUTE": {"VIA": "'via'", "IF": "'if'"},
    "ASSERT": {"VIA": "'via'", "RULES_ONLY": "'rules-only'", **_SAID},
    "EXPECT": {"BY": "'by'", "RULES_ONLY": "'rules-only'", **_SAID},
    "EXCEPT": _SAID,
}
_SECOND_WORDS: Final = {"ASSERT": "never, always or another kind of assertion", "EXPECT": "allow or deny"}
_RULE_WORDS: Final = {"DESCRIPTION": "'description'", "IF": "'if'"}
_WRONG_CHARACTERS: Final = {
    "'": "text stands in double quotes",
    "[": "a list is written without brackets: 80, 443",
    "]": "a list is written without brackets: 80, 443",
    "(": "a list is written without brackets: 80, 443",
    "$": "a variable is written $NAME",
    "?": "an unknown is written ?NAME",
    "!": "there is no negation: write a rule of a lower priority number for what is exempt",
}


@dataclass(slots=True)
class _Context:
    """What stands before an error: the blocks that are open, each by its header, and the statement so far."""

    opened: list[list[Token]] = field(default_factory=list)
    statement: list[Token] = field(default_factory=list)
    start: int = 0

    def add(self, token: Token) -> None:
        if token.type == "LBRACE":
            self.opened.append([*self.statement, token])
        elif token.type == "RBRACE" and self.opened:
            self.opened.pop()
        if token.type in {"LBRACE", "RBRACE", "_NL"}:
            self.statement = []
            self.start = token.end_pos or 0
        else:
            self.statement.append(token)

    @property
    def first(self) -> str:
        return self.statement[0].type if self.statement else ""


def explain(text: str, error: UnexpectedInput, lark: Lark) -> tuple[Fault, tuple[int, int]]:
    """What is wrong, and the offsets of the statement in which it is."""
    from lark import UnexpectedCharacters, UnexpectedToken

    at = len(text) if isinstance(error, UnexpectedToken) and error.token.type == "$END" else _offset(error)
    context = _context(text, at, lark)
    if isinstance(error, UnexpectedCharacters):
        fault = _of_character(text, error)
    else:
        assert isinstance(error, UnexpectedToken)
        fault = _of_token(error, context)
    end = next((found.start() for found in _LINE_BREAK.finditer(text, at) if found[1]), len(text))
    return fault, (min(context.start, at), end)


def did_you_mean(word: str, known: Iterable[str], sign: str = "") -> str | None:
    """A help text with the known word that is most like the given one, if any is, behind its sign."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean '{sign}{near[0]}'?" if near else None


def _offset(error: UnexpectedInput) -> int:
    return cast(int, error.pos_in_stream)


def _context(text: str, at: int, lark: Lark) -> _Context:
    from lark import UnexpectedCharacters

    context = _Context()
    try:
        for token in lark.lex(text):
            if (token.start_pos or 0) >= at:
                break
            context.add(token)
    except UnexpectedCharacters:
        pass  # the error itself
    return context


def _of_character(text: str, error: UnexpectedCharacters) -> Fault:
    start = _offset(error)
    char = text[start]
    if char == '"':
        return Fault("unclosed-quotes", "the text in double quotes does not end on its line", start, start + 1)
    return Fault("syntax", f"unexpected {shown(char)}", start, start + 1, _WRONG_CHARACTERS.get(char))


def _of_token(error: UnexpectedToken, context: _Context) -> Fault:
    token = error.token
    if token.type == "$END" and context.opened and error.accepts >= {"RBRACE"}:
        return _unclosed(context.opened[-1])
    if token.type == "RBRACE" and not context.opened:
        return Fault("unmatched-brace", "this '}' closes nothing", *extent(token))
    wanted = _either(_expected(error.accepts, context))
    at_end = token.type in _ENDS and context.statement
    place = context.statement[-1] if at_end else token
    after = f" after {_found(place)}" if at_end else ""
    message = f"expected {wanted}{after}, found {_found(token)}"
    start, end = extent(place)
    if place.type in {"_EQUAL", "_COMMA"}:  # they take the white space behind them
        end = start + 1
    return Fault("syntax", message, start, end, _help(token, error.accepts, context))


def _unclosed(header: list[Token]) -> Fault:
    name = " ".join(header[:-1]) or "{"
    return Fault(
        "unclosed-brace", f"{shown(name)} is not closed with '}}'", header[0].start_pos or 0, header[-1].end_pos or 0
    )


def _found(token: Token) -> str:
    names = {"_NL": "the end of the line", "$END": "the end of the file", "_EQUAL": "'='", "_COMMA": "','"}
    if token.type == "_NL" and token.startswith(";"):
        return "';'"
    return names.get(token.type) or shown(str(token))


def _expected(accepts: set[str], context: _Context) -> list[str]:
    """The terminals that would have been right, in words."""
    left = set(accepts)
    words: list[str] = []
    if "LET" in left:
        return [_statement_wanted(context), *(["'}'"] if context.opened else [])]
    previous = context.statement[-1].type if context.statement else ""
    if left >= _VALUES:
        words.append("another value" if previous == "_COMMA" else _VALUES_AFTER.get(previous, "a value"))
        left -= _VALUES
    if left == {"WORD"} and previous in _NAME_AFTER:
        return [_NAME_AFTER[previous]]
    words += _special(left, context)
    for terminals, phrase in _PHRASES:
        if left >= terminals:
            words.append(_NAME_AFTER.get(previous, phrase) if phrase == "a name" else phrase)
            left -= terminals
    clauses = _CLAUSES.get(context.first, _RULE_WORDS)
    words += [word for terminal, word in {**_WORDS, **clauses}.items() if terminal in left]
    if left & {"_NL", "$END"}:
        words.append("the end of the line")
    return words


def _special(left: set[str], context: _Context) -> list[str]:
    """Words whose place in the statement tells what they are. Takes them out of what is left."""
    place = len(context.statement)
    if context.statement and context.statement[-1].type == "VIA":
        left.clear()
        return ["gateway, vnet, internet, none or appliance"]
    if left == {"WORD", "UNKNOWN"} and place == 2:  # noqa: PLR2004 - after priority and name
        left.clear()
        return ["allow or deny"]
    if left == {"WORD"} and context.first in _SECOND_WORDS:
        left.clear()
        return [_SECOND_WORDS[context.first]]
    return []


def _statement_wanted(context: _Context) -> str:
    header = context.opened[-1][0] if context.opened else None
    if header is None:
        return "a definition (such as nsg NAME { ... })"
    if header.type in {"INBOUND", "OUTBOUND", "UNKNOWN"}:
        return "a rule, which starts with its priority (a number),"
    return f"a setting of the {header}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "something else"


def _help(token: Token, accepts: set[str], context: _Context) -> str | None:
    habit = _habit(token, context)
    if habit is not None:
        return habit
    word = str(token)
    near = did_you_mean(word, [terminal.lower() for terminal in accepts if terminal.isalpha()])
    if token.type == "WORD" and near:
        return near
    if context.statement and context.statement[0].lower() in _ACCESS:
        return "a rule starts with its priority and its name: 100 NAME allow tcp from ..."
    if token.type.lower() == word and "STRING" in accepts:
        return f"{word} is a word of the language: as a name it stands in double quotes"
    if token.type == "WORD" and "_COMMA" in accepts:
        return "values of a list are separated by commas; text with spaces stands in double quotes"
    return None


def _habit(token: Token, context: _Context) -> str | None:
    """What is right in other languages, or was nearly right in this one."""
    before = context.statement[-1] if context.statement else None
    if any(word.startswith("//") or word == "/" for word in (token, *context.statement[:1])):
        return "a comment starts with '#'"
    if token.type == "_EQUAL" and context.first not in {"LET", "TAG"}:
        return "a setting and its value stand side by side, without '='"
    if before is not None and before.type == "_COMMA":
        return "a list does not end with a comma"
    if before is not None and before.endswith(":"):
        return f"write {before.rstrip(':')} without ':'"
    return None
