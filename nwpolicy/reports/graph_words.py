"""What nodes and links of a topology are called in pictures, whatever draws them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from enum import Enum
from math import sqrt
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.queries.graph_answer import GraphAnswer, LinkAnswer, NodeAnswer, SideAnswer

__all__ = [
    "KIND_NAMES",
    "STATE_NAMES",
    "WIRE_NAMES",
    "BoxLine",
    "LineSort",
    "Outline",
    "box_lines",
    "link_lines",
    "link_title",
    "side_words",
    "wires",
]

KIND_NAMES: Final = {
    "virtualNetwork": "virtual network",
    "subnet": "subnet",
    "networkInterface": "network interface",
    "privateEndpoint": "private endpoint",
    "appliance": "next hop",
    "virtualNetworkGateway": "gateway",
    "applicationGateway": "application gateway",
    "loadBalancer": "load balancer",
    "localNetworkGateway": "site",
    "farSide": "far side",
    "connectedGroup": "connected group",
    "networkSecurityGroup": "network security group",
    "routeTable": "route table",
    "outside": "outside",
}
STATE_NAMES: Final = {
    "halfOpen": "half-open",
    "disconnected": "not connected",
    "unseen": "other side not in the input",
    "depends": "depends",
}
WIRE_NAMES: Final = {
    "peering": "peering",
    "hubAndSpoke": "hub and spoke of a network manager",
    "connectedGroup": "connected group",
    "connection": "connection of a gateway",
}
_STANDINGS: Final = {
    "conditional": "may not exist",
    "notDefined": "not in the input",
    "unknown": "not known",
    "gone": "gone",
    "new": "new",
}
#: So many routes and network interfaces of a subnet are listed one by one; JSON has all of them.
_ROUTES: Final = 4
_INTERFACES: Final = 4
#: The square of how many columns a box takes behind a hub: all are about as high as wide together.
_SPREAD: Final = 0.2


class LineSort(Enum):
    """What a line in a box tells."""

    NAME = "name"
    FACT = "fact"
    FAINT = "faint"
    ITEM = "item"
    DETAIL = "detail"


class Outline:
    """The nodes of an answer by what they stand in. Those that are `named` have lines of their own, however many there
    are."""

    def __init__(self, answer: GraphAnswer, named: Collection[str] = ()) -> None:
        self.nodes = {node.id: node for node in answer.nodes}
        self._children: defaultdict[str | None, list[NodeAnswer]] = defaultdict(list)
        for node in answer.nodes:
            self._children[node.parent].append(node)
        hops = {link.target for link in answer.links if link.kind == "nextHop"}
        ways = answer.flow.ways if answer.flow is not None else ()
        steps = {step.node for way in ways for step in way.steps}
        self._named = hops | steps | set(named)

    def children(self, parent: str | None) -> list[NodeAnswer]:
        return self._children[parent]

    def outermost(self, node: str) -> str:
        """What a node stands in, and that in nothing."""
        parent = self.nodes[node].parent
        return node if parent is None else self.outermost(parent)

    def boxes_in(self, node: NodeAnswer) -> list[NodeAnswer]:
        """What has a box of its own in a node's: what stands in a network, but not what stands in a subnet."""
        return self.children(node.id) if node.kind == "virtualNetwork" else []

    def box_of(self, node: str) -> str:
        """The box in which a node is shown: its own, or that of what it stands in."""
        parent = self.nodes[node].parent
        return node if parent is None or self.nodes[parent].kind == "virtualNetwork" else self.box_of(parent)

    def shown(self, parent: str) -> tuple[list[NodeAnswer], int]:
        """What stands in a subnet, and how many more network interfaces do: all where they are few, else those that
        routes or a flow lead to."""
        children = self.children(parent)
        interfaces = [node for node in children if node.kind == "networkInterface"]
        if len(interfaces) <= _INTERFACES:
            return children, 0
        shown = [node for node in children if node.kind != "networkInterface" or node.id in self._named]
        return shown, len(children) - len(shown)


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A line of text in a box: what sort of line it is, and the node that it stands for."""

    text: str
    sort: LineSort
    node: str | None = None
    standing: str = "defined"


def box_lines(outline: Outline, node: NodeAnswer) -> Iterator[BoxLine]:
    """The lines of a box: the node itself, what is attached to it, and what stands in it without a box of its own."""
    plain = node.kind == "outside" or (node.kind == "subnet" and node.parent is not None)
    label = "" if plain else f"{KIND_NAMES[node.kind]} "
    yield BoxLine(f"{label}{node.name}", LineSort.NAME, node.id)
    if node.standing in _STANDINGS:
        yield BoxLine(_STANDINGS[node.standing], LineSort.FACT)
    yield from _attached_lines(node)
    shown, more = outline.shown(node.id)
    boxes = outline.boxes_in(node)
    for child in shown:
        if child not in boxes:
            yield from _inner_lines(child)
    if more:
        yield BoxLine(f"{more} {'more ' if shown else ''}network interfaces", LineSort.ITEM)


def _attached_lines(node: NodeAnswer) -> Iterator[BoxLine]:
    if node.addresses:
        yield BoxLine(", ".join(node.addresses), LineSort.FACT)
    group, table = node.network_security_group, node.route_table
    if group is not None:
        yield BoxLine(f"NSG {_doubted(group.name, group.standing)}", LineSort.FACT)
    elif node.kind == "subnet" and node.standing == "defined":
        yield BoxLine("no NSG", LineSort.FAINT)
    if table is not None:
        yield BoxLine(f"routes {_doubted(table.name, table.standing)}", LineSort.FACT)
    for route in node.routes[:_ROUTES]:
        hop = ", ".join(route.next_hop_ip_address) or route.next_hop_type or "?"
        yield BoxLine(_doubted(f"{route.address_prefix or '?'} → {hop}", route.standing), LineSort.FACT)
    if len(node.routes) > _ROUTES:
        yield BoxLine(f"and {len(node.routes) - _ROUTES} more routes", LineSort.FACT)
    yield from (BoxLine(fact, LineSort.FACT) for fact in node.facts)


def _inner_lines(node: NodeAnswer) -> Iterator[BoxLine]:
    """What stands in a box without one of its own."""
    label = "" if node.kind == "networkInterface" else f"{KIND_NAMES[node.kind]} "
    group = node.network_security_group
    attached = () if group is None else (f"NSG {_doubted(group.name, group.standing)}",)
    text = " · ".join((f"{label}{_doubted(node.name, node.standing)}", *node.addresses, *attached))
    yield BoxLine(text, LineSort.ITEM, node.id, node.standing)
    if node.facts:
        yield BoxLine(" · ".join(node.facts), LineSort.DETAIL)


def _doubted(text: str, standing: str) -> str:
    doubt = _STANDINGS.get(standing)
    return text if doubt is None else f"{text} ({doubt})"


def link_lines(link: LinkAnswer) -> Iterator[str]:
    """What a link is called, where its sides have no place of their own."""
    if link.state in STATE_NAMES:
        yield STATE_NAMES[link.state]
    if not link.sides:
        yield link.name
    for side in link.sides:
        words = side_words(side)
        yield f"{side.name}: {words}" if words else side.name


def side_words(side: SideAnswer) -> str:
    """What a side of a peering lets through beyond the traffic of the two networks."""
    words = {
        "no access": side.allow_virtual_network_access is False,
        "forwarded": side.allow_forwarded_traffic,
        "gateway transit": side.allow_gateway_transit,
        "remote gateway": side.use_remote_gateways,
        "some subnets": side.peer_complete_vnets is False,
    }
    flags = (
        side.allow_virtual_network_access,
        side.allow_forwarded_traffic,
        side.allow_gateway_transit,
        side.use_remote_gateways,
        side.peer_complete_vnets,
    )
    return ", ".join([word for word, holds in words.items() if holds] + (["?"] if None in flags else []))


def wires(outline: Outline, links: Sequence[LinkAnswer]) -> Iterator[tuple[LinkAnswer, int]]:
    """The links that are drawn as lines, and how many columns apart their ends are: what is behind a hub stands in
    several columns. Where routes lead is told in the boxes."""
    drawn = [link for link in links if link.kind in WIRE_NAMES]
    ends = [(outline.outermost(link.source), outline.outermost(link.target)) for link in drawn]
    degree = Counter(end for pair in ends for end in pair)
    hubs = [_hub(degree, *pair) for pair in ends]
    sizes = [sum(1 + len(outline.boxes_in(outline.nodes[end])) for end in pair if degree[end] == 1) for pair in ends]
    behind, met = Counter[str | None](), Counter[str | None]()
    for hub, size in zip(hubs, sizes, strict=True):
        behind[hub] += size
    for link, hub, size in zip(drawn, hubs, sizes, strict=True):
        columns = max(1, round(sqrt(behind[hub] * _SPREAD)))
        yield link, 1 if hub is None else 1 + met[hub] * columns // behind[hub]
        met[hub] += size


def _hub(degree: Counter[str], one: str, other: str) -> str | None:
    """The end that leads to others, if the other does not."""
    return next((hub for hub, spoke in ((one, other), (other, one)) if degree[spoke] == 1 < degree[hub]), None)


def link_title(link: LinkAnswer) -> str:
    """All about a link in a line."""
    names = " and ".join(side.name for side in link.sides) or link.name
    sides = [f"{side.name} allows {side_words(side)}" for side in link.sides if side_words(side)]
    return "; ".join([names, *((link.reason,) if link.reason else ()), *sides])
