"""Short ways to write chains and questions for tests."""

from __future__ import annotations

from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet
from nwpolicy.model.filters import Chain, Choice, Doubt, FilterRule, Floating, Layer, Match, Outcome, Values
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, PORTED, parse_protocol
from nwpolicy.model.source import Document, Span
from nwpolicy.model.unknowns import Unknown, UnknownKind

DENY, PASS, ACCEPT = Outcome.DENY, Outcome.PASS, Outcome.ACCEPT
_SOURCE = Document("rules", "", lambda _: Span(1, 1, 1, 1)).root()


def unknown(name: str, kind: UnknownKind) -> Unknown:
    return Unknown(name, kind, "left open", _SOURCE)


def addresses(text: str | Unknown) -> Values[AddressSet]:
    """`*`, prefixes joined by commas, or an unknown."""
    if isinstance(text, Unknown):
        return Values(NO_ADDRESS, (text,))
    return Values(_addresses(text))


def _addresses(text: str) -> AddressSet:
    if text == "*":
        return ANY_ADDRESS
    found = NO_ADDRESS
    for part in text.split(","):
        found |= AddressSet.parse(part)
    return found


def ports(text: str | Unknown) -> Values[IntervalSet]:
    if isinstance(text, Unknown):
        return Values(IntervalSet.empty(16), (text,))
    found = IntervalSet.empty(16)
    for part in text.split(","):
        found |= parse_ports(part)
    return Values(found)


def match(
    protocol: str | Unknown = "*",
    source: str | Unknown = "*",
    destination: str | Unknown = "*",
    port: str | Unknown = "*",
    when: tuple[Unknown, ...] = (),
) -> Match:
    protocols = (
        Values(IntervalSet.empty(8), (protocol,)) if isinstance(protocol, Unknown) else Values(parse_protocol(protocol))
    )
    return Match(protocols, addresses(source), Values(ANY_PORT), addresses(destination), ports(port), when)


def rule(
    name: str,
    outcome: Outcome | Choice,
    rank: int | Floating,
    matched: Match | None = None,
    doubts: tuple[Doubt, ...] = (),
) -> FilterRule:
    return FilterRule(name, matched or Match(), outcome, rank, doubts=doubts)


def chain(*layers: tuple[FilterRule, ...]) -> Chain:
    return Chain(tuple(Layer(f"layer {index}", rules) for index, rules in enumerate(layers)))


def flow(text: str) -> Flow:
    """`tcp 10.0.0.4:50000 10.0.0.5:443`, or without ports; IPv6 addresses with ports in brackets."""
    protocol, source, destination = text.split()
    number = parse_protocol(protocol).first
    ends = [_end(end, number in PORTED) for end in (source, destination)]
    (address, port), (other, other_port) = ends
    return Flow(address.family, number, address.number, port, other.number, other_port)


def _end(text: str, ported: bool) -> tuple[Address, int]:
    if not ported:
        return Address.parse(text), 0
    address, _, port = text.rpartition(":")
    return Address.parse(address.strip("[]")), int(port)


def asked(
    protocol: str = "*", source: str = "*", destination: str = "*", port: str = "*", source_port: str = "*"
) -> FlowSet:
    protocols = ANY_PROTOCOL if protocol == "*" else parse_protocol(protocol)
    return FlowSet(protocols, _addresses(source), ports(source_port).known, _addresses(destination), ports(port).known)
