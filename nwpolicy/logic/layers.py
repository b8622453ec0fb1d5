"""Which flows two versions of a layer treat otherwise. In chains that differ in that layer alone, only these can fare
otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from nwpolicy.logic.changes import changed_outside
from nwpolicy.logic.diagrams.comparison import compare
from nwpolicy.logic.diagrams.decisions import Decisions
from nwpolicy.logic.errors import EngineDisagreement, TooLarge
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome
from nwpolicy.model.flows import FlowSet

__all__ = ["flows_treated_otherwise"]

#: More sets of flows than these are not worth to be looked at by themselves.
_MOST: Final = 256
#: Behind all ranks that rules have.
_LAST: Final = 1 << 32


def flows_treated_otherwise(old: Layer, new: Layer) -> tuple[FlowSet, ...] | None:
    """The flows that are settled otherwise, or may be, whatever the layers around do; None where that is not told.
    Raises Undecided and EngineDisagreement, as the solver confirms that there are no others."""
    if not _is_plain(old) or not _is_plain(new):
        return None
    found: list[FlowSet] = []
    for seen_as in (_passing, _accepting):
        before, after = Chain((seen_as(old),)), Chain((seen_as(new),))
        try:
            changes = [*islice(_changes(before, after), _MOST + 1 - len(found))]
        except TooLarge:
            return None
        found += changes
        if len(found) > _MOST:
            return None
        if example := changed_outside(before, after, FlowSet(), tuple(changes)):
            raise EngineDisagreement("the solver has a layer settle a flow otherwise than before", str(example.flow))
    return tuple(found)


def _changes(before: Chain, after: Chain) -> Iterator[FlowSet]:
    old = Decisions.of(before)
    comparison = compare(old, Decisions.of(after, order=old.order), by_rule=False)
    return (change.flows for change in comparison.changes())


def _is_plain(layer: Layer) -> bool:
    """Whether each rule has one outcome at one place."""
    return all(isinstance(rule.outcome, Outcome) and isinstance(rule.rank, int) for rule in layer.rules)


def _passing(layer: Layer) -> Layer:
    """Lets through what the layer does not deny."""
    return _with_outcomes(layer, lambda outcome: Outcome.DENY if outcome is Outcome.DENY else Outcome.PASS)


def _accepting(layer: Layer) -> Layer:
    """Lets through what the layer accepts for good."""
    seen = _with_outcomes(layer, lambda outcome: Outcome.PASS if outcome is Outcome.ACCEPT else Outcome.DENY)
    return replace(seen, rules=(*seen.rules, FilterRule("others", Match(), Outcome.DENY, _LAST)))


def _with_outcomes(layer: Layer, seen_as: Callable[[Outcome], Outcome]) -> Layer:
    rules = (replace(rule, outcome=seen_as(rule.outcome)) for rule in layer.rules if isinstance(rule.outcome, Outcome))
    return replace(layer, rules=tuple(rules))
