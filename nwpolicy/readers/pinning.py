"""Given values in the place of what is left open in definitions, whatever format they come from.

Readers that evaluate expressions put given values there themselves, as far as names stand in expressions. What is left
are values that definitions leave open as they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access, Direction
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.resources import values
from nwpolicy.readers.tree import Node, wrap

__all__ = ["pinned"]

R = TypeVar("R", bound=Resource)
_Read: TypeAlias = Callable[[Node, list[Diagnostic]], object]


def _choice(choices: Iterable[Any], kind: UnknownKind, what: str) -> _Read:
    return lambda node, diagnostics: values.choice(node, choices, kind, what, diagnostics)


#: How a field's value is read, by what its type mentions; the first that fits.
_READERS: Final[tuple[tuple[str, _Read], ...]] = (
    ("AddressTerm", values.prefix_or_tag),
    ("ServiceTag", values.prefix_or_tag),
    ("AddressPrefix", values.prefix),
    ("Address ", values.address),
    ("PortRange", values.ports),
    ("IntervalSet", values.protocol),
    ("Access", _choice(Access, UnknownKind.ACCESS, "access")),
    ("Direction", _choice(Direction, UnknownKind.DIRECTION, "direction")),
    ("NextHopType", _choice(NextHopType, UnknownKind.TEXT, "next hop type")),
    ("bool", values.flag),
    ("int", lambda node, diagnostics: values.integer(node, UnknownKind.PRIORITY, diagnostics)),
    ("str", values.text),
)


def pinned(resources: Iterable[R], pins: Pins, diagnostics: list[Diagnostic]) -> tuple[R, ...]:
    """The definitions with given values. Those whose condition is given as false are gone."""
    settled = _Settling(pins, diagnostics)
    found = (settled.record(resource) for resource in resources)
    return tuple(resource for resource in found if resource is not None)


class _Settling:
    def __init__(self, pins: Pins, diagnostics: list[Diagnostic]) -> None:
        self._pins = pins
        self._diagnostics = diagnostics

    def record(self, record: Any) -> Any:
        """The same with given values; None if its condition is given as false."""
        changes: dict[str, object] = {}
        for item in fields(record):
            old = getattr(record, item.name)
            new = self._condition(old) if item.name == "condition" else self._value(old, str(item.type))
            if new is False and item.name == "condition":
                return None
            if new is not old:
                changes[item.name] = new
        return replace(record, **changes) if changes else record

    def _condition(self, condition: Unknown | None) -> object:
        """None for one that holds, False for one that does not."""
        given = None if condition is None else self._given(condition)
        if given is None:
            return condition
        answer = values.flag(given, self._diagnostics)
        return None if answer is True else answer

    def _value(self, value: Any, type: str) -> Any:
        if isinstance(value, Unknown):
            found = self._settled(value, type)
            return found[0] if len(found) == 1 else value
        if isinstance(value, tuple):
            return self._elements(value, type)
        if isinstance(value, Source | Document) or not is_dataclass(value):
            return value
        return self.record(value)

    def _elements(self, elements: tuple[Any, ...], type: str) -> tuple[Any, ...]:
        made: list[Any] = []
        for element in elements:
            new = self._settled(element, type) if isinstance(element, Unknown) else (self._value(element, type),)
            made += (found for found in new if found is not None)
        same = len(made) == len(elements) and all(one is other for one, other in zip(made, elements, strict=True))
        return elements if same else tuple(made)

    def _settled(self, unknown: Unknown, type: str) -> tuple[Any, ...]:
        """The values that are given; the unknown itself where none is."""
        node = self._given(unknown)
        if node is None:
            return (unknown,)
        read = next((reader for mention, reader in _READERS if mention in type), None)
        if read is None:
            message = f"{unknown.name} stands for {unknown.kind.value}, of which no value can be given"
            self._diagnostics.append(Diagnostic.error("invalid-parameter", message, node.source))
            return (unknown,)
        nodes = node.elements() or (node,)
        return tuple(read(element, self._diagnostics) for element in nodes)

    def _given(self, unknown: Unknown) -> Node | None:
        pin = self._pins.get(unknown.name, unknown.scope)
        return None if pin is None or pin.withheld else wrap(pin.parsed(), pin.source)
