from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.azure.names import Surface, rule_name
from nwpolicy.azure.origins import LayerKind, LayerOrigin, RuleOrigin
from nwpolicy.azure.spaces import ASSIGNABLE
from nwpolicy.azure.subjects import SubjectError, find_subject
from nwpolicy.azure.translate import place_of
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.avnm import IntentPolicyOption
from nwpolicy.model.filters import Choice, Outcome, RulesValue
from nwpolicy.model.network import VirtualMachine, VirtualNetworkGateway
from nwpolicy.model.resource import ServiceTag
from nwpolicy.model.rules import (
    EffectiveAdminRules,
    EffectiveSecurityGroup,
    EffectiveSecurityGroups,
    SecurityRule,
)
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.asking import ask, build, depends_on, origin_of
from tests.builders import (
    ALLOW,
    ALWAYS_ALLOW,
    DENY,
    IN,
    OUT,
    SOURCE,
    admin_rule,
    collection,
    configuration,
    flow,
    gateway,
    group,
    manager,
    nic,
    nsg,
    peering,
    prefixes,
    private_endpoint,
    public_ip,
    reference,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

SSH = flow("tcp", "203.0.113.9", "10.0.0.4:22")
VNET = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"))


def test_group_alone_takes_its_network_as_unknown_private_space() -> None:
    chain = build(snapshot(nsg("n")), IN, nsg="n")
    assert chain.local == ASSIGNABLE
    assert chain.rests_on == ("VirtualNetwork = 168.63.129.16, VirtualNetwork (unknown)",)
    assert depends_on(chain, flow("tcp", "10.1.0.4", "10.0.0.4:22")) == "VirtualNetwork"
    assert ask(chain, SSH).verdict == ("Deny", "DenyAllInBound")
    assert ask(chain, flow("tcp", "168.63.129.16", "168.63.129.16:80")).verdict == ("Allow", "AllowVnetInBound")


def test_network_of_a_group_alone_can_be_given() -> None:
    chain = build(snapshot(nsg("n")), IN, nsg="n", virtual_network=AddressSet.parse("10.0.0.0/16"))
    assert chain.rests_on == ("VirtualNetwork = 10.0.0.0/16, 168.63.129.16",)
    assert ask(chain, flow("tcp", "10.0.9.9", "10.0.0.4:22")).allowed
    assert not ask(chain, flow("tcp", "10.1.0.4", "10.0.0.4:22")).allowed


def test_given_network_is_not_internet() -> None:
    given = AddressSet.parse("20.0.0.0/16")
    chain = build(snapshot(nsg("n")), OUT, nsg="n", virtual_network=given)
    assert ask(chain, flow("tcp", "10.0.0.4", "20.0.0.9:80")).verdict == ("Deny", "DenyAllOutBound")
    assert ask(chain, flow("tcp", "20.0.0.4", "20.0.0.9:80")).verdict == ("Allow", "AllowVnetOutBound")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (rule("r", 100, ALLOW, unknown("cidr", UnknownKind.ADDRESS)), "cidr"),
        (rule("r", 100, ALLOW, ports=unknown("port", UnknownKind.PORT)), "port"),
        (rule("r", 100, ALLOW, protocol=unknown("protocol", UnknownKind.PROTOCOL)), "protocol"),
        (rule("r", 100, unknown("access", UnknownKind.ACCESS), ports="22"), "access"),
        (rule("r", 100, ALLOW, direction=unknown("way", UnknownKind.DIRECTION)), "way = Inbound"),
        (rule("r", 100, ALLOW, condition=unknown("deploy", UnknownKind.CONDITION)), "deploy"),
        (rule("r", 100, ALLOW, "Storage"), "service tag Storage"),
        (rule("r", 100, ALLOW, "NoSuchTag"), "service tag NoSuchTag"),
        (unknown("more rules", UnknownKind.RULES), "more rules"),
    ],
)
def test_answers_depend_on_what_the_input_leaves_open(written: SecurityRule | Unknown, name: str) -> None:
    assert depends_on(build(snapshot(nsg("n", written)), IN, nsg="n"), SSH) == name


