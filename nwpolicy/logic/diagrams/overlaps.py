"""Which products hold which others, and which meet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import xor
from typing import TypeAlias

from nwpolicy.model.intervals import Interval

__all__ = ["Overlaps", "numbers_of_bits"]

Numbers: TypeAlias = tuple[Interval, ...]


class _Column:
    """The numbers that products have in one field. None is all numbers."""

    def __init__(self, numbers: Sequence[Numbers | None]) -> None:
        self._all = (1 << len(numbers)) - 1
        bits: dict[Numbers, int] = {}
        for index, mine in enumerate(numbers):
            if mine is not None:
                bits[mine] = bits.get(mine, 0) | 1 << index
        self._full = self._all & ~sum(bits.values())
        self._sorted = sorted(bits.items())
        self._starts = [mine[0][0] for mine, _ in self._sorted]
        self._within: dict[Numbers, int] = {}
        self._meeting: dict[Numbers, int] = {}

    def within(self, outer: Numbers | None) -> int:
        """The products of which the numbers are all in others."""
        if outer is None:
            return self._all
        found = self._within.get(outer)
        if found is None:
            found = 0
            first, last = bisect_left(self._starts, outer[0][0]), bisect_right(self._starts, outer[-1][1])
            for mine, bits in self._sorted[first:last]:
                if _holds(outer, mine):
                    found |= bits
            self._within[outer] = found
        return found

    def meeting(self, mine: Numbers | None) -> int:
        """The products that have a number in common with these."""
        if mine is None:
            return self._all
        found = self._meeting.get(mine)
        if found is None:
            found = self._full
            for low, high in mine:
                first, last = bisect_right(self._cuts, low) - 1, bisect_right(self._cuts, high)
                for bits in self._segments[max(first, 0) : last]:
                    found |= bits
            self._meeting[mine] = found
        return found

    @cached_property
    def _cuts(self) -> list[int]:
        """Where numbers of a product begin or are past."""
        return sorted({point for mine, _ in self._sorted for low, high in mine for point in (low, high + 1)})

    @cached_property
    def _segments(self) -> list[int]:
        """The products that are not full and have the numbers from each cut to the next."""
        toggled: dict[int, int] = {}
        for mine, bits in self._sorted:
            for low, high in mine:
                toggled[low] = toggled.get(low, 0) ^ bits
                toggled[high + 1] = toggled.get(high + 1, 0) ^ bits
        return list(accumulate((toggled[cut] for cut in self._cuts), xor))


class Overlaps:
    """Which products, by number, meet one another, and which reach beyond others. Some numbers have no product."""

    def __init__(self, products: Mapping[int, Mapping[int, Numbers]], count: int, fields: int) -> None:
        self._products = products
        self._present = sum(1 << number for number in products)
        nothing: Mapping[int, Numbers] = {}
        self._columns = [
            _Column([products.get(number, nothing).get(field) for number in range(count)]) for field in range(fields)
        ]

    def meeting(self, number: int) -> int:
        """The products that have something in common with this one."""
        if number not in self._products:
            return 0
        found = self._present
        for field, column in enumerate(self._columns):
            found &= column.meeting(self._products[number].get(field))
        return found

    def beyond(self, number: int) -> int:
        """The products that hold something which this one does not."""
        if number not in self._products:
            return self._present
        held = self._present
        for field, column in enumerate(self._columns):
            held &= column.within(self._products[number].get(field))
        return self._present & ~held


def numbers_of_bits(bits: int) -> Iterator[int]:
    """The places of the bits that are set, in ascending order."""
    while bits:
        bit = bits & -bits
        yield bit.bit_length() - 1
        bits ^= bit


def _holds(outer: Numbers, inner: Numbers) -> bool:
    place = 0
    for low, high in inner:
        while place < len(outer) and outer[place][1] < low:
            place += 1
        if place == len(outer) or low < outer[place][0] or high > outer[place][1]:
            return False
    return True
