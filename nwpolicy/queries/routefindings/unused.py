"""Routes that could go: no address would have another next hop without them, in any subnet that has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.effects import Effect, effect_of
from nwpolicy.azure.routing.table import Candidate
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.queries.grounds import used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, label, names_of, prefix_place
from nwpolicy.queries.routefindings.tags import added_to_tag

__all__ = ["unused_findings"]


@dataclass(frozen=True, slots=True)
class _Use:
    """A route in one of the subnets that have it."""

    place: RoutedSubnet
    route: WrittenRoute
    effect: Effect
    tag: AddressSet


def unused_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    uses: defaultdict[int, list[_Use]] = defaultdict(list)
    kept: set[int] = set()
    for place in places:
        for route in place.routes:
            key = id(route.definition)
            use = _use(estate, place, route) if key not in kept else None
            if use is None:
                kept.add(key)
            else:
                uses[key].append(use)
    for key, found in uses.items():
        if key not in kept:
            yield _finding(estate, found)


def _use(estate: Estate, place: RoutedSubnet, route: WrittenRoute) -> _Use | None:
    """The use of a route that changes nothing; None where it does, or may: not all of its prefixes are known."""
    candidate = route.candidate
    if candidate.open or not candidate.prefixes:
        return None
    effect = effect_of(place.table, candidate, estate.assumptions)
    return None if effect.changed else _Use(place, route, effect, added_to_tag(estate, place, route))


def _finding(estate: Estate, uses: Sequence[_Use]) -> RouteFinding:
    candidate = uses[0].route.candidate
    taken = any(use.effect.taken for use in uses)
    kind = RouteFindingKind.REDUNDANT if taken else RouteFindingKind.UNUSED
    name = label(candidate)
    message = f"{name} leads where its addresses go without it" if taken else f"no address takes {name}"
    tagged = next((use for use in uses if use.tag), None)
    names = {name for use in uses for name in (*use.effect.assumptions, *(n for n, _ in use.route.candidate.rests_on))}
    return RouteFinding(
        kind=kind,
        severity=Severity.NOTE,
        certain=True,
        message=message,
        about=name,
        location=prefix_place(uses[0].route.definition),
        reason=_reason(uses, taken),
        witness=None,
        fix="remove the route" if tagged is None else f"remove the route, if VirtualNetwork need not hold {tagged.tag}",
        reference=REFERENCES[kind],
        subnets=names_of(use.place for use in uses),
        related=tuple(dict.fromkeys(c.source.location for c in _instead(uses) if c.source is not None)),
        assumptions=used(estate.assumptions, names | ({"virtual-network-udr"} if tagged is not None else set())),
    )


def _reason(uses: Sequence[_Use], taken: bool) -> str:
    removed = next((use.route.candidate.removed for use in uses if use.route.candidate.removed), None)
    if removed is not None:
        return removed
    names = ", ".join(dict.fromkeys(candidate.label for candidate in _instead(uses)))
    return f"without it, {names} leads to the same next hop" if taken else f"{names} takes all of its addresses"


def _instead(uses: Sequence[_Use]) -> list[Candidate]:
    return list({id(other): other for use in uses for other in use.effect.instead}.values())
