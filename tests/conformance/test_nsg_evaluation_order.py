"""In which order network security groups and their rules are evaluated, as Microsoft documents it."""

from __future__ import annotations

import pytest

from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Access, Direction, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from tests.asking import ask, build, doubts
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    flow,
    nic,
    nsg,
    public_ip,
    rule,
    snapshot,
    subnet,
    vnet,
)

WEB = rule("AllowWeb", 100, ALLOW, "Internet", ports="80", protocol="Tcp")
FROM_INTERNET = flow("tcp", "203.0.113.9", "10.0.0.4:80")


def machine(
    on_subnet: tuple[SecurityRule, ...] | None,
    on_nic: tuple[SecurityRule, ...] | None,
    *more: Resource,
    public: str | None = None,
) -> Snapshot:
    """A virtual machine with the rules of a group on its subnet and on its interface; None: no group."""
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg=None if on_subnet is None else "nsg-subnet")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg=None if on_nic is None else "nsg-nic", public_ip=public),
        nsg("nsg-subnet", *(on_subnet or ())),
        nsg("nsg-nic", *(on_nic or ())),
        *more,
    )


def test_subnet_group_that_denies_inbound_traffic_ends_evaluation() -> None:
    """Microsoft Learn, How network security groups filter network traffic: inbound traffic (VM1)."""
    answer = ask(build(machine((), (WEB,)), IN), FROM_INTERNET)
    assert answer.verdict == ("Deny", "DenyAllInBound")
    assert answer.layers == ("Azure platform", "NSG nsg-subnet (subnet s1)")


def test_both_groups_must_allow() -> None:
    """Microsoft Learn, How network security groups filter network traffic: inbound traffic (VM1)."""
    answer = ask(build(machine((WEB,), (WEB,)), IN), FROM_INTERNET)
    assert answer.verdict == ("Allow", "AllowWeb")
    assert answer.layers[1:] == ("NSG nsg-subnet (subnet s1)", "NSG nsg-nic (NIC nic1)")


def test_subnet_group_alone_decides() -> None:
    """Microsoft Learn, How network security groups filter network traffic: inbound traffic (VM2)."""
    answer = ask(build(machine((WEB,), None), IN), FROM_INTERNET)
    assert answer.verdict == ("Allow", "AllowWeb")
    assert answer.layer == "NSG nsg-subnet (subnet s1)"


def test_interface_group_alone_decides() -> None:
    """Microsoft Learn, How network security groups filter network traffic: inbound traffic (VM3)."""
    answer = ask(build(machine(None, (WEB,)), IN), FROM_INTERNET)
    assert answer.verdict == ("Allow", "AllowWeb")
    assert answer.layer == "NSG nsg-nic (NIC nic1)"


@pytest.mark.parametrize(
    ("direction", "origin", "target"), [(IN, "203.0.113.9", "10.0.0.4:22"), (OUT, "10.0.0.4", "172.31.0.9:22")]
)
def test_without_any_group_all_traffic_is_allowed(direction: Direction, origin: str, target: str) -> None:
    """Microsoft Learn, How network security groups filter network traffic: inbound traffic (VM4)."""
    answer = ask(build(machine(None, None), direction), flow("tcp", origin, target))
    assert answer.verdict == ("Allow", None)


@pytest.mark.parametrize(
    ("sku", "chosen", "allowed"),
    [
        ("Standard", "closed-without-nsg", False),
        ("Standard", "open", True),
        ("Basic", "closed-without-nsg", True),
    ],
)
def test_standard_public_address_is_closed_without_a_group(sku: str, chosen: str, allowed: bool) -> None:
    """Microsoft Learn, What is Azure Load Balancer?, "Secure by default"."""
    estate = machine(None, None, public_ip("pip", sku), public="pip")
    chain = build(estate, IN, chosen={"standard-public-ip": chosen})
    assert ask(chain, FROM_INTERNET).allowed is allowed
    assert ("standard-public-ip" in doubts(chain, FROM_INTERNET)) is (sku == "Standard")


def test_standard_public_address_with_a_group_follows_the_group() -> None:
    """Microsoft Learn, What is Azure Load Balancer?, "Secure by default": a group opens it."""
    estate = machine(None, (WEB,), public_ip("pip", "Standard"), public="pip")
    assert ask(build(estate, IN), FROM_INTERNET).verdict == ("Allow", "AllowWeb")


def test_standard_public_address_does_not_close_the_private_one() -> None:
    """Only what comes from the internet enters through the public address."""
    estate = machine(None, None, public_ip("pip", "Standard"), public="pip")
    assert ask(build(estate, IN), flow("tcp", "10.0.0.9", "10.0.0.4:22")).allowed


