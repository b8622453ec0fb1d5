from __future__ import annotations

from nwpolicy.logic.changes import changed_outside, differs, equivalent
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import DENY, PASS, asked, chain, match, rule, unknown

DENY_ALL = rule("deny", DENY, 65500)
OLD = chain((rule("ssh", PASS, 100, match("tcp", "10.0.0.0/8", port="22")), DENY_ALL))
WEB = asked("tcp", port="443")


def test_writing_the_same_in_another_way_changes_nothing() -> None:
    halves = (
        rule("low", PASS, 100, match("tcp", "10.0.0.0/9", port="22")),
        rule("high", PASS, 101, match("tcp", "10.128.0.0/9", port="22")),
    )
    assert equivalent(OLD, chain((*halves, DENY_ALL)), FlowSet()) is None


def test_a_wider_rule_is_shown_by_a_flow_that_only_it_lets_through() -> None:
    new = chain((rule("ssh", PASS, 100, match("tcp", "10.0.0.0/7", port="22")), DENY_ALL))
    example = equivalent(OLD, new, FlowSet())
    assert example is not None
    assert str(example.flow) == "tcp 11.0.0.4:50000 → 198.51.100.4:22"
    assert example.trace.allowed
    assert equivalent(OLD, new, asked(source="10.0.0.0/8")) is None


def test_chains_with_the_same_unknown_are_compared_value_by_value() -> None:
    cidr = unknown("cidr", UnknownKind.ADDRESS)
    one = chain((rule("a", PASS, 100, match("tcp", cidr)), DENY_ALL))
    same = chain((rule("a", PASS, 200, match("tcp", cidr)), DENY_ALL))
    other = chain((rule("a", PASS, 100, match("tcp", unknown("other", UnknownKind.ADDRESS))), DENY_ALL))
    assert equivalent(one, same, FlowSet()) is None
    assert equivalent(one, other, FlowSet()) is not None


def test_a_change_that_does_just_what_was_wanted_passes() -> None:
    new = chain((rule("web", PASS, 90, match("tcp", port="443")), *OLD.layers[0].rules))
    assert differs(OLD, new, WEB, FlowSet(), allowed=True) is None


def test_a_change_that_leaves_a_wanted_flow_out_is_shown() -> None:
    new = chain((rule("web", PASS, 90, match("tcp", "0.0.0.0/0", port="443")), *OLD.layers[0].rules))
    example = differs(OLD, new, WEB, FlowSet(), allowed=True)
    assert example is not None
    assert str(example.flow) == "tcp [2001:db8::4]:50000 → [2001:db8:1::4]:443"


def test_a_change_with_a_side_effect_is_shown() -> None:
    new = chain((rule("web", PASS, 90, match("tcp", port="443-444")), *OLD.layers[0].rules))
    example = differs(OLD, new, WEB, FlowSet(), allowed=True)
    assert example is not None
    assert str(example.flow) == "tcp 203.0.113.4:50000 → 198.51.100.4:444"
    assert differs(OLD, new, WEB, asked("udp"), allowed=True) is None


def test_what_was_already_right_may_stay() -> None:
    assert differs(OLD, OLD, asked("tcp", "10.0.0.0/8", port="22"), FlowSet(), allowed=True) is None


def test_what_is_spared_is_not_shown() -> None:
    new = chain((rule("ssh", PASS, 100, match("tcp", "10.0.0.0/7", port="22")), DENY_ALL))
    wider = asked("tcp", "11.0.0.0/8", port="22")
    assert changed_outside(OLD, new, FlowSet(), wider) is None
    example = changed_outside(OLD, new, FlowSet(), asked("tcp", "11.0.0.0/9", port="22"))
    assert example is not None
    assert str(example.flow) == "tcp 11.128.0.4:50000 → 198.51.100.4:22"
