"""Work that keeps nearly all that it makes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["nothing_freed"]


@contextmanager
def nothing_freed() -> Iterator[None]:
    """What is read and worked out is kept to the end: looking for what could be freed takes up to half of the time of
    large input, and finds none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
