"""Which flow to show, of all that would do: one that a person recognises.

Preferred are TCP, then UDP, then ICMP; well-known destination ports; ephemeral source ports; addresses set aside for
documentation (RFC 5737, RFC 3849), and of a prefix a host rather than its first address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from nwpolicy.logic.boxes import DESTINATION, DESTINATION_PORT, PROTOCOL, SOURCE, SOURCE_PORT, Box, numbers_of
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.domains import may_be
from nwpolicy.model.filters import Chain, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL, ICMP, ICMPV6, TCP, UDP
from nwpolicy.model.unknowns import Unknown

__all__ = ["bounds_of", "favourite", "pleasant_values", "prefer"]

_PROTOCOLS: Final = {Family.IPV4: (TCP, UDP, ICMP), Family.IPV6: (TCP, UDP, ICMPV6)}
_PORTS: Final = (443, 80, 22, 3389, 53, 1433, 5432, 3306, 445, 8080)
_EPHEMERAL: Final = IntervalSet.of(16, [(50000, 65535)]), IntervalSet.of(16, [(1024, 65535)])
_SOURCES: Final = tuple(
    AddressSet.parse(text) for text in ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "2001:db8::/32")
)
_DESTINATIONS: Final = tuple(
    AddressSet.parse(text) for text in ("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24", "2001:db8:1::/48")
)
_HOST: Final = 4
#: Networks that few use, to stand for one that has nothing to do with a flow.
_ELSEWHERE: Final = {
    Family.IPV4: tuple(map(AddressSet.parse, ("192.0.2.0/24", "10.255.255.0/24", "172.31.255.0/24"))),
    Family.IPV6: tuple(map(AddressSet.parse, ("2001:db8:ffff::/48", "fdff:ffff:ffff::/48"))),
}


def prefer(box: Box, starts: Iterable[Flow], fits: Callable[[Flow], bool]) -> Flow:
    """The most recognisable flow of the box that fits, found from the first start that does: field by field the first
    preferred value that still fits. The last start must fit."""
    flow = next(flow for flow in starts if fits(flow))
    for index in (PROTOCOL, DESTINATION_PORT, SOURCE_PORT, DESTINATION, SOURCE):
        numbers = list(numbers_of(flow))
        found = numbers[index]
        for value in (*preferences(box, index), *_neighbours(box, index, found)):
            numbers[index] = value
            candidate = box.flow(tuple(numbers))
            if value == found or fits(candidate):
                flow = candidate
                break
    return flow


def _neighbours(box: Box, index: int, value: int) -> Iterator[int]:
    """Hosts of the networks that an address may stand for, wide ones first."""
    if index in (DESTINATION, SOURCE):
        hosts = (value & -size | _HOST for size in (256, 8))
        yield from (host for host in hosts if host in box.fields[index])


def favourite(box: Box) -> Flow:
    """The most recognisable flow of the box."""
    return box.flow(tuple(next(preferences(box, index)) for index in range(len(box.fields))))


def preferences(box: Box, index: int) -> Iterator[int]:
    """Values of a field, best first; at least one."""
    numbers = box.fields[index]
    if index == PROTOCOL:
        yield from (number for number in _PROTOCOLS[box.family] if number in numbers)
        yield numbers.first
    elif index == DESTINATION_PORT:
        yield from (port for port in _PORTS if port in numbers)
        yield from _least(numbers, (IntervalSet.of(16, [(1, 65535)]),))
    elif index == SOURCE_PORT:
        yield from _least(numbers, _EPHEMERAL)
    else:
        yield from _addresses(numbers, _SOURCES if index == SOURCE else _DESTINATIONS, box.family)


def _least(numbers: IntervalSet, preferred: Iterable[IntervalSet]) -> Iterator[int]:
    yield from (common.first for wanted in preferred if (common := numbers & wanted))
    yield numbers.first


def _addresses(numbers: IntervalSet, networks: Iterable[AddressSet], family: Family) -> Iterator[int]:
    yield from (_host(common) for network in networks if (common := numbers & network.family(family)))
    yield _host(numbers)


def _host(numbers: IntervalSet) -> int:
    """An address inside the first interval: not its first one (which names the network) where there is room."""
    low, high = numbers.intervals[0]
    return low + min(_HOST, (high - low) // 2)


def bounds_of(chain: Chain) -> dict[Unknown, AddressSet]:
    """Within which addresses each unknown set of addresses counts, wherever the chain uses it."""
    bounds: dict[Unknown, AddressSet] = {}
    for rule in (rule for layer in chain.layers for rule in layer.rules):
        for ends in (rule.match.source, rule.match.destination):
            bound = ANY_ADDRESS if ends.bound is None else ends.bound
            bounds.update((unknown, bounds.get(unknown, bound) | bound) for unknown in ends.unknown)
    return bounds


def pleasant_values(
    unknown: Unknown, value: UnknownValue, flow: Flow, bound: AddressSet = ANY_ADDRESS
) -> Iterator[UnknownValue]:
    """Values that a person recognises, to try in place of a solver's, for an unknown met by the flow. Addresses lie
    within `bound`."""
    return (pleasant for pleasant in _pleasant(value, flow, bound) if may_be(unknown, pleasant))


def _pleasant(value: UnknownValue, flow: Flow, bound: AddressSet) -> Iterator[UnknownValue]:
    if isinstance(value, AddressSet):
        source, destination = Address(flow.family, flow.source), Address(flow.family, flow.destination)
        free = bound - AddressSet.single(source) - AddressSet.single(destination)
        yield next((network for network in _ELSEWHERE[flow.family] if network <= free), NO_ADDRESS)
        for wanted in (AddressSet.single(source), AddressSet.single(destination), _network_of(flow)):
            if wanted <= bound:
                yield wanted
        yield bound
        yield value & bound
    elif isinstance(value, IntervalSet) and value.width == ANY_PORT.width:
        yield from (IntervalSet(16, ((port, port),)) for port in (443, flow.destination_port, flow.source_port))
        yield ANY_PORT
    elif isinstance(value, IntervalSet):
        yield from (IntervalSet(8, ((number, number),)) for number in (TCP, flow.protocol, UDP))
        yield ANY_PROTOCOL


def _network_of(flow: Flow) -> AddressSet:
    """The smallest network that holds both ends."""
    bits = (flow.source ^ flow.destination).bit_length()
    first = flow.source >> bits << bits
    network = IntervalSet(flow.family.width, ((first, first | (1 << bits) - 1),))
    return AddressSet.of(flow.family, network)
