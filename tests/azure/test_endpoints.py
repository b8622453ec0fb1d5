from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.endpoints import EndpointError, resolve_endpoint
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.subjects import find_subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.snapshot import Snapshot
from tests.builders import (
    ALLOW,
    catalogue,
    group,
    manager,
    nic,
    nsg,
    private_endpoint,
    rule,
    snapshot,
    subnet,
    vnet,
)


@pytest.fixture
def estate() -> Snapshot:
    return snapshot(
        vnet("vnet1", ["10.0.0.0/16", "fd00::/48"], subnet("web", "10.0.0.0/24"), subnet("db", "10.0.1.0/24")),
        vnet("vnet2", "10.2.0.0/16", subnet("db", "10.2.1.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/web", asgs=["AsgWeb"], vm="vm1"),
        nic("nic2", None, "vnet1/db", vm="vm2"),
        nic("shared", "10.0.0.9", "vnet1/web", asgs=["shared"]),
        nic("nic3", "10.0.0.10", "vnet1/web", asgs=["shared"]),
        nsg("n", rule("one", 100, ALLOW, "asg:AsgJump")),
        private_endpoint("pe", "vnet1/db", "10.0.1.9"),
        manager("m", group("spokes", "vnet1", "vnet2")),
        catalogue(Storage=["20.60.0.0/16"], Storage_WestEurope=["20.60.1.0/24"]),
    )


def resolve(estate: Snapshot, text: str) -> Space:
    return resolve_endpoint(estate, find_subject(estate, nic="nic1"), text, Assumptions.of())


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("*", "*"),
        ("any", "*"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.0/24", "10.1.2.0/24"),
        ("10.1.2.3-10.1.2.4", "10.1.2.3, 10.1.2.4"),
        ("fd00::1", "fd00::1"),
        ("vm1", "10.0.0.4"),
        ("NIC1", "10.0.0.4"),
        ("nic1", "10.0.0.4"),
        ("asgweb", "10.0.0.4"),
        ("web", "10.0.0.0/24"),
        ("vnet2/db", "10.2.1.0/24"),
        ("vnet1", "10.0.0.0/16, fd00::/48"),
        ("pe", "10.0.1.9"),
        ("spokes", "10.0.0.0/16, 10.2.0.0/16, fd00::/48"),
        ("storage", "20.60.0.0/16"),
        ("Storage.WestEurope", "20.60.1.0/24"),
        ("AzureLoadBalancer", "168.63.129.16"),
        ("VirtualNetwork", "10.0.0.0/16, 168.63.129.16, fd00::/48"),
        ("nic:shared", "10.0.0.9"),
        ("asg:shared", "10.0.0.9, 10.0.0.10"),
    ],
)
def test_names(estate: Snapshot, text: str, known: str) -> None:
    found = resolve(estate, text)
    assert (str(found.known), found.unknown) == (known, ())


def test_internet_leaves_out_private_addresses(estate: Snapshot) -> None:
    internet = resolve(estate, "Internet").known
    assert AddressSet.parse("8.8.8.8") <= internet
    assert internet.isdisjoint(AddressSet.parse("10.0.0.0/8"))


def test_address_that_azure_will_choose_is_unknown_within_its_subnet(estate: Snapshot) -> None:
    found = resolve(estate, "vm2")
    assert not found.known
    assert [(unknown.name, str(bound)) for unknown, bound in found.unknown] == [
        ("address of nic2/ipconfig1", "10.0.1.0/24")
    ]


def test_group_that_only_rules_name_has_unknown_members(estate: Snapshot) -> None:
    assert [unknown.name for unknown, _ in resolve(estate, "AsgJump").unknown] == ["members of AsgJump"]


def test_documented_tag_without_a_file_is_unknown(estate: Snapshot) -> None:
    found = resolve(estate, "Sql.WestEurope")
    assert [unknown.name for unknown, _ in found.unknown] == ["service tag Sql.WestEurope"]


@pytest.mark.parametrize(
    ("text", "assumptions"),
    [("AsgWeb", {"asg-members"}), ("Internet", {"internet-tag"}), ("VirtualNetwork", set()), ("web", set())],
)
def test_assumptions_behind_a_name(estate: Snapshot, text: str, assumptions: set[str]) -> None:
    assert {name for name, _ in resolve(estate, text).doubts} == assumptions


def test_application_security_groups_of_the_same_name() -> None:
    def target(resource_group: str) -> str:
        provider = "Microsoft.Network/applicationSecurityGroups"
        return f"/subscriptions/s/resourceGroups/{resource_group}/providers/{provider}/web"

    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/s1", asgs=(target("a"),)),
        nic("nic2", "10.0.0.5", "vnet1/s1", asgs=(target("b"),)),
    )
    with pytest.raises(EndpointError) as raised:
        resolve(estate, "web")
    assert raised.value.candidates == (f"asg:{target('a')}", f"asg:{target('b')}")
    assert str(resolve(estate, f"asg:{target('b')}").known) == "10.0.0.5"


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("db", ("subnet:vnet1/db", "subnet:vnet2/db")),
        ("shared", ("nic:shared", "asg:shared")),
        ("vnett1", ("vnet1", "vnet2")),
        ("internett", ("Internet",)),
        ("300.1.1.1", ()),
        ("10.0.0.0/33", ()),
        ("fd00::/129", ()),
    ],
)
def test_what_cannot_be_told(estate: Snapshot, text: str, candidates: tuple[str, ...]) -> None:
    with pytest.raises(EndpointError) as raised:
        resolve(estate, text)
    assert raised.value.candidates == candidates


def test_ambiguous_names_can_be_told_apart_by_their_candidates(estate: Snapshot) -> None:
    assert str(resolve(estate, "subnet:vnet2/db").known) == "10.2.1.0/24"
