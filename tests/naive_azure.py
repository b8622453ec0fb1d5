"""A deliberately naive reading of Azure's filtering: one interface, one direction, one flow, no unknowns.

It follows the documents step by step and shares no code with the package beyond the definitions themselves. Slow and
plain on purpose: its only use is to disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.avnm import (
    AdminRuleCollection,
    IntentPolicyOption,
    NetworkGroup,
    NetworkManager,
    SecurityAdminConfiguration,
)
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import (
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown

PLATFORM = "168.63.129.16"
METADATA = "169.254.169.254"
ACTIVATION = ("20.118.99.224", "40.83.235.53", "23.102.135.246")
NOT_INTERNET = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
]
EXEMPT_SUBNETS = ("GatewaySubnet", "AzureBastionSubnet", "AzureFirewallSubnet", "RouteServerSubnet")
INTENT_SERVICES = ("Microsoft.Sql/managedInstances", "Microsoft.Databricks/workspaces")


@dataclass
class Verdict:
    """`rule` is None where no rule of anybody's decided."""

    allowed: bool
    rule: str | None


def inside(address: Address, prefix: str) -> bool:
    """Bit by bit, without the package's sets."""
    base, _, length = prefix.partition("/")
    network = Address.parse(base)
    width = 32 if network.family is Family.IPV4 else 128
    kept = int(length) if length else width
    return network.family is address.family and network.number >> (width - kept) == address.number >> (width - kept)


R = TypeVar("R", bound=Resource)


def only(kind: type[R], resources: Iterable[object], name: str) -> R:
    """The one resource of that kind and name; the name may come with its parents'."""
    (found,) = [r for r in resources if isinstance(r, kind) and r.name == name.rpartition("/")[2]]
    return found


def evaluate_naively(estate: Snapshot, nic: NetworkInterface, direction: Direction, flow: Flow) -> Verdict:
    """Whether the flow passes, and the rule that settled it: the one that stopped it or let it skip the rest, else
    the last one that let it pass."""
    return Naive(estate, nic, flow).side(direction)


