"""Network security groups, application security groups, and their rules.

Source: Azure Network REST API, `SecurityRulePropertiesFormat`; Microsoft Learn, Network security groups overview.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.resource import AddressTerm, PortRange, ServiceTag
from nwpolicy.model.rules import (
    Access,
    ApplicationSecurityGroup,
    Direction,
    NetworkSecurityGroup,
    SecurityRule,
)
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import values
from nwpolicy.readers.resources.body import Body

__all__ = [
    "application_security_group",
    "check_fields",
    "needed_access",
    "needed_direction",
    "needed_priority",
    "needed_protocol",
    "network_security_group",
    "port_ranges",
    "security_rule",
]

_NAME: Final = re.compile(r"\w([\w.\-]{0,78}\w)?", re.ASCII)
_USER_PRIORITIES: Final = range(100, 4097)
_NSG_ACCESS: Final = (Access.ALLOW, Access.DENY)

#: Every key of a rule, in either shape: what it says, what Azure adds, what may stand beside `properties`.
_FIELDS: Final = (
    *("description", "protocol", "access", "direction", "priority"),
    *("sourcePortRange", "sourcePortRanges", "destinationPortRange", "destinationPortRanges"),
    *("sourceAddressPrefix", "sourceAddressPrefixes", "destinationAddressPrefix", "destinationAddressPrefixes"),
    *("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"),
    *("provisioningState", "etag", "resourceGroup"),
    *("name", "id", "type", "properties", "apiVersion", "condition", "dependsOn", "copy", "comments", "scope", "tags"),
)


def network_security_group(body: Body) -> NetworkSecurityGroup:
    defaults = None
    if body.get("defaultSecurityRules") is not None and not body.is_unknown:
        defaults = tuple(_default_rule(part) for part in body.parts("defaultSecurityRules"))
    return NetworkSecurityGroup(
        security_rules=body.each("securityRules", UnknownKind.RULES, security_rule),
        default_security_rules=defaults,
        **body.base(),
    )


def application_security_group(body: Body) -> ApplicationSecurityGroup:
    return ApplicationSecurityGroup(**body.base())


def security_rule(body: Body) -> SecurityRule:
    """A rule as a person writes it, with everything checked that Azure checks in a single rule."""
    check_fields(body, _FIELDS)
    _check_name(body)
    return _rule(body, _USER_PRIORITIES, is_default=False)


def _default_rule(body: Body) -> SecurityRule:
    return _rule(body, range(1, 65536), is_default=True)


def _rule(body: Body, priorities: range, *, is_default: bool) -> SecurityRule:
    description = body.text("description")
    return SecurityRule(
        priority=needed_priority(body, priorities),
        direction=needed_direction(body),
        access=needed_access(body, _NSG_ACCESS),
        protocol=needed_protocol(body),
        sources=_terms(body, "source"),
        source_port_ranges=_needed_ports(body, "source"),
        destinations=_terms(body, "destination"),
        destination_port_ranges=_needed_ports(body, "destination"),
        description=description if isinstance(description, str) else None,
        is_default=is_default,
        **body.base(),
    )


def check_fields(body: Body, known: Collection[str]) -> None:
    """A misspelt field would otherwise be a condition that silently does not exist. What Azure itself has written,
    which `provisioningState` tells, is not misspelt but may be newer than this list."""
    names = {name.lower() for name in known}
    complain = Diagnostic.error if body.properties.get("provisioningState") is None else Diagnostic.warning
    for key, node in body.properties.items():
        if key.lower() not in names:
            help = values.close_match(key, known)
            message = f"{body.name()} has a field that rules do not have: {key!r}"
            body.diagnostics.append(complain("unknown-field", message, node.source.key, help))


def needed_priority(body: Body, priorities: range) -> int | Unknown:
    node = body.get("priority")
    if node is None:
        return body.missing("priority", UnknownKind.PRIORITY)
    found = values.integer(node, UnknownKind.PRIORITY, body.diagnostics)
    if isinstance(found, Unknown) or found in priorities:
        return found
    message = f"priority {found} is not within {priorities[0]} to {priorities[-1]}"
    error = Diagnostic.error("bad-priority", message, node.source)
    return values.unreadable(node, UnknownKind.PRIORITY, error, body.diagnostics)


def needed_direction(body: Body) -> Direction | Unknown:
    node = body.get("direction")
    if node is None:
        return body.missing("direction", UnknownKind.DIRECTION)
    return values.choice(node, Direction, UnknownKind.DIRECTION, "direction", body.diagnostics)


def needed_access(body: Body, allowed: Collection[Access]) -> Access | Unknown:
    node = body.get("access")
    if node is None:
        return body.missing("access", UnknownKind.ACCESS)
    return values.choice(node, allowed, UnknownKind.ACCESS, "access", body.diagnostics)


def needed_protocol(body: Body) -> IntervalSet | Unknown:
    node = body.get("protocol")
    if node is None:
        return body.missing("protocol", UnknownKind.PROTOCOL)
    return values.protocol(node, body.diagnostics)


def port_ranges(body: Body, side: str) -> tuple[PortRange | Unknown, ...]:
    nodes = body.union(f"{side}PortRange", f"{side}PortRanges")
    return tuple(values.ports(node, body.diagnostics) for node in nodes)


def _needed_ports(body: Body, side: str) -> tuple[PortRange | Unknown, ...]:
    return port_ranges(body, side) or (body.missing(f"{side}PortRange", UnknownKind.PORT),)


def _terms(body: Body, side: str) -> tuple[AddressTerm, ...]:
    """One side's addresses: the union of the single prefix, the prefixes and the application security groups."""
    nodes = body.union(f"{side}AddressPrefix", f"{side}AddressPrefixes")
    prefixes = tuple(values.prefix_or_tag(node, body.diagnostics) for node in nodes)
    if body.is_unknown:
        return prefixes
    single = 0 if f"{side}AddressPrefix" not in body.fields else 1
    _warn_of_listed_tags(body, prefixes[single:])
    groups = body.references(f"{side}ApplicationSecurityGroups", "applicationSecurityGroups")
    if _has_known(prefixes) and _has_known(groups):
        message = f"{body.name()} names both prefixes and application security groups as {side}"
        help = "Azure takes one or the other, split the rule"
        body.diagnostics.append(Diagnostic.warning("asg-and-prefix", message, nodes[0].source, help))
    return (*prefixes, *groups) or (body.missing(f"{side}AddressPrefix", UnknownKind.ADDRESS),)


def _has_known(terms: tuple[AddressTerm, ...]) -> bool:
    """Whether something is named; an unknown may be nothing."""
    return any(not isinstance(term, Unknown) for term in terms)


def _warn_of_listed_tags(body: Body, listed: tuple[AddressTerm, ...]) -> None:
    for term in listed:
        if isinstance(term, ServiceTag):
            message = f"the service tag {term.name} stands in a list of prefixes, which Azure does not document"
            help = "write a tag in the singular field, in a rule of its own"
            body.diagnostics.append(Diagnostic.warning("tag-in-list", message, term.source, help))


def _check_name(body: Body) -> None:
    node = body.beside("name")
    name = body.name()
    if node is None or node.text is None or "{" in name or _NAME.fullmatch(name):
        return  # braces stand for a part of the name that the input leaves open
    message = f"{name!r} is no name that Azure takes for a rule"
    help = "at most 80 letters, digits, '_', '.' and '-', beginning and ending with a letter, digit or '_'"
    body.diagnostics.append(Diagnostic.warning("bad-name", message, node.source, help))
