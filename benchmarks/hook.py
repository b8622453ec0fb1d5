"""The hook in a repository of a thousand files: cold, where nothing changed, and where one file did."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import repository
from benchmarks.figures import Figure, seconds

#: The file of each format that is changed, by a port in one of its rules.
_CHANGED = {
    "Bicep": "zones/zone00/modules/nsg-web.bicep",
    "ARM": "zones/zone08/nsg-web.json",
    "Terraform": "zones/zone16/nsg_web.tf",
    ".nwp": "zones/zone24/nsg-web.nwp",
}


def figures(folder: Path, *, smoke: bool) -> Iterator[Figure]:
    """Whole processes, each beside the import of the parsers in the same run."""
    work = folder / "repository"
    count = repository.write(work, scale=0.25 if smoke else 1.0)
    _git(work, "init", "--quiet")
    _git(work, "add", "--all")
    _git(work, "commit", "--quiet", "--message", "everything")
    run = _Runs(work, {**_environment(folder), "NWPOLICY_CACHE_DIR": str(folder / "cache")})
    run.base()  # compiles
    cold = run.lint()
    yield Figure(f"cold lint of {count} files", cold, "s", 15)
    times = 1 if smoke else 10
    nothing, base = zip(*((run.lint(), run.base()) for _ in range(times)), strict=True)
    print(f"import lark, yaml {min(base):.3f} s (best of {times})")
    yield Figure(f"lint of {count} files of which none changed", min(nothing), "s", 0.3)
    for name, file in _CHANGED.items():
        changed, base = zip(*((run.changed(file, turn), run.base()) for turn in range(times)), strict=True)
        yield Figure(f"hook on one changed file ({name})", min(changed), "s", 1)
        yield Figure(
            f"hook on one changed file ({name}), over `import lark, yaml`", min(changed) / min(base), "times", 4
        )


class _Runs:
    """Commands in the repository, and how long each takes."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def base(self) -> float:
        return self._time("-c", "import lark, yaml")

    def lint(self) -> float:
        return self._time("-m", "nwpolicy", "lint", "--quiet")

    def changed(self, file: str, turn: int) -> float:
        """As pre-commit runs it; the file is new to the cache each time, and as before afterwards."""
        path = self._folder / file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("rule-3", f"rule-{100 + turn}"), encoding="utf-8")
        try:
            return self._time("-m", "nwpolicy", "lint", "--changed", "--quiet", file)
        finally:
            path.write_text(text, encoding="utf-8")

    def _time(self, *arguments: str) -> float:
        return seconds(partial(self._run, [sys.executable, *arguments]))

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, cwd=self._folder, env=self._environment, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{os.fsdecode(done.stderr)}")


def _environment(folder: Path) -> dict[str, str]:
    """Compiled modules, as an installer leaves them, and this package from wherever a process runs."""
    here = str(Path(__file__).resolve().parent.parent)
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **compiled, "PYTHONPATH": here}


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)
