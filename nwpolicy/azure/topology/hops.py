"""Where user-defined routes send traffic: the route lines of each subnet, and the appliances that they name.

Source: Microsoft Learn, Virtual network traffic routing, "User-defined".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nwpolicy.azure.managedroutes import applied_collections
from nwpolicy.azure.subjects import subnet_subject
from nwpolicy.azure.topology.draft import Draft, doubts_of
from nwpolicy.azure.topology.graph import Link, LinkKind, LinkState, NodeKind, RouteLine, Standing
from nwpolicy.model.addresses import Address
from nwpolicy.model.network import NetworkInterface, Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, ServiceTag
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["add_hops"]


def add_hops(draft: Draft) -> None:
    near = _Near(draft)
    for network in draft.snapshot.all(VirtualNetwork):
        for subnet in network.subnets:
            _add_routes(draft, subnet, near)


def _add_routes(draft: Draft, subnet: Subnet, near: _Near) -> None:
    key = draft.node_of(subnet)
    assert key is not None
    found = list(_routes(draft, subnet))
    draft.change(key, routes=tuple(route.line for route in found))
    linked: dict[str, Link] = {}
    for route in found:
        for address in route.addresses:
            hop = near.appliance(key, address, route.line.source)
            linked.setdefault(hop, _hop_link(draft, key, hop, route.line, near.nics.get(hop)))
    draft.links += linked.values()


@dataclass(frozen=True, slots=True)
class _Found:
    """A route of a subnet, and the addresses that it names."""

    line: RouteLine
    addresses: tuple[Address, ...]


def _routes(draft: Draft, subnet: Subnet) -> Iterator[_Found]:
    """The routes of the subnet's route table, and those of network managers."""
    table = draft.resolve(RouteTable, subnet.route_table) if subnet.route_table is not None else None
    for route in table.routes if table is not None else ():
        yield _found(route, table.name if table else "", doubts_of(table) if table else ())
    for entry in applied_collections(draft.snapshot, subnet_subject(draft.snapshot, subnet), draft.assumptions):
        draft.rests_on |= {name for name, _ in entry.rests_on}
        for route in entry.routes if all(holds for _, holds in entry.rests_on) else ():
            yield _found(route, entry.configuration.name, entry.conditions)


def _found(route: Route | Unknown, definition: str, above: tuple[Unknown, ...]) -> _Found:
    if isinstance(route, Unknown):
        line = RouteLine(route.name, definition, None, None, (), Standing.UNKNOWN, (*above, route), route.source)
        return _Found(line, ())
    parts = (route.address_prefix, route.next_hop_type, *route.next_hop_ip_addresses)
    doubts = (*above, *doubts_of(route), *(part for part in parts if isinstance(part, Unknown)))
    line = RouteLine(
        route.name,
        definition,
        _prefix_text(route.address_prefix),
        None if isinstance(route.next_hop_type, Unknown) else route.next_hop_type.value,
        tuple("?" if isinstance(a, Unknown) else str(a) for a in route.next_hop_ip_addresses),
        Standing.CONDITIONAL if above or route.condition is not None else Standing.DEFINED,
        tuple(dict.fromkeys(doubts)),
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


def _hop_link(draft: Draft, subnet: str, hop: str, line: RouteLine, nic: NetworkInterface | None) -> Link:
    forwards = nic.enable_ip_forwarding if nic is not None else True
    doubts = line.unknowns
    state: LinkState = LinkState.CONNECTED
    reason: str | None = None
    if draft.nodes[hop].parent is None:
        state, reason = LinkState.UNSEEN, "no network that is connected has this address"
    elif forwards is False:
        state, reason = LinkState.DISCONNECTED, f"{draft.nodes[hop].name} does not forward: enableIPForwarding is off"
    elif isinstance(forwards, Unknown) or line.unknowns:
        doubts = (*line.unknowns, *((forwards,) if isinstance(forwards, Unknown) else ()))
        state, reason = LinkState.DEPENDS, f"depends on {', '.join(doubt.name for doubt in doubts)}"
    return Link(
        kind=LinkKind.NEXT_HOP,
        name=line.prefix or line.name,
        one=subnet,
        other=hop,
        state=state,
        reason=reason,
        unknowns=doubts,
        source=line.source,
    )


class _Near:
    """Finds what has an address, among what a subnet can reach as a next hop: its own network and those connected to
    it. Networks that are not connected may use the same addresses."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.nics: dict[str, NetworkInterface] = {}
        self._owners: defaultdict[Address, list[str]] = defaultdict(list)
        self._neighbours: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._subnets: defaultdict[str, list[str]] = defaultdict(list)
        self._unowned: dict[tuple[str | None, Address], str] = {}
        for place, node in draft.nodes.items():
            if node.kind is NodeKind.SUBNET and node.parent is not None:
                self._subnets[node.parent].append(place)
        for nic in draft.snapshot.all(NetworkInterface):
            key = draft.node_of(nic)
            assert key is not None
            self.nics[key] = nic
            for configuration in nic.ip_configurations:
                if isinstance(configuration.private_ip_address, Address):
                    self._owners[configuration.private_ip_address].append(key)
        for link in draft.links:
            self._neighbours[link.one][link.other] = None
            self._neighbours[link.other][link.one] = None

    def appliance(self, subnet: str, address: Address, source: Source) -> str:
        """The node that has the address."""
        networks = self._reached(self._network(subnet))
        owners = [owner for owner in self._owners.get(address, ()) if self._network(owner) in networks]
        if len(owners) == 1:
            return owners[0]
        home = next((found for network in networks if (found := self._home(network, address))), None)
        if (home, address) not in self._unowned:
            self._unowned[home, address] = self._add_appliance(home, address, source, several=bool(owners))
        return self._unowned[home, address]

    def _add_appliance(self, home: str | None, address: Address, source: Source, *, several: bool) -> str:
        what = "several network interfaces have" if several else "the input does not show what has"
        unseen = Unknown(str(address), UnknownKind.REFERENCE, f"{what} this address", source)
        return self._draft.add(
            NodeKind.APPLIANCE,
            str(address),
            home,
            standing=Standing.NOT_DEFINED,
            facts=() if home is not None else ("in no connected network",),
            unknowns=(unseen,),
            source=source,
        )

    def _network(self, key: str) -> str:
        parent = self._draft.nodes[key].parent
        return key if parent is None else self._network(parent)

    def _reached(self, network: str) -> list[str]:
        """The network, its neighbours, and those that are in a connected group with it."""
        found: dict[str, None] = {network: None}
        for neighbour in self._neighbours[network]:
            found[neighbour] = None
            if self._draft.nodes[neighbour].kind is NodeKind.CONNECTED_GROUP:
                found |= self._neighbours[neighbour]
        return list(found)

    def _home(self, network: str, address: Address) -> str | None:
        """The subnet of a network that the address lies in; the network, where none of its subnets has it."""
        spaces = self._draft.spaces
        places = (*self._subnets[network], network)
        return next((key for key in places if key in spaces and address in spaces[key]), None)
