"""The ends of a connection in a person's words, as places that packets start from and addresses that they go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.azure.paths import INTERNET, Estate, Outside
from nwpolicy.azure.routing import RouteKind
from nwpolicy.azure.routing.lookup import known_space
from nwpolicy.azure.spaces import INTERNET as PUBLIC
from nwpolicy.azure.spaces import PRIVATE, prefix_space, union
from nwpolicy.azure.subjects import Subject, SubjectError, SubjectKind, find_subject, machine_interfaces, subnet_subject
from nwpolicy.azure.tagnames import canonical, is_documented
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.avnm import NetworkGroup
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    IpConfiguration,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.rules import ApplicationSecurityGroup, EffectiveSecurityGroups
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import Endpoint, Resolver, choices, is_on_premises, sharing_families, split_end

__all__ = ["Ends", "Leg", "ends_of"]

#: So many places that flows start from are looked at; the matrix of an estate is another question.
_LEGS: Final = 256
#: What has addresses in networks of the input, by the word that tells it from others.
_PLACES: Final[Mapping[str, type[Resource]]] = {
    "vm": VirtualMachine,
    "nic": NetworkInterface,
    "private-endpoint": PrivateEndpoint,
    "subnet": Subnet,
    "vnet": VirtualNetwork,
    "asg": ApplicationSecurityGroup,
    "group": NetworkGroup,
}


@dataclass(frozen=True, slots=True)
class Leg:
    """A place that flows start from, and the source addresses that they have."""

    start: Subject | Outside
    sources: AddressSet
    name: str


@dataclass(frozen=True, slots=True)
class Ends:
    """Where flows start and where they go. `target` is the one thing that they are meant for, if they are; `inside`
    are the destinations that are named by what has them in networks of the input."""

    source: Endpoint
    destination: Endpoint
    legs: tuple[Leg, ...]
    notes: tuple[str, ...]
    target: Subject | None
    inside: AddressSet = NO_ADDRESS

    @property
    def is_named(self) -> bool:
        """Whether the destination is named, and not given as addresses."""
        return bool(self.destination.terms) and not any(map(_is_numeric, self.destination.terms))


def ends_of(estate: Estate, source: str, destination: str) -> Ends:
    """Raises QuestionError."""
    start, target = _thing(estate, source), _thing(estate, destination)
    if start is not None and start.kind is SubjectKind.PRIVATE_ENDPOINT:
        raise QuestionError(f"{start.name} is a private endpoint, which starts no flow", "name it with --to")
    gateway = _gateway(estate, source) if start is None else None
    notes: tuple[str, ...] = ()
    if start is None and target is None:
        target, notes = _published(estate, destination)
        destination = f"{target.name}{_port_text(destination)}" if target is not None else destination
    elif target is None:
        notes = _not_followed(estate, destination)
    viewpoint = start or target or _anything(estate)
    away = _gateway(estate, destination) if target is None else None
    target_end = _endpoint(estate, destination, target or away, viewpoint)
    source_end = _endpoint(estate, source, start or gateway, viewpoint)
    inside = _inside(estate, target_end, viewpoint) if target is None else NO_ADDRESS
    source_end, target_end = sharing_families(source_end, target_end)
    if start is None and gateway is None:
        legs, more = _legs(estate, source_end)
        return Ends(source_end, target_end, legs, (*notes, *more), target, inside)
    place = start or Outside(gateway)
    leg = Leg(place, source_end.addresses, source_end.terms[0])
    return Ends(source_end, target_end, (leg,), notes, target, inside)


def _inside(estate: Estate, destination: Endpoint, viewpoint: Subject) -> AddressSet:
    """The destinations that are not given as addresses or tags, but by the name of what has them."""
    places = [term for term in destination.terms if _is_place(estate, term)]
    resolver = Resolver(estate.snapshot, viewpoint, estate.assumptions, None)
    return resolver.endpoint(", ".join(places), NO_ADDRESS).addresses if places else NO_ADDRESS


def _is_place(estate: Estate, term: str) -> bool:
    kind, colon, _ = term.partition(":")
    if colon and kind.lower() in _PLACES:
        return True
    return not _is_numeric(term) and any(estate.snapshot.named(found, term) for found in _PLACES.values())


def _thing(estate: Estate, text: str) -> Subject | None:
    """The network interface, virtual machine or private endpoint that is meant."""
    bare = _bare(text, "vm", "nic", "private-endpoint")
    name, _ = split_end(bare)
    if not name or _is_numeric(name) or (bare == text and is_documented(name)):
        return None
    snapshot = estate.snapshot
    if machine_interfaces(snapshot, name) or any(snapshot.named(VirtualMachine, name)):
        return _named(estate, vm=name)
    if any(snapshot.named(NetworkInterface, name)) or any(snapshot.named(EffectiveSecurityGroups, name)):
        return _named(estate, nic=name)
    return _named(estate, private_endpoint=name) if snapshot.named(PrivateEndpoint, name) else None


def _named(estate: Estate, **place: str) -> Subject:
    try:
        found = find_subject(estate.snapshot, **place)
    except SubjectError as error:
        raise QuestionError(str(error), choices(error.candidates)) from None
    return estate.subject_of(found.nic) if found.nic is not None else found


def _published(estate: Estate, text: str) -> tuple[Subject | None, tuple[str, ...]]:
    """The network interface behind a public address: rules and routes see its private one."""
    name, _ = split_end(text)
    for address in estate.snapshot.all(PublicIpAddress):
        if address.ip_address is not None and str(address.ip_address) == name:
            for subject in estate.subjects:
                if _is_of(estate, address, subject):
                    return subject, (f"{name} is the public address {address.name} of {subject.name}",)
    return None, ()


def _not_followed(estate: Estate, text: str) -> tuple[str, ...]:
    """What the answer leaves out where something of the input sends to a public address of the input."""
    subject, found = _published(estate, text)
    if subject is None:
        return ()
    rest = f"the way from the internet to {subject.name} is not followed"
    return (*found, f"{rest}: ask with --from Internet --to {subject.name}")


def _is_of(estate: Estate, address: PublicIpAddress, subject: Subject) -> bool:
    own = subject.nic.ip_configurations if subject.nic is not None else ()
    named = (c.public_ip_address for c in own if isinstance(c.public_ip_address, Reference))
    if any(found is address for r in named for found in estate.snapshot.find(PublicIpAddress, r)):
        return True
    owner = address.ip_configuration
    owners = estate.snapshot.find(IpConfiguration, owner) if owner is not None else ()
    return any(configuration is found for configuration in own for found in owners)


def _port_text(text: str) -> str:
    _, ports = split_end(text)
    return f":{ports}" if ports else ""


def _gateway(estate: Estate, text: str) -> VirtualNetworkGateway | None:
    """The gateway that is named, or the only one."""
    name, _ = split_end(_bare(text, "gateway"))
    found = estate.snapshot.named(VirtualNetworkGateway, name)
    if is_on_premises(name):
        found = estate.snapshot.all(VirtualNetworkGateway)
        if len(found) != 1:
            names = tuple(gateway.name for gateway in found)
            raise QuestionError(f"{len(names) or 'no'} gateways of the input lead on premises", choices(names))
    return found[0] if len(found) == 1 else None


def _is_numeric(name: str) -> bool:
    """Whether this can only be meant as addresses."""
    try:
        return all(AddressSet.parse(part.strip()) is not None for part in name.split(","))
    except ValueError:
        return False


def _bare(text: str, *kinds: str) -> str:
    """The name without the kind in front that tells it from others."""
    kind, colon, name = text.strip().partition(":")
    return name if colon and kind.lower() in kinds else text


def _anything(estate: Estate) -> Subject:
    """Tags mean something at a place only; addresses mean the same at any."""
    if estate.subjects:
        return estate.subjects[0]
    subnets = estate.snapshot.all(Subnet)
    if not subnets:
        raise QuestionError("the input defines no subnet, so there is no way to follow")
    return subnet_subject(estate.snapshot, subnets[0])


def _endpoint(estate: Estate, text: str, thing: Subject | VirtualNetworkGateway | None, viewpoint: Subject) -> Endpoint:
    """The addresses that are meant: those of a thing, or what lies behind a gateway."""
    resolver = Resolver(estate.snapshot, viewpoint, estate.assumptions, None)
    if thing is None:
        return resolver.endpoint(text, ANY_ADDRESS)
    _, ports = split_end(_bare(text, "vm", "nic", "private-endpoint", "gateway"))
    own = _behind(estate, thing) if isinstance(thing, VirtualNetworkGateway) else thing.local
    return replace(resolver.endpoint(f"*:{ports}" if ports else "*", own), terms=(thing.name,))


def _legs(estate: Estate, source: Endpoint) -> tuple[tuple[Leg, ...], tuple[str, ...]]:
    if {canonical(term) for term in source.terms} == {"Internet"}:
        return (Leg(INTERNET, source.addresses, "Internet"),), ()
    found = list(_starting(estate, source.addresses))
    if len(found) > _LEGS:
        raise QuestionError(f"flows start from more than {_LEGS} places", "ask about fewer sources, or use reach")
    for others in (_unused, _perhaps_behind):
        found = found or list(others(estate, source.addresses))
    rest = source.addresses - union(leg.sources for leg in found)
    if not found:
        what = ", ".join(source.terms) or str(source.addresses)
        raise QuestionError(f"nothing in the input sends from {what}", "name a network interface, or Internet")
    return tuple(found), (f"nothing in the input sends from {rest}",) if rest else ()


def _starting(estate: Estate, asked: AddressSet) -> Iterator[Leg]:
    """Interfaces that have asked addresses, gateways that lead to some, and the internet."""
    for subject in estate.subjects:
        shared = subject.local & asked
        if shared:
            yield Leg(subject, shared, subject.name)
    inside = union(known_space(network) for network in estate.snapshot.all(VirtualNetwork))
    behind = NO_ADDRESS
    for gateway in estate.snapshot.all(VirtualNetworkGateway):
        sites = _behind(estate, gateway)
        behind |= sites
        if sites & asked:
            yield Leg(Outside(gateway), sites & asked, f"behind {gateway.name}")
    public = (asked & PUBLIC) - PRIVATE - inside - behind
    if public:
        yield Leg(INTERNET, public, "Internet")


def _behind(estate: Estate, gateway: VirtualNetworkGateway) -> AddressSet:
    """The prefixes that the gateway leads to. A default route is no place of its own."""
    reference = gateway.virtual_network
    if not isinstance(reference, Reference):
        return NO_ADDRESS
    routes = (
        route
        for network in estate.snapshot.find(VirtualNetwork, reference)
        for route in estate.gateway_routes(network)
        if route.kind is RouteKind.GATEWAY and route.target is gateway
    )
    return union(_interval_set(p.family, p.interval) for route in routes for p in route.prefixes if p.length)


def _interval_set(family: Family, interval: tuple[int, int]) -> AddressSet:
    return AddressSet.of(family, IntervalSet(family.width, (interval,)))


def _unused(estate: Estate, asked: AddressSet) -> Iterator[Leg]:
    """Addresses of subnets that nothing in the input has: what may be there has no filters of its own."""
    for subnet in estate.snapshot.all(Subnet):
        shared = prefix_space(subnet.address_prefixes).known & asked
        if shared:
            yield Leg(subnet_subject(estate.snapshot, subnet), shared, f"subnet {subnet.name}")


def _perhaps_behind(estate: Estate, asked: AddressSet) -> Iterator[Leg]:
    """Addresses that may lie behind a gateway of which the input does not tell where it leads."""
    for network in estate.snapshot.all(VirtualNetwork):
        for route in estate.gateway_routes(network):
            for _, bound in route.open:
                shared = asked if bound is None else asked & bound
                if shared and isinstance(route.target, VirtualNetworkGateway):
                    yield Leg(Outside(route.target), shared, f"perhaps behind {route.target.name}")
                    return
