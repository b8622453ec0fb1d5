"""`nwpolicy routes` and `nwpolicy next-hop`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import EXIT_CODES, Commands, Handler, add_assumptions, add_command, add_output, assumed
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, UNEXPECTED, has_color, print_text, say, stderr_color

if TYPE_CHECKING:
    from nwpolicy.queries.nexthop import NextHopAnswer
    from nwpolicy.queries.routes import RouteAskWords, RoutesAnswer
    from nwpolicy.reports.screen import Line

__all__ = ["COMMANDS"]

_EXAMPLES: Final = {
    "routes": """examples:
  nwpolicy routes infra/ --nic nic-web                  the list of az network nic show-effective-route-table
  nwpolicy routes infra/ --subnet snet-web --output json
  nwpolicy routes nic-web.json                          a list that Azure printed, in a file named after the interface
""",
    "next-hop": """examples:
  nwpolicy next-hop infra/ --nic nic-web --dest 10.10.3.3
  nwpolicy next-hop infra/ --nic nic-web --dest Internet --expect VirtualAppliance    fails if any goes elsewhere
  nwpolicy next-hop infra/ --nic nic-web                                              every destination, by next hop
""",
}


def _command(commands: Commands, name: str, help: str, run: Handler) -> argparse.ArgumentParser:
    command = add_command(commands, name, help, run, f"{_EXAMPLES[name]}\n{EXIT_CODES}")
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    where = command.add_argument_group("where", "the place whose routes are asked about")
    where.add_argument("--nic", metavar="NIC", help="a network interface, by name or resource id")
    where.add_argument("--vm", metavar="VM", help="a virtual machine: its network interface")
    where.add_argument("--subnet", metavar="SUBNET", help="a subnet: what holds for everything in it")
    add_assumptions(command)
    add_output(command)
    return command


def _routes_command(commands: Commands) -> None:
    _command(commands, "routes", "the effective routes of a network interface or subnet, with their states", _routes)


def _next_hop_command(commands: Commands) -> None:
    command = _command(commands, "next-hop", "where Azure sends what leaves a place, and by which route", _next_hop)
    command.add_argument(
        "--dest", metavar="END", help="an address, prefix, range, service tag or name; anything if left out"
    )
    command.add_argument("--expect", metavar="TYPE", help="exit with 1 if any destination has another next hop type")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "routes": _routes_command,
    "next-hop": _next_hop_command,
}


def _asked(arguments: argparse.Namespace) -> RouteAskWords:
    return {
        "nic": arguments.nic,
        "vm": arguments.vm,
        "subnet": arguments.subnet,
        "assume": assumed(arguments.assume),
    }


def _routes(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.routes import routes

    snapshot = load_input(*arguments.path, given=arguments)
    with explained():
        answer = routes(snapshot, **_asked(arguments))
    from nwpolicy.reports.routing import route_lines, routes_head

    _print(arguments, answer, [routes_head(answer)] if arguments.quiet else route_lines(answer))
    return ANSWERED if answer.complete else UNDECIDED


def _next_hop(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.nexthop import HopVerdict, next_hop

    snapshot = load_input(*arguments.path, given=arguments)
    with explained():
        answer = next_hop(snapshot, arguments.dest, **_asked(arguments))
    from nwpolicy.reports.routing import next_hop_head, next_hop_lines

    _print(arguments, answer, [next_hop_head(answer)] if arguments.quiet else next_hop_lines(answer))
    if answer.verdict is HopVerdict.DEPENDS:
        return UNDECIDED
    types = {(hop.next_hop_type or "").lower() for part in answer.parts for hop in part.hops}
    wrong = arguments.expect is not None and types != {arguments.expect.lower()}
    return UNEXPECTED if wrong else ANSWERED


def _print(arguments: argparse.Namespace, answer: RoutesAnswer | NextHopAnswer, lines: Iterable[Line]) -> None:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        print_text(f"{dumps(versioned(answer), indent=2)}\n")
        return
    from nwpolicy.reports.screen import render

    print_text(render(lines, color=has_color(arguments.color, sys.stdout)))
