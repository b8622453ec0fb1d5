"""Security admin rules of Azure Virtual Network Manager, as Microsoft documents them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.model.avnm import IntentPolicyOption, MemberType, NetworkManager
from nwpolicy.model.network import ApplicationGateway
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Access, AdminRule, EffectiveAdminRules, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.asking import ask, build, depends_on, doubts
from tests.builders import (
    ALLOW,
    ALWAYS_ALLOW,
    DENY,
    IN,
    SOURCE,
    admin_rule,
    collection,
    configuration,
    deployment,
    flow,
    group,
    manager,
    nic,
    nsg,
    private_endpoint,
    reference,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

SSH = flow("tcp", "203.0.113.9", "10.0.0.4:22")
HTTPS = flow("tcp", "203.0.113.9", "10.0.0.4:443")
DENY_SSH = admin_rule("DenySsh", 10, DENY, ports="22", protocol="Tcp")
ALLOW_SSH = admin_rule("AllowSsh", 5, ALLOW, ports="22", protocol="Tcp")
OPEN = rule("Open", 100, ALLOW)
SHUT = rule("Shut", 100, DENY)
NO_GROUP = None


def guarded(
    *managers: NetworkManager | Resource,
    group_rule: SecurityRule | None = OPEN,
    delegation: str | None = None,
    subnet_name: str = "s1",
    location: str | None = "westeurope",
) -> Snapshot:
    """Virtual network vnet1 with a machine at 10.0.0.4, whose group has one rule (None: no group)."""
    delegated = (subnet("mi", "10.0.7.0/24", delegations=(delegation,)),) if delegation else ()
    attached = None if group_rule is None else "n"
    return snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet(subnet_name, "10.0.0.0/24"), *delegated, location=location),
        nic("nic1", "10.0.0.4", f"vnet1/{subnet_name}", nsg=attached),
        nsg("n", *((group_rule,) if group_rule is not None else ())),
        *managers,
    )


def avnm(*rules: AdminRule, intent: IntentPolicyOption = IntentPolicyOption.NONE) -> NetworkManager:
    """A manager with one collection, for vnet1, committed everywhere."""
    return manager("avnm", group("all", "vnet1"), configuration("c", collection("rc", ["all"], *rules), intent=intent))


def test_deny_cannot_be_overridden_by_a_group() -> None:
    """Microsoft Learn, Virtual network enforcement with security admin rules: deny 22 for all virtual networks."""
    answer = ask(build(guarded(avnm(DENY_SSH)), IN), SSH)
    assert answer.verdict == ("Deny", "DenySsh")
    assert answer.layers == ("Azure platform", "AVNM avnm")


@pytest.mark.parametrize(
    ("group_rule", "verdict"),
    [(rule("Web", 100, ALLOW, ports="80"), ("Deny", "DenyAllInBound")), (OPEN, ("Allow", "Open"))],
)
def test_exception_in_another_collection_leaves_the_decision_to_groups(
    group_rule: SecurityRule, verdict: tuple[str, str]
) -> None:
    """Microsoft Learn, Virtual network enforcement with security admin rules: an Allow of higher priority in the
    collection for the application's group; groups then evaluate the traffic."""
    two = manager(
        "avnm",
        group("all", "vnet1"),
        group("app", "vnet1"),
        configuration("c", collection("deny", ["all"], DENY_SSH), collection("allow", ["app"], ALLOW_SSH)),
    )
    assert ask(build(guarded(two, group_rule=group_rule), IN), SSH).verdict == verdict


def test_always_allow_skips_groups() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: AlwaysAllow terminates evaluation."""
    scanner = admin_rule("Scanner", 10, ALWAYS_ALLOW, "203.0.113.9", ports="443", protocol="Tcp")
    answer = ask(build(guarded(avnm(scanner), group_rule=SHUT), IN), HTTPS)
    assert answer.verdict == ("Allow", "Scanner")
    assert answer.layers[-1] == "AVNM avnm"


def test_lower_number_comes_first() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: priority."""
    late = admin_rule("AllowSsh", 20, ALLOW, ports="22", protocol="Tcp")
    assert ask(build(guarded(avnm(late, DENY_SSH)), IN), SSH).verdict == ("Deny", "DenySsh")


