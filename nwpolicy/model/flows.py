"""Flows and sets of flows: what is asked about. The direction belongs to the question, not to the flow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family, format_address
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, format_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, PORTED, format_protocols
from nwpolicy.model.records import dataclass

__all__ = ["Flow", "FlowSet"]


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """One 5-tuple. Addresses are numbers of the family; ports are 0 where the protocol has none."""

    family: Family
    protocol: int
    source: int
    source_port: int
    destination: int
    destination_port: int

    @property
    def has_ports(self) -> bool:
        return self.protocol in PORTED

    def __str__(self) -> str:
        """`tcp 203.0.113.9:60000 → 10.0.0.4:443`; without ports where the protocol has none."""
        name = format_protocols(IntervalSet(8, ((self.protocol, self.protocol),)))
        name = f"protocol {name}" if name.isdigit() else name
        source = self._endpoint(self.source, self.source_port)
        destination = self._endpoint(self.destination, self.destination_port)
        return f"{name} {source} → {destination}"

    def _endpoint(self, address: int, port: int) -> str:
        text = format_address(self.family, address)
        if not self.has_ports:
            return text
        return f"{text}:{port}" if self.family is Family.IPV4 else f"[{text}]:{port}"


@dataclass(frozen=True, slots=True)
class FlowSet:
    """A product of sets, one a field. Ports restrict only flows of protocols that have them (TCP and UDP): a set that
    asks for a port therefore holds no flow of any other protocol."""

    protocol: IntervalSet = ANY_PROTOCOL
    source: AddressSet = ANY_ADDRESS
    source_port: IntervalSet = ANY_PORT
    destination: AddressSet = ANY_ADDRESS
    destination_port: IntervalSet = ANY_PORT

    @classmethod
    def around(cls, sets: Sequence[FlowSet]) -> FlowSet:
        """The least product that holds all of the sets, of which there is at least one."""
        return cls(**{name: reduce(or_, (getattr(one, name) for one in sets)) for name in cls.__slots__})

    def __contains__(self, flow: Flow) -> bool:
        ports_met = (
            flow.source_port in self.source_port and flow.destination_port in self.destination_port
            if flow.has_ports
            else self.source_port.is_full and self.destination_port.is_full
        )
        return (
            ports_met
            and flow.protocol in self.protocol
            and flow.source in self.source.family(flow.family)
            and flow.destination in self.destination.family(flow.family)
        )

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that the set has flows in."""
        return tuple(family for family in Family if self.source.family(family) and self.destination.family(family))

    def __bool__(self) -> bool:
        ported = self.protocol & PORTED if not (self.source_port.is_full and self.destination_port.is_full) else True
        return bool(self.families and self.protocol and self.source_port and self.destination_port and ported)

    def __and__(self, other: FlowSet) -> FlowSet:
        return FlowSet(
            self.protocol & other.protocol,
            self.source & other.source,
            self.source_port & other.source_port,
            self.destination & other.destination,
            self.destination_port & other.destination_port,
        )

    def __str__(self) -> str:
        """`tcp 10.0.0.0/8 → 10.0.0.4:443`, with `*` for a full field."""
        source, destination = str(self.source), str(self.destination)
        if not self.source_port.is_full:
            source += f":{format_ports(self.source_port)}"
        if not self.destination_port.is_full:
            destination += f":{format_ports(self.destination_port)}"
        return f"{format_protocols(self.protocol)} {source} → {destination}"
