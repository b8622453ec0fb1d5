"""What is said of each rule, against trying everything in a small universe."""

from __future__ import annotations

from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.diagrams import facts
from nwpolicy.model.filters import Chain, FilterRule, Layer, UnknownValue
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import Unknown
from tests.properties.universe import assignments, chains, fate, flows_of, meets

FLOWS = flows_of(FlowSet())
SOME = FLOWS[::17]


def without(chain: Chain, index: int, position: int) -> Chain:
    layers = list(chain.layers)
    rules = layers[index].rules
    layers[index] = Layer(layers[index].name, rules[:position] + rules[position + 1 :])
    return Chain(tuple(layers))


def held(rule: FilterRule) -> set[object]:
    return {flow for flow in FLOWS if meets(rule.match, flow, {})}


@given(chains(), st.data())
def test_facts_are_what_trying_every_flow_gives(chain: Chain, data: st.DataObject) -> None:
    """In the universe, whose flows stand for many others: what its flows show has to be said."""
    index = data.draw(st.integers(0, len(chain.layers) - 1))
    layer = chain.layers[index]
    decisive = [fate(Chain((layer,)), flow, {}).decisive for flow in FLOWS]
    for fact in facts(chain, index):
        mine = {flow for flow, found in zip(FLOWS, decisive, strict=True) if found == (0, fact.position)}
        assert fact.rule is layer.rules[fact.position]
        assert fact.decides == fact.may_decide
        assert fact.shadowed is (fact.decides == 0)
        if fact.flows is not None:
            assert {flow for flow in FLOWS if any(flow in flows for flows in fact.flows)} == mine
        if mine:
            assert fact.decides > 0
        if fact.redundant:
            other = without(chain, index, fact.position)
            assert all(fate(chain, flow, {}).allowed is fate(other, flow, {}).allowed for flow in FLOWS)


@given(chains(), st.data())
def test_a_shadowed_rule_is_hidden_by_rules_none_of_which_can_go(chain: Chain, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(chain.layers) - 1))
    rules = chain.layers[index].rules
    for fact in facts(chain, index):
        if fact.shadowed_by:
            assert all(position < fact.position for position in fact.shadowed_by)
            assert held(fact.rule) <= set().union(*(held(rules[position]) for position in fact.shadowed_by))


@given(chains())
def test_correlated_rules_overlap_and_each_reaches_beyond_the_other(chain: Chain) -> None:
    rules = chain.layers[0].rules
    found = facts(chain, 0)
    for one, other in product(found, found):
        pair = held(one.rule), held(other.rule)
        if pair[0] & pair[1] and pair[0] - pair[1] and pair[1] - pair[0]:
            assert (other.position in one.correlated) is (one.rule.outcome is not other.rule.outcome)
        assert (other.position in one.correlated) is (one.position in other.correlated)
        if other.position in one.correlated:
            assert one.rule.outcome is not other.rule.outcome
            assert rules[one.position] is not rules[other.position]


@given(chains(max_unknowns=2), st.data())
def test_with_unknowns_shadowed_and_redundant_hold_whatever_they_are(chain: Chain, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(chain.layers) - 1))
    families = sorted({flow.family for flow in FLOWS})
    possible: list[dict[Unknown, UnknownValue]] = []
    for assignment in assignments(chain, families):
        possible.append(assignment)
        assume(len(possible) <= 40)
    assume(possible)
    layer = Chain((chain.layers[index],))
    for fact in facts(chain, index):
        decided = [
            fate(layer, flow, values).decisive == (0, fact.position) for values in possible for flow in FLOWS[::7]
        ]
        if fact.shadowed:
            assert not any(decided)
        if fact.redundant:
            other = without(chain, index, fact.position)
            for values, flow in product(possible, SOME):
                assert fate(chain, flow, values).allowed is fate(other, flow, values).allowed
