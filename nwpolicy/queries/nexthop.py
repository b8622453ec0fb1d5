"""Next hop: where Azure sends what goes from a place to an address, and by which route.

Source: Microsoft Learn, Next hop overview; Network Watcher REST API, `NextHopResult`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final, Unpack

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.routing import Candidate, HopPart, Loser, NextHop, RouteKind, Selection
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.model.addresses import NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import AssumptionUsed, Dependency, PlaceAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.question import Endpoint, Resolver
from nwpolicy.queries.routes import (
    RouteAsk,
    RouteAskWords,
    RoutePlace,
    hop_addresses,
    place_of_routes,
    rests_on,
    route_location,
)
from nwpolicy.readers.inputs import Input, loaded

__all__ = [
    "HopAnswer",
    "HopPartAnswer",
    "HopVerdict",
    "LostRoute",
    "NextHopAnswer",
    "TakenRoute",
    "distinct_hops",
    "hop_answer",
    "hop_part",
    "next_hop",
    "taken_route",
]

#: What Next hop says instead of a route table where the route is not the user's.
SYSTEM_ROUTE: Final = "System Route"

_DOCUMENTED: Final = {
    NextHop.VNET_LOCAL: "VirtualNetwork",
    NextHop.PEERING: "VirtualNetworkPeering",
    NextHop.GLOBAL_PEERING: "VirtualNetworkPeering",
}
_API: Final = {NextHop.PEERING: "HyperNetGateway", NextHop.GLOBAL_PEERING: "HyperNetGateway"}


class HopVerdict(StrEnum):
    """Whether all that is asked about has one next hop, several, or it depends on an unknown."""

    UNIFORM = "Uniform"
    MIXED = "Mixed"
    DEPENDS = "Depends"


@dataclass(frozen=True, slots=True)
class HopAnswer:
    """A next hop as Next hop names it; the first three fields are its own answer. A value that is not known is
    None, and so is the route table where it is not known which of several routes with this next hop is taken."""

    next_hop_type: str | None
    next_hop_ip_address: str | None
    route_table_id: str | None
    next_hop_ip_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakenRoute:
    """A route that is taken."""

    name: str | None
    kind: str
    source: str
    definition: str
    location: SourceLocation | None


@dataclass(frozen=True, slots=True)
class LostRoute:
    """A route that covers the address too, and why it is not taken."""

    name: str | None
    kind: str
    definition: str
    address_prefix: str | None
    reason: str
    location: SourceLocation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HopPartAnswer:
    """Destinations with one answer, as prefixes or ranges, whichever is shorter: `hops` has several entries where it
    depends on an unknown which one it is. Where there is one, only the route may depend on what `depends_on` names."""

    destinations: tuple[str, ...]
    hops: tuple[HopAnswer, ...]
    routes: tuple[TakenRoute, ...]
    depends_on: tuple[Dependency, ...]

    @property
    def has_known_hop(self) -> bool:
        """Whether the next hop is the same whatever is not known."""
        return len(self.hops) == 1 and None not in (self.hops[0].next_hop_type, self.hops[0].next_hop_ip_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHopAnswer:
    """The first three fields are Next hop's own answer; None where there is not one for all that is asked. `rule` says
    how the route was chosen, `losers` which others cover the address; both only for a single address."""

    next_hop_type: str | None
    next_hop_ip_address: str | None
    route_table_id: str | None
    verdict: HopVerdict
    place: PlaceAnswer
    destination: str
    rule: str | None
    losers: tuple[LostRoute, ...]
    parts: tuple[HopPartAnswer, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def next_hop(estate: Input, dest: str | None = None, **ask: Unpack[RouteAskWords]) -> NextHopAnswer:
    """Where what goes to `dest` (an address, prefix, range, service tag, or name; None: anything) is sent.

    Raises QuestionError, InputError.
    """
    place = place_of_routes(loaded(estate), RouteAsk(**ask))
    asked = _destination(place, dest)
    found = place.table.partition(asked.addresses)
    _check(place, asked.addresses, found)
    single = _single(asked.addresses)
    parts = tuple(hop_part(part, place.assumptions) for part in found)
    hop = parts[0].hops[0] if len(parts) == 1 and len(parts[0].hops) == 1 else None
    names = {*asked.assumptions, *(name for part in found for name in part.selection.assumptions)}
    names |= {"next-hop-names"} if any(_is_named_apart(part.selection) for part in found) else set()
    return NextHopAnswer(
        next_hop_type=hop.next_hop_type if hop else None,
        next_hop_ip_address=hop.next_hop_ip_address if hop else None,
        route_table_id=hop.route_table_id if hop else None,
        verdict=_verdict(parts),
        place=place.answer,
        destination=", ".join(asked.terms) or "*",
        rule=_rule(found[0].selection) if single else None,
        losers=tuple(_lost(o) for o in place.table.losers(single, found[0].selection)) if single else (),
        parts=parts,
        rests_on=rests_on(place),
        assumptions=used(place.assumptions, names),
        notes=place.notes,
        diagnostics=place.diagnostics,
    )


def _destination(place: RoutePlace, text: str | None) -> Endpoint:
    resolver = Resolver(place.snapshot, place.subject, place.assumptions, None)
    asked = resolver.endpoint(text, place.table.families)
    if not asked.ports.is_full:
        raise QuestionError("routes do not look at ports", "give an address without one")
    if not asked.addresses:
        raise QuestionError(f"{text} has no address that is known")
    sent = asked.addresses & place.table.families
    return replace(asked, addresses=sent) if sent else asked


def _check(place: RoutePlace, asked: AddressSet, parts: tuple[HopPart, ...]) -> None:
    """Every asked address is in exactly one part, and each part's first addresses lead where it says."""
    rest = asked
    for part in parts:
        if not part.addresses or not part.addresses <= rest:
            raise EngineDisagreement("parts of a partition overlap", f"{part.addresses}")
        rest -= part.addresses
        for family in Family:
            for low, high in part.addresses.family(family):
                for number in (low, high):
                    if _outcome(place.table.select(Address(family, number))) != _outcome(part.selection):
                        raise EngineDisagreement("a part of a partition has two answers", f"{part.addresses}")
    if rest != NO_ADDRESS:
        raise EngineDisagreement("a partition leaves addresses out", f"{rest}")


