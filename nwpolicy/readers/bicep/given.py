"""The values that a parameters file gives, for questions about a template that is named on its own.

Source: Microsoft Learn, "Bicep parameters file".
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.source import Document, Source
from nwpolicy.readers.arm.evaluation import evaluated
from nwpolicy.readers.arm.frames import Frame, Inside, Reading, Scope, Target
from nwpolicy.readers.arm.values import Open, Value, first_open
from nwpolicy.readers.pins import Pin
from nwpolicy.readers.tree import Raw

__all__ = ["values"]


def values(raw: Raw, document: Document, inside: Inside) -> list[Pin]:
    """The values in the template that was made of a parameters file. Raises InputError where one has a fault."""
    assert isinstance(raw, dict)
    reading = Reading(document, inside=inside)
    frame = Frame(Scope(reading, raw, document.root(), Target()))
    found = [_pin(name, evaluated(entry, source, frame), source) for name, entry, source in _entries(raw, document)]
    errors = [said for said in reading.diagnostics if said.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    return found


def _entries(raw: dict[str, Raw], document: Document) -> Iterator[tuple[str, Raw, Source]]:
    """What the file gives to the template that it is for; where it is for none, what it gives at all."""
    route = ("resources", "", "properties", "parameters")
    section: Raw = raw
    for key in route:
        section = section.get(key) if isinstance(section, dict) else None
    root = document.root()
    if isinstance(section, dict):
        yield from ((name, entry, root.at(*route, name)) for name, entry in section.items())
        return
    own = raw["parameters"]
    for name in own if isinstance(own, dict) else ():
        yield name, {"value": f"[parameters('{name}')]"}, root.at("parameters", name)


def _pin(name: str, entry: Value, source: Source) -> Pin:
    value = entry.get("value") if isinstance(entry, dict) else entry
    unknown = first_open([value])
    if unknown is not None or not isinstance(entry, dict) or "value" not in entry:
        reason = "it is not in the parameters file" if unknown is None else unknown.reason
        return Pin(name, None, source, withheld=f"the value of {name} is not known: {reason}")
    return Pin(name, _raw(value), source)


def _raw(value: Value) -> Raw:
    match value:
        case dict():
            return {key: _raw(child) for key, child in value.items()}
        case list():
            return [_raw(child) for child in value]
        case Open():
            raise TypeError("an unknown value is no JSON")
        case _:
            return value
