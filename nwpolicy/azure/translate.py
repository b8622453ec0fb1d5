"""From one rule as written to filter rules: its fields as sets, and the flows on which it rests on assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.origins import RuleOrigin
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import ANY_IPV6
from nwpolicy.model.filters import Choice, Doubt, FilterRule, Floating, Match, Outcome, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL, ICMP, ICMPV6, PORTED, TCP, UDP
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import PortRange
from nwpolicy.model.rules import Access, Direction, Rule, SecurityRule
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind

__all__ = [
    "ADMIN_OUTCOMES",
    "ALLOWING_OUTCOMES",
    "ANY_FLOW",
    "NSG_OUTCOMES",
    "Sides",
    "applying",
    "filters_of",
    "opaque_rule",
    "outcome_of",
    "place_of",
    "rank_of",
    "restricted",
    "translated",
]

#: What an access does in the layer of a network security group, and in that of the admin rules.
NSG_OUTCOMES: Final[Mapping[Access, Outcome]] = MappingProxyType(
    {Access.ALLOW: Outcome.PASS, Access.DENY: Outcome.DENY}
)
ADMIN_OUTCOMES: Final[Mapping[Access, Outcome]] = MappingProxyType(
    {Access.ALLOW: Outcome.PASS, Access.DENY: Outcome.DENY, Access.ALWAYS_ALLOW: Outcome.ACCEPT}
)
#: The same where no rule may deny.
ALLOWING_OUTCOMES: Final[Mapping[Access, Outcome]] = MappingProxyType(
    {Access.ALLOW: Outcome.PASS, Access.ALWAYS_ALLOW: Outcome.ACCEPT}
)

_DOCUMENTED: Final = IntervalSet.of(8, [(ICMP, ICMP), (TCP, TCP), (UDP, UDP)])
_ICMPV6: Final = IntervalSet.of(8, [(ICMPV6, ICMPV6)])
_UNDOCUMENTED: Final = ANY_PROTOCOL - _DOCUMENTED - _ICMPV6
_EVERY_PROTOCOL: Final = Values(ANY_PROTOCOL)
_EVERY_PORT: Final = Values(ANY_PORT)

#: A match that every flow meets.
ANY_FLOW: Final = Match()


@dataclass(frozen=True, slots=True)
class Sides:
    """The addresses that a rule's two sides stand for."""

    source: Space
    destination: Space

    @classmethod
    def of(cls, rule: Rule, terms: Terms) -> Sides:
        return cls(terms.space(rule.sources), terms.space(rule.destinations))


def applying(rule: Rule, direction: Direction) -> tuple[Unknown, ...] | None:
    """The conditions under which a rule counts for a direction; None if it never does."""
    conditions = () if rule.condition is None else (rule.condition.of_kind(UnknownKind.CONDITION),)
    if isinstance(rule.direction, Unknown):
        name = f"{rule.direction.name} = {direction}"
        open_direction = Unknown(name, UnknownKind.CONDITION, rule.direction.reason, rule.direction.source)
        return (*conditions, open_direction)
    return conditions if rule.direction is direction else None


def outcome_of(rule: Rule, outcomes: Mapping[Access, Outcome]) -> Outcome | Choice:
    """What the rule does to a flow that it matches."""
    if isinstance(rule.access, Unknown):
        return Choice(rule.access.of_kind(UnknownKind.ACCESS), tuple(outcomes.values()))
    return outcomes[rule.access]


def rank_of(rule: Rule, limits: tuple[int, int], offset: int = 0) -> int | Floating:
    """The rule's place in its layer; `limits` are the priorities that Azure accepts."""
    if isinstance(rule.priority, Unknown):
        unknown = rule.priority.of_kind(UnknownKind.PRIORITY)
        low, high = _within(limits, unknown.domain)
        return Floating(unknown, low + offset, high + offset)
    return rule.priority + offset


def _within(limits: tuple[int, int], domain: Domain | None) -> tuple[int, int]:
    """The priorities that Azure and the author of an unknown one accept; those of Azure, where there are none."""
    if domain is None:
        return limits
    low = limits[0] if domain.least is None else max(limits[0], domain.least)
    high = limits[1] if domain.most is None else min(limits[1], domain.most)
    return (low, high) if low <= high else limits


def place_of(rule: FilterRule) -> int:
    """Where the rule stands in its layer: its rank, or the lowest that it may have."""
    return rule.rank.low if isinstance(rule.rank, Floating) else rule.rank


def opaque_rule(
    unknown: Unknown, origin: RuleOrigin, limits: tuple[int, int], outcomes: Iterable[Outcome], match: Match = ANY_FLOW
) -> FilterRule:
    """Stands for any number of rules that the input does not show."""
    rules = unknown.of_kind(UnknownKind.RULES)
    return FilterRule(
        unknown.name,
        replace(match, conditions=(*match.conditions, rules)),
        Choice(rules, tuple(outcomes)),
        Floating(rules, *limits),
        origin,
    )


