"""Which places have the same meaning as before in every respect: not only their rules.

A network interface of which an address, what leads to it, or whether it sends packets on says something else is told as
changed, and so is one whose packets take another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nwpolicy.azure.subjects import interface_subject, interfaces_in, subnet_subject
from nwpolicy.model.network import IpConfiguration, LoadBalancer, NetworkInterface, PublicIpAddress, Subnet
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.definitions import DefinitionPair
from nwpolicy.queries.report.answers import RouteChange
from nwpolicy.queries.verify import place_answer

__all__ = ["unchanged"]


def unchanged(
    places: Iterable[PlaceAnswer], new: Snapshot, trees: Iterable[DefinitionPair], routes: Iterable[RouteChange]
) -> tuple[PlaceAnswer, ...]:
    """The places without those of which something but their rules changed. `trees` are the definitions that differ."""
    rerouted = {place for route in routes for place in route.places}
    nics = {id(nic): nic for nic in (*_touched(new, list(trees)), *_inside(new, rerouted))}
    others = rerouted | {place_answer(interface_subject(new, nic)) for nic in nics.values()}
    return tuple(place for place in places if place not in others)


def _inside(snapshot: Snapshot, places: set[PlaceAnswer]) -> Iterator[NetworkInterface]:
    """The network interfaces in these of the subnets."""
    for subnet in snapshot.all(Subnet) if places else ():
        if place_answer(subnet_subject(snapshot, subnet)) in places:
            yield from interfaces_in(snapshot, subnet)


def _touched(snapshot: Snapshot, trees: list[DefinitionPair]) -> Iterator[NetworkInterface]:
    """The network interfaces that differ, or to which something leads that does."""
    yield from (
        pair.new for pair in trees if isinstance(pair.new, NetworkInterface) and _own(pair.old) != _own(pair.new)
    )
    leading = [pair.one for pair in trees if isinstance(pair.one, PublicIpAddress | LoadBalancer)]
    yield from _owners(snapshot, leading)
    names = {(one.type, one.name.lower()) for one in leading}
    for nic in snapshot.all(NetworkInterface) if names else ():
        references = (r for one in nic.ip_configurations for r in (one.public_ip_address, *one.load_balancers))
        if any(isinstance(one, Reference) and (one.type, one.name.lower()) in names for one in references):
            yield nic


def _own(nic: Resource | None) -> str:
    """The addresses of a network interface and what it does with packets, in words: unknowns belong to their files."""
    return repr((nic.ip_configurations, nic.enable_ip_forwarding)) if isinstance(nic, NetworkInterface) else ""


def _owners(snapshot: Snapshot, leading: Iterable[Resource]) -> Iterator[NetworkInterface]:
    """Those of public addresses that say themselves what they belong to."""
    for address in leading:
        if isinstance(address, PublicIpAddress) and address.ip_configuration is not None:
            parents = (snapshot.parent(found) for found in snapshot.find(IpConfiguration, address.ip_configuration))
            yield from (parent for parent in parents if isinstance(parent, NetworkInterface))
