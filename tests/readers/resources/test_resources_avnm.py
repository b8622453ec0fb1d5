from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS
from nwpolicy.model.avnm import (
    AdminRuleCollection,
    IntentPolicyOption,
    MemberType,
    NetworkGroup,
    NetworkGroupMember,
    NetworkManager,
    SecurityAdminConfiguration,
)
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.rules import Access, AdminRule, Direction
from nwpolicy.model.unknowns import Unknown, UnknownKind

MANAGERS = "Microsoft.Network/networkManagers"
MANAGER = f"/subscriptions/s/resourceGroups/g/providers/{MANAGERS}/m"
RULES = f"{MANAGERS}/securityAdminConfigurations/ruleCollections/rules"
GROUP = f"{MANAGER}/networkGroups/prod"
PROPERTIES: dict[str, Any] = {"protocol": "Tcp", "access": "Deny", "priority": 1, "direction": "Inbound"}


def rule(kind: str = "Custom", **properties: object) -> str:
    return json.dumps({"type": RULES, "name": "m/c/rc/r", "kind": kind, "properties": properties})


def test_an_admin_rule(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        rule(
            **{**PROPERTIES, "protocol": "Any", "access": "alwaysallow"},
            description="d",
            sources=[
                {"addressPrefix": "*", "addressPrefixType": "IPPrefix"},
                {"addressPrefix": "Internet", "addressPrefixType": "ServiceTag"},
                {"addressPrefix": GROUP, "addressPrefixType": "NetworkGroup"},
            ],
            destinationPortRanges=["22", "3389-3390"],
        )
    )
    assert isinstance(found, AdminRule)
    assert (found.priority, found.access, found.direction) == (1, Access.ALWAYS_ALLOW, Direction.INBOUND)
    assert (found.protocol, found.description, found.flag) == (ANY_PROTOCOL, "d", None)
    prefix, tag, group = found.sources
    assert isinstance(prefix, AddressPrefix)
    assert prefix.addresses == ANY_ADDRESS
    assert isinstance(tag, ServiceTag)
    assert tag.name == "Internet"
    assert isinstance(group, Reference)
    assert (group.type, group.target) == ("networkGroups", GROUP)
    assert [item.ports for item in found.destination_port_ranges if isinstance(item, PortRange)] == [
        IntervalSet.of(16, [(22, 22)]),
        IntervalSet.of(16, [(3389, 3390)]),
    ]


def test_what_an_admin_rule_leaves_out_is_any(read_one: Callable[[str], Resource]) -> None:
    """Microsoft Learn, How to block high-risk network ports: the portal leaves what does not matter blank."""
    found = read_one(rule(**PROPERTIES, sources=[], destinations=[], sourcePortRanges=[]))
    assert isinstance(found, AdminRule)
    assert (found.sources, found.destinations, found.source_port_ranges, found.destination_port_ranges) == ((),) * 4


def test_a_rule_that_names_all_its_parents(read_one: Callable[[str], Resource]) -> None:
    found = read_one(rule(**PROPERTIES))
    assert found.name == "r"
    assert found.parent is not None
    assert (found.parent.type, found.parent.target) == ("ruleCollections", "m/c/rc")


def test_a_built_in_rule_is_known_by_its_flag_only(read_one: Callable[[str], Resource]) -> None:
    found = read_one(rule("Default", flag="AllowVnetInbound"))
    assert isinstance(found, AdminRule)
    assert found.flag == "AllowVnetInbound"
    assert isinstance(found.access, Unknown)
    assert (found.access.kind, found.access.reason) == (
        UnknownKind.ACCESS,
        "Azure fills in the built-in rule AllowVnetInbound",
    )
    assert [type(term) for term in found.sources] == [Unknown]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("?all", ("all", UnknownKind.ADDRESS)),
        (["?one"], ("one", UnknownKind.ADDRESS)),
        ([{"addressPrefix": "?p", "addressPrefixType": "IPPrefix"}], ("p", UnknownKind.ADDRESS)),
        ([{"addressPrefix": "?p", "addressPrefixType": "NetworkGroup"}], ("p", UnknownKind.ADDRESS)),
        ([{"addressPrefix": "x", "addressPrefixType": "?t"}], ("t", UnknownKind.ADDRESS)),
    ],
)
def test_unknown_terms(sources: object, expected: tuple[str, UnknownKind], read_one: Callable[[str], Resource]) -> None:
    found = read_one(rule(**PROPERTIES, sources=sources))
    assert isinstance(found, AdminRule)
    (term,) = found.sources
    assert isinstance(term, Unknown)
    assert (term.name, term.kind) == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"priority": 0}, "error bad-priority in.json:1:{} priority 0 is not within 1 to 4096"),
        ({"priority": 4097}, "error bad-priority in.json:1:{} priority 4097 is not within 1 to 4096"),
        ({"access": "Block"}, "error bad-access in.json:1:{} 'Block' is no access"),
    ],
)
def test_a_fault_in_an_admin_rule(changes: dict[str, Any], said: str, read: Callable[[str], Any]) -> None:
    text = rule(**{**PROPERTIES, **changes})
    ((field, value),) = changes.items()
    key = f'"{field}": '
    column = text.index(key + json.dumps(value)) + len(key) + 1
    assert read(text).said == [said.format(column)]


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ({"addressPrefix": "10.0.0.0/8", "addressPrefixType": "ServiceTag"}, "bad-service-tag"),
        ({"addressPrefix": "Internet", "addressPrefixType": "IPPrefix"}, "bad-prefix"),
        ({"addressPrefixType": "IPPrefix"}, "missing-field"),
        ("10.0.0.0/8", "wrong-type"),
    ],
)
def test_a_fault_in_a_term(term: object, code: str, read: Callable[[str], Any]) -> None:
    found = read(rule(**PROPERTIES, sources=[term]))
    assert found.codes == [code]
    assert [type(value) for value in found.resources[0].sources] == [Unknown]


