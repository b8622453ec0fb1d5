"""Sets of flows in the words of Azure rules: tags, prefixes, ports, names."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Final, TypeAlias

from nwpolicy.azure.tagnames import canonical, is_documented
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family, has_host_bits
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import AH, ESP, ICMP, TCP, UDP, format_protocols
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, ServiceTag
from nwpolicy.model.rules import Access, Rule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.question import Endpoint

__all__ = [
    "Terms",
    "families",
    "new_rule_text",
    "one_family",
    "port_ranges",
    "prefix_term",
    "rule_name_parts",
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
    would take too many. An end that was left open is `*`: where it lacks a family, the other end lacks it too."""
    parts = [part for family in Family if (part := end.addresses.family(family))]
    if end.anywhere or end.addresses.is_any or (not end.terms and parts and all(part.is_full for part in parts)):
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
    single: list[Terms] = [(term,) for term in terms if len(families(term)) > 1]
    prefixes = [tuple(term for term in terms if families(term) == {family}) for family in Family]
    return [*single, *filter(None, prefixes)]


def one_family(sources: Terms, destinations: Terms) -> bool:
    """Whether a rule with these ends can match any flow."""
    both = [set[Family]().union(*map(families, terms)) for terms in (sources, destinations)]
    return bool(both[0] & both[1])


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


def rule_name_parts(access: Access, protocol: IntervalSet, ports: IntervalSet, sources: Terms) -> list[str]:
    """What a new rule is called: `allow`, `tcp`, `1433`, `from`, `Internet`."""
    source = term_text(sources[0])
    named_ports = [] if ports.is_full else [format_ports(ports)]
    return [access.lower(), format_protocols(protocol), *named_ports, "from", "any" if source == "*" else source]


def new_rule_text(rule: Rule, group: str) -> str:
    """A rule to be added, with all that it says: `new rule allow-sql in nsg-data, priority 310: ...`"""
    assert isinstance(rule.protocol, IntervalSet)
    source, destination = (", ".join(map(term_text, terms)) for terms in (rule.sources, rule.destinations))
    ends = (_end_text(source, rule.source_port_ranges), _end_text(destination, rule.destination_port_ranges))
    what = f"{rule.access} {rule.direction} {format_protocols(rule.protocol)} {ends[0]} → {ends[1]}"
    return f"new rule {rule.name} in {group}, priority {rule.priority}: {what}"


def _end_text(addresses: str, ports: tuple[PortRange | Unknown, ...]) -> str:
    texts = [format_ports(entry.ports) for entry in ports if isinstance(entry, PortRange)]
    return addresses if texts == ["*"] or not texts else f"{addresses} port {', '.join(texts)}"


def _term(text: str, where: Source) -> AddressTerm | None:
    text = text.removeprefix("tag:")
    if is_documented(canonical(text)):
        return ServiceTag(canonical(text), where)
    try:
        addresses = None if "-" in text or has_host_bits(text) else AddressSet.parse(text)
    except ValueError:
        addresses = None
    return None if addresses is None else AddressPrefix(addresses, text, where)


def families(term: AddressTerm) -> set[Family]:
    """The families that a term may have addresses of."""
    if isinstance(term, AddressPrefix):
        return {family for family in Family if term.addresses.family(family)}
    return set(Family)
