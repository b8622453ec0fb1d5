"""Small changes of one layer's rules that may turn the fate of the asked flows. Whether they do, and what else they
do, is for the solver to say: nothing here is trusted.

The cost of a change counts what a reviewer has to look at: one for each field of a rule that gets another value, two
for a new rule, two for each entry by which a list grows although less is matched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from typing import Any, Final

from nwpolicy.azure.origins import origin_of
from nwpolicy.logic.partitions import Part, partition
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import Access, AdminRule, EffectiveAdminRules, NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.queries.arriving import arriving
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule, rules_of
from nwpolicy.queries.question import Endpoint, Question
from nwpolicy.queries.rulejson import ENTRIES
from nwpolicy.queries.wording import (
    Terms,
    families,
    new_rule_text,
    one_family,
    port_ranges,
    prefix_term,
    rule_name_parts,
    rule_protocols,
    rule_terms,
    term_groups,
    term_text,
    valid_name,
)

__all__ = ["Attempt", "Site", "attempts"]

_HIGHEST: Final = 4096
#: People number their rules in tens.
_STEP: Final = 10
#: A narrowed list longer than this is nobody's idea of a small change, nor are more moves than this.
_FEW: Final = 4
_PORTS: Final = ("source_port", "destination_port")
_ENDS: Final = ("source", "destination")
_FIELDS: Final = ("protocol", *_PORTS, *_ENDS)
_NEW_RULE: Final = 2
#: Where more rules than these settle the asked flows, each that may is taken to do so.
_MANY: Final = 32


@dataclass(frozen=True, slots=True)
class Attempt:
    """Changes that belong together. A lower cost is a smaller change. `reach` are flows that the one changed rule then
    matches with the wanted access, and `rank` is its priority; None where nothing is gained but what is asked."""

    cost: int
    changes: tuple[Change, ...]
    reach: FlowSet | None = None
    rank: int = 0


@dataclass(frozen=True)
class Site:
    """Where a change is to be made: a layer, the group of rules in it, and whether the asked flows should be allowed.
    `path` tells the rules of the group's manager from those of others."""

    question: Question
    layer: Layer
    group: RuleGroup
    allow: bool
    path: tuple[str, ...] = ()

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

    @cached_property
    def rules(self) -> tuple[WrittenRule, ...]:
        """The group's rules for the asked direction with a known priority, first ones first."""
        found = [r for r in rules_of(self.group) if r.direction is self.question.direction]
        return tuple(sorted((r for r in found if isinstance(r.priority, int)), key=_priority))

    @cached_property
    def taken(self) -> frozenset[int]:
        """Priorities that people gave to rules of this manager or group."""
        filters = (rule for rule in self.layer.rules if origin_of(rule).path[:1] == self.path[:1])
        written = [*self.rules, *(rule for f in filters if isinstance(rule := origin_of(f).rule, Rule))]
        return frozenset(r.priority for r in written if isinstance(r.priority, int) and r.priority <= _HIGHEST)

    @cached_property
    def _wrong(self) -> tuple[Part, ...]:
        """The asked flows that fare otherwise, by rule; empty where that is not known exactly."""
        found = partition(Chain((self.layer,)), self.question.asked, limit=_MANY)
        return tuple(part for part in found.parts if part.allowed is not self.allow) if found.complete else ()

    @cached_property
    def needed(self) -> FlowSet:
        """A product of sets, all asked about, that holds every flow that fares otherwise."""
        asked = self.question.asked
        flows = [one for part in self._wrong for one in part.flows or (asked,)] or [asked]
        return FlowSet.around(flows)

    @cached_property
    def against(self) -> tuple[Rule, ...]:
        """Rules of this manager or group that say otherwise of asked flows, first ones first."""
        settling = {id(origin_of(part.step.rule).rule) for part in self._wrong if part.step and part.step.rule}
        found = {
            id(origin_of(rule).rule): origin_of(rule).rule
            for rule in self.layer.rules
            if origin_of(rule).path[:1] == self.path[:1] and self._says_otherwise(rule)
            if not settling or id(origin_of(rule).rule) in settling
        }
        written = [rule for rule in found.values() if isinstance(rule, Rule) and isinstance(rule.priority, int)]
        return tuple(sorted(written, key=_priority))

    @property
    def limit(self) -> int:
        """The priority of the first rule that says otherwise; above all priorities if there is none."""
        return _priority(self.against[0]) if self.against else 1 << 16

    @cached_property
    def matches(self) -> dict[int, Match]:
        """What written rules match, by identity: those that one plain filter rule stands for."""
        found: dict[int, Match] = {}
        for rule in self.layer.rules:
            if not rule.match.conditions:
                found[id(origin_of(rule).rule)] = rule.match
        return found

    def wants(self, rule: WrittenRule) -> bool:
        """Whether a rule has the wanted access."""
        return isinstance(rule.access, Access) and (rule.access is Access.DENY) is not self.allow

    def change(self, rule: WrittenRule, text: str, name: str, value: Any) -> Change:
        """One field of one rule with another value."""
        values: dict[str, Any] = {ENTRIES.get(name, name): value}
        return Change(self.group, rule, replace(rule, **values), f"{rule.name}: {text}", (name,))

    def _says_otherwise(self, rule: FilterRule) -> bool:
        if isinstance(rule.outcome, Outcome) and (rule.outcome is Outcome.DENY) is not self.allow:
            return False
        return bool(_reach(rule.match) & self.question.asked)


