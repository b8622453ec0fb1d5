"""`nwpolicy show`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_command, add_values
from nwpolicy.cli.loading import load_input
from nwpolicy.cli.terminal import ANSWERED, Unusable, error_lines, has_color, print_text, say, stderr_color
from nwpolicy.readers.keeping import nothing_freed

if TYPE_CHECKING:
    from nwpolicy.model.snapshot import Snapshot

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy show main.json                        what the template defines, as a policy file would say it
  nwpolicy show main.json --set prefix=10.1.0.0/16 --output json
  nwpolicy show main.bicep --output yaml         the same as a definitions file
  nwpolicy show infra/ --coverage                what was understood, and what was not
"""


def _show_command(commands: Commands) -> None:
    help = "print the definitions as they were understood, or what was understood of them"
    command = add_command(commands, "show", help, _show, _EXAMPLES)
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    command.add_argument("--coverage", action="store_true", help="what of the input answers rest on")
    add_values(command.add_argument_group("premises"))
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["nwp", "yaml", "json"], default="nwp", help="nwp: a policy file")
    output.add_argument("--quiet", "-q", action="store_true", help="no warnings; of coverage, one line")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"show": _show_command}


@nothing_freed()
def _show(arguments: argparse.Namespace) -> int:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    snapshot = load_input(*arguments.path, given=arguments)
    if not arguments.quiet:
        say(list(diagnostic_lines(snapshot.diagnostics)), stderr_color(arguments))
    print_text(_coverage(arguments, snapshot) if arguments.coverage else _definitions(arguments, snapshot))
    return ANSWERED


def _coverage(arguments: argparse.Namespace, snapshot: Snapshot) -> str:
    from nwpolicy.queries.coverage import coverage

    found = coverage(snapshot)
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        return f"{dumps(versioned(found), indent=2)}\n"
    from nwpolicy.reports.coverage import coverage_lines, coverage_summary
    from nwpolicy.reports.screen import render

    lines = [coverage_summary(found)] if arguments.quiet else coverage_lines(found)
    return render(lines, color=has_color(arguments.color, sys.stdout))


def _definitions(arguments: argparse.Namespace, snapshot: Snapshot) -> str:
    if arguments.output == "json":
        from nwpolicy.reports.definitions_json import definitions_json
        from nwpolicy.reports.jsonform import dumps

        return f"{dumps(definitions_json(snapshot.resources), indent=2)}\n"
    from nwpolicy.model.unknowns import unknowns_in
    from nwpolicy.model.written import NotWritable
    from nwpolicy.reports.screen import clean

    try:
        text = _text(arguments.output, snapshot)
    except NotWritable as error:
        place = f"{error.source}: " if error.source is not None else ""
        help = "`--output yaml` and `--output json` show everything"
        raise Unusable(error_lines(f"{place}{error}", help)) from None
    unknowns = dict.fromkeys(unknowns_in(snapshot.resources))
    notes = [clean(f"# {each.name}: {each.reason} ({each.source})") for each in unknowns]
    return "".join(f"{note}\n" for note in notes) + ("\n" if notes else "") + text


def _text(form: str, snapshot: Snapshot) -> str:
    """A policy file, or a definitions file in YAML."""
    if form == "yaml":
        from nwpolicy.reports.writing.yamlform import yaml_text

        return yaml_text(snapshot.resources)
    from nwpolicy.readers.nwp.printing import to_nwp

    return to_nwp(snapshot.resources)
