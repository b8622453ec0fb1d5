"""The ways of a flow in words, and as pieces that pictures draw: from node to node, and a mark at each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from nwpolicy.queries.graph_answer import FlowStep, FlowWay, ShownFlow, StepState
from nwpolicy.reports.graph_words import KIND_NAMES, Outline

__all__ = ["FLOW_COLORS", "STEP_WORDS", "flow_lines", "marks", "pieces"]

STEP_WORDS: Final = {
    StepState.PASSED: "passes",
    StepState.PARTLY: "passes in part",
    StepState.DEPENDS: "depends",
    StepState.BLOCKED: "blocked",
    StepState.NOT_REACHED: "not reached",
}
FLOW_COLORS: Final = {
    StepState.PASSED: "#00795a",
    StepState.PARTLY: "#8a5a00",
    StepState.DEPENDS: "#8a5a00",
    StepState.BLOCKED: "#c14500",
    StepState.NOT_REACHED: "#8a8a8a",
}
_SIGNS: Final = {StepState.BLOCKED: "✕", StepState.DEPENDS: "?", StepState.PARTLY: "~"}
#: So many ways are told one by one; JSON has all of them.
_WAYS: Final = 8


def flow_lines(outline: Outline, flow: ShownFlow) -> Iterator[str]:
    """The flow and what becomes of it, then the steps of its way; of several ways, each in a line."""
    yield f"{flow.text}: {STEP_WORDS[flow.state]}"
    if len(flow.ways) == 1:
        yield from (step_text(outline, step, number) for number, step in enumerate(flow.ways[0].steps, 1))
        yield from _conditions(flow.ways[0])
        return
    for way in flow.ways[:_WAYS]:
        yield _way_text(outline, way)
    if len(flow.ways) > _WAYS:
        yield f"and {len(flow.ways) - _WAYS} more ways"


def step_text(outline: Outline, step: FlowStep, number: int) -> str:
    node = outline.nodes[step.node]
    how = STEP_WORDS[step.state] if step.reason is None else f"{STEP_WORDS[step.state]}, {step.reason}"
    return f"{number} {KIND_NAMES[node.kind]} {node.name}: {how}"


def _conditions(way: FlowWay) -> Iterator[str]:
    if way.depends_on:
        yield f"whether it goes this way depends on {', '.join(unknown.name for unknown in way.depends_on)}"


def _way_text(outline: Outline, way: FlowWay) -> str:
    worst = next((step for state in _SIGNS for step in way.steps if step.state is state), way.steps[-1])
    names = " → ".join(outline.nodes[step.node].name for step in way.steps)
    where = f" at {outline.nodes[worst.node].name}" if worst.state in _SIGNS else ""
    reason = f", {worst.reason}" if worst.reason is not None else ""
    return "; ".join((f"{names}: {STEP_WORDS[worst.state]}{where}{reason}", *_conditions(way)))


def pieces(flow: ShownFlow) -> dict[tuple[str, str], StepState]:
    """From node to node, and how flows fare there: on the best way, where several go there."""
    found: dict[tuple[str, str], StepState] = {}
    order = list(StepState)
    for way in flow.ways:
        for here, there in pairwise(way.steps):
            if here.node == there.node:
                continue
            state = (
                StepState.NOT_REACHED
                if here.state is StepState.BLOCKED
                else max(here.state, there.state, key=order.index)
            )
            known = found.get((here.node, there.node), state)
            found[here.node, there.node] = min(known, state, key=order.index)
    return found


def marks(flow: ShownFlow) -> dict[str, tuple[str, StepState]]:
    """A sign and a state for each node: its number where there is one way, and what stops flows in any case."""
    found: dict[str, tuple[str, StepState]] = {}
    order = [StepState.NOT_REACHED, *(state for state in StepState if state is not StepState.NOT_REACHED)]
    for way in flow.ways:
        for number, step in enumerate(way.steps, 1):
            sign = _SIGNS.get(step.state, str(number) if len(flow.ways) == 1 else "•")
            if step.node not in found or order.index(step.state) > order.index(found[step.node][1]):
                found[step.node] = (sign, step.state)
    return found
