"""How the asked flows hang on the unknowns.

For one flow two plain queries settle everything. For a set, "some assignment allows all of it" has an alternation
(some assignment, every flow), which is settled by refutation: guess an assignment, look for a flow that refutes it,
demand that the next guess gets that flow right. Both ends are proofs: a guess that nothing refutes, or no guess left.
The number of rounds is bounded; beyond it the question is Undecided. Unknown rules may differ from flow to flow, so
each flow has its own, and a flow refutes a guess only if no rules could rescue it (a second loop of the same kind).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nwpolicy.logic.boxes import single
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.slicing import slice_chain
from nwpolicy.logic.views import Example, View, open_session, replay
from nwpolicy.logic.witness import pleasant_values
from nwpolicy.model.filters import Assignment, Chain, Outcome, RulesValue, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Turn", "deciding_unknowns", "example_under", "turn", "uniform"]

_MAX_ROUNDS: Final = 256


@dataclass(frozen=True, slots=True)
class Turn:
    """One flow that is allowed under one assignment and denied under another."""

    view: View
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

    def differs(self, agreed: Sequence[Unknown]) -> bool:
        """Whether there are two assignments that agree on these unknowns, and a flow, allowed under one of them and
        denied under the other."""
        return self._session.check(*(self._agreements[unknown] for unknown in agreed if unknown in self._agreements))

    def turn(self) -> Turn:
        """What the last check found."""
        flow = self._session.flow()
        left, right = self._left.read(self._session.evaluate), self._right.read(self._session.evaluate)
        chain, reduced = self.view.chain, self.view.reduced
        replay(chain, flow, left, True)
        replay(chain, flow, right, False)

        def fits(other: Flow) -> bool:
            return evaluate(reduced, other, left).allowed and not evaluate(reduced, other, right).allowed

        flow = self.view.prefer(flow, True, fits)
        left, right = _please_both(reduced, flow, left, right)
        allowed, denied = self.view.example(flow, left, True), self.view.example(flow, right, False)
        return Turn(self.view, allowed, denied)


def turn(views: Sequence[View]) -> Turn | None:
    """A flow whose fate depends on the unknowns, with assignments that differ in nothing that could be left equal.
    None iff every flow fares the same under all assignments."""
    for fork in (Fork(view) for view in views if view.part.unknowns):
        if fork.differs(()):
            fork.differs(_could_agree(fork))
            return fork.turn()
    return None


def _could_agree(fork: Fork) -> list[Unknown]:
    agreed: list[Unknown] = []
    for unknown in reversed(fork.view.part.unknowns):
        if fork.differs([*agreed, unknown]):
            agreed.append(unknown)
    return agreed


def deciding_unknowns(views: Sequence[View]) -> tuple[Unknown, ...]:
    """A smallest set of unknowns that settles the fate of every flow: no member of it can go."""
    forks = [Fork(view) for view in views if view.part.unknowns]
    deciding = list(dict.fromkeys(unknown for view in views for unknown in view.part.unknowns))
    for unknown in reversed(deciding.copy()):
        rest = [other for other in deciding if other != unknown]
        if not any(fork.differs(rest) for fork in forks):
            deciding = rest
    return tuple(deciding)


def uniform(chain: Chain, views: Sequence[View], allowed: bool, guess: Assignment) -> Assignment | None:
    """An assignment under which every flow is allowed (or denied). None iff there is none."""
    from nwpolicy.logic.smt import neg

    session = open_session(views[0].box)
    values = session.values()
    for _ in range(_MAX_ROUNDS):
        guess = {unknown: value for unknown, value in guess.items() if unknown.kind is not UnknownKind.RULES}
        flow = _refutation(fix(chain, guess), views, allowed)
        if flow is None:
            return guess
        formula = session.allowed_one(slice_chain(chain, single(flow)), session.fork(values), flow)
        session.require(formula if allowed else neg(formula))
        if not session.check():
            return None
        guess = {**guess, **values.read(session.evaluate)}
    raise Undecided(f"no assignment was found or ruled out in {_MAX_ROUNDS} rounds")


def example_under(chain: Chain, flow: Flow, assignment: Assignment, allowed: bool) -> Example:
    """The flow under an assignment that allows (or denies) it, completed by what unknown rules do to it."""
    found = View(fix(chain, assignment), single(flow)).find(allowed)
    completed = {**assignment, **(found.assignment if found else {})}
    return Example(flow, completed, replay(chain, flow, completed, allowed))


def _refutation(fixed: Chain, views: Sequence[View], allowed: bool) -> Flow | None:
    """A flow that is not allowed (or not denied), whatever the unknown rules that are left in the chain do to it."""
    from nwpolicy.logic.smt import neg

    for view in views:
        session = open_session(view.box)
        tried: list[Assignment] = [_no_rules(slice_chain(fixed, view.box).unknowns)]
        for _ in range(_MAX_ROUNDS):
            part = slice_chain(fix(fixed, tried[-1]), view.box)
            formula = session.allowed(part, session.values())
            session.require(neg(formula) if allowed else formula)
            if not session.check():
                break
            flow = session.flow()
            rescue = View(fixed, single(flow)).find(allowed)
            if rescue is None:
                return flow
            tried.append({**tried[0], **rescue.assignment})
        else:
            raise Undecided(f"unknown rules were not exhausted in {_MAX_ROUNDS} rounds")
    return None


def _no_rules(unknowns: tuple[Unknown, ...]) -> Assignment:
    return {unknown: RulesValue(False, 0, Outcome.PASS) for unknown in unknowns}


def _please_both(
    chain: Chain, flow: Flow, left: Assignment, right: Assignment
) -> tuple[dict[Unknown, UnknownValue], dict[Unknown, UnknownValue]]:
    """Values that a person recognises: equal ones stay equal on both sides."""
    pleased, other = dict(left), dict(right)
    for unknown in left:
        if left[unknown] == right.get(unknown):
            for value in pleasant_values(left[unknown], flow):
                if _turns(chain, flow, {**pleased, unknown: value}, {**other, unknown: value}):
                    pleased[unknown] = other[unknown] = value
                    break
            continue
        for value in pleasant_values(left[unknown], flow):
            if _turns(chain, flow, {**pleased, unknown: value}, other):
                pleased[unknown] = value
                break
        for value in pleasant_values(left[unknown], flow):
            if _turns(chain, flow, pleased, {**other, unknown: value}):
                other[unknown] = value
                break
    return pleased, other


def _turns(chain: Chain, flow: Flow, left: Assignment, right: Assignment) -> bool:
    return evaluate(chain, flow, left).allowed and not evaluate(chain, flow, right).allowed
