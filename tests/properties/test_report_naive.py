"""Reports about generated estates, against a naive reading of both sides."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, parse_protocol
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import AskedFlows
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, WayInState, Witness
from nwpolicy.queries.lint.linting import Options, lint
from nwpolicy.queries.report import Report, ReportVerdict, report
from nwpolicy.queries.report.findings import finding_changes
from nwpolicy.readers.versions import Version, Versions
from tests.builders import reference
from tests.estates import Estate, estates, some_flows
from tests.naive_azure import Naive, evaluate_naively


def reported(old: Snapshot, new: Snapshot, *, linted: bool = False) -> Report:
    before, after = (Version(name, side, str, lambda _, side=side: side) for name, side in (("a", old), ("b", new)))  # type: ignore[misc]
    try:
        return report(Versions(before, after), options=Options() if linted else Options(selected=frozenset()))
    except InputError:
        reject()  # Azure would not take the estate


@settings(max_examples=20)
@given(estates(), st.integers(0, 1 << 30))
def test_paths_of_a_report_are_what_a_naive_reading_of_both_sides_gives(estate: Estate, seed: int) -> None:
    old, new = estate.snapshot, _edited(estate.snapshot, seed)
    found = reported(old, new)
    before, after = (next(nic for nic in side.all(NetworkInterface) if nic.name == "nic1") for side in (old, new))
    own = [one.change for one in found.changes if any(place.name == "nic1" for place in one.change.places)]
    for change in own:
        flow = _flow(change.witness)
        was, now = (
            evaluate_naively(side, nic, Direction(change.direction), flow).allowed
            for side, nic in ((old, before), (new, after))
        )
        if change.places[0].name == "nic1" and change.kind is not ChangeKind.MAY_CHANGE:
            assert (was, now) == (change.kind is ChangeKind.CLOSED, change.kind is ChangeKind.OPENED)
    for direction in Direction:
        for flow in (one for one in some_flows(seed, direction, 60) if _is_own(old, direction, one)):
            was = evaluate_naively(old, before, direction, flow).allowed
            now = evaluate_naively(new, after, direction, flow).allowed
            covering = {change.kind for change in own if _covers(change, direction, flow)}
            if was is now:
                assert covering <= {ChangeKind.MAY_CHANGE}
            else:
                assert {
                    ChangeKind.OPENED if now else ChangeKind.CLOSED
                } == covering or ChangeKind.MAY_CHANGE in covering


#: What allows flows without a rule that somebody wrote. Inbound, a lack of groups is told.
_DEFAULTS = {"AllowVnetInBound", "AllowAzureLoadBalancerInBound", "AllowVnetOutBound", "AllowInternetOutBound"}


@settings(max_examples=20)
@given(estates(), st.integers(0, 1 << 30), st.booleans())
def test_a_new_interface_opens_what_a_naive_reading_has_its_rules_allow(
    estate: Estate, seed: int, is_new: bool
) -> None:
    whole = estate.snapshot
    without = Snapshot.of(
        tuple(one for one in whole.resources if not (isinstance(one, NetworkInterface) and one.name == "nic1")),
        whole.diagnostics,
    )
    found = reported(without, whole) if is_new else reported(whole, without)
    (nic,) = (one for one in whole.all(NetworkInterface) if one.name == "nic1")
    own = [one.change for one in found.changes if any(place.name == "nic1" for place in one.change.places)]
    for direction in Direction:
        for flow in (one for one in some_flows(seed, direction, 60) if _is_own(whole, direction, one)):
            verdict = evaluate_naively(whole, nic, direction, flow)
            covering = {change.kind for change in own if _covers(change, direction, flow)}
            if not verdict.allowed or verdict.rule in _DEFAULTS:
                assert covering <= {ChangeKind.MAY_CHANGE}
            elif verdict.rule not in (None, "PlatformExempt", "NotFiltered") or (
                verdict.rule is None and direction is Direction.INBOUND
            ):
                turned = ChangeKind.OPENED if is_new else ChangeKind.CLOSED
                assert covering == {turned} or ChangeKind.MAY_CHANGE in covering


@settings(max_examples=30)
@given(estates(), st.integers(0, 1 << 30), st.booleans())
def test_a_public_address_opens_what_a_naive_reading_lets_in_from_the_internet(
    estate: Estate, seed: int, is_new: bool
) -> None:
    """An address comes or goes, and rules change, too: from the internet comes what is led in and allowed."""
    old, new = estate.snapshot, _edited(estate.snapshot, seed)
    names = (None, "basic") if is_new else ("standard", None)
    old, new = (_with_address(side, name) for side, name in zip((old, new), names, strict=True))
    found = reported(old, new)
    own = [one.change for one in found.changes if any(place.name == "nic1" for place in one.change.places)]
    for flow in (one for one in some_flows(seed, Direction.INBOUND, 120) if _is_own(old, Direction.INBOUND, one)):
        was, now = (_comes_in(side, flow) for side in (old, new))
        covering = {change.kind for change in own if _covers(change, Direction.INBOUND, flow)}
        turned = set() if was is now else {ChangeKind.OPENED if now else ChangeKind.CLOSED}
        assert covering == turned or ChangeKind.MAY_CHANGE in covering


@settings(max_examples=20)
@given(estates(), st.integers(0, 1 << 30))
def test_rows_say_whether_a_public_address_leads_to_an_interface(estate: Estate, seed: int) -> None:
    old, new = estate.snapshot, _edited(estate.snapshot, seed)
    for change in (one.change for one in reported(old, new).changes):
        if change.way_in is None:
            assert change.direction == "Outbound" or not change.public_sources
            continue
        led = _is_led(new) and any(place.name == "nic1" for place in change.places)
        assert change.way_in.interfaces == (("nic1",) if led else ())
        assert (change.way_in.state is WayInState.OPEN) is led


def _with_address(found: Snapshot, name: str | None) -> Snapshot:
    """The estate in which the public address, or none, belongs to the interface."""
    address = None if name is None else reference("publicIPAddresses", name)

    def with_it(nic: NetworkInterface) -> NetworkInterface:
        (configuration,) = nic.ip_configurations
        return dataclasses.replace(
            nic, ip_configurations=(dataclasses.replace(configuration, public_ip_address=address),)
        )

    resources = (
        with_it(one) if isinstance(one, NetworkInterface) and one.name == "nic1" else one for one in found.resources
    )
    return Snapshot.of(resources, found.diagnostics)


def _nic(snapshot: Snapshot) -> NetworkInterface:
    return next(nic for nic in snapshot.all(NetworkInterface) if nic.name == "nic1")


def _is_led(snapshot: Snapshot) -> bool:
    return any(one.public_ip_address is not None for one in _nic(snapshot).ip_configurations)


def _is_internet(snapshot: Snapshot, flow: Flow) -> bool:
    return Naive(snapshot, _nic(snapshot), flow).is_internet(Address(flow.family, flow.source))


def _comes_in(snapshot: Snapshot, flow: Flow) -> bool:
    """Whether a flow is allowed, and led in if it comes from the internet."""
    allowed = evaluate_naively(snapshot, _nic(snapshot), Direction.INBOUND, flow).allowed
    return allowed and (_is_led(snapshot) or not _is_internet(snapshot, flow))


@settings(max_examples=10)
@given(estates())
def test_names_mean_nothing(estate: Estate) -> None:
    new = _edited_groups(estate.snapshot, lambda rule, _: dataclasses.replace(rule, name=f"{rule.name}-renamed"))
    found = reported(estate.snapshot, new)
    rules = sum(len(group.security_rules) for group in new.all(NetworkSecurityGroup))
    assert found.verdict is ReportVerdict.SAME
    assert (found.changes, found.route_changes, found.other_definitions) == ((), (), ())
    assert found.totals.reworded_rules == len(found.reworded) == rules


@settings(max_examples=5)
@given(estates(), st.integers(0, 1 << 30))
def test_findings_of_a_part_are_those_of_the_whole(estate: Estate, seed: int) -> None:
    old, new = estate.snapshot, _edited(estate.snapshot, seed)
    found = reported(old, new, linted=True)
    whole = finding_changes(lint(old).findings, lint(new).findings, str)
    assert (found.new_findings, found.mended_findings) == (whole.new, whole.mended)


@settings(max_examples=5)
@given(estates())
def test_a_report_about_nothing_is_empty(estate: Estate) -> None:
    found = reported(estate.snapshot, estate.snapshot, linted=True)
    assert (found.verdict, found.sentence) == (ReportVerdict.SAME, "no change in meaning")
    assert (found.new_findings, found.mended_findings, found.reworded, found.other_definitions) == ((), (), (), ())


def _edited(old: Snapshot, seed: int) -> Snapshot:
    """The estate with rules of its groups turned, moved to the end, or gone."""
    choose = random.Random(seed)

    def edit(rule: SecurityRule, number: int) -> SecurityRule | None:
        match choose.choice(("keep", "keep", "turn", "move", "drop")):
            case "turn":
                return dataclasses.replace(rule, access=Access.DENY if rule.access is Access.ALLOW else Access.ALLOW)
            case "move":
                return dataclasses.replace(rule, priority=4000 - number)
            case "drop":
                return None
            case _:
                return rule

    return _edited_groups(old, edit)


def _edited_groups(old: Snapshot, edit: object) -> Snapshot:
    assert callable(edit)

    def rules(group: NetworkSecurityGroup) -> Iterator[SecurityRule]:
        for number, rule in enumerate(group.security_rules):
            if (new := edit(rule, number)) is not None:
                yield new

    resources = (
        dataclasses.replace(one, security_rules=tuple(rules(one))) if isinstance(one, NetworkSecurityGroup) else one
        for one in old.resources
    )
    return Snapshot.of(resources, old.diagnostics)


def _is_own(snapshot: Snapshot, direction: Direction, flow: Flow) -> bool:
    """Whether the interface has the address of its end."""
    (nic,) = (nic for nic in snapshot.all(NetworkInterface) if nic.name == "nic1")
    number = flow.destination if direction is Direction.INBOUND else flow.source
    return Address(flow.family, number) in [one.private_ip_address for one in nic.ip_configurations]


def _covers(change: ChangeAnswer, direction: Direction, flow: Flow) -> bool:
    """Whether a row lists a flow of the interface. The own end of its sets is that of the first place."""
    if change.direction != direction.value:
        return False
    sets = [_flows(one.flows) for one in change.flows]
    if change.places[0].name != "nic1":
        sets = [_anywhere(one, direction) for one in sets]
    return any(flow in one for one in sets)


def _anywhere(flows: FlowSet, direction: Direction) -> FlowSet:
    if direction is Direction.INBOUND:
        return dataclasses.replace(flows, destination=ANY_ADDRESS)
    return dataclasses.replace(flows, source=ANY_ADDRESS)


def _flow(witness: Witness) -> Flow:
    source, destination = Address.parse(witness.source), Address.parse(witness.destination)
    protocol = _protocols(witness.protocol).first
    ports = (witness.source_port or 0, witness.destination_port or 0)
    return Flow(source.family, protocol, source.number, ports[0], destination.number, ports[1])


def _flows(flows: AskedFlows) -> FlowSet:
    protocol = _protocols(flows.protocol)
    ends = [_addresses(text) for text in (flows.source, flows.destination)]
    ports = [_ports(text) for text in (flows.source_port, flows.destination_port)]
    return FlowSet(protocol, ends[0], ports[0], ends[1], ports[1])


def _addresses(text: str) -> AddressSet:
    found = NO_ADDRESS
    for part in text.split(", "):
        found |= ANY_ADDRESS if part == "*" else AddressSet.parse(part)
    return found


def _ports(text: str) -> IntervalSet:
    found = ANY_PORT - ANY_PORT
    for part in text.split(", "):
        found |= ANY_PORT if part == "*" else parse_ports(part)
    return found


def _protocols(text: str) -> IntervalSet:
    found = ANY_PROTOCOL - ANY_PROTOCOL
    for part in text.split(", "):
        low, dash, high = part.partition("-")
        if dash and low.isdigit():
            found |= IntervalSet(8, ((int(low), int(high)),))
        else:
            found |= ANY_PROTOCOL if part in {"*", "any"} else parse_protocol(part)
    return found
