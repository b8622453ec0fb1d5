"""Which of a chain's rules have an address in one of their address fields."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.cuts import Cuts
from nwpolicy.model.filters import Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Unknown

__all__ = ["Held", "Lookup"]

#: The fields that hold an address: a bit for each that does certainly, and behind these one for each that does perhaps
#: (all that do certainly among them).
Held: TypeAlias = int


class Lookup:
    """One address field of several rules."""

    __slots__ = ("_count", "_cuts", "_open")

    def __init__(self, fields: Sequence[Values[AddressSet]]) -> None:
        self._count = len(fields)
        self._open = {place: values for place, values in enumerate(fields) if values.unknown}
        self._cuts = {family: Cuts(self._sets(fields, family)) for family in Family}

    def _sets(self, fields: Sequence[Values[AddressSet]], family: Family) -> list[tuple[int, IntervalSet]]:
        found: list[tuple[int, IntervalSet]] = []
        for place, values in enumerate(fields):
            certain, perhaps = 1 << place, 1 << place + self._count
            known = values.known.family(family)
            if values.unknown:
                within = (ANY_ADDRESS if values.bound is None else values.bound).family(family)
                found += [(certain, known), (perhaps, known | within)]
            else:
                found.append((certain | perhaps, known))
        return found

    def at(self, address: Address) -> Held:
        """The fields that hold an address."""
        return self._cuts[address.family].at(address.number)

    def at_owner(self, address: Address, own: Unknown | None, foreign: Collection[Unknown]) -> Held:
        """The same for the address of something of which more is known: it is what `own` stands for, and none of what
        the foreign unknowns stand for."""
        held = self.at(address)
        for place, values in self._open.items():
            certain, perhaps = 1 << place, 1 << place + self._count
            if own is not None and own in values.unknown:
                held |= certain | perhaps
            elif not held & certain and all(unknown in foreign for unknown in values.unknown):
                held &= ~perhaps
        return held

    def cut(self, addresses: AddressSet) -> list[tuple[Held, AddressSet]]:
        """The addresses by the fields that hold them."""
        return [
            (held, AddressSet.of(family, numbers))
            for family in Family
            for held, numbers in self._cuts[family].parts(addresses.family(family)).items()
        ]
