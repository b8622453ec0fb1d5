"""`nwpolicy reach`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import (
    EXIT_CODES,
    Commands,
    add_assumptions,
    add_command,
    add_unknowns,
    assumed,
    positive,
)
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, has_color, say, stderr_color, write_pieces
from nwpolicy.readers.keeping import nothing_freed

if TYPE_CHECKING:
    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.queries.reach.answers import ReachAnswer

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy reach infra/ --from Internet --port 22           everything that can be reached, and the rules that let it
  nwpolicy reach infra/ --from snet-web --to snet-db
  nwpolicy reach infra/ --from OnPremises --protocol tcp --port 3389
  nwpolicy reach infra/ --from Internet --port 22 --unknowns any        also what may be, for a yes or no
  nwpolicy reach infra/ --output json > matrix.json         all who reach one another
"""
#: So many entries are shown to a person who does not say how many.
_LIMIT: Final = 40


def _reach_command(commands: Commands) -> None:
    help = "who can reach whom: the matrix of an estate, by classes of network interfaces"
    command = add_command(commands, "reach", help, _reach, f"{_EXAMPLES}\n{EXIT_CODES}")
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    flow = command.add_argument_group("flows", "what is left out may be anything")
    flow.add_argument(
        "--from",
        dest="source",
        metavar="WHO",
        help="Internet, OnPremises, or what of the estate: a NIC, VM, subnet, virtual network, ASG, gateway, prefix",
    )
    flow.add_argument("--to", dest="destination", metavar="WHO", help="the same, or a private endpoint")
    flow.add_argument("--protocol", metavar="PROTOCOL", help="TCP, UDP, ICMP, ESP, AH, a number, or a list of them")
    flow.add_argument("--port", metavar="PORTS", help="the destination's port, range or list of them")
    add_assumptions(command)
    add_unknowns(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["text", "json", "csv", "html"], default="text")
    output.add_argument("--limit", type=positive, default=_LIMIT, metavar="N", help="at most N entries in text form")
    output.add_argument("--quiet", "-q", action="store_true", help="only how many pairs reach; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"reach": _reach_command}


def _reach(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.reach import reach
    from nwpolicy.reports.diagnostics import diagnostic_lines

    with nothing_freed(), explained():
        snapshot = load_input(*arguments.path, given=arguments)
        answer = reach(
            snapshot,
            source=arguments.source,
            destination=arguments.destination,
            protocol=arguments.protocol,
            port=arguments.port,
            assume=assumed(arguments.assume),
            unknowns=arguments.unknowns,
        )
        if not arguments.quiet:
            say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
        write_pieces(_pieces(arguments, answer, snapshot))
    return UNDECIDED if answer.close().totals.may_reach else ANSWERED


def _pieces(arguments: argparse.Namespace, answer: ReachAnswer, snapshot: Snapshot) -> Iterable[str]:
    """The output, as it is found."""
    if arguments.output == "html":
        from nwpolicy.reports.reach_html import reach_html

        return (reach_html(answer, snapshot),)
    from nwpolicy.reports.reach import reach_lines
    from nwpolicy.reports.reach_data import csv_pieces, json_pieces
    from nwpolicy.reports.screen import render

    if arguments.output != "text":
        return json_pieces(answer) if arguments.output == "json" else csv_pieces(answer)
    color = has_color(arguments.color, sys.stdout)
    if arguments.quiet:
        return _only_head(answer, color=color)
    return (render((line,), color=color) for line in reach_lines(answer, arguments.limit))


def _only_head(answer: ReachAnswer, *, color: bool) -> Iterable[str]:
    from nwpolicy.reports.reach import reach_head
    from nwpolicy.reports.screen import render

    for _ in answer:
        pass
    yield render((reach_head(answer.close().totals),), color=color)
