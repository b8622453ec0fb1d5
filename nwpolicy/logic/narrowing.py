"""Unknown addresses, ports and protocols kept to what their authors let them be.

The solver knows the values one by one. A decision diagram knows bounds: with these it leaves out what no value reaches.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.domains import options, within
from nwpolicy.model.filters import Chain, FilterRule, Match, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Unknown

__all__ = ["narrowed"]

S = TypeVar("S", AddressSet, IntervalSet)


def narrowed(chain: Chain) -> Chain:
    """The chain that does to every flow what the given one does, with bounds wherever all values of the unknowns are
    told. What all values of an unknown hold is known."""
    return Chain(tuple(replace(layer, rules=tuple(map(_rule, layer.rules))) for layer in chain.layers))


def _rule(rule: FilterRule) -> FilterRule:
    match = rule.match
    fields = match.protocol, match.source, match.source_port, match.destination, match.destination_port
    if not any(values.unknown for values in fields):
        return rule
    kept = Match(
        _values(match.protocol, IntervalSet),
        _values(match.source, AddressSet),
        _values(match.source_port, IntervalSet),
        _values(match.destination, AddressSet),
        _values(match.destination_port, IntervalSet),
        match.conditions,
    )
    return replace(rule, match=kept)


def _values(values: Values[S], kind: type[S]) -> Values[S]:
    told = [found for unknown in values.unknown if isinstance(found := within(unknown), kind)]
    held = reduce(or_, (common for unknown in values.unknown if (common := _common(unknown, kind))), values.known)
    if values.bound is not None:
        held = values.known | held & values.bound
    if not told or len(told) < len(values.unknown):
        return replace(values, known=held)
    bound = reduce(or_, told)
    return replace(values, known=held, bound=bound if values.bound is None else values.bound & bound)


def _common(unknown: Unknown, kind: type[S]) -> S | None:
    """What all values of an unknown hold; None where they are not told."""
    known = [value for value in options(unknown) or () if isinstance(value, kind)]
    return reduce(and_, known) if known else None
