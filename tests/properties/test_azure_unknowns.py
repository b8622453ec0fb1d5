"""An estate with unknowns means, for every value of theirs, the estate with that value written in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.origins import EXEMPT, RuleOrigin
from nwpolicy.azure.platform import PLATFORM_OFFSET
from nwpolicy.azure.subjects import find_subject
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Chain, Outcome, RulesValue, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.builders import port_ranges, prefixes, rule, snapshot, unknown
from tests.estates import Estate, directions, estates, some_flows
from tests.naive_azure import Naive, evaluate_naively

OUTCOMES = {Access.ALLOW: Outcome.PASS, Access.DENY: Outcome.DENY}


@dataclass
class Opened:
    """A rule with an unknown in it, the rule with a value instead (None: no rule), and that value."""

    rule: SecurityRule
    closed: SecurityRule | None
    values: dict[Unknown, UnknownValue]


def opened(written: SecurityRule, field: str, choice: int) -> Opened:
    """Makes one field of a rule unknown; `choice` picks its value."""
    name = f"{field} of {written.name}"
    match field:
        case "sources" | "destinations":
            text = ("10.0.0.0/24", "0.0.0.0/0", "8.8.8.8", "fd00::/64")[choice % 4]
            hole = unknown(name, UnknownKind.ADDRESS)
            return _swapped(written, field, (hole,), prefixes([text]), {hole: AddressSet.parse(text)})
        case "destination_port_ranges":
            text = ("*", "80", "53", "0-32767")[choice % 4]
            hole = unknown(name, UnknownKind.PORT)
            return _swapped(written, field, (hole,), port_ranges(text), {hole: parse_ports(text)})
        case "protocol":
            protocol = parse_protocol(("*", "Tcp", "Udp", "Icmp")[choice % 4])
            hole = unknown(name, UnknownKind.PROTOCOL)
            return _swapped(written, field, hole, protocol, {hole: protocol})
        case "access":
            access = (Access.ALLOW, Access.DENY)[choice % 2]
            hole = unknown(name, UnknownKind.ACCESS)
            return _swapped(written, field, hole, access, {hole: OUTCOMES[access]})
        case "direction":
            way = tuple(Direction)[choice % 2]
            hole = unknown(name, UnknownKind.DIRECTION)
            values = {unknown(f"{name} = {d}", UnknownKind.CONDITION): d is way for d in Direction}
            return _swapped(written, field, hole, way, dict(values))
        case "priority":
            priority = (150, 1000, 4000, 103)[choice % 4]
            hole = unknown(name, UnknownKind.PRIORITY)
            platform = unknown(f"{name} for platform traffic", UnknownKind.PRIORITY)
            values_ = {hole: priority, platform: priority + PLATFORM_OFFSET}
            return _swapped(written, field, hole, priority, dict(values_))
        case _:
            hole = unknown(name, UnknownKind.CONDITION)
            exists = choice % 2 == 0
            return Opened(replace(written, condition=hole), written if exists else None, {hole: exists})


def _swapped(written: SecurityRule, field: str, hole: Any, value: Any, values: dict[Unknown, UnknownValue]) -> Opened:
    return Opened(replace(written, **{field: hole}), replace(written, **{field: value}), values)


FIELDS = (
    "sources",
    "destinations",
    "destination_port_ranges",
    "protocol",
    "access",
    "direction",
    "priority",
    "condition",
)


@given(estates(), directions, st.integers(0, 2**16), st.sampled_from(FIELDS), st.integers(0, 3), st.integers(0, 7))
def test_unknown_field_means_each_of_its_values(
    estate: Estate, direction: Direction, seed: int, field: str, choice: int, position: int
) -> None:
    group = next(r for r in estate.snapshot.resources if isinstance(r, NetworkSecurityGroup) and r.name == "nsg-nic")
    rules = list(group.security_rules) or [rule("only", 100, Access.ALLOW, direction=direction)]
    index = position % len(rules)
    written = rules[index]
    assert isinstance(written, SecurityRule)
    change = opened(written, field, choice)
    chain = _chain(_with_rules(estate.snapshot, group, [*rules[:index], change.rule, *rules[index + 1 :]]), direction)
    closed = [change.closed] if change.closed is not None else []
    if _clashes([*rules[:index], *closed, *rules[index + 1 :]]):
        return  # two rules of one priority: not a definition that Azure accepts
    without = _with_rules(estate.snapshot, group, [*rules[:index], *closed, *rules[index + 1 :]])
    for flow in some_flows(seed, direction, 60):
        assert _fate(chain, flow, change.values) == _naive_fate(without, direction, flow), str(flow)


@given(estates(), directions, st.integers(0, 2**16), st.integers(0, 3), st.sampled_from((Access.ALLOW, Access.DENY)))
def test_unseen_rules_mean_any_rule_that_could_be_there(
    estate: Estate, direction: Direction, seed: int, choice: int, access: Access
) -> None:
    """One hidden rule, of a priority that no other rule has."""
    group = next(r for r in estate.snapshot.resources if isinstance(r, NetworkSecurityGroup) and r.name == "nsg-nic")
    hole = unknown("hidden rules", UnknownKind.RULES)
    priority = (150, 1000, 4000, 103)[choice]
    hidden = rule("hidden", priority, access, ["10.0.0.0/16", "VirtualNetwork"], ports="0-1000", direction=direction)
    chain = _chain(_with_rules(estate.snapshot, group, [*group.security_rules, hole]), direction)
    without = _with_rules(estate.snapshot, group, [*group.security_rules, hidden])
    nic = find_subject(without, nic="nic1").nic
    assert nic is not None
    platform = replace(hole, name="hidden rules for platform traffic")
    for flow in some_flows(seed, direction, 60):
        matched = Naive(without, nic, flow).matches(hidden, direction)
        values: dict[Unknown, UnknownValue] = {
            hole: RulesValue(matched, priority, OUTCOMES[access]),
            platform: RulesValue(False, priority + PLATFORM_OFFSET, Outcome.PASS),
        }
        allowed, name = _naive_fate(without, direction, flow)
        expected = (allowed, "hidden rules" if name == "hidden" else name)
        assert _fate(chain, flow, values) == expected, str(flow)


def _chain(estate: Snapshot, direction: Direction) -> Chain:
    return filter_chain(estate, find_subject(estate, nic="nic1"), direction, Assumptions.of()).chain


def _fate(chain: Chain, flow: Flow, values: dict[Unknown, UnknownValue]) -> tuple[bool, str | None]:
    trace = evaluate(chain, flow, values)
    step = trace.decisive
    origin = step.rule.origin if step is not None and step.rule is not None else None
    return trace.allowed, origin.name if isinstance(origin, RuleOrigin) and origin.rule is not EXEMPT else None


def _naive_fate(estate: Snapshot, direction: Direction, flow: Flow) -> tuple[bool, str | None]:
    nic = find_subject(estate, nic="nic1").nic
    assert nic is not None
    verdict = evaluate_naively(estate, nic, direction, flow)
    return verdict.allowed, verdict.rule


def _with_rules(estate: Snapshot, group: NetworkSecurityGroup, rules: list[SecurityRule | Unknown]) -> Snapshot:
    return snapshot(*_replaced(estate, group, replace(group, security_rules=tuple(rules))))


def _replaced(estate: Snapshot, old: Resource, new: Resource) -> Iterator[Resource]:
    return (new if resource is old else resource for resource in estate.resources)


def _clashes(rules: list[SecurityRule | Unknown]) -> bool:
    places = [(r.direction, r.priority) for r in rules if isinstance(r, SecurityRule)]
    return len(places) != len(set(places))
