"""The browser and the pages that it opens. Where something is missing, its tests are skipped, or fail if the
environment says that they must run (NWPOLICY_BROWSER=required)."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.browser.chromium import Browser, chromium
from tests.browser.pages import PAGES

_HERE: Final = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    return found or _without(f"the program {names[0]}")


def _without(what: str) -> NoReturn:
    message = f"tests in a browser need {what} (see CONTRIBUTING.md)"
    if os.environ.get("NWPOLICY_BROWSER") == "required":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if importlib.util.find_spec("selenium") is None:
        _without("selenium")
    binary, driver = _program("chromium", "chromium-browser", "google-chrome"), _program("chromedriver")
    with chromium(binary, driver, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(started: Browser) -> Browser:
    started.command("Emulation.setScriptExecutionDisabled", value=False)
    return started


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = os.environ.get("NWPOLICY_AXE")
    return Path(path).read_text(encoding="utf-8") if path else _without("axe-core, at NWPOLICY_AXE")


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a page, written when it is first asked for."""
    written: dict[str, Path] = {}

    def page(name: str) -> Path:
        if name not in written:
            folder = tmp_path_factory.mktemp(name)
            written[name] = folder / "page.html"
            written[name].write_text(PAGES[name](folder), encoding="utf-8")
        return written[name]

    return page
