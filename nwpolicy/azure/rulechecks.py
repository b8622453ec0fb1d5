"""Checks of network security groups and of the rules in them and in admin rule collections.

Sources: Microsoft Learn, Network security groups overview; Application security groups; Virtual network service tags;
Overview of IPv6 for Azure Virtual Network; Azure subscription and service limits; REST API, Security Rules and Admin
Rules (the length of a description).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from nwpolicy.azure import adminfilter, groupfilter
from nwpolicy.azure.tagnames import PLATFORM_TAGS, canonical, closest, is_documented
from nwpolicy.model.avnm import AdminRuleCollection
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, ServiceTag
from nwpolicy.model.rules import AdminRule, Direction, NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown

__all__ = ["check_rules"]

_MAX_RULES: Final = 1000
_MAX_ADDRESSES: Final = 4000
_MAX_RULE_ASGS: Final = 10
_MAX_GROUP_ASGS: Final = 100
_MAX_DESCRIPTION: Final = 140


def check_rules(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Everything doubtful in rules."""
    for group in snapshot.all(NetworkSecurityGroup):
        own = [rule for rule in group.security_rules if isinstance(rule, SecurityRule) and not rule.is_default]
        yield from _check_set(own, groupfilter.PRIORITIES)
        yield from _check_limits(group, own)
    for collection in snapshot.all(AdminRuleCollection):
        admin = [rule for rule in collection.rules if isinstance(rule, AdminRule)]
        yield from _check_set(admin, adminfilter.PRIORITIES)
    listed = {name for catalogue in snapshot.all(ServiceTagCatalogue) for name in catalogue.tags}
    written = (rule for rule in snapshot.all(SecurityRule) if not rule.is_default)
    for rule in (*written, *snapshot.all(AdminRule)):
        yield from _check_rule(rule, listed)


def _check_set(rules: Iterable[Rule], limits: tuple[int, int]) -> Iterator[Diagnostic]:
    """Priorities and names of rules that stand side by side: of two that may both be deployed, no two have the same
    name, or the same priority and direction."""
    priorities: dict[tuple[object, int], Rule] = {}
    names: dict[str, Rule] = {}
    for rule in rules:
        namesake = names.setdefault(rule.name.lower(), rule)
        if namesake is not rule:
            message = f"there is another rule {rule.name}, {namesake.source}"
            help_ = "give each rule a name of its own"
            yield _conflict("duplicate-name", message, rule.field_source("name"), help_, rule, namesake)
        if isinstance(rule.priority, Unknown):
            continue
        place = rule.field_source("priority")
        if not limits[0] <= rule.priority <= limits[1]:
            message = f"priority {rule.priority} of {rule.name} is not between {limits[0]} and {limits[1]}"
            yield Diagnostic.error("priority-out-of-range", message, place)
        first = priorities.setdefault((rule.direction, rule.priority), rule)
        if first is not rule:
            way = f" for {rule.direction} traffic" if isinstance(rule.direction, Direction) else ""
            message = f"{rule.name} has priority {rule.priority}{way} like {first.name}, {first.source}"
            yield _conflict("duplicate-priority", message, place, "give each rule a priority of its own", rule, first)


def _conflict(code: str, message: str, place: Source, help_: str, *rules: Rule) -> Diagnostic:
    """Rules of which at most one may be deployed under a condition are fine if the other is not."""
    certain = all(rule.condition is None for rule in rules)
    return (Diagnostic.error if certain else Diagnostic.warning)(code, message, place, help=help_)


def _check_rule(rule: Rule, listed: set[str]) -> Iterator[Diagnostic]:
    for side, field in ((rule.sources, "source"), (rule.destinations, "destination")):
        yield from _check_side(rule, side, field)
        for tag in (term for term in side if isinstance(term, ServiceTag)):
            yield from _check_tag(rule, tag, listed)
    if rule.description is not None and len(rule.description) > _MAX_DESCRIPTION:
        length = f"{len(rule.description)} characters, Azure accepts {_MAX_DESCRIPTION}"
        place = rule.field_source("description", "name")
        yield Diagnostic.warning("azure-limit", f"the description of {rule.name} has {length}", place)
    if _mixes_families(rule):
        message = f"{rule.name} has IPv4 and IPv6 prefixes, which Azure does not accept in one rule"
        yield Diagnostic.warning("mixed-families", message, rule.source, help="write a rule for each family")
    if not isinstance(rule.protocol, Unknown) and rule.protocol.isdisjoint(PORTED) and _names_ports(rule):
        message = f"{rule.name} names ports, but its protocol has none, so it matches nothing"
        place = rule.field_source("destinationPortRange", "destinationPortRanges", "sourcePortRange")
        yield Diagnostic.warning("ports-without-meaning", message, place, help="use * for the ports")


