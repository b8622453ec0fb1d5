"""The wires of the picture of a topology, with what they say beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.queries.graph_answer import LinkAnswer
from nwpolicy.reports.graph_places import Point, Route, Wire
from nwpolicy.reports.graph_words import STATE_NAMES, WIRE_NAMES, Outline, link_title, side_words
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, fitted, text_width

__all__ = ["draw_sample", "draw_wire", "way_path", "wire_of"]

_SMALL: Final = 10
_LINE: Final = 13.0
_ROOM: Final = 4.0
_WIDEST: Final = 240.0
#: How far from its corner a wire is rounded.
_ROUND: Final = 9.0


def wire_of(outline: Outline, link: LinkAnswer) -> Wire:
    """The link as a wire to place."""
    one, other = (outline.outermost(node) for node in (link.source, link.target))
    lines = _label(outline, link, one)
    width = max((text_width(line, _SMALL) + 2 * _ROOM for line in lines), default=0.0)
    return Wire(one, other, f"{link.kind} {link.state}", (width, _LINE * len(lines) + _ROOM if lines else 0.0))


def draw_wire(body: ET.Element, outline: Outline, link: LinkAnswer, route: Route, left: str) -> None:
    """The wire in its place, and its label; `left` is the box at its left end."""
    group = ET.SubElement(body, "g")
    ET.SubElement(group, "title").text = clean(link_title(link))
    _draw_path(group, link.kind, link.state, way_path(route.points))
    if route.label is None:
        return
    x, y = route.label
    lines = _label(outline, link, left)
    for number, text in enumerate(lines):
        add_text(group, x, y + _LINE * (number + 0.75 - len(lines) / 2), text, size=_SMALL, anchor="middle")


def draw_sample(parent: ET.Element, kind: str, state: str, start: Point) -> str:
    """A piece of a wire for the legend; returns what it means."""
    x, y = start
    _draw_path(parent, kind, state, f"M{x:.1f} {y:.1f}h40")
    return WIRE_NAMES[kind] + (f", {STATE_NAMES[state]}" if state in STATE_NAMES else "")


def way_path(points: Sequence[Point]) -> str:
    """The way from point to point for a path, with its corners rounded."""
    (x, y), *_ = points
    pieces = [f"M{x:.1f} {y:.1f}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        (from_x, from_y), (to_x, to_y) = _towards((x, y), before), _towards((x, y), after)
        pieces.append(f"L{from_x:.1f} {from_y:.1f}Q{x:.1f} {y:.1f} {to_x:.1f} {to_y:.1f}")
    x, y = points[-1]
    return "".join((*pieces, f"L{x:.1f} {y:.1f}"))


def _towards(corner: Point, there: Point) -> Point:
    """A point near a corner, at most halfway to another."""
    (x, y), (to_x, to_y) = corner, there
    length = hypot(to_x - x, to_y - y)
    share = min(_ROUND / length, 0.5) if length else 0.0
    return x + (to_x - x) * share, y + (to_y - y) * share


def _label(outline: Outline, link: LinkAnswer, left: str) -> list[str]:
    """The lines beside a wire, of which the box `left` is at the left end."""
    state = STATE_NAMES.get(link.state, "")
    if link.kind != "peering":
        is_member = outline.nodes[link.source].kind == link.kind  # the box of the group has the name already
        name = "" if is_member else fitted(link.name, _WIDEST, _SMALL)
        return list(filter(None, (name, state)))
    rightwards = "  ".join(_side_texts(link, left, "→", away=True))
    leftwards = "  ".join(_side_texts(link, left, "←", away=False))
    return list(filter(None, (state, rightwards, leftwards)))


def _side_texts(link: LinkAnswer, near: str, arrow: str, *, away: bool) -> Iterator[str]:
    """What the sides allow that point away from the box `near`, or towards it."""
    for side in link.sides:
        words = side_words(side) or ("only this side" if link.state == "halfOpen" else "")
        if (side.node == near) is away and words:
            yield f"{arrow} {words}"


def _draw_path(parent: ET.Element, kind: str, state: str, path: str) -> None:
    ET.SubElement(parent, "path", {"class": f"wire {kind} {state}", "d": path})
