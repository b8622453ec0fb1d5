"""Statements with a word order of their own - rules, routes, deployments - as definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from nwpolicy.model.avnm import (
    ConnectivityConfiguration,
    Deployment,
    RoutingConfiguration,
    RoutingRule,
    SecurityAdminConfiguration,
)
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.resource import AddressTerm, PortRange, Reference
from nwpolicy.model.routes import NextHopType, Route
from nwpolicy.model.rules import Access, AdminRule, Direction, Rule, SecurityRule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.clauses import Clauses, any_or_terms, clauses_of, condition_of, is_any, last_word, text_of
from nwpolicy.readers.nwp.errors import did_you_mean
from nwpolicy.readers.nwp.words import Scope
from nwpolicy.readers.places import shown

if TYPE_CHECKING:
    from lark import Token

__all__ = ["CONFIGURATIONS", "HOPS", "NOTHING", "deployment", "direction", "route", "routing_rule", "rule"]

_Ports: TypeAlias = tuple[PortRange | Unknown, ...]

_ACCESS: Final = {
    "allow": Access.ALLOW,
    "deny": Access.DENY,
    "always-allow": Access.ALWAYS_ALLOW,
    "alwaysallow": Access.ALWAYS_ALLOW,
}
_PRIORITIES: Final[Mapping[type[Rule], tuple[int, int]]] = {SecurityRule: (100, 4096), AdminRule: (1, 4096)}
_RULE_CLAUSES: Final[Mapping[type[Rule], tuple[str, ...]]] = {
    SecurityRule: ("from", "to", "description", "if"),
    AdminRule: ("from", "to", "flag", "description", "if"),
}
#: Next hops by the words for them.
HOPS: Final = {
    "gateway": NextHopType.VIRTUAL_NETWORK_GATEWAY,
    "vnet": NextHopType.VNET_LOCAL,
    "internet": NextHopType.INTERNET,
    "none": NextHopType.NONE,
    "appliance": NextHopType.VIRTUAL_APPLIANCE,
}
#: Types of what is deployed by the words for them; the first one goes without saying.
CONFIGURATIONS: Final = {
    "configuration": SecurityAdminConfiguration.type,
    "connectivity": ConnectivityConfiguration.type,
    "routing": RoutingConfiguration.type,
}
#: What stands for no configuration at all where some are deployed.
NOTHING: Final = "nothing"
_APPLIANCES: Final = frozenset({NextHopType.VIRTUAL_APPLIANCE, NextHopType.VIRTUAL_APPLIANCE_ECMP})
_PREFIX_FIELDS: Final = {
    SecurityRule: ("sourceAddressPrefixes", "destinationAddressPrefixes"),
    AdminRule: ("sources", "destinations"),
}


def direction(scope: Scope, key: Token) -> Direction | Unknown:
    """The direction of the rules of a block."""
    if key.type == "UNKNOWN":
        return scope.unknown(key, UnknownKind.DIRECTION)
    return Direction.INBOUND if key.type == "INBOUND" else Direction.OUTBOUND


def rule(
    scope: Scope,
    written: syntax.Rule,
    way: Direction | Unknown,
    key: Token,
    kind: type[Rule],
    limits: tuple[int, int] | None = None,
) -> Rule:
    """A rule of a direction's block; `key` is the word that opens the block, `limits` are those of its priority."""
    clauses = clauses_of(scope, written.clauses, _RULE_CLAUSES[kind])
    source = scope.source(written.priority, last_word(written.protocols[-1], written.clauses))
    protocol = _protocol(scope, written.protocols)
    read = kind(
        name=scope.name(written.name),
        condition=condition_of(scope, clauses),
        priority=_priority(scope, written.priority, limits or _PRIORITIES[kind]),
        direction=way,
        access=_access(scope, written, kind),
        protocol=protocol,
        sources=_terms(scope, written, clauses, "from", kind),
        source_port_ranges=_ports(scope, clauses.get("from"), kind, source),
        destinations=_terms(scope, written, clauses, "to", kind),
        destination_port_ranges=_destination_ports(scope, written, clauses.get("to"), protocol, kind),
        description=text_of(scope, clauses, "description"),
        source=source,
        fields=_rule_fields(scope, written, clauses, kind) | {"direction": scope.source(key)},
    )
    return replace(read, flag=text_of(scope, clauses, "flag")) if isinstance(read, AdminRule) else read