def filters_of(
    rule: Rule,
    terms: Terms,
    origin: RuleOrigin,
    outcome: Outcome | Choice,
    rank: int | Floating,
    conditions: tuple[Unknown, ...] = (),
) -> Iterator[FilterRule]:
    """Filter rules that together match what the rule matches, at least one; the first carries the doubts. Of a rule
    that means the same to everyone they are made once, but for their origin."""

    def made() -> tuple[Rule, tuple[FilterRule, ...] | None]:
        """The rule too, as its `id` holds no longer than the rule is there."""
        fixed = all(map(terms.is_fixed, chain(rule.sources, rule.destinations)))
        return rule, tuple(translated(rule, Sides.of(rule, terms), origin, *how)) if fixed else None

    how = (terms.assumptions, outcome, rank, conditions)
    _, common = terms.common.once((id(rule), outcome, rank, conditions), made)
    if common is None:
        yield from translated(rule, Sides.of(rule, terms), origin, *how)
    else:
        yield from (FilterRule(f.name, f.match, f.outcome, f.rank, origin, f.doubts) for f in common)


def translated(
    rule: Rule,
    sides: Sides,
    origin: RuleOrigin,
    assumptions: Assumptions,
    outcome: Outcome | Choice,
    rank: int | Floating,
    conditions: tuple[Unknown, ...] = (),
) -> Iterator[FilterRule]:
    """The filter rules where it is settled what the sides stand for."""
    protocol = _protocols(rule, assumptions)
    ports = (_ports(rule.source_port_ranges), _ports(rule.destination_port_ranges))
    doubts = tuple(_doubts(rule, sides, ports, conditions))
    for source in sides.source.values():
        for destination in sides.destination.values():
            match = Match(protocol, source, ports[0], destination, ports[1], conditions)
            yield FilterRule(rule.name, match, outcome, rank, origin, doubts)
            doubts = ()
            if assumptions["portless-ports"] == "ignored" and not _full(*ports):
                portless = _cut(protocol, ~PORTED)
                match = Match(portless, source, _EVERY_PORT, destination, _EVERY_PORT, conditions)
                yield FilterRule(rule.name, match, outcome, rank, origin)


def restricted(rule: FilterRule, zone: Match) -> FilterRule:
    """The rule for flows within a zone whose protocols and ports are known."""
    match = replace(
        rule.match,
        protocol=_cut(rule.match.protocol, zone.protocol.known),
        destination_port=_cut(rule.match.destination_port, zone.destination_port.known),
    )
    return replace(rule, match=match)


def _protocols(rule: Rule, assumptions: Assumptions) -> Values[IntervalSet]:
    if isinstance(rule.protocol, Unknown):
        return Values(IntervalSet.empty(8), (rule.protocol.of_kind(UnknownKind.PROTOCOL),))
    if rule.protocol.is_full:
        total = isinstance(rule, SecurityRule) and rule.is_default and rule.access is Access.DENY
        if assumptions["any-protocol"] == "tcp-udp-icmp" and not total:
            return Values(_DOCUMENTED | _ICMPV6)
        return _EVERY_PROTOCOL
    return Values(rule.protocol)


def _ports(ranges: tuple[PortRange | Unknown, ...]) -> Values[IntervalSet]:
    if not ranges:
        return _EVERY_PORT
    if len(ranges) == 1 and isinstance(ranges[0], PortRange):
        return Values(ranges[0].ports)
    known = (interval for entry in ranges if isinstance(entry, PortRange) for interval in entry.ports)
    unknown = tuple(entry.of_kind(UnknownKind.PORT) for entry in ranges if isinstance(entry, Unknown))
    return Values(IntervalSet.of(16, known), unknown)


def _full(*fields: Values[IntervalSet]) -> bool:
    return all(field.known.is_full for field in fields)


def _cut(values: Values[IntervalSet], bound: IntervalSet) -> Values[IntervalSet]:
    within = bound if values.bound is None else values.bound & bound
    return Values(values.known & bound, values.unknown, within if values.unknown else None)


def _doubts(
    rule: Rule, sides: Sides, ports: tuple[Values[IntervalSet], Values[IntervalSet]], conditions: tuple[Unknown, ...]
) -> Iterator[Doubt]:
    source, destination = Values(sides.source.reach), Values(sides.destination.reach)
    protocols = ANY_PROTOCOL if isinstance(rule.protocol, Unknown) else rule.protocol
    named = Values(protocols)
    if protocols.is_full and not isinstance(rule.protocol, Unknown):
        others = Values(_UNDOCUMENTED)
        yield Doubt("any-protocol", Match(others, source, ports[0], destination, ports[1], conditions))
        if source.known.v6 and destination.known.v6:
            ends = (Values(source.known & ANY_IPV6), Values(destination.known & ANY_IPV6))
            yield Doubt("icmpv6", Match(Values(_ICMPV6), ends[0], ports[0], ends[1], ports[1], conditions))
    if not _full(*ports) and protocols - PORTED:
        portless = Values(protocols - PORTED)
        yield Doubt("portless-ports", Match(portless, source, _EVERY_PORT, destination, _EVERY_PORT, conditions))
    for assumption, zone in sides.source.doubts:
        yield Doubt(assumption, Match(named, Values(zone), ports[0], destination, ports[1], conditions))
    for assumption, zone in sides.destination.doubts:
        yield Doubt(assumption, Match(named, source, ports[0], Values(zone), ports[1], conditions))