def test_unknown_priority_decides_between_rules() -> None:
    priority = unknown("priority", UnknownKind.PRIORITY)
    chain = build(snapshot(nsg("n", rule("known", 200, DENY), rule("open", priority, ALLOW))), IN, nsg="n")
    assert depends_on(chain, SSH) == "priority"
    assert ask(chain, SSH, {priority: 199}).verdict == ("Allow", "open")
    assert ask(chain, SSH, {priority: 201}).verdict == ("Deny", "known")


def test_unseen_rules_may_do_anything_but_change_default_rules() -> None:
    hidden = unknown("more rules", UnknownKind.RULES)
    chain = build(snapshot(nsg("n", rule("known", 200, DENY), hidden)), IN, nsg="n")
    assert ask(chain, SSH, {hidden: RulesValue(True, 199, Outcome.PASS)}).verdict == ("Allow", "more rules")
    assert ask(chain, SSH, {hidden: RulesValue(True, 201, Outcome.PASS)}).verdict == ("Deny", "known")
    assert ask(chain, SSH, {hidden: RulesValue(False, 199, Outcome.PASS)}).verdict == ("Deny", "known")


def test_group_that_the_input_lacks_still_has_default_rules() -> None:
    estate = snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="gone"))
    chain = build(estate, IN)
    names = [rule_.name for rule_ in chain.chain.layers[1].rules]
    assert names == ["rules of gone", "AllowVnetInBound", "AllowAzureLoadBalancerInBound", "DenyAllInBound"]
    assert depends_on(chain, SSH) == "rules of gone"


def test_group_that_may_not_be_deployed() -> None:
    deployed = unknown("deployNsg", UnknownKind.CONDITION)
    estate = snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", condition=deployed))
    chain = build(estate, IN)
    assert ask(chain, SSH, {deployed: True}).verdict == ("Deny", "DenyAllInBound")
    assert ask(chain, SSH, {deployed: False}).verdict == ("Allow", None)


def test_standard_address_with_a_group_that_may_not_exist() -> None:
    deployed = unknown("deployNsg", UnknownKind.CONDITION)
    interface = nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n", public_ip="pip")
    estate = snapshot(
        VNET, interface, nsg("n", rule("open", 100, ALLOW), condition=deployed), public_ip("pip", "Standard")
    )
    assert depends_on(build(estate, IN), SSH) == "no network security group applies to nic1"


@pytest.mark.parametrize(
    ("policies", "verdict"),
    [
        ("Disabled", ("Allow", None)),
        ("RouteTableEnabled", ("Allow", None)),
        ("NetworkSecurityGroupEnabled", ("Deny", "DenyAllInBound")),
        ("Enabled", ("Deny", "DenyAllInBound")),
    ],
)
def test_groups_and_private_endpoints(policies: str, verdict: tuple[str, str | None]) -> None:
    """Microsoft Learn, Manage network policies for private endpoints."""
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n", endpoint_policies=policies)),
        nsg("n"),
        private_endpoint("pe", "vnet1/s1", "10.0.0.9"),
    )
    asked = flow("tcp", "192.168.0.1", "10.0.0.9:443")
    assert ask(build(estate, IN, private_endpoint="pe"), asked).verdict == verdict


def test_unknown_policies_of_a_private_endpoint() -> None:
    policies = unknown("policies", UnknownKind.TEXT)
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n", endpoint_policies=policies)),
        nsg("n"),
        private_endpoint("pe", "vnet1/s1", "10.0.0.9"),
    )
    asked = flow("tcp", "192.168.0.1", "10.0.0.9:443")
    assert depends_on(build(estate, IN, private_endpoint="pe"), asked) == "policies"


