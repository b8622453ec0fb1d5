"""`nwpolicy graph`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import EXIT_CODES, Commands, add_assumptions, add_command, assumed
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, print_text, say, stderr_color

if TYPE_CHECKING:
    from nwpolicy.queries.graph_answer import GraphAnswer

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy graph infra/ > topology.svg                       a picture for a browser
  nwpolicy graph infra/ --from Internet --to vm-web --protocol tcp --port 443 > way.svg
  nwpolicy graph infra/ --output mermaid                     for a Markdown file or a pull request
  nwpolicy graph infra/ --output dot > topology.dot          for Graphviz: dot -Tpdf topology.dot
"""


def _graph_command(commands: Commands) -> None:
    help = "draw the topology: networks, subnets, what is in them, and how they are connected"
    command = add_command(commands, "graph", help, _graph, f"{_EXAMPLES}\n{EXIT_CODES}")
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    flow = command.add_argument_group("flow", "a flow whose way is drawn in, as troubleshoot follows it")
    flow.add_argument("--from", dest="source", metavar="END", help="a network interface, address, Internet, …")
    flow.add_argument("--to", dest="destination", metavar="END", help="the same")
    flow.add_argument("--protocol", metavar="PROTOCOL", help="TCP, UDP, ICMP, ESP, AH, a number, or a list of them")
    flow.add_argument("--port", metavar="PORTS", help="the destination's port, range or list of them")
    add_assumptions(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["svg", "dot", "mermaid", "json"], default="svg")
    output.add_argument("--quiet", "-q", action="store_true", help="no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="of warnings")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"graph": _graph_command}


def _graph(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.graph import graph
    from nwpolicy.queries.graph_answer import StepState
    from nwpolicy.reports.diagnostics import diagnostic_lines

    snapshot = load_input(*arguments.path, given=arguments)
    with explained():
        answer = graph(
            snapshot,
            arguments.source,
            arguments.destination,
            protocol=arguments.protocol,
            port=arguments.port,
            assume=assumed(arguments.assume),
        )
        text = _text(arguments.output, answer)
    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    print_text(text)
    return UNDECIDED if answer.flow is not None and answer.flow.state is StepState.DEPENDS else ANSWERED


def _text(form: str, answer: GraphAnswer) -> str:
    if form == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        return f"{dumps(versioned(answer), indent=2)}\n"
    if form == "dot":
        from nwpolicy.reports.graph_dot import graph_dot

        return graph_dot(answer)
    if form == "mermaid":
        from nwpolicy.reports.graph_mermaid import graph_mermaid

        return graph_mermaid(answer)
    from nwpolicy.reports.graph_svg import graph_svg

    return graph_svg(answer)
