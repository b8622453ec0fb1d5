"""How Azure's tools name rules, and what NSG diagnostics answers, as Microsoft documents or records it."""

from __future__ import annotations

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.diagnose import MatchedRule, RuleEvaluation, diagnose
from nwpolicy.azure.names import Surface, named_on_allow, rule_name
from nwpolicy.azure.origins import RuleOrigin
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.rules import Access, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.verify import verify
from tests.asking import ask, build, origin_of
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

VNET_IN = rule("DenyVnetInBound", 1000, DENY, "VirtualNetwork", "*")
DNS = "168.63.129.16:53"
BASTION = rule("AllowBastionConnections", 900, ALLOW, "10.0.1.0/26", "*")


def machine(*on_nic: SecurityRule) -> Snapshot:
    """Microsoft's sample: default rules on the subnet, more on the interface, an admin rule for all."""
    everything = admin_rule("VirtualNetwork", 100, ALLOW, "VirtualNetwork", "VirtualNetwork")
    return snapshot(
        vnet("myVNet", "10.0.0.0/16", subnet("mySubnet", "10.0.0.0/24", nsg="mySubnet-nsg")),
        nic("myvm36", "10.0.0.4", "myVNet/mySubnet", nsg="myVM-nsg"),
        nsg("mySubnet-nsg"),
        nsg("myVM-nsg", *on_nic),
        manager("avnm", group("all", "myVNet"), configuration("c", collection("rc", ["all"], everything))),
    )


def asked(protocol: str, source: str, destination: str, port: str) -> FlowSet:
    return FlowSet(parse_protocol(protocol), _addresses(source), ANY_PORT, _addresses(destination), parse_ports(port))


def _addresses(text: str) -> AddressSet:
    return ANY_ADDRESS if text == "*" else AddressSet.parse(text)


@pytest.mark.parametrize(
    ("rules", "result", "last"),
    [
        ((VNET_IN,), Access.DENY, MatchedRule("UserRule_DenyVnetInBound", Access.DENY)),
        ((VNET_IN, BASTION), Access.ALLOW, MatchedRule("UserRule_AllowBastionConnections", Access.ALLOW)),
    ],
)
def test_diagnostics_of_the_bastion_sample(rules: tuple[SecurityRule, ...], result: Access, last: MatchedRule) -> None:
    """Microsoft Learn, Diagnose network security rules: 10.0.1.0/26 to 10.0.0.4, any port, before and after the rule
    that lets Bastion in."""
    diagnosis = diagnose(build(machine(*rules), IN), asked("tcp", "10.0.1.0/26", "10.0.0.4", "*"))
    assert diagnosis.security_rule_access_result is result
    groups = diagnosis.evaluated_network_security_groups
    assert [g.matched_rule for g in groups] == [
        MatchedRule("VirtualNetwork", Access.ALLOW),
        MatchedRule("DefaultRule_AllowVnetInBound", Access.ALLOW),
        last,
    ]
    assert [g.applied_to for g in groups] == ["myVNet", "mySubnet", "myvm36"]
    assert groups[0].rules_evaluation_result == (RuleEvaluation("VirtualNetwork", True, True, True, True, True),)


def test_diagnostics_reports_each_field_up_to_the_match() -> None:
    """Recorded answer of networkConfigurationDiagnostic in Azure/azure-powershell
    (TestNetworkConfigurationDiagnostic.json): TCP from 10.1.1.4 to any address, port 50. A field matches only if the
    rule contains all that is asked."""
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"),
        nsg("n", rule("rdp", 300, ALLOW, ports="3389", protocol="Tcp")),
    )
    diagnosis = diagnose(build(estate, IN), asked("tcp", "10.1.1.4", "*", "50"))
    (group_,) = diagnosis.evaluated_network_security_groups
    assert diagnosis.security_rule_access_result is Access.DENY
    assert group_.matched_rule == MatchedRule("DefaultRule_DenyAllInBound", Access.DENY)
    assert group_.rules_evaluation_result == (
        RuleEvaluation("UserRule_rdp", True, True, True, True, False),
        RuleEvaluation("DefaultRule_AllowVnetInBound", True, False, True, False, True),
        RuleEvaluation("DefaultRule_AllowAzureLoadBalancerInBound", True, False, True, True, True),
        RuleEvaluation("DefaultRule_DenyAllInBound", True, True, True, True, True),
    )


def test_diagnostics_is_open_where_an_unknown_decides() -> None:
    estate = snapshot(nsg("n", rule("tag", 300, ALLOW, "Storage")))
    diagnosis = diagnose(build(estate, IN, nsg="n"), asked("tcp", "8.8.8.8", "10.0.0.4", "50"))
    (group_,) = diagnosis.evaluated_network_security_groups
    assert diagnosis.security_rule_access_result is None
    assert group_.matched_rule is None
    assert group_.rules_evaluation_result == (RuleEvaluation("UserRule_tag", True, None, True, True, True),)


def test_diagnostics_lets_platform_traffic_pass() -> None:
    estate = snapshot(nsg("n", rule("deny", 300, DENY, direction=OUT)))
    diagnosis = diagnose(build(estate, OUT, nsg="n"), asked("udp", "10.0.0.4", "168.63.129.16", "53"))
    (group_,) = diagnosis.evaluated_network_security_groups
    assert diagnosis.security_rule_access_result is Access.ALLOW
    assert (group_.matched_rule, group_.rules_evaluation_result) == (None, ())


