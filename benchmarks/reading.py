"""Reading of files, in all formats.

Bicep modules of a public repository are read where the environment names a checkout of it: `NWPOLICY_TWINS` is a folder
with a clone of Azure/bicep-registry-modules.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import generate
from benchmarks.figures import Figure, process, seconds
from nwpolicy.model.diagnostics import InputError
from nwpolicy.queries.coverage import coverage
from nwpolicy.readers import jsontext
from nwpolicy.readers.load import load

__all__ = ["figures"]


def figures(folder: Path, *, smoke: bool) -> Iterator[Figure]:
    yield from _cold(folder, runs=1 if smoke else 15)
    yield from _first(folder, scale=0.05 if smoke else 1.0)
    yield _estate(folder, files=50 if smoke else 5000)
    yield _broken(rows=1000 if smoke else 100_000)
    yield from _modules(most=5 if smoke else 1_000_000)


def _cold(folder: Path, runs: int) -> Iterator[Figure]:
    """A file of 200 lines with one group, from a cold start: the parser is built and the solver loaded."""
    environment = {
        **os.environ,
        "sys.executablePYCACHEPREFIX": str(folder / "compiled"),
        "sys.executableDONTWRITEBYTECODE": "",
    }
    for name, file, text in (
        ("Bicep", "main.bicep", generate.bicep(200)),
        ("Terraform", "main.tf", generate.terraform(200)),
    ):
        path = folder / name / file
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        verify = [sys.executable, "-m", "nwpolicy", "verify", str(path), "--nsg", "nsg-web", "--direction", "Inbound"]
        command = [*verify, "--protocol", "TCP", "--local", "10.0.0.4:443", "--remote", "203.0.113.9:60000"]
        times = [seconds(partial(process, command, environment)) for _ in range(1 + runs)]
        yield Figure(f"cold verify of one flow, 200 lines of {name}, whole process", min(times[1:]), "s", 0.5)


_READ = """
import sys, time
start = time.perf_counter()
from nwpolicy.readers.load import load
snapshot = load(sys.argv[1])
print(time.perf_counter() - start)
"""


def _first(folder: Path, scale: float) -> Iterator[Figure]:
    """Reading a file for the first time in a process: imports and grammar included."""
    template = folder / "megabyte.json"
    template.write_text(generate.large_template(int(scale * 2**20)), encoding="utf-8")
    language = folder / "thousand.nwp"
    language.write_text(generate.language(int(scale * 1000)), encoding="utf-8")
    plain = min(seconds(lambda: json.loads(template.read_text(encoding="utf-8"))) for _ in range(5))
    arm = min(float(process([sys.executable, "-c", _READ, str(template)])) for _ in range(3))
    nwp = min(float(process([sys.executable, "-c", _READ, str(language)])) for _ in range(3))
    print(f"json.loads of the same template: {plain:.3f} s, reading it {arm / plain:.0f} times that")
    yield Figure(f"reading an ARM template of {template.stat().st_size / 2**20:.1f} MiB", arm, "s", 1.0)
    lines = language.read_text(encoding="utf-8").count("\n")
    yield Figure(f"reading {lines} lines of .nwp, grammar build included", nwp, "s", 0.3)


def _estate(folder: Path, files: int) -> Figure:
    """A folder with an export of each network security group of an estate: reading it, and telling the coverage."""
    exports = folder / "estate"
    exports.mkdir()
    for number in range(files):
        rules = [{"name": rule["name"], "properties": rule["properties"]} for rule in generate.rules(20, seed=number)]
        group = f"/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/nsg-{number}"
        export = {"id": group, "name": f"nsg-{number}", "properties": {"securityRules": rules}}
        (exports / f"nsg-{number}.json").write_text(json.dumps(export, indent=2), encoding="utf-8")
    taken = seconds(lambda: coverage(load(str(exports))))
    return Figure(f"coverage of a folder with {files} exports of 20 rules each", taken, "s", 30)


def _broken(rows: int) -> Figure:
    """A large JSON file that ends too early: what is said, and where."""
    row = {
        "name": "r",
        "properties": {"priority": 100, "sourceAddressPrefixes": ["10.0.0.0/8", "*"], "access": "Allow"},
    }
    text = json.dumps([row] * rows, indent=1)[:-1]

    def refused() -> None:
        try:
            jsontext.parse("broken.json", text)
        except InputError:
            return
        raise SystemExit("half a file was read")

    return Figure(f"what is wrong with {len(text) / 2**20:.1f} MiB of JSON", seconds(refused), "s", 10)


def _modules(most: int) -> Iterator[Figure]:
    """Every Bicep file of the network modules, one after the other in one process."""
    checkout = os.environ.get("NWPOLICY_TWINS")
    if checkout is None:
        print("Bicep modules: skipped, NWPOLICY_TWINS names no checkout of Azure/bicep-registry-modules")
        return
    files = sorted(path for path in Path(checkout).glob("avm/**/*.bicep") if "network" in path.parts)[:most]
    whole = seconds(lambda: [load(str(path)) for path in files])
    yield Figure(f"reading a Bicep file of avm/**/network/**, mean of {len(files)}", whole / len(files), "s", 1 / 20)
