"""Many chains against many pairs of addresses, exactly and quickly.

A diagram answers one question well; a matrix asks millions of small ones. Here everything that does not depend on the
pair is worked out before: which rules of a chain hold an address (`Lookup`), and which protocols and ports a rule
matches, as the bits of a number (`Cells`). What a chain does to all flows between two addresses is then a few
operations on numbers (`Sieve`). Only where unknowns make a difference the diagrams are asked.
"""

from __future__ import annotations

from nwpolicy.logic.matrix.cells import Cells, Service
from nwpolicy.logic.matrix.lookup import Held, Lookup
from nwpolicy.logic.matrix.sieve import Depends, Meeting, Sieve, Sieves, Through

__all__ = ["Cells", "Depends", "Held", "Lookup", "Meeting", "Service", "Sieve", "Sieves", "Through"]
