"""The ways of a flow in the picture of a topology: from box to box, and a mark at each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias
from xml.etree import ElementTree as ET

from nwpolicy.model.records import dataclass
from nwpolicy.queries.graph_answer import ShownFlow, StepState
from nwpolicy.reports.graph_cards import PADDING, Anchor
from nwpolicy.reports.graph_places import Point
from nwpolicy.reports.graph_ways import STEP_WORDS, marks, pieces
from nwpolicy.reports.graph_wires import way_path
from nwpolicy.reports.graph_words import Outline
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text

__all__ = ["Pieces", "arrowheads", "draw_ways", "end_at"]

#: How far a way within a box is bent.
_BEND: Final = 60.0
#: So near is as good as there.
_NEAR: Final = 2.0
#: The ways between boxes, by the nodes at their ends.
Pieces: TypeAlias = Mapping[tuple[str, str], Sequence[Point]]


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a curve at the side of a line in a box, and which way is out: -1 is to the left."""

    x: float
    y: float
    out: int

    def tip(self, border: Sequence[Point], gap: float = 0.0) -> Iterator[Point]:
        """Where a way goes on from the border of a box up to a gap before the line, if that is not at the border."""
        x = self.x + self.out * gap
        if any(abs(x - border_x) > _NEAR for border_x, _ in border):
            yield x, self.y


def draw_ways(
    body: ET.Element, outline: Outline, flow: ShownFlow, between: Pieces, anchors: Mapping[str, Anchor]
) -> None:
    """Ways from side to side of the lines in boxes, and a mark at each node."""
    group = ET.SubElement(body, "g")
    ends: dict[str, _End] = {}
    for (here, there), state in pieces(flow).items():
        way = between.get((here, there), ())
        start, end = end_at(anchors[here], way[:1]), end_at(anchors[there], way[-1:])
        ends.setdefault(here, start)
        ends[there] = end
        tips = start.tip(way[:1], PADDING), end.tip(way[-1:], PADDING)
        path = way_path((*tips[0], *way, *tips[1])) if way else _bent(start, end)
        ET.SubElement(group, "path", {"d": path, "class": f"way {state}", "marker-end": f"url(#{state})"})
    for node, (sign, state) in marks(flow).items():
        title = f"{outline.nodes[node].name}: {STEP_WORDS[state]}"
        _draw_mark(group, ends.get(node, end_at(anchors[node], ())), state, sign, title)


def end_at(anchor: Anchor, border: Sequence[Point]) -> _End:
    """The side of the line that is nearer to the border where a way arrives; the left one of a way within a box."""
    if border and border[0][0] > (anchor.left + anchor.right) / 2:
        return _End(anchor.right, anchor.y, 1)
    return _End(anchor.left, anchor.y, -1)


def _bent(start: _End, end: _End) -> str:
    """A way from line to line within a box, left of both."""
    start_x, end_x = start.x - _BEND, end.x - _BEND
    bends = f"{start_x:.1f} {start.y:.1f} {end_x:.1f} {end.y:.1f} {end.x - PADDING:.1f} {end.y:.1f}"
    return f"M{start.x - PADDING:.1f} {start.y:.1f}C{bends}"


def _draw_mark(parent: ET.Element, end: _End, css: str, sign: str, title: str) -> None:
    mark = ET.SubElement(parent, "g")
    ET.SubElement(mark, "title").text = clean(title)
    x = end.x + end.out * 3  # so that it does not cover the text in the box
    ET.SubElement(mark, "circle", {"class": f"mark {css}", "cx": f"{x:.1f}", "cy": f"{end.y:.1f}", "r": "9"})
    add_text(mark, x, end.y + 4, sign, anchor="middle", weight="bold")


def arrowheads() -> ET.Element:
    """The heads of the curves, one for each state."""
    definitions = ET.Element("defs")
    size = {"viewBox": "0 0 8 8", "refX": "12", "refY": "4", "markerWidth": "4", "markerHeight": "4", "orient": "auto"}
    for state in StepState:
        marker = ET.SubElement(definitions, "marker", {"id": state, **size})
        ET.SubElement(marker, "path", {"class": f"head {state}", "d": "M0 0L8 4L0 8Z"})
    return definitions
