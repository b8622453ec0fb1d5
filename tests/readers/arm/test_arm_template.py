from __future__ import annotations

import json
from typing import Any

import pytest

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import ApplicationGateway, NetworkInterface, Subnet, VirtualMachine, VirtualNetwork
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.readers import arm
from nwpolicy.readers.jsontext import parse
from nwpolicy.readers.recognise import is_template

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NSG = "Microsoft.Network/networkSecurityGroups"
Json = dict[str, Any]


def read(template: Json) -> Fragment:
    raw, document = parse("t.json", json.dumps({"$schema": SCHEMA, **template}, indent=1))
    return arm.read(raw, document)


def snapshot(template: Json) -> Snapshot:
    """The definitions of a template in which nothing is wrong."""
    fragment = read(template)
    assert fragment.diagnostics == ()
    return assemble([fragment])


def groups(template: Json) -> dict[str, NetworkSecurityGroup]:
    return {group.name: group for group in snapshot(template).all(NetworkSecurityGroup)}


def rule(name: str, **properties: Any) -> Json:
    usual = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": {**usual, **properties}}


def group(name: str, *rules: Any, **more: Any) -> Json:
    return {"type": NSG, "apiVersion": "2024-05-01", "name": name, "properties": {"securityRules": [*rules]}, **more}


def only_rule(template: Json) -> SecurityRule:
    (found,) = snapshot(template).all(SecurityRule)
    return found


def line(found: SecurityRule | AddressPrefix | Unknown) -> str:
    """The trimmed line of the template on which something stands."""
    return found.source.document.line(found.source.location.span.line).strip()


@pytest.mark.parametrize(
    "schema",
    [
        "http://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json",
        "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#",
        "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#",
    ],
)
def test_templates_of_every_scope_are_recognised(schema: str) -> None:
    assert is_template({"$schema": schema})


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "x",
        {},
        {"resources": []},
        {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
            "resources": [],
        },
        {"$schema": 5, "contentVersion": "1.0.0.0"},
    ],
)
def test_nothing_else_is_a_template(raw: Any) -> None:
    assert not is_template(raw)


def test_a_template_without_a_schema_is_recognised() -> None:
    assert is_template({"contentVersion": "1.0.0.0", "resources": []})


def test_a_rule_as_written() -> None:
    found = only_rule({"resources": [group("web", rule("https", sourceAddressPrefix="10.0.0.0/8"))]})
    assert (found.name, found.priority, found.access, found.direction) == (
        "https",
        100,
        Access.ALLOW,
        Direction.INBOUND,
    )
    (source,) = found.sources
    assert isinstance(source, AddressPrefix)
    assert source.addresses == AddressSet.parse("10.0.0.0/8")
    assert line(source) == '"sourceAddressPrefix": "10.0.0.0/8",'
    (ports,) = found.destination_port_ranges
    assert isinstance(ports, PortRange)
    assert ports.ports == IntervalSet(16, ((443, 443),))


@pytest.mark.parametrize("isolated", [True, False])
def test_the_tag_that_marks_network_isolation_of_an_application_gateway(isolated: bool) -> None:
    """Microsoft Learn, Private Application Gateway deployment: the tag EnhancedNetworkControl."""
    subnet = "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]"
    gateway = {
        "type": "Microsoft.Network/applicationGateways",
        "apiVersion": "2024-05-01",
        "name": "agw",
        "tags": {"EnhancedNetworkControl": "[variables('isolated')]"},
        "properties": {"gatewayIPConfigurations": [{"name": "g", "properties": {"subnet": {"id": subnet}}}]},
    }
    template = {"variables": {"isolated": str(isolated)}, "resources": [gateway]}
    (found,) = snapshot(template).all(ApplicationGateway)
    assert found.network_isolation is isolated


