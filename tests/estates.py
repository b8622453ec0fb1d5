"""Generated estates: small, and full of the edges that matter to Azure's filters; and flows to ask about."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

from hypothesis import strategies as st

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.avnm import Deployment, IntentPolicyOption, NetworkManager
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface, VirtualNetworkGateway
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, walk
from tests.builders import (
    SOURCE,
    admin_rule,
    catalogue,
    collection,
    configuration,
    deployment,
    group,
    manager,
    nic,
    nsg,
    peering,
    prefixes,
    private_endpoint,
    public_ip,
    reference,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    vnet,
)

PREFIXES = (
    "*",
    "0.0.0.0/0",
    "10.0.0.0/24",
    "10.0.0.4",
    "10.0.0.4/31",
    "10.0.0.0/16",
    "10.1.0.0/16",
    "10.2.0.0/15",
    "20.0.0.0/8",
    "168.63.129.16",
    "203.0.113.0/24",
    "::/0",
    "fd00::/64",
    "2001:db8::/32",
)
TAGS = (
    "VirtualNetwork",
    "virtualnetwork",
    "Internet",
    "AzureLoadBalancer",
    "AzurePlatformDNS",
    "AzurePlatformIMDS",
    "AzurePlatformLKM",
    "Storage",
    "Storage.WestEurope",
)
ADDRESSES_V4 = (
    "9.255.255.255",
    "10.0.0.0",
    "10.0.0.4",
    "10.0.0.5",
    "10.0.0.6",
    "10.0.1.0",
    "10.1.0.4",
    "10.1.255.255",
    "10.2.0.0",
    "10.9.0.1",
    "20.1.0.0",
    "23.102.135.246",
    "100.64.0.1",
    "168.63.129.15",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.0.100",
    "203.0.113.255",
    "203.0.114.0",
    "224.0.0.1",
)
ADDRESSES_V6 = ("2001:db8::1", "2603::1", "fd00::4", "fd00:0:0:1::", "fe80::1", "ff02::1")
#: Ports at the edges of ranges and of exemptions.
PORTS = (0, 22, 53, 67, 68, 79, 80, 81, 443, 1688, 32526, 65330, 65535)
RANGES = ("*", "*", "80", "22,443", "0-65535", "0-79,80-65535", "0-79,81-65535", "53", "80-443", "1688", "0-32767")
PRIORITIES = (100, 101, 102, 200, 4095, 4096)

terms = st.one_of(
    st.just(["*"]),
    st.lists(st.sampled_from((*PREFIXES, *TAGS, "asg:web", "asg:db")), min_size=1, max_size=3, unique=True),
)
admin_terms: st.SearchStrategy[list[str]] = st.one_of(
    st.just([]),
    st.lists(
        st.sampled_from((*PREFIXES, "VirtualNetwork", "Internet", "Storage", "group:m0/g0")), min_size=1, max_size=2
    ),
)
directions = st.sampled_from(Direction)
protocols = st.sampled_from(("*", "*", "Tcp", "Udp", "Icmp", "Esp", "Ah"))
ports = st.sampled_from(RANGES)
#: Source ports are rarely restricted, or hardly any rule would ever match.
source_ports = st.sampled_from(("*", "*", "*", "*", "0-32767", "80"))


@st.composite
def security_groups(draw: st.DrawFn, name: str) -> NetworkSecurityGroup:
    keys = st.lists(st.tuples(directions, st.sampled_from(PRIORITIES)), max_size=8, unique=True)
    rules: list[SecurityRule] = []
    for direction, priority in draw(keys):
        access = draw(st.sampled_from((Access.ALLOW, Access.DENY)))
        rules.append(
            rule(
                f"{name}-{direction}-{priority}",
                priority,
                access,
                draw(terms),
                draw(terms),
                draw(ports),
                protocol=draw(protocols),
                direction=direction,
                source_ports=draw(source_ports),
            )
        )
    return nsg(name, *rules)


@st.composite
def admin_rules(draw: st.DrawFn, name: str) -> AdminRule:
    return admin_rule(
        name,
        draw(st.sampled_from((1, 2, 3, 4096))),
        draw(st.sampled_from(Access)),
        draw(admin_terms),
        draw(admin_terms),
        draw(st.sampled_from(("", "", *RANGES))),
        protocol=draw(protocols),
        direction=draw(directions),
    )


@st.composite
def managers(draw: st.DrawFn, index: int) -> NetworkManager:
    name = f"m{index}"
    networks = st.sampled_from((["vnet1"], ["vnet1", "vnet2"], ["vnet2"], []))
    committed = st.sampled_from((None, None, ["10.1.0.0/16"], ["10.1.0.0/16", "fd00::/64"]))
    groups = [group(f"g{n}", *draw(networks), committed=draw(committed)) for n in range(2)]
    collections = []
    for number in range(draw(st.integers(1, 3))):
        rules = [draw(admin_rules(f"{name}-{number}-{n}")) for n in range(draw(st.integers(0, 4)))]
        targets = draw(st.lists(st.sampled_from((f"{name}/g0", f"{name}/g1")), unique=True, max_size=2))
        collections.append(collection(f"rc{number}", targets, *rules))
    deployments = draw(
        st.lists(
            st.builds(
                deployment,
                st.sampled_from(([f"{name}/c"], [f"{name}/c"], [f"{name}/c"], [])),
                st.sampled_from(("*", "westeurope", "westeurope", "eastus")),
            ),
            max_size=2,
        )
    )
    return manager(
        name,
        *groups,
        configuration("c", *collections, intent=draw(st.sampled_from(IntentPolicyOption))),
        level=index,
        deployments=deployments or None,
    )


@st.composite
def networks(draw: st.DrawFn, subnet_name: str) -> list[Resource]:
    """vnet1 with the machine's subnet, vnet2 as its peer, route table and gateways."""
    maybe = st.booleans()
    delegation = draw(
        st.sampled_from((None, None, None, "Microsoft.Sql/managedInstances", "Microsoft.Web/serverFarms"))
    )
    machine_subnet = subnet(
        subnet_name,
        "10.0.0.0/24",
        nsg=draw(st.sampled_from(("nsg-subnet", "nsg-subnet", None))),
        route_table="rt" if draw(maybe) else None,
    )
    children = [machine_subnet]
    if delegation is not None:
        children.append(subnet("delegated", "10.0.7.0/24", delegations=(delegation,)))
    peer_state = draw(st.sampled_from((None, "Connected", "Disconnected")))
    there = [peering("vnet2", access=draw(maybe), remote_gateways=draw(maybe), state=peer_state)] if draw(maybe) else []
    back = [peering("vnet1", gateway_transit=draw(maybe))] if draw(maybe) else []
    space = draw(st.sampled_from((("10.0.0.0/16",), ("10.0.0.0/16", "fd00::/48"), ("10.0.0.0/16", "20.0.0.0/9"))))
    hops = st.sampled_from(NextHopType)
    targets = draw(st.lists(st.sampled_from(("0.0.0.0/0", "10.2.0.0/15", "203.0.113.0/24", "::/0")), unique=True))
    learned = st.sampled_from(("172.31.0.0/16", "172.31.0.0/16", "0.0.0.0/0"))
    gateways = [
        VirtualNetworkGateway(
            name=f"gw-{owner}",
            virtual_network=reference("virtualNetworks", owner),
            bgp_prefixes=prefixes([prefix]),
            source=SOURCE,
        )
        for owner, prefix in (("vnet1", draw(learned)), ("vnet2", "203.0.113.0/24"))
        if draw(maybe)
    ]
    return [
        vnet("vnet1", space, *children, *there, location="westeurope"),
        vnet("vnet2", "10.1.0.0/16", *back, location="eastus"),
        route_table("rt", *(route(t, t, draw(hops)) for t in targets), disable_bgp=draw(maybe)),
        *gateways,
    ]