class Naive:
    """One flow at one interface."""

    def __init__(self, estate: Snapshot, nic: NetworkInterface, flow: Flow) -> None:
        self.estate = estate
        self.nic = nic
        self.flow = flow
        self.source = Address(flow.family, flow.source)
        self.destination = Address(flow.family, flow.destination)
        reference = nic.ip_configurations[0].subnet
        assert isinstance(reference, Reference)
        network_name, subnet_name = reference.target.split("/")
        self.network = only(VirtualNetwork, estate.resources, network_name)
        self.subnet = only(Subnet, self.network.subnets, subnet_name)

    # the order of things

    def side(self, direction: Direction) -> Verdict:
        if self.blocked():
            return Verdict(False, "PlatformBlocked")
        groups = self.groups(direction)
        if direction is Direction.INBOUND and not groups and self.standard_address() and self.is_internet(self.source):
            return Verdict(False, "StandardPublicIpClosed")
        exempt = self.exempt_tag() if direction is Direction.OUTBOUND else None
        if exempt is not None:
            return self.exempted(groups, exempt)
        last: str | None = None
        admin = self.first(self.admin_rules(), direction)
        if admin is not None:
            last = admin.name
            if admin.access is not Access.ALLOW:
                return Verdict(admin.access is Access.ALWAYS_ALLOW, last)
        for group in groups:
            rule = self.first(sorted(self.rules(group), key=priority), direction)
            assert rule is not None, "the default rules leave nothing over"
            last = rule.name
            if rule.access is Access.DENY:
                return Verdict(False, last)
        return Verdict(True, last)

    def exempted(self, groups: list[NetworkSecurityGroup], tag: str) -> Verdict:
        """Of all rules only those that name the platform's tag have a say."""
        last: str | None = None
        for group in groups:
            last = None
            for rule in sorted(self.rules(group), key=priority):
                names = [t.name.lower() for t in rule.destinations if isinstance(t, ServiceTag)]
                if tag.lower() in names and self.matches(rule, Direction.OUTBOUND):
                    if rule.access is Access.DENY:
                        return Verdict(False, rule.name)
                    last = rule.name
                    break
        return Verdict(True, last)

    def groups(self, direction: Direction) -> list[NetworkSecurityGroup]:
        order = [self.subnet.network_security_group, self.nic.network_security_group]
        if direction is Direction.OUTBOUND:
            order.reverse()
        return [only(NetworkSecurityGroup, self.estate.resources, r.target) for r in order if isinstance(r, Reference)]

    def rules(self, group: NetworkSecurityGroup) -> list[SecurityRule]:
        written = [rule for rule in group.security_rules if isinstance(rule, SecurityRule)]
        return written + [default(*row, like=written[0] if written else group) for row in DEFAULTS]

    # the platform

    def blocked(self) -> bool:
        flow, to = self.flow, self.destination
        if any(inside(to, p) for p in ("224.0.0.0/4", "255.255.255.255", "ff00::/8")):
            return True
        if flow.protocol in (4, 47):
            return True
        if flow.protocol == 17 and flow.source_port == 65330:
            return True
        return flow.protocol == 17 and (flow.source_port, flow.destination_port) == (68, 67) and str(to) != PLATFORM

    def exempt_tag(self) -> str | None:
        """The tag that platform traffic belongs to (empty: none), None for ordinary traffic."""
        to, protocol, port = str(self.destination), self.flow.protocol, self.flow.destination_port
        if to == PLATFORM and protocol in (6, 17) and port == 53:
            return "AzurePlatformDNS"
        if to == PLATFORM and ((protocol == 6 and port in (80, 32526)) or (protocol == 17 and port in (67, 68))):
            return ""
        if to == METADATA and protocol == 6 and port == 80:
            return "AzurePlatformIMDS"
        if (
            to in ACTIVATION
            and protocol == 6
            and port == 1688
            and "0.0.0.0/0" not in self.route_prefixes(all_hops=True)
        ):
            return "AzurePlatformLKM"
        return None

    def standard_address(self) -> bool:
        reference = self.nic.ip_configurations[0].public_ip_address
        return (
            isinstance(reference, Reference)
            and only(PublicIpAddress, self.estate.resources, reference.target).sku == "Standard"
        )

    # admin rules

    def admin_rules(self) -> list[AdminRule]:
        """Those that apply, in order."""
        if self.subnet.name in EXEMPT_SUBNETS:
            return []
        managers = [m for m in self.estate.resources if isinstance(m, NetworkManager)]
        managers.sort(key=lambda manager: manager.scope_level or 0)
        active = [(m, c) for m in managers for c in m.security_admin_configurations if self.committed(m, c)]
        applied = [(m, c, rules) for m, c in active if (rules := self.of_configuration(m, c)) is not None]
        option: IntentPolicyOption | Unknown = IntentPolicyOption.ALL
        if applied and any(name in INTENT_SERVICES for s in self.network.subnets for name in s.delegations):
            (option,) = applied[0][1].apply_on_network_intent_policy_based_services
        if option is IntentPolicyOption.NONE:
            return []
        result: list[AdminRule] = []
        for manager in managers:
            mine = [rule for m, _, rules in applied if m is manager for rule in rules]
            result += sorted(
                mine, key=lambda rule: (priority(rule), ["Deny", "Allow", "AlwaysAllow"].index(str(rule.access)))
            )
        return [rule for rule in result if option is IntentPolicyOption.ALL or rule.access is not Access.DENY]

    def committed(self, manager: NetworkManager, configuration: SecurityAdminConfiguration) -> bool:
        goal: list[str] = []
        for deployment in manager.deployments or ():
            if "*" in deployment.target_locations or self.network.location in deployment.target_locations:
                goal = [reference.target for reference in deployment.configurations]
        return f"{manager.name}/{configuration.name}" in goal

    def of_configuration(
        self, manager: NetworkManager, configuration: SecurityAdminConfiguration
    ) -> list[AdminRule] | None:
        """The rules of the collections whose groups hold the network; None if there is no such collection."""
        collections = [c for c in configuration.rule_collections if self.covered(manager, c) and c.rules]
        rules = [rule for c in collections for rule in c.rules if isinstance(rule, AdminRule)]
        return rules if collections else None

    def covered(self, manager: NetworkManager, collection: AdminRuleCollection) -> bool:
        for reference in collection.applies_to_groups:
            assert isinstance(reference, Reference)
            group = only(NetworkGroup, manager.network_groups, reference.target)
            if self.network.name in [m.target for m in group.members if isinstance(m, Reference)]:
                return True
        return False

    # one rule

    def first(self, rules: Iterable[Rule], direction: Direction) -> Rule | None:
        return next((rule for rule in rules if self.matches(rule, direction)), None)

    def matches(self, rule: Rule, direction: Direction) -> bool:
        assert isinstance(rule.protocol, IntervalSet)
        return (
            rule.direction is direction
            and self.flow.protocol in rule.protocol
            and self.side_matches(rule.sources, self.source)
            and self.side_matches(rule.destinations, self.destination)
            and self.ports_match(rule.source_port_ranges, self.flow.source_port)
            and self.ports_match(rule.destination_port_ranges, self.flow.destination_port)
        )

    def ports_match(self, ranges: tuple[PortRange | Unknown, ...], port: int) -> bool:
        written = [pair for entry in ranges if isinstance(entry, PortRange) for pair in entry.ports]
        if not written:
            return True
        if self.flow.protocol in (6, 17):
            return any(low <= port <= high for low, high in written)
        return covers_all_ports(written)

    def side_matches(self, terms: tuple[AddressTerm, ...], address: Address) -> bool:
        return not terms or any(self.term_matches(term, address) for term in terms)

    def term_matches(self, term: AddressTerm, address: Address) -> bool:
        if isinstance(term, AddressPrefix):
            return term.text == "*" or inside(address, term.text)
        if isinstance(term, ServiceTag):
            return self.tag_holds(term.name, address)
        assert isinstance(term, Reference)
        if term.type == "applicationSecurityGroups":
            return address in self.members(term.target)
        return self.group_holds(term.target, address)

    def members(self, asg: str) -> list[Address]:
        found: list[Address] = []
        for nic in self.estate.resources:
            for configuration in nic.ip_configurations if isinstance(nic, NetworkInterface) else ():
                listed = [r.target for r in configuration.application_security_groups if isinstance(r, Reference)]
                if asg in listed and isinstance(configuration.private_ip_address, Address):
                    found.append(configuration.private_ip_address)
        for endpoint in self.estate.resources:
            if isinstance(endpoint, PrivateEndpoint):
                listed = [r.target for r in endpoint.application_security_groups if isinstance(r, Reference)]
                found += [one for one in endpoint.ip_addresses if asg in listed and isinstance(one, Address)]
        return found

    def group_holds(self, name: str, address: Address) -> bool:
        manager_name, _, _ = name.rpartition("/")
        manager = only(NetworkManager, self.estate.resources, manager_name)
        group = only(NetworkGroup, manager.network_groups, name)
        if group.committed_prefixes is not None:
            texts = [prefix.text for prefix in group.committed_prefixes]
        else:
            members = [
                only(VirtualNetwork, self.estate.resources, m.name) for m in group.members if not isinstance(m, Unknown)
            ]
            texts = [text for member in members for text in written(member.address_space)]
        if any(":" in text for text in texts) and any("." in text for text in texts):
            texts = [text for text in texts if "." in text]
        return any(inside(address, text) for text in texts)

    # tags

    def tag_holds(self, name: str, address: Address) -> bool:
        folded = name.lower()
        fixed = {
            "azureloadbalancer": (PLATFORM,),
            "azureplatformdns": (PLATFORM,),
            "azureplatformimds": (METADATA,),
            "azureplatformlkm": ACTIVATION,
        }
        if folded in fixed:
            return str(address) in fixed[folded]
        if folded == "virtualnetwork":
            prefixes = [*self.own_prefixes(), *self.route_prefixes(all_hops=False)]
            return str(address) == PLATFORM or any(inside(address, prefix) for prefix in prefixes)
        if folded == "internet":
            return self.is_internet(address)
        file = next(r for r in self.estate.resources if isinstance(r, ServiceTagCatalogue))
        return any(inside(address, prefix) for prefix in file.tags[folded].address_prefixes)

    def is_internet(self, address: Address) -> bool:
        if address.family is Family.IPV6:
            public = inside(address, "2000::/3")
        else:
            public = not any(inside(address, prefix) for prefix in NOT_INTERNET) and str(address) != PLATFORM
        own = [prefix for prefix in self.own_prefixes() if not prefix.endswith("/0")]  # no default routes
        return public and not any(inside(address, prefix) for prefix in own)

    def own_prefixes(self) -> list[str]:
        """The network, its peers, and what lies behind gateways."""
        found = written(self.network.address_space)
        for peering in self.network.peerings:
            if peering.allow_virtual_network_access is True and peering.peering_state in (None, "Connected"):
                remote = self.remote(peering)
                found += written(remote.address_space)
                back = [p for p in remote.peerings if self.remote(p) is self.network]
                transit = not back or back[0].allow_gateway_transit
                if peering.use_remote_gateways is True and transit and self.propagates():
                    found += self.behind_gateways(remote)
        return found + (self.behind_gateways(self.network) if self.propagates() else [])

    def remote(self, peering: VirtualNetworkPeering) -> VirtualNetwork:
        assert isinstance(peering.remote_virtual_network, Reference)
        return only(VirtualNetwork, self.estate.resources, peering.remote_virtual_network.target)

    def behind_gateways(self, network: VirtualNetwork) -> list[str]:
        gateways = [g for g in self.estate.resources if isinstance(g, VirtualNetworkGateway)]
        mine = [g for g in gateways if getattr(g.virtual_network, "target", None) == network.name]
        return [text for gateway in mine for text in written(gateway.bgp_prefixes)]

    def propagates(self) -> bool:
        table = self.route_table()
        return table is None or table.disable_bgp_route_propagation is not True

    def route_table(self) -> RouteTable | None:
        reference = self.subnet.route_table
        return only(RouteTable, self.estate.resources, reference.target) if isinstance(reference, Reference) else None

    def route_prefixes(self, *, all_hops: bool) -> list[str]:
        table = self.route_table()
        routes = [route for route in table.routes if isinstance(route, Route)] if table else []
        return [
            route.address_prefix.text
            for route in routes
            if isinstance(route.address_prefix, AddressPrefix)
            and (all_hops or route.next_hop_type not in (NextHopType.INTERNET, NextHopType.NONE))
        ]


