"""Sets of protocols and ports as the bits of a number.

Protocols and ports that no rule tells apart are one *cell*; a set of cells is a number with a bit for each. So union,
intersection and complement are single operations, however many rules there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from nwpolicy.model.cuts import Cuts
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL, PORTED
from nwpolicy.model.records import dataclass

__all__ = ["Cells", "Service"]

#: Bits that are set, idle bits that may be, and the numbers that they are of.
_Loose: TypeAlias = tuple[int, int, IntervalSet]


@dataclass(frozen=True, slots=True)
class Service:
    """A product of protocols and ports. As in `FlowSet`, a protocol without ports is in it only if both ports are
    full."""

    protocol: IntervalSet = ANY_PROTOCOL
    source_port: IntervalSet = ANY_PORT
    destination_port: IntervalSet = ANY_PORT


class Cells:
    """The cells of some services."""

    def __init__(self, services: Iterable[Service]) -> None:
        known = tuple(dict.fromkeys(services))
        protocols = _Atoms.of(8, (PORTED, *(service.protocol for service in known)))
        self._sources = _Atoms.of(16, (service.source_port for service in known))
        self._targets = _Atoms.of(16, (service.destination_port for service in known))
        self._ported = [atom for atom in protocols.atoms if atom <= PORTED]
        self._others = [atom for atom in protocols.atoms if not atom <= PORTED]
        self._columns = len(self._targets.atoms)
        self._block = self._columns * len(self._sources.atoms)
        self._bits: dict[Service, int] = {}
        self._services: dict[tuple[int, int], tuple[Service, ...]] = {}
        self.all = (1 << self._block * len(self._ported) + len(self._others)) - 1

    def bits(self, service: Service) -> int:
        """The cells of a service, which has to be a union of cells."""
        found = self._bits.get(service)
        if found is None:
            found = self._bits[service] = self._worked_out(service)
        return found

    def _worked_out(self, service: Service) -> int:
        targets = self._targets.bits(service.destination_port)
        sources = self._sources.bits(service.source_port)
        block = sum(targets << row * self._columns for row in _ones(sources))
        found = 0
        for place, atom in enumerate(self._ported):
            if atom.first in service.protocol:
                found |= block << place * self._block
        if service.source_port.is_full and service.destination_port.is_full:
            behind = self._block * len(self._ported)
            for place, atom in enumerate(self._others):
                if atom.first in service.protocol:
                    found |= 1 << behind + place
        return found

    def services(self, bits: int, idle: int = 0) -> tuple[Service, ...]:
        """The cells as few disjoint services: protocols that fare alike are taken together, and so are ports. Of the
        idle cells as many are added as make it simpler."""
        found = self._services.get((bits, idle))
        if found is None:
            found = self._services[bits, idle] = tuple(self._products(bits, idle & ~bits))
        return found

    def _products(self, bits: int, idle: int) -> Iterator[Service]:
        whole = (1 << self._block) - 1
        loose: list[_Loose] = []
        for place, atom in enumerate(self._ported):
            block, free = (number >> place * self._block & whole for number in (bits, idle))
            filled = self._filled(block, free)
            loose.append((filled, free & ~filled if filled == block else 0, atom))
        alike = _alike(loose)
        behind = self._block * len(self._ported)
        portless = [(1 << behind + place, atom) for place, atom in enumerate(self._others)]
        full = alike.pop(whole, [])
        if any(bits & bit for bit, _ in portless):
            full += [atom for bit, atom in portless if (bits | idle) & bit]
        if full:
            yield Service(_union(8, full))
        for block, atoms in alike.items():
            if block:
                yield from (Service(_union(8, atoms), *ports) for ports in self._ports(block))

    def _rows(self, block: int, free: int) -> list[_Loose]:
        """The destination ports of each class of source ports, and those that are idle."""
        row = (1 << self._columns) - 1
        return [
            (block >> place * self._columns & row, free >> place * self._columns & row, atom)
            for place, atom in enumerate(self._sources.atoms)
        ]

    def _filled(self, block: int, free: int) -> int:
        """The block with idle cells that make rows alike."""
        places = {atom: place for place, atom in enumerate(self._sources.atoms)}
        alike = _alike(self._rows(block, free))
        return sum(row << places[atom] * self._columns for row, atoms in alike.items() for atom in atoms)

    def _ports(self, block: int) -> Iterator[tuple[IntervalSet, IntervalSet]]:
        """Source and destination ports of a block, source ports that fare alike together."""
        for targets, atoms in _alike(self._rows(block, 0)).items():
            if targets:
                yield _union(16, atoms), _union(16, [self._targets.atoms[place] for place in _ones(targets)])


def _alike(loose: Iterable[_Loose]) -> dict[int, list[IntervalSet]]:
    """Numbers by their bits. Those with idle bits take the bits of others if they can, of the most first."""
    found: defaultdict[int, list[IntervalSet]] = defaultdict(list)
    for bits, free, atom in sorted(loose, key=lambda entry: (entry[1].bit_count(), entry[2].first)):
        fitting = (other for other in found if other and not bits & ~other and not other & ~(bits | free))
        found[max(fitting, key=lambda other: len(found[other]), default=bits)].append(atom)
    return found


class _Atoms:
    """The classes of numbers that no set tells apart."""

    def __init__(self, atoms: Sequence[IntervalSet]) -> None:
        self.atoms = atoms
        self._bits: dict[IntervalSet, int] = {}

    @classmethod
    def of(cls, width: int, sets: Iterable[IntervalSet]) -> _Atoms:
        cuts = Cuts((1 << place, numbers) for place, numbers in enumerate(dict.fromkeys(sets)))
        return cls(sorted(cuts.parts(IntervalSet.full(width)).values(), key=lambda atom: atom.first))

    def bits(self, numbers: IntervalSet) -> int:
        if numbers not in self._bits:
            inside = (1 << place for place, atom in enumerate(self.atoms) if atom.first in numbers)
            self._bits[numbers] = sum(inside)
        return self._bits[numbers]


def _ones(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _union(width: int, sets: Sequence[IntervalSet]) -> IntervalSet:
    return IntervalSet.of(width, (interval for numbers in sets for interval in numbers))
