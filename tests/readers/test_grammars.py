"""Tables of parsers: those that lie beside the grammars say what the grammars say."""

from __future__ import annotations

import json

import lark
import pytest

from nwpolicy.readers import grammars
from nwpolicy.readers.grammars import load_parser, make_parser, tables_of
from nwpolicy.resources import read_data
from tests.grammar_tables import PARSERS, made, path_of


@pytest.mark.parametrize("name", PARSERS)
def test_the_tables_are_those_of_the_grammar(name: str) -> None:
    if json.loads(path_of(name).read_text(encoding="utf-8"))["made"][0] != lark.__version__:
        pytest.skip("the tables are of another version of Lark, and not used with this one")
    assert _steps(PARSERS[name]()) == _steps(made(name)), "run `python -m tests.grammar_tables`"


def _steps(parser: lark.Lark) -> list[dict[str, str]]:
    """What the parser does in each state, the states in the order in which they are come to: how they are numbered is
    left to chance."""
    table = parser.parser.parser._parse_table
    states = [table.start_states[start] for start in sorted(table.start_states)]
    steps = []
    for state in states:  # grows meanwhile
        step = {}
        for token, (action, result) in sorted(table.states[state].items()):
            if action.name == "Shift" and result not in states:
                states.append(result)
            step[token] = str(states.index(result) if action.name == "Shift" else result)
        steps.append(step)
    return steps


def _parsed(parser: lark.Lark) -> object:
    return parser.parse("nsg web {\n  inbound {\n    100 allow-https allow tcp from Internet to * port 443\n  }\n}\n")


def test_a_loaded_parser_reads_what_the_one_that_was_made_reads() -> None:
    loaded, anew = (load("nwp", lexer="basic", transformer=None) for load in (load_parser, make_parser))
    assert _parsed(loaded) == _parsed(anew)


@pytest.mark.parametrize("name", PARSERS)
def test_tables_that_are_written_are_loaded_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    anew = made(name)
    written = tables_of(name, anew)
    options = anew.options
    monkeypatch.setattr(
        grammars, "read_data", lambda kind, file: written if file.endswith(".json") else read_data(kind, file)
    )
    loaded = load_parser(name, lexer=options.lexer, transformer=options.transformer, starts=options.start)
    assert loaded.source_path == "<deserialized>"
    assert _steps(loaded) == _steps(anew)


@pytest.mark.parametrize("origin", [["0.0.1", ""], ["0.0.1"], None])
def test_tables_of_something_else_are_not_used(origin: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(kind: str, name: str) -> str:
        assert kind == "grammar"
        return json.dumps({"made": origin}) if name.endswith(".json") else read_data("grammar", name)

    monkeypatch.setattr(grammars, "read_data", other)
    assert _parsed(load_parser("nwp", lexer="basic", transformer=None))


def test_without_tables_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(kind: str, name: str) -> str:
        assert kind == "grammar"
        if name.endswith(".json"):
            raise FileNotFoundError
        return read_data("grammar", name)

    monkeypatch.setattr(grammars, "read_data", other)
    assert _parsed(load_parser("nwp", lexer="basic", transformer=None))
