"""Files that override what others declare.

Source: HashiCorp, "Terraform language: Override Files", Merging Behavior.
"""

from __future__ import annotations

from typing import Final

import pytest

from nwpolicy.model.network import PublicIpAddress
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.pins import Pins
from tests.terraforming import PLACE, all_roots, only, read, rule, said, snapshot, sources

_OTHER: Final = 'resource "azurerm_network_security_rule" "r" {\n  source_address_prefix = "%s"\n}\n'


@pytest.mark.parametrize("name", ["override.tf", "net_override.tf"])
def test_an_argument_replaces_that_of_the_same_name(name: str) -> None:
    assert sources({"main.tf": rule('"*"'), name: _OTHER % "10.0.0.0/8"}) == ["10.0.0.0/8"]


@pytest.mark.parametrize("name", ["override.tf.json", "net_override.tf.json"])
def test_overriding_files_may_be_json(name: str) -> None:
    text = '{"resource": {"azurerm_network_security_rule": {"r": {"source_address_prefix": "10.0.0.0/8"}}}}'
    assert sources({"main.tf": rule('"*"'), name: text}) == ["10.0.0.0/8"]


def test_a_file_whose_name_only_resembles_that_overrides_nothing() -> None:
    found = said(read({"main.tf": rule('"*"'), "myoverride.tf": rule('"Internet"')}))
    assert found == [
        "error myoverride.tf:2:1 duplicate-definition: resource.azurerm_network_security_rule.r is declared twice"
    ]


def test_later_files_override_earlier_ones_whatever_their_order_on_disk() -> None:
    files = {"z.tf": rule('"*"'), "b_override.tf": _OTHER % "10.2.0.0/16", "a_override.tf": _OTHER % "10.1.0.0/16"}
    assert sources(files) == ["10.2.0.0/16"]


def test_values_stand_in_the_file_that_they_are_written_in() -> None:
    found = only(snapshot({"main.tf": rule('"*"'), "override.tf": _OTHER % "10.0.0.0/8"}), SecurityRule)
    assert (str(found.source), str(found.sources[0].source)) == ("main.tf:2:1", "override.tf:2:27")
    assert str(found.fields["priority"]) == "main.tf:6:33"


def _group(names: str) -> str:
    body = "".join(
        f'  security_rule {{\n    name = "{name}"\n    priority = 10{number}\n    direction = "Inbound"\n'
        '    access = "Allow"\n    protocol = "*"\n    source_port_range = "*"\n    destination_port_range = "*"\n'
        '    source_address_prefix = "*"\n    destination_address_prefix = "*"\n  }\n'
        for number, name in enumerate(names)
    )
    return f'resource "azurerm_network_security_group" "g" {{\n{body}}}\n'


@pytest.mark.parametrize(("base", "override", "expected"), [("abc", "d", "d"), ("abc", "", "abc")])
def test_nested_blocks_replace_all_of_their_type(base: str, override: str, expected: str) -> None:
    main = _group(base).replace("{\n", f'{{\n  name = "nsg"\n  {PLACE}\n', 1)
    found = only(snapshot({"main.tf": main, "override.tf": _group(override)}), NetworkSecurityGroup)
    assert [one.name for one in found.security_rules] == [*expected]


def test_a_dynamic_block_replaces_the_blocks_that_it_makes() -> None:
    main = _group("ab").replace("{\n", f'{{\n  name = "nsg"\n  {PLACE}\n', 1)
    other = 'resource "azurerm_network_security_group" "g" {\n  dynamic "security_rule" {\n    for_each = []\n'
    other += "    content {}\n  }\n}\n"
    assert only(snapshot({"main.tf": main, "override.tf": other}), NetworkSecurityGroup).security_rules == ()


def test_local_values_are_overridden_one_by_one() -> None:
    main = 'locals {\n  a = "10.0.0.0/8"\n  b = "r"\n}\n' + rule("local.a", "local.b")
    assert sources({"main.tf": main, "override.tf": 'locals {\n  a = "10.1.0.0/16"\n}\n'}) == ["10.1.0.0/16"]


def test_defaults_of_variables_are_overridden() -> None:
    main = 'variable "a" {\n  type = string\n}\n' + rule("var.a")
    assert sources({"main.tf": main, "override.tf": 'variable "a" {\n  default = "10.0.0.0/8"\n}\n'}) == ["10.0.0.0/8"]
    secret = {"main.tf": 'variable "a" {\n  default = "*"\n}\n' + rule("var.a")}
    (source,) = sources({**secret, "override.tf": 'variable "a" {\n  sensitive = true\n}\n'})
    assert isinstance(source, Unknown)


def test_the_loop_of_a_resource_is_overridden() -> None:
    other = 'resource "azurerm_network_security_rule" "r" {\n  count = 0\n}\n'
    assert read({"main.tf": rule('"*"'), "override.tf": other}).resources == ()


def test_calls_of_modules_are_overridden() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./a"\n  cidr = "10.0.0.0/8"\n}\n',
        "override.tf": 'module "m" {\n  source = "./b"\n}\n',
        "a/main.tf": rule('"Internet"'),
        "b/main.tf": 'variable "cidr" {}\n' + rule("var.cidr"),
    }
    assert sorted(root.folder for root in all_roots(files)) == ["", "a"]
    (root,) = (root for root in all_roots(files) if root.folder == "")
    (found,) = root.read(Pins()).resources
    assert isinstance(found, SecurityRule)
    assert [str(term.source) for term in found.sources] == ["main.tf:3:10"]


def test_required_providers_are_overridden_one_by_one() -> None:
    required = "terraform {\n  required_providers {\n    %s\n  }\n}\n"
    address = 'resource "azurerm_public_ip" "p" {\n  name = "p"\n  ' + PLACE + "\n}\n"
    files = {"main.tf": required % 'azurerm = "~> 4.0"' + address}
    assert only(snapshot({**files, "override.tf": required % 'azurerm = "~> 3.0"'}), PublicIpAddress).sku == "Basic"
    assert only(snapshot({**files, "override.tf": required % 'azapi = "~> 2.0"'}), PublicIpAddress).sku == "Standard"
    json = '{"terraform": {"required_providers": {"azurerm": {"version": "~> 3.0"}}}}'
    assert only(snapshot({**files, "override.tf.json": json}), PublicIpAddress).sku == "Basic"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (rule('"*"'), "resource.azurerm_network_security_rule.r"),
        ('variable "x" {}', "variable.x"),
        ("locals {\n  x = 1\n}", "local.x"),
    ],
)
def test_what_nothing_declares_cannot_be_overridden(text: str, name: str) -> None:
    (found,) = said(read({"main.tf": "# azurerm_\n", "override.tf": text}))
    assert found.endswith(f"nothing-to-override: there is no {name} to override")