def attempts(site: Site) -> list[Attempt]:
    """The candidates, smallest first. Of equal ones those come first that leave no rule behind which says otherwise."""
    flipped = list(_flipped(site))
    whole = [attempt for attempt in flipped if attempt.reach is not None and _within(attempt.reach, site)]
    others = [attempt for attempt in flipped if attempt not in whole]
    found = [*whole, *_narrowed(site), *_moved(site), *_widened(site), *others, *_added(site)]
    return sorted(found, key=lambda attempt: attempt.cost)


def _within(reach: FlowSet, site: Site) -> bool:
    """Whether a rule is about nothing but what is asked, as far as flows can come to it."""
    asked = site.question.asked
    reach &= arriving(site.question, site.layer)
    return all(getattr(reach, name) <= getattr(asked, name) for name in ("protocol", *_PORTS)) and all(
        getattr(reach, name).family(family) <= getattr(asked, name).family(family)
        for name in _ENDS
        for family in reach.families
    )


def _priority(rule: Rule) -> int:
    assert isinstance(rule.priority, int)
    return rule.priority


def _reach(match: Match) -> FlowSet:
    """Every flow that the match may meet."""
    return FlowSet(
        _ports_reach(match.protocol, 8),
        _addresses_reach(match.source),
        _ports_reach(match.source_port, 16),
        _addresses_reach(match.destination),
        _ports_reach(match.destination_port, 16),
    )


def _ports_reach(values: Values[IntervalSet], width: int) -> IntervalSet:
    if not values.unknown:
        return values.known
    return IntervalSet.full(width) if values.bound is None else values.known | values.bound


def _addresses_reach(values: Values[AddressSet]) -> AddressSet:
    if not values.unknown:
        return values.known
    everything = AddressSet(IntervalSet.full(32), IntervalSet.full(128))
    return everything if values.bound is None else values.known | values.bound


# A rule of the wanted access that comes early enough, made to match in the one field where it does not.


def _widened(site: Site) -> Iterator[Attempt]:
    for rule in site.rules:
        match = site.matches.get(id(rule))
        if _priority(rule) >= site.limit or match is None or not site.wants(rule):
            continue
        lacking = [name for name in _FIELDS if not _covers(match, site.needed, name)]
        if len(lacking) == 1:
            name = lacking[0]
            change = _widening(site, rule, name)
            if change is not None:
                wider = getattr(match, name).known | getattr(site.needed, name)
                yield Attempt(1, (change,), _with(_reach(match), name, wider), _priority(rule))


def _with(flows: FlowSet, name: str, numbers: AddressSet | IntervalSet) -> FlowSet:
    values: dict[str, Any] = {name: numbers}
    return replace(flows, **values)


def _widening(site: Site, rule: WrittenRule, name: str) -> Change | None:
    if name == "protocol":
        whole = isinstance(rule.protocol, IntervalSet) and (rule.protocol | site.needed.protocol).is_full
        every = IntervalSet.full(8)
        return site.change(rule, "change its protocol to any", name, every) if whole else None
    return _with_ports(site, rule, name) if name in _PORTS else _with_addresses(site, rule, name)


