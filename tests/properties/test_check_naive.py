"""Assertions about generated estates against naive evaluators that follow one packet. A proof has no counterexample
among them, and each witness is one."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nwpolicy.azure.checks import check_definitions
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.assertions import Assertion, AssertionKind
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.check import check
from nwpolicy.queries.check.answers import CheckState, ResultAnswer
from tests.builders import flow as flow_of
from tests.builders import nic, public_ip, reference, source
from tests.estates import Estate, estates
from tests.naive_azure import evaluate_naively
from tests.naive_paths import INTERNET, OFFICE, NaivePaths
from tests.properties.test_paths_naive import hubs_and_spokes
from tests.properties.test_reach_naive import OUTSIDE, addresses, arrives, crowded, flows

TCP = IntervalSet(8, ((6, 6),))


def term(name: str) -> AddressTerm:
    """One address of the outside, or a network interface."""
    if name in OUTSIDE:
        return AddressPrefix(AddressSet.parse(OUTSIDE[name]), OUTSIDE[name], source())
    return reference("networkInterfaces", name)


def asserted(
    estate: Snapshot, kind: AssertionKind, start: str, end: str, port: int | None, *, rules_only: bool = False
) -> ResultAnswer:
    return said(estate, kind, term(start), term(end), port, rules_only=rules_only)


def said(
    estate: Snapshot,
    kind: AssertionKind,
    start: AddressTerm,
    end: AddressTerm,
    port: int | None,
    *,
    rules_only: bool = False,
) -> ResultAnswer:
    ports = () if port is None else (PortRange(IntervalSet(16, ((port, port),)), source()),)
    assertion = Assertion(
        name="a",
        kind=kind,
        sources=(start,),
        destinations=(end,),
        protocol=TCP if port is not None else IntervalSet.full(8),
        destination_port_ranges=ports,
        rules_only=rules_only,
        source=source(),
    )
    (result,) = check(Snapshot.of((*estate.resources, assertion))).results
    return result


def comes_in(naive: NaivePaths, start: str, end: str, flow: Flow) -> bool:
    """Whether a packet arrives where it is meant to, whatever becomes of replies."""
    there = naive.request(start, flow, str(Address(flow.family, flow.destination)))
    return not there.lost and there.end in ({INTERNET: "internet", OFFICE: "gateway gw"}.get(end, end), "platform")


def witnessed(result: ResultAnswer) -> tuple[str, str, Flow]:
    """From where to where, as the naive evaluators call them."""
    assert result.witness is not None
    names = {"Internet": INTERNET, "gw": OFFICE}
    protocol, start, _, target = result.witness.text.split()
    ends = (names.get(name, name) for name in (result.witness.source, result.witness.destination))
    return (*ends, flow_of(protocol, start, target))  # type: ignore[return-value]


@settings(max_examples=40, deadline=None)
@given(hubs_and_spokes(), st.integers(0, 2**16))
def test_never_holds_where_no_packet_arrives_and_is_violated_by_one_that_does(estate: Estate, seed: int) -> None:
    whole = crowded(estate.snapshot)
    naive = NaivePaths(whole)
    for start, end, flow in random.Random(seed).sample(list(flows(whole)), 6):
        result = asserted(whole, AssertionKind.NEVER, start, end, flow.destination_port)
        expected = CheckState.VIOLATED if comes_in(naive, start, end, flow) else CheckState.HOLDS
        assert result.state is expected, f"{start} → {end} {flow}"
        if result.state is CheckState.VIOLATED:
            assert comes_in(naive, *witnessed(result))


@settings(max_examples=40, deadline=None)
@given(hubs_and_spokes(), st.integers(0, 2**16))
def test_always_holds_where_connections_come_about_and_is_violated_by_one_that_does_not(
    estate: Estate, seed: int
) -> None:
    whole = crowded(estate.snapshot)
    naive = NaivePaths(whole)
    for start, end, flow in random.Random(seed).sample(list(flows(whole)), 6):
        result = asserted(whole, AssertionKind.ALWAYS, start, end, flow.destination_port)
        works, how = arrives(naive, start, end, flow)
        assert result.state is (CheckState.HOLDS if works else CheckState.VIOLATED), f"{start} → {end} {flow}: {how}"
        if not works:
            assert not arrives(naive, *witnessed(result))[0]


@settings(max_examples=30, deadline=None)
@given(hubs_and_spokes(), st.data())
def test_only_holds_where_nobody_else_comes_in(estate: Estate, data: st.DataObject) -> None:
    whole = crowded(estate.snapshot)
    naive = NaivePaths(whole)
    start, end, flow = data.draw(st.sampled_from([found for found in flows(whole) if found[1] not in OUTSIDE]))
    result = asserted(whole, AssertionKind.ONLY, start, end, flow.destination_port)
    if result.state is CheckState.HOLDS:
        assert not list(others(naive, whole, start, end, flow))
    else:
        assert result.state is CheckState.VIOLATED
        found = witnessed(result)
        assert found[0].startswith("any interface") or comes_in(naive, *found)
        assert found[0] != start or found[2].source != flow.source


def others(naive: NaivePaths, estate: Snapshot, start: str, end: str, flow: Flow) -> Iterator[str]:
    """Who else comes in, on the same port."""
    for name, address in addresses(estate).items():
        other = flow_of("tcp", f"{address}:50000", f"{Address(flow.family, flow.destination)}:{flow.destination_port}")
        if name not in (start, end) and comes_in(naive, name, end, other):
            yield name


@settings(max_examples=40, deadline=None)
@given(estates(), st.data())
def test_rules_alone_are_those_of_both_ends(estate: Estate, data: st.DataObject) -> None:
    assume(not any(found.severity is Severity.ERROR for found in check_definitions(estate.snapshot)))
    cards = estate.snapshot.all(NetworkInterface)
    start, end = data.draw(st.permutations(cards))[:2]
    result = asserted(estate.snapshot, AssertionKind.NEVER, start.name, end.name, None, rules_only=True)

    def let_in(flow: Flow) -> bool:
        outbound = evaluate_naively(estate.snapshot, start, Direction.OUTBOUND, flow)
        return outbound.allowed and evaluate_naively(estate.snapshot, end, Direction.INBOUND, flow).allowed

    if result.state is CheckState.HOLDS:
        assert not any(map(let_in, between(start, end)))
    else:
        assert let_in(witnessed(result)[2])


def between(start: NetworkInterface, end: NetworkInterface) -> Iterator[Flow]:
    """Flows between two, on ports that rules name."""
    one, other = (card.ip_configurations[0].private_ip_address for card in (start, end))
    for protocol in ("tcp", "udp", "icmp"):
        for port in (22, 80, 443, 1433):
            yield flow_of(protocol, f"{one}:50000", f"{other}:{port}")


@settings(max_examples=30, deadline=None)
@given(hubs_and_spokes(), st.sampled_from(["10.0.3.5", "10.0.3.99", "10.0.3.250"]), st.data())
def test_what_holds_of_all_that_may_be_put_into_a_subnet_holds_of_whatever_is(
    estate: Estate, address: str, data: st.DataObject
) -> None:
    base = [one for one in estate.snapshot.resources if one.name not in ("jump", "jump2")]
    there = (nic("new", address, "hub/work", public_ip="new-ip"), public_ip("new-ip", "Standard"))
    kind = data.draw(st.sampled_from([AssertionKind.NEVER, AssertionKind.ALWAYS]))
    start, port = data.draw(st.sampled_from(["a1", "b1", INTERNET, OFFICE])), data.draw(st.sampled_from([22, 443]))
    one: AddressTerm = term(start)
    other: AddressTerm = reference("subnets", "hub/work")
    if start not in OUTSIDE and data.draw(st.booleans()):
        one, other = other, one
    empty, filled = (said(Snapshot.of(resources), kind, one, other, port) for resources in (base, (*base, *there)))
    assert empty.witness is None or "any interface in hub/work" in (empty.witness.source, empty.witness.destination)
    if empty.state is CheckState.HOLDS:
        assert filled.state is CheckState.HOLDS
