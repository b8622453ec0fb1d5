"""The topology as a Mermaid flowchart, which GitHub, GitLab and Azure DevOps show in Markdown.

Names come from files that anybody may have written: each is a quoted string in which everything that Mermaid or HTML
could take for its own is written as a character code.

Source: Mermaid, Flowcharts ("Minimum length of a link", "Special characters that break syntax", "Entity codes to
escape characters").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.graph_answer import GraphAnswer, LinkAnswer, NodeAnswer, ShownFlow
from nwpolicy.reports.graph_ways import FLOW_COLORS, STEP_WORDS, flow_lines, pieces
from nwpolicy.reports.graph_words import Outline, box_lines, link_lines, wires
from nwpolicy.reports.screen import clean

__all__ = ["graph_mermaid"]

_PLAIN: Final = frozenset(" .,:·→←/-_()?=×…")


def graph_mermaid(answer: GraphAnswer) -> str:
    """A flowchart from left to right."""
    outline = Outline(answer)
    keys = {key: f"n{number}" for number, key in enumerate(outline.nodes)}
    lines = ["flowchart LR"]
    for node in outline.children(None):
        lines += [f"  {line}" for line in _outermost(outline, keys, node)]
    edges = [_edge(outline, keys, link, apart) for link, apart in wires(outline, answer.links)]
    lines += [f"  {edge}" for edge in edges]
    if answer.flow is not None:
        lines += [f"  {line}" for line in _flow(outline, keys, answer.flow, len(edges))]
    lines.append("  classDef doubtful stroke-dasharray: 5 3")
    return "\n".join(lines) + "\n"


def _outermost(outline: Outline, keys: dict[str, str], node: NodeAnswer) -> Iterator[str]:
    inner = outline.boxes_in(node)
    if not inner:
        yield _node(outline, keys, node)
        return
    title = " · ".join(_texts(outline, node))  # there is room for one line
    yield f"subgraph {keys[node.id]}[{_quoted(title)}]"
    yield from (f"  {_node(outline, keys, child)}" for child in inner)
    yield "end"
    if node.standing != "defined":
        yield f"class {keys[node.id]} doubtful"


def _node(outline: Outline, keys: dict[str, str], node: NodeAnswer) -> str:
    doubt = "" if node.standing == "defined" else ":::doubtful"
    return f"{keys[node.id]}[{_quoted(*_texts(outline, node))}]{doubt}"


def _edge(outline: Outline, keys: dict[str, str], link: LinkAnswer, apart: int) -> str:
    one, other = (keys[outline.box_of(node)] for node in (link.source, link.target))
    arrow = f"--{'-' * apart}" if link.state == "connected" else f"-{'.' * apart}-"
    return f"{one} {arrow}|{_quoted(*link_lines(link))}| {other}"


def _flow(outline: Outline, keys: dict[str, str], flow: ShownFlow, links: int) -> Iterator[str]:
    """The ways of the flow as thick edges, and in words as a node of their own."""
    for number, ((here, there), state) in enumerate(pieces(flow).items(), links):
        one, other = keys[outline.box_of(here)], keys[outline.box_of(there)]
        yield f"{one} ==>|{_quoted(STEP_WORDS[state])}| {other}"
        yield f"linkStyle {number} stroke:{FLOW_COLORS[state]},stroke-width:4px"
    yield f"flow[{_quoted(*flow_lines(outline, flow))}]"


def _texts(outline: Outline, node: NodeAnswer) -> Iterator[str]:
    return (line.text for line in box_lines(outline, node))


def _quoted(*lines: str) -> str:
    return f'"{"<br/>".join(map(_escaped, filter(None, lines)))}"'


def _escaped(text: str) -> str:
    """The text with character codes; a hyphen in front would begin a list of Markdown."""
    kept = (
        char if char.isalnum() or (char in _PLAIN and (number or char != "-")) else f"#{ord(char)};"
        for number, char in enumerate(clean(text))
    )
    return "".join(kept)
