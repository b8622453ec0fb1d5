"""Unknown addresses, ports and protocols kept to what their authors let them be.

The solver knows the values one by one. A decision diagram knows bounds: with these it leaves out what no value reaches.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TypeVar

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.domains import within
from nwpolicy.model.filters import Chain, FilterRule, Match, Values
from nwpolicy.model.intervals import IntervalSet

__all__ = ["narrowed"]

S = TypeVar("S", AddressSet, IntervalSet)


def narrowed(chain: Chain) -> Chain:
    """The chain that does to every flow what the given one does, with bounds wherever all values of the unknowns are
    told."""
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
    if not told or len(told) < len(values.unknown):
        return values
    bound = reduce(or_, told)
    return replace(values, bound=bound if values.bound is None else values.bound & bound)
