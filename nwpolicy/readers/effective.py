"""What Azure says is in effect: security groups of a network interface, admin rules of a virtual network, routes.

Source: Azure Network REST API, `EffectiveNetworkSecurityGroup`, `EffectiveSecurityAdminRule`, `EffectiveRoute`;
Microsoft Learn, Diagnose a virtual machine network traffic filter problem. Effective rules write `*` as `0.0.0.0/0` and
`0-65535`, and every value twice, in the singular and in the plural field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Final

from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, NO_ADDRESS, Address, AddressSet
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, ServiceTag
from nwpolicy.model.routes import EffectiveRoute, EffectiveRoutes
from nwpolicy.model.rules import (
    Access,
    EffectiveAdminRules,
    EffectiveSecurityGroup,
    EffectiveSecurityGroups,
    NetworkSecurityGroup,
    SecurityRule,
)
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.resources import avnm, rules, values
from nwpolicy.readers.resources.body import Body
from nwpolicy.readers.tree import Node

__all__ = ["admin_rules", "routes", "security_groups"]

_PRIORITIES: Final = range(1, 65536)
_FIRST_DEFAULT_PRIORITY: Final = 65000
#: What Azure puts before the names of rules.
_KINDS: Final = ("defaultsecurityrules/", "securityrules/")
_ASSOCIATIONS: Final = {
    "networkInterface": "networkInterfaces",
    "subnet": "subnets",
    "networkManager": "networkManagers",
}


def security_groups(
    rows: Sequence[Node], source: Source, name: str, diagnostics: list[Diagnostic]
) -> EffectiveSecurityGroups:
    """An answer of `az network nic list-effective-nsg`; `name` is used where no association names the interface."""
    groups = tuple(_group(Body(row, diagnostics)) for row in rows)
    interfaces = [group.association.name for group in groups if group.association.type == "networkInterfaces"]
    _note_any(groups, diagnostics)
    return EffectiveSecurityGroups(name=interfaces[0] if interfaces else name, source=source, groups=groups)


def admin_rules(rows: Sequence[Node], source: Source, name: str, diagnostics: list[Diagnostic]) -> EffectiveAdminRules:
    """An answer of `listNetworkManagerEffectiveSecurityAdminRules`, which does not name its virtual network."""
    found = tuple(
        row.value.of_kind(UnknownKind.RULES)
        if isinstance(row.value, Unknown)
        else avnm.admin_rule(Body(row, diagnostics))
        for row in rows
    )
    return EffectiveAdminRules(name=name, source=source, rules=found)


def routes(rows: Sequence[Node], source: Source, name: str, diagnostics: list[Diagnostic]) -> EffectiveRoutes:
    """An answer of `az network nic show-effective-route-table`, which does not name its network interface."""
    return EffectiveRoutes(name=name, source=source, routes=tuple(_route(Body(row, diagnostics)) for row in rows))


def _group(body: Body) -> EffectiveSecurityGroup:
    tag_map = dict(_tag_map(body))
    reference = body.reference("networkSecurityGroup", "networkSecurityGroups")
    if reference is None:
        _lacks(body, "networkSecurityGroup")
    target = reference.target if isinstance(reference, Reference) else ""
    association = _association(body)
    accesses = tuple(Access) if association.type == "networkManagers" else (Access.ALLOW, Access.DENY)
    found = [
        part if isinstance(part, Unknown) else _rule(part, tag_map, accesses)
        for part in body.parts_or_unknown("effectiveSecurityRules", UnknownKind.RULES)
    ]
    own = [rule for rule in found if isinstance(rule, Unknown) or not rule.is_default]
    defaults = tuple(rule for rule in found if isinstance(rule, SecurityRule) and rule.is_default)
    group = NetworkSecurityGroup(
        name=target.rstrip("/").rpartition("/")[2],
        id=target or None,
        source=body.node.source,
        fields=body.fields,
        security_rules=tuple(own),
        default_security_rules=defaults,
    )
    return EffectiveSecurityGroup(group=group, association=association, tag_map=tag_map)


def _association(body: Body) -> Reference:
    inner = body.inner("association")
    for key, type in _ASSOCIATIONS.items():
        found = None if inner is None else inner.reference(key, type)
        if isinstance(found, Reference):
            return found
    _lacks(body, "association")
    return Reference("networkInterfaces", "", body.node.source)


def _tag_map(body: Body) -> Iterator[tuple[str, AddressSet]]:
    """Tag names in lower case and what they stand for on this network interface."""
    node = body.get("tagMap")
    if node is None:
        return
    if not isinstance(node.value, Mapping):
        values.wrong_type(node, "an object of tags", UnknownKind.TEXT, body.diagnostics)
    for tag, prefixes in node.items():
        yield tag.lower(), _addresses(body.prefixes(values.elements(prefixes, body.diagnostics)))


def _rule(body: Body, tag_map: Mapping[str, AddressSet], accesses: tuple[Access, ...]) -> SecurityRule:
    name = body.beside("name")
    written = "" if name is None else name.text or ""
    body.depth = 1 if written.lower().startswith(_KINDS) else 0
    priority = rules.needed_priority(body, _PRIORITIES)
    numbered_as_default = isinstance(priority, int) and priority >= _FIRST_DEFAULT_PRIORITY
    return SecurityRule(
        priority=priority,
        direction=rules.needed_direction(body),
        access=rules.needed_access(body, accesses),
        protocol=rules.needed_protocol(body),
        sources=_terms(body, "source", tag_map),
        source_port_ranges=_ports(body, "source"),
        destinations=_terms(body, "destination", tag_map),
        destination_port_ranges=_ports(body, "destination"),
        is_default=numbered_as_default or written.lower().startswith(_KINDS[0]),
        **body.base(),
    )


def _ports(body: Body, side: str) -> tuple[PortRange | Unknown, ...]:
    nodes = _once(body.union(f"{side}PortRange", f"{side}PortRanges"))
    found = tuple(values.ports(node, body.diagnostics) for node in nodes)
    return found or (body.missing(f"{side}PortRange", UnknownKind.PORT),)


def _terms(body: Body, side: str, tag_map: Mapping[str, AddressSet]) -> tuple[AddressTerm, ...]:
    """One side's addresses. What Azure expanded holds for all tags of the side together."""
    nodes = _once(body.union(f"{side}AddressPrefix", f"{side}AddressPrefixes"))
    prefixes = body.prefixes(body.elements(f"expanded{side.capitalize()}AddressPrefix"))
    expanded = _addresses(prefixes) if prefixes else None
    terms: list[AddressTerm] = []
    for node in nodes:
        term = values.prefix_or_tag(node, body.diagnostics)
        if isinstance(term, ServiceTag):
            term = replace(term, expansion=expanded or tag_map.get(term.name.lower()))
        elif isinstance(term, AddressPrefix) and term.addresses == ANY_IPV4:
            term = replace(term, addresses=ANY_ADDRESS)
        terms.append(term)
    return tuple(terms) or prefixes or (body.missing(f"{side}AddressPrefix", UnknownKind.ADDRESS),)


