"""Which products hold which others, from a level on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TypeAlias

from nwpolicy.model.intervals import Interval

__all__ = ["Containment"]

Numbers: TypeAlias = tuple[Interval, ...]


class _Column:
    """The numbers that products have in one field. None is all numbers."""

    def __init__(self, numbers: Sequence[Numbers | None]) -> None:
        self._all = (1 << len(numbers)) - 1
        bits: dict[Numbers, int] = {}
        for index, mine in enumerate(numbers):
            if mine is not None:
                bits[mine] = bits.get(mine, 0) | 1 << index
        self._sorted = sorted(bits.items())
        self._starts = [mine[0][0] for mine, _ in self._sorted]
        self._within: dict[Numbers, int] = {}

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


class Containment:
    """Products by their columns, in the order of the levels; and the groups within which they are compared."""

    def __init__(self, columns: Sequence[Sequence[Numbers | None]], groups: Sequence[int]) -> None:
        self._columns = columns
        self._groups = groups
        self._indexed = [_Column(column) for column in columns]

    def held(self, index: int, level: int) -> int:
        """The later products of the group that hold no flow which the product does not, from a level on."""
        found = next(group for group in self._groups if group >> index & 1) & -(2 << index)
        for column, numbers in zip(self._indexed[level:], self._columns[level:], strict=True):
            found &= column.within(numbers[index])
        return found


def _holds(outer: Numbers, inner: Numbers) -> bool:
    place = 0
    for low, high in inner:
        while place < len(outer) and outer[place][1] < low:
            place += 1
        if place == len(outer) or low < outer[place][0] or high > outer[place][1]:
            return False
    return True
