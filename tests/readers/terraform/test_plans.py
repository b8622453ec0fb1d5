"""Plans and states of Terraform.

Source: HashiCorp, "JSON output format" (Terraform internals).
"""

from __future__ import annotations

import json
from typing import Any

from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import jsontext
from nwpolicy.readers.terraform import Side, read_plan, read_state

_RULE = {
    "name": "ssh",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_port_range": "*",
    "source_port_ranges": None,
    "destination_port_range": "22",
    "source_address_prefix": "10.0.0.0/8",
    "destination_address_prefix": "*",
    "network_security_group_name": "web",
    "resource_group_name": "rg",
}
_GROUP = {"name": "web", "resource_group_name": "rg", "location": "westeurope"}
_SUBNET = {
    "name": "app",
    "virtual_network_name": "net",
    "resource_group_name": "rg",
    "address_prefixes": ["10.0.1.0/24"],
}


def change(address: str, before: Any, after: Any, unknown: Any = None, sensitive: Any = None) -> dict[str, Any]:
    type = next(part for part in address.split(".") if part.startswith("azurerm_"))
    return {
        "address": address,
        "mode": "managed",
        "type": type,
        "change": {
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "after_sensitive": sensitive or {},
        },
    }


def plan(*changes: dict[str, Any], configuration: Any = None) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}},
        "resource_changes": list(changes),
        "configuration": {"root_module": configuration or {}},
    }


def read(raw: dict[str, Any], side: Side = "after") -> Fragment:
    return read_plan(*jsontext.parse("plan.json", json.dumps(raw, indent=1)), side)


def snapshot(raw: dict[str, Any], side: Side = "after") -> Snapshot:
    return assemble([read(raw, side)])


def only(found: Snapshot, kind: type[Any]) -> Any:
    (resource,) = found.all(kind)
    return resource


def prefixes(rule: SecurityRule) -> list[object]:
    return [term.text if isinstance(term, AddressPrefix) else term for term in rule.sources]


def configured(address: str, **expressions: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "expressions": expressions}


def refers(*references: str) -> dict[str, Any]:
    return {"references": list(references)}


def test_a_plan_is_what_is_before_and_what_is_after() -> None:
    raw = plan(
        change("azurerm_network_security_group.web", _GROUP, _GROUP),
        change("azurerm_network_security_rule.ssh", _RULE, {**_RULE, "source_address_prefix": "10.1.0.0/16"}),
        change("azurerm_network_security_rule.old", {**_RULE, "name": "old"}, None),
        change("azurerm_network_security_rule.new", None, {**_RULE, "name": "new"}),
    )
    before = {rule.name: prefixes(rule) for rule in snapshot(raw, "before").all(SecurityRule)}
    after = {rule.name: prefixes(rule) for rule in snapshot(raw, "after").all(SecurityRule)}
    assert before == {"ssh": ["10.0.0.0/8"], "old": ["10.0.0.0/8"]}
    assert after == {"ssh": ["10.1.0.0/16"], "new": ["10.0.0.0/8"]}


def test_what_is_known_after_apply_is_an_unknown_named_by_resource_and_argument() -> None:
    rule = {key: value for key, value in _RULE.items() if key != "source_address_prefix"}
    raw = plan(
        change("module.a.azurerm_network_security_rule.ssh[0]", None, rule, {"id": True, "source_address_prefix": True})
    )
    (source,) = only(snapshot(raw), SecurityRule).sources
    assert isinstance(source, Unknown)
    assert source.name == "module.a.azurerm_network_security_rule.ssh[0].source_address_prefix"
    assert source.kind is UnknownKind.ADDRESS


def test_sensitive_values_are_unknown() -> None:
    raw = plan(change("azurerm_network_security_rule.ssh", None, _RULE, None, {"source_address_prefix": True}))
    (source,) = only(snapshot(raw), SecurityRule).sources
    assert isinstance(source, Unknown)
    assert source.reason == "it is sensitive"


def test_the_id_of_what_does_not_exist_yet_is_found_in_the_configuration() -> None:
    raw = plan(
        change("azurerm_network_security_group.web", None, _GROUP, {"id": True, "security_rule": True}),
        change("azurerm_network_security_rule.ssh", None, _RULE, {"id": True}),
        change("azurerm_subnet.app", None, _SUBNET, {"id": True}),
        change(
            "azurerm_subnet_network_security_group_association.app",
            None,
            {},
            {"id": True, "subnet_id": True, "network_security_group_id": True},
        ),
        configuration={
            "resources": [
                configured(
                    "azurerm_subnet_network_security_group_association.app",
                    subnet_id=refers("azurerm_subnet.app.id", "azurerm_subnet.app"),
                    network_security_group_id=refers(
                        "azurerm_network_security_group.web.id", "azurerm_network_security_group.web"
                    ),
                )
            ]
        },
    )
    found = snapshot(raw)
    group = only(found, Subnet).network_security_group
    assert isinstance(group, Reference)
    (web,) = found.find(NetworkSecurityGroup, group)
    assert [rule.name for rule in web.security_rules if isinstance(rule, SecurityRule)] == ["ssh"]
    assert len(web.security_rules) == 1  # the unknown list of the group is that rule


