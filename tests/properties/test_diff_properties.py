"""Differences of generated estates and rule lists, against trying every flow and against a naive reading of Azure."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import DEFAULTS
from nwpolicy.azure.subjects import interface_subject
from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.diagrams import Decisions, compare
from nwpolicy.logic.proof import prove
from nwpolicy.logic.renaming import paired, unknowns_of
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Chain, UnknownValue
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.comparing import versions_of
from nwpolicy.queries.pairing import PlacePair
from tests.estates import Estate, estates, some_flows
from tests.naive_azure import evaluate_naively
from tests.properties.universe import assignments, chains, fate, flows_of, questions


@given(chains(max_unknowns=1), questions(max_flows=24))
def test_every_diagram_is_proved(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    possible = next(iter(_assignments(chain, asked)), None)
    assume(possible is not None)
    assert prove(chain, asked, Decisions.of(chain, asked)) > 0


@given(chains(), chains(), questions())
def test_what_changed_is_what_trying_every_flow_gives(old: Chain, new: Chain, asked: tuple[FlowSet, ...]) -> None:
    changes = list(compare(Decisions.of(old, asked), Decisions.of(new, asked), by_rule=False).changes())
    for flow in flows_of(*asked):
        before, after = fate(old, flow, {}).allowed, fate(new, flow, {}).allowed
        found = [change for change in changes if flow in change.flows]
        assert len(found) == (before is not after)
        assert all((change.before.allowed, change.after.allowed) == (before, after) for change in found)


@given(chains(max_unknowns=1), chains(max_unknowns=1), questions(max_flows=8))
def test_what_is_no_change_is_none_whatever_the_unknowns_are(
    old: Chain, new: Chain, asked: tuple[FlowSet, ...]
) -> None:
    both = Chain(old.layers + new.layers)
    possible = _assignments(both, asked)
    assume(possible)
    changes = compare(Decisions.of(old, asked), Decisions.of(new, asked), by_rule=False).changes()
    listed = [change.flows for change in changes]
    for assignment, flow in product(possible, flows_of(*asked)):
        if fate(old, flow, assignment).allowed is not fate(new, flow, assignment).allowed:
            assert any(flow in flows for flows in listed)
    for flows in listed:
        if equivalent(old, new, flows) is None:
            assert not any(
                fate(old, flow, assignment).allowed is not fate(new, flow, assignment).allowed
                for assignment, flow in product(possible, flows_of(flows))
            )


@given(chains(max_unknowns=3))
def test_unknowns_of_moved_files_are_found_again(chain: Chain) -> None:
    moved = paired(_moved(chain), chain)
    assert set(unknowns_of(moved)) == set(unknowns_of(_moved(chain)))
    assert paired(chain, _moved(chain)) == chain


def _moved(chain: Chain) -> Chain:
    """The same rules, in which every unknown belongs to a file."""
    elsewhere = {one: dataclasses.replace(one, scope="other/main.json") for one in unknowns_of(chain)}
    return _renamed(chain, elsewhere)


def _renamed(value: object, mapping: Mapping[Unknown, Unknown]) -> Chain:
    made = _replaced(value, mapping)
    assert isinstance(made, Chain)
    return made


def _replaced(value: object, mapping: Mapping[Unknown, Unknown]) -> object:
    if isinstance(value, Unknown):
        return mapping.get(value, value)
    if isinstance(value, tuple):
        return tuple(_replaced(part, mapping) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type | IntervalSet | AddressSet):
        parts = {item.name: _replaced(getattr(value, item.name), mapping) for item in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return value


def _assignments(chain: Chain, asked: tuple[FlowSet, ...], most: int = 300) -> list[dict[Unknown, UnknownValue]]:
    families = sorted({box.family for box in boxes_of(asked)})
    found: list[dict[Unknown, UnknownValue]] = []
    for assignment in assignments(chain, families):
        found.append(assignment)
        assume(len(found) <= most)
    return found


@given(estates(), st.integers(0, 1 << 30))
def test_what_changes_at_a_machine_is_what_a_naive_reading_of_both_sides_gives(estate: Estate, seed: int) -> None:
    old = estate.snapshot
    new = _edited(old, seed)
    before, after = (next(nic for nic in side.all(NetworkInterface) if nic.name == "nic1") for side in (old, new))
    pair = PlacePair(interface_subject(old, before), interface_subject(new, after))
    for versions in versions_of(pair, old, new, DEFAULTS, tuple(Direction)):
        found = versions.found(by_rule=False)
        for flow in some_flows(seed, versions.direction, 300):
            if flow not in versions.asked:
                continue
            was = evaluate_naively(old, before, versions.direction, flow).allowed
            now = evaluate_naively(new, after, versions.direction, flow).allowed
            mine = [one for one in found if any(flow in flows for flows in one.flows)]
            assert bool(mine) is (was is not now) or any(one.before.allowed is None for one in mine)
            assert all((one.before.allowed, one.after.allowed) in {(was, now), (None, None)} for one in mine)


def _edited(old: Snapshot, seed: int) -> Snapshot:
    """The estate with rules of its groups turned, moved to the front, or gone."""
    choose = random.Random(seed)
    return Snapshot.of(
        tuple(_edited_group(one, choose) if isinstance(one, NetworkSecurityGroup) else one for one in old.resources)
    )


def _edited_group(group: NetworkSecurityGroup, choose: random.Random) -> NetworkSecurityGroup:
    rules: list[SecurityRule | Unknown] = []
    for number, rule in enumerate(group.security_rules):
        edit = choose.choice(("keep", "keep", "turn", "move", "drop"))
        assert isinstance(rule, SecurityRule)
        if edit == "turn":
            access = Access.DENY if rule.access is Access.ALLOW else Access.ALLOW
            rules.append(dataclasses.replace(rule, access=access))
        elif edit == "move":
            rules.append(dataclasses.replace(rule, priority=103 + number))
        elif edit == "keep":
            rules.append(rule)
    return dataclasses.replace(group, security_rules=tuple(rules))
