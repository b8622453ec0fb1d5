"""Reads every file of checkouts of public repositories, and counts how it goes.

    python -m tests.readcheck [--twins] PATH ...

Each Bicep file, each template and each export in JSON, and each folder with files of Terraform is read by itself, with
parameters at their defaults. What holds nothing that nwpolicy knows is not counted. Links are followed within the
repository around a PATH, which is the next folder with `.git`. What cannot be read is listed with its place and reason;
`--twins` compares Bicep files with the templates that were compiled from them, too (`tests.twins`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.unknowns import unknowns_in
from nwpolicy.readers.load import load
from tests.twins import compare

COLUMNS: Final = ("tried", "nothing said", "warnings", "failed", "unknowns", "definitions", "seconds")
_TEMPLATE: Final = b"deploymenttemplate.json"
_EXPORT: Final = b"microsoft.network/"
_NOTHING: Final = {"not-recognised", "no-definitions"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.readcheck", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--twins", action="store_true", help="compare Bicep files with the compiled templates, too")
    arguments = parser.parse_args()
    rows: list[tuple[str, str, Counter[str]]] = []
    for path in arguments.paths:
        rows += [(str(path), kind, count) for kind, count in check(path, _say).items()]
    sys.stdout.writelines(f"{line}\n" for line in table(rows))
    for path in arguments.paths if arguments.twins else ():
        twins = compare(_repository(path), [path], _say)
        for question, count in twins.items():
            if count["tried"]:
                _say(f"{path}: twins, {question}: {count['tried']} tried, {count['equal']} equal")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def check(folder: Path, say: Callable[[str], object]) -> dict[str, Counter[str]]:
    """How many inputs of a folder are read, by format."""
    counts: dict[str, Counter[str]] = {}
    for kind, path in inputs(folder):
        started = time.perf_counter()
        outcome = _read(path, say)
        if outcome:
            counts.setdefault(kind, Counter()).update({"tried": 1, **outcome})
            counts[kind]["milliseconds"] += round(1000 * (time.perf_counter() - started))
    return counts


def inputs(folder: Path) -> Iterator[tuple[str, Path]]:
    """What is read by itself, with its format. One file stands for a folder of Terraform."""
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts) or not path.is_file():
            continue
        if path.suffix == ".bicep":
            yield "Bicep", path
        elif path.suffix == ".tf" and path == min(path.parent.glob("*.tf")):
            yield "Terraform", path
        elif path.suffix == ".json":
            data = path.read_bytes().lower()
            if _TEMPLATE in data or _EXPORT in data:
                yield "ARM" if _TEMPLATE in data else "export", path


def _read(path: Path, say: Callable[[str], object]) -> dict[str, int]:
    """The columns in which an input counts; none for what holds nothing that nwpolicy knows."""
    try:
        found = load(str(path))
    except InputError as error:
        if {each.code for each in error.diagnostics} <= _NOTHING:
            return {}
        for each in error.diagnostics:
            say(f"{each.location}: {each.message} [{each.code}]")
        return {"failed": 1}
    is_said = any(each.severity is Severity.WARNING for each in found.diagnostics)
    return {
        "warnings" if is_said else "nothing said": 1,
        "unknowns": next(unknowns_in(found.resources), None) is not None,
        "definitions": bool(found.resources),
    }


def table(rows: list[tuple[str, str, Counter[str]]]) -> Iterator[str]:
    width = max((len(source) for source, _, _ in rows), default=0)
    yield f"{'':{width}} {'':10}" + "".join(f"{column:>13}" for column in COLUMNS)
    for source, kind, count in rows:
        shown = {**count, "seconds": round(count["milliseconds"] / 1000)}
        yield f"{source:{width}} {kind:10}" + "".join(f"{shown.get(column, 0):13}" for column in COLUMNS)


def _repository(path: Path) -> Path:
    return next((above for above in (path, *path.parents) if (above / ".git").exists()), path)


if __name__ == "__main__":
    main()
