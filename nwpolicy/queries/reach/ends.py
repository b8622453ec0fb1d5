"""Who is meant by `--from` and `--to`: members of the estate, the internet, what lies behind gateways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from nwpolicy.azure.paths import INTERNET, Estate, Outside
from nwpolicy.azure.spaces import INTERNET as PUBLIC
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import machine_interfaces
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import Resolver, is_on_premises
from nwpolicy.queries.reach.parties import Member

__all__ = ["End", "Outer", "end_of", "outers_of", "unplaced_gateways"]


@dataclass(frozen=True, slots=True)
class Outer:
    """A party outside of the input's networks. Its addresses are those of `space`; if `open` is given, only perhaps."""

    name: str
    outside: Outside
    space: AddressSet
    open: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """Those who are meant by one end of the question."""

    members: tuple[Member, ...]
    outers: tuple[Outer, ...]


def outers_of(estate: Estate, families: Collection[Family]) -> tuple[Outer, ...]:
    """The internet, and what lies behind each gateway, in the families that are in use."""
    within = _of_families(families)
    return tuple(
        Outer(outer.name, outer.outside, outer.space & within, outer.open)
        for outer in (Outer("Internet", INTERNET, PUBLIC), *_sites(estate))
        if outer.space & within
    )


def _of_families(families: Collection[Family]) -> AddressSet:
    return union(AddressSet.of(family, IntervalSet.full(family.width)) for family in families)


def unplaced_gateways(estate: Estate) -> Iterator[VirtualNetworkGateway]:
    """The gateways of which the input does not show the network."""
    gateways = estate.snapshot.all(VirtualNetworkGateway)
    return (gateway for gateway in gateways if not _network_of(estate, gateway))


def _network_of(estate: Estate, gateway: VirtualNetworkGateway) -> tuple[VirtualNetwork, ...]:
    reference = gateway.virtual_network
    return estate.snapshot.find(VirtualNetwork, reference) if isinstance(reference, Reference) else ()


def _sites(estate: Estate) -> Iterator[Outer]:
    for gateway in estate.snapshot.all(VirtualNetworkGateway):
        found = _network_of(estate, gateway)
        routes = [route for route in estate.gateway_routes(found[0]) if route.target is gateway] if found else []
        outside = Outside(gateway)
        certain = [route for route in routes if not route.conditions]
        known = union(_addresses(prefix.family, prefix.interval) for route in certain for prefix in route.prefixes)
        if known:
            yield Outer(gateway.name, outside, known)
        for route in routes:
            doubted = union(_addresses(prefix.family, prefix.interval) for prefix in route.prefixes) - known
            if route.conditions and doubted:
                yield Outer(gateway.name, outside, doubted, route.conditions)
            for unknown, bound in route.open:
                rest = (ANY_ADDRESS if bound is None else bound) - known
                if rest:
                    yield Outer(gateway.name, outside, rest, (unknown, *route.conditions))


def _addresses(family: Family, interval: tuple[int, int]) -> AddressSet:
    return AddressSet.of(family, IntervalSet.of(family.width, (interval,)))


def end_of(estate: Estate, text: str | None, members: tuple[Member, ...], outers: tuple[Outer, ...]) -> End:
    """Those who are meant; everybody without a text. Raises QuestionError."""
    if text is None:
        return End(members, outers)
    if canonical(text) == "Internet":
        return End((), tuple(outer for outer in outers if outer.outside == INTERNET))
    if is_on_premises(text):
        return End((), tuple(outer for outer in outers if outer.outside != INTERNET))
    gateways = estate.snapshot.named(VirtualNetworkGateway, text.removeprefix("gateway:"))
    if gateways:
        return End((), tuple(outer for outer in outers if any(outer.outside.gateway is one for one in gateways)))
    named = _named(estate, text)
    if named is not None:
        return End(tuple(member for member in members if named(member)), ())
    return _by_address(estate, text, members, outers)


def _named(estate: Estate, text: str) -> Callable[[Member], bool] | None:
    """Whether a member is what is named, or is in it; None where nothing that holds members is called so."""
    kind, colon, name = text.partition(":")
    for prefix, holds in (
        ("vm", _of_machine(estate, name or text)),
        ("nic", _holding(estate, NetworkInterface, name or text, lambda member: member.subject.nic)),
        ("private-endpoint", _holding(estate, PrivateEndpoint, name or text, lambda m: m.subject.private_endpoint)),
        ("subnet", _holding(estate, Subnet, name or text, lambda member: member.subject.subnet)),
        ("vnet", _holding(estate, VirtualNetwork, name or text, lambda member: member.subject.virtual_network)),
    ):
        if holds is not None and (not colon or kind.lower() == prefix):
            return holds
    return None


def _of_machine(estate: Estate, name: str) -> Callable[[Member], bool] | None:
    owned = {id(nic) for nic in machine_interfaces(estate.snapshot, name)}
    if not owned and not estate.snapshot.named(VirtualMachine, name):
        return None
    return lambda member: id(member.subject.nic) in owned


def _holding(
    estate: Estate, kind: type[Resource], name: str, part: Callable[[Member], Resource | None]
) -> Callable[[Member], bool] | None:
    found = {id(resource) for resource in estate.snapshot.named(kind, name)}
    return (lambda member: id(part(member)) in found) if found else None


def _by_address(estate: Estate, text: str, members: tuple[Member, ...], outers: tuple[Outer, ...]) -> End:
    """Those who have one of the addresses that a prefix, a tag or the name of a group stands for."""
    if not estate.subjects:
        raise QuestionError("the input defines no network interface")
    resolver = Resolver(estate.snapshot, estate.subjects[0], estate.assumptions, None)
    wanted = resolver.endpoint(text, ANY_ADDRESS).addresses
    outside = tuple(
        Outer(outer.name, outer.outside, outer.space & wanted, outer.open) for outer in outers if outer.space & wanted
    )
    return End(tuple(member for member in members if member.space & wanted), outside)
