"""The questions that can be asked about a chain. Z3 decides each; every example was replayed concretely.

An *assignment* is a value for every unknown. Unknown rules (`RULES`) are a value for every flow: any number of rules
can do anything to each flow separately. Under one assignment the asked flows are all allowed, all denied, or mixed.
"""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.logic.boxes import Asked, single
from nwpolicy.logic.changes import differs, equivalent
from nwpolicy.logic.dependence import Turn, deciding_unknowns, example_under, turn, uniform
from nwpolicy.logic.doubts import used_doubts
from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue, Undecided
from nwpolicy.logic.partitions import Part, Partition, partition
from nwpolicy.logic.views import Example, View, views_of
from nwpolicy.model.filters import Assignment, Chain
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "Decision",
    "EngineDisagreement",
    "Example",
    "NoPossibleValue",
    "Part",
    "Partition",
    "Undecided",
    "Verdict",
    "can_be",
    "decide",
    "differs",
    "equivalent",
    "partition",
    "used_doubts",
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
    views = views_of(chain, asked)
    allowed, denied = _sides(views)
    if not denied:
        return Decision(Verdict.ALLOW, allowed, None, (), asked)
    if not allowed:
        return Decision(Verdict.DENY, None, denied, (), asked)
    found = turn(views)
    if not found:
        return Decision(Verdict.MIXED, allowed, denied, (), asked)
    if len(views) == 1 and views[0].box.is_single:
        return Decision(Verdict.DEPENDS, found.allowed, found.denied, deciding_unknowns(views), asked)
    return _decide_set(chain, views, found, Decision(Verdict.MIXED, allowed, denied, (), asked))


def _sides(views: list[View]) -> tuple[Example | None, Example | None]:
    """An allowed and a denied example. Once there are both, only what could depend on unknowns is still looked at."""
    allowed = denied = None
    for view in views:
        if not (allowed and denied):
            mine = view.sides()
            allowed, denied = allowed or mine[0], denied or mine[1]
    return allowed, denied


def _decide_set(chain: Chain, views: list[View], found: Turn, mixed: Decision) -> Decision:
    """For a set in which the fate of some flow depends on the unknowns: whether that of the whole set does. It does
    iff an assignment allows all of it or one denies all of it, as under others it has both sides."""
    allowing, open_allow = _uniform(chain, views, found.allowed, mixed.denied)
    denying, open_deny = _uniform(chain, views, found.denied, mixed.allowed)
    if allowing is None and denying is None:
        if undecided := open_allow or open_deny:
            raise undecided
        return mixed
    return Decision(
        Verdict.DEPENDS,
        found.allowed if allowing is None else example_under(chain, found.allowed.flow, allowing, True),
        found.denied if denying is None else example_under(chain, found.denied.flow, denying, False),
        deciding_unknowns(views),
        mixed.asked,
    )


def _uniform(
    chain: Chain, views: list[View], guess: Example, other: Example | None
) -> tuple[Assignment | None, Undecided | None]:
    """An assignment under which all flows fare as the one of the guess does, or why that is not settled: of the two
    sides one is enough. The example of the other side is asked about first, as it mostly shows that there is none."""
    allowed = guess.trace.allowed
    if other and not View(chain, single(other.flow)).find(allowed):
        return None, None
    possible = {unknown: value for view in views for unknown, value in view.some_assignment().items()}
    try:
        return uniform(views, allowed, {**possible, **guess.assignment}), None
    except Undecided as undecided:
        return None, undecided


def can_be(chain: Chain, asked: Asked, allowed: bool) -> Example | None:
    """An asked flow that is allowed (or denied) under some assignment. None iff there is none."""
    return next((example for view in views_of(chain, asked) if (example := view.find(allowed))), None)
