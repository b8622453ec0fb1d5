"""Paths that open, close or may change, in the picture of a topology: each a line by way of a tag that tells it.

What becomes of a path is told by its sign, its word, and the pattern of its line, not by colour alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import hypot
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.model.records import dataclass
from nwpolicy.queries.differences import ChangeKind
from nwpolicy.queries.report.pathmap import Path, PathMap
from nwpolicy.reports.graph_boxes import draw_box, draw_lines
from nwpolicy.reports.graph_cards import LINE, PADDING, Anchor, CardLine, line_size
from nwpolicy.reports.graph_curves import end_at
from nwpolicy.reports.graph_places import Box, Place, Point
from nwpolicy.reports.graph_wires import way_path
from nwpolicy.reports.graph_words import KIND_NAMES, BoxLine, LineSort, Outline
from nwpolicy.reports.report_words import CLASSES, KINDS, SIGNS, kind_text
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import fitted, text_width

__all__ = ["Tag", "draw_path", "draw_path_sample", "path_heads", "path_notes", "path_texts", "tags"]

#: So many changes are told on a tag, and so wide it may be.
_LINES: Final = 3
_WIDEST: Final = 240.0
_HEAD: Final = 9.0
#: Between the ends of paths at the lines of one node.
_STEP: Final = 13.0
#: Between the two lines of a border.
_DOUBLE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Tag:
    """What is told of a path, in a box on its line. `before` are how many paths end at its source and its target before
    it."""

    path: Path
    lines: tuple[CardLine, ...]
    width: float
    height: float
    before: tuple[int, int]

    @property
    def key(self) -> str:
        return f"{self.path.kind} {self.path.may_be} {self.path.source} {self.path.target}"

    @property
    def ends(self) -> tuple[str, str]:
        return self.path.source, self.path.target

    def box(self, one: str, other: str) -> Box:
        return Box(self.key, self.width, self.height, between=(one, other))

    def heights(self, *, is_loop: bool) -> tuple[float, float]:
        """Where the path arrives, and where it leaves: apart, where that is the same side."""
        apart = self.height / 6 if is_loop else 0.0
        return self.height / 2 - apart, self.height / 2 + apart

    def spread(self, *ends: Anchor) -> tuple[Anchor, ...]:
        """The ends below those of paths before this one, as far as there are lines of the same node."""
        steps = ((end, before % (int(end.down / _STEP) + 1)) for end, before in zip(ends, self.before, strict=True))
        return tuple(replace(end, y=end.y + step * _STEP) for end, step in steps)


def tags(paths: Sequence[Path]) -> Iterator[Tag]:
    """The tags of the paths of a picture."""
    met = Counter[str]()
    for path in paths:
        lines = tuple(_fitted(line) for line in _lines(path))
        width = max(text_width(one.text, line_size(one.line), bold=_is_bold(one.line)) for one in lines)
        before = met[path.source], met[path.target] + (path.source == path.target)
        yield Tag(path, lines, width + 2 * PADDING, LINE * len(lines) + 2 * PADDING, before)
        met.update((path.source, path.target))


def _lines(path: Path) -> Iterator[BoxLine]:
    yield BoxLine(f"{SIGNS[path.kind]} {kind_text(path)}", LineSort.NAME)
    for line in path.lines[:_LINES]:
        yield BoxLine(f"{line.number}: {line.text}", LineSort.FACT)
    if len(path.lines) > _LINES:
        yield BoxLine(f"and {len(path.lines) - _LINES} more", LineSort.FACT)


def _fitted(line: BoxLine) -> CardLine:
    return CardLine(line, fitted(line.text, _WIDEST, line_size(line), bold=_is_bold(line)))


def _is_bold(line: BoxLine) -> bool:
    return line.sort is LineSort.NAME


def draw_path(body: ET.Element, tag: Tag, at: Place, ways: Sequence[Sequence[Point]], ends: Sequence[Anchor]) -> None:
    """The line to the tag and the one from there on, from the line of text that stands for its source to that of its
    target; and the tag."""
    group = ET.SubElement(body, "g")
    css = CLASSES[tag.path.kind]
    into, out = ways
    start, end = end_at(ends[0], into[:1]), end_at(ends[1], out[-1:])
    _draw_line(group, css, (*start.tip(into[:1]), *into))
    _draw_line(group, css, _shortened((*out, *end.tip(out[-1:]))), has_head=True)
    draw_box(group, f"tag {css}", at.x, at.y, at.width, at.height)
    if tag.path.kind is ChangeKind.CLOSED:
        inner = at.width - 2 * _DOUBLE, at.height - 2 * _DOUBLE
        draw_box(group, f"tag {css}", at.x + _DOUBLE, at.y + _DOUBLE, *inner)
    draw_lines(group, tag.lines, at.x, at.y)


def _draw_line(group: ET.Element, css: str, points: Sequence[Point], *, has_head: bool = False) -> None:
    """A line; that of what closes is two, with nothing between them."""
    head = {"marker-end": f"url(#{css})"} if has_head else {}
    ET.SubElement(group, "path", {"class": f"path {css}", "d": way_path(points), **head})
    if css == CLASSES[ChangeKind.CLOSED]:
        ET.SubElement(group, "path", {"class": "core", "d": way_path(points)})


def _shortened(points: Sequence[Point]) -> tuple[Point, ...]:
    """The way with room for a head at its end."""
    *first, (from_x, from_y), (x, y) = points
    length = hypot(x - from_x, y - from_y)
    share = min(_HEAD / length, 0.9) if length else 0.0
    return *first, (from_x, from_y), (x + (from_x - x) * share, y + (from_y - y) * share)


def path_heads() -> ET.Element:
    """The heads of the lines, one for each kind."""
    definitions = ET.Element("defs")
    size = {"viewBox": "0 0 9 10", "refX": "0", "refY": "5", "markerWidth": f"{_HEAD}", "markerHeight": "10"}
    for kind in KINDS:
        look = {"id": CLASSES[kind], "markerUnits": "userSpaceOnUse", "orient": "auto", **size}
        marker = ET.SubElement(definitions, "marker", look)
        ET.SubElement(marker, "path", {"class": f"tip {CLASSES[kind]}", "d": "M0 0L9 5L0 10Z"})
    return definitions


def draw_path_sample(parent: ET.Element, kind: ChangeKind, start: Point) -> str:
    """A piece of a path for the legend; returns what it means."""
    x, y = start
    _draw_line(parent, CLASSES[kind], ((x, y), (x + 40 - _HEAD, y)), has_head=True)
    return f"{SIGNS[kind]} {KINDS[kind]}"


def path_texts(found: PathMap) -> Iterator[str]:
    """The paths in words, and what is not drawn."""
    outline = Outline(found.topology)
    yield from (_text(outline, path) for path in found.paths)
    yield from _left_out(found)


def _text(outline: Outline, path: Path) -> str:
    source, target = (_name(outline, node) for node in (path.source, path.target))
    changes = ", ".join(f"{line.text} (change {line.number})" for line in path.lines[:_LINES])
    more = f" and {len(path.lines) - _LINES} more" if len(path.lines) > _LINES else ""
    return clean(f"{kind_text(path)} from {source} to {target}: {changes}{more}")


def _name(outline: Outline, key: str) -> str:
    node = outline.nodes[key]
    parent = "" if node.parent is None else f" of {outline.nodes[node.parent].name}"
    return node.name if node.kind == "outside" else f"{KIND_NAMES[node.kind]} {node.name}{parent}"


def path_notes(found: PathMap) -> Iterator[str]:
    """What has to be known to read the lines, and what is not drawn."""
    yield "The numbers are those of the changes in the table. A line joins both ends of a path, whatever its hops are"
    yield from _left_out(found)


def _left_out(found: PathMap) -> Iterator[str]:
    """What is not drawn."""
    if found.changes_left:
        yield f"Changes that are not drawn: {found.changes_left:,}"
    if found.boxes_left:
        yield f"Boxes that no path here leads to and that are not drawn: {found.boxes_left:,}"
