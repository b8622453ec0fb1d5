"""What is different between two decisions about the same flows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping

from nwpolicy.logic.boxes import Asked
from nwpolicy.logic.diagrams.decisions import EVERYTHING, MAX_NODES, Decisions
from nwpolicy.logic.diagrams.fates import Cases, Ending, Fate, turn
from nwpolicy.logic.diagrams.narrowing import where_different
from nwpolicy.logic.diagrams.paths import Way, paths
from nwpolicy.logic.diagrams.products import flow_sets_of
from nwpolicy.logic.diagrams.spaces import Order, Space
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table, combine
from nwpolicy.model.filters import Chain, FilterRule
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass

__all__ = ["Change", "Comparison", "compare", "compare_chains"]

#: What makes a rule the same rule, given its layer.
Identity = Callable[[int, FilterRule], Hashable]


@dataclass(frozen=True, slots=True)
class Change:
    """Flows that fare differently."""

    flows: FlowSet
    before: Fate
    after: Fate


class Comparison:
    """The flows that fare differently; where there are none, that is a proof. Build it with `compare`."""

    def __init__(
        self, order: Order, parts: tuple[tuple[Space, Table, Diagram], ...], pairs: list[tuple[Fate, Fate]]
    ) -> None:
        self._order = order
        self._parts = parts
        self._pairs = pairs

    def changes(self) -> Iterator[Change]:
        """The flows as disjoint products, with what became of them before and what does now."""

        def ways(table: Table, root: Diagram) -> Iterator[tuple[Way, tuple[Fate, Fate]]]:
            return ((way, self._pairs[-way[1] - 2]) for way in paths(table, root))

        found = flow_sets_of(((space, ways(table, root)) for space, table, root in self._parts), self._order)
        return (Change(flows, before, after) for flows, (before, after) in found)

    def counts(self) -> Mapping[tuple[Fate, Fate], int]:
        """How many flows there are of each change."""
        found: dict[tuple[Fate, Fate], int] = {}
        for _, table, root in self._parts:
            for leaf, count in table.counts(root).items():
                if leaf != OUTSIDE:
                    pair = self._pairs[-leaf - 2]
                    found[pair] = found.get(pair, 0) + count
        return found


def by_name(layer: int, rule: FilterRule) -> Hashable:
    """A rule is the same where layer and name are."""
    return layer, rule.name


def compare(old: Decisions, new: Decisions, *, by_rule: bool, identify: Identity = by_name) -> Comparison:
    """What changed for the flows that both were asked about: with `by_rule`, also where only the decisive rule did.
    Rules are the same if `identify` says the same of both. Fates that rest on unknowns are the same if their cases
    are."""
    new = new.in_order(old.order)
    classes: dict[Hashable, Diagram] = {}
    pairs: dict[tuple[Fate, Fate], Diagram] = {}
    others = {part.space: part for part in new.parts}
    mine = _classes(old, classes, identify if by_rule else None)
    theirs = _classes(new, classes, identify if by_rule else None)
    parts = []
    for part in old.parts:
        if part.space in others:
            other = others[part.space]
            common = Table(part.table.sizes, part.table.limit + other.table.limit)
            left, right = part.table.copies(part.root, common, mine), other.table.copies(other.root, common, theirs)

            def settle(one: Diagram, two: Diagram, left=left, right=right) -> Diagram | None:  # type: ignore[no-untyped-def]
                if left[one] == right[two] or OUTSIDE in (one, two):
                    return OUTSIDE
                if one >= 0 or two >= 0:
                    return None
                return pairs.setdefault((old.leaves.fate(one), new.leaves.fate(two)), -len(pairs) - 2)

            made = Table(part.table.sizes, common.limit)
            root = combine(made, (part.table, part.root), (other.table, other.root), settle)
            parts.append((part.space, made, root))
    return Comparison(old.order, tuple(parts), list(pairs))


def compare_chains(
    old: Chain,
    new: Chain,
    asked: Asked = EVERYTHING,
    *,
    by_rule: bool,
    identify: Identity = by_name,
    limit: int = MAX_NODES,
) -> Comparison:
    """What changed from one chain to another for the asked flows: the same as comparing the decisions of both, and
    much quicker where most rules are the same. Raises TooLarge."""
    narrowed = where_different(old, new, asked, identify if by_rule else None)
    before = Decisions.of(old, narrowed, limit=limit)
    return compare(
        before,
        Decisions.of(new, narrowed, order=before.order, limit=limit),
        by_rule=by_rule,
        identify=identify,
    )


def _classes(
    decisions: Decisions, classes: dict[Hashable, Diagram], identify: Identity | None
) -> dict[Diagram, Diagram]:
    """For each leaf, that of all fates that count as the same."""
    found = {OUTSIDE: OUTSIDE}
    for leaf, fate in decisions.leaves:
        key = _seen(fate.tree, decisions.rules, identify)
        found[leaf] = classes.setdefault(key, -len(classes) - 2)
    return found


def _seen(cases: Cases, rules: tuple[tuple[FilterRule, ...], ...], identify: Identity | None) -> Hashable:
    """The cases with rules by what makes them the same, or without."""
    if not isinstance(cases, Ending):
        return turn(cases.condition, ((option, _seen(behind, rules, identify)) for option, behind in cases.options))  # type: ignore[misc]
    if identify is None or cases.layer is None or cases.position is None:
        return cases.allowed
    return cases.allowed, identify(cases.layer, rules[cases.layer][cases.position])
