"""The command `nwpolicy`: arguments in, text out, exit codes. Everything else lives below.

Exit codes: 0 answered; 1 the answer is not the expected one; 2 wrong usage or unreadable input; 3 undecided, because
the answer depends on something that the input does not say.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TextIO, TypeAlias

from nwpolicy import __version__

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.queries.answers import Answer
    from nwpolicy.queries.question import Ask, Question
    from nwpolicy.reports.screen import Line

__all__ = ["main", "parser"]

ANSWERED: Final = 0
UNEXPECTED: Final = 1
UNUSABLE: Final = 2
UNDECIDED: Final = 3
_INTERRUPTED: Final = 130

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
_EXIT_CODES: Final = (
    "exit codes: 0 answered, 1 not as expected (--expect), 2 wrong usage or unreadable input, 3 undecided"
)
_QUESTION_EXAMPLES: Final = {
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
_OTHER_EXAMPLES: Final = {
    "fmt": """examples:
  nwpolicy fmt policies/*.nwp
  nwpolicy fmt --check policies/*.nwp          in a build: fails if a file is not formatted
""",
    "schema": """examples:
  nwpolicy schema > definitions.schema.json    for the editor
  nwpolicy schema verify                       the form of `nwpolicy verify --output json`
""",
    "assumptions": """examples:
  nwpolicy assumptions
  nwpolicy verify infra/ --nic nic-web --direction Inbound --assume icmpv6=unfiltered
""",
    "completion": """examples:
  nwpolicy completion bash > ~/.local/share/bash-completion/completions/nwpolicy
  nwpolicy completion zsh > ~/.zfunc/_nwpolicy
  nwpolicy completion tcsh > ~/.nwpolicy.completion.csh
""",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    arguments = argparse.Namespace()
    try:
        words = sys.argv[1:] if argv is None else argv
        only = words[0] if words and words[0] in _COMMANDS else None
        arguments = parser(only).parse_args(words)
        code: int = arguments.run(arguments)
    except _Unusable as stop:
        _say(stop.lines, _stderr_color(arguments))
        return stop.code
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


class _Parser(argparse.ArgumentParser):
    """Writes as the commands do."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        if file is None:
            _print(self.format_help())
        else:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        from nwpolicy.reports.screen import clean

        super().error(clean(message))


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The arguments of the command; `only` leaves out all commands but one, as nobody will see them."""
    top = _Parser(
        prog="nwpolicy",
        description=_DESCRIPTION,
        epilog=f"{_EXAMPLES}\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"nwpolicy {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, add in _COMMANDS.items():
        if only in (None, name):
            add(commands)
    return top


Handler: TypeAlias = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _command(
    commands: Commands, name: str, help: str, run: Handler, epilog: str | None = None
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    return command


def _question(commands: Commands, name: str, help: str, run: Handler) -> argparse.ArgumentParser:
    command = _command(commands, name, help, run, f"{_QUESTION_EXAMPLES[name]}\n{_EXIT_CODES}")
    command.add_argument("path", nargs="+", metavar="PATH", help="a file or folder of definitions; - is standard input")
    where = command.add_argument_group("where", "the place whose rules are asked about")
    where.add_argument("--nic", metavar="NIC", help="a network interface, by name or resource id")
    where.add_argument("--vm", metavar="VM", help="a virtual machine: its network interface")
    where.add_argument(
        "--nsg", metavar="NSG", help="a network security group by itself, as if attached to any interface"
    )
    where.add_argument("--private-endpoint", metavar="NAME", help="a private endpoint")
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
    rests = command.add_argument_group("premises")
    rests.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another choice where Azure's behaviour is not documented; `nwpolicy assumptions` lists them",
    )
    rests.add_argument(
        "--virtual-network", metavar="PREFIXES", help="with --nsg: what the tag VirtualNetwork stands for"
    )
    _output(command)
    command.add_argument("--expect", choices=["allow", "deny"], help="exit with 1 if the answer is another one")
    return command


def _output(command: argparse.ArgumentParser) -> None:
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=["text", "json"], default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="only the verdict; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


def _verify_command(commands: Commands) -> None:
    _question(commands, "verify", "is this flow, or set of flows, allowed, and by which rule", _verify)


def _why_command(commands: Commands) -> None:
    why = _question(commands, "why", "every layer's decision, and the smallest change of rules that turns it", _why)
    why.add_argument("--want", choices=["allow", "deny"], help="what the smallest fix should reach (default: allow)")


def _fmt_command(commands: Commands) -> None:
    command = _command(commands, "fmt", "format .nwp files in place", _format, _OTHER_EXAMPLES["fmt"])
    command.add_argument("path", nargs="+", metavar="PATH", help="a .nwp file; - reads standard input and prints")
    command.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")


def _schema_command(commands: Commands) -> None:
    help = "print a JSON Schema: of definitions files, or of an answer"
    command = _command(commands, "schema", help, _print_schema, _OTHER_EXAMPLES["schema"])
    command.add_argument("name", nargs="?", default="definitions", help="definitions (default), verify, why")


def _assumptions_command(commands: Commands) -> None:
    help = "list what is assumed where Azure's behaviour is not documented"
    _command(commands, "assumptions", help, _list_assumptions, _OTHER_EXAMPLES["assumptions"])


def _completion_command(commands: Commands) -> None:
    help = "print a completion script for a shell"
    command = _command(commands, "completion", help, _completion, _OTHER_EXAMPLES["completion"])
    command.add_argument("shell", choices=["bash", "zsh", "tcsh"])


_COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "verify": _verify_command,
    "why": _why_command,
    "fmt": _fmt_command,
    "schema": _schema_command,
    "assumptions": _assumptions_command,
    "completion": _completion_command,
}


class _Unusable(Exception):  # noqa: N818 - the way out of a command
    """The command ends here, with these lines for the person."""

    def __init__(self, lines: Sequence[Line], code: int = UNUSABLE) -> None:
        super().__init__()
        self.lines, self.code = lines, code


def _verify(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.verify import verify_question

    return _answer(arguments, verify_question)


def _why(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.why import why_question

    return _answer(arguments, lambda question: why_question(question, want=arguments.want))


def _answer(arguments: argparse.Namespace, query: Callable[[Question], Answer]) -> int:
    """Loads, asks, prints."""
    from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue, Undecided
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.answers import VerdictName
    from nwpolicy.queries.question import QuestionError, pose
    from nwpolicy.reports.diagnostics import diagnostic_lines

    snapshot = _load(arguments)
    try:
        answer = query(pose(snapshot, _ask(arguments)))
    except QuestionError as error:
        code = UNDECIDED if error.undecided else UNUSABLE
        raise _Unusable(_error(error.message, error.help), code) from None
    except InputError as error:
        raise _Unusable(list(diagnostic_lines(error.diagnostics))) from None
    except NoPossibleValue as error:
        raise _Unusable(_error(str(error)), UNUSABLE) from None
    except Undecided as error:
        raise _Unusable(_error(f"undecided: {error}", "ask about fewer flows"), UNDECIDED) from None
    except EngineDisagreement as error:
        help = "this is a defect of nwpolicy; please report it with the following"
        raise _Unusable((*_error(f"internal error: {error}", help), (error.reproducer,))) from None
    _print_answer(arguments, answer)
    if answer.verdict is VerdictName.DEPENDS:
        return UNDECIDED
    wrong = arguments.expect is not None and answer.verdict.value.lower() != arguments.expect
    return UNEXPECTED if wrong else ANSWERED


def _load(arguments: argparse.Namespace) -> Snapshot:
    """The definitions; ends the command if anything of them could not be read."""
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.readers.load import load
    from nwpolicy.reports.diagnostics import diagnostic_lines

    try:
        return load(*arguments.path)
    except InputError as error:
        raise _Unusable(list(diagnostic_lines(error.diagnostics))) from None


def _print_answer(arguments: argparse.Namespace, answer: Answer) -> None:
    from nwpolicy.reports.diagnostics import diagnostic_lines

    if not arguments.quiet:
        _say(list(diagnostic_lines(answer.diagnostics)), _stderr_color(arguments))
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import json_text

        _print(json_text(answer))
        return
    from nwpolicy.reports.screen import render
    from nwpolicy.reports.text import answer_lines, verdict_line

    lines = [verdict_line(answer)] if arguments.quiet else answer_lines(answer)
    _print(render(lines, color=_has_color(arguments.color, sys.stdout)))


def _ask(arguments: argparse.Namespace) -> Ask:
    from nwpolicy.queries.question import Ask

    return Ask(
        nic=arguments.nic,
        vm=arguments.vm,
        nsg=arguments.nsg,
        private_endpoint=arguments.private_endpoint,
        direction=arguments.direction,
        protocol=arguments.protocol,
        local=arguments.local,
        remote=arguments.remote,
        source=arguments.source,
        destination=arguments.destination,
        port=arguments.port,
        virtual_network=arguments.virtual_network,
        assume=_assumed(arguments.assume),
    )


def _assumed(given: Sequence[str]) -> dict[str, str]:
    chosen = {}
    for text in given:
        name, equals, choice = text.partition("=")
        if not equals:
            raise _Unusable(_error(f"--assume takes NAME=VALUE, not {text!r}", "`nwpolicy assumptions` lists them"))
        chosen[name] = choice
    return chosen


def _list_assumptions(_: argparse.Namespace) -> int:
    from nwpolicy.queries.assumptions import assumption_texts

    _print("".join(f"{text}\n" for text in assumption_texts()))
    return ANSWERED


def _format(arguments: argparse.Namespace) -> int:
    """Formats each file, or tells which ones it would change."""
    changed = [path for path in arguments.path if _format_one(path, check=arguments.check)]
    if arguments.check:
        _say([(f"{path} is not formatted",) for path in changed], color=False)
    return UNEXPECTED if changed and arguments.check else ANSWERED


def _format_one(path: str, *, check: bool) -> bool:
    """Whether the file was not in the canonical form; it is now, unless this was only a check."""
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.readers.load import read_source
    from nwpolicy.readers.nwp import format_text
    from nwpolicy.reports.diagnostics import diagnostic_lines

    try:
        text = read_source(path)
        formatted = format_text(path, text)
    except InputError as error:
        raise _Unusable(list(diagnostic_lines(error.diagnostics))) from None
    if path == "-" and not check:
        _print(formatted)
    elif formatted != text and not check:
        _rewrite(path, formatted)
    return formatted != text


def _rewrite(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise _Unusable(_error(f"cannot write {path}: {error.strerror}")) from None


def _print_schema(arguments: argparse.Namespace) -> int:
    from nwpolicy.resources import data_path, read_data

    names = sorted(path.name.removesuffix(".schema.json") for path in data_path("schemas").glob("*.schema.json"))
    if arguments.name not in names:
        raise _Unusable(_error(f"there is no schema {arguments.name!r}", f"there are {', '.join(names)}"))
    _print(read_data("schemas", f"{arguments.name}.schema.json"))
    return ANSWERED


def _completion(arguments: argparse.Namespace) -> int:
    import shtab

    _print(f"{shtab.complete(parser(), shell=arguments.shell)}\n")
    return ANSWERED


def _error(message: str, help: str | None = None) -> list[Line]:
    lines: list[Line] = [("nwpolicy: ", message)]
    return [*lines, ("  = help: ", help)] if help else lines


def _say(lines: Sequence[Line], color: bool) -> None:
    """Writes to standard error, as far as anybody listens."""
    from nwpolicy.reports.screen import render

    with contextlib.suppress(OSError, AttributeError):  # full, or closed (then it is None)
        sys.stderr.write(render(lines, color=color))


def _print(text: str) -> None:
    """Writes to standard output; characters that its encoding lacks are escaped.

    A reader who has seen enough is no failure, and the exit code stays what it was.
    """
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise _Unusable(_error("cannot write the answer: standard output is closed"))
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter would try again at its end
        if not isinstance(error, BrokenPipeError):
            raise _Unusable(_error(f"cannot write the answer: {error.strerror}")) from None


def _stderr_color(arguments: argparse.Namespace) -> bool:
    return _has_color(getattr(arguments, "color", "auto"), sys.stderr)


def _has_color(choice: str, stream: TextIO | None) -> bool:
    """Colour on a terminal only, unless the person or the environment says otherwise (no-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream is not None and stream.isatty())
