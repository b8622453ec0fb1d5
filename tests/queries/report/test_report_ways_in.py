"""What a report says of ways in from the internet that come, go or are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.model.network import NetworkInterface, PublicIpAddress
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.lint.linting import Options
from nwpolicy.queries.report import Report, report
from nwpolicy.queries.report.answers import ReportVerdict, Risk
from nwpolicy.readers.versions import Version, Versions
from tests.builders import ALLOW, DENY, load_balancer, nic, nsg, public_ip, reference, rule, snapshot, subnet, vnet

HTTPS = rule("https", 100, ALLOW, "*", ports="443", protocol="Tcp")
WEB = rule("web", 110, ALLOW, "Internet", ports="8443", protocol="Tcp")
SSH = rule("ssh", 120, ALLOW, "*", ports="22", protocol="Tcp")
PRIVATE = nic("nic", "10.0.1.4", "vnet/web")
PUBLIC = nic("nic", "10.0.1.4", "vnet/web", public_ip="pip")
OTHER = nic("other", "10.0.1.5", "vnet/web")


def estate(*resources: Resource, rules: tuple[SecurityRule, ...] = (HTTPS,)) -> Snapshot:
    network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"))
    found = (one for one in resources if isinstance(one, PublicIpAddress))
    addresses = () if any(found) else (public_ip("pip", "Standard"),)
    return snapshot(network, nsg("nsg", *rules), *addresses, *resources)


def reported(old: Snapshot, new: Snapshot, rules: frozenset[str] = frozenset()) -> Report:
    def side(name: str, found: Snapshot) -> Version:
        return Version(name, found, str, lambda _: found)

    return report(Versions(side("a", old), side("b", new)), options=Options(selected=rules))


def names(found: Report) -> list[str]:
    return [place.name for place in found.same]


def test_a_public_address_opens_and_says_why() -> None:
    found = reported(estate(PRIVATE, OTHER), estate(PUBLIC, OTHER))
    (change,) = found.changes
    assert (found.verdict, found.sentence) == (ReportVerdict.CHANGED, "opens 1 (1 from the internet)")
    assert change.risk is Risk.INTERNET
    assert [(cause.type, cause.name) for cause in change.because] == [("ipConfigurations", "nic/ipconfig1")]
    assert names(found) == ["web", "other"]


def test_a_public_address_that_goes_closes() -> None:
    found = reported(estate(PUBLIC), estate(PRIVATE))
    assert (found.sentence, names(found)) == ("closes 1", ["web"])


def test_a_load_balancer_that_is_public_now_opens_and_is_the_reason() -> None:
    behind = nic("nic", "10.0.1.4", "vnet/web", load_balancers=("lb",))
    before, after = (
        estate(behind, load_balancer("lb", "Standard", is_public=is_public)) for is_public in (False, True)
    )
    found = reported(before, after)
    assert found.sentence == "opens 1 (1 from the internet)"
    assert [cause.name for cause in found.changes[0].because] == ["lb"]
    assert "load-balancer-ports" in {one.name for one in found.assumptions}


def test_a_public_address_of_another_sku_is_no_change_of_meaning_and_not_proved_to_be_none() -> None:
    """With a group the SKU makes no difference."""
    found = reported(estate(PUBLIC), estate(PUBLIC, replace(public_ip("pip", "Basic"))))
    assert (found.sentence, names(found)) == ("no change in meaning", ["web"])


def test_a_public_address_that_says_itself_what_it_belongs_to_opens() -> None:
    owned = replace(public_ip("pip", "Standard"), ip_configuration=reference("ipConfigurations", "nic/ipconfig1"))
    found = reported(estate(PRIVATE), estate(PRIVATE, owned))
    assert found.sentence == "opens 1 (1 from the internet)"
    assert names(found) == ["web"]


@pytest.mark.parametrize(
    ("opens", "sentence", "risk"),
    [
        pytest.param(WEB, "opens 1 (no public address leads there)", Risk.NOT_PUBLIC, id="from the internet only"),
        pytest.param(
            SSH,
            "opens 1 (1 on management ports; no public address leads there)",
            Risk.MANAGEMENT,
            id="a management port",
        ),
    ],
)
def test_what_no_public_address_leads_to_is_not_from_the_internet(
    opens: SecurityRule, sentence: str, risk: Risk
) -> None:
    found = reported(estate(PRIVATE), estate(PRIVATE, rules=(HTTPS, opens)))
    assert (found.sentence, found.changes[0].risk) == (sentence, risk)


def test_what_an_address_leads_to_stands_before_what_none_leads_to() -> None:
    apart = nic("apart", "10.0.2.4", "vnet/apart")
    network = vnet(
        "vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"), subnet("apart", "10.0.2.0/24", nsg="nsg-apart")
    )

    def both(*rules: SecurityRule) -> Snapshot:
        groups = nsg("nsg", *rules), nsg("nsg-apart", *rules)
        return snapshot(network, *groups, apart, PUBLIC, public_ip("pip", "Standard"))

    found = reported(both(), both(SSH))
    assert [one.risk for one in found.changes] == [Risk.INTERNET, Risk.MANAGEMENT]
    assert found.sentence == "opens 2 (1 from the internet, 1 on management ports; no public address leads to 1)"


def test_a_group_without_interfaces_is_taken_to_be_reached_as_the_linter_takes_it() -> None:
    found = reported(estate(), estate(rules=(HTTPS, SSH)), frozenset({"NWP101"}))
    assert [one.rule for one in found.new_findings] == ["NWP101"]
    assert found.changes[0].risk is Risk.INTERNET
    assert "public addresses lead to places of which the input shows no network interface" in found.rests_on


@pytest.mark.parametrize(("machine", "is_found"), [(PUBLIC, True), (PRIVATE, False)])
def test_rows_from_the_internet_are_those_that_the_linter_finds(machine: NetworkInterface, is_found: bool) -> None:
    deny = rule("no", 115, DENY, "*", ports="22", protocol="Tcp")
    found = reported(estate(machine, rules=(deny, SSH)), estate(machine, rules=(SSH,)), frozenset({"NWP101"}))
    assert [one.risk is Risk.INTERNET for one in found.changes] == [is_found]
    assert bool(found.new_findings) is is_found
