"""Where packets from the internet come in: at interfaces with a public address, or behind a public load balancer.

Source: Microsoft Learn, Public IP addresses; What is Azure Load Balancer?
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.paths.estate import Estate
from nwpolicy.azure.paths.ways import Ending, EndingKind, Way
from nwpolicy.azure.publicaddress import addresses_by_owner
from nwpolicy.azure.subjects import Subject, configuration_space
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import IpConfiguration, LoadBalancer, PublicIpAddress
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["arrivals", "arrivals_at"]


@dataclass(frozen=True, slots=True)
class _Entrance:
    """A way in; open if all unknowns say so."""

    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


def arrivals(estate: Estate, destinations: AddressSet) -> Iterator[Way]:
    """What becomes of packets from the internet to the private addresses that stand behind public ones."""
    rest = destinations
    for subject in estate.subjects:
        for way in arrivals_at(estate, subject):
            shared = way.destinations & destinations
            if shared and way.ending.kind is EndingKind.DELIVERED:
                yield Way(shared, (), way.ending, way.unknowns, way.assumptions)
                rest = rest if way.unknowns else rest - shared
    if rest:
        yield Way(rest, (), _closed("nothing with the address has a public one"))


def arrivals_at(estate: Estate, subject: Subject) -> Iterator[Way]:
    """The same, for all addresses of one network interface or private endpoint."""
    nic = subject.nic
    if nic is None:
        yield Way(subject.local, (), _closed(f"{subject.name} has no public address"))
        return
    for configuration in nic.ip_configurations:
        space = configuration_space(estate.snapshot, nic, configuration)
        found = sorted(_entrances(estate, configuration), key=lambda entrance: len(entrance.unknowns))
        for entrance in found[:1]:
            reason = f"{subject.name} has a public address"
            ending = Ending(EndingKind.DELIVERED, reason, subject)
            yield Way(space.reach, (), ending, entrance.unknowns, entrance.assumptions)
        if not found or found[0].unknowns:
            unknowns = tuple(unknown for entrance in found for unknown in entrance.unknowns)
            reason = f"{subject.name} has no public address"
            yield Way(space.reach, (), _closed(reason), unknowns)


def _closed(reason: str) -> Ending:
    return Ending(EndingKind.NOT_PUBLIC, reason)


def _entrances(estate: Estate, configuration: IpConfiguration) -> Iterator[_Entrance]:
    reference = configuration.public_ip_address
    if isinstance(reference, Unknown):
        yield _Entrance((reference.of_kind(UnknownKind.CONDITION),))
    elif reference is not None:
        found = estate.snapshot.find(PublicIpAddress, reference)
        yield _Entrance(_existence(found[0]) if len(found) == 1 else ())
    for address in estate.snapshot.derived(addresses_by_owner).get(id(configuration), ()):
        yield _Entrance(_existence(address))
    for balancer in configuration.load_balancers:
        yield from _behind(estate, balancer)


def _behind(estate: Estate, reference: Reference | Unknown) -> Iterator[_Entrance]:
    found = estate.snapshot.find(LoadBalancer, reference) if isinstance(reference, Reference) else ()
    public = found[0].is_public if len(found) == 1 else _unseen(reference)
    if public is False:
        return
    doubts = [public.of_kind(UnknownKind.CONDITION)] if isinstance(public, Unknown) else []
    doubts += _existence(found[0]) if len(found) == 1 else ()
    if estate.assumptions["load-balancer-ports"] == "unknown":
        reason = "rules of load balancers are not modelled"
        doubts.append(Unknown(f"ports of {reference.name}", UnknownKind.CONDITION, reason, reference.source))
    yield _Entrance(tuple(doubts), ("load-balancer-ports",))


def _unseen(reference: Reference | Unknown) -> Unknown:
    if isinstance(reference, Unknown):
        return reference
    reason = "it is not defined in the input"
    return Unknown(f"{reference.name} is public", UnknownKind.CONDITION, reason, reference.source)


def _existence(found: Resource) -> tuple[Unknown, ...]:
    return () if found.condition is None else (found.condition.of_kind(UnknownKind.CONDITION),)
