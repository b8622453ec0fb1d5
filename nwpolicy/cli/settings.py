"""The settings of a repository, as commands take them: what the linter looks for, and the assumptions."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nwpolicy.cli.loading import explained
from nwpolicy.cli.terminal import Unusable, error_lines

if TYPE_CHECKING:
    from datetime import date

    from nwpolicy.queries.lint.answer import Options
    from nwpolicy.queries.lint.baseline import Known
    from nwpolicy.readers.config import Config

__all__ = ["add_settings", "config_of", "lint_options", "rule_ids"]


def add_settings(command: argparse.ArgumentParser) -> None:
    config = command.add_argument_group("settings").add_mutually_exclusive_group()
    config.add_argument("--config", metavar="FILE", help="a nwpolicy.toml or pyproject.toml (default: the nearest one)")
    config.add_argument("--isolated", action="store_true", help="read no settings")


def config_of(arguments: argparse.Namespace) -> Config:
    """The settings that were named, or the nearest ones."""
    from nwpolicy.readers.config import Config, ConfigError, find_config, read_config

    path = Path(arguments.config) if arguments.config else None
    if path is None and not arguments.isolated:
        path = find_config(Path.cwd())
    if path is None:
        return Config()
    try:
        return read_config(path, _Checked(no_cache=getattr(arguments, "no_cache", False)))
    except ConfigError as error:
        raise Unusable(error_lines(error.message, error.help)) from None


class _Checked:
    """Settings that were found to be in order before, as the cache knows them."""

    def __init__(self, *, no_cache: bool) -> None:
        from nwpolicy.queries.lint.cache import Cache, open_cache

        self._cache = Cache(None) if no_cache else open_cache()

    def __contains__(self, settings: str) -> bool:
        return self._cache.get(str, self._key(settings)) is not None

    def add(self, settings: str) -> None:
        self._cache.put(self._key(settings), "in order")

    def _key(self, settings: str) -> str:
        from nwpolicy.readers.observed import digest_of

        return digest_of("settings", self._cache.program, settings)


def lint_options(
    config: Config,
    assume: Mapping[str, str],
    today: date,
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    lowest: str | None = None,
    baseline: Known | None = None,
) -> Options:
    """What the linter looks for: what the command says comes before the settings."""
    from nwpolicy.azure.assumptions import DEFAULTS
    from nwpolicy.model.diagnostics import Severity
    from nwpolicy.queries.lint.answer import Options
    from nwpolicy.readers.excluding import Patterns

    settings = config.lint
    selected = rule_ids(select, settings.get("select", ["default"]))
    ignored = rule_ids(ignore, ()) | rule_ids(None, settings.get("ignore", ()))
    severities = {word: rule_ids([word], ()) for word in settings.get("severities", {})}
    broadest_first = sorted(severities, key=lambda word: -len(severities[word]))
    assumptions = DEFAULTS
    chosen = {**config.assume, **assume}
    if chosen:
        from nwpolicy.queries.question import assumptions_of

        with explained():
            assumptions = assumptions_of(chosen)
    return Options(
        selected=selected - ignored,
        severities={
            rule: Severity(settings["severities"][word]) for word in broadest_first for rule in sorted(severities[word])
        },
        lowest=Severity(lowest or settings.get("severity", "warning")),
        assumptions=assumptions,
        baseline=baseline,
        exclude=Patterns(str(config.folder), tuple(settings["exclude"])) if settings.get("exclude") else None,
        today=today,
    )


def rule_ids(given: Sequence[str] | None, default: Iterable[str]) -> frozenset[str]:
    """The ids of rules behind comma-separated words."""
    from nwpolicy.queries.lint.catalogue import matching

    words = [word for text in given for word in text.split(",") if word.strip()] if given else list(default)
    for word in words:
        if not matching(word):
            raise Unusable(error_lines(f"there is no rule {word!r}", "`nwpolicy rules` lists them"))
    return frozenset(rule for word in words for rule in matching(word))
