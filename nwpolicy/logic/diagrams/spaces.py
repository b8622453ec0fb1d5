"""The four spaces of flows (a family, with ports or without), and the numbers that stand for fields in a diagram.

In a diagram the protocols of a space are numbered from 0 without gaps, so that a rule for any protocol is one for the
whole range, with ports or without. A flow without ports has one port, 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, TypeAlias

from nwpolicy.logic.boxes import DESTINATION_PORT, PROTOCOL, SOURCE_PORT, Asked, Box, boxes_of
from nwpolicy.model.addresses import Family
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.records import dataclass

__all__ = ["Order", "Space", "hull", "spaces_of"]

#: The fields of a box (their indices) in the order in which a diagram looks at them.
Order: TypeAlias = tuple[int, ...]

_PROTOCOL_ROOM: Final = 256


@dataclass(frozen=True, slots=True)
class Space:
    """Flows of one family, all of which have ports or none of which has."""

    family: Family
    ported: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each field has."""
        ports = 1 << 16 if self.ported else 1
        protocols = PORTED.size if self.ported else _PROTOCOL_ROOM - PORTED.size
        addresses = 1 << self.family.width
        return protocols, ports, addresses, addresses, ports

    def numbers(self, index: int, values: IntervalSet) -> tuple[Interval, ...]:
        """The numbers that stand for values of a field."""
        if index != PROTOCOL:
            return values.intervals
        return _renumbered(values, _PORTED_NUMBERS if self.ported else _OTHER_NUMBERS)

    def values(self, index: int, numbers: Iterable[Interval]) -> IntervalSet:
        """The values of a field that numbers stand for."""
        if index == PROTOCOL:
            names = _PORTED_NAMES if self.ported else _OTHER_NAMES
            return IntervalSet.of(8, ((names[n], names[n]) for low, high in numbers for n in range(low, high + 1)))
        if index in (SOURCE_PORT, DESTINATION_PORT):
            found = IntervalSet.of(16, numbers)
            return found if self.ported or not found else ANY_PORT
        return IntervalSet.of(self.family.width, numbers)


_PORTED_NAMES: Final = tuple(n for n in range(_PROTOCOL_ROOM) if n in PORTED)
_OTHER_NAMES: Final = tuple(n for n in range(_PROTOCOL_ROOM) if n not in PORTED)
_PORTED_NUMBERS: Final = {name: number for number, name in enumerate(_PORTED_NAMES)}
_OTHER_NUMBERS: Final = {name: number for number, name in enumerate(_OTHER_NAMES)}


def spaces_of(asked: Asked) -> Iterator[tuple[Space, tuple[Box, ...]]]:
    """The spaces that flows are asked about in, each with what of it is asked about."""
    boxes = boxes_of(asked)
    for family, ported in product(Family, (True, False)):
        mine = tuple(box for box in boxes if (box.family, box.ported) == (family, ported))
        if mine:
            yield Space(family, ported), mine


def hull(boxes: tuple[Box, ...]) -> Box:
    """The smallest box around others of one space."""
    first, *rest = boxes
    for box in rest:
        for index, numbers in enumerate(box.fields):
            first = first.with_field(index, first.fields[index] | numbers)
    return first


def _renumbered(values: IntervalSet, numbers: dict[int, int]) -> tuple[Interval, ...]:
    if values.is_full:
        return ((0, len(numbers) - 1),)
    found = ((numbers[n], numbers[n]) for low, high in values for n in range(low, high + 1) if n in numbers)
    return IntervalSet.of(8, found).intervals
