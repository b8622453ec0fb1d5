"""What a file defines if it has another text, while everything else stays what it is on the disk."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.source import Document
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.load import format_of, read_text
from nwpolicy.readers.pins import Pins

__all__ = ["read_again"]


def read_again(document: Document, text: str, pins: Pins | None = None) -> Fragment:
    """The definitions of a file by itself; of one of Terraform those of its folder, which is one module. Raises
    InputError."""
    if format_of(document.path, text) != "terraform":
        return read_text(document.path, text, pins)
    from nwpolicy.readers import terraform

    store = _Edited(document.path, text)
    return terraform.root_of(document.path, store, document.path).read(pins or Pins())


class _Edited:
    """The disk, with another text in one file."""

    def __init__(self, path: str, text: str) -> None:
        self._edited = DISK.identity(path)
        self._data = text.encode()

    def shown(self, path: str) -> str:
        return DISK.shown(path)

    def identity(self, path: str) -> str:
        return DISK.identity(path)

    def is_folder(self, path: str) -> bool:
        return DISK.is_folder(path)

    def encloses(self, base: str, path: str) -> bool:
        return DISK.encloses(base, path)

    def read(self, path: str, limit: int) -> bytes:
        return self._data if DISK.identity(path) == self._edited else DISK.read(path, limit)

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:
        return DISK.walk(path, faults)
