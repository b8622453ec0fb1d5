"""The paths of a report on a topology: from which node to which they lead, few one by one, many together.

An end that no node of the topology holds, as `Internet` or `10.0.0.0/8`, has a node outside of everything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Final, TypeAlias

from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.azure.topology import Node
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, Subnet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.differences import ChangedFlows, ChangeKind
from nwpolicy.queries.graph import checked_topology, told
from nwpolicy.queries.graph_answer import GraphAnswer, NodeAnswer
from nwpolicy.queries.report.answers import Report, RuleChange
from nwpolicy.queries.report.risks import addresses_of

__all__ = ["Path", "PathLine", "PathMap", "path_map"]

#: Of more paths than these, those between the same networks are one; and no more than these are to be drawn.
_PATHS: Final = 12
#: Of more boxes than these, only those are kept that paths lead to.
_BOXES: Final = 20
_NETWORK: Final = "virtualNetwork"
_KINDS: Final[Mapping[str, type[Resource]]] = {
    SubjectKind.NETWORK_INTERFACE: NetworkInterface,
    SubjectKind.PRIVATE_ENDPOINT: PrivateEndpoint,
    SubjectKind.NETWORK_SECURITY_GROUP: NetworkSecurityGroup,
    SubjectKind.SUBNET: Subnet,
}


@dataclass(frozen=True, slots=True)
class PathLine:
    """A change by its number, and what of it goes this way: `tcp 1433 from 10.0.1.9 (2 NICs)`."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """What opens, closes, or may do so, from one node to another."""

    kind: ChangeKind
    may_be: ChangeKind
    source: str
    target: str
    lines: tuple[PathLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PathMap:
    """Paths, the most urgent first, and as much of the topology as they need. `changes_left` is how many changes have
    no part in any of the paths, `boxes_left` how many boxes the topology here lacks."""

    topology: GraphAnswer
    paths: tuple[Path, ...]
    changes_left: int
    boxes_left: int


#: Lines by the paths that they belong to.
_Grouped: TypeAlias = dict[Path, dict[PathLine, None]]


def path_map(old: Snapshot, new: Snapshot, report: Report) -> PathMap:
    """The paths of a report on the newer topology, with what they need of the older. Raises QuestionError,
    InputError."""
    assume = {used.name: used.choice for used in report.assumptions}
    places = _Places(lambda: _Side(old, assume), _Side(new, assume))
    remotes = _Remotes(places.new)
    found = _grouped(line for one in report.changes for line in _lines(places, remotes, one))
    if len(found) > _PATHS:
        found = _grouped(places.lifted(path, line) for path, lines in found.items() for line in lines)
    paths = tuple(replace(path, lines=tuple(lines)) for path, lines in list(found.items())[:_PATHS])
    drawn = {line.number for path in paths for line in path.lines}
    ends = {end for path in paths for end in (path.source, path.target)}
    fresh = {places.node_of(lone.place) for lone in report.only_after}
    topology, left = places.topology(ends, fresh, remotes.outside(ends))
    return PathMap(topology, paths, len(report.changes) - len(drawn), left)


def _grouped(lines: Iterable[tuple[Path, PathLine]]) -> _Grouped:
    found: defaultdict[Path, dict[PathLine, None]] = defaultdict(dict)
    for path, line in lines:
        found[path][line] = None
    return found


def _lines(places: _Places, remotes: _Remotes, one: RuleChange) -> Iterator[tuple[Path, PathLine]]:
    """The paths of a change: from or to each of its places."""
    change = one.change
    inbound = change.direction == "Inbound"
    for place, count in places.together(change.places):
        for flows in change.in_short:
            remote, part = remotes.end(flows, inbound=inbound)
            ends = (remote, place) if inbound else (place, remote)
            text = " ".join(filter(None, (flows.service, part, _source(flows)[1], count)))
            yield Path(change.kind, change.may_be, *ends), PathLine(one.number, text)


def _source(flows: ChangedFlows) -> tuple[str, str]:
    """What the source of flows is called, and which ports of it, if not all: `from port 53`."""
    if flows.flows.source_port == "*":
        return flows.source, ""
    name, _, ports = flows.source.rpartition(" from port ")
    return name, f"from port {ports}"


class _Side:
    """The topology of one side."""

    def __init__(self, snapshot: Snapshot, assume: Mapping[str, str]) -> None:
        self._snapshot, self._assume = snapshot, assume
        self._topology = checked_topology(snapshot, assume)
        self.nodes: Mapping[str, Node] = {node.id: node for node in self._topology.nodes}

    def nodes_of(self, place: PlaceAnswer) -> list[str]:
        """The nodes that a place may be: several, where several have its name."""
        found = self._snapshot.named(_KINDS[place.kind], place.id or place.name)
        places = self._topology.places
        return [places[id(one)] for one in found if id(one) in places]

    def part(self, nodes: Iterable[str]) -> GraphAnswer:
        """Some of the nodes, and the links between them."""
        kept = {node: self.nodes[node] for node in nodes}
        links = tuple(link for link in self._topology.links if link.one in kept and link.other in kept)
        topology = replace(self._topology, nodes=tuple(kept.values()), links=links)
        return told(topology, self._snapshot, self._assume)


class _Places:
    """The nodes of places, and the topology with those that are gone."""

    def __init__(self, old: Callable[[], _Side], new: _Side) -> None:
        self.new = new
        self._read_old = old
        self._gone: dict[str, Node] = {}

    @cached_property
    def _old(self) -> _Side:
        """The older side, of which nothing is needed where no place is gone."""
        return self._read_old()

    def node_of(self, place: PlaceAnswer) -> str | None:
        """The node of a place, if only one has its name."""
        found = self.new.nodes_of(place) or self._old.nodes_of(place)
        if len(found) != 1:
            return None
        self._keep(found[0])
        return found[0]

    def _keep(self, node: str) -> None:
        """Takes a node that is gone, and what it stands in, from the older side."""
        if node not in self.new.nodes and node not in self._gone:
            gone = self._old.nodes[node]
            if gone.parent is not None:
                self._keep(gone.parent)
            self._gone[node] = gone

    def _node(self, node: str) -> Node:
        return self.new.nodes[node] if node in self.new.nodes else self._gone[node]

    def together(self, places: Iterable[PlaceAnswer]) -> Iterator[tuple[str, str]]:
        """The nodes of places; those of several in a subnet are the one of the subnet, with their number."""
        found = {node: self._node(node).parent for place in places if (node := self.node_of(place)) is not None}
        beside = Counter(found.values())
        for node, parent in found.items():
            if parent is None or self._node(parent).kind == _NETWORK or (beside[parent] == 1 and parent not in found):
                yield node, ""
        for parent, count in beside.items():
            if parent is not None and self._node(parent).kind != _NETWORK and count > 1 and parent not in found:
                yield parent, f"({count} places)"

    def lifted(self, path: Path, line: PathLine) -> tuple[Path, PathLine]:
        """A change from network to network; what it leads from and to in these is told with it."""
        source, target = self._outermost(path.source), self._outermost(path.target)
        ends = (("from", path.source, source), ("to", path.target, target))
        inner = (f"{word} {self._node(end).name}" for word, end, outer in ends if end != outer)
        return replace(path, source=source, target=target), replace(line, text=" ".join((line.text, *inner)))

    def _outermost(self, node: str) -> str:
        if node not in self.new.nodes and node not in self._gone:
            return node
        parent = self._node(node).parent
        return node if parent is None else self._outermost(parent)

    def topology(
        self, ends: Collection[str], fresh: Collection[str | None], outside: Sequence[NodeAnswer]
    ) -> tuple[GraphAnswer, int]:
        """What paths between these ends need of the newer topology, in which the fresh nodes are told, with what is
        gone and what is outside; and how many boxes it lacks."""
        kept, left = _cut({**self.new.nodes, **self._gone}, ends, _BOXES - len(outside))
        answer = self.new.part([node for node in kept if node not in self._gone])
        gone = [node for node in kept if node in self._gone]
        shown = [
            *(replace(node, standing="new") if _is_new(node, fresh) else node for node in answer.nodes),
            *(replace(node, standing="gone") for node in (self._old.part(gone).nodes if gone else ())),
            *outside,
        ]
        if left:
            doubts = (*(node.depends_on for node in shown), *(link.depends_on for link in answer.links))
            answer = replace(answer, depends_on=tuple(dict.fromkeys(chain.from_iterable(doubts))))
        return replace(answer, nodes=tuple(_with_left(node, left[node.id]) for node in shown)), left[None]


class _Remotes:
    """The nodes of other ends."""

    def __init__(self, side: _Side) -> None:
        self._inside: defaultdict[str | None, list[Node]] = defaultdict(list)
        for node in side.nodes.values():
            self._inside[node.parent].append(node)
        self._spaces: dict[str, AddressSet] = {}
        self._outside: dict[str, NodeAnswer] = {}
        self._known: dict[AddressSet, tuple[str | None, AddressSet]] = {}

    def end(self, flows: ChangedFlows, *, inbound: bool) -> tuple[str, str]:
        """The node of the end that is not the place, and what of the node is meant, if not all of it."""
        text, name = flows.flows.destination, flows.destination
        if inbound:
            text, (name, _) = flows.flows.source, _source(flows)
        addresses = addresses_of(text)
        if addresses not in self._known:
            self._known[addresses] = self._holder(addresses)
        node, space = self._known[addresses]
        if node is not None:
            return node, "" if space == addresses else f"{'from' if inbound else 'to'} {name}"
        called = "* (any address)" if name == "*" else name
        outside = NodeAnswer(f"outside:{name}", "outside", called, None, "defined", (), None, None, (), (), (), None)
        return self._outside.setdefault(name, outside).id, ""

    def _holder(self, addresses: AddressSet) -> tuple[str | None, AddressSet]:
        """The innermost node that alone has all of the addresses, and what it has."""
        found: str | None = None
        while len(inner := [one for one in self._inside[found] if addresses <= self._space(one)]) == 1:
            found = inner[0].id
        return found, NO_ADDRESS if found is None else self._spaces[found]

    def _space(self, node: Node) -> AddressSet:
        """The addresses of a node, as far as they are known."""
        if node.id not in self._spaces:
            known = (text for text in node.addresses if not text.startswith("?"))
            self._spaces[node.id] = union(map(addresses_of, known))
        return self._spaces[node.id]

    def outside(self, ends: Collection[str]) -> list[NodeAnswer]:
        return [node for node in self._outside.values() if node.id in ends]


def _is_new(node: NodeAnswer, fresh: Collection[str | None]) -> bool:
    return node.id in fresh and node.standing == "defined"


def _with_left(node: NodeAnswer, left: int) -> NodeAnswer:
    return replace(node, facts=(*node.facts, f"and {left} more in it")) if left else node


def _cut(nodes: Mapping[str, Node], ends: Collection[str], room: int) -> tuple[Collection[str], Counter[str | None]]:
    """The nodes, without boxes that no path leads to where there are more of them than there is room for; and how many
    boxes each network and the whole lack."""
    boxes = [node for node in nodes.values() if node.parent is None or nodes[node.parent].kind == _NETWORK]
    if len(boxes) <= room:
        return nodes, Counter()
    wanted = {above for end in ends if end in nodes for above in _upwards(nodes, end)}
    kept: dict[str, Node] = {}
    for node in nodes.values():
        above = None if node.parent is None else kept.get(node.parent)
        if node.id in wanted or (above is not None and above.kind != _NETWORK):
            kept[node.id] = node
    return kept, Counter(box.parent for box in boxes if box.id not in kept)


def _upwards(nodes: Mapping[str, Node], node: str | None) -> Iterator[str]:
    """The node, and what it stands in."""
    while node is not None:
        yield node
        node = nodes[node].parent
