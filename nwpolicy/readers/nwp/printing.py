"""Definitions to text. What `to_nwp` prints, `read` reads as equal definitions.

Raises NotWritable for what the language has no words for, such as an export of effective rules. Imports no parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import groupby
from typing import Any, Final

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.assertions import (
    Assertion,
    AssertionException,
    AssertionKind,
    Environment,
    Expectation,
    Statement,
)
from nwpolicy.model.avnm import ConnectivityGroup, Deployment, MemberType, NetworkGroup, RoutingRule
from nwpolicy.model.domains import limits, options
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import IpConfiguration
from nwpolicy.model.ports import ANY_PORT, format_ports
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, Rule
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, unknowns_in
from nwpolicy.model.written import NotWritable, prefix_texts, protocol_names
from nwpolicy.readers.nwp.kinds import DEFAULT_RULES, DEFINITIONS, Kind, Setting
from nwpolicy.readers.nwp.sentences import CONFIGURATIONS, HOPS, NOTHING
from nwpolicy.readers.nwp.words import LINKS, SERVICE_TAG

__all__ = ["KEYWORDS", "rule_line", "to_nwp"]

#: The words of the grammar, which as names stand in quotes.
KEYWORDS: Final = frozenset(LINKS) | {
    *("let", "tag", "import", "assert", "except", "expect", "inbound", "outbound", "route", "deploy"),
    *("from", "to", "port", "via", "if", "description", "flag", "owner", "reason", "expires", "by", "rules-only"),
    "bgp-override",
}

_INDENT: Final = "  "
_BARE: Final = re.compile(r"[\w./:\-]+")
_BARE_UNKNOWN: Final = re.compile(r"[\w.\-]+")
_WORDS_OF_LINKS: Final = {type: word for word, type in LINKS.items()}
_WORDS_OF_HOPS: Final = {hop: word for word, hop in HOPS.items()} | {NextHopType.VIRTUAL_APPLIANCE_ECMP: "appliance"}
_WORDS_OF_CONFIGURATIONS: Final = {type: word for word, type in CONFIGURATIONS.items()}
_WORDS_OF_KINDS: Final = {kind.resource: (word, kind) for word, kind in DEFINITIONS.items()}
_ACCESS: Final = {Access.ALLOW: "allow", Access.DENY: "deny", Access.ALWAYS_ALLOW: "always-allow"}
#: What can be said of a definition that stands elsewhere: which one it is, and the members of a group.
_SAID_ELSEWHERE: Final = frozenset({"id", "existing", "members"})
#: Fields that every definition has and that are printed, or tell only where it was read.
_COMMON: Final = frozenset({"name", "condition", "parent", "existing", "source", "fields", "unread"})


def to_nwp(resources: Iterable[Resource]) -> str:
    """The text of definitions and assertions, one after another, after what their unknowns may be."""
    found = tuple(resources)
    blocks = ["\n".join(lines) for lines in ([*_domains(found)], *map(_definition, found))]
    blocks = list(filter(None, blocks))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _domains(resources: tuple[Resource, ...]) -> Iterator[str]:
    """As far as that says something about what they range over."""
    said = {unknown.name: line for unknown in unknowns_in(resources) if (line := _domain(unknown)) is not None}
    yield from (f"let {_unknown_name(name)} = {line}" for name, line in said.items())


def _domain(unknown: Unknown) -> str | None:
    if options(unknown) is not None and unknown.domain is not None:
        return ", ".join("*" if text == "*" else _text(text) for text in unknown.domain.allowed)
    within = limits(unknown)
    return None if within is None else f"{within[0]}..{within[1]}"


def rule_line(rule: Rule) -> str:
    """A rule as one line of its `inbound` or `outbound` block."""
    _check_rest(rule, _RULE_FIELDS)
    is_admin = isinstance(rule, AdminRule)
    priority = _unknown(rule.priority) if isinstance(rule.priority, Unknown) else str(rule.priority)
    access = _unknown(rule.access) if isinstance(rule.access, Unknown) else _ACCESS[rule.access]
    words = [priority, _text(rule.name), access, _protocol(rule.protocol)]
    words += ["from", _terms(rule.sources, is_admin)]
    if not _says_nothing(rule.source_port_ranges, is_admin):
        words += ["port", _terms(rule.source_port_ranges, is_admin)]
    words += ["to", _terms(rule.destinations, is_admin)]
    is_ported = isinstance(rule.protocol, IntervalSet) and rule.protocol <= PORTED
    if is_ported or not _says_nothing(rule.destination_port_ranges, is_admin):
        words += ["port", _terms(rule.destination_port_ranges, is_admin)]
    if isinstance(rule, AdminRule) and rule.flag is not None:
        words += ["flag", _quoted(rule.flag)]
    if rule.description is not None:
        words += ["description", _quoted(rule.description)]
    return " ".join(words) + _condition(rule)


_RULE_FIELDS: Final = _COMMON | {
    "priority",
    "direction",
    "access",
    "protocol",
    "sources",
    "source_port_ranges",
    "destinations",
    "destination_port_ranges",
    "description",
    "is_default",
    "flag",
}
_ROUTE_FIELDS: Final = _COMMON | {"address_prefix", "next_hop_type", "next_hop_ip_addresses", "has_bgp_override"}
_ROUTING_RULE_FIELDS: Final = _COMMON | {"destination", "next_hop_type", "next_hop_address"}
_STATEMENT_FIELDS: Final = _COMMON | {
    "sources",
    "destinations",
    "protocol",
    "destination_port_ranges",
    "owner",
    "reason",
    "expires",
}
_ASSERTION_FIELDS: Final = _STATEMENT_FIELDS | {
    *("kind", "rules_only", "next_hop_type", "next_hop_ip_addresses", "before", "after"),
}
_EXPECTATION_FIELDS: Final = _STATEMENT_FIELDS | {"verdict", "rule", "rules_only"}


def _definition(resource: Resource) -> Iterator[str]:
    if isinstance(resource, Assertion):
        yield _assertion(resource)
    elif isinstance(resource, AssertionException):
        yield _exception(resource)
    elif isinstance(resource, Expectation):
        yield _expectation(resource)
    elif isinstance(resource, Environment):
        yield from _environment(resource)
    elif isinstance(resource, ServiceTagCatalogue):
        for entry in resource.tags.values():
            yield f"tag {_text(entry.name)} = {', '.join(entry.address_prefixes)}"
    elif type(resource) in _WORDS_OF_KINDS:
        word, kind = _WORDS_OF_KINDS[type(resource)]
        yield from _block(word, kind, resource)
    else:
        raise NotWritable(f"{resource.type} cannot be written in .nwp")


def _block(word: str, kind: Kind, resource: Resource | ConnectivityGroup) -> Iterator[str]:
    """A definition, in as many lines as it needs."""
    if isinstance(resource, ConnectivityGroup):
        header = f"{word} {_value(resource.group)}"
    else:
        header = f"{word} {_text(resource.name)}{_condition(resource)}"
    body = [*_settings(kind, resource), *_children(kind, resource), *_sentences(kind, resource)]
    lists = {field for field, _ in kind.children.values()} | set(kind.sentences.values()) | {"default_security_rules"}
    _check_rest(resource, _COMMON | lists | {"group"} | {setting.field for setting in kind.settings.values()})
    if not body:
        yield header
        return
    yield f"{header} {{"
    yield from (_INDENT + line for line in body)
    yield "}"


def _settings(kind: Kind, resource: Resource | ConnectivityGroup) -> Iterator[str]:
    """Only what differs from what is read where nothing is written."""
    defaults = _defaults(resource)
    for word, setting in kind.settings.items():
        value = getattr(resource, setting.field)
        if _is_elsewhere(resource) and setting.field not in _SAID_ELSEWHERE:
            continue
        if isinstance(resource, NetworkGroup) and setting.field in {"members", "member_type"}:
            if not _is_said_by(resource, word):
                continue
        elif isinstance(resource, IpConfiguration) and setting.field == "family":
            address = resource.private_ip_address
            if value is (address.family if isinstance(address, Address) else Family.IPV4):
                continue
        elif word not in kind.required and value == defaults.get(setting.field, MISSING):
            continue
        if setting.field == "deployments" and value:
            continue
        yield _setting(word, setting, value)


def _is_said_by(group: NetworkGroup, word: str) -> bool:
    """Whether a setting is what tells the members of a network group, or their type."""
    types = {member.type for member in group.members if isinstance(member, Reference)}
    implied = MemberType.SUBNET if LINKS["subnet"] in types else MemberType.VIRTUAL_NETWORK
    if word == "member-type":
        return group.member_type is not implied
    if len(types) > 1:
        raise NotWritable(f"{group.name} has virtual networks and subnets as members")
    return bool(group.members) and word == ("subnet" if implied is MemberType.SUBNET else "vnet")


def _setting(word: str, setting: Setting, value: object) -> str:
    if value is True or (setting.alone and value == ()):
        return word
    if value is False:
        return f"{word} no"
    return f"{word} {_list(value) if isinstance(value, tuple) else _value(value)}"


def _children(kind: Kind, resource: Resource | ConnectivityGroup) -> Iterator[str]:
    open_lists = _open_lists(kind)
    for word, (field, child_kind) in kind.children.items():
        for child in getattr(resource, field):
            if isinstance(child, Unknown) and _is_elsewhere(resource):
                continue
            if isinstance(child, Unknown):
                yield f"{open_lists[field]} {_unknown(child)}"
            else:
                yield from _block(word, child_kind, child)


def _open_lists(kind: Kind) -> dict[str, str]:
    """The words that leave lists open, by the fields of these."""
    return {field: word for word, (field, _) in kind.open_lists.items()}


def _sentences(kind: Kind, resource: Resource | ConnectivityGroup) -> Iterator[str]:
    """Rules, routes, deployments; in their order."""
    open_lists = _open_lists(kind)
    for field in kind.sentences.values():
        statements = getattr(resource, field) or ()
        if _is_elsewhere(resource):
            statements = tuple(one for one in statements if not isinstance(one, Unknown))
        yield from _rules(statements, open_lists.get(field, ""))
    if isinstance(resource, NetworkSecurityGroup) and resource.default_security_rules is not None:
        yield f"{DEFAULT_RULES} {{"
        yield from (_INDENT + line for line in _rules(resource.default_security_rules, ""))
        yield "}"


def _rules(statements: Iterable[Any], open_list: str) -> Iterator[str]:
    """Rules in blocks of one direction each; other statements by themselves."""
    for key, together in groupby(statements, key=_block_word):
        if key:
            yield f"{key} {{"
            yield from (_INDENT + rule_line(rule) for rule in together)
            yield "}"
        else:
            yield from (_sentence(statement, open_list) for statement in together)


def _is_elsewhere(resource: Resource | ConnectivityGroup) -> bool:
    """Whether only what stands in it is defined here."""
    return isinstance(resource, Resource) and resource.existing


def _block_word(statement: object) -> str:
    """The word of the block that a rule stands in; empty for what stands alone."""
    if not isinstance(statement, Rule):
        return ""
    if isinstance(statement.direction, Unknown):
        return _unknown(statement.direction)
    return "inbound" if statement.direction is Direction.INBOUND else "outbound"


def _sentence(statement: Unknown | Route | RoutingRule | Deployment, open_list: str) -> str:
    match statement:
        case Unknown():
            return f"{open_list} {_unknown(statement)}"
        case Deployment():
            return _deployment(statement)
        case Route():
            _check_rest(statement, _ROUTE_FIELDS)
            addresses = statement.next_hop_ip_addresses
            return _route(statement, statement.address_prefix, addresses, statement.has_bgp_override)
        case RoutingRule():
            _check_rest(statement, _ROUTING_RULE_FIELDS)
            address = statement.next_hop_address
            return _route(statement, statement.destination, () if address is None else (address,))


def _deployment(deployment: Deployment) -> str:
    word = _WORDS_OF_CONFIGURATIONS[deployment.type]
    sort = f"{word} " if word != "configuration" else ""
    regions = ", ".join(map(_region, deployment.target_locations))
    names = [c.target for c in deployment.configurations]
    shown = ", ".join(_quoted(name) if name == NOTHING else _text(name) for name in names)
    return f"deploy {sort}{shown or NOTHING} to {regions}"


def _route(route: Route | RoutingRule, to: object, addresses: Sequence[object], bgp_override: bool = False) -> str:
    hop = route.next_hop_type
    words = ["route", _text(route.name), _value(to), "via"]
    words.append(_unknown(hop) if isinstance(hop, Unknown) else _WORDS_OF_HOPS[hop])
    if addresses:
        words.append(_list(addresses))
    if bgp_override:
        words.append("bgp-override")
    return " ".join(words) + _condition(route)


def _assertion(assertion: Assertion) -> str:
    _check_rest(assertion, _ASSERTION_FIELDS)
    words = ["assert", _text(assertion.name), assertion.kind.value]
    if assertion.kind is AssertionKind.EQUIVALENT:
        paths = (("from", assertion.before), ("to", assertion.after))
        words += [word for key, path in paths if path is not None for word in (key, _quoted(path))]
    else:
        words += _flows(assertion)
    if assertion.next_hop_type is not None:
        words += ["via", _WORDS_OF_HOPS[assertion.next_hop_type]]
    if assertion.next_hop_ip_addresses:
        words.append(_list(assertion.next_hop_ip_addresses))
    return " ".join([*words, *_only_rules(assertion.rules_only), *_said(assertion)]) + _condition(assertion)


def _exception(exception: AssertionException) -> str:
    _check_rest(exception, _STATEMENT_FIELDS)
    words = ["except", _text(exception.name), *_flows(exception), *_said(exception)]
    return " ".join(words) + _condition(exception)


def _expectation(expected: Expectation) -> str:
    _check_rest(expected, _EXPECTATION_FIELDS)
    words = ["expect", _text(expected.name), _ACCESS[expected.verdict], *_flows(expected)]
    if expected.rule is not None:
        words += ["by", _text(expected.rule)]
    return " ".join([*words, *_only_rules(expected.rules_only), *_said(expected)]) + _condition(expected)


def _environment(environment: Environment) -> Iterator[str]:
    yield f"environment {_text(environment.name)} {{"
    for given in environment.values:
        name = _quoted(given.name) if given.name.isdecimal() else _text(given.name)
        yield f"{_INDENT}{name} {', '.join(map(_text, given.values))}"
    yield "}"


def _flows(said: Statement) -> Iterator[str]:
    """Protocol, source, destination and its ports."""
    if not said.protocol.is_full:
        yield _protocol(said.protocol)
    if said.sources:
        yield f"from {_terms(said.sources, may_be_empty=False)}"
    if said.destinations or said.destination_port_ranges:
        yield f"to {_terms(said.destinations, may_be_empty=True)}"
    if said.destination_port_ranges:
        yield f"port {_list(said.destination_port_ranges)}"


def _only_rules(rules_only: bool) -> tuple[str, ...]:
    return ("rules-only",) if rules_only else ()


def _said(said: Statement) -> Iterator[str]:
    """Who answers for it, why, and until when."""
    for word, text in (("owner", said.owner), ("reason", said.reason)):
        if text is not None:
            yield f"{word} {_quoted(text)}"
    if said.expires is not None:
        yield f"expires {_text(said.expires)}"


def _says_nothing(ports: Sequence[PortRange | Unknown], is_admin: bool) -> bool:
    """Whether ports are what a rule has that does not mention them."""
    if is_admin:
        return not ports
    return len(ports) == 1 and isinstance(ports[0], PortRange) and ports[0].ports == ANY_PORT


def _terms(values: Sequence[object], may_be_empty: bool) -> str:
    """Sources, destinations or their ports: `any` for none of them."""
    return "any" if may_be_empty and not values else ", ".join(map(_term, _some(values)))


def _term(value: object) -> str:
    if not isinstance(value, Reference):
        return _value(value)
    if value.type not in _WORDS_OF_LINKS:
        raise NotWritable(f"{value.type} cannot be a source or destination in .nwp")
    return f"{_WORDS_OF_LINKS[value.type]} {_text(value.target)}"


def _list(values: Sequence[object]) -> str:
    return ", ".join(map(_value, _some(values)))


def _some(values: Sequence[object]) -> Sequence[object]:
    if not values:
        raise NotWritable("an empty list cannot be written in .nwp")
    return values


def _value(value: object) -> str:
    match value:
        case Unknown():
            return _unknown(value)
        case AddressPrefix():
            return ", ".join(prefix_texts(value))
        case ServiceTag() if SERVICE_TAG.fullmatch(value.name) and value.name != "any":
            return _text(value.name)
        case PortRange() if value.ports:
            return format_ports(value.ports)
        case Reference():
            return _text(value.target)
        case Family():
            return "IPv4" if value is Family.IPV4 else "IPv6"
        case Address() | int():
            return str(value)
        case str():
            return _text(str(value))
        case _:
            raise NotWritable(f"{value} cannot be written in .nwp")


def _protocol(protocol: IntervalSet | Unknown) -> str:
    return _unknown(protocol) if isinstance(protocol, Unknown) else ", ".join(protocol_names(protocol))


def _region(region: str) -> str:
    return region if region == "*" else _text(region)


def _condition(resource: Resource) -> str:
    return f" if {_unknown(resource.condition)}" if resource.condition is not None else ""


def _unknown(unknown: Unknown) -> str:
    return _unknown_name(unknown.name)


def _unknown_name(name: str) -> str:
    return f"?{name if _BARE_UNKNOWN.fullmatch(name) else _quoted(name)}"


def _text(text: str) -> str:
    return text if _BARE.fullmatch(text) and text not in KEYWORDS else _quoted(text)


def _quoted(text: str) -> str:
    """As in JSON, with escapes for what a terminal or a build log would take for a command."""
    quoted = json.dumps(text, ensure_ascii=False)
    if not quoted.isprintable():
        quoted = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in quoted)
    return quoted.replace("##", "#\\u0023")


def _defaults(resource: Resource | ConnectivityGroup) -> dict[str, object]:
    return {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(resource)
    }


def _check_rest(resource: Resource | ConnectivityGroup, printed: Iterable[str]) -> None:
    """Nothing is left out in silence: what is not printed must be what is read where nothing is written."""
    known = frozenset(printed)
    for field, default in _defaults(resource).items():
        if field not in known and field != "id" and getattr(resource, field) != default:
            name = resource.name if isinstance(resource, Resource) else resource.group.name
            raise NotWritable(f"{field} of {name} cannot be written in .nwp")
