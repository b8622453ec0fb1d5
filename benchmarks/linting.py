"""The linter on an estate of which nothing is known yet: its networks are peered, or a network manager connects them.

Times are of the processor, for cold processes, reading and all. Admin rules apply either way.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import estate
from benchmarks.figures import Figure, processor_seconds

__all__ = ["figures"]


def figures(*, smoke: bool) -> Iterator[Figure]:
    """Both estates, with 1,000 network interfaces."""
    nics = estate.REGION if smoke else 1_000
    for managed, connected in ((False, "peered"), (True, "managed")):
        with tempfile.TemporaryDirectory() as folder:
            estate.write(Path(folder), nics, managed=managed)
            command = [sys.executable, "-m", "nwpolicy", "lint", "--no-cache", "--quiet", "--fail-on", "never", folder]
            taken = processor_seconds(partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL))
        yield Figure(f"lint of {nics:,} interfaces in {connected} networks", taken, "s", None if smoke else 6.0)
