"""`nwpolicy troubleshoot`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import (
    EXIT_CODES,
    Commands,
    add_assumptions,
    add_command,
    add_output,
    add_unknowns,
    assumed,
)
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, UNEXPECTED, has_color, print_text, say, stderr_color

if TYPE_CHECKING:
    from nwpolicy.queries.troubleshoot_answer import TroubleshootAnswer

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy troubleshoot infra/ --from vm-web --to vm-db --protocol tcp --port 1433
  nwpolicy troubleshoot infra/ --from Internet --to nic-web --port 443 --expect Reachable
  nwpolicy troubleshoot infra/ --from snet-app --to 10.2.0.0/16        what gets through, and what stops the rest
"""


def _command(commands: Commands) -> None:
    help = "whether a connection comes about: rules, routes and appliances hop by hop, and the way back"
    command = add_command(commands, "troubleshoot", help, _troubleshoot, f"{_EXAMPLES}\n{EXIT_CODES}")
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    flow = command.add_argument_group("flow", "the connections asked about; what is left out may be anything")
    flow.add_argument(
        "--from",
        dest="source",
        metavar="END",
        required=True,
        help="a network interface, virtual machine, subnet, address, prefix, gateway, or Internet",
    )
    flow.add_argument(
        "--to",
        dest="destination",
        metavar="END",
        required=True,
        help="a network interface, virtual machine, private endpoint, subnet, address, prefix, or service tag",
    )
    flow.add_argument("--protocol", metavar="PROTOCOL", help="TCP, UDP, ICMP, ESP, AH, a number, or a list of them")
    flow.add_argument("--port", metavar="PORTS", help="the destination's port, range or list of them")
    add_assumptions(command)
    add_unknowns(command)
    add_output(command)
    command.add_argument(
        "--expect",
        type=str.capitalize,
        choices=["Reachable", "Unreachable"],
        help="exit with 1 if the answer is another one",
    )


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"troubleshoot": _command}


def _troubleshoot(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.troubleshoot import troubleshoot
    from nwpolicy.queries.troubleshoot_answer import PathVerdict

    snapshot = load_input(*arguments.path, given=arguments)
    with explained():
        answer = troubleshoot(
            snapshot,
            arguments.source,
            arguments.destination,
            protocol=arguments.protocol,
            port=arguments.port,
            assume=assumed(arguments.assume),
            unknowns=arguments.unknowns,
        )
    _print(arguments, answer)
    if answer.verdict is PathVerdict.DEPENDS:
        return UNDECIDED
    return UNEXPECTED if arguments.expect not in (None, answer.verdict.value) else ANSWERED


def _print(arguments: argparse.Namespace, answer: TroubleshootAnswer) -> None:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        print_text(f"{dumps(versioned(answer), indent=2)}\n")
        return
    from nwpolicy.reports.screen import render
    from nwpolicy.reports.troubleshoot import troubleshoot_head, troubleshoot_lines

    lines = [troubleshoot_head(answer)] if arguments.quiet else troubleshoot_lines(answer)
    print_text(render(lines, color=has_color(arguments.color, sys.stdout)))
