"""Where boxes and wires go: what holds of every placement, whatever version of Graphviz makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.queries.errors import QuestionError
from nwpolicy.reports.graph_layout import place
from nwpolicy.reports.graph_places import Box, Place, Placement, Point, Wire

ROOT = Path(__file__).parents[2]
KEYS = [f"b{number}" for number in range(14)]
#: Graphviz rounds to points and their fractions.
NEAR = 1.5
#: So far lines of text are apart.
LINE = 15


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[Box], list[Wire]]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=len(KEYS)))
    sizes = st.floats(30, 400, allow_nan=False)
    boxes = {key: Box(key, draw(sizes), draw(sizes), draw(st.booleans())) for key in keys}
    count = draw(st.integers(0, 20))
    return list(boxes.values()), [draw(wires(boxes)) for _ in range(count)]


@st.composite
def wires(draw: st.DrawFn, boxes: dict[str, Box]) -> Wire:
    ends = st.sampled_from(list(boxes))
    one, other = draw(ends), draw(ends)
    if draw(st.integers(0, 5)) == 0:
        lines = (draw(st.integers(1, int(boxes[key].height) // LINE - 1)) for key in (one, other))
        return Wire(one, other, "flow", heights=(LINE * next(lines), LINE * next(lines)))
    label = draw(st.sampled_from([(0.0, 0.0), (30.0, 17.0), (110.5, 30.0), (150.0, 43.0)]))
    return Wire(one, other, draw(st.sampled_from(["peering", "group"])), label)


def star(spokes: int, label: tuple[float, float] = (80.0, 30.0)) -> tuple[list[Box], list[Wire]]:
    boxes = [Box("hub", 200, 100), *(Box(f"s{number}", 200, 80 + number % 7) for number in range(spokes))]
    return boxes, [Wire("hub", f"s{number}", "peering", label) for number in range(spokes)]


def mesh(count: int) -> tuple[list[Box], list[Wire]]:
    boxes = [Box(f"b{number}", 150, 80) for number in range(count)]
    ends = combinations([box.key for box in boxes], 2)
    return boxes, [Wire(one, other, "peering", (80, 30)) for one, other in ends]


def overlap(one: Place, other: Place) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def crosses(start: Point, end: Point, box: Place) -> bool:
    """Whether a straight line passes through the inside of a box (Liang and Barsky, 1984: clipping by intervals)."""
    first, last = 0.0, 1.0
    for low, high, here, there in (
        (box.x + NEAR, box.x + box.width - NEAR, start[0], end[0]),
        (box.y + NEAR, box.y + box.height - NEAR, start[1], end[1]),
    ):
        if here == there:
            if not low < here < high:
                return False
        else:
            enters, leaves = sorted(((low - here) / (there - here), (high - here) / (there - here)))
            first, last = max(first, enters), min(last, leaves)
    return first < last


def on_side(point: Point, box: Place) -> bool:
    at_side = min(abs(point[0] - box.x), abs(point[0] - box.x - box.width)) < NEAR
    return at_side and box.y - NEAR <= point[1] <= box.y + box.height + NEAR


def check(boxes: list[Box], wires: list[Wire], found: Placement) -> None:
    assert set(found.places) == {box.key for box in boxes}
    for box in boxes:
        there = found.places[box.key]
        assert (box.width, box.height) <= (there.width, there.height) < (box.width + 1, box.height + 1)
        assert min(there.x, there.y) >= -NEAR
        assert there.x + there.width <= found.width + NEAR
        assert there.y + there.height <= found.height + NEAR
    assert not any(overlap(one, other) for one, other in combinations(found.places.values(), 2))
    for wire, route in zip(wires, found.routes, strict=True):
        if wire.one != wire.other:
            assert on_side(route.points[0], found.places[wire.one])
            assert on_side(route.points[-1], found.places[wire.other])
            for start, end in pairwise(route.points):
                assert not any(crosses(start, end, box) for box in found.places.values())


@settings(max_examples=200, deadline=None)
@given(drawings())
def test_boxes_lie_apart_and_wires_join_them_around_all_others(drawing: tuple[list[Box], list[Wire]]) -> None:
    check(*drawing, place(*drawing))


@settings(max_examples=100, deadline=None)
@given(drawings())
def test_wires_of_flows_end_at_their_lines(drawing: tuple[list[Box], list[Wire]]) -> None:
    found = place(*drawing)
    for wire, route in zip(drawing[1], found.routes, strict=True):
        if wire.heights is not None and wire.one != wire.other:
            assert abs(route.points[0][1] - found.places[wire.one].y - wire.heights[0]) <= NEAR
            assert abs(route.points[-1][1] - found.places[wire.other].y - wire.heights[1]) <= NEAR


@settings(max_examples=200, deadline=None)
@given(drawings())
def test_labels_have_room(drawing: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = drawing
    found = place(boxes, wires)
    labels = []
    for wire, route in zip(wires, found.routes, strict=True):
        assert (route.label is not None) is (wire.label[0] > 0)
        if route.label is not None and wire.one != wire.other:
            (x, y), (width, height) = route.label, wire.label
            labels.append(Place(x - width / 2, y - height / 2, width, height))
    for label in labels:
        assert label.x >= -NEAR
        assert label.x + label.width <= found.width + NEAR
        assert not any(overlap(label, box) for box in found.places.values())
    assert not any(overlap(one, other) for one, other in combinations(labels, 2))


@pytest.mark.parametrize("spokes", [1, 2, 3, 8, 30, 100])
def test_spokes_stand_on_both_sides_of_their_hub(spokes: int) -> None:
    boxes, wires = star(spokes)
    found = place(boxes, wires)
    check(boxes, wires, found)
    assert all(route.label is not None for route in found.routes)
    hub = found.places["hub"]
    left = sum(there.x < hub.x for there in found.places.values())
    assert (left > spokes / 4) is (spokes > 3)


def test_spokes_stand_on_one_side_of_a_hub_that_a_flow_passes() -> None:
    boxes, wires = star(30)
    flow = [Wire("s3", "hub", "flow", heights=(30, 45)), Wire("hub", "s20", "flow", heights=(45, 60))]
    found = place(boxes, wires + flow)
    check(boxes, wires + flow, found)
    assert all(there.x >= found.places["hub"].x for there in found.places.values())


def test_a_hundred_spokes_do_not_stand_in_one_column() -> None:
    found = place(*star(100))
    assert 1 < found.width / found.height < 3


def test_wires_from_bars_to_spokes_are_level() -> None:
    boxes, wires = star(100)
    last = [route.points[-2:] for route in place(boxes, wires).routes]
    assert sum(abs(before[1] - end[1]) > 6 for before, end in last) <= 10


def test_a_site_stands_left_of_the_hub_that_it_is_connected_with() -> None:
    boxes = [Box("hub", 200, 100), Box("spoke", 200, 100), Box("site", 100, 40, outside=True)]
    found = place(boxes, [Wire("hub", "spoke", "peering"), Wire("hub", "site", "connection")])
    assert found.places["site"].x < found.places["hub"].x < found.places["spoke"].x


def test_a_wire_between_two_boxes_is_straight() -> None:
    found = place([Box("a", 200, 160), Box("b", 100, 50)], [Wire("a", "b", "peering", (40, 17))])
    heights = [y for _, y in found.routes[0].points]
    assert max(heights) - min(heights) <= NEAR


def test_boxes_without_wires_stand_in_rows() -> None:
    found = place([Box(f"b{number}", 150, 80) for number in range(100)], [])
    assert 1 < found.width / found.height < 3
    assert len({there.y for there in found.places.values()}) in range(5, 15)


def test_nothing_needs_no_room() -> None:
    assert place([], []) == Placement({}, (), 0, 0)


def test_a_mesh_is_drawn_without_labels() -> None:
    """So many labels could not be told apart, and Graphviz takes minutes over them."""
    assert all(route.label is not None for route in place(*mesh(12)).routes)
    boxes, wires = mesh(20)
    found = place(boxes, wires)
    check(boxes, wires, found)
    assert not any(route.label for route in found.routes)


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (([Box(f"b{number}", 9, 9) for number in range(1501)], []), "1,501 boxes are more than a picture can show"),
        (mesh(40), "780 wires between 40 boxes are more than a picture can show"),
        (([Box("a", 100, 31_000)], []), "a network has more in it than a picture can show"),
    ],
)
def test_what_would_take_too_long_is_refused(drawing: tuple[list[Box], list[Wire]], message: str) -> None:
    with pytest.raises(QuestionError, match=message) as refusal:
        place(*drawing)
    assert "--output json" in (refusal.value.help or "")


def test_graphviz_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    place(*star(40))
    place(*mesh(8))
    assert capfd.readouterr() == ("", "")


SCRIPT = """
from nwpolicy.reports.graph_layout import place
from nwpolicy.reports.graph_places import Box, Wire
boxes = [Box(f"b{n}", 100 + n % 7, 80 + n % 5) for n in range(30)]
print(place(boxes, [Wire(f"b{n * n % 30}", f"b{n}", f"k{n % 2}", (50, 30)) for n in range(30)]))
"""


def test_the_same_boxes_and_wires_go_to_the_same_places() -> None:
    """Also in another process, with hashes of its own, and without programs of Graphviz."""
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PATH": "/nowhere", "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1
    assert "Route" in answers.pop()
