"""Settings of a repository: `nwpolicy.toml`, or the table `[tool.nwpolicy]` of a `pyproject.toml`.

A key or value that is not known is an error: a setting that does nothing misleads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Protocol

from nwpolicy.model.records import dataclass
from nwpolicy.resources import read_data

__all__ = ["Checked", "Config", "ConfigError", "find_config", "read_config"]

_NAME: Final = "nwpolicy.toml"
_PROJECT: Final = "pyproject.toml"


class ConfigError(ValueError):
    """Settings that cannot be read: `message` says where and why, `help` what would do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True, slots=True)
class Config:
    """What the settings say; `folder` is where their relative paths begin."""

    folder: Path = Path()
    assume: Mapping[str, str] = field(default_factory=dict)
    lint: Mapping[str, Any] = field(default_factory=dict)


class Checked(Protocol):
    """Settings that were found to be in order before: to check them takes longer than to read most repositories."""

    def __contains__(self, settings: str) -> bool: ...

    def add(self, settings: str) -> None: ...


def find_config(start: Path) -> Path | None:
    """The settings that hold for a folder: its own, or those of the nearest folder above it in the same repository."""
    for folder in (start, *start.parents):
        own = folder / _NAME
        if own.is_file():
            return own
        project = folder / _PROJECT
        if project.is_file() and "[tool.nwpolicy" in project.read_text(encoding="utf-8", errors="replace"):
            return project
        if (folder / ".git").exists():
            return None
    return None


def read_config(path: Path, checked: Checked) -> Config:
    """The settings of a file. Raises ConfigError."""
    import tomllib

    try:
        raw: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from None
    if path.name == _PROJECT:
        raw = raw.get("tool", {}).get("nwpolicy", {})
    settings = json.dumps(raw, default=str)
    if settings not in checked:
        _check(path, raw)
        checked.add(settings)
    return Config(path.parent, raw.get("assume", {}), raw.get("lint", {}))


def _check(path: Path, raw: Any) -> None:
    from jsonschema import Draft7Validator

    whole = json.loads(read_data("schemas", "config.schema.json"))
    error = next(iter(sorted(Draft7Validator(whole).iter_errors(raw), key=lambda fault: fault.json_path)), None)
    if error is None:
        return
    place = ".".join(map(str, error.absolute_path)) or "the settings"
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        extra = next((key for key in map(str, error.instance) if key not in known), "?")
        raise ConfigError(f"{path}: {place} has no key {extra!r}", f"there are {', '.join(sorted(known))}")
    raise ConfigError(f"{path}: {place}: {error.message}")
