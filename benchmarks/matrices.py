"""The matrix of an estate, in a process for each size: time and memory, and how they grow.

The estate is that of `estate`: at 10,000 network interfaces 500 virtual networks, 500 network security groups of 20
rules, 100 admin rules and 200 route tables of 50 routes. Everything is asked about: each pair of interfaces, the
internet and what lies behind gateways, all protocols and ports. Times are of the processor, words included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import estate
from benchmarks.figures import Figure

_MATRIX = """
import gc, json, resource, sys, time
gc.disable()
start = time.process_time()
from nwpolicy.queries.reach import reach
from nwpolicy.readers.load import load
snapshot = load(sys.argv[1])
loaded = time.process_time()
answer = reach(snapshot)
prepared = time.process_time()
entries = sum(1 for _ in answer)
closing = answer.close()
print(json.dumps({
    "loading": loaded - start, "preparing": prepared - loaded, "entries": time.process_time() - prepared,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "count": entries,
    "parties": len(answer.parties), "pairs": closing.totals.pairs, "reach": closing.totals.reaches,
}))
"""


def figures(*, smoke: bool) -> Iterator[Figure]:
    """Every measurement."""
    sizes = [200] if smoke else [1_000, 2_000, 5_000, 10_000]
    print(f"{'interfaces':>10}{'parties':>9}{'entries':>9}{'pairs':>13}{'loading':>9}{'matrix':>9}{'memory':>11}")
    found = {size: _measured(size) for size in sizes}
    last, most = found[sizes[-1]], sizes[-1]
    yield Figure(f"{most} interfaces: the whole matrix", _matrix(last), "s", 60)
    yield Figure(f"{most} interfaces: memory of the process", last["memory"], "MiB", 2048)
    if len(sizes) > 1:
        growth = _matrix(last) / _matrix(found[sizes[0]]) / (most / sizes[0])
        yield Figure(f"time for an interface at {most}, over that at {sizes[0]}", growth, "times", 2)


def _measured(size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        estate.write(Path(folder), size)
        done = subprocess.run(
            [sys.executable, "-c", _MATRIX, folder], capture_output=True, encoding="utf-8", check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    print(
        f"{size:>10,}{found['parties']:>9,}{found['count']:>9,}{found['pairs']:>13,}"
        f"{found['loading']:>7.1f} s{_matrix(found):>7.1f} s{found['memory']:>7.0f} MiB"
    )
    return found


def _matrix(found: dict[str, Any]) -> float:
    return float(found["preparing"] + found["entries"])