def route(scope: Scope, written: syntax.Route) -> Route:
    """`route default 0.0.0.0/0 via appliance 10.0.0.4`."""
    addresses = scope.addresses(written.addresses or ())
    last = (written.addresses or [written.hop])[-1]
    fields = {"addressPrefix": scope.source(written.prefix), "nextHopType": scope.source(written.hop)}
    if written.addresses:
        fields["nextHopIpAddress"] = scope.source(written.addresses[0], last)
    return Route(
        name=scope.name(written.name),
        condition=scope.unknown(written.condition, UnknownKind.CONDITION) if written.condition else None,
        address_prefix=scope.prefix_or_tag(written.prefix),
        next_hop_type=_hop(scope, written, len(addresses)),
        next_hop_ip_addresses=addresses,
        has_bgp_override=written.bgp_override is not None,
        source=scope.source(written.name, last),
        fields=fields,
    )


def routing_rule(scope: Scope, written: syntax.Route) -> RoutingRule:
    """The same in a collection of a routing configuration, where a route has one next hop."""
    if written.bgp_override is not None:
        message = "a network manager's route has no bgp-override"
        scope.findings.error("misplaced", message, scope.source(written.bgp_override))
    found = route(scope, written)
    hop, addresses = found.next_hop_type, found.next_hop_ip_addresses
    if hop is NextHopType.VIRTUAL_APPLIANCE_ECMP:
        message = "a network manager's route has one appliance"
        scope.findings.error("several-values", message, found.fields["nextHopIpAddress"])
        hop = NextHopType.VIRTUAL_APPLIANCE
    hop_words = scope.source(written.hop, (written.addresses or [written.hop])[-1])
    fields = {"destination": found.fields["addressPrefix"], "nextHop": hop_words}
    return RoutingRule(
        name=found.name,
        condition=found.condition,
        destination=found.address_prefix,
        next_hop_type=hop,
        next_hop_address=addresses[0] if addresses else None,
        source=found.source,
        fields=fields,
    )


def deployment(scope: Scope, written: syntax.Deployment) -> Deployment:
    """`deploy baseline to westeurope, northeurope`."""
    type = _configuration_type(scope, written)
    nothing = len(written.configurations) == 1 and written.configurations[0] == NOTHING
    configurations = () if nothing else scope.references(written.configurations, type)
    for configuration in configurations:
        if isinstance(configuration, Unknown):
            scope.must_know(configuration)
    regions = (name.replace(" ", "").lower() for name in scope.names(written.regions))
    known = tuple(configuration for configuration in configurations if isinstance(configuration, Reference))
    return Deployment(tuple(regions), known, scope.source(written.configurations[0], written.regions[-1]), type)


def _configuration_type(scope: Scope, written: syntax.Deployment) -> str:
    token = written.sort
    type = CONFIGURATIONS.get(token.lower() if token is not None else "configuration")
    if token is None or type is not None:
        return type or SecurityAdminConfiguration.type
    message = f"expected configuration, connectivity or routing, found {shown(str(token))}"
    help = did_you_mean(str(token), CONFIGURATIONS) or "names are separated by commas: deploy A, B to REGION"
    scope.findings.error("bad-configuration", message, scope.source(token), help)
    return SecurityAdminConfiguration.type


def _rule_fields(scope: Scope, written: syntax.Rule, clauses: Clauses, kind: type[Rule]) -> dict[str, Source]:
    """Where each field of a rule stands."""
    fields = {
        "name": scope.source(written.name),
        "priority": scope.source(written.priority),
        "access": scope.source(written.access),
        "protocol": scope.source(written.protocols[0]),
    }
    for word, name, side in zip(("from", "to"), _PREFIX_FIELDS[kind], ("source", "destination"), strict=True):
        if word in clauses:
            fields[name] = scope.source(clauses[word].values[0], clauses[word].values[-1])
            if ports := clauses[word].ports:
                fields[f"{side}PortRanges"] = scope.source(ports[0], ports[-1])
    return fields


def _priority(scope: Scope, token: Token, limits: tuple[int, int]) -> int | Unknown:
    if token.type == "UNKNOWN":
        return scope.unknown(token, UnknownKind.PRIORITY)
    low, high = limits
    if len(token) <= len(str(high)) and low <= int(token) <= high:
        return int(token)
    message = f"priority {shown(str(token))} is not within {low} to {high}"
    return scope.bad("bad-priority", message, UnknownKind.PRIORITY, scope.source(token))


