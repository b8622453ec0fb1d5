"""Sets of flows in the words of Azure rules: tags, prefixes, ports, names."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Final, TypeAlias

from nwpolicy.azure.tagnames import canonical, is_documented
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import AH, ESP, ICMP, TCP, UDP
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, ServiceTag
from nwpolicy.model.source import Source
from nwpolicy.queries.question import Endpoint

__all__ = [
    "Terms",
    "one_family",
    "port_ranges",
    "prefix_term",
    "rule_protocols",
    "rule_terms",
    "term_groups",
    "term_text",
    "valid_name",
]

#: More prefixes than this are no rule that a person would write.
_PREFIXES: Final = 16
#: Azure's limit, less what a number to make the name unique takes.
_NAME_LENGTH: Final = 76
_PROTOCOLS: Final = (TCP, UDP, ICMP, ESP, AH)

#: One end of a rule.
Terms: TypeAlias = tuple[AddressTerm, ...]


def rule_protocols(asked: IntervalSet) -> list[IntervalSet] | None:
    """The protocols as rules can name them, one rule each; None where rules cannot."""
    if asked.is_full:
        return [asked]
    single = [IntervalSet(8, ((number, number),)) for number in _PROTOCOLS if number in asked]
    return single if sum(one.size for one in single) == asked.size else None


def rule_terms(end: Endpoint, where: Source) -> Terms | None:
    """One end in the words of the person who asked; as prefixes where those words mean nothing in a rule. None if it
    would take too many."""
    if end.addresses.is_any:
        return (prefix_term("*", where),)
    terms = [_term(text, where) for text in end.terms]
    if terms and None not in terms:
        return tuple(term for term in terms if term is not None)
    prefixes = list(islice(end.addresses.prefixes(), _PREFIXES + 1))
    return tuple(prefix_term(text, where) for text in prefixes) if len(prefixes) <= _PREFIXES else None


def term_groups(end: Endpoint, where: Source) -> list[Terms] | None:
    """One end, cut into what one rule can hold: one tag, or prefixes of one family.

    Sources: Microsoft Learn, Network security groups overview, "Augmented security rules"; Overview of IPv6 for Azure
    Virtual Network.
    """
    terms = rule_terms(end, where)
    if terms is None:
        return None
    single: list[Terms] = [(term,) for term in terms if len(_families(term)) > 1]
    prefixes = [tuple(term for term in terms if _families(term) == {family}) for family in Family]
    return [*single, *filter(None, prefixes)]


def one_family(sources: Terms, destinations: Terms) -> bool:
    """Whether a rule with these ends can match any flow."""
    families = [set[Family]().union(*map(_families, terms)) for terms in (sources, destinations)]
    return bool(families[0] & families[1])


def prefix_term(text: str, where: Source) -> AddressPrefix:
    return AddressPrefix(ANY_ADDRESS if text == "*" else AddressSet.parse(text), text, where)


def port_ranges(ports: IntervalSet, where: Source) -> tuple[PortRange, ...]:
    return tuple(PortRange(IntervalSet(16, (interval,)), where) for interval in ports)


def term_text(term: AddressTerm) -> str:
    return term.text if isinstance(term, AddressPrefix) else term.name


def valid_name(parts: Collection[str], taken: Collection[str]) -> str:
    """A name of the characters that Azure takes (`allow-tcp-1433-from-Internet`), other than those `taken`, which are
    in lower case."""
    text = "".join(char if char.isalnum() and char.isascii() else "-" for char in "-".join(parts))
    name = "-".join(filter(None, text.split("-")))[:_NAME_LENGTH].rstrip("-")
    candidates = [name, *(f"{name}-{number}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate.lower() not in taken)


def _term(text: str, where: Source) -> AddressTerm | None:
    if is_documented(canonical(text)):
        return ServiceTag(canonical(text), where)
    try:
        addresses = None if "-" in text else AddressSet.parse(text)
    except ValueError:
        addresses = None
    return None if addresses is None else AddressPrefix(addresses, text, where)


def _families(term: AddressTerm) -> set[Family]:
    """The families that a term may have addresses of."""
    if isinstance(term, AddressPrefix):
        return {family for family in Family if term.addresses.family(family)}
    return set(Family)
