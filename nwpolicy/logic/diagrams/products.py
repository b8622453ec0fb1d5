"""Products of the four spaces as flow sets, those of several spaces taken together where that says the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Final, TypeAlias, TypeVar

from nwpolicy.logic.boxes import DESTINATION, DESTINATION_PORT, PROTOCOL, SOURCE, SOURCE_PORT
from nwpolicy.logic.diagrams.paths import Way
from nwpolicy.logic.diagrams.spaces import Order, Space
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import Interval, IntervalSet

__all__ = ["flow_sets_of"]

T = TypeVar("T", bound=Hashable)
Found: TypeAlias = tuple[FlowSet, T]

#: Of a space with more products than this, none is joined with one of another space.
_MOST: Final = 2000


def flow_sets_of(parts: Iterable[tuple[Space, Iterator[tuple[Way, T]]]], order: Order) -> Iterator[Found[T]]:
    """The flows of every product, with what it is tagged with. Disjoint, and each as soon as it is known."""
    spaces = {space: _flow_sets(space, ways, order) for space, ways in parts}
    families = []
    for family in Family:
        ported, others = (spaces.get(Space(family, ported), iter(())) for ported in (True, False))
        families.append(_joined(ported, others, _but_protocol, _join_protocols))
    yield from _joined(families[0], families[1], _but_addresses, _join_families)


def _flow_sets(space: Space, ways: Iterator[tuple[Way, T]], order: Order) -> Iterator[Found[T]]:
    @cache
    def values(index: int, numbers: tuple[Interval, ...]) -> IntervalSet:
        return space.values(index, numbers)

    full: list[tuple[Interval, ...]] = [((0, size - 1),) for size in space.sizes]
    for (fields, _), tag in ways:
        numbers = list(full)
        for level, mine in fields:
            numbers[order[level]] = mine
        yield (
            FlowSet(
                values(PROTOCOL, numbers[PROTOCOL]),
                AddressSet.of(space.family, values(SOURCE, numbers[SOURCE])),
                values(SOURCE_PORT, numbers[SOURCE_PORT]),
                AddressSet.of(space.family, values(DESTINATION, numbers[DESTINATION])),
                values(DESTINATION_PORT, numbers[DESTINATION_PORT]),
            ),
            tag,
        )


def _joined(
    many: Iterator[Found[T]],
    few: Iterator[Found[T]],
    key: Callable[[FlowSet], Hashable | None],
    join: Callable[[FlowSet, FlowSet], FlowSet],
) -> Iterator[Found[T]]:
    """Both, with pairs of one key made one."""
    waiting: dict[tuple[Hashable, T], FlowSet] = {}
    apart: list[Found[T]] = []
    first = list(islice(few, _MOST + 1))
    for flows, tag in first:
        mine = key(flows)
        if mine is None or (mine, tag) in waiting or len(first) > _MOST:
            apart.append((flows, tag))
        else:
            waiting[mine, tag] = flows
    for flows, tag in many:
        other = waiting.pop((key(flows), tag), None)
        yield (flows if other is None else join(flows, other)), tag
    yield from ((flows, tag) for (_, tag), flows in waiting.items())
    yield from apart
    yield from few


def _but_protocol(flows: FlowSet) -> Hashable | None:
    """Flows with and without ports are alike in this only if all ports are meant."""
    all_ports = flows.source_port.is_full and flows.destination_port.is_full
    return (flows.source, flows.destination) if all_ports else None


def _join_protocols(one: FlowSet, other: FlowSet) -> FlowSet:
    return replace(one, protocol=one.protocol | other.protocol)


def _but_addresses(flows: FlowSet) -> Hashable:
    """IPv4 never meets IPv6, so addresses of both may stand side by side; all addresses only beside all."""
    (family,) = flows.families
    full = flows.source.family(family).is_full, flows.destination.family(family).is_full
    return flows.protocol, flows.source_port, flows.destination_port, full


def _join_families(one: FlowSet, other: FlowSet) -> FlowSet:
    return replace(one, source=one.source | other.source, destination=one.destination | other.destination)
