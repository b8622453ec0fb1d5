"""What lies behind virtual network gateways, as far as the definitions tell.

Sources: Microsoft Learn, Virtual network traffic routing, "Border gateway protocol"; About BGP with VPN Gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from nwpolicy.azure.spaces import NOWHERE, Space, conditional, existing, joined, prefix_space
from nwpolicy.model.network import GatewayConnection, LocalNetworkGateway, VirtualNetwork, VirtualNetworkGateway
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["gateway_space", "is_same", "unseen_space"]

#: The networks of a gateway, and what lies behind it.
_Held: TypeAlias = tuple[tuple[VirtualNetwork, ...] | Unknown, Space]


def gateway_space(snapshot: Snapshot, network: VirtualNetwork, *, defaults: bool) -> Space:
    """What the network's own gateways reach; by routes for every address only with `defaults`."""
    held = snapshot.derived(_every_prefix if defaults else _no_default_routes)
    return joined(
        conditional(space, where) if isinstance(where, Unknown) else space
        for where, space in held
        if isinstance(where, Unknown) or any(found is network for found in where)
    )


def _every_prefix(snapshot: Snapshot) -> tuple[_Held, ...]:
    return tuple(_held_gateways(snapshot, defaults=True))


def _no_default_routes(snapshot: Snapshot) -> tuple[_Held, ...]:
    return tuple(_held_gateways(snapshot, defaults=False))


def _held_gateways(snapshot: Snapshot, *, defaults: bool) -> Iterator[_Held]:
    for gateway in snapshot.all(VirtualNetworkGateway):
        network = gateway.virtual_network
        where = snapshot.find(VirtualNetwork, network) if isinstance(network, Reference) else network
        yield where, existing(_behind(snapshot, gateway, defaults=defaults), gateway)


def _behind(snapshot: Snapshot, gateway: VirtualNetworkGateway, *, defaults: bool) -> Space:
    spaces = [_prefixes(gateway.bgp_prefixes, defaults=defaults)] if gateway.bgp_prefixes else []
    spaces += _connected(snapshot, gateway, defaults=defaults)
    if spaces:
        return joined(spaces)
    reason = "the input does not tell which prefixes the gateway reaches"
    unseen = Unknown(f"prefixes behind {gateway.name}", UnknownKind.ADDRESS, reason, gateway.source)
    return Space(unknown=((unseen, None),))


def _prefixes(prefixes: Iterable[AddressPrefix | Unknown], *, defaults: bool) -> Space:
    return prefix_space(p for p in prefixes if defaults or isinstance(p, Unknown) or not _is_default(p))


def _is_default(prefix: AddressPrefix) -> bool:
    return prefix.addresses.v4.is_full or prefix.addresses.v6.is_full


def _connected(snapshot: Snapshot, gateway: VirtualNetworkGateway, *, defaults: bool) -> Iterator[Space]:
    """What the gateway's connections reach. What lies behind one to something other than a site is known only where
    the gateway's prefixes are given."""
    for connection in snapshot.all(GatewayConnection):
        site = connection.local_network_gateway
        ends = [connection.virtual_network_gateway]
        if site is None:
            ends += [connection.other_gateway] if connection.other_gateway is not None else []
        if site is not None or not gateway.bgp_prefixes:
            space = existing(_far_side(snapshot, connection, defaults=defaults), connection)
            yield from (found for end in ends if (found := _if_same(snapshot, end, gateway, space)) != NOWHERE)


def _far_side(snapshot: Snapshot, connection: GatewayConnection, *, defaults: bool) -> Space:
    site = connection.local_network_gateway
    if site is None:
        name = f"prefixes behind {connection.name}"
        reason = "the input does not tell which prefixes the connection reaches"
        return Space(unknown=((Unknown(name, UnknownKind.ADDRESS, reason, connection.source), None),))
    found = snapshot.find(LocalNetworkGateway, site) if isinstance(site, Reference) else ()
    if len(found) == 1:
        return existing(_prefixes(found[0].address_prefixes, defaults=defaults), found[0])
    return Space(unknown=((unseen_space(site, None), None),))


def _if_same(snapshot: Snapshot, reference: Reference | Unknown, wanted: Resource, space: Space) -> Space:
    """The space if the reference means what is wanted."""
    if isinstance(reference, Unknown):
        return conditional(space, reference)
    return space if is_same(snapshot, reference, wanted) else NOWHERE


def is_same(snapshot: Snapshot, reference: Reference, wanted: Resource) -> bool:
    """Whether the reference means this definition."""
    return any(resource is wanted for resource in snapshot.find(type(wanted), reference))


def unseen_space(reference: Reference | Unknown, owner: Resource | None) -> Unknown:
    """The addresses of something that the input does not show."""
    if isinstance(reference, Unknown):
        return reference.of_kind(UnknownKind.ADDRESS)
    source = owner.source if owner is not None else reference.source
    reason = f"{reference.name} is not defined in the input"
    return Unknown(f"address space of {reference.name}", UnknownKind.ADDRESS, reason, source)
