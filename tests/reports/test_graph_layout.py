"""Where boxes and wires go: what holds of every placement."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.reports.graph_layout import Box, Place, Placement, Wire, place

KEYS = [f"b{number}" for number in range(14)]


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[Box], list[Wire]]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=len(KEYS)))
    sizes = st.floats(20, 400, allow_nan=False)
    boxes = [Box(key, draw(sizes), draw(sizes), draw(st.booleans())) for key in keys]
    ends = st.sampled_from(keys) if keys else st.nothing()
    wire = st.builds(Wire, ends, ends, st.sampled_from(["peering", "group"]), st.floats(0, 150))
    return boxes, draw(st.lists(wire, max_size=20)) if keys else []


def overlap(one: Place, other: Place) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def crosses(start: tuple[float, float], end: tuple[float, float], box: Place) -> bool:
    """Whether a straight line passes through the inside of a box."""
    low_x, high_x = sorted((start[0], end[0]))
    low_y, high_y = sorted((start[1], end[1]))
    inside_x = low_x < box.x + box.width - 0.01 and high_x > box.x + 0.01
    return inside_x and low_y < box.y + box.height - 0.01 and high_y > box.y + 0.01


def on_side(point: tuple[float, float], box: Place) -> bool:
    at_side = min(abs(point[0] - box.x), abs(point[0] - box.x - box.width)) < 0.01
    return at_side and box.y <= point[1] <= box.y + box.height


def label_places(wires: list[Wire], found: Placement) -> list[Place]:
    """The two lines of text at the end of each wire, as the picture writes them."""
    places = []
    for wire, route in zip(wires, found.routes, strict=True):
        x, y = route.points[-1]
        left = x - 6 - wire.label if route.label_left else x + 6
        places.append(Place(left, y - 13, wire.label, 26))
    return places


@settings(max_examples=300, deadline=None)
@given(drawings())
def test_boxes_lie_apart_and_on_the_canvas(drawing: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = drawing
    found = place(boxes, wires)
    assert set(found.places) == {box.key for box in boxes}
    for box in boxes:
        there = found.places[box.key]
        assert there.width >= box.width
        assert there.height >= box.height
        assert there.x >= 0
        assert there.y >= 0
        assert there.x + there.width <= found.width + 0.01
        assert there.y + there.height <= found.height + 0.01
    assert not any(overlap(one, other) for one, other in combinations(found.places.values(), 2))


@settings(max_examples=300, deadline=None)
@given(drawings())
def test_wires_join_their_boxes_around_all_others(drawing: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = drawing
    found = place(boxes, wires)
    for wire, route in zip(wires, found.routes, strict=True):
        if wire.one == wire.other:
            continue
        assert route.start in {wire.one, wire.other}
        end = wire.other if route.start == wire.one else wire.one
        assert on_side(route.points[0], found.places[route.start])
        assert on_side(route.points[-1], found.places[end])
        for start, stop in pairwise(route.points):
            assert start[0] == stop[0] or start[1] == stop[1]
            assert not any(crosses(start, stop, box) for box in found.places.values())
        assert all(-0.01 <= x <= found.width + 0.01 and -0.01 <= y <= found.height + 0.01 for x, y in route.points)


@settings(max_examples=300, deadline=None)
@given(drawings())
def test_labels_have_room(drawing: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = drawing
    found = place(boxes, wires)
    labels = [
        label
        for wire, label in zip(wires, label_places(wires, found), strict=True)
        if wire.one != wire.other and wire.label
    ]
    for label in labels:
        assert label.x >= 0
        assert label.x + label.width <= found.width + 0.01
        assert not any(overlap(label, box) for box in found.places.values())
    assert not any(overlap(one, other) for one, other in combinations(labels, 2))


@given(drawings())
@settings(max_examples=50, deadline=None)
def test_the_same_boxes_and_wires_go_to_the_same_places(drawing: tuple[list[Box], list[Wire]]) -> None:
    assert place(*drawing) == place(*drawing)


def test_spokes_share_the_line_of_their_hub() -> None:
    boxes = [Box("hub", 200, 100), *(Box(f"s{number}", 200, 80) for number in range(5))]
    found = place(boxes, [Wire("hub", f"s{number}", "peering") for number in range(5)])
    assert {route.start for route in found.routes} == {"hub"}
    assert len({route.points[0] for route in found.routes}) == 1


def test_a_site_stands_left_of_the_hub_that_it_is_connected_with() -> None:
    boxes = [Box("hub", 200, 100), Box("spoke", 200, 100), Box("site", 100, 40, outside=True)]
    found = place(boxes, [Wire("hub", "spoke", "peering"), Wire("hub", "site", "connection")])
    assert found.places["site"].x < found.places["hub"].x < found.places["spoke"].x


def test_a_wire_between_two_boxes_is_straight() -> None:
    found = place([Box("a", 200, 160), Box("b", 100, 50)], [Wire("a", "b", "peering", 40)])
    assert len({y for _, y in found.routes[0].points}) == 1


def test_a_hundred_spokes_do_not_stand_in_one_column() -> None:
    boxes = [Box("hub", 200, 100), *(Box(f"s{number}", 200, 100) for number in range(100))]
    found = place(boxes, [Wire("hub", f"s{number}", "peering", 100) for number in range(100)])
    assert 0.5 < found.width / found.height < 4


def test_nothing_needs_no_room() -> None:
    assert place([], []) == Placement({}, (), 0, 0)