def test_values_come_from_parameters_with_defaults_and_variables() -> None:
    template = {
        "parameters": {"cidr": {"type": "string", "defaultValue": "10.1.0.0/16"}},
        "variables": {"name": "[concat('web', '-nsg')]"},
        "resources": [group("[variables('name')]", rule("r", sourceAddressPrefix="[parameters('cidr')]"))],
    }
    (found,) = groups(template).values()
    assert found.name == "web-nsg"
    (only,) = found.security_rules
    assert isinstance(only, SecurityRule)
    (source,) = only.sources
    assert isinstance(source, AddressPrefix)
    assert source.text == "10.1.0.0/16"
    # A person changes the rule, so that is where the value is, and not in the parameter's default.
    assert line(source) == '"sourceAddressPrefix": "[parameters(\'cidr\')]",'


@pytest.mark.parametrize(("type", "default", "count"), [("int", "3", 3), ("int", 2, 2), ("INT", "-1", None)])
def test_a_number_may_be_written_as_a_string(type: str, default: Any, count: int | None) -> None:
    template = {
        "parameters": {"n": {"type": type, "defaultValue": default}},
        "resources": [group("[format('g{0}', copyIndex())]", copy={"name": "l", "count": "[parameters('n')]"})],
    }
    fragment = read(template)
    assert len(fragment.resources) == (count or 1)
    assert [found.message for found in fragment.diagnostics if found.code == "invalid-copy"] == (
        [] if count else ["a loop makes 0 to 10000 copies, not -1"]
    )


def test_a_parameter_without_a_default_is_unknown() -> None:
    template = {
        "parameters": {"adminCidr": {"type": "string"}},
        "resources": [group("web", rule("r", sourceAddressPrefix="[parameters('adminCidr')]"))],
    }
    (source,) = only_rule(template).sources
    assert isinstance(source, Unknown)
    assert (source.name, source.kind) == ("adminCidr", UnknownKind.ADDRESS)
    assert source.reason == "parameter adminCidr has no default"
    assert source.source.route == ("parameters", "adminCidr")


def test_a_secure_parameter_is_unknown_whatever_its_default() -> None:
    template = {
        "parameters": {"secret": {"type": "secureString", "defaultValue": "10.9.9.9"}},
        "resources": [
            group("[concat('web', parameters('secret'))]", rule("r", sourceAddressPrefix="[parameters('secret')]"))
        ],
    }
    (found,) = groups(template).values()
    assert found.name == "web{secret}"
    assert "10.9.9.9" not in repr(found)


NULLABLE: Json = {
    "definitions": {"rulesType": {"type": "array", "nullable": True}},
    "resources": [{**group("web"), "properties": {"securityRules": "[coalesce(parameters('rules'), createArray())]"}}],
}


@pytest.mark.parametrize("definition", [{"type": "array", "nullable": True}, {"$ref": "#/definitions/rulesType"}])
def test_a_parameter_that_may_be_null_need_not_be(definition: Json) -> None:
    """Taken for null, the group would seem to have no rules, whatever a deployment passes."""
    fragment = read({**NULLABLE, "parameters": {"rules": definition}})
    (found,) = fragment.resources
    assert isinstance(found, NetworkSecurityGroup)
    (rules,) = found.security_rules
    assert isinstance(rules, Unknown)
    assert (rules.name, rules.kind, rules.reason) == ("rules", UnknownKind.RULES, "parameter rules has no default")


def test_a_parameter_that_a_deployment_does_not_pass_is_null() -> None:
    inner = deployment({**NULLABLE, "parameters": {"rules": {"type": "array", "nullable": True}}}, "inner")
    (found,) = groups({"resources": [inner]}).values()
    assert found.security_rules == ()


def test_rules_of_a_variable_stand_where_they_are_written() -> None:
    template = {
        "variables": {"rules": [rule("a"), rule("b", priority=200)]},
        "resources": [{**group("web"), "properties": {"securityRules": "[variables('rules')]"}}],
    }
    found = snapshot(template).all(SecurityRule)
    assert [one.source.route for one in found] == [("variables", "rules", 0), ("variables", "rules", 1)]


