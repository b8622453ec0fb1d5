"""Values that a person gives for parameters, checked against what the template says of them.

Source: Microsoft Learn, "Parameters in ARM templates" (data types, allowedValues, minValue, maxLength, ...).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, cast

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Domain
from nwpolicy.readers.arm.values import Array, Object, Value, kind_of, same
from nwpolicy.readers.pins import Pin
from nwpolicy.readers.tree import Raw

__all__ = ["Limits", "belonging", "converted", "domain_of", "located", "typed"]

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "array": (list, "an array"),
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "object": (dict, "an object"),
    "secureobject": (dict, "an object"),
    "securestring": (str, "a string"),
    "string": (str, "a string"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a template says of a parameter: `attribute` looks it up by name."""

    name: str
    attribute: Callable[[str], Raw]

    def fault(self, value: Value) -> str | None:
        """What is wrong with a value."""
        type = str(self.attribute("type")).lower()
        if value is None:
            return None if self.attribute("nullable") is True else f"{self.name} cannot be null"
        wanted, called = _TYPES.get(type, (object, ""))
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            return f"{self.name} is {called}, not {kind_of(value)}"
        allowed = self.attribute("allowedValues")
        if isinstance(allowed, list) and not any(same(value, cast(Value, other)) for other in allowed):
            return f"{self.name} is one of {', '.join(map(str, allowed))}, not {value}"
        return self._size_fault(value)

    def _size_fault(self, value: Value) -> str | None:
        size = len(value) if isinstance(value, str | list) else value
        low, high = ("minLength", "maxLength") if isinstance(value, str | list) else ("minValue", "maxValue")
        least, most = self.attribute(low), self.attribute(high)
        if not isinstance(size, int) or isinstance(size, bool):
            return None
        if isinstance(least, int) and size < least:
            return f"{self.name} has the {low} {least}"
        if isinstance(most, int) and size > most:
            return f"{self.name} has the {high} {most}"
        return None


def domain_of(attribute: Callable[[str], Raw]) -> Domain | None:
    """What a template says that a string or a number may be, as far as unknowns can tell it."""
    allowed = attribute("allowedValues")
    texts = tuple(str(value) for value in allowed) if isinstance(allowed, list) else ()
    type = str(attribute("type")).lower()
    if type != "int":
        return Domain(texts) if type == "string" and texts else None
    least, most = attribute("minValue"), attribute("maxValue")
    return Domain(texts, True, least if isinstance(least, int) else None, most if isinstance(most, int) else None)


def typed(pin: Pin, type: str) -> Value:
    """The value that a text stands for where one of this type is wanted; the text itself where it stands for none."""
    text = pin.value
    if not pin.is_text or not isinstance(text, str):
        return located(pin.value, pin.source)
    if type in {"string", "securestring"}:
        return text
    if type == "bool":
        return text.lower() == "true" if text.lower() in {"true", "false"} else text
    value = pin.parsed(always=type in {"int", "array", "object", "secureobject"})
    return located(value, pin.source)


def converted(value: Value, type: str) -> Value:
    """A default value; of a number or truth value that is written as a string, what it stands for."""
    if not isinstance(value, str) or type not in {"int", "bool"}:
        return value
    if type == "bool":
        return {"true": True, "false": False}.get(value.lower(), value)
    return int(value) if _WHOLE_NUMBER.fullmatch(value) else value


def located(raw: Raw, source: Source) -> Value:
    """A value as it is written, of which nothing is an expression."""
    match raw:
        case dict():
            return Object({key: located(child, source.at(key)) for key, child in raw.items()}, source)
        case list():
            return Array((located(child, source.at(index)) for index, child in enumerate(raw)), source)
        case _:
            return raw


def belonging(pin: Pin, whole: Document) -> Pin:
    """The value as part of a deployment: references in it mean what is deployed there."""
    document = replace(pin.source.document, part_of=whole)
    return replace(pin, source=Source(document, pin.source.route))
