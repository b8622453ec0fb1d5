"""The topology of the input, with the way of a flow through it where one is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.topology import Attachment, Link, Node, RouteLine, Side, Topology, build_topology
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source, SourceLocation
from nwpolicy.queries.answers import Dependency
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.graph_answer import (
    AttachmentAnswer,
    GraphAnswer,
    LinkAnswer,
    NodeAnswer,
    RouteAnswer,
    SideAnswer,
)
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.question import assumptions_of
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["checked_topology", "graph", "told"]


def graph(
    estate: Input,
    source: str | None = None,
    destination: str | None = None,
    *,
    protocol: str | None = None,
    port: str | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
) -> GraphAnswer:
    """The topology of the input; with a source and a destination, as `troubleshoot` takes them, with the way between.

    Raises QuestionError, InputError, TooLarge.
    """
    snapshot = loaded(estate)
    topology = checked_topology(snapshot, assume)
    answer = told(topology, snapshot, assume)
    if source is None and destination is None:
        if protocol is not None or port is not None:
            raise QuestionError("a flow has two ends", "give both --from and --to")
        return answer
    if source is None or destination is None:
        raise QuestionError("a flow has two ends", "give both --from and --to")
    from nwpolicy.queries.graph_flow import with_flow
    from nwpolicy.queries.troubleshoot import inquire

    inquiry = inquire(snapshot, source, destination, protocol=protocol, port=port, assume=assume)
    return with_flow(answer, inquiry, topology.places)


def checked_topology(snapshot: Snapshot, assume: Mapping[str, str]) -> Topology:
    """Raises QuestionError; InputError where Azure would not take the definitions."""
    errors = [found for found in snapshot.derived(check_definitions) if found.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    return build_topology(snapshot, assumptions_of(assume))


def told(topology: Topology, snapshot: Snapshot, assume: Mapping[str, str]) -> GraphAnswer:
    """The topology of definitions, or a part of it, as an answer."""
    lines = _lines(topology)
    return GraphAnswer(
        nodes=tuple(_node(node, lines) for node in topology.nodes),
        links=tuple(map(_link, topology.links)),
        flow=None,
        depends_on=_everything_unknown(topology),
        assumptions=used(assumptions_of(assume), set(topology.assumptions)),
        diagnostics=tuple(dict.fromkeys((*snapshot.diagnostics, *snapshot.derived(check_definitions)))),
    )


def _everything_unknown(topology: Topology) -> tuple[Dependency, ...]:
    return tuple(dict.fromkeys(dependencies(tuple(dict.fromkeys(topology.unknowns())))))


def _lines(topology: Topology) -> Mapping[int, RouteAnswer]:
    """By `id`, as subnets share the routes of their table."""
    routes = {id(route): route for node in topology.nodes for route in node.routes}
    return {key: _route(route) for key, route in routes.items()}


def _node(node: Node, lines: Mapping[int, RouteAnswer]) -> NodeAnswer:
    return NodeAnswer(
        node.id,
        node.kind.value,
        node.name,
        node.parent,
        node.standing.value,
        node.addresses,
        _attachment(node.security_group),
        _attachment(node.route_table),
        tuple(lines[id(route)] for route in node.routes),
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
