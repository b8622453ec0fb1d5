"""`python -m benchmarks` measures what the project promises, each figure beside a baseline of the same run.

`--smoke` makes one small run of each, to see that they work. Figures are of the machine they were taken on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import connections, diagrams, generate, hook, linting, matrices, reading, reports
from benchmarks.figures import Figure, process, seconds

PYTHON = sys.executable


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        figures = list(_all(Path(folder), smoke=arguments.smoke))
    for figure in figures:
        print(figure)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, allow_abbrev=False)
    parser.add_argument("--smoke", action="store_true", help="one small run of each")
    return parser.parse_args()


def _all(folder: Path, *, smoke: bool) -> Iterator[Figure]:
    yield from cold_verify(folder, runs=1 if smoke else 15)
    yield from symbolic_verify(folder, rules=50 if smoke else 1000)
    yield from reading.figures(folder, smoke=smoke)
    yield from diagrams.figures(smoke=smoke)
    yield from connections.figures(smoke=smoke)
    yield from matrices.figures(smoke=smoke)
    yield from reports.figures(smoke=smoke)
    yield from linting.figures(smoke=smoke)
    yield from hook.figures(folder / "hook", smoke=smoke)


def cold_verify(folder: Path, runs: int) -> Iterator[Figure]:
    """An ARM template with a group of 50 rules, from a cold start, against importing the solver alone: one flow, and
    a set of flows, for which the solver is asked."""
    path = folder / "nsg.json"
    path.write_text(generate.template(50), encoding="utf-8")
    verify = [PYTHON, "-m", "nwpolicy", "verify", str(path), "--nsg", "nsg-web", "--direction", "Inbound"]
    commands = {
        "import z3, json": [PYTHON, "-c", "import z3, json"],
        "one flow": [*verify, "--protocol", "TCP", "--local", "10.0.0.4:443", "--remote", "203.0.113.9:60000"],
        "a set": [*verify, "--remote", "Internet"],
    }
    # Compiled modules, as an installer leaves them, whatever the environment says about writing them.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(1 + runs):  # interleaved, so that a slow moment of the machine hits all
        for name, command in commands.items():
            times[name].append(seconds(partial(process, command, environment)))
    best = {name: min(found[1:]) for name, found in times.items()}  # the first run compiles
    print(", ".join(f"{name} {seconds:.3f} s" for name, seconds in best.items()), f"(cold, best of {runs})")
    base = best.pop("import z3, json")
    yield Figure("cold verify of one flow, 50 rules, over `import z3, json`", best["one flow"] / base, "times", 2)
    yield Figure("cold verify of a set of flows, 50 rules, over the same", best["a set"] / base, "times")


_SYMBOLIC = """
import json, resource, sys, time
import z3
from nwpolicy.readers.load import load
from nwpolicy.queries.question import Ask, pose
from nwpolicy.logic.questions import decide
solving = 0.0
check = z3.Solver.check
def timed(self, *args):
    global solving
    start = time.perf_counter()
    try:
        return check(self, *args)
    finally:
        solving += time.perf_counter() - start
z3.Solver.check = timed
snapshot = load(sys.argv[1])
question = pose(snapshot, Ask(nsg="nsg-web", direction="Inbound", remote="Internet", virtual_network="10.0.0.0/8"))
start = time.perf_counter()
decision = decide(question.filter_chain.chain, question.asked)
whole = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"verdict": decision.verdict, "whole": whole, "solving": solving, "memory": memory}))
"""


def symbolic_verify(folder: Path, rules: int) -> Iterator[Figure]:
    """Everything from the internet to everything, through one group: encoding and solving, in a process of its own."""
    path = folder / "large.json"
    path.write_text(generate.template(rules), encoding="utf-8")
    found = json.loads(process([PYTHON, "-c", _SYMBOLIC, str(path)]))
    print(f"symbolic verify of {rules} rules: {found['verdict']}")
    yield Figure(f"symbolic verify, {rules} rules, encoding included", found["whole"], "s", 0.5)
    yield Figure(f"symbolic verify, {rules} rules, the solver's part", found["solving"], "s", 0.05)
    yield Figure(f"symbolic verify, {rules} rules, memory of the process", found["memory"], "MiB", 200)


if __name__ == "__main__":
    sys.exit(main())
