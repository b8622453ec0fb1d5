"""A repository of a documented shape, the same for the same seed: 1,000 files, of which 200 hold network rules.

Twenty-five landing zones of eight files with network rules each, in the formats that people mix: eight zones in Bicep
(`main.bicep` and seven modules), seven in ARM templates that refer to one another by name, six in Terraform (one folder
each), four in `.nwp`. A zone is a virtual network of four tiers, a network security group of 12 rules for each tier
(of the shape of `generate`), a route table, and two network interfaces a tier. The other 800 files are what stands
beside them: manifests of Kubernetes, workflows, package files, other Bicep and Terraform, Python and Markdown.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import generate

SEED: Final = 20230701
_TIERS: Final = ("web", "app", "db", "mgmt")
#: Those whose subnets send everything through the machine in the last one.
_ROUTED: Final = ("web", "app", "db")
_RULES: Final = 12
_ZONES: Final = ("bicep",) * 8 + ("arm",) * 7 + ("terraform",) * 6 + ("nwp",) * 4
_FILES: Final = 8
_PREFIXES: Final = ("sourceAddressPrefix", "sourceAddressPrefixes")


def write(folder: Path, scale: float = 1.0, seed: int = SEED) -> int:
    """Writes the repository; `scale` makes it smaller. The number of its files."""
    found = files(scale, seed)
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(found)


def files(scale: float = 1.0, seed: int = SEED) -> Mapping[str, str]:
    """The text of each file."""
    chance = random.Random(seed)
    step = max(1, round(1 / scale))
    formats: dict[str, Callable[[_Zone], Iterator[tuple[str, str]]]] = {
        "bicep": _bicep,
        "arm": _arm,
        "terraform": _terraform,
        "nwp": _nwp,
    }
    found: dict[str, str] = {}
    for number, kind in enumerate(_ZONES):
        zone = _Zone(number, chance)
        if number % step == 0:
            found |= {f"zones/{zone.name}/{name}": text for name, text in formats[kind](zone)}
    others = len(found) * 4
    return {**found, **dict(_other(number) for number in range(others))}


class _Zone:
    """What one landing zone holds, as ARM has it."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number = number
        self.name = f"zone{number:02}"
        self.rules = {
            tier: [_ordinary(rule, self.prefix(at)) for rule in generate.rules(_RULES, chance.randrange(1 << 30))]
            for at, tier in enumerate(_TIERS)
        }

    def prefix(self, tier: int) -> str:
        return f"10.{self.number}.{tier}.0/24"

    def named(self, kind: str, name: str) -> str:
        return f"{kind}-{self.name}-{name}" if name else f"{kind}-{self.name}"


