from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.witness import bounds_of, favourite, pleasant_values, prefer
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.unknowns import Domain, UnknownKind
from tests.builders import unknown
from tests.logic.shorthand import asked, flow


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (FlowSet(), "tcp 203.0.113.4:50000 198.51.100.4:443"),
        (asked("udp", "10.0.0.0/24", "10.0.1.0/24", "53"), "udp 10.0.0.4:50000 10.0.1.4:53"),
        (asked("tcp", "10.0.0.0/30", "10.0.1.7", "8000-8079"), "tcp 10.0.0.1:50000 10.0.1.7:8000"),
        (asked("tcp", "10.0.0.6/31", port="22", source_port="0-1023"), "tcp 10.0.0.6:0 198.51.100.4:22"),
        (asked("icmp", "10.0.0.0/8"), "icmp 10.0.0.4 198.51.100.4"),
        (asked("tcp", "2001:db8:7::/64", port="443"), "tcp [2001:db8:7::4]:50000 [2001:db8:1::4]:443"),
        (asked("tcp", "0.0.0.0/0", port="0-1"), "tcp 203.0.113.4:50000 198.51.100.4:1"),
    ],
)
def test_a_flow_to_show_is_one_that_a_person_recognises(question: FlowSet, expected: str) -> None:
    assert favourite(boxes_of(question)[0]) == flow(expected)


def test_a_flow_that_must_fit_is_moved_towards_what_is_recognised_field_by_field() -> None:
    (box,) = boxes_of(asked("tcp", "10.0.0.0/8", "10.0.0.0/8"))

    def fits(one: Flow) -> bool:
        return one.destination_port == 1234 and one.source % 2 == 1

    found = prefer(box, [favourite(box), flow("tcp 10.77.1.13:9 10.200.3.77:1234")], fits)
    assert found == flow("tcp 10.77.1.13:50000 10.0.0.4:1234")


TO_WEB = flow("tcp 10.9.9.9:50000 10.0.0.4:443")


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("*", ["192.0.2.0/24", "10.9.9.9", "10.0.0.4", "10.0.0.0/12", "*", "10.9.9.0/24"]),
        ("10.0.0.0/8", ["10.255.255.0/24", "10.9.9.9", "10.0.0.4", "10.0.0.0/12", "10.0.0.0/8", "10.9.9.0/24"]),
        ("10.9.0.0/16", ["none", "10.9.9.9", "10.9.0.0/16", "10.9.9.0/24"]),
    ],
)
def test_addresses_to_show_lie_within_their_bound(bound: str, expected: list[str]) -> None:
    within = ANY_ADDRESS if bound == "*" else AddressSet.parse(bound)
    found = pleasant_values(unknown("admin", UnknownKind.ADDRESS), AddressSet.parse("10.9.9.0/24"), TO_WEB, within)
    assert [str(value) for value in found] == expected


def test_values_to_show_are_those_that_the_author_allows() -> None:
    limited = replace(unknown("admin", UnknownKind.ADDRESS), domain=Domain(("10.0.0.0/12", "10.9.9.9")))
    found = pleasant_values(limited, AddressSet.parse("10.9.9.0/24"), TO_WEB)
    assert [str(value) for value in found] == ["10.9.9.9", "10.0.0.0/12"]


def test_bounds_of_an_unknown_are_those_of_all_its_uses() -> None:
    members = unknown("members", UnknownKind.ADDRESS)
    narrow, wide, other = map(AddressSet.parse, ("10.0.0.0/24", "10.1.0.0/24", "10.2.0.0/24"))
    uses = [Values(NO_ADDRESS, (members,), bound) for bound in (narrow, wide)]
    rules = [FilterRule("r", Match(source=use, destination=Values(other)), Outcome.PASS, 1) for use in uses]
    assert bounds_of(Chain((Layer("one", tuple(rules)),))) == {members: narrow | wide}
    free = FilterRule("r", Match(destination=Values(NO_ADDRESS, (members,))), Outcome.PASS, 1)
    assert bounds_of(Chain((Layer("one", (*rules, free)),))) == {members: ANY_ADDRESS}
