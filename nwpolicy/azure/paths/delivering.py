"""What a virtual network does with packets that arrived in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.azure.paths.estate import Estate
from nwpolicy.azure.paths.owners import Owned
from nwpolicy.azure.paths.trail import unknown_ending
from nwpolicy.azure.paths.ways import Ending, EndingKind, Way
from nwpolicy.azure.spaces import union
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["deliver"]


def deliver(estate: Estate, way: Way) -> Iterator[Way]:
    """One way for each subject that has some of the destinations, the rest unowned. A way that did not arrive in a
    network stays what it is."""
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
    unknowns = tuple(dict.fromkeys((*way.unknowns, *owned.unknowns)))
    if owned.subject is not None:
        ending = Ending(EndingKind.DELIVERED, f"{owned.subject.name} has the address", owned.subject)
    else:
        unseen = _backend(owned)
        ending, unknowns = unknown_ending(unseen), (*unknowns, unseen)
    return replace(way, destinations=owned.addresses, ending=ending, unknowns=unknowns)


def _backend(owned: Owned) -> Unknown:
    """A load balancer sends to other addresses and ports, by rules of its own."""
    assert owned.balancer is not None
    reason = "rules of load balancers are not modelled"
    return Unknown(f"backend of {owned.balancer.name}", UnknownKind.REFERENCE, reason, owned.balancer.source)


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
        yield replace(way, ending=unknown_ending(unseen), unknowns=unknowns, assumptions=assumptions)
    ending = Ending(EndingKind.UNOWNED, reason, network=network)
    yield replace(way, ending=ending, unknowns=unknowns, assumptions=assumptions)
