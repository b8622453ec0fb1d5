"""From a chain to the diagram of one space.

A node is settled by its level and by the tries that are still live there, a whole number with a bit for each: those of
a layer behind the first that covers all that is left are cut off before, so that many ways come to the same node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nwpolicy.logic.boxes import Box
from nwpolicy.logic.diagrams.endings import Endings
from nwpolicy.logic.diagrams.fates import Cases
from nwpolicy.logic.diagrams.spaces import Order, Space, hull
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.logic.diagrams.tries import Product, Try, common_options, tries_of
from nwpolicy.model.filters import Chain, Choice, Outcome
from nwpolicy.model.intervals import Interval
from nwpolicy.model.records import dataclass

__all__ = ["build"]


@dataclass(frozen=True, slots=True)
class _LayerBits:
    """The bits of a layer's tries: all of them, those that are certain, and those that may hand a flow on."""

    all: int
    certain: int
    may_pass: int
    passes: int


class _Builder:
    """Builds one diagram. Bits: first the boxes that are asked about, then the tries of each layer."""

    def __init__(
        self,
        chain: Chain,
        space: Space,
        boxes: tuple[Box, ...],
        table: Table,
        order: Order,
        leaf: Callable[[Cases], Diagram],
    ) -> None:
        around = hull(boxes)
        self._table = table
        self._leaf = leaf
        self._endings = Endings(chain, common_options(chain))
        self._layers = tries_of(chain, space, around)
        asked = [_fields(space, box) for box in boxes]
        products = asked + [one.fields for tries in self._layers for one in tries]
        self._asked = (1 << len(asked)) - 1
        self._tries = [None] * len(asked) + [one for tries in self._layers for one in tries]
        self._bits = list(_layer_bits(self._layers, len(asked)))
        self._points = [
            [_points(one.get(index), table.sizes[level]) for one in products] for level, index in enumerate(order)
        ]
        self._narrow = [_bits(bool(points) for points in of_level) for of_level in self._points]
        covering = (1 << len(products)) - 1
        self._covering = [covering] * (len(order) + 1)
        for level in reversed(range(len(order))):
            covering &= ~self._narrow[level]
            self._covering[level] = covering
        self._done: list[dict[int, Diagram]] = [{} for _ in range(len(order) + 1)]

    def root(self) -> Diagram:
        live = (1 << len(self._tries)) - 1
        return self._visit(0, self._cut(live, 0))

    def _cut(self, live: int, level: int) -> int:
        """The tries that can still matter to flows of which the fields of the levels before are settled."""
        asked = live & self._asked
        if not asked:
            return 0
        covering = live & self._covering[level]
        if covered := covering & asked:
            asked = covered & -covered
        kept, only_passing = 0, True
        for bits in self._bits:
            mine = live & bits.all
            if not mine:
                continue
            if first := covering & bits.all & bits.certain:
                mine &= (first & -first) * 2 - 1
                if only_passing:
                    kept = 0
            kept |= mine
            only_passing = only_passing and mine & ~bits.passes == 0
            if first and not mine & bits.may_pass:
                break
        return asked | kept

    def _visit(self, level: int, live: int) -> Diagram:
        if not live & self._asked:
            return OUTSIDE
        while level < len(self._points) and not live & self._narrow[level]:
            level += 1
        done = self._done[level]
        found = done.get(live)
        if found is None:
            found = done[live] = self._end(live) if level == len(self._points) else self._divide(level, live)
            if len(done) > self._table.limit:
                self._table.overflow()
        return found

    def _divide(self, level: int, live: int) -> Diagram:
        points = self._points[level]
        rest = live & self._narrow[level]
        events: dict[int, int] = {}
        inside = live ^ rest
        while rest:
            bit = rest & -rest
            rest ^= bit
            for point in points[bit.bit_length() - 1]:
                events[point] = events.get(point, 0) ^ bit
        inside ^= events.pop(0, 0)
        highs: list[int] = []
        kids: list[Diagram] = []
        for point in sorted(events):
            kid = self._visit(level + 1, self._cut(inside, level + 1))
            if kids and kids[-1] == kid:
                highs[-1] = point - 1
            else:
                highs.append(point - 1)
                kids.append(kid)
            inside ^= events[point]
        last = self._table.sizes[level] - 1
        kid = self._visit(level + 1, self._cut(inside, level + 1))
        if kids and kids[-1] == kid:
            highs[-1] = last
        else:
            highs.append(last)
            kids.append(kid)
        return self._table.node(level, highs, kids)

    def _end(self, live: int) -> Diagram:
        met: list[list[Try]] = [[] for _ in self._layers]
        rest = live & ~self._asked
        while rest:
            bit = rest & -rest
            rest ^= bit
            one = self._tries[bit.bit_length() - 1]
            assert one is not None
            met[one.layer].append(one)
        return self._leaf(self._endings.cases(tuple(tuple(tries) for tries in met)))


def build(
    chain: Chain, space: Space, boxes: tuple[Box, ...], table: Table, order: Order, leaf: Callable[[Cases], Diagram]
) -> Diagram:
    """The diagram of what the chain does to the flows of the boxes. Raises TooLarge, NoPossibleValue."""
    return _Builder(chain, space, boxes, table, order, leaf).root()


def _fields(space: Space, box: Box) -> Product:
    found = {index: space.numbers(index, values) for index, values in enumerate(box.fields)}
    return {index: numbers for index, numbers in found.items() if numbers != ((0, space.sizes[index] - 1),)}


def _points(numbers: tuple[Interval, ...] | None, size: int) -> tuple[int, ...]:
    """Where the numbers begin and where they are past, in turn; nothing for all numbers."""
    if numbers is None or numbers == ((0, size - 1),):
        return ()
    points = [point for low, high in numbers for point in (low, high + 1)]
    if points[-1] == size:
        points.pop()
    return tuple(points)


def _bits(flags: Iterator[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)


def _layer_bits(layers: tuple[tuple[Try, ...], ...], first: int) -> Iterator[_LayerBits]:
    for tries in layers:

        def of(test: Callable[[Try], bool], tries: tuple[Try, ...] = tries, start: int = first) -> int:
            return _bits(test(one) for one in tries) << start

        yield _LayerBits(
            of(lambda _: True),
            of(lambda one: one.certain),
            of(lambda one: isinstance(one.rule.outcome, Choice) or one.rule.outcome is Outcome.PASS),
            of(lambda one: one.rule.outcome is Outcome.PASS),
        )
        first += len(tries)
