"""The browser, and the pages that it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Browser, chromium
from tests.browser.needs import AXE
from tests.browser.pages import PAGES


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    binary, driver = (str(shutil.which(name)) for name in ("chromium", "chromedriver"))
    with chromium(binary, driver, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(started: Browser) -> Browser:
    started.command("Emulation.setScriptExecutionDisabled", value=False)
    return started


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return Path(os.environ[AXE]).read_text(encoding="utf-8")


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
