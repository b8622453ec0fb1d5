"""Small changes of one layer's rules that may turn the fate of the asked flows. Whether they do, and what else they
do, is for the solver to say: nothing here is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any, Final

from nwpolicy.model.filters import FilterRule, Layer, Match, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.rules import Access, AdminRule, NetworkSecurityGroup, SecurityRule
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule, rules_of
from nwpolicy.queries.explain import origin_of
from nwpolicy.queries.question import Question
from nwpolicy.queries.wording import (
    Terms,
    one_family,
    port_ranges,
    prefix_term,
    rule_protocols,
    rule_terms,
    term_groups,
    term_text,
    valid_name,
)

__all__ = ["Attempt", "Site", "attempts", "says_otherwise"]

_HIGHEST: Final = 4096
#: People number their rules in tens.
_STEP: Final = 10
#: A narrowed list longer than this is nobody's idea of a small change.
_FEW: Final = 4
_PORTS: Final = ("source_port", "destination_port")
_ENDS: Final = ("source", "destination")
_FIELDS: Final = ("protocol", *_PORTS, *_ENDS)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a change is to be made: a layer, the group of rules in it, and whether the asked flows should be allowed.
    `limit` is the priority of the first rule that now says otherwise."""

    question: Question
    layer: Layer
    group: RuleGroup
    allow: bool
    limit: int

    @property
    def kind(self) -> type[SecurityRule] | type[AdminRule]:
        return SecurityRule if isinstance(self.group, NetworkSecurityGroup) else AdminRule

    @property
    def lowest(self) -> int:
        """The least priority that a rule may have here."""
        return 100 if self.kind is SecurityRule else 1

    @property
    def access(self) -> Access:
        return Access.ALLOW if self.allow else Access.DENY

    @property
    def rules(self) -> tuple[WrittenRule, ...]:
        """The group's rules for the asked direction with a known priority, first ones first."""
        found = [r for r in rules_of(self.group) if r.direction is self.question.direction]
        return tuple(sorted((r for r in found if isinstance(r.priority, int)), key=_priority))

    def match(self, rule: WrittenRule) -> Match | None:
        """What a written rule matches; None if it is not one plain filter rule of the layer."""
        found = [f for f in self.layer.rules if origin_of(f).rule is rule and not f.match.conditions]
        return found[-1].match if found else None

    def wants(self, rule: WrittenRule) -> bool:
        """Whether a rule has the wanted access."""
        return (rule.access is Access.DENY) is not self.allow

    def change(self, rule: WrittenRule, text: str, name: str, value: Any) -> Attempt:
        """One field of one rule with another value."""
        values: dict[str, Any] = {_ATTRIBUTES.get(name, name): value}
        return Attempt(1, (Change(self.group, rule, replace(rule, **values), f"{rule.name}: {text}", (name,)),))