def test_rules_apply_without_any_group() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: independent of groups."""
    assert ask(build(guarded(avnm(DENY_SSH), group_rule=NO_GROUP), IN), SSH).verdict == ("Deny", "DenySsh")


def test_without_a_matching_rule_groups_decide() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager."""
    assert ask(build(guarded(avnm(DENY_SSH)), IN), HTTPS).verdict == ("Allow", "Open")
    assert ask(build(guarded(avnm(DENY_SSH), group_rule=SHUT), IN), HTTPS).verdict == ("Deny", "Shut")


@pytest.mark.parametrize("service", ["Microsoft.Sql/managedInstances", "Microsoft.Databricks/workspaces"])
@pytest.mark.parametrize(
    ("option", "verdict"),
    [
        (IntentPolicyOption.NONE, ("Allow", "Open")),
        (IntentPolicyOption.ALLOW_RULES_ONLY, ("Allow", "Open")),
        (IntentPolicyOption.ALL, ("Deny", "DenySsh")),
    ],
)
def test_services_with_network_intent_policies_hold_rules_back(
    service: str, option: IntentPolicyOption, verdict: tuple[str, str]
) -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: nonapplication of security admin rules
    at the virtual network level."""
    chain = build(guarded(avnm(DENY_SSH, intent=option), delegation=service), IN)
    assert ask(chain, SSH).verdict == verdict
    assert bool([line for line in chain.rests_on if "network intent policy" in line]) is (verdict[0] == "Allow")


@pytest.mark.parametrize(("chosen", "verdict"), [("kept", ("Allow", "Scanner")), ("dropped", ("Deny", "Shut"))])
def test_always_allow_under_allow_rules_only_is_an_assumption(chosen: str, verdict: tuple[str, str]) -> None:
    scanner = admin_rule("Scanner", 10, ALWAYS_ALLOW, ports="443", protocol="Tcp")
    manager_ = avnm(scanner, DENY_SSH, intent=IntentPolicyOption.ALLOW_RULES_ONLY)
    name = "always-allow-under-allow-rules-only"
    seen = guarded(manager_, group_rule=SHUT, delegation="Microsoft.Sql/managedInstances")
    chain = build(seen, IN, chosen={name: chosen})
    assert ask(chain, HTTPS).verdict == verdict
    assert name in doubts(chain, HTTPS)
    assert name not in doubts(chain, SSH)


def test_setting_of_the_highest_manager_holds_for_intent_policies() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: with several managers the setting of
    the highest scope is used."""

    def one(name: str, level: int, option: IntentPolicyOption, access: Access) -> NetworkManager:
        only = collection("rc", [f"{name}/g"], admin_rule(f"{name}-rule", 10, access, ports="22", protocol="Tcp"))
        return manager(name, group("g", "vnet1"), configuration("c", only, intent=option), level=level)

    root = one("root", 0, IntentPolicyOption.ALLOW_RULES_ONLY, DENY)
    child = one("child", 5, IntentPolicyOption.NONE, ALWAYS_ALLOW)
    seen = guarded(child, root, group_rule=SHUT, delegation="Microsoft.Sql/managedInstances")
    # with AllowRulesOnly root's Deny is dropped and child's AlwaysAllow stays; with None both would go
    assert ask(build(seen, IN), SSH).verdict == ("Allow", "child-rule")


