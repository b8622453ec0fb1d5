"""A yes or no where the answer depends: what counts as allowed if not everything is known.

Each flow counts by itself. With `any` a flow counts as allowed if some values of the unknowns allow it: what may be
open is taken for open. With `none` it counts as allowed only if all values do: what nothing guarantees is closed.
"""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.logic.closing import always
from nwpolicy.logic.questions import Decision, Verdict, can_be
from nwpolicy.model.filters import Chain

__all__ = ["Closing", "close", "closing_note"]


class Closing(StrEnum):
    """Which values of the unknowns have to allow a flow that counts as allowed."""

    ANY = "any"
    NONE = "none"
    """none may deny it"""


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


def closing_note(closing: Closing, decision: Decision) -> str:
    """What was taken for true."""
    names = ", ".join(unknown.name for unknown in decision.unknowns)
    behind = f" (it depends on {names})" if names else ""
    if closing is Closing.ANY:
        return f"what some values of the unknowns allow counts as allowed{behind}"
    return f"what some values of the unknowns deny counts as denied{behind}"
