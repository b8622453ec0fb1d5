"""Runs Atheris on one reader: see README.md beside this file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import atheris

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["nwpolicy"]):
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.coverage import coverage
    from nwpolicy.readers import (  # noqa: F401 - instrumented here, loaded when they are needed
        arm,
        bicep,
        definitions,
        exports,
        jsontext,
        nwp,
        terraform,
        yamltext,
    )
    from nwpolicy.readers.load import load

#: The file that a reader's input is read as, and the files that it starts from.
READERS: Final = {
    "arm": ("main.json", "*.json"),
    "bicep": ("main.bicep", "*.bicep"),
    "exports": ("export.json", "*.json"),
    "json": ("web.json", "*.json"),
    "nwp": ("web.nwp", "*.nwp"),
    "terraform": ("main.tf", "*.tf"),
    "yaml": ("web.yaml", "*.yaml"),
    "zip": ("estate.zip", "*.zip"),
}
_LARGEST: Final = 8_000


class Store:
    """A folder that holds one file, which every path below it leads to."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name, self._data = name, data

    def shown(self, path: str) -> str:
        return path.rpartition("/")[2] or path

    def identity(self, path: str) -> str:
        return self.shown(path)

    def is_folder(self, path: str) -> bool:
        return path == "."

    def encloses(self, _: str, path: str) -> bool:
        return ".." not in path

    def read(self, path: str, limit: int) -> bytes:
        return self._data[:limit] if path.endswith(Path(self._name).suffix) else b""

    def walk(self, _: str, __: list[OSError]) -> Iterator[str]:
        yield self._name


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in READERS:
        sys.exit(f"python tests/fuzz/fuzz.py {'|'.join(READERS)} [OPTION OF LIBFUZZER ...]")
    reader = sys.argv.pop(1)
    name, pattern = READERS[reader]

    def one(data: bytes) -> None:
        try:
            coverage(load(name, store=Store(name, data)))
        except InputError as error:
            if not all(found.message and found.location.span.line for found in error.diagnostics):
                raise AssertionError("a diagnostic without words or without a place") from error

    corpus, findings = HERE / "corpus" / reader, HERE / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    _seed(corpus, pattern)
    options = ["-timeout=5", "-rss_limit_mb=2048", f"-max_len={_LARGEST}", f"-artifact_prefix={findings}/{reader}-"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], str(corpus)], one)
    atheris.Fuzz()


def _seed(corpus: Path, pattern: str) -> None:
    """The files of the repository that are small enough."""
    for folder in ("tests/data", "rules-examples"):
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.stat().st_size <= _LARGEST:
                (corpus / f"{path.parent.name}-{path.name}").write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
