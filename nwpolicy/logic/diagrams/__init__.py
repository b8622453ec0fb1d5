"""Flow decision diagrams: what becomes of every flow of a set, by which rule, exactly and countably."""

from __future__ import annotations

from nwpolicy.logic.diagrams.closed import closed_decisions
from nwpolicy.logic.diagrams.comparison import Change, Comparison, compare, compare_chains
from nwpolicy.logic.diagrams.decisions import Decisions, both, either
from nwpolicy.logic.diagrams.facts import RuleFact, facts
from nwpolicy.logic.diagrams.fates import Condition, Cube, Fate, OneOf, can_end
from nwpolicy.logic.diagrams.spaces import Order
from nwpolicy.logic.errors import TooLarge

__all__ = [
    "Change",
    "Comparison",
    "Condition",
    "Cube",
    "Decisions",
    "Fate",
    "OneOf",
    "Order",
    "RuleFact",
    "TooLarge",
    "both",
    "can_end",
    "closed_decisions",
    "compare",
    "compare_chains",
    "either",
    "facts",
]
