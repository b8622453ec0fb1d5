"""How networks, their peerings and their gateways find one another."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.spaces import PRIVATE, union
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.network import VirtualNetwork, VirtualNetworkPeering
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["backward", "is_same", "known_space", "named_unknown", "outside", "remote_network"]


def remote_network(snapshot: Snapshot, peering: VirtualNetworkPeering) -> VirtualNetwork | None:
    """The other network of a peering, where the input has it."""
    reference = peering.remote_virtual_network
    found = snapshot.find(VirtualNetwork, reference) if isinstance(reference, Reference) else ()
    return found[0] if len(found) == 1 else None


def backward(snapshot: Snapshot, remote: VirtualNetwork, network: VirtualNetwork) -> VirtualNetworkPeering | None:
    """The peering of the other network with this one."""
    for peering in remote.peerings:
        reference = peering.remote_virtual_network
        if isinstance(reference, Reference) and is_same(snapshot, reference, network):
            return peering
    return None


def is_same(snapshot: Snapshot, reference: Reference, wanted: Resource) -> bool:
    return any(found is wanted for found in snapshot.find(type(wanted), reference))


def known_space(network: VirtualNetwork) -> AddressSet:
    """The address space as far as the input tells it."""
    return union(p.addresses for p in network.address_space if isinstance(p, AddressPrefix))


def outside(snapshot: Snapshot, network: VirtualNetwork, assumptions: Assumptions) -> AddressSet:
    """Where the address space of another network that is connected to this one can lie: connected networks do not
    overlap, and by assumption it is private."""
    taken = [known_space(network)]
    for peering in network.peerings:
        remote = remote_network(snapshot, peering)
        if remote is not None:
            taken.append(known_space(remote))
    whole = ANY_ADDRESS if assumptions["unknown-route-prefixes"] == "any" else PRIVATE
    return whole - union(taken)


def named_unknown(name: str, reason: str, resource: Resource, kind: UnknownKind = UnknownKind.ADDRESS) -> Unknown:
    return Unknown(name, kind, reason, resource.source)