def test_rules_of_which_some_are_not_known() -> None:
    template = {
        "parameters": {"extra": {"type": "array"}},
        "variables": {"rules": [rule("a")]},
        "resources": [
            {**group("web"), "properties": {"securityRules": "[concat(variables('rules'), parameters('extra'))]"}}
        ],
    }
    first, more = groups(template)["web"].security_rules
    assert isinstance(first, SecurityRule)
    assert isinstance(more, Unknown)
    assert (more.name, more.kind) == ("extra", UnknownKind.RULES)


def test_unknown_pieces_of_names_and_ids_stand_in_braces() -> None:
    template = {
        "parameters": {"prefix": {"type": "string"}},
        "variables": {"name": "[concat(parameters('prefix'), '-nsg')]"},
        "resources": [
            group("[variables('name')]"),
            {
                "type": "Microsoft.Network/virtualNetworks",
                "name": "vnet",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "subnets": [
                        {
                            "name": "[concat(parameters('prefix'), '-web')]",
                            "properties": {
                                "addressPrefix": "10.0.0.0/24",
                                "networkSecurityGroup": {"id": f"[resourceId('{NSG}', variables('name'))]"},
                            },
                        }
                    ],
                },
            },
        ],
    }
    found = snapshot(template)
    (subnet,) = found.all(Subnet)
    assert subnet.name == "{prefix}-web"
    reference = subnet.network_security_group
    assert isinstance(reference, Reference)
    assert reference.target.endswith("/networkSecurityGroups/{prefix}-nsg")
    assert [nsg.name for nsg in found.find(NetworkSecurityGroup, reference)] == ["{prefix}-nsg"]


def test_an_id_that_starts_unknown_is_unknown() -> None:
    template = {
        "parameters": {"subnetId": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.Network/networkInterfaces",
                "name": "nic",
                "properties": {
                    "ipConfigurations": [
                        {"name": "c", "properties": {"subnet": {"id": "[parameters('subnetId')]"}}},
                    ]
                },
            }
        ],
    }
    (nic,) = snapshot(template).all(NetworkInterface)
    subnet = nic.ip_configurations[0].subnet
    assert isinstance(subnet, Unknown)
    assert (subnet.name, subnet.kind) == ("subnetId", UnknownKind.REFERENCE)


# Microsoft Learn, "Resource iteration in ARM templates", "Property iteration", "Variable iteration"


def test_a_loop_makes_resources() -> None:
    template = {
        "resources": [
            group("[concat('nsg', copyIndex(1))]", copy={"name": "nsgs", "count": 3}),
            group(
                "[format('other{0}', copyIndex('others'))]", copy={"name": "others", "count": "[length(range(0, 2))]"}
            ),
        ]
    }
    assert [*groups(template)] == ["nsg1", "nsg2", "nsg3", "other0", "other1"]


def test_a_loop_over_a_property_makes_rules() -> None:
    template = {
        "variables": {"ports": ["80", "443"]},
        "resources": [
            {
                "type": NSG,
                "name": "[concat('nsg', copyIndex())]",
                "copy": {"name": "nsgs", "count": 2},
                "properties": {
                    "copy": [
                        {
                            "name": "securityRules",
                            "count": "[length(variables('ports'))]",
                            "input": rule(
                                "[concat('r', copyIndex(), '-', variables('ports')[copyIndex('securityRules')])]",
                                priority="[add(100, copyIndex('securityRules'))]",
                                destinationPortRange="[variables('ports')[copyIndex('securityRules')]]",
                            ),
                        }
                    ]
                },
            }
        ],
    }
    found = [(one.name, one.priority) for one in snapshot(template).all(SecurityRule)]
    assert found == [("r0-80", 100), ("r0-443", 101), ("r1-80", 100), ("r1-443", 101)]


def test_a_loop_over_a_variable() -> None:
    template = {
        "variables": {
            "copy": [
                {
                    "name": "rules",
                    "count": 2,
                    "input": rule("[concat('r', copyIndex('rules'))]", priority="[add(200, copyIndex('rules'))]"),
                }
            ],
            "object": {"copy": [{"name": "names", "count": 2, "input": "[concat('n', copyIndex('names'))]"}]},
        },
        "resources": [
            {
                "type": NSG,
                "name": "[variables('object').names[1]]",
                "properties": {"securityRules": "[variables('rules')]"},
            }
        ],
    }
    (found,) = groups(template).values()
    assert found.name == "n1"
    assert [one.name for one in found.security_rules if isinstance(one, SecurityRule)] == ["r0", "r1"]


