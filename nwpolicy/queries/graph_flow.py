"""The way of a flow, as `troubleshoot` found it, on the nodes of a topology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.model.resource import Resource
from nwpolicy.queries.graph_answer import FlowStep, FlowWay, GraphAnswer, NodeAnswer, ShownFlow, StepState
from nwpolicy.queries.troubleshoot import Inquiry
from nwpolicy.queries.troubleshoot_answer import PathAnswer, PathVerdict, StopAnswer

__all__ = ["with_flow"]

_STATES: Final = {
    PathVerdict.REACHABLE: StepState.PASSED,
    PathVerdict.UNREACHABLE: StepState.BLOCKED,
    PathVerdict.MIXED: StepState.PARTLY,
    PathVerdict.DEPENDS: StepState.DEPENDS,
}
_CHECKS: Final = {"Deny": StepState.BLOCKED, "Mixed": StepState.PARTLY, "Depends": StepState.DEPENDS}
#: What the stops of a path stand for.
_Holders: TypeAlias = tuple[Resource | None, ...]
#: The worst first.
_ORDER: Final = (StepState.BLOCKED, StepState.DEPENDS, StepState.PARTLY)


def with_flow(answer: GraphAnswer, inquiry: Inquiry, nodes: Mapping[int, str]) -> GraphAnswer:
    """The answer with the flow; what is outside the input becomes a node where the flow comes from or goes there.
    `nodes` are those of definitions (by `id`)."""
    found, places = inquiry.answer(), _Places(answer, nodes)
    target = places.defined(inquiry.target)
    unreachable = found.verdict is PathVerdict.UNREACHABLE
    ways = tuple(
        FlowWay(_steps(places, path, holders, target, unreachable), path.depends_on)
        for path, holders in zip(found.paths, inquiry.holders(), strict=True)
    )
    flow = ShownFlow(found.asked_text, _STATES[found.verdict], ways, found.depends_on, found.rests_on)
    return replace(
        answer,
        nodes=(*answer.nodes, *places.outside.values()),
        flow=flow,
        assumptions=tuple(dict.fromkeys((*answer.assumptions, *found.assumptions))),
        diagnostics=tuple(dict.fromkeys((*answer.diagnostics, *found.diagnostics))),
    )


class _Places:
    """Finds the nodes of stops."""

    def __init__(self, answer: GraphAnswer, defined: Mapping[int, str]) -> None:
        self.outside: dict[str, NodeAnswer] = {}
        self._nodes, self._links, self._defined = answer.nodes, answer.links, defined

    def defined(self, holder: Resource | None) -> str | None:
        """The node of a definition."""
        return None if holder is None else self._defined.get(id(holder))

    def node_of(self, stop: StopAnswer, holder: Resource | None, before: StopAnswer | None) -> str:
        """The node of a stop. An Azure Firewall is the next hop of the stop before, in a subnet of its own."""
        node = self.defined(holder)
        if node is None or stop.kind == "on premises":
            return self._site(node) or self._outside(stop)
        hops = before.next_hop.next_hop_ip_addresses if before is not None and before.next_hop is not None else ()
        appliances = (n for n in self._nodes if n.parent == node and n.kind == "appliance" and n.name in hops)
        return next((appliance.id for appliance in appliances), node)

    def hop_behind(self, node: str, stop: StopAnswer) -> str | None:
        """The node of the next hop of a stop."""
        subnets = {one.parent for one in self._nodes if one.id == node} | {node}
        hops = {link.target for link in self._links if link.kind == "nextHop" and link.source in subnets}
        wanted = set(stop.next_hop.next_hop_ip_addresses) if stop.next_hop is not None else set()
        return next((n.id for n in self._nodes if n.id in hops and wanted & {n.name, *n.addresses}), None)

    def _site(self, gateway: str | None) -> str | None:
        """The one site that a gateway leads to, if that is all that it leads to."""
        leads = {link.target for link in self._links if link.kind == "connection" and link.source == gateway}
        learns = any(fact.startswith("learns ") for n in self._nodes if n.id == gateway for fact in n.facts)
        return leads.pop() if len(leads) == 1 and not learns else None

    def _outside(self, stop: StopAnswer) -> str:
        name = stop.name if stop.name.lower() == stop.kind else f"{stop.kind}: {stop.name}"
        node = NodeAnswer(
            f"outside:{name}", "outside", name, None, "defined", (), None, None, (), (), (), stop.location
        )
        return self.outside.setdefault(name, node).id


def _steps(
    places: _Places, path: PathAnswer, holders: _Holders, target: str | None, unreachable: bool
) -> tuple[FlowStep, ...]:
    """The stops up to what stops all flows; what is behind it is not reached. Where several obstacles stop all flows
    only together, the last of them stops the rest."""
    steps = list(_every_step(places, path, holders, target))
    last = next((n for n, step in enumerate(steps) if step.state is StepState.BLOCKED), None)
    if last is None and unreachable:
        last = max((n for n, step in enumerate(steps) if step.state is StepState.PARTLY), default=None)
    if last is None:
        return tuple(steps)
    beyond = (replace(step, state=StepState.NOT_REACHED, reason=None) for step in steps[last + 1 :])
    return (*steps[:last], replace(steps[last], state=StepState.BLOCKED), *beyond)


def _every_step(places: _Places, path: PathAnswer, holders: _Holders, target: str | None) -> Iterator[FlowStep]:
    """The stops; then, where flows get lost behind the last of them, the next hop and what they were meant for."""
    *stops, last = path.stops
    before: StopAnswer | None = None
    for stop, holder in zip(stops, holders, strict=False):
        yield FlowStep(places.node_of(stop, holder, before), *_fate(stop, _by_rules(stop)))
        before = stop
    node = places.node_of(last, holders[-1], before)
    if path.end.arrives:
        yield FlowStep(node, *_fate(last, [*_by_rules(last), *_by_replies(path)]))
        return
    lost = StepState.DEPENDS if path.end.kind == "unknown" else StepState.BLOCKED
    hop = places.hop_behind(node, last)
    here = [(lost, path.end.reason)] if hop is None else []
    yield FlowStep(node, *_fate(last, [*_by_rules(last), *here]))
    if hop is not None:
        yield FlowStep(hop, lost, path.end.reason)
    if target is not None:
        yield FlowStep(target, StepState.DEPENDS if lost is StepState.DEPENDS else StepState.NOT_REACHED)


#: What stops flows at a node, and why.
_Obstacle: TypeAlias = tuple[StepState, str]


def _fate(stop: StopAnswer, found: Iterable[_Obstacle]) -> tuple[StepState, str | None]:
    """What becomes of flows at a stop: the worst of what stops them, with all the reasons."""
    obstacles = list(found)
    if obstacles:
        worst = min((state for state, _ in obstacles), key=_ORDER.index)
        return worst, "; ".join(reason for _, reason in obstacles)
    if stop.route is None:
        return StepState.PASSED, None
    name = f"{stop.route.name} of {stop.route.definition}" if stop.route.name else stop.route.definition
    return StepState.PASSED, f"goes on by the {stop.route.kind} {name}"


def _by_rules(stop: StopAnswer) -> Iterator[_Obstacle]:
    for check in stop.checks:
        if check.verdict in _CHECKS:
            rule = f"{check.rule.name} of {check.rule.layer}" if check.rule is not None else "its rules"
            yield _CHECKS[check.verdict], f"{check.direction.lower()} by {rule}"


def _by_replies(path: PathAnswer) -> Iterator[_Obstacle]:
    broken = [reply for reply in path.replies if reply.breaks]
    if broken:
        every = len(broken) == len(path.replies)
        unsure = StepState.DEPENDS if any(reply.depends_on for reply in path.replies) else StepState.PARTLY
        yield StepState.BLOCKED if every else unsure, f"on the way back: {broken[0].reason}"
