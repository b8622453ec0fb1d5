"""The pictures of pages in docs/: `PYTHONPATH=. python tests/browser/screenshots.py` makes them anew, with Debian's
Chromium. Look at them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.browser.chromium import chromium
from tests.browser.pages import PAGES
from tests.functional.goldens import ROOT

PROGRAMS: Final = ("/usr/bin/chromium", "/usr/bin/chromedriver")
#: By file: the page, from which part of it on, how wide and high the window is, and whether it is light or dark.
PICTURES: Final = {
    "report-light.png": ("small", "", 1200, 960, "light"),
    "report-dark.png": ("small", "assertions", 1200, 1060, "dark"),
    "report-narrow.png": ("small", "", 400, 1100, "light"),
    "why.png": ("why", "", 1200, 900, "light"),
}


def main() -> None:
    """Writes all of them."""
    with TemporaryDirectory() as folder, chromium(*PROGRAMS, Path(folder) / "profile") as browser:
        page = Path(folder) / "page.html"
        for name, (which, part, width, height, scheme) in PICTURES.items():
            page.write_text(PAGES[which](Path(folder)), encoding="utf-8")
            browser.open(page, scheme=scheme)
            browser.resize(width, height)
            browser.run("document.getElementById(arguments[0])?.scrollIntoView()", part)
            (ROOT / "docs" / name).write_bytes(browser.png())


if __name__ == "__main__":
    main()