def test_prefixes_behind_gateways_belong_to_the_tag() -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds connected on-premises spaces."""
    gateway = VirtualNetworkGateway(
        name="gw",
        virtual_network=reference("virtualNetworks", "vnet1"),
        bgp_prefixes=prefixes(["192.168.0.0/16"]),
        source=SOURCE,
    )
    asked = flow("tcp", "192.168.3.4", "10.0.0.4:22")
    for disabled, allowed in ((False, True), (True, False)):
        estate = snapshot(
            vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n", route_table="rt")),
            route_table("rt", disable_bgp=disabled),
            nic("nic1", "10.0.0.4", "vnet1/s1"),
            nsg("n"),
            gateway,
        )
        assert ask(build(estate, IN), asked).allowed is allowed


@pytest.mark.parametrize(
    ("uses", "transit", "allowed"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_prefixes_behind_the_gateway_of_a_peer(uses: bool, transit: bool, allowed: bool) -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering: use remote gateways, gateway transit."""
    gateway = VirtualNetworkGateway(
        name="gw",
        virtual_network=reference("virtualNetworks", "hub"),
        bgp_prefixes=prefixes(["192.168.0.0/16"]),
        source=SOURCE,
    )
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("hub", remote_gateways=uses)),
        vnet("hub", "10.1.0.0/16", peering("vnet1", gateway_transit=transit)),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n"),
        gateway,
    )
    assert ask(build(estate, IN), flow("tcp", "192.168.3.4", "10.0.0.4:22")).allowed is allowed


@pytest.mark.parametrize(("port", "allowed"), [(79, False), (80, True), (81, False), (443, True), (8080, True)])
def test_ranges_of_ports_are_a_union(port: int, allowed: bool) -> None:
    chain = build(snapshot(nsg("n", rule("web", 100, ALLOW, ports="80,443,8000-8080"))), IN, nsg="n")
    assert ask(chain, flow("tcp", "8.8.8.8", f"10.0.0.4:{port}")).allowed is allowed


def test_ranges_that_cover_all_ports_match_protocols_without_ports() -> None:
    chain = build(snapshot(nsg("n", rule("all", 100, ALLOW, ports="0-79,80-65535"))), IN, nsg="n")
    assert ask(chain, flow("icmp", "8.8.8.8", "10.0.0.4")).verdict == ("Allow", "all")


