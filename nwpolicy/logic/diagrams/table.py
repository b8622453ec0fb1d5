"""Reduced, hash-consed decision diagrams over numbered levels, each a range of numbers from 0 up.

A diagram is an int: a node's index, or a leaf, which is negative. A node cuts its level's range into neighbouring
intervals (named by their last numbers) and leads each of them to another diagram than its neighbours. Two diagrams of
one table are the same int if and only if they are the same function, so equality costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from operator import sub
from typing import Final, NoReturn, TypeAlias

from nwpolicy.logic.errors import TooLarge

__all__ = ["OUTSIDE", "Diagram", "Node", "Table", "combine"]

Diagram: TypeAlias = int
#: The level, the last number of each interval, and where each of them leads.
Node: TypeAlias = tuple[int, tuple[int, ...], tuple[Diagram, ...]]

#: The leaf of whatever is not asked about.
OUTSIDE: Final = -1


class Table:
    """The nodes of the diagrams of one space. `sizes` is how many numbers each level has."""

    def __init__(self, sizes: tuple[int, ...], limit: int) -> None:
        self.sizes = sizes
        self.limit = limit
        self.nodes: list[Node] = []
        self._known: dict[Node, Diagram] = {}
        self._below: list[int] = []

    def node(self, level: int, highs: list[int], kids: list[Diagram]) -> Diagram:
        """The diagram that tells the intervals apart. No two neighbours of `kids` are the same."""
        if len(kids) == 1:
            return kids[0]
        made = level, tuple(highs), tuple(kids)
        found = self._known.get(made)
        if found is None:
            found = self._known[made] = len(self.nodes)
            self.nodes.append(made)
            if found >= self.limit:
                self.overflow()
        return found

    def overflow(self) -> NoReturn:
        raise TooLarge(self.limit)

    def level(self, diagram: Diagram) -> int:
        """The level that the diagram looks at first; for a leaf, the number of levels."""
        return len(self.sizes) if diagram < 0 else self.nodes[diagram][0]

    def reachable(self, root: Diagram) -> list[Diagram]:
        """The nodes of a diagram, each behind those that it leads to."""
        found = {root} if root >= 0 else set()
        for diagram in range(root, -1, -1):  # nodes stand behind those that they lead to
            if diagram in found:
                found.update(kid for kid in set(self.nodes[diagram][2]) if kid >= 0)
        return sorted(found)

    def copy(self, root: Diagram, into: Table, leaves: Mapping[Diagram, Diagram]) -> Diagram:
        """The diagram with other leaves, in another table of the same levels (or in this one). It takes the time of the
        nodes above leaves that do not become `OUTSIDE`: there may be many leaves, each to be looked at alone."""
        copied: dict[Diagram, Diagram] = {OUTSIDE: OUTSIDE, **leaves}
        below = self._leaves_below()
        kept = sum(1 << -leaf for leaf, became in leaves.items() if became != OUTSIDE)

        def visit(diagram: Diagram) -> Diagram:
            if diagram not in copied:
                if below[diagram] & kept:
                    level, highs, kids = self.nodes[diagram]
                    copied[diagram] = into.node(level, *joined(zip(highs, map(visit, kids), strict=True)))
                else:
                    copied[diagram] = OUTSIDE
            return copied[diagram]

        return visit(root)

    def _leaves_below(self) -> list[int]:
        """The leaves that each node leads to, as the bits of a number. Nodes stand behind those that they lead to."""
        for _, _, kids in self.nodes[len(self._below) :]:
            found = 0
            for kid in kids:
                found |= 1 << -kid if kid < 0 else self._below[kid]
            self._below.append(found)
        return self._below

    def copies(self, root: Diagram, into: Table, leaves: Mapping[Diagram, Diagram]) -> dict[Diagram, Diagram]:
        """What `copy` makes of every node of the diagram and of every leaf."""
        copied: dict[Diagram, Diagram] = dict(leaves)
        copied.setdefault(OUTSIDE, OUTSIDE)
        for diagram in self.reachable(root):
            level, highs, kids = self.nodes[diagram]
            copied[diagram] = into.node(level, *joined(zip(highs, (copied[kid] for kid in kids), strict=True)))
        return copied

    def counts(self, root: Diagram) -> dict[Diagram, int]:
        """How many tuples of numbers lead to each leaf: the weights of the nodes, from the root down."""
        depth, nodes = len(self.sizes), self.nodes
        weights: defaultdict[Diagram, int] = defaultdict(int, {root: self.room(0, self.level(root))})
        for diagram in reversed(self.reachable(root)):
            level, highs, kids = nodes[diagram]
            widths: defaultdict[Diagram, int] = defaultdict(int)
            for kid, width in zip(kids, map(sub, highs, (-1, *highs)), strict=False):
                widths[kid] += width
            scale = [weights[diagram] * self.room(level + 1, other) for other in range(depth + 1)]
            for kid, width in widths.items():
                weights[kid] += width * scale[depth if kid < 0 else nodes[kid][0]]
        return {leaf: weight for leaf, weight in weights.items() if leaf < 0}

    def room(self, first: int, last: int) -> int:
        """How many tuples of numbers the levels from `first` to before `last` have."""
        room = 1
        for size in self.sizes[first:last]:
            room *= size
        return room


def joined(edges: Iterator[tuple[int, Diagram]]) -> tuple[list[int], list[Diagram]]:
    """Neighbouring intervals that lead to the same diagram become one."""
    highs: list[int] = []
    kids: list[Diagram] = []
    for high, kid in edges:
        if kids and kids[-1] == kid:
            highs[-1] = high
        else:
            highs.append(high)
            kids.append(kid)
    return highs, kids


def combine(
    into: Table,
    left: tuple[Table, Diagram],
    right: tuple[Table, Diagram],
    settle: Callable[[Diagram, Diagram], Diagram | None],
) -> Diagram:
    """The diagram that does what `settle` says of two: it is asked for each pair that is met, and has to know of pairs
    of leaves; where it gives None the pair is taken apart. All tables have the same levels."""
    (mine, first), (other, second) = left, right
    done: dict[tuple[Diagram, Diagram], Diagram] = {}

    def visit(one: Diagram, two: Diagram) -> Diagram:
        pair = one, two
        found = done.get(pair)
        if found is None:
            found = settle(one, two)
            if found is None:
                found = divide(one, two)
            done[pair] = found
        return found

    def divide(one: Diagram, two: Diagram) -> Diagram:
        level = min(mine.level(one), other.level(two))
        whole = (into.sizes[level] - 1,)
        _, highs, kids = mine.nodes[one] if mine.level(one) == level else (level, whole, (one,))
        _, other_highs, other_kids = other.nodes[two] if other.level(two) == level else (level, whole, (two,))
        return into.node(level, *joined(pairs(highs, kids, other_highs, other_kids)))

    def pairs(
        highs: tuple[int, ...], kids: tuple[Diagram, ...], other_highs: tuple[int, ...], other_kids: tuple[Diagram, ...]
    ) -> Iterator[tuple[int, Diagram]]:
        i = j = 0
        while i < len(highs):
            high, other_high = highs[i], other_highs[j]
            kid = visit(kids[i], other_kids[j])
            yield min(high, other_high), kid
            i += high <= other_high
            j += other_high <= high

    return visit(first, second)
