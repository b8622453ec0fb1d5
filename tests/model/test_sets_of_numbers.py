"""Laws of interval, address, port and protocol sets, against Python's own sets of a small universe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family, has_host_bits
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, format_ports, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, format_protocols, parse_protocol

WIDTH = 6
UNIVERSE = frozenset(range(1 << WIDTH))


def pairs(limit: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    pair = st.tuples(st.integers(0, limit), st.integers(0, limit)).map(lambda ends: (min(ends), max(ends)))
    return st.lists(pair, max_size=5)


def sets(width: int) -> st.SearchStrategy[IntervalSet]:
    return pairs((1 << width) - 1).map(lambda found: IntervalSet.of(width, found))


def numbers(found: IntervalSet) -> frozenset[int]:
    return frozenset(number for low, high in found for number in range(low, high + 1))


small = sets(WIDTH)
addresses = st.builds(AddressSet, sets(32), sets(128))


@given(pairs(63))
def test_a_set_holds_what_its_intervals_hold(found: list[tuple[int, int]]) -> None:
    expected = {number for low, high in found for number in range(low, high + 1)}
    built = IntervalSet.of(WIDTH, found)
    assert numbers(built) == expected
    assert {number for number in UNIVERSE if number in built} == expected
    assert built.size == len(expected)
    assert bool(built) is bool(expected)
    assert built.is_full is (expected == UNIVERSE)
    if expected:
        assert built.first == min(expected)


@given(small)
def test_intervals_are_sorted_disjoint_and_do_not_touch(found: IntervalSet) -> None:
    assert all(low <= high for low, high in found)
    assert all(left[1] + 1 < right[0] for left, right in zip(found.intervals, found.intervals[1:], strict=False))


@given(small, small)
def test_operations_are_those_of_sets(left: IntervalSet, right: IntervalSet) -> None:
    mine, other = numbers(left), numbers(right)
    assert numbers(left | right) == mine | other
    assert numbers(left & right) == mine & other
    assert numbers(left - right) == mine - other
    assert numbers(~left) == UNIVERSE - mine
    assert (left <= right) is (mine <= other)
    assert left.isdisjoint(right) is mine.isdisjoint(other)


@given(small, small)
def test_the_same_set_is_equal_and_hashes_alike_however_it_was_made(left: IntervalSet, right: IntervalSet) -> None:
    assert (left == right) is (numbers(left) == numbers(right))
    rebuilt = IntervalSet.of(WIDTH, ((number, number) for number in numbers(left)))
    assert rebuilt == left
    assert hash(rebuilt) == hash(left)
    assert hash((left & right) | (left - right)) == hash(left)


@given(sets(128), sets(128), sets(128))
def test_the_lattice_laws_hold_at_full_width(a: IntervalSet, b: IntervalSet, c: IntervalSet) -> None:
    assert a | b == b | a
    assert a & b == b & a
    assert a | (b | c) == (a | b) | c
    assert a & (b & c) == (a & b) & c
    assert a & (a | b) == a == a | (a & b)
    assert a & (b | c) == (a & b) | (a & c)
    assert ~~a == a
    assert ~(a | b) == ~a & ~b
    assert a | ~a == IntervalSet.full(128)
    assert a & ~a == IntervalSet.empty(128)


@given(small)
def test_prefixes_are_aligned_disjoint_and_make_up_the_set(found: IntervalSet) -> None:
    blocks = [(base, 1 << WIDTH - length) for base, length in found.prefixes()]
    assert all(base % size == 0 for base, size in blocks)
    assert sum(size for _, size in blocks) == found.size
    assert numbers(found) == {number for base, size in blocks for number in range(base, base + size)}


@given(small)
def test_no_two_neighbouring_prefixes_could_be_one(found: IntervalSet) -> None:
    """Fewest: a minimal set of aligned blocks has no two halves of one block, and these blocks are unique."""
    blocks = {(base, length) for base, length in found.prefixes()}
    for base, length in blocks:
        assert length == 0 or (base ^ 1 << WIDTH - length, length) not in blocks


@pytest.mark.parametrize("pair", [(3, 2), (-1, 2), (0, 64)])
def test_an_interval_that_does_not_fit_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit 6 bits"):
        IntervalSet.of(WIDTH, [pair])


@given(addresses)
def test_prefixes_of_addresses_read_back_as_the_same_set(found: AddressSet) -> None:
    read = NO_ADDRESS
    for text in found.prefixes():
        assert not has_host_bits(text)
        read |= AddressSet.parse(text)
    assert read == found


@given(addresses)
def test_compact_printing_of_addresses_reads_back_as_the_same_set(found: AddressSet) -> None:
    text = str(found)
    if found.is_any:
        assert text == "*"
    elif not found:
        assert text == "none"
    else:
        read = NO_ADDRESS
        for part in text.split(", "):
            read |= AddressSet.parse(part)
        assert read == found


@given(addresses, addresses)
def test_families_never_mix(left: AddressSet, right: AddressSet) -> None:
    for family in Family:
        mine, other = left.family(family), right.family(family)
        assert (left | right).family(family) == mine | other
        assert (left & right).family(family) == mine & other
        assert (left - right).family(family) == mine - other
        assert (~left).family(family) == ~mine
    assert left | ~left == ANY_ADDRESS
    assert left.isdisjoint(~left)


@given(st.sampled_from(Family), st.data())
def test_an_address_reads_back_and_is_in_its_own_set_only(family: Family, data: st.DataObject) -> None:
    address = Address(family, data.draw(st.integers(0, (1 << family.width) - 1)))
    assert Address.parse(str(address)) == address
    assert address in AddressSet.single(address)
    assert address not in ~AddressSet.single(address)


@pytest.mark.parametrize(
    "text", ["010.0.0.1", "10.1", "10.0.0.1/33", "10.0.0.0/08", "fe80::1%eth0", "::1-10.0.0.1", "10.0.0.9-10.0.0.4", ""]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        AddressSet.parse(text)


@given(sets(16))
def test_ports_read_back(found: IntervalSet) -> None:
    text = format_ports(found)
    if not found:
        assert text == "none"
        return
    read = IntervalSet.empty(16)
    for part in text.split(", "):
        read |= parse_ports(part)
    assert read == found


@pytest.mark.parametrize("text", ["65536", "70000", "9-1", "-1", "1-2-3", "http", "", "٣"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no port|above 65535|backwards"):
        parse_ports(text)


@given(sets(8).filter(bool))
def test_protocols_read_back(found: IntervalSet) -> None:
    read = IntervalSet.empty(8)
    for part in format_protocols(found).split(", "):
        low, dash, high = part.partition("-")
        read |= IntervalSet.of(8, [(int(low), int(high))]) if dash else parse_protocol(part)
    assert read == found


flow_sets = st.builds(
    FlowSet, sets(8), addresses, sets(16) | st.just(ANY_PORT), addresses, sets(16) | st.just(ANY_PORT)
)


@st.composite
def flows_near(draw: st.DrawFn, asked: FlowSet) -> Flow:
    """A flow at the borders of a flow set, where mistakes would be."""
    family = draw(st.sampled_from(Family))

    def border(found: IntervalSet) -> int:
        ends = [end for low, high in found for end in (low - 1, low, high, high + 1)]
        return draw(st.sampled_from([end for end in ends if 0 <= end < 1 << found.width] or [0]))

    protocol = draw(st.sampled_from((6, 17, 1)) | st.just(border(asked.protocol)))
    ported = protocol in (6, 17)
    return Flow(
        family,
        protocol,
        border(asked.source.family(family)),
        border(asked.source_port) if ported else 0,
        border(asked.destination.family(family)),
        border(asked.destination_port) if ported else 0,
    )


@given(flow_sets, flow_sets, st.data())
def test_a_flow_is_in_the_intersection_iff_it_is_in_both(left: FlowSet, right: FlowSet, data: st.DataObject) -> None:
    flow = data.draw(flows_near(data.draw(st.sampled_from((left, right)))))
    assert (flow in (left & right)) is (flow in left and flow in right)


@given(flow_sets, st.data())
def test_a_flow_set_that_holds_a_flow_is_not_empty(asked: FlowSet, data: st.DataObject) -> None:
    flow = data.draw(flows_near(asked))
    if flow in asked:
        assert asked
        assert flow.family in asked.families


def test_a_flow_without_ports_is_in_no_set_that_asks_for_a_port() -> None:
    ping = Flow(Family.IPV4, 1, 1, 0, 2, 0)
    assert ping in FlowSet()
    assert ping not in FlowSet(destination_port=parse_ports("0-65534"))
    assert not FlowSet(protocol=parse_protocol("icmp"), destination_port=parse_ports("443"))


def test_flows_and_flow_sets_are_printed_as_a_person_writes_them() -> None:
    assert str(Flow(Family.IPV4, 6, 0xCB007109, 60000, 0x0A000004, 443)) == "tcp 203.0.113.9:60000 → 10.0.0.4:443"
    assert str(Flow(Family.IPV6, 17, 1, 53, 2, 5353)) == "udp [::1]:53 → [::2]:5353"
    assert str(Flow(Family.IPV4, 1, 0x0A000004, 0, 0x0A000005, 0)) == "icmp 10.0.0.4 → 10.0.0.5"
    asked = FlowSet(parse_protocol("tcp"), AddressSet.parse("10.0.0.0/8"), destination_port=parse_ports("443"))
    assert str(asked) == "tcp 10.0.0.0/8 → *:443"
    assert str(FlowSet()) == "any * → *"
    assert format_protocols(ANY_PROTOCOL) == "any"