def _check_side(rule: Rule, side: tuple[AddressTerm, ...], field: str) -> Iterator[Diagnostic]:
    tags = {canonical(term.name) for term in side if isinstance(term, ServiceTag)}
    asgs = [term for term in side if isinstance(term, Reference) and term.type.lower() == "applicationsecuritygroups"]
    if len(tags) > 1 and isinstance(rule, SecurityRule):
        message = f"{rule.name} has several service tags as {field}: {', '.join(sorted(tags))}"
        yield Diagnostic.warning("several-service-tags", message, rule.source, help="write a rule for each tag")
    if asgs and len(asgs) < len(side):
        message = f"{rule.name} has application security groups and addresses as {field}, which Azure does not accept"
        yield Diagnostic.warning("asg-with-addresses", message, rule.source)
    if len(asgs) > _MAX_RULE_ASGS:
        message = f"{rule.name} has {len(asgs)} application security groups as {field}, Azure accepts {_MAX_RULE_ASGS}"
        yield Diagnostic.warning("azure-limit", message, rule.source)


def _check_tag(rule: Rule, tag: ServiceTag, listed: set[str]) -> Iterator[Diagnostic]:
    name = canonical(tag.name)
    if not is_documented(name) and name.lower() not in listed and tag.expansion is None:
        guess = closest(name)
        help_ = f"did you mean {guess}?" if guess else None
        yield Diagnostic.warning("unknown-service-tag", f"{tag.name!r} is no known service tag", tag.source, help=help_)
    if name in PLATFORM_TAGS and isinstance(rule, AdminRule):
        message = f"admin rules do not support the tag {name}, used by {rule.name}"
        yield Diagnostic.warning("unsupported-tag", message, tag.source)
    elif name in PLATFORM_TAGS and rule.direction is Direction.INBOUND:
        message = f"the tag {name} has a meaning for outbound traffic only, {rule.name} is an inbound rule"
        yield Diagnostic.warning("unsupported-tag", message, tag.source)


def _mixes_families(rule: Rule) -> bool:
    written = [t.addresses for t in (*rule.sources, *rule.destinations) if isinstance(t, AddressPrefix)]
    narrow = [addresses for addresses in written if not addresses.is_any]
    return any(a.v4 for a in narrow) and any(a.v6 for a in narrow)


def _names_ports(rule: Rule) -> bool:
    ranges = (*rule.source_port_ranges, *rule.destination_port_ranges)
    return any(isinstance(entry, PortRange) and not entry.ports.is_full for entry in ranges)


def _check_limits(group: NetworkSecurityGroup, rules: list[SecurityRule]) -> Iterator[Diagnostic]:
    """Limits of one group."""
    asgs = {
        term.target.lower()
        for rule in rules
        for term in (*rule.sources, *rule.destinations)
        if isinstance(term, Reference)
    }
    counts = (
        (len(rules), _MAX_RULES, "rules"),
        (_prefix_count(rule.sources for rule in rules), _MAX_ADDRESSES, "source addresses and ranges"),
        (_prefix_count(rule.destinations for rule in rules), _MAX_ADDRESSES, "destination addresses and ranges"),
        (len(asgs), _MAX_GROUP_ASGS, "application security groups"),
    )
    for count, limit, what in counts:
        if count > limit:
            message = f"{group.name} has {count} {what}, Azure accepts {limit}"
            yield Diagnostic.warning("azure-limit", message, group.source)


def _prefix_count(sides: Iterable[tuple[AddressTerm, ...]]) -> int:
    return sum(isinstance(term, AddressPrefix) for side in sides for term in side)
