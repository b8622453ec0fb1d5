"""The topology as a picture, with a flow drawn in, or with the paths that a change opens and closes.

What is not known is dashed and said in words. The picture follows the reader's choice of a light or a dark background.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.queries.graph_answer import GraphAnswer
from nwpolicy.queries.report.pathmap import PathMap
from nwpolicy.reports.graph_boxes import draw_frame
from nwpolicy.reports.graph_cards import LINE, Anchor, frames
from nwpolicy.reports.graph_curves import arrowheads, draw_ways
from nwpolicy.reports.graph_layout import place
from nwpolicy.reports.graph_paths import Tag, draw_path, draw_path_sample, path_heads, path_notes, tags
from nwpolicy.reports.graph_places import Box, Placement, Wire
from nwpolicy.reports.graph_style import STYLE
from nwpolicy.reports.graph_ways import flow_lines, marks, pieces
from nwpolicy.reports.graph_wires import draw_sample, draw_wire, wire_of
from nwpolicy.reports.graph_words import KIND_NAMES, STATE_NAMES, WIRE_NAMES, Outline, side_words
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, new_svg, svg_document, text_width

__all__ = ["graph_svg", "paths_svg"]

_MARGIN: Final = 24.0
#: So many unknowns are named below the picture; JSON has all of them.
_NAMED: Final = 5


def graph_svg(answer: GraphAnswer) -> str:
    """The picture."""
    return _Drawing(answer).text()


def paths_svg(found: PathMap) -> str:
    """The picture with paths."""
    return _Drawing(found.topology, found).text()


class _Drawing:
    """A picture on its way onto the page."""

    def __init__(self, answer: GraphAnswer, found: PathMap | None = None) -> None:
        self._answer, self._found = answer, found
        self._tags = list(tags(found.paths)) if found is not None else []
        ends = {end for tag in self._tags for end in tag.ends}
        self._outline = Outline(answer, ends)
        ways = list(pieces(answer.flow)) if answer.flow is not None else []
        self._between = [piece for piece in ways if len(set(self._outermost(piece))) > 1]
        within = {self._outermost(piece)[0] for piece in ways if piece not in self._between}
        self._frames = frames(self._outline, within, {self._outline.outermost(end) for end in ends})
        self._anchors = {node: (frame.node.id, at) for frame in self._frames for node, at in frame.anchors()}
        self._links = [link for link in answer.links if link.kind in WIRE_NAMES]
        self._root = new_svg(_title(answer))
        ET.SubElement(self._root, "desc").text = clean(_description(answer))
        ET.SubElement(self._root, "style").text = STYLE
        if answer.flow is not None:
            self._root.append(arrowheads())
        if self._tags:
            self._root.append(path_heads())
        ET.SubElement(self._root, "rect", {"class": "page", "width": "100%", "height": "100%"})

    def text(self) -> str:
        top, head = self._draw_head(_MARGIN + 4)
        wires = [wire_of(self._outline, link) for link in self._links]
        boxes = [Box(frame.node.id, frame.width, frame.height, frame.is_outside) for frame in self._frames]
        boxes += [tag.box(*self._outermost(tag.ends)) for tag in self._tags]
        ways = (*map(self._flow_wire, self._between), *chain.from_iterable(map(self._tag_wires, self._tags)))
        placement = place(boxes, [*wires, *ways]).moved(_MARGIN, top)
        self._draw_body(placement)
        routes = zip(wires, placement.routes, strict=False)
        labelled = all(route.label is not None for wire, route in routes if wire.label[0])
        bottom, legend = self._draw_legend(placement.height + _MARGIN, labelled=labelled)
        return svg_document(self._root, max(head, legend, placement.width - _MARGIN) + 2 * _MARGIN, bottom + _MARGIN)

    def _draw_body(self, placement: Placement) -> None:
        """Wires, boxes, and above them the ways of a flow, or paths."""
        body = ET.SubElement(self._root, "g")
        for link, route in zip(self._links, placement.routes, strict=False):
            left = min(self._outermost((link.source, link.target)), key=lambda key: placement.places[key].x)
            draw_wire(body, self._outline, link, route, left)
        for frame in self._frames:
            draw_frame(body, frame, placement.places[frame.node.id])
        ways = [route.points for route in placement.routes[len(self._links) :]]
        if self._answer.flow is not None:
            between = dict(zip(self._between, ways, strict=False))
            anchors = {node: self._anchor(node, placement) for node in marks(self._answer.flow)}
            draw_ways(body, self._outline, self._answer.flow, between, anchors)
        halves = ways[len(self._between) :]
        for tag, *way in zip(self._tags, halves[::2], halves[1::2], strict=True):
            ends = (self._anchor(node, placement) for node in tag.ends)
            draw_path(body, tag, placement.places[tag.key], way, tag.spread(*ends))

    # --- places ---

    def _outermost(self, ends: tuple[str, str]) -> tuple[str, str]:
        return self._outline.outermost(ends[0]), self._outline.outermost(ends[1])

    def _flow_wire(self, piece: tuple[str, str]) -> Wire:
        """The way of a flow between two frames, from line to line."""
        (one, start), (other, end) = (self._line_of(node) for node in piece)
        return Wire(one, other, "flow", heights=(start.y, end.y))

    def _tag_wires(self, tag: Tag) -> tuple[Wire, Wire]:
        """The two halves of a path, to its tag and from there on."""
        (one, start), (other, end) = map(self._line_of, tag.ends)
        into, out = tag.heights(is_loop=one == other)
        start, end = tag.spread(start, end)
        return Wire(one, tag.key, "path", heights=(start.y, into)), Wire(tag.key, other, "path", heights=(out, end.y))

    def _line_of(self, node: str) -> tuple[str, Anchor]:
        """The frame with the line of a node, or of what it stands in, and where that is in the frame."""
        if node in self._anchors:
            return self._anchors[node]
        parent = self._outline.nodes[node].parent
        assert parent is not None
        return self._line_of(parent)

    def _anchor(self, node: str, placement: Placement) -> Anchor:
        frame, line = self._line_of(node)
        at = placement.places[frame]
        return Anchor(line.left + at.x, line.right + at.x, line.y + at.y, line.down)

    # --- above and below ---

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

    def _draw_legend(self, y: float, *, labelled: bool) -> tuple[float, float]:
        """Explains the lines that occur; returns where it ends, and how wide it is."""
        width = 0.0
        paths = dict.fromkeys(tag.path.kind for tag in self._tags)
        wires = dict.fromkeys((link.kind, link.state) for link in self._links)
        samples = [partial(draw_path_sample, self._root, kind) for kind in paths]
        samples += [partial(draw_sample, self._root, kind, state) for kind, state in wires]
        for sample in samples:
            text = sample((_MARGIN, y - 4))
            add_text(self._root, _MARGIN + 50, y, text)
            width, y = max(width, 50 + text_width(text)), y + LINE + 2
        about_paths = path_notes(self._found) if self._found is not None else ()
        for line in (*about_paths, *_notes(self._answer, labelled=labelled)):
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


def _notes(answer: GraphAnswer, *, labelled: bool) -> Iterator[str]:
    if not labelled:
        yield "There are too many wires for labels; what peerings allow is in the title of each wire, and in JSON"
    elif any(side_words(side) for link in answer.links for side in link.sides):
        yield (
            "At a peering, → and ← tell which way a side of it points and what that side allows: "
            "forwarded traffic, gateway transit, use of remote gateways"
        )
    if answer.depends_on:
        names = ", ".join(dict.fromkeys(unknown.name for unknown in answer.depends_on[:_NAMED]))
        more = len(answer.depends_on) - _NAMED
        yield f"Not known (dashed): {names}" + (f" and {more} more" if more > 0 else "")
    yield from (f"Assumed: {used.statement}" for used in answer.assumptions)
