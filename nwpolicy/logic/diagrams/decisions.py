"""What a chain (or two) does to a set of flows, as one decision diagram for each space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.logic.boxes import Asked
from nwpolicy.logic.diagrams.building import Builder
from nwpolicy.logic.diagrams.endings import Endings
from nwpolicy.logic.diagrams.fates import Condition, Cube, Fate, fate_of, follow, turn, verdicts
from nwpolicy.logic.diagrams.ordering import best_order
from nwpolicy.logic.diagrams.paths import Way, paths
from nwpolicy.logic.diagrams.products import flow_sets_of
from nwpolicy.logic.diagrams.spaces import Order, Space, hull, spaces_of
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table, combine
from nwpolicy.logic.diagrams.tries import Met, tries_of
from nwpolicy.logic.narrowing import narrowed
from nwpolicy.model.filters import Chain, FilterRule
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.records import dataclass

__all__ = ["EVERYTHING", "MAX_NODES", "Decisions", "Part", "both", "either", "joined"]

#: The rules of each layer.
Rules: TypeAlias = tuple[tuple[FilterRule, ...], ...]

#: Every flow of both families.
EVERYTHING: Final = FlowSet()
#: More nodes than this are not made unless asked for.
MAX_NODES: Final = 100_000


class Leaves:
    """Fates and the leaves that stand for them."""

    def __init__(self) -> None:
        self.fates: list[Fate] = []
        self._known: dict[Fate, Diagram] = {}

    def leaf(self, fate: Fate) -> Diagram:
        found = self._known.get(fate)
        if found is None:
            self.fates.append(fate)
            found = self._known[fate] = -len(self.fates) - 1
        return found

    def fate(self, leaf: Diagram) -> Fate:
        return self.fates[-leaf - 2]

    def __iter__(self) -> Iterator[tuple[Diagram, Fate]]:
        return ((-index - 2, fate) for index, fate in enumerate(self.fates))


@dataclass(frozen=True, slots=True)
class Part:
    """The diagram of one space."""

    space: Space
    table: Table
    root: Diagram


class Decisions:
    """What becomes of every flow that was asked about. Build it with `of`."""

    def __init__(
        self,
        order: Order,
        rules: Rules,
        leaves: Leaves,
        parts: tuple[Part, ...],
        again: Callable[[Order], Decisions],
    ) -> None:
        self.order = order
        self.rules = rules
        self.leaves = leaves
        self.parts = parts
        self._again = again

    @classmethod
    def of(
        cls,
        chain: Chain,
        asked: Asked = EVERYTHING,
        *,
        order: Order | None = None,
        limit: int = MAX_NODES,
        by_rule: bool = True,
        narrow: bool = True,
    ) -> Decisions:
        """What the chain does to the asked flows. Unless by rule, fates have a verdict only, which takes a fraction of
        the room where many rules overlap. The order of the fields is found by a race, unless it is given. Without
        `narrow` unknowns may be anything within the bounds of the rules, whatever their authors let them be.

        Raises TooLarge where more than `limit` nodes (or as much work) would be made, NoPossibleValue where unknowns
        exclude one another."""
        chain = narrowed(chain) if narrow else chain
        chosen = order or best_order(chain, asked, limit=limit, by_rule=by_rule)
        leaves = Leaves()
        endings = Endings(chain)
        rules = tuple(layer.rules for layer in chain.layers)

        def end(met: Met) -> Diagram:
            cases = endings.cases(met)
            return leaves.leaf(fate_of(cases if by_rule else verdicts(cases), rules))

        parts = []
        for space, boxes in spaces_of(asked):
            table = Table(tuple(space.sizes[index] for index in chosen), limit)
            tries = tries_of(chain, space, hull(boxes))
            parts.append(Part(space, table, Builder(tries, space, boxes, table, chosen, end, by_rule).root()))
        return cls(
            chosen,
            rules,
            leaves,
            tuple(parts),
            lambda other: cls.of(chain, asked, order=other, limit=limit, by_rule=by_rule, narrow=narrow),
        )

    @property
    def nodes(self) -> int:
        """How many nodes the diagrams have."""
        return sum(len(part.table.reachable(part.root)) for part in self.parts)

    def in_order(self, order: Order) -> Decisions:
        """The same, with the fields in another order."""
        return self if order == self.order else self._again(order)

    def cubes(self, keep: Callable[[Fate], bool] | None = None, *, by_rule: bool = True) -> Iterator[Cube]:
        """The flows whose fate is kept, as disjoint products, one after the other as they are found. Unless by rule,
        fates with one verdict are taken together, as `Fate(allowed)`, with the unknowns where it is open."""
        leaves = Leaves()
        kept = self._kept(keep, by_rule, leaves)

        def ways(part: Part) -> Iterator[tuple[Way, Fate]]:
            table = Table(part.table.sizes, part.table.limit)
            root = part.table.copy(part.root, table, kept)
            return ((way, leaves.fate(way[1])) for way in paths(table, root))

        found = flow_sets_of(((part.space, ways(part)) for part in self.parts), self.order)
        return (Cube(flows, fate) for flows, fate in found)

    def _kept(self, keep: Callable[[Fate], bool] | None, by_rule: bool, leaves: Leaves) -> dict[Diagram, Diagram]:
        kept = {OUTSIDE: OUTSIDE}
        for leaf, fate in self.leaves:
            shown = fate if by_rule else verdict_of(fate)
            kept[leaf] = leaves.leaf(shown) if keep is None or keep(fate) else OUTSIDE
        return kept

    def project(self, index: int, keep: Callable[[Fate], bool]) -> dict[Space, IntervalSet]:
        """The values of a field (its index in a box) that some flow of a kept fate has, in each space."""
        found = {}
        for part in self.parts:
            table, leaves = Table(part.table.sizes, part.table.limit), Leaves()
            root = part.table.copy(part.root, table, self._kept(keep, False, leaves))
            level = self.order.index(index)
            found[part.space] = part.space.values(index, _shadow(table, root, level))
        return found

    def restrict(self, asked: Asked) -> Decisions:
        """The same, for the asked flows among those that were asked about."""
        inside = Decisions.of(Chain(()), asked, order=self.order)
        return joined(self, inside, lambda mine, _: mine, self.rules)

    def complement(self) -> Decisions:
        """The same with allowed and denied exchanged."""
        leaves = Leaves()
        turned = {leaf: leaves.leaf(_turned(fate)) for leaf, fate in self.leaves}
        parts = []
        for part in self.parts:
            table = Table(part.table.sizes, part.table.limit)
            parts.append(Part(part.space, table, part.table.copy(part.root, table, turned)))
        return Decisions(self.order, self.rules, leaves, tuple(parts), lambda order: self.in_order(order).complement())

    def counts(self, *, by_rule: bool = True) -> Mapping[Fate, int]:
        """How many flows have each fate, exactly. Without ports, that is one flow for two addresses and a protocol."""
        found: dict[Fate, int] = {}
        for part in self.parts:
            for leaf, count in part.table.counts(part.root).items():
                if leaf != OUTSIDE:
                    fate = self.leaves.fate(leaf)
                    fate = fate if by_rule else verdict_of(fate)
                    found[fate] = found.get(fate, 0) + count
        return found

    def count(self, keep: Callable[[Fate], bool]) -> int:
        """How many flows have a fate that is kept."""
        return sum(count for fate, count in self.counts().items() if keep(fate))

    @property
    def size(self) -> int:
        """How many flows were asked about."""
        return self.count(lambda _: True)


def verdict_of(fate: Fate) -> Fate:
    """The fate without the rule."""
    return Fate(fate.allowed, unknowns=() if fate.allowed is not None else fate.unknowns)


def both(first: Decisions, second: Decisions) -> Decisions:
    """What becomes of flows that have to get through both. The first that denies decides, else the second does. The
    layers of the second are numbered after those of the first."""
    depth = len(first.rules)
    rules = first.rules + second.rules
    return joined(first, second, lambda one, two: _through(one, _later(two, depth), rules), rules)


def either(first: Decisions, second: Decisions, condition: Condition) -> Decisions:
    """What becomes of flows that the first decides about if the condition holds, else the second. The layers of the
    second are numbered after those of the first."""
    depth = len(first.rules)
    rules = first.rules + second.rules
    return joined(first, second, lambda one, two: _one_of(one, _later(two, depth), condition, rules), rules)


def joined(first: Decisions, second: Decisions, join: Callable[[Fate, Fate], Fate], rules: Rules) -> Decisions:
    """The fates of both made one by `join`, for the flows that both were asked about. `rules` are those that the fates
    mean."""
    second = second.in_order(first.order)
    leaves, others, parts = Leaves(), {part.space: part for part in second.parts}, []

    def settle(one: Diagram, two: Diagram) -> Diagram | None:
        if OUTSIDE in (one, two):
            return OUTSIDE
        if one >= 0 or two >= 0:
            return None
        return leaves.leaf(join(first.leaves.fate(one), second.leaves.fate(two)))

    for part in first.parts:
        if part.space in others:
            other = others[part.space]
            table = Table(part.table.sizes, max(part.table.limit, other.table.limit))
            root = combine(table, (part.table, part.root), (other.table, other.root), settle)
            parts.append(Part(part.space, table, root))
    return Decisions(
        first.order,
        rules,
        leaves,
        tuple(parts),
        lambda order: joined(first.in_order(order), second.in_order(order), join, rules),
    )


def _later(fate: Fate, depth: int) -> Fate:
    """The fate with layers counted from further on."""

    def moved(layer: int | None) -> int | None:
        return None if layer is None else layer + depth

    cases = None if fate.cases is None else follow(fate.cases, lambda end: replace(end, layer=moved(end.layer)))
    return replace(fate, layer=moved(fate.layer), cases=cases)


def _through(one: Fate, two: Fate, rules: Rules) -> Fate:
    if one.allowed is not None:
        return two if one.allowed else one
    return fate_of(follow(one.tree, lambda end: two.tree if end.allowed else end), rules)


def _one_of(one: Fate, two: Fate, condition: Condition, rules: Rules) -> Fate:
    return fate_of(turn(condition, ((True, one.tree), (False, two.tree))), rules)


def _turned(fate: Fate) -> Fate:
    if fate.cases is not None:
        return replace(
            fate,
            allowed=None if fate.allowed is None else not fate.allowed,
            cases=follow(fate.cases, lambda end: replace(end, allowed=not end.allowed)),
        )
    return replace(fate, allowed=not fate.allowed)


def _shadow(table: Table, root: Diagram, level: int) -> list[Interval]:
    """The numbers of a level on some way to a leaf."""
    full = [(0, table.sizes[level] - 1)]
    found: list[Interval] = []
    for diagram in [root, *table.reachable(root)]:
        mine = table.level(diagram)
        if mine == level:
            start = 0
            _, highs, kids = table.nodes[diagram]
            for high, kid in zip(highs, kids, strict=True):
                if kid != OUTSIDE:
                    found.append((start, high))
                start = high + 1
        elif mine < level and any(kid != OUTSIDE and table.level(kid) > level for kid in table.nodes[diagram][2]):
            return full
    return full if root != OUTSIDE and table.level(root) > level else found