def test_rules_made_by_a_loop_of_unknown_length_are_unknown() -> None:
    template = {
        "parameters": {"rules": {"type": "array"}},
        "resources": [
            {
                "type": NSG,
                "name": name,
                "properties": {
                    "copy": [
                        {
                            "name": "securityRules",
                            "count": "[length(parameters('rules'))]",
                            "input": {"name": "[parameters('rules')[copyIndex('securityRules')].name]"},
                        }
                    ]
                },
            }
            for name in ("one", "two")
        ],
    }
    found = [rules for nsg in groups(template).values() for rules in nsg.security_rules]
    assert [(one.name, one.kind) for one in found if isinstance(one, Unknown)] == [
        ("securityRules over rules", UnknownKind.RULES),
        ("securityRules over rules#2", UnknownKind.RULES),  # what the loops make of the array may differ
    ]


def test_a_loop_of_resources_of_unknown_length_is_said() -> None:
    template = {
        "parameters": {"names": {"type": "array"}},
        "resources": [
            group("[parameters('names')[copyIndex()]]", copy={"name": "loop", "count": "[length(parameters('names'))]"})
        ],
    }
    fragment = read(template)
    (found,) = fragment.resources
    assert found.name == "{names[copyIndex('loop')]}"
    assert found.condition is not None
    assert found.condition.name == "loop exists"
    assert [one.code for one in fragment.diagnostics] == ["unknown-count"]


# Microsoft Learn, "Conditional deployment in ARM templates"


@pytest.mark.parametrize(
    ("condition", "names"),
    [(True, ["web"]), (False, []), ("[equals('a', 'a')]", ["web"]), ("[equals('a', 'b')]", []), ("false", [])],
)
def test_a_condition_that_is_known(condition: Any, names: list[str]) -> None:
    assert [*groups({"resources": [group("web", condition=condition)]})] == names


def test_a_condition_that_is_not_known() -> None:
    template = {
        "parameters": {"deploy": {"type": "bool"}},
        "resources": [
            group("web", condition="[parameters('deploy')]"),
            group("api", condition="[not(parameters('deploy'))]"),
        ],
    }
    conditions = {name: found.condition for name, found in groups(template).items()}
    place = read(template).resources[0].source
    assert conditions == {
        "web": Unknown("deploy", UnknownKind.CONDITION, "", place, place.document.path),
        "api": Unknown("not(parameters('deploy'))", UnknownKind.CONDITION, "", place, place.document.path),
    }


def test_conditional_deployment_does_not_cascade_to_child_resources() -> None:
    child = {"type": "securityRules", **rule("r")}
    template = {"resources": [group("web", condition=False, resources=[child])]}
    (found,) = read(template).resources
    assert isinstance(found, SecurityRule)
    assert found.parent is not None
    assert found.parent.target.endswith("web")


# Microsoft Learn, "Set name and type for child resources"


def test_children_inside_and_outside_their_parents() -> None:
    template = {
        "resources": [
            group("web", rule("a"), resources=[{"type": "securityRules", **rule("b", priority=200)}]),
            {"type": f"{NSG}/securityRules", **rule("c", priority=300), "name": "[concat('web', '/', 'c')]"},
        ]
    }
    found = groups(template)["web"]
    assert [one.name for one in found.security_rules if isinstance(one, SecurityRule)] == ["a", "b", "c"]


def test_a_nested_child_may_repeat_the_whole_type_and_name() -> None:
    child = {"type": f"{NSG}/securityRules", **rule("r"), "name": "web/r"}
    template = {"resources": [group("web", resources=[child])]}
    found = groups(template)["web"]
    assert [one.name for one in found.security_rules if isinstance(one, SecurityRule)] == ["r"]


