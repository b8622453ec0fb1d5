"""A part of the picture of a topology through Graphviz and back.

Graphviz is given sizes and ids that are made here, and no text from the input. Its `dot` puts boxes into columns and
leads wires around them; many wires of a box share bars, as `graph_bars` plans.

Source: Graphviz, "Attributes" (`pos`, `lp`, `portPos`) and "HTML-Like Labels".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.queries.errors import QuestionError
from nwpolicy.reports.graph_bars import Bar, Plan
from nwpolicy.reports.graph_places import Box, Place, Placement, Point, Route, Wire

if TYPE_CHECKING:
    from pygraphviz import AGraph, Edge

__all__ = ["Sheet"]

#: A node of the graph, and the row of its table where an edge ends; no row: the middle of its side.
_End: TypeAlias = tuple[str, str]

#: How much it matters that wires are straight and not crossed: from bar to bar, from a bar to a box, between lines.
_TRUNK: Final = "20"
_STRAIGHT: Final = "10"
_FLOW: Final = "5"
#: Points between boxes above one another.
_BETWEEN: Final = 26


class Sheet:
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


def _new_graph() -> AGraph:
    """An empty graph, by a library that is an extra and needs some of the system's."""
    try:
        from pygraphviz import AGraph
    except ModuleNotFoundError:
        help = "pip install 'nwpolicy[graph]'; forms other than pictures do without it"
        raise QuestionError("pictures need pygraphviz, which is not installed", help) from None
    except ImportError as error:
        help = "install that library of the system; forms other than pictures do without it"
        raise QuestionError(f"pictures need pygraphviz, which does not start: {error}", help) from None
    return AGraph(directed=False, strict=False)


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
