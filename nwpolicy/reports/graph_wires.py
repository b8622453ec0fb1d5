"""The wires of the picture of a topology, with what they say beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.queries.graph_answer import LinkAnswer
from nwpolicy.reports.graph_layout import Route, Wire
from nwpolicy.reports.graph_words import STATE_NAMES, WIRE_NAMES, Outline, link_title, side_words
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, text_width

__all__ = ["draw_sample", "draw_wire", "wire_of"]

_SMALL: Final = 10


def wire_of(outline: Outline, link: LinkAnswer) -> Wire:
    """The link as a wire to place."""
    one, other = (outline.outermost(node) for node in (link.source, link.target))
    label = max(text_width(line, _SMALL) for line in _labels(outline, link, one, near_right=True))
    return Wire(one, other, f"{link.kind} {link.state}", label)


def draw_wire(body: ET.Element, outline: Outline, link: LinkAnswer, route: Route) -> None:
    """The wire in its place, and the two lines of text at its end."""
    group = ET.SubElement(body, "g")
    ET.SubElement(group, "title").text = clean(link_title(link))
    _draw_path(group, link.kind, link.state, route.points)
    one, other = (outline.outermost(node) for node in (link.source, link.target))
    near = other if route.start == one else one
    x, y = route.points[-1]
    x += -6 if route.label_left else 6
    anchor = "end" if route.label_left else "start"
    above, below = _labels(outline, link, near, near_right=route.label_left)
    for text, shift in ((above, -4), (below, 11)):
        if text:
            add_text(group, x, y + shift, text, size=_SMALL, anchor=anchor)


def draw_sample(parent: ET.Element, kind: str, state: str, start: tuple[float, float]) -> str:
    """A piece of a wire for the legend; returns what it means."""
    x, y = start
    _draw_path(parent, kind, state, ((x, y), (x + 40, y)))
    return WIRE_NAMES[kind] + (f", {STATE_NAMES[state]}" if state in STATE_NAMES else "")


def _labels(outline: Outline, link: LinkAnswer, near: str, *, near_right: bool) -> tuple[str, str]:
    """What stands above and below a wire at the box `near`, which is at the right or left end of it."""
    state = STATE_NAMES.get(link.state, "")
    if link.kind != "peering":
        is_member = outline.nodes[link.source].kind == link.kind  # the box of the group has the name already
        return "" if is_member else link.name, state
    leftwards = "  ".join(_side_texts(link, near, "←", away=near_right))
    rightwards = "  ".join(_side_texts(link, near, "→", away=not near_right))
    if not state:
        return rightwards, leftwards
    return state, "   ".join(filter(None, (rightwards, leftwards)))


def _side_texts(link: LinkAnswer, near: str, arrow: str, *, away: bool) -> Iterator[str]:
    """What the sides allow that point away from the box `near`, or towards it."""
    for side in link.sides:
        words = side_words(side) or ("only this side" if link.state == "halfOpen" else "")
        if (side.node == near) is away and words:
            yield f"{arrow} {words}"


def _draw_path(parent: ET.Element, kind: str, state: str, points: Sequence[tuple[float, float]]) -> None:
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    ET.SubElement(parent, "path", {"class": f"wire {kind} {state}", "d": d})