def _ordinary(rule: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The rule for what is behind its group, from the company's own networks: most rules of a repository are no
    finding."""
    properties = rule["properties"]
    if properties.get("sourceAddressPrefix") in ("*", "Internet"):
        properties["sourceAddressPrefix"] = "VirtualNetwork"
    if properties["destinationAddressPrefix"] != "*":
        properties["destinationAddressPrefix"] = prefix
    return rule


# --- ARM templates and Bicep ---


def _parts(zone: _Zone, reference: Callable[[str, str], str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The resources by file; `reference` writes how one names another."""
    subnets = [
        {
            "name": tier,
            "properties": {
                "addressPrefix": zone.prefix(index),
                "networkSecurityGroup": {"id": reference("networkSecurityGroups", zone.named("nsg", tier))},
                **({"routeTable": {"id": reference("routeTables", zone.named("rt", ""))}} if tier in _ROUTED else {}),
            },
        }
        for index, tier in enumerate(_TIERS)
    ]
    space = {"addressSpace": {"addressPrefixes": [f"10.{zone.number}.0.0/16"]}, "subnets": subnets}
    yield "network", [_resource("virtualNetworks", zone.named("vnet", ""), space)]
    for tier in _TIERS:
        yield (
            f"nsg-{tier}",
            [_resource("networkSecurityGroups", zone.named("nsg", tier), {"securityRules": zone.rules[tier]})],
        )
    hop = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": f"10.{zone.number}.3.4"}
    yield "routes", [_resource("routeTables", zone.named("rt", ""), {"routes": [{"name": "all", "properties": hop}]})]
    for half in (0, 1):
        yield f"interfaces-{half}", [_interface(zone, index, half, reference) for index in range(len(_TIERS))]


def _interface(zone: _Zone, index: int, half: int, reference: Callable[[str, str], str]) -> dict[str, Any]:
    subnet = f"{zone.named('vnet', '')}/{_TIERS[index]}"
    address = {"privateIPAddress": f"10.{zone.number}.{index}.{4 + half}", "privateIPAllocationMethod": "Static"}
    configuration = {**address, "subnet": {"id": reference("virtualNetworks/subnets", subnet)}}
    forwarding = {"enableIPForwarding": True} if _TIERS[index] == "mgmt" else {}
    configurations = [{"name": "ipconfig1", "properties": configuration}]
    return _resource(
        "networkInterfaces",
        zone.named("nic", f"{_TIERS[index]}-{half}"),
        {**forwarding, "ipConfigurations": configurations},
    )


def _resource(type: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    head = {"type": f"Microsoft.Network/{type}", "apiVersion": "2024-05-01", "name": name}
    return {**head, "location": "westeurope", "properties": properties}


def _arm(zone: _Zone) -> Iterator[tuple[str, str]]:
    def reference(type: str, name: str) -> str:
        names = "', '".join(name.split("/"))
        return f"[resourceId('Microsoft.Network/{type}', '{names}')]"

    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    for name, resources in _parts(zone, reference):
        template = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}
        yield f"{name}.json", json.dumps(template, indent=2)


def _bicep(zone: _Zone) -> Iterator[tuple[str, str]]:
    def reference(type: str, name: str) -> str:
        names = "', '".join(name.split("/"))
        return f"resourceId('Microsoft.Network/{type}', '{names}')"

    merged: dict[str, list[dict[str, Any]]] = {}
    for name, resources in _parts(zone, reference):
        merged.setdefault(name.partition("-")[0] if name.startswith("interfaces") else name, []).extend(resources)
    modules = "\n".join(
        f"module {name.replace('-', '_')} 'modules/{name}.bicep' = {{\n  name: '{name}'\n}}" for name in merged
    )
    yield "main.bicep", f"{modules}\n"
    for name, resources in merged.items():
        yield f"modules/{name}.bicep", "\n".join(_bicep_resource(r, index) for index, r in enumerate(resources))


def _bicep_resource(resource: dict[str, Any], index: int) -> str:
    body = {key: value for key, value in resource.items() if key not in ("type", "apiVersion")}
    return f"resource r{index} '{resource['type']}@{resource['apiVersion']}' = {_bicep_value(body, '')}\n"


def _bicep_value(value: Any, indent: str) -> str:
    """A JSON value as it is written in Bicep; calls stay calls."""
    match value:
        case dict():
            inner = "".join(
                f"{indent}  {name}: {_bicep_value(child, indent + '  ')}\n" for name, child in value.items()
            )
            return f"{{\n{inner}{indent}}}"
        case list():
            inner = "".join(f"{indent}  {_bicep_value(child, indent + '  ')}\n" for child in value)
            return f"[\n{inner}{indent}]"
        case str() if not value.startswith("resourceId("):
            return f"'{value}'"
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)


# --- Terraform ---


def _terraform(zone: _Zone) -> Iterator[tuple[str, str]]:
    shared = '  location            = "westeurope"\n  resource_group_name = "rg"\n'
    yield (
        "network.tf",
        _block(
            "virtual_network", "main", zone.named("vnet", ""), shared, [f'address_space = ["10.{zone.number}.0.0/16"]']
        ),
    )
    subnets = []
    for index, tier in enumerate(_TIERS):
        rules = [line.removeprefix("  ") for rule in zone.rules[tier] for line in generate.terraform_rule(rule)]
        yield f"nsg_{tier}.tf", _block("network_security_group", tier, zone.named("nsg", tier), shared, rules)
        place = [
            "virtual_network_name = azurerm_virtual_network.main.name",
            f'address_prefixes = ["{zone.prefix(index)}"]',
        ]
        subnets.append(_block("subnet", tier, tier, '  resource_group_name = "rg"\n', place))
        link = [
            f"subnet_id = azurerm_subnet.{tier}.id",
            f"network_security_group_id = azurerm_network_security_group.{tier}.id",
        ]
        subnets.append(_block("subnet_network_security_group_association", tier, "", "", link))
    yield "subnets.tf", "\n".join(subnets)
    hop = f'next_hop_type = "VirtualAppliance"\n    next_hop_in_ip_address = "10.{zone.number}.3.4"'
    route = f'route {{\n    name = "all"\n    address_prefix = "0.0.0.0/0"\n    {hop}\n  }}'
    links = [
        _block(
            "subnet_route_table_association",
            tier,
            "",
            "",
            [f"subnet_id = azurerm_subnet.{tier}.id", "route_table_id = azurerm_route_table.main.id"],
        )
        for tier in _ROUTED
    ]
    yield "routes.tf", "\n".join([_block("route_table", "main", zone.named("rt", ""), shared, [route]), *links])
    yield "interfaces.tf", "\n".join(_terraform_nics(zone, shared))


