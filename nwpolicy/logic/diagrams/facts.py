"""What can be said of each rule of a layer: which flows it decides, what hides it, whether it could go.

A rule is *shadowed* if it decides about no flow. It is *redundant* if the chain allows the same flows without it,
whatever the unknowns are. Two rules are *correlated* if they overlap, do different things, and neither holds the other:
which of them comes first matters, and for their own flows only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from nwpolicy.logic.diagrams.building import Builder
from nwpolicy.logic.diagrams.decisions import MAX_NODES, Decisions
from nwpolicy.logic.diagrams.endings import Endings
from nwpolicy.logic.diagrams.fates import Fate, endings, verdicts
from nwpolicy.logic.diagrams.ordering import best_order, order_for_few
from nwpolicy.logic.diagrams.shadows import Pairs, shadowing
from nwpolicy.logic.diagrams.spaces import Order, hull, spaces_of
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram, Table
from nwpolicy.logic.diagrams.tries import Met, Try, tries_of
from nwpolicy.model.filters import Chain, FilterRule
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass

__all__ = ["RuleFact", "facts"]

#: A rule that decides about more products than this has none of them listed.
_MAX_FLOW_SETS: Final = 64
#: If a layer has more products than this, none is listed.
_MAX_CUBES: Final = 50_000


@dataclass(frozen=True, slots=True)
class RuleFact:
    """What can be said of one rule, alone in its layer but for `redundant`."""

    position: int
    rule: FilterRule
    decides: int
    """how many flows it decides about in its layer, whatever the unknowns are"""
    may_decide: int
    """how many it decides about for some values of the unknowns"""
    flows: tuple[FlowSet, ...] | None
    """exactly the flows that it decides about whatever the unknowns are; None if they are too many to list"""
    shadowed_by: tuple[int, ...] | None
    """if it decides about nothing: the positions of rules before it that together hold all that it matches, none of
    which can be left out; nothing if it matches no flow. None if it is not shadowed"""
    redundant: bool
    """whether the chain allows the same flows without it"""
    correlated: tuple[int, ...]
    """the positions of the rules that it is correlated with"""

    @property
    def shadowed(self) -> bool:
        return self.shadowed_by is not None


def facts(chain: Chain, index: int, *, limit: int = MAX_NODES) -> tuple[RuleFact, ...]:
    """What can be said of each rule of a layer. Raises TooLarge."""
    layer = chain.layers[index]
    quick = order_for_few(len(layer.rules))
    decisions = Decisions.of(Chain((layer,)), limit=limit, order=quick)
    counts = decisions.counts()
    decides, may_decide = _counted(counts, sure=True), _counted(counts, sure=False)
    flows = _flows(decisions)
    is_found = len(chain.layers) == 1 or quick is not None
    order = decisions.order if is_found else best_order(chain, FlowSet(), limit=limit, by_rule=True)
    needed = _needed(chain, index, order, limit)
    pairs = Pairs(layer)
    return tuple(
        RuleFact(
            position,
            rule,
            decides.get(position, 0),
            may_decide.get(position, 0),
            None if flows is None else flows.get(position, ()),
            None if may_decide.get(position) else shadowing(layer, position, pairs, decisions.order),
            position not in needed,
            pairs.correlated(position),
        )
        for position, rule in enumerate(layer.rules)
    )


def _counted(counts: Mapping[Fate, int], *, sure: bool) -> dict[int, int]:
    found: dict[int, int] = {}
    for fate, count in counts.items():
        for position in {end.position for end in endings(fate.tree)}:
            if position is not None and (fate.rule is not None or not sure):
                found[position] = found.get(position, 0) + count
    return found


def _flows(decisions: Decisions) -> dict[int, tuple[FlowSet, ...] | None] | None:
    """By position, the flows that the rule decides about."""
    found: dict[int, list[FlowSet]] = {}
    cubes = list(islice(decisions.cubes(lambda fate: fate.rule is not None), _MAX_CUBES + 1))
    if len(cubes) > _MAX_CUBES:
        return None
    for cube in cubes:
        if cube.fate.position is not None:
            found.setdefault(cube.fate.position, []).append(cube.flows)
    return {at: tuple(flows) if len(flows) <= _MAX_FLOW_SETS else None for at, flows in found.items()}


# --- redundant ------------------------------------------------------------------------------------------------------


def _needed(chain: Chain, index: int, order: Order, limit: int) -> set[int]:
    """The rules of a layer without which some flow would fare differently: every combination of tries that flows meet
    is looked at with and without each rule that could decide there."""
    worked_out = Endings(chain)
    needed: set[int] = set()

    def end(met: Met) -> Diagram:
        tries = met[index]
        whole = None
        for one in _contenders(tries):
            if one.position not in needed:
                whole = whole or verdicts(worked_out.cases(met))
                rest = tuple(other for other in tries if other.position != one.position)
                if verdicts(worked_out.cases((*met[:index], rest, *met[index + 1 :]))) != whole:
                    needed.add(one.position)
        return OUTSIDE

    for space, boxes in spaces_of(FlowSet()):
        table = Table(tuple(space.sizes[field] for field in order), limit)
        tries = tries_of(chain, space, hull(boxes))
        Builder(tries, space, boxes, table, order, end, by_rule=True, twice=index).root()
    return needed


def _contenders(tries: tuple[Try, ...]) -> Iterator[Try]:
    """The tries that can settle a flow which meets all of them: up to the first that surely does."""
    for one in tries:
        yield one
        if one.certain:
            return
