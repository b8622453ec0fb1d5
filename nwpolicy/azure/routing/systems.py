"""The routes that Azure gives to every subnet by itself, and those of service endpoints.

Sources: Microsoft Learn, Virtual network traffic routing, "System routes"; Virtual network service endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.routing.table import (
    Candidate,
    NextHop,
    RouteKind,
    RoutePrefix,
    open_parts,
    route_prefixes,
)
from nwpolicy.azure.routing.userroutes import TagParts, tag_parts
from nwpolicy.azure.spaces import INTERNET
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import Family
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.resource import ServiceTag
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["endpoint_routes", "standard_routes"]

#: Blocks that have a route to nowhere.
_RESERVED: Final = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")

#: The service tags that hold the prefixes of services with endpoints.
_SERVICES: Final = {
    "microsoft.azureactivedirectory": "AzureActiveDirectory",
    "microsoft.azurecosmosdb": "AzureCosmosDB",
    "microsoft.cognitiveservices": "CognitiveServicesManagement",
    "microsoft.containerregistry": "AzureContainerRegistry",
    "microsoft.eventhub": "EventHub",
    "microsoft.keyvault": "AzureKeyVault",
    "microsoft.servicebus": "ServiceBus",
    "microsoft.sql": "Sql",
    "microsoft.storage": "Storage",
    "microsoft.storage.global": "Storage",
    "microsoft.web": "AppService",
}


def standard_routes(subject: Subject) -> Iterator[Candidate]:
    """To the virtual network, to the internet, and to nowhere."""
    network = subject.virtual_network
    if network is None:
        reason = "the input does not show the virtual network"
        unseen = Unknown("routes of the virtual network", UnknownKind.RULES, reason, subject.source)
        yield Candidate(RouteKind.VIRTUAL_NETWORK, unseen.of_kind(UnknownKind.TEXT), open=((unseen, None),))
    else:
        yield _network_route(network)
    for family in _families(network):
        everything = (RoutePrefix(family, 0, 0),)
        yield Candidate(RouteKind.INTERNET, NextHop.INTERNET, everything, definition=str(everything[0]))
    for text in _RESERVED:
        yield _reserved_route(RoutePrefix.parse(text), network)


def _families(network: VirtualNetwork | None) -> tuple[Family, ...]:
    """The families that the network has, or may have: IPv4 in any case."""
    if network is None or any(isinstance(p, Unknown) or p.addresses.v6 for p in network.address_space):
        return (Family.IPV4, Family.IPV6)
    return (Family.IPV4,)


def _network_route(network: VirtualNetwork) -> Candidate:
    return Candidate(
        RouteKind.VIRTUAL_NETWORK,
        NextHop.VNET_LOCAL,
        route_prefixes(network.address_space),
        open_parts(network.address_space),
        definition=network.name,
        source=network.field_source("addressSpace"),
    )


def _reserved_route(block: RoutePrefix, network: VirtualNetwork | None) -> Candidate:
    """The route is not there where the virtual network's own prefix is the block, or holds it."""
    own = () if network is None else route_prefixes(network.address_space)
    holder = next((prefix for prefix in own if prefix.covers(block)), None)
    removed = f"the address space {holder} of the virtual network holds the block" if holder is not None else None
    return Candidate(
        RouteKind.RESERVED,
        NextHop.NONE,
        (block,),
        removed=removed,
        definition=str(block),
        yields_to_default=True,
    )


def endpoint_routes(terms: Terms, subnet: Subnet | None) -> Iterator[Candidate]:
    """To the services for which the subnet has endpoints."""
    if subnet is None:
        return
    source = subnet.field_source("serviceEndpoints")
    for service in subnet.service_endpoints:
        prefixes, open_, doubts = _service_parts(terms, service, source)
        yield Candidate(
            RouteKind.SERVICE_ENDPOINT,
            NextHop.SERVICE_ENDPOINT,
            prefixes,
            open_,
            bounded_by=doubts,
            definition=service,
            source=source,
        )


def _service_parts(terms: Terms, service: str, source: Source) -> TagParts:
    tag = _SERVICES.get(service.lower())
    if tag is not None:
        return tag_parts(terms, ServiceTag(tag, source))
    reason = "it is not known which service tag holds the prefixes of the service"
    return (), ((Unknown(f"prefixes of {service}", UnknownKind.ADDRESS, reason, source), INTERNET),), ()
