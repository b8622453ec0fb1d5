"""The folders that hold the modules of a configuration, and other files that it reads.

Nothing outside of the repository or folder that is read is looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document
from nwpolicy.readers.filestore import FileStore
from nwpolicy.readers.terraform.declarations import Declarations, File, parsed
from nwpolicy.readers.textfile import decode

__all__ = ["Folders", "is_configuration"]

#: Characters of one file.
_MAX_FILE: Final = 4 << 20
#: Where `terraform init` notes which modules it has put where.
_INSTALLED: Final = ".terraform/modules/modules.json"


def is_configuration(name: str) -> bool:
    """Whether a file is a part of its folder's configuration."""
    return name.endswith((".tf", ".tf.json"))


class Folders:
    """Folders of a store, each read once. `base` is the file or folder that was given."""

    def __init__(self, store: FileStore, base: str) -> None:
        self._store = store
        self._base = base
        self._parsed: dict[str, File] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def shown(self, *parts: str) -> str:
        return self._store.shown(os.path.join(*parts))  # noqa: PTH118 - keeps the spelling

    def identity(self, folder: str) -> str:
        return self._store.identity(folder or ".")

    def encloses(self, path: str) -> bool:
        return self._store.encloses(self._base, path)

    def content(self, path: str) -> bytes:
        """What is in a file. Raises InputError."""
        return self._store.read(path, _MAX_FILE)

    def read(self, path: str) -> str:
        """The text of a file. Raises InputError."""
        return decode(path, self.content(path))

    def below(self, folder: str) -> Iterator[str]:
        """The files in a folder and in those within it."""
        if self._store.is_folder(folder or "."):
            yield from self._store.walk(folder or ".", [])

    def names(self, folder: str) -> tuple[str, ...]:
        """The files that stand in a folder itself."""
        own = self.identity(folder)
        if own not in self._names:
            found = (name for name in self.below(folder) if self.identity(os.path.dirname(name)) == own)  # noqa: PTH120
            self._names[own] = tuple(found)
        return self._names[own]

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        wanted = self.identity(path)
        return any(self.identity(name) == wanted for name in self.names(os.path.dirname(path)))  # noqa: PTH120

    def files(self, names: Iterable[str], part_of: Document | None = None) -> tuple[File, ...]:
        """The trees of files, as parts of a root (or of the first of them). Raises InputError with all faults."""
        found: list[File] = []
        faults: list[Diagnostic] = []
        for name in names:
            try:
                file = self._file(name)
            except InputError as error:
                faults += error.diagnostics
                continue
            document = replace(file.document, part_of=part_of)
            part_of = part_of or document
            found.append(File(document, file.body))
        if faults:
            raise InputError(*faults)
        return tuple(found)

    def _file(self, name: str) -> File:
        if name not in self._parsed:
            self._parsed[name] = parsed(name, self.read(name))
        return self._parsed[name]

    def module(self, folder: str, part_of: Document) -> Declarations | None:
        """What a folder declares; None where it holds no configuration. Raises InputError."""
        names = [name for name in self.names(folder) if is_configuration(name)]
        return Declarations.of(folder, self.files(names, part_of)) if names else None

    def installed(self, root: str) -> Mapping[str, str]:
        """Where, from the root, `terraform init` has put its modules, by their keys (`network.subnets`)."""
        try:
            raw = json.loads(self.read(self.shown(root, _INSTALLED)))
        except (InputError, ValueError, RecursionError):
            return {}
        entries = raw.get("Modules") if isinstance(raw, dict) else None
        found: dict[str, str] = {}
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("Key"), str) and isinstance(entry.get("Dir"), str):
                found[entry["Key"]] = entry["Dir"]
        return found