def test_flow_verify_names_a_user_rule() -> None:
    """Azure/azure-powershell, NetworkWatcherAPITests.ps1: rule scr1 denies 10.0.0.4 to 12.11.12.14:80."""
    estate = snapshot(nsg("n", rule("scr1", 100, DENY, direction=OUT)))
    answer = ask(build(estate, OUT, nsg="n"), flow("tcp", "10.0.0.4:60000", "12.11.12.14:80"))
    assert not answer.allowed
    assert rule_name(origin_of(answer), Surface.FLOW_VERIFY) == "securityRules/scr1"


@pytest.mark.parametrize(
    ("surface", "user", "default"),
    [
        (Surface.FLOW_VERIFY, "securityRules/web", "defaultSecurityRules/DenyAllInBound"),
        (Surface.EFFECTIVE_RULES, "securityRules/web", "defaultSecurityRules/DenyAllInBound"),
        (Surface.DIAGNOSTICS, "UserRule_web", "DefaultRule_DenyAllInBound"),
        (Surface.SECURITY_GROUP_VIEW, "UserRule_web", "DefaultRule_DenyAllInBound"),
        (Surface.FLOW_LOG, "UserRule_web", "DefaultRule_DenyAllInBound"),
        (Surface.CONNECTION_TROUBLESHOOT, "UserRule_web", "DefaultRule_DenyAllInBound"),
    ],
)
def test_each_surface_has_its_own_names(surface: Surface, user: str, default: str) -> None:
    """Microsoft Learn, IP flow verify overview, Diagnose network security rules, Virtual network flow logs."""
    chain = build(snapshot(nsg("n", rule("web", 100, ALLOW, ports="443"))), IN, nsg="n")
    named = origin_of(ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:443")))
    defaulted = origin_of(ask(chain, flow("tcp", "8.8.8.8", "10.0.0.4:80")))
    assert (rule_name(named, surface), rule_name(defaulted, surface)) == (user, default)


def test_flow_logs_name_admin_rules_bare() -> None:
    """Microsoft Learn, Virtual network flow logs: sample of a flow denied by an admin rule."""
    block = admin_rule("BlockHighRiskTCPPortsFromInternet", 1, DENY, "Internet", ports="22", protocol="Tcp")
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.6", "vnet1/s1"),
        manager("avnm", group("all", "vnet1"), configuration("c", collection("rc", ["all"], block))),
    )
    answer = ask(build(estate, IN), flow("tcp", "101.33.218.153", "10.0.0.6:22"))
    assert not answer.allowed
    assert rule_name(origin_of(answer), Surface.FLOW_LOG) == "BlockHighRiskTCPPortsFromInternet"


@pytest.mark.parametrize(("chosen", "name"), [("prefixed", "securityAdminRules/block"), ("bare", "block")])
def test_name_of_admin_rules_in_flow_verify_is_an_assumption(chosen: str, name: str) -> None:
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")),
        nic("nic1", "10.0.0.6", "vnet1/s1"),
        manager(
            "avnm",
            group("all", "vnet1"),
            configuration("c", collection("rc", ["all"], admin_rule("block", 1, DENY))),
        ),
    )
    origin = origin_of(ask(build(estate, IN), flow("tcp", "8.8.8.8", "10.0.0.6:22")))
    assert rule_name(origin, Surface.FLOW_VERIFY, Assumptions.of({"admin-rule-name": chosen})) == name


@pytest.mark.parametrize(("chosen", "name"), [("last-evaluated", "on-nic"), ("first-evaluated", "on-subnet")])
def test_rule_named_where_both_groups_allow_is_an_assumption(chosen: str, name: str) -> None:
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="a")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="b"),
        nsg("a", rule("on-subnet", 100, ALLOW)),
        nsg("b", rule("on-nic", 100, ALLOW)),
    )
    asked_: Flow = flow("tcp", "8.8.8.8", "10.0.0.4:22")
    steps = ask(build(estate, IN), asked_).trace.steps
    origins = [step.rule.origin for step in steps if step.rule is not None]
    rules = [origin for origin in origins if isinstance(origin, RuleOrigin)]
    named = named_on_allow(rules, Assumptions.of({"rule-named-on-allow": chosen}))
    assert named is not None
    assert rules[named].name == name


def test_rule_named_is_the_one_for_the_tag_where_the_other_group_exempts_platform_traffic() -> None:
    estate = snapshot(
        vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="a")),
        nic("nic1", "10.0.0.4", "vnet1/s1", nsg="b"),
        nsg("a", rule("deny-all", 100, DENY, direction=OUT)),
        nsg("b", rule("dns", 100, ALLOW, "*", "AzurePlatformDNS", direction=OUT)),
    )
    answer = verify(estate, nic="nic1", direction="Outbound", protocol="udp", local="10.0.0.4:60000", remote=DNS)
    assert (answer.access, answer.rule_name) == ("Allow", "securityRules/dns")


def test_platform_traffic_has_no_rule_name() -> None:
    chain = build(snapshot(nsg("n", rule("deny", 300, DENY, direction=OUT))), OUT, nsg="n")
    answer = ask(chain, flow("udp", "10.0.0.4", "168.63.129.16:53"))
    assert rule_name(origin_of(answer), Surface.FLOW_VERIFY) is None