@pytest.mark.parametrize("name", ["AzureBastionSubnet", "GatewaySubnet", "AzureFirewallSubnet", "RouteServerSubnet"])
def test_rules_do_not_apply_in_subnets_of_some_services(name: str) -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: nonapplication at the subnet level."""
    everything = admin_rule("DenyAll", 1, DENY)
    assert ask(build(guarded(avnm(everything), subnet_name=name), IN), SSH).verdict == ("Allow", "Open")


@pytest.mark.parametrize(("isolated", "allowed"), [(False, True), (True, False)])
def test_application_gateways_without_isolation_exempt_their_subnet(isolated: bool, allowed: bool) -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: nonapplication at the subnet level."""
    gateway = ApplicationGateway(
        name="gw", subnet=reference("subnets", "vnet1/s1"), network_isolation=isolated, source=SOURCE
    )
    assert ask(build(guarded(avnm(admin_rule("DenyAll", 1, DENY)), gateway), IN), SSH).allowed is allowed


def test_rules_do_not_apply_to_private_endpoints() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: private endpoints."""
    endpoint = private_endpoint("pe", "vnet1/s1", "10.0.0.9")
    seen = guarded(avnm(admin_rule("DenyAll", 1, DENY)), endpoint)
    answer = ask(build(seen, IN, private_endpoint="pe"), flow("tcp", "10.0.0.4", "10.0.0.9:443"))
    assert answer.verdict == ("Allow", None)


@pytest.mark.parametrize(("region", "allowed"), [("eastus", True), ("westeurope", False), ("West Europe", False)])
def test_configuration_acts_only_where_it_is_committed(region: str, allowed: bool) -> None:
    """Microsoft Learn, Azure Virtual Network Manager frequently asked questions; Configuration deployments."""
    one = manager(
        "avnm",
        group("all", "vnet1"),
        configuration("c", collection("rc", ["all"], DENY_SSH)),
        deployments=[deployment(["avnm/c"], region)],
    )
    chain = build(guarded(one), IN)
    assert ask(chain, SSH).allowed is allowed
    assert chain.rests_on[1:] == (("c of avnm is not committed to westeurope",) if allowed else ())


def test_configuration_for_other_networks_is_not_mentioned() -> None:
    one = manager(
        "avnm", group("all", "vnet9"), configuration("c", collection("rc", ["all"], DENY_SSH)), deployments=[]
    )
    assert build(guarded(one), IN).rests_on[1:] == ()


def open_levels(*, high_group: str = "vnet1", committed: bool) -> tuple[NetworkManager, NetworkManager]:
    """A higher manager with the option None, committed or not told to be, and a lower one with the option All."""
    rules = collection("rc", ["all"], DENY_SSH)
    high = manager("high", group("all", high_group), configuration("c", rules), level=0)
    low = manager("low", group("all", "vnet1"), configuration("c", rules, intent=IntentPolicyOption.ALL), level=1)
    return high if committed else replace(high, deployments=None), low


@pytest.mark.parametrize(("chosen", "allowed"), [("committed", True), ("ignored", False)])
def test_setting_for_intent_policies_rests_on_what_is_committed(chosen: str, allowed: bool) -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: the highest scope's setting wins."""
    estate = guarded(*open_levels(committed=False), delegation="Microsoft.Sql/managedInstances")
    chain = build(estate, IN, chosen={"uncommitted-configurations": chosen})
    assert ask(chain, SSH).allowed is allowed
    assert "uncommitted-configurations" in doubts(chain, SSH)
    told = guarded(*open_levels(committed=True), delegation="Microsoft.Sql/managedInstances")
    assert doubts(build(told, IN), SSH) == set()


def test_setting_for_intent_policies_of_a_configuration_that_may_not_apply() -> None:
    high, low = open_levels(committed=True)
    dynamic = replace(high, network_groups=(group("all", unknown("policy", UnknownKind.REFERENCE)),))
    estate = guarded(dynamic, low, delegation="Microsoft.Sql/managedInstances")
    assert depends_on(build(estate, IN), SSH) in {
        "vnet1 is in all",
        "c for network intent policies lets Deny rules apply",
    }


