"""What every test may use: the hypothesis profiles and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The default: the same few examples on every run and every machine, so that a failure is a change of the code.
# Time is not part of the check, because a busy machine would then fail it.
settings.register_profile(
    "ci", max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# `pytest --hypothesis-profile=thorough`: new random examples on each run, failing ones kept in .hypothesis/.
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")

#: What a child process needs to run at all. Everything else that could change output (NO_COLOR, FORCE_COLOR, CI,
#: GITHUB_*, TF_BUILD, COLUMNS, PYTHON*) stays behind.
_INHERITED = ("HOME", "NWPOLICY_CACHE_DIR", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep nothing in the cache of the person who runs them, and find nothing there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NWPOLICY_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def nwpolicy_cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `nwpolicy ARGS` in a clean environment; keywords are `cwd`, `stdin` and `env` (what to add to it)."""

    def run(
        *args: str | Path, cwd: Path | None = None, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        clean = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "nwpolicy", *map(str, args)],
            cwd=cwd,
            input=stdin,
            env={**clean, "PYTHONPATH": str(ROOT), **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run
