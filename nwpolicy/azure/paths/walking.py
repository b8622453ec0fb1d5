"""Follows packets from place to place: by each place's own routes, through appliances, until it is settled what becomes
of them.

Sources: Microsoft Learn, Virtual network traffic routing; Virtual network peering, "Gateways and on-premises
connectivity"; Azure Firewall frequently asked questions, on its subnet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from nwpolicy.azure.paths.arrivals import arrivals
from nwpolicy.azure.paths.estate import Estate, forwards
from nwpolicy.azure.paths.owners import Owned
from nwpolicy.azure.paths.ways import Ending, EndingKind, Outside, Stop, StopKind, Way
from nwpolicy.azure.routing import Candidate, HopPart, NextHop, RouteKind
from nwpolicy.azure.routing.lookup import known_space
from nwpolicy.azure.routing.peers import Link
from nwpolicy.azure.spaces import prefix_space, union
from nwpolicy.azure.subjects import Subject, subnet_subject
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.network import PrivateEndpoint, VirtualNetwork, VirtualNetworkGateway
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["deliver", "walk", "ways"]

_TO_NETWORKS: Final = frozenset({NextHop.VNET_LOCAL, NextHop.PEERING, NextHop.GLOBAL_PEERING, NextHop.CONNECTED_GROUP})
#: Only an Azure Firewall can be in a subnet of this name.
_FIREWALL_SUBNET: Final = "azurefirewallsubnet"


def walk(estate: Estate, start: Subject | Outside, destinations: AddressSet) -> tuple[Way, ...]:
    """What becomes of packets from `start`, for each of the destinations: every address is in one way; or in several
    with unknowns, of which one is taken. From the internet only addresses of subjects lead anywhere."""
    return tuple(found for way in ways(estate, start, destinations) for found in deliver(estate, way))


def ways(estate: Estate, start: Subject | Outside, destinations: AddressSet) -> tuple[Way, ...]:
    """The same, without telling apart what the networks do with what arrives: fewer ways, see `deliver`."""
    if isinstance(start, Subject):
        return tuple(_leave(estate, _Trail(StopKind.SOURCE, start), destinations))
    if start.gateway is None:
        return tuple(arrivals(estate, destinations))
    return tuple(_from_gateway(estate, start.gateway, destinations))


@dataclass(frozen=True, slots=True)
class _Trail:
    """Where packets are, and how they came there."""

    kind: StopKind
    subject: Subject
    entered: Subject | None = None
    stops: tuple[Stop, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()
    gateway: VirtualNetworkGateway | None = None

    def under(self, unknowns: Sequence[Unknown] = (), assumptions: Sequence[str] = ()) -> _Trail:
        return replace(
            self,
            unknowns=tuple(dict.fromkeys((*self.unknowns, *unknowns))),
            assumptions=tuple(dict.fromkeys((*self.assumptions, *assumptions))),
        )

    def past(self, candidate: Candidate | None) -> _Trail:
        """The trail, with the place left by a route."""
        return replace(self, stops=(*self.stops, Stop(self.kind, self.subject, self.entered, candidate)))

    def end(self, destinations: AddressSet, ending: Ending) -> Way:
        return Way(destinations, self.stops, ending, self.unknowns, self.assumptions)

    def has_seen(self, subject: Subject) -> bool:
        """Whether packets were here before; then they will be again."""
        return any(_same(subject, stop.subject) or _same(subject, stop.entered) for stop in self.stops)


def _same(one: Subject, other: Subject | None) -> bool:
    if other is None or one.kind is not other.kind:
        return False
    return one.nic is other.nic if one.nic is not None else one.subnet is other.subnet


def _from_gateway(estate: Estate, gateway: VirtualNetworkGateway, destinations: AddressSet) -> Iterator[Way]:
    subject = estate.entrance(gateway)
    if subject is None:
        name = f"subnet of {gateway.name}"
        unseen = Unknown(name, UnknownKind.REFERENCE, "the input does not show it", gateway.source)
        yield Way(destinations, (), _unknown_ending(unseen), (unseen,))
        return
    yield from _leave(estate, _Trail(StopKind.GATEWAY, subject, gateway=gateway), destinations)


def _leave(estate: Estate, trail: _Trail, destinations: AddressSet) -> Iterator[Way]:
    """On by the routes of the place."""
    for part in estate.table(trail.subject).partition(destinations, by_route=True):
        yield from _branch(estate, trail, part)


def _branch(estate: Estate, trail: _Trail, part: HopPart) -> Iterator[Way]:
    selection = part.selection
    here = trail.under(selection.unknowns, selection.assumptions)
    for entry in selection.entries:
        candidate = entry.candidate if entry is not None else None
        yield from _lead(estate, here.past(candidate), candidate, part.addresses)


def _lead(estate: Estate, trail: _Trail, candidate: Candidate | None, addresses: AddressSet) -> Iterator[Way]:
    """Where a route leads."""
    hop = candidate.hop if candidate is not None else NextHop.NONE
    if candidate is None or hop is NextHop.NONE:
        reason = "no route covers the address" if candidate is None else "the next hop is None"
        yield trail.end(addresses, Ending(EndingKind.DROPPED, reason))
    elif isinstance(hop, Unknown):
        yield trail.under((hop,)).end(addresses, _unknown_ending(hop))
    elif hop is NextHop.APPLIANCE:
        yield from _to_appliances(estate, trail, candidate, addresses)
    elif hop is NextHop.GATEWAY:
        yield from _to_gateways(estate, trail, candidate, addresses)
    elif hop in _TO_NETWORKS:
        yield from _to_networks(estate, trail, candidate, addresses)
    else:
        yield trail.end(addresses, _outer_ending(estate, candidate))


def _outer_ending(estate: Estate, candidate: Candidate) -> Ending:
    """What leaves virtual networks, or never was meant for one."""
    if isinstance(candidate.target, PrivateEndpoint):
        subject = next(s for s in estate.owners.endpoints if s.private_endpoint is candidate.target)
        return Ending(EndingKind.DELIVERED, "a private endpoint has the address", subject)
    if candidate.kind is RouteKind.PLATFORM or candidate.hop is NextHop.SERVICE_ENDPOINT:
        return Ending(EndingKind.PLATFORM, "a service of Azure takes it")
    if candidate.hop is NextHop.PRIVATE_ENDPOINT:
        return Ending(EndingKind.PLATFORM, "a private endpoint that the input does not define has the address")
    return Ending(EndingKind.INTERNET, "the internet takes it")


def _unknown_ending(unknown: Unknown) -> Ending:
    return Ending(EndingKind.UNKNOWN, f"it is not known where it is sent: {unknown.reason}")


# networks


def _to_networks(estate: Estate, trail: _Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    """A network takes what lies in its address space."""
    own = trail.subject.virtual_network
    network = own if candidate.hop is NextHop.VNET_LOCAL else candidate.target
    if isinstance(network, VirtualNetwork):
        yield from _into(estate, trail, network, addresses)
        return
    rest = addresses
    for link in estate.links(trail.subject) if candidate.hop is not NextHop.VNET_LOCAL else ():
        shared = rest & known_space(link.network) if link.network is not None else None
        if link.network is not None and shared:
            yield from _into(estate, _across(trail, link), link.network, shared)
            rest -= shared
    if rest:
        reason = "the input does not show the network"
        unseen = Unknown(f"network behind {candidate.label}", UnknownKind.REFERENCE, reason, trail.subject.source)
        yield trail.under((unseen,)).end(rest, _unknown_ending(unseen))


def _across(trail: _Trail, link: Link) -> _Trail:
    return trail.under(link.conditions, [name for name, _ in link.rests_on])


def _into(estate: Estate, trail: _Trail, network: VirtualNetwork, addresses: AddressSet) -> Iterator[Way]:
    """Packets from behind a gateway reach only networks that use it."""
    if trail.kind is StopKind.GATEWAY and network is not trail.subject.virtual_network and trail.gateway is not None:
        serving = [route for route in estate.gateway_routes(network) if route.target is trail.gateway]
        if not serving:
            reason = f"{network.name} does not use the gateway {trail.gateway.name}"
            yield trail.end(addresses, Ending(EndingKind.NO_TRANSIT, reason, network=network, gateway=trail.gateway))
            return
        conditions = min((route.conditions for route in serving), key=len)
        if conditions:
            reason = f"{network.name} may not use the gateway {trail.gateway.name}"
            ending = Ending(EndingKind.NO_TRANSIT, reason, network=network, gateway=trail.gateway)
            yield trail.under(conditions).end(addresses, ending)
        trail = trail.under(conditions)
    yield trail.end(addresses, Ending(EndingKind.ARRIVED, f"{network.name} takes it", network=network))


def deliver(estate: Estate, way: Way) -> Iterator[Way]:
    """What a network does with what arrived in it: one way for each subject that has addresses, the rest unowned."""
    if way.ending.kind is not EndingKind.ARRIVED:
        yield way
        return
    rest = way.destinations
    for owned in estate.owned(_network(way), rest):
        yield _delivered(way, owned)
        if not owned.unknowns:
            rest -= owned.addresses
    if rest:
        yield from _unowned(estate, way, rest)


def _network(way: Way) -> VirtualNetwork:
    assert way.ending.network is not None
    return way.ending.network


def _delivered(way: Way, owned: Owned) -> Way:
    ending = Ending(EndingKind.DELIVERED, f"{owned.subject.name} has the address", owned.subject)
    unknowns = tuple(dict.fromkeys((*way.unknowns, *owned.unknowns)))
    return replace(way, destinations=owned.addresses, ending=ending, unknowns=unknowns)


def _unowned(estate: Estate, way: Way, rest: AddressSet) -> Iterator[Way]:
    """What nothing certainly has: perhaps something of which the address is not known."""
    maybe = [owned for owned in estate.owned(_network(way), rest) if owned.unknowns]
    contested = union(owned.addresses for owned in maybe) & rest
    doubts = tuple(dict.fromkeys(unknown for owned in maybe for unknown in owned.unknowns))
    for destinations, unknowns in ((contested, doubts), (rest - contested, ())):
        if destinations:
            yield from _unseen(estate, replace(way, destinations=destinations), unknowns)


def _unseen(estate: Estate, way: Way, doubts: tuple[Unknown, ...]) -> Iterator[Way]:
    network = _network(way)
    reason = f"nothing in the input has the address in {network.name}"
    unknowns = tuple(dict.fromkeys((*way.unknowns, *doubts)))
    assumptions = tuple(dict.fromkeys((*way.assumptions, "unseen-addresses")))
    if estate.assumptions["unseen-addresses"] == "unknown":
        unseen = Unknown(f"what has addresses of {network.name}", UnknownKind.REFERENCE, reason, network.source)
        unknowns = (*unknowns, unseen)
        yield replace(way, ending=_unknown_ending(unseen), unknowns=unknowns, assumptions=assumptions)
    ending = Ending(EndingKind.UNOWNED, reason, network=network)
    yield replace(way, ending=ending, unknowns=unknowns, assumptions=assumptions)


# gateways


def _to_gateways(estate: Estate, trail: _Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    network = trail.subject.virtual_network
    if isinstance(candidate.target, VirtualNetworkGateway) or network is None:
        yield trail.end(addresses, _taken_by(candidate.target))
        return
    serving = estate.gateway_routes(network)
    if candidate.kind is RouteKind.GATEWAY and not serving:
        yield trail.end(addresses, _taken_by(None))
        return
    conditions = min((route.conditions for route in serving), key=len, default=None)
    if conditions != ():
        reason = f"{network.name} uses no virtual network gateway"
        missing = Ending(EndingKind.NO_SUCH_HOP, reason, network=network)
        yield trail.under(conditions or ()).end(addresses, missing)
    if conditions is not None:
        targets = list({id(route.target): route.target for route in serving}.values())
        yield trail.under(conditions).end(addresses, _taken_by(targets[0] if len(targets) == 1 else None))


def _taken_by(target: Resource | None) -> Ending:
    gateway = target if isinstance(target, VirtualNetworkGateway) else None
    name = f"the gateway {gateway.name}" if gateway is not None else "a gateway"
    return Ending(EndingKind.ON_PREMISES, f"{name} takes it", gateway=gateway)


# appliances


@dataclass(frozen=True, slots=True)
class _Host:
    """What has the address of a next hop, and on what that depends."""

    subject: Subject
    kind: StopKind = StopKind.APPLIANCE
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


def _to_appliances(estate: Estate, trail: _Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    """To one of the addresses of the next hop; which of several, only Azure knows."""
    several = ", ".join(map(_address_name, candidate.addresses))
    choice = Unknown(
        f"which of {several}",
        UnknownKind.REFERENCE,
        "Azure spreads flows over the next hops",
        _place_of(trail, candidate),
    )
    here = trail.under((choice,)) if len(candidate.addresses) > 1 else trail
    for hop in candidate.addresses:
        if isinstance(hop, Unknown):
            yield here.under((hop,)).end(addresses, _unknown_ending(hop))
        else:
            yield from _to_appliance(estate, here, hop, addresses)
    if not candidate.addresses:
        reason = "the route gives no address of the next hop"
        unseen = Unknown(f"next hop of {candidate.label}", UnknownKind.ADDRESS, reason, _place_of(trail, candidate))
        yield trail.under((unseen,)).end(addresses, _unknown_ending(unseen))


def _address_name(hop: Address | Unknown) -> str:
    return hop.name if isinstance(hop, Unknown) else str(hop)


def _place_of(trail: _Trail, candidate: Candidate) -> Source:
    return candidate.source or trail.subject.source


def _to_appliance(estate: Estate, trail: _Trail, hop: Address, addresses: AddressSet) -> Iterator[Way]:
    hosts = list(_hosts(estate, trail.subject, hop))
    for host in hosts:
        here = trail.under(host.unknowns, host.assumptions)
        own = (
            addresses & AddressSet.single(hop)
            if host.kind is StopKind.FIREWALL
            else addresses & host.subject.space.known
        )
        if own:
            reason = f"{host.subject.name} has the address"
            yield here.end(own, Ending(EndingKind.DELIVERED, reason, host.subject))
        if addresses - own:
            yield from _send_on(estate, here, host, hop, addresses - own)
    if all(host.unknowns for host in hosts):
        doubts = [unknown for host in hosts for unknown in host.unknowns]
        yield from _no_host(estate, trail.under(doubts), hop, addresses)


def _hosts(estate: Estate, subject: Subject, hop: Address) -> Iterator[_Host]:
    """What has the address in the networks that the place can reach directly."""
    for link in _reach(estate, subject):
        names = tuple(name for name, _ in link.rests_on)
        if link.network is None or not all(holds for _, holds in link.rests_on):
            continue
        firewall = _firewall(estate, link.network, hop)
        if firewall is not None:
            yield _Host(firewall, StopKind.FIREWALL, link.conditions, names)
            continue
        for owned in estate.owned(link.network, AddressSet.single(hop)):
            yield _Host(owned.subject, unknowns=(*link.conditions, *owned.unknowns), assumptions=names)
    for owned in estate.owners.homeless(hop):
        yield _Host(owned.subject, unknowns=owned.unknowns)


def _reach(estate: Estate, subject: Subject) -> tuple[Link, ...]:
    return Link(subject.virtual_network), *estate.links(subject)


def _firewall(estate: Estate, network: VirtualNetwork, hop: Address) -> Subject | None:
    for subnet in network.subnets:
        if subnet.name.lower() == _FIREWALL_SUBNET and hop in prefix_space(subnet.address_prefixes).known:
            return subnet_subject(estate.snapshot, subnet)
    return None


def _no_host(estate: Estate, trail: _Trail, hop: Address, addresses: AddressSet) -> Iterator[Way]:
    """Nothing in the input has the address of the next hop."""
    networks = [link.network for link in _reach(estate, trail.subject)]
    holder = next((network for network in networks if network is not None and hop in known_space(network)), None)
    if holder is not None:
        here, reason = trail.under(assumptions=("unseen-addresses",)), f"nothing in the input has the address {hop}"
        doubtful = estate.assumptions["unseen-addresses"] == "unknown"
    else:
        here, reason = trail, f"no network in reach has the address {hop}"
        doubtful = any(network is None or _is_open(network) for network in networks)
    if doubtful:
        unseen = Unknown(f"what has {hop}", UnknownKind.REFERENCE, reason, trail.subject.source)
        here = here.under((unseen,))
        yield here.end(addresses, _unknown_ending(unseen))
    yield here.end(addresses, Ending(EndingKind.NO_SUCH_HOP, reason, hop=hop))


def _is_open(network: VirtualNetwork) -> bool:
    return any(isinstance(prefix, Unknown) for prefix in network.address_space)


def _send_on(estate: Estate, trail: _Trail, host: _Host, hop: Address, addresses: AddressSet) -> Iterator[Way]:
    """What an appliance does with what is not its own."""
    subject = host.subject
    if trail.has_seen(subject):
        yield trail.end(addresses, Ending(EndingKind.LOOP, f"it was at {subject.name} before", subject, hop=hop))
        return
    forwarding = True if host.kind is StopKind.FIREWALL else forwards(subject)
    if forwarding is not True:
        doubt = (forwarding,) if isinstance(forwarding, Unknown) else ()
        trail = trail.under(doubt)
        reason = f"IP forwarding is not enabled on {subject.name}"
        yield trail.end(addresses, Ending(EndingKind.NOT_FORWARDING, reason, subject, hop=hop))
    if forwarding is not False:
        yield from _forwarded(estate, trail.under(assumptions=("appliance-policy",)), host, addresses)


def _forwarded(estate: Estate, trail: _Trail, host: _Host, addresses: AddressSet) -> Iterator[Way]:
    subject = host.subject
    if estate.assumptions["appliance-policy"] == "unknown":
        policy = Unknown(
            f"policy of {subject.name}",
            UnknownKind.RULES,
            "what an appliance sends on is its own affair",
            subject.source,
        )
        trail = trail.under((policy,))
        yield trail.end(addresses, _unknown_ending(policy))
    exits = (
        [s for s in estate.interfaces_of(subject) if forwards(s) is not False] if subject.nic is not None else [subject]
    )
    if len(exits) > 1:
        trail = trail.under(assumptions=("appliance-interface",))
        if estate.assumptions["appliance-interface"] == "any":
            name = f"network interface by which {subject.name} sends on"
            reason = "the machine has several, and its own routes choose"
            trail = trail.under((Unknown(name, UnknownKind.REFERENCE, reason, subject.source),))
        else:
            exits = exits[:1]
    for exit_ in exits:
        here = replace(trail, kind=host.kind, subject=exit_, entered=subject)
        yield from _leave(estate, here, addresses)
