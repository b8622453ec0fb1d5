"""The functions of the package: each takes definitions that were loaded, a path, or several paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

import nwpolicy

ESTATE: Final = """
vnet hub {
  address 10.0.0.0/16
  subnet web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip c { address 10.0.1.4; subnet hub/web } }
"""
RULES: Final = """
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet to * port 443
  }
}
assert no-ssh never tcp from Internet to any port 22
"""
ASKED: Final[dict[str, Any]] = {"nic": "nic-web", "direction": "Inbound", "remote": "Internet", "local": ":443"}
ONE: Final[dict[str, Callable[..., object]]] = {
    "verify": partial(nwpolicy.verify, **ASKED),
    "why": partial(nwpolicy.why, **ASKED),
    "enumerate": partial(nwpolicy.enumerate, **ASKED),
    "routes": partial(nwpolicy.routes, nic="nic-web"),
    "next_hop": partial(nwpolicy.next_hop, dest="10.0.1.9", nic="nic-web"),
    "troubleshoot": partial(nwpolicy.troubleshoot, source="nic-web", destination="Internet"),
    "graph": nwpolicy.graph,
    "reach": nwpolicy.reach,
    "lint": nwpolicy.lint,
    "check": nwpolicy.check,
    "convert": partial(nwpolicy.convert, form="bicep"),
}
TWO: Final[dict[str, Callable[..., object]]] = {"diff": nwpolicy.diff, "equivalent": nwpolicy.equivalent}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "estate.nwp").write_text(ESTATE)
    (tmp_path / "rules.nwp").write_text(RULES)
    return tmp_path


def test_every_function_is_tried_here() -> None:
    others = {"load", "report", "versions_of_paths", "versions_of_revisions", "__version__"}
    assert {name for name in nwpolicy.__all__ if name.islower()} - others == {*ONE, *TWO}


@pytest.mark.parametrize("name", ONE)
def test_definitions_may_be_loaded_or_paths(name: str, folder: Path) -> None:
    parts = [folder / "estate.nwp", str(folder / "rules.nwp")]
    of_snapshot, *others = (repr(ONE[name](given)) for given in (nwpolicy.load(folder), str(folder), folder, parts))
    assert others == [of_snapshot] * 3


@pytest.mark.parametrize("name", TWO)
def test_both_sides_may_be_loaded_or_paths(name: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = tmp_path_factory.mktemp("before") / "web.nwp"
    before.write_text(ESTATE + RULES.replace("443", "80"))
    of_snapshots = repr(TWO[name](nwpolicy.load(before), nwpolicy.load(folder)))
    assert repr(TWO[name](before, str(folder))) == of_snapshots


def test_a_report_is_of_two_paths_or_of_versions(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = tmp_path_factory.mktemp("before")
    (before / "web.nwp").write_text(ESTATE + RULES.replace("443", "80"))
    of_versions = repr(nwpolicy.report(nwpolicy.versions_of_paths(before, folder)))
    assert repr(nwpolicy.report(before, str(folder))) == of_versions
    with pytest.raises(nwpolicy.QuestionError, match="give two paths"):
        nwpolicy.report(before)


def test_what_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(nwpolicy.InputError, match="no such file"):
        nwpolicy.lint(tmp_path / "nowhere")
