"""`nwpolicy enumerate`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import (
    EXIT_CODES,
    Commands,
    add_command,
    add_flow,
    add_place,
    add_premises,
    add_unknowns,
    asked,
    closing_of,
    positive,
)
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, Unusable, error_lines, has_color, say, stderr_color, write_pieces

if TYPE_CHECKING:
    from nwpolicy.queries.cubes import Enumeration

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy enumerate infra/ --nic nic-web --direction Inbound --allowed         everything that comes in
  nwpolicy enumerate infra/ --nsg nsg-web --direction Inbound --by-rule         and which rule lets it in
  nwpolicy enumerate infra/ --from vm-web --to vm-db --protocol tcp             out of the one and into the other
  nwpolicy enumerate infra/ --subnet snet-web --direction Inbound --output svg > open.svg
"""


def _enumerate_command(commands: Commands) -> None:
    help = "list all flows that are allowed or denied, as few sets of flows"
    command = add_command(commands, "enumerate", help, _enumerate, f"{_EXAMPLES}\n{EXIT_CODES}")
    add_place(command)
    add_flow(command)
    what = command.add_argument_group(
        "what is listed", "everything, if nothing is given; what depends is always listed"
    )
    access = what.add_mutually_exclusive_group()
    access.add_argument("--allowed", dest="select", action="store_const", const="Allow", help="what is allowed")
    access.add_argument("--denied", dest="select", action="store_const", const="Deny", help="what is denied")
    what.add_argument("--by-rule", action="store_true", help="apart by the rule that decides")
    what.add_argument("--limit", type=positive, metavar="N", help="at most N sets; tells how much is left out")
    what.add_argument("--prove", action="store_true", help="prove the decision diagrams with Z3, cell by cell")
    add_premises(command)
    add_unknowns(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["text", "table", "json", "csv", "svg"], default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="only the verdict; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"enumerate": _enumerate_command}


def _enumerate(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.answers import VerdictName
    from nwpolicy.queries.cubes import FateName
    from nwpolicy.queries.enumerate import enumerate_path
    from nwpolicy.queries.question import pose_path
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if arguments.output == "svg" and (arguments.select == "Deny" or arguments.limit):
        raise Unusable(error_lines("a picture shows all that is open", "leave out --denied and --limit"))
    snapshot = load_input(*arguments.path, given=arguments)
    select = None if arguments.select is None else FateName(arguments.select)
    with explained():
        path = pose_path(snapshot, asked(arguments))
        answer = enumerate_path(
            path, select=select, by_rule=arguments.by_rule, prove=arguments.prove, unknowns=closing_of(arguments)
        )
    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    with explained():
        write_pieces(_pieces(arguments, answer))
    return UNDECIDED if answer.verdict is VerdictName.DEPENDS else ANSWERED


def _pieces(arguments: argparse.Namespace, answer: Enumeration) -> Iterable[str]:
    """The output, as it is found."""
    if arguments.output == "json":
        from nwpolicy.reports.cubes_json import json_pieces

        return json_pieces(answer, arguments.limit)
    if arguments.output == "csv":
        return _csv(arguments, answer)
    if arguments.output == "svg":
        return (_svg(answer),)
    from nwpolicy.reports.screen import render
    from nwpolicy.reports.table import enumeration_head, enumeration_lines

    color = has_color(arguments.color, sys.stdout)
    lines = [enumeration_head(answer)] if arguments.quiet else enumeration_lines(answer, arguments.limit)
    return (render((line,), color=color) for line in lines)


def _csv(arguments: argparse.Namespace, answer: Enumeration) -> Iterable[str]:
    """A table has no place for what it leaves out: that goes to standard error."""
    from nwpolicy.queries.cubes import Listing
    from nwpolicy.reports.csvform import csv_rows
    from nwpolicy.reports.quantities import left_out_text

    listing = Listing(answer, arguments.limit)
    yield from csv_rows(listing)
    if listing.left_out is not None:
        say([("nwpolicy: ", left_out_text(listing.left_out))], stderr_color(arguments))


def _svg(answer: Enumeration) -> str:
    from nwpolicy.queries.openmap import MapTooLarge
    from nwpolicy.reports.cubes_svg import svg_text

    try:
        return svg_text(answer)
    except MapTooLarge as error:
        help = "ask about fewer protocols, ports or addresses"
        raise Unusable(error_lines(f"too large to draw: {error}", help)) from None
