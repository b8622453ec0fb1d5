"""Ids of what a resource of the same template lists, such as the subnets of a virtual network.

Microsoft Learn, "Resource functions for ARM templates" (reference): the properties of a resource, by symbolic name or
id; "Microsoft.Network/virtualNetworks" lists subnets as they are given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Reference
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import load

Json = dict[str, Any]
VNET = "Microsoft.Network/virtualNetworks"
BY_ID = f"reference(resourceId('{VNET}', 'v'))"


def network(name: str, *subnets: Any, **more: Any) -> Json:
    listed = [{"name": one, "properties": {"addressPrefix": "10.0.1.0/24"}} for one in subnets]
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": listed, **more}
    return {"type": VNET, "apiVersion": "2024-05-01", "name": name, "properties": properties}


def subnet_of_interface(
    folder: Path, value: str, *networks: Json, symbolic: bool = False
) -> Reference | Unknown | None:
    properties = {"ipConfigurations": [{"name": "c", "properties": {"subnet": {"id": f"[{value}]"}}}]}
    interface = {"type": "Microsoft.Network/networkInterfaces", "name": "n", "properties": properties}
    resources: list[Json] | Json = [*networks, interface]
    if symbolic:
        resources = {"network": networks[0], "interface": interface}
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "contentVersion": "1.0.0.0", "parameters": {"p": {"type": "string"}}}
    if symbolic:
        template["languageVersion"] = "2.0"
    path = folder / "main.json"
    path.write_text(json.dumps({**template, "resources": resources}), encoding="utf-8")
    (found,) = load(str(path)).all(NetworkInterface)
    return found.ip_configurations[0].subnet


def name_of(found: Reference | Unknown | None) -> str:
    assert isinstance(found, Reference)
    return "/".join(found.target.split("/")[-3::2])


@pytest.mark.parametrize(("index", "name"), [("0", "v/a"), ("1", "v/b"), ("sub(2, 1)", "v/b")])
def test_subnet_of_a_network_by_its_id(tmp_path: Path, index: str, name: str) -> None:
    found = subnet_of_interface(
        tmp_path, f"{BY_ID}.subnets[{index}].id", network("v", "a", "b"), network("w", "c", "d")
    )
    assert name_of(found) == name


def test_subnet_of_a_network_by_its_symbolic_name(tmp_path: Path) -> None:
    found = subnet_of_interface(tmp_path, "reference('network').subnets[0].id", network("v", "a"), symbolic=True)
    assert name_of(found) == "v/a"


def test_name_of_what_is_listed(tmp_path: Path) -> None:
    value = f"resourceId('{VNET}/subnets', 'v', {BY_ID}.subnets[0].name)"
    assert name_of(subnet_of_interface(tmp_path, value, network("v", "a"))) == "v/a"


@pytest.mark.parametrize(
    ("value", "networks"),
    [
        (f"{BY_ID}.subnets[2].id", [network("v", "a", "b")]),
        (f"{BY_ID}.subnets[0].id", [network("elsewhere", "a")]),
        (f"{BY_ID}.subnets[0].id", [network("v", "[parameters('p')]")]),
        (f"{BY_ID}.subnets[0].id", [network("v", "a", subnets="[reference('x').subnets]")]),
        (f"{BY_ID}.subnets[0].resourceGuid", [network("v", "a")]),
        (f"{BY_ID}.peerings[0].id", [network("v", "a")]),
    ],
    ids=[
        "no such element",
        "not in the template",
        "a name that is open",
        "a list that is open",
        "another member",
        "none",
    ],
)
def test_what_only_azure_knows_stays_unknown(tmp_path: Path, value: str, networks: list[Json]) -> None:
    assert isinstance(subnet_of_interface(tmp_path, value, *networks), Unknown)


def test_a_list_that_needs_itself_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"v\.subnets needs itself"):
        subnet_of_interface(tmp_path, f"{BY_ID}.subnets[0].id", network("v", f"[{BY_ID}.subnets[0].name]"))
