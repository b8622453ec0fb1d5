"""Assertions and test cases as items of pytest.

    [tool.pytest.ini_options]
    nwpolicy_files = ["policy/*.nwp", "policy/*.yaml"]
    nwpolicy_definitions = ["infra"]

All of these files are loaded together, as `nwpolicy check` would: an exception or an environment may stand in another
file than the assertion. Nothing is collected, and nothing but this module is loaded, unless `nwpolicy_files` is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo

    from nwpolicy.model.assertions import Assertion, Expectation
    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.model.source import SourceLocation
    from nwpolicy.queries.check.answers import CheckAnswer

__all__ = ["pytest_addoption", "pytest_collect_file"]

#: What the same paths hold, and what was found there.
_LOADED = pytest.StashKey[dict[tuple[str, ...], "Snapshot"]]()
_ANSWERS = pytest.StashKey[dict[tuple[str, ...], "CheckAnswer"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings."""
    parser.addini("nwpolicy_files", "patterns of files whose assertions and test cases of rules are collected", "args")
    parser.addini("nwpolicy_definitions", "files and folders with the rules; else the folder of the assertions", "args")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PolicyFile | None:
    """A file of assertions, if it is to be collected."""
    if any(_matches(file_path, parent.config.rootpath, pattern) for pattern in _patterns(parent.config)):
        return PolicyFile.from_parent(parent, path=file_path)
    return None


def _patterns(config: pytest.Config) -> list[str]:
    patterns: list[str] = config.getini("nwpolicy_files")
    return patterns


def _matches(path: Path, root: Path, pattern: str) -> bool:
    name = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
    return fnmatch(name, pattern) or fnmatch(path.name, pattern)


def _policy_files(config: pytest.Config) -> Iterator[str]:
    """The files of all patterns."""
    from nwpolicy.readers.filestore import DISK, DanglingLink

    root, faults = config.rootpath, list[OSError]()
    for pattern in _patterns(config):
        fixed = takewhile(lambda part: not set(part) & set("*?["), pattern.split("/")[:-1])
        start = root.joinpath(*fixed)
        if start.is_dir():
            yield from (name for name in DISK.walk(str(start), faults) if _matches(Path(name), root, pattern))
    for fault in faults:
        if not isinstance(fault, DanglingLink):
            raise pytest.Collector.CollectError(f"cannot list {fault.filename}: {fault.strerror}")


class PolicyFile(pytest.File):
    """A file, with the definitions that it speaks of."""

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """What is loaded together."""
        root = self.config.rootpath
        definitions = [str(root / given) for given in self.config.getini("nwpolicy_definitions")]
        if not definitions:
            return (str(self.path.parent),)
        return tuple(dict.fromkeys((*definitions, *_policy_files(self.config), str(self.path))))

    def collect(self) -> Iterator[PolicyItem]:
        """An item for each assertion and test case, in each environment."""
        from nwpolicy.model.assertions import Assertion, Environment, Expectation
        from nwpolicy.model.diagnostics import InputError
        from nwpolicy.queries.check.checking import mistaken

        try:
            snapshot = self._loaded()
            wrong = [found for found in mistaken(snapshot) if self._holds(found.location)]
            if wrong:
                raise InputError(*wrong)
        except InputError as error:
            raise self.CollectError(str(error)) from None
        environments: list[str | None] = [found.name for found in snapshot.all(Environment)]
        statements: list[Assertion | Expectation] = [*snapshot.all(Assertion), *snapshot.all(Expectation)]
        for statement in statements:
            if self._holds(statement.source.location):
                for environment in environments or [None]:
                    name = statement.name if environment is None else f"{statement.name}[{environment}]"
                    yield PolicyItem.from_parent(self, name=name, statement=statement, environment=environment)

    def _loaded(self) -> Snapshot:
        from nwpolicy.readers.load import load

        known = self.config.stash.setdefault(_LOADED, {})
        if self.paths not in known:
            known[self.paths] = load(*self.paths)
        return known[self.paths]

    def _holds(self, location: SourceLocation) -> bool:
        return Path(location.file).resolve() == self.path.resolve()

    def answer(self) -> CheckAnswer:
        """The results for everything that is loaded together, worked out when the first is asked for."""
        from nwpolicy.queries.check import check

        known = self.config.stash.setdefault(_ANSWERS, {})
        if self.paths not in known:
            known[self.paths] = check(*self.paths)
        return known[self.paths]


class PolicyItem(pytest.Item):
    """An assertion or test case in one environment."""

    parent: PolicyFile

    def __init__(self, *, statement: Assertion | Expectation, environment: str | None, **rest: Any) -> None:
        super().__init__(**rest)
        self._location = statement.source.location
        self._environment = environment

    def runtest(self) -> None:
        """Fails if it does not hold, or is not proved."""
        from nwpolicy.queries.check.answers import CheckState, Violation, described
        from nwpolicy.reports.screen import clean

        results = self.parent.answer().results
        wanted = (self._location, self._environment)
        result = next(found for found in results if (found.location, found.environment) == wanted)
        if result.state is CheckState.LAPSED:
            pytest.skip(result.message)
        if not result.state.is_good:
            raise Violation("\n".join(map(clean, described(result))))

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What does not hold, without a traceback through the machinery."""
        from nwpolicy.model.diagnostics import InputError
        from nwpolicy.queries.check.answers import Violation

        if isinstance(excinfo.value, Violation | InputError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is written."""
        return self.path, self._location.span.line - 1, self.name