def test_interface_group_that_denies_outbound_traffic_ends_evaluation() -> None:
    """Microsoft Learn, How network security groups filter network traffic: outbound traffic."""
    deny = rule("DenyWeb", 100, DENY, "*", "Internet", "80", protocol="Tcp", direction=OUT)
    answer = ask(build(machine((), (deny,)), OUT), flow("tcp", "10.0.0.4", "203.0.113.9:80"))
    assert answer.verdict == ("Deny", "DenyWeb")
    assert answer.layers[1:] == ("NSG nsg-nic (NIC nic1)",)


@pytest.mark.parametrize("direction", [IN, OUT])
def test_traffic_inside_a_subnet_is_filtered(direction: Direction) -> None:
    """Microsoft Learn, How network security groups filter network traffic: intra-subnet traffic."""
    rules = tuple(rule(f"Deny{way}", 100, DENY, direction=way) for way in (IN, OUT))
    ends = ("10.0.0.9", "10.0.0.4:22") if direction is IN else ("10.0.0.4", "10.0.0.9:22")
    assert not ask(build(machine(rules, None), direction), flow("tcp", *ends)).allowed


@pytest.mark.parametrize(("first", "allowed"), [(DENY, False), (ALLOW, True)])
def test_the_rule_with_the_lower_priority_number_wins(first: Access, allowed: bool) -> None:
    """Microsoft Learn, Network security groups overview: once traffic matches a rule, processing stops."""
    second = ALLOW if first is DENY else DENY
    estate = machine(None, (rule("late", 200, second, ports="22"), rule("early", 100, first, ports="22")))
    answer = ask(build(estate, IN), flow("tcp", "10.0.0.9", "10.0.0.4:22"))
    assert answer.verdict == ("Allow" if allowed else "Deny", "early")


def test_replies_to_an_allowed_flow_need_no_rule() -> None:
    """Microsoft Learn, Network security groups overview: flow records make groups stateful, so only the
    packet that starts a flow is asked about. The outbound answer does not look at inbound rules."""
    allow = rule("AllowWeb", 100, ALLOW, ports="80", direction=OUT)
    deny = rule("DenyAll", 100, DENY, direction=IN)
    answer = ask(build(machine(None, (allow, deny)), OUT), flow("tcp", "10.0.0.4", "203.0.113.9:80"))
    assert answer.verdict == ("Allow", "AllowWeb")


def test_rule_for_the_public_address_of_a_machine_never_matches() -> None:
    """Microsoft Learn, Network security groups overview: inbound rules see addresses after translation
    from the public to the private address."""
    to_public = rule("AllowPublic", 100, ALLOW, "Internet", "20.1.1.1/32", "443", protocol="Tcp")
    answer = ask(build(machine(None, (to_public,)), IN), flow("tcp", "198.51.100.7", "10.0.0.4:443"))
    assert answer.verdict == ("Deny", "DenyAllInBound")


def test_rule_for_the_private_address_of_a_machine_matches() -> None:
    """Microsoft Learn, Network security groups overview."""
    to_private = rule("AllowPrivate", 100, ALLOW, "Internet", "10.0.0.4", "443", protocol="Tcp")
    answer = ask(build(machine(None, (to_private,)), IN), flow("tcp", "198.51.100.7", "10.0.0.4:443"))
    assert answer.verdict == ("Allow", "AllowPrivate")


@pytest.mark.parametrize(
    ("origin", "port", "verdict"),
    [
        ("AzureLoadBalancer", "8080", ("Deny", "DenyAllInBound")),
        ("Internet", "8080", ("Allow", "AllowBackend")),
        ("Internet", "80", ("Deny", "DenyAllInBound")),
    ],
)
def test_load_balanced_client_keeps_its_address_and_meets_the_backend_port(
    origin: str, port: str, verdict: tuple[str, str]
) -> None:
    """Microsoft Learn, Network security groups overview and Virtual network service tags:
    AzureLoadBalancer covers probes, not clients; the port is the backend's (8080), not the frontend's (80)."""
    allow = rule("AllowBackend", 100, ALLOW, origin, "*", port, protocol="Tcp")
    answer = ask(build(machine(None, (allow,)), IN), flow("tcp", "198.51.100.7", "10.0.0.4:8080"))
    assert answer.verdict == verdict


def test_denying_the_virtual_network_loses_load_balancer_probes() -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds 168.63.129.16."""
    deny = rule("DenyVnetInBound", 1000, DENY, "VirtualNetwork", "*")
    answer = ask(build(machine((), (deny,)), IN), flow("tcp", "168.63.129.16", "10.0.0.4:80"))
    assert answer.verdict == ("Deny", "DenyVnetInBound")


def test_interface_without_a_shown_subnet_depends_on_its_group() -> None:
    """Nothing is guessed: a subnet that the input does not show may have a group."""
    interface: NetworkInterface = nic("nic1", "10.0.0.4", "vnet9/s9")
    chain = build(snapshot(interface), IN)
    assert [layer.name for layer in chain.chain.layers[1:]] == ["NSG network security group of the subnet of nic1"]
