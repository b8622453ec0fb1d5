"""Parsers for the grammars of `grammar/`, by Lark.

To make the tables of a parser takes many times longer than to load them, and longer than to read most files. So the
tables lie beside the grammars, for one version of Lark. With another one, or a changed grammar, they are made anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from nwpolicy.resources import read_data

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import Lexer

__all__ = ["load_parser", "make_parser", "tables_of"]

_STARTS: Final = ("start",)


def load_parser(name: str, *, lexer: str | type[Lexer], transformer: object, starts: Sequence[str] = _STARTS) -> Lark:
    """The parser of a grammar, with its tables loaded where they fit."""
    from lark import Lark

    try:
        tables: dict[str, Any] = json.loads(read_data("grammar", f"{name}.tables.json"))
    except FileNotFoundError:
        tables = {}
    if tables.get("made") != _origin(name):
        return make_parser(name, lexer=lexer, transformer=transformer, starts=starts)
    data, parser = tables["data"], tables["data"]["parser"]["parser"]
    data["options"] |= {"lexer": lexer, "transformer": transformer}
    data["parser"]["lexer_conf"]["lexer_type"] = lexer
    states, parser["states"] = parser["states"], {}
    loaded = Lark.load({"data": data, "memo": _numbered(tables["memo"])})
    rules = dict(zip((rule["@"] for rule in data["rules"]), loaded.rules, strict=True))
    loaded.parser.parser.parser.parse_table.states = _States(states, parser["tokens"], rules)
    return loaded


def make_parser(name: str, *, lexer: str | type[Lexer], transformer: object, starts: Sequence[str] = _STARTS) -> Lark:
    """The parser of a grammar, with tables that are made from it."""
    from lark import Lark

    grammar = read_data("grammar", f"{name}.lark")
    options = {"lexer": lexer, "transformer": transformer, "start": [*starts], "maybe_placeholders": True}
    return Lark(grammar, parser="lalr", **options)


def tables_of(name: str, parser: Lark) -> str:
    """What is to lie beside a grammar: the tables of its parser, without the objects that work with them."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {**data["options"], "lexer": None, "transformer": None}
    data["parser"]["lexer_conf"]["lexer_type"] = None
    return json.dumps({"made": _origin(name), "data": data, "memo": memo}, separators=(",", ":")) + "\n"


def _origin(name: str) -> list[str]:
    """What tables are made from: the grammar, and by which version of Lark."""
    from lark import __version__

    return [__version__, sha256(read_data("grammar", f"{name}.lark").encode()).hexdigest()]


class _States(dict[int, dict[str, tuple[object, object]]]):
    """By state and terminal, what a parser does. Most files come to few of the states, so each is made when a file
    comes to it, as `IntParseTable.deserialize` of Lark makes all of them."""

    def __init__(self, written: dict[str, Any], terminals: dict[str, str], rules: dict[int, Rule]) -> None:
        from lark.parsers.lalr_analysis import Reduce, Shift

        self._written, self._terminals, self._rules = written, terminals, rules
        self._shift, self._reduce = Shift, Reduce

    def __missing__(self, state: int) -> dict[str, tuple[object, object]]:
        made = self[state] = {
            self._terminals[terminal]: (self._reduce, self._rules[to["@"]]) if reduces else (self._shift, to)
            for terminal, (reduces, to) in self._written[str(state)].items()
        }
        return made


def _numbered(table: dict[str, Any]) -> dict[int, Any]:
    """JSON has texts for keys."""
    return {int(key): value for key, value in table.items()}