def _access(scope: Scope, written: syntax.Rule, kind: type[Rule]) -> Access | Unknown:
    token = written.access
    if token.type == "UNKNOWN":
        return scope.unknown(token, UnknownKind.ACCESS)
    source = scope.source(token)
    access = _ACCESS.get(token.lower())
    if access is None:
        near = did_you_mean(str(token), _ACCESS) if written.name.lower() not in _ACCESS else None
        help = near or "the order is: priority, name, allow or deny, protocol"
        return scope.bad(
            "bad-access", f"expected allow or deny, found {shown(str(token))}", UnknownKind.ACCESS, source, help
        )
    if access is Access.ALWAYS_ALLOW and kind is SecurityRule:
        return scope.bad("bad-access", "always-allow exists in security admin rules only", UnknownKind.ACCESS, source)
    return access


def _protocol(scope: Scope, tokens: Sequence[Token]) -> IntervalSet | Unknown:
    if len(tokens) > 1:
        help = "write one rule for each protocol, or '*' for all"
        scope.findings.error("several-protocols", "a rule has one protocol", scope.source(tokens[0], tokens[-1]), help)
    return scope.protocol(tokens)


def _terms(
    scope: Scope, written: syntax.Rule, clauses: Clauses, word: str, kind: type[Rule]
) -> tuple[AddressTerm, ...]:
    """A rule's sources or destinations. `any` is what Azure calls so: no entry at all in an admin rule."""
    clause = clauses.get(word)
    if clause is None:
        what = "source" if word == "from" else "destination"
        message = f"rule {shown(str(written.name))} has no {what}"
        help = f"add '{word} *' for any {what}"
        if word == "to" and "from" in clauses and clauses["from"].ports:
            help = f"the ports behind 'from' are the source's; {help}"
        return (scope.bad(f"missing-{what}", message, UnknownKind.ADDRESS, scope.source(written.name), help),)
    if kind is AdminRule:
        return any_or_terms(scope, clause)
    return scope.terms(clause.values)


def _ports(scope: Scope, clause: syntax.Clause | None, kind: type[Rule], source: Source) -> _Ports:
    """Ports as written; where none are, all: an NSG's rule then says `*`, an admin rule nothing."""
    if clause is None or clause.ports is None:
        return () if kind is AdminRule else (PortRange(ANY_PORT, source),)
    if kind is AdminRule and is_any(clause.ports):
        return ()
    return scope.ports(clause.ports)


def _destination_ports(
    scope: Scope,
    written: syntax.Rule,
    clause: syntax.Clause | None,
    protocol: IntervalSet | Unknown,
    kind: type[Rule],
) -> _Ports:
    is_ported = isinstance(protocol, IntervalSet) and protocol <= PORTED
    if clause is not None and clause.ports is None and is_ported:
        message = f"rule {shown(str(written.name))} says no destination port"
        place = scope.source(clause.values[-1])
        return (
            scope.bad("missing-port", message, UnknownKind.PORT, place, "add 'port 443', or 'port *' for every port"),
        )
    return _ports(scope, clause, kind, scope.source(written.name))


def _hop(scope: Scope, written: syntax.Route, addresses: int) -> NextHopType | Unknown:
    token = written.hop
    source = scope.source(token)
    if token.type == "UNKNOWN":
        return scope.unknown(token, UnknownKind.TEXT)
    hop = HOPS.get(token.lower())
    if hop is None:
        help = did_you_mean(str(token), HOPS) or "via gateway, vnet, internet, none, or appliance with an address"
        return scope.bad("bad-next-hop", f"{shown(str(token))} is no next hop", UnknownKind.TEXT, source, help)
    if hop is NextHopType.VIRTUAL_APPLIANCE and addresses != 1:
        if not written.addresses:
            scope.findings.error("missing-address", "the appliance has no address", source, "via appliance 10.0.0.4")
        return NextHopType.VIRTUAL_APPLIANCE_ECMP if addresses else hop
    if hop not in _APPLIANCES and addresses:
        scope.findings.error("misplaced", "only an appliance has addresses", source)
    return hop