def written(prefixes: Iterable[AddressPrefix | Unknown]) -> list[str]:
    return [prefix.text for prefix in prefixes if isinstance(prefix, AddressPrefix)]


def priority(rule: Rule) -> int:
    assert isinstance(rule.priority, int)
    return rule.priority


def covers_all_ports(pairs: list[tuple[int, int]]) -> bool:
    """Whether every port is in one of the ranges."""
    reached = -1
    for low, high in sorted(pairs):
        if low > reached + 1:
            return False
        reached = max(reached, high)
    return reached == 65535


DEFAULTS = (
    ("AllowVnetInBound", 65000, Direction.INBOUND, "VirtualNetwork", "VirtualNetwork", Access.ALLOW),
    ("AllowAzureLoadBalancerInBound", 65001, Direction.INBOUND, "AzureLoadBalancer", None, Access.ALLOW),
    ("DenyAllInBound", 65500, Direction.INBOUND, None, None, Access.DENY),
    ("AllowVnetOutBound", 65000, Direction.OUTBOUND, "VirtualNetwork", "VirtualNetwork", Access.ALLOW),
    ("AllowInternetOutBound", 65001, Direction.OUTBOUND, None, "Internet", Access.ALLOW),
    ("DenyAllOutBound", 65500, Direction.OUTBOUND, None, None, Access.DENY),
)


def default(
    name: str,
    number: int,
    direction: Direction,
    origin: str | None,
    target: str | None,
    access: Access,
    *,
    like: Resource,
) -> SecurityRule:
    return SecurityRule(
        name=name,
        priority=number,
        direction=direction,
        access=access,
        protocol=IntervalSet(8, ((0, 255),)),
        sources=(ServiceTag(origin, like.source),) if origin else (),
        destinations=(ServiceTag(target, like.source),) if target else (),
        source=like.source,
    )
