"""The ways of a flow in the picture of a topology: curves from box to box, and a mark at each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.model.records import dataclass
from nwpolicy.queries.graph_answer import ShownFlow, StepState
from nwpolicy.reports.graph_ways import STEP_WORDS, marks, pieces
from nwpolicy.reports.graph_words import Outline
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text

__all__ = ["SWING", "Anchor", "End", "arrowheads", "draw_ways"]

#: How far a curve is bent at most, and the room that it needs for that.
_BEND: Final = 72.0
SWING: Final = 48.0


@dataclass(frozen=True, slots=True)
class End:
    """An end of a curve at the side of a box, and which way is out: -1 is to the left."""

    x: float
    y: float
    out: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """The two sides of a line in a box."""

    left: End
    right: End


def draw_ways(body: ET.Element, outline: Outline, flow: ShownFlow, anchor: Callable[[str], Anchor]) -> None:
    """Curves from side to side of the boxes, and a mark at each node."""
    group = ET.SubElement(body, "g")
    ends: dict[str, End] = {}
    for (here, there), state in pieces(flow).items():
        start, end = _facing(anchor(here), anchor(there))
        ends.setdefault(here, start)
        ends[there] = end
        look = {"class": f"way {state}", "marker-end": f"url(#{state})"}
        ET.SubElement(group, "path", {"d": _curve(start, end), **look})
    for node, (sign, state) in marks(flow).items():
        title = f"{outline.nodes[node].name}: {STEP_WORDS[state]}"
        _draw_mark(group, ends.get(node, anchor(node).left), state, sign, title)


def _facing(here: Anchor, there: Anchor) -> tuple[End, End]:
    """The sides that face one another; the left ones where the boxes stand above one another."""
    if here.right.x < there.left.x:
        return here.right, there.left
    if there.right.x < here.left.x:
        return here.left, there.right
    return here.left, there.left


def _curve(start: End, end: End) -> str:
    bend = min(40 + abs(end.y - start.y) / 8, _BEND)
    points = ((start.x + start.out * bend, start.y), (end.x + end.out * bend, end.y), (end.x + end.out * 12, end.y))
    return f"M{start.x:.1f} {start.y:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _draw_mark(parent: ET.Element, end: End, css: str, sign: str, title: str) -> None:
    mark = ET.SubElement(parent, "g")
    ET.SubElement(mark, "title").text = clean(title)
    x = end.x + end.out * 3  # so that it does not cover the text in the box
    ET.SubElement(mark, "circle", {"class": f"mark {css}", "cx": f"{x:.1f}", "cy": f"{end.y:.1f}", "r": "9"})
    add_text(mark, x, end.y + 4, sign, anchor="middle", weight="bold")


def arrowheads() -> ET.Element:
    """The heads of the curves, one for each state."""
    definitions = ET.Element("defs")
    size = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "4", "markerHeight": "4", "orient": "auto"}
    for state in StepState:
        marker = ET.SubElement(definitions, "marker", {"id": state, **size})
        ET.SubElement(marker, "path", {"class": f"head {state}", "d": "M0 0L8 4L0 8Z"})
    return definitions
