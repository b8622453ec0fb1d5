"""Paths as the repository around the current folder calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nwpolicy.readers.repository import repository_path


def test_paths_are_seen_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own" / ".git").mkdir(parents=True)
    (tmp_path / "own" / "infra").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own" / "infra")
    for path in (
        "web.nwp",
        "./web.nwp",
        "../infra/web.nwp",
        f"{tmp_path}/own/infra/web.nwp",
        f"{tmp_path}/link/infra/web.nwp",
    ):
        assert repository_path(path) == "infra/web.nwp"
    assert repository_path("../web.nwp") == "web.nwp"
    for path in (f"{tmp_path}/web.nwp", "../../web.nwp", f"{tmp_path}/own-other/web.nwp"):
        assert repository_path(path) == path


def test_without_a_repository_paths_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("web.nwp", "infra/web.nwp", "/elsewhere/web.nwp"):
        assert repository_path(path) == path
    assert repository_path("./web.nwp") == "web.nwp"