def _terraform_nics(zone: _Zone, shared: str) -> Iterator[str]:
    for index, tier in enumerate(_TIERS):
        for half in (0, 1):
            configuration = [
                "ip_configuration {",
                '  name = "ipconfig1"',
                f"  subnet_id = azurerm_subnet.{tier}.id",
                '  private_ip_address_allocation = "Static"',
                f'  private_ip_address = "10.{zone.number}.{index}.{4 + half}"',
                "}",
            ]
            forwarding = [] if tier in _ROUTED else ["ip_forwarding_enabled = true"]
            name = zone.named("nic", f"{tier}-{half}")
            yield _block("network_interface", f"{tier}_{half}", name, shared, [*forwarding, *configuration])


def _block(type: str, label: str, name: str, shared: str, lines: list[str]) -> str:
    named = f'  name = "{name}"\n' if name else ""
    body = "".join(f"  {line}\n" for line in lines)
    return f'resource "azurerm_{type}" "{label}" {{\n{named}{shared}{body}}}\n'


# --- the policy language ---


def _nwp(zone: _Zone) -> Iterator[tuple[str, str]]:
    vnet, table = zone.named("vnet", ""), zone.named("rt", "")
    subnets = "".join(
        f"  subnet {tier} {{\n    address {zone.prefix(index)}\n    nsg {zone.named('nsg', tier)}\n"
        + (f"    route-table {table}\n  }}\n" if tier in _ROUTED else "  }\n")
        for index, tier in enumerate(_TIERS)
    )
    yield "network.nwp", f"vnet {vnet} {{\n  address 10.{zone.number}.0.0/16\n{subnets}}}\n"
    for tier in _TIERS:
        lines = "\n".join(_nwp_rule(rule) for rule in zone.rules[tier])
        yield f"nsg-{tier}.nwp", f"nsg {zone.named('nsg', tier)} {{\n  inbound {{\n{lines}\n  }}\n}}\n"
    yield "routes.nwp", f"route-table {table} {{\n  route all 0.0.0.0/0 via appliance 10.{zone.number}.3.4\n}}\n"
    for half in (0, 1):
        yield f"interfaces-{half}.nwp", "\n".join(_nwp_nic(zone, index, half) for index in range(len(_TIERS)))


def _nwp_rule(rule: dict[str, Any]) -> str:
    p = rule["properties"]
    protocol = {"Tcp": "tcp", "Udp": "udp", "*": "any"}[p["protocol"]]
    sources = p.get("sourceAddressPrefixes") or [p["sourceAddressPrefix"]]
    where = f"from {', '.join(sources)} to {p['destinationAddressPrefix']} port {', '.join(p['destinationPortRanges'])}"
    return f"    {p['priority']} {rule['name']} {p['access'].lower()} {protocol} {where}"


def _nwp_nic(zone: _Zone, index: int, half: int) -> str:
    place = f"    address 10.{zone.number}.{index}.{4 + half}\n    subnet {zone.named('vnet', '')}/{_TIERS[index]}\n"
    forwarding = "  ip-forwarding\n" if _TIERS[index] == "mgmt" else ""
    return f"nic {zone.named('nic', f'{_TIERS[index]}-{half}')} {{\n{forwarding}  ip ipconfig1 {{\n{place}  }}\n}}\n"


# --- what stands beside ---


def _other(number: int) -> tuple[str, str]:
    name, text = _OTHERS[number % len(_OTHERS)]
    return f"services/s{number % 50:02}/{name.format(number)}", text.format(number)


_MANIFEST: Final = """---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{0}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: main
          image: registry.example/service-{0}:1.0
          ports: [80, 443]
"""
_WORKFLOW: Final = """---
on: [push]
jobs:
  build-{0}:
    runs-on: ubuntu-latest
    steps:
      - run: make
"""
_STORAGE: Final = """resource storage{0} 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {{
  name: 'st{0}'
}}
"""
_BUCKET: Final = """# storage of service {0}
resource "azurerm_storage_account" "s{0}" {{
  name = "st{0}"
}}
"""
_OTHERS: Final = (
    ("manifest-{}.yaml", _MANIFEST),
    ("package-{}.json", '{{"name": "service-{0}", "version": "1.0.0", "dependencies": {{"left-pad": "^1.3.0"}}}}\n'),
    ("storage-{}.bicep", _STORAGE),
    ("main-{}.py", "def handler_{0}(event):\n    return {{'service': {0}, 'event': event}}\n\n\n"),
    ("README-{}.md", "# Service {0}\n\nWhat it does, and who looks after it.\n\n"),
    ("values-{}.yml", _WORKFLOW),
    ("storage-{}.tf", _BUCKET),
    ("settings-{}.json", '{{"service": {0}, "retries": 3, "endpoints": ["https://service-{0}.example"]}}\n'),
)
