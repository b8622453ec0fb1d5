"""What is not known, as parameters of the formats that are deployed: names that these formats take, and types.

A piece of a name that is not known stands in braces (`nsg-{environment}`) and is a parameter, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.reports.writing.identifiers import Identifiers

__all__ = ["Parameter", "Parameters"]

_TYPES: Final = {UnknownKind.PRIORITY: "int", UnknownKind.CONDITION: "bool", UnknownKind.RULES: "array"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: `about` tells the person what it stands for."""

    name: str
    type: str
    about: str
    domain: Domain | None = None


class Parameters:
    """The parameters of one file, in the order of their first use."""

    def __init__(self, names: Identifiers) -> None:
        self._names = names
        self._known: dict[tuple[str, str], Parameter] = {}

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._known.values())

    def of(self, unknown: Unknown, type: str | None = None) -> Parameter:
        """The parameter for a value; two uses of one name are the same value, if they are of one type."""
        about = unknown.reason if unknown.name in unknown.reason else f"{unknown.name}: {unknown.reason}"
        return self._made(unknown.name, type or _type_of(unknown), about, unknown.domain)

    def piece(self, name: str) -> Parameter:
        """The parameter for a piece of a name."""
        name = _decoded(name)
        lowered = name.lower()  # ids are in lower case
        known = (one for (full, type), one in self._known.items() if type == "string" and full.lower() == lowered)
        return next(known, None) or self._made(
            name, "string", f"{name}: a part of names that the definitions leave open", None
        )

    def named(self, name: str, type: str, about: str) -> Parameter:
        """A parameter of the file itself."""
        return self._made(name, type, about, None)

    def shown(self, unknown: Unknown) -> str:
        """What an unknown is called here; its own name where no parameter was made for it."""
        types = (_type_of(unknown), "array", "object", "string")
        found = (self._known.get((unknown.name, type)) for type in types)
        return next((one.name for one in found if one is not None), unknown.name)

    def shown_piece(self, name: str) -> str:
        """The same for a piece of a name, whatever its case."""
        lowered = _decoded(name).lower()
        known = (one.name for (full, type), one in self._known.items() if type == "string" and full.lower() == lowered)
        return next(known, name)

    def _made(self, name: str, type: str, about: str, domain: Domain | None) -> Parameter:
        found = self._known.get((name, type))
        if found is None:
            found = Parameter(self._names.like(name.removeprefix("var.")), type, about, domain)
            self._known[name, type] = found
        return found


def _type_of(unknown: Unknown) -> str:
    is_number = unknown.domain is not None and unknown.domain.is_number
    return "int" if is_number else _TYPES.get(unknown.kind, "string")


def _decoded(name: str) -> str:
    """A slash would part a name, so there is none in a piece of it."""
    return name.replace("%2F", "/").replace("%2f", "/")
