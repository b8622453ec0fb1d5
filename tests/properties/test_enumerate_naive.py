"""Enumerations of generated estates against a deliberately naive reading of the same estate."""

from __future__ import annotations

from functools import reduce
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.endpoints import resolve_endpoint
from nwpolicy.azure.subjects import find_subject
from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, ANY_IPV6, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.cubes import CubeAnswer, Enumeration
from nwpolicy.queries.enumerate import enumerate_path
from nwpolicy.queries.naming import SetName
from nwpolicy.queries.question import Ask, Endpoint, Question
from tests.estates import Estate, directions, estates, some_flows
from tests.naive_azure import evaluate_naively


def listing(estate: Snapshot, direction: Direction, *, by_rule: bool) -> tuple[Enumeration, list[CubeAnswer]]:
    """Of all flows through the machine's filters, whatever their addresses. Not every generated estate is one that
    Azure would take, so the question is not put in words."""
    assumptions = Assumptions.of()
    subject = find_subject(estate, nic="nic1")
    chain = filter_chain(estate, subject, direction, assumptions)
    end = Endpoint(ANY_ADDRESS, ANY_PORT)
    question = Question(estate, Ask(), subject, chain, direction, FlowSet(), end, end, assumptions)
    answer = enumerate_path((question,), by_rule=by_rule)
    return answer, list(answer)


def only(cubes: list[CubeAnswer], flow: Flow) -> CubeAnswer:
    """The one cube that the flow is in."""
    (found,) = [cube for cube in cubes if flow in cube.set]
    return found


@given(estates(), directions, st.integers(0, 2**16))
def test_every_flow_is_in_one_cube_with_its_fate(estate: Estate, direction: Direction, seed: int) -> None:
    nic = find_subject(estate.snapshot, nic="nic1").nic
    assert nic is not None
    _, cubes = listing(estate.snapshot, direction, by_rule=False)
    for flow in some_flows(seed, direction, 60):
        naive = evaluate_naively(estate.snapshot, nic, direction, flow)
        assert only(cubes, flow).access == ("Allow" if naive.allowed else "Deny"), flow


@given(estates(), directions, st.integers(0, 2**16))
def test_every_flow_is_under_the_rule_that_decides(estate: Estate, direction: Direction, seed: int) -> None:
    nic = find_subject(estate.snapshot, nic="nic1").nic
    assert nic is not None
    answer, cubes = listing(estate.snapshot, direction, by_rule=True)
    for flow in some_flows(seed, direction, 60):
        naive = evaluate_naively(estate.snapshot, nic, direction, flow)
        group = answer.groups[only(cubes, flow).group]
        name = group.rule.name if group.rule and group.rule.name != "PlatformExempt" else None
        assert (group.access, name) == ("Allow" if naive.allowed else "Deny", naive.rule), flow


def size(flows: FlowSet) -> int:
    """Counted anew: pairs of addresses, times protocols with their ports and protocols without."""
    pairs = sum(flows.source.family(family).size * flows.destination.family(family).size for family in Family)
    ported = sum(protocol in flows.protocol for protocol in (6, 17))
    portless = flows.protocol.size - ported if flows.source_port.is_full and flows.destination_port.is_full else 0
    return pairs * (ported * flows.source_port.size * flows.destination_port.size + portless)


@given(estates(), directions, st.booleans())
def test_cubes_are_disjoint_and_complete(estate: Estate, direction: Direction, by_rule: bool) -> None:
    answer, cubes = listing(estate.snapshot, direction, by_rule=by_rule)
    assert not any(one.set & other.set for one, other in combinations(cubes, 2))
    assert sum(size(cube.set) for cube in cubes) == size(answer.asked)
    assert all(cube.flows.count == size(cube.set) for cube in cubes)
    for index, group in enumerate(answer.groups):
        assert group.flows.count == sum(cube.flows.count for cube in cubes if cube.group == index) > 0
        assert {cube.access for cube in cubes if cube.group == index} == {group.access}
    for access, amounts in answer.totals:
        assert amounts.count == sum(cube.flows.count for cube in cubes if cube.access is access)
    for family in ("ipv4", "ipv6"):
        assert sum(getattr(amounts, family).share for _, amounts in answer.totals) == 1


@given(estates(), directions, st.booleans())
def test_names_mean_exactly_the_set(estate: Estate, direction: Direction, by_rule: bool) -> None:
    subject = find_subject(estate.snapshot, nic="nic1")

    def meant(texts: tuple[str, ...]) -> AddressSet:
        found = [resolve_endpoint(estate.snapshot, subject, text, Assumptions.of()) for text in texts]
        assert not any(values.unknown for values in found)
        return reduce(AddressSet.__or__, (values.known for values in found), NO_ADDRESS)

    def named(name: SetName) -> AddressSet:
        return meant(tuple(term for part in name.parts for term in part.split(", "))) - meant(name.excluded)

    for cube in listing(estate.snapshot, direction, by_rule=by_rule)[1]:
        whole = {Family.IPV4: ANY_IPV4, Family.IPV6: ANY_IPV6}
        families = reduce(AddressSet.__or__, (whole[family] for family in cube.set.families))
        assert named(cube.source_name) & families == cube.set.source & families
        assert named(cube.destination_name) & families == cube.set.destination & families
