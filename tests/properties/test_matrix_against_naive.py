"""What many chains do to many pairs of addresses, against an evaluator that tries everything."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.logic.errors import NoPossibleValue
from nwpolicy.logic.matrix import Cells, Depends, Lookup, Service, Sieves
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.cuts import Cuts, alike
from nwpolicy.model.domains import may_be
from nwpolicy.model.filters import Chain, Values
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Domain, UnknownKind
from tests.properties.test_diagrams_against_naive import possible_fates
from tests.properties.test_domains_naive import narrowed as limited
from tests.properties.universe import assignments, chains, fate, flows_of, only, unknown

FLOWS = [flow for flow in flows_of(FlowSet()) if flow.source != flow.destination]

#: What authors may let unknowns be.
DOMAINS = [
    Domain(("10.0.0.0", "10.0.0.2/31")),
    Domain(("10.0.0.0/30", "10.0.0.1")),
    Domain(("22", "23")),
    Domain(("22-23", "0-65535")),
    Domain(("Tcp", "Udp")),
]

numbers = st.integers(0, 40)
intervals = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
number_sets = st.lists(intervals, max_size=4).map(lambda found: IntervalSet.of(16, found))
services = st.builds(
    Service,
    st.sampled_from([[(0, 255)], [(6, 6)], [(17, 17)], [(1, 6)], [(1, 1)], [(50, 60)]]).map(
        lambda found: IntervalSet.of(8, found)
    ),
    st.one_of(st.just(IntervalSet.full(16)), number_sets),
    st.one_of(st.just(IntervalSet.full(16)), number_sets),
)


def holds(service: Service, flow: Flow) -> bool:
    everywhere = AddressSet(IntervalSet.full(32), IntervalSet.full(128))
    return flow in FlowSet(service.protocol, everywhere, service.source_port, everywhere, service.destination_port)


def meetings(sieves: Sieves, chains: Sequence[Chain], flow: Flow) -> list[bool | None]:
    """Whether the flow gets through all of the chains; None: it depends."""
    found = through(sieves, chains, flow)
    return [None if isinstance(found, Depends) else found]


def through(sieves: Sieves, chains: Sequence[Chain], flow: Flow) -> bool | Depends:
    """Whether the flow gets through all of the chains, or on what it depends."""
    source, destination = Address(flow.family, flow.source), Address(flow.family, flow.destination)
    ready = [sieves.add(chain) for chain in chains]
    found = sieves.through([(sieve, sieve.source.at(source), sieve.destination.at(destination)) for sieve in ready])
    certain = any(holds(service, flow) for service in sieves.cells.services(found.certain))
    depends = [part for part in found.depends if any(holds(s, flow) for s in sieves.cells.services(part.cells))]
    assert len(depends) <= 1
    assert all(part.unknowns for part in depends)
    assert not (certain and depends)
    return depends[0] if depends else certain


@given(st.lists(services, max_size=5), st.integers(0, 2**16))
def test_cells_are_sets_of_protocols_and_ports(given_services: list[Service], seed: int) -> None:
    cells = Cells(given_services)
    chance = random.Random(seed)
    for _ in range(20):
        protocol = chance.choice([1, 6, 17, 55])
        ports = (chance.randrange(45), chance.randrange(45)) if protocol in (6, 17) else (0, 0)
        flow = Flow(Family.IPV4, protocol, 1, ports[0], 2, ports[1])
        for service in given_services:
            listed = cells.services(cells.bits(service))
            assert sum(holds(part, flow) for part in listed) == holds(service, flow)
        for one in given_services:
            for other in given_services:
                shared = cells.services(cells.bits(one) & cells.bits(other))
                assert any(holds(part, flow) for part in shared) == (holds(one, flow) and holds(other, flow))
                either = cells.services(cells.bits(one) | cells.bits(other))
                assert any(holds(part, flow) for part in either) == (holds(one, flow) or holds(other, flow))


@given(st.lists(number_sets, max_size=5), number_sets)
def test_cuts_tell_which_sets_hold_a_number(sets: list[IntervalSet], asked: IntervalSet) -> None:
    cuts = Cuts((1 << place, numbers) for place, numbers in enumerate(sets))
    held = {number: sum(1 << place for place, one in enumerate(sets) if number in one) for number in range(45)}
    assert {number: cuts.at(number) for number in range(45)} == held
    parts = cuts.parts(asked)
    assert all((number in asked) == any(number in part for part in parts.values()) for number in range(45))
    assert all(held[number] == bits for bits, part in parts.items() for number in range(45) if number in part)
    classes = alike(sets, range(45))
    assert all((classes[a] == classes[b]) == (held[a] == held[b]) for a in range(45) for b in range(0, 45, 7))


@given(chains(), chains(), st.sampled_from(FLOWS))
def test_a_flow_gets_through_as_it_does_rule_by_rule(first: Chain, second: Chain, flow: Flow) -> None:
    wanted = fate(first, flow, {}).allowed and fate(second, flow, {}).allowed
    assert meetings(Sieves(Service()), [first, second], flow) == [wanted]


@given(chains(max_unknowns=2), chains(), st.sampled_from(FLOWS))
def test_it_depends_exactly_where_unknowns_make_a_difference(first: Chain, second: Chain, flow: Flow) -> None:
    possible = possible_fates(first, (only(flow),))
    verdicts = {end.allowed and fate(second, flow, {}).allowed for _, end in possible[flow]}
    assert meetings(Sieves(Service()), [first, second], flow) == [verdicts.pop() if len(verdicts) == 1 else None]


@given(chains(max_unknowns=2), chains(max_unknowns=2), st.sampled_from(FLOWS), st.sampled_from([None, *DOMAINS]))
def test_what_is_not_tied_gets_through_two_chains_for_some_values_and_not_for_others(
    first: Chain, second: Chain, flow: Flow, domain: Domain | None
) -> None:
    if domain is not None:
        first, second = (limited(chain, domain) for chain in (first, second))
    together = [
        values
        for values in assignments(Chain(first.layers + second.layers), (flow.family,))
        if all(may_be(unknown, value) for unknown, value in values.items())
    ]
    verdicts = {fate(first, flow, values).allowed and fate(second, flow, values).allowed for values in together}
    with suppress(NoPossibleValue):
        found = through(Sieves(Service()), [first, second], flow)
        if not isinstance(found, Depends):
            assert verdicts <= {found}
        elif together and not found.tied:
            assert verdicts == {True, False}


def test_an_address_is_what_its_own_unknown_stands_for_and_no_other_one() -> None:
    mine, other, free = (unknown(name, UnknownKind.ADDRESS) for name in ("mine", "other", "free"))
    fields = [
        Values(AddressSet.parse("192.0.2.0/24") - AddressSet.parse("192.0.2.0/24"), (u,)) for u in (mine, other, free)
    ]
    lookup = Lookup(fields)
    held = lookup.at_owner(Address.parse("10.0.0.4"), mine, {mine, other})
    certain, perhaps = held & 0b111, held >> 3
    assert (certain, perhaps) == (0b001, 0b101)
