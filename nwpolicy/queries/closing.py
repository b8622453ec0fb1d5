"""A yes or no where the answer depends: what counts as allowed if not everything is known.

Each flow counts by itself. With `any` a flow counts as allowed if some values of the unknowns allow it: what may be
open is taken for open. With `none` it counts as allowed only if all values do: what nothing guarantees is closed.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from nwpolicy.logic.closing import always
from nwpolicy.logic.questions import Decision, Verdict, can_be
from nwpolicy.model.filters import Chain
from nwpolicy.queries.question import Question

__all__ = ["Closing", "close", "closed_question"]


class Closing(StrEnum):
    """Which values of the unknowns have to allow a flow that counts as allowed."""

    ANY = "any"
    NONE = "none"
    """none may deny it"""

    @property
    def note(self) -> str:
        """What is taken for true."""
        if self is Closing.ANY:
            return "what some values of the unknowns allow counts as allowed"
        return "what some values of the unknowns deny counts as denied"


def close(chain: Chain, decision: Decision, closing: Closing) -> Decision:
    """The decision where every flow counts as allowed or denied; the same where no flow depends on unknowns."""
    asked = decision.asked
    if closing is Closing.ANY:
        allowed, denied = can_be(chain, asked, True), always(chain, asked, False)
    else:
        allowed, denied = always(chain, asked, True), can_be(chain, asked, False)
    if decision.verdict is Verdict.MIXED and allowed and denied:
        return decision
    verdict = Verdict.MIXED if allowed and denied else Verdict.ALLOW if allowed else Verdict.DENY
    return Decision(verdict, allowed, denied, (), asked)


def closed_question(question: Question, decision: Decision, closing: Closing) -> tuple[Question, Decision]:
    """The decision where every flow counts as allowed or denied, and the question with a note of what was taken for
    true; both as they are where no flow depends on unknowns."""
    if decision.verdict not in (Verdict.DEPENDS, Verdict.MIXED):
        return question, decision
    closed = close(question.filter_chain.chain, decision, closing)
    if closed is decision:
        return question, decision
    names = ", ".join(unknown.name for unknown in decision.unknowns)
    behind = f" (it depends on {names})" if names else ""
    return replace(question, notes=(*question.notes, f"{closing.note}{behind}")), closed
