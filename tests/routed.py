"""Short ways to ask for routes in tests, and the estate of the documented routing example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import EffectiveTable, Selection, effective_table, find_route_subject
from nwpolicy.model.addresses import Address
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.snapshot import Snapshot
from tests.builders import (
    catalogue,
    connection,
    gateway,
    nic,
    peering,
    route,
    route_table,
    site,
    snapshot,
    subnet,
    vnet,
)

APPLIANCE: Final = NextHopType.VIRTUAL_APPLIANCE
GATEWAY: Final = NextHopType.VIRTUAL_NETWORK_GATEWAY
LOCAL: Final = NextHopType.VNET_LOCAL
INTERNET: Final = NextHopType.INTERNET
NOWHERE: Final = NextHopType.NONE

FIREWALL: Final = "10.0.100.4"


def routing_example() -> Snapshot:
    """Microsoft Learn, Virtual network traffic routing, "Routing example"."""
    return snapshot(
        vnet(
            "VNet1",
            "10.0.0.0/16",
            subnet("Subnet1", "10.0.0.0/24", route_table="Subnet1-routes", service_endpoints=("Microsoft.Storage",)),
            subnet("Subnet2", "10.0.1.0/24"),
            peering("VNet2"),
        ),
        vnet("VNet2", ("10.1.0.0/16", "10.2.0.0/16"), peering("VNet1")),
        gateway("gateway", "VNet1"),
        site("on-premises", "10.10.0.0/16"),
        connection("to-on-premises", "gateway", "on-premises"),
        catalogue(Storage=("20.38.98.0/24", "20.60.16.0/24")),
        route_table(
            "Subnet1-routes",
            route("within-VNet1", "10.0.0.0/16", APPLIANCE, FIREWALL),
            route("within-Subnet1", "10.0.0.0/24", LOCAL),
            route("to-VNet2-1", "10.1.0.0/16", NOWHERE),
            route("to-VNet2-2", "10.2.0.0/16", NOWHERE),
            route("to-on-premises", "10.10.0.0/16", APPLIANCE, FIREWALL),
            route("default-nva", "0.0.0.0/0", APPLIANCE, FIREWALL),
        ),
        nic("nic1", "10.0.0.4", "VNet1/Subnet1"),
        nic("nic2", "10.0.1.4", "VNet1/Subnet2"),
    )


def table(estate: Snapshot, nic: str | None = None, assume: Mapping[str, str] | None = None) -> EffectiveTable:
    return effective_table(estate, find_route_subject(estate, nic=nic), Assumptions.of(assume or {}))


def chosen(estate: Snapshot, dest: str, nic: str | None = None, assume: Mapping[str, str] | None = None) -> Selection:
    return table(estate, nic, assume).select(Address.parse(dest))


def hops(estate: Snapshot, dest: str, nic: str | None = None, assume: Mapping[str, str] | None = None) -> list[str]:
    """The next hops that there may be; with the appliance's address."""
    found = []
    for entry in chosen(estate, dest, nic, assume).entries:
        parts = [str(entry.candidate.hop), *map(str, entry.candidate.addresses)] if entry is not None else ["no route"]
        found.append(" ".join(parts))
    return found


def listed(estate: Snapshot, nic: str | None = None, assume: Mapping[str, str] | None = None) -> set[tuple[str, ...]]:
    """Source, state, prefix and next hop of every route, one prefix each."""
    return {
        (route.candidate.kind.source, route.state.value, str(prefix), str(route.candidate.hop))
        for route in table(estate, nic, assume).routes()
        for prefix in route.prefixes
    }
