"""The engines against an evaluator that tries everything, in a universe small enough for that."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.closing import always
from nwpolicy.logic.doubts import used_doubts
from nwpolicy.logic.evaluate import evaluate, failed_fields, matches
from nwpolicy.logic.fixing import fix
from nwpolicy.logic.questions import Verdict, can_be, decide, differs, equivalent, partition
from nwpolicy.model.filters import Chain, Doubt, FilterRule, Match, RulesValue, UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.properties import universe
from tests.properties.universe import assignments, chains, fate, flows_of, questions, unknowns_of

Values = Mapping[Unknown, UnknownValue]


def all_assignments(chain: Chain, asked: tuple[FlowSet, ...], most: int = 600) -> list[dict[Unknown, UnknownValue]]:
    """Every assignment, if there are not too many for a test."""
    families = sorted({flow.family for flow in flows_of(*asked)})
    found: list[dict[Unknown, UnknownValue]] = []
    for assignment in assignments(chain, families):
        found.append(assignment)
        assume(len(found) <= most)
    return found


def without_rules(assignment: Values) -> tuple[object, ...]:
    return tuple(value for value in assignment.values() if not isinstance(value, RulesValue))


def expected_verdict(chain: Chain, flows: list[Flow], possible: list[dict[Unknown, UnknownValue]]) -> Verdict:
    """By trying everything. Unknown rules may do something else to each flow, so what is possible for each flow is
    collected under the values of all other unknowns."""
    reach: dict[tuple[object, ...], dict[Flow, set[bool]]] = {}
    for assignment, flow in product(possible, flows):
        outcomes = reach.setdefault(without_rules(assignment), {}).setdefault(flow, set())
        outcomes.add(fate(chain, flow, assignment).allowed)
    seen = {outcome for under in reach.values() for outcomes in under.values() for outcome in outcomes}
    if seen == {True}:
        return Verdict.ALLOW
    if seen == {False}:
        return Verdict.DENY
    for under in reach.values():
        if any(all(side in outcomes for outcomes in under.values()) for side in (True, False)):
            return Verdict.DEPENDS
    return Verdict.MIXED


@given(chains(), questions())
def test_a_verdict_without_unknowns_is_what_trying_every_flow_gives(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    flows = flows_of(*asked)
    decision = decide(chain, asked)
    assert decision.verdict is expected_verdict(chain, flows, [{}])
    for example, allowed in ((decision.allowed, True), (decision.denied, False)):
        if example:
            assert example.flow in flows
            assert fate(chain, example.flow, {}).allowed is allowed


@pytest.mark.parametrize("kind", universe.KINDS)
@given(st.data())
def test_a_verdict_with_unknowns_is_what_trying_every_value_gives(kind: UnknownKind, data: st.DataObject) -> None:
    kinds = data.draw(st.sampled_from([(kind,), (kind, *universe.KINDS)]))
    chain, asked = data.draw(chains(max_unknowns=2, kinds=kinds)), data.draw(questions(max_flows=12))
    possible = all_assignments(chain, asked)
    assume(possible)
    flows = flows_of(*asked)
    decision = decide(chain, asked)
    assert decision.verdict is expected_verdict(chain, flows, possible)
    assert bool(decision.unknowns) is (decision.verdict is Verdict.DEPENDS)
    for example, allowed in ((decision.allowed, True), (decision.denied, False)):
        if example:
            assert example.flow in flows
            assert evaluate(chain, example.flow, example.assignment).allowed is allowed


@given(chains(max_unknowns=3), questions(max_flows=1))
def test_the_deciding_unknowns_settle_a_flow_and_none_of_them_can_go(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    possible = all_assignments(chain, asked)
    assume(possible)
    (flow,) = flows_of(*asked)
    outcomes = [(assignment, fate(chain, flow, assignment).allowed) for assignment in possible]

    def settled_by(unknowns: tuple[Unknown, ...]) -> bool:
        seen: dict[tuple[object, ...], bool] = {}
        keyed = ((tuple(assignment[unknown] for unknown in unknowns), outcome) for assignment, outcome in outcomes)
        return all(seen.setdefault(key, outcome) is outcome for key, outcome in keyed)

    decision = decide(chain, asked)
    if decision.verdict is Verdict.DEPENDS:
        assert settled_by(decision.unknowns)
        for unknown in decision.unknowns:
            assert not settled_by(tuple(other for other in decision.unknowns if other != unknown))


@given(chains(max_unknowns=3), st.data())
def test_replaying_a_flow_is_what_the_naive_evaluator_does(chain: Chain, data: st.DataObject) -> None:
    asked = data.draw(questions(max_flows=1))
    (flow,) = flows_of(*asked)
    possible = all_assignments(chain, asked)
    assume(possible)
    assignment = data.draw(st.sampled_from(possible))
    trace = evaluate(chain, flow, assignment)
    expected = fate(chain, flow, assignment)
    step = trace.decisive
    assert trace.allowed is expected.allowed
    assert (step and (step.layer, step.position)) == expected.decisive
    for rule in (rule for layer in chain.layers for rule in layer.rules):
        met = universe.meets(rule.match, flow, assignment)
        assert matches(rule.match, flow, assignment) is met
        assert (failed_fields(rule.match, flow, assignment) == ()) is met


@given(chains(max_unknowns=3), st.data())
def test_a_chain_with_its_values_put_in_does_the_same(chain: Chain, data: st.DataObject) -> None:
    asked = data.draw(questions(max_flows=1))
    (flow,) = flows_of(*asked)
    possible = all_assignments(chain, asked)
    assume(possible)
    assignment = data.draw(st.sampled_from(possible))
    fixed = fix(chain, assignment)
    assert unknowns_of(fixed) == ()
    assert fate(fixed, flow, {}).allowed is fate(chain, flow, assignment).allowed


@given(chains(), questions())
def test_a_partition_without_unknowns_is_exact(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    flows = flows_of(*asked)
    found = partition(chain, asked)
    by_rule: dict[object, set[Flow]] = {}
    for flow in flows:
        expected = fate(chain, flow, {})
        by_rule.setdefault((*(expected.decisive or (None, None)), expected.allowed), set()).add(flow)
    assert found.complete
    assert {part.key for part in found.parts} == set(by_rule)
    for part in found.parts:
        assert part.example.flow in by_rule[part.key]
        assert part.flows is not None
        assert set(flows_of(*part.flows)) == by_rule[part.key]


@given(chains(max_unknowns=2), questions(max_flows=12))
def test_a_partition_with_unknowns_holds_every_rule_that_can_decide(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    possible = all_assignments(chain, asked)
    assume(possible)
    fates = {fate(chain, flow, assignment) for assignment, flow in product(possible, flows_of(*asked))}
    expected = {(*(one.decisive or (None, None)), one.allowed) for one in fates}
    found = partition(chain, asked)
    assert found.complete
    assert {part.key for part in found.parts} == expected


@given(st.data(), questions())
def test_equivalence_is_what_trying_every_flow_gives(data: st.DataObject, asked: tuple[FlowSet, ...]) -> None:
    old, new = data.draw(chains()), data.draw(chains())
    changed = [flow for flow in flows_of(*asked) if fate(old, flow, {}).allowed is not fate(new, flow, {}).allowed]
    found = equivalent(old, new, asked)
    assert (found is None) is (not changed)
    assert found is None or found.flow in changed


@given(chains(max_unknowns=1), st.data(), questions(max_flows=24))
def test_dropping_a_rule_changes_what_trying_every_flow_says(
    old: Chain, data: st.DataObject, asked: tuple[FlowSet, ...]
) -> None:
    new = without_a_rule(old, data)
    possible = all_assignments(old, asked)
    assume(possible)
    changed = {
        flow
        for assignment, flow in product(possible, flows_of(*asked))
        if fate(old, flow, assignment).allowed is not fate(new, flow, assignment).allowed
    }
    found = equivalent(old, new, asked)
    assert (found is None) is (not changed)
    assert found is None or found.flow in changed


def without_a_rule(chain: Chain, data: st.DataObject) -> Chain:
    layers = list(chain.layers)
    index = data.draw(st.integers(0, len(layers) - 1))
    rules = list(layers[index].rules)
    assume(rules)
    del rules[data.draw(st.integers(0, len(rules) - 1))]
    layers[index] = type(layers[index])(layers[index].name, tuple(rules))
    return Chain(tuple(layers))


@given(st.data(), st.booleans())
def test_a_change_is_right_if_it_settles_what_was_asked_and_nothing_else(data: st.DataObject, allowed: bool) -> None:
    old = data.draw(chains())
    new = without_a_rule(old, data)
    within, outside = data.draw(questions()), data.draw(questions())
    wrong = {flow for flow in flows_of(*within) if fate(new, flow, {}).allowed is not allowed}
    changed = {
        flow
        for flow in set(flows_of(*outside)) - set(flows_of(*within))
        if fate(old, flow, {}).allowed is not fate(new, flow, {}).allowed
    }
    found = differs(old, new, within, outside, allowed=allowed)
    assert (found is None) is (not wrong | changed)
    assert found is None or found.flow in wrong | changed


@given(chains(max_unknowns=2), questions(max_flows=12), st.booleans())
def test_what_can_be_is_what_some_value_makes_so(chain: Chain, asked: tuple[FlowSet, ...], allowed: bool) -> None:
    possible = all_assignments(chain, asked)
    assume(possible)
    expected = any(
        fate(chain, flow, assignment).allowed is allowed for assignment, flow in product(possible, flows_of(*asked))
    )
    assert (can_be(chain, asked, allowed) is not None) is expected


@given(chains(max_unknowns=1), st.data(), questions(max_flows=24))
def test_a_doubt_is_used_if_a_flow_of_its_zone_gets_to_the_rule(
    chain: Chain, data: st.DataObject, asked: tuple[FlowSet, ...]
) -> None:
    index = data.draw(st.integers(0, len(chain.layers) - 1))
    rules = list(chain.layers[index].rules)
    assume(rules)
    position = data.draw(st.integers(0, len(rules) - 1))
    zone = data.draw(universe.matches(()))
    doubtful = list(chain.layers)
    rules[position] = replace_doubts(rules[position], zone)
    doubtful[index] = type(doubtful[index])(doubtful[index].name, tuple(rules))
    possible = all_assignments(chain, asked)
    assume(possible)
    used = any(
        universe.meets(zone, flow, {}) and universe.gets_to(chain, index, position, flow, assignment)
        for assignment, flow in product(possible, flows_of(*asked))
    )
    assert used_doubts(Chain(tuple(doubtful)), asked) == (("assumed",) if used else ())


def replace_doubts(rule: FilterRule, zone: Match) -> FilterRule:
    return FilterRule(rule.name, rule.match, rule.outcome, rule.rank, doubts=(Doubt("assumed", zone),))


@pytest.mark.parametrize("allowed", [True, False])
@given(st.data())
def test_a_flow_that_always_fares_alike_is_what_trying_every_value_gives(allowed: bool, data: st.DataObject) -> None:
    chain, asked = data.draw(chains(max_unknowns=2, kinds=universe.KINDS)), data.draw(questions(max_flows=12))
    possible = all_assignments(chain, asked)
    assume(possible)
    settled = [f for f in flows_of(*asked) if all(fate(chain, f, values).allowed is allowed for values in possible)]
    found = always(chain, asked, allowed)
    assert (found is not None) is bool(settled)
    assert found is None or found.flow in settled
