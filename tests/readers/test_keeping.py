"""Reading leaves the collector of garbage as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.keeping import nothing_freed
from nwpolicy.readers.load import load


@pytest.fixture(params=[True, False])
def enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    was_enabled = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was_enabled else gc.disable)()


def test_it_is_off_inside_and_as_before_behind(enabled: bool) -> None:
    with nothing_freed(), nothing_freed():
        assert not gc.isenabled()
    assert gc.isenabled() is enabled


def test_reading_leaves_it_as_it_was(tmp_path: Path, enabled: bool) -> None:
    path = tmp_path / "a.nwp"
    path.write_text("nsg web {}\n", encoding="utf-8")
    load(str(path))
    assert gc.isenabled() is enabled


def test_so_does_what_cannot_be_read(tmp_path: Path, enabled: bool) -> None:
    path = tmp_path / "a.nwp"
    path.write_text("nsg web {\n", encoding="utf-8")
    with pytest.raises(InputError):
        load(str(path))
    assert gc.isenabled() is enabled
