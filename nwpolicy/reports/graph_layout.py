"""Where boxes and the wires between them go.

Boxes stand in columns, by how many wires lead from the box with the most of them; a long column is broken into several.
Wires run between columns, and above all of them where they pass one, so no wire crosses a box. Wires of one kind that
end at the same box share their line up to there, as spokes do at a hub. Groups of boxes without wires between them
stand beside and below one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final, TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Box", "Place", "Placement", "Route", "Wire", "place"]

Point: TypeAlias = tuple[float, float]

#: Between boxes, between parallel wires, and between the wires at one side of a box, with room for their labels.
_GAP: Final = 30.0
_TRACK: Final = 10.0
_PORT: Final = 36.0
#: Wires on the left of boxes are at multiples of this, those on the right halfway between: none lies on another.
_GRID: Final = 12.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. What is `outside` may stand left of everything."""

    key: str
    width: float
    height: float
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire between two boxes, and the room that its label takes."""

    one: str
    other: str
    kind: str
    label: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box went. It may have become higher, for its wires."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a wire from its `start` box; the label goes to the last point, to the left or right of it."""

    start: str
    points: tuple[Point, ...]
    label_left: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """All boxes and wires, the wires in their order, within a canvas from 0, 0."""

    places: dict[str, Place]
    routes: tuple[Route, ...]
    width: float
    height: float


def place(boxes: Sequence[Box], wires: Sequence[Wire]) -> Placement:
    """Places everything; the same input gives the same placement."""
    parts = [_Part(group, joined).placed() for group, joined in _components(boxes, wires)]
    widest = max((part.width for _, part in parts), default=0.0)
    area = sum((part.width + _GAP) * (part.height + _GAP) for _, part in parts)
    limit = max(widest, sqrt(area * 1.6))
    places: dict[str, Place] = {}
    routes: dict[int, Route] = {}
    x = y = row = right = 0.0
    for numbers, part in parts:
        if x > 0 and x + part.width > limit:
            x, y, row = 0.0, y + row + _GAP, 0.0
        places |= {key: Place(p.x + x, p.y + y, p.width, p.height) for key, p in part.places.items()}
        for number, route in zip(numbers, part.routes, strict=True):
            points = tuple((px + x, py + y) for px, py in route.points)
            routes[number] = Route(route.start, points, route.label_left)
        right, row = max(right, x + part.width), max(row, part.height)
        x += part.width + _GAP
    return Placement(places, tuple(routes[number] for number in range(len(wires))), right, y + row)


def _components(boxes: Sequence[Box], wires: Sequence[Wire]) -> Iterator[tuple[list[Box], dict[int, Wire]]]:
    """Boxes that wires join, those with wires first."""
    groups = {box.key: [box.key] for box in boxes}
    for wire in wires:
        one, other = groups[wire.one], groups[wire.other]
        if one is not other:
            one += other
            groups.update(dict.fromkeys(other, one))
    known = {box.key: box for box in boxes}
    order = {box.key: number for number, box in enumerate(boxes)}
    distinct = {id(group): group for group in groups.values()}.values()
    for group in sorted(distinct, key=lambda group: (len(group) == 1, min(order[key] for key in group))):
        joined = {number: wire for number, wire in enumerate(wires) if groups[wire.one] is group}
        yield [known[key] for key in sorted(group, key=order.__getitem__)], joined


#: A line that wires share: the box where they come together, and their kind.
_Bus: TypeAlias = tuple[str, str]
#: A place on a side of a box: a bus, or a single wire.
_Port: TypeAlias = "_Bus | int"


