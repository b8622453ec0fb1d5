"""Facts about the rules of a layer that were worked out before, in another state of the files.

They follow from what the filters say alone, whatever these are called and wherever they are written, so of many groups
of rules only those are looked at anew that say something else now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nwpolicy.logic.diagrams import RuleFact, facts
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Chain, FilterRule, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.readers.observed import digest_of

__all__ = ["kept_facts"]


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact without its rule; `flows` are the numbers of sets, field by field."""

    decides: int
    may_decide: int
    flows: tuple[tuple[int, ...], ...] | None
    shadowed_by: tuple[int, ...] | None
    redundant: bool
    correlated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of the rules of a layer, in order, and the sets that their flows are made of."""

    sets: tuple[IntervalSet, ...]
    facts: tuple[_Fact, ...]


def kept_facts(cache: Cache, chain: Chain, index: int) -> tuple[RuleFact, ...]:
    """As `facts` of the logic. Raises TooLarge."""
    said = [[_said(rule) for rule in layer.rules] for layer in chain.layers]
    key = digest_of("facts", cache.program, repr((index, said)))
    kept = cache.get(_Facts, key)
    if kept is None:
        found = facts(chain, index)
        cache.put(key, _packed(found))
        return found
    return _unpacked(kept, chain.layers[index].rules)


def _said(rule: FilterRule) -> tuple[object, ...]:
    """All of a rule that facts follow from."""
    match = rule.match
    rank = rule.rank if isinstance(rule.rank, int) else (_known_as(rule.rank.unknown), rule.rank.low, rule.rank.high)
    outcome = (
        rule.outcome.value
        if isinstance(rule.outcome, Outcome)
        else (_known_as(rule.outcome.unknown), [option.value for option in rule.outcome.options])
    )
    numbers = map(_values_said, (match.protocol, match.source_port, match.destination_port))
    addresses = map(_values_said, (match.source, match.destination))
    return rank, outcome, [*numbers], [*addresses], [*map(_known_as, match.conditions)]


def _values_said(values: Values[IntervalSet] | Values[AddressSet]) -> tuple[object, ...]:
    bound = None if values.bound is None else _intervals(values.bound)
    return _intervals(values.known), [*map(_known_as, values.unknown)], bound


def _intervals(values: IntervalSet | AddressSet) -> list[tuple[Interval, ...]]:
    return [one.intervals for one in _sets(values)]


def _known_as(unknown: Unknown) -> tuple[object, ...]:
    """All that tells unknowns apart."""
    domain = unknown.domain
    allowed = domain and (domain.allowed, domain.is_number, domain.least, domain.most)
    return unknown.name, unknown.kind.value, unknown.scope, allowed, unknown.rule


def _sets(values: IntervalSet | AddressSet) -> tuple[IntervalSet, ...]:
    return (values.v4, values.v6) if isinstance(values, AddressSet) else (values,)


def _sets_of(flows: FlowSet) -> Iterator[IntervalSet]:
    for values in (flows.protocol, flows.source, flows.source_port, flows.destination, flows.destination_port):
        yield from _sets(values)


def _packed(found: Sequence[RuleFact]) -> _Facts:
    numbers: dict[IntervalSet, int] = {}

    def numbered(flows: FlowSet) -> tuple[int, ...]:
        return tuple(numbers.setdefault(one, len(numbers)) for one in _sets_of(flows))

    kept = tuple(
        _Fact(
            fact.decides,
            fact.may_decide,
            None if fact.flows is None else tuple(map(numbered, fact.flows)),
            fact.shadowed_by,
            fact.redundant,
            fact.correlated,
        )
        for fact in found
    )
    return _Facts(tuple(numbers), kept)


def _unpacked(kept: _Facts, rules: Sequence[FilterRule]) -> tuple[RuleFact, ...]:
    def flow_set(numbers: tuple[int, ...]) -> FlowSet:
        protocol, v4, v6, port, other_v4, other_v6, other_port = map(kept.sets.__getitem__, numbers)
        return FlowSet(protocol, AddressSet(v4, v6), port, AddressSet(other_v4, other_v6), other_port)

    return tuple(
        RuleFact(
            position,
            rule,
            fact.decides,
            fact.may_decide,
            None if fact.flows is None else tuple(map(flow_set, fact.flows)),
            fact.shadowed_by,
            fact.redundant,
            fact.correlated,
        )
        for position, (rule, fact) in enumerate(zip(rules, kept.facts, strict=True))
    )
