"""An estate of a documented shape, as Azure exports it; the same for the same seed.

Regions of ten virtual networks (a /16), two hundred network interfaces: a hub with a firewall, a VPN gateway and shared
machines, and nine spokes of four tiers that are peered with the hub, use its gateway, and send everything through its
firewall. The hubs of two neighbouring regions are peered, so that what goes from one to the other passes both
firewalls. A region has ten network security groups of 20 rules (one for each tier of production and of development,
shared machines, the firewall) and four route tables of 50 routes. One manager applies 100 security admin rules by four
network groups: everything, production, development, hubs. Of the web machines one in ten has a public address; of all
machines one in twenty has a network security group of its own. Jump hosts among the shared machines are members of an
application security group. So 10,000 network interfaces have 500 virtual networks, 500 network security groups and 200
route tables.

A *managed* estate is the same without peerings: the manager connects the spokes of each region to their hub, and all
hubs with one another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from nwpolicy.model.assembly import assemble
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.load import read_text

SEED: Final = 20230701
#: Network interfaces of a region, and its virtual networks.
REGION: Final = 200
NETWORKS: Final = 10

_TIERS: Final = ("web", "app", "db", "mgmt")
_SIDES: Final = ("prod", "dev")
_RULES: Final = 20
_ROUTES: Final = 50
_NIC_SHARE: Final = 0.05
_PUBLIC_SHARE: Final = 0.1
_PORTS: Final = ("22", "80", "443", "1433", "3306", "3389", "5432", "5985-5986", "8080", "8443", "9000-9100", "27017")
_SUBSCRIPTION: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups"


def files(nics: int, seed: int = SEED, *, managed: bool = False) -> Mapping[str, str]:
    """The text of each file of an estate of so many network interfaces, in whole regions."""
    chance = random.Random(seed)
    count = -(-nics // REGION)
    regions = [_Region(number, count, chance, managed=managed) for number in range(count)]
    found = {f"region-{region.number:02}.json": json.dumps(list(region.resources()), indent=1) for region in regions}
    return {**found, "manager.json": json.dumps(_manager(regions, chance, managed=managed), indent=1)}


def write(folder: Path, nics: int, seed: int = SEED, *, managed: bool = False) -> None:
    """Writes the estate's files into a folder."""
    for name, text in files(nics, seed, managed=managed).items():
        (folder / name).write_text(text, encoding="utf-8")


def snapshot(nics: int, seed: int = SEED) -> Snapshot:
    """The estate without any file."""
    return assemble(read_text(name, text) for name, text in files(nics, seed).items())


