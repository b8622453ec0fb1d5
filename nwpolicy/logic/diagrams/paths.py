"""The flows of a diagram's leaves as products: disjoint, complete, few.

Every way from the root to a leaf is a product. Products that differ in one level only become one, below any node that
few ways lead through; above such nodes the products are made one after the other as they are asked for, so that an
answer of any size takes bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.model.intervals import Interval

__all__ = ["Way", "paths"]

#: The numbers of the levels that are not full, and the leaf.
Way: TypeAlias = tuple[tuple[tuple[int, tuple[Interval, ...]], ...], Diagram]

#: Below a node through which more ways lead, products of different intervals are not joined.
_MANY_WAYS: Final = 20_000
#: How many joined products are kept for the next node that leads to them.
_KEPT: Final = 200_000


def paths(table: Table, root: Diagram) -> Iterator[Way]:
    """Products of numbers, each with the leaf that it leads to; nothing that is not asked about."""
    yield from _Paths(table, root).below(root)


class _Paths:
    def __init__(self, table: Table, root: Diagram) -> None:
        self._table = table
        self._ways = _ways(table, root)
        self._joined: dict[Diagram, list[Way]] = {}
        self._kept = 0

    def below(self, diagram: Diagram) -> Iterator[Way]:
        if self._ways.get(diagram, 1) <= _MANY_WAYS:
            if self._kept > _KEPT:
                self._joined, self._kept = {}, 0
            yield from self._join(diagram)
            return
        level = self._table.level(diagram)
        for kid, intervals in self._edges(diagram).items():
            for rest, leaf in self.below(kid):
                yield ((level, tuple(intervals)), *rest), leaf

    def _join(self, diagram: Diagram) -> list[Way]:
        """The products below a node, those that differ in its level only taken together."""
        if diagram < 0:
            return [] if diagram == OUTSIDE else [((), diagram)]
        found = self._joined.get(diagram)
        if found is None:
            level = self._table.level(diagram)
            full = ((0, self._table.sizes[level] - 1),)
            alike: dict[Way, list[list[Interval]]] = {}
            for kid, intervals in self._edges(diagram).items():
                for way in self._join(kid):
                    alike.setdefault(way, []).append(intervals)
            found = []
            for (rest, leaf), parts in alike.items():
                numbers = tuple(parts[0]) if len(parts) == 1 else _union(parts)
                found.append((rest if numbers == full else ((level, numbers), *rest), leaf))
            self._joined[diagram] = found
            self._kept += len(found)
        return found

    def _edges(self, diagram: Diagram) -> dict[Diagram, list[Interval]]:
        """Where a node leads to, each time with all intervals that lead there."""
        _, highs, kids = self._table.nodes[diagram]
        edges: dict[Diagram, list[Interval]] = {}
        start = 0
        for high, kid in zip(highs, kids, strict=True):
            if kid != OUTSIDE:
                edges.setdefault(kid, []).append((start, high))
            start = high + 1
        return edges


def _ways(table: Table, root: Diagram) -> dict[Diagram, int]:
    """How many ways lead from each node to leaves."""
    found: dict[Diagram, int] = {OUTSIDE: 0}
    for diagram in table.reachable(root):
        found[diagram] = sum(found.get(kid, 1) for kid in set(table.nodes[diagram][2]))
    return found


def _union(parts: Iterable[list[Interval]]) -> tuple[Interval, ...]:
    """Disjoint intervals in order, neighbours joined."""
    joined: list[Interval] = []
    for low, high in sorted(interval for part in parts for interval in part):
        if joined and joined[-1][1] + 1 == low:
            joined[-1] = joined[-1][0], high
        else:
            joined.append((low, high))
    return tuple(joined)
