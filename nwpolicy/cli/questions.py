"""`nwpolicy verify` and `nwpolicy why`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import (
    EXIT_CODES,
    Commands,
    Handler,
    add_command,
    add_flow,
    add_output,
    add_place,
    add_premises,
    add_unknowns,
    asked,
    closing_of,
)
from nwpolicy.cli.loading import explained, load_input
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, UNEXPECTED, has_color, print_text, say, stderr_color

if TYPE_CHECKING:
    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.queries.answers import Answer
    from nwpolicy.queries.question import Question

__all__ = ["COMMANDS"]

_EXAMPLES: Final = {
    "verify": """examples:
  nwpolicy verify nsg.json --nsg nsg-web --direction Inbound --protocol TCP \\
      --local 10.0.0.4:443 --remote 203.0.113.9:60000
  nwpolicy verify infra/ --nic nic-web --direction Inbound --remote Internet          what comes in from the internet?
  nwpolicy verify infra/ --from Internet --to vm-db --port 1433 --expect deny         fails a build if it gets in
""",
    "why": """examples:
  nwpolicy why infra/ --from Internet --to vm-db --protocol tcp --port 1433
  nwpolicy why infra/ --from 10.0.0.0/8 --to vm-db --port 22 --want deny              the least change that closes it
""",
}


def _question(commands: Commands, name: str, help: str, run: Handler, *forms: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, help, run, f"{_EXAMPLES[name]}\n{EXIT_CODES}")
    add_place(command)
    add_flow(command)
    add_premises(command)
    add_output(command, *forms)
    command.add_argument("--expect", choices=["allow", "deny"], help="exit with 1 if the answer is another one")
    add_unknowns(command)
    return command


def _verify_command(commands: Commands) -> None:
    _question(commands, "verify", "is this flow, or set of flows, allowed, and by which rule", _verify)


def _why_command(commands: Commands) -> None:
    help = "every layer's decision, and the smallest change of rules that turns it"
    why = _question(commands, "why", help, _why, "html")
    why.add_argument("--want", choices=["allow", "deny"], help="what the smallest fix should reach (default: allow)")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"verify": _verify_command, "why": _why_command}


def _verify(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.verify import verify_question

    unknowns = closing_of(arguments)
    return _answer(arguments, lambda question: verify_question(question, unknowns=unknowns))


def _why(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.why import why_question

    unknowns = closing_of(arguments)
    return _answer(arguments, lambda question: why_question(question, want=arguments.want, unknowns=unknowns))


def _answer(arguments: argparse.Namespace, query: Callable[[Question], Answer]) -> int:
    """Loads, asks, prints."""
    from nwpolicy.queries.answers import VerdictName
    from nwpolicy.queries.question import pose

    snapshot = load_input(*arguments.path, given=arguments)
    with explained():
        answer = query(pose(snapshot, asked(arguments)))
        page = _page(arguments, answer, snapshot) if arguments.output == "html" else None
    _print_answer(arguments, answer, page)
    if answer.verdict is VerdictName.DEPENDS:
        return UNDECIDED
    wrong = arguments.expect is not None and answer.verdict.value.lower() != arguments.expect
    return UNEXPECTED if wrong else ANSWERED


def _page(arguments: argparse.Namespace, answer: Answer, snapshot: Snapshot) -> str:
    from nwpolicy.queries.answers import WhyAnswer
    from nwpolicy.reports.why_html import why_html

    assert isinstance(answer, WhyAnswer)
    return why_html(answer, snapshot, asked(arguments))


def _print_answer(arguments: argparse.Namespace, answer: Answer, page: str | None) -> None:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    if page is not None:
        print_text(page)
        return
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import json_text

        print_text(json_text(answer))
        return
    from nwpolicy.reports.screen import render
    from nwpolicy.reports.text import answer_lines, verdict_line

    lines = [verdict_line(answer)] if arguments.quiet else answer_lines(answer)
    print_text(render(lines, color=has_color(arguments.color, sys.stdout)))
