"""The asked flows, divided by the rule that decides about them.

Set algebra finds the parts exactly where that takes few boxes. Else the rules' own favourite flows are tried, and the
solver asked for a flow whose decisive rule is not among those found, until there is none or the limit is reached.
Either way it is the solver that says the partition is complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.logic.boxes import Asked, Box, boxes_of, flow_sets, subtract
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, Step, Trace, evaluate
from nwpolicy.logic.slicing import ChainSlice, RuleSlice
from nwpolicy.logic.views import Example, View, describe, narrowed
from nwpolicy.logic.witness import favourite, prefer
from nwpolicy.model.filters import Chain, Choice, Outcome
from nwpolicy.model.flows import Flow, FlowSet

if TYPE_CHECKING:
    from nwpolicy.logic.smt import Formula, Number

__all__ = ["Part", "Partition", "partition"]

#: Above this many boxes set algebra gives up.
_MAX_BOXES: Final = 256
_MAX_PARTS: Final = 100
_MAX_FLOW_SETS: Final = 64
_POSITIONS: Final = 1 << 24

#: The layer and the position in it of a decisive rule (none if no rule matched), and whether the flow is allowed.
Key: TypeAlias = tuple[int | None, int | None, bool]
_Boxes: TypeAlias = dict[Key, list[Box]]


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
    examples: dict[Key, Example] = {}
    flows: _Boxes | None = defaultdict(list)
    complete = True
    for box in boxes:
        view = View(chain, box)
        exact = None if view.part.unknowns else _divide(view.part)
        complete &= _Search(view, examples, limit).run(exact)
        if exact is None:
            flows = None
        elif flows is not None:
            for key, found in exact.items():
                flows[key] += found
    parts = sorted((_part(key, example, flows) for key, example in examples.items()), key=_order)
    return Partition(tuple(parts), complete)


class _Search:
    """Finds an example for every part of a view, among `examples` of earlier views."""

    def __init__(self, view: View, examples: dict[Key, Example], limit: int) -> None:
        self._view = view
        self._examples = examples
        self._limit = limit

    def run(self, exact: _Boxes | None) -> bool:
        """Whether the solver proved that there are no parts but the examples'."""
        from nwpolicy.logic.smt import neg

        view, session = self._view, self._view.session
        number = session.decisive(view.part, view.values, _number)
        for flow in self._candidates(exact):
            if not self._add(Example(flow, NO_ASSIGNMENT, evaluate(view.chain, flow))):
                return False
        for key in self._examples:
            session.require(neg(self._has(key, number)))
        while session.check():
            flow, assignment = session.flow(), view.values.read(session.evaluate)
            found = Example(flow, assignment, evaluate(view.chain, flow, assignment))
            key = _key(found.trace)
            if exact is not None or _number_of(key) != session.evaluate(number):
                raise EngineDisagreement(
                    f"the engines name different decisive rules for {flow}", describe(view.chain, flow, assignment)
                )
            if not self._add(self._presentable(found)):
                return False
            session.require(neg(self._has(key, number)))
        return True

    def _add(self, example: Example) -> bool:
        """Whether the example's part was known or there is room for it."""
        key = _key(example.trace)
        if key in self._examples:
            return True
        if len(self._examples) == self._limit:
            return False
        self._examples[key] = example
        return True

    def _candidates(self, exact: _Boxes | None) -> Iterator[Flow]:
        if exact is not None:
            yield from (favourite(boxes[0]) for boxes in exact.values())
        elif not self._view.part.unknowns:
            for rules in self._view.part.layers:
                for box in (narrowed(self._view.box, rule) for rule in rules[: self._limit]):
                    if box:
                        yield favourite(box)

    def _has(self, key: Key, number: Number) -> Formula:
        """Whether the flow is in the part. A rule of unknown outcome decides in more than one way."""
        from nwpolicy.logic.smt import conj, equal

        layer, position, allowed = key
        decides = equal(number, _number_of(key))
        if layer is None or position is None:
            return decides
        rule = self._view.chain.layers[layer].rules[position]
        return conj((decides, self._view.side(allowed))) if isinstance(rule.outcome, Choice) else decides

    def _presentable(self, found: Example) -> Example:
        chain, assignment, key = self._view.chain, found.assignment, _key(found.trace)
        flow = prefer(self._view.box, (found.flow,), lambda other: _key(evaluate(chain, other, assignment)) == key)
        return Example(flow, assignment, evaluate(chain, flow, assignment))


def _key(trace: Trace) -> Key:
    step = trace.decisive
    return (step.layer, step.position, trace.allowed) if step else (None, None, trace.allowed)


def _number(layer: int, position: int) -> int:
    """Tells the solver's decisive rules apart; 0 is none."""
    return layer * _POSITIONS + position + 1


def _number_of(key: Key) -> int:
    layer, position, _ = key
    return 0 if layer is None or position is None else _number(layer, position)


def _order(part: Part) -> tuple[int, bool]:
    return _number_of(part.key), part.allowed


def _part(key: Key, example: Example, flows: _Boxes | None) -> Part:
    found = flow_sets(flows[key]) if flows is not None and key in flows else None
    return Part(key, key[2], example.trace.decisive, example, found if found and len(found) <= _MAX_FLOW_SETS else None)


def _disjoint(boxes: tuple[Box, ...]) -> list[Box]:
    """The same flows, none of them twice."""
    apart: list[Box] = []
    for box in boxes:
        rest = [box]
        for other in apart.copy():
            rest = [piece for part in rest for piece in subtract(part, other)]
        apart += rest
    return apart


def _divide(part: ChainSlice) -> _Boxes | None:
    """The boxes of every part of a slice without unknowns; none if that takes too many."""
    settled: _Boxes = defaultdict(list)
    passed: _Boxes = {(None, None, True): [part.box]}
    for index, rules in enumerate(part.layers):
        arriving, passed = passed, defaultdict(list)
        for key, boxes in arriving.items():
            rest = boxes
            for rule in rules:
                hit, rest = _meet(rest, rule)
                outcome = rule.rule.outcome
                if hit:
                    target = passed if outcome is Outcome.PASS else settled
                    target[index, rule.position, outcome is not Outcome.DENY] += hit
                if len(rest) > _MAX_BOXES:
                    return None
            if rest:
                passed[key] += rest
        if sum(len(boxes) for found in (settled, passed) for boxes in found.values()) > _MAX_BOXES:
            return None
    return {**settled, **passed}


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
