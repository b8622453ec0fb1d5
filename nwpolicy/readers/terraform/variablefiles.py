"""Files of variables that a person names (`*.tfvars`, `*.tfvars.json`), as values for parameters."""

from __future__ import annotations

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.pins import Pin
from nwpolicy.readers.terraform.declarations import Declarations, File, parsed
from nwpolicy.readers.terraform.evaluation import soft
from nwpolicy.readers.terraform.folders import Folders
from nwpolicy.readers.terraform.frames import Frame, Reading, TooMuchWork
from nwpolicy.readers.terraform.modules import Module
from nwpolicy.readers.terraform.sources import Sources
from nwpolicy.readers.terraform.values import Value, first_open, plain
from nwpolicy.readers.terraform.variables import Given, LocatedPin

__all__ = ["given"]


def given(path: str, text: str) -> list[Pin]:
    """The values in a file of variables, which are nothing but values. Raises InputError."""
    file = parsed(path, text)
    reading = Reading()
    try:
        values = _values(file, reading, path)
    except (TooMuchWork, RecursionError):
        reading.say(Severity.ERROR, "too-much-work", "these values take too many steps", file.document.root())
    if reading.diagnostics:
        raise InputError(*reading.diagnostics)
    return [LocatedPin(name, plain(value), value.source, located=value) for name, value in values.items()]


def _values(file: File, reading: Reading, path: str) -> dict[str, Value]:
    sources = Sources(Folders(DISK, path), reading, "", {})
    nothing = Module(Declarations(""), file.document, reading, sources, Given())
    frame = Frame(nothing, file.document)
    values = {name: soft(attribute.value, frame) for name, attribute in file.body.attributes.items()}
    for value in values.values():
        if first_open([value]) is not None:
            reading.say(Severity.ERROR, "bad-expression", "a file of variables holds nothing but values", value.source)
    return values