class _Region:
    """A hub and its spokes."""

    def __init__(self, number: int, count: int, chance: random.Random, *, managed: bool = False) -> None:
        self.number = number
        self.managed = managed
        self.group = f"{_SUBSCRIPTION}/rg-{number:02}"
        self._chance = chance
        self._partner = number ^ 1 if number ^ 1 < count else None
        self.firewall = f"10.{number}.0.4"
        self.sites = [f"172.{16 + number // 16}.{number % 16 * 16 + site}.0/24" for site in range(10)]

    def resources(self) -> Iterator[dict[str, Any]]:
        yield from (self.network(index) for index in range(NETWORKS))
        yield from self._groups()
        yield from self._tables()
        yield from self._gateway()
        for index in range(NETWORKS):
            yield from self._interfaces(index)

    def id(self, type: str, name: str) -> str:
        return f"{self.group}/providers/Microsoft.Network/{type}/{name}"

    @property
    def spokes(self) -> str:
        """The network group of the spokes, where a manager connects them."""
        return f"spokes-{self.number:02}"

    def name(self, index: int) -> str:
        return f"vnet-{self.number:02}-{'hub' if index == 0 else f'spoke{index}'}"

    def side(self, index: int) -> str:
        return _SIDES[index % 2]

    def prefix(self, index: int, subnet: int | None = None) -> str:
        third = index * 16 + (subnet or 0)
        return f"10.{self.number}.{third}.0/{20 if subnet is None else 24}"

    def network_id(self, index: int) -> str:
        return self.id("virtualNetworks", self.name(index))

    def network(self, index: int) -> dict[str, Any]:
        properties = {
            "addressSpace": {"addressPrefixes": [self.prefix(index)]},
            "subnets": list(self._subnets(index)),
            "virtualNetworkPeerings": [] if self.managed else list(self._peerings(index)),
        }
        return self._resource("virtualNetworks", self.name(index), properties)

    def _peerings(self, index: int) -> Iterator[dict[str, Any]]:
        if index:
            yield self._peering(index, self, 0, remote_gateway=True)
            return
        yield from (self._peering(0, self, spoke, transit=True) for spoke in range(1, NETWORKS))
        if self._partner is not None:
            yield self._peering(0, _Region(self._partner, self._partner + 1, self._chance), 0)

    def _resource(self, type: str, name: str, properties: dict[str, Any], **beside: Any) -> dict[str, Any]:
        full = f"Microsoft.Network/{type}"
        return {"id": self.id(type, name), "name": name, "type": full, "properties": properties, **beside}

    def _peering(
        self, index: int, other: _Region, remote: int, *, transit: bool = False, remote_gateway: bool = False
    ) -> dict[str, Any]:
        name = f"to-{other.name(remote)}"
        properties = {
            "remoteVirtualNetwork": {"id": other.network_id(remote)},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "allowGatewayTransit": transit,
            "useRemoteGateways": remote_gateway,
            "peeringState": "Connected",
        }
        whole = f"{self.network_id(index)}/virtualNetworkPeerings/{name}"
        return {"id": whole, "name": name, "properties": properties}

    def subnet_id(self, index: int, name: str) -> str:
        return f"{self.network_id(index)}/subnets/{name}"

    def _subnets(self, index: int) -> Iterator[dict[str, Any]]:
        if index:
            side = self.side(index)
            for number, tier in enumerate(_TIERS):
                yield self._subnet(index, number, tier, f"{tier}-{side}", side)
            return
        yield self._subnet(0, 0, "firewall", "firewall", "firewall")
        yield self._subnet(0, 1, "GatewaySubnet", None, "gateway")
        yield self._subnet(0, 2, "shared", "shared", "prod")

    def _subnet(self, index: int, number: int, name: str, group: str | None, table: str | None) -> dict[str, Any]:
        properties: dict[str, Any] = {"addressPrefix": self.prefix(index, number)}
        if group is not None:
            properties["networkSecurityGroup"] = {"id": self._group_id(group)}
        if table is not None:
            properties["routeTable"] = {"id": self.id("routeTables", f"rt-{self.number:02}-{table}")}
        return {"id": self.subnet_id(index, name), "name": name, "properties": properties}

    def _group_id(self, name: str) -> str:
        return self.id("networkSecurityGroups", f"nsg-{self.number:02}-{name}")

    def _groups(self) -> Iterator[dict[str, Any]]:
        kinds = [f"{tier}-{side}" for side in _SIDES for tier in _TIERS]
        for kind in (*kinds, "shared", "firewall"):
            rules = list(islice(_numbered(self._rules(kind)), _RULES))
            yield self._resource("networkSecurityGroups", f"nsg-{self.number:02}-{kind}", {"securityRules": rules})

    def _rules(self, kind: str) -> Iterator[dict[str, Any]]:
        """Those that the tier lives by, then ones for single networks and ports."""
        if kind == "firewall":
            yield _rule("Inbound", "Allow", "*", "10.0.0.0/8", "*", "*")
            yield _rule("Inbound", "Allow", "*", "172.16.0.0/12", "*", "*")
            yield _rule("Outbound", "Allow", "*", "*", "10.0.0.0/8", "*")
            yield _rule("Outbound", "Allow", "*", "*", "172.16.0.0/12", "*")
        yield _rule("Inbound", "Allow", "Tcp", "Internet" if kind.startswith("web") else "10.0.0.0/8", "*", "443")
        jump = self._jump_hosts() if kind == "shared" else {"sourceAddressPrefix": self.prefix(0, 2)}
        yield {**_rule("Inbound", "Allow", "Tcp", None, "*", "22,3389"), **jump}
        yield _rule("Inbound", "Allow", "Tcp", f"10.{self.number}.0.0/16", "*", self._chance.choice(_PORTS))
        yield _rule("Inbound", "Deny", "*", "Internet", "*", "*")
        yield _rule("Outbound", "Allow", "Tcp", "*", "Storage", "443")
        yield _rule("Outbound", "Allow", "Tcp", "*", "Internet", "80,443")
        yield _rule("Outbound", "Deny", "*", "*", "Internet", "*")
        while True:
            yield self._random_rule()

    def _jump_hosts(self) -> dict[str, Any]:
        return {"sourceApplicationSecurityGroups": [self._jump_group()]}

    def _jump_group(self) -> dict[str, str]:
        return {"id": self.id("applicationSecurityGroups", f"asg-{self.number:02}-jump")}

    def _random_rule(self) -> dict[str, Any]:
        access = "Allow" if self._chance.random() < 2 / 3 else "Deny"
        direction = self._chance.choice(("Inbound", "Outbound"))
        protocol = self._chance.choices(("Tcp", "Udp", "*"), (7, 2, 1))[0]
        remote = self._chance.choice(
            (
                self.prefix(self._chance.randrange(NETWORKS)),
                self.prefix(self._chance.randrange(1, NETWORKS), self._chance.randrange(4)),
                self._chance.choice(self.sites),
                f"10.{self.number}.{self._chance.randrange(16, 160)}.{self._chance.randrange(4, 12)}",
                "VirtualNetwork",
            )
        )
        source, destination = (remote, "*") if direction == "Inbound" else ("*", remote)
        return _rule(direction, access, protocol, source, destination, self._chance.choice(_PORTS))

    def _tables(self) -> Iterator[dict[str, Any]]:
        for kind in (*_SIDES, "firewall", "gateway"):
            routes = list(islice(self._routes(kind), _ROUTES))
            properties = {"routes": routes, "disableBgpRoutePropagation": kind in _SIDES}
            yield self._resource("routeTables", f"rt-{self.number:02}-{kind}", properties)

    def _routes(self, kind: str) -> Iterator[dict[str, Any]]:
        """Through the firewall, from which Azure's own routes lead on, or the firewall of the partner; then single
        prefixes."""
        if kind in _SIDES:
            yield _route("default", "0.0.0.0/0", self.firewall)
            for number, site in enumerate(self.sites):
                yield _route(f"site{number}", site, self.firewall)
        for index in range(1 if kind == "gateway" else 0, NETWORKS if kind != "firewall" else 0):
            yield _route(f"network{index}", self.prefix(index), self.firewall)
        if self._partner is not None and kind != "gateway":
            hop = f"10.{self._partner}.0.4" if kind == "firewall" else self.firewall
            yield _route("partner", f"10.{self._partner}.0.0/16", hop)
        for number in range(_ROUTES):
            hop = "Internet" if number % 2 else "None"
            yield _route(f"service{number}", f"20.{self._chance.randrange(256)}.{number}.0/24", hop)

    def _gateway(self) -> Iterator[dict[str, Any]]:
        name = f"{self.number:02}"
        configuration = {"properties": {"subnet": {"id": self.subnet_id(0, "GatewaySubnet")}}}
        gateway = {"gatewayType": "Vpn", "ipConfigurations": [configuration]}
        yield self._resource("virtualNetworkGateways", f"vgw-{name}", gateway)
        site = {"localNetworkAddressSpace": {"addressPrefixes": self.sites}}
        yield self._resource("localNetworkGateways", f"lgw-{name}", site)
        ends = {
            "virtualNetworkGateway1": {"id": self.id("virtualNetworkGateways", f"vgw-{name}")},
            "localNetworkGateway2": {"id": self.id("localNetworkGateways", f"lgw-{name}")},
        }
        yield self._resource("connections", f"con-{name}", ends)

    def _interfaces(self, index: int) -> Iterator[dict[str, Any]]:
        count = REGION // NETWORKS
        if not index:
            yield self._interface(0, "firewall", 0, 4, forwarding=True)
        for number in range(count - (not index)):
            tier = number % 4
            name, subnet = (_TIERS[tier], tier) if index else ("shared", 2)
            host = 4 + (number // 4 if index else number)
            yield from self._machine(index, name, subnet, host)

    def _machine(self, index: int, name: str, subnet: int, host: int) -> Iterator[dict[str, Any]]:
        extra: dict[str, Any] = {}
        configuration: dict[str, Any] = {}
        if self._chance.random() < _NIC_SHARE:
            extra["networkSecurityGroup"] = {"id": self._group_id("shared")}
        if name == "web" and self._chance.random() < _PUBLIC_SHARE:
            public = f"pip-{self.number:02}-{index}-{host}"
            configuration["publicIPAddress"] = {"id": self.id("publicIPAddresses", public)}
            address = f"52.{self.number}.{index}.{host}"
            yield self._resource("publicIPAddresses", public, {"ipAddress": address}, sku={"name": "Standard"})
        if name == "shared" and host < 8:
            configuration["applicationSecurityGroups"] = [self._jump_group()]
        yield self._interface(index, name, subnet, host, configuration, **extra)

    def _interface(
        self,
        index: int,
        name: str,
        subnet: int,
        host: int,
        configuration: Mapping[str, Any] | None = None,
        *,
        forwarding: bool = False,
        **extra: Any,
    ) -> dict[str, Any]:
        full = f"nic-{self.number:02}-{index}-{name}-{host}"
        inner = {
            "privateIPAddress": f"10.{self.number}.{index * 16 + subnet}.{host}",
            "subnet": {"id": self.subnet_id(index, name)},
            **(configuration or {}),
        }
        properties = {
            "ipConfigurations": [{"name": "ipconfig", "properties": inner}],
            "enableIPForwarding": forwarding,
            **extra,
        }
        return self._resource("networkInterfaces", full, properties)


def _numbered(rules: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, rule in enumerate(rules):
        yield {"name": f"rule-{number}", "properties": {"priority": 100 + 10 * number, **rule}}


def _rule(
    direction: str, access: str, protocol: str, source: str | None, destination: str, ports: str
) -> dict[str, Any]:
    return {
        "direction": direction,
        "access": access,
        "protocol": protocol,
        **({} if source is None else {"sourceAddressPrefix": source}),
        "sourcePortRange": "*",
        "destinationAddressPrefix": destination,
        "destinationPortRanges": ports.split(","),
    }


def _route(name: str, prefix: str, hop: str) -> dict[str, Any]:
    target = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": hop} if hop[0].isdigit() else {"nextHopType": hop}
    return {"name": name, "properties": {"addressPrefix": prefix, **target}}


def _manager(regions: list[_Region], chance: random.Random, *, managed: bool) -> list[dict[str, Any]]:
    """The admin rules, four collections of 25; and what the manager connects."""
    name = "avnm"
    base = f"{_SUBSCRIPTION}/rg-avnm/providers/Microsoft.Network/networkManagers/{name}"
    members: dict[str, list[str]] = {"all": [], "prod": [], "dev": [], "hubs": []}
    for region in regions:
        for index in range(NETWORKS):
            for group in ("all", region.side(index) if index else "hubs"):
                members[group].append(region.network_id(index))
    collections = [
        {
            "name": f"rules-{group}",
            "properties": {
                "appliesToGroups": [_applying(base, group)],
                "rules": [_admin_rule(25 * place + number, chance) for number in range(25)],
            },
        }
        for place, group in enumerate(members)
    ]
    guardrails = {"name": "guardrails", "properties": {"ruleCollections": collections}}
    for region in regions if managed else ():
        members[region.spokes] = [region.network_id(index) for index in range(1, NETWORKS)]
    properties: dict[str, Any] = {
        "networkManagerScopes": {"subscriptions": [_SUBSCRIPTION.removesuffix("/resourceGroups")]},
        "networkGroups": [_network_group(base, group, held) for group, held in members.items()],
        "securityAdminConfigurations": [guardrails],
        "commits": [_commit("SecurityAdmin", f"{base}/securityAdminConfigurations", [guardrails])],
    }
    if managed:
        connected = properties["connectivityConfigurations"] = list(_connected(base, regions))
        properties["commits"].append(_commit("Connectivity", f"{base}/connectivityConfigurations", connected))
    return [{"id": base, "name": name, "type": "Microsoft.Network/networkManagers", "properties": properties}]


def _connected(base: str, regions: list[_Region]) -> Iterator[dict[str, Any]]:
    """The spokes of each region with their hub, all hubs with one another."""
    for region in regions:
        hub = {"resourceId": region.network_id(0), "resourceType": "Microsoft.Network/virtualNetworks"}
        applying = {**_applying(base, region.spokes), "groupConnectivity": "None", "useHubGateway": "True"}
        topology = {"connectivityTopology": "HubAndSpoke", "hubs": [hub], "appliesToGroups": [applying]}
        yield {"name": f"region-{region.number:02}", "properties": topology}
    mesh = {"connectivityTopology": "Mesh", "isGlobal": "True", "appliesToGroups": [_applying(base, "hubs")]}
    yield {"name": "hubs", "properties": mesh}


def _applying(base: str, group: str) -> dict[str, Any]:
    return {"networkGroupId": f"{base}/networkGroups/{group}"}


def _network_group(base: str, name: str, held: list[str]) -> dict[str, Any]:
    members = [{"name": f"m{number}", "resourceId": member} for number, member in enumerate(held)]
    return {"id": f"{base}/networkGroups/{name}", "name": name, "properties": {"staticMembers": members}}


def _commit(type: str, base: str, configurations: list[dict[str, Any]]) -> dict[str, Any]:
    ids = [f"{base}/{configuration['name']}" for configuration in configurations]
    return {"commitType": type, "targetLocations": ["*"], "configurationIds": ids}


def _admin_rule(number: int, chance: random.Random) -> dict[str, Any]:
    """Mostly ports that nobody is to open to the internet; some rules between private blocks."""
    inbound = chance.random() < 2 / 3
    access = chance.choices(("Deny", "Allow", "AlwaysAllow"), (7, 2, 1))[0]
    private = chance.choice(("10.0.0.0/9", "10.64.0.0/10", "172.16.0.0/12", f"10.{chance.randrange(50)}.0.0/16"))
    source = private if access != "Deny" or chance.random() < 0.3 else "Internet"
    kind = "ServiceTag" if source == "Internet" else "IPPrefix"
    prefix = {"addressPrefix": source, "addressPrefixType": kind}
    anywhere = {"addressPrefix": "*", "addressPrefixType": "IPPrefix"}
    low = chance.choice((21, 23, 25, 135, 137, 445, 1900, 2049, 5900, 11211, chance.randrange(10000, 60000)))
    return {
        "name": f"admin-{number}",
        "kind": "Custom",
        "properties": {
            "priority": 10 + number,
            "direction": "Inbound" if inbound else "Outbound",
            "access": access,
            "protocol": chance.choice(("Tcp", "Udp")),
            "sources": [prefix if inbound else anywhere],
            "destinations": [anywhere if inbound else prefix],
            "sourcePortRanges": ["0-65535"],
            "destinationPortRanges": [str(low) if chance.random() < 0.8 else f"{low}-{low + 10}"],
        },
    }
