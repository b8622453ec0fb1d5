from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import jsontext
from nwpolicy.readers.resources import read_resource, type_of
from nwpolicy.readers.tree import wrap

FULL = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
SUBNET = '"properties": {"addressPrefix": "10.0.0.0/24"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "Microsoft.Storage/storageAccounts", "name": "x", "properties": {}}',
        '{"type": "Microsoft.Network/dnsZones", "name": "x"}',
        '{"name": "no type"}',
        '{"type": "?t", "name": "x"}',
        '{"type": "Microsoft.Network/networkSecurityGroups", "name": "x", "condition": false}',
        "[]",
        '"text"',
    ],
)
def test_what_is_not_ours_is_nothing(text: str, read: Callable[[str], Any]) -> None:
    found = read(text)
    assert (found.resources, found.said) == ((), [])


def test_the_type_may_be_told_by_the_id(read_one: Callable[[str], Resource]) -> None:
    found = read_one(f'{{"id": "{FULL}/subnets/s", {SUBNET}}}')
    assert isinstance(found, Subnet)
    assert found.name == "s"
    assert found.parent is not None
    assert (found.parent.type, found.parent.target) == ("virtualNetworks", FULL)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ('{"type": "A/b"}', "A/b"),
        (f'{{"id": "{FULL}"}}', "Microsoft.Network/virtualNetworks"),
        (f'{{"id": "{FULL}/subnets/s"}}', "Microsoft.Network/virtualNetworks/subnets"),
        ('{"id": "v"}', None),
        ("{}", None),
    ],
)
def test_type_of(text: str, type: str | None) -> None:
    raw, document = jsontext.parse("in.json", text)
    assert type_of(wrap(raw, document.root())) == type


@pytest.mark.parametrize(
    "child", ['"type": "subnets", "name": "s"', '"type": "Microsoft.Network/virtualNetworks/subnets", "name": "v/s"']
)
def test_nested_resources_name_their_parent(child: str, read: Callable[[str], Any]) -> None:
    found = read(
        '{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {"addressSpace": '
        f'{{"addressPrefixes": ["10.0.0.0/8"]}}}}, "resources": [{{{child}, {SUBNET}}}]}}'
    )
    assert found.said == []
    outer, inner = found.resources
    assert isinstance(outer, VirtualNetwork)
    assert isinstance(inner, Subnet)
    assert inner.name == "s"
    assert inner.parent is not None
    assert (inner.parent.type, inner.parent.target) == ("virtualNetworks", "v")


def test_nested_resources_may_nest_further(read: Callable[[str], Any]) -> None:
    found = read(
        '{"type": "Microsoft.Network/networkManagers", "name": "m", "properties": {}, "resources": ['
        '{"type": "networkGroups", "name": "g", "properties": {}, "resources": ['
        '{"type": "staticMembers", "name": "a", "properties": {"resourceId": "/x/virtualNetworks/v"}}]}]}'
    )
    assert found.said == []
    assert [(r.type, r.name, r.parent and r.parent.target) for r in found.resources] == [
        ("networkManagers", "m", None),
        ("networkGroups", "g", "m"),
        ("staticMembers", "a", "m/g"),
    ]


def test_an_unknown_condition_stays_with_the_definition(read_one: Callable[[str], Resource]) -> None:
    found = read_one('{"type": "Microsoft.Network/networkSecurityGroups", "name": "n", "condition": "?deploy"}')
    assert found.condition is not None
    assert (found.condition.name, found.condition.kind) == ("deploy", UnknownKind.CONDITION)


def test_the_caller_may_give_the_condition() -> None:
    raw, document = jsontext.parse("in.json", '{"type": "Microsoft.Network/networkSecurityGroups", "name": "n"}')
    condition = Unknown("deploy", UnknownKind.CONDITION, "no default", document.root())
    diagnostics: list[Diagnostic] = []
    (found,) = read_resource(wrap(raw, document.root()), diagnostics, condition)
    assert found.condition == condition


def test_a_child_of_an_unknown_name_has_a_parent_of_that_name(read_one: Callable[[str], Resource]) -> None:
    found = read_one(f'{{"type": "Microsoft.Network/virtualNetworks/subnets", "name": "?subnet", {SUBNET}}}')
    assert found.parent is not None
    assert found.parent.target == "subnet"
