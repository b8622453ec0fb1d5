"""What the default rules of a network security group do, as Microsoft documents it.

The network is that of Microsoft's tutorial: virtual network 10.0.0.0/16, subnet 10.0.0.0/24, a virtual machine at
10.0.0.4 whose interface has a group with nothing but default rules.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.azure.defaults import usual_rules
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from tests.asking import ask, build, doubts
from tests.builders import IN, OUT, SOURCE, flow, nic, nsg, peering, route, route_table, snapshot, subnet, vnet


@pytest.fixture
def estate() -> Snapshot:
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n"),
    )


def test_traffic_to_the_internet_is_allowed(estate: Snapshot) -> None:
    """Microsoft Learn, Diagnose a virtual machine network traffic filter problem (Azure CLI):
    10.0.0.4:60000 to 13.107.21.200:80 is allowed by AllowInternetOutBound."""
    answer = ask(build(estate, OUT), flow("tcp", "10.0.0.4:60000", "13.107.21.200:80"))
    assert answer.verdict == ("Allow", "AllowInternetOutBound")


def test_private_address_outside_the_virtual_network_is_not_internet(estate: Snapshot) -> None:
    """Microsoft Learn, Diagnose a virtual machine network traffic filter problem (Azure CLI):
    172.31.0.100 is denied by DenyAllOutBound."""
    answer = ask(build(estate, OUT), flow("tcp", "10.0.0.4:60000", "172.31.0.100:80"))
    assert answer.verdict == ("Deny", "DenyAllOutBound")


def test_private_address_outside_the_virtual_network_may_not_come_in(estate: Snapshot) -> None:
    """Microsoft Learn, Diagnose a virtual machine network traffic filter problem (Azure CLI)."""
    answer = ask(build(estate, IN), flow("tcp", "172.31.0.100:60000", "10.0.0.4:80"))
    assert answer.verdict == ("Deny", "DenyAllInBound")


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
def test_the_virtual_network_may_come_in(estate: Snapshot, protocol: str) -> None:
    """Microsoft Learn, Network security groups overview: default rule AllowVnetInBound; protocol Any
    covers TCP, UDP and ICMP."""
    answer = ask(build(estate, IN), flow(protocol, "10.0.1.5", "10.0.0.4:9"))
    assert answer.verdict == ("Allow", "AllowVnetInBound")


def test_the_virtual_network_may_be_reached(estate: Snapshot) -> None:
    """Microsoft Learn, Network security groups overview: default rule AllowVnetOutBound."""
    answer = ask(build(estate, OUT), flow("tcp", "10.0.0.4", "10.0.1.5:443"))
    assert answer.verdict == ("Allow", "AllowVnetOutBound")


def test_the_internet_may_not_come_in(estate: Snapshot) -> None:
    """Microsoft Learn, Network security groups overview: default rule DenyAllInBound."""
    answer = ask(build(estate, IN), flow("tcp", "8.8.8.8", "10.0.0.4:443"))
    assert answer.verdict == ("Deny", "DenyAllInBound")


def test_load_balancer_probe_comes_in_as_part_of_the_virtual_network(estate: Snapshot) -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds 168.63.129.16, and rule 65000
    precedes AllowAzureLoadBalancerInBound (65001)."""
    answer = ask(build(estate, IN), flow("tcp", "168.63.129.16", "10.0.0.4:80"))
    assert answer.verdict == ("Allow", "AllowVnetInBound")


def test_default_route_to_an_appliance_makes_every_address_part_of_the_virtual_network() -> None:
    """Microsoft Learn, Virtual network service tags: the tag may contain default routes; observed by
    torivar.com (2019-01-16) and journeyofthegeek.com (2022-06-22)."""
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", route_table="rt")),
        route_table("rt", route("all", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE, "10.0.9.4")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n"),
    )
    chain = build(estate, IN)
    asked = flow("tcp", "8.8.8.8", "10.0.0.4:22")
    assert ask(chain, asked).verdict == ("Allow", "AllowVnetInBound")
    assert "virtual-network-udr" in doubts(chain, asked)


@pytest.mark.parametrize(
    ("access", "verdict"), [(True, ("Allow", "AllowVnetInBound")), (False, ("Deny", "DenyAllInBound"))]
)
def test_peer_belongs_to_the_tag_while_virtual_network_access_is_on(access: bool, verdict: tuple[str, str]) -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering."""
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("vnet2", access=access)),
        vnet("vnet2", "10.1.0.0/16"),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n"),
    )
    assert ask(build(estate, IN), flow("tcp", "10.1.0.4", "10.0.0.4:22")).verdict == verdict


@pytest.mark.parametrize("listed", [None, (), tuple(usual_rules(SOURCE))[:2], tuple(usual_rules(SOURCE))])
def test_no_group_is_without_its_default_rules(listed: tuple[SecurityRule, ...] | None) -> None:
    """Microsoft Learn, Network security groups overview: default rules cannot be removed. A template may leave them
    out, or give an empty list of them."""
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        replace(nsg("n"), default_security_rules=listed),
    )
    inbound, outbound = build(estate, IN), build(estate, OUT)
    assert ask(inbound, flow("tcp", "203.0.113.9", "10.0.0.4:22")).verdict == ("Deny", "DenyAllInBound")
    assert ask(outbound, flow("tcp", "10.0.0.4", "10.0.0.9:22")).verdict == ("Allow", "AllowVnetOutBound")
    assert ask(outbound, flow("tcp", "10.0.0.4", "172.31.0.9:22")).verdict == ("Deny", "DenyAllOutBound")


def test_default_rules_that_azure_lists_beat_the_usual_ones() -> None:
    """A default rule of an export is what Azure applies, should it ever differ."""
    shut = replace(next(usual_rules(SOURCE)), access=Access.DENY)
    estate = snapshot(replace(nsg("n"), default_security_rules=(shut,)))
    chain = build(estate, IN, virtual_network=AddressSet.parse("10.0.0.0/16"))
    assert ask(chain, flow("tcp", "10.0.0.9", "10.0.0.4:22")).verdict == ("Deny", "AllowVnetInBound")
