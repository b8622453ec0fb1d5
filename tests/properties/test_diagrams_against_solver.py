"""Decision diagrams against the solver: neither shares code with the other beyond what a rule means for a box."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.diagrams import Decisions, compare, compare_chains, facts
from nwpolicy.logic.questions import NoPossibleValue, Verdict, decide, equivalent, partition
from nwpolicy.model.filters import Chain, Layer
from nwpolicy.model.flows import FlowSet
from tests.properties.universe import chains, questions

ALL = FlowSet()
VERDICTS = {True: Verdict.ALLOW, False: Verdict.DENY}


@given(chains())
def test_the_solver_gives_every_cube_the_verdict_of_the_diagram(chain: Chain) -> None:
    for cube in Decisions.of(chain).cubes():
        assert cube.fate.allowed is not None
        assert decide(chain, cube.flows).verdict is VERDICTS[cube.fate.allowed]


@given(chains())
def test_the_solver_finds_the_same_decisive_rules(chain: Chain) -> None:
    counts = Decisions.of(chain).counts()
    assert sum(counts.values()) == 2 * 65536**2 * (2**64 + 2**256) + 254 * (2**64 + 2**256)
    found = partition(chain, ALL)
    assert {(fate.layer, fate.position, fate.allowed) for fate in counts} == {part.key for part in found.parts}


@given(chains(max_unknowns=2), questions())
def test_what_depends_on_unknowns_for_the_solver_does_for_the_diagram(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    try:
        verdicts = {cube: decide(chain, cube.flows).verdict for cube in Decisions.of(chain, asked).cubes(by_rule=False)}
    except NoPossibleValue:
        assume(False)
    for cube, verdict in verdicts.items():
        if cube.fate.allowed is not None:
            assert verdict is VERDICTS[cube.fate.allowed]


def edited(chain: Chain, data: st.DataObject, donor: Chain) -> Chain:
    """The chain with a few rules dropped, moved, or put in."""
    layers = []
    for layer in chain.layers:
        rules = list(layer.rules)
        for _ in range(data.draw(st.integers(0, 2))):
            drop, put_in = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
            if drop < len(rules):
                rules.pop(drop)
            if put_in < len(donor.layers[0].rules):
                rules.insert(drop, donor.layers[0].rules[put_in])
        rules.sort(key=lambda rule: rule.rank if isinstance(rule.rank, int) else rule.rank.low)
        layers.append(Layer(layer.name, tuple(rules)))
    return Chain(tuple(layers))


@given(chains(), chains(), st.data(), st.booleans())
def test_looking_only_where_chains_differ_finds_the_same_changes(
    old: Chain, donor: Chain, data: st.DataObject, by_rule: bool
) -> None:
    new = edited(old, data, donor)
    whole = compare(Decisions.of(old), Decisions.of(new), by_rule=by_rule)
    narrowed = compare_chains(old, new, by_rule=by_rule)
    assert narrowed.counts() == whole.counts()
    if not by_rule:
        assert (equivalent(old, new, ALL) is None) is (not whole.counts())


@given(chains(max_unknowns=1), chains(max_unknowns=1), st.data())
def test_narrowing_loses_no_change_that_unknowns_make(old: Chain, donor: Chain, data: st.DataObject) -> None:
    new = edited(old, data, donor)
    try:
        changed = equivalent(old, new, ALL) is not None
        narrowed = compare_chains(old, new, by_rule=False)
    except NoPossibleValue:
        assume(False)
    assert narrowed.counts() or not changed
    assert narrowed.counts() == compare(Decisions.of(old), Decisions.of(new), by_rule=False).counts()


@given(chains(), st.data())
def test_a_rule_is_redundant_if_the_solver_proves_the_chain_equivalent_without_it(
    chain: Chain, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(chain.layers) - 1))
    for fact in facts(chain, index):
        layers = list(chain.layers)
        rules = layers[index].rules
        layers[index] = Layer(layers[index].name, rules[: fact.position] + rules[fact.position + 1 :])
        assert fact.redundant is (equivalent(chain, Chain(tuple(layers)), ALL) is None)


@given(chains(), st.data())
def test_a_verdict_alone_is_the_same_as_with_the_rule(chain: Chain, data: st.DataObject) -> None:
    asked = data.draw(questions() | st.just((ALL,)))
    with_rules, alone = Decisions.of(chain, asked), Decisions.of(chain, asked, by_rule=False)
    assert alone.counts() == with_rules.counts(by_rule=False)
    assert not compare(with_rules, alone, by_rule=False).counts()


@given(chains(max_unknowns=3), questions())
def test_a_verdict_alone_is_as_open_as_with_the_rule(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    try:
        with_rules, alone = Decisions.of(chain, asked), Decisions.of(chain, asked, by_rule=False)
    except NoPossibleValue:
        assume(False)
    for allowed in (True, False, None):
        assert alone.count(lambda fate, side=allowed: fate.allowed is side) == with_rules.count(  # type: ignore[misc]
            lambda fate, side=allowed: fate.allowed is side  # type: ignore[misc]
        )
