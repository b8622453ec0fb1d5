"""What a rule means, however it is written: without the order and the form of its lists."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import reduce

from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.addresses import NO_ADDRESS
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.resource import AddressPrefix, PortRange, ServiceTag
from nwpolicy.model.rules import Rule

__all__ = ["meaning"]


def meaning(rule: Rule) -> Hashable:
    """The same for two rules iff they match and do the same under one name and priority."""
    return (
        rule.name,
        rule.priority,
        rule.direction,
        rule.access,
        rule.condition,
        rule.protocol,
        _addresses(rule.sources),
        _ports(rule.source_port_ranges),
        _addresses(rule.destinations),
        _ports(rule.destination_port_ranges),
    )


def _addresses(terms: Sequence[Hashable]) -> Hashable:
    prefixes = [term.addresses for term in terms if isinstance(term, AddressPrefix)]
    union = reduce(lambda one, other: one | other, prefixes, NO_ADDRESS)
    named = frozenset(_named(term) for term in terms if not isinstance(term, AddressPrefix))
    return None if not terms or union.is_any else (union, named)


def _ports(ranges: Sequence[Hashable]) -> Hashable:
    known = [entry.ports for entry in ranges if isinstance(entry, PortRange)]
    union = reduce(IntervalSet.__or__, known, IntervalSet.empty(16))
    named = frozenset(entry for entry in ranges if not isinstance(entry, PortRange))
    return (union if ranges else ANY_PORT, named)


def _named(term: Hashable) -> Hashable:
    """Tags have several spellings."""
    return (canonical(term.name), term.expansion) if isinstance(term, ServiceTag) else term
