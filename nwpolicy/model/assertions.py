"""Assertions: what the authors of a repository say must hold. Read with the definitions, decided elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressTerm, PortRange, Reference, Resource

__all__ = ["Assertion", "AssertionKind", "Endpoint"]


class AssertionKind(StrEnum):
    """`never`: no such flow is allowed. `always`: every such flow is. `only`: of all flows to the destinations on
    these ports, no others are."""

    NEVER = "never"
    ALWAYS = "always"
    ONLY = "only"


#: Who an assertion speaks of: addresses, a tag, an application security or network group, or a `Reference` to a
#: virtual network, subnet or network interface.
Endpoint = AddressTerm | Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion(Resource):
    """A statement about flows from `sources` to `destinations` (each a union; empty means anything)."""

    type: ClassVar[str] = "assertions"

    kind: AssertionKind
    sources: tuple[Endpoint, ...] = ()
    destinations: tuple[Endpoint, ...] = ()
    protocol: IntervalSet
    destination_port_ranges: tuple[PortRange, ...] = ()
    owner: str | None = None
    reason: str | None = None
    expires: str | None = None
    """The last day, as `YYYY-MM-DD`."""
