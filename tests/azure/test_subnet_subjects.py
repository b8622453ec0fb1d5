from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.origins import LayerKind, LayerOrigin
from nwpolicy.azure.subjects import SubjectError, SubjectKind, find_subject, interfaces_in
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from tests.asking import ask
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
    rule,
    snapshot,
    subnet,
    vnet,
)

ESTATE = snapshot(
    vnet("vnet1", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg-web"), subnet("bare", "10.0.2.0/24")),
    nsg("nsg-web", rule("https", 100, ALLOW, ports="443", protocol="Tcp")),
    nsg("nsg-nic", rule("nothing", 100, DENY)),
    nic("nic-a", "10.0.1.4", "vnet1/web", nsg="nsg-nic"),
    nic("nic-b", "10.0.2.4", "vnet1/bare"),
    manager(
        "m",
        group("g", "vnet1"),
        configuration(
            "c", collection("rc", ["m/g"], admin_rule("no-ssh", 1, DENY, ports="22", protocol="Tcp", direction=IN))
        ),
    ),
)


def chain(estate: Snapshot, name: str, direction: Direction = IN) -> FilterChain:
    return filter_chain(estate, find_subject(estate, subnet=name), direction, Assumptions.of())


def kinds(built: FilterChain) -> list[LayerKind]:
    return [layer.origin.kind for layer in built.chain.layers if isinstance(layer.origin, LayerOrigin)]


def test_a_subnet_is_filtered_by_admin_rules_and_its_own_group() -> None:
    """Source: Microsoft Learn, Security admin rules in Azure Virtual Network Manager, "The order of evaluation"."""
    built = chain(ESTATE, "web")
    assert built.subject.kind is SubjectKind.SUBNET
    assert kinds(built) == [LayerKind.PLATFORM, LayerKind.ADMIN_RULES, LayerKind.SUBNET_NSG]
    assert ask(built, flow("tcp", "203.0.113.9", "10.0.1.9:22")).verdict == ("Deny", "no-ssh")
    assert ask(built, flow("tcp", "203.0.113.9", "10.0.1.9:443")).verdict == ("Allow", "https")
    assert kinds(chain(ESTATE, "web", OUT))[-1] is LayerKind.SUBNET_NSG


def test_a_subnet_without_a_group_is_filtered_by_admin_rules_alone() -> None:
    assert kinds(chain(ESTATE, "vnet1/bare")) == [LayerKind.PLATFORM, LayerKind.ADMIN_RULES]


def test_a_subnet_owns_its_prefixes() -> None:
    assert chain(ESTATE, "web").local == AddressSet.parse("10.0.1.0/24")
    assert chain(snapshot(vnet("v", "10.0.0.0/16", subnet("open"))), "open").local.is_any


def test_the_interfaces_of_a_subnet() -> None:
    found = find_subject(ESTATE, subnet="web").subnet
    assert [interface.name for interface in interfaces_in(ESTATE, found)] == ["nic-a"]
    assert interfaces_in(ESTATE, None) == ()


def test_subnets_of_one_name_need_their_network() -> None:
    estate = snapshot(vnet("a", "10.0.0.0/16", subnet("s")), vnet("b", "10.1.0.0/16", subnet("s")))
    with pytest.raises(SubjectError, match="several subnets"):
        find_subject(estate, subnet="s")
    assert find_subject(estate, subnet="b/s").virtual_network is estate.resources[1]
    with pytest.raises(SubjectError, match="no subnet 't'"):
        find_subject(estate, subnet="t")
