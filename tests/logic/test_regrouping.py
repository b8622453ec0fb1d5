from __future__ import annotations

from itertools import product

from nwpolicy.logic.boxes import DESTINATION, SOURCE, Box
from nwpolicy.logic.regrouping import regrouped
from nwpolicy.model.addresses import Family
from nwpolicy.model.intervals import IntervalSet


def box(sources: tuple[int, int], destinations: tuple[int, int], port: int = 80) -> Box:
    def some(width: int, low: int, high: int) -> IntervalSet:
        return IntervalSet(width, ((low, high),))

    ends = some(32, *destinations), some(32, *sources)
    return Box(Family.IPV4, True, (some(8, 6, 6), some(16, port, port), *ends, some(16, 0, 65535)))


def flows(boxes: list[Box]) -> list[tuple[int, ...]]:
    """Every port, source and destination, as often as a box has it."""
    fields = ((found.fields[1], found.fields[SOURCE], found.fields[DESTINATION]) for found in boxes)
    return sorted(flow for found in fields for flow in product(*map(numbers, found)))


def numbers(found: IntervalSet) -> list[int]:
    return [number for low, high in found.intervals for number in range(low, high + 1)]


def test_the_field_that_is_cut_leaves_the_other_one_whole() -> None:
    boxes = [box((5, 9), (0, 4)), box((0, 9), (5, 9))]
    found = regrouped(boxes, SOURCE, DESTINATION)
    assert found == [box((5, 9), (0, 9)), box((0, 4), (5, 9))]
    assert regrouped(found, DESTINATION, SOURCE) == [boxes[1], boxes[0]]


def test_the_flows_stay_the_same_and_disjoint() -> None:
    boxes = [
        box((0, 3), (0, 1)),
        box((2, 6), (2, 5)),
        box((3, 8), (6, 7)),
        box((0, 8), (8, 9)),
        box((1, 2), (0, 1), 81),
    ]
    for fields in ((SOURCE, DESTINATION), (DESTINATION, SOURCE)):
        assert flows(regrouped(boxes, *fields)) == flows(boxes)


def test_very_many_boxes_are_left_as_they_are() -> None:
    boxes = [box((number, number), (0, number)) for number in range(40)]
    assert sorted(map(str, regrouped(boxes, DESTINATION, SOURCE))) == sorted(map(str, boxes))
