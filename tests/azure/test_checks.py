from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.azure.checks import check_definitions
from nwpolicy.model.avnm import MemberType
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access, Direction, EffectiveAdminRules, EffectiveSecurityGroup, EffectiveSecurityGroups
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    SOURCE,
    admin_rule,
    catalogue,
    collection,
    configuration,
    deployment,
    group,
    manager,
    nic,
    nsg,
    peering,
    reference,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)


def codes(*resources: Resource) -> list[str]:
    return [diagnostic.code for diagnostic in check_definitions(snapshot(*resources))]


def messages(*resources: Resource) -> list[str]:
    return [diagnostic.message for diagnostic in check_definitions(snapshot(*resources))]


def test_sound_definitions_have_nothing_to_say() -> None:
    assert not codes(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n"), peering("vnet2")),
        vnet("vnet2", "10.1.0.0/16", peering("vnet1")),
        nic("nic1", "10.0.0.4", "vnet1/s1", asgs=["web"]),
        nsg(
            "n",
            rule("in_.-1_", 100, ALLOW, "Internet", "asg:web", "443", protocol="Tcp"),
            rule("out", 100, ALLOW, "*", "Storage.WestEurope", "443", direction=OUT),
            rule("unknown", unknown("p", UnknownKind.PRIORITY), ALLOW),
        ),
    )


@pytest.mark.parametrize("second", [DENY, ALLOW])
def test_priority_twice_in_one_direction(second: Access) -> None:
    """Microsoft Learn, Network security groups overview: priorities are unique in a direction."""
    (found,) = check_definitions(
        snapshot(
            nsg(
                "n",
                rule("one", 100, ALLOW),
                rule("two", 100, second),
                rule("out", 100, DENY, direction=OUT),
            )
        )
    )
    assert (found.severity, found.code) == (Severity.ERROR, "duplicate-priority")
    assert found.message == "two has priority 100 for Inbound traffic like one, estate.json:1:1"


def test_priority_twice_in_one_collection_of_admin_rules() -> None:
    """Azure Network REST API, AdminPropertiesFormat: the priority is unique in the collection. That counts for each
    direction, as the documentation says of the same sentence for network security groups."""

    def found(direction: Direction) -> list[str]:
        rules = (admin_rule("one", 1, ALLOW), admin_rule("two", 1, DENY, direction=direction))
        return codes(manager("m", group("g"), configuration("c", collection("rc", ["g"], *rules))))

    assert found(IN) == ["duplicate-priority"]
    assert found(OUT) == []


def test_name_twice_in_one_group() -> None:
    """Microsoft Learn, Network security groups overview: the name of a rule is unique in its group."""
    (found,) = check_definitions(snapshot(nsg("n", rule("one", 100, ALLOW), rule("ONE", 200, DENY))))
    assert (found.severity, found.code) == (Severity.ERROR, "duplicate-name")
    assert found.message == "there is another rule ONE, estate.json:1:1"


def test_rules_of_which_only_one_may_be_deployed() -> None:
    maybe = unknown("deploy", UnknownKind.CONDITION)
    found = check_definitions(snapshot(nsg("n", rule("one", 100, ALLOW), rule("one", 100, DENY, condition=maybe))))
    assert {one.severity for one in found} == {Severity.WARNING}


def test_commit_of_a_configuration_that_is_not_there() -> None:
    """A misspelt name would leave the configuration without effect."""
    avnm = manager("m", group("g"), configuration("c"), deployments=[deployment(["cc"], "*")])
    (found,) = check_definitions(snapshot(avnm))
    assert (found.code, found.message) == ("undefined-reference", "cc, which m commits, is not defined in the input")


@pytest.mark.parametrize("priority", [99, 4097, 65000])
def test_priority_out_of_range(priority: int) -> None:
    assert codes(nsg("n", rule("one", priority, ALLOW))) == ["priority-out-of-range"]


def test_admin_priorities_start_at_one() -> None:
    def one(priority: int) -> list[str]:
        rules = collection("rc", ["g"], admin_rule("one", priority, ALLOW))
        return codes(manager("m", group("g"), configuration("c", rules)))

    assert (one(0), one(1), one(4096), one(4097)) == (["priority-out-of-range"], [], [], ["priority-out-of-range"])


@pytest.mark.parametrize("name", ["-a", "a-", "a b", "ä" * 81, "a/-b"])
def test_name_that_azure_rejects(name: str) -> None:
    assert codes(nsg("n", rule(name, 100, ALLOW))) == ["invalid-name"]


