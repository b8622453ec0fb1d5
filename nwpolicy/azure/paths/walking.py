"""Follows packets from place to place: by each place's own routes, through appliances, until it is settled what becomes
of them.

Sources: Microsoft Learn, Virtual network traffic routing, "User-defined" for gateways as next hops; Virtual network
peering, "Gateways and on-premises connectivity".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.azure.paths.arrivals import arrivals
from nwpolicy.azure.paths.delivering import deliver
from nwpolicy.azure.paths.estate import Estate, forwards
from nwpolicy.azure.paths.hosts import Host, hosts, missing
from nwpolicy.azure.paths.trail import Trail, unknown_ending
from nwpolicy.azure.paths.ways import Ending, EndingKind, Outside, StopKind, Way
from nwpolicy.azure.routing import Candidate, HopPart, NextHop, RouteKind
from nwpolicy.azure.routing.lookup import known_space
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.network import PrivateEndpoint, VirtualNetwork, VirtualNetworkGateway
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["walk", "ways"]

_TO_NETWORKS: Final = frozenset({NextHop.VNET_LOCAL, NextHop.PEERING, NextHop.GLOBAL_PEERING, NextHop.CONNECTED_GROUP})


def walk(estate: Estate, start: Subject | Outside, destinations: AddressSet) -> tuple[Way, ...]:
    """What becomes of packets from `start`, for each of the destinations: every address is in one way; or in several
    with unknowns, of which one is taken. From the internet only addresses of subjects lead anywhere."""
    return tuple(found for way in ways(estate, start, destinations) for found in deliver(estate, way))


def ways(estate: Estate, start: Subject | Outside, destinations: AddressSet) -> tuple[Way, ...]:
    """The same, without telling apart what the networks do with what arrives: fewer ways, see `deliver`."""
    if isinstance(start, Subject):
        return tuple(_leave(estate, Trail(StopKind.SOURCE, start), destinations))
    if start.gateway is None:
        return tuple(arrivals(estate, destinations))
    return tuple(_from_gateway(estate, start.gateway, destinations))


def _from_gateway(estate: Estate, gateway: VirtualNetworkGateway, destinations: AddressSet) -> Iterator[Way]:
    subject = estate.entrance(gateway)
    if subject is not None:
        yield from _leave(estate, Trail(StopKind.GATEWAY, subject, gateway=gateway), destinations)
        return
    reason = f"the input does not show GatewaySubnet of {gateway.name}"
    unseen = Unknown(f"subnet of {gateway.name}", UnknownKind.REFERENCE, reason, gateway.source)
    yield Way(destinations, (), unknown_ending(unseen), (unseen,))


def _leave(estate: Estate, trail: Trail, destinations: AddressSet) -> Iterator[Way]:
    """On by the routes of the place."""
    for part in estate.table(trail.subject).partition(destinations, by_route=True):
        yield from _branch(estate, trail, part)


def _branch(estate: Estate, trail: Trail, part: HopPart) -> Iterator[Way]:
    selection = part.selection
    here = trail.under(selection.unknowns, selection.assumptions)
    for entry in selection.entries:
        candidate = entry.candidate if entry is not None else None
        yield from _lead(estate, here.past(candidate), candidate, part.addresses)


def _lead(estate: Estate, trail: Trail, candidate: Candidate | None, addresses: AddressSet) -> Iterator[Way]:
    """Where a route leads."""
    hop = candidate.hop if candidate is not None else NextHop.NONE
    if candidate is None or hop is NextHop.NONE:
        reason = "no route covers the address" if candidate is None else "the next hop is None"
        yield trail.end(addresses, Ending(EndingKind.DROPPED, reason))
    elif isinstance(hop, Unknown):
        yield trail.lost(addresses, hop)
    elif hop is NextHop.APPLIANCE:
        yield from _to_appliances(estate, trail, candidate, addresses)
    elif hop is NextHop.GATEWAY:
        yield from _to_gateway(estate, trail, candidate, addresses)
    elif hop in _TO_NETWORKS:
        yield from _to_networks(estate, trail, candidate, addresses)
    else:
        yield trail.end(addresses, _outer_ending(estate, candidate))


def _outer_ending(estate: Estate, candidate: Candidate) -> Ending:
    """What leaves virtual networks, or goes to something in them that no network interface stands for."""
    if isinstance(candidate.target, PrivateEndpoint):
        subject = estate.endpoint_of(candidate.target)
        return Ending(EndingKind.DELIVERED, f"{subject.name} has the address", subject)
    if candidate.hop is NextHop.PRIVATE_ENDPOINT:
        return Ending(EndingKind.PLATFORM, "a private endpoint that the input does not define has the address")
    if candidate.kind is RouteKind.PLATFORM or candidate.hop is NextHop.SERVICE_ENDPOINT:
        return Ending(EndingKind.PLATFORM, "a service of Azure takes it")
    return Ending(EndingKind.INTERNET, "the internet takes it")


def _to_networks(estate: Estate, trail: Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    """A network takes what lies in its address space."""
    own = trail.subject.virtual_network
    network = own if candidate.hop is NextHop.VNET_LOCAL else candidate.target
    if isinstance(network, VirtualNetwork):
        yield from _into(estate, trail, network, addresses)
        return
    rest = addresses
    for link in estate.links(trail.subject) if candidate.hop is not NextHop.VNET_LOCAL else ():
        if link.network is not None and rest & known_space(link.network):
            shared = rest & known_space(link.network)
            across = trail.under(link.conditions, [name for name, _ in link.rests_on])
            yield from _into(estate, across, link.network, shared)
            rest -= shared
    if rest:
        reason = "the input does not show the network"
        source = candidate.source or trail.subject.source
        yield trail.lost(rest, Unknown(f"network behind {candidate.label}", UnknownKind.REFERENCE, reason, source))


def _into(estate: Estate, trail: Trail, network: VirtualNetwork, addresses: AddressSet) -> Iterator[Way]:
    """Packets from behind a gateway reach only networks that use it."""
    arrived = Ending(EndingKind.ARRIVED, f"{network.name} takes it", network=network)
    gateway = trail.gateway
    if gateway is None or network is trail.subject.virtual_network:
        yield trail.end(addresses, arrived)
        return
    serving = (route.conditions for route in estate.gateway_routes(network) if route.target is gateway)
    conditions = min(serving, key=len, default=None)
    if conditions != ():
        reason = f"{network.name} does not use the gateway {gateway.name}"
        unserved = Ending(EndingKind.NO_TRANSIT, reason, network=network, gateway=gateway)
        yield trail.under(conditions or ()).end(addresses, unserved)
    if conditions is not None:
        yield trail.under(conditions).end(addresses, arrived)


def _to_gateway(estate: Estate, trail: Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    """To the gateway of the route; a user-defined route means the VPN gateway that the network uses."""
    network = trail.subject.virtual_network
    serving = estate.gateway_routes(network) if network is not None else ()
    if candidate.kind is RouteKind.USER:
        serving = tuple(route for route in serving if not _is_express_route(route.target))
    if candidate.target is not None or network is None or (candidate.kind is RouteKind.GATEWAY and not serving):
        yield trail.end(addresses, _taken_by(candidate.target))
        return
    conditions = min((route.conditions for route in serving), key=len, default=None)
    if conditions != ():
        what = "VPN gateway" if candidate.kind is RouteKind.USER else "virtual network gateway"
        unserved = Ending(EndingKind.NO_SUCH_HOP, f"{network.name} uses no {what}", network=network)
        yield trail.under(conditions or ()).end(addresses, unserved)
    if conditions is not None:
        targets = list({id(route.target): route.target for route in serving}.values())
        yield trail.under(conditions).end(addresses, _taken_by(targets[0] if len(targets) == 1 else None))


def _is_express_route(target: Resource | None) -> bool:
    return isinstance(target, VirtualNetworkGateway) and target.gateway_type.lower() == "expressroute"


def _taken_by(target: Resource | None) -> Ending:
    gateway = target if isinstance(target, VirtualNetworkGateway) else None
    name = f"the gateway {gateway.name}" if gateway is not None else "a gateway"
    return Ending(EndingKind.ON_PREMISES, f"{name} takes it", gateway=gateway)


def _to_appliances(estate: Estate, trail: Trail, candidate: Candidate, addresses: AddressSet) -> Iterator[Way]:
    """To one of the addresses of the next hop; which of several, only Azure knows."""
    source = candidate.source or trail.subject.source
    if not candidate.addresses:
        reason = "the route gives no address of the next hop"
        yield trail.lost(addresses, Unknown(f"next hop of {candidate.label}", UnknownKind.ADDRESS, reason, source))
    if len(candidate.addresses) > 1:
        names = ", ".join(hop.name if isinstance(hop, Unknown) else str(hop) for hop in candidate.addresses)
        reason = "Azure spreads flows over the next hops"
        trail = trail.under((Unknown(f"one of {names}", UnknownKind.REFERENCE, reason, source),))
    for hop in candidate.addresses:
        if isinstance(hop, Unknown):
            yield trail.lost(addresses, hop)
        else:
            yield from _to_appliance(estate, trail, hop, addresses)


def _to_appliance(estate: Estate, trail: Trail, hop: Address, addresses: AddressSet) -> Iterator[Way]:
    found = list(hosts(estate, trail.subject, hop))
    for host in found:
        here = trail.under((*host.unknowns, *host.chance), host.assumptions)
        own = host.own(addresses, hop)
        if own:
            reason = f"{host.subject.name} has the address"
            yield here.end(own, Ending(EndingKind.DELIVERED, reason, host.subject))
        if addresses - own:
            yield from _to_host(estate, here, host, hop, addresses - own)
    if all(host.unknowns for host in found):
        nothing = missing(estate, trail.subject, hop)
        doubts = [unknown for host in found for unknown in host.unknowns]
        here = trail.under(doubts, nothing.assumptions)
        if nothing.unseen is not None:
            here = here.under((nothing.unseen,))
            yield here.lost(addresses, nothing.unseen)
        yield here.end(addresses, Ending(EndingKind.NO_SUCH_HOP, nothing.reason, hop=hop))


def _to_host(estate: Estate, trail: Trail, host: Host, hop: Address, addresses: AddressSet) -> Iterator[Way]:
    """What becomes of packets at something that they are not meant for."""
    subject = host.subject
    circle = trail.circle(subject)
    if circle:
        round_ = " → ".join((*((stop.entered or stop.subject).name for stop in circle), subject.name))
        yield trail.end(addresses, Ending(EndingKind.LOOP, f"a loop, {round_}", subject, hop=hop))
        return
    forwarding = True if host.kind is StopKind.FIREWALL else forwards(subject)
    if isinstance(forwarding, Unknown):
        trail = trail.under((forwarding,))
    if forwarding is not True:
        reason = f"IP forwarding is not enabled on {subject.name}"
        yield trail.end(addresses, Ending(EndingKind.NOT_FORWARDING, reason, subject, hop=hop))
    if forwarding is not False:
        yield from _send_on(estate, trail.under(assumptions=("appliance-policy",)), host, addresses)


def _send_on(estate: Estate, trail: Trail, host: Host, addresses: AddressSet) -> Iterator[Way]:
    """What an appliance does, as far as Azure lets it."""
    subject = host.subject
    if estate.assumptions["appliance-policy"] == "unknown":
        reason = "what an appliance sends on is its own affair"
        policy = Unknown(f"policy of {subject.name}", UnknownKind.RULES, reason, subject.source)
        trail = trail.under((policy,))
        yield trail.lost(addresses, policy)
    exits = [found for found in estate.interfaces_of(subject) if found is subject or forwards(found) is not False]
    if len(exits) > 1:
        trail = trail.under(assumptions=("appliance-interface",))
        if estate.assumptions["appliance-interface"] == "same":
            exits = exits[:1]
        else:
            name, reason = f"network interface by which {subject.name} sends on", "the machine has several"
            trail = trail.under((Unknown(name, UnknownKind.REFERENCE, reason, subject.source),))
    for leaving in exits:
        here = replace(trail, kind=host.kind, subject=leaving, entered=subject, balancer=host.balancer, gateway=None)
        yield from _leave(estate, here, addresses)
