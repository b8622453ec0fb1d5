"""From a chain to the diagram of one space.

A node is settled by its level and by the tries that are still live there, a whole number with a bit for each. Tries
that can no longer decide are cut off before: those of a layer behind one that holds all that is left. So many ways come
to the same node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from nwpolicy.logic.boxes import Box
from nwpolicy.logic.diagrams.spaces import Order, Space, hull
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.logic.diagrams.tries import Met, Product, Try, tries_of
from nwpolicy.model.filters import Chain, Choice, FilterRule, Floating, Match, Outcome
from nwpolicy.model.intervals import Interval
from nwpolicy.model.records import dataclass

__all__ = ["WORK", "Builder"]

_OUTCOMES: Final = (Outcome.PASS, Outcome.DENY, Outcome.ACCEPT)
#: How many steps are granted for each node that is: edges that are made, tries that are looked at.
WORK: Final = 64


@dataclass(frozen=True, slots=True)
class _LayerBits:
    """The bits of a layer's tries: all of them, those that are certain, that float, and those of each outcome."""

    all: int
    known: int
    floating: int
    outcomes: tuple[tuple[Outcome, int], ...]
    may_pass: int

    @property
    def passes(self) -> int:
        return self.outcomes[0][1]

    def simplified(self, live: int, last: int) -> int:
        """Tries that do the same, where it does not matter which of them matches: those before the last, which holds
        everything (or before the end of the layer), are dropped where they do as it does, up to one that does not; and
        for the last stands the layer's own try of that outcome, or nothing for handing on."""
        for outcome, bits in self.outcomes:
            if last & bits or (not last and outcome is Outcome.PASS):
                live = live & ~last
                others = live & ~bits
                return live & ((1 << others.bit_length()) - 1) | self.default(outcome)
        return live

    def default(self, outcome: Outcome) -> int:
        """The layer's own try of an outcome, which stands behind all others."""
        end = self.all.bit_length()
        return {Outcome.DENY: 1 << end - 2, Outcome.ACCEPT: 1 << end - 1, Outcome.PASS: 0}[outcome]


