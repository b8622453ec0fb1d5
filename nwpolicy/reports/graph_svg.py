"""The topology as a picture, with a flow drawn in.

What is not known is dashed and said in words. The picture follows the reader's choice of a light or a dark background.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.queries.graph_answer import GraphAnswer
from nwpolicy.reports.graph_cards import LINE, PADDING, Card, CardLine, Frame, frames, indent, line_size
from nwpolicy.reports.graph_curves import SWING, Anchor, End, arrowheads, draw_ways
from nwpolicy.reports.graph_layout import Box, Place, Placement, Route, Wire, place
from nwpolicy.reports.graph_style import STYLE
from nwpolicy.reports.graph_ways import flow_lines, pieces
from nwpolicy.reports.graph_wires import draw_sample, draw_wire, wire_of
from nwpolicy.reports.graph_words import KIND_NAMES, STATE_NAMES, WIRE_NAMES, Outline, side_words
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, new_svg, svg_document, text_width

__all__ = ["graph_svg"]

_MARGIN: Final = 24.0
#: So many unknowns are named below the picture; JSON has all of them.
_NAMED: Final = 5


def graph_svg(answer: GraphAnswer) -> str:
    """The picture."""
    return _Drawing(answer).text()


class _Drawing:
    """A picture on its way onto the page."""

    def __init__(self, answer: GraphAnswer) -> None:
        self._answer = answer
        self._outline = Outline(answer)
        self._frames = frames(self._outline)
        self._links = [link for link in answer.links if link.kind in WIRE_NAMES]
        self._left = _MARGIN + (SWING if answer.flow is not None else 0.0)
        self._anchors: dict[str, Anchor] = {}
        self._root = new_svg(_title(answer))
        ET.SubElement(self._root, "desc").text = clean(_description(answer))
        ET.SubElement(self._root, "style").text = STYLE
        if answer.flow is not None:
            self._root.append(arrowheads())
        ET.SubElement(self._root, "rect", {"class": "page", "width": "100%", "height": "100%"})

    def text(self) -> str:
        placement = self._placed()
        top, head = self._draw_head(_MARGIN + 4)
        body = ET.SubElement(self._root, "g")
        for link, route in zip(self._links, placement.routes, strict=False):
            draw_wire(body, self._outline, link, _moved(route, self._left, top))
        for frame in self._frames:
            self._draw_frame(body, frame, placement.places[frame.node.id], top)
        if self._answer.flow is not None:
            draw_ways(body, self._outline, self._answer.flow, self._anchor)
        bottom, legend = self._draw_legend(top + placement.height + _MARGIN)
        width = max(head, legend, placement.width + self._left - _MARGIN)
        return svg_document(self._root, width + 2 * _MARGIN, bottom + _MARGIN)

    def _draw_head(self, y: float) -> tuple[float, float]:
        """The lines above the picture; returns where they end, and how wide they are."""
        flow = self._answer.flow
        title, *lines = ["Topology"] if flow is None else flow_lines(self._outline, flow)
        add_text(self._root, _MARGIN, y, title, size=15)
        y += 20
        for line in lines:
            add_text(self._root, _MARGIN, y, line)
            y += LINE
        return y + LINE, max((text_width(title, 15), *map(text_width, lines)))

    def _placed(self) -> Placement:
        """The places of all boxes. What is outside stands near what a flow goes to from there, as if a wire led there;
        such wires come last and are not drawn."""
        boxes = [Box(frame.node.id, frame.width, frame.height, frame.is_outside) for frame in self._frames]
        wires = [wire_of(self._outline, link) for link in self._links]
        for ends in pieces(self._answer.flow) if self._answer.flow is not None else ():
            if any(self._outline.nodes[end].kind == "outside" for end in ends):
                one, other = map(self._outline.outermost, ends)
                wires.append(Wire(one, other, "flow"))
        return place(boxes, wires)

    # --- boxes ---

    def _draw_frame(self, body: ET.Element, frame: Frame, where: Place, top: float) -> None:
        x, y = where.x + self._left, where.y + top
        group = ET.SubElement(body, "g")
        _draw_box(group, f"frame {frame.node.standing}", x, y, where.width, where.height)
        self._draw_lines(group, frame.lines, x, y, where.width)
        for card in frame.cards:
            self._draw_card(group, card, x + card.x, y + card.y)

    def _draw_card(self, parent: ET.Element, card: Card, x: float, y: float) -> None:
        group = ET.SubElement(parent, "g")
        _draw_box(group, f"card {card.node.standing}", x, y, card.width, card.height)
        self._draw_lines(group, card.lines, x, y, card.width)

    def _draw_lines(self, group: ET.Element, lines: Iterable[CardLine], x: float, y: float, width: float) -> None:
        for shown in lines:
            line, y = shown.line, y + LINE
            css = line.sort.value if line.standing == "defined" else f"{line.sort.value} {line.standing}"
            parent = group
            if shown.text != line.text:
                parent = ET.SubElement(group, "g")
                ET.SubElement(parent, "title").text = clean(line.text)
            add_text(parent, x + PADDING + indent(line), y + 4, shown.text, size=line_size(line), css=css)
            if line.node is not None:
                self._anchors[line.node] = Anchor(End(x, y, -1), End(x + width, y, 1))

    # --- a flow ---

    def _anchor(self, node: str) -> Anchor:
        """Where a node is on the page, or what it stands in."""
        if node in self._anchors:
            return self._anchors[node]
        parent = self._outline.nodes[node].parent
        assert parent is not None
        return self._anchor(parent)

    # --- what it means ---

    def _draw_legend(self, y: float) -> tuple[float, float]:
        """Explains the wires that occur; returns where it ends, and how wide it is."""
        width = 0.0
        for kind, state in dict.fromkeys((link.kind, link.state) for link in self._links):
            text = draw_sample(self._root, kind, state, (_MARGIN, y - 4))
            add_text(self._root, _MARGIN + 50, y, text)
            width, y = max(width, 50 + text_width(text)), y + LINE + 2
        for line in _notes(self._answer):
            add_text(self._root, _MARGIN, y, line, css="faint")
            width, y = max(width, text_width(line)), y + LINE
        return y, width


def _title(answer: GraphAnswer) -> str:
    return "topology" if answer.flow is None else f"topology with the way of {answer.flow.text}"


def _description(answer: GraphAnswer) -> str:
    """The picture in words, for those who do not see it."""
    counts = Counter(KIND_NAMES[node.kind] for node in answer.nodes)
    sentences = [", ".join(f"{count} × {name}" for name, count in counts.items())]
    nodes = {node.id: node for node in answer.nodes}
    for link in answer.links:
        if link.kind in WIRE_NAMES and link.state != "connected":
            ends = f"{nodes[link.source].name} and {nodes[link.target].name}"
            sentences.append(f"{WIRE_NAMES[link.kind]} {link.name} of {ends}: {STATE_NAMES[link.state]}")
    return "; ".join(sentences)


def _notes(answer: GraphAnswer) -> Iterator[str]:
    if any(side_words(side) for link in answer.links for side in link.sides):
        yield (
            "At a peering, → and ← tell which way a side of it points and what that side allows: "
            "forwarded traffic, gateway transit, use of remote gateways"
        )
    if answer.depends_on:
        names = ", ".join(dict.fromkeys(unknown.name for unknown in answer.depends_on[:_NAMED]))
        more = len(answer.depends_on) - _NAMED
        yield f"Not known (dashed): {names}" + (f" and {more} more" if more > 0 else "")
    yield from (f"Assumed: {used.statement}" for used in answer.assumptions)


def _draw_box(parent: ET.Element, css: str, x: float, y: float, width: float, height: float) -> None:
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}", "rx": "5"}
    ET.SubElement(parent, "rect", {"class": css, **size})


def _moved(route: Route, x: float, y: float) -> Route:
    return Route(route.start, tuple((px + x, py + y) for px, py in route.points), route.label_left)
