"""Peerings of which only one side is there, or does its part.

Sources: Microsoft Learn, Create, change, or delete a virtual network peering: a peering is connected once both sides
have it; Configure VPN gateway transit for virtual network peering: the other side has to allow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.lookup import backward, known_space, remote_network
from nwpolicy.azure.routing.table import conditions_of
from nwpolicy.azure.virtualnetwork import lacks_other_side
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import VirtualNetwork, VirtualNetworkPeering
from nwpolicy.model.resource import Reference
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import example_of

__all__ = ["peering_findings"]

_KIND: Final = RouteFindingKind.HALF_OPEN_PEERING


def peering_findings(estate: Estate) -> Iterator[RouteFinding]:
    for network in estate.snapshot.all(VirtualNetwork):
        for peering in network.peerings:
            remote = remote_network(estate.snapshot, peering)
            state = peering.peering_state or "Connected"
            if state.lower() != "connected":
                yield _not_connected(peering, state, network, remote)
            elif remote is not None and lacks_other_side(estate.snapshot, peering):
                if not _is_open(network, remote):
                    yield _one_sided(estate, peering, network, remote)
            elif remote is not None:
                yield from _without_transit(estate, peering, network, remote)


def _is_open(network: VirtualNetwork, remote: VirtualNetwork) -> bool:
    """Whether a name that is known in part may hide the peering back."""
    targets = (peering.remote_virtual_network for peering in remote.peerings)
    return "{" in network.name + remote.name or any(isinstance(t, Reference) and t.id.is_open for t in targets)


def _not_connected(
    peering: VirtualNetworkPeering, state: str, network: VirtualNetwork, remote: VirtualNetwork | None
) -> RouteFinding:
    doubts = conditions_of(peering)
    return RouteFinding(
        kind=_KIND,
        severity=Severity.WARNING,
        certain=not doubts,
        message=f"the peering {peering.name} of {network.name} is {state}",
        about=f"{network.name}/{peering.name}",
        location=peering.field_source("peeringState").location,
        reason="a peering carries traffic only while both sides are Connected",
        witness=_unreached(network, remote),
        fix="create the peering on both sides; one that is Disconnected has to be deleted on both before",
        reference=REFERENCES[_KIND],
        depends_on=dependencies(doubts),
    )


def _one_sided(
    estate: Estate, peering: VirtualNetworkPeering, network: VirtualNetwork, remote: VirtualNetwork
) -> RouteFinding:
    return RouteFinding(
        kind=_KIND,
        severity=Severity.WARNING,
        certain=False,
        message=f"{remote.name} has no peering back to {network.name}",
        about=f"{network.name}/{peering.name}",
        location=peering.field_source("remoteVirtualNetwork").location,
        reason=f"the input shows {remote.name}, and there no peering that answers {peering.name}",
        witness=_unreached(network, remote),
        fix=f"define a peering of {remote.name} with {network.name}",
        reference=REFERENCES[_KIND],
        related=(remote.source.location,),
        depends_on=dependencies(conditions_of(peering, remote)),
        assumptions=used(estate.assumptions, {"one-sided-peering"}),
    )


def _without_transit(
    estate: Estate, peering: VirtualNetworkPeering, network: VirtualNetwork, remote: VirtualNetwork
) -> Iterator[RouteFinding]:
    """A side that uses the gateway of the other, which does not let it."""
    back = backward(estate.snapshot, remote, network)
    if back is None or peering.use_remote_gateways is not True or back.allow_gateway_transit is not False:
        return
    doubts = conditions_of(peering, remote, back)
    place = back.field_source("allowGatewayTransit").location
    yield RouteFinding(
        kind=_KIND,
        severity=Severity.WARNING,
        certain=not doubts,
        message=f"{peering.name} of {network.name} uses the gateway of {remote.name}, which does not allow it",
        about=f"{network.name}/{peering.name}",
        location=peering.field_source("useRemoteGateways").location,
        reason=f"{back.name} of {remote.name} does not allow gateway transit",
        witness=None,
        fix=f"allow gateway transit in {back.name} of {remote.name}",
        reference=REFERENCES[_KIND],
        related=(place,),
        depends_on=dependencies(doubts),
    )


def _unreached(network: VirtualNetwork, remote: VirtualNetwork | None) -> str | None:
    space = known_space(remote) if remote is not None else None
    return f"{example_of(space)} from {network.name}" if space else None