@pytest.mark.parametrize(
    ("accepted", "names"),
    [
        (True, ["a", "a_", "A.1-b_", "9", "a" * 80, "{open}!"]),
        (False, ["_a", "-a", "a-", "a.", "a b", "é", "a" * 81, "a/b"]),
    ],
)
def test_names_that_azure_accepts(accepted: bool, names: list[str]) -> None:
    """Microsoft Learn, Naming rules and restrictions for Azure resources, Microsoft.Network."""
    for name in names:
        found = codes(nsg(name)), codes(vnet("net", "10.0.0.0/16", subnet(name, "10.0.0.0/24")))
        assert found == (([], []) if accepted else (["invalid-name"], ["invalid-name"])), name


def test_names_of_virtual_networks_have_two_to_64_characters() -> None:
    found = [codes(vnet("v" * length, "10.0.0.0/16")) for length in (1, 2, 64, 65)]
    assert found == [["invalid-name"], [], [], ["invalid-name"]]


def test_several_tags_in_one_rule() -> None:
    assert codes(nsg("n", rule("one", 100, ALLOW, ["Storage", "Sql"]))) == ["several-service-tags"]
    assert not codes(nsg("n", rule("one", 100, ALLOW, ["INTERNET", "Internet"])))


def test_misspelt_tag() -> None:
    (found,) = check_definitions(snapshot(nsg("n", rule("one", 100, ALLOW, "VirtualNetwrok"))))
    assert (found.severity, found.code) == (Severity.WARNING, "unknown-service-tag")
    assert found.help == "did you mean VirtualNetwork?"


def test_tag_of_a_catalogue_is_known() -> None:
    estate = (nsg("n", rule("one", 100, ALLOW, "BrandNew")),)
    assert codes(*estate) == ["unknown-service-tag"]
    assert not codes(*estate, catalogue(BrandNew=["20.0.0.0/24"]))


def test_platform_tag_where_it_has_no_meaning() -> None:
    assert codes(nsg("n", rule("one", 100, ALLOW, "AzurePlatformDNS"))) == ["unsupported-tag"]
    rules = collection("rc", ["g"], admin_rule("one", 1, ALLOW, (), "AzurePlatformDNS", direction=OUT))
    assert codes(manager("m", group("g"), configuration("c", rules))) == ["unsupported-tag"]


def test_both_families_in_one_rule() -> None:
    assert codes(nsg("n", rule("one", 100, ALLOW, "10.0.0.0/8", "fd00::/8"))) == ["mixed-families"]
    assert not codes(nsg("n", rule("one", 100, ALLOW, "*", "fd00::/8")))


def test_ports_of_a_protocol_without_ports() -> None:
    assert codes(nsg("n", rule("one", 100, ALLOW, ports="8", protocol="Icmp"))) == ["ports-without-meaning"]
    assert not codes(nsg("n", rule("one", 100, ALLOW, ports="8")))


def test_group_on_the_gateway_subnet() -> None:
    """Microsoft Learn, About VPN Gateway configuration settings: groups are not supported on GatewaySubnet."""
    found = codes(nsg("n"), vnet("net", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27", nsg="n")))
    assert found == ["nsg-on-gateway-subnet"]


def test_size_of_ipv6_subnets() -> None:
    """Microsoft Learn, Overview of IPv6 for Azure Virtual Network: subnets must be exactly /64."""
    assert codes(vnet("net", "fd00::/48", subnet("s", "fd00::/63"))) == ["ipv6-subnet-size"]
    assert not codes(vnet("net", "fd00::/48", subnet("s", "fd00::/64")))


def test_undefined_references_are_notes() -> None:
    found = check_definitions(
        snapshot(
            vnet("net", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg="gone", route_table="gone")),
            nic("nic1", "10.0.0.4", "v/gone"),
        )
    )
    assert {diagnostic.severity for diagnostic in found} == {Severity.NOTE}
    assert [diagnostic.code for diagnostic in found] == ["undefined-reference"] * 3


def test_ambiguous_reference() -> None:
    found = codes(vnet("net", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg="n")), nsg("n"), nsg("n"))
    assert found == ["ambiguous-reference"]


def test_application_security_groups() -> None:
    """Microsoft Learn, Application security groups: all members must be in one virtual network."""
    two = (vnet("v1", "10.0.0.0/16", subnet("s", "10.0.0.0/24")), vnet("v2", "10.1.0.0/16", subnet("s", "10.1.0.0/24")))
    members = (nic("nic1", "10.0.0.4", "v1/s", asgs=["web"]), nic("nic2", "10.1.0.4", "v2/s", asgs=["web"]))
    assert codes(*two, *members) == ["asg-in-several-networks"]
    assert codes(nsg("n", rule("one", 100, ALLOW, "asg:web"))) == ["asg-without-members"]
    assert "asg-with-addresses" in codes(nsg("n", rule("one", 100, ALLOW, ["asg:web", "10.0.0.4"])))


