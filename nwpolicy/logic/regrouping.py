"""The same flows, cut into products otherwise: what is cut into pieces is one field, and another one stays whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from nwpolicy.logic.boxes import Box
from nwpolicy.model.intervals import IntervalSet

__all__ = ["regrouped"]

#: More boxes that differ in two fields only are left as they are: each may cut all others.
_MOST: Final = 32

_Pair: TypeAlias = tuple[IntervalSet, IntervalSet]


def regrouped(boxes: Iterable[Box], cut: int, whole: int) -> list[Box]:
    """The flows of disjoint boxes as disjoint boxes, of which those that differ in two fields only share no number of
    the field `cut`. Those with more of the field `whole` come first."""
    groups: dict[Box, list[_Pair]] = {}
    for box in boxes:
        key = box.with_field(cut, IntervalSet.empty(box.fields[cut].width))
        key = key.with_field(whole, IntervalSet.empty(box.fields[whole].width))
        groups.setdefault(key, []).append((box.fields[cut], box.fields[whole]))
    found = [
        key.with_field(cut, numbers).with_field(whole, others)
        for key, pairs in groups.items()
        for numbers, others in (_cut(pairs) if len(pairs) <= _MOST else pairs)
    ]
    return sorted(found, key=lambda box: -box.fields[whole].size)


def _cut(pairs: Sequence[_Pair]) -> Iterator[_Pair]:
    """Every number of the first set in one pair, with all that goes with it."""
    pieces: list[_Pair] = []
    for numbers, others in pairs:
        left = numbers
        cut: list[_Pair] = []
        for mine, theirs in pieces:
            cut += [(both, theirs | others)] if (both := mine & left) else []
            cut += [(rest, theirs)] if (rest := mine - left) else []
            left = left - mine
        pieces = [*cut, (left, others)] if left else cut
    same: dict[IntervalSet, IntervalSet] = {}
    for numbers, others in pieces:
        same[others] = same[others] | numbers if others in same else numbers
    return ((numbers, others) for others, numbers in same.items())
