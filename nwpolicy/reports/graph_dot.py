"""The topology for Graphviz: networks are clusters, and what stands in them is nodes.

Source: Graphviz, DOT Language ("ID", quoted strings) and "escString".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.graph_answer import GraphAnswer, LinkAnswer, NodeAnswer, ShownFlow
from nwpolicy.reports.graph_ways import FLOW_COLORS, STEP_WORDS, flow_lines, pieces
from nwpolicy.reports.graph_words import Outline, box_lines, link_lines, wires
from nwpolicy.reports.screen import clean

__all__ = ["graph_dot"]

_LOOKS: Final = {
    "connected": "solid",
    "halfOpen": "dashed",
    "disconnected": "dotted",
    "unseen": "dashed",
    "depends": "dashed",
}
_COLORS: Final = {
    "peering": "#0072b2",
    "hubAndSpoke": "#56b4e9",
    "connectedGroup": "#009e73",
    "connection": "#a0437f",
}


def graph_dot(answer: GraphAnswer) -> str:
    """A directed graph; what has no direction has no arrowheads."""
    outline = Outline(answer)
    lines = [
        "digraph topology {",
        "  rankdir=LR; compound=true;",
        '  node [shape=box, fontname="sans-serif", fontsize=10]; edge [fontname="sans-serif", fontsize=9];',
        '  graph [fontname="sans-serif", fontsize=11];',
        *(f"  {line}" for node in outline.children(None) for line in _outermost(outline, node)),
        *(f"  {_edge(outline, link, apart)}" for link, apart in wires(outline, answer.links)),
        *(f"  {line}" for line in (_flow(outline, answer.flow) if answer.flow is not None else ())),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _outermost(outline: Outline, node: NodeAnswer) -> Iterator[str]:
    inner = outline.boxes_in(node)
    if node.kind != "virtualNetwork":
        yield _node(outline, node)
        return
    yield f"subgraph {_id(f'cluster {node.id}')} {{"
    yield f"  label={_box_label(outline, node)}; style={_quoted(_style(node))};"
    # an edge of a network needs a node to start at
    yield f'  {_id(node.id)} [shape=point, style=invis, label=""];'
    yield from (f"  {_node(outline, child)}" for child in inner)
    yield "}"


def _node(outline: Outline, node: NodeAnswer) -> str:
    return f"{_id(node.id)} [label={_box_label(outline, node)}, style={_quoted(_style(node))}];"


def _style(node: NodeAnswer) -> str:
    return "rounded" if node.standing == "defined" else "rounded,dashed"


def _edge(outline: Outline, link: LinkAnswer, apart: int) -> str:
    looks = {
        "label": _label(*link_lines(link)),
        "style": _quoted(_LOOKS[link.state]),
        "color": _quoted(_COLORS[link.kind]),
    }
    looks["dir"] = "none"
    if apart > 1:
        looks["minlen"] = str(apart)
    for name, node in (("ltail", link.source), ("lhead", link.target)):
        if outline.nodes[node].kind == "virtualNetwork":
            looks[name] = _id(f"cluster {node}")
    ends = (_id(outline.box_of(node)) for node in (link.source, link.target))
    return f"{' -> '.join(ends)} [{', '.join(f'{name}={value}' for name, value in looks.items())}];"


def _flow(outline: Outline, flow: ShownFlow) -> Iterator[str]:
    """The ways of the flow as thick edges, and in words as a note."""
    for (here, there), state in pieces(flow).items():
        ends = f"{_id(outline.box_of(here))} -> {_id(outline.box_of(there))}"
        look = f'color="{FLOW_COLORS[state]}", penwidth=3, constraint=false'
        yield f"{ends} [label={_label(STEP_WORDS[state])}, {look}];"
    yield f'"flow" [shape=note, label={_label(*flow_lines(outline, flow))}];'


def _box_label(outline: Outline, node: NodeAnswer) -> str:
    return _label(*(line.text for line in box_lines(outline, node)))


def _label(*lines: str) -> str:
    """Lines, each aligned to the left. Graphviz reads escape sequences and character entities in labels."""
    text = "\\l".join(clean(line).replace("&", "&amp;").replace("\\", "\\\\") for line in lines if line)
    return _quoted(f"{text}\\l" if len(lines) > 1 else text)


def _quoted(text: str) -> str:
    """A string; nothing but a quotation mark is special in it."""
    return '"' + text.replace('"', '\\"') + '"'


def _id(node: str) -> str:
    """Ids are never shown; a backslash at the end of one would hide the quotation mark."""
    return _quoted(clean(node).replace("\\", "/"))
