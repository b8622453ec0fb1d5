"""The topology as a picture, with a flow drawn in.

What is not known is dashed and said in words; kinds and states differ in colour, in pattern and in their labels (hues:
Okabe and Ito, Color Universal Design). The picture follows the reader's choice of a light or a dark background.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.model.records import dataclass
from nwpolicy.queries.graph_answer import GraphAnswer, LinkAnswer, ShownFlow, StepState
from nwpolicy.reports.graph_cards import LINE, PADDING, Card, CardLine, Frame, frames, indent, line_size
from nwpolicy.reports.graph_layout import Box, Place, Placement, Route, Wire, place
from nwpolicy.reports.graph_ways import STEP_WORDS, flow_lines, marks, pieces
from nwpolicy.reports.graph_words import (
    KIND_NAMES,
    STATE_NAMES,
    WIRE_NAMES,
    Outline,
    link_title,
    side_words,
)
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, new_svg, svg_document, text_width

__all__ = ["graph_svg"]

_MARGIN: Final = 24.0
_SMALL: Final = 10
#: How far the way of a flow swings out at most, and the room that it needs for that.
_BEND: Final = 72.0
_SWING: Final = 48.0
#: What a picture says in lines of text instead is not among these.
_DRAWN: Final = frozenset(WIRE_NAMES)
#: So many unknowns are named below the picture; JSON has all of them.
_NAMED: Final = 5

_STYLE: Final = """
.page{fill:#fff}.frame{fill:#f2f6fa;stroke:#4f6d88}.card{fill:#fff;stroke:#9db0c1}
.notDefined,.unknown,.conditional{stroke-dasharray:5 3}text{fill:#1b2733;stroke:none}
.faint,.detail{fill:#5f6f7d}.name{font-weight:bold}
.item.notDefined,.item.unknown,.item.conditional{font-style:italic}
.wire{fill:none;stroke-width:1.6}.peering{stroke:#0072b2}.hubAndSpoke{stroke:#56b4e9}
.connectedGroup{stroke:#009e73}.connection{stroke:#a0437f;stroke-width:2.6}
.wire.halfOpen{stroke:#d55e00;stroke-dasharray:7 4}.wire.disconnected{stroke:#8a8a8a;stroke-dasharray:2 5}
.wire.unseen,.wire.depends{stroke-dasharray:4 3}
.way{fill:none;stroke-width:3;stroke-opacity:.8}.mark{fill:#fff;stroke-width:2}
.way.notReached{stroke-dasharray:3 5}.way.depends,.way.partlyBlocked{stroke-dasharray:10 4}
.passed{stroke:#00795a}.blocked{stroke:#c14500}.depends.way,.depends.mark,.partlyBlocked{stroke:#8a5a00}
.notReached{stroke:#8a8a8a}.head{stroke:none}.head.passed{fill:#00795a}.head.blocked{fill:#c14500}
.head.depends,.head.partlyBlocked{fill:#8a5a00}.head.notReached{fill:#8a8a8a}
@media (prefers-color-scheme:dark){
.page{fill:#10161c}.frame{fill:#18222c;stroke:#7d9ab5}.card{fill:#10161c;stroke:#4b6075}text{fill:#e4ebf1}
.faint,.detail{fill:#9fb0bf}.peering{stroke:#4aa8e0}.connection{stroke:#d58bbd}.wire.halfOpen{stroke:#ff8a3c}
.passed{stroke:#2fc79a}.blocked{stroke:#ff8a3c}.depends.way,.depends.mark,.partlyBlocked{stroke:#e6b450}
.mark{fill:#10161c}.head.passed{fill:#2fc79a}.head.blocked{fill:#ff8a3c}
.head.depends,.head.partlyBlocked{fill:#e6b450}}
"""


def graph_svg(answer: GraphAnswer) -> str:
    """The picture."""
    return _Drawing(answer).text()


class _Drawing:
    """A picture on its way onto the page."""

    def __init__(self, answer: GraphAnswer) -> None:
        self._answer = answer
        self._outline = Outline(answer)
        self._frames = frames(self._outline)
        self._links = [link for link in answer.links if link.kind in _DRAWN]
        self._left = _MARGIN + (_SWING if answer.flow is not None else 0.0)
        self._anchors: dict[str, _Anchor] = {}
        self._root = new_svg(_title(answer))
        ET.SubElement(self._root, "desc").text = clean(_description(answer))
        ET.SubElement(self._root, "style").text = _STYLE
        if answer.flow is not None:
            self._root.append(_arrowheads())
        ET.SubElement(self._root, "rect", {"class": "page", "width": "100%", "height": "100%"})

    def text(self) -> str:
        placement = self._placed()
        head = list(_head(self._answer, self._outline))
        y = _MARGIN + 4
        for number, line in enumerate(head):
            add_text(self._root, _MARGIN, y, line, size=15 if number == 0 else 11)
            y += 20 if number == 0 else LINE
        y += LINE
        body = ET.SubElement(self._root, "g")
        for link, route in zip(self._links, placement.routes, strict=False):
            ends = (self._outline.outermost(link.source), self._outline.outermost(link.target))
            _draw_wire(body, link, ends, _moved(route, self._left, y))
        for frame in self._frames:
            self._draw_frame(body, frame, placement.places[frame.node.id], y)
        if self._answer.flow is not None:
            self._draw_flow(body, self._answer.flow)
        bottom = y + placement.height + _MARGIN
        bottom, right = self._legend(bottom)
        widest = max(
            [
                placement.width + self._left - _MARGIN,
                right,
                *(text_width(line, 15) for line in head[:1]),
                *map(text_width, head[1:]),
            ]
        )
        return svg_document(self._root, widest + 2 * _MARGIN, bottom + _MARGIN)

    def _placed(self) -> Placement:
        boxes = [Box(frame.node.id, frame.width, frame.height, frame.is_outside) for frame in self._frames]
        wires = []
        for link in self._links:
            one, other = map(self._outline.outermost, (link.source, link.target))
            label = max(text_width(line, _SMALL) for line in _labels(link, one, near_right=True))
            wires.append(Wire(one, other, f"{link.kind} {link.state}", label))
        flow = self._answer.flow
        nodes = self._outline.nodes
        for ends in pieces(flow) if flow is not None else ():
            if any(
                nodes[end].kind == "outside" for end in ends
            ):  # so that it stands near: the flow itself is drawn later
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
                self._anchors[line.node] = _Anchor(_End(x, y, -1), _End(x + width, y, 1))

    # --- a flow ---

    def _anchor(self, node: str) -> _Anchor:
        """Where a node is on the page, or what it stands in."""
        if node in self._anchors:
            return self._anchors[node]
        parent = self._outline.nodes[node].parent
        assert parent is not None
        return self._anchor(parent)

    def _draw_flow(self, body: ET.Element, flow: ShownFlow) -> None:
        """The ways as curves from side to side, and a mark at each node."""
        group = ET.SubElement(body, "g")
        ends: dict[str, _End] = {}
        for (here, there), state in pieces(flow).items():
            start, end = _facing(self._anchor(here), self._anchor(there))
            ends.setdefault(here, start)
            ends[there] = end
            look = {"class": f"way {state}", "marker-end": f"url(#{state})"}
            ET.SubElement(group, "path", {"d": _curve(start, end), **look})
        for node, (sign, state) in marks(flow).items():
            title = f"{self._outline.nodes[node].name}: {STEP_WORDS[state]}"
            _draw_mark(group, ends.get(node, self._anchor(node).left), state, sign, title)

    # --- what it means ---

    def _legend(self, y: float) -> tuple[float, float]:
        """Explains the wires that occur; returns where it ends."""
        found = dict.fromkeys((link.kind, link.state) for link in self._links)
        right = 0.0
        for kind, state in found:
            text = WIRE_NAMES[kind] + (f", {STATE_NAMES[state]}" if state in STATE_NAMES else "")
            _draw_path(self._root, f"wire {kind} {state}", ((_MARGIN, y - 4), (_MARGIN + 40, y - 4)))
            add_text(self._root, _MARGIN + 50, y, text)
            right, y = max(right, 50 + text_width(text)), y + LINE + 2
        for line in _notes(self._answer):
            add_text(self._root, _MARGIN, y, line, css="faint")
            right, y = max(right, text_width(line)), y + LINE
        return y, right


def _title(answer: GraphAnswer) -> str:
    return "topology" if answer.flow is None else f"topology with the way of {answer.flow.text}"


def _description(answer: GraphAnswer) -> str:
    """The picture in words, for those who do not see it."""
    counts = Counter(KIND_NAMES[node.kind] for node in answer.nodes)
    sentences = [", ".join(f"{count} × {name}" for name, count in counts.items())]
    nodes = {node.id: node for node in answer.nodes}
    for link in answer.links:
        if link.kind in _DRAWN and link.state != "connected":
            ends = f"{nodes[link.source].name} and {nodes[link.target].name}"
            sentences.append(f"{WIRE_NAMES[link.kind]} {link.name} of {ends}: {STATE_NAMES[link.state]}")
    return "; ".join(sentences)


def _head(answer: GraphAnswer, outline: Outline) -> Iterator[str]:
    """The lines above the picture."""
    if answer.flow is None:
        yield "Topology"
    else:
        yield from flow_lines(outline, answer.flow)


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


def _labels(link: LinkAnswer, near: str, *, near_right: bool) -> tuple[str, str]:
    """What stands above and below a wire at the box `near`, which is at the right or left end of it."""
    state = STATE_NAMES.get(link.state, "")
    if link.kind == "connectedGroup":
        return ("" if link.source.startswith(link.kind) else link.name), state
    if link.kind != "peering":
        return link.name, state
    sides = {True: "", False: ""}
    for side in link.sides:
        rightwards = (side.node == near) != near_right
        words = side_words(side) or ("only this side" if link.state == "halfOpen" else "")
        if words:
            sides[rightwards] = f"{'→' if rightwards else '←'} {words}"
    if not state:
        return sides[True], sides[False]
    return state, "   ".join(filter(None, (sides[True], sides[False])))


def _draw_box(parent: ET.Element, css: str, x: float, y: float, width: float, height: float) -> None:
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}", "rx": "5"}
    ET.SubElement(parent, "rect", {"class": css, **size})


def _draw_wire(body: ET.Element, link: LinkAnswer, ends: tuple[str, str], route: Route) -> None:
    group = ET.SubElement(body, "g")
    ET.SubElement(group, "title").text = clean(link_title(link))
    _draw_path(group, f"wire {link.kind} {link.state}", route.points)
    near = ends[1] if route.start == ends[0] else ends[0]
    x, y = route.points[-1]
    x += -6 if route.label_left else 6
    anchor = "end" if route.label_left else "start"
    above, below = _labels(link, near, near_right=route.label_left)
    for text, shift in ((above, -4), (below, 11)):
        if text:
            add_text(group, x, y + shift, text, size=_SMALL, anchor=anchor)


def _draw_path(parent: ET.Element, css: str, points: Sequence[tuple[float, float]]) -> None:
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    ET.SubElement(parent, "path", {"class": css, "d": d})


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a curve at the side of a box, and which way is out: -1 is to the left."""

    x: float
    y: float
    out: int


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The two sides of a line in a box."""

    left: _End
    right: _End


def _facing(here: _Anchor, there: _Anchor) -> tuple[_End, _End]:
    """The sides that face one another; the left ones where the boxes stand above one another."""
    if here.right.x < there.left.x:
        return here.right, there.left
    if there.right.x < here.left.x:
        return here.left, there.right
    return here.left, there.left


def _curve(start: _End, end: _End) -> str:
    bend = min(40 + abs(end.y - start.y) / 8, _BEND)
    points = ((start.x + start.out * bend, start.y), (end.x + end.out * bend, end.y), (end.x + end.out * 12, end.y))
    return f"M{start.x:.1f} {start.y:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _draw_mark(parent: ET.Element, end: _End, css: str, sign: str, title: str) -> None:
    mark = ET.SubElement(parent, "g")
    ET.SubElement(mark, "title").text = clean(title)
    x = end.x + end.out * 3  # so that it does not cover the text in the box
    ET.SubElement(mark, "circle", {"class": f"mark {css}", "cx": f"{x:.1f}", "cy": f"{end.y:.1f}", "r": "9"})
    add_text(mark, x, end.y + 4, sign, anchor="middle", weight="bold")


def _moved(route: Route, x: float, y: float) -> Route:
    return Route(route.start, tuple((px + x, py + y) for px, py in route.points), route.label_left)


def _arrowheads() -> ET.Element:
    definitions = ET.Element("defs")
    size = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "4", "markerHeight": "4", "orient": "auto"}
    for state in StepState:
        marker = ET.SubElement(definitions, "marker", {"id": state, **size})
        ET.SubElement(marker, "path", {"class": f"head {state}", "d": "M0 0L8 4L0 8Z"})
    return definitions
