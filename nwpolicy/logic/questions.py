"""The questions that can be asked about a chain. Z3 decides each; every example was replayed concretely.

An *assignment* is a value for every unknown. Unknown rules (`RULES`) are a value for every flow: any number of rules
can do anything to each flow separately. Under one assignment the asked flows are all allowed, all denied, or mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nwpolicy.logic.boxes import Asked, boxes_of
from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue, Undecided
from nwpolicy.logic.views import Example, View
from nwpolicy.model.filters import Chain
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "Decision",
    "EngineDisagreement",
    "Example",
    "NoPossibleValue",
    "Undecided",
    "Verdict",
    "can_be",
    "decide",
]


class Verdict(StrEnum):
    """What a chain does to the asked flows."""

    ALLOW = "allow"
    """every one is allowed, whatever the unknowns are"""
    DENY = "deny"
    """every one is denied, whatever the unknowns are"""
    MIXED = "mixed"
    """some are allowed and some are denied, whatever the unknowns are"""
    DEPENDS = "depends"
    """it depends on the unknowns which of the three it is"""


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and an example for each side that there is.

    If it depends, the asked flows fare differently under the two examples' assignments, and `unknowns` is a smallest
    set (no member of it can go) that settles the fate of every asked flow.
    """

    verdict: Verdict
    allowed: Example | None
    denied: Example | None
    unknowns: tuple[Unknown, ...]
    asked: Asked


def decide(chain: Chain, asked: Asked) -> Decision:
    """What the chain does to the asked flows. Raises ValueError if none are asked about, Undecided, NoPossibleValue."""
    views = _views(chain, asked)
    sides = [view.sides() for view in views]
    allowed = next((side[0] for side in sides if side[0]), None)
    denied = next((side[1] for side in sides if side[1]), None)
    if not denied:
        return Decision(Verdict.ALLOW, allowed, None, (), asked)
    if not allowed:
        return Decision(Verdict.DENY, None, denied, (), asked)
    return Decision(Verdict.MIXED, allowed, denied, (), asked)


def can_be(chain: Chain, asked: Asked, allowed: bool) -> Example | None:
    """An asked flow that is allowed (or denied) under some assignment. None iff there is none."""
    return next((example for view in _views(chain, asked) if (example := view.find(allowed))), None)


def _views(chain: Chain, asked: Asked) -> list[View]:
    boxes = boxes_of(asked)
    if not boxes:
        raise ValueError("the asked set of flows is empty")
    return [View(chain, box) for box in boxes]
