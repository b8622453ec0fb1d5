"""The data files of the package: Lark grammars and JSON Schemas.

They lie in `grammar/` and `schemas/` at the top of the repository and inside `nwpolicy/_bundled/` in a wheel.
This is the only module that knows either place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

__all__ = ["DataKind", "data_path", "read_data"]

DataKind: TypeAlias = Literal["grammar", "schemas"]

# Not importlib.resources: importing it costs more time than reading the file. It would not find the files of an
# editable install either, because hatchling bundles a copy for those beside a package that is imported from elsewhere.
_PACKAGE: Final = Path(__file__).resolve().parent


def data_path(kind: DataKind) -> Path:
    """The folder that holds the files of that kind, for a wheel, an editable install and a plain checkout alike."""
    bundled = _PACKAGE / "_bundled" / kind
    return bundled if bundled.is_dir() else _PACKAGE.parent / kind


def read_data(kind: DataKind, name: str) -> str:
    """The text of one file, e.g. `read_data("schemas", "definitions.schema.json")`."""
    return (data_path(kind) / name).read_text(encoding="utf-8")
