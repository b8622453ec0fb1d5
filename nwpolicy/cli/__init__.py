"""The command `nwpolicy`: arguments in, text out, exit codes. Everything else lives below.

Exit codes: 0 answered; 1 the answer is not the expected one; 2 wrong usage or unreadable input; 3 undecided, because
the answer depends on something that the input does not say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from nwpolicy import __version__
from nwpolicy.cli.arguments import EXIT_CODES, Commands, HelpLayout, Parser
from nwpolicy.cli.terminal import INTERRUPTED, Unusable, say, stderr_color

__all__ = ["main", "parser"]

_DESCRIPTION: Final = "Exact, offline answers about Azure network rules, from the files that define them."
_EXAMPLES: Final = """examples:
  # one packet, as Network Watcher's IP flow verify asks it
  nwpolicy verify rules-examples/three-tier --nic nic-web --direction Inbound --protocol TCP \\
      --local 10.1.1.4:443 --remote 203.0.113.9:60000

  # a whole set: who gets in from the internet, and by which rule
  nwpolicy verify nsg.json --nsg nsg-web --direction Inbound --remote Internet

  # why not, and the least change that would let it through
  nwpolicy why infra/ --from Internet --to vm-db --protocol tcp --port 1433
"""
#: The commands, and the module that has each: only the one that is asked for is loaded.
_HOMES: Final = {
    "verify": "nwpolicy.cli.questions",
    "why": "nwpolicy.cli.questions",
    "enumerate": "nwpolicy.cli.enumeration",
    "routes": "nwpolicy.cli.routing",
    "next-hop": "nwpolicy.cli.routing",
    "troubleshoot": "nwpolicy.cli.troubleshoot",
    "reach": "nwpolicy.cli.reach",
    "graph": "nwpolicy.cli.graph",
    "check": "nwpolicy.cli.check",
    "diff": "nwpolicy.cli.comparison",
    "report": "nwpolicy.cli.report",
    "equivalent": "nwpolicy.cli.comparison",
    "show": "nwpolicy.cli.show",
    "convert": "nwpolicy.cli.convert",
    "lint": "nwpolicy.cli.linting",
    "rules": "nwpolicy.cli.linting",
    "explain": "nwpolicy.cli.linting",
    "fmt": "nwpolicy.cli.files",
    "schema": "nwpolicy.cli.files",
    "assumptions": "nwpolicy.cli.files",
    "completion": "nwpolicy.cli.files",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    arguments = argparse.Namespace()
    try:
        words = sys.argv[1:] if argv is None else argv
        only = words[0] if words and words[0] in _HOMES else None
        arguments = parser(only).parse_args(words)
        code: int = arguments.run(arguments)
    except Unusable as stop:
        say(stop.lines, stderr_color(arguments))
        return stop.code
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The arguments of the command; `only` leaves out all commands but one, as nobody will see them."""
    top = Parser(
        prog="nwpolicy",
        description=_DESCRIPTION,
        epilog=f"{_EXAMPLES}\n{EXIT_CODES}",
        formatter_class=HelpLayout,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"nwpolicy {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, home in _HOMES.items():
        if only in (None, name):
            add: Mapping[str, Callable[[Commands], None]] = import_module(home).COMMANDS
            add[name](commands)
    return top
