"""Arguments that several commands have."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from nwpolicy.cli.terminal import Unusable, error_lines, print_text

if TYPE_CHECKING:
    from datetime import date

    from _typeshed import SupportsWrite

    from nwpolicy.queries.closing import Closing
    from nwpolicy.queries.question import Ask

__all__ = [
    "EXIT_CODES",
    "ArgumentGroup",
    "Commands",
    "Handler",
    "HelpLayout",
    "Parser",
    "add_assumptions",
    "add_command",
    "add_flow",
    "add_output",
    "add_place",
    "add_premises",
    "add_unknowns",
    "add_values",
    "asked",
    "assumed",
    "closing_of",
    "day",
    "pairs",
    "positive",
]

_WIDTH: Final = 80
_CLOSINGS: Final = ("any", "none")
EXIT_CODES = "exit codes: 0 answered, 1 not as expected (--expect), 2 wrong usage or unreadable input, 3 undecided"


class HelpLayout(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal. argparse makes one for each argument that it is told of, and if it has to find the width
    itself, loads what takes longer to load than all the rest of it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """As `shutil.get_terminal_size`."""
    with suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _WIDTH  # type: ignore[union-attr]
    return _WIDTH


class Parser(argparse.ArgumentParser):
    """Writes as the commands do."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        if file is None:
            print_text(self.format_help())
        else:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        from nwpolicy.reports.screen import clean

        super().error(clean(message))


Handler: TypeAlias = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
ArgumentGroup: TypeAlias = "argparse._ArgumentGroup"


def add_command(
    commands: Commands, name: str, help: str, run: Handler, epilog: str | None = None
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=epilog,
        formatter_class=HelpLayout,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    return command


def add_place(command: argparse.ArgumentParser) -> None:
    """The input, and the place in it."""
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    where = command.add_argument_group("where", "the place whose rules are asked about")
    where.add_argument("--nic", metavar="NIC", help="a network interface, by name or resource id")
    where.add_argument("--vm", metavar="VM", help="a virtual machine: its network interface")
    where.add_argument(
        "--nsg", metavar="NSG", help="a network security group by itself, as if attached to any interface"
    )
    where.add_argument("--private-endpoint", metavar="NAME", help="a private endpoint")
    where.add_argument("--subnet", metavar="SUBNET", help="a subnet: what its own rules do, whatever is in it")


def add_flow(command: argparse.ArgumentParser) -> None:
    """The five fields of a flow, and the direction."""
    flow = command.add_argument_group("flow", "the flows asked about; what is left out may be anything")
    flow.add_argument("--direction", type=str.capitalize, choices=["Inbound", "Outbound"])
    flow.add_argument("--protocol", metavar="PROTOCOL", help="TCP, UDP, ICMP, ESP, AH, a number, or a list of them")
    flow.add_argument(
        "--local", metavar="ADDRESS[:PORT]", help="this end: address, prefix, range, [IPv6]:port, list, *"
    )
    flow.add_argument(
        "--remote", metavar="ADDRESS[:PORT]", help="the other end: the same, or a service tag, ASG, subnet, …"
    )
    flow.add_argument(
        "--from", dest="source", metavar="END", help="where the flow starts (instead of --local and --remote)"
    )
    flow.add_argument("--to", dest="destination", metavar="END", help="where it goes")
    flow.add_argument("--port", metavar="PORTS", help="the destination's port, range or list of them")


def add_premises(command: argparse.ArgumentParser) -> None:
    """What is taken for true."""
    rests = add_assumptions(command)
    rests.add_argument(
        "--virtual-network", metavar="PREFIXES", help="with --nsg: what the tag VirtualNetwork stands for"
    )


class _Assume(argparse.Action):
    """Choices of assumptions; `any` and `none` alone say what `--unknowns` says, where a command has that."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        if values in _CLOSINGS and hasattr(namespace, "unknowns"):
            namespace.unknowns = values
        else:
            setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])


def add_assumptions(command: argparse.ArgumentParser) -> ArgumentGroup:
    """What is taken for true whatever is asked: assumptions, and values for what the input leaves open."""
    rests = command.add_argument_group("premises")
    rests.add_argument(
        "--assume",
        action=_Assume,
        default=[],
        metavar="NAME=VALUE",
        help="another choice where Azure's behaviour is not documented; `nwpolicy assumptions` lists them",
    )
    add_values(rests)
    return rests


def add_unknowns(command: argparse.ArgumentParser) -> None:
    """What counts where something depends on unknowns."""
    command.add_argument(
        "--unknowns",
        choices=_CLOSINGS,
        help="what depends on unknowns counts as allowed if any of their values allows it, or only if all do (none); "
        "--assume any and --assume none say the same",
    )


def closing_of(arguments: argparse.Namespace) -> Closing | None:
    """What `--unknowns` says."""
    from nwpolicy.queries.closing import Closing

    return None if arguments.unknowns is None else Closing(arguments.unknowns)


def add_values(rests: ArgumentGroup) -> None:
    """Values for what the input leaves open."""
    rests.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the value of a parameter, or of anything else that is not known, by the name that answers call it",
    )
    rests.add_argument(
        "--param-file", action="append", default=[], metavar="FILE", help="values from a parameter file; --set wins"
    )


def add_output(command: argparse.ArgumentParser, *more: str) -> None:
    """How the answer is written: as text, as JSON, or in a form that not all commands have."""
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["text", "json", *more], default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="only the verdict; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


def asked(arguments: argparse.Namespace) -> Ask:
    """The question that the arguments put."""
    from nwpolicy.queries.question import Ask

    return Ask(
        nic=arguments.nic,
        vm=arguments.vm,
        nsg=arguments.nsg,
        private_endpoint=arguments.private_endpoint,
        subnet=arguments.subnet,
        direction=arguments.direction,
        protocol=arguments.protocol,
        local=arguments.local,
        remote=arguments.remote,
        source=arguments.source,
        destination=arguments.destination,
        port=arguments.port,
        virtual_network=arguments.virtual_network,
        assume=assumed(arguments.assume),
    )


def assumed(given: Sequence[str]) -> dict[str, str]:
    """The choices that `--assume` gives."""
    closes = any(text in _CLOSINGS for text in given)
    help = "verify, why, enumerate, diff, reach and troubleshoot close unknowns" if closes else None
    return pairs("--assume", given, help or "`nwpolicy assumptions` lists them")


def day(text: str | None) -> date | None:
    """The day that `--today` gives."""
    from datetime import date

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Unusable(error_lines(f"--today: {text!r} is no day", "a day is written YYYY-MM-DD")) from None


def pairs(option: str, given: Sequence[str], help: str | None = None) -> dict[str, str]:
    """What an option gives as NAME=VALUE, the last value of each name."""
    chosen = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise Unusable(error_lines(f"{option} takes NAME=VALUE, not {text!r}", help))
        chosen[name] = value
    return chosen


def positive(text: str) -> int:
    """A number of things to show."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