_ATTRIBUTES: Final = {
    "source": "sources",
    "destination": "destinations",
    "source_port": "source_port_ranges",
    "destination_port": "destination_port_ranges",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Changes that belong together. A lower cost is a smaller change."""

    cost: int
    changes: tuple[Change, ...]


def attempts(site: Site) -> list[Attempt]:
    """The candidates, smallest first; of equal ones those that touch a rule of the same purpose come first."""
    found = [*_widened(site), *_narrowed(site), *_flipped(site), *_moved(site), *_added(site)]
    return sorted(found, key=lambda attempt: attempt.cost)


def says_otherwise(rule: FilterRule, asked: FlowSet, *, allow: bool) -> bool:
    """Whether a rule may match some of the asked flows and give them the access that is not wanted."""
    if (rule.outcome is Outcome.DENY) is not allow:
        return False
    match = rule.match
    ports = (match.source_port.known, match.destination_port.known)
    known = FlowSet(match.protocol.known, match.source.known, ports[0], match.destination.known, ports[1])
    return bool(known & asked)


def _priority(rule: WrittenRule) -> int:
    assert isinstance(rule.priority, int)
    return rule.priority


def _widened(site: Site) -> Iterator[Attempt]:
    """A rule of the wanted access that comes early enough, made to match in the one field where it does not."""
    for rule in site.rules:
        match = site.match(rule)
        if _priority(rule) >= site.limit or match is None or not site.wants(rule):
            continue
        lacking = [name for name in _FIELDS if not _covers(match, site.question.asked, name)]
        if len(lacking) == 1 and lacking[0] in _PORTS:
            yield _with_ports(site, rule, lacking[0])
        elif len(lacking) == 1 and lacking[0] in _ENDS:
            yield from _with_addresses(site, rule, lacking[0])


def _with_ports(site: Site, rule: WrittenRule, name: str) -> Attempt:
    ports: IntervalSet = getattr(site.question.asked, name)
    ranges = (*getattr(rule, _ATTRIBUTES[name]), *port_ranges(ports, rule.source))
    return site.change(rule, f"add {format_ports(ports)} to its {name.replace('_', ' ')}s", name, ranges)


def _with_addresses(site: Site, rule: WrittenRule, name: str) -> Iterator[Attempt]:
    added = rule_terms(getattr(site.question, name), rule.source)
    if added is not None:
        terms = (*getattr(rule, _ATTRIBUTES[name]), *added)
        text = f"add {', '.join(map(term_text, added))} to its {name} addresses"
        yield site.change(rule, text, name, terms)


def _narrowed(site: Site) -> Iterator[Attempt]:
    """The rule in the way, without the asked values of one field."""
    rule = _in_the_way(site)
    match = None if rule is None else site.match(rule)
    if rule is None or match is None:
        return
    asked = site.question.asked
    for name in _PORTS:
        rest = getattr(match, name).known - getattr(asked, name)
        if 0 < len(rest.intervals) <= _FEW:
            text = f"take {format_ports(getattr(asked, name))} out of its {name.replace('_', ' ')}s"
            yield site.change(rule, text, name, port_ranges(rest, rule.source))
    for name in _ENDS:
        prefixes = list(islice((getattr(match, name).known - getattr(asked, name)).prefixes(), _FEW + 1))
        if 0 < len(prefixes) <= _FEW:
            text = f"take {getattr(asked, name)} out of its {name} addresses"
            yield site.change(rule, text, name, tuple(prefix_term(prefix, rule.source) for prefix in prefixes))


def _flipped(site: Site) -> Iterator[Attempt]:
    """The rule in the way, saying the opposite."""
    rule = _in_the_way(site)
    if rule is not None:
        yield site.change(rule, f"change its access from {rule.access} to {site.access}", "access", site.access)


def _moved(site: Site) -> Iterator[Attempt]:
    """A later rule of the wanted access that matches all that is asked, tried earlier."""
    free = _free(site, 1)
    for rule in site.rules if free else ():
        match = site.match(rule)
        if _priority(rule) <= site.limit or match is None or not site.wants(rule):
            continue
        if all(_covers(match, site.question.asked, name) for name in _FIELDS):
            yield site.change(rule, f"change its priority from {rule.priority} to {free[0]}", "priority", free[0])


def _added(site: Site) -> Iterator[Attempt]:
    """New rules for exactly what is asked: one, or as many as it takes to say it in Azure's terms."""
    protocols = rule_protocols(site.question.asked.protocol)
    sources = term_groups(site.question.source, site.group.source)
    destinations = term_groups(site.question.destination, site.group.source)
    if protocols is None or sources is None or destinations is None:
        return
    cases = [case for case in product(protocols, sources, destinations) if one_family(case[1], case[2])]
    free = _free(site, len(cases))
    changes: list[Change] = []
    taken = {rule.name.lower() for rule in rules_of(site.group)}
    for (protocol, source, destination), priority in zip(cases, free, strict=False):
        name = valid_name(_name_parts(site, protocol, source), taken)
        taken.add(name.lower())
        new = _new_rule(site, name, protocol, (source, destination), priority)
        changes.append(Change(site.group, None, new, f"new rule {name}, priority {priority}"))
    if changes:
        yield Attempt(1 + len(changes), tuple(changes))


def _new_rule(site: Site, name: str, protocol: IntervalSet, ends: tuple[Terms, Terms], priority: int) -> WrittenRule:
    asked, where = site.question.asked, site.group.source
    return site.kind(
        name=name,
        priority=priority,
        direction=site.question.direction,
        access=site.access,
        protocol=protocol,
        sources=ends[0],
        source_port_ranges=port_ranges(asked.source_port, where),
        destinations=ends[1],
        destination_port_ranges=port_ranges(asked.destination_port, where),
        source=where,
    )


def _name_parts(site: Site, protocol: IntervalSet, sources: Terms) -> list[str]:
    ports = site.question.asked.destination_port
    source = term_text(sources[0])
    named_ports = [] if ports.is_full else [format_ports(ports)]
    return [
        site.access.value.lower(),
        format_protocols(protocol),
        *named_ports,
        "from",
        "any" if source == "*" else source,
    ]


def _in_the_way(site: Site) -> WrittenRule | None:
    """The only rule that settles asked flows against the wish, if a person wrote it."""
    against = {
        id(origin_of(rule).rule)
        for rule in site.layer.rules
        if says_otherwise(rule, site.question.asked, allow=site.allow)
    }
    own = [rule for rule in site.rules if id(rule) in against]
    return own[0] if len(own) == 1 else None


def _covers(match: Match, asked: FlowSet, name: str) -> bool:
    """Whether a field of the rule covers all that is asked there."""
    return bool(getattr(asked, name) <= getattr(match, name).known)


def _free(site: Site, count: int) -> list[int]:
    """Free priorities before the first rule that says otherwise, in ascending order; empty if there are too few.

    As close before that rule as can be, in round numbers where there is room; behind the last rule of all where the
    first that says otherwise is one that Azure adds.
    """
    taken = {_priority(rule) for rule in site.rules}
    last = min(site.limit - 1, _HIGHEST)
    free = [priority for priority in range(site.lowest, last + 1) if priority not in taken]
    if len(free) < count:
        return []
    before = max((priority for priority in taken if priority < site.limit), default=site.lowest - 1)
    near = [priority for priority in free if priority > before]
    round_ones = [priority for priority in near if priority % _STEP == 0]
    room = next(found for found in (round_ones, near, free) if len(found) >= count)
    return room[-count:] if site.limit <= _HIGHEST else room[:count]