def _with_ports(site: Site, rule: WrittenRule, name: str) -> Change:
    ports, asked = (getattr(flows, name) for flows in (site.needed, site.question.asked))
    ports = asked if len(asked.intervals) < len(ports.intervals) else ports
    old: Sequence[Any] = getattr(rule, ENTRIES[name])
    kept = [entry for entry in old if not (isinstance(entry, PortRange) and entry.ports <= ports)]
    text = f"add {format_ports(ports)} to its {_plural(name)}"
    return site.change(rule, text, name, (*kept, *port_ranges(ports, rule.source)))


def _with_addresses(site: Site, rule: WrittenRule, name: str) -> Change | None:
    """Only lists of prefixes of one family grow: Azure takes nothing else in one rule."""
    end: Endpoint = getattr(site.question, name)
    needed: AddressSet = getattr(site.needed, name)
    if end.addresses != needed and len(list(islice(needed.prefixes(), _FEW + 1))) <= max(1, len(end.terms)):
        end = replace(end, addresses=needed, terms=())
    needed = end.addresses
    added = rule_terms(end, rule.source)
    old = getattr(rule, ENTRIES[name])
    if added is None or not all(isinstance(term, AddressPrefix) for term in (*old, *added)):
        return None
    terms = (*(term for term in old if not term.addresses <= needed), *added)
    if len(set().union(*map(families, terms))) > 1 and len(terms) > 1:
        return None
    return site.change(rule, f"add {', '.join(map(term_text, added))} to its {_plural(name)}", name, terms)


def _plural(name: str) -> str:
    return f"{name.replace('_', ' ')}s"


# The rule in the way, without the asked values of one field, saying the opposite, or tried later.


def _in_the_way(site: Site) -> WrittenRule | None:
    """The only rule of the group that settles asked flows against the wish."""
    own = [rule for rule in site.rules if any(rule is other for other in site.against)]
    return own[0] if len(own) == 1 else None


def _narrowed(site: Site) -> Iterator[Attempt]:
    rule = _in_the_way(site)
    match = None if rule is None else site.matches.get(id(rule))
    if rule is None or match is None:
        return
    asked = site.question.asked
    for name in _PORTS:
        rest = getattr(match, name).known - getattr(asked, name)
        if 0 < len(rest.intervals) <= _FEW and not getattr(match, name).unknown:
            text = f"take {format_ports(getattr(asked, name))} out of its {_plural(name)}"
            yield _narrowing(site, rule, name, text, port_ranges(rest, rule.source))
    for name in _ENDS:
        terms = _without(getattr(rule, ENTRIES[name]), getattr(asked, name))
        if terms:
            yield _narrowing(site, rule, name, f"take {getattr(asked, name)} out of its {_plural(name)}", terms)


def _narrowing(site: Site, rule: WrittenRule, name: str, text: str, entries: Sequence[Any]) -> Attempt:
    grown = max(0, len(entries) - max(1, len(getattr(rule, ENTRIES[name]))))
    return Attempt(1 + 2 * grown, (site.change(rule, text, name, tuple(entries)),))


def _without(terms: Terms, asked: AddressSet) -> Terms:
    """The prefixes without the asked addresses; empty where they cannot be told apart, or it takes too many."""
    if not terms or not all(isinstance(term, AddressPrefix) for term in terms):
        return ()
    kept: list[AddressPrefix] = []
    for term in terms:
        assert isinstance(term, AddressPrefix)
        if term.addresses.isdisjoint(asked):
            kept.append(term)
            continue
        left = term.addresses - asked
        rest = list(islice(left.prefixes(), _FEW + 1))
        if len(rest) > _FEW or (left and any(term.addresses.family(f) and not left.family(f) for f in Family)):
            return ()
        kept += [prefix_term(prefix, term.source) for prefix in rest]
    return tuple(kept)


def _flipped(site: Site) -> Iterator[Attempt]:
    rule = next((rule for rule in site.rules if any(rule is other for other in site.against)), None)
    if rule is not None:
        text = f"change its access from {rule.access} to {site.access}"
        match = site.matches.get(id(rule))
        reach = None if match is None else _reach(match)
        yield Attempt(1, (site.change(rule, text, "access", site.access),), reach, _priority(rule))


def _moved(site: Site) -> Iterator[Attempt]:
    """A later rule of the wanted access that matches all that is needed, tried earlier; or the rule in the way, tried
    after one of those."""
    later = [
        (rule, match)
        for rule in site.rules
        if _priority(rule) > site.limit and site.wants(rule) and (match := site.matches.get(id(rule)))
        if _reach(match) & site.needed
    ]
    for priority in _free(site, 1):
        for rule, match in later:
            if all(_covers(match, site.needed, name) for name in _FIELDS):
                yield Attempt(1, (_moving(site, rule, priority),), _reach(match), priority)
    blocking = _in_the_way(site)
    for rule, _ in later[:_FEW] if blocking is not None else ():
        behind = _after(site, _priority(rule))
        if behind is not None and blocking is not None:
            yield Attempt(1, (_moving(site, blocking, behind),))


