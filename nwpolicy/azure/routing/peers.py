"""The routes that connected virtual networks add to a subnet: of peerings, and to private endpoints on either side.

Sources: Microsoft Learn, Virtual network traffic routing, "Optional default routes"; Virtual network peering; How to
configure subnet peering; Manage network policies for private endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing.lookup import named_unknown, outside, remote_network
from nwpolicy.azure.routing.table import (
    Candidate,
    NextHop,
    RouteKind,
    RoutePrefix,
    conditions_of,
    open_parts,
    route_prefixes,
)
from nwpolicy.azure.spaces import PRIVATE, UnknownPart, prefix_space
from nwpolicy.azure.subjects import Subject, endpoint_subject, subnet_of
from nwpolicy.azure.virtualnetwork import lacks_other_side
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.network import PrivateEndpoint, Subnet, VirtualNetwork, VirtualNetworkPeering
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Link", "hop_to", "peering_links", "peering_routes", "private_endpoint_routes", "removed_by"]

_PREFIX_BOUND = "unknown-route-prefixes"


@dataclass(frozen=True, slots=True)
class Link:
    """A network that is connected, or may be: under conditions, by assumption, or not at all (`removed`)."""

    network: VirtualNetwork | None
    conditions: tuple[Unknown, ...] = ()
    rests_on: tuple[tuple[str, bool], ...] = ()
    removed: str | None = None


def peering_links(
    snapshot: Snapshot, subject: Subject, assumptions: Assumptions
) -> Iterator[tuple[VirtualNetworkPeering, Link]]:
    """The peerings of the subject's network, and whether they connect its subnet."""
    network = subject.virtual_network
    for peering in network.peerings if network is not None else ():
        remote = remote_network(snapshot, peering)
        conditions = [*conditions_of(peering, remote), *_local_conditions(peering, subject.subnet)]
        rests_on: tuple[tuple[str, bool], ...] = ()
        if lacks_other_side(snapshot, peering):
            rests_on = (("one-sided-peering", assumptions["one-sided-peering"] == "connected"),)
        yield peering, Link(remote, tuple(conditions), rests_on, _not_connected(peering, subject.subnet))


def _not_connected(peering: VirtualNetworkPeering, subnet: Subnet | None) -> str | None:
    state = peering.peering_state or "Connected"
    if state.lower() != "connected":
        return f"the peering {peering.name} is {state}"
    names = peering.local_subnet_names
    if peering.peer_complete_vnets is False and names and all(isinstance(name, str) for name in names):
        known = {name.lower() for name in names if isinstance(name, str)}
        if subnet is not None and subnet.name.lower() not in known:
            return f"the peering {peering.name} leaves out the subnet {subnet.name}"
    return None


def _local_conditions(peering: VirtualNetworkPeering, subnet: Subnet | None) -> Iterator[Unknown]:
    """What it takes for a peering of some subnets to hold for this one."""
    if peering.peer_complete_vnets is True:
        return
    place = subnet.name if subnet is not None else "the subnet"
    names = peering.local_subnet_names
    whole = isinstance(peering.peer_complete_vnets, bool)
    if whole and names and subnet is not None and all(isinstance(name, str) for name in names):
        return
    reason = "the input does not tell which subnets are peered"
    yield named_unknown(f"{peering.name} holds for {place}", reason, peering, UnknownKind.CONDITION)


def peering_routes(
    snapshot: Snapshot, subject: Subject, table: RouteTable | Unknown | None, assumptions: Assumptions
) -> Iterator[Candidate]:
    """One route for each peering, with each prefix of the other network."""
    disabled = removed_by(table)
    network = subject.virtual_network
    for peering, link in peering_links(snapshot, subject, assumptions):
        assert network is not None
        prefixes, open_ = _remote_parts(snapshot, peering, network, assumptions)
        candidate = Candidate(
            RouteKind.PEERING,
            hop_to(network, link.network),
            prefixes,
            open_,
            bounded_by=(_PREFIX_BOUND,) if open_ else (),
            conditions=link.conditions,
            rests_on=link.rests_on,
            removed=link.removed or disabled,
            definition=peering.name,
            target=link.network,
            source=peering.source,
        )
        yield _beside(candidate, table)


def removed_by(table: RouteTable | Unknown | None) -> str | None:
    """Why there are no peering routes beside the route table."""
    if isinstance(table, RouteTable) and table.disable_peering_route.lower() == "all" and table.condition is None:
        return f"the route table {table.name} takes peering routes away"
    return None


def _beside(candidate: Candidate, table: RouteTable | Unknown | None) -> Candidate:
    """The route, where it is not known whether the route table takes peering routes away."""
    if isinstance(table, Unknown):
        kept = Unknown(f"peering routes beside {table.name}", UnknownKind.CONDITION, table.reason, table.source)
    elif table is not None and table.disable_peering_route.lower() == "all" and table.condition is not None:
        kept = replace(table.condition, name=f"not {table.condition.name}", kind=UnknownKind.CONDITION)
    else:
        return candidate
    return replace(candidate, conditions=(*candidate.conditions, kept))


def hop_to(network: VirtualNetwork, remote: VirtualNetwork | None) -> NextHop:
    """Peerings between regions have a name of their own."""
    here, there = network.location, remote.location if remote is not None else None
    known = here and there and "{" not in here + there
    return NextHop.GLOBAL_PEERING if known and here != there else NextHop.PEERING


