"""Unknowns that are one of a few values, or numbers within limits, against trying all of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.closing import always
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.questions import Verdict, can_be, decide
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from tests.properties.universe import chains, fate, flows_of, questions, unknowns_of

#: What authors may allow, by kind.
TEXTS = {
    UnknownKind.ADDRESS: ("10.0.0.0", "10.0.0.1", "10.0.0.2/31", "10.0.0.0/30", "2001:db8::1", "2001:db8::2/127", "*"),
    UnknownKind.PORT: ("22", "23", "22-23", "80", "81-65535", "0-65535"),
    UnknownKind.PROTOCOL: ("Tcp", "Udp", "1", "58", "*"),
}


def value_of(kind: UnknownKind, text: str) -> UnknownValue:
    if kind is UnknownKind.PORT:
        return parse_ports(text)
    if kind is UnknownKind.PROTOCOL:
        return parse_protocol(text)
    return ANY_ADDRESS if text == "*" else AddressSet.parse(text)


def narrowed(value: Any, domain: Domain) -> Any:
    """The same with every unknown in it limited."""
    if isinstance(value, Unknown):
        return replace(value, domain=domain)
    if isinstance(value, tuple):
        return tuple(narrowed(element, domain) for element in value)
    if is_dataclass(value) and not isinstance(value, type | AddressSet | IntervalSet):
        return replace(value, **{item.name: narrowed(getattr(value, item.name), domain) for item in fields(value)})
    return value


def expected(chain: Chain, flows: list[Flow], possible: list[dict[Unknown, UnknownValue]]) -> Verdict:
    sides = [{fate(chain, flow, values).allowed for flow in flows} for values in possible]
    if all(side == {True} for side in sides):
        return Verdict.ALLOW
    if all(side == {False} for side in sides):
        return Verdict.DENY
    if any(len(side) == 1 for side in sides):
        return Verdict.DEPENDS if len({frozenset(side) for side in sides}) > 1 else Verdict.MIXED
    return Verdict.MIXED


def check(
    chain: Chain,
    asked: tuple[FlowSet, ...],
    possible: list[dict[Unknown, UnknownValue]],
    admits: Callable[[UnknownValue], bool],
) -> None:
    """`possible` has one of the values that the flows do not tell apart, `admits` says which values there are."""
    flows = flows_of(*asked)
    decision = decide(chain, asked)
    assert decision.verdict is expected(chain, flows, possible)
    for example, allowed in ((decision.allowed, True), (decision.denied, False)):
        if example is not None:
            assert evaluate(chain, example.flow, example.assignment).allowed is allowed
            assert all(admits(value) for value in example.assignment.values())
    for allowed in (True, False):
        under = [{fate(chain, flow, values).allowed is allowed for values in possible} for flow in flows]
        assert (can_be(chain, asked, allowed) is not None) is any(True in met for met in under)
        assert (always(chain, asked, allowed) is not None) is any(met == {True} for met in under)


@pytest.mark.parametrize("kind", TEXTS)
@given(st.data())
def test_one_of_a_few_values(kind: UnknownKind, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.sampled_from(TEXTS[kind]), min_size=1, max_size=3, unique=True))
    chain = narrowed(data.draw(chains(max_unknowns=1, kinds=(kind,))), Domain(tuple(texts)))
    unknowns = unknowns_of(chain)
    assume(unknowns)
    values = [value_of(kind, text) for text in texts]
    possible = [dict.fromkeys(unknowns, value) for value in values]
    check(chain, data.draw(questions(max_flows=12)), possible, lambda value: value in values)


@given(st.data())
def test_a_number_within_limits(data: st.DataObject) -> None:
    low, high = sorted(data.draw(st.tuples(*[st.sampled_from((0, 22, 23, 24, 80, 90, 65535))] * 2)))
    chain = narrowed(
        data.draw(chains(max_unknowns=1, kinds=(UnknownKind.PORT,))), Domain(is_number=True, least=low, most=high)
    )
    unknowns = unknowns_of(chain)
    assume(unknowns)
    ports = [port for port in (0, 21, 22, 23, 24, 79, 80, 81, 90, 65535) if low <= port <= high]
    possible: list[dict[Unknown, UnknownValue]] = [
        dict.fromkeys(unknowns, IntervalSet(16, ((port, port),))) for port in ports
    ]

    def is_within(value: UnknownValue) -> bool:
        return isinstance(value, IntervalSet) and value.size == 1 and low <= value.intervals[0][0] <= high

    check(chain, data.draw(questions(max_flows=12)), possible, is_within)
