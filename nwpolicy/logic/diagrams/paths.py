"""The ways from the root of a diagram to its leaves, as products."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.logic.diagrams.spaces import Order
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.model.intervals import Interval

__all__ = ["paths"]


def paths(table: Table, root: Diagram, order: Order) -> Iterator[tuple[dict[int, tuple[Interval, ...]], Diagram]]:
    """Each way to a leaf, intervals that lead to the same taken together."""
    if root == OUTSIDE:
        return
    if root < 0:
        yield {}, root
        return
    level, highs, kids = table.nodes[root]
    edges: dict[Diagram, list[Interval]] = {}
    start = 0
    for high, kid in zip(highs, kids, strict=True):
        edges.setdefault(kid, []).append((start, high))
        start = high + 1
    for kid, intervals in edges.items():
        for fields, leaf in paths(table, kid, order):
            yield {order[level]: tuple(intervals), **fields}, leaf