def test_collections_name_groups_of_their_own_manager() -> None:
    """Azure Network REST API, AdminRuleCollection: appliesToGroups; network groups are children of their manager."""
    rules = configuration("c", collection("rc", ["all"], DENY_SSH))
    one, other = manager("one", group("all", "vnet1"), rules, level=0), manager("two", group("all", "vnet9"), level=1)
    assert not ask(build(guarded(one, other), IN), SSH).allowed


def test_later_commit_replaces_the_goal_state_of_a_region() -> None:
    """Microsoft Learn, Configuration deployments: committing none removes all configurations."""
    one = manager(
        "avnm",
        group("all", "vnet1"),
        configuration("c", collection("rc", ["all"], DENY_SSH)),
        deployments=[deployment(["avnm/c"], "westeurope"), deployment([], "westeurope")],
    )
    assert ask(build(guarded(one), IN), SSH).allowed


def test_unknown_region_leaves_open_whether_a_configuration_acts() -> None:
    one = manager(
        "avnm",
        group("all", "vnet1"),
        configuration("c", collection("rc", ["all"], DENY_SSH)),
        deployments=[deployment(["avnm/c"], "westeurope")],
    )
    chain = build(guarded(one, location=None), IN)
    assert depends_on(chain, SSH) == "c is committed to the region of vnet1"


@pytest.mark.parametrize(("chosen", "allowed"), [("committed", False), ("ignored", True)])
def test_what_is_committed_is_an_assumption_where_the_input_does_not_tell(chosen: str, allowed: bool) -> None:
    one = manager("avnm", group("all", "vnet1"), configuration("c", collection("rc", ["all"], DENY_SSH)))
    undeployed = NetworkManager(
        name="avnm",
        network_groups=one.network_groups,
        security_admin_configurations=one.security_admin_configurations,
        source=SOURCE,
    )
    chain = build(guarded(undeployed), IN, chosen={"uncommitted-configurations": chosen})
    assert ask(chain, SSH).allowed is allowed
    assert "uncommitted-configurations" in doubts(chain, SSH)
    assert "uncommitted-configurations" not in doubts(chain, HTTPS)


@pytest.mark.parametrize(("committed", "allowed"), [(["10.8.0.0/16"], True), (["10.8.0.0/16", "10.9.0.0/16"], False)])
def test_network_group_as_source_is_frozen_at_commit(committed: list[str], allowed: bool) -> None:
    """Microsoft Learn, Use network groups as source and destination in security admin rules: a virtual network added
    after the commit is not covered until the configuration is deployed again."""
    deny = admin_rule("DenyGroup", 10, DENY, "group:spokes")
    one = manager(
        "avnm",
        group("all", "vnet1"),
        group("spokes", "old", "new", committed=committed),
        configuration("c", collection("rc", ["all"], deny)),
    )
    seen = guarded(one, vnet("old", "10.8.0.0/16"), vnet("new", "10.9.0.0/16"))
    assert ask(build(seen, IN), flow("tcp", "10.9.0.4", "10.0.0.4:22")).allowed is allowed


def test_network_group_without_a_known_commit_is_an_assumption() -> None:
    deny = admin_rule("DenyGroup", 10, DENY, "group:spokes", ports="22", protocol="Tcp")
    one = manager(
        "avnm", group("all", "vnet1"), group("spokes", "old"), configuration("c", collection("rc", ["all"], deny))
    )
    seen = guarded(one, vnet("old", "10.8.0.0/16"))
    asked = flow("tcp", "10.8.0.4", "10.0.0.4:22")
    chain = build(seen, IN)
    assert not ask(chain, asked).allowed
    assert "network-group-members" in doubts(chain, asked)
    other = build(seen, IN, chosen={"network-group-members": "unknown"})
    assert depends_on(other, asked) == "addresses of spokes"


