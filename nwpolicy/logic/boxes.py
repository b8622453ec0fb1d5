"""Boxes: products of sets inside one family, all of whose flows have ports or none of which has.

A flow set mixes families, and flows with and without ports. Cut into boxes (at most four), every field is one set of
numbers, and whether a rule's port field counts is settled for the whole box. A flow without ports has 0 for a port, as
`Flow` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod
from typing import Final, TypeAlias

from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.records import dataclass

__all__ = [
    "DESTINATION",
    "DESTINATION_PORT",
    "PROTOCOL",
    "SOURCE",
    "SOURCE_PORT",
    "Asked",
    "Box",
    "boxes_of",
    "flow_sets",
    "subtract",
]

#: What a question asks about: one product of sets or several.
Asked: TypeAlias = FlowSet | tuple[FlowSet, ...]

#: The index of each field in `Box.fields`. Products are cut in this order, which keeps them few.
PROTOCOL: Final = 0
DESTINATION_PORT: Final = 1
DESTINATION: Final = 2
SOURCE: Final = 3
SOURCE_PORT: Final = 4

_NO_PORT: Final = IntervalSet(16, ((0, 0),))


@dataclass(frozen=True, slots=True)
class Box:
    """A product of five sets of numbers, none of them empty."""

    family: Family
    ported: bool
    fields: tuple[IntervalSet, IntervalSet, IntervalSet, IntervalSet, IntervalSet]

    def __contains__(self, flow: Flow) -> bool:
        return (
            flow.family is self.family
            and flow.has_ports is self.ported
            and all(number in numbers for number, numbers in zip(numbers_of(flow), self.fields, strict=True))
        )

    @property
    def size(self) -> int:
        """How many flows are in the box (exact)."""
        return prod(numbers.size for numbers in self.fields)

    @property
    def is_single(self) -> bool:
        return self.size == 1

    def with_field(self, index: int, numbers: IntervalSet) -> Box:
        fields = list(self.fields)
        fields[index] = numbers
        protocol, destination_port, destination, source, source_port = fields
        return replace(self, fields=(protocol, destination_port, destination, source, source_port))

    def flow(self, numbers: tuple[int, ...]) -> Flow:
        """The flow with these numbers, in the order of the fields."""
        protocol, destination_port, destination, source, source_port = numbers
        return Flow(self.family, protocol, source, source_port, destination, destination_port)


def numbers_of(flow: Flow) -> tuple[int, int, int, int, int]:
    """The flow's numbers in the order of the fields."""
    return flow.protocol, flow.destination_port, flow.destination, flow.source, flow.source_port


def single(flow: Flow) -> Box:
    """The box of one flow."""
    widths = 8, 16, flow.family.width, flow.family.width, 16
    protocol, destination_port, destination, source, source_port = (
        IntervalSet(width, ((number, number),)) for width, number in zip(widths, numbers_of(flow), strict=True)
    )
    return Box(flow.family, flow.has_ports, (protocol, destination_port, destination, source, source_port))


def boxes_of(asked: Asked) -> tuple[Box, ...]:
    """The non-empty boxes of the asked flows, those with ports first, IPv4 first. They overlap where flow sets do."""
    sets = (asked,) if isinstance(asked, FlowSet) else asked
    return tuple(box for ported in (True, False) for flows in sets for box in _boxes(flows, ported))


def _boxes(flows: FlowSet, ported: bool) -> Iterator[Box]:
    protocol = flows.protocol & PORTED if ported else flows.protocol - PORTED
    ports = flows.destination_port, flows.source_port
    if not ported:
        if not all(numbers.is_full for numbers in ports):
            return
        ports = _NO_PORT, _NO_PORT
    if not (protocol and all(ports)):
        return
    for family in flows.families:
        source, destination = flows.source.family(family), flows.destination.family(family)
        yield Box(family, ported, (protocol, ports[0], destination, source, ports[1]))


def subtract(left: Box, right: Box) -> Iterator[Box]:
    """The flows of the left box that are not in the right one, as disjoint boxes."""
    if (left.family, left.ported) != (right.family, right.ported) or any(
        a.isdisjoint(b) for a, b in zip(left.fields, right.fields, strict=True)
    ):
        yield left
        return
    for index, (mine, other) in enumerate(zip(left.fields, right.fields, strict=True)):
        if rest := mine - other:
            yield left.with_field(index, rest)
        left = left.with_field(index, mine & other)


def flow_sets(boxes: Iterable[Box]) -> tuple[FlowSet, ...]:
    """The same flows as few flow sets: boxes that differ in one field, in the family or in having ports become one."""
    merged = list(boxes)
    for index in (SOURCE_PORT, SOURCE, DESTINATION, DESTINATION_PORT, PROTOCOL):
        merged = _merge_field(merged, index)
    return tuple(_merge_ported(_merge_families(_flow_set(box) for box in merged)))


def _merge_field(boxes: list[Box], index: int) -> list[Box]:
    groups: dict[Box, IntervalSet] = {}
    for box in boxes:
        numbers = box.fields[index]
        key = box.with_field(index, IntervalSet.empty(numbers.width))
        groups[key] = groups[key] | numbers if key in groups else numbers
    return [key.with_field(index, numbers) for key, numbers in groups.items()]


def _flow_set(box: Box) -> FlowSet:
    protocol, destination_port, destination, source, source_port = box.fields
    return FlowSet(
        protocol,
        AddressSet.of(box.family, source),
        source_port if box.ported else ANY_PORT,
        AddressSet.of(box.family, destination),
        destination_port if box.ported else ANY_PORT,
    )


def _merge_families(sets: Iterable[FlowSet]) -> list[FlowSet]:
    """IPv4 never meets IPv6, so the product of both families' addresses holds nothing besides the two products."""
    merged: list[FlowSet] = []
    for flows in sets:
        for index, other in enumerate(merged):
            rest = FlowSet(flows.protocol, other.source, flows.source_port, other.destination, flows.destination_port)
            if rest == other and not set(flows.families) & set(other.families):
                merged[index] = replace(
                    other, source=other.source | flows.source, destination=other.destination | flows.destination
                )
                break
        else:
            merged.append(flows)
    return merged


def _merge_ported(sets: Iterable[FlowSet]) -> list[FlowSet]:
    """Flow sets with full ports differ in the protocol only, be it one that has ports or not."""
    merged: dict[FlowSet, IntervalSet] = {}
    for flows in sets:
        key = replace(flows, protocol=IntervalSet.empty(8))
        merged[key] = merged[key] | flows.protocol if key in merged else flows.protocol
    return [replace(key, protocol=protocol) for key, protocol in merged.items()]
