"""Decision diagrams against an evaluator that tries everything, in a universe small enough for that."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.logic.diagrams import Decisions, Fate, both, compare
from nwpolicy.model.filters import Chain, UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.properties import universe
from tests.properties.universe import assignments, chains, fate, flows_of, questions

ORDERS = st.sampled_from(list(permutations(range(5))))


def fates_of(decisions: Decisions, flows: list[Flow]) -> dict[Flow, Fate]:
    """The fate of each flow, by the one cube that has it."""
    cubes = list(decisions.cubes())
    found: dict[Flow, Fate] = {}
    for flow in flows:
        (found[flow],) = (cube.fate for cube in cubes if flow in cube.flows)
    assert not any(flow in cube.flows for flow in flows_of(FlowSet()) if flow not in found for cube in cubes)
    return found


def place(found: Fate) -> tuple[int, int] | None:
    return None if found.layer is None or found.position is None else (found.layer, found.position)


@given(chains(), questions(max_flows=200), ORDERS)
def test_cubes_and_counts_are_what_trying_every_flow_gives(
    chain: Chain, asked: tuple[FlowSet, ...], order: tuple[int, ...]
) -> None:
    flows = flows_of(*asked)
    decisions = Decisions.of(chain, asked, order=order)
    found = fates_of(decisions, flows)
    expected = {flow: fate(chain, flow, {}) for flow in flows}
    assert {flow: (one.allowed, place(one), one.unknowns) for flow, one in found.items()} == {
        flow: (one.allowed, one.decisive, ()) for flow, one in expected.items()
    }
    for one in found.values():
        mine = place(one)
        assert one.rule is (chain.layers[mine[0]].rules[mine[1]] if mine else None)
    assert decisions.counts() == Counter(found.values())
    assert decisions.count(lambda one: one.allowed is True) == sum(one.allowed for one in expected.values())
    assert decisions.size == len(flows)


@given(chains(), questions(max_flows=200), st.booleans())
def test_cubes_of_one_verdict_hold_its_flows_each_once(chain: Chain, asked: tuple[FlowSet, ...], allowed: bool) -> None:
    flows = flows_of(*asked)
    decisions = Decisions.of(chain, asked)
    cubes = list(decisions.cubes(lambda one: one.allowed is allowed, by_rule=False))
    assert all(cube.fate == Fate(allowed) for cube in cubes)
    held = Counter(flow for flow in flows_of(FlowSet()) for cube in cubes if flow in cube.flows)
    assert held == Counter(flow for flow in flows if fate(chain, flow, {}).allowed is allowed)


@given(chains(), questions(), ORDERS)
def test_every_order_gives_the_same(chain: Chain, asked: tuple[FlowSet, ...], order: tuple[int, ...]) -> None:
    one, other = Decisions.of(chain, asked), Decisions.of(chain, asked, order=order)
    assert one.counts() == other.counts()
    assert not compare(one, other, by_rule=True).counts()
    assert not compare(other, one, by_rule=True).counts()


@given(chains(), questions(), questions())
def test_restricting_is_asking_for_less(
    chain: Chain, asked: tuple[FlowSet, ...], narrower: tuple[FlowSet, ...]
) -> None:
    restricted = Decisions.of(chain, asked).restrict(narrower)
    inside = set(flows_of(*asked)) & set(flows_of(*narrower))
    assert restricted.size == len(inside)
    for flow, one in fates_of(restricted, sorted(inside)).items():
        assert (one.allowed, place(one)) == (fate(chain, flow, {}).allowed, fate(chain, flow, {}).decisive)


@given(chains(), questions(), st.integers(0, 4))
def test_a_projection_has_the_values_of_some_flow(chain: Chain, asked: tuple[FlowSet, ...], index: int) -> None:
    found = Decisions.of(chain, asked).project(index, lambda one: one.allowed is True)
    for space, values in found.items():
        mine = {
            (flow.protocol, flow.destination_port, flow.destination, flow.source, flow.source_port)[index]
            for flow in flows_of(*asked)
            if (flow.family, flow.has_ports) == (space.family, space.ported) and fate(chain, flow, {}).allowed
        }
        if space.ported or index not in (1, 4):
            assert {value for low, high in values for value in range(low, high + 1)} == mine
        else:
            assert values.is_full is bool(mine)


@given(chains(), chains(), questions(), st.booleans())
def test_changes_are_the_flows_that_fare_differently(
    old: Chain, new: Chain, asked: tuple[FlowSet, ...], by_rule: bool
) -> None:
    def seen(chain: Chain, flow: Flow) -> tuple[bool, object]:
        found = fate(chain, flow, {})
        decisive = found.decisive
        name = (decisive[0], chain.layers[decisive[0]].rules[decisive[1]].name) if decisive else None
        return found.allowed, name if by_rule else None

    comparison = compare(Decisions.of(old, asked), Decisions.of(new, asked, order=(2, 3, 0, 4, 1)), by_rule=by_rule)
    changes = list(comparison.changes())
    changed = [flow for flow in flows_of(*asked) if seen(old, flow) != seen(new, flow)]
    assert bool(comparison.counts()) is bool(changed)
    held: Counter[Flow] = Counter()
    for flow in flows_of(FlowSet()):
        for change in changes:
            if flow in change.flows:
                held[flow] += 1
                assert (change.before.allowed, place(change.before)) == (
                    fate(old, flow, {}).allowed,
                    fate(old, flow, {}).decisive,
                )
                assert (change.after.allowed, place(change.after)) == (
                    fate(new, flow, {}).allowed,
                    fate(new, flow, {}).decisive,
                )
    assert held == Counter(changed)
    assert sum(comparison.counts().values()) == len(changed)


@given(chains(), chains(), questions())
def test_a_flow_has_to_get_through_both(first: Chain, second: Chain, asked: tuple[FlowSet, ...]) -> None:
    decisions = both(Decisions.of(first, asked), Decisions.of(second, asked))
    for flow, found in fates_of(decisions, flows_of(*asked)).items():
        one, two = fate(first, flow, {}), fate(second, flow, {})
        decisive = one.decisive
        if one.allowed:
            decisive = two.decisive and (two.decisive[0] + len(first.layers), two.decisive[1])
        assert (found.allowed, place(found)) == (one.allowed and two.allowed, decisive)


# --- unknowns -------------------------------------------------------------------------------------------------------


def possible_fates(
    chain: Chain, asked: tuple[FlowSet, ...], most: int = 600
) -> dict[Flow, list[tuple[dict[Unknown, UnknownValue], universe.Fate]]]:
    families = sorted({flow.family for flow in flows_of(*asked)})
    possible: list[dict[Unknown, UnknownValue]] = []
    for assignment in assignments(chain, families):
        possible.append(assignment)
        assume(len(possible) <= most)
    assume(possible)
    return {flow: [(values, fate(chain, flow, values)) for values in possible] for flow in flows_of(*asked)}


@given(chains(max_unknowns=3), questions(max_flows=12), ORDERS)
def test_what_is_not_marked_as_open_is_the_same_whatever_the_unknowns_are(
    chain: Chain, asked: tuple[FlowSet, ...], order: tuple[int, ...]
) -> None:
    possible = possible_fates(chain, asked)
    for flow, found in fates_of(Decisions.of(chain, asked, order=order), list(possible)).items():
        ends = {end for _, end in possible[flow]}
        if found.certain:
            assert {(end.allowed, end.decisive) for end in ends} == {(found.allowed, place(found))}
        if found.allowed is not None:
            assert {end.allowed for end in ends} == {found.allowed}
        if found.rule is not None:
            assert {end.decisive for end in ends} == {place(found)}
        by_values: dict[tuple[object, ...], set[universe.Fate]] = {}
        for values, end in possible[flow]:
            by_values.setdefault(tuple(values[unknown] for unknown in found.unknowns), set()).add(end)
        assert all(len(ends) == 1 for ends in by_values.values()), "the unknowns named settle the fate"


@given(chains(max_unknowns=1), questions(max_flows=12))
def test_what_is_marked_as_open_can_end_either_way(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    possible = possible_fates(chain, asked)
    for flow, found in fates_of(Decisions.of(chain, asked), list(possible)).items():
        tied = flow.source == flow.destination or flow.source_port == flow.destination_port
        if not tied and not any(
            unknown.kind in (UnknownKind.PRIORITY, UnknownKind.RULES) for unknown in found.unknowns
        ):
            ends = {end for _, end in possible[flow]}
            assert found.certain is (len(ends) == 1)
            assert (found.allowed is None) is (len({end.allowed for end in ends}) > 1)


@given(chains(max_unknowns=2), chains(max_unknowns=0), questions(max_flows=12))
def test_unknowns_stay_open_through_both(first: Chain, second: Chain, asked: tuple[FlowSet, ...]) -> None:
    possible = possible_fates(first, asked)
    for decisions in (
        both(Decisions.of(first, asked), Decisions.of(second, asked)),
        both(Decisions.of(second, asked), Decisions.of(first, asked)),
    ):
        for flow, found in fates_of(decisions, list(possible)).items():
            verdicts = {end.allowed and fate(second, flow, {}).allowed for _, end in possible[flow]}
            if found.allowed is not None:
                assert verdicts == {found.allowed}


@given(chains(max_unknowns=2), questions(max_flows=12), st.booleans())
def test_a_chain_is_the_same_as_itself_with_unknowns(chain: Chain, asked: tuple[FlowSet, ...], by_rule: bool) -> None:
    possible_fates(chain, asked)
    assert not compare(Decisions.of(chain, asked), Decisions.of(chain, asked), by_rule=by_rule).counts()
