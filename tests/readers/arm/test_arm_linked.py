"""Deployments whose templates are in other files, and what deployments give out.

Microsoft Learn, "Use linked and nested templates when deploying Azure resources", "Outputs in ARM templates", "Resource
functions for ARM templates".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.network import Subnet
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import load
from nwpolicy.readers.pins import Pins

Json = dict[str, Any]
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NSG = "Microsoft.Network/networkSecurityGroups"
VNET = "Microsoft.Network/virtualNetworks"


def group(name: str, source: str = "*") -> Json:
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"type": NSG, "name": name, "properties": {"securityRules": [{"name": "r", "properties": rule}]}}


def deployment(link: Json, name: str = "inner", parameters: Json | None = None, **more: Any) -> Json:
    properties = {"mode": "Incremental", **link, "parameters": parameters or {}, **more}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "properties": properties,
    }


def relative(path: str) -> Json:
    return {"templateLink": {"relativePath": path}}


def inline(template: Json) -> Json:
    return {
        "template": {"$schema": SCHEMA, "resources": [], **template},
        "expressionEvaluationOptions": {"scope": "inner"},
    }


@pytest.fixture
def files(tmp_path: Path) -> Any:
    def write(**templates: Json) -> Path:
        for name, template in templates.items():
            path = tmp_path / f"{name.replace('__', '/')}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"$schema": SCHEMA, **template}, indent=1))
        return tmp_path

    return write


def read(*resources: Json, **more: Any) -> Json:
    return {"resources": [*resources], **more}


def names(snapshot: Snapshot) -> list[str]:
    return [found.name for found in snapshot.all(NetworkSecurityGroup)]


CIDR: Json = {"parameters": {"cidr": {"type": "string"}, "name": {"type": "string", "defaultValue": "web"}}}


def sources(snapshot: Snapshot) -> list[object]:
    return [term for rule in snapshot.all(SecurityRule) for term in rule.sources]


def test_a_relative_path_is_relative_to_the_template_that_links(files: Any) -> None:
    top = files(
        main=read(deployment(relative("nested/one.json"))),
        nested__one=read(deployment(relative("two.json")), group("one")),
        nested__two=read(group("two")),
    )
    assert names(load(str(top / "main.json"))) == ["two", "one"]


def test_a_linked_template_sees_only_the_parameters_that_it_is_given(files: Any) -> None:
    top = files(
        main=read(
            deployment(relative("nsg.json"), "a", {"cidr": {"value": "10.0.0.0/8"}, "name": {"value": "a"}}),
            deployment(relative("nsg.json"), "b", {"cidr": {"value": "[parameters('cidr')]"}, "name": {"value": "b"}}),
            deployment(relative("nsg.json"), "c", {"name": {"value": "c"}}),
            parameters={"cidr": {"type": "string"}},
        ),
        nsg=read(group("[parameters('name')]", "[parameters('cidr')]"), **CIDR),
    )
    snapshot = load(str(top / "main.json"))
    assert names(snapshot) == ["a", "b", "c"]
    known, passed, missing = sources(snapshot)
    assert isinstance(known, AddressPrefix)
    assert known.text == "10.0.0.0/8"
    assert isinstance(passed, Unknown)
    assert isinstance(missing, Unknown)
    assert (passed.name, missing.name) == ("cidr", "c: cidr")
    assert Path(passed.source.location.file).name == "main.json"
    assert Path(missing.source.location.file).name == "nsg.json"
    assert passed.scope == missing.scope == str(top / "main.json")


def test_a_template_that_another_one_links_is_read_as_part_of_it_only(files: Any) -> None:
    top = files(
        main=read(deployment(relative("nsg.json"), parameters={"cidr": {"value": "10.0.0.0/8"}})),
        nsg=read(group("[parameters('name')]", "[parameters('cidr')]"), **CIDR),
    )
    for paths in ((str(top),), (str(top / "nsg.json"), str(top / "main.json"))):
        (source,) = sources(load(*paths))
        assert isinstance(source, AddressPrefix)


def test_a_template_that_two_others_link_is_two_deployments(files: Any) -> None:
    inner = deployment(relative("nsg.json"), parameters={"cidr": {"value": "[parameters('cidr')]"}})
    cidr = {"cidr": {"type": "string"}}
    top = files(
        dev=read(inner, parameters=cidr),
        prod=read(inner, parameters=cidr),
        nsg=read(group("web", "[parameters('cidr')]"), **CIDR),
    )
    snapshot = load(str(top))
    assert names(snapshot) == ["web", "web"]
    assert len({*sources(snapshot)}) == 2


def test_a_path_below_the_address_of_the_template_itself(files: Any) -> None:
    location = {"type": "string", "defaultValue": "[deployment().properties.templateLink.uri]"}
    token = {"type": "securestring", "defaultValue": ""}
    linked = (
        "[uri(parameters('_artifactsLocation'), concat('nested/nsg.json', parameters('_artifactsLocationSasToken')))]"
    )
    top = files(
        main=read(
            deployment({"templateLink": {"uri": linked, "contentVersion": "1.0.0.0"}}),
            parameters={"_artifactsLocation": location, "_artifactsLocationSasToken": token},
        ),
        nested__nsg=read(group("web")),
    )
    assert names(load(str(top / "main.json"))) == ["web"]


@pytest.mark.parametrize(
    "linked",
    [
        "[uri(parameters('_artifactsLocation'), 'nested/nsg.json')]",
        "[concat(parameters('_artifactsLocation'), '/nested/nsg.json', parameters('token'))]",
    ],
)
def test_an_address_that_is_set_to_a_folder(files: Any, linked: str) -> None:
    location = {"type": "string", "defaultValue": "https://raw.githubusercontent.com/example/templates/main/"}
    parameters = {"_artifactsLocation": location, "token": {"type": "securestring"}}
    main = read(deployment({"templateLink": {"uri": linked}}), parameters=parameters)
    path = str(files(main=main, nested__nsg=read(group("web"))) / "main.json")
    assert names(load(path)) == []
    assert names(load(path, pins=Pins.of({"_artifactsLocation": "."}))) == ["web"]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (relative("missing.json"), "what the deployment inner deploys is not known: missing.json: no such file"),
        (
            relative("../beyond.json"),
            "what the deployment inner deploys is not known: ../beyond.json: "
            "it is outside of the repository or folder that is read",
        ),
        (
            {"templateLink": {"uri": "https://example.com/a.json"}},
            "the deployment inner does not hold its template, what it deploys is not known",
        ),
        (
            {"templateLink": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/templateSpecs/t"}},
            "the deployment inner does not hold its template, what it deploys is not known",
        ),
    ],
)
def test_a_template_that_is_not_here_is_said(files: Any, tmp_path: Path, link: Json, message: str) -> None:
    (tmp_path.parent / "beyond.json").write_text(json.dumps({"$schema": SCHEMA, **read(group("beyond"))}))
    top = files(main=read(deployment(link), group("web")))
    snapshot = load(str(top / "main.json"))
    assert names(snapshot) == ["web"]
    assert [(found.code, found.message) for found in snapshot.diagnostics] == [("linked-template", message)]


def test_a_repository_may_link_across_its_folders(files: Any, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    top = files(infra__main=read(deployment(relative("../shared/nsg.json"))), shared__nsg=read(group("web")))
    assert names(load(str(top / "infra" / "main.json"))) == ["web"]


def test_templates_that_link_one_another_in_a_circle(files: Any) -> None:
    top = files(one=read(deployment(relative("two.json"))), two=read(deployment(relative("one.json"))))
    for path in (top / "one.json", top):
        with pytest.raises(InputError) as caught:
            load(str(path))
        assert {found.code for found in caught.value.diagnostics} == {"cyclic-link"}


@pytest.mark.parametrize(("text", "code"), [("{", "invalid-json"), ("{}", "linked-template")])
def test_a_linked_file_that_cannot_be_read(files: Any, text: str, code: str) -> None:
    top = files(main=read(deployment(relative("broken.json"))))
    (top / "broken.json").write_text(text)
    with pytest.raises(InputError) as caught:
        load(str(top / "main.json"))
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_a_fault_in_a_linked_file_is_told_there(files: Any) -> None:
    top = files(main=read(deployment(relative("nsg.json"))), nsg=read(group("web", "[parameters('no')]")))
    with pytest.raises(InputError) as caught:
        load(str(top / "main.json"))
    (found,) = caught.value.diagnostics
    assert Path(found.location.file).name == "nsg.json"
    assert found.excerpt is not None
    assert "parameters('no')" in found.excerpt


def test_parameters_in_a_file_elsewhere_are_not_the_defaults(files: Any) -> None:
    inner = deployment(inline(read(group("[parameters('name')]"), **CIDR)))
    inner["properties"] |= {"parametersLink": {"uri": "https://example.com/parameters.json"}}
    (found,) = load(str(files(main=read(inner)) / "main.json")).all(NetworkSecurityGroup)
    assert found.name == "{inner: name}"


def test_references_between_a_template_and_those_it_links(files: Any) -> None:
    network = {
        "type": VNET,
        "name": "vnet",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [
                {
                    "name": "web",
                    "properties": {
                        "addressPrefix": "10.0.0.0/24",
                        "networkSecurityGroup": {"id": "[reference('nsg').outputs.id.value]"},
                    },
                }
            ],
        },
    }
    output = {"type": "string", "value": f"[resourceId('{NSG}', parameters('name'))]"}
    passed = {"name": {"value": "[concat(parameters('prefix'), '-web')]"}}
    top = files(
        main=read(deployment(relative("nsg.json"), "nsg", passed), network, parameters={"prefix": {"type": "string"}}),
        nsg=read(group("[parameters('name')]"), parameters={"name": {"type": "string"}}, outputs={"id": output}),
    )
    snapshot = load(str(top))
    (subnet,) = snapshot.all(Subnet)
    reference = subnet.network_security_group
    assert isinstance(reference, Reference)
    assert [found.name for found in snapshot.find(NetworkSecurityGroup, reference)] == ["{prefix}-web"]


OUTPUT: Json = {"outputs": {"cidr": {"type": "string", "value": "[parameters('cidr')]"}}, **CIDR}
GIVEN: Json = {"cidr": {"value": "10.1.0.0/16"}}


@pytest.mark.parametrize(
    "expression",
    [
        "[reference('net').outputs.cidr.value]",
        "[reference('NET').outputs.Cidr.value]",
        "[reference('deploy-net', '2022-09-01').outputs.cidr.value]",
        "[reference(resourceId('Microsoft.Resources/deployments', 'deploy-net'), '2022-09-01').outputs.cidr.value]",
        "[reference(resourceId('rg', 'Microsoft.Resources/deployments', 'deploy-net')).outputs.cidr.value]",
    ],
)
def test_what_a_deployment_gives_out(files: Any, expression: str) -> None:
    template = {
        "languageVersion": "2.0",
        "resources": {
            "net": deployment(inline(OUTPUT), "deploy-net", GIVEN),
            "group": group("web", expression),
        },
    }
    (source,) = sources(load(str(files(main=template) / "main.json")))
    assert isinstance(source, AddressPrefix)
    assert source.text == "10.1.0.0/16"


def test_what_the_deployments_of_a_loop_give_out(files: Any) -> None:
    loop = {"copy": {"name": "nets", "count": 2}}
    passed = {"cidr": {"value": "[format('10.{0}.0.0/16', copyIndex())]"}}
    all_of_them = "[map(references('nets'), lambda('net', lambdaVariables('net').outputs.cidr.value))]"
    listed = group("list")
    rule = listed["properties"]["securityRules"][0]["properties"]
    del rule["sourceAddressPrefix"]
    rule["sourceAddressPrefixes"] = all_of_them
    template = {
        "languageVersion": "2.0",
        "resources": {
            "nets": {**deployment(inline(OUTPUT), "[format('net-{0}', copyIndex())]", passed), **loop},
            "second": group("second", "[reference(format('nets[{0}]', 1)).outputs.cidr.value]"),
            "list": listed,
        },
    }
    texts = [
        term.text for term in sources(load(str(files(main=template) / "main.json"))) if isinstance(term, AddressPrefix)
    ]
    assert texts == ["10.1.0.0/16", "10.0.0.0/16", "10.1.0.0/16"]


def test_an_output_may_be_a_loop(files: Any) -> None:
    outputs = {"all": {"type": "array", "copy": {"count": 2, "input": "[format('10.{0}.0.0/16', copyIndex())]"}}}
    template = read(deployment(inline({"outputs": outputs})), group("web", "[reference('inner').outputs.all.value[1]]"))
    (source,) = sources(load(str(files(main=template) / "main.json")))
    assert isinstance(source, AddressPrefix)
    assert source.text == "10.1.0.0/16"


def test_outputs_that_are_not_known_here_are_unknown(files: Any) -> None:
    template = read(
        deployment(inline(OUTPUT)),
        deployment({"templateLink": {"uri": "https://example.com/a.json"}}, "far"),
        group("a", "[reference('inner').outputs.cidr.value]"),
        group("b", "[reference('far').outputs.cidr.value]"),
        group("c", "[reference('nowhere').outputs.cidr.value]"),
    )
    found = sources(load(str(files(main=template) / "main.json")))
    assert [term.name for term in found if isinstance(term, Unknown)] == [
        "inner: cidr",
        "reference('far').outputs.cidr.value",
        "reference('nowhere').outputs.cidr.value",
    ]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({}, "reference: the deployment inner has no output 'x'"),
        (
            {"x": {"value": "[reference('inner').outputs.x.value]"}},
            "reference: output inner x needs itself: x → x",
        ),
    ],
)
def test_outputs_that_cannot_be(files: Any, outputs: Json, message: str) -> None:
    own = {"template": {"$schema": SCHEMA, "resources": [], "outputs": outputs}}  # evaluated in the outer scope
    top = files(main=read(deployment(own), group("web", "[reference('inner').outputs.x.value]")))
    with pytest.raises(InputError) as caught:
        load(str(top / "main.json"))
    assert message in {found.message for found in caught.value.diagnostics}


def test_names_and_ids_of_resources_by_symbolic_name(files: Any) -> None:
    subnet = {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": "[resourceInfo('groups[1]').id]"}}
    template = {
        "languageVersion": "2.0",
        "resources": {
            "groups": {**group("[format('nsg-{0}', copyIndex())]"), "copy": {"name": "groups", "count": 2}},
            "net": {
                "type": VNET,
                "name": "vnet",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "subnets": [{"name": "[resourceInfo('groups[0]').name]", "properties": subnet}],
                },
            },
        },
    }
    snapshot = load(str(files(main=template) / "main.json"))
    (found,) = snapshot.all(Subnet)
    assert found.name == "nsg-0"
    assert isinstance(found.network_security_group, Reference)
    assert [nsg.name for nsg in snapshot.find(NetworkSecurityGroup, found.network_security_group)] == ["nsg-1"]
