"""Azure Virtual Network Manager: managers, network groups, security admin configurations and their rules.

Source: Azure Network REST API, `NetworkManager`, `NetworkGroup`, `SecurityAdminConfiguration`, `AdminRule`;
Microsoft Learn, Security admin rules in Azure Virtual Network Manager.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from nwpolicy.model.avnm import (
    AdminRuleCollection,
    Deployment,
    IntentPolicyOption,
    MemberType,
    NetworkGroup,
    NetworkGroupMember,
    NetworkManager,
    SecurityAdminConfiguration,
)
from nwpolicy.model.resource import AddressTerm, PortRange, Reference
from nwpolicy.model.rules import Access, AdminRule
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import connectivity, rules, values
from nwpolicy.readers.resources.body import Body
from nwpolicy.readers.tree import Node

__all__ = [
    "admin_rule",
    "admin_rule_collection",
    "dynamic_membership",
    "network_group",
    "network_group_member",
    "network_manager",
    "security_admin_configuration",
]

_PRIORITIES: Final = range(1, 4097)
#: What stands in a policy's condition for the resource group that its network group is in.
_OWN_PLACE: Final = "the resource group of the network group"
_COMMITTED: Final = {
    "securityadmin": "securityAdminConfigurations",
    "connectivity": "connectivityConfigurations",
    "routing": "routingConfigurations",
}

#: Every key of a rule, in either shape; the last lines are what lists of effective rules add.
_FIELDS: Final = (
    *("kind", "flag", "displayName", "description", "protocol", "access", "direction", "priority"),
    *("sources", "destinations", "sourcePortRanges", "destinationPortRanges"),
    *("provisioningState", "resourceGuid", "etag", "resourceGroup", "systemData"),
    *("name", "id", "type", "properties", "apiVersion", "condition", "dependsOn", "copy", "comments", "scope"),
    *("configurationDisplayName", "configurationDescription", "ruleCollectionDisplayName"),
    *("ruleCollectionDescription", "ruleCollectionAppliesToGroups", "ruleGroups"),
)


def network_manager(body: Body) -> NetworkManager:
    scopes = body.inner("networkManagerScopes")
    return NetworkManager(
        management_groups=() if scopes is None else scopes.texts("managementGroups"),
        subscriptions=() if scopes is None else scopes.texts("subscriptions"),
        network_groups=tuple(network_group(part) for part in body.parts("networkGroups")),
        security_admin_configurations=tuple(
            security_admin_configuration(part) for part in body.parts("securityAdminConfigurations")
        ),
        connectivity_configurations=tuple(
            connectivity.connectivity_configuration(part) for part in body.parts("connectivityConfigurations")
        ),
        routing_configurations=tuple(
            connectivity.routing_configuration(part) for part in body.parts("routingConfigurations")
        ),
        deployments=None if body.is_unknown or body.get("commits") is None else tuple(_deployments(body)),
        **body.base(),
    )


def _deployments(body: Body) -> Iterable[Deployment]:
    """Commits in the form in which Azure takes them (`NetworkManagerCommit`)."""
    for part in body.parts("commits"):
        kind = part.text("commitType")
        type = _COMMITTED.get((kind if isinstance(kind, str) else "SecurityAdmin").lower())
        if type is None:
            continue
        configurations = tuple(Reference(type, text, source) for text, source in part.placed_texts("configurationIds"))
        yield Deployment(part.texts("targetLocations"), configurations, part.node.source, type)


def network_group(body: Body) -> NetworkGroup:
    node = body.get("memberType")
    kind = None
    if node is not None:
        kind = values.choice(node, MemberType, UnknownKind.TEXT, "member type", body.diagnostics)
    return NetworkGroup(
        member_type=body.settled(kind, MemberType.VIRTUAL_NETWORK, "memberType"),
        members=body.each("staticMembers", UnknownKind.REFERENCE, _member),
        **body.base(),
    )


def network_group_member(body: Body) -> NetworkGroupMember:
    return NetworkGroupMember(resource=_member(body), **body.base())


def _member(body: Body) -> Reference | Unknown:
    node = body.get("resourceId")
    if node is None:
        return body.missing("resourceId", UnknownKind.REFERENCE)
    found = values.text(node, body.diagnostics, UnknownKind.REFERENCE)
    if isinstance(found, Unknown):
        return found
    short = "/providers/" not in found.lower()  # virtual network/subnet
    is_subnet = "/" in found.strip("/") if short else "/subnets/" in found.lower()
    type = "subnets" if is_subnet else "virtualNetworks"
    return Reference(type, found, node.source)


def dynamic_membership(body: Body) -> NetworkGroupMember | None:
    """A policy that adds virtual networks to a network group (effect `addToNetworkGroup`): which ones, only Azure
    Policy knows. None for every other policy."""
    policy = body.inner("policyRule")
    effect = None if policy is None else policy.node.path("then", "effect")
    if policy is None or effect is None or (effect.text or "").lower() != "addtonetworkgroup":
        return None
    group = policy.node.path("then", "details", "networkGroupId")
    if group is None or group.text is None:
        return None
    body.parent = Reference("networkGroups", group.text, group.source)
    reason = f"Azure Policy {body.name()} decides which virtual networks are members"
    name, condition = f"members by policy {body.name()}", _as_written(policy.node.get("if"), body.parent.id.scope)
    members = Unknown(name, UnknownKind.REFERENCE, reason, body.node.source, rule=condition)
    return NetworkGroupMember(resource=members, **body.base())


def _as_written(condition: Node | None, scope: str) -> str:
    """A condition of Azure Policy as text. Where the name of the resource group that the network group is in is not
    known, the text says that it is that one, whatever its name is."""
    text = "" if condition is None else _text(condition)
    if "{" not in scope.rpartition("/")[2]:
        return text
    return re.sub(re.escape(scope) + r"(?![\w{.()-])", _OWN_PLACE, text, flags=re.IGNORECASE)


def _text(node: Node) -> str:
    match node.value:
        case Mapping():
            return "{" + ", ".join(f"{key}: {_text(value)}" for key, value in node.items()) + "}"
        case tuple():
            return "[" + ", ".join(map(_text, node.value)) + "]"
        case Unknown():
            return "{" + node.value.name + "}"
        case _:
            return repr(node.value)


def security_admin_configuration(body: Body) -> SecurityAdminConfiguration:
    name = "applyOnNetworkIntentPolicyBasedServices"
    options = [
        values.choice(node, IntentPolicyOption, UnknownKind.TEXT, "intent policy option", body.diagnostics)
        for node in body.elements(name)
    ]
    aggregation = "networkGroupAddressSpaceAggregationOption"
    return SecurityAdminConfiguration(
        apply_on_network_intent_policy_based_services=tuple(options) or (IntentPolicyOption.NONE,),
        network_group_address_space_aggregation_option=body.settled(body.text(aggregation), "None", aggregation),
        rule_collections=tuple(admin_rule_collection(part) for part in body.parts("ruleCollections")),
        **body.base(),
    )


def admin_rule_collection(body: Body) -> AdminRuleCollection:
    groups = (
        values.reference(node, "networkGroups", body.diagnostics, "networkGroupId")
        for node in body.elements("appliesToGroups")
    )
    return AdminRuleCollection(
        applies_to_groups=tuple(groups), rules=body.each("rules", UnknownKind.RULES, admin_rule), **body.base()
    )


def admin_rule(body: Body) -> AdminRule:
    rules.check_fields(body, _FIELDS)
    description = body.text("description")
    kind = body.beside("kind")
    if kind is not None and (kind.text or "").lower() == "default" and body.get("priority") is None:
        return _built_in(body)
    return AdminRule(
        priority=rules.needed_priority(body, _PRIORITIES),
        direction=rules.needed_direction(body),
        access=rules.needed_access(body, tuple(Access)),
        protocol=rules.needed_protocol(body),
        sources=_terms(body, "sources"),
        source_port_ranges=_ports(body, "sourcePortRanges"),
        destinations=_terms(body, "destinations"),
        destination_port_ranges=_ports(body, "destinationPortRanges"),
        description=description if isinstance(description, str) else None,
        flag=_flag(body),
        **body.base(),
    )


def _flag(body: Body) -> str | None:
    if body.is_unknown:
        return None
    found = body.text("flag")
    return found if isinstance(found, str) else None


def _built_in(body: Body) -> AdminRule:
    """A rule of kind `Default`, of which a definition gives only the flag: Azure fills in the rest."""
    reason = f"Azure fills in the built-in rule {_flag(body) or body.name()}"

    def unknown(name: str, kind: UnknownKind) -> Unknown:
        return Unknown(f"{name} of {body.name()}", kind, reason, body.node.source)

    return AdminRule(
        priority=unknown("priority", UnknownKind.PRIORITY),
        direction=unknown("direction", UnknownKind.DIRECTION),
        access=unknown("access", UnknownKind.ACCESS),
        protocol=unknown("protocol", UnknownKind.PROTOCOL),
        sources=(unknown("sources", UnknownKind.ADDRESS),),
        source_port_ranges=(unknown("sourcePortRanges", UnknownKind.PORT),),
        destinations=(unknown("destinations", UnknownKind.ADDRESS),),
        destination_port_ranges=(unknown("destinationPortRanges", UnknownKind.PORT),),
        flag=_flag(body),
        **body.base(),
    )


def _ports(body: Body, name: str) -> tuple[PortRange | Unknown, ...]:
    return tuple(values.ports(node, body.diagnostics) for node in body.elements(name))


def _terms(body: Body, name: str) -> tuple[AddressTerm, ...]:
    return tuple(_term(node, body) for node in body.elements(name))


def _term(node: Node, body: Body) -> AddressTerm:
    """`{"addressPrefix": ..., "addressPrefixType": IPPrefix | ServiceTag | NetworkGroup}`"""
    if isinstance(node.value, Unknown):
        return node.value.of_kind(UnknownKind.ADDRESS)
    if not isinstance(node.value, Mapping):
        return values.wrong_type(node, "an object with 'addressPrefix'", UnknownKind.ADDRESS, body.diagnostics)
    item = Body(node, body.diagnostics)
    prefix = item.get("addressPrefix")
    kind = item.text("addressPrefixType")
    if prefix is None:
        return body.missing("addressPrefix", UnknownKind.ADDRESS)
    if isinstance(kind, Unknown):
        return kind.of_kind(UnknownKind.ADDRESS)
    match (kind or "").lower():
        case "networkgroup":
            group = values.text(prefix, body.diagnostics, UnknownKind.ADDRESS)
            return group if isinstance(group, Unknown) else Reference("networkGroups", group, prefix.source)
        case "servicetag":
            return values.tag(prefix, body.diagnostics)
        case "ipprefix":
            return values.prefix(prefix, body.diagnostics)
        case _:
            return values.prefix_or_tag(prefix, body.diagnostics)
