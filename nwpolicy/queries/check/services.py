"""Protocols and ports that assertions speak of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.logic.boxes import boxes_of, flow_sets, subtract
from nwpolicy.logic.matrix import Service
from nwpolicy.model.addresses import ANY_IPV4
from nwpolicy.model.assertions import Statement
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT

__all__ = ["NOTHING", "rest_of", "service_of"]

#: No flow at all.
NOTHING: Final = Service(IntervalSet.empty(8))


def service_of(statement: Statement) -> Service:
    """The protocols and ports that a statement speaks of."""
    written = statement.destination_port_ranges
    ports = IntervalSet.of(16, (interval for found in written for interval in found.ports)) if written else ANY_PORT
    return Service(statement.protocol, ANY_PORT, ports)


def rest_of(one: Service, other: Service) -> Iterator[Service]:
    """What is in one and not in the other, as disjoint services."""
    boxes = boxes_of(_flows(one))
    for taken in boxes_of(_flows(other)):
        boxes = tuple(part for box in boxes for part in subtract(box, taken))
    for flows in flow_sets(boxes):
        yield Service(flows.protocol, flows.source_port, flows.destination_port)


def _flows(service: Service) -> FlowSet:
    """Addresses do not matter here."""
    return FlowSet(service.protocol, ANY_IPV4, service.source_port, ANY_IPV4, service.destination_port)
