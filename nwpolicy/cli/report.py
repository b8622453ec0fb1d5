"""`nwpolicy report`."""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_assumptions, add_command, assumed, day, pairs
from nwpolicy.cli.loading import explained, pins_of, versions_given
from nwpolicy.cli.settings import add_settings, config_of, lint_options
from nwpolicy.cli.terminal import ANSWERED, UNDECIDED, UNEXPECTED, Unusable, error_lines, has_color, print_text, say
from nwpolicy.readers.keeping import nothing_freed

if TYPE_CHECKING:
    from nwpolicy.queries.report import Report
    from nwpolicy.readers.pins import Pins
    from nwpolicy.readers.versions import Versions
    from nwpolicy.reports.report_words import Links

__all__ = ["COMMANDS"]

_EPILOG: Final = """examples:
  nwpolicy report --base origin/main                     what the working tree changes
  nwpolicy report --base main --head topic infra/        what a branch changes, since it left the other one
  nwpolicy report --base origin/main --output markdown --write html=report.html --write sarif=new.sarif
  nwpolicy report old/ new/
  terraform show -json tfplan | nwpolicy report -

exit codes: 0 no change in meaning, nothing newly wrong, 1 something changed or is newly wrong (0 with --exit-zero),
  2 wrong usage or nothing readable, 3 it depends on what is unknown, or was not compared"""
_FORMATS: Final = ("text", "markdown", "summary", "html", "json", "sarif")
_LINK: Final = re.compile(r"https?://[^\s<>\"'`|\\]+", re.ASCII)


def _command(commands: Commands) -> None:
    help = "what a change of definitions really does: a page to approve it from"
    command = add_command(commands, "report", help, _report, _EPILOG)
    command.add_argument(
        "path",
        nargs="*",
        metavar="PATH",
        help="with --base, what to compare (default: .); else OLD and NEW, or a plan of Terraform (JSON)",
    )
    command.add_argument("--base", metavar="REV", help="the git revision that is changed")
    command.add_argument("--head", metavar="REV", help="the revision that changes it (default: the working tree)")
    command.add_argument(
        "--direct", action="store_true", help="compare with REV itself, not with where the other side left it"
    )
    command.add_argument("--today", metavar="DATE", help="the day, as YYYY-MM-DD, that last days are compared with")
    command.add_argument("--exit-zero", action="store_true", help="exit with 0 also if something changed")
    add_assumptions(command)
    add_settings(command)
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=_FORMATS, default="text", help="summary: Markdown of up to 1 MiB")
    output.add_argument("--write", action="append", default=[], metavar="FORMAT=FILE", help="write a file, too")
    output.add_argument("--link", metavar="URL", help="links to lines, with {path} and {line} in it")
    output.add_argument("--base-link", metavar="URL", help="the same for lines of the base")
    output.add_argument("--quiet", "-q", action="store_true", help="only the verdict")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {"report": _command}


def _report(arguments: argparse.Namespace) -> int:
    """What the report is about is there until the process ends, so its end does not have to look through it either."""
    with nothing_freed():
        code = _reported(arguments)
        gc.freeze()
    return code


def _reported(arguments: argparse.Namespace) -> int:
    from datetime import date

    from nwpolicy.queries.report import ReportVerdict, report
    from nwpolicy.queries.report.unread import comparable
    from nwpolicy.reports.report_words import Links

    files = _files(arguments)
    base, head = _template("--base-link", arguments.base_link), _template("--link", arguments.link)
    config, today = config_of(arguments), day(arguments.today)
    assume = {**config.assume, **assumed(arguments.assume)}
    options = lint_options(config, assume, today or date.today())
    with explained():
        versions = comparable(_versions(arguments))
        found = report(versions, today=today, assume=assume, options=options)
    links = Links(versions, base, head)
    for form, path in files.items():
        _write(path, _text(form, found, links, versions))
    print_text(_shown(arguments, found, links, versions))
    if found.is_worse or found.is_loosened or found.verdict is ReportVerdict.CHANGED:
        return ANSWERED if arguments.exit_zero else UNEXPECTED
    return UNDECIDED if found.verdict is ReportVerdict.MAY_CHANGE or found.undecided else ANSWERED


def _files(arguments: argparse.Namespace) -> dict[str, str]:
    files = pairs("--write", arguments.write, f"formats are {', '.join(_FORMATS)}")
    unknown = next((form for form in files if form not in _FORMATS), None)
    if unknown is not None:
        raise Unusable(error_lines(f"--write: there is no format {unknown!r}", f"formats are {', '.join(_FORMATS)}"))
    return files


def _template(option: str, template: str | None) -> str | None:
    if template is not None and not (_LINK.fullmatch(template) and "{path}" in template):
        help = "for example https://github.com/OWNER/REPOSITORY/blob/COMMIT/{path}#L{line}"
        raise Unusable(error_lines(f"{option}: {template!r} is no address with {{path}} in it", help))
    return template


def _versions(arguments: argparse.Namespace) -> Versions:
    """The definitions before and after. Raises InputError."""
    if arguments.base is not None:
        where = tuple(arguments.path) or (".",)
        return versions_given(arguments, where, arguments.head, direct=arguments.direct, partly=True)
    if arguments.head is not None or arguments.direct:
        raise Unusable(error_lines("--head and --direct go with --base"))
    pins = pins_of(arguments)
    found = _of_paths(arguments.path, pins)
    if not found.passed:
        pins.check()
    return found


def _of_paths(paths: Sequence[str], pins: Pins) -> Versions:
    from nwpolicy.readers.versions import planned, versions_of_paths

    found = planned(paths[0], pins) if len(paths) == 1 else None
    if found is not None:
        return found
    if len(paths) != 2:  # noqa: PLR2004 - before and after
        help = "give --base REV, or OLD and NEW, or a plan of Terraform"
        raise Unusable(error_lines("it is not said what to compare", help))
    return versions_of_paths(paths[0], paths[1], pins, partly=True)


def _shown(arguments: argparse.Namespace, found: Report, links: Links, versions: Versions) -> str:
    if arguments.output != "text":
        return _text(arguments.output, found, links, versions)
    from nwpolicy.reports.report_text import report_head, report_lines
    from nwpolicy.reports.screen import render

    lines = [report_head(found)] if arguments.quiet else report_lines(found, links)
    return render(lines, color=has_color(arguments.color, sys.stdout))


def _text(form: str, found: Report, links: Links, versions: Versions) -> str:
    """The report in a form for files."""
    if form == "html":
        from nwpolicy.reports.report_html import report_html
        from nwpolicy.reports.report_pictures import report_pictures

        with explained():
            return report_html(found, links, report_pictures(versions, found))
    if form == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        return f"{dumps(versioned(found), indent=2)}\n"
    if form == "sarif":
        from nwpolicy.reports.sarif import omissions, sarif_text

        say([line for text in omissions(found.linted) for line in error_lines(text)], color=False)
        return sarif_text(found.linted)
    if form == "text":
        from nwpolicy.reports.report_text import report_lines
        from nwpolicy.reports.screen import render

        return render(report_lines(found, links), color=False)
    from nwpolicy.reports.report_markdown import COMMENT, SUMMARY, report_markdown

    return report_markdown(found, links, SUMMARY if form == "summary" else COMMENT)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Unusable(error_lines(f"cannot write {path}: {error.strerror}")) from None
