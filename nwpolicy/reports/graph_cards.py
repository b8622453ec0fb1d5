"""The boxes of the drawing with their lines of text: frames for what stands in nothing, cards for the subnets in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.queries.graph_answer import NodeAnswer
from nwpolicy.reports.graph_words import BoxLine, LineSort, Outline, box_lines
from nwpolicy.reports.svg import fitted, text_width

__all__ = ["LINE", "PADDING", "Anchor", "Card", "CardLine", "Frame", "frames", "indent", "line_size"]

LINE: Final = 15.0
PADDING: Final = 9.0
_LEAST_WIDTH: Final = 120.0
_GREATEST_WIDTH: Final = 320.0
_GAP: Final = 10.0
_STACKED: Final = 3
#: Frames are about so much wider than high.
_ASPECT: Final = 1.5
#: Room on the left of a frame for the ways of flows between what is in it.
_SWING: Final = 54.0
_OUTSIDE: Final = frozenset({"localNetworkGateway", "farSide", "outside"})


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line and as much of its text as there is room for."""

    line: BoxLine
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A box with lines, at its place in its frame."""

    node: NodeAnswer
    lines: tuple[CardLine, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Anchor:
    """The two sides of a line in a frame, its height, and how far down lines go on that tell of the same node."""

    left: float
    right: float
    y: float
    down: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """An outermost box with its own lines, from `left` on, and the cards in it."""

    node: NodeAnswer
    lines: tuple[CardLine, ...]
    cards: tuple[Card, ...]
    left: float
    width: float
    height: float

    @property
    def is_outside(self) -> bool:
        return self.node.kind in _OUTSIDE

    def anchors(self) -> Iterator[tuple[str, Anchor]]:
        """The nodes that have lines, and where these are."""
        yield from _anchors(self.lines, self.left, self.width, 0.0)
        for card in self.cards:
            yield from _anchors(card.lines, card.x, card.x + card.width, card.y)


def frames(outline: Outline, swung: Collection[str], stacked: Collection[str] = ()) -> tuple[Frame, ...]:
    """The boxes of everything, with room in those that are `swung` for ways between what is in them; what is in those
    that are `stacked` stands above one another."""
    return tuple(
        _frame(outline, node, _SWING if node.id in swung else 0.0, is_stacked=node.id in stacked)
        for node in outline.children(None)
    )


def _frame(outline: Outline, node: NodeAnswer, left: float, *, is_stacked: bool) -> Frame:
    inner = outline.boxes_in(node)
    own, cards = list(box_lines(outline, node)), [list(box_lines(outline, child)) for child in inner]
    width = _width([line for lines in cards for line in lines])
    columns = 1 if is_stacked else _columns(len(inner), width, max(map(_height, cards), default=0.0))
    width = max(width, (_width(own) + _GAP) / columns - _GAP - 2 * PADDING)
    placed = list(_grid(inner, cards, width, columns, (left + PADDING, PADDING + LINE * len(own))))
    room = max([_width(own), *(card.x + card.width - PADDING - left for card in placed)])
    down = max((card.y + card.height + PADDING for card in placed), default=_height(own))
    return Frame(node, tuple(_fit(own, room)), tuple(placed), left, left + room + 2 * PADDING, down)


def _anchors(lines: Sequence[CardLine], left: float, right: float, top: float) -> Iterator[tuple[str, Anchor]]:
    of_nodes = [(number, shown.line.node) for number, shown in enumerate(lines, 1) if shown.line.node is not None]
    for (number, node), (after, _) in pairwise((*of_nodes, (len(lines) + 1, ""))):
        yield node, Anchor(left, right, top + LINE * number, LINE * (after - number - 1))


def line_size(line: BoxLine) -> int:
    return 12 if line.sort is LineSort.NAME else 11


def indent(line: BoxLine) -> float:
    return PADDING if line.sort is LineSort.DETAIL else 0.0


def _fit(lines: Sequence[BoxLine], room: float) -> Iterator[CardLine]:
    for line in lines:
        yield CardLine(line, fitted(line.text, room - indent(line), line_size(line), bold=line.sort is LineSort.NAME))


def _width(lines: Sequence[BoxLine]) -> float:
    widths = (indent(line) + text_width(line.text, line_size(line), bold=line.sort is LineSort.NAME) for line in lines)
    return min(max((_LEAST_WIDTH, *widths)), _GREATEST_WIDTH)


def _height(lines: Sequence[BoxLine]) -> float:
    return LINE * len(lines) + 2 * PADDING


def _columns(count: int, width: float, height: float) -> int:
    """How many cards stand side by side. Few stand above one another, where the ways of flows reach them."""
    if count <= _STACKED:
        return 1
    wanted = sqrt(count * (height + _GAP) * _ASPECT / (width + 2 * PADDING + _GAP))
    return max(1, min(count, round(wanted)))


def _grid(
    nodes: Sequence[NodeAnswer],
    cards: Sequence[list[BoxLine]],
    width: float,
    columns: int,
    corner: tuple[float, float],
) -> Iterator[Card]:
    """The cards row by row, those of a row equally high."""
    left, y = corner[0], corner[1] + PADDING
    for start in range(0, len(nodes), columns):
        row = range(start, min(start + columns, len(nodes)))
        height = max(_height(cards[index]) for index in row)
        for place, index in enumerate(row):
            x = left + place * (width + 2 * PADDING + _GAP)
            lines = tuple(_fit(cards[index], width))
            yield Card(nodes[index], lines, x, y, width + 2 * PADDING, height)
        y += height + _GAP
