"""How the asked flows hang on the unknowns.

For one flow two plain queries settle everything. For a set, "some assignment allows all of it" has an alternation
(some assignment, every flow), which is settled by refutation: guess an assignment, look for a flow that refutes it,
demand that the next guess gets that flow right. Both ends are proofs: a guess that nothing refutes, or no guess left.
The number of rounds is bounded; beyond it the question is Undecided. Unknown rules may differ from flow to flow, so
each flow has its own, and a flow refutes a guess only if no rules could rescue it (a second loop of the same kind).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from nwpolicy.logic.boxes import single
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.slicing import slice_chain
from nwpolicy.logic.views import Example, View, open_session, replay
from nwpolicy.logic.witness import bounds_of, pleasant_values
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.domains import may_be
from nwpolicy.model.filters import Assignment, Chain, Outcome, RulesValue, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

if TYPE_CHECKING:
    from nwpolicy.logic.smt import Formula

__all__ = ["Turn", "deciding_unknowns", "example_under", "turn", "uniform"]

_MAX_ROUNDS: Final = 256


@dataclass(frozen=True, slots=True)
class Turn:
    """One flow that is allowed under one assignment and denied under another."""

    allowed: Example
    denied: Example


class Fork:
    """A view with two choices of values side by side: allowed under the first, denied under the second."""

    def __init__(self, view: View) -> None:
        from nwpolicy.logic.smt import neg

        self.view = view
        self._session = open_session(view.box)
        self._left, self._right = self._session.values(), self._session.values()
        allowed = self._session.allowed(view.part, self._left)
        self._session.require(allowed)
        self._session.require(neg(self._session.allowed(view.part, self._right)))
        self._agreements = {
            unknown: self._session.literal(self._left.agree(self._right, unknown)) for unknown in self._left.unknowns
        }

    def differs(self, agreed: Sequence[Unknown], flow: Flow | None = None) -> bool:
        """Whether there are two assignments that agree on these unknowns, and a flow (or this one), allowed under the
        first and denied under the second."""
        assumed = [self._agreements[unknown] for unknown in agreed if unknown in self._agreements]
        return self._session.check(*assumed, *([self._session.at(flow)] if flow else []))

    def turn(self) -> Turn:
        """A recognisable flow, and two assignments that agree on as much as can be. To be asked where there is one."""
        view, session = self.view, self._session
        self.differs(())
        flow = view.prefer(session.flow(), True, lambda other: self.differs((), other))
        agreed: list[Unknown] = []
        for unknown in reversed(view.part.unknowns):
            if self.differs([*agreed, unknown], flow):
                agreed.append(unknown)
        self.differs(agreed, flow)
        left, right = self._left.read(session.evaluate), self._right.read(session.evaluate)
        replay(view.chain, flow, left, True)
        replay(view.chain, flow, right, False)
        left, right = _please_both(view.reduced, flow, left, right)
        return Turn(view.example(flow, left, True), view.example(flow, right, False))


def turn(views: Sequence[View]) -> Turn | None:
    """A flow whose fate depends on the unknowns. None iff every flow fares the same under all assignments."""
    forks = (Fork(view) for view in views if view.part.unknowns)
    return next((fork.turn() for fork in forks if fork.differs(())), None)


def deciding_unknowns(views: Sequence[View]) -> tuple[Unknown, ...]:
    """A smallest set of unknowns that settles the fate of every flow: no member of it can go."""
    forks = [Fork(view) for view in views if view.part.unknowns]
    deciding = list(dict.fromkeys(unknown for view in views for unknown in view.part.unknowns))
    for unknown in reversed(deciding.copy()):
        rest = [other for other in deciding if other != unknown]
        if not any(fork.differs(rest) for fork in forks):
            deciding = rest
    return tuple(deciding)


def uniform(views: Sequence[View], allowed: bool, first: Assignment) -> Assignment | None:
    """An assignment under which every flow is allowed (or denied), `first` tried first. None iff there is none."""
    session = open_session(views[0].box)
    values = session.values()
    settled: dict[Unknown, UnknownValue] = {
        unknown: value for unknown, value in first.items() if not isinstance(value, RulesValue)
    }
    guesses = _extremes(settled)
    for _ in range(_MAX_ROUNDS):
        guess = next(guesses, None)
        if guess is None:
            guess = {**settled, **values.read(session.evaluate)}
        refuted = next((found for view in views if (found := _refutation(view, guess, allowed))), None)
        if not refuted:
            return guess
        view, flow = refuted
        part = slice_chain(view.reduced, single(flow))
        session.require(_side(session.allowed_one(part, session.fork(values), flow), allowed))
        if not session.check():
            return None
    raise Undecided(f"no assignment was found or ruled out in {_MAX_ROUNDS} rounds")


def _extremes(first: dict[Unknown, UnknownValue]) -> Iterator[dict[Unknown, UnknownValue]]:
    """Assignments that settle most questions at once: nothing or everything, for sets and for conditions."""
    yield first
    for everything in (False, True):
        for condition in (False, True):
            extremes = {unknown: _extreme(value, everything, condition) for unknown, value in first.items()}
            yield {unknown: value if may_be(unknown, value) else first[unknown] for unknown, value in extremes.items()}


def _extreme(value: UnknownValue, everything: bool, condition: bool) -> UnknownValue:
    if isinstance(value, AddressSet):
        return ANY_ADDRESS if everything else NO_ADDRESS
    if isinstance(value, IntervalSet):  # ports and protocols are never nothing
        return IntervalSet.full(value.width) if everything else value
    return condition if isinstance(value, bool) else value


def _side(formula: Formula, allowed: bool) -> Formula:
    from nwpolicy.logic.smt import neg

    return formula if allowed else neg(formula)


def example_under(chain: Chain, flow: Flow, assignment: Assignment, allowed: bool) -> Example:
    """The flow under an assignment that allows (or denies) it, completed by what unknown rules do to it."""
    found = View(fix(chain, assignment), single(flow)).find(allowed)
    completed = {**assignment, **(found.assignment if found else {})}
    return Example(flow, completed, replay(chain, flow, completed, allowed))


def _refutation(view: View, guess: Assignment, allowed: bool) -> tuple[View, Flow] | None:
    """A flow that is not allowed (or not denied), whatever the unknown rules that are left in the chain do to it."""
    fixed = fix(view.reduced, guess)
    tried = [_no_rules(slice_chain(fixed, view.box).unknowns)]
    session = open_session(view.box)
    for _ in range(_MAX_ROUNDS):
        part = slice_chain(fix(fixed, tried[-1]), view.box)
        session.require(_side(session.allowed(part, session.values()), not allowed))
        if not session.check():
            return None
        flow = session.flow()
        rescue = View(fixed, single(flow)).find(allowed)
        if rescue is None:
            return view, flow
        tried.append({**tried[0], **rescue.assignment})
    raise Undecided(f"unknown rules were not exhausted in {_MAX_ROUNDS} rounds")


def _no_rules(unknowns: tuple[Unknown, ...]) -> Assignment:
    return {unknown: RulesValue(False, 0, Outcome.PASS) for unknown in unknowns}


def _please_both(
    chain: Chain, flow: Flow, left: Assignment, right: Assignment
) -> tuple[dict[Unknown, UnknownValue], dict[Unknown, UnknownValue]]:
    """Values that a person recognises: equal ones stay equal on both sides."""
    pleased, other, bounds = dict(left), dict(right), bounds_of(chain)
    for unknown in left:
        bound = bounds.get(unknown, ANY_ADDRESS)
        if left[unknown] == right.get(unknown):
            for value in pleasant_values(unknown, left[unknown], flow, bound):
                if _turns(chain, flow, {**pleased, unknown: value}, {**other, unknown: value}):
                    pleased[unknown] = other[unknown] = value
                    break
            continue
        for value in pleasant_values(unknown, left[unknown], flow, bound):
            if _turns(chain, flow, {**pleased, unknown: value}, other):
                pleased[unknown] = value
                break
        for value in pleasant_values(unknown, right.get(unknown, left[unknown]), flow, bound):
            if _turns(chain, flow, pleased, {**other, unknown: value}):
                other[unknown] = value
                break
    return pleased, other


def _turns(chain: Chain, flow: Flow, left: Assignment, right: Assignment) -> bool:
    return evaluate(chain, flow, left).allowed and not evaluate(chain, flow, right).allowed
