"""Lists of prefixes and ports in which an entry adds nothing to the others, or could be one with another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import or_
from typing import Final, TypeAlias, TypeVar

from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import Rule
from nwpolicy.model.source import Source
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding, Related
from nwpolicy.queries.lint.reporting import report

__all__ = ["check_lists"]

S = TypeVar("S", AddressSet, IntervalSet)
#: What an entry stands for, how it is called, and where it stands.
Entry: TypeAlias = tuple[S, str, Source]

_OVERLAPPING: Final = "NWP406"
_ADJACENT: Final = "NWP417"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two entries, in the order of their list, and how they are written as one."""

    first: str
    later: str
    at: Source
    related: Source
    union: str
    overlap: bool


def check_lists(facts: Facts) -> Iterator[Finding]:
    for rule in facts.written:
        for addresses in _address_lists(rule):
            yield from _of_list(facts, rule, addresses, NO_ADDRESS, joined=_ADJACENT in facts.wanted)
        for ports in _port_lists(rule):
            yield from _of_list(facts, rule, ports, IntervalSet.empty(16), joined=True)


def _address_lists(rule: Rule) -> Iterator[list[Entry[AddressSet]]]:
    for side in (rule.sources, rule.destinations):
        if len(side) > 1:
            yield [(term.addresses, term.text, term.source) for term in side if isinstance(term, AddressPrefix)]


def _port_lists(rule: Rule) -> Iterator[list[Entry[IntervalSet]]]:
    for ranges in (rule.source_port_ranges, rule.destination_port_ranges):
        if len(ranges) > 1:
            known = [entry for entry in ranges if isinstance(entry, PortRange)]
            yield [(entry.ports, f"port {format_ports(entry.ports)}", entry.source) for entry in known]


def _of_list(facts: Facts, rule: Rule, entries: Sequence[Entry[S]], nothing: S, *, joined: bool) -> Iterator[Finding]:
    """What adds nothing; of the rest, if asked for, what could be one."""
    gone = frozenset(_within([entry[0] for entry in entries], nothing))
    for index in gone:
        yield _within_others(facts, rule, *entries[index][1:])
    if joined:
        for pair in _pairs([(index, entry) for index, entry in enumerate(entries) if index not in gone]):
            yield _as_one(facts, rule, pair)


def _within(sets: Sequence[S], nothing: S) -> Iterator[int]:
    """The places of sets that lie within the union of the others; of equal ones all but the first."""
    before = list(accumulate(sets, or_, initial=nothing))
    after = nothing
    for index in reversed(range(len(sets))):
        if sets[index] <= before[index] | after:
            yield index
        else:
            after = after | sets[index]


def _within_others(facts: Facts, rule: Rule, name: str, source: Source) -> Finding:
    return report(
        facts,
        _OVERLAPPING,
        rule,
        f"{name} of {rule.name} is within the other entries of its list",
        at=source,
        help="remove it from the list",
        detail=name,
        fixable=True,
    )


def _pairs(entries: Sequence[tuple[int, Entry[S]]]) -> Iterator[_Pair]:
    """Numbered entries that overlap or are next to one another, and that one entry could stand for."""
    for one, other in pairwise(sorted(entries, key=lambda numbered: _order(numbered[1][0]))):
        (_, first), (_, later) = sorted((one, other), key=lambda numbered: numbered[0])
        union = _written(first[0] | later[0])
        if "," not in union:
            yield _Pair(first[1], later[1], later[2], first[2], union, bool(first[0] & later[0]))


def _order(values: AddressSet | IntervalSet) -> tuple[object, ...]:
    return tuple(values) if isinstance(values, IntervalSet) else (tuple(values.v4), tuple(values.v6))


def _written(values: AddressSet | IntervalSet) -> str:
    return format_ports(values) if isinstance(values, IntervalSet) else ",".join(values.prefixes())


def _as_one(facts: Facts, rule: Rule, pair: _Pair) -> Finding:
    where = f"of {rule.name} {'overlaps with' if pair.overlap else 'is next to'} {pair.first}"
    return report(
        facts,
        _OVERLAPPING if pair.overlap else _ADJACENT,
        rule,
        f"{pair.later} {where}",
        at=pair.at,
        help=f"write {pair.union} for both",
        related=(Related(pair.related.location, f"{pair.first} stands here"),),
        detail=f"{pair.later} {pair.first}",
        fixable=True,
    )
