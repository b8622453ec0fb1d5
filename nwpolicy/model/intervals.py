"""Sets of whole numbers in `[0, 2**width)` as sorted, disjoint, non-touching closed intervals.

The form is canonical, so `==` and `hash` mean equality of sets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Interval", "IntervalSet"]

Interval: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """An immutable set of numbers of `width` bits. Build it with `of`, `empty` or `full`, never directly."""

    width: int
    intervals: tuple[Interval, ...]

    @classmethod
    def of(cls, width: int, intervals: Iterable[Interval]) -> IntervalSet:
        """The union of closed intervals, in any order, overlapping or not.

        Raises ValueError where an interval is reversed or leaves the universe.
        """
        merged: list[Interval] = []
        for low, high in sorted(intervals):
            if not 0 <= low <= high < 1 << width:
                raise ValueError(f"interval {low}-{high} does not fit {width} bits")
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(width, tuple(merged))

    @classmethod
    def empty(cls, width: int) -> IntervalSet:
        return cls(width, ())

    @classmethod
    def full(cls, width: int) -> IntervalSet:
        return cls(width, ((0, (1 << width) - 1),))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, value: int) -> bool:
        index = bisect_right(self.intervals, (value, 1 << self.width)) - 1
        return index >= 0 and self.intervals[index][0] <= value <= self.intervals[index][1]

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    @property
    def is_full(self) -> bool:
        return self.intervals == ((0, (1 << self.width) - 1),)

    @property
    def size(self) -> int:
        """How many numbers are in the set (exact)."""
        return sum(high - low + 1 for low, high in self.intervals)

    @property
    def first(self) -> int:
        """The least number in the set; raises IndexError if the set is empty."""
        return self.intervals[0][0]

    def __or__(self, other: IntervalSet) -> IntervalSet:
        if not other.intervals or self.intervals == other.intervals:
            return self
        return IntervalSet.of(self.width, self.intervals + other.intervals)

    def __and__(self, other: IntervalSet) -> IntervalSet:
        if self.is_full:
            return other
        if other.is_full:
            return self
        return IntervalSet(self.width, tuple(_common(self.intervals, other.intervals)))

    def __invert__(self) -> IntervalSet:
        gaps: list[Interval] = []
        start = 0
        for low, high in self.intervals:
            if start < low:
                gaps.append((start, low - 1))
            start = high + 1
        if start < 1 << self.width:
            gaps.append((start, (1 << self.width) - 1))
        return IntervalSet(self.width, tuple(gaps))

    def __sub__(self, other: IntervalSet) -> IntervalSet:
        return self & ~other

    def __le__(self, other: IntervalSet) -> bool:
        """Whether this is a subset of the other."""
        return self & other == self

    def isdisjoint(self, other: IntervalSet) -> bool:
        return not self & other

    def prefixes(self) -> Iterator[tuple[int, int]]:
        """The fewest aligned blocks that make up the set, as (base, prefix length), in ascending order."""
        for low, high in self.intervals:
            base = low
            while base <= high:
                size = base & -base if base else 1 << self.width
                while size > high - base + 1:
                    size >>= 1
                yield base, self.width - size.bit_length() + 1
                base += size


def _common(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> Iterator[Interval]:
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            yield low, high
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
