"""Where boxes and the wires between them go, by Graphviz.

Graphviz is given sizes and ids that are made here, and no text from the input. Its `dot` puts boxes into columns and
leads wires around them; many wires of a box share bars, as `graph_bars` plans.

Source: Graphviz, "Attributes" (`pos`, `lp`, `portPos`) and "HTML-Like Labels".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.queries.errors import QuestionError
from nwpolicy.reports.graph_bars import Bar, Box, Plan, Wire, parts

if TYPE_CHECKING:
    from pygraphviz import AGraph, Edge

__all__ = ["Place", "Placement", "Point", "Route", "place"]

Point: TypeAlias = tuple[float, float]
#: A node of the graph, and the row of its table where an edge ends; no row: the middle of its side.
_End: TypeAlias = tuple[str, str]

#: How much it matters that wires are straight and not crossed: from bar to bar, from a bar to a box, between lines.
_TRUNK: Final = "20"
_STRAIGHT: Final = "10"
_FLOW: Final = "5"
#: Points between boxes above one another, and between parts that no wires join.
_BETWEEN: Final = 26
_APART: Final = 30.0
#: All is about so much wider than high.
_ASPECT: Final = 1.6
#: What can be laid out in seconds. Wires beyond those that join the boxes make it slow, and their labels slower.
_BOXES: Final = 3000
_MESHED: Final = 450
_LABELLED: Final = 120
#: Graphviz takes no tables higher or wider than 65535 points.
_SIDE: Final = 30_000
_INSTEAD: Final = "draw fewer definitions, or use --output json, mermaid or dot"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box went. It may have become larger by less than a point."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a wire, from its first box to the other. Its label is around the point `label`; None, where it has
    none or there are too many."""

    points: tuple[Point, ...]
    label: Point | None

    def moved(self, x: float, y: float) -> Route:
        points = tuple((px + x, py + y) for px, py in self.points)
        return Route(points, None if self.label is None else (self.label[0] + x, self.label[1] + y))


@dataclass(frozen=True, slots=True)
class Placement:
    """All boxes and wires, the wires in their order, and where the canvas ends on the right and below."""

    places: dict[str, Place]
    routes: tuple[Route, ...]
    width: float
    height: float

    def moved(self, x: float, y: float) -> Placement:
        places = {key: Place(at.x + x, at.y + y, at.width, at.height) for key, at in self.places.items()}
        return Placement(places, tuple(route.moved(x, y) for route in self.routes), self.width + x, self.height + y)


def place(boxes: Sequence[Box], wires: Sequence[Wire]) -> Placement:
    """Places everything; the same input gives the same placement.

    Raises QuestionError where there is too much of it, or where Graphviz is missing.
    """
    found = list(parts(boxes, wires))
    meshed = len(wires) - len(boxes) + len(found)
    _refuse_too_much(boxes, wires, meshed)
    labelled = meshed <= _LABELLED
    placements = [_Sheet(Plan(near, joined if labelled else _bare(joined))).placement() for near, joined in found]
    widest = max((part.width for part in placements), default=0.0)
    limit = max(widest, sqrt(_ASPECT * sum((part.width + _APART) * (part.height + _APART) for part in placements)))
    places: dict[str, Place] = {}
    routes: dict[int, Route] = {}
    x = y = bottom = right = 0.0
    for (_, joined), part in zip(found, placements, strict=True):
        if x > 0 and x + part.width > limit:
            x, y = 0.0, bottom + _APART
        moved = part.moved(x, y)
        places |= moved.places
        routes |= zip(joined, moved.routes, strict=True)
        right, bottom = max(right, moved.width), max(bottom, moved.height)
        x += part.width + _APART
    return Placement(places, tuple(routes[number] for number in range(len(wires))), right, bottom)


def _bare(wires: dict[int, Wire]) -> dict[int, Wire]:
    """The wires without labels."""
    return {number: Wire(wire.one, wire.other, wire.kind, heights=wire.heights) for number, wire in wires.items()}