def _remote_parts(
    snapshot: Snapshot, peering: VirtualNetworkPeering, network: VirtualNetwork, assumptions: Assumptions
) -> tuple[tuple[RoutePrefix, ...], tuple[UnknownPart, ...]]:
    remote = remote_network(snapshot, peering)
    bound = outside(snapshot, network, assumptions)
    if peering.peer_complete_vnets is not True:
        return _subnet_parts(peering, remote, bound)
    prefixes = remote.address_space if remote is not None else peering.remote_address_space
    if prefixes:
        return route_prefixes(prefixes), open_parts(prefixes, bound)
    reference = peering.remote_virtual_network
    reason = f"{reference.name} is not defined in the input"
    if isinstance(reference, Unknown):
        return (), ((reference.of_kind(UnknownKind.ADDRESS), bound),)
    return (), ((named_unknown(f"address space of {reference.name}", reason, peering), bound),)


def _subnet_parts(
    peering: VirtualNetworkPeering, remote: VirtualNetwork | None, bound: AddressSet
) -> tuple[tuple[RoutePrefix, ...], tuple[UnknownPart, ...]]:
    """The prefixes of the subnets that are peered, where only some are."""
    names = {name.lower() for name in peering.remote_subnet_names if isinstance(name, str)}
    every = len(names) == len(peering.remote_subnet_names) > 0 and peering.peer_complete_vnets is False
    if every and remote is not None:
        subnets = [subnet for subnet in remote.subnets if subnet.name.lower() in names]
        if len(subnets) == len(names):
            prefixes = [prefix for subnet in subnets for prefix in subnet.address_prefixes]
            return route_prefixes(prefixes), open_parts(prefixes, bound)
    space = prefix_space(remote.address_space if remote is not None else peering.remote_address_space)
    within = space.known if space.known and not space.unknown else bound
    reason = "the input does not tell which subnets are peered"
    return (), ((named_unknown(f"subnets peered by {peering.name}", reason, peering), within),)


def private_endpoint_routes(snapshot: Snapshot, subject: Subject, links: tuple[Link, ...]) -> Iterator[Candidate]:
    """To the private endpoints in the subject's network and in those connected to it."""
    own = (Link(subject.virtual_network),) if subject.virtual_network is not None else ()
    for endpoint in snapshot.all(PrivateEndpoint):
        subnet = subnet_of(snapshot, endpoint.subnet)
        network = snapshot.parent(subnet) if subnet is not None else None
        for link in (*own, *links):
            if link.network is not None and link.network is network:
                yield _endpoint_route(snapshot, endpoint, subnet, link)
        if subnet is None:
            name = f"{endpoint.name} is in a network connected to {subject.name}"
            near = named_unknown(name, "the input does not show its subnet", endpoint, UnknownKind.CONDITION)
            yield _endpoint_route(snapshot, endpoint, None, Link(None, (near,)))


def _endpoint_route(snapshot: Snapshot, endpoint: PrivateEndpoint, subnet: Subnet | None, link: Link) -> Candidate:
    space = endpoint_subject(snapshot, endpoint).space
    written = [a for a in endpoint.ip_addresses if isinstance(a, Address)]
    prefixes = tuple(RoutePrefix(a.family, a.number, a.family.width) for a in written)
    policy = subnet.private_endpoint_network_policies if subnet is not None else _unseen_policy(endpoint)
    follows = isinstance(policy, Unknown) or policy in {"RouteTableEnabled", "Enabled"}
    return Candidate(
        RouteKind.PRIVATE_ENDPOINT,
        NextHop.PRIVATE_ENDPOINT,
        prefixes,
        tuple((part, PRIVATE if within is None else within) for part, within in space.unknown),
        bounded_by=(_PREFIX_BOUND,) if any(within is None for _, within in space.unknown) else (),
        conditions=(*conditions_of(endpoint), *link.conditions),
        rests_on=link.rests_on,
        removed=link.removed,
        definition=endpoint.name,
        invalidated_from=_least_length(link.network, prefixes) if follows else None,
        policy=_applies(policy, endpoint) if isinstance(policy, Unknown) else None,
        target=endpoint,
        source=endpoint.source,
    )


def _unseen_policy(endpoint: PrivateEndpoint) -> Unknown:
    reason = "the input does not show its subnet"
    return named_unknown(f"private endpoint network policies of {endpoint.name}", reason, endpoint, UnknownKind.TEXT)


def _applies(policy: Unknown, endpoint: PrivateEndpoint) -> Unknown:
    name = f"route tables apply to {endpoint.name}"
    return Unknown(name, UnknownKind.CONDITION, policy.reason, policy.source, policy.scope)


def _least_length(network: VirtualNetwork | None, prefixes: tuple[RoutePrefix, ...]) -> int:
    """How specific a route has to be to count: as much as the network's address prefix that holds the endpoint."""
    space = network.address_space if network is not None else ()
    known = route_prefixes(prefix for prefix in space if isinstance(prefix, AddressPrefix))
    holding = [p.length for p in known if any(p.covers(endpoint) for endpoint in prefixes)]
    return max(holding, default=1)
