"""`nwpolicy convert`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_command, add_values
from nwpolicy.cli.loading import load_input
from nwpolicy.cli.terminal import ANSWERED, UNEXPECTED, Unusable, error_lines, print_text, say, stderr_color

if TYPE_CHECKING:
    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.reports.writing import Converted

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy convert main.json --to nwp                    a template as a policy file
  nwpolicy convert policy.nwp --to bicep -o main.bicep   what it says, to be deployed
  nwpolicy convert infra/ --to terraform --set adminCidr=10.0.0.0/8
"""


def _convert_command(commands: Commands) -> None:
    help = "write definitions in another format, proved to say the same"
    command = add_command(commands, "convert", help, _convert, _EXAMPLES)
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    formats = ["nwp", "yaml", "arm", "bicep", "terraform"]
    command.add_argument("--to", choices=formats, required=True, help="the format to write")
    add_values(command.add_argument_group("premises"))
    output = command.add_argument_group("output")
    output.add_argument("--output", "-o", metavar="FILE", help="where to write it; else to standard output")
    output.add_argument("--quiet", "-q", action="store_true", help="no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"convert": _convert_command}


def _convert(arguments: argparse.Namespace) -> int:
    """Exit code 1 tells that the format has no room for something."""
    from nwpolicy.reports.diagnostics import diagnostic_lines
    from nwpolicy.reports.writing import NOT_CARRIED

    snapshot = load_input(*arguments.path, given=arguments)
    found = _converted(snapshot, arguments.to)
    if not arguments.quiet:
        said = (*snapshot.diagnostics, *found.diagnostics)
        say(list(diagnostic_lines(said)), stderr_color(arguments))
    _write(arguments.output, found.text)
    return UNEXPECTED if any(one.code == NOT_CARRIED for one in found.diagnostics) else ANSWERED


def _converted(snapshot: Snapshot, form: str) -> Converted:
    from nwpolicy.model.written import NotWritable
    from nwpolicy.reports.writing import NotTheSame, convert

    try:
        return convert(snapshot, form)
    except NotWritable as error:
        place = f"{error.source}: " if error.source is not None else ""
        raise Unusable(error_lines(f"{place}{error}")) from None
    except NotTheSame as error:
        help = "nothing was written; this is a shortcoming of nwpolicy, please report it"
        raise Unusable(error_lines(f"what would be written does not say the same: {error}", help)) from None


def _write(path: str | None, text: str) -> None:
    if path is None:
        print_text(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unusable(error_lines(f"cannot write {path}: {(error.strerror or str(error)).lower()}")) from None
