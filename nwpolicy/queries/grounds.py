"""What an answer rests on, as it tells it: the assumptions, and what the input leaves open."""

from __future__ import annotations

from nwpolicy.azure.assumptions import ASSUMPTIONS, Assumptions
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import AssumptionUsed, Dependency

__all__ = ["dependencies", "used"]


def used(assumptions: Assumptions, names: set[str]) -> tuple[AssumptionUsed, ...]:
    """The assumptions of these names."""
    return tuple(
        AssumptionUsed(name, assumptions[name], assumptions.statement(name), ASSUMPTIONS[name].choices)
        for name in sorted(names)
    )


def dependencies(unknowns: tuple[Unknown, ...]) -> tuple[Dependency, ...]:
    """What is missing."""
    return tuple(Dependency(u.name, u.kind.value, u.reason, u.source.location) for u in unknowns)
