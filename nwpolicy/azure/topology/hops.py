"""Where user-defined routes send traffic: the route lines of each subnet, and the appliances that they name.

Source: Microsoft Learn, Virtual network traffic routing, "User-defined".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.azure.managedroutes import applied_collections
from nwpolicy.azure.paths.estate import Estate, forwards
from nwpolicy.azure.paths.hosts import Host, hosts, missing
from nwpolicy.azure.paths.ways import StopKind
from nwpolicy.azure.subjects import Subject, subnet_subject
from nwpolicy.azure.topology.draft import Draft, depends_on, doubts_of
from nwpolicy.azure.topology.graph import Link, LinkKind, LinkState, NodeKind, RouteLine, Standing
from nwpolicy.model.addresses import Address
from nwpolicy.model.network import Subnet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, ServiceTag
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["add_hops"]


def add_hops(draft: Draft) -> None:
    hops, routes = _Hops(draft), _Routes(draft)
    for subnet in draft.snapshot.all(Subnet):
        key = draft.node_of(subnet)
        if key is not None:
            subject = subnet_subject(draft.snapshot, subnet)
            found = list(routes.of(subject))
            draft.change(key, routes=tuple(route.line for route in found))
            hops.add(key, subject, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """A route of a subnet, and the addresses that it names."""

    line: RouteLine
    addresses: tuple[Address, ...]


class _Routes:
    """The routes of subnets."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._tables: dict[int, tuple[_Found, ...]] = {}

    def of(self, subject: Subject) -> Iterator[_Found]:
        """The routes of the subnet's route table, and those of network managers."""
        reference = subject.subnet.route_table if subject.subnet is not None else None
        table = self._draft.resolve(RouteTable, reference) if reference is not None else None
        if table is not None:
            yield from self._of_table(table)
        for entry in applied_collections(self._draft.snapshot, subject, self._draft.assumptions):
            self._draft.rests_on |= {name for name, _ in entry.rests_on}
            for route in entry.routes if all(holds for _, holds in entry.rests_on) else ():
                yield _found(route, entry.configuration.name, entry.conditions)

    def _of_table(self, table: RouteTable) -> tuple[_Found, ...]:
        """The same for all of its subnets."""
        if id(table) not in self._tables:
            self._tables[id(table)] = tuple(_found(route, table.name, doubts_of(table)) for route in table.routes)
        return self._tables[id(table)]


def _found(route: Route | Unknown, definition: str, above: tuple[Unknown, ...]) -> _Found:
    if isinstance(route, Unknown):
        doubts = (*above, route)
        return _Found(RouteLine(route.name, definition, None, None, (), Standing.UNKNOWN, doubts, route.source), ())
    parts = (route.address_prefix, route.next_hop_type, *route.next_hop_ip_addresses)
    above = (*above, *doubts_of(route))
    line = RouteLine(
        route.name,
        definition,
        _prefix_text(route.address_prefix),
        None if isinstance(route.next_hop_type, Unknown) else route.next_hop_type.value,
        tuple("?" if isinstance(a, Unknown) else str(a) for a in route.next_hop_ip_addresses),
        Standing.CONDITIONAL if above else Standing.DEFINED,
        tuple(dict.fromkeys((*above, *(part for part in parts if isinstance(part, Unknown))))),
        route.source,
    )
    return _Found(line, tuple(a for a in route.next_hop_ip_addresses if isinstance(a, Address)))


def _prefix_text(prefix: AddressPrefix | ServiceTag | Unknown) -> str | None:
    match prefix:
        case AddressPrefix():
            return prefix.text
        case ServiceTag():
            return prefix.name
        case _:
            return None


class _Hops:
    """Adds links from subnets to what has the addresses of their next hops."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._estate = Estate(draft.snapshot, draft.assumptions)
        self._unowned: dict[tuple[str | None, Address], str] = {}

    def add(self, key: str, subject: Subject, routes: list[_Found]) -> None:
        """One link to each node, for the most certain of the routes that lead there."""
        ranked = sorted(routes, key=lambda route: len(route.line.unknowns))
        lines: dict[Address, RouteLine] = {}
        for route in ranked:
            for address in route.addresses:
                lines.setdefault(address, route.line)
        found = (link for address, line in lines.items() for link in self._links(key, subject, line, address))
        linked: dict[str, Link] = {}
        for link in found:
            linked.setdefault(link.other, link)
        self._draft.links += linked.values()

    def _links(self, key: str, subject: Subject, line: RouteLine, address: Address) -> Iterator[Link]:
        link = Link(
            kind=LinkKind.NEXT_HOP,
            name=line.prefix or line.name,
            one=key,
            other=key,
            state=LinkState.CONNECTED,
            source=line.source,
        )
        found = list(hosts(self._estate, subject, address))
        for host in found:
            yield self._to_host(link, line, host, address)
        if not found:
            reason = missing(self._estate, subject, address).reason
            other = self._unowned_node(self._home(key, subject, address), address, line, reason)
            yield replace(link, other=other, state=LinkState.UNSEEN, reason=reason, unknowns=line.unknowns)

    def _to_host(self, link: Link, line: RouteLine, host: Host, address: Address) -> Link:
        doubts = (*line.unknowns, *host.unknowns)
        other = self._draft.node_of(host.balancer or host.subject.nic or host.subject.private_endpoint)
        if host.kind is StopKind.FIREWALL or other is None:
            home = self._draft.node_of(host.subject.subnet)
            return replace(link, other=self._appliance(home, address, line), **depends_on(doubts))
        flag = forwards(host.subject) if host.balancer is None else True
        if flag is False:
            reason = f"{host.subject.name} does not forward: enableIPForwarding is off"
            return replace(link, other=other, state=LinkState.DISCONNECTED, reason=reason, unknowns=doubts)
        if isinstance(flag, Unknown):
            doubts = (*doubts, flag)
        return replace(link, other=other, **depends_on(doubts))

    def _appliance(self, home: str | None, address: Address, line: RouteLine) -> str:
        """The node of an Azure Firewall: no other thing can be in its subnet."""
        if (home, address) not in self._unowned:
            self._unowned[home, address] = self._draft.add(
                NodeKind.APPLIANCE, str(address), home, facts=("Azure Firewall",), source=line.source
            )
        return self._unowned[home, address]

    def _unowned_node(self, home: str | None, address: Address, line: RouteLine, reason: str) -> str:
        """The node of an address that nothing of the input has: in the network that it lies in, if it does."""
        if (home, address) not in self._unowned:
            self._unowned[home, address] = self._draft.add(
                NodeKind.APPLIANCE,
                str(address),
                home,
                standing=Standing.NOT_DEFINED,
                facts=() if home is not None else ("in no connected network",),
                unknowns=(Unknown(str(address), UnknownKind.REFERENCE, reason, line.source),),
                source=line.source,
            )
        return self._unowned[home, address]

    def _home(self, subnet: str, subject: Subject, address: Address) -> str | None:
        """The subnet that an address lies in, of the networks that are connected; the network, where no subnet does."""
        connected = (self._draft.node_of(link.network) for link in self._estate.links(subject))
        peers = (link.other for link in self._draft.links if link.one == self._draft.nodes[subnet].parent)
        near = {self._draft.nodes[subnet].parent, *connected, *peers}
        holding = [key for key, space in self._draft.spaces.items() if address in space]
        subnets = [key for key in holding if self._draft.nodes[key].parent in near]
        return next(iter((*subnets, *(key for key in holding if key in near))), None)