def test_network_group_of_both_families_counts_with_ipv4_only() -> None:
    """Microsoft Learn, Use network groups as source and destination in security admin rules: with IPv4 and IPv6 mixed
    only IPv4 is used."""
    deny = admin_rule("DenyGroup", 10, DENY, "group:spokes")
    one = manager(
        "avnm",
        group("all", "vnet1"),
        group("spokes", "old", committed=["10.8.0.0/16", "fd00:8::/48"]),
        configuration("c", collection("rc", ["all"], deny)),
    )
    seen = guarded(one)
    assert not ask(build(seen, IN), flow("tcp", "10.8.0.4", "10.0.0.4:22")).allowed
    assert ask(build(seen, IN), flow("tcp", "[fd00:8::4]", "[fd00::4]:22")).verdict[1] == "Open"


@pytest.mark.parametrize(
    ("chosen", "verdict"), [("deny-first", ("Deny", "DenyIt")), ("allow-first", ("Allow", "KeepIt"))]
)
def test_equal_priorities_in_two_collections_are_an_assumption(chosen: str, verdict: tuple[str, str]) -> None:
    one = manager(
        "avnm",
        group("all", "vnet1"),
        configuration(
            "c",
            collection("one", ["all"], admin_rule("KeepIt", 10, ALWAYS_ALLOW, ports="20-30", protocol="Tcp")),
            collection("two", ["all"], admin_rule("DenyIt", 10, DENY, ports="22-443", protocol="Tcp")),
        ),
    )
    chain = build(guarded(one, group_rule=SHUT), IN, chosen={"equal-priority-admin": chosen})
    assert ask(chain, SSH).verdict == verdict
    assert "equal-priority-admin" in doubts(chain, SSH)
    assert "equal-priority-admin" not in doubts(chain, HTTPS)


@pytest.mark.parametrize(
    ("chosen", "first", "second", "decisive"),
    [
        ("deny-first", ALLOW, DENY, "two"),
        ("deny-first", ALWAYS_ALLOW, ALLOW, "two"),
        ("allow-first", DENY, ALLOW, "two"),
        ("allow-first", ALLOW, ALWAYS_ALLOW, "two"),
    ],
)
def test_order_of_accesses_at_equal_priority(chosen: str, first: Access, second: Access, decisive: str) -> None:
    one = manager(
        "avnm",
        group("all", "vnet1"),
        configuration(
            "c",
            collection("a", ["all"], admin_rule("one", 10, first)),
            collection("b", ["all"], admin_rule("two", 10, second)),
        ),
    )
    chain = build(guarded(one, group_rule=NO_GROUP), IN, chosen={"equal-priority-admin": chosen})
    assert ask(chain, SSH).rule == decisive


def test_strongest_of_several_options_for_intent_policies_holds() -> None:
    several = replace(
        configuration("c", collection("rc", ["all"], DENY_SSH)),
        apply_on_network_intent_policy_based_services=(IntentPolicyOption.NONE, IntentPolicyOption.ALL),
    )
    seen = guarded(manager("avnm", group("all", "vnet1"), several), delegation="Microsoft.Sql/managedInstances")
    assert ask(build(seen, IN), SSH).verdict == ("Deny", "DenySsh")


def _levels(high: AdminRule, low: AdminRule) -> tuple[NetworkManager, NetworkManager]:
    return (
        manager("low", group("g", "vnet1"), configuration("c", collection("rc", ["low/g"], low)), level=3),
        manager("high", group("g", "vnet1"), configuration("c", collection("rc", ["high/g"], high)), level=0),
    )


def test_manager_with_the_higher_scope_wins() -> None:
    """Microsoft Learn, Understand and work with Azure Virtual Network Manager scopes: on conflict the configuration of
    the higher scope applies, whatever the priorities."""
    high = admin_rule("HighDeny", 4096, DENY, ports="22", protocol="Tcp")
    low = admin_rule("LowAllow", 1, ALWAYS_ALLOW, ports="22", protocol="Tcp")
    assert ask(build(guarded(*_levels(high, low)), IN), SSH).verdict == ("Deny", "HighDeny")


