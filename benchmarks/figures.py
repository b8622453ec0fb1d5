"""What a benchmark yields."""

from __future__ import annotations

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
