"""Probes of load balancers, Azure's own services, and tags that are not what they seem.

Sources: Microsoft Learn, Azure Load Balancer health probes; What is IP address 168.63.129.16?; Virtual network service
tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.spaces import PLATFORM_ADDRESS, PRIVATE
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.azure.tagnames import PLATFORM_TAGS, canonical
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import TCP
from nwpolicy.model.resource import ServiceTag
from nwpolicy.model.rules import Access, AdminRule, Direction, NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.queries.lint.facts import Facts, WrittenRule
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import listed, report
from nwpolicy.queries.lint.uses import example

__all__ = ["check_any_probes", "check_platform_services", "check_probes", "check_tags"]

_LOAD_BALANCER: Final = "AzureLoadBalancer"
#: Spellings of the classic deployment model, folded.
_CLASSIC: Final = frozenset({"virtual_network", "azure_loadbalancer"})
_WHAT: Final = {
    "AzurePlatformDNS": "Azure's DNS",
    "AzurePlatformIMDS": "the instance metadata service",
    "AzurePlatformLKM": "the activation of Windows",
}


# --- probes ---


def check_probes(facts: Facts) -> Iterator[Finding]:
    stopped: dict[int, tuple[WrittenRule, list[Subject]]] = {}
    for place in facts.places:
        behind = [subject for subject in place.members if _balancers(subject)]
        if behind and place.subject.kind is SubjectKind.NETWORK_INTERFACE:
            chain = facts.estate.chain(place.subject, Direction.INBOUND).chain
            for subject in behind:
                rule = _stopping(facts, chain, subject.local, subject.name)
                if rule is not None:
                    stopped.setdefault(id(rule), (rule, []))[1].append(subject)
    for rule, subjects in stopped.values():
        yield _blocked(facts, rule, subjects)
    yield from _loose(facts)


def _balancers(subject: Subject) -> tuple[str, ...]:
    configurations = subject.nic.ip_configurations if subject.nic is not None else ()
    return tuple(balancer.name for c in configurations for balancer in c.load_balancers)


def _probes(destination: AddressSet) -> FlowSet:
    return FlowSet(IntervalSet(8, ((TCP, TCP),)), source=PLATFORM_ADDRESS, destination=destination)


def _stopping(facts: Facts, chain: Chain, destination: AddressSet, name: str) -> WrittenRule | None:
    """The rule that denies most of the probes, if not one of them may get through."""
    try:
        counts = Decisions.of(chain, _probes(destination)).counts()
    except TooLarge as large:
        facts.undecided[f"probes of {name}: {large}"] = None
        return None
    if not counts or any(fate.allowed is not False for fate in counts):
        return None
    rules = {id(fate.rule): (count, fate.rule) for fate, count in counts.items() if fate.rule is not None}
    if not rules:
        return None
    written = origin_of(max(rules.values(), key=lambda entry: entry[0])[1]).rule
    return written if isinstance(written, SecurityRule | AdminRule) else None


def _blocked(facts: Facts, rule: WrittenRule, subjects: list[Subject]) -> Finding:
    subject = subjects[0]
    balancers = tuple(dict.fromkeys(name for one in subjects for name in _balancers(one)))
    return report(
        facts,
        "NWP201",
        rule,
        f"{rule.name} denies every health probe of {listed(balancers)}",
        reason=f"no TCP port of {subject.name}, which is behind {_balancers(subject)[0]}, can be reached from "
        "168.63.129.16",
        witness=str(example(_probes(subject.local))),
        help=f"allow {_LOAD_BALANCER} before it",
        parts=balancers,
    )


def _loose(facts: Facts) -> Iterator[Finding]:
    """Groups that the input attaches to nothing: only rules that name VirtualNetwork, as these do it unnoticed."""
    for group in facts.loose_groups:
        rules = [rule for rule in group.security_rules if isinstance(rule, SecurityRule)]
        if not any(_names(rule, "VirtualNetwork") and rule.access is Access.DENY for rule in rules):
            continue
        rule = _stopping(facts, facts.chain_of(group, Direction.INBOUND), ANY_ADDRESS, group.name)
        if isinstance(rule, SecurityRule) and _names(rule, "VirtualNetwork"):
            yield report(
                facts,
                "NWP204",
                rule,
                f"{rule.name} denies probes of load balancers too",
                at=next(term.source for term in rule.sources if isinstance(term, ServiceTag)),
                reason="VirtualNetwork holds 168.63.129.16, from which they come",
                witness=str(example(_probes(AddressSet.parse("10.0.0.4")))),
                help=f"allow {_LOAD_BALANCER} before it, if load balancers send to what the group is attached to",
                certain=False,
            )


def check_any_probes(facts: Facts) -> Iterator[Finding]:
    """Of every group by itself; what NWP204 says of rules for VirtualNetwork is not said again."""
    for group in facts.snapshot.all(NetworkSecurityGroup):
        chain = filter_chain(facts.snapshot, group_subject(group), Direction.INBOUND, facts.assumptions, PRIVATE).chain
        rule = _stopping(facts, chain, PRIVATE, group.name)
        if isinstance(rule, SecurityRule) and not _names(rule, "VirtualNetwork"):
            yield report(
                facts,
                "NWP208",
                rule,
                f"{rule.name} denies the probes of any load balancer",
                reason="they come from 168.63.129.16, and no rule before it allows that",
                witness=str(example(_probes(AddressSet.parse("10.0.0.4")))),
                help=f"allow {_LOAD_BALANCER} before it",
            )


def _names(rule: Rule, tag: str) -> bool:
    inbound = rule.direction is Direction.INBOUND
    return inbound and any(isinstance(term, ServiceTag) and canonical(term.name) == tag for term in rule.sources)


# --- Azure's own services ---


def check_platform_services(facts: Facts) -> Iterator[Finding]:
    for use in facts.group_uses:
        rule = use.rule
        if rule.access is Access.DENY and rule.direction is Direction.OUTBOUND and not use.is_shadowed:
            for term in rule.destinations:
                if isinstance(term, ServiceTag) and canonical(term.name) in PLATFORM_TAGS:
                    name = canonical(term.name)
                    yield report(
                        facts,
                        "NWP202",
                        rule,
                        f"{rule.name} cuts off {_WHAT[name]}",
                        at=term.source,
                        reason=f"only rules that name {name} apply to it, and this one denies",
                        help="remove the tag, unless something else does what the service does",
                        detail=name,
                    )


# --- tags ---


def check_tags(facts: Facts) -> Iterator[Finding]:
    for rule in facts.written:
        own = rule.destinations if rule.direction is Direction.INBOUND else rule.sources
        for term in (*rule.sources, *rule.destinations):
            if not isinstance(term, ServiceTag):
                continue
            if canonical(term.name) == _LOAD_BALANCER and isinstance(rule.direction, Direction) and term in own:
                yield _misplaced(facts, rule, term)
            if term.name.strip().lower() in _CLASSIC:
                yield _classic(facts, rule, term)


def _misplaced(facts: Facts, rule: SecurityRule | AdminRule, term: ServiceTag) -> Finding:
    side = "destination" if rule.direction is Direction.INBOUND else "source"
    return report(
        facts,
        "NWP203",
        rule,
        f"no network interface has the address of {_LOAD_BALANCER}, the {side} of {rule.name}",
        at=term.source,
        reason="the tag stands for 168.63.129.16, from which probes come",
        help="name the addresses of the machines, or their application security group",
        detail=side,
    )


def _classic(facts: Facts, rule: SecurityRule | AdminRule, term: ServiceTag) -> Finding:
    return report(
        facts,
        "NWP409",
        rule,
        f"{term.name} is the classic spelling of {canonical(term.name)}",
        at=term.source,
        help=f"write {canonical(term.name)}",
        detail=term.name,
        fixable=True,
    )
