"""The topology of the input as an answer: what there is, what is connected, what is not known; and a flow on its way.

Every class here is one object of the JSON that is documented by `schemas/graph.schema.json`; attribute names are the
camelCase keys in snake_case.
"""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AssumptionUsed, Dependency

__all__ = [
    "AttachmentAnswer",
    "FlowStep",
    "FlowWay",
    "GraphAnswer",
    "LinkAnswer",
    "NodeAnswer",
    "RouteAnswer",
    "ShownFlow",
    "SideAnswer",
    "StepState",
]


class StepState(StrEnum):
    """How a flow fares at a node."""

    PASSED = "passed"
    PARTLY = "partlyBlocked"
    """some of the flows pass"""
    DEPENDS = "depends"
    BLOCKED = "blocked"
    NOT_REACHED = "notReached"
    """all flows are blocked before"""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A node on the way of a flow, and why the flow fares as it does there, or by what it goes on."""

    node: str
    state: StepState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FlowWay:
    """A way that flows take, if what is in `depends_on` makes them."""

    steps: tuple[FlowStep, ...]
    depends_on: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownFlow:
    """The flows that were asked about, and their ways; `text` is the question in a line."""

    text: str
    state: StepState
    ways: tuple[FlowWay, ...]
    depends_on: tuple[Dependency, ...]
    rests_on: tuple[str, ...]


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
