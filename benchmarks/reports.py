"""A report about a pull request that touches three of many network security groups, against the size of the estate; and
one about a pull request with very many changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import changes, estate
from benchmarks.figures import Figure, processor_seconds

__all__ = ["figures"]

#: The rules that the pull request adds or changes, each in a group of another region.
_TOUCHED: Final = 3


def figures(*, smoke: bool) -> Iterator[Figure]:
    """Time of the processor for cold processes, reading and all, the page with its pictures too: 10,000 network
    interfaces with 500 groups."""
    for nics in (estate.REGION * 3,) if smoke else (2_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            old, new = Path(folder, "old"), Path(folder, "new")
            old.mkdir()
            estate.write(old, nics)
            shutil.copytree(old, new)
            _touch(new)
            command = [sys.executable, "-m", "nwpolicy", "report", str(old), str(new)]
            command += ["--write", f"json={folder}/a.json", "--write", f"html={folder}/a.html"]
            taken = processor_seconds(partial(subprocess.run, [*command, "--quiet", "--exit-zero"], check=True))
            found = json.loads(Path(folder, "a.json").read_text(encoding="utf-8"))
        assert found["totals"]["opened"] == 1, found["sentence"]
        promise = 10.0 if nics == 10_000 else None
        what = f"report on {_TOUCHED} of {nics // 20} groups, {nics:,} interfaces, as JSON and a page"
        yield Figure(what, taken, "s", promise)
    yield _large(changes.GROUP if smoke else 2_000)


def _large(count: int) -> Figure:
    """A page with pictures about so many changes of meaning, from a cold process."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = changes.write(Path(folder), count)
        command = [sys.executable, "-m", "nwpolicy", "report", str(old), str(new), "--write", f"html={folder}/a.html"]
        taken = processor_seconds(partial(subprocess.run, [*command, "--quiet", "--exit-zero"], check=True))
    return Figure(f"report of {count:,} changes of meaning, as a page", taken, "s")


def _touch(folder: Path) -> None:
    """Opens a port, renames a rule, and takes out one that does nothing alone."""
    for number, path in enumerate(sorted(folder.glob("region-*.json"))[:_TOUCHED]):
        resources: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        group = next(one for one in resources if one["type"].endswith("/networkSecurityGroups"))
        rules = group["properties"]["securityRules"]
        if number == 0:
            ends = {"sourceAddressPrefix": "Internet", "destinationAddressPrefix": "*", "destinationPortRange": "22"}
            opened = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*", **ends}
            rules.append({"name": "ssh-temp", "properties": {"priority": 99 + 2, **opened}})
        else:
            rules[number]["name"] = f"renamed-{number}"
        path.write_text(json.dumps(resources, indent=1), encoding="utf-8")
