"""Short ways to ask for connections in tests, and a hub with two appliances between two spokes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nwpolicy.model.network import Subnet
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import TroubleshootAnswer
from tests.builders import gateway, nic, peering, route, route_table, snapshot, subnet, vnet

APPLIANCE: Final = NextHopType.VIRTUAL_APPLIANCE
GATEWAY: Final = NextHopType.VIRTUAL_NETWORK_GATEWAY
NOWHERE: Final = NextHopType.NONE

NVA1: Final = "10.0.1.4"
NVA2: Final = "10.0.2.4"


def through(name: str, *hops: tuple[str, str], disable_bgp: bool = False) -> RouteTable:
    """A route table of routes to appliances, each a prefix and the appliance's address."""
    return route_table(name, *(to(prefix, address) for prefix, address in hops), disable_bgp=disable_bgp)


def to(prefix: str, address: str) -> Route:
    return route(f"to-{prefix}", prefix, APPLIANCE, address)


def hub_and_spokes(*more: Resource, forwarding: bool = True, **groups: str | None) -> Snapshot:
    """Spokes one and two with the route tables rt-one and rt-two, if `more` has these; between them a hub with the
    appliances nva1 and nva2, and a gateway to 192.168.0.0/16 that both spokes use. `groups` are the network security
    groups of the subnets one, two, nva1 and nva2."""
    tables = {found.name for found in more if isinstance(found, RouteTable)}

    def part(name: str, prefix: str, table: str) -> Subnet:
        return subnet(name, prefix, nsg=groups.get(name), route_table=table if table in tables else None)

    hub = [
        part("GatewaySubnet", "10.0.0.0/24", "rt-gateway"),
        part("nva1", "10.0.1.0/24", "rt-nva1"),
        part("nva2", "10.0.2.0/24", "rt-nva2"),
    ]
    return snapshot(
        vnet("hub", "10.0.0.0/16", *hub, *(peering(n, gateway_transit=True) for n in ("one", "two"))),
        vnet("one", "10.1.0.0/16", part("one", "10.1.0.0/24", "rt-one"), peering("hub", remote_gateways=True)),
        vnet("two", "10.2.0.0/16", part("two", "10.2.0.0/24", "rt-two"), peering("hub", remote_gateways=True)),
        gateway("gw", "hub", "192.168.0.0/16"),
        nic("nva1", NVA1, "hub/nva1", forwarding=forwarding),
        nic("nva2", NVA2, "hub/nva2", forwarding=forwarding),
        nic("a", "10.1.0.4", "one/one"),
        nic("b", "10.2.0.4", "two/two"),
        *more,
    )


def connect(
    estate: Snapshot, source: str, destination: str, port: str | None = "443", assume: Mapping[str, str] | None = None
) -> TroubleshootAnswer:
    """Whether a TCP connection comes about."""
    return troubleshoot(estate, source, destination, protocol="tcp", port=port, assume=assume or {})


def stops(answer: TroubleshootAnswer) -> list[str]:
    """The names of the places on the only way."""
    (path,) = answer.paths
    return [stop.name for stop in path.stops]


def causes(answer: TroubleshootAnswer) -> list[str]:
    """What stops flows, or may."""
    return [group.cause or "" for group in answer.groups if group.result != "Through"]


def issues(answer: TroubleshootAnswer) -> list[tuple[str, str, str, str]]:
    """The hop's type, and origin, severity and type of every issue."""
    return [(hop.type, issue.origin, issue.severity, issue.type) for hop in answer.hops for issue in hop.issues]
