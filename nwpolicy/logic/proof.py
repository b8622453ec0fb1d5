"""Proofs that a decision diagram says what its chain does: Z3 is asked, cell by cell, for a flow that fares otherwise.

The two outermost levels of a diagram cut its space into cells, each a product with one diagram of the other three
fields behind it. Of the rules only those that meet a cell are encoded for it, and what is encoded once (a set of
numbers in a field, a node) serves every cell. The whole as one formula takes minutes where the cells take seconds.

Proved is what a diagram claims: of a certain fate verdict and decisive rule, of a fate with a verdict but without a
certain rule the verdict, each for all values of the unknowns. A fate that is open claims nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from nwpolicy.logic.boxes import Asked, Box, numbers_of
from nwpolicy.logic.diagrams.decisions import Decisions, Part
from nwpolicy.logic.diagrams.fates import Fate
from nwpolicy.logic.diagrams.spaces import hull, spaces_of
from nwpolicy.logic.diagrams.table import OUTSIDE, Diagram
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.slicing import ChainSlice, outer, slice_chain
from nwpolicy.logic.views import describe
from nwpolicy.model.filters import Chain, Choice, Floating, Layer, Outcome
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass

if TYPE_CHECKING:  # z3 is loaded by the first proof
    from nwpolicy.logic.smt import Formula, Session, Values

__all__ = ["prove"]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A product of the first two fields, and the diagram of the other three behind it."""

    box: Box
    diagram: Diagram


def prove(chain: Chain, asked: Asked, decisions: Decisions) -> int:
    """Proves that the decisions are those of the chain about the asked flows; in how many cells. Raises
    EngineDisagreement with a flow about which they are not, Undecided where the solver gives up."""
    parts = {part.space: part for part in decisions.parts}
    cells = 0
    for space, boxes in spaces_of(asked):
        cells += _PartProof(chain, decisions, parts[space], boxes).run()
    return cells


class _PartProof:
    """The proof of the diagram of one space."""

    def __init__(self, chain: Chain, decisions: Decisions, part: Part, asked: tuple[Box, ...]) -> None:
        around = hull(asked)
        self._chain = slice_chain(chain, around).chain
        self._decisions = decisions
        self._part = part
        self._asked = asked
        self._around = around
        self._rules = _RulesOfCells(self._chain, around, decisions.order[:2])

    def run(self) -> int:
        from nwpolicy.logic.smt import Session

        session = Session(self._around, by_bounds=True)
        cells = 0
        for cell in self._cells():
            cells += 1
            with session.scope():
                values = session.values()
                session.require(session.within(cell.box))
                session.require(self._violation(session, values, cell))
                if session.check():
                    self._fail(session, values)
        return cells

    def _cells(self) -> Iterator[_Cell]:
        first, second = self._decisions.order[:2]
        for numbers, behind in self._edges(self._part.root, 0):
            box = self._around.with_field(first, numbers)
            for others, diagram in self._edges(behind, 1):
                yield _Cell(box.with_field(second, others), diagram)

    def _edges(self, diagram: Diagram, level: int) -> Iterator[tuple[IntervalSet, Diagram]]:
        """Where a diagram leads by the numbers of a level, as far as they are asked about."""
        index = self._decisions.order[level]
        whole = self._around.fields[index]
        if self._part.table.level(diagram) != level:
            yield whole, diagram
            return
        for kid, numbers in self._by_kid(diagram):
            if inside := numbers & whole:
                yield inside, kid

    def _by_kid(self, diagram: Diagram) -> Iterator[tuple[Diagram, IntervalSet]]:
        level, highs, kids = self._part.table.nodes[diagram]
        intervals: dict[Diagram, list[tuple[int, int]]] = {}
        for (last, high), kid in zip(pairwise((-1, *highs)), kids, strict=True):
            intervals.setdefault(kid, []).append((last + 1, high))
        for kid, found in intervals.items():
            yield kid, self._part.space.values(self._decisions.order[level], found)

    def _violation(self, session: Session, values: Values, cell: _Cell) -> Formula:
        """Holds iff the flow fares otherwise than the diagram claims."""
        from nwpolicy.logic.smt import conj, neg

        part, kept = self._rules.of(cell.box)
        deciding = session.deciding(part, values)
        places = {key and (key[0], kept[key[0]][key[1]]): formula for key, formula in deciding.items()}
        allowed = cache(lambda: session.allowed(part, values))

        def leaf(fate: Fate) -> Formula:
            verdict = True if fate.allowed is None else allowed() if fate.allowed else neg(allowed())
            if not fate.certain:
                return neg(verdict)
            place = None if fate.layer is None or fate.position is None else (fate.layer, fate.position)
            decided = places.get(place, False)
            return neg(decided if self._outcome(place) is fate.allowed else conj((decided, verdict)))

        @cache
        def wrong(diagram: Diagram) -> Formula:
            if diagram == OUTSIDE:
                return session.within_any(self._asked)
            if diagram < 0:
                return leaf(self._decisions.leaves.fate(diagram))
            index = self._decisions.order[self._part.table.nodes[diagram][0]]
            return session.by_field(index, [(numbers, wrong(kid)) for kid, numbers in self._by_kid(diagram)])

        return wrong(cell.diagram)

    def _outcome(self, place: tuple[int, int] | None) -> bool | None:
        """Whether the rule at that place allows whatever it decides about; None where that is not known."""
        if place is None:
            return True
        outcome = self._chain.layers[place[0]].rules[place[1]].outcome
        return None if isinstance(outcome, Choice) else outcome is not Outcome.DENY

    def _fail(self, session: Session, values: Values) -> NoReturn:
        flow, assignment = session.flow(), values.read(session.evaluate)
        fate = self._fate(flow)
        trace = evaluate(self._chain, flow, assignment)
        raise EngineDisagreement(
            f"the diagram has {flow} {_told(fate)}, the solver has it {'allowed' if trace.allowed else 'denied'}",
            f"{describe(self._chain, flow, assignment)}\ndiagram: {fate!r}\nreplay: {trace!r}",
        )

    def _fate(self, flow: Flow) -> Fate | None:
        """What the diagram says of the flow."""
        diagram, numbers = self._part.root, numbers_of(flow)
        while diagram >= 0:
            index = self._decisions.order[self._part.table.nodes[diagram][0]]
            diagram = next(kid for kid, found in self._by_kid(diagram) if numbers[index] in found)
        return None if diagram == OUTSIDE else self._decisions.leaves.fate(diagram)


