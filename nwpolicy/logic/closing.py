"""Flows whose fate no value of the unknowns can turn.

"There is a flow that is denied under every assignment" has an alternation (some flow, every assignment), which is
settled by refutation: guess a flow that is denied under some assignment, look for one that allows it, and demand of the
next guess that it is denied under that one too. The assignment is first made to allow as much as it can, so that few
are needed. The number of rounds is bounded; beyond it the question is Undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.logic.boxes import Asked, single
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.slicing import slice_chain
from nwpolicy.logic.views import Example, View, open_session, views_of
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.domains import may_be
from nwpolicy.model.filters import Assignment, Chain, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet

__all__ = ["always"]

_MAX_ROUNDS: Final = 256


def always(chain: Chain, asked: Asked, allowed: bool) -> Example | None:
    """An asked flow that is allowed (or denied) whatever the unknowns are. None iff there is none. Raises Undecided."""
    return next((found for view in views_of(chain, asked) if (found := _always(view, allowed))), None)


def _always(view: View, allowed: bool) -> Example | None:
    from nwpolicy.logic.smt import neg

    if not view.part.unknowns:
        return view.find(allowed)
    session = open_session(view.box)
    for _ in range(_MAX_ROUNDS):
        if not session.check():
            return None
        flow = session.flow()
        refuted = _other_side(view, flow, allowed)
        if refuted is None:
            flow = view.prefer(flow, allowed, lambda other: _other_side(view, other, allowed) is None)
            return View(view.chain, single(flow)).find(allowed)
        assignment = _widest(view.reduced, flow, refuted.assignment, not allowed)
        part = slice_chain(fix(view.reduced, assignment), view.box)
        still = session.allowed(part, session.values())
        session.require(still if allowed else neg(still))
    raise Undecided(f"no flow that fares the same under all values was found or ruled out in {_MAX_ROUNDS} rounds")


def _other_side(view: View, flow: Flow, allowed: bool) -> Example | None:
    """The flow where it is not allowed (or not denied) after all."""
    return View(view.reduced, single(flow)).find(not allowed)


def _widest(chain: Chain, flow: Flow, assignment: Assignment, allowed: bool) -> Assignment:
    """Everything or nothing for each set, as far as the flow still is allowed (or denied)."""
    widest = dict(assignment)
    for unknown, value in assignment.items():
        for wide in _wide(value):
            if may_be(unknown, wide) and evaluate(chain, flow, {**widest, unknown: wide}).allowed is allowed:
                widest[unknown] = wide
                break
    return widest


def _wide(value: UnknownValue) -> Iterator[UnknownValue]:
    if isinstance(value, AddressSet):
        yield from (ANY_ADDRESS, NO_ADDRESS)
    elif isinstance(value, IntervalSet):
        yield IntervalSet.full(value.width)
