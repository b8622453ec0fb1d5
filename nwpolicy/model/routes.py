"""Route tables, and effective routes as Azure exports them.

Source: Azure Network REST API, `RouteTable`, `Route`, `EffectiveRoute`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.addresses import Address
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, Resource, ServiceTag
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = ["EffectiveRoute", "EffectiveRoutes", "NextHopType", "Route", "RouteTable"]


class NextHopType(StrEnum):
    """`nextHopType` of a user-defined route."""

    VIRTUAL_NETWORK_GATEWAY = "VirtualNetworkGateway"
    VNET_LOCAL = "VnetLocal"
    INTERNET = "Internet"
    VIRTUAL_APPLIANCE = "VirtualAppliance"
    VIRTUAL_APPLIANCE_ECMP = "VirtualApplianceEcmp"
    NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Resource):
    """A user-defined route. `next_hop_ip_addresses` has one entry for VirtualAppliance, several for
    VirtualApplianceEcmp, none otherwise."""

    type: ClassVar[str] = "routes"

    address_prefix: AddressPrefix | ServiceTag | Unknown
    next_hop_type: NextHopType | Unknown
    next_hop_ip_addresses: tuple[Address | Unknown, ...] = ()
    has_bgp_override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable(Resource):
    """A route table. An `Unknown` among its routes stands for any number of routes that the input does not show.
    `disable_peering_route` is `None` or `All`, as in the API."""

    type: ClassVar[str] = "routeTables"

    routes: tuple[Route | Unknown, ...] = ()
    disable_bgp_route_propagation: bool | Unknown = False
    disable_peering_route: str = "None"


@dataclass(frozen=True, slots=True)
class EffectiveRoute:
    """One line of an effective-route export; `source_type` is Default, User, VirtualNetworkGateway or Unknown."""

    name: str | None
    source_type: str
    state: str
    address_prefixes: tuple[AddressPrefix, ...]
    next_hop_type: str
    next_hop_ip_addresses: tuple[Address, ...]
    source: Source = field(compare=False, repr=False)
    has_bgp_override: bool = False
    disable_bgp_route_propagation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRoutes(Resource):
    """An export of `az network nic show-effective-route-table`; `name` is the file's (the export names no NIC)."""

    type: ClassVar[str] = "effectiveRouteTable"

    routes: tuple[EffectiveRoute, ...]