def _note_any(groups: Iterable[EffectiveSecurityGroup], diagnostics: list[Diagnostic]) -> None:
    """Says once that `0.0.0.0/0` was taken for `*`: the export does not tell the two apart."""
    for rule in (rule for group in groups for rule in group.group.security_rules if isinstance(rule, SecurityRule)):
        for term in (*rule.sources, *rule.destinations):
            if isinstance(term, AddressPrefix) and term.addresses.is_any and term.text != "*":
                message = f"{term.text} in effective rules is read as every address of both families"
                diagnostics.append(Diagnostic.note("any-address", message, term.source))
                return


def _route(body: Body) -> EffectiveRoute:
    prefixes = body.prefixes(body.elements("addressPrefix"))
    hops = [values.address(node, body.diagnostics) for node in body.elements("nextHopIpAddress")]
    name = body.text("name")
    return EffectiveRoute(
        name=name if isinstance(name, str) else None,
        source_type=_needed_text(body, "source"),
        state=_needed_text(body, "state"),
        address_prefixes=tuple(prefix for prefix in prefixes if isinstance(prefix, AddressPrefix)),
        next_hop_type=_needed_text(body, "nextHopType"),
        next_hop_ip_addresses=tuple(hop for hop in hops if isinstance(hop, Address)),
        source=body.node.source,
        has_bgp_override=body.flag("hasBgpOverride", default=False) is True,
        disable_bgp_route_propagation=body.flag("disableBgpRoutePropagation", default=False) is True,
    )


def _needed_text(body: Body, name: str) -> str:
    found = body.text(name)
    if found is None:
        _lacks(body, name)
    return found if isinstance(found, str) else ""


def _lacks(body: Body, name: str) -> None:
    """Says that a row, which has no name of its own, lacks a field."""
    body.diagnostics.append(Diagnostic.error("missing-field", f"this row needs {name!r}", body.node.source))


def _once(nodes: Iterable[Node]) -> Iterable[Node]:
    """The nodes without those that say the same again."""
    first: dict[object, Node] = {}
    for node in nodes:
        first.setdefault(node.text or node.source.route, node)
    return first.values()


def _addresses(prefixes: Iterable[AddressPrefix | Unknown]) -> AddressSet:
    return reduce(or_, (prefix.addresses for prefix in prefixes if isinstance(prefix, AddressPrefix)), NO_ADDRESS)
