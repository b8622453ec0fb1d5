"""Microsoft's example of application security groups: three tiers, one network security group on both subnets.

Source: Microsoft Learn, Application security groups.
"""

from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.endpoints import resolve_endpoint
from nwpolicy.azure.subjects import find_subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.snapshot import Snapshot
from tests.asking import ask, build, depends_on, doubts
from tests.builders import ALLOW, DENY, IN, OUT, flow, nic, nsg, private_endpoint, rule, snapshot, subnet, vnet

NIC1, NIC2, NIC3, NIC4 = "10.0.1.4", "10.0.1.5", "10.0.2.6", "10.0.2.7"


@pytest.fixture
def estate() -> Snapshot:
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.1.0/24", nsg="n"), subnet("s2", "10.0.2.0/24", nsg="n")),
        nsg(
            "n",
            rule("Allow-HTTP-Inbound-Internet", 100, ALLOW, "Internet", "asg:AsgWeb", "80", protocol="Tcp"),
            rule("Allow-Database-BusinessLogic", 110, ALLOW, "asg:AsgLogic", "asg:AsgDb", "1433", protocol="Tcp"),
            rule("Deny-Database-All", 120, DENY, "*", "asg:AsgDb", "1433"),
            rule("Deny-Database-Out", 120, DENY, "asg:AsgWeb", "asg:AsgDb", "1433", direction=OUT),
        ),
        nic("nic1", NIC1, "vnet1/s1", asgs=["AsgWeb"]),
        nic("nic2", NIC2, "vnet1/s1", asgs=["AsgWeb"]),
        nic("nic3", NIC3, "vnet1/s2", asgs=["AsgLogic"]),
        nic("nic4", NIC4, "vnet1/s2", asgs=["AsgDb"]),
    )


@pytest.mark.parametrize(
    ("nic_name", "protocol", "origin", "target", "verdict"),
    [
        ("nic1", "tcp", "203.0.113.9", f"{NIC1}:80", ("Allow", "Allow-HTTP-Inbound-Internet")),
        ("nic2", "tcp", "203.0.113.9", f"{NIC2}:80", ("Allow", "Allow-HTTP-Inbound-Internet")),
        ("nic3", "tcp", "203.0.113.9", f"{NIC3}:80", ("Deny", "DenyAllInBound")),
        ("nic4", "tcp", NIC3, f"{NIC4}:1433", ("Allow", "Allow-Database-BusinessLogic")),
        ("nic4", "tcp", NIC1, f"{NIC4}:1433", ("Deny", "Deny-Database-All")),
        ("nic4", "udp", NIC3, f"{NIC4}:1433", ("Deny", "Deny-Database-All")),
        ("nic4", "tcp", NIC1, f"{NIC4}:1434", ("Allow", "AllowVnetInBound")),
    ],
)
def test_three_tiers(
    estate: Snapshot, nic_name: str, protocol: str, origin: str, target: str, verdict: tuple[str, str]
) -> None:
    """Microsoft Learn, Application security groups."""
    assert ask(build(estate, IN, nic=nic_name), flow(protocol, origin, target)).verdict == verdict


def test_members_that_no_interface_shows_are_unknown(estate: Snapshot) -> None:
    lonely = snapshot(
        *(r for r in estate.resources if r.name in {"vnet1", "nic1"}),
        nsg("n", rule("AllowJumphost", 100, ALLOW, "asg:AsgJump", "*", "22", protocol="Tcp")),
    )
    chain = build(lonely, IN, nic="nic1")
    assert depends_on(chain, flow("tcp", "203.0.113.9", f"{NIC1}:22")) == "members of AsgJump"
    # an address whose owner is in the input is no member of a group that the owner does not list
    assert depends_on(chain, flow("tcp", NIC1, f"{NIC1}:22")) is None


def test_private_endpoints_are_members_too(estate: Snapshot) -> None:
    """Microsoft Learn, Configure an application security group with a private endpoint."""
    endpoints = (
        private_endpoint("pe", "vnet1/s2", "10.0.2.9", asgs=["AsgDb"]),
        private_endpoint("other", "vnet1/s2", "10.0.2.10"),
    )
    chain = build(snapshot(*estate.resources, *endpoints), OUT, nic="nic1")
    assert ask(chain, flow("tcp", NIC1, "10.0.2.9:1433")).verdict == ("Deny", "Deny-Database-Out")
    assert ask(chain, flow("tcp", NIC1, "10.0.2.10:1433")).verdict == ("Allow", "AllowVnetOutBound")
    assert "asg-members" not in doubts(chain, flow("tcp", NIC1, "10.0.2.10:1433"))


def test_a_group_that_only_private_endpoints_list_has_members(estate: Snapshot) -> None:
    group = nsg("alone", rule("out", 100, DENY, "*", "asg:AsgStorage", direction=OUT))
    endpoint = private_endpoint("pe", "vnet1/s1", "10.0.1.9", asgs=["AsgStorage"])
    found = snapshot(*estate.resources, group, endpoint)
    assert [one.code for one in check_definitions(found)] == []
    assert resolve_endpoint(found, find_subject(found, nic="nic1"), "AsgStorage", Assumptions.of()).known == (
        AddressSet.parse("10.0.1.9")
    )


def test_members_beyond_the_input_are_an_assumption(estate: Snapshot) -> None:
    asked = flow("tcp", "10.0.2.99", f"{NIC4}:1433")
    closed = build(estate, IN, nic="nic4")
    assert ask(closed, asked).verdict == ("Deny", "Deny-Database-All")
    assert "asg-members" in doubts(closed, asked)
    opened = build(estate, IN, nic="nic4", chosen={"asg-members": "open"})
    assert depends_on(opened, asked) == "members of AsgLogic"