def test_children_of_a_resource_in_a_loop() -> None:
    child = {"type": "securityRules", **rule("r")}
    template = {"resources": [group("[concat('n', copyIndex())]", copy={"name": "l", "count": 2}, resources=[child])]}
    assert {name: len(found.security_rules) for name, found in groups(template).items()} == {"n0": 1, "n1": 1}


# Microsoft Learn, "Understand the structure and syntax of ARM templates", languageVersion 2.0


def test_resources_by_symbolic_name() -> None:
    template = {
        "languageVersion": "2.0",
        "resources": {
            "web": group("web"),
            "elsewhere": {"existing": True, "type": NSG, "apiVersion": "2024-05-01", "name": "elsewhere"},
        },
    }
    assert [*groups(template)] == ["web"]


# Microsoft Learn, "Use linked and nested templates when deploying Azure resources"


def deployment(template: Json, scope: str | None = None, **more: Any) -> Json:
    options = {} if scope is None else {"expressionEvaluationOptions": {"scope": scope}}
    properties = {"mode": "Incremental", **options, "template": {"$schema": SCHEMA, **template}, **more}
    return {"type": "Microsoft.Resources/deployments", "name": "inner", "properties": properties}


NESTED: Json = {
    "parameters": {"name": {"type": "string", "defaultValue": "own"}},
    "variables": {"name": "own variable"},
    "resources": [group("[parameters('name')]"), group("[variables('name')]")],
}
AROUND: Json = {
    "parameters": {"name": {"type": "string", "defaultValue": "outer"}},
    "variables": {"name": "outer variable"},
}


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (None, ["outer", "outer variable"]),
        ("outer", ["outer", "outer variable"]),
        ("inner", ["own", "own variable"]),
    ],
)
def test_which_template_the_expressions_of_a_nested_one_see(scope: str | None, names: list[str]) -> None:
    assert [*groups({**AROUND, "resources": [deployment(NESTED, scope)]})] == names


def test_parameters_are_passed_to_a_nested_template() -> None:
    passed = {"name": {"value": "[concat(parameters('name'), '-', copyIndex())]"}}
    inner = deployment(NESTED, "inner", parameters=passed)
    template = {**AROUND, "resources": [{**inner, "copy": {"name": "loop", "count": 2}}]}
    found = [nsg.name for nsg in snapshot(template).all(NetworkSecurityGroup)]
    assert found == ["outer-0", "own variable", "outer-1", "own variable"]


def test_a_passed_array_may_be_made_by_a_loop() -> None:
    passed = {"names": {"copy": [{"name": "value", "count": 2, "input": "[concat('n', copyIndex('value'))]"}]}}
    nested = {"parameters": {"names": {"type": "array"}}, "resources": [group("[parameters('names')[1]]")]}
    assert [*groups({"resources": [deployment(nested, "inner", parameters=passed)]})] == ["n1"]


@pytest.mark.parametrize("scope", ["outer", "inner"])
def test_a_deployment_to_a_resource_group_tells_the_ids_of_what_it_holds(scope: str) -> None:
    inner = {**deployment({"resources": [group("web")]}, scope), "resourceGroup": "net"}
    estate = snapshot({"resources": [inner, group("web")]})
    there, here = estate.all(NetworkSecurityGroup)
    provider = "/providers/Microsoft.Network/networkSecurityGroups/web"
    assert (there.id, here.id) == (f"/subscriptions/{{subscription}}/resourceGroups/net{provider}", None)
    named = Reference("networkSecurityGroups", str(there.id), there.source)
    assert estate.find(NetworkSecurityGroup, named) == (there,)


def test_a_child_in_a_deployment_to_a_resource_group_finds_its_parent() -> None:
    child = {
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "name": "web/more",
        "properties": rule("more")["properties"],
    }
    inner = {**deployment({"resources": [group("web"), child]}), "resourceGroup": "net"}
    (found,) = groups({"resources": [inner]}).values()
    assert [one.name for one in found.security_rules if isinstance(one, SecurityRule)] == ["more"]


