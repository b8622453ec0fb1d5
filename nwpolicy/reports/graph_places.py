"""What is placed in the picture of a topology, and where it goes: boxes, and wires between them."""

from __future__ import annotations

from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Box", "Place", "Placement", "Point", "Route", "Wire"]

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. What is `outside` stands left of what it is joined with; what is `between` others, which
    may be one, right behind the left one."""

    key: str
    width: float
    height: float
    outside: bool = False
    between: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire between two boxes, and the size of its label. It is attached in the middle of their sides, or at `heights`
    below their tops; then it shares no bar."""

    one: str
    other: str
    kind: str
    label: tuple[float, float] = (0.0, 0.0)
    heights: tuple[float, float] | None = None


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
