"""`nwpolicy check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_assumptions, add_command, assumed, day
from nwpolicy.cli.loading import explained, pins_of
from nwpolicy.cli.terminal import (
    ANSWERED,
    UNDECIDED,
    UNEXPECTED,
    error_lines,
    has_color,
    print_text,
    say,
    stderr_color,
)

if TYPE_CHECKING:
    from nwpolicy.queries.check.answers import CheckAnswer

__all__ = ["COMMANDS"]

_FORMATS: Final = ("text", "json", "sarif", "github", "gitlab", "junit", "azure")
#: The modules and functions of outputs that need nothing but the answer.
_WRITERS: Final = {
    "junit": ("check_junit", "junit_text"),
    "sarif": ("check_sarif", "sarif_text"),
    "github": ("check_remarks", "github_text"),
    "azure": ("check_remarks", "azure_text"),
    "gitlab": ("check_remarks", "gitlab_text"),
}

_EPILOG: Final = """examples:
  nwpolicy check infra/                                all assertions of all files, in every environment
  nwpolicy check infra/ policy.nwp --environment prod
  nwpolicy check infra/ --today 2027-01-31             with the exceptions that are in force then
  nwpolicy check infra/ --output junit > results.xml

exit codes: 0 everything holds, 1 something does not, 2 wrong usage or unreadable input, 3 something is not proved"""


def _command(commands: Commands) -> None:
    help = "whether what files assert of the rules holds: for all flows, with a proof or a flow that shows it does not"
    command = add_command(commands, "check", help, _check, _EPILOG)
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions and assertions")
    command.add_argument("--environment", metavar="NAME", help="the only environment to check")
    command.add_argument("--today", metavar="DATE", help="the day, as YYYY-MM-DD, that last days are compared with")
    add_assumptions(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=_FORMATS, default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="only how many hold; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"check": _command}


def _check(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.check import check
    from nwpolicy.reports.diagnostics import diagnostic_lines

    today = day(arguments.today)
    with explained():
        answer = check(
            *arguments.path,
            today=today,
            environment=arguments.environment,
            pins=pins_of(arguments),
            assume=assumed(arguments.assume),
        )
    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    print_text(_text(arguments, answer))
    if any(result.state.is_wrong for result in answer.results):
        return UNEXPECTED
    return ANSWERED if answer else UNDECIDED


def _text(arguments: argparse.Namespace, answer: CheckAnswer) -> str:
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        return f"{dumps(versioned(answer), indent=2)}\n"
    if arguments.output == "sarif":
        from nwpolicy.reports.check_sarif import omissions

        say([line for text in omissions(answer) for line in error_lines(text)], stderr_color(arguments))
    if arguments.output in _WRITERS:
        module, function = _WRITERS[arguments.output]
        text: str = getattr(import_module(f"nwpolicy.reports.{module}"), function)(answer)
        return text
    from nwpolicy.reports.check import check_head, check_lines
    from nwpolicy.reports.screen import render

    lines = [check_head(answer)] if arguments.quiet else check_lines(answer)
    return render(lines, color=has_color(arguments.color, sys.stdout))