@pytest.mark.parametrize(
    ("chosen", "verdict"), [("higher-decides", ("Allow", "Open")), ("lower-may-deny", ("Deny", "LowDeny"))]
)
def test_lower_deny_after_a_higher_allow_is_an_assumption(chosen: str, verdict: tuple[str, str]) -> None:
    high = admin_rule("HighAllow", 100, ALLOW, ports="22", protocol="Tcp")
    low = admin_rule("LowDeny", 1, DENY, ports="20-443", protocol="Tcp")
    chain = build(guarded(*_levels(high, low)), IN, chosen={"higher-allow-lower-deny": chosen})
    assert ask(chain, SSH).verdict == verdict
    assert "higher-allow-lower-deny" in doubts(chain, SSH)
    assert ask(chain, HTTPS).verdict == ("Deny", "LowDeny")
    assert "higher-allow-lower-deny" not in doubts(chain, HTTPS)


@pytest.mark.parametrize(("chosen", "rule_name"), [("as-written", "one-rule"), ("reversed", "two-rule")])
def test_order_of_managers_without_known_scopes_is_an_assumption(chosen: str, rule_name: str) -> None:
    def one(name: str) -> NetworkManager:
        only = collection("rc", [f"{name}/g"], admin_rule(f"{name}-rule", 10, DENY))
        return manager(name, group("g", "vnet1"), configuration("c", only), management_groups=(name,))

    chain = build(guarded(one("one"), one("two")), IN, chosen={"manager-order": chosen})
    assert ask(chain, SSH).verdict == ("Deny", rule_name)
    assert chain.assumptions == ("manager-order",)


def test_virtual_network_outside_the_scope_gets_no_configuration() -> None:
    """Microsoft Learn, Understand and work with Azure Virtual Network Manager scopes: cross-scope members get no
    configuration."""
    prefix = "/subscriptions/{}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet1"
    for subscription, allowed in (("aaa", False), ("bbb", True)):
        network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), identity=prefix.format(subscription))
        seen = snapshot(
            network,
            nic("nic1", "10.0.0.4", "vnet1/s1"),
            manager(
                "avnm",
                group("all", "vnet1"),
                configuration("c", collection("rc", ["all"], DENY_SSH)),
                subscriptions=("/subscriptions/aaa",),
            ),
        )
        assert ask(build(seen, IN), SSH).allowed is allowed


def test_dynamic_membership_leaves_open_whether_rules_apply() -> None:
    member = unknown("members by policy", UnknownKind.REFERENCE)
    one = manager("avnm", group("all", member), configuration("c", collection("rc", ["all"], DENY_SSH)))
    assert depends_on(build(guarded(one), IN), SSH) == "vnet1 is in all"


def test_subnet_members_carry_rules_to_their_subnet_only() -> None:
    for name, allowed in (("s1", False), ("s2", True)):
        members = group("all", f"vnet1/{name}", member_type=MemberType.SUBNET)
        one = manager("avnm", members, configuration("c", collection("rc", ["all"], DENY_SSH)))
        assert ask(build(guarded(one), IN), SSH).allowed is allowed


def test_rules_as_azure_lists_them_beat_what_is_worked_out() -> None:
    """Azure Network REST API, listNetworkManagerEffectiveSecurityAdminRules."""
    listed = EffectiveAdminRules(name="vnet1", rules=(DENY_SSH,), source=SOURCE)
    everything = avnm(admin_rule("DenyAll", 1, DENY))
    chain = build(guarded(everything, listed), IN)
    assert ask(chain, SSH).verdict == ("Deny", "DenySsh")
    assert ask(chain, HTTPS).verdict == ("Allow", "Open")


def test_empty_list_of_azure_means_that_no_rule_applies() -> None:
    listed = EffectiveAdminRules(name="vnet1", rules=(), source=SOURCE)
    assert ask(build(guarded(avnm(DENY_SSH), listed), IN), SSH).verdict == ("Allow", "Open")
