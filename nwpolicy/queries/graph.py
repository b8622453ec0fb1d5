"""The topology of the input as an answer: what there is, what is connected, what is not known; and a flow on its way.

Every class here is one object of the JSON that is documented by `schemas/graph.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.topology import Attachment, Link, Node, RouteLine, Side, Topology, build_topology
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source, SourceLocation
from nwpolicy.queries.answers import AssumptionUsed, Dependency
from nwpolicy.queries.question import assumptions_of
from nwpolicy.queries.routes import dependencies, used

__all__ = [
    "AttachmentAnswer",
    "FlowStep",
    "GraphAnswer",
    "LinkAnswer",
    "NodeAnswer",
    "RouteAnswer",
    "ShownFlow",
    "SideAnswer",
    "StepState",
    "graph",
]


class StepState(StrEnum):
    """How a flow fares at a node."""

    PASSED = "passed"
    BLOCKED = "blocked"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A node on the way of a flow."""

    node: str
    state: StepState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ShownFlow:
    """A flow and its way; `text` is the whole flow in a line."""

    text: str
    state: StepState
    steps: tuple[FlowStep, ...]


@dataclass(frozen=True, slots=True)
class AttachmentAnswer:
    """A network security group or route table, and how much the input tells of it."""

    name: str
    standing: str


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """A user-defined route of a subnet, and the route table or configuration that has it. None: not known."""

    name: str
    definition: str
    address_prefix: str | None
    next_hop_type: str | None
    next_hop_ip_address: tuple[str, ...]
    standing: str
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """A thing in the topology: it stands in the node `parent`."""

    id: str
    kind: str
    name: str
    parent: str | None
    standing: str
    addresses: tuple[str, ...]
    network_security_group: AttachmentAnswer | None
    route_table: AttachmentAnswer | None
    routes: tuple[RouteAnswer, ...]
    facts: tuple[str, ...]
    depends_on: tuple[Dependency, ...]
    location: SourceLocation | None


@dataclass(frozen=True, slots=True)
class SideAnswer:
    """One side of a peering, which the network `node` has. None: not known, or not told for `peering_state`."""

    node: str
    name: str
    peering_state: str | None
    allow_virtual_network_access: bool | None
    allow_forwarded_traffic: bool | None
    allow_gateway_transit: bool | None
    use_remote_gateways: bool | None
    peer_complete_vnets: bool | None
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What connects two nodes, and why it does not simply do so."""

    kind: str
    name: str
    source: str
    target: str
    state: str
    reason: str | None
    sides: tuple[SideAnswer, ...]
    depends_on: tuple[Dependency, ...]
    location: SourceLocation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAnswer:
    """Nodes, parents before what stands in them, and links. `depends_on` is all that is not known of them."""

    nodes: tuple[NodeAnswer, ...]
    links: tuple[LinkAnswer, ...]
    flow: ShownFlow | None
    depends_on: tuple[Dependency, ...]
    assumptions: tuple[AssumptionUsed, ...]
    diagnostics: tuple[Diagnostic, ...]


def graph(snapshot: Snapshot, *, assume: Mapping[str, str] | None = None) -> GraphAnswer:
    """The topology of the input. Raises QuestionError; InputError where Azure would not take the definitions."""
    found = check_definitions(snapshot)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    assumptions = assumptions_of(assume or {})
    topology = build_topology(snapshot, assumptions)
    return GraphAnswer(
        nodes=tuple(map(_node, topology.nodes)),
        links=tuple(map(_link, topology.links)),
        flow=None,
        depends_on=_everything_unknown(topology),
        assumptions=used(assumptions, set(topology.assumptions)),
        diagnostics=tuple(dict.fromkeys((*snapshot.diagnostics, *found))),
    )


def _everything_unknown(topology: Topology) -> tuple[Dependency, ...]:
    return tuple(dict.fromkeys(dependencies(tuple(dict.fromkeys(topology.unknowns())))))


def _node(node: Node) -> NodeAnswer:
    return NodeAnswer(
        node.id,
        node.kind.value,
        node.name,
        node.parent,
        node.standing.value,
        node.addresses,
        _attachment(node.security_group),
        _attachment(node.route_table),
        tuple(map(_route, node.routes)),
        node.facts,
        dependencies(tuple(dict.fromkeys(node.every_unknown()))),
        _location(node.source),
    )


def _attachment(attachment: Attachment | None) -> AttachmentAnswer | None:
    return None if attachment is None else AttachmentAnswer(attachment.name, attachment.standing.value)


def _route(route: RouteLine) -> RouteAnswer:
    return RouteAnswer(
        route.name,
        route.definition,
        route.prefix,
        route.next_hop_type,
        route.addresses,
        route.standing.value,
        route.source.location,
    )


def _link(link: Link) -> LinkAnswer:
    return LinkAnswer(
        link.kind.value,
        link.name,
        link.one,
        link.other,
        link.state.value,
        link.reason,
        tuple(map(_side, link.sides)),
        dependencies(link.unknowns),
        _location(link.source),
    )


def _side(side: Side) -> SideAnswer:
    return SideAnswer(
        side.node,
        side.name,
        side.state,
        side.virtual_network_access,
        side.forwarded_traffic,
        side.gateway_transit,
        side.remote_gateways,
        side.complete,
        side.source.location,
    )


def _location(source: Source | None) -> SourceLocation | None:
    return None if source is None else source.location
