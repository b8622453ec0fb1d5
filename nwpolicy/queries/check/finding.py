"""What deciding an assertion comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.answers import CheckState, WitnessAnswer

__all__ = ["HOLDS", "Finding", "worst"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The state, a sentence that tells why, and what shows it. `also` are sentences about what else is as bad."""

    state: CheckState
    message: str
    witness: WitnessAnswer | None = None
    unknowns: tuple[Unknown, ...] = ()
    assumptions: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.state is CheckState.HOLDS


HOLDS = Finding(CheckState.HOLDS, "holds for all flows")


def worst(findings: Iterable[Finding]) -> Finding:
    """The first violation; else the first that is not proved, with all that would have to be known; else that it
    holds."""
    found = tuple(findings)
    assumptions = frozenset(name for one in found for name in one.assumptions)
    notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
    bad = [one for one in found if not one.holds]
    if not bad:
        return replace(HOLDS, assumptions=assumptions, notes=notes)
    violated = [one for one in bad if one.state is CheckState.VIOLATED]
    first, *others = violated or bad
    told = dict.fromkeys(sentence for one in (first, *others) for sentence in (one.message, *one.also))
    return replace(
        first,
        unknowns=() if violated else tuple(dict.fromkeys(unknown for one in bad for unknown in one.unknowns)),
        assumptions=assumptions,
        notes=notes,
        also=tuple(sentence for sentence in told if sentence != first.message),
    )