def test_ids_are_followed_through_arguments_and_outputs_of_modules() -> None:
    raw = plan(
        change("module.net.azurerm_subnet.app", None, _SUBNET, {"id": True}),
        change("module.nsg[0].azurerm_network_security_group.web", None, _GROUP, {"id": True}),
        change(
            "module.nsg[0].azurerm_subnet_network_security_group_association.app",
            None,
            {},
            {"subnet_id": True, "network_security_group_id": True},
        ),
        configuration={
            "module_calls": {
                "net": {"module": {"outputs": {"subnet_id": {"expression": refers("azurerm_subnet.app.id")}}}},
                "nsg": {
                    "expressions": {"subnet_id": refers("module.net.subnet_id", "module.net")},
                    "module": {
                        "resources": [
                            configured(
                                "azurerm_subnet_network_security_group_association.app",
                                subnet_id=refers("var.subnet_id"),
                                network_security_group_id=refers("azurerm_network_security_group.web.id"),
                            )
                        ]
                    },
                },
            }
        },
    )
    assert only(snapshot(raw), Subnet).network_security_group.name == "web"


def test_an_id_that_one_of_two_resources_may_have_is_unknown() -> None:
    nic = {"name": "nic", "resource_group_name": "rg", "ip_configuration": [{"name": "a"}]}
    raw = plan(
        change("azurerm_subnet.app", None, _SUBNET, {"id": True}),
        change("azurerm_network_interface.nic", None, nic, {"ip_configuration": [{"subnet_id": True}]}),
        configuration={
            "resources": [
                configured(
                    "azurerm_network_interface.nic",
                    ip_configuration=[{"subnet_id": refers("var.first", "azurerm_subnet.app.id")}],
                )
            ]
        },
    )
    (configuration,) = only(snapshot(raw), NetworkInterface).ip_configurations
    assert isinstance(configuration.subnet, Unknown)


def test_blocks_that_make_up_a_set_may_stand_in_another_order() -> None:
    one = {**_RULE, "name": "one", "source_address_prefix": None}
    two = {**_RULE, "name": "two"}
    raw = plan(
        change(
            "azurerm_network_security_group.web",
            None,
            {**_GROUP, "security_rule": [one, two]},
            {"security_rule": [{"source_address_prefix": True}, {}]},
        ),
        configuration={
            "resources": [
                configured(
                    "azurerm_network_security_group.web",
                    security_rule=[{"name": {}}, {"name": {}, "source_address_prefix": refers("var.a")}],
                )
            ]
        },
    )
    first, _ = snapshot(raw).all(SecurityRule)
    assert isinstance(first.sources[0], Unknown)


def test_rules_that_a_plan_leaves_open_are_any_rules() -> None:
    raw = plan(change("azurerm_network_security_group.web", None, _GROUP, {"id": True, "security_rule": True}))
    (rules,) = only(snapshot(raw), NetworkSecurityGroup).security_rules
    assert isinstance(rules, Unknown)
    assert rules.kind is UnknownKind.RULES


def test_what_the_configuration_does_not_set_is_for_azure_to_choose() -> None:
    nic = {"name": "nic", "resource_group_name": "rg", "ip_configuration": [{"name": "a", "subnet_id": "/s"}]}
    unknown = {"id": True, "ip_configuration": [{"private_ip_address": True}]}
    raw = plan(
        change("azurerm_network_interface.nic", None, nic, unknown),
        configuration={
            "resources": [configured("azurerm_network_interface.nic", ip_configuration=[{"subnet_id": {}}])]
        },
    )
    (configuration,) = only(snapshot(raw), NetworkInterface).ip_configurations
    assert configuration.private_ip_address is None


def test_resources_that_a_plan_does_not_change_are_in_its_values() -> None:
    raw = plan()
    values = {"address": "azurerm_network_security_rule.ssh", "mode": "managed", "values": _RULE}
    entry = {**values, "type": "azurerm_network_security_rule"}
    raw["planned_values"] = {"root_module": {"child_modules": [{"address": "module.a", "resources": [entry]}]}}
    assert only(snapshot(raw), SecurityRule).name == "ssh"


def test_a_printed_state_holds_what_is_deployed() -> None:
    full = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web"
    resources = [
        ("azurerm_network_security_group", {**_GROUP, "id": full, "security_rule": [_RULE]}),
        ("azurerm_network_security_rule", {**_RULE, "id": f"{full}/securityRules/ssh"}),
    ]
    raw = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {
            "root_module": {
                "resources": [
                    {"address": f"{type}.x", "mode": "managed", "type": type, "values": values}
                    for type, values in resources
                ]
            }
        },
    }
    fragment = read_state(*jsontext.parse("state.json", json.dumps(raw)))
    found = assemble([fragment])
    group = only(found, NetworkSecurityGroup)
    assert group.id == full
    assert [rule.name for rule in group.security_rules] == ["ssh"]


def test_a_state_file_holds_what_is_deployed() -> None:
    instances = [{"index_key": "a", "attributes": _RULE, "sensitive_attributes": []}]
    raw = {
        "version": 4,
        "terraform_version": "1.9.0",
        "serial": 1,
        "lineage": "x",
        "resources": [
            {"mode": "managed", "type": "azurerm_network_security_rule", "name": "r", "instances": instances},
            {"mode": "data", "type": "azurerm_subnet", "name": "s", "instances": [{"attributes": {}}]},
        ],
    }
    fragment = read_state(*jsontext.parse("terraform.tfstate", json.dumps(raw)))
    assert only(assemble([fragment]), SecurityRule).name == "ssh"
    assert fragment.diagnostics == ()


def test_a_state_file_of_another_version_is_refused() -> None:
    raw = {"version": 3, "terraform_version": "0.11.0", "serial": 1, "lineage": "x", "resources": []}
    (diagnostic,) = read_state(*jsontext.parse("terraform.tfstate", json.dumps(raw))).diagnostics
    assert diagnostic.message == "state files of version 3 are not read"
