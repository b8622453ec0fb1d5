"""`nwpolicy diff` and `nwpolicy equivalent`.

Exit codes: 0 no flow fares otherwise; 1 some do, or a place is on one side only; 2 wrong usage or unreadable input;
3 undecided, as it depends on what the input does not say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_assumptions, add_command, add_unknowns, assumed
from nwpolicy.cli.loading import explained, pins_of, versions_given
from nwpolicy.cli.terminal import (
    ANSWERED,
    UNDECIDED,
    UNEXPECTED,
    Unusable,
    error_lines,
    has_color,
    print_text,
    say,
    stderr_color,
)

if TYPE_CHECKING:
    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.queries.differences import Difference

__all__ = ["COMMANDS"]

_EXIT_CODES: Final = """exit codes: 0 no change in meaning, 1 changed, 2 wrong usage or unreadable input,
  3 it depends on what is unknown"""
_EXAMPLES: Final = {
    "diff": """examples:
  nwpolicy diff --base origin/main infra/         what the working tree changes
  nwpolicy diff deployed.json infra/nsg-web.json  from one file to another
  nwpolicy diff --rules --prove old/ new/         also where another rule decides; proved with Z3
  terraform show -json tfplan | nwpolicy diff -   what a plan of Terraform will change
""",
    "equivalent": """examples:
  nwpolicy equivalent old.json new.json
  nwpolicy equivalent infra/ generated/ --nsg nsg-web
""",
}


def _diff_command(commands: Commands) -> None:
    help = "which flows a change of definitions opens or closes, and by which rules"
    command = add_command(commands, "diff", help, _diff, f"{_EXAMPLES['diff']}\n{_EXIT_CODES}")
    command.add_argument(
        "path",
        nargs="+",
        metavar="PATH",
        help="OLD and NEW; or a plan of Terraform (JSON); or, with --base, what to compare",
    )
    command.add_argument("--base", metavar="REV", help="compare the working tree with this git revision")
    command.add_argument("--rules", action="store_true", help="also where only the rule that decides is another one")
    command.add_argument("--limit", type=_positive, metavar="N", help="at most N changes; tells how many are left out")
    command.add_argument("--exit-zero", action="store_true", help="exit with 0 also if something changed")
    _add_common(command)
    add_unknowns(command)
    command.add_argument("--prove", action="store_true", help="prove the decision diagrams with Z3, cell by cell")


def _equivalent_command(commands: Commands) -> None:
    help = "whether two versions of definitions treat every flow alike"
    command = add_command(commands, "equivalent", help, _equivalent, f"{_EXAMPLES['equivalent']}\n{_EXIT_CODES}")
    command.add_argument("path", nargs=2, metavar="PATH", help="a file or folder of definitions; - is standard input")
    where = command.add_argument_group("where", "the place that is compared; every place of both, if none is given")
    where.add_argument("--nic", metavar="NIC", help="a network interface, by name or resource id")
    where.add_argument("--nsg", metavar="NSG", help="a network security group by itself")
    where.add_argument("--subnet", metavar="SUBNET", help="a subnet")
    _add_common(command)


def _add_common(command: argparse.ArgumentParser) -> None:
    add_assumptions(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["text", "json"], default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="only the verdict; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "diff": _diff_command,
    "equivalent": _equivalent_command,
}


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _diff(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.diff import diff
    from nwpolicy.queries.differences import DiffVerdict

    old, new = _sides(arguments)
    with explained():
        answer = diff(
            old,
            new,
            rules=arguments.rules,
            prove=arguments.prove,
            assume=assumed(arguments.assume),
            unknowns=arguments.unknowns,
        )
    _print_difference(arguments, answer)
    codes = {DiffVerdict.SAME: ANSWERED, DiffVerdict.CHANGED: UNEXPECTED, DiffVerdict.MAY_CHANGE: UNDECIDED}
    code = codes[answer.verdict]
    return ANSWERED if arguments.exit_zero and code == UNEXPECTED else code


def _sides(arguments: argparse.Namespace) -> tuple[Snapshot, Snapshot]:
    """The definitions before and after."""
    if arguments.base is None:
        planned = _planned(arguments) if len(arguments.path) == 1 else None
        if planned is not None:
            return planned
        if len(arguments.path) != 2:  # noqa: PLR2004 - before and after
            help = "give OLD and NEW, or a plan of Terraform, or --base REV and what to compare with it"
            raise Unusable(error_lines("diff takes two paths", help))
        return _old_and_new(arguments)
    with explained():
        versions = versions_given(arguments, tuple(arguments.path), None, direct=True)
        return versions.before.definitions, versions.after.definitions


def _planned(arguments: argparse.Namespace) -> tuple[Snapshot, Snapshot] | None:
    """The definitions before and after a plan is applied; None where the path leads to no plan."""
    from nwpolicy.readers.load import load_plan

    with explained():
        pins = pins_of(arguments)
        sides = load_plan(arguments.path[0], pins)
        pins.check()
        return sides


def _old_and_new(arguments: argparse.Namespace) -> tuple[Snapshot, Snapshot]:
    """The definitions at two paths, one of which may hold none. What is set must be met on one side."""
    from nwpolicy.readers.versions import versions_of_paths

    with explained():
        pins = pins_of(arguments)
        versions = versions_of_paths(arguments.path[0], arguments.path[1], pins)
        pins.check()
        return versions.before.definitions, versions.after.definitions


def _two(arguments: argparse.Namespace) -> tuple[Snapshot, Snapshot]:
    """The definitions at two paths. What is set must be met on one side."""
    from nwpolicy.readers.load import load_side

    old, new = arguments.path
    with explained():
        pins = pins_of(arguments)
        sides = load_side(old, pins=pins), load_side(new, pins=pins)
        pins.check()
        return sides


def _print_difference(arguments: argparse.Namespace, answer: Difference) -> None:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        print_text(f"{dumps(versioned(answer), indent=2)}\n")
        return
    from nwpolicy.reports.difference import difference_head, difference_lines
    from nwpolicy.reports.screen import render

    lines = [difference_head(answer)] if arguments.quiet else difference_lines(answer, arguments.limit)
    print_text(render(lines, color=has_color(arguments.color, sys.stdout)))


def _equivalent(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.equivalent import equivalent
    from nwpolicy.reports.diagnostics import diagnostic_lines
    from nwpolicy.reports.difference import equivalence_head, equivalence_lines
    from nwpolicy.reports.jsonform import dumps, versioned
    from nwpolicy.reports.screen import render

    old, new = _two(arguments)
    place = {name: getattr(arguments, name) for name in ("nic", "nsg", "subnet")}
    with explained():
        answer = equivalent(old, new, assume=assumed(arguments.assume), **place)
    if not arguments.quiet:
        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    if arguments.output == "json":
        print_text(f"{dumps(versioned(answer), indent=2)}\n")
    else:
        lines = [equivalence_head(answer)] if arguments.quiet else equivalence_lines(answer)
        print_text(render(lines, color=has_color(arguments.color, sys.stdout)))
    return ANSWERED if answer.equivalent else UNEXPECTED
