"""Writes the tables of the parsers beside their grammars: `python -m tests.grammar_tables`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nwpolicy.readers.bicep.parse import lark as bicep
from nwpolicy.readers.grammars import make_parser, tables_of
from nwpolicy.readers.nwp.parse import lark as nwp
from nwpolicy.readers.terraform.hcl.parse import lark as hcl
from nwpolicy.resources import data_path

if TYPE_CHECKING:
    from lark import Lark

#: By grammar, what loads its parser.
PARSERS: Final[Mapping[str, Callable[[], Lark]]] = {"bicep": bicep, "hcl": hcl, "nwp": nwp}


def path_of(name: str) -> Path:
    return data_path("grammar") / f"{name}.tables.json"


def made(name: str) -> Lark:
    """The parser as it follows from the grammar."""
    options = PARSERS[name]().options
    return make_parser(name, lexer=options.lexer, transformer=options.transformer, starts=options.start)


if __name__ == "__main__":
    for name in PARSERS:
        path_of(name).write_text(tables_of(name, made(name)), encoding="utf-8")