class _Part:
    """Boxes that are joined, on their way into columns."""

    def __init__(self, boxes: Sequence[Box], wires: dict[int, Wire]) -> None:
        self._boxes = {box.key: box for box in boxes}
        self._wires = {number: wire for number, wire in wires.items() if wire.one != wire.other}
        self._loops = {number: wire for number, wire in wires.items() if wire.one == wire.other}
        self._numbers = list(wires)
        self._degree: defaultdict[str, int] = defaultdict(int)
        self._near: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for wire in self._wires.values():
            for here, there in ((wire.one, wire.other), (wire.other, wire.one)):
                self._degree[here] += 1
                self._near[here][there] = None
        self._columns = self._broken(self._layers())
        self._column = {key: number for number, column in enumerate(self._columns) for key in column}
        self._ports = self._all_ports()
        self._heights = {key: self._height(key) for key in self._boxes}

    def placed(self) -> tuple[list[int], Placement]:
        tracks, lanes = self._tracks()
        starts, xs, width = self._across(tracks)
        top = _TRACK * len(lanes) + (_GAP if lanes else 0.0)
        places = self._down(xs, top)
        ys = self._port_heights(places)
        routes = [self._route(number, places, ys, starts, tracks, lanes) for number in self._numbers]
        bottom = max((p.y + p.height for p in places.values()), default=0.0)
        return self._numbers, Placement(places, tuple(routes), width, bottom)

    # --- columns ---

    def _layers(self) -> list[list[str]]:
        """By distance from the box with most wires; outside things that only that box leads to stand left of it."""
        inside = [key for key, box in self._boxes.items() if not box.outside] or list(self._boxes)
        root = max(inside, key=lambda key: self._degree[key])
        layer, waiting = {root: 0}, [root]
        for key in waiting:
            for near in self._near[key]:
                if near not in layer:
                    layer[near] = layer[key] + 1
                    waiting.append(near)
        left = [key for key, box in self._boxes.items() if box.outside and set(self._near[key]) == {root}]
        layers: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
        rank = {key: number for number, key in enumerate(waiting)}
        for key in sorted(layer, key=rank.__getitem__):
            if key not in left:
                layers[layer[key]].append(key)
        return [part for part in (left, *layers) if part]

    def _broken(self, layers: Iterable[list[str]]) -> list[list[str]]:
        """The layers as columns that are not much higher than all is wide."""
        boxes = self._boxes.values()
        area = sum((box.width + 3 * _GAP) * (box.height + _GAP) for box in boxes)
        limit = max(sqrt(area), *(box.height for box in boxes))
        columns: list[list[str]] = []
        for layer in layers:
            height = limit + 1
            for key in layer:
                height += self._boxes[key].height + _GAP
                if height > limit:
                    columns.append([])
                    height = self._boxes[key].height
                columns[-1].append(key)
        return columns

    # --- wires ---

    def _ends(self, wire: Wire) -> tuple[str, str]:
        """The box where the wire comes together with others, and the one that it has for itself."""
        if self._degree[wire.other] > self._degree[wire.one]:
            return wire.other, wire.one
        return wire.one, wire.other

    def _on_right(self, wire: Wire) -> tuple[bool, bool]:
        """Whether the wire is at the right of its two ends."""
        bus, end = (self._column[key] for key in self._ends(wire))
        return bus <= end, end <= bus

    def _all_ports(self) -> dict[tuple[str, bool], dict[_Port, list[str]]]:
        """The wires at each side of each box, and the boxes that they lead to."""
        ports: defaultdict[tuple[str, bool], defaultdict[_Port, list[str]]]
        ports = defaultdict(lambda: defaultdict(list))
        for number, wire in self._wires.items():
            bus, end = self._ends(wire)
            bus_right, end_right = self._on_right(wire)
            ports[bus, bus_right][bus, wire.kind].append(end)
            ports[end, end_right][number].append(bus)
        return {side: dict(found) for side, found in ports.items()}

    def _height(self, key: str) -> float:
        most = max(len(self._ports.get((key, right), ())) for right in (False, True))
        return max(self._boxes[key].height, _PORT * (most + 1) if most else 0.0)

    def _gutters(self, wire: Wire) -> tuple[int, ...]:
        """The gaps between columns in which the wire runs up or down; gap 1 is behind column 0."""
        bus, end = (self._column[key] for key in self._ends(wire))
        low, high = min(bus, end), max(bus, end)
        return (low + 1,) if high - low <= 1 else (low + 1, high)

    def _tracks(self) -> tuple[dict[int, dict[_Bus, int]], dict[_Bus, int]]:
        """The buses in each gap between columns, and those above all columns."""
        tracks: defaultdict[int, dict[_Bus, int]] = defaultdict(dict)
        lanes: dict[_Bus, int] = {}
        for wire in self._wires.values():
            bus = (self._ends(wire)[0], wire.kind)
            gutters = self._gutters(wire)
            for gutter in gutters:
                tracks[gutter].setdefault(bus, len(tracks[gutter]))
            if len(gutters) > 1:
                lanes.setdefault(bus, len(lanes))
        return dict(tracks), lanes

    # --- coordinates ---

    def _across(self, tracks: dict[int, dict[_Bus, int]]) -> tuple[dict[int, float], list[float], float]:
        """Where the tracks of each gap start, where each column does, and the width of everything."""
        starts: dict[int, float] = {}
        xs: list[float] = []
        x = 0.0
        for number in range(len(self._columns) + 1):
            if number > 0:
                x += max(self._boxes[key].width for key in self._columns[number - 1])
            if tracks.get(number):
                left, right = self._label_room(number)
                starts[number] = x + left + _TRACK
                x = starts[number] + _TRACK * len(tracks[number]) + right
            elif 0 < number < len(self._columns):
                x += _GAP
            if number < len(self._columns):
                xs.append(x)
        return starts, xs, x

    def _label_room(self, gutter: int) -> tuple[float, float]:
        """What the labels in a gap between columns need on both sides of its tracks."""
        room = [_TRACK, _TRACK]
        for wire in self._wires.values():
            end_column = self._column[self._ends(wire)[1]]
            end_right = self._on_right(wire)[1]
            if end_column + end_right == gutter:
                side = 0 if end_right else 1
                room[side] = max(room[side], wire.label + _TRACK)
        return room[0], room[1]

    def _down(self, xs: Sequence[float], top: float) -> dict[str, Place]:
        """The columns, each in the middle of the highest."""
        heights = [sum(self._heights[key] + _GAP for key in column) - _GAP for column in self._columns]
        places = {}
        for x, column, height in zip(xs, self._columns, heights, strict=True):
            y = top + (max(heights) - height) / 2
            for key in column:
                places[key] = Place(x, y, self._boxes[key].width, self._heights[key])
                y += self._heights[key] + _GAP
        return places

    def _port_heights(self, places: dict[str, Place]) -> dict[tuple[str, bool, _Port], float]:
        """Where wires are at the sides of boxes: evenly, in the order of where they lead."""
        ys: dict[tuple[str, bool, _Port], float] = {}
        for (key, right), ports in self._ports.items():
            here = places[key]
            ordered = sorted(ports, key=lambda port: sum(places[k].y for k in ports[port]) / len(ports[port]))
            for number, port in enumerate(ordered, 1):
                y = here.y + here.height * number / (len(ordered) + 1)
                ys[key, right, port] = y // _GRID * _GRID + (_GRID / 2 if right else 0)
        return ys | dict(self._level(places))

    def _level(self, places: dict[str, Place]) -> Iterator[tuple[tuple[str, bool, _Port], float]]:
        """Heights that make wires straight: those that are alone at both boxes, where these face one another."""
        for number, wire in self._wires.items():
            bus, end = self._ends(wire)
            bus_right, end_right = self._on_right(wire)
            alone = all(len(self._ports[side]) == 1 for side in ((bus, bus_right), (end, end_right)))
            only = len(self._ports[bus, bus_right][bus, wire.kind]) == 1
            top = max(places[bus].y, places[end].y)
            bottom = min(places[key].y + places[key].height for key in (bus, end))
            if alone and only and abs(self._column[bus] - self._column[end]) == 1 and bottom - top > _PORT:
                y = (top + bottom) / 2
                yield from (((bus, bus_right, (bus, wire.kind)), y), ((end, end_right, number), y))

    def _route(
        self,
        number: int,
        places: dict[str, Place],
        ys: dict[tuple[str, bool, _Port], float],
        starts: dict[int, float],
        tracks: dict[int, dict[_Bus, int]],
        lanes: dict[_Bus, int],
    ) -> Route:
        if number in self._loops:
            here = places[self._loops[number].one]
            corner = (here.x + here.width, here.y)
            return Route(self._loops[number].one, (corner, corner), label_left=True)
        wire = self._wires[number]
        bus, end = self._ends(wire)
        bus_right, end_right = self._on_right(wire)
        shared = (bus, wire.kind)
        first = (_side(places[bus], bus_right), ys[bus, bus_right, shared])
        last = (_side(places[end], end_right), ys[end, end_right, number])
        xs = [starts[gutter] + _TRACK * tracks[gutter][shared] for gutter in self._gutters(wire)]
        if self._column[bus] > self._column[end]:
            xs.reverse()
        bends = [(xs[0], first[1]), (xs[-1], last[1])]
        if len(xs) > 1:
            lane = _TRACK * lanes[shared]
            bends[1:1] = [(xs[0], lane), (xs[1], lane)]
        return Route(bus, _straight((first, *bends, last)), label_left=not end_right)


def _side(here: Place, right: bool) -> float:
    return here.x + here.width if right else here.x


def _straight(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points without those that repeat the one before."""
    return points[0], *(there for here, there in pairwise(points) if there != here)
