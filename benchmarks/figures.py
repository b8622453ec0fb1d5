"""What a benchmark yields."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measurement, and what was promised about it."""

    name: str
    value: float
    unit: str
    promise: float | None = None

    def __str__(self) -> str:
        measured = f"{self.name:<66}{self.value:>9.3f} {self.unit:<6}"
        if self.promise is None:
            return measured.rstrip()
        return f"{measured} at most {self.promise:g}   {'ok' if self.value <= self.promise else 'MISSED'}"


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def processor_seconds(action: Callable[[], object]) -> float:
    """How long the processor works for the processes that an action starts, whatever else it has to do."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def process(command: list[str], environment: dict[str, str] | None = None) -> str:
    """What a command prints; ends the run where it fails."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:5])}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
