"""The boxes of the picture of a topology, drawn where they went."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from nwpolicy.reports.graph_cards import LINE, PADDING, CardLine, Frame, indent, line_size
from nwpolicy.reports.graph_places import Place
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text

__all__ = ["draw_box", "draw_frame", "draw_lines"]


def draw_frame(body: ET.Element, frame: Frame, at: Place) -> None:
    """A box, its lines and the boxes in it."""
    group = ET.SubElement(body, "g")
    draw_box(group, f"frame {frame.node.standing}", at.x, at.y, at.width, at.height)
    draw_lines(group, frame.lines, at.x + frame.left, at.y)
    for card in frame.cards:
        inner = ET.SubElement(group, "g")
        x, y = at.x + card.x, at.y + card.y
        draw_box(inner, f"card {card.node.standing}", x, y, card.width, card.height)
        draw_lines(inner, card.lines, x, y)


def draw_lines(group: ET.Element, lines: Iterable[CardLine], x: float, y: float) -> None:
    """Lines of text below one another, from the upper left corner of their box."""
    for number, shown in enumerate(lines, 1):
        line = shown.line
        css = line.sort.value if line.standing == "defined" else f"{line.sort.value} {line.standing}"
        parent = group
        if shown.text != line.text:
            parent = ET.SubElement(group, "g")
            ET.SubElement(parent, "title").text = clean(line.text)
        below = y + LINE * number + 4
        add_text(parent, x + PADDING + indent(line), below, shown.text, size=line_size(line), css=css)


def draw_box(parent: ET.Element, css: str, x: float, y: float, width: float, height: float) -> None:
    """A rectangle with round corners."""
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}", "rx": "5"}
    ET.SubElement(parent, "rect", {"class": css, **size})