def test_a_misspelt_field_of_an_admin_rule(read: Callable[[str], Any]) -> None:
    found = read(rule(**PROPERTIES, source=[]))
    assert found.codes == ["unknown-field"]
    assert found.diagnostics[0].help == "did you mean 'sources'?"


def named(name: str, **properties: object) -> dict[str, object]:
    return {"name": name, "properties": properties}


def test_a_network_manager_with_everything_nested(read_one: Callable[[str], Resource]) -> None:
    custom = {"name": "r", "kind": "Custom", "properties": PROPERTIES}
    collection_body = named("rc", appliesToGroups=[{"networkGroupId": "prod"}], rules=[custom])
    manager = named(
        "m",
        networkManagerScopes={"managementGroups": ["/mg/root"], "subscriptions": ["/subscriptions/s"]},
        networkManagerScopeAccesses=["SecurityAdmin"],
        networkGroups=[named("prod", staticMembers=[named("a", resourceId="V")])],
        securityAdminConfigurations=[named("c", ruleCollections=[collection_body])],
        commits=[
            {"commitType": "SecurityAdmin", "targetLocations": ["westeurope"], "configurationIds": ["c"]},
            {"commitType": "Connectivity", "targetLocations": ["*"], "configurationIds": ["d"]},
        ],
    )
    found = read_one(json.dumps({"type": MANAGERS, **manager}))
    assert isinstance(found, NetworkManager)
    assert (found.management_groups, found.subscriptions) == (("/mg/root",), ("/subscriptions/s",))
    (group,) = found.network_groups
    assert [str(member) for member in group.members] == ["V"]
    (configuration,) = found.security_admin_configurations
    (collection,) = configuration.rule_collections
    assert [rule.name for rule in collection.rules] == ["r"]
    assert found.deployments is not None
    assert [(d.target_locations, [c.target for c in d.configurations]) for d in found.deployments] == [
        (("westeurope",), ["c"]),
        (("*",), ["d"]),
    ]


def test_an_unknown_configuration_of_a_commit_is_said_to_be_left_out(read: Callable[[str], Any]) -> None:
    commit = {"targetLocations": ["*"], "configurationIds": ["a", "?b"]}
    found = read(json.dumps({"type": MANAGERS, **named("m", commits=[commit])}))
    assert found.codes == ["unresolved"]
    assert "configurationIds are not known (no default) and left out" in found.said[0], found.said


def test_no_commits_is_not_the_same_as_nothing_committed(read_one: Callable[[str], Resource]) -> None:
    silent = read_one(json.dumps({"type": MANAGERS, "name": "m", "properties": {}}))
    empty = read_one(json.dumps({"type": MANAGERS, "name": "m", "properties": {"commits": []}}))
    assert isinstance(silent, NetworkManager)
    assert isinstance(empty, NetworkManager)
    assert (silent.deployments, empty.deployments) == (None, ())


def test_a_configuration(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        json.dumps(
            {
                "type": f"{MANAGERS}/securityAdminConfigurations",
                "name": "m/c",
                "properties": {
                    "applyOnNetworkIntentPolicyBasedServices": ["allowRulesOnly"],
                    "networkGroupAddressSpaceAggregationOption": "Manual",
                },
            }
        )
    )
    assert isinstance(found, SecurityAdminConfiguration)
    assert found.apply_on_network_intent_policy_based_services == (IntentPolicyOption.ALLOW_RULES_ONLY,)
    assert found.network_group_address_space_aggregation_option == "Manual"


