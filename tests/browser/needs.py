"""What tests in a browser need. Where that is missing they are skipped; with NWPOLICY_BROWSER=required in the
environment that is an error."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

__all__ = ["AXE", "skip_without_browser"]

#: The variable that tells where axe-core is.
AXE: Final = "NWPOLICY_AXE"


def skip_without_browser() -> None:
    """To be called by a module of tests."""
    missing = ", ".join(_missing())
    if not missing:
        return
    reason = f"tests in a browser lack {missing} (see CONTRIBUTING.md)"
    if os.environ.get("NWPOLICY_BROWSER") == "required":
        raise pytest.UsageError(reason)
    pytest.skip(reason, allow_module_level=True)


def _missing() -> Iterator[str]:
    if importlib.util.find_spec("selenium") is None:
        yield "selenium"
    yield from (name for name in ("chromium", "chromedriver") if shutil.which(name) is None)
    if not Path(os.environ.get(AXE, "")).is_file():
        yield f"axe-core at {AXE}"
