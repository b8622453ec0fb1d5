"""A solver over the flows of one box. What it finds is a flow and values for the unknowns, as plain data.

Work is bounded by Z3's resource count, which (unlike time) is the same on every machine and in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import z3

from nwpolicy.logic.boxes import Box, numbers_of
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.slicing import ChainSlice
from nwpolicy.logic.smt.encoding import Encoder, Packet
from nwpolicy.logic.smt.terms import (
    Formula,
    Leading,
    Number,
    boolean,
    choose,
    conj,
    disj,
    equal,
    member,
    number,
    variable,
    within_bounds,
)
from nwpolicy.logic.smt.values import Values
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet

__all__ = ["Session"]

#: Resource units for one query: far more than any query of a thousand rules took (see benchmarks).
RLIMIT: Final = 10_000_000
_ID_WIDTH: Final = 32
_NAMES: Final = ("protocol", "destinationPort", "destination", "source", "sourcePort")


def _solver_for(logic: str, context: Any) -> Any:
    """As `z3.SolverFor`, which makes a second context just for the logic's name: a tenth of a cold start."""
    return z3.Solver(z3.Z3_mk_solver_for_logic(context.ref(), z3.to_symbol(logic, context)), context)


class Session:
    """Formulas about one flow of the box, and the question whether they can hold together."""

    def __init__(self, box: Box, *, by_bounds: bool = False) -> None:
        """`by_bounds` writes sets of numbers by the bounds of their intervals, not as blocks of leading bits."""
        self._by_bounds = by_bounds
        self._context = z3.Context()
        self._solver = _solver_for("QF_FD", self._context)
        self._solver.set("rlimit", RLIMIT)
        self._model: Any = None
        self._choices = 0
        self._literals = 0
        self._leading = Leading()
        self._shared: dict[tuple[int, IntervalSet], Formula] = {}
        self._flow = Packet(
            box,
            tuple(
                variable(name, numbers.width, self._context) for name, numbers in zip(_NAMES, box.fields, strict=True)
            ),
        )
        for term, numbers in zip(self._flow.fields, box.fields, strict=True):
            self.require(self._share(term, numbers))

    def values(self) -> Values:
        """A new choice of values for the unknowns, independent of every other."""
        return Values(self._context, self._suffix(), self.require)

    def fork(self, values: Values) -> Values:
        """The same choice, but for unknown rules, which can do something else to another flow."""
        return values.fork(self._suffix())

    def _suffix(self) -> str:
        self._choices += 1
        return f"!{self._choices}"

    def allowed(self, part: ChainSlice, values: Values) -> Formula:
        """Whether the flow is allowed under the values."""
        return Encoder(self._flow, values, self._share).allowed(part)

    def allowed_one(self, part: ChainSlice, values: Values, flow: Flow) -> Formula:
        """Whether this flow, to whose box the chain is cut, is allowed under the values."""
        fields = zip(numbers_of(flow), part.box.fields, strict=True)
        constants = tuple(number(value, numbers.width, self._context) for value, numbers in fields)
        return Encoder(Packet(part.box, constants), values, self._share).allowed(part)

    def decisive(self, part: ChainSlice, values: Values, identify: Callable[[int, int], int]) -> Number:
        """What `identify` says of the layer and rule that decide about the flow; 0 where no rule matches."""
        constant = partial(number, width=_ID_WIDTH, context=self._context)
        encoder = Encoder(self._flow, values, self._share)
        return encoder.decisive(part, lambda layer, rule: constant(identify(layer, rule.position)), constant(0))

    def deciding(self, part: ChainSlice, values: Values) -> dict[tuple[int, int] | None, Formula]:
        """By layer and position in the slice, whether a rule decides about the flow; under None, that none matches."""
        return Encoder(self._flow, values, self._share).deciding(part)

    def by_field(self, index: int, cases: Sequence[tuple[IntervalSet, Formula]]) -> Formula:
        """What holds in the case that the flow's field is in; the last case is that of all the rest."""
        *some, (_, found) = cases
        for numbers, formula in some:
            found = choose(self._share(self._flow.fields[index], numbers), formula, found)
        return found

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is required inside holds only there. Choices of values that are used inside are to be made there."""
        self._solver.push()
        try:
            yield
        finally:
            self._solver.pop()

    def within(self, box: Box) -> Formula:
        """Whether the flow is in the other box, of the same family."""
        fields = zip(self._flow.fields, box.fields, strict=True)
        return conj(self._share(term, numbers) for term, numbers in fields)

    def within_any(self, boxes: Iterable[Box]) -> Formula:
        """Whether the flow is in one of other boxes, of the same family."""
        return disj(self.within(box) for box in boxes)

    def at(self, flow: Flow) -> Formula:
        """A name for: it is this flow."""
        terms = zip(self._flow.fields, numbers_of(flow), strict=True)
        return self.literal(conj(equal(term, value) for term, value in terms))

    def require(self, formula: Formula) -> None:
        """The formula holds from now on."""
        if formula is not True:
            self._solver.add(z3.BoolVal(False, self._context) if formula is False else formula)

    def literal(self, formula: Formula) -> Formula:
        """A name for the formula, fit to be assumed in a check."""
        self._literals += 1
        name = boolean(f"assume!{self._literals}", self._context)
        self.require(name if formula is True else equal(name, formula))
        return name

    def check(self, *literals: Formula) -> bool:
        """Whether everything required and the literals can hold together. Raises Undecided if the solver gives up."""
        self._model = None
        found = self._solver.check(*literals)
        if found == z3.unknown:
            raise Undecided("the question takes more than the solver's budget")
        if found == z3.unsat:
            return False
        self._model = self._solver.model()
        return True

    def flow(self) -> Flow:
        """The flow that the last check found."""
        return self._flow.box.flow(tuple(self.evaluate(term) for term in self._flow.fields))

    def evaluate(self, term: Any) -> Any:
        """The value of a term in what the last check found."""
        if isinstance(term, bool):
            return term
        value = self._model.eval(term, model_completion=True)
        return z3.is_true(value) if z3.is_bool(value) else value.as_long()

    def _share(self, term: Number, numbers: IntervalSet) -> Formula:
        key = term.get_id(), numbers
        if key not in self._shared:
            write = within_bounds if self._by_bounds else partial(member, leading=self._leading)
            self._shared[key] = write(term, numbers)
        return self._shared[key]
