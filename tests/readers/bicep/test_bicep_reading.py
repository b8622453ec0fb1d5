"""What becomes of Bicep files when they are loaded. Source: Microsoft Learn, the Bicep pages that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import load
from nwpolicy.readers.pins import Pins

STAR = "'*'"
CHILD = """\
resource r 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = {
  parent: 'nsg'
  name: 'r'
}"""
NSG = "Microsoft.Network/networkSecurityGroups@2024-05-01"
RULE = """\
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg'
  properties: {
    securityRules: [
      {
        name: 'ssh'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: SOURCE
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '22'
        }
      }
    ]
  }
}
"""


def rule(source: str) -> str:
    return RULE.replace("SOURCE", source)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(**files: str) -> None:
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def groups(snapshot: Snapshot) -> list[str]:
    return sorted(group.name for group in snapshot.all(NetworkSecurityGroup))


def first_rule(snapshot: Snapshot) -> SecurityRule:
    (group,) = snapshot.all(NetworkSecurityGroup)
    found = group.security_rules[0]
    assert isinstance(found, SecurityRule)
    return found


def source_of(snapshot: Snapshot) -> object:
    return first_rule(snapshot).sources[0]


def said(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(str(found.location), found.message) for found in snapshot.diagnostics]


def refused(*paths: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        load(*paths)
    return [f"{found.location}: {found.message}" for found in raised.value.diagnostics]


# "Parameters in Bicep"


def test_a_rule_is_where_it_is_written() -> None:
    put(main_bicep=rule("'10.0.0.0/8'"))
    assert str(first_rule(load("main.bicep")).source.location) == "main.bicep:5:7"


def test_a_parameter_without_default_is_unknown_where_it_is_declared() -> None:
    put(main_bicep=f"@description('x')\nparam adminCidr string\n{rule('adminCidr')}")
    unknown = source_of(load("main.bicep"))
    assert isinstance(unknown, Unknown)
    assert (unknown.name, str(unknown.source.location)) == ("adminCidr", "main.bicep:2:7")


def test_a_parameter_can_be_given() -> None:
    put(main_bicep=f"param adminCidr string\n{rule('adminCidr')}")
    snapshot = load("main.bicep", pins=Pins.of({"adminCidr": "10.0.0.0/8"}))
    assert not isinstance(source_of(snapshot), Unknown)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("@minValue(1)\nparam p int", "parameter p has the minValue 1"),
        ("@allowed([1, 2])\nparam p int", "parameter p is one of 1, 2, not 0"),
        ("param p 1 | 2", "parameter p is one of 1, 2, not 0"),
        ("type few = 1 | 2\nparam p few", "parameter p is one of 1, 2, not 0"),
        ("type inner = { port: 1 | 2 }\nparam p inner.port", "parameter p is one of 1, 2, not 0"),
        ("type many = (1 | 2)[]\nparam p many[*]", "parameter p is one of 1, 2, not 0"),
        ("param p bool", "parameter p is true or false, not a number"),
    ],
)
def test_types_say_which_values_a_parameter_takes(declaration: str, message: str) -> None:
    put(main_bicep=f"{declaration}\n{rule('string(p)')}")
    with pytest.raises(InputError) as raised:
        load("main.bicep", pins=Pins.of({"p": 0}))
    assert raised.value.diagnostics[0].message == message


def test_types_of_other_files_do_so_too() -> None:
    put(types_bicep="@export()\ntype few = 1 | 2")
    put(main_bicep=f"import {{ few as some }} from 'types.bicep'\nparam p some\n{rule('string(p)')}")
    with pytest.raises(InputError, match="parameter p is one of 1, 2, not 0"):
        load("main.bicep", pins=Pins.of({"p": 0}))


def test_a_secure_parameter_stays_unknown_whatever_its_default() -> None:
    put(main_bicep=f"@secure()\nparam secret string = '10.0.0.0/8'\n{rule('secret')}")
    unknown = source_of(load("main.bicep"))
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "parameter secret is secure"


# "Resource declaration in Bicep", existing resources


def test_what_an_existing_resource_is_like_is_unknown() -> None:
    text = "resource vnet 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {\n  name: 'hub'\n}\n"
    put(main_bicep=text + rule("vnet.properties.addressSpace.addressPrefixes[0]"))
    snapshot = load("main.bicep")
    unknown = source_of(snapshot)
    assert isinstance(unknown, Unknown)
    assert unknown.name == "reference('vnet').addressSpace.addressPrefixes[0]"
    assert unknown.source.location.span.line == 15
    assert snapshot.all(VirtualNetwork) == ()


# "Bicep modules"

MODULE = """\
param cidr string
module security 'modules/nsg.bicep' = {
  params: { cidr: cidr, port: 22 }
}
output id string = security.outputs.id
"""
INNER = f"param cidr string\nparam port int\n{rule('cidr')}output id string = nsg.id\n"


def test_a_module_is_read_with_what_it_is_given() -> None:
    put(main_bicep=MODULE, modules__nsg_bicep=INNER)
    snapshot = load("main.bicep")
    found = first_rule(snapshot)
    assert str(found.source.location) == "modules/nsg.bicep:7:7"
    unknown = source_of(snapshot)
    assert isinstance(unknown, Unknown)
    assert (unknown.name, str(unknown.source.location)) == ("cidr", "main.bicep:1:7")


def test_a_module_in_the_same_folder_is_not_read_on_its_own() -> None:
    put(main_bicep=MODULE, modules__nsg_bicep=INNER)
    assert groups(load(".")) == ["nsg"]
    assert groups(load("modules/nsg.bicep", "main.bicep")) == ["nsg"]
    assert groups(load("modules")) == ["nsg"]


def test_a_module_may_be_a_template() -> None:
    put(main_bicep="module m 'nsg.json' = {\n  params: { name: 'web' }\n}")
    put(
        nsg_json="""{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": { "name": { "type": "string" } },
  "resources": [ { "type": "Microsoft.Network/networkSecurityGroups", "name": "[parameters('name')]" } ]
}"""
    )
    snapshot = load(".")
    assert groups(snapshot) == ["web"]
    assert snapshot.all(NetworkSecurityGroup)[0].source.location.file == "nsg.json"


def test_what_a_registry_holds_is_not_known() -> None:
    put(main_bicep=f"module m 'br/public:avm/x:1.0' = {{\n  name: 'm'\n}}\n{rule('m.outputs.prefix')}")
    snapshot = load("main.bicep")
    unknown = source_of(snapshot)
    assert isinstance(unknown, Unknown)
    assert unknown.name == "reference('m').outputs.prefix.value"
    message = "what the deployment m deploys is not known: br/public:avm/x:1.0: br/public:avm/x:1.0 is in a registry"
    assert said(snapshot)[0] == ("main.bicep:1:1", f"{message}, which is not read")


def test_a_module_that_is_missing_is_not_known() -> None:
    put(main_bicep="module m 'gone.bicep' = {\n  name: 'm'\n}")
    (found,) = load("main.bicep").diagnostics
    assert (found.severity, found.code) == (Severity.WARNING, "linked-template")
    assert found.message == "what the deployment m deploys is not known: gone.bicep: no such file"


def test_a_module_outside_of_the_folder_is_not_read() -> None:
    put(outside_bicep=INNER, inside__main_bicep="module m '../outside.bicep' = {\n  name: 'm'\n}")
    (found,) = load("inside").diagnostics
    assert found.message.endswith("it is outside of the repository or folder that is read")


def test_modules_that_deploy_one_another() -> None:
    put(a_bicep="module b 'b.bicep' = {\n  name: 'b'\n}", b_bicep="module a 'a.bicep' = {\n  name: 'a'\n}")
    assert refused("a.bicep") == ["b.bicep:1:1: the deployment a deploys a.bicep, which it is part of"]


def test_a_syntax_error_in_a_module_is_told_there() -> None:
    put(main_bicep="module m 'm.bicep' = {\n  name: 'm'\n}", m_bicep="param x\nvar y = \n")
    assert refused("main.bicep") == ["m.bicep:2:9: expected an expression, found the end of the line"]


# "Imports in Bicep", "User-defined functions in Bicep"


def test_what_is_imported_is_found_at_the_import() -> None:
    put(shared_bicep="var net = '10.0'\n@export()\nvar prefix = '${net}.0.0/8'\n")
    put(main_bicep=f"import {{ prefix }} from 'shared.bicep'\n{rule('prefix')}")
    snapshot = load(".")
    assert not isinstance(source_of(snapshot), Unknown)
    assert said(snapshot) == []


def test_imports_that_import_one_another() -> None:
    put(a_bicep="import { y } from 'b.bicep'\n@export()\nvar x = y\n" + rule("x"))
    put(b_bicep="import { x } from 'a.bicep'\n@export()\nvar y = x\n")
    (found,) = refused("a.bicep")
    assert "needs itself" in found


def test_imports_from_a_registry_are_unknown() -> None:
    put(main_bicep=f"import {{ prefix }} from 'br/public:x:1'\n{rule('prefix')}")
    snapshot = load("main.bicep")
    unknown = source_of(snapshot)
    assert isinstance(unknown, Unknown)
    assert unknown.name == "prefix"
    assert said(snapshot)[0] == ("main.bicep:1:10", "what br/public:x:1 exports is not known")


def test_a_function_that_calls_itself() -> None:
    put(main_bicep=f"func f(x string) string => f(x)\n{rule('''f('a')''')}")
    (found,) = refused("main.bicep")
    assert "calls itself" in found


# "File functions for Bicep"


def test_values_from_files() -> None:
    put(main_bicep=rule("loadJsonContent('net.json').prefixes[0]"), net_json='{"prefixes": ["10.0.0.0/8"]}')
    assert not isinstance(source_of(load("main.bicep")), Unknown)
    put(main_bicep=rule("loadYamlContent('net.yaml', 'a.b')"), net_yaml="a:\n  b: 10.0.0.0/8\n")
    assert not isinstance(source_of(load("main.bicep")), Unknown)
    put(main_bicep=rule("trim(loadTextContent('net.txt'))"), net_txt="10.0.0.0/8\n")
    assert not isinstance(source_of(load("main.bicep")), Unknown)


def test_a_file_that_is_missing_matters_only_where_it_is_needed() -> None:
    put(main_bicep=f"var x = loadTextContent('gone.txt')\n{rule('x')}")
    assert refused("main.bicep") == ["main.bicep:1:9: cannot read gone.txt: gone.txt:1:1: no such file"]
    put(main_bicep=f"var x = loadTextContent('gone.txt')\n{rule('''10.0.0.0/8''')}".replace("10.0.0.0/8", "'*'"))
    assert said(load("main.bicep")) == []


# What is wrong, and where it matters


def test_a_name_that_nothing_has() -> None:
    put(main_bicep=rule("cidr"))
    assert refused("main.bicep") == ["main.bicep:12:32: there is no 'cidr' in this file"]


def test_a_resource_that_is_not_read_may_be_wrong() -> None:
    put(main_bicep="resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: gone\n}\n" + rule("'*'"))
    assert said(load("main.bicep")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"resource n '{NSG}' = {{\n  name: gone\n}}", "main.bicep:2:9: there is no 'gone' in this file"),
        (f"resource n '{NSG}' = [for x in gone: {{\n  name: x\n}}]", "main.bicep:1:77: there is no 'gone'"),
        (f"resource n '{NSG}' = if (gone) {{\n  name: 'n'\n}}", "main.bicep:1:71: there is no 'gone' in this file"),
        (f"var x = 1\nvar x = 2\nresource n '{NSG}' = {{\n  name: 'n'\n}}", "main.bicep:2:5: 'x' is declared more"),
        (f"resource n '{NSG}' = {{\n  location: 'x'\n}}", "main.bicep:1:10: the resource 'n' has no name"),
        (f"{rule('x[0]')}var x = [for y in [1]: if (true) {{}}]", "'if' stands only in the loop of a resource"),
        (f"resource n '{NSG}' = {{\n  name: 'n'\n  name: 'm'\n}}", "main.bicep:3:3: 'name' is given more than once"),
        (f"{rule(STAR)}{CHILD}", "main.bicep:22:11: the parent of a resource is a resource of this file"),
        (f"var x = y\nvar y = x\n{rule('x')}", "variable x needs itself: x → y → x"),
        (
            f"resource n '{NSG}' = [for i in range(0, 100000): {{\n  name: 'n'\n}}]",
            "range: makes 0 to 10000 numbers, not 100000",
        ),
        (f"{rule('f(1)')}func f() string => '*'", "f: takes 0 arguments, not 1"),
    ],
)
def test_faults(text: str, message: str) -> None:
    put(main_bicep=text)
    assert message in refused("main.bicep")[0]


@pytest.mark.parametrize("line", ["var v{} = '${{v{}}}${{v{}}}'", "var v{} = {{ a: v{}, b: v{} }}"])
def test_names_that_stand_for_names_are_bounded(line: str) -> None:
    known = "resource v 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {\n  name: 'v'\n}\n"
    lines = [line.format(number + 1, number, number) for number in range(40)]
    put(main_bicep="\n".join([known, "var v0 = v.properties", *lines, rule("v40")]))
    assert refused("main.bicep") == ["main.bicep:1:1: the names of this file stand for one another too many times"]


def test_long_chains_are_bounded() -> None:
    for chain in (" + ".join(["1"] * 5000), f"a{'.b' * 5000}", f"a{'::b' * 5000}", "true ? 1 : " * 5000 + "2"):
        put(main_bicep=rule(chain))
        assert "nested" in refused("main.bicep")[0]
        put(main_bicep=f"var x = {chain}\n{rule('x')}")
        assert "nested" in refused("main.bicep")[0]
    put(main_bicep=f"param x int{'!' * 5000}\n{rule('string(x)')}")
    assert isinstance(source_of(load("main.bicep")), Unknown)


# "Bicep parameters file"


def test_a_parameters_file_deploys_its_template() -> None:
    put(main_bicep=f"param cidr string\nparam name string = 'x'\n{rule('cidr')}".replace("name: 'nsg'", "name: name"))
    put(base_bicepparam="using none\nvar net = '10.0'\nparam cidr = '${net}.0.0/8'\nparam name = 'base'\n")
    put(prod_bicepparam="using 'main.bicep'\nextends 'base.bicepparam'\nparam name = 'prod'\n")
    for paths in (["prod.bicepparam", "."], ["main.bicep", "prod.bicepparam"], ["prod.bicepparam"]):
        snapshot = load(*paths)
        assert groups(snapshot) == ["prod"]
        assert not isinstance(source_of(snapshot), Unknown)


def test_what_a_parameters_file_does_not_know_is_unknown_there() -> None:
    put(main_bicep=f"param cidr string\n{rule('cidr')}")
    put(prod_bicepparam="using 'main.bicep'\nparam cidr = readEnvironmentVariable('CIDR')\n")
    unknown = source_of(load("prod.bicepparam"))
    assert isinstance(unknown, Unknown)
    assert unknown.name == "readEnvironmentVariable('CIDR')"
    assert str(unknown.source.location) == "prod.bicepparam:2:14"


def test_a_parameters_file_gives_values_to_a_template_that_is_named() -> None:
    put(main_bicep=f"param cidr string\n{rule('cidr')}", prod_bicepparam="using none\nparam cidr = '10.0.0.0/8'\n")
    assert not isinstance(source_of(load("main.bicep", pins=Pins.of(files=["prod.bicepparam"]))), Unknown)
    put(prod_bicepparam="using 'main.bicep'\nparam cidr = readEnvironmentVariable('CIDR')\n")
    unknown = source_of(load("main.bicep", pins=Pins.of(files=["prod.bicepparam"])))
    assert isinstance(unknown, Unknown)
    assert unknown.name == "cidr"
    put(prod_bicepparam="using 'main.bicep'\nparam cidr = gone\n")
    with pytest.raises(InputError, match=r"prod\.bicepparam:2:14: there is no 'gone' in this file"):
        Pins.of(files=["prod.bicepparam"])


# Folders


def test_a_folder_does_not_choose_among_parameters_files() -> None:
    put(
        main_bicep=f"param cidr string\n{rule('cidr')}",
        prod_bicepparam="using 'main.bicep'\nparam cidr = '10.0.0.0/8'\n",
    )
    snapshot = load(".")
    assert isinstance(source_of(snapshot), Unknown)
    assert [found.code for found in snapshot.diagnostics] == ["parameters-not-applied"]


def test_a_folder_passes_over_what_was_compiled_from_bicep() -> None:
    compiled = '{"metadata": {"_generator": {"name": "bicep"}}, "contentVersion": "1", "resources": [{"type": "x"}]}'
    put(main_bicep=rule("'*'"), main_json=compiled, azuredeploy_json=compiled, other_json=compiled)
    snapshot = load(".")
    assert groups(snapshot) == ["nsg"]
    passed_over = [found for found in snapshot.diagnostics if found.code == "compiled-template"]
    assert [found.location.file for found in passed_over] == ["azuredeploy.json", "main.json"]
    assert passed_over[0].message == "this is compiled from main.bicep, which is read instead"


def test_a_folder_passes_over_bicep_without_networks() -> None:
    put(main_bicep=rule("'*'"), types_bicep="type broken = ")
    assert groups(load(".")) == ["nsg"]
