"""The only place that knows Z3. Everything else asks a `Session`.

Formulas and numbers that leave this package are opaque: they are made here, joined here and given back here.
"""

from __future__ import annotations

from nwpolicy.logic.smt.session import Session
from nwpolicy.logic.smt.terms import Formula, Number, conj, differ, disj, equal, neg
from nwpolicy.logic.smt.values import Values

__all__ = ["Formula", "Number", "Session", "Values", "conj", "differ", "disj", "equal", "neg"]
