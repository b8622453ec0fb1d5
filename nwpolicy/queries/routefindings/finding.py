"""What a finding about routes says, and where it is documented."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AssumptionUsed, Dependency

__all__ = ["REFERENCES", "RouteFinding", "RouteFindingKind"]


class RouteFindingKind(StrEnum):
    """What is wrong with a route, a route table or a peering."""

    UNKNOWN_NEXT_HOP = "unknown-next-hop"
    """nothing that the subnet reaches has the address of the next hop"""
    NO_GATEWAY = "no-gateway"
    """the next hop is a gateway, and the virtual network uses none"""
    EXPRESS_ROUTE_HOP = "express-route-next-hop"
    """the next hop is a gateway, and the one in use is for ExpressRoute"""
    NOT_FORWARDING = "next-hop-not-forwarding"
    """the next hop is a network interface without IP forwarding"""
    LOOP = "routing-loop"
    """what the route sends away comes back to it"""
    GATEWAY_DEFAULT_ROUTE = "gateway-subnet-default-route"
    """a default route on GatewaySubnet"""
    GATEWAY_PROPAGATION = "gateway-subnet-propagation"
    """GatewaySubnet without the routes of its gateway"""
    ASYMMETRIC = "asymmetric-inbound"
    """replies to what comes in from the internet do not leave by the public address"""
    UNUSED = "unused-route"
    """no address takes the route, and none would go elsewhere without it"""
    REDUNDANT = "redundant-route"
    """what takes the route would go to the same next hop without it"""
    WIDENED_TAG = "widened-virtual-network"
    """the route adds addresses to VirtualNetwork, and a rule for that tag then decides about them"""
    HALF_OPEN_PEERING = "half-open-peering"
    """one side of a peering, or of its gateway transit, without the other"""


_ROUTING: Final = "Microsoft Learn, Virtual network traffic routing"
_GATEWAY_SUBNET: Final = 'Microsoft Learn, About VPN Gateway configuration settings, "Gateway subnet"'

#: Where it is documented what each kind is about.
REFERENCES: Final[Mapping[RouteFindingKind, str]] = {
    RouteFindingKind.UNKNOWN_NEXT_HOP: f'{_ROUTING}, "User-defined", Virtual appliance',
    RouteFindingKind.NO_GATEWAY: f'{_ROUTING}, "User-defined", Virtual network gateway',
    RouteFindingKind.EXPRESS_ROUTE_HOP: f'{_ROUTING}, "User-defined", Virtual network gateway',
    RouteFindingKind.NOT_FORWARDING: f'{_ROUTING}, "User-defined", Virtual appliance',
    RouteFindingKind.LOOP: f'{_ROUTING}, "User-defined", Virtual appliance',
    RouteFindingKind.GATEWAY_DEFAULT_ROUTE: f'{_ROUTING}, "0.0.0.0/0 address prefix"; {_GATEWAY_SUBNET}',
    RouteFindingKind.GATEWAY_PROPAGATION: f'{_ROUTING}, "Border gateway protocol"',
    RouteFindingKind.ASYMMETRIC: f'{_ROUTING}, "0.0.0.0/0 address prefix"; Microsoft Learn, Integrate Azure Firewall '
    'with Azure Standard Load Balancer, "Asymmetric routing"',
    RouteFindingKind.UNUSED: f'{_ROUTING}, "How Azure selects a route"',
    RouteFindingKind.REDUNDANT: f'{_ROUTING}, "How Azure selects a route"',
    RouteFindingKind.WIDENED_TAG: "Microsoft Learn, Virtual network service tags, VirtualNetwork",
    RouteFindingKind.HALF_OPEN_PEERING: "Microsoft Learn, Create, change, or delete a virtual network peering",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFinding:
    """A finding: one sentence, the route, table or peering that it is `about`, the place of the value, the `reason`, an
    example of what happens (`witness`), and what to do (`fix`).

    Of the input as it stands it is true where `certain`; otherwise it may be, depending on `depends_on` and on what the
    input does not show. `subnets` are those for which it was found, as virtual network/subnet. `assumptions` are those
    that it rests on, `related` other places that have a part in it."""

    kind: RouteFindingKind
    severity: Severity
    certain: bool
    message: str
    about: str
    location: SourceLocation
    reason: str
    witness: str | None
    fix: str
    reference: str
    subnets: tuple[str, ...] = ()
    related: tuple[SourceLocation, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    assumptions: tuple[AssumptionUsed, ...] = ()

    @property
    def sort_key(self) -> tuple[SourceLocation, str, str]:
        return (self.location, self.kind.value, self.message)
