"""What Azure does by itself, whatever the rules say: traffic that is exempt from rules, and traffic that is blocked.

Sources: Microsoft Learn, Network security groups overview, "Azure platform considerations"; What is IP address
168.63.129.16?; Azure Virtual Network frequently asked questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.origins import BLOCKED, EXEMPT, UNFILTERED, LayerOrigin, RuleOrigin
from nwpolicy.azure.spaces import PLATFORM_ADDRESS, union
from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV6, AddressSet
from nwpolicy.model.filters import Doubt, FilterRule, Match, Outcome, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import ICMPV6, PORTED, TCP, UDP
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "FIRST",
    "KMS_ADDRESSES",
    "METADATA_ADDRESS",
    "NEVER",
    "PLATFORM_OFFSET",
    "Exemption",
    "blocked_rules",
    "exempt_rules",
    "exemptions",
    "one",
    "unfiltered_rules",
]

METADATA_ADDRESS: Final = AddressSet.parse("169.254.169.254")
KMS_ADDRESSES: Final = union(map(AddressSet.parse, ("20.118.99.224", "40.83.235.53", "23.102.135.246")))
_MULTICAST: Final = union(map(AddressSet.parse, ("224.0.0.0/4", "255.255.255.255", "ff00::/8")))

#: Rank of what is tried before any rule, and how far before the other rules those stand that may hold for exempt flows.
FIRST: Final = -1_000_000
PLATFORM_OFFSET: Final = -500_000
_EXEMPT_RANK: Final = -1

_IP_IN_IP: Final = 4
_GRE: Final = 47
_DHCP_CLIENT: Final = 68
_DHCP_SERVER: Final = 67
_RESERVED_PORT: Final = 65330


def one(width: int, *numbers: int) -> Values[IntervalSet]:
    """Protocols (8 bits) or ports (16 bits) by number."""
    return Values(IntervalSet.of(width, ((number, number) for number in numbers)))


#: A match that no flow meets.
NEVER: Final = Match(protocol=Values(IntervalSet.empty(8)))


@dataclass(frozen=True, slots=True)
class Exemption:
    """Outgoing flows that no rule applies to, unless it names `tag`. `match` is a product of known sets; its
    conditions say when the exemption holds."""

    tag: str | None
    match: Match
    assumption: str | None = None
    holds: bool = True


def exemptions(assumptions: Assumptions, default_route: bool | Unknown) -> tuple[Exemption, ...]:
    """All exemptions. That of Windows activation ends where a route for 0.0.0.0/0 is configured."""
    return (
        Exemption("AzurePlatformDNS", _to(PLATFORM_ADDRESS, (TCP, UDP), 53)),
        Exemption(None, _to(PLATFORM_ADDRESS, (TCP,), 80, 32526)),
        Exemption(None, _to(PLATFORM_ADDRESS, (UDP,), _DHCP_SERVER, _DHCP_CLIENT)),
        Exemption("AzurePlatformIMDS", _to(METADATA_ADDRESS, (TCP,), 80)),
        *_activation(assumptions, default_route),
    )


def _activation(assumptions: Assumptions, default_route: bool | Unknown) -> Iterator[Exemption]:
    if default_route is True:
        return
    match = _to(KMS_ADDRESSES, (TCP,), 1688)
    if isinstance(default_route, Unknown):
        name = f"no route for 0.0.0.0/0 in {default_route.name}"
        absent = Unknown(name, UnknownKind.CONDITION, default_route.reason, default_route.source)
        match = replace(match, conditions=(absent,))
    yield Exemption("AzurePlatformLKM", match, "kms-addresses", assumptions["kms-addresses"] == "published")


def exempt_rules(exempt: tuple[Exemption, ...], layer: LayerOrigin) -> Iterator[FilterRule]:
    """Lets exempt flows pass a layer; to stand before all its rules but those for the platform's tags."""
    for exemption in exempt:
        doubts = (Doubt(exemption.assumption, exemption.match),) if exemption.assumption else ()
        match = exemption.match if exemption.holds else NEVER
        yield FilterRule(EXEMPT.reason, match, Outcome.PASS, _EXEMPT_RANK, RuleOrigin(layer, EXEMPT), doubts)


def unfiltered_rules(assumptions: Assumptions, layer: LayerOrigin) -> Iterator[FilterRule]:
    """Lets ICMPv6 pass a layer, where it is taken to be beyond all rules."""
    if assumptions["icmpv6"] == "unfiltered":
        match = Match(protocol=one(8, ICMPV6), source=Values(ANY_IPV6), destination=Values(ANY_IPV6))
        doubts = (Doubt("icmpv6", match),)
        yield FilterRule(UNFILTERED.reason, match, Outcome.PASS, FIRST, RuleOrigin(layer, UNFILTERED), doubts)


def blocked_rules(layer: LayerOrigin) -> Iterator[FilterRule]:
    """What virtual networks never carry: multicast, broadcast, encapsulated packets, some reserved ports."""
    udp = one(8, UDP)
    others = ANY_ADDRESS - PLATFORM_ADDRESS
    dhcp = (one(16, _DHCP_CLIENT), one(16, _DHCP_SERVER))
    for name, match in (
        ("multicast and broadcast", Match(destination=Values(_MULTICAST))),
        ("IP-in-IP and GRE", Match(protocol=one(8, _IP_IN_IP, _GRE))),
        ("unicast DHCP", Match(udp, source_port=dhcp[0], destination=Values(others), destination_port=dhcp[1])),
        ("reserved port UDP 65330", Match(udp, source_port=one(16, _RESERVED_PORT))),
    ):
        yield FilterRule(name, match, Outcome.DENY, 0, RuleOrigin(layer, BLOCKED))


def _to(addresses: AddressSet, protocols: tuple[int, ...], *ports: int) -> Match:
    assert all(protocol in PORTED for protocol in protocols)
    return Match(one(8, *protocols), destination=Values(addresses), destination_port=one(16, *ports))
