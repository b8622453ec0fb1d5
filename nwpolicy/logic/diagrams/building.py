"""From a chain to the diagram of one space.

A node is settled by its level and by the tries that are still live there, a whole number with a bit for each. Tries
that can no longer decide are cut off before: those of a layer behind one that holds all that is left. So many ways come
to the same node. What is found for one node is kept for the next, which mostly has the same tries but for few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate, compress, islice
from operator import ne, xor
from typing import Final

from nwpolicy.logic.boxes import Box
from nwpolicy.logic.diagrams.bits import OUTCOMES, bits_of, first_of, layers_of, places_of, stand_ins
from nwpolicy.logic.diagrams.spaces import Order, Space
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.logic.diagrams.tries import Met, Product, Try
from nwpolicy.model.filters import Choice, Outcome
from nwpolicy.model.intervals import Interval

__all__ = ["WORK", "Builder"]

#: How many steps are granted for each node that is: edges that are made, tries that are looked at.
WORK: Final = 64


class Builder:
    """Builds one diagram of the tries of each layer. Bits: those of `bits`, and lower ones for the boxes that are asked
    about.

    `end` gives the leaf of flows that meet certain tries of each layer. Unless by rule, only verdicts are told apart,
    and it is also given tries that stand for others. `allowed` is how much work may be done.
    In the layer `twice`, whatever matters if any one of its rules were not there is kept as well.
    """

    def __init__(  # noqa: PLR0913 - one call each of `of` and of the race
        self,
        layers: tuple[tuple[Try, ...], ...],
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
        self._layers = layers
        if not by_rule:
            self._layers = tuple((*tries, *stand_ins(index)) for index, tries in enumerate(layers))
        self._by_rule = by_rule
        self.work = 0
        self._made = 0
        self._tries = [one for tries in reversed(self._layers) for one in reversed(tries)]
        asked = [_fields(space, box) for box in boxes]
        products = asked + [one.fields for one in self._tries]
        self._first = len(asked)
        self._asked = (1 << len(asked)) - 1
        self._bits = list(layers_of(self._layers, len(products)))
        columns = [[one.get(index) for one in products] for index in order]
        self._flags = [1 << at for at in range(len(products))]
        self._ends = [
            [_ends(numbers, size) for numbers in column] for column, size in zip(columns, table.sizes, strict=True)
        ]
        self._narrow = [bits_of(map(bool, ends)) for ends in self._ends]
        self._covering = list(_covering(self._narrow, (1 << len(products)) - 1))
        self._twice = None if twice is None else self._bits[twice]
        final = (twice is None and _is_final(one, len(layers) - 1) for one in self._tries)
        self._final = bits_of(final) << len(asked)
        self._changed: list[tuple[int, defaultdict[int, int]]] = [(0, defaultdict(int)) for _ in order]
        self._settled: dict[int, Diagram] = {}
        self._raw: list[dict[int, Diagram]] = [{} for _ in range(len(order) + 1)]
        self._done: list[dict[int, Diagram]] = [{} for _ in range(len(order) + 1)]

    def root(self) -> Diagram:
        """The diagram. Raises TooLarge."""
        own = 0 if self._by_rule else sum(bits.default(outcome) for bits in self._bits for outcome in OUTCOMES)
        return self._visit(0, (1 << len(self._flags)) - 1 & ~own)

    def _visit(self, level: int, live: int) -> Diagram:
        """The diagram of flows that are in the live products as far as the levels before go."""
        raw = self._raw[level]
        found = raw.get(live)
        if found is None:
            if not live & self._asked:
                return OUTSIDE
            found = raw[live] = self._settle(level, self._cut(live, level))
        return found

    def _settle(self, level: int, live: int) -> Diagram:
        while level < len(self._ends) and not live & self._narrow[level]:
            level += 1
        done = self._done[level]
        found = done.get(live)
        if found is None:
            self._made += 1
            if self._made > self._table.limit:
                self._table.overflow()
            found = done[live] = self._end(live) if level == len(self._ends) else self._divide(level, live)
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
            first = first_of(covering & bits.known)
            if bits is self._twice:
                first = first_of(covering & bits.known ^ first)
            if first:
                mine &= -first
            stops = first and not mine & bits.may_pass
            if not self._by_rule and not mine & bits.floating:
                mine = bits.simplified(mine, first)
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
        narrow = live & self._narrow[level]
        ends, changes = self._changes(level, narrow)
        insides = list(accumulate(changes, xor, initial=live ^ narrow))
        if ends[0] < 0:
            del ends[0], insides[0]
        self.work += narrow.bit_count() + len(ends)
        if self.work > self._allowed:
            self._table.overflow()
        last = level + 1 == len(self._ends) and live & self._asked & ~narrow
        kids = self._leaves(insides) if last else self._kids(level + 1, insides)
        others = list(map(ne, kids, islice(kids, 1, None)))
        highs, kids = list(compress(ends, others)), list(compress(kids, (*others, True)))
        highs.append(self._table.sizes[level] - 1)
        return self._table.node(level, highs, kids)

    def _changes(self, level: int, narrow: int) -> tuple[list[int], list[int]]:
        """The last numbers before other products are inside than up to there, and those that begin or end behind: made
        from those of the node before, for the products that only one of the two has."""
        before, found = self._changed[level]
        ends, flags = self._ends[level], self._flags
        for at in places_of(narrow ^ before):
            flag = flags[at]
            for end in ends[at]:
                found[end] ^= flag
        there = sorted(filter(found.__getitem__, found))
        changes = list(map(found.__getitem__, there))
        if len(found) > 2 * len(there):
            found = defaultdict(int, zip(there, changes, strict=True))
        self._changed[level] = narrow, found
        return there, changes

    def _kids(self, level: int, insides: list[int]) -> list[Diagram]:
        known = list(map(self._raw[level].get, insides))
        if None not in known:
            return known  # type: ignore[return-value]
        return [self._visit(level, inside) if kid is None else kid for kid, inside in zip(known, insides, strict=True)]

    def _leaves(self, insides: list[int]) -> list[Diagram]:
        """The leaves of flows that were asked about. The first try they meet mostly settles them, and is quicker to
        look up than all of them."""
        firsts = list(map(int.bit_length, insides))
        known = list(map(self._settled.get, firsts))
        if None not in known:
            return known  # type: ignore[return-value]
        leaves = [self._visit(len(self._ends), inside) for inside in insides]
        self._settled.update((at, leaf) for at, leaf in zip(firsts, leaves, strict=True) if self._final >> at - 1 & 1)
        return leaves

    def _end(self, live: int) -> Diagram:
        met: list[list[Try]] = [[] for _ in self._layers]
        for at in places_of(live & ~self._asked):
            one = self._tries[at - self._first]
            met[one.layer].append(one)
        return self._leaf(tuple(tuple(tries) for tries in met))


def _fields(space: Space, box: Box) -> Product:
    found = {index: space.numbers(index, values) for index, values in enumerate(box.fields)}
    return {index: numbers for index, numbers in found.items() if numbers != ((0, space.sizes[index] - 1),)}


def _ends(numbers: tuple[Interval, ...] | None, size: int) -> tuple[int, ...]:
    """The last numbers before each interval and of it, in turn; nothing for all numbers."""
    if numbers is None or numbers == ((0, size - 1),):
        return ()
    ends = [end for low, high in numbers for end in (low - 1, high)]
    return tuple(ends[:-1] if ends[-1] == size - 1 else ends)


def _covering(narrow: list[int], all_bits: int) -> Iterator[int]:
    """For each level, the products that are full there and in all levels behind it; at the end, all products."""
    for level in range(len(narrow) + 1):
        found = all_bits
        for bits in narrow[level:]:
            found &= ~bits
        yield found


def _is_final(one: Try, last: int) -> bool:
    """Whether nothing is looked at behind the try: it is certain, and settles flows or passes the last layer."""
    outcome = one.rule.outcome
    return one.certain and not isinstance(outcome, Choice) and (outcome is not Outcome.PASS or one.layer == last)