class Builder:
    """Builds one diagram. Bits: first the boxes that are asked about, then the tries of each layer.

    `end` gives the leaf of flows that meet certain tries of each layer. Unless by rule, only verdicts are told apart,
    and it is also given tries that stand for others. `allowed` is how much work may be done.
    In the layer `twice`, whatever matters if any one of its rules were not there is kept as well.
    """

    def __init__(  # noqa: PLR0913 - one call each of `of` and of the race
        self,
        chain: Chain,
        space: Space,
        boxes: tuple[Box, ...],
        table: Table,
        order: Order,
        end: Callable[[Met], Diagram],
        by_rule: bool,
        *,
        allowed: int | None = None,
        twice: int | None = None,
    ) -> None:
        self._allowed = table.limit * WORK if allowed is None else allowed
        self._table = table
        self._leaf = end
        self._layers = tries_of(chain, space, hull(boxes))
        if not by_rule:
            self._layers = tuple((*tries, *_defaults(index)) for index, tries in enumerate(self._layers))
        self._by_rule = by_rule
        self.work = 0
        self._made = 0
        self._tries = [one for tries in self._layers for one in tries]
        asked = [_fields(space, box) for box in boxes]
        products = asked + [one.fields for one in self._tries]
        self._first = len(asked)
        self._asked = (1 << len(asked)) - 1
        self._bits = list(_layer_bits(self._layers, len(asked)))
        columns = [[one.get(index) for one in products] for index in order]
        self._points = [
            [_points(numbers, size) for numbers in column] for column, size in zip(columns, table.sizes, strict=True)
        ]
        self._narrow = [_bits(map(bool, points)) for points in self._points]
        self._covering = list(_covering(self._narrow, (1 << len(products)) - 1))
        self._twice = None if twice is None else self._bits[twice]
        self._raw: list[dict[int, Diagram]] = [{} for _ in range(len(order) + 1)]
        self._done: list[dict[int, Diagram]] = [{} for _ in range(len(order) + 1)]

    def root(self) -> Diagram:
        """The diagram. Raises TooLarge."""
        own = 0 if self._by_rule else sum(bits.default(outcome) for bits in self._bits for outcome in _OUTCOMES)
        return self._visit(0, (1 << self._first + len(self._tries)) - 1 & ~own)

    def _visit(self, level: int, live: int) -> Diagram:
        """The diagram of flows that are in the live products as far as the levels before go."""
        raw = self._raw[level]
        found = raw.get(live)
        if found is None:
            found = raw[live] = self._settle(level, self._cut(live, level)) if live & self._asked else OUTSIDE
        return found

    def _settle(self, level: int, live: int) -> Diagram:
        while level < len(self._points) and not live & self._narrow[level]:
            level += 1
        done = self._done[level]
        found = done.get(live)
        if found is None:
            self._made += 1
            if self._made > self._table.limit:
                self._table.overflow()
            found = done[live] = self._end(live) if level == len(self._points) else self._divide(level, live)
        return found

    def _cut(self, live: int, level: int) -> int:
        """The tries that can still matter to flows of which the fields of the levels before are settled."""
        asked = live & self._asked
        covering = live & self._covering[level]
        if covered := covering & asked:
            asked = covered & -covered
        kept, only_passing = 0, True
        for bits in self._bits:
            mine = live & bits.all
            first = covering & bits.known
            if bits is self._twice:
                first &= first - 1
            if first:
                mine &= (first & -first) * 2 - 1
            stops = first and not mine & bits.may_pass
            if not self._by_rule and not mine & bits.floating:
                mine = bits.simplified(mine, first & -first)
            if not mine:
                continue
            if first and only_passing:
                kept = 0
            kept |= mine
            only_passing = only_passing and mine & ~bits.passes == 0
            if stops:
                break
        return asked | kept

    def _divide(self, level: int, live: int) -> Diagram:
        points_of = self._points[level]
        rest = live & self._narrow[level]
        inside = live ^ rest
        self.work += rest.bit_count()
        events: defaultdict[int, int] = defaultdict(int)
        while rest:
            bit = rest & -rest
            rest ^= bit
            for point in points_of[bit.bit_length() - 1]:
                events[point] ^= bit
        inside ^= events.pop(0, 0)
        points = sorted(events)
        self.work += len(points)
        if self.work > self._allowed:
            self._table.overflow()
        highs: list[int] = []
        kids: list[Diagram] = []
        below, last, raw = level + 1, OUTSIDE, self._raw[level + 1]
        for point in points:
            kid = raw.get(inside)
            if kid is None:
                kid = self._visit(below, inside)
            if kid == last and kids:
                highs[-1] = point - 1
            else:
                highs.append(point - 1)
                kids.append(kid)
                last = kid
            inside ^= events[point]
        kid = self._visit(below, inside)
        if kids and kids[-1] == kid:
            highs.pop()
        else:
            kids.append(kid)
        highs.append(self._table.sizes[level] - 1)
        return self._table.node(level, highs, kids)

    def _end(self, live: int) -> Diagram:
        met: list[list[Try]] = [[] for _ in self._layers]
        rest = live & ~self._asked
        while rest:
            bit = rest & -rest
            rest ^= bit
            one = self._tries[bit.bit_length() - 1 - self._first]
            met[one.layer].append(one)
        return self._leaf(tuple(tuple(tries) for tries in met))


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


def _covering(narrow: list[int], all_bits: int) -> Iterator[int]:
    """For each level, the products that are full there and in all levels behind it; at the end, all products."""
    for level in range(len(narrow) + 1):
        found = all_bits
        for bits in narrow[level:]:
            found &= ~bits
        yield found


def _bits(flags: Iterable[bool]) -> int:
    return int("".join("01"[flag] for flag in reversed(list(flags))) or "0", 2)


def _layer_bits(layers: tuple[tuple[Try, ...], ...], first: int) -> Iterator[_LayerBits]:
    for tries in layers:
        outcomes = [one.rule.outcome for one in tries]
        yield _LayerBits(
            (1 << len(tries)) - 1 << first,
            _bits(one.certain for one in tries) << first,
            _bits(isinstance(one.rule.rank, Floating) for one in tries) << first,
            tuple((each, _bits(outcome is each for outcome in outcomes) << first) for each in _OUTCOMES),
            _bits(isinstance(outcome, Choice) or outcome is Outcome.PASS for outcome in outcomes) << first,
        )
        first += len(tries)


def _defaults(layer: int) -> Iterator[Try]:
    """The tries that stand for any that hold everything."""
    for outcome in (Outcome.DENY, Outcome.ACCEPT):
        yield Try(layer, -1, FilterRule("", Match(), outcome, 0), {}, ())
