"""What is doubtful in the routes of an estate: each finding is decided by effective routes and by the ways of packets,
not by looks.

Source: Microsoft Learn, Virtual network traffic routing; each kind names its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
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

__all__ = ["RouteFinding", "RouteFindingKind", "findings_in", "route_findings"]


def route_findings(snapshot: Snapshot, assumptions: Assumptions = DEFAULTS) -> tuple[RouteFinding, ...]:
    """Every finding about routes, in the order of the input."""
    return findings_in(Estate(snapshot, assumptions))


def findings_in(
    estate: Estate, kinds: Set[RouteFindingKind] = frozenset(RouteFindingKind), *, filtered_only: bool = False
) -> tuple[RouteFinding, ...]:
    """The findings of these kinds; `filtered_only`: those that filters have a part in."""
    places = tuple(routed_subnets(estate))
    found: Iterable[RouteFinding]
    if filtered_only:
        filtered = [place for place in places if _is_filtered(estate.snapshot, place)]
        found = chain(inbound_findings(estate, filtered), _widening(estate, filtered, kinds))
    else:
        found = _everything(estate, places, kinds)
    return tuple(sorted((one for one in found if one.kind in kinds), key=lambda finding: finding.sort_key))


def _everything(estate: Estate, places: Sequence[RoutedSubnet], kinds: Set[RouteFindingKind]) -> Iterator[RouteFinding]:
    gateways = tuple(gateway_hop_findings(estate, places))
    named = {finding.location for finding in gateways}
    return chain(
        (
            f
            for f in hop_findings(estate, places)
            if f.kind is not RouteFindingKind.NO_GATEWAY or f.location not in named
        ),
        gateways,
        gateway_subnet_findings(estate, places),
        inbound_findings(estate, places),
        unused_findings(estate, places),
        _widening(estate, places, kinds),
        peering_findings(estate),
    )


def _widening(estate: Estate, places: Sequence[RoutedSubnet], kinds: Set[RouteFindingKind]) -> Iterable[RouteFinding]:
    """It takes a solver to tell whether a wider tag makes a difference: not where nobody asks."""
    return widening_findings(estate, places) if RouteFindingKind.WIDENED_TAG in kinds else ()


def _is_filtered(snapshot: Snapshot, place: RoutedSubnet) -> bool:
    """Whether a network security group is attached to the subnet, or to an interface in it."""
    holders: tuple[Subnet | NetworkInterface, ...] = (place.subnet, *interfaces_in(snapshot, place.subnet))
    return any(holder.network_security_group is not None for holder in holders)
