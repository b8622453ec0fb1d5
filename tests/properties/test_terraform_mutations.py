"""Configurations and plans with pieces changed at random: read or refused, never a traceback, never a hang."""

from __future__ import annotations

import json
import time
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.assembly import assemble
from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers import jsontext
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform import read_plan, read_state
from tests.terraforming import all_roots

MAIN: Final = """terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
  }
}
variable "rules" {
  type = map(object({ port = number, from = optional(list(string), ["*"]) }))
  default = { ssh = { port = 22 }, web = { port = 443, from = ["10.0.0.0/8"] } }
}
variable "on" {}
locals {
  names = [for k, v in var.rules : "${k}-${upper("x")}" if v.port > 10]
  text  = <<-EOT
    %{for name in local.names~}
    ${name}
    %{endfor~}
  EOT
  net   = cidrsubnet("10.0.0.0/16", 8, length(local.names))
}
resource "azurerm_network_security_group" "web" {
  count               = var.on ? 1 : 0
  name                = "nsg-${var.on}"
  location            = "westeurope"
  resource_group_name = "rg"
  dynamic "security_rule" {
    for_each = merge(var.rules, { more = { port = 1, from = [] } })
    content {
      name                       = security_rule.key
      priority                   = 100 + index(keys(var.rules), "ssh")
      direction                  = "Inbound"
      access                     = try(security_rule.value.access, "Allow")
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = security_rule.value["port"]
      source_address_prefixes    = concat(security_rule.value.from, [local.net])
      destination_address_prefix = local.text == "" ? "*" : "10.0.0.0/8"
    }
  }
}
resource "azurerm_subnet" "s" {
  for_each             = toset(local.names)
  name                 = each.key
  resource_group_name  = "rg"
  virtual_network_name = module.net.name
  address_prefixes     = [local.net]
}
resource "azurerm_subnet_network_security_group_association" "x" {
  for_each                  = azurerm_subnet.s
  subnet_id                 = each.value.id
  network_security_group_id = azurerm_network_security_group.web[0].id
}
module "net" {
  source = "./net"
  space  = [local.net]
}
"""
NET: Final = """variable "space" {}
resource "azurerm_virtual_network" "n" {
  name                = "net"
  location            = "westeurope"
  resource_group_name = "rg"
  address_space       = var.space
}
output "name" { value = azurerm_virtual_network.n.name }
"""
PLAN: Final = json.dumps(
    {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [], "child_modules": [{"resources": []}]}},
        "resource_changes": [
            {
                "address": 'module.a["x"].azurerm_subnet.s[0]',
                "mode": "managed",
                "type": "azurerm_subnet",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {
                        "name": "s",
                        "virtual_network_name": "n",
                        "resource_group_name": "rg",
                        "address_prefixes": ["10.0.0.0/24"],
                        "delegation": [{"name": "d", "service_delegation": [{"name": "x"}]}],
                    },
                    "after_unknown": {"id": True, "delegation": [{"service_delegation": [True]}]},
                    "after_sensitive": {"tags": True},
                },
            },
            {
                "address": "azurerm_subnet_network_security_group_association.x",
                "mode": "managed",
                "type": "azurerm_subnet_network_security_group_association",
                "change": {"before": None, "after": {}, "after_unknown": {"subnet_id": True}},
            },
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": "azurerm_subnet_network_security_group_association.x",
                        "mode": "managed",
                        "expressions": {"subnet_id": {"references": ["module.a.id", "module.a"]}},
                    }
                ],
                "module_calls": {
                    "a": {"module": {"outputs": {"id": {"expression": {"references": ["azurerm_subnet.s[0].id"]}}}}}
                },
            }
        },
    }
)
_PIECES: Final = (
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        '"',
        "${",
        "%{",
        "}",
        "\n",
        "=",
        ".",
        ",",
        "*",
        "...",
        "?",
        ":",
        "=>",
        "<<A\n",
        "/*",
    ),
    *(
        "null",
        "true",
        "-1",
        "1e308",
        "for",
        "if",
        "in",
        "each",
        "count",
        "var.on",
        "local.text",
        "[0]",
        ".id",
        "\\",
        "é",
    ),
)


def mutated(text: str) -> st.SearchStrategy[str]:
    """The text with a few stretches cut out, doubled, or replaced."""
    place = st.integers(0, len(text))
    piece = st.one_of(
        st.sampled_from(_PIECES), st.text(max_size=3), st.builds(lambda a, b: text[a : a + b], place, place)
    )
    change = st.tuples(place, st.integers(0, 40), piece)

    def apply(changes: list[tuple[int, int, str]]) -> str:
        changed = text
        for start, length, new in changes:
            changed = changed[:start] + new[:400] + changed[start + length :]
        return changed

    return st.builds(apply, st.lists(change, min_size=1, max_size=4))


@given(mutated(MAIN), mutated(NET))
def test_changed_configurations_are_read_or_refused(main: str, net: str) -> None:
    start = time.perf_counter()
    for root in all_roots({"main.tf": main, "net/main.tf": net}):
        assemble([root.read(Pins())])
    assert time.perf_counter() - start < 20


@given(mutated(NET), mutated('space = ["10.0.0.0/16"]\n'))
def test_changed_files_of_variables_are_read_or_refused(net: str, values: str) -> None:
    for root in all_roots({"main.tf": net, "terraform.tfvars": values}):
        assemble([root.read(Pins())])


@given(mutated(PLAN))
def test_changed_plans_are_read_or_refused(plan: str) -> None:
    try:
        raw, document = jsontext.parse("plan.json", plan)
    except InputError:
        return
    assemble([read_plan(raw, document, "after")])
    assemble([read_plan(raw, document, "before")])
    assemble([read_state(raw, document)])


_JSON: Final = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5000), st.sampled_from(["a", "managed", "azurerm_subnet", "x.y"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "name", "id"]), inner)),
    max_leaves=6,
)


@given(st.data())
def test_plans_of_any_shape_are_read_or_refused(data: st.DataObject) -> None:
    raw = json.loads(PLAN)
    steps: list[tuple[object, object]] = []

    def visit(value: object) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                steps.append((value, key))
                visit(child)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                steps.append((value, index))
                visit(child)

    visit(raw)
    holder, key = data.draw(st.sampled_from(steps))
    holder[key] = data.draw(_JSON)  # type: ignore[index]
    found, document = jsontext.parse("plan.json", json.dumps(raw))
    assemble([read_plan(found, document, "after")])
    assemble([read_state(found, document)])


def test_modules_that_call_ten_others_each_are_bounded() -> None:
    """Ten million calls of a folder with nothing in it."""
    names = "abcdefg"
    files = {
        f"{name}/main.tf": "".join(f'module "m{n}" {{\n  source = "../{chr(ord(name) + 1)}"\n}}\n' for n in range(10))
        for name in names
    }
    files["h/main.tf"] = "locals {}\n"
    files["main.tf"] = 'module "m" {\n  source = "./a"\n}\n'
    start = time.process_time()
    (found,) = all_roots(files)[0].read(Pins()).diagnostics
    assert found.code == "too-much-work"
    assert time.process_time() - start < 20
