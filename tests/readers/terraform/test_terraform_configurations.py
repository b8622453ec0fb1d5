"""Configurations as a whole: variables, loops, modules, and what cannot be known of them.

Source: HashiCorp, "Terraform language": Input Variables, Local Values, Modules, The count Meta-Argument, The for_each
Meta-Argument, dynamic Blocks, JSON Configuration Syntax, Override Files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.network import PublicIpAddress, Subnet, VirtualNetwork
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.pins import Pins
from tests.terraforming import PLACE, all_roots, only, read, rule, said, snapshot, sources, subnet, subnets

# Variables


def test_a_variable_without_default_is_an_unknown_by_its_name() -> None:
    (source,) = sources('variable "admin_cidr" {\n}\n' + rule("var.admin_cidr"))
    assert isinstance(source, Unknown)
    assert (source.name, source.kind) == ("var.admin_cidr", UnknownKind.ADDRESS)
    assert (str(source.source), source.reason) == ("main.tf:1:1", "the variable admin_cidr has no default")


def test_a_variable_has_its_default() -> None:
    assert sources('variable "a" {\n  default = "10.0.0.0/8"\n}\n' + rule("var.a")) == ["10.0.0.0/8"]


def test_a_secret_variable_is_unknown_whatever_it_is_given() -> None:
    text = 'variable "a" {\n  default = "10.0.0.0/8"\n  sensitive = true\n}\n' + rule("var.a")
    (source,) = sources({"main.tf": text, "terraform.tfvars": 'a = "10.1.0.0/16"\n'}, Pins.of({"a": "10.2.0.0/16"}))
    assert isinstance(source, Unknown)
    assert source.reason == "the variable a is sensitive"


def test_files_of_variables_win_over_defaults_the_last_one_over_all() -> None:
    files = {"main.tf": 'variable "a" {\n  default = "10.0.0.0/8"\n}\n' + rule("var.a")}
    assert sources({**files, "terraform.tfvars": 'a = "10.1.0.0/16"'}) == ["10.1.0.0/16"]
    more = {"terraform.tfvars": 'a = "10.1.0.0/16"', "b.auto.tfvars": 'a = "10.3.0.0/16"', "a.auto.tfvars": 'a = "x"'}
    assert sources({**files, **more}) == ["10.3.0.0/16"]
    assert sources({**files, "other.tfvars": 'a = "10.1.0.0/16"'}) == ["10.0.0.0/8"]


def test_files_of_variables_may_be_json() -> None:
    files = {"main.tf": 'variable "a" {}\n' + rule("var.a"), "terraform.tfvars": 'a = "10.1.0.0/16"'}
    assert sources({**files, "terraform.tfvars.json": '{"a": "10.2.0.0/16"}'}) == ["10.2.0.0/16"]
    assert sources({**files, "x.auto.tfvars.json": '{"a": "10.3.0.0/16"}'}) == ["10.3.0.0/16"]


@pytest.mark.parametrize(
    ("name", "text"), [("prod.tfvars", 'a = "10.7.0.0/16"'), ("prod.tfvars.json", '{"a": "10.7.0.0/16"}')]
)
def test_a_file_of_variables_may_be_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    pins = Pins.of({}, [str(tmp_path / name)])
    assert sources('variable "a" {}\n' + rule("var.a"), pins) == ["10.7.0.0/16"]


def test_what_a_file_of_variables_gives_stands_where_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "prod.tfvars"
    path.write_text('a = {\n  from = ["10.7.0.0/16"]\n}\n', encoding="utf-8")
    text = 'variable "a" {\n  type = object({ from = list(string) })\n}\n' + rule("var.a.from[0]")
    found = only(snapshot(text, Pins.of({}, [str(path)])), SecurityRule)
    assert str(found.sources[0].source) == f"{path}:2:11"


@pytest.mark.parametrize("value", ["1" + " + 1" * 20_000, "[for x in range(1000) : [for y in range(1000) : x + y]]"])
def test_the_work_for_a_file_of_variables_is_bounded(tmp_path: Path, value: str) -> None:
    (tmp_path / "x.tfvars").write_text(f"a = {value}\n", encoding="utf-8")
    with pytest.raises(InputError, match="these values take too many steps"):
        Pins.of({}, [str(tmp_path / "x.tfvars")])


@pytest.mark.parametrize(
    ("value", "message"),
    [("var.b", "there is no variable 'b'"), ("timestamp()", "a file of variables holds nothing but values")],
)
def test_a_file_of_variables_holds_nothing_but_values(tmp_path: Path, value: str, message: str) -> None:
    (tmp_path / "x.tfvars").write_text(f"a = {value}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Pins.of({}, [str(tmp_path / "x.tfvars")])


@pytest.mark.parametrize("name", ["a", "var.a"])
def test_a_value_that_a_person_gives_wins_over_all(name: str) -> None:
    files = {"main.tf": 'variable "a" {}\n' + rule("var.a"), "terraform.tfvars": 'a = "10.1.0.0/16"'}
    pins = Pins.of({name: "10.9.0.0/16"})
    assert sources(files, pins) == ["10.9.0.0/16"]
    pins.check()


def test_values_are_converted_to_the_type_of_the_variable() -> None:
    text = 'variable "a" {\n  type = list(object({ name = string, prefix = optional(string, "10.0.0.0/8") }))\n}\n'
    text += rule("var.a[0].prefix", name="var.a[0].name")
    assert sources({"main.tf": text, "terraform.tfvars": "a = [{ name = 1 }]"}) == ["10.0.0.0/8"]


def test_a_value_that_is_not_of_the_type_is_an_error() -> None:
    text = 'variable "a" {\n  type = number\n  default = "x"\n}\n' + rule("var.a")
    assert said(read(text)) == [
        "error main.tf:3:13 wrong-type: the variable a cannot have this value: expected a number, found 'x'"
    ]


# Loops


def test_count_makes_numbered_resources() -> None:
    text = subnet('"s${count.index}"', 'cidrsubnet("10.0.0.0/16", 8, count.index)', "count = 2")
    assert subnets(text) == {"s0": ["10.0.0.0/24"], "s1": ["10.0.1.0/24"]}


def test_for_each_makes_resources_by_key() -> None:
    text = 'locals {\n  nets = { b = "10.0.1.0/24", a = "10.0.0.0/24" }\n}\n'
    text += subnet("each.key", "each.value", "for_each = local.nets")
    text += 'output "x" {\n  value = azurerm_subnet.s["a"].id\n}\n'
    assert subnets(text) == {"a": ["10.0.0.0/24"], "b": ["10.0.1.0/24"]}


def test_for_each_over_a_set_has_its_elements_as_keys() -> None:
    text = subnet("each.key", '"10.0.${each.value}.0/24"', 'for_each = toset(["1", "2", "1"])')
    assert subnets(text) == {"1": ["10.0.1.0/24"], "2": ["10.0.2.0/24"]}


def test_for_each_over_a_list_is_refused() -> None:
    text = subnet("each.key", '"10.0.0.0/24"', 'for_each = ["a"]')
    assert said(read(text))[0] == "warning main.tf:6:14 bad-expression: expected a map or a set, found a list"


@pytest.mark.parametrize(("count", "name"), [("var.on ? 1 : 0", "var.on"), ("var.on ? 0 : 1", "not var.on")])
def test_a_resource_that_a_variable_switches_on_depends_on_that_variable(count: str, name: str) -> None:
    found = only(snapshot('variable "on" {}\n' + rule('"*"', more=f"count = {count}")), SecurityRule)
    assert (found.condition.name, found.condition.kind) == (name, UnknownKind.CONDITION)


def test_of_a_loop_of_unknown_length_one_resource_stands_for_all() -> None:
    fragment = read('variable "all" {}\n' + rule("each.value.prefix", "each.key", "for_each = var.all"))
    assert said(fragment) == [
        "warning main.tf:3:1 unknown-count: var.all is not known: one azurerm_network_security_rule.r stands for "
        "however many there are"
    ]
    (found,) = fragment.resources
    assert isinstance(found, SecurityRule)
    assert found.condition is not None
    assert found.condition.name == "var.all is not empty"
    assert [term.name for term in found.sources if isinstance(term, Unknown)] == ["var.all[*].prefix"]


_GROUP: Final = (
    'resource "azurerm_network_security_group" "g" {\n  name = "nsg"\n  ' + PLACE + '\n  dynamic "security_rule" {\n'
    "    for_each = %s\n    content {\n      name = %s\n      priority = %s\n"
    '      direction = "Inbound"\n      access = "Allow"\n      protocol = "Tcp"\n      source_port_range = "*"\n'
    '      destination_port_range = "22"\n      source_address_prefix = "*"\n      destination_address_prefix = "*"\n'
    "    }\n  }\n}\n"
)


def rules(text: str) -> list[Any]:
    found = only(snapshot(text), NetworkSecurityGroup).security_rules
    return [one if isinstance(one, Unknown) else (one.name, one.priority) for one in found]


def test_a_dynamic_block_makes_blocks() -> None:
    text = _GROUP % ('["a", "b"]', "security_rule.value", "100 + security_rule.key")
    assert rules(text) == [("a", 100), ("b", 101)]


def test_a_dynamic_block_over_a_map_goes_by_its_keys() -> None:
    text = _GROUP % ("{ b = 200, a = 100 }", "security_rule.key", "security_rule.value")
    assert rules(text) == [("a", 100), ("b", 200)]


def test_the_iterator_of_a_dynamic_block_may_have_another_name() -> None:
    text = _GROUP % ('["a"]\n    iterator = it', "it.value", "100")
    assert rules(text) == [("a", 100)]


def test_a_dynamic_block_over_an_unknown_is_any_rules() -> None:
    (found,) = rules('variable "rules" {}\n' + _GROUP % ("var.rules", "security_rule.key", "security_rule.value"))
    assert (found.name, found.kind, str(found.source)) == ("var.rules", UnknownKind.RULES, "main.tf:1:1")


def test_a_dynamic_block_over_a_list_with_an_unknown_end_is_its_rules_and_any_others() -> None:
    each = 'concat([{ n = "a", p = 100 }], var.more)'
    first, rest = rules('variable "more" {}\n' + _GROUP % (each, "security_rule.value.n", "security_rule.value.p"))
    assert first == ("a", 100)
    assert (rest.name, rest.kind) == ("var.more", UnknownKind.RULES)


# References


def test_a_reference_means_that_very_resource() -> None:
    nets = "".join(
        f'resource "azurerm_virtual_network" "{name}" {{\n  name = "net"\n  resource_group_name = var.{name}\n'
        f'  location = "westeurope"\n  address_space = ["10.{number}.0.0/16"]\n}}\n'
        f'resource "azurerm_subnet" "{name}" {{\n  name = "app"\n  resource_group_name = var.{name}\n'
        f"  virtual_network_name = azurerm_virtual_network.{name}.name\n"
        f'  address_prefixes = ["10.{number}.1.0/24"]\n}}\n'
        for number, name in enumerate(("one", "two"))
    )
    found = snapshot('variable "one" {}\nvariable "two" {}\n' + nets).all(VirtualNetwork)
    assert [str(net.subnets[0].address_prefixes[0].addresses) for net in found] == ["10.0.1.0/24", "10.1.1.0/24"]  # type: ignore[union-attr]


def test_a_name_that_is_known_in_part_still_leads_to_its_resource() -> None:
    text = 'variable "env" {}\nresource "azurerm_network_security_group" "g" {\n  name = "nsg-${var.env}"\n  ' + PLACE
    text += "\n}\n" + rule('"*"').replace('"nsg"', "azurerm_network_security_group.g.name")
    found = only(snapshot(text), NetworkSecurityGroup)
    assert (found.name, [one.name for one in found.security_rules]) == ("nsg-{var.env}", ["r"])


def test_what_only_an_apply_can_tell_is_an_unknown_by_its_address() -> None:
    text = 'resource "azurerm_public_ip" "p" {\n  name = "p"\n  ' + PLACE + "\n}\n"
    (source,) = sources(text + rule("azurerm_public_ip.p.ip_address"))
    assert isinstance(source, Unknown)
    assert (source.name, source.reason) == (
        "azurerm_public_ip.p.ip_address",
        "it is known only when the configuration is applied",
    )


def test_names_can_be_taken_out_of_an_id() -> None:
    text = (
        'variable "rg" {}\nresource "azurerm_virtual_network" "v" {\n  name = "net"\n  resource_group_name = var.rg\n'
    )
    text += '  location = "westeurope"\n  address_space = ["10.0.0.0/16"]\n}\n'
    text += subnet('"s"', '"10.0.1.0/24"').replace('"net"', 'element(split("/", azurerm_virtual_network.v.id), 8)')
    text = text.replace('resource_group_name = "rg"', "resource_group_name = var.rg")
    found = only(snapshot(text), VirtualNetwork)
    assert [one.name for one in found.subnets] == ["s"]


# Modules

_CHILD: Final = 'variable "cidr" {}\nvariable "name" {\n  default = "r"\n}\n' + rule("var.cidr", "var.name")


def test_a_module_has_the_arguments_of_its_call() -> None:
    files = {"main.tf": 'module "m" {\n  source = "./m"\n  cidr = "10.0.0.0/8"\n}\n', "m/main.tf": _CHILD}
    assert sources(files) == ["10.0.0.0/8"]


def test_an_unknown_keeps_its_name_on_its_way_into_a_module() -> None:
    call = 'variable "admin" {}\nmodule "m" {\n  source = "./m"\n  cidr = var.admin\n}\n'
    (source,) = sources({"main.tf": call, "m/main.tf": _CHILD})
    assert isinstance(source, Unknown)
    assert source.name == "var.admin"


def test_what_a_module_is_not_given_is_an_unknown_of_that_module() -> None:
    (source,) = sources({"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": _CHILD})
    assert isinstance(source, Unknown)
    assert (source.name, str(source.source)) == ("module.m.var.cidr", "m/main.tf:1:1")


def test_a_module_may_be_called_in_a_loop() -> None:
    call = 'module "m" {\n  source = "./m"\n  for_each = { a = "10.0.0.0/8", b = "10.1.0.0/16" }\n'
    call += "  cidr = each.value\n  name = each.key\n}\n"
    found = snapshot({"main.tf": call, "m/main.tf": _CHILD}).all(SecurityRule)
    assert [one.name for one in found] == ["a", "b"]


def test_outputs_lead_out_of_a_module() -> None:
    child = subnet('"s"', '"10.0.1.0/24"') + 'output "id" {\n  value = azurerm_subnet.s.id\n}\n'
    main = 'module "net" {\n  source = "./net"\n}\nresource "azurerm_subnet_network_security_group_association" "x" {\n'
    main += '  subnet_id = module.net.id\n  network_security_group_id = "/n/networkSecurityGroups/web"\n}\n'
    group = only(snapshot({"main.tf": main, "net/main.tf": child}), Subnet).network_security_group
    assert isinstance(group, Reference)


def test_a_module_that_is_not_on_disk_is_said_and_its_outputs_are_unknown() -> None:
    text = 'module "net" {\n  source = "Azure/network/azurerm"\n}\n' + rule("module.net.prefix")
    fragment = read(text)
    assert said(fragment) == [
        "warning main.tf:2:12 module-not-read: the module net (Azure/network/azurerm) is not on disk: whatever it "
        "defines is missing from the answer"
    ]
    (found,) = fragment.resources
    assert isinstance(found, SecurityRule)
    assert [term.name for term in found.sources if isinstance(term, Unknown)] == ["module.net.prefix"]


def test_a_module_that_terraform_has_installed_is_read_where_it_is() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "Azure/x/azurerm"\n  cidr = "10.0.0.0/8"\n}\n',
        ".terraform/modules/modules.json": '{"Modules": [{"Key": "m", "Dir": ".terraform/modules/m"}]}',
        ".terraform/modules/m/main.tf": _CHILD,
    }
    root = next(root for root in all_roots(files) if root.folder == "")
    (found,) = root.read(Pins()).resources
    assert found.source.location.file == ".terraform/modules/m/main.tf"


def test_a_module_within_an_installed_one_is_found_by_the_names_of_both() -> None:
    files = {
        "main.tf": 'module "my_module" {\n  source = "./a"\n}\n',
        "a/main.tf": 'module "b" {\n  source = "Azure/b/azurerm"\n  cidr = "10.0.0.0/8"\n}\n',
        ".terraform/modules/modules.json": '{"Modules": [{"Key": "my_module.b", "Dir": "b"}]}',
        "b/main.tf": _CHILD,
    }
    root = next(root for root in all_roots(files) if root.folder == "")
    (found,) = root.read(Pins()).resources
    assert found.source.location.file == "b/main.tf"


def test_a_module_outside_of_what_is_read_is_left_alone() -> None:
    fragment = read('module "m" {\n  source = "../../other"\n}\n')
    assert said(fragment) == [
        "warning main.tf:2:12 outside-root: the module m is outside of the repository or folder that is read"
    ]


def test_a_folder_without_configuration_is_no_module() -> None:
    fragment = read('module "m" {\n  source = "./m"\n}\n')
    assert said(fragment) == ["error main.tf:2:12 module-not-found: the module m is not read: m holds no configuration"]


def test_modules_that_call_one_another_are_an_error() -> None:
    files = {"main.tf": 'module "a" {\n  source = "./a"\n}\n', "a/main.tf": 'module "b" {\n  source = "../b"\n}\n'}
    files["b/main.tf"] = 'module "a" {\n  source = "../a"\n}\n'
    assert "error b/main.tf:1:1 cyclic-module: the module a calls itself" in said(read(files))


def test_a_folder_that_another_one_calls_is_no_root() -> None:
    files = {"live/main.tf": 'module "m" {\n  source = "../m"\n}\n', "m/main.tf": _CHILD, "own/main.tf": _CHILD}
    assert [root.folder for root in all_roots(files)] == ["live", "own"]
    assert [root.folder for root in all_roots({"a/main.tf": 'resource "aws_vpc" "x" {}'})] == []


def test_folders_that_call_one_another_have_a_root_all_the_same() -> None:
    files = {"a/main.tf": 'module "b" {\n  source = "../b"\n}\n', "b/main.tf": 'module "a" {\n  source = "../a"\n}\n'}
    assert [root.folder for root in all_roots(files)] == ["a"]


# Other files


def test_the_json_syntax_means_the_same() -> None:
    files = {
        "main.tf.json": '{"variable": {"a": {"default": "10.0.0.0/8", "type": "string"}},\n'
        ' "locals": {"b": "${var.a}"},\n "resource": {"azurerm_network_security_rule": {"r": {\n'
        '  "name": "r-${substr(\\"xy\\", 0, 1)}", "resource_group_name": "rg",\n'
        '  "network_security_group_name": "nsg", "priority": 100, "direction": "Inbound",\n'
        '  "access": "Allow", "protocol": "Tcp", "source_port_range": "*", "destination_port_range": "443",\n'
        '  "source_address_prefix": "${local.b}", "destination_address_prefix": "*"}}}}'
    }
    found = only(snapshot(files), SecurityRule)
    assert (found.name, str(found.source)) == ("r-x", "main.tf.json:3:49")
    assert [str(term.source) for term in found.sources] == ["main.tf.json:1:32"]


def test_dynamic_blocks_in_the_json_syntax() -> None:
    files = {
        "main.tf.json": '{"resource": {"azurerm_network_security_group": {"g": {"name": "nsg",'
        '"resource_group_name": "rg", "location": "x", "dynamic": {"security_rule": {"for_each": [1, 2],'
        '"content": {"name": "r${security_rule.value}", "priority": "${100 + security_rule.value}",'
        '"direction": "Inbound", "access": "Allow", "protocol": "*", "source_port_range": "*",'
        '"destination_port_range": "*", "source_address_prefix": "*", "destination_address_prefix": "*"}}}}}}}'
    }
    found = only(snapshot(files), NetworkSecurityGroup).security_rules
    assert [(one.name, one.priority) for one in found] == [("r1", 101), ("r2", 102)]


def test_rules_can_be_kept_in_a_file_of_another_format() -> None:
    main = 'locals {\n  rules = yamldecode(file("${path.module}/rules.yaml"))\n}\n' + rule("local.rules[0].from")
    assert sources({"main.tf": main, "rules.yaml": "- from: 10.0.0.0/8\n"}) == ["10.0.0.0/8"]
    (source,) = sources({"main.tf": main})
    assert isinstance(source, Unknown)
    assert source.reason == "rules.yaml: no such file"


# The version of the provider

_REQUIRED: Final = 'terraform {\n  required_providers {\n    azurerm = { version = "%s" }\n  }\n}\n'
_ADDRESS: Final = 'resource "azurerm_public_ip" "p" {\n  name = "p"\n  ' + PLACE + "\n}\n"


@pytest.mark.parametrize(
    ("constraint", "sku"),
    [
        ("~> 3.75", "Basic"),
        (">= 3.0, < 4.0", "Basic"),
        ("3.116.0", "Basic"),
        ("= 2.99", "Basic"),
        ("< 4.0.0", "Basic"),
        ("~> 4.1", "Standard"),
        (">= 3.0", "Standard"),
        (">= 3.71, < 5.0.0", "Standard"),
        ("4.2.0", "Standard"),
        ("~> 3", "Standard"),
    ],
)
def test_defaults_are_those_of_the_newest_version_that_is_allowed(constraint: str, sku: str) -> None:
    """azurerm 4.0 upgrade guide: `sku` of a public IP address is `Standard` by default."""
    assert only(snapshot(_REQUIRED % constraint + _ADDRESS), PublicIpAddress).sku == sku


def test_the_lock_file_tells_the_version() -> None:
    lock = 'provider "registry.terraform.io/hashicorp/azurerm" {\n  version = "3.90.0"\n}\n'
    assert only(snapshot({"main.tf": _ADDRESS, ".terraform.lock.hcl": lock}), PublicIpAddress).sku == "Basic"
    assert only(snapshot(_ADDRESS), PublicIpAddress).sku == "Standard"


def test_a_module_may_allow_less_than_the_root() -> None:
    files = {"main.tf": 'module "m" {\n  source = "./m"\n}\n' + subnet('"s"', '"10.0.0.0/24"')}
    files["m/main.tf"] = _REQUIRED % "~> 3.0"
    assert only(snapshot(files), Subnet).private_endpoint_network_policies == "Enabled"


# Bad input

_BAD: Final = [
    ('resource "x" "y" {\n  a = 1 2\n}\n', "main.tf:2:9 syntax: expected the end of the line, found '2'"),
    ('resource "x" {\n', "main.tf:3:1 syntax: expected an argument, a block or '}', found the end of the file"),
    ("locals {\n  a = [1,\n}\n", "main.tf:3:1 syntax: expected an expression, found '}'"),
    ('locals {\n  a = "x\n}\n', "main.tf:2:7 unclosed-quotes: the string does not end on its line"),
    ("locals {\n  a = 'x'\n}\n", "main.tf:2:7 syntax: unexpected '''"),
    (
        "locals {\n  a = <<X\nY\n}\n",
        "main.tf:2:7 unclosed-quotes: the heredoc does not end, 'X' stands on no line of its own",
    ),
    ('locals {\n  a = "${1"\n}\n', "main.tf:2:11 syntax: expected '}', found '\"'"),
    ('locals {\n  a = "%{ if true }x"\n}\n', "main.tf:2:7 syntax: the directive is not closed by '%{ endif }'"),
    ("\n/* x", "main.tf:2:1 unclosed-comment: the comment does not end"),
    ("locals {\n  a = 1\n  a = 2\n}\n", "main.tf:3:3 duplicate-key: the argument 'a' is given twice"),
    ('locals {\n  a = "\\q"\n}\n', "main.tf:2:8 syntax: '\\q' is no escape of a string"),
    ("locals {\n  a = " + "(" * 100 + "\n}\n", "main.tf:2:66 too-deep: nested more than 60 deep"),
    ("locals {\n  a = 1e999\n}\n", "main.tf:2:7 invalid-number: the number is too large"),
    ("locals {\n  a = b ? 1\n}\n", "main.tf:2:12 syntax: expected ':', found the end of the line"),
    ('variable "a" {}\nvariable "a" {}\n', "main.tf:2:1 duplicate-definition: variable.a is declared twice"),
    (rule("var.nothing"), "main.tf:12:33 bad-expression: there is no variable 'nothing'"),
    (rule("local.a") + "locals {\n  a = local.b\n  b = local.a\n}\n", None),
    (rule('"*"', more="count = 100000"), None),
]


@pytest.mark.parametrize(
    "text",
    [
        rule('"*"', more='source_adress_prefixes = ["10.0.0.0/8"]'),
        _GROUP.replace("priority = %s", "priority = %s\n      source_adress_prefixes = []") % ("[1]", '"a"', "100"),
    ],
)
def test_a_misspelt_argument_of_a_rule_is_an_error(text: str) -> None:
    (found,) = read(text).diagnostics
    assert (found.code, found.help) == ("unknown-field", "did you mean 'source_address_prefixes'?")


def test_what_any_resource_may_have_is_no_misspelt_argument() -> None:
    more = 'timeouts {\n    read = "5m"\n  }\n  depends_on = []\n'
    more += '  dynamic "timeouts" {\n    for_each = []\n    content {}\n  }'
    assert said(read(rule('"*"', more=more))) == []


@pytest.mark.parametrize(("text", "expected"), _BAD)
def test_bad_input_is_told_where_it_is_bad(text: str, expected: str | None) -> None:
    found = said(read(text + "# azurerm_ module\n"))
    if expected is None:
        assert found
    else:
        assert f"error {expected}" in found


def test_all_faults_of_all_files_are_told() -> None:
    found = said(read({"a.tf": "azurerm_ {\n", "b.tf": "module\n", "c.tf": rule('"*"')}))
    assert [one.split(":")[0] for one in found] == ["error a.tf", "error b.tf"]


def test_too_much_work_is_bounded() -> None:
    text = "locals {\n  a = range(1000)\n  b = [for x in local.a : [for y in local.a : [for z in local.a : x]]]\n}\n"
    (found,) = said(read(text + rule("local.b[0]")))
    assert "too-much-work" in found


@pytest.mark.parametrize(
    "doubled", ["[local.a%d, local.a%d]", "concat(local.a%d, local.a%d)", '"${local.a%d}${local.a%d}"']
)
def test_values_that_double_are_bounded(doubled: str) -> None:
    first = '"x"' if "$" in doubled else '["x"]'
    lines = "\n".join(f"  a{number + 1} = {doubled % (number, number)}" for number in range(60))
    found = said(read(f"locals {{\n  a0 = {first}\n{lines}\n}}\n" + rule("local.a60")))
    assert "too l" in found[0]


def test_local_values_that_rest_on_one_another_without_end_are_bounded() -> None:
    lines = "\n".join(f"  a{number + 1} = local.a{number}" for number in range(2000))
    (found,) = said(read(f"locals {{\n  a0 = 1\n{lines}\n}}\n" + rule("local.a2000")))
    assert "too-deep" in found


# What declares nothing


@pytest.mark.parametrize(
    "block",
    [
        "moved {\n  from = azurerm_network_security_rule.old\n  to = azurerm_network_security_rule.r\n}",
        'import {\n  to = azurerm_network_security_rule.r\n  id = "/subscriptions/1"\n}',
        "removed {\n  from = azurerm_network_security_rule.old\n  lifecycle {\n    destroy = false\n  }\n}",
        'check "x" {\n  data "http" "x" {\n    url = "https://example.com"\n  }\n  assert {\n'
        '    condition = data.http.x.y\n    error_message = "x"\n  }\n}',
        'provider "azurerm" {\n  features {}\n  default_tags = { a = local.nothing }\n}',
        'ephemeral "azurerm_key_vault_secret" "x" {\n  name = "x"\n}',
    ],
)
def test_blocks_that_declare_nothing_change_nothing(block: str) -> None:
    """HashiCorp, "Terraform language": moved, import, removed, check, provider and ephemeral blocks."""
    text = rule('"*"') + f"\n{block}\n"
    assert said(read(text)) == []
    assert sources(text) == ["*"]


def test_the_workspace_is_unknown() -> None:
    (source,) = sources(rule('terraform.workspace == "prod" ? "10.0.0.0/8" : "*"'))
    assert isinstance(source, Unknown)
    assert source.reason == "terraform.workspace is not known"


def test_a_number_of_resources_that_is_not_known_makes_one_that_stands_for_all() -> None:
    fragment = read('variable "n" {\n  type = number\n}\n' + rule('"10.0.${count.index}.0/24"', more="count = var.n"))
    assert [one.split(": ")[0] for one in said(fragment)] == ["warning main.tf:5:1 unknown-count"]
    (found,) = fragment.resources
    assert isinstance(found, SecurityRule)
    assert found.condition is not None
    assert found.condition.name == "var.n > 0"
    assert all(isinstance(term, Unknown) for term in found.sources)
