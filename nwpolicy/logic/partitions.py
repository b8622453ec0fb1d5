"""The asked flows, divided by the rule that decides about them.

Set algebra finds the parts exactly where that takes few boxes. Else the rules' own favourite flows are tried, and the
solver asked for a flow whose decisive rule is not among those found, until there is none or the limit is reached.
Either way it is the solver that says the partition is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.logic.boxes import Asked, Box, boxes_of, flow_sets, subtract
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, Step, Trace, evaluate
from nwpolicy.logic.slicing import ChainSlice, RuleSlice
from nwpolicy.logic.views import Example, View, describe, narrowed
from nwpolicy.logic.witness import favourite, prefer
from nwpolicy.model.filters import Chain, Choice, Outcome
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.records import dataclass

if TYPE_CHECKING:
    from nwpolicy.logic.smt import Formula, Number

__all__ = ["Part", "Partition", "partition"]

#: Above this many boxes set algebra gives up.
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
    """Adds the parts of a view. Whether the solver proved that there are no others."""
    from nwpolicy.logic.smt import neg

    if not view.part.unknowns:
        _divide(view, found)
    session = view.session
    number = session.decisive(view.part, view.values, _number)
    for key in found.examples:
        session.require(neg(_has(view, key, number)))
    while session.check():
        flow, assignment = session.flow(), view.values.read(session.evaluate)
        example = Example(flow, assignment, evaluate(view.chain, flow, assignment))
        key = key_of(example.trace)
        if key in found.examples or _number_of(key) != session.evaluate(number):
            raise EngineDisagreement(
                f"the engines name different decisive rules for {flow}", describe(view.chain, flow, assignment)
            )
        if not found.add(_presentable(view, example), None):
            return False
        session.require(neg(_has(view, key, number)))
    return True


def _divide(view: View, found: _Found) -> None:
    """Adds the parts of a view without unknowns, as far as set algebra finds them and there is room."""
    for key, boxes in _exact_parts(view.part, found):
        start = favourite(boxes[0]) if boxes else _guess(view, key) if boxes is None else None
        if not start:
            continue
        trace = evaluate(view.chain, start)
        if key_of(trace) == key:
            found.add(Example(start, NO_ASSIGNMENT, trace), boxes)
        elif boxes:
            raise EngineDisagreement(
                f"set algebra names another decisive rule for {start}", describe(view.chain, start)
            )


def _guess(view: View, key: Key) -> Flow | None:
    """A flow about which the rule may decide."""
    layer, position, _ = key
    rules = view.part.layers[layer] if layer is not None else ()
    box = next((narrowed(view.box, rule) for rule in rules if rule.position == position), view.box)
    return favourite(box) if box else None


def _exact_parts(part: ChainSlice, found: _Found) -> Iterator[tuple[Key, list[Box] | None]]:
    for layer, rules in enumerate(part.layers):
        for rule in rules:
            key = layer, rule.position, rule.rule.outcome is not Outcome.DENY
            if found.has_room_for(key):
                yield key, _decided(part, layer, rule)
    if found.has_room_for(_NO_RULE):
        yield _NO_RULE, _beside([part.box], tuple(rule for rules in part.layers for rule in rules))


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


def _decided(part: ChainSlice, layer: int, rule: RuleSlice) -> list[Box] | None:
    """The boxes of the flows about which the rule decides, in a slice without unknowns; none if they are too many."""
    boxes, _ = _meet([part.box], rule)
    for index, rules in enumerate(part.layers):
        passing = rule.rule.outcome is Outcome.PASS
        if index < layer:
            found = _through(boxes, rules)
        elif index == layer:
            found = _beside(boxes, rules[: rules.index(rule)])
        else:
            found = _beside(boxes, rules) if passing else boxes
        if found is None:
            return None
        boxes = found
    return boxes


def _through(boxes: list[Box], rules: tuple[RuleSlice, ...]) -> list[Box] | None:
    """What of the boxes a layer hands on."""
    passed: list[Box] = []
    for rule in rules:
        hit, boxes = _meet(boxes, rule)
        if rule.rule.outcome is Outcome.PASS:
            passed += hit
        if len(boxes) + len(passed) > _MAX_BOXES:
            return None
    return passed + boxes


def _beside(boxes: list[Box], rules: tuple[RuleSlice, ...]) -> list[Box] | None:
    """What of the boxes none of the rules matches."""
    for rule in rules:
        _, boxes = _meet(boxes, rule)
        if len(boxes) > _MAX_BOXES:
            return None
    return boxes


def _meet(boxes: list[Box], rule: RuleSlice) -> tuple[list[Box], list[Box]]:
    """Which of the boxes meet the rule, and which do not; cut where needed."""
    hit: list[Box] = []
    rest: list[Box] = []
    for box in boxes:
        met = box
        for constraint in rule.constraints:
            met = met.with_field(constraint.field, met.fields[constraint.field] & constraint.known)
        if all(met.fields):
            hit.append(met)
            rest += subtract(box, met)
        else:
            rest.append(box)
    return hit, rest