def test_a_collection(read_one: Callable[[str], Resource]) -> None:
    type = f"{MANAGERS}/securityAdminConfigurations/ruleCollections"
    text = json.dumps(
        {
            "type": type,
            "name": "m/c/rc",
            "properties": {"appliesToGroups": [{"networkGroupId": GROUP}], "rules": "?all"},
        }
    )
    found = read_one(text)
    assert isinstance(found, AdminRuleCollection)
    (group,) = found.applies_to_groups
    assert isinstance(group, Reference)
    assert (group.type, group.target) == ("networkGroups", GROUP)
    (rules,) = found.rules
    assert isinstance(rules, Unknown)
    assert rules.kind is UnknownKind.RULES


@pytest.mark.parametrize(
    ("target", "type"),
    [
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v", "virtualNetworks"),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a", "subnets"),
    ],
)
def test_a_static_member(target: str, type: str, read_one: Callable[[str], Resource]) -> None:
    full = f"{GROUP}/staticMembers/a"
    found = read_one(
        json.dumps(
            {
                "type": f"{MANAGERS}/networkGroups/staticMembers",
                "id": full,
                "name": "a",
                "properties": {"resourceId": target},
            }
        )
    )
    assert isinstance(found, NetworkGroupMember)
    assert found.parent == Reference("networkGroups", GROUP, found.source)
    assert isinstance(found.resource, Reference)
    assert (found.resource.type, found.resource.target) == (type, target)


def test_a_network_group(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        json.dumps({"type": f"{MANAGERS}/networkGroups", "name": "m/prod", "properties": {"memberType": "Subnet"}})
    )
    assert isinstance(found, NetworkGroup)
    assert (found.member_type, found.members) == (MemberType.SUBNET, ())


def test_a_membership_policy_makes_members_unknown(read_one: Callable[[str], Resource]) -> None:
    """Microsoft Learn, Configuring Azure Policy with network groups: effect addToNetworkGroup."""
    then = {"effect": "addToNetworkGroup", "details": {"networkGroupId": GROUP}}
    policy = {
        "mode": "Microsoft.Network.Data",
        "policyRule": {"if": {"field": "Name", "contains": "prod"}, "then": then},
    }
    found = read_one(
        json.dumps({"type": "Microsoft.Authorization/policyDefinitions", "name": "p", "properties": policy})
    )
    assert isinstance(found, NetworkGroupMember)
    assert found.parent is not None
    assert found.parent.target == GROUP
    assert isinstance(found.resource, Unknown)
    assert found.resource.kind is UnknownKind.REFERENCE


PLACE = "/subscriptions/{subscription}/resourceGroups"


@pytest.mark.parametrize(
    ("group", "like", "rule"),
    [
        ("{rg}", f"{PLACE}/{{rg}}/*", "the resource group of the network group/*"),
        ("{rg}", f"{PLACE.lower()}/{{rg}}/*", "the resource group of the network group/*"),
        ("{rg}", f"{PLACE}/{{rg}}-2/*", f"{PLACE}/{{rg}}-2/*"),
        ("{rg}", f"{PLACE}/{{other}}/*", f"{PLACE}/{{other}}/*"),
        ("rg", f"{PLACE}/rg/*", f"{PLACE}/rg/*"),
    ],
)
def test_the_condition_of_a_membership_policy_is_kept(
    read_one: Callable[[str], Resource], group: str, like: str, rule: str
) -> None:
    target = f"{PLACE}/{group}/providers/Microsoft.Network/networkManagers/m/networkGroups/g"
    then = {"effect": "addToNetworkGroup", "details": {"networkGroupId": target}}
    condition = {"allOf": [{"field": "type", "equals": "x"}, {"field": "id", "like": like}]}
    policy = {"policyRule": {"if": condition, "then": then}}
    found = read_one(
        json.dumps({"type": "Microsoft.Authorization/policyDefinitions", "name": "p", "properties": policy})
    )
    assert isinstance(found, NetworkGroupMember)
    assert isinstance(found.resource, Unknown)
    assert found.resource.rule == f"{{allOf: [{{field: 'type', equals: 'x'}}, {{field: 'id', like: '{rule}'}}]}}"


def test_other_policies_are_nothing(read: Callable[[str], Any]) -> None:
    policy = {"policyRule": {"if": {}, "then": {"effect": "audit"}}}
    found = read(json.dumps({"type": "Microsoft.Authorization/policyDefinitions", "name": "p", "properties": policy}))
    assert (found.resources, found.said) == ((), [])


def test_option_for_intent_policies_that_is_not_known(read_one: Callable[[str], Resource]) -> None:
    found = read_one(
        '{"type": "Microsoft.Network/networkManagers/securityAdminConfigurations", "name": "m/c", "properties": '
        '{"applyOnNetworkIntentPolicyBasedServices": ["?option"]}}'
    )
    assert isinstance(found, SecurityAdminConfiguration)
    (option,) = found.apply_on_network_intent_policy_based_services
    assert isinstance(option, Unknown)
    assert option.name == "option"
