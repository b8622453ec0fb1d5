"""Definitions in the form of definitions files, as plain values.

It is Azure's form with the ceremony left out, and so what all writers of resources start from: YAML prints it, and the
reader's own steps make of it what Azure Resource Manager takes. What is not known stays an `Unknown` among the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from enum import Enum
from typing import Any, Final, TypeAlias

from nwpolicy.model.addresses import Address, Family
from nwpolicy.model.avnm import ConnectivityGroup, Deployment, NetworkGroup
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.ports import ANY_PORT, format_ports
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.model.written import NotWritable, prefix_texts, protocol_names
from nwpolicy.reports.jsonform import camel

__all__ = ["HANDLED", "Form", "asked", "value_form", "values_form", "written"]

#: A plain value: text, number, boolean, list, mapping, or an `Unknown` in the place of any of these.
Form: TypeAlias = Any

#: Fields whose keys are not the same in camel case.
_KEYS: Final[Mapping[str, str]] = {
    "enable_ip_forwarding": "enableIPForwarding",
    "family": "privateIPAddressVersion",
    "frontends": "frontendIPConfigurations",
    "groups": "appliesToGroups",
    "members": "staticMembers",
    "other_gateway": "otherVirtualNetworkGateway",
    "peerings": "virtualNetworkPeerings",
    "private_ip_address": "privateIPAddress",
    "public_ip_address": "publicIPAddress",
    "topology": "connectivityTopology",
}
#: The same where it takes the type, too.
_KEYS_OF_TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("localNetworkGateways", "address_prefixes"): "localNetworkAddressSpace",
}
#: Fields with a key for one value and another one for several.
_SINGULAR: Final[Mapping[str, str]] = {
    "address_prefixes": "addressPrefix",
    "next_hop_ip_addresses": "nextHopIpAddress",
    "source_port_ranges": "sourcePortRange",
    "destination_port_ranges": "destinationPortRange",
}
#: Fields with one key that takes one value or a list.
_ONE_OR_MANY: Final = frozenset(
    {
        *_SINGULAR,
        *("address_space", "application_security_groups", "applies_to", "applies_to_groups", "bgp_prefixes"),
        *("hubs", "ip_addresses", "load_balancers", "network_interfaces", "remote_address_space"),
    }
)
#: Written even where there is nothing in them.
_NEEDED: Final = frozenset({"address_space", "address_prefixes", "topology"})
#: Written first and by themselves, or telling only about the reading.
HANDLED: Final = frozenset(
    {"name", "id", "location", "condition", "existing", "parent", "source", "fields", "unread", "is_default"}
)
_COMMITS: Final = {
    "securityAdminConfigurations": "SecurityAdmin",
    "connectivityConfigurations": "Connectivity",
    "routingConfigurations": "Routing",
}
_PROTOCOLS: Final = {"tcp": "Tcp", "udp": "Udp", "icmp": "Icmp", "esp": "Esp", "ah": "Ah", "icmpv6": "58"}


def written(resource: Resource) -> dict[str, Form]:
    """One definition with all that stands in it. Raises NotWritable."""
    if isinstance(resource, VirtualNetwork) and not resource.existing and not resource.address_space:
        raise NotWritable(f"{resource.name} has no address space, which it has to have", resource.source)
    return {**_header(resource), **_body(resource)}


def _header(resource: Resource) -> dict[str, Form]:
    header = {
        "name": resource.name,
        "id": resource.id,
        "location": resource.location,
        "existing": resource.existing or None,
        "condition": resource.condition,
    }
    return {key: value for key, value in header.items() if value is not None}


def _body(record: Any) -> dict[str, Form]:
    """What differs from what is read where nothing is written."""
    body: dict[str, Form] = {}
    is_partial = isinstance(record, Resource) and record.existing
    for item in fields(record):
        value = getattr(record, item.name)
        default = item.default if item.default_factory is MISSING else item.default_factory()
        if item.name in HANDLED or value is None or (value == default and item.name not in _NEEDED):
            continue
        if is_partial and not isinstance(value, tuple):
            continue
        write = _SPECIAL.get((getattr(record, "type", ""), item.name))
        body |= _plainly(record, item.name) if write is None else write(record)
    return {key: value for key, value in body.items() if value or not is_partial}


def _plainly(record: Any, name: str) -> dict[str, Form]:
    value = getattr(record, name)
    key = _KEYS_OF_TYPES.get((getattr(record, "type", ""), name)) or _KEYS.get(name) or camel(name)
    if not isinstance(value, tuple):
        return {key: value_form(value)}
    found = [text for element in _said(record, value) for text in values_form(element)]
    if len(found) != 1 or name not in _ONE_OR_MANY:
        return {key: found}
    return {_SINGULAR.get(name, key) if key == camel(name) else key: found[0]}


def _said(record: Any, elements: tuple[Any, ...]) -> tuple[Any, ...]:
    """The elements; of what is defined elsewhere, those that are defined here."""
    is_partial = isinstance(record, Resource) and record.existing and not isinstance(record, NetworkGroup)
    return tuple(one for one in elements if isinstance(one, Resource)) if is_partial else elements


def values_form(element: Any) -> tuple[Form, ...]:
    """A prefix may take several texts."""
    return prefix_texts(element) if isinstance(element, AddressPrefix) else (value_form(element),)


def value_form(value: Any) -> Form:
    """A value of a field. Raises NotWritable."""
    if isinstance(value, Resource):
        return written(value)
    write = _TEXTS.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Unknown | bool | int | str):
        return value
    raise NotWritable(f"{type(value).__name__} cannot be written", getattr(value, "source", None))


def _only(texts: Sequence[str], prefix: AddressPrefix) -> str:
    if len(texts) == 1:
        return texts[0]
    raise NotWritable(f"{prefix.addresses} is no single prefix and no range", prefix.source)


def _ports(ports: PortRange) -> Form:
    if len(ports.ports.intervals) != 1:
        raise NotWritable("ports that are no single range cannot be written", ports.source)
    text = format_ports(ports.ports)
    return int(text) if text.isdecimal() else text


def _protocol(protocol: IntervalSet) -> Form:
    names = [_PROTOCOLS.get(name, name) for name in protocol_names(protocol)]
    found = [int(name) if name.isdecimal() else name for name in names]
    return found[0] if len(found) == 1 else found


def _ends(side: str, terms: tuple[Any, ...]) -> dict[str, Form]:
    """One side of a security rule: prefixes and tags under one key, application security groups under another."""
    groups = [term.target for term in terms if isinstance(term, Reference)]
    others = [text for term in terms if not isinstance(term, Reference) for text in values_form(term)]
    found: dict[str, Form] = {}
    if others:
        found |= {f"{side}AddressPrefix": others[0]} if len(others) == 1 else {f"{side}AddressPrefixes": others}
    return found | ({f"{side}ApplicationSecurityGroups": groups} if groups else {})


def _source_ports(rule: Any) -> dict[str, Form]:
    """A rule that does not mention them has any."""
    ports = rule.source_port_ranges
    is_any = len(ports) == 1 and isinstance(ports[0], PortRange) and ports[0].ports == ANY_PORT
    return {} if is_any else _plainly(rule, "source_port_ranges")


def _admin_ends(terms: tuple[Any, ...]) -> list[Form]:
    ends = [{"networkGroup": term.target} if isinstance(term, Reference) else term for term in terms]
    return [text for end in ends for text in ((end,) if isinstance(end, dict) else values_form(end))]


def _family(configuration: Any) -> dict[str, Form]:
    """That of the address goes without saying."""
    address = configuration.private_ip_address
    return {} if isinstance(address, Address) else _plainly(configuration, "family")


def _frontends(balancer: Any) -> dict[str, Form]:
    """The private ones, and one with a public address for all that are public; which address that is, is not known."""
    frontends: list[Form] = [written(one) for one in balancer.frontends]
    if balancer.is_public is True:
        frontends.append({"name": "public", "publicIPAddress": f"{{public address of {balancer.name}}}"})
    elif isinstance(balancer.is_public, Unknown):
        frontends.append(balancer.is_public)
    return {"frontendIPConfigurations": frontends}


def _scopes(manager: Any) -> dict[str, Form]:
    scopes = {"managementGroups": manager.management_groups, "subscriptions": manager.subscriptions}
    return {"networkManagerScopes": {key: list(ids) for key, ids in scopes.items() if ids}}


def _deployment(deployment: Deployment) -> Form:
    return {
        "targetLocations": list(deployment.target_locations),
        "commitType": _COMMITS[deployment.type],
        "configurations": [reference.target for reference in deployment.configurations],
    }


def asked(value: bool | Unknown) -> bool | Unknown:
    """Of whether an unknown text is a certain one, the text."""
    if not isinstance(value, Unknown):
        return value
    name = value.name.removesuffix(" is True").removesuffix(" is DirectlyConnected")
    return replace(value, name=name, kind=UnknownKind.TEXT)


def _connected(group: ConnectivityGroup) -> Form:
    """A group of which no more is to be said stands alone."""
    direct = group.is_direct
    more = {
        "groupConnectivity": ("DirectlyConnected" if direct else None) if isinstance(direct, bool) else asked(direct),
        "isGlobal": asked(group.is_global) or None,
        "useHubGateway": asked(group.use_hub_gateway) or None,
    }
    said = {key: value for key, value in more.items() if value is not None}
    target = value_form(group.group)
    is_alone = not said and not isinstance(target, Unknown)
    return target if is_alone else {"networkGroupId": target, **said}


def _admin_protocol(protocol: Any) -> Form:
    found = value_form(protocol)
    return "Any" if found == "*" else found


def _managed_hop(hop: Any) -> Form:
    """Network managers have a name of their own for no next hop."""
    return "NoNextHop" if hop is NextHopType.NONE else value_form(hop)


#: What a value is written as, by its class.
_TEXTS: Final[Mapping[type, Callable[[Any], Form]]] = {
    Address: str,
    AddressPrefix: lambda prefix: _only(prefix_texts(prefix), prefix),
    ConnectivityGroup: _connected,
    Family: lambda family: f"IPv{family.value}",
    IntervalSet: _protocol,
    PortRange: _ports,
    Reference: lambda reference: str(reference.target),
    ServiceTag: lambda tag: str(tag.name),
}
#: Fields that are written otherwise than by their own names.
_SPECIAL: Final[Mapping[tuple[str, str], Callable[[Any], dict[str, Form]]]] = {
    ("securityRules", "sources"): lambda rule: _ends("source", rule.sources),
    ("securityRules", "destinations"): lambda rule: _ends("destination", rule.destinations),
    ("securityRules", "source_port_ranges"): _source_ports,
    ("rules", "protocol"): lambda rule: {"protocol": _admin_protocol(rule.protocol)},
    ("rules", "sources"): lambda rule: {"sources": _admin_ends(rule.sources)},
    ("rules", "destinations"): lambda rule: {"destinations": _admin_ends(rule.destinations)},
    ("rules", "next_hop_type"): lambda rule: {"nextHopType": _managed_hop(rule.next_hop_type)},
    ("connectivityConfigurations", "is_global"): lambda one: {"isGlobal": asked(one.is_global)},
    ("ruleCollections", "disable_bgp_route_propagation"): lambda one: {
        "disableBgpRoutePropagation": asked(one.disable_bgp_route_propagation)
    },
    ("ipConfigurations", "family"): _family,
    ("loadBalancers", "frontends"): _frontends,
    ("loadBalancers", "is_public"): _frontends,
    ("networkManagers", "management_groups"): _scopes,
    ("networkManagers", "subscriptions"): _scopes,
    ("networkManagers", "deployments"): lambda manager: {"deployments": [*map(_deployment, manager.deployments)]},
}
