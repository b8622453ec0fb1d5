"""Exports of what is in effect, as rows like those of Azure.

Source: Azure Network REST API, `EffectiveNetworkSecurityGroup`, `EffectiveSecurityAdminRule`, `EffectiveRoute`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.resource import ServiceTag
from nwpolicy.model.routes import EffectiveRoute, EffectiveRoutes
from nwpolicy.model.rules import (
    AdminRule,
    EffectiveAdminRules,
    EffectiveSecurityGroup,
    EffectiveSecurityGroups,
    SecurityRule,
)
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.writing.form import Form, value_form, values_form, written

__all__ = ["EXPORTS", "export_form"]

#: The sections of definitions files, by what is exported.
EXPORTS: Final = {
    EffectiveSecurityGroups.type: "effectiveNetworkSecurityGroups",
    EffectiveAdminRules.type: "effectiveSecurityAdminRules",
    EffectiveRoutes.type: "effectiveRouteTables",
}
_ASSOCIATIONS: Final = {
    "networkInterfaces": "networkInterface",
    "subnets": "subnet",
    "networkManagers": "networkManager",
}


def export_form(export: EffectiveSecurityGroups | EffectiveAdminRules | EffectiveRoutes) -> dict[str, Form]:
    """The name of an export and its rows. Raises NotWritable."""
    match export:
        case EffectiveSecurityGroups():
            rows: list[Form] = [_group(one) for one in export.groups]
        case EffectiveAdminRules():
            rows = [one if isinstance(one, Unknown) else _admin_rule(one) for one in export.rules]
        case EffectiveRoutes():
            rows = [_route(one) for one in export.routes]
    return {"name": export.name, "rows": rows}


def _group(effective: EffectiveSecurityGroup) -> Form:
    group, association = effective.group, effective.association
    rules = (*group.security_rules, *(group.default_security_rules or ()))
    tags = {tag: list(addresses.prefixes()) for tag, addresses in effective.tag_map.items()}
    return {
        "networkSecurityGroup": {"id": group.id or group.name},
        "association": {_ASSOCIATIONS[association.type]: {"id": association.target}},
        "effectiveSecurityRules": [one if isinstance(one, Unknown) else _rule(one, effective) for one in rules],
        **({"tagMap": tags} if tags else {}),
    }


def _rule(rule: SecurityRule, effective: EffectiveSecurityGroup) -> Form:
    row = {
        "name": f"defaultSecurityRules/{rule.name}" if rule.is_default else rule.name,
        **({"id": rule.id} if rule.id else {}),
        "protocol": value_form(rule.protocol),
        "sourcePortRanges": _texts(rule.source_port_ranges),
        "destinationPortRanges": _texts(rule.destination_port_ranges),
        "sourceAddressPrefixes": [text for term in rule.sources for text in values_form(term)],
        "destinationAddressPrefixes": [text for term in rule.destinations for text in values_form(term)],
        "access": value_form(rule.access),
        "priority": value_form(rule.priority),
        "direction": value_form(rule.direction),
    }
    return row | dict(_expanded(rule, effective))


def _texts(ports: tuple[Any, ...]) -> list[Form]:
    found = map(value_form, ports)
    return [str(one) if isinstance(one, int) else one for one in found]


def _expanded(rule: SecurityRule, effective: EffectiveSecurityGroup) -> Iterator[tuple[str, Form]]:
    """What tags stood for, where the group's own list does not tell."""
    for side, terms in (("Source", rule.sources), ("Destination", rule.destinations)):
        own: list[AddressSet] = [
            term.expansion
            for term in terms
            if isinstance(term, ServiceTag)
            and term.expansion is not None
            and term.expansion != effective.tag_map.get(term.name.lower())
        ]
        if own:
            yield f"expanded{side}AddressPrefix", list(own[0].prefixes())


def _admin_rule(rule: AdminRule) -> Form:
    """As in a definition, but for what ARM writes longer."""
    row = written(rule)
    for key in ("sourcePortRange", "destinationPortRange"):
        if key in row:
            row[f"{key}s"] = [row.pop(key)]
    for key in ("sources", "destinations"):
        row[key] = [_end(end) for end in row.get(key, ())]
    return row


def _end(end: Form) -> Form:
    if isinstance(end, dict):
        return {"addressPrefix": end["networkGroup"], "addressPrefixType": "NetworkGroup"}
    return end if isinstance(end, Unknown) else {"addressPrefix": end}


def _route(route: EffectiveRoute) -> Form:
    flags = {
        "hasBgpOverride": route.has_bgp_override,
        "disableBgpRoutePropagation": route.disable_bgp_route_propagation,
    }
    return {
        **({} if route.name is None else {"name": route.name}),
        "source": route.source_type,
        "state": route.state,
        "addressPrefix": [text for prefix in route.address_prefixes for text in values_form(prefix)],
        "nextHopType": route.next_hop_type,
        "nextHopIpAddress": [str(address) for address in route.next_hop_ip_addresses],
        **{key: True for key, flag in flags.items() if flag},
    }
