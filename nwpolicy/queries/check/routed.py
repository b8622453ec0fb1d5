"""Next hops: whether all that leaves some places for some addresses is sent one way."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.routing import Candidate, HopPart, NextHop, RouteKind
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.assertions import Assertion
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.answers import CheckState, WitnessAnswer
from nwpolicy.queries.check.finding import Finding, worst
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.who import Who
from nwpolicy.queries.nexthop import taken_route

__all__ = ["leaves_by"]


def leaves_by(population: Population, assertion: Assertion, source: Who, destination: Who) -> Finding:
    """Whether the next hop is the one that is asserted, at every place and for every address."""
    places = {id(m.subject): m.subject for m in source.end.members if m.starts_flows}
    if not places:
        message = "no place in the input sends these packets"
        raise InputError(Diagnostic.error("no-flows", message, assertion.field_source("source")))
    wanted = _addresses(destination)
    return worst(
        found
        for place in places.values()
        for part in population.estate.table(place).partition(wanted & population.estate.table(place).families)
        for found in _judged(assertion, place, part)
    )


def _addresses(who: Who) -> AddressSet:
    if who.is_any:
        return who.addresses
    members, outers = (member.space for member in who.end.members), (outer.space for outer in who.end.outers)
    return union((who.addresses, *members, *outers))


def _judged(assertion: Assertion, place: Subject, part: HopPart) -> Iterator[Finding]:
    selection = part.selection
    candidates = [entry.candidate if entry is not None else None for entry in selection.entries]
    if all(candidate is not None and candidate.kind is RouteKind.PLATFORM for candidate in candidates):
        return
    fits = [_fits(assertion, candidate) for candidate in candidates]
    if all(fits) and None not in fits:
        return
    state = CheckState.VIOLATED if True not in fits and None not in fits else CheckState.NOT_PROVED
    index = next(index for index, fit in enumerate(fits) if fit is not True)
    shown = _witness(place, part.addresses, candidates[index])
    hop = _hop_text(candidates[index])
    open_ = [u for c in candidates if c is not None for u in (c.hop, *c.addresses) if isinstance(u, Unknown)]
    unknowns = () if state is CheckState.VIOLATED else (*selection.unknowns, *open_)
    names = frozenset(selection.assumptions)
    yield Finding(state, f"packets from {place.name} leave by {hop}", shown, unknowns, names)


def _fits(assertion: Assertion, candidate: Candidate | None) -> bool | None:
    """None where it is not known."""
    hop = NextHop.NONE if candidate is None else candidate.hop
    if isinstance(hop, Unknown):
        return None
    if assertion.next_hop_type is None or hop.value != assertion.next_hop_type.value:
        return False
    addresses = candidate.addresses if candidate is not None else ()
    known = {address for address in addresses if isinstance(address, Address)}
    if assertion.next_hop_ip_addresses and not known <= set(assertion.next_hop_ip_addresses):
        return False
    return None if assertion.next_hop_ip_addresses and len(known) < len(addresses) else True


def _witness(place: Subject, addresses: AddressSet, candidate: Candidate | None) -> WitnessAnswer:
    family = Family.IPV4 if addresses.v4 else Family.IPV6
    target = str(Address(family, addresses.family(family).first))
    routes = () if candidate is None else (taken_route(candidate),)
    return WitnessAnswer(f"{place.name} → {target}", place.name, target, None, (), (), routes)


def _hop_text(candidate: Candidate | None) -> str:
    if candidate is None:
        return "no route"
    hop = candidate.hop.name if isinstance(candidate.hop, Unknown) else candidate.hop.value
    return " ".join((hop, *map(_text, candidate.addresses)))


def _text(address: Address | Unknown) -> str:
    return address.name if isinstance(address, Unknown) else str(address)