def test_gateway_with_unknown_reach() -> None:
    gateway = VirtualNetworkGateway(name="gw", virtual_network=reference("virtualNetworks", "vnet1"), source=SOURCE)
    chain = build(snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n"), gateway), IN)
    assert depends_on(chain, flow("tcp", "192.168.3.4", "10.0.0.4:22")) == "prefixes behind gw"
    assert ask(chain, SSH).verdict == ("Deny", "DenyAllInBound")


def test_default_route_of_a_gateway_leaves_the_internet_alone() -> None:
    gateway = VirtualNetworkGateway(
        name="gw",
        virtual_network=reference("virtualNetworks", "vnet1"),
        bgp_prefixes=prefixes(["0.0.0.0/0"]),
        source=SOURCE,
    )
    deny = rule("no-internet", 100, DENY, "*", "Internet", direction=OUT)
    estate = snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", deny), gateway)
    assert ask(build(estate, OUT), flow("tcp", "10.0.0.4", "8.8.8.8:80")).rule == "no-internet"
    assert ask(build(estate, OUT), flow("tcp", "10.0.0.4", "192.168.0.1:80")).rule == "AllowVnetOutBound"


def test_default_route_of_a_gateway_hides_no_other_prefix_of_it() -> None:
    deny = rule("no-internet", 100, DENY, "*", "Internet", direction=OUT)
    estate = snapshot(
        VNET,
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n", deny),
        gateway("er", "vnet1", "0.0.0.0/0"),
        gateway("vpn", "vnet1", "203.0.113.0/24"),
    )
    assert ask(build(estate, OUT), flow("tcp", "10.0.0.4", "8.8.8.8:80")).rule == "no-internet"
    assert ask(build(estate, OUT), flow("tcp", "10.0.0.4", "203.0.113.9:80")).rule == "AllowVnetOutBound"


def test_peer_of_public_addresses_that_may_have_no_access() -> None:
    access = unknown("access", UnknownKind.TEXT)
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("hub", "20.0.0.0/16", access=access))
    deny = rule("no-internet", 100, DENY, "*", "Internet", direction=OUT)
    estate = snapshot(network, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", deny))
    assert depends_on(build(estate, IN), flow("tcp", "20.0.0.9", "10.0.0.4:22")) == "access"
    assert depends_on(build(estate, IN), flow("tcp", "20.1.0.9", "10.0.0.4:22")) is None
    assert depends_on(build(estate, OUT), flow("tcp", "10.0.0.4", "20.0.0.9:22")) == "Internet without access"


def test_peer_that_the_input_lacks() -> None:
    def estate(*space: str) -> Snapshot:
        network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("hub", *space))
        return snapshot(network, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n"))

    asked = flow("tcp", "10.9.0.1", "10.0.0.4:22")
    assert depends_on(build(estate(), IN), asked) == "address space of hub"
    assert ask(build(estate("10.9.0.0/16"), IN), asked).allowed


def test_route_table_that_the_input_lacks_may_widen_the_tag() -> None:
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", route_table="gone"))
    chain = build(snapshot(network, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n")), IN)
    assert depends_on(chain, flow("tcp", "192.168.0.1", "10.0.0.4:22")) == "routes of gone"


def test_unknown_default_route_leaves_the_licensing_exemption_open() -> None:
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", route_table="gone"))
    estate = snapshot(
        network, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", rule("d", 100, DENY, direction=OUT))
    )
    asked = flow("tcp", "10.0.0.4", "23.102.135.246:1688")
    assert depends_on(build(estate, OUT), asked) == "no route for 0.0.0.0/0 in routes of gone"


def exported(*rules: SecurityRule, kind: str = "networkInterfaces") -> EffectiveSecurityGroup:
    tag_map = {"VirtualNetwork": AddressSet.parse("10.7.0.0/16") | AddressSet.parse("168.63.129.16")}
    return EffectiveSecurityGroup(group=nsg("live", *rules), association=reference(kind, "nic1"), tag_map=tag_map)


def test_effective_groups_as_azure_lists_them_beat_what_is_worked_out() -> None:
    """Azure Network REST API, effectiveNetworkSecurityGroups: rules, tagMap."""
    live = EffectiveSecurityGroups(name="nic1", groups=(exported(),), source=SOURCE)
    estate = snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", rule("open", 100, ALLOW)), live)
    chain = build(estate, IN)
    assert [layer.name for layer in chain.chain.layers[1:]] == ["NSG live (NIC nic1)"]
    assert ask(chain, SSH).verdict == ("Deny", "DenyAllInBound")
    assert ask(chain, flow("tcp", "10.7.0.1", "10.7.0.4:22")).allowed
    assert not ask(chain, flow("tcp", "10.0.0.1", "10.7.0.4:22")).allowed
    assert chain.rests_on == ("VirtualNetwork = 10.7.0.0/16, 168.63.129.16",)


def test_effective_groups_are_enough_by_themselves() -> None:
    live = EffectiveSecurityGroups(
        name="nic1",
        groups=(exported(rule("web", 100, ALLOW, ports="80")), exported(kind="subnets")),
        source=SOURCE,
    )
    chain = build(snapshot(live), IN)
    assert [layer.name for layer in chain.chain.layers[1:]] == ["NSG live (subnet nic1)", "NSG live (NIC nic1)"]
    assert not ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:80")).allowed


def test_expansion_of_a_tag_in_an_export_is_used() -> None:
    expanded = ServiceTag("Storage", SOURCE, AddressSet.parse("20.60.0.0/16"))
    allow = replace(rule("blob", 100, ALLOW, "Storage"), sources=(expanded,))
    chain = build(snapshot(EffectiveSecurityGroups(name="nic1", groups=(exported(allow),), source=SOURCE)), IN)
    assert ask(chain, flow("tcp", "20.60.0.9", "10.0.0.4:80")).verdict == ("Allow", "blob")
    assert ask(chain, flow("tcp", "20.61.0.9", "10.0.0.4:80")).verdict == ("Deny", "DenyAllInBound")


def test_admin_rules_of_an_effective_groups_export() -> None:
    shield = exported(rule("shield", 10, ALWAYS_ALLOW, ports="80"), kind="networkManagers")
    live = EffectiveSecurityGroups(name="nic1", groups=(shield, exported()), source=SOURCE)
    chain = build(snapshot(live), IN)
    answer = ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:80"))
    assert answer.verdict == ("Allow", "shield")
    assert rule_name(origin_of(answer), Surface.FLOW_LOG) == "shield"
    assert ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:81")).verdict == ("Deny", "DenyAllInBound")


def test_rules_of_an_export_have_the_id_of_their_group() -> None:
    live = exported(rule("web", 100, ALLOW, ports="80"))
    live = replace(live, group=replace(live.group, id="/nsg/live"))
    chain = build(snapshot(EffectiveSecurityGroups(name="nic1", groups=(live,), source=SOURCE)), IN)
    origin = origin_of(ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:80")))
    assert (origin.name, origin.id) == ("web", "/nsg/live/securityRules/web")
    assert rule_name(origin, Surface.DIAGNOSTICS) == "UserRule_web"


def test_second_export_is_reported() -> None:
    twice = [EffectiveAdminRules(name="vnet1", rules=(), source=SOURCE) for _ in range(2)]
    chain = build(snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1"), *twice), IN)
    assert [diagnostic.code for diagnostic in chain.diagnostics] == ["second-export"]


def test_export_of_another_interface_of_the_same_name() -> None:
    def identity(resource_group: str) -> str:
        return f"/subscriptions/s/resourceGroups/{resource_group}/providers/Microsoft.Network/networkInterfaces/nic1"

    entry = replace(exported(), association=reference("networkInterfaces", identity("RG")))
    live = EffectiveSecurityGroups(name="nic1", groups=(entry,), source=SOURCE)
    own = nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n")
    here, there = replace(own, id=identity("rg")), replace(own, id=identity("other"))
    assert build(snapshot(VNET, nsg("n"), here, live), IN).chain.layers[-1].name == "NSG live (NIC nic1)"
    assert build(snapshot(VNET, nsg("n"), there, live), IN).chain.layers[-1].name == "NSG n (NIC nic1)"


def test_export_that_lacks_a_group_of_the_definitions() -> None:
    live = EffectiveSecurityGroups(name="nic1", groups=(exported(),), source=SOURCE)
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n"))
    chain = build(snapshot(network, nsg("n"), nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), live), IN)
    (found,) = chain.diagnostics
    assert found.code == "export-differs"
    assert found.message == "n of s1 is not in this export, which is used instead of the definitions"


def test_origins_tell_layer_and_rule() -> None:
    rules = collection("rc", ["all"], admin_rule("a", 1, DENY))
    one = manager("avnm", group("all", "vnet1"), configuration("c", rules))
    estate = snapshot(VNET, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n"), one)
    chain = build(estate, IN).chain
    kinds = [layer.origin.kind for layer in chain.layers if isinstance(layer.origin, LayerOrigin)]
    assert kinds == [LayerKind.PLATFORM, LayerKind.ADMIN_RULES, LayerKind.NIC_NSG]
    admin = chain.layers[1].rules[0].origin
    assert isinstance(admin, RuleOrigin)
    assert (admin.name, admin.path) == ("a", ("avnm", "c", "rc"))


def test_ranks_never_fall_in_a_layer() -> None:
    priority = unknown("p", UnknownKind.PRIORITY)
    rules = (
        rule("dns", 4000, DENY, "*", "AzurePlatformDNS", direction=OUT),
        rule("late", 300, ALLOW, direction=OUT),
        rule("open", priority, ALLOW, direction=OUT),
        rule("early", 100, DENY, direction=OUT),
    )
    for layer in build(snapshot(nsg("n", *rules)), OUT, nsg="n").chain.layers:
        ranks = [place_of(rule_) for rule_ in layer.rules]
        assert ranks == sorted(ranks)


def test_access_unknown_under_allow_rules_only() -> None:
    access = unknown("access", UnknownKind.ACCESS)
    intent = configuration(
        "c", collection("rc", ["all"], admin_rule("a", 1, access)), intent=IntentPolicyOption.ALLOW_RULES_ONLY
    )
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", delegations=("Microsoft.Sql/managedInstances",)))
    interface = nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n")
    chain = build(snapshot(network, interface, nsg("n"), manager("m", group("all", "vnet1"), intent)), IN)
    applies = unknown("access is not Deny", UnknownKind.CONDITION)
    assert ask(chain, SSH, {applies: True, access: Outcome.ACCEPT}).verdict == ("Allow", "a")
    assert ask(chain, SSH, {applies: True, access: Outcome.PASS}).verdict == ("Deny", "DenyAllInBound")
    assert ask(chain, SSH, {applies: False}).verdict == ("Deny", "DenyAllInBound")
    choice = chain.chain.layers[1].rules[0].outcome
    assert isinstance(choice, Choice)
    assert Outcome.DENY not in choice.options


def test_names_find_subjects() -> None:
    estate = snapshot(
        VNET,
        nic("nic1", "10.0.0.4", "vnet1/s1", vm="vm1"),
        nic("nic2", "10.0.0.5", "vnet1/s1", vm="vm2"),
        nic("nic3", "10.0.0.6", "vnet1/s1", vm="vm2"),
        nic("nic4", "10.0.0.7", "vnet1/s1"),
        VirtualMachine(name="vm4", network_interfaces=(reference("networkInterfaces", "nic4"),), source=SOURCE),
        nsg("n"),
    )
    assert find_subject(estate, vm="VM1").name == "nic1"
    assert find_subject(estate, vm="vm4").name == "nic4"
    assert find_subject(estate, nsg="N").name == "n"
    assert str(find_subject(estate, nic="nic2").local) == "10.0.0.5"


@pytest.mark.parametrize(
    ("wanted", "candidates"),
    [
        ({}, ("nic1", "nic2")),
        ({"nic": "nic3"}, ("nic1", "nic2")),
        ({"vm": "vm"}, ("nic1", "nic2")),
        ({"vm": "mv"}, ("vm",)),
        ({"nsg": "m"}, ("n",)),
        ({"private_endpoint": "pe"}, ()),
    ],
)
def test_names_that_find_no_subject(wanted: dict[str, str], candidates: tuple[str, ...]) -> None:
    estate = snapshot(
        VNET, nic("nic1", "10.0.0.4", "vnet1/s1", vm="vm"), nic("nic2", "10.0.0.5", "vnet1/s1", vm="vm"), nsg("n")
    )
    with pytest.raises(SubjectError) as raised:
        find_subject(estate, **wanted)
    assert set(raised.value.candidates) == set(candidates)


def test_only_thing_of_the_input_is_the_subject() -> None:
    assert find_subject(snapshot(nsg("n"))).name == "n"
    assert find_subject(snapshot(nsg("n"), VNET, nic("nic1", "10.0.0.4", "vnet1/s1"))).name == "nic1"
    with pytest.raises(SubjectError):
        find_subject(snapshot())