class Estate:
    """A snapshot that prints short enough to be read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for found in (entry.resource for entry in walk(self.snapshot.resources)):
            values = {f.name: _short(getattr(found, f.name)) for f in dataclasses.fields(found)}
            shown = (f"{name}={value}" for name, value in values.items() if value)
            yield f"{found.type}: {', '.join(shown)}"


def _short(value: object) -> str:
    """Plain values; nothing for what has a line of its own."""
    if isinstance(value, tuple):
        return " ".join(filter(None, map(_short, value)))
    if isinstance(value, AddressPrefix):
        return value.text
    if isinstance(value, PortRange):
        return format_ports(value.ports)
    if isinstance(value, IntervalSet):
        return format_protocols(value)
    if isinstance(value, Deployment):
        return f"{value.target_locations}: {_short(value.configurations)}"
    if isinstance(value, ServiceTag | Reference):
        return value.name
    return str(value) if isinstance(value, str | int | Address) else ""


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    subnet_name = draw(st.sampled_from(("s1", "s1", "s1", "s1", "AzureBastionSubnet")))
    interface: NetworkInterface = nic(
        "nic1",
        "10.0.0.4",
        f"vnet1/{subnet_name}",
        nsg=draw(st.sampled_from(("nsg-nic", "nsg-nic", None))),
        asgs=draw(st.sampled_from(((), ("web",), ("db",), ("web", "db")))),
        public_ip=draw(st.sampled_from((None, "basic", "standard"))),
    )
    resources: list[Resource] = draw(networks(subnet_name))
    count = draw(st.integers(0, 2))
    resources += [draw(managers(index)) for index in range(count)]
    if count == 0:
        resources.append(manager("m0", group("g0")))
    whole = snapshot(
        *resources,
        interface,
        nic("nic2", "10.0.0.6", f"vnet1/{subnet_name}", asgs=("db",)),
        nic("nic3", "10.0.1.0", f"vnet1/{subnet_name}", asgs=("web",)),
        private_endpoint(
            "endpoint", f"vnet1/{subnet_name}", "10.0.0.7", draw(st.sampled_from(((), ("web",), ("db",))))
        ),
        draw(security_groups("nsg-subnet")),
        draw(security_groups("nsg-nic")),
        public_ip("basic", "Basic"),
        public_ip("standard", "Standard"),
        catalogue(Storage=["20.0.0.0/8", "2603::/24"], Storage_WestEurope=["20.1.0.0/24"]),
    )
    return Estate(whole)


def some_flows(seed: int, direction: Direction, count: int) -> Iterator[Flow]:
    """Flows between interesting points, most of them to or from the machine. One seed instead of many draws, because
    estates are dear and flows cheap."""
    choice = random.Random(seed).choice
    for _ in range(count):
        family = choice((Family.IPV4, Family.IPV4, Family.IPV4, Family.IPV6))
        points, own = (ADDRESSES_V4, "10.0.0.4") if family is Family.IPV4 else (ADDRESSES_V6, "fd00::4")
        protocol = choice((6, 6, 6, 17, 17, 1, 50, 51, 58, 4, 47, 132))
        ports_ = (choice(PORTS), choice(PORTS)) if protocol in {6, 17} else (0, 0)
        far, near = Address.parse(choice(points)).number, Address.parse(choice((own, own, choice(points)))).number
        source, destination = (far, near) if direction is Direction.INBOUND else (near, far)
        yield Flow(family, protocol, source, ports_[0], destination, ports_[1])