def test_null_lets_the_default_stand() -> None:
    inner = deployment(NESTED, "inner", parameters={"name": {"value": "[null()]"}})
    assert "own" in groups({"resources": [inner]})


def test_an_unknown_that_is_passed_keeps_its_name() -> None:
    nested = {
        "parameters": {"source": {"type": "string"}},
        "resources": [group("web", rule("r", sourceAddressPrefix="[parameters('source')]"))],
    }
    inner = deployment(nested, "inner", parameters={"source": {"value": "[parameters('adminCidr')]"}})
    template = {"parameters": {"adminCidr": {"type": "string"}}, "resources": [inner]}
    (source,) = only_rule(template).sources
    assert isinstance(source, Unknown)
    assert source.name == "adminCidr"


def test_unknowns_of_two_nested_templates_are_not_the_same() -> None:
    nested = {
        "parameters": {"source": {"type": "string"}},
        "resources": [group("web", rule("r", sourceAddressPrefix="[concat(parameters('source'), '/32')]"))],
    }
    template = {"resources": [deployment(nested, "inner"), deployment(nested, "inner")]}
    sources = [one.sources[0] for one in snapshot(template).all(SecurityRule)]
    assert [one.name for one in sources if isinstance(one, Unknown)] == [
        "inner: concat(parameters('source'), '/32')",
        "inner#2: concat(parameters('source'), '/32')",
    ]


def test_a_deployment_elsewhere_has_ids_of_its_own() -> None:
    nested = {
        "resources": [
            {
                "type": "Microsoft.Network/networkInterfaces",
                "name": "nic",
                "properties": {"networkSecurityGroup": {"id": f"[resourceId('{NSG}', 'web')]"}},
            }
        ]
    }
    inner = {**deployment(nested, "inner"), "subscriptionId": "sub", "resourceGroup": "hub"}
    (nic,) = snapshot({"resources": [inner]}).all(NetworkInterface)
    assert isinstance(nic.network_security_group, Reference)
    assert nic.network_security_group.id.scope == "/subscriptions/sub/resourcegroups/hub"


def test_the_condition_of_a_deployment_is_that_of_what_it_deploys() -> None:
    nested = {"resources": [group("a"), group("b", condition="[parameters('second')]")]}
    template = {
        "parameters": {"first": {"type": "bool"}, "second": {"type": "bool"}},
        "resources": [{**deployment(nested), "condition": "[parameters('first')]"}],
    }
    conditions = [found.condition for found in groups(template).values()]
    assert [found.name for found in conditions if found is not None] == ["first", "first and second"]


def test_a_linked_template_is_said_to_be_missing() -> None:
    linked = {
        "type": "Microsoft.Resources/deployments",
        "name": "hub",
        "properties": {"mode": "Incremental", "templateLink": {"relativePath": "hub.json"}},
    }
    (said,) = read({"resources": [linked]}).diagnostics
    assert said.code == "linked-template"
    assert said.message == "the deployment hub does not hold its template, what it deploys is not known"


def test_functions_of_the_author() -> None:
    template = {
        "functions": [
            {
                "namespace": "contoso",
                "members": {
                    "name": {
                        "parameters": [{"name": "base", "type": "string"}],
                        "output": {"type": "string", "value": "[concat(toLower(parameters('base')), '-nsg')]"},
                    }
                },
            }
        ],
        "parameters": {"base": {"type": "string"}, "known": {"type": "string", "defaultValue": "WEB"}},
        "resources": [group("[contoso.name(parameters('known'))]"), group("[contoso.name(parameters('base'))]")],
    }
    assert [*groups(template)] == ["web-nsg", "{toLower(parameters('base'))}-nsg"]


