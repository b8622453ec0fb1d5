"""What a user-defined route does to a subnet: which addresses take it, and which would go elsewhere without it.

Source: Microsoft Learn, Virtual network traffic routing, "How Azure selects a route".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.platform import METADATA_ADDRESS
from nwpolicy.azure.routing.effective import Covering, EffectiveTable
from nwpolicy.azure.routing.selection import Entry, Rules, entries_of
from nwpolicy.azure.routing.table import Candidate, NextHop, prefix_set
from nwpolicy.azure.routing.worlds import Outcomes, World, outcomes
from nwpolicy.azure.spaces import PLATFORM_ADDRESS, union
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass

__all__ = ["Effect", "effect_of"]

#: The route that an address takes, and the one that it would take without the route in question.
_Pair: TypeAlias = tuple[Candidate | None, Candidate | None]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a route does under at least one value of every unknown: `taken` are the addresses that take it, `changed`
    those of which the next hop would be another one without it. `instead` are the other routes that addresses of its
    prefixes take, with it or without."""

    taken: AddressSet
    changed: AddressSet
    instead: tuple[Candidate, ...]
    assumptions: tuple[str, ...]


def effect_of(table: EffectiveTable, candidate: Candidate, assumptions: Assumptions) -> Effect:
    """The effect of a route of which all prefixes are known. It is decided once for all addresses that the same routes
    cover, with the route and without it in one go, so that unknowns have one value in both."""
    taken: list[AddressSet] = []
    changed: list[AddressSet] = []
    others: dict[int, Candidate] = {}
    used: dict[str, None] = {}
    asked = prefix_set(candidate.prefixes) - PLATFORM_ADDRESS - METADATA_ADDRESS
    for family in Family:
        for interval, covering in table.atoms(family, asked.family(family)):
            found = _pairs(covering, candidate, family.width, assumptions)
            stretch = AddressSet.of(family, IntervalSet(family.width, (interval,)))
            taken += [stretch] * any(route is candidate for route, _ in found.results)
            changed += [stretch] * any(_hop(one) != _hop(other) for one, other in found.results)
            others |= {id(r): r for pair in found.results for r in pair if r is not None and r is not candidate}
            used |= dict.fromkeys(found.assumptions)
    return Effect(union(taken), union(changed), tuple(others.values()), tuple(used))


def _pairs(covering: Sequence[Covering], candidate: Candidate, width: int, assumptions: Assumptions) -> Outcomes[_Pair]:
    whole = Rules(entries_of(covering, width), assumptions)
    rest = Rules(entries_of([(c, p) for c, p in covering if c is not candidate], width), assumptions)

    def ask(world: World) -> _Pair:
        return _route(whole.taken(world)), _route(rest.taken(world))

    return outcomes(assumptions, ask, lambda pair: (id(pair[0]), id(pair[1])))


def _route(entry: Entry | None) -> Candidate | None:
    return entry.candidate if entry is not None else None


def _hop(route: Candidate | None) -> object:
    """Where a route leads; that there is none leads nowhere."""
    return (route.hop, route.addresses) if route is not None else (NextHop.NONE, ())
