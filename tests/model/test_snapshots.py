"""How definitions are found, and what is worked out once for all of them."""

from __future__ import annotations

from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from tests.builders import DENY, nic, nsg, reference, rule, snapshot, subnet, vnet

ESTATE = snapshot(
    vnet("one", "10.0.0.0/16", subnet("web", "10.0.0.0/24")),
    vnet("two", "10.1.0.0/16", subnet("web", "10.1.0.0/24"), subnet("data", "10.1.1.0/24")),
    nsg("group", rule("deny", 100, DENY, "*", "*")),
)


def prefixes(*found: Subnet) -> list[str]:
    return [str(prefix.addresses) for one in found for prefix in one.address_prefixes if hasattr(prefix, "addresses")]


def test_a_name_alone_means_all_of_that_name_and_a_path_one() -> None:
    assert prefixes(*ESTATE.find(Subnet, reference("subnets", "web"))) == ["10.0.0.0/24", "10.1.0.0/24"]
    assert prefixes(*ESTATE.find(Subnet, reference("subnets", "two/web"))) == ["10.1.0.0/24"]
    assert prefixes(*ESTATE.find(Subnet, reference("subnets", "TWO/Web"))) == ["10.1.0.0/24"]
    assert ESTATE.find(Subnet, reference("subnets", "three/web")) == ()
    assert ESTATE.find(Subnet, reference("subnets", "zero/two/web")) == ()


def test_definitions_of_a_kind_include_nested_ones_and_kinds_of_that_kind() -> None:
    assert [found.name for found in ESTATE.all(Subnet)] == ["web", "web", "data"]
    assert ESTATE.all(Rule) == ESTATE.all(SecurityRule)
    assert len(ESTATE.all(Resource)) == 2 + 3 + 2
    assert ESTATE.all(NetworkInterface) == ()
    assert [group.name for group in ESTATE.all(NetworkSecurityGroup)] == ["group"]


def test_what_is_derived_is_worked_out_once_for_each_snapshot() -> None:
    asked: list[Snapshot] = []

    def count(whole: Snapshot) -> int:
        asked.append(whole)
        return len(whole.resources)

    other = snapshot(nic("nic", "10.0.0.4", None))
    assert [ESTATE.derived(count), ESTATE.derived(count), other.derived(count)] == [3, 3, 1]
    assert len(asked) == 2