def _outcome(selection: Selection) -> object:
    hops = frozenset(
        hop_answer(entry.candidate if entry is not None else None, DEFAULTS) for entry in selection.entries
    )
    return hops, selection.unknowns


def _single(addresses: AddressSet) -> Address | None:
    if addresses.v4.size + addresses.v6.size != 1:
        return None
    family = Family.IPV4 if addresses.v4 else Family.IPV6
    return Address(family, addresses.family(family).first)


def _verdict(parts: tuple[HopPartAnswer, ...]) -> HopVerdict:
    if not all(part.has_known_hop for part in parts):
        return HopVerdict.DEPENDS
    return HopVerdict.UNIFORM if len(parts) == 1 else HopVerdict.MIXED


def hop_part(part: HopPart, assumptions: Assumptions) -> HopPartAnswer:
    """A part of a partition in words."""
    candidates = [entry.candidate if entry is not None else None for entry in part.selection.entries]
    unseen = [u for c in candidates if c is not None for u in (c.hop, *c.addresses) if isinstance(u, Unknown)]
    return HopPartAnswer(
        destinations=tuple(str(part.addresses).split(", ")),
        hops=distinct_hops(hop_answer(candidate, assumptions) for candidate in candidates),
        routes=tuple(taken_route(route) for route in part.routes),
        depends_on=dependencies(tuple(dict.fromkeys((*part.selection.unknowns, *unseen)))),
    )


def hop_answer(candidate: Candidate | None, assumptions: Assumptions) -> HopAnswer:
    """What Next hop would say; that no route covers the address is None to it."""
    if candidate is None:
        return HopAnswer(NextHop.NONE.value, "", SYSTEM_ROUTE, ())
    addresses = hop_addresses(candidate)
    unseen = any(isinstance(address, Unknown) for address in (candidate.hop, *candidate.addresses))
    table = SYSTEM_ROUTE if candidate.kind is not RouteKind.USER else candidate.table_id
    hop = None if isinstance(candidate.hop, Unknown) else _name(candidate.hop, assumptions)
    return HopAnswer(hop, None if unseen else ",".join(addresses), table, addresses)


def distinct_hops(found: Iterable[HopAnswer]) -> tuple[HopAnswer, ...]:
    """The next hops, each once: of those that differ in their route tables only, none is named."""
    tables: dict[HopAnswer, str | None] = {}
    for hop in found:
        bare = replace(hop, route_table_id=None)
        tables[bare] = hop.route_table_id if tables.get(bare, hop.route_table_id) == hop.route_table_id else None
    return tuple(replace(bare, route_table_id=table) for bare, table in tables.items())


def _name(hop: NextHop, assumptions: Assumptions) -> str:
    names = _API if assumptions["next-hop-names"] == "api" else _DOCUMENTED
    return names.get(hop, hop.value)


def _is_named_apart(selection: Selection) -> bool:
    return any(e is not None and e.candidate.hop in {*_DOCUMENTED, *_API} for e in selection.entries)


def _rule(selection: Selection) -> str | None:
    if len(selection.entries) != 1 or selection.unknowns:
        return None
    entry = selection.entries[0]
    if entry is None:
        return "no route covers the address"
    return f"{entry.candidate.label} covers it by {entry.prefix or 'a prefix that is not known'}"


def taken_route(candidate: Candidate) -> TakenRoute:
    kind = candidate.kind
    return TakenRoute(candidate.name, kind.value, kind.source, candidate.definition, route_location(candidate))


def _lost(loser: Loser) -> LostRoute:
    candidate = loser.candidate
    return LostRoute(
        candidate.name,
        candidate.kind.value,
        candidate.definition,
        str(loser.prefix) if loser.prefix is not None else None,
        loser.reason,
        route_location(candidate),
    )
