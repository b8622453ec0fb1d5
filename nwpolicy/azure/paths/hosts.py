"""What has the address of a next hop, in the networks that a place reaches directly.

Sources: Microsoft Learn, Virtual network traffic routing, "User-defined"; Azure Firewall frequently asked questions, on
its subnet; Azure Load Balancer components, on what is sent to a frontend.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.paths.estate import Estate, forwards
from nwpolicy.azure.paths.ways import StopKind
from nwpolicy.azure.routing.lookup import known_space
from nwpolicy.azure.routing.peers import Link
from nwpolicy.azure.spaces import prefix_space
from nwpolicy.azure.subjects import Subject, subnet_subject
from nwpolicy.model.addresses import NO_ADDRESS, Address, AddressSet
from nwpolicy.model.network import LoadBalancer, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Host", "Missing", "forwarders", "hosts", "missing"]

#: Only an Azure Firewall can be in a subnet of this name.
_FIREWALL_SUBNET: Final = "azurefirewallsubnet"


@dataclass(frozen=True, slots=True)
class Host:
    """What has the address, or a backend of the load balancer that has it. It depends on `unknowns` whether it has, on
    `chance` whether it gets the packets."""

    subject: Subject
    kind: StopKind = StopKind.APPLIANCE
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()
    balancer: LoadBalancer | None = None
    chance: tuple[Unknown, ...] = ()

    def own(self, addresses: AddressSet, hop: Address) -> AddressSet:
        """What is meant for the host itself, and not to be sent on."""
        if self.balancer is not None:
            return NO_ADDRESS
        own = AddressSet.single(hop) if self.kind is StopKind.FIREWALL else self.subject.space.known
        return addresses & own


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing in the input has the address. `unseen`: something that the input does not show may have it."""

    reason: str
    unseen: Unknown | None
    assumptions: tuple[str, ...] = ()


def hosts(estate: Estate, subject: Subject, hop: Address) -> Iterator[Host]:
    """Everything that has, or may have, the address seen from a place."""
    for link in _reach(estate, subject):
        if link.network is None:
            continue
        names = tuple(name for name, _ in link.rests_on)
        firewall = _firewall(estate, link.network, hop)
        if firewall is not None:
            yield Host(firewall, StopKind.FIREWALL, link.conditions, names)
            continue
        for owned in estate.owned(link.network, AddressSet.single(hop)):
            unknowns = (*link.conditions, *owned.unknowns)
            if owned.subject is not None:
                yield Host(owned.subject, StopKind.APPLIANCE, unknowns, names)
            elif owned.balancer is not None:
                yield from _backends(estate, owned.balancer, unknowns, names)
    for owned in estate.owners.homeless(hop):
        if owned.subject is not None:
            yield Host(owned.subject, unknowns=owned.unknowns)


def forwarders(estate: Estate, subject: Subject) -> Iterator[Subject]:
    """What certainly sends on what is not its own, in the networks that a place reaches directly."""
    networks = [link.network for link in _reach(estate, subject) if link.network is not None and not link.conditions]
    near = {id(network) for network in networks}
    yield from (found for found in estate.subjects if id(found.virtual_network) in near and forwards(found) is True)
    for network in networks:
        subnets = (subnet for subnet in network.subnets if subnet.name.lower() == _FIREWALL_SUBNET)
        yield from (subnet_subject(estate.snapshot, subnet) for subnet in subnets)


def _reach(estate: Estate, subject: Subject) -> tuple[Link, ...]:
    return Link(subject.virtual_network), *estate.links(subject)


def _firewall(estate: Estate, network: VirtualNetwork, hop: Address) -> Subject | None:
    for subnet in network.subnets:
        if subnet.name.lower() == _FIREWALL_SUBNET and hop in prefix_space(subnet.address_prefixes).known:
            return subnet_subject(estate.snapshot, subnet)
    return None


def _backends(
    estate: Estate, balancer: LoadBalancer, unknowns: tuple[Unknown, ...], names: tuple[str, ...]
) -> Iterator[Host]:
    """Any of the backends may get a flow; the replies of one flow go to the same."""
    found = estate.backends(balancer)
    choice = _backend(balancer, "the load balancer spreads flows over its backends")
    chance = (choice,) if len(found) > 1 else ()
    if estate.assumptions["load-balancer-ports"] == "unknown":
        unknowns = (*unknowns, _ports(balancer))
    for backend in found:
        yield Host(backend, StopKind.APPLIANCE, unknowns, (*names, "load-balancer-ports"), balancer, chance)


def _backend(balancer: LoadBalancer, reason: str) -> Unknown:
    return Unknown(f"backend of {balancer.name}", UnknownKind.REFERENCE, reason, balancer.source)


def _ports(balancer: LoadBalancer) -> Unknown:
    reason = "rules of load balancers are not modelled"
    return Unknown(f"ports of {balancer.name}", UnknownKind.CONDITION, reason, balancer.source)


def missing(estate: Estate, subject: Subject, hop: Address) -> Missing:
    """What to say where nothing certainly has the address."""
    networks = [link.network for link in _reach(estate, subject)]
    owned = (o for network in networks if network is not None for o in estate.owned(network, AddressSet.single(hop)))
    balancer = next((found.balancer for found in owned if found.balancer is not None), None)
    if balancer is not None:
        return _behind(estate, balancer)
    within = any(network is not None and hop in known_space(network) for network in networks)
    if within:
        doubtful = estate.assumptions["unseen-addresses"] == "unknown"
        reason = f"nothing in the input has the address {hop}"
    else:
        doubtful = any(network is None or _is_open(network) for network in networks)
        reason = f"no network in reach has the address {hop}"
    unseen = Unknown(f"what has {hop}", UnknownKind.REFERENCE, reason, subject.source) if doubtful else None
    return Missing(reason, unseen, ("unseen-addresses",) if within else ())


def _behind(estate: Estate, balancer: LoadBalancer) -> Missing:
    reason = f"the input shows no backend of {balancer.name}"
    unseen = _ports(balancer) if estate.backends(balancer) else _backend(balancer, reason)
    return Missing(unseen.reason, unseen)


def _is_open(network: VirtualNetwork) -> bool:
    return any(isinstance(prefix, Unknown) for prefix in network.address_space)
