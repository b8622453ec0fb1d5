"""The part of a question in which two chains can differ.

A flow that meets no rule but those which both chains have, in the same order, fares the same in both. So only flows
that meet one of the other rules have to be looked at, which are few where little was changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final

from nwpolicy.logic.boxes import Asked
from nwpolicy.logic.diagrams.tries import common_options, reach_of
from nwpolicy.model.filters import Chain, FilterRule, Floating, Layer
from nwpolicy.model.flows import FlowSet

__all__ = ["where_different"]

#: If there are more products to look at, everything is looked at.
_MOST: Final = 64


def where_different(
    old: Chain, new: Chain, asked: Asked, identify: Callable[[int, FilterRule], Hashable] | None
) -> Asked:
    """The asked flows, without some that fare the same in both chains, by the same rule if rules are identified."""
    if len(old.layers) != len(new.layers) or _floats(old) or _floats(new) or common_options(old) != common_options(new):
        return asked
    reached: dict[FlowSet, None] = {}
    for index, (before, after) in enumerate(zip(old.layers, new.layers, strict=True)):

        def key(rule: FilterRule, index: int = index) -> Hashable:
            return rule.outcome, rule.match, identify and identify(index, rule)

        reached.update(dict.fromkeys(reach_of(rule.match) for rule in _changed(before, after, key)))
    sets = (asked,) if isinstance(asked, FlowSet) else asked
    products = tuple(part for flows in sets for reach in reached if (part := flows & reach))
    return products if len(products) <= _MOST else asked


def _floats(chain: Chain) -> bool:
    """Whether some rank is not known. What it can be depends on the ranks of all other rules."""
    return any(isinstance(rule.rank, Floating) for layer in chain.layers for rule in layer.rules)


def _changed(old: Layer, new: Layer, key: Callable[[FilterRule], Hashable]) -> Iterator[FilterRule]:
    """The rules of both layers but for a long sequence that both have."""
    pairs = _common(_numbered(map(key, old.rules)), _numbered(map(key, new.rules)))
    mine, theirs = ({pair[side] for pair in pairs} for side in (0, 1))
    yield from (rule for at, rule in enumerate(old.rules) if at not in mine)
    yield from (rule for at, rule in enumerate(new.rules) if at not in theirs)


def _numbered(keys: Iterable[Hashable]) -> dict[tuple[Hashable, int], int]:
    """The places of keys, of which the first, the second and so on of one kind are told apart."""
    seen: dict[Hashable, int] = {}
    places = {}
    for at, key in enumerate(keys):
        seen[key] = seen.get(key, 0) + 1
        places[key, seen[key]] = at
    return places


def _common(old: dict[tuple[Hashable, int], int], new: dict[tuple[Hashable, int], int]) -> list[tuple[int, int]]:
    """A longest sequence of keys that ascends in both: their places (found as in sorting by patience)."""
    pairs = [(old[key], at) for key, at in new.items() if key in old]
    tops: list[int] = []
    piles: list[int] = []
    behind: list[int | None] = []
    for number, (place, _) in enumerate(pairs):
        pile = bisect_left(tops, place)
        behind.append(piles[pile - 1] if pile else None)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [number]
    found = []
    last = piles[-1] if piles else None
    while last is not None:
        found.append(pairs[last])
        last = behind[last]
    return found
