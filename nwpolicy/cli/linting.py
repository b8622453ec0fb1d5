"""`nwpolicy lint`, `nwpolicy rules` and `nwpolicy explain`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nwpolicy.cli.arguments import Commands, add_assumptions, add_command, assumed
from nwpolicy.cli.loading import explained, pins_of
from nwpolicy.cli.settings import add_settings, config_of, lint_options, rule_ids
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
from nwpolicy.readers.keeping import nothing_freed

if TYPE_CHECKING:
    from nwpolicy.model.diagnostics import Severity
    from nwpolicy.queries.lint.answer import LintAnswer, Options
    from nwpolicy.queries.lint.baseline import Known
    from nwpolicy.readers.config import Config

__all__ = ["COMMANDS"]

_EXAMPLES: Final = """examples:
  nwpolicy lint infra/
  nwpolicy lint infra/ --select NWP1 --fail-on error        only exposure, and only errors fail
  nwpolicy lint infra/ --output sarif > nwpolicy.sarif      for code scanning
  nwpolicy lint infra/ --write-baseline nwpolicy-baseline.json
  nwpolicy lint infra/ --baseline nwpolicy-baseline.json    only what is new

exit codes: 0 nothing found that counts, 1 findings, 2 wrong usage or unreadable input, 3 undecided"""
_FORMATS: Final = ("text", "json", "sarif", "github", "gitlab", "junit", "azure")
_SEVERITIES: Final = ("error", "warning", "note")
_NEVER: Final = "never"
#: Outputs that have the edits by which findings can be mended.
_WITH_FIXES: Final = ("json", "sarif")
#: The modules and functions of outputs that need nothing but the answer.
_WRITERS: Final = {
    "sarif": ("sarif", "sarif_text"),
    "github": ("lintremarks", "github_text"),
    "azure": ("lintremarks", "azure_text"),
    "gitlab": ("lintremarks", "gitlab_text"),
}


def _lint_command(commands: Commands) -> None:
    command = add_command(
        commands, "lint", "find what is wrong, exposed or superfluous in definitions", _lint, _EXAMPLES
    )
    command.add_argument(
        "path",
        nargs="*",
        metavar="PATH",
        help="a file or folder of definitions (default: lint.paths of the settings, or .)",
    )
    rules = command.add_argument_group("rules", "ids (NWP101), beginnings of ids (NWP1), names, default or all")
    rules.add_argument("--select", action="append", metavar="RULES", help="look for these only; comma-separated")
    rules.add_argument("--ignore", action="append", metavar="RULES", help="do not look for these")
    rules.add_argument("--severity", choices=_SEVERITIES, help="show findings from this severity on (default: warning)")
    rules.add_argument(
        "--fail-on", choices=(*_SEVERITIES, _NEVER), help="exit with 1 from this on, and show it (default: warning)"
    )
    part = command.add_mutually_exclusive_group()
    part.add_argument("--stdin-filename", metavar="NAME", help="read standard input as if it were this file")
    part.add_argument("--changed", action="store_true", help="the paths are files that changed: tell what they give")
    command.add_argument("--since", metavar="REVISION", help="with --changed: before the change (default: HEAD)")
    command.add_argument("--fix", action="store_true", help="mend what is proved to be safe, in the files themselves")
    known = command.add_argument_group("known findings").add_mutually_exclusive_group()
    known.add_argument("--baseline", metavar="FILE", help="findings that are known, which do not count")
    known.add_argument("--write-baseline", metavar="FILE", help="write all findings there, and exit with 0")
    add_assumptions(command)
    add_settings(command)
    command.add_argument("--no-cache", action="store_true", help="look at everything anew, and keep nothing of it")
    output = command.add_argument_group("output")
    output.add_argument("--output", choices=_FORMATS, default="text")
    output.add_argument("--quiet", "-q", action="store_true", help="one line a finding; no warnings")
    output.add_argument("--color", choices=["auto", "always", "never"], default="auto")


def _rules_command(commands: Commands) -> None:
    command = add_command(commands, "rules", "list the rules of the linter", _rules)
    command.add_argument("rules", nargs="*", metavar="RULE", help="ids, beginnings of ids or names (default: all)")
    command.add_argument("--output", choices=["text", "json", "markdown"], default="text")
    command.add_argument("--color", choices=["auto", "always", "never"], default="auto")


def _explain_command(commands: Commands) -> None:
    command = add_command(commands, "explain", "explain a rule of the linter, with a bad and a good example", _explain)
    command.add_argument("rule", nargs="+", metavar="RULE", help="an id (NWP101) or a name")
    command.add_argument("--color", choices=["auto", "always", "never"], default="auto")


COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "lint": _lint_command,
    "rules": _rules_command,
    "explain": _explain_command,
}


# --- lint ---


def _lint(arguments: argparse.Namespace) -> int:
    with nothing_freed():
        code = _linted(arguments)
        gc.freeze()
    return code


def _linted(arguments: argparse.Namespace) -> int:
    _check_usage(arguments)
    config = config_of(arguments)
    options = _options(arguments, config)
    answer = (_fixed if arguments.fix else _answer)(arguments, config, options)
    if arguments.write_baseline is not None:
        return _write_baseline(arguments.write_baseline, answer)
    if not arguments.quiet:
        from nwpolicy.reports.diagnostics import diagnostic_lines

        say(list(diagnostic_lines(answer.diagnostics)), stderr_color(arguments))
    failing = _failing(arguments.fail_on or config.lint.get("fail-on", "warning"))
    if arguments.output in _WITH_FIXES:
        from nwpolicy.queries.lint.fixes import with_fixes

        answer = with_fixes(answer, options.assumptions)
    print_text(_text(arguments, answer, failing))
    if any(finding.severity in failing for finding in answer.findings):
        return UNEXPECTED
    return UNDECIDED if answer.undecided else ANSWERED


def _check_usage(arguments: argparse.Namespace) -> None:
    if arguments.since is not None and not arguments.changed:
        raise Unusable(error_lines("--since goes with --changed"))
    if arguments.stdin_filename is not None and arguments.path not in ([], ["-"]):
        raise Unusable(error_lines("--stdin-filename goes with no PATH but -, which is standard input"))
    if arguments.stdin_filename is not None and arguments.fix:
        raise Unusable(error_lines("--fix mends files, not standard input"))
    if arguments.write_baseline is not None and (arguments.changed or arguments.stdin_filename is not None):
        raise Unusable(error_lines("--write-baseline takes all findings, not those of some files"))


def _answer(arguments: argparse.Namespace, config: Config, options: Options) -> LintAnswer:
    """The findings; also where all that keeps the input from being read is what rules of the linter are about."""
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.lint.answer import concluded

    with explained():
        try:
            return _looked_at(arguments, _paths(arguments, config), options)
        except InputError as error:
            if not _named(arguments) and {found.code for found in error.diagnostics} == {"no-definitions"}:
                return concluded((), options)  # a hook looks into repositories that hold none
            from nwpolicy.queries.lint.linting import refused

            answer = refused(error.diagnostics, options)
            if answer is None:
                raise
            return answer


def _looked_at(arguments: argparse.Namespace, paths: Sequence[str], options: Options) -> LintAnswer:
    """The findings in what the paths hold, or those that some files give. Raises InputError."""
    from nwpolicy.queries.lint.answer import concluded
    from nwpolicy.queries.lint.cache import Cache, open_cache

    cache = Cache(None) if arguments.no_cache else open_cache()
    if arguments.changed:
        from nwpolicy.queries.lint.context import Change, lint_changed

        # pre-commit tells what was before where it checks a range of commits.
        change = Change(arguments.path, arguments.since, os.environ.get("PRE_COMMIT_FROM_REF") or "HEAD")
        return lint_changed(paths, change, options, cache)
    if arguments.stdin_filename is not None:
        from nwpolicy.queries.lint.context import lint_unsaved
        from nwpolicy.readers.load import STDIN, read_source

        return lint_unsaved(arguments.stdin_filename, read_source(STDIN), paths, options, cache)
    if arguments.set or arguments.param_file or not all(Path(path).is_dir() for path in arguments.path):
        from nwpolicy.queries.lint.linting import lint
        from nwpolicy.readers.excluding import Excluding
        from nwpolicy.readers.filestore import DISK
        from nwpolicy.readers.load import load

        store = DISK if options.exclude is None else Excluding(DISK, paths, options.exclude)
        return lint(load(*paths, store=store, pins=pins_of(arguments)), options)
    from nwpolicy.queries.lint.folders import look_into

    return concluded(look_into(paths, options, cache), options)


def _named(arguments: argparse.Namespace) -> Sequence[str]:
    """The paths that are to be linted, where a person named them."""
    only_context = arguments.changed or arguments.stdin_filename is not None
    named: Sequence[str] = () if only_context else arguments.path
    return named


def _paths(arguments: argparse.Namespace, config: Config) -> Sequence[str]:
    """Those that were named, else those of the settings, as they are seen from here; and the files of service tags."""
    own, tags = (
        [os.path.relpath(config.folder / path) for path in config.lint.get(key, usual)]
        for key, usual in (("paths", ["."]), ("tags", ()))
    )
    return [*(_named(arguments) or own), *tags]


def _fixed(arguments: argparse.Namespace, config: Config, options: Options) -> LintAnswer:
    """What is found once all is mended that can be."""
    from nwpolicy.queries.lint.fixes import fix

    fixed = fix(lambda: _answer(arguments, config, options), _write_alike, options.assumptions)
    count = [] if arguments.quiet or not fixed.count else [f"{fixed.count} fixed"]
    say([(text,) for text in (*count, *fixed.left)], stderr_color(arguments))
    return fixed.answer


def _options(arguments: argparse.Namespace, config: Config) -> Options:
    from datetime import date

    baseline = config.lint.get("baseline")
    given = arguments.baseline or (baseline and str(config.folder / baseline))
    return lint_options(
        config,
        assumed(arguments.assume),
        date.today(),
        select=arguments.select,
        ignore=arguments.ignore,
        lowest=_lowest(arguments, config),
        baseline=None if not given or arguments.write_baseline else _read_baseline(given),
    )


def _lowest(arguments: argparse.Namespace, config: Config) -> str:
    """From which severity on findings are shown: also what fails, where that was said."""
    if arguments.write_baseline:
        return "note"
    shown: str = arguments.severity or config.lint.get("severity", "warning")
    failing: str = arguments.fail_on or config.lint.get("fail-on", shown)
    return max((one for one in (shown, failing) if one != _NEVER), key=_SEVERITIES.index)


def _failing(lowest: str) -> frozenset[Severity]:
    from nwpolicy.model.diagnostics import Severity

    return frozenset() if lowest == _NEVER else frozenset(map(Severity, _SEVERITIES[: _SEVERITIES.index(lowest) + 1]))


def _read_baseline(path: str) -> Known:
    from nwpolicy.queries.lint.baseline import BaselineError, parse_baseline

    try:
        return parse_baseline(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable(error_lines(f"cannot read {path}: {error.strerror}")) from None
    except (BaselineError, UnicodeDecodeError) as error:
        raise Unusable(error_lines(f"{path} is no baseline: {error}", "--write-baseline makes one")) from None


def _write_baseline(path: str, answer: LintAnswer) -> int:
    from nwpolicy.queries.lint.baseline import baseline_text

    _write(path, baseline_text(answer.findings).encode())
    return ANSWERED


def _write_alike(path: str, text: str) -> None:
    """Gives a file another text in the encoding that it has."""
    from nwpolicy.readers.textfile import encoded_like

    _write(path, encoded_like(text, Path(path).read_bytes()))


def _write(path: str, content: bytes) -> None:
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise Unusable(error_lines(f"cannot write {path}: {error.strerror}")) from None


def _text(arguments: argparse.Namespace, answer: LintAnswer, failing: frozenset[Severity]) -> str:
    if arguments.output == "text":
        from nwpolicy.reports.linting import lint_lines
        from nwpolicy.reports.screen import render

        return render(lint_lines(answer, quiet=arguments.quiet), color=has_color(arguments.color, sys.stdout))
    if arguments.output == "junit":
        from nwpolicy.reports.junit import junit_text

        return junit_text(answer, failing)
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import dumps, versioned

        return f"{dumps(versioned(answer), indent=2)}\n"
    if arguments.output == "sarif":
        from nwpolicy.reports.sarif import omissions

        say([line for text in omissions(answer) for line in error_lines(text)], stderr_color(arguments))
    module, function = _WRITERS[arguments.output]
    text: str = getattr(import_module(f"nwpolicy.reports.{module}"), function)(answer)
    return text


# --- rules, explain ---


def _rules(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.lint.catalogue import CATALOGUE

    wanted = rule_ids(arguments.rules, ["all"])
    entries = [entry for entry in CATALOGUE.values() if entry.id in wanted]
    if arguments.output == "json":
        from nwpolicy.reports.jsonform import SCHEMA_VERSION, dumps, plain

        listed = {"schemaVersion": SCHEMA_VERSION, "rules": [plain(entry) for entry in entries]}
        print_text(f"{dumps(listed, indent=2)}\n")
        return ANSWERED
    from nwpolicy.reports.lintrules import markdown, rule_lines
    from nwpolicy.reports.screen import render

    shown = markdown(entries) if arguments.output == "markdown" else None
    print_text(shown or render(rule_lines(entries), color=has_color(arguments.color, sys.stdout)))
    return ANSWERED


def _explain(arguments: argparse.Namespace) -> int:
    from nwpolicy.queries.lint.catalogue import CATALOGUE
    from nwpolicy.reports.lintrules import explain_lines
    from nwpolicy.reports.screen import render

    wanted = rule_ids(arguments.rule, ())
    color = has_color(arguments.color, sys.stdout)
    texts = [render(explain_lines(entry), color=color) for entry in CATALOGUE.values() if entry.id in wanted]
    print_text("\n".join(texts))
    return ANSWERED
