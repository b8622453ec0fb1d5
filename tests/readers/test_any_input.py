"""Whatever a file holds: definitions, or InputError with places. No other exception, no end without one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.diagnostics import InputError
from nwpolicy.queries.coverage import coverage
from nwpolicy.readers.load import load
from tests.terraforming import Memory

NAMES: tuple[str, ...] = (
    "f.json",
    "f.yaml",
    "f.nwp",
    "f.bicep",
    "f.bicepparam",
    "main.tf",
    "main.tf.json",
    "terraform.tfvars",
    "f.zip",
)
NAMES += ("f.json.gz", "f")


class Bytes(Memory):
    """A store of one file of any content."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__({name: ""})
        object.__setattr__(self, "data", data)

    def read(self, path: str, limit: int) -> bytes:
        super().read(path, limit)
        data: bytes = getattr(self, "data")  # noqa: B009 - the dataclass around it is frozen
        return data


def read(name: str, data: bytes) -> None:
    try:
        coverage(load(name, store=Bytes(name, data)))
    except InputError as error:
        for found in error.diagnostics:
            assert found.message.isprintable()
            assert found.location.span.line >= 1


STARTS = (
    b"",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\x00",
    b'{"',
    b"resource ",
    b"nsg ",
)


@pytest.mark.parametrize("name", NAMES)
@given(st.sampled_from(STARTS), st.binary(max_size=60))
def test_any_bytes(name: str, start: bytes, data: bytes) -> None:
    read(name, start + data)


#: Words of templates, exports, plans and definitions files, and values that may stand in any of their places.
KEYS: tuple[str, ...] = (
    "$schema",
    "apiVersion",
    "condition",
    "contentVersion",
    "copy",
    "count",
    "functions",
    "id",
    "input",
    "name",
)
KEYS += ("namespace", "nwpolicy", "networkSecurityGroups", "parameters", "properties", "resources", "securityRules")
KEYS += ("template", "templateLink", "type", "value", "values", "variables", "existing", "defaultValue", "addressSpace")
KEYS += ("planned_values", "root_module", "format_version", "resource_changes", "change", "after", "address", "mode")
TEXTS: tuple[str, ...] = (
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "string",
    "int",
    "object",
)
TEXTS += ("Microsoft.Network/networkSecurityGroups", "Microsoft.Network/virtualNetworks", "azurerm_subnet", "1.0", "[")
TEXTS += ("Microsoft.Resources/deployments", "[parameters('name')]", "[variables('copy')]", "[copyIndex()]", "managed")
TEXTS += ("[reference('name').id]", "[if(true(), 1, json('{'))]", "[[x]", "10.0.0.0/8", "*", "", "Inbound", "70000")
TREES = st.recursive(
    st.sampled_from([*TEXTS, 1, -1, 1.5, True, None, 10**20]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4),
    max_leaves=20,
)
HEADS: dict[str, dict[str, Any]] = {
    "template": {"$schema": TEXTS[0], "contentVersion": "1.0.0.0"},
    "symbolic": {"$schema": TEXTS[0], "languageVersion": "2.0"},
    "plan": {"format_version": "1.2", "terraform_version": "1.9.0"},
    "state": {"version": 4, "serial": 1, "lineage": "x", "terraform_version": "1.9.0"},
    "definitions": {"nwpolicy": 1},
    "export": {"type": "Microsoft.Network/networkSecurityGroups", "name": "n"},
}


@pytest.mark.parametrize("head", HEADS)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_any_tree(head: str, tree: dict[str, Any]) -> None:
    read("f.json", json.dumps({**HEADS[head], **tree}).encode())


RESOURCES = st.fixed_dictionaries(
    {"type": st.sampled_from([text for text in TEXTS if text.startswith("Microsoft")]), "name": TREES},
    optional=dict.fromkeys(("properties", "copy", "condition", "resources", "dependsOn", "existing", "scope"), TREES),
)


@given(st.lists(RESOURCES, max_size=3), TREES, TREES)
def test_any_resource(resources: list[Any], parameters: Any, variables: Any) -> None:
    tree = {**HEADS["template"], "resources": resources, "parameters": parameters, "variables": variables}
    read("f.json", json.dumps(tree).encode())
