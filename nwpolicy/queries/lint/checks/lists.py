"""Lists of prefixes and ports in which an entry adds nothing to the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import or_
from typing import TypeVar

from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import Rule
from nwpolicy.model.source import Source
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import name_of, report

__all__ = ["check_lists"]

S = TypeVar("S", AddressSet, IntervalSet)


def check_lists(facts: Facts) -> Iterator[Finding]:
    for rule in facts.written:
        for text, source in _superfluous(rule):
            yield report(
                facts,
                "NWP406",
                rule,
                f"{text} of {name_of(rule)} is within the other entries of its list",
                at=source,
                help="remove it from the list",
                detail=text,
                fixable=True,
            )


def _superfluous(rule: Rule) -> Iterator[tuple[str, Source]]:
    for side in (rule.sources, rule.destinations):
        prefixes = [term for term in side if isinstance(term, AddressPrefix)]
        for index in _within([term.addresses for term in prefixes], NO_ADDRESS):
            yield prefixes[index].text, prefixes[index].source
    for ranges in (rule.source_port_ranges, rule.destination_port_ranges):
        entries = [entry for entry in ranges if isinstance(entry, PortRange)]
        for index in _within([entry.ports for entry in entries], IntervalSet.empty(16)):
            yield f"port {format_ports(entries[index].ports)}", entries[index].source


def _within(sets: Sequence[S], nothing: S) -> Iterator[int]:
    """The places of sets that lie within the union of the others; of equal ones all but the first."""
    before = list(accumulate(sets, or_, initial=nothing))
    after = nothing
    for index in reversed(range(len(sets))):
        if sets[index] <= before[index] | after:
            yield index
        else:
            after = after | sets[index]
