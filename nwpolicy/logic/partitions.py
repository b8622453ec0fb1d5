"""The asked flows, divided by the rule that decides about them.

Where nothing depends on unknowns a decision diagram has the parts, each with all of its flows; an example of each is
run through the chain. Else, or where the diagram would be too large, the solver is asked for a flow whose decisive rule
is not among those found, until there is none or the limit is reached.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.logic.boxes import Asked, Box, boxes_of, flow_sets, subtract
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, Step, Trace, evaluate
from nwpolicy.logic.views import Example, View, describe
from nwpolicy.logic.witness import favourite, prefer
from nwpolicy.model.filters import Chain, Choice
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass

if TYPE_CHECKING:
    from nwpolicy.logic.diagrams import Decisions
    from nwpolicy.logic.smt import Formula, Number

__all__ = ["Part", "Partition", "partition"]

#: The flows of a part with more boxes are not told.
_MAX_BOXES: Final = 128
_MAX_PARTS: Final = 100
_MAX_FLOW_SETS: Final = 64
_POSITIONS: Final = 1 << 24

#: The layer and the position in it of a decisive rule (none if no rule matched), and whether the flow is allowed.
Key: TypeAlias = tuple[int | None, int | None, bool]

_NO_RULE: Final[Key] = (None, None, True)


@dataclass(frozen=True, slots=True)
class Part:
    """The asked flows about which one rule decides in one way, under some assignment."""

    key: Key
    allowed: bool
    step: Step | None
    """the decisive step; none where no rule matched in any layer"""
    example: Example
    flows: tuple[FlowSet, ...] | None
    """exactly these flows; none where that would take too many flow sets, or depends on unknowns"""


@dataclass(frozen=True, slots=True)
class Partition:
    """The parts in the order of layers and rules. If it is complete, no asked flow is in none of them."""

    parts: tuple[Part, ...]
    complete: bool


def partition(chain: Chain, asked: Asked, limit: int = _MAX_PARTS) -> Partition:
    """The asked flows by decisive rule, at most `limit` parts. Raises ValueError if none are asked about."""
    boxes = _disjoint(boxes_of(asked))
    if not boxes:
        raise ValueError("the asked set of flows is empty")
    found = _Found(limit)
    complete = True
    for box in boxes:
        complete = _search(View(chain, box), found) and complete
    parts = (_part(key, example, found.boxes[key]) for key, example in found.examples.items())
    return Partition(tuple(sorted(parts, key=_order)), complete)


class _Found:
    """The parts found so far, each with an example, and with its boxes unless these are too many or not known."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.examples: dict[Key, Example] = {}
        self.boxes: dict[Key, list[Box] | None] = {}

    def has_room_for(self, key: Key) -> bool:
        return key in self.examples or len(self.examples) < self._limit

    def add(self, example: Example, boxes: list[Box] | None) -> bool:
        """Whether the example's part was known or there is room for it."""
        key = key_of(example.trace)
        if not self.has_room_for(key):
            return False
        self.examples.setdefault(key, example)
        known = self.boxes.get(key, [])
        self.boxes[key] = None if known is None or boxes is None else known + boxes
        return True


def _search(view: View, found: _Found) -> bool:
    """Adds the parts of a view. Whether there are no others."""
    decisions = None if view.part.unknowns else _decisions(view)
    return _ask(view, found) if decisions is None else _read_off(view, decisions, found)


def _decisions(view: View) -> Decisions | None:
    from nwpolicy.logic.diagrams import Decisions, TooLarge  # one flow needs none of it

    try:
        return Decisions.of(view.chain, flow_sets([view.box]))
    except TooLarge:
        return None


def _read_off(view: View, decisions: Decisions, found: _Found) -> bool:
    """The parts of a view without unknowns, from its decision diagram."""
    fates = {(fate.layer, fate.position, fate.allowed is True): fate for fate in decisions.counts()}
    complete = True
    for key in sorted(fates, key=_number_of):
        if found.has_room_for(key):
            cubes = islice(decisions.cubes(partial(eq, fates[key])), _MAX_BOXES + 1)
            boxes = [box for cube in cubes for box in boxes_of(cube.flows)]
            found.add(_example(view, key, boxes[0]), boxes if len(boxes) <= _MAX_BOXES else None)
        else:
            complete = False
    return complete


def _example(view: View, key: Key, box: Box) -> Example:
    flow = favourite(box)
    trace = evaluate(view.chain, flow)
    if key_of(trace) != key:
        raise EngineDisagreement(f"the diagram names another decisive rule for {flow}", describe(view.chain, flow))
    return Example(flow, NO_ASSIGNMENT, trace)


def _ask(view: View, found: _Found) -> bool:
    """The same by asking the solver for a flow of another part until there is none."""
    from nwpolicy.logic.smt import neg

    session = view.session
    number = session.decisive(view.part, view.values, _number)
    mine: set[Key] = set()
    while session.check():
        flow, assignment = session.flow(), view.values.read(session.evaluate)
        example = Example(flow, assignment, evaluate(view.chain, flow, assignment))
        key = key_of(example.trace)
        if key in mine or _number_of(key) != session.evaluate(number):
            raise EngineDisagreement(
                f"the engines name different decisive rules for {flow}", describe(view.chain, flow, assignment)
            )
        if not found.add(_presentable(view, example), None):
            return False
        mine.add(key)
        session.require(neg(_has(view, key, number)))
    return True


def _has(view: View, key: Key, number: Number) -> Formula:
    """Whether the flow is in the part. A rule of unknown outcome decides in more than one way."""
    from nwpolicy.logic.smt import conj, equal

    layer, position, allowed = key
    decides = equal(number, _number_of(key))
    if layer is None or position is None:
        return decides
    rule = view.chain.layers[layer].rules[position]
    return conj((decides, view.side(allowed))) if isinstance(rule.outcome, Choice) else decides


def _presentable(view: View, found: Example) -> Example:
    chain, assignment, key = view.chain, found.assignment, key_of(found.trace)
    flow = prefer(view.box, (found.flow,), lambda other: key_of(evaluate(chain, other, assignment)) == key)
    return Example(flow, assignment, evaluate(chain, flow, assignment))


def key_of(trace: Trace) -> Key:
    step = trace.decisive
    return (step.layer, step.position, trace.allowed) if step else _NO_RULE


def _number(layer: int, position: int) -> int:
    """Tells the solver's decisive rules apart; 0 is none."""
    return layer * _POSITIONS + position + 1


def _number_of(key: Key) -> int:
    layer, position, _ = key
    return 0 if layer is None or position is None else _number(layer, position)


def _order(part: Part) -> tuple[int, bool]:
    return _number_of(part.key), part.allowed


def _part(key: Key, example: Example, boxes: list[Box] | None) -> Part:
    found = None if boxes is None else flow_sets(boxes)
    return Part(
        key,
        key[2],
        example.trace.decisive,
        example,
        found if found is not None and len(found) <= _MAX_FLOW_SETS else None,
    )


def _disjoint(boxes: tuple[Box, ...]) -> list[Box]:
    """The same flows, none of them twice."""
    apart: list[Box] = []
    for box in boxes:
        rest = [box]
        for other in apart.copy():
            rest = [piece for part in rest for piece in subtract(part, other)]
        apart += rest
    return apart
