"""What is doubtful in the routes of an estate: each finding is decided by effective routes and by the ways of packets,
not by looks.

Source: Microsoft Learn, Virtual network traffic routing; each kind names its own.
"""

from __future__ import annotations

from itertools import chain

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.subjects import interfaces_in
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.routefindings.finding import RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.gatewayhops import gateway_hop_findings
from nwpolicy.queries.routefindings.gatewaysubnet import gateway_subnet_findings
from nwpolicy.queries.routefindings.hops import hop_findings
from nwpolicy.queries.routefindings.inbound import inbound_findings
from nwpolicy.queries.routefindings.peerings import peering_findings
from nwpolicy.queries.routefindings.places import RoutedSubnet, routed_subnets
from nwpolicy.queries.routefindings.unused import unused_findings
from nwpolicy.queries.routefindings.widening import widening_findings

__all__ = ["RouteFinding", "RouteFindingKind", "route_findings"]


def route_findings(
    snapshot: Snapshot, assumptions: Assumptions = DEFAULTS, *, filtered_only: bool = False
) -> tuple[RouteFinding, ...]:
    """Every finding about routes, in the order of the input; `filtered_only`: those that filters have a part in."""
    estate = Estate(snapshot, assumptions)
    places = tuple(routed_subnets(estate))
    if filtered_only:
        filtered = [place for place in places if _is_filtered(snapshot, place)]
        asked = (*inbound_findings(estate, filtered), *widening_findings(estate, filtered))
        return tuple(sorted(asked, key=lambda finding: finding.sort_key))
    gateways = tuple(gateway_hop_findings(estate, places))
    named = {finding.location for finding in gateways}
    found = chain(
        (
            f
            for f in hop_findings(estate, places)
            if f.kind is not RouteFindingKind.NO_GATEWAY or f.location not in named
        ),
        gateways,
        gateway_subnet_findings(estate, places),
        inbound_findings(estate, places),
        unused_findings(estate, places),
        widening_findings(estate, places),
        peering_findings(estate),
    )
    return tuple(sorted(found, key=lambda finding: finding.sort_key))


def _is_filtered(snapshot: Snapshot, place: RoutedSubnet) -> bool:
    """Whether a network security group is attached to the subnet, or to an interface in it."""
    holders: tuple[Subnet | NetworkInterface, ...] = (place.subnet, *interfaces_in(snapshot, place.subnet))
    return any(holder.network_security_group is not None for holder in holders)
