"""Decisions in which nothing is open: a flow counts as allowed if some values of the unknowns allow it, or only if all
do.

A diagram takes every combination of its conditions to be possible, so it can mark as open what is not. Unknowns that
may be one of a few values are therefore tried value by value. Of what is still marked, the solver has to confirm that
no flow is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from math import prod
from typing import Final

from nwpolicy.logic.boxes import Asked
from nwpolicy.logic.closing import always
from nwpolicy.logic.diagrams.decisions import Decisions, joined
from nwpolicy.logic.diagrams.fates import Fate
from nwpolicy.logic.diagrams.spaces import Order
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.renaming import unknowns_of
from nwpolicy.model.domains import options
from nwpolicy.model.filters import Assignment, Chain

__all__ = ["closed_decisions"]

#: So many combinations of values are tried, and so many open products confirmed.
_COMBINATIONS: Final = 64
_CONFIRMED: Final = 1000


def closed_decisions(chain: Chain, asked: Asked, *, some: bool, order: Order | None = None) -> Decisions:
    """What the chain does to the asked flows. What `some` values allow counts as allowed; else only what all do.

    Raises TooLarge, and Undecided where diagrams do not tell flows that depend on unknowns from those that do not."""
    found: Decisions | None = None
    for assignment in _assignments(chain):
        one = Decisions.of(fix(chain, assignment), asked, order=order if found is None else found.order)
        found = one if found is None else joined(found, one, lambda a, b: _counting(a, b, some), one.rules)
    assert found is not None
    _confirm(found, chain, some)
    return joined(found, found, lambda fate, _: _counted(fate, some), found.rules)


def _assignments(chain: Chain) -> Iterator[Assignment]:
    """Every combination of the values of unknowns that may be one of a few; a single empty one where there are too
    many."""
    told = {unknown: values for unknown in unknowns_of(chain) if (values := options(unknown)) is not None}
    if prod(map(len, told.values())) > _COMBINATIONS:
        told = {}
    return (dict(zip(told, values, strict=True)) for values in product(*told.values()))


def _counting(one: Fate, other: Fate, some: bool) -> Fate:
    """Of what becomes of a flow under two choices of values, what counts."""
    return next((fate for fate in (one, other) if fate.allowed is some), one if one.allowed is None else other)


def _counted(fate: Fate, some: bool) -> Fate:
    """Which rule decides may still depend on the unknowns."""
    return fate if fate.allowed is not None else replace(fate, allowed=some, cases=None)


def _confirm(found: Decisions, chain: Chain, some: bool) -> None:
    open_ = tuple(
        cube.flows for cube in islice(found.cubes(lambda fate: fate.allowed is None, by_rule=False), _CONFIRMED + 1)
    )
    certain = always(chain, open_, not some) if 0 < len(open_) <= _CONFIRMED else None
    if certain is not None or len(open_) > _CONFIRMED:
        raise Undecided("which flows depend on unknowns could not be told apart: give some of them values")