class _RulesOfCells:
    """Finds the rules that meet a cell. A set of rules is a whole number with a bit for each."""

    def __init__(self, chain: Chain, around: Box, fields: Sequence[int]) -> None:
        self._chain = chain
        self._around = around
        self._fields = fields
        reach = [outer(rule.match, around) for layer in chain.layers for rule in layer.rules]
        self._meeting = [_Meeting([None if box is None else box.fields[index] for box in reach]) for index in fields]

    def of(self, box: Box) -> tuple[ChainSlice, tuple[tuple[int, ...], ...]]:
        """The chain as far as it concerns the cell; and of each layer the places in the whole chain of the rules that
        are left. Floating rules keep all of their layer, as a rule that matches nothing still takes its rank."""
        met = -1
        for index, meeting in zip(self._fields, self._meeting, strict=True):
            met &= meeting.of(box.fields[index])
        layers: list[Layer] = []
        kept: list[tuple[int, ...]] = []
        first = 0
        for layer in self._chain.layers:
            floats = any(isinstance(rule.rank, Floating) for rule in layer.rules)
            places = tuple(place for place in range(len(layer.rules)) if floats or met >> (first + place) & 1)
            kept.append(places)
            layers.append(layer if floats else replace(layer, rules=tuple(layer.rules[place] for place in places)))
            first += len(layer.rules)
        return slice_chain(Chain(tuple(layers)), box), tuple(kept)


class _Meeting:
    """Which of several sets of numbers meet an interval: the numbers are cut where one of the sets begins or ends."""

    def __init__(self, sets: Sequence[IntervalSet | None]) -> None:
        events: dict[int, int] = {0: 0}
        for index, numbers in enumerate(sets):
            for low, high in numbers or ():
                events[low] = events.get(low, 0) ^ 1 << index
                events[high + 1] = events.get(high + 1, 0) ^ 1 << index
        self._starts = sorted(events)
        self._members: list[int] = []
        inside = 0
        for start in self._starts:
            inside ^= events[start]
            self._members.append(inside)

    def of(self, numbers: IntervalSet) -> int:
        found = 0
        for low, high in numbers:
            for index in range(bisect_right(self._starts, low) - 1, bisect_right(self._starts, high)):
                found |= self._members[index]
        return found


def _told(fate: Fate | None) -> str:
    if fate is None:
        return "left out"
    word = {True: "allowed", False: "denied", None: "open"}[fate.allowed]
    return f"{word} by {fate.rule.name}" if fate.rule is not None else word
