"""The commands that ask nothing: `fmt`, `schema`, `assumptions`, `completion`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from nwpolicy.cli.arguments import Commands, add_command
from nwpolicy.cli.terminal import ANSWERED, UNEXPECTED, Unusable, error_lines, print_text, say

__all__ = ["COMMANDS"]

_EXAMPLES: Final = {
    "fmt": """examples:
  nwpolicy fmt policies/*.nwp
  nwpolicy fmt --check policies/*.nwp          in a build: fails if a file is not formatted
""",
    "schema": """examples:
  nwpolicy schema > definitions.schema.json    for the editor
  nwpolicy schema verify                       the form of `nwpolicy verify --output json`
""",
    "assumptions": """examples:
  nwpolicy assumptions
  nwpolicy verify infra/ --nic nic-web --direction Inbound --assume icmpv6=unfiltered
""",
    "completion": """examples:
  nwpolicy completion bash > ~/.local/share/bash-completion/completions/nwpolicy
  nwpolicy completion zsh > ~/.zfunc/_nwpolicy
  nwpolicy completion tcsh > ~/.nwpolicy.completion.csh
""",
}


def _fmt_command(commands: Commands) -> None:
    command = add_command(commands, "fmt", "format .nwp files in place", _format, _EXAMPLES["fmt"])
    command.add_argument("path", nargs="+", metavar="PATH", help="a .nwp file; - reads standard input and prints")
    command.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")


def _schema_command(commands: Commands) -> None:
    help = "print a JSON Schema: of definitions files, or of an answer"
    command = add_command(commands, "schema", help, _print_schema, _EXAMPLES["schema"])
    command.add_argument("name", nargs="?", default="definitions", help="definitions (default), or a command")


def _assumptions_command(commands: Commands) -> None:
    help = "list what is assumed where Azure's behaviour is not documented"
    add_command(commands, "assumptions", help, _list_assumptions, _EXAMPLES["assumptions"])


def _completion_command(commands: Commands) -> None:
    help = "print a completion script for a shell"
    command = add_command(commands, "completion", help, _completion, _EXAMPLES["completion"])
    command.add_argument("shell", choices=["bash", "zsh", "tcsh"])


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "fmt": _fmt_command,
    "schema": _schema_command,
    "assumptions": _assumptions_command,
    "completion": _completion_command,
}


def _list_assumptions(_: argparse.Namespace) -> int:
    from nwpolicy.queries.assumptions import assumption_texts

    print_text("".join(f"{text}\n" for text in assumption_texts()))
    return ANSWERED


def _format(arguments: argparse.Namespace) -> int:
    """Formats each file, or tells which ones it would change."""
    changed = [path for path in arguments.path if _format_one(path, check=arguments.check)]
    if arguments.check:
        say([(f"{path} is not formatted",) for path in changed], color=False)
    return UNEXPECTED if changed and arguments.check else ANSWERED


def _format_one(path: str, *, check: bool) -> bool:
    """Whether the file was not in the canonical form; it is now, unless this was only a check."""
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.readers.load import read_raw
    from nwpolicy.readers.nwp import format_text
    from nwpolicy.readers.textfile import decode, encoded_like
    from nwpolicy.reports.diagnostics import diagnostic_lines

    try:
        name, before = read_raw(path)
        text = decode(name, before)
        formatted = format_text(path, text)
    except InputError as error:
        raise Unusable(list(diagnostic_lines(error.diagnostics))) from None
    if path == "-" and not check:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(newline="")  # the text has its own line ends
        print_text(formatted)
    elif formatted != text and not check:
        _rewrite(path, encoded_like(formatted, before))
    return formatted != text


def _rewrite(path: str, content: bytes) -> None:
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise Unusable(error_lines(f"cannot write {path}: {error.strerror}")) from None


def _print_schema(arguments: argparse.Namespace) -> int:
    from nwpolicy.resources import data_path, read_data

    names = sorted(path.name.removesuffix(".schema.json") for path in data_path("schemas").glob("*.schema.json"))
    if arguments.name not in names:
        raise Unusable(error_lines(f"there is no schema {arguments.name!r}", f"there are {', '.join(names)}"))
    print_text(read_data("schemas", f"{arguments.name}.schema.json"))
    return ANSWERED


def _completion(arguments: argparse.Namespace) -> int:
    import shtab

    from nwpolicy.cli import parser

    print_text(f"{shtab.complete(parser(), shell=arguments.shell)}\n")
    return ANSWERED
