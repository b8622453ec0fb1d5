"""Rules for addresses that nothing has behind the group that they are in.

Source: Microsoft Learn, How network security groups filter network traffic: inbound rules see a private address of the
machine as destination, outbound ones as source.
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.spaces import PRIVATE, union
from nwpolicy.azure.subjects import subnet_of, subnet_subject
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.rules import Direction, NetworkSecurityGroup
from nwpolicy.queries.lint.facts import Facts, WrittenRule
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import listed, report
from nwpolicy.queries.lint.uses import RuleUse, example

__all__ = ["check_elsewhere"]


def check_elsewhere(facts: Facts) -> Iterator[Finding]:
    loose = {id(group) for group in facts.loose_groups}
    known: dict[int, list[Subnet]] = {}
    for use in facts.group_uses:
        group = facts.snapshot.parent(use.rule)
        own = _own_addresses(use.rule)
        if own and isinstance(group, NetworkSecurityGroup) and id(group) not in loose and not use.is_shadowed:
            if id(group) not in known:
                known[id(group)] = _subnets(facts, group)
            subnets = known[id(group)]
            there = union(subnet_subject(facts.snapshot, subnet).local for subnet in subnets)
            if subnets and own.isdisjoint(there):
                yield _finding(facts, use, subnets)


def _subnets(facts: Facts, group: NetworkSecurityGroup) -> list[Subnet]:
    """Where the group's machines are; nothing where that is not known of all of them, or one may pass on packets of
    others."""
    found: list[Subnet] = []
    for holder in facts.attached[id(group)]:
        places = [holder] if isinstance(holder, Subnet) else _subnets_of(facts, holder)
        if any(place is None or _forwards(facts, place) for place in places):
            return []
        found += [place for place in places if place is not None]
    return found


def _subnets_of(facts: Facts, nic: NetworkInterface) -> list[Subnet | None]:
    return [subnet_of(facts.snapshot, configuration.subnet) for configuration in nic.ip_configurations]


def _forwards(facts: Facts, subnet: Subnet) -> bool:
    """Whether packets for others may pass through a machine there."""
    return any(nic.enable_ip_forwarding is not False for nic in facts.interfaces.get(id(subnet), ()))


def _own_addresses(rule: WrittenRule) -> AddressSet:
    """The addresses that a rule is for, on the machines' side, if they are private prefixes and nothing else: public
    ones may be those of a load balancer that leaves them as they are."""
    own = rule.destinations if rule.direction is Direction.INBOUND else rule.sources
    if not isinstance(rule.direction, Direction) or not all(isinstance(term, AddressPrefix) for term in own):
        return NO_ADDRESS
    addresses = union(term.addresses for term in own if isinstance(term, AddressPrefix))
    return addresses if addresses <= PRIVATE else NO_ADDRESS


def _finding(facts: Facts, use: RuleUse, subnets: list[Subnet]) -> Finding:
    side = "destination" if use.rule.direction is Direction.INBOUND else "source"
    shown = all(facts.interfaces.get(id(subnet)) for subnet in subnets)
    return report(
        facts,
        "NWP306",
        use.rule,
        f"{use.rule.name} is for addresses that nothing behind its group has",
        at=use.rule.field_source(f"{side}AddressPrefix", f"{side}AddressPrefixes", f"{side}s", "name"),
        reason=f"the group is attached in {listed(dict.fromkeys(subnet.name for subnet in subnets))}"
        + ("" if shown else ", where the input shows no machine that might forward packets"),
        witness=str(example(use.asked[0])),
        help="mend the addresses, or move the rule to the group of the subnet that has them",
        certain=shown,
    )
