"""Inputs of a documented shape, the same for the same seed.

A rule has a protocol (70 % TCP, 20 % UDP, 10 % any), a source of 1 to 3 prefixes out of 10.0.0.0/8 (30 %: any or
a tag), a destination of one prefix (30 %: any), 1 to 3 destination ports or ranges, any source port; a third deny.
"""

from __future__ import annotations

import json
import random
from typing import Any

SEED = 20230701


def rules(count: int, seed: int = SEED) -> list[dict[str, Any]]:
    """Inbound security rules as ARM objects, with priorities from 100 up."""
    chance = random.Random(seed)
    return [_rule(chance, number) for number in range(count)]


def template(count: int, seed: int = SEED) -> str:
    """An ARM template with one network security group of `count` rules."""
    return _template([_group("nsg-web", rules(count, seed))])


def large_template(size: int, seed: int = SEED) -> str:
    """An ARM template of network security groups of 200 rules each, of at least `size` bytes."""
    groups = [_group("nsg-0", rules(200, seed))]
    each = len(_template(groups))
    groups += [_group(f"nsg-{number}", rules(200, seed + number)) for number in range(1, size // each + 1)]
    return _template(groups)


def bicep(lines: int, seed: int = SEED) -> str:
    """A Bicep file of about `lines` lines: a parameter, a variable and one group."""
    head = ["param location string = resourceGroup().location", "var name = 'nsg-web'", ""]
    head += ["resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {", "  name: name"]
    head += ["  location: location", "  properties: {", "    securityRules: ["]
    body: list[str] = []
    number = 0
    chance = random.Random(seed)
    while len(head) + len(body) < lines - 3:
        body += _bicep(_rule(chance, number), "      ")
        number += 1
    return "\n".join((*head, *body, "    ]", "  }", "}")) + "\n"


def _bicep(value: Any, indent: str, key: str = "") -> list[str]:
    """A JSON value as it is written in Bicep."""
    start = f"{indent}{key}: " if key else indent
    if isinstance(value, dict):
        inner = [line for name, child in value.items() for line in _bicep(child, f"{indent}  ", name)]
        return [f"{start}{{", *inner, f"{indent}}}"]
    if isinstance(value, list):
        return [f"{start}[{', '.join(map(repr, value))}]"]
    return [f"{start}{value}" if isinstance(value, int) else f"{start}'{value}'"]


def terraform(lines: int, seed: int = SEED) -> str:
    """A Terraform file of about `lines` lines: a variable and one group."""
    head = ['variable "location" {', '  default = "westeurope"', "}", ""]
    head += ['resource "azurerm_network_security_group" "web" {', '  name                = "nsg-web"']
    head += ["  location            = var.location", '  resource_group_name = "rg"']
    body: list[str] = []
    number = 0
    chance = random.Random(seed)
    while len(head) + len(body) < lines - 1:
        body += terraform_rule(_rule(chance, number))
        number += 1
    return "\n".join((*head, *body, "}")) + "\n"


def terraform_rule(rule: dict[str, Any]) -> list[str]:
    """A rule as a block of a group."""
    arguments = {"name": rule["name"], **rule["properties"]}
    return ["  security_rule {", *(f"    {_snake(key)} = {json.dumps(v)}" for key, v in arguments.items()), "  }"]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def language(lines: int, seed: int = SEED) -> str:
    """A .nwp file of about `lines` lines: groups of 100 rules each."""
    chance = random.Random(seed)
    text: list[str] = []
    number = 0
    while len(text) < lines:
        text += [f"nsg nsg-{number} {{", "  inbound {"]
        text += [_line(chance, priority) for priority in range(100, 200)]
        text += ["  }", "}"]
        number += 1
    return "\n".join(text) + "\n"


def _template(resources: list[dict[str, Any]]) -> str:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    head = {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "parameters": {"prefix": {"type": "string", "defaultValue": "p"}},
    }
    return json.dumps({**head, "resources": resources}, indent=2)


def _group(name: str, security_rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2023-11-01",
        "name": name,
        "location": "[resourceGroup().location]",
        "properties": {"securityRules": security_rules},
    }


def _rule(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "name": f"rule-{number}",
        "properties": {
            "priority": 100 + number,
            "direction": "Inbound",
            "access": "Deny" if chance.random() < 1 / 3 else "Allow",
            "protocol": chance.choices(["Tcp", "Udp", "*"], [7, 2, 1])[0],
            **_source_field(_sources(chance)),
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*" if chance.random() < 0.3 else _prefix(chance),
            "destinationPortRanges": [_ports(chance) for _ in range(chance.randint(1, 3))],
        },
    }


def _line(chance: random.Random, priority: int) -> str:
    access = "deny " if chance.random() < 1 / 3 else "allow"
    sources, ports = ", ".join(_sources(chance)), ", ".join(_ports(chance) for _ in range(chance.randint(1, 3)))
    return f"    {priority} rule-{priority} {access} tcp from {sources} to {_prefix(chance)} port {ports}"


def _source_field(sources: list[str]) -> dict[str, Any]:
    return {"sourceAddressPrefix": sources[0]} if len(sources) == 1 else {"sourceAddressPrefixes": sources}


def _sources(chance: random.Random) -> list[str]:
    if chance.random() < 0.3:
        return [chance.choice(["*", "VirtualNetwork", "Internet"])]
    return [_prefix(chance) for _ in range(chance.randint(1, 3))]


def _prefix(chance: random.Random) -> str:
    length = chance.choice([16, 20, 24, 24, 24, 28, 32])
    number = (10 << 24 | chance.getrandbits(24)) >> (32 - length) << (32 - length)
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/{length}"


def _ports(chance: random.Random) -> str:
    low = chance.choice([22, 80, 443, 1433, 3389, 5432, 8080, chance.randint(1, 60000)])
    return str(low) if chance.random() < 0.7 else f"{low}-{low + chance.randint(1, 1000)}"
