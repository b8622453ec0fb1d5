from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.boxes import Box, boxes_of, flow_sets, numbers_of, single, subtract
from nwpolicy.model.addresses import Family
from nwpolicy.model.flows import FlowSet
from tests.logic.shorthand import asked, flow
from tests.properties.universe import flows_of, questions


def test_everything_is_four_boxes_with_ports_first_and_ipv4_first() -> None:
    assert [(box.ported, box.family) for box in boxes_of(FlowSet())] == [
        (True, Family.IPV4),
        (True, Family.IPV6),
        (False, Family.IPV4),
        (False, Family.IPV6),
    ]


def test_a_question_about_a_port_has_no_flows_without_ports() -> None:
    assert [box.ported for box in boxes_of(asked(source="10.0.0.0/8", port="443"))] == [True]
    assert boxes_of(asked("icmp", port="443")) == ()
    assert boxes_of(asked(source="10.0.0.0/8", destination="::/0")) == ()


def test_a_box_of_one_flow_holds_just_that() -> None:
    for text in ("tcp 10.0.0.4:50000 10.0.0.5:443", "icmp 10.0.0.4 10.0.0.5", "udp [::1]:53 [::2]:53"):
        one = flow(text)
        box = single(one)
        assert box.is_single
        assert one in box
        assert box.flow(numbers_of(one)) == one
    assert flow("tcp 10.0.0.4:50000 10.0.0.5:444") not in single(flow("tcp 10.0.0.4:50000 10.0.0.5:443"))


@given(questions(max_flows=640), questions(max_flows=640))
def test_subtracting_boxes_is_subtracting_their_flows(left: tuple[FlowSet, ...], right: tuple[FlowSet, ...]) -> None:
    for mine in boxes_of(left):
        for other in boxes_of(right):
            pieces = list(subtract(mine, other))
            for one in flows_of(*left):
                holding = [piece for piece in pieces if one in piece]
                assert len(holding) == (one in mine and one not in other)


@given(st.lists(questions(max_flows=640), min_size=1, max_size=4))
def test_flow_sets_of_boxes_hold_the_same_flows(parts: list[tuple[FlowSet, ...]]) -> None:
    boxes: list[Box] = []
    for part in parts:
        for box in boxes_of(part):
            if all(list(subtract(box, other)) == [box] for other in boxes):
                boxes.append(box)
    assume(boxes)
    merged = flow_sets(boxes)
    everything = flows_of(*(flows for part in parts for flows in part))
    assert len(merged) <= len(boxes)
    for one in everything:
        assert any(one in flows for flows in merged) is any(one in box for box in boxes)


def test_what_was_cut_into_boxes_becomes_one_flow_set_again() -> None:
    for question in (FlowSet(), asked("tcp", "10.0.0.0/8", port="80,443"), asked("icmp"), asked(source="10.0.0.0/8")):
        restored = flow_sets(boxes_of(question))
        assert len(restored) == 1
        assert boxes_of(restored) == boxes_of(question)
