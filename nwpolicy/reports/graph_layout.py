"""Where the boxes of the picture of a topology go, and the wires between them: what Graphviz can lay out in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

from nwpolicy.queries.errors import QuestionError
from nwpolicy.reports.graph_bars import Plan, parts
from nwpolicy.reports.graph_places import Box, Place, Placement, Route, Wire
from nwpolicy.reports.graph_sheet import Sheet

__all__ = ["place"]

#: Between parts that no wires join. All is about so much wider than high.
_APART: Final = 30.0
_ASPECT: Final = 1.6
#: What can be laid out in seconds. Wires beyond those that join the boxes make it slow, and their labels slower.
_BOXES: Final = 1500
_MESHED: Final = 450
_LABELLED: Final = 120
#: Graphviz takes no tables higher or wider than 65535 points.
_SIDE: Final = 30_000
_INSTEAD: Final = "draw fewer definitions, or use --output json, mermaid or dot"


def place(boxes: Sequence[Box], wires: Sequence[Wire]) -> Placement:
    """Places everything; the same input gives the same placement.

    Raises QuestionError where there is too much of it, or where Graphviz is missing.
    """
    found = list(parts(boxes, wires))
    meshed = len(wires) - len(boxes) + len(found)
    _refuse_too_much(boxes, wires, meshed)
    labelled = meshed <= _LABELLED
    placements = [Sheet(Plan(near, joined if labelled else _bare(joined))).placement() for near, joined in found]
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
