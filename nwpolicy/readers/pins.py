"""Values that a person gives for names that the input leaves open (or has a default for): `--set`, parameter files.

A name holds in every file that has it. Readers ask by name and say which names they know, so that a name that nothing
has is an error and not passed over.

Source: Microsoft Learn, "Create Resource Manager parameter file", "Use Azure Key Vault to pass secure parameter value
during deployment".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.readers.filestore import DISK, FileStore
from nwpolicy.readers.linking import Linker
from nwpolicy.readers.textfile import decode
from nwpolicy.readers.tree import Raw

__all__ = ["OpenPins", "Pin", "Pins"]

_LIMIT: Final = 8 << 20
#: What values given by `--set` are shown as.
_COMMAND_LINE: Final = "--set"


@dataclass(frozen=True, slots=True)
class Pin:
    """A value for a name. `is_text`: it is written as text and becomes what its place wants. `withheld` tells why it is
    not known after all, as for a secret of a key vault."""

    name: str
    value: Raw
    source: Source
    is_text: bool = False
    withheld: str | None = None

    def parsed(self, always: bool = False) -> Raw:
        """The value; of a text that is JSON for an array or an object (or `always`), what it stands for."""
        text = self.value
        if not (self.is_text and isinstance(text, str) and (always or text.startswith(("{", "[")))):
            return text
        try:
            value: Raw = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return value


class Pins:
    """The values that are given for one run, and the names that were met so far. Names are compared without case."""

    def __init__(self, pins: Iterable[Pin] = ()) -> None:
        self._pins = {pin.name.lower(): pin for pin in pins}
        self._known: dict[str, str] = {}
        self._withheld: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, values: Mapping[str, Raw] = {}, files: Sequence[str] = (), store: FileStore = DISK) -> Pins:
        """What files give and, before that, what is given by name. Raises InputError."""
        read = [pin for path in files for pin in _read(path, store)]
        shown = [f"{name}={value}" for name, value in values.items()]
        text = "\n".join(shown)
        document = Document(_COMMAND_LINE, text, lambda route: _line(route, shown))
        given = [
            Pin(name, value, document.root().at(number), is_text=isinstance(value, str))
            for number, (name, value) in enumerate(values.items())
        ]
        return cls((*read, *given))

    @property
    def values(self) -> Mapping[str, Raw]:
        """By name, without case, what is given; None for what is withheld."""
        return {name: pin.value for name, pin in self._pins.items()}

    @property
    def files(self) -> frozenset[str]:
        """The files that values come from, as they are shown."""
        return frozenset(pin.source.document.path for pin in self._pins.values())

    def knows(self, name: str) -> bool:
        """Whether the input that was read has a name."""
        return name.lower() in self._known

    def below(self, others: Pins) -> Pins:
        """The values of others, and these for names that have none there."""
        return others.over(self._pins.values())

    def over(self, others: Iterable[Pin]) -> Pins:
        """These values, and others for names that have none."""
        return Pins((*others, *self._pins.values()))

    def __bool__(self) -> bool:
        return bool(self._pins)

    def get(self, name: str, scope: str) -> Pin | None:
        """What is given for a name in a scope (see `Unknown`); the name is known from now on."""
        pin = self._pins.get(name.lower())
        if pin is None or (name.lower(), scope) in self._withheld:
            return None
        self.know(name)
        return pin

    def withhold(self, name: str, scope: str) -> None:
        """Says that a name stays unknown in a scope, whatever is given for it."""
        self._withheld.add((name.lower(), scope))

    def know(self, *names: str) -> None:
        """Says that the input has these names."""
        self._known.update({name.lower(): name for name in names})

    def check(self, *others: Pins) -> None:
        """Raises InputError if a value is given for a name that nothing in the input has, nor in that of other sides
        with their values."""
        known = {name: written for side in (self, *others) for name, written in side._known.items()}
        given = {name: pin for side in (*others, self) for name, pin in side._pins.items()}
        unmet = [pin for name, pin in given.items() if name not in known]
        if unmet:
            raise InputError(*(_unmet(pin, known) for pin in unmet))


class OpenPins(Pins):
    """Whatever has a name has no value, not even its default one: what then holds, holds for every value."""

    def __bool__(self) -> bool:
        return True

    def get(self, name: str, scope: str) -> Pin | None:  # noqa: ARG002 - the same in every scope
        return Pin(name, None, _NOWHERE, withheld=f"{name} may have any value")


def _unmet(pin: Pin, known: Mapping[str, str]) -> Diagnostic:
    from difflib import get_close_matches

    close = get_close_matches(pin.name.lower(), known, n=1)
    help = f"did you mean '{known[close[0]]}'?" if close else None
    message = f"the input has no parameter '{pin.name}', and nothing unknown of that name"
    return Diagnostic.error("unknown-parameter", message, pin.source, help)


_NOWHERE: Final = Document("", "", lambda _: Span(1, 1, 1, 1)).root()


def _line(route: Sequence[str | int], lines: Sequence[str]) -> Span:
    number = route[0] if route and isinstance(route[0], int) else 0
    return Span(number + 1, 1, number + 1, len(lines[number]) + 1 if lines else 1)


def _read(path: str, store: FileStore) -> list[Pin]:
    """The values in a parameter file."""
    from nwpolicy.readers import jsontext

    shown = store.shown(path)
    text = decode(shown, store.read(shown, _LIMIT))
    if shown.endswith(".bicepparam"):
        from nwpolicy.readers.bicep import Compiler

        return Compiler(Linker(store, shown, _LIMIT, jsontext.parse).text, jsontext.parse).given(shown, text)
    if shown.endswith((".tfvars", ".tfvars.json")):
        from nwpolicy.readers.terraform.variablefiles import given

        return given(shown, text)
    raw, document = jsontext.parse(shown, text)
    root = document.root()
    values = raw.get("parameters") if isinstance(raw, dict) else None
    if not isinstance(values, dict):
        help = 'it has the form {"parameters": {"name": {"value": ...}}}'
        raise InputError(Diagnostic.error("not-recognised", "this is no parameter file", root, help))
    return [_pin(name, entry, root.at("parameters", name)) for name, entry in values.items()]


def _pin(name: str, entry: Raw, source: Source) -> Pin:
    if isinstance(entry, dict) and "value" in entry:
        return Pin(name, entry["value"], source.at("value"))
    if isinstance(entry, dict) and entry.keys() & {"reference", "expression"}:
        return Pin(name, None, source, withheld=f"the value of {name} is not in the parameter file")
    message = f"the parameter {name} has no 'value'"
    raise InputError(Diagnostic.error("not-recognised", message, source, 'it has the form {"value": ...}'))
