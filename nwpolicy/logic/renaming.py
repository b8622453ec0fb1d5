"""Unknowns of two chains that stand for the same missing value.

Two chains that are compared may come from files in different places, and an unknown belongs to its file. Those of one
name and kind are taken to be the same value in both; where a name has several, those whose files' paths end alike.
Where the author changed what the value may be, or the rule that decides it, the value may have to change as well: there
the one of the new chain is a value of its own, by the name with "(after)".

What is unknown about things that have other names now has another name, too: `former` puts the names that they had
before in the place of those that they have now. What is called by nothing but such a name is a value of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.domains import limits, options
from nwpolicy.model.filters import Chain, Choice, FilterRule, Floating, Match, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Unknown

__all__ = ["is_one", "paired", "unknowns_of"]

S = TypeVar("S", AddressSet, IntervalSet)


def paired(old: Chain, new: Chain, former: Callable[[str], str] = str) -> Chain:
    """The new chain with the old one's unknowns in the place of its own, as far as they have names in common."""
    mapping = {unknown: other for unknown, other in _pairs(old, new, former) if unknown != other}
    return _renamed(new, mapping) if mapping else new


def unknowns_of(chain: Chain) -> tuple[Unknown, ...]:
    """Every unknown in the rules of a chain, once."""
    return tuple(dict.fromkeys(unknown for layer in chain.layers for rule in layer.rules for unknown in _in(rule)))


def _pairs(old: Chain, new: Chain, former: Callable[[str], str]) -> Iterator[tuple[Unknown, Unknown]]:
    left: defaultdict[tuple[str, str], list[Unknown]] = defaultdict(list)
    for unknown in unknowns_of(old):
        left[unknown.name, unknown.kind].append(unknown)
    after = sorted(unknowns_of(new), key=lambda one: one not in left[one.name, one.kind])
    own = [one for one in after if left[one.name, one.kind]]
    renamed = [one for one in after if not left[one.name, one.kind]]
    for unknown, name in (*((one, one.name) for one in own), *((one, former(one.name)) for one in renamed)):
        candidates = left[name, unknown.kind]
        if candidates:
            nearest = max(
                candidates, key=lambda other: (other == unknown, _alike(unknown.scope, other.scope), other.scope)
            )
            candidates.remove(nearest)
            same = is_one(nearest, unknown, former)
            yield unknown, nearest if same else replace(unknown, name=f"{unknown.name} (after)")


def is_one(old: Unknown, new: Unknown, former: Callable[[str], str] = str) -> bool:
    """Whether two unknowns are taken to be the same value. Of what has another name, the reason counts, too."""
    by_name = old.name == new.name or (old.name == former(new.name) and old.reason == former(new.reason))
    return by_name and (old.kind, old.rule, _range(old)) == (new.kind, former(new.rule), _range(new))


def _range(unknown: Unknown) -> object:
    """What the value may be."""
    values = options(unknown)
    return None if values is None else frozenset(values), limits(unknown)


def _alike(path: str, other: str) -> int:
    """How many characters two paths end alike with."""
    count = 0
    for mine, theirs in zip(reversed(path), reversed(other), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _renamed(chain: Chain, mapping: Mapping[Unknown, Unknown]) -> Chain:
    return Chain(
        tuple(
            replace(layer, rules=tuple(_renamed_rule(rule, mapping) for rule in layer.rules)) for layer in chain.layers
        )
    )


def _renamed_rule(rule: FilterRule, mapping: Mapping[Unknown, Unknown]) -> FilterRule:
    if not any(unknown in mapping for unknown in _in(rule)):
        return rule
    outcome, rank = rule.outcome, rule.rank
    if isinstance(outcome, Choice):
        outcome = replace(outcome, unknown=mapping.get(outcome.unknown, outcome.unknown))
    if isinstance(rank, Floating):
        rank = replace(rank, unknown=mapping.get(rank.unknown, rank.unknown))
    doubts = tuple(replace(doubt, zone=_renamed_match(doubt.zone, mapping)) for doubt in rule.doubts)
    return replace(rule, match=_renamed_match(rule.match, mapping), outcome=outcome, rank=rank, doubts=doubts)


def _renamed_match(match: Match, mapping: Mapping[Unknown, Unknown]) -> Match:
    def values(given: Values[S]) -> Values[S]:
        return replace(given, unknown=tuple(mapping.get(unknown, unknown) for unknown in given.unknown))

    return Match(
        values(match.protocol),
        values(match.source),
        values(match.source_port),
        values(match.destination),
        values(match.destination_port),
        tuple(mapping.get(unknown, unknown) for unknown in match.conditions),
    )


def _in(rule: FilterRule) -> Iterator[Unknown]:
    matches = (rule.match, *(doubt.zone for doubt in rule.doubts))
    for match in matches:
        yield from match.protocol.unknown
        yield from match.source.unknown
        yield from match.source_port.unknown
        yield from match.destination.unknown
        yield from match.destination_port.unknown
        yield from match.conditions
    if isinstance(rule.outcome, Choice):
        yield rule.outcome.unknown
    if isinstance(rule.rank, Floating):
        yield rule.rank.unknown
