"""Rules that could be written as one.

Source: Microsoft Learn, Network security groups overview, "Augmented security rules": several prefixes and ports, but
one service tag, on each side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from nwpolicy.logic.diagrams.tries import reach_of
from nwpolicy.model.addresses import Family
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import Rule
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding, Related
from nwpolicy.queries.lint.reporting import report
from nwpolicy.queries.lint.requirements import is_required
from nwpolicy.queries.lint.uses import RuleUse

__all__ = ["check_mergeable"]


def check_mergeable(facts: Facts) -> Iterator[Finding]:
    """Of a pair of rules the later one, with the first rule that it could be part of."""
    layers: defaultdict[int, list[RuleUse]] = defaultdict(list)
    for use in facts.group_uses:
        single = len(use.parts) == 1 and isinstance(use.rule.priority, int)
        if single and not use.is_shadowed and not is_required(facts, use):
            layers[id(use.chain)].append(use)
    for uses in layers.values():
        for index, later in enumerate(uses):
            first = next((one for one in uses[:index] if _fit(one.rule, later.rule) and _free(one, later)), None)
            if first is not None:
                yield _finding(facts, first, later)


def _fit(one: Rule, other: Rule) -> bool:
    """Whether the rules do the same and differ in one list, of prefixes or of ports."""
    if one.access != other.access or one.condition != other.condition or isinstance(one.access, Unknown):
        return False
    differing = [
        (mine, theirs) for mine, theirs in zip(_fields(one), _fields(other), strict=True) if _key(mine) != _key(theirs)
    ]
    return len(differing) == 1 and _is_plain((*differing[0][0], *differing[0][1]))


def _fields(rule: Rule) -> tuple[Sequence[Hashable], ...]:
    return (
        (rule.protocol,),
        rule.sources,
        rule.source_port_ranges,
        rule.destinations,
        rule.destination_port_ranges,
    )


def _key(entries: Sequence[Hashable]) -> Hashable:
    return frozenset(entries)


def _is_plain(entries: Sequence[Hashable]) -> bool:
    """Whether this could be one list: prefixes of one family, or ports, and not all there are."""
    prefixes = all(isinstance(entry, AddressPrefix) and not entry.addresses.is_any for entry in entries)
    ports = all(isinstance(entry, PortRange) and not entry.ports.is_full for entry in entries)
    families = {family for entry in entries if isinstance(entry, AddressPrefix) for family in _families(entry)}
    return bool(entries) and ((prefixes and len(families) == 1) or ports)


def _families(prefix: AddressPrefix) -> list[Family]:
    return [family for family in Family if prefix.addresses.family(family)]


def _free(one: RuleUse, later: RuleUse) -> bool:
    """Whether no rule between the two takes flows of the later one and does something else."""
    start, end = one.parts[0].position, later.parts[0].position
    own = reach_of(later.parts[0].rule.match)
    between = one.layer.rules[start + 1 : end]
    return not any(rule.outcome != later.parts[0].rule.outcome and reach_of(rule.match) & own for rule in between)


def _finding(facts: Facts, first: RuleUse, later: RuleUse) -> Finding:
    names = first.rule.name, later.rule.name
    place = first.rule.field_source("name").location
    return report(
        facts,
        "NWP006",
        later.rule,
        f"{names[1]} can be part of {names[0]}",
        reason="they differ in one list only, and no rule between them interferes",
        help=f"add its entries to {names[0]} and remove it",
        related=(Related(place, f"{names[0]} does the same"),),
        detail=names[0],
        fixable=first.rule.source.document is later.rule.source.document,
    )
