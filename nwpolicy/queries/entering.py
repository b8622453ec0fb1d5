"""The ways in from the internet, as part of what applies to a network interface.

Rules are compared as such: what they newly allow from public addresses is opened by them, though no public address may
lead to the place. Where one leads now and did not before, or the other way round, it is what decides: there, both sides
have one more layer behind what the platform does, which drops what has no way in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.entrances import Door, Entrance, doors, entrance_layer
from nwpolicy.azure.terms import Terms
from nwpolicy.logic.renaming import is_one
from nwpolicy.model.filters import Chain
from nwpolicy.model.snapshot import Snapshot

__all__ = ["with_entrances"]

#: The snapshot of one side, and what filters inbound flows there.
_Side: TypeAlias = tuple[Snapshot, FilterChain]
_Former: TypeAlias = Callable[[str], str]


def with_entrances(
    old: _Side, new: _Side, assumptions: Assumptions, former: _Former = str
) -> tuple[FilterChain, FilterChain]:
    """The filters of both sides, with the ways in at addresses of which these are others now."""
    sides = [doors(snapshot, filters.subject, assumptions) for snapshot, filters in (old, new)]
    turned = [pair for pair in _pairs(*sides) if not _is_same(*pair, former)]
    if not turned:
        return old[1], new[1]
    before, after = (tuple(door for door in found) for found in zip(*turned, strict=True))
    return _with(*old, before, assumptions), _with(*new, after, assumptions)


def _with(snapshot: Snapshot, filters: FilterChain, at: tuple[Door, ...], assumptions: Assumptions) -> FilterChain:
    layer = entrance_layer(Terms(snapshot, filters.subject, assumptions), at)
    names = (name for door in at for entrance in door.entrances for name in entrance.assumptions)
    used = tuple(dict.fromkeys((*filters.assumptions, *names)))
    platform, *others = filters.chain.layers
    return replace(filters, chain=Chain((platform, layer, *others)), assumptions=used)


def _pairs(old: Iterable[Door], new: Iterable[Door]) -> Iterator[tuple[Door, Door]]:
    """The doors that are one before and after, by name or because nothing else is left; both with all its addresses. A
    door that one side lacks has no way in there."""
    before, after = _by_name(old), _by_name(new)
    pairs = [(before.pop(key), after.pop(key)) for key in [key for key in before if key in after]]
    if len(before) == len(after) == 1:
        pairs.append((before.popitem()[1], after.popitem()[1]))
    pairs += [(door, replace(door, entrances=())) for door in before.values()]
    pairs += [(replace(door, entrances=()), door) for door in after.values()]
    for one, other in sorted(pairs, key=lambda pair: pair[1].name):
        addresses = one.addresses | other.addresses
        yield replace(one, addresses=addresses), replace(other, addresses=addresses)


def _by_name(found: Iterable[Door]) -> dict[tuple[str, int], Door]:
    """The doors by name, and which one of several of a name each is."""
    turns: Counter[str] = Counter()
    named: dict[tuple[str, int], Door] = {}
    for door in found:
        name = door.name.lower()
        named[name, turns[name]] = door
        turns[name] += 1
    return named


def _is_same(old: Door, new: Door, former: _Former) -> bool:
    """Whether both are open, or closed, or it depends on the same."""
    if old.is_open or new.is_open:
        return old.is_open and new.is_open
    return len(old.entrances) == len(new.entrances) and all(
        _is_one(one, other, former) for one, other in zip(old.entrances, new.entrances, strict=True)
    )


def _is_one(old: Entrance, new: Entrance, former: _Former) -> bool:
    return len(old.unknowns) == len(new.unknowns) and all(
        is_one(one, other, former) for one, other in zip(old.unknowns, new.unknowns, strict=True)
    )