def _moving(site: Site, rule: WrittenRule, priority: int) -> Change:
    return site.change(rule, f"change its priority from {rule.priority} to {priority}", "priority", priority)


# New rules for exactly what is asked: one, or as many as it takes to say it in Azure's terms.


def _added(site: Site) -> Iterator[Attempt]:
    protocols = rule_protocols(site.question.asked.protocol)
    sources = term_groups(site.question.source, site.group.source)
    destinations = term_groups(site.question.destination, site.group.source)
    if protocols is None or sources is None or destinations is None:
        return
    cases = [case for case in product(protocols, sources, destinations) if one_family(case[1], case[2])]
    free, moves = _free(site, len(cases)), list[Change]()
    if not free and len(cases) == 1:
        moves = _room_made(site)
        free = [site.limit] if moves else []
    if not free or not cases:
        return
    taken = {rule.name.lower() for rule in rules_of(site.group)}
    changes: list[Change] = []
    for (protocol, source, destination), priority in zip(cases, free, strict=True):
        name = valid_name(rule_name_parts(site.access, protocol, site.question.asked.destination_port, source), taken)
        taken.add(name.lower())
        new = _new_rule(site, name, protocol, (source, destination), priority)
        changes.append(Change(site.group, None, new, new_rule_text(new, site.group.name)))
    yield Attempt(_NEW_RULE * len(changes) + len(moves), (*moves, *changes))


def _new_rule(site: Site, name: str, protocol: IntervalSet, ends: tuple[Terms, Terms], priority: int) -> WrittenRule:
    asked, where = site.question.asked, site.group.source
    return site.kind(
        name=name,
        id=_sibling_id(site, name),
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


def _sibling_id(site: Site, name: str) -> str | None:
    """In an export of effective admin rules only the id tells which manager a rule is of."""
    if not isinstance(site.group, EffectiveAdminRules):
        return None
    written = next((rule.id for rule in site.group.rules if isinstance(rule, AdminRule) and rule.id), "")
    return f"{written.rpartition('/')[0]}/{name}"


def _covers(match: Match, asked: FlowSet, name: str) -> bool:
    """Whether a field of the rule covers all that is asked there."""
    return bool(getattr(asked, name) <= getattr(match, name).known)


# Priorities


def _free(site: Site, count: int) -> list[int]:
    """Free priorities before the first rule that says otherwise, in ascending order; empty if there are too few.

    Behind the last rule before that one, in round numbers where there is room.
    """
    last = min(site.limit - 1, _HIGHEST)
    free = [priority for priority in range(site.lowest, last + 1) if priority not in site.taken]
    if len(free) < count or not count:
        return []
    before = max((priority for priority in site.taken if priority < site.limit), default=site.lowest - 1)
    near = [priority for priority in free if priority > before]
    round_ones = [priority for priority in near if priority % _STEP == 0]
    room = next((found for found in (round_ones, near) if len(found) >= count), None)
    return free[-count:] if room is None else room[:count]


def _after(site: Site, priority: int) -> int | None:
    """The first free priority behind another: before the next rule a round one where there is one, or any behind it."""
    end = min((other for other in site.taken if other > priority), default=_HIGHEST + 1)
    near = (number for number in range(priority + 1, end) if number % _STEP == 0)
    free = (number for number in range(priority + 1, _HIGHEST + 1) if number not in site.taken)
    return next(near, next(free, None))


def _room_made(site: Site) -> list[Change]:
    """The rules that stand close together from the first that says otherwise on, each moved one further: what is
    tried before what does not change. Empty where they are many, or not of this group."""
    by_priority = {_priority(rule): rule for rule in site.rules}
    run: list[WrittenRule] = []
    while (priority := site.limit + len(run)) in site.taken:
        if priority not in by_priority or len(run) == _FEW:
            return []
        run.append(by_priority[priority])
    if not run:
        return []
    target = _after(site, _priority(run[-1]))
    if target is None:
        return []
    targets = [*(_priority(rule) for rule in run[1:]), target]
    return [_moving(site, rule, number) for rule, number in zip(run, targets, strict=True)]
