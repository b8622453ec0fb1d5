"""Files of variables that a person names (`*.tfvars`, `*.tfvars.json`), as values for parameters."""

from __future__ import annotations

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.pins import Pin
from nwpolicy.readers.terraform.declarations import Declarations, parsed
from nwpolicy.readers.terraform.evaluation import soft
from nwpolicy.readers.terraform.folders import Folders
from nwpolicy.readers.terraform.frames import Frame, Reading
from nwpolicy.readers.terraform.modules import Module
from nwpolicy.readers.terraform.sources import Sources
from nwpolicy.readers.terraform.values import first_open, plain
from nwpolicy.readers.terraform.variables import Given

__all__ = ["given"]


def given(path: str, text: str) -> list[Pin]:
    """The values in a file of variables, which are nothing but values. Raises InputError."""
    file = parsed(path, text)
    reading = Reading()
    sources = Sources(Folders(DISK, path), reading, "", {})
    nothing = Module(Declarations(""), file.document, reading, sources, Given())
    frame = Frame(nothing, file.document)
    values = {name: soft(attribute.value, frame) for name, attribute in file.body.attributes.items()}
    for value in values.values():
        if first_open([value]) is not None:
            reading.say(Severity.ERROR, "bad-expression", "a file of variables holds nothing but values", value.source)
    if reading.diagnostics:
        raise InputError(*reading.diagnostics)
    return [Pin(name, plain(value), value.source) for name, value in values.items()]