def _refuse_too_much(boxes: Sequence[Box], wires: Sequence[Wire], meshed: int) -> None:
    if len(boxes) > _BOXES:
        raise QuestionError(f"{len(boxes):,} boxes are more than a picture can show ({_BOXES:,})", _INSTEAD)
    if meshed > _MESHED:
        text = f"{len(wires):,} wires between {len(boxes):,} boxes are more than a picture can show"
        raise QuestionError(text, _INSTEAD)
    if any(max(box.width, box.height) > _SIDE for box in boxes):
        raise QuestionError("a network has more in it than a picture can show", _INSTEAD)


def _new_graph() -> AGraph:
    """An empty graph, by a library that is an extra and needs some of the system's."""
    try:
        from pygraphviz import AGraph
    except ModuleNotFoundError:
        help = "pip install 'nwpolicy[graph]', or use --output mermaid, dot or json"
        raise QuestionError("pictures need pygraphviz, which is not installed", help) from None
    except ImportError as error:
        help = "install that library of the system, or use --output mermaid, dot or json"
        raise QuestionError(f"pictures need pygraphviz, which does not start: {error}", help) from None
    return AGraph(directed=False, strict=False)


class _Sheet:
    """The graph on its way to Graphviz and back.

    The y of Graphviz grows upwards, and it puts the first boxes lowest. Seen upside down all is right, so tables are
    given upside down.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ids = {key: f"n{number}" for number, key in enumerate(plan.boxes)}
        self._edges: dict[str, tuple[Edge, bool]] = {}
        self._graph = _new_graph()
        self._graph.graph_attr.update(rankdir="LR", splines="polyline", nodesep=f"{_BETWEEN / 72:.3f}")
        self._graph.node_attr.update(shape="plain", label="")

    def placement(self) -> Placement:
        self._add_boxes()
        for number, wire in self._plan.wires.items():
            if number not in self._plan.bar_of:
                self._add_wire(number, wire)
        for number, bar in enumerate(self._plan.bars):
            self._add_bar(number, bar)
        self._graph.layout(prog="dot")
        places = {key: self._place(box) for key, box in self._plan.boxes.items()}
        ways = self._ways_to_bars()
        routes = tuple(self._route(number, wire, ways) for number, wire in self._plan.wires.items())
        _, _, width, height = map(float, self._graph.graph_attr["bb"].split(","))
        return Placement(places, routes, width, height)

    # --- to Graphviz ---

    def _add_boxes(self) -> None:
        """Each box is a table of a column, with a row for each height at which a wire is attached."""
        heights: defaultdict[str, set[int]] = defaultdict(set)
        for wire in self._plan.wires.values():
            for key, height in zip((wire.one, wire.other), wire.heights or (), strict=False):
                heights[key].add(round(height))
        for key, box in self._plan.boxes.items():
            rows = list(_rows_at(sorted(heights[key]), ceil(box.height)))
            self._graph.add_node(self._ids[key], label=_table(ceil(box.width), rows))

    def _add_wire(self, number: int, wire: Wire) -> None:
        one, other = (self._ids[wire.one], ""), (self._ids[wire.other], "")
        weight = "1"
        if wire.heights is not None:
            one, other = ((node, f"h{round(at)}") for (node, _), at in zip((one, other), wire.heights, strict=True))
            weight = _FLOW
        looks = {"weight": weight, **_label(wire)}
        self._join(f"w{number}", one, other, rightwards=self._plan.is_rightwards(wire), **looks)

    def _add_bar(self, number: int, bar: Bar) -> None:
        """A bar is a narrow table with a row for each of its boxes, and one for the wire that leads to it. The next bar
        stands behind the boxes of this one."""
        here, trunk, weight = f"b{number}", "trunk", _TRUNK
        rows = [(f"w{wire}", ceil(self._plan.boxes[key].height) + _BETWEEN) for wire, key in bar.wires.items()]
        rows.insert((len(rows) + 1) // 2, (trunk, 2 * _BETWEEN))
        if len(bar.wires) == 1:
            rows, weight = [(trunk, 2)], "1"
        self._graph.add_node(here, label=_table(1, rows))
        inner = (self._ids[bar.hub], "") if bar.inner is None else (f"b{bar.inner}", trunk)
        length = "1" if bar.inner is None else "2"
        self._join(f"t{number}", inner, (here, trunk), rightwards=bar.right, weight=weight, minlen=length)
        for wire, key in bar.wires.items():
            port = f"w{wire}" if len(bar.wires) > 1 else trunk
            looks = {"weight": _STRAIGHT, **_label(self._plan.wires[wire])}
            self._join(f"w{wire}", (here, port), (self._ids[key], ""), rightwards=bar.right, **looks)

    def _join(self, name: str, one: _End, other: _End, *, rightwards: bool, **looks: str) -> None:
        """An edge, of which Graphviz takes the first end for the left one."""
        (tail, out), (head, into) = (one, other) if rightwards else (other, one)
        looks |= {"tailport": f"{out}:e" if out else "e", "headport": f"{into}:w" if into else "w"}
        self._graph.add_edge(tail, head, key=name, **looks)
        self._edges[name] = self._graph.get_edge(tail, head, name), rightwards

    # --- from Graphviz ---

    def _place(self, box: Box) -> Place:
        x, y = _point(self._graph.get_node(self._ids[box.key]).attr["pos"])
        width, height = ceil(box.width), ceil(box.height)
        return Place(x - width / 2, y - height / 2, width, height)

    def _ways_to_bars(self) -> list[tuple[Point, ...]]:
        """The way from the hub to each bar, along the bars before it."""
        ways: list[tuple[Point, ...]] = []
        for number, bar in enumerate(self._plan.bars):
            way = self._way(f"t{number}")
            ways.append(way if bar.inner is None else _joined(ways[bar.inner], way))
        return ways

    def _route(self, number: int, wire: Wire, ways: Sequence[tuple[Point, ...]]) -> Route:
        points = self._way(f"w{number}")
        bar = self._plan.bar_of.get(number)
        if bar is not None:
            points = _joined(ways[bar], points)
            if self._plan.bars[bar].hub != wire.one:
                points = points[::-1]
        edge, _ = self._edges[f"w{number}"]
        return Route(points, _point(edge.attr["lp"]) if _label(wire) else None)

    def _way(self, name: str) -> tuple[Point, ...]:
        """The corners of an edge. Graphviz gives straight pieces as curves, a point and three more for each."""
        edge, rightwards = self._edges[name]
        points = tuple(map(_point, edge.attr["pos"].split()))[::3]
        return points if rightwards else points[::-1]


def _rows_at(heights: Sequence[int], bottom: int) -> Iterator[tuple[str, int]]:
    """Rows of which those with names are around the heights."""
    top = 0
    for height in heights:
        yield from ((f"to{height}", height - 1 - top), (f"h{height}", 2))
        top = height + 1
    yield "rest", bottom - top


def _table(width: int, rows: Sequence[tuple[str, int]]) -> str:
    """A table without text, with names where wires are attached: Graphviz looks for no font."""
    cells = "".join(
        f'<TR><TD PORT="{name}" FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"></TD></TR>'
        for name, height in reversed(rows)
        if height > 0
    )
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0">{cells}</TABLE>>'


def _label(wire: Wire) -> dict[str, str]:
    width, height = wire.label
    return {"label": _table(ceil(width), [("label", ceil(height))])} if width else {}


def _joined(first: Sequence[Point], then: Sequence[Point]) -> tuple[Point, ...]:
    """Two ways as one, the second a step away, above or below the end of the first."""
    corner = (then[0][0], first[-1][1])
    return *first, corner, *then


def _point(text: str) -> Point:
    x, y = text.split(",")
    return float(x), float(y)
