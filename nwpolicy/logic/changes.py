"""What changes from one chain to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from nwpolicy.logic.boxes import Asked, Box, boxes_of, flow_sets
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, evaluate
from nwpolicy.logic.slicing import ChainSlice, outer, slice_chain
from nwpolicy.logic.views import Example, View, open_session, replay
from nwpolicy.logic.witness import favourite, prefer
from nwpolicy.model.filters import Assignment, Chain, FilterRule, Layer, Match
from nwpolicy.model.flows import Flow

if TYPE_CHECKING:
    from nwpolicy.logic.diagrams.spaces import Order

__all__ = ["changed_outside", "differs", "equivalent"]

#: Above this many changed rules the box is asked about as a whole.
_MAX_PARTS: Final = 8


def equivalent(old: Chain, new: Chain, asked: Asked) -> Example | None:
    """A flow that one chain allows and the other denies under the same assignment, with its way through the new one.
    None iff there is none."""
    return _changed(old, new, boxes_of(asked), ())


def changed_outside(old: Chain, new: Chain, asked: Asked, spared: Asked) -> Example | None:
    """As `equivalent`, for the asked flows that are not among the spared ones."""
    return _changed(old, new, boxes_of(asked), boxes_of(spared))


def differs(old: Chain, new: Chain, within: Asked, outside: Asked, *, allowed: bool) -> Example | None:
    """What keeps `new` from being the change that was wanted: a flow of `within` that it does not allow (or deny), or
    a flow of `outside` and not of `within` that fares differently than in `old`; with its way through the new chain.
    None iff there is none."""
    inside = boxes_of(within)
    for box in inside:
        if wrong := View(new, box).find(not allowed):
            return wrong
    return _changed(old, new, boxes_of(outside), inside)


def _changed(old: Chain, new: Chain, asked: Iterable[Box], spared: tuple[Box, ...]) -> Example | None:
    for box in asked:
        for reach in _reach(old, new, box):
            if found := _changed_in(old, new, reach, spared):
                return found
    return None


def _reach(old: Chain, new: Chain, box: Box) -> Iterator[Box]:
    """The parts of the box outside of which nothing can have changed: a flow that meets no rule by which the chains
    differ meets the same rules in both, in the same order."""
    if len(old.layers) != len(new.layers):
        yield box
        return
    layers = zip(old.layers, new.layers, strict=True)
    changed = [match for pair in layers for match in _changed_matches(*pair)]
    reached = dict.fromkeys(reach for match in changed if (reach := outer(match, box)))
    if len(reached) > _MAX_PARTS:
        yield box
    else:
        yield from reached


def _changed_matches(old: Layer, new: Layer) -> Iterator[Match]:
    """What the rules match that are not at the same place of both layers, counted from either end."""
    left, right = list(old.rules), list(new.rules)
    while left and right and _same(left[-1], right[-1]):
        left.pop()
        right.pop()
    start = 0
    while start < min(len(left), len(right)) and _same(left[start], right[start]):
        start += 1
    yield from (rule.match for rule in (*left[start:], *right[start:]))


def _same(left: FilterRule, right: FilterRule) -> bool:
    return left is right or (left.rank, left.outcome, left.match) == (right.rank, right.outcome, right.match)


def _changed_in(old: Chain, new: Chain, box: Box, spared: tuple[Box, ...]) -> Example | None:
    before, after = slice_chain(old, box), slice_chain(new, box)
    if before.settled is not None and before.settled is after.settled:
        return None
    alike = [other for other in spared if (other.family, other.ported) == (box.family, box.ported)]
    known = NO_ASSIGNMENT
    if not (before.unknowns or after.unknowns) and _fits(old, new, known, alike, favourite(box)):
        start = favourite(box)  # the flow that would be shown first, whatever others are found
    else:
        order = None if alike else _quick_order(before, after)
        found = _found(old, new, (before, after), alike) if order is None else _shown(old, new, box, order)
        if found is None:
            return None
        start, known = found

    def fits(other: Flow) -> bool:
        return _fits(old, new, known, alike, other)

    flow = prefer(box, (favourite(box), start), fits)
    return Example(flow, known, evaluate(new, flow, known))


def _fits(old: Chain, new: Chain, assignment: Assignment, spared: Iterable[Box], flow: Flow) -> bool:
    """Whether a flow that is not spared fares otherwise."""
    changed = evaluate(old, flow, assignment).allowed is not evaluate(new, flow, assignment).allowed
    return changed and not any(flow in part for part in spared)


def _quick_order(*parts: ChainSlice) -> Order | None:
    """An order for diagrams where there are few rules and no unknowns: that is quicker than to ask the solver."""
    from nwpolicy.logic.diagrams.ordering import order_for_few

    open_ended = any(part.unknowns for part in parts)
    return None if open_ended else order_for_few(sum(len(rules) for part in parts for rules in part.layers))


def _shown(old: Chain, new: Chain, box: Box, order: Order) -> tuple[Flow, Assignment] | None:
    """A flow that diagrams show to fare otherwise. None iff there is none."""
    from nwpolicy.logic.diagrams.comparison import compare
    from nwpolicy.logic.diagrams.decisions import Decisions

    asked = flow_sets((box,))
    before, after = (Decisions.of(chain, asked, order=order, by_rule=False) for chain in (old, new))
    change = next(compare(before, after, by_rule=False).changes(), None)
    if change is None:
        return None
    flow = favourite(boxes_of(change.flows)[0])
    for chain, fate in ((old, change.before), (new, change.after)):
        replay(chain, flow, NO_ASSIGNMENT, bool(fate.allowed))
    return flow, NO_ASSIGNMENT


def _found(
    old: Chain, new: Chain, parts: tuple[ChainSlice, ChainSlice], spared: Iterable[Box]
) -> tuple[Flow, Assignment] | None:
    """A flow that is not spared and fares otherwise, and for which values of the unknowns. None iff there is none."""
    from nwpolicy.logic.smt import differ, disj, neg

    session = open_session(parts[0].box)
    values = session.values()
    session.require(neg(disj(session.within(other) for other in spared)))
    before, after = (session.allowed(part, values) for part in parts)
    session.require(differ(before, after))
    if not session.check():
        return None
    flow, assignment = session.flow(), values.read(session.evaluate)
    replay(old, flow, assignment, session.evaluate(before))
    replay(new, flow, assignment, session.evaluate(after))
    return flow, assignment