def test_only_the_network_profile_of_a_virtual_machine_is_evaluated() -> None:
    template = {
        "resources": [
            {
                "type": "Microsoft.Compute/virtualMachines",
                "name": "vm",
                "properties": {
                    "osProfile": {"adminPassword": "[parameters('nowhere')]"},
                    "networkProfile": {
                        "networkInterfaces": [{"id": "[resourceId('Microsoft.Network/networkInterfaces', 'n')]"}]
                    },
                },
            },
            {"type": "Microsoft.Storage/storageAccounts", "name": "[nowhere()]", "properties": {"x": "[broken"}},
        ]
    }
    (machine,) = snapshot(template).all(VirtualMachine)
    (nic,) = machine.network_interfaces
    assert isinstance(nic, Reference)
    assert nic.name == "n"


def test_a_fault_is_located_inside_the_string() -> None:
    template = {
        "resources": [group("web", rule("r", sourceAddressPrefix="[concat('10.0.0.0', parameters('lenght'))]"))],
        "parameters": {"length": {"type": "int"}},
    }
    (said,) = read(template).diagnostics
    assert (said.code, said.message) == ("expression-fails", "parameters: there is no parameter 'lenght'")
    assert said.help == "did you mean 'length'?"
    assert said.excerpt is not None
    span = said.location.span
    assert said.excerpt[span.column - 1 : span.end_column - 1] == "parameters('lenght')"


def said(template: Json) -> list[tuple[str, str]]:
    return [_short(found) for found in read(template).diagnostics]


def _short(found: Diagnostic) -> tuple[str, str]:
    return found.code, found.message


def test_variables_that_need_one_another_are_said() -> None:
    template = {
        "variables": {"a": "[variables('b')]", "b": "[concat(variables('a'), 'x')]"},
        "resources": [group("[variables('a')]")],
    }
    assert said(template) == [("expression-fails", "variables: variable a needs itself: a → b → a")]


def test_address_space_of_a_virtual_network_made_by_functions() -> None:
    template = {
        "variables": {"space": "10.0.0.0/16"},
        "resources": [
            {
                "type": "Microsoft.Network/virtualNetworks",
                "name": "v",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["[variables('space')]"]},
                    "copy": [
                        {
                            "name": "subnets",
                            "count": 2,
                            "input": {
                                "name": "[format('s{0}', copyIndex('subnets'))]",
                                "properties": {
                                    "addressPrefix": "[cidrSubnet(variables('space'), 24, copyIndex('subnets'))]"
                                },
                            },
                        }
                    ],
                },
            }
        ],
    }
    (network,) = snapshot(template).all(VirtualNetwork)
    prefixes = [
        prefix.text
        for subnet in network.subnets
        for prefix in subnet.address_prefixes
        if isinstance(prefix, AddressPrefix)
    ]
    assert prefixes == ["10.0.0.0/24", "10.0.1.0/24"]


@pytest.mark.parametrize(
    "port",
    [
        "[string(parameters('port'))]",
        "[format('{0}', parameters('port'))]",
        "[int(string(parameters('port')))]",
        "[parameters('port')]",
    ],
)
def test_the_text_of_an_unknown_number_is_that_number(port: str) -> None:
    template = {
        "parameters": {"port": {"type": "int", "minValue": 8000}},
        "resources": [group("web", rule("r", destinationPortRange=port))],
    }
    (found,) = only_rule(template).destination_port_ranges
    assert isinstance(found, Unknown)
    assert (found.name, found.kind, found.domain) == ("port", UnknownKind.PORT, Domain((), True, 8000))


def test_the_text_of_an_unknown_array_is_something_else() -> None:
    template = {
        "parameters": {"prefixes": {"type": "array"}},
        "resources": [group("web", rule("r", sourceAddressPrefix="[string(parameters('prefixes'))]"))],
    }
    (found,) = only_rule(template).sources
    assert isinstance(found, Unknown)
    assert found.name == "string(parameters('prefixes'))"


def test_a_text_and_its_number_are_not_equal() -> None:
    """Only where definitions take strings and numbers alike is a text its number."""
    condition = "[equals(string(parameters('port')), parameters('port'))]"
    template = {"parameters": {"port": {"type": "int"}}, "resources": [group("web", condition=condition)]}
    (found,) = groups(template).values()
    assert found.condition is not None
