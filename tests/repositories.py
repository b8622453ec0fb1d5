"""Folders and repositories of a test's own, on which nothing of the machine's settings has an effect."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

__all__ = ["git", "working_folder"]


def working_folder(within: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working folder from now on."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "NO_COLOR", "FORCE_COLOR"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(within))
    work = within / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def git(*arguments: str) -> str:
    """What git prints; somebody is its user, and submodules may be folders beside."""
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run([*command, *arguments], check=True, capture_output=True, encoding="utf-8").stdout
