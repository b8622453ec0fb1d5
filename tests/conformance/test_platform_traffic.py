"""Traffic of the platform itself: what no rule applies to, and what virtual networks never carry."""

from __future__ import annotations

import pytest

from nwpolicy.model.flows import Flow
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.asking import ask, build, depends_on, doubts
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    admin_rule,
    collection,
    configuration,
    flow,
    group,
    manager,
    nic,
    nsg,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

DENY_ALL = rule("DenyAll", 100, DENY, direction=OUT)
DNS = flow("udp", "10.0.0.4", "168.63.129.16:53")
METADATA = flow("tcp", "10.0.0.4", "169.254.169.254:80")
ACTIVATION = flow("tcp", "10.0.0.4", "23.102.135.246:1688")


def estate(*rules: SecurityRule, default_route: bool = False) -> Snapshot:
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", route_table="rt" if default_route else None)),
        route_table("rt", route("all", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE, "10.0.9.4")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n", *rules),
    )


@pytest.mark.parametrize(
    ("protocol", "target"),
    [
        ("udp", "168.63.129.16:53"),
        ("tcp", "168.63.129.16:53"),
        ("tcp", "168.63.129.16:80"),
        ("tcp", "168.63.129.16:32526"),
        ("udp", "168.63.129.16:67"),
        ("tcp", "169.254.169.254:80"),
        ("tcp", "23.102.135.246:1688"),
    ],
)
def test_platform_services_are_reachable_whatever_is_denied(protocol: str, target: str) -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?; Network security groups overview, "Azure platform
    considerations": DNS, WireServer, metadata and licensing traffic is not subject to groups."""
    answer = ask(build(estate(DENY_ALL), OUT), flow(protocol, "10.0.0.4", target))
    assert answer.verdict == ("Allow", "PlatformExempt")


@pytest.mark.parametrize("tag", ["AzurePlatformDNS", "azureplatformdns"])
def test_rule_for_platform_dns_denies_it(tag: str) -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?: DNS is not subject to groups unless AzurePlatformDNS is
    used."""
    deny = rule("DenyDns", 100, DENY, "*", tag, direction=OUT)
    assert ask(build(estate(deny), OUT), DNS).verdict == ("Deny", "DenyDns")


def test_of_several_rules_for_platform_dns_the_first_decides() -> None:
    """Microsoft Learn, Network security groups overview: rules are processed in priority order."""
    allow = rule("AllowDns", 300, ALLOW, "*", "AzurePlatformDNS", direction=OUT)
    deny = rule("DenyDns", 400, DENY, "*", "AzurePlatformDNS", direction=OUT)
    # a rule that names no platform tag does not apply, however early it comes
    assert ask(build(estate(DENY_ALL, deny, allow), OUT), DNS).verdict == ("Allow", "AllowDns")


def test_rule_for_platform_dns_leaves_the_wire_server_alone() -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?: TCP 80 and 32526 are never subject to groups."""
    deny = rule("DenyDns", 100, DENY, "*", "AzurePlatformDNS", direction=OUT)
    answer = ask(build(estate(deny), OUT), flow("tcp", "10.0.0.4", "168.63.129.16:80"))
    assert answer.verdict == ("Allow", "PlatformExempt")


def test_other_traffic_to_the_platform_address_follows_the_rules() -> None:
    """Only the documented ports are exempt."""
    answer = ask(build(estate(DENY_ALL), OUT), flow("tcp", "10.0.0.4", "168.63.129.16:443"))
    assert answer.verdict == ("Deny", "DenyAll")


@pytest.mark.parametrize(("tag", "asked"), [("AzurePlatformIMDS", METADATA), ("AzurePlatformLKM", ACTIVATION)])
def test_rules_for_metadata_and_licensing_deny_them(tag: str, asked: Flow) -> None:
    """Microsoft Learn, Virtual network service tags: AzurePlatformIMDS, AzurePlatformLKM."""
    deny = rule("DenyTag", 100, DENY, "*", tag, direction=OUT)
    assert ask(build(estate(deny), OUT), asked).verdict == ("Deny", "DenyTag")


