"""Proofs of answers that decision diagrams gave: Z3 confirms every cell, or nothing is answered."""

from __future__ import annotations

import time
from collections.abc import Iterable

from nwpolicy.logic import proof
from nwpolicy.logic.boxes import Asked
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.model.filters import Chain
from nwpolicy.model.records import dataclass

__all__ = ["Proof", "prove"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof by Z3 of what decision diagrams say: so many cells, in so many seconds."""

    cells: int
    seconds: float

    def __add__(self, other: Proof) -> Proof:
        return Proof(self.cells + other.cells, self.seconds + other.seconds)


def prove(asked: Asked, claims: Iterable[tuple[Chain, Decisions]]) -> Proof:
    """Proves for each chain that the decisions about the asked flows are its own. Raises EngineDisagreement,
    Undecided."""
    start = time.perf_counter()
    cells = sum(proof.prove(chain, asked, decisions) for chain, decisions in claims)
    return Proof(cells, time.perf_counter() - start)
