"""Which of many sets of numbers hold a number."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from nwpolicy.model.intervals import Interval, IntervalSet

__all__ = ["Cuts", "alike"]


class Cuts:
    """The number line, cut wherever one of the sets begins or ends. Sets are given with bits of their own; a number is
    held by the sets whose bits it has."""

    __slots__ = ("_held", "_starts")

    def __init__(self, sets: Iterable[tuple[int, Iterable[Interval]]]) -> None:
        turns: defaultdict[int, int] = defaultdict(int)
        for bits, intervals in sets:
            for low, high in intervals:
                turns[low] ^= bits
                turns[high + 1] ^= bits
        held = 0
        self._starts, self._held = [0], [0]
        for start in sorted(turns):
            held ^= turns[start]
            if start == 0:
                self._held[0] = held
            elif held != self._held[-1]:
                self._starts.append(start)
                self._held.append(held)

    def at(self, number: int) -> int:
        """The bits of all sets that hold a number."""
        return self._held[bisect_right(self._starts, number) - 1]

    def parts(self, numbers: IntervalSet) -> dict[int, IntervalSet]:
        """The numbers by the bits of the sets that hold them."""
        found: defaultdict[int, list[Interval]] = defaultdict(list)
        for bits, interval in self._stretches(numbers):
            found[bits].append(interval)
        return {bits: IntervalSet.of(numbers.width, intervals) for bits, intervals in found.items()}

    def _stretches(self, numbers: IntervalSet) -> Iterator[tuple[int, Interval]]:
        for low, high in numbers:
            place = bisect_right(self._starts, low) - 1
            start = low
            while start <= high:
                following = self._starts[place + 1] if place + 1 < len(self._starts) else high + 1
                yield self._held[place], (start, min(high, following - 1))
                start, place = following, place + 1


def alike(sets: Iterable[Iterable[Interval]], numbers: Iterable[int]) -> dict[int, int]:
    """For each number a class: two numbers are of one class exactly if each of the sets holds both or neither."""
    turns: defaultdict[int, int] = defaultdict(int)
    for place, intervals in enumerate(sets):
        for low, high in intervals:
            turns[low] ^= 1 << place
            turns[high + 1] ^= 1 << place
    classes: dict[int, int] = {}
    found: dict[int, int] = {}
    starts = sorted(turns, reverse=True)
    held = 0
    for number in sorted(set(numbers)):
        while starts and starts[-1] <= number:
            held ^= turns[starts.pop()]
        found[number] = classes.setdefault(held, len(classes))
    return found