def test_default_route_ends_the_exemption_of_licensing() -> None:
    """Microsoft Learn, Network security groups overview, "Licensing (Key Management Service)"."""
    answer = ask(build(estate(DENY_ALL, default_route=True), OUT), ACTIVATION)
    assert answer.verdict == ("Deny", "DenyAll")


def test_addresses_of_licensing_servers_are_an_assumption() -> None:
    chain = build(estate(DENY_ALL), OUT)
    assert "kms-addresses" in doubts(chain, ACTIVATION)
    assert "kms-addresses" not in doubts(chain, DNS)
    other = build(estate(DENY_ALL), OUT, chosen={"kms-addresses": "none"})
    assert ask(other, ACTIVATION).verdict == ("Deny", "DenyAll")
    assert "kms-addresses" in doubts(other, ACTIVATION)


def test_unseen_rules_may_name_the_platform_tags_only() -> None:
    hidden = unknown("other rules", UnknownKind.RULES)
    seen = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n", hidden),
    )
    chain = build(seen, OUT)
    assert depends_on(chain, DNS) == "other rules for platform traffic"
    assert depends_on(chain, flow("tcp", "10.0.0.4", "168.63.129.16:80")) is None


def test_admin_rules_do_not_stop_platform_traffic() -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?: this virtual public IP address is trusted by the platform
    and reachable unless its tags are denied; security admin rules do not support those tags."""
    seen = snapshot(
        *estate().resources,
        manager(
            "avnm",
            group("all", "vnet1"),
            configuration("c", collection("rc", ["all"], admin_rule("DenyAll", 1, DENY, direction=OUT))),
        ),
    )
    chain = build(seen, OUT)
    assert ask(chain, DNS).verdict == ("Allow", "PlatformExempt")
    assert ask(chain, flow("tcp", "10.0.0.4", "10.0.0.5:53")).verdict == ("Deny", "DenyAll")


@pytest.mark.parametrize(
    ("protocol", "origin", "target"),
    [
        ("udp", "10.0.0.4", "224.0.0.251:5353"),
        ("udp", "10.0.0.4", "255.255.255.255:9"),
        ("47", "10.0.0.4", "10.0.0.9"),
        ("4", "10.0.0.4", "10.0.0.9"),
        ("udp", "10.0.0.4:68", "10.0.0.9:67"),
        ("udp", "10.0.0.4:65330", "10.0.0.9:53"),
        ("udp", "[fd00::4]", "[ff02::fb]:5353"),
    ],
)
def test_virtual_networks_do_not_carry_some_traffic(protocol: str, origin: str, target: str) -> None:
    """Microsoft Learn, Azure Virtual Network frequently asked questions: multicast, broadcast, IP-in-IP, GRE, unicast
    DHCP and UDP source port 65330 are blocked or reserved."""
    allow = rule("AllowAll", 100, ALLOW, direction=OUT)
    answer = ask(build(estate(allow), OUT), flow(protocol, origin, target))
    assert answer.verdict == ("Deny", "PlatformBlocked")


def test_dhcp_to_the_platform_is_carried() -> None:
    """Microsoft Learn, What is IP address 168.63.129.16?: the address answers DHCP."""
    answer = ask(build(estate(DENY_ALL), OUT), flow("udp", "10.0.0.4:68", "168.63.129.16:67"))
    assert answer.verdict == ("Allow", "PlatformExempt")


def test_probes_from_the_platform_address_are_ordinary_inbound_traffic() -> None:
    deny = rule("DenyAllIn", 100, DENY, direction=IN)
    answer = ask(build(estate(deny), IN), flow("tcp", "168.63.129.16", "10.0.0.4:80"))
    assert answer.verdict == ("Deny", "DenyAllIn")