def test_limits() -> None:
    """Microsoft Learn, Azure subscription and service limits."""
    many = [f"10.0.{n // 250}.{n % 250}" for n in range(4001)]
    assert messages(nsg("n", rule("one", 100, ALLOW, many))) == [
        "n has 4001 source addresses and ranges, Azure accepts 4000"
    ]
    rules = (rule(f"r{n}", 100 + n, ALLOW) for n in range(1001))
    assert messages(nsg("n", *rules)) == ["n has 1001 rules, Azure accepts 1000"]
    admin = (admin_rule(f"r{n}", 1 + n, ALLOW) for n in range(101))
    assert messages(manager("m", group("g"), configuration("c", collection("rc", ["g"], *admin)))) == [
        "m has 101 admin rules, Azure accepts 100"
    ]


def test_state_tracking_that_is_off() -> None:
    interface = NetworkInterface(name="nic1", disable_tcp_state_tracking=True, source=SOURCE)
    assert codes(interface) == ["tcp-state-tracking-off"]


def test_address_outside_its_subnet() -> None:
    assert codes(vnet("net", "10.0.0.0/16", subnet("s", "10.0.0.0/24")), nic("nic1", "10.0.1.4", "net/s")) == [
        "address-outside-subnet"
    ]


def test_a_peering_with_one_side_is_an_assumption_of_the_answers_that_it_matters_to() -> None:
    assert codes(vnet("v1", "10.0.0.0/16", peering("v2")), vnet("v2", "10.1.0.0/16")) == []


def test_managers() -> None:
    rules = collection("rc", ["g"], admin_rule("one", 1, ALLOW, "group:g"))
    assert codes(manager("m", group("g"), configuration("c", rules))) == ["network-group-not-enabled"]
    subnets = group("g", member_type=MemberType.SUBNET)
    assert codes(manager("m", subnets, configuration("c", collection("rc", ["g"])))) == ["subnet-members"]
    assert codes(manager("m", configuration("c", collection("rc", ["gone"])))) == ["undefined-reference"]
    twice = deployment(["m/c", "m/d"], "*")
    assert codes(manager("m", configuration("c"), configuration("d"), deployments=[twice])) == [
        "several-configurations"
    ]


def test_export_that_belongs_to_no_network() -> None:
    assert codes(EffectiveAdminRules(name="vnet1", rules=(), source=SOURCE)) == ["unattached-export"]


def test_interface_in_several_subnets() -> None:
    """Microsoft Learn, Assign multiple IP addresses to virtual machines: all are of one subnet."""
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), subnet("s2", "10.0.1.0/24"))
    one, two = (nic("n1", f"10.0.{n}.4", f"vnet1/s{n + 1}") for n in range(2))
    both = replace(one, ip_configurations=(*one.ip_configurations, *two.ip_configurations))
    (found,) = check_definitions(snapshot(network, both))
    assert (found.severity, found.code) == (Severity.ERROR, "several-subnets")


def test_export_that_belongs_to_no_interface() -> None:
    """An export with no group of the interface itself does not name it; its file's name has to."""
    entry = EffectiveSecurityGroup(group=nsg("n"), association=reference("subnets", "s1"))
    live = EffectiveSecurityGroups(name="export", groups=(entry,), source=SOURCE)
    assert codes(live) == []
    assert codes(live, nic("nic1", "10.0.0.4", None)) == ["unattached-export"]
    assert codes(replace(live, name="nic1"), nic("nic1", "10.0.0.4", None)) == []


def test_two_routes_of_a_table_to_one_destination() -> None:
    """Virtual network traffic routing, "How Azure selects a route": nothing tells which of them to take."""
    internet, nowhere = NextHopType.INTERNET, NextHopType.NONE
    one, two = route("one", "10.9.0.0/16", internet), route("two", "10.9.0.0/16", nowhere)
    with_tags = (route("tag", "Storage", internet), route("other", "storage", nowhere))
    for first, second in ((one, two), with_tags):
        (found,) = check_definitions(snapshot(route_table("rt", first, second)))
        assert (found.code, found.severity) == ("duplicate-route", Severity.ERROR)
    assert codes(route_table("rt", one, route("longer", "10.9.0.0/17", nowhere))) == []
    perhaps = replace(two, condition=unknown("flag", UnknownKind.CONDITION))
    (found,) = check_definitions(snapshot(route_table("rt", one, perhaps)))
    assert found.severity is Severity.WARNING
