"""Which wires share bars, and which box of a wire is left of the other.

A box from which many wires of a kind lead to boxes that have no other wire, as from a hub to its spokes, gets bars.
Each has a column of such boxes, and one wire leads from bar to bar. Without a flow, half of them are left of the box.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import ceil, sqrt
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.reports.graph_places import Box, Wire

__all__ = ["Bar", "Plan", "parts"]

#: So many wires of a kind lead to boxes one by one; more, where a bar could be in the way of a flow.
_SINGLE: Final = 2
_SINGLE_PASSED: Final = 8
#: What a box takes beyond its own size: room for the wire to it and its label, and what is between it and the next.
_ACROSS: Final = 130.0
_DOWN: Final = 26.0
#: Boxes at bars take about so much more width than height.
_ASPECT: Final = 1.6


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the box `hub` with the boxes at it, by the numbers of their wires. `inner` is the bar between it and the
    hub, if there is one. A single wire with a label has a short bar: from there on it is straight."""

    hub: str
    right: bool
    inner: int | None
    wires: dict[int, str]


def parts(boxes: Sequence[Box], wires: Sequence[Wire]) -> Iterator[tuple[list[Box], dict[int, Wire]]]:
    """Boxes that wires join, each time from the one with most wires on, with their wires by number."""
    near = _neighbours(wires)
    known = {box.key: box for box in boxes}
    of_box: defaultdict[str, dict[int, Wire]] = defaultdict(dict)
    for number, wire in enumerate(wires):
        of_box[wire.one][number] = wire
    done: set[str] = set()
    for root in sorted(boxes, key=lambda box: (box.outside, -len(near[box.key]))):
        if root.key not in done:
            found = {root.key: None}
            waiting = list(found)
            for key in waiting:
                fresh = [other for other in near[key] if other not in found]
                found |= dict.fromkeys(fresh)
                waiting += fresh
            done |= found.keys()
            joined = {number: wire for key in found for number, wire in of_box[key].items()}
            yield [known[key] for key in found], joined


def _neighbours(wires: Iterable[Wire]) -> defaultdict[str, dict[str, None]]:
    near: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for wire in wires:
        if wire.one != wire.other:
            near[wire.one][wire.other] = near[wire.other][wire.one] = None
    return near


class Plan:
    """Boxes that wires join, as `parts` gives them, with what is decided before they are placed."""

    def __init__(self, boxes: Sequence[Box], wires: dict[int, Wire]) -> None:
        self.boxes = {box.key: box for box in boxes}
        self.wires = wires
        self._near = _neighbours(wires.values())
        rank = {box.key: (not box.outside, place, False) for place, box in enumerate(boxes)}
        behind = {box.key: (*min(rank[end] for end in box.between)[:2], True) for box in boxes if box.between}
        self._rank = {**rank, **behind}
        self.bars: list[Bar] = []
        self._passed = {key for wire in wires.values() if wire.heights is not None for key in (wire.one, wire.other)}
        for (hub, _), leaves in self._fans().items():
            if len(leaves) > (_SINGLE_PASSED if hub in self._passed else _SINGLE):
                self._add_bars(hub, leaves)
        shared = {number for bar in self.bars for number in bar.wires}
        for number, wire in wires.items():
            if number not in shared and wire.label[0] and wire.one != wire.other:
                left, right = (wire.one, wire.other) if self.is_rightwards(wire) else (wire.other, wire.one)
                self.bars.append(Bar(left, right=True, inner=None, wires={number: right}))
        self.bar_of = {wire: number for number, bar in enumerate(self.bars) for wire in bar.wires}

    def is_rightwards(self, wire: Wire) -> bool:
        """Whether the wire leads from left to right."""
        return self._rank[wire.one] <= self._rank[wire.other]

    def _fans(self) -> dict[tuple[str, str], dict[int, str]]:
        """By box and kind, the wires that lead to boxes without others."""
        between = Counter(frozenset((wire.one, wire.other)) for wire in self.wires.values())
        fans: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for number, wire in self.wires.items():
            if between[frozenset((wire.one, wire.other))] > 1 or wire.heights is not None:
                continue
            for hub, leaf in ((wire.one, wire.other), (wire.other, wire.one)):
                if len(self._near[leaf]) == 1 < len(self._near[hub]):
                    fans[hub, wire.kind][number] = leaf
        return fans

    def _add_bars(self, hub: str, leaves: dict[int, str]) -> None:
        """As many bars as make the boxes about as high as wide, from the hub to the right, then to the left; only to
        the right with a flow, whose way then leads past fewer of them."""
        high = ceil(len(leaves) / self._columns(leaves.values()))
        columns = [dict(islice(leaves.items(), start, start + high)) for start in range(0, len(leaves), high)]
        on_right = len(columns) if self._passed else ceil(len(columns) / 2)
        for place, column in enumerate(columns):
            inner = None if place in (0, on_right) else len(self.bars) - 1
            self.bars.append(Bar(hub, place < on_right, inner, column))

    def _columns(self, leaves: Iterable[str]) -> int:
        boxes = [self.boxes[key] for key in leaves]
        down = sum(box.height + _DOWN for box in boxes)
        across = max(box.width + _ACROSS for box in boxes)
        return max(1, round(sqrt(_ASPECT * down / across)))
