"""Assertions: what the authors of a repository say must hold. Read with the definitions, decided elsewhere."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import ClassVar

from nwpolicy.model.addresses import Address
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressTerm, PortRange, Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access
from nwpolicy.model.source import Source

__all__ = ["Assertion", "AssertionException", "AssertionKind", "Environment", "Expectation", "GivenValue", "Statement"]


class AssertionKind(StrEnum):
    """What is said of the flows."""

    NEVER = "never"
    """no such flow is allowed"""
    ALWAYS = "always"
    """every such flow is allowed"""
    ONLY = "only"
    """of all flows to the destinations on these ports, no others are allowed"""
    ISOLATED = "isolated"
    """no flow between the two ends is allowed, in either direction"""
    ROUTED = "routed"
    """every such packet leaves by one next hop"""
    EQUIVALENT = "equivalent"
    """the definitions in one place mean the same as those in another"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Resource):
    """A statement about flows from `sources` to `destinations` (each a union; empty means anything). A `Reference`
    names a group, virtual network, subnet, network interface, virtual machine, private endpoint or security group."""

    sources: tuple[AddressTerm, ...] = ()
    destinations: tuple[AddressTerm, ...] = ()
    protocol: IntervalSet = ANY_PROTOCOL
    destination_port_ranges: tuple[PortRange, ...] = ()
    owner: str | None = None
    reason: str | None = None
    expires: str | None = None
    """The last day, as `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion(Statement):
    """Something that must hold. `rules_only`: whatever routes do. A next hop is that of `routed`; `before` and `after`
    are the paths of `equivalent`, relative to the file that says so (None: the definitions that are checked)."""

    type: ClassVar[str] = "assertions"

    kind: AssertionKind
    rules_only: bool = False
    next_hop_type: NextHopType | None = None
    next_hop_ip_addresses: tuple[Address, ...] = ()
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionException(Statement):
    """Flows that the assertion of this name does not speak of."""

    type: ClassVar[str] = "exceptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation(Statement):
    """A test case: flows and what becomes of them, and by which rule."""

    type: ClassVar[str] = "expectations"

    verdict: Access
    rule: str | None = None
    rules_only: bool = False


@dataclass(frozen=True, slots=True)
class GivenValue:
    """A value for what definitions leave open: one text, or several."""

    name: str
    values: tuple[str, ...]
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment(Resource):
    """A named set of values under which assertions are checked."""

    type: ClassVar[str] = "environments"

    values: tuple[GivenValue, ...] = ()
