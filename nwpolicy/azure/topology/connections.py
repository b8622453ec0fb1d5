"""What is connected with what: peerings, what network managers connect, gateways and what lies behind them.

Sources: Microsoft Learn, Virtual network peering; Connectivity configuration in Azure Virtual Network Manager; About
VPN Gateway configuration settings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from nwpolicy.azure.connectivity import Connection, ConnectionKind, connections
from nwpolicy.azure.spaces import prefix_space
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.azure.topology.draft import Draft, depends_on, doubts_of, texts
from nwpolicy.azure.topology.graph import Link, LinkKind, LinkState, NodeKind, Side, Standing
from nwpolicy.azure.virtualnetwork import lacks_other_side
from nwpolicy.model.network import (
    GatewayConnection,
    LocalNetworkGateway,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import Reference
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["add_connections"]


def add_connections(draft: Draft) -> None:
    _add_peerings(draft)
    _add_managed(draft)
    _add_gateway_connections(draft)


# --- peerings ---


def _add_peerings(draft: Draft) -> None:
    """One link for both sides."""
    ends: defaultdict[frozenset[str], list[tuple[str, VirtualNetworkPeering]]] = defaultdict(list)
    for network in draft.snapshot.all(VirtualNetwork):
        here = draft.node_of(network)
        assert here is not None
        for peering in network.peerings:
            there = draft.network(peering.remote_virtual_network)
            _tell_space(draft, there, peering)
            ends[frozenset((here, there))].append((here, peering))
    for pair, sides in ends.items():
        here, first = sides[0]
        there = next(iter(pair - {here}), here)
        state, reason = _peering_state(draft, sides, there)
        unknowns = tuple(dict.fromkeys(u for _, peering in sides for u in _peering_doubts(peering)))
        link = Link(
            kind=LinkKind.PEERING,
            name=first.name,
            one=here,
            other=there,
            state=state,
            reason=reason,
            sides=tuple(_side(node, peering) for node, peering in sides),
            unknowns=unknowns,
            source=first.source,
        )
        draft.links.append(replace(link, **depends_on(unknowns)) if state is LinkState.CONNECTED else link)


def _tell_space(draft: Draft, there: str, peering: VirtualNetworkPeering) -> None:
    """What a peering says of a network that the input does not show."""
    node = draft.nodes[there]
    if node.standing is Standing.NOT_DEFINED and not node.addresses:
        draft.change(there, addresses=texts(peering.remote_address_space))
        draft.spaces[there] = prefix_space(peering.remote_address_space).known


def _peering_state(
    draft: Draft, sides: list[tuple[str, VirtualNetworkPeering]], there: str
) -> tuple[LinkState, str | None]:
    for _, peering in sides:
        if (peering.peering_state or "Connected").lower() != "connected":
            return LinkState.DISCONNECTED, f"the peering {peering.name} is {peering.peering_state}"
    for here, peering in sides:
        if lacks_other_side(draft.snapshot, peering):
            names = f"{draft.nodes[there].name} has no peering back to {draft.nodes[here].name}"
            return LinkState.HALF_OPEN, names
    for _, peering in sides:
        if peering.allow_virtual_network_access is False:
            return LinkState.DISCONNECTED, f"the peering {peering.name} does not allow virtual network access"
    if len(sides) == 1 and sides[0][1].peering_state is None:
        return LinkState.UNSEEN, f"the input does not show the other side of {sides[0][1].name}"
    return LinkState.CONNECTED, None


def _peering_doubts(peering: VirtualNetworkPeering) -> Iterable[Unknown]:
    flags = (peering.allow_virtual_network_access, peering.peer_complete_vnets, peering.remote_virtual_network)
    return (*doubts_of(peering), *(flag for flag in flags if isinstance(flag, Unknown)))


def _side(node: str, peering: VirtualNetworkPeering) -> Side:
    return Side(
        node,
        peering.name,
        peering.peering_state,
        _known(peering.allow_virtual_network_access),
        _known(peering.allow_forwarded_traffic),
        _known(peering.allow_gateway_transit),
        _known(peering.use_remote_gateways),
        _known(peering.peer_complete_vnets),
        peering.source,
    )


def _known(flag: bool | Unknown) -> bool | None:
    return flag if isinstance(flag, bool) else None


# --- network managers ---


def _add_managed(draft: Draft) -> None:
    """Members of a connected group get a link to a node of the group; hubs and spokes one to one another."""
    pairs: defaultdict[tuple[str, LinkKind], dict[frozenset[str], Connection]] = defaultdict(dict)
    for network in draft.snapshot.all(VirtualNetwork):
        here = draft.node_of(network)
        assert here is not None
        subject = Subject(SubjectKind.SUBNET, network.name, virtual_network=network)
        for found in connections(draft.snapshot, subject, draft.assumptions):
            draft.rests_on |= {name for name, _ in found.rests_on}
            if all(holds for _, holds in found.rests_on):
                is_group = found.kind is ConnectionKind.CONNECTED_GROUP
                kind = LinkKind.CONNECTED_GROUP if is_group else LinkKind.HUB_AND_SPOKE
                there = draft.node_of(found.network) or _unseen_networks(draft, found)
                known = pairs[found.definition, kind]
                pair = frozenset((here, there))
                if pair not in known or len(found.conditions) < len(known[pair].conditions):
                    known[pair] = found
    for (definition, kind), known in pairs.items():
        if kind is LinkKind.HUB_AND_SPOKE:
            _add_pairs(draft, definition, kind, known)
        else:
            for group in _components(known):
                _add_group(draft, definition, known, group)


def _unseen_networks(draft: Draft, found: Connection) -> str:
    """A stand-in for the networks that a configuration connects without the input showing them."""
    reason = "the input does not show them"
    return draft.unseen(
        VirtualNetwork,
        Unknown(f"other networks of {found.definition}", UnknownKind.REFERENCE, reason, found.source),
    )


def _components(known: Iterable[frozenset[str]]) -> list[list[str]]:
    """The nodes that are joined by pairs, directly or not, in the order of their first pair."""
    groups: dict[str, list[str]] = {}
    for pair in known:
        one, *others = (groups.setdefault(node, [node]) for node in sorted(pair))
        for other in others:
            if other is not one:
                one += other
                groups.update(dict.fromkeys(other, one))
    return list({id(group): group for group in groups.values()}.values())


def _add_group(draft: Draft, definition: str, known: dict[frozenset[str], Connection], members: list[str]) -> None:
    """A node for the group, where each of the members is connected with each other one."""
    pairs = {pair: known[pair] for pair in map(frozenset, combinations(members, 2)) if pair in known}
    seen = [node for node in members if draft.nodes[node].standing is not Standing.UNKNOWN]
    if len(seen) < 3 or any(frozenset(pair) not in pairs for pair in combinations(seen, 2)):  # noqa: PLR2004
        _add_pairs(draft, definition, LinkKind.CONNECTED_GROUP, pairs)
        return
    first = next(iter(pairs.values()))
    group = draft.add(NodeKind.CONNECTED_GROUP, definition, source=first.source)
    conditions: dict[str, tuple[Unknown, ...]] = {}
    for member, found in ((member, found) for pair, found in pairs.items() for member in pair):
        if member not in conditions or len(found.conditions) < len(conditions[member]):
            conditions[member] = found.conditions
    draft.links += (
        _managed_link(definition, LinkKind.CONNECTED_GROUP, group, member, conditions[member], first)
        for member in members
    )


def _add_pairs(draft: Draft, definition: str, kind: LinkKind, known: dict[frozenset[str], Connection]) -> None:
    peered = {frozenset((link.one, link.other)) for link in draft.links if link.kind is LinkKind.PEERING}
    for pair, found in known.items():
        if kind is LinkKind.CONNECTED_GROUP or pair not in peered:
            one, other = sorted(pair)
            draft.links.append(_managed_link(definition, kind, one, other, found.conditions, found))


def _managed_link(
    definition: str, kind: LinkKind, one: str, other: str, conditions: tuple[Unknown, ...], found: Connection
) -> Link:
    return Link(kind=kind, name=definition, one=one, other=other, source=found.source, **depends_on(conditions))


# --- gateways ---


def _add_gateway_connections(draft: Draft) -> None:
    for site in draft.snapshot.all(LocalNetworkGateway):
        unknowns = (prefix for prefix in site.address_prefixes if isinstance(prefix, Unknown))
        draft.define(site, None, unknowns, addresses=texts(site.address_prefixes))
    for connection in draft.snapshot.all(GatewayConnection):
        _add_gateway_connection(draft, connection)
    for gateway in draft.snapshot.all(VirtualNetworkGateway):
        _tell_unconnected(draft, gateway)


def _add_gateway_connection(draft: Draft, connection: GatewayConnection) -> None:
    gateway = _gateway(draft, connection.virtual_network_gateway)
    far = _far_end(draft, connection)
    link = Link(
        kind=LinkKind.CONNECTION,
        name=connection.name,
        one=gateway,
        other=far,
        source=connection.source,
        **depends_on(doubts_of(connection)),
    )
    seen = {Standing.DEFINED, Standing.CONDITIONAL}
    if link.state is LinkState.CONNECTED and not {draft.nodes[end].standing for end in (gateway, far)} <= seen:
        link = replace(link, state=LinkState.UNSEEN, reason="the input does not show the other side")
    draft.links.append(link)


def _gateway(draft: Draft, reference: Reference | Unknown) -> str:
    found = draft.node_of(draft.resolve(VirtualNetworkGateway, reference))
    return found if found is not None else draft.unseen(VirtualNetworkGateway, reference)


def _far_end(draft: Draft, connection: GatewayConnection) -> str:
    site = connection.local_network_gateway
    if site is not None:
        found = draft.node_of(draft.resolve(LocalNetworkGateway, site))
        return found if found is not None else draft.unseen(LocalNetworkGateway, site)
    if connection.other_gateway is not None:
        return _gateway(draft, connection.other_gateway)
    reason = "the input does not tell what the connection leads to"
    unseen = Unknown(f"far side of {connection.name}", UnknownKind.REFERENCE, reason, connection.source)
    return draft.add(
        NodeKind.FAR_SIDE, unseen.name, standing=Standing.UNKNOWN, unknowns=(unseen,), source=connection.source
    )


def _tell_unconnected(draft: Draft, gateway: VirtualNetworkGateway) -> None:
    key = draft.node_of(gateway)
    assert key is not None
    if gateway.bgp_prefixes or any(key in {link.one, link.other} for link in draft.links):
        return
    reason = "the input does not tell which prefixes the gateway reaches"
    unseen = Unknown(f"prefixes behind {gateway.name}", UnknownKind.ADDRESS, reason, gateway.source)
    node = draft.nodes[key]
    draft.change(key, facts=(*node.facts, "leads to what is not known"), unknowns=(*node.unknowns, unseen))
