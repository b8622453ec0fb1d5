"""The subnets that have user-defined routes, and words for these routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.effective import EffectiveTable
from nwpolicy.azure.routing.table import Candidate
from nwpolicy.azure.routing.written import WrittenRoute, written_routes
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.subjects import Subject, subnet_subject
from nwpolicy.azure.virtualnetwork import tag_without_routes
from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.views import Example
from nwpolicy.logic.witness import favourite
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.avnm import RoutingRule
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.routes import Route
from nwpolicy.model.source import SourceLocation

__all__ = [
    "RoutedSubnet",
    "example_of",
    "first_allowed",
    "hop_place",
    "label",
    "names_of",
    "prefix_place",
    "routed_subnets",
    "subnet_name",
]


class RoutedSubnet:
    """A subnet with the routes that its user defined."""

    def __init__(self, estate: Estate, network: VirtualNetwork, subnet: Subnet) -> None:
        self.network, self.subnet = network, subnet
        self.name = subnet_name(network, subnet)
        self.subject: Subject = subnet_subject(estate.snapshot, subnet)
        self._estate = estate

    @cached_property
    def table(self) -> EffectiveTable:
        return self._estate.table(self.subject)

    @cached_property
    def routes(self) -> tuple[WrittenRoute, ...]:
        """Those that are there by assumption too, but for those that are not."""
        found = written_routes(self._estate.snapshot, self.table, self._estate.assumptions)
        return tuple(route for route in found if all(holds for _, holds in route.candidate.rests_on))

    @cached_property
    def tag_without_routes(self) -> Space:
        """What VirtualNetwork holds but for these routes."""
        return tag_without_routes(self._estate.snapshot, self.subject, self._estate.assumptions)

    @cached_property
    def held_without_routes(self) -> AddressSet:
        """Every address that VirtualNetwork holds, or may, but for these routes."""
        return replace(self.tag_without_routes, doubts=()).reach


def routed_subnets(estate: Estate) -> Iterator[RoutedSubnet]:
    for network in estate.snapshot.all(VirtualNetwork):
        for subnet in network.subnets:
            place = RoutedSubnet(estate, network, subnet)
            if place.routes:
                yield place


def subnet_name(network: VirtualNetwork, subnet: Subnet) -> str:
    return f"{network.name}/{subnet.name}"


def label(candidate: Candidate) -> str:
    """A route in a few words: `route default of rt-spoke`."""
    return f"route {candidate.name} of {candidate.definition}"


def hop_place(definition: Route | RoutingRule) -> SourceLocation:
    """Where the next hop of a route is written."""
    return definition.field_source("nextHopIpAddress", "nextHop", "nextHopType").location


def prefix_place(definition: Route | RoutingRule) -> SourceLocation:
    """Where the destination of a route is written."""
    return definition.field_source("addressPrefix", "destination").location


def example_of(addresses: AddressSet) -> Address:
    """The address of the set that a person recognises best."""
    flow = favourite(boxes_of(FlowSet(destination=addresses))[0])
    return Address(flow.family, flow.destination)


def first_allowed(chain: Chain, asked: FlowSet) -> Example | None:
    """The flow that a person recognises best of each part of the asked ones, if it is allowed whatever the unknowns
    are. None does not say that nothing is."""
    for box in boxes_of(asked):
        flow = favourite(box)
        try:
            trace = evaluate(chain, flow)
        except MissingValueError:
            continue
        if trace.allowed:
            return Example(flow, {}, trace)
    return None


def names_of(places: Iterable[RoutedSubnet]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.name for place in places))
