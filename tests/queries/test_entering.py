"""What changes when other ways lead in from the internet, though no rule does."""

from __future__ import annotations

from dataclasses import replace

import pytest

import nwpolicy
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, DiffVerdict
from tests.builders import ALLOW, load_balancer, nic, nsg, public_ip, rule, snapshot, subnet, unknown, vnet

HTTPS = rule("https", 100, ALLOW, "*", ports="443", protocol="Tcp")
PRIVATE = nic("nic", "10.0.1.4", "vnet/web")
PUBLIC = nic("nic", "10.0.1.4", "vnet/web", public_ip="pip")
BALANCED = nic("nic", "10.0.1.4", "vnet/web", load_balancers=("lb",))


def estate(*resources: Resource, group: str | None = "nsg", sku: str = "Standard") -> Snapshot:
    network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg=group))
    return snapshot(network, nsg("nsg", HTTPS), public_ip("pip", sku), *resources)


def told(old: Snapshot, new: Snapshot) -> list[tuple[ChangeKind, list[str]]]:
    found = nwpolicy.diff(old, new, prove=True)
    return [(one.kind, [flows.text for flows in one.flows]) for one in found.changes]


def change(old: Snapshot, new: Snapshot) -> ChangeAnswer:
    (found,) = nwpolicy.diff(old, new, prove=True).changes
    return found


HTTPS_IN = ["tcp 443  Internet → nic"]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param((PUBLIC,), id="public address"),
        pytest.param((BALANCED, load_balancer("lb", "Standard")), id="public load balancer"),
    ],
)
def test_a_way_in_opens_what_rules_allow_already_and_its_removal_closes_it(now: tuple[Resource, ...]) -> None:
    """Microsoft Learn, Public IP addresses: resources with one can be reached from the internet."""
    before, after = estate(PRIVATE), estate(*now)
    assert told(before, after) == [(ChangeKind.OPENED, HTTPS_IN)]
    assert told(after, before) == [(ChangeKind.CLOSED, HTTPS_IN)]
    assert not nwpolicy.equivalent(before, after).equivalent


def test_what_had_no_way_in_says_so() -> None:
    rule = change(estate(PRIVATE), estate(PUBLIC)).before.rule
    assert rule is not None
    assert rule.statement == "no public address leads there"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            (PRIVATE,),
            (BALANCED, load_balancer("lb", "Standard", is_public=False)),
            id="behind an internal load balancer",
        ),
        pytest.param((PUBLIC,), (nic("nic", "10.0.1.4", "vnet/web", public_ip="other"),), id="another address"),
        pytest.param((PUBLIC,), (BALANCED, load_balancer("lb", "Standard")), id="a load balancer for it"),
    ],
)
def test_what_leads_in_as_before_or_not_at_all_is_no_change(
    old: tuple[Resource, ...], new: tuple[Resource, ...]
) -> None:
    assert nwpolicy.diff(estate(*old), estate(*new), prove=True).verdict is DiffVerdict.SAME


def test_a_standard_address_without_a_group_opens_nothing() -> None:
    """Microsoft Learn, What is Azure Load Balancer?, "Secure by default"."""
    before, after = estate(PRIVATE, group=None), estate(PUBLIC, group=None)
    assert told(before, after) == told(after, before) == []


def test_a_basic_address_without_a_group_opens_everything() -> None:
    found = change(estate(PRIVATE, group=None, sku="Basic"), estate(PUBLIC, group=None, sku="Basic"))
    assert found.kind is ChangeKind.OPENED
    assert found.after.access == "Allow"


def test_a_way_in_to_another_address_leaves_the_first_to_its_rules() -> None:
    """Of the address that has no way in before and now, what rules newly allow is told as before."""
    ssh = rule("ssh", 110, ALLOW, "Internet", ports="22", protocol="Tcp")
    network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"))
    before = snapshot(network, nsg("nsg", HTTPS), both(PRIVATE, nic("nic", "10.0.1.5", "vnet/web")))
    after = snapshot(network, nsg("nsg", HTTPS, ssh), both(PRIVATE, nic("nic", "10.0.1.5", "vnet/web", public_ip="p")))
    led = [texts for kind, texts in told(before, after) if kind is ChangeKind.OPENED]
    assert ["tcp 443  Internet → 10.0.1.5 of nic"] in led
    assert ["tcp 22  Internet → 10.0.1.4 of nic"] in led


def both(first: NetworkInterface, second: NetworkInterface) -> NetworkInterface:
    """One network interface with the addresses of two."""
    added = (replace(one, name="second") for one in second.ip_configurations)
    return replace(first, ip_configurations=(*first.ip_configurations, *added))


def test_a_configuration_of_another_name_is_led_to_as_before() -> None:
    (configuration,) = PUBLIC.ip_configurations
    renamed = replace(PUBLIC, ip_configurations=(replace(configuration, name="primary"),))
    assert nwpolicy.diff(estate(PUBLIC), estate(renamed)).verdict is DiffVerdict.SAME


def test_an_address_that_may_be_there_may_open() -> None:
    maybe = unknown("deployPublicIp", UnknownKind.REFERENCE)
    found = change(estate(PRIVATE), estate(nic("nic", "10.0.1.4", "vnet/web", public_ip=maybe)))
    assert (found.kind, found.after.access) == (ChangeKind.MAY_CHANGE, "Depends")
    assert [one.name for one in found.depends_on] == ["deployPublicIp"]


def test_an_address_that_may_be_there_as_before_is_no_change() -> None:
    maybe = nic("nic", "10.0.1.4", "vnet/web", public_ip=unknown("deployPublicIp", UnknownKind.REFERENCE))
    assert nwpolicy.diff(estate(maybe), estate(maybe, nsg("spare"))).changes == ()


def test_ports_of_load_balancers_that_are_taken_to_be_unknown_may_open() -> None:
    after = estate(BALANCED, load_balancer("lb", "Standard"))
    found = nwpolicy.diff(estate(PRIVATE), after, assume={"load-balancer-ports": "unknown"})
    assert [one.kind for one in found.changes] == [ChangeKind.MAY_CHANGE]
    assert "load-balancer-ports" in {one.name for one in nwpolicy.diff(estate(PRIVATE), after).assumptions}
