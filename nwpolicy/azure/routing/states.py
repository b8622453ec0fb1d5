"""Which routes of a subnet are in use, as Azure lists them: `Active`, or `Invalid` for what another one replaces.

Source: Microsoft Learn, Virtual network traffic routing, "Routing example"; Azure Network REST API, `EffectiveRoute`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing.selection import Entry, Rules
from nwpolicy.azure.routing.table import Candidate, RouteKind, RoutePrefix
from nwpolicy.azure.routing.worlds import Outcomes, World, outcomes
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["State", "StatedRoute", "state_of"]


class State(StrEnum):
    """What becomes of a route. Azure does not list those that are absent."""

    ACTIVE = "Active"
    INVALID = "Invalid"
    DEPENDS = "Depends"
    ABSENT = "Absent"


@dataclass(frozen=True, slots=True)
class StatedRoute:
    """A route with those of its prefixes that fare alike. `reason` says why they are not in use."""

    candidate: Candidate
    prefixes: tuple[RoutePrefix, ...]
    state: State
    reason: str | None = None
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


def state_of(entry: Entry, covering: Sequence[Entry], assumptions: Assumptions) -> StatedRoute:
    """What becomes of a route's prefix; `covering` are the routes to that prefix as a whole."""
    rules = Rules(covering, assumptions)
    found: Outcomes[tuple[State, str | None]] = outcomes(
        assumptions, lambda world: _in_world(rules, entry, world), lambda result: result[0]
    )
    states = dict(found.results)
    state, reason = found.results[0] if len(states) == 1 else (State.DEPENDS, " or ".join(sorted(states)))
    prefixes = (entry.prefix,) if entry.prefix is not None else ()
    return StatedRoute(entry.candidate, prefixes, state, reason, found.unknowns, found.assumptions)


def _in_world(rules: Rules, entry: Entry, world: World) -> tuple[State, str | None]:
    reason = rules.absent(entry, world)
    if reason is not None:
        return State.ABSENT, reason
    reason = rules.suppressed(entry, world)
    if reason is not None:
        return State.INVALID, reason
    for other in rules.entries:
        if other.candidate is entry.candidate or not _comes_first(rules, other, entry):
            continue
        if _has_prefix(other, entry, world) and _counts(rules, other, world):
            if RouteKind.SERVICE_ENDPOINT in {other.candidate.kind, entry.candidate.kind}:
                world.assumed("service-endpoint-udr")
            return State.INVALID, _replacing(rules, other, entry)
    return State.ACTIVE, None


def _comes_first(rules: Rules, other: Entry, entry: Entry) -> bool:
    """Whether the other route, if it has this prefix, is taken instead. Of two that stand alike the first is."""
    one, two = rules.rank(other), rules.rank(entry)
    mine, theirs = (two[0], *two[2:]), (one[0], *one[2:])
    if theirs == mine and other.unknown is None:
        return rules.entries.index(other) < rules.entries.index(entry)
    return theirs > mine


def _has_prefix(other: Entry, entry: Entry, world: World) -> bool:
    if other.unknown is None or entry.prefix is None:
        return other.prefix == entry.prefix and other.prefix is not None
    return world.choose(other.unknown, f"is {entry.prefix}", (False, True)) is True


def _counts(rules: Rules, other: Entry, world: World) -> bool:
    if other.unknown is not None:
        return other.candidate.removed is None and all(world.holds(c) for c in other.candidate.conditions)
    return rules.absent(other, world) is None and rules.suppressed(other, world) is None


def _replacing(rules: Rules, other: Entry, entry: Entry) -> str:
    if other.unknown is not None:
        return f"{other.candidate.label} may have the same prefix"
    return rules.outranked(other, entry)
