"""Which reader takes which type of resource, and how nested and free-standing children find their parents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.resources import avnm, connectivity, endpoints, networks, routes, rules
from nwpolicy.readers.resources.body import Body
from nwpolicy.readers.tree import Node

__all__ = ["is_left_out", "is_read", "read_resource", "type_of"]

_Reader: TypeAlias = Callable[[Body], Resource | None]

_PROVIDERS: Final = "/providers/"
_CONFIGURATIONS: Final = "Microsoft.Network/networkManagers/securityAdminConfigurations"
_ROUTING: Final = "Microsoft.Network/networkManagers/routingConfigurations"

_READERS: Final[Mapping[str, _Reader]] = {
    name.lower(): reader
    for name, reader in {
        "Microsoft.Authorization/policyDefinitions": avnm.dynamic_membership,
        "Microsoft.Compute/virtualMachines": endpoints.virtual_machine,
        "Microsoft.Network/applicationGateways": networks.application_gateway,
        "Microsoft.Network/applicationSecurityGroups": rules.application_security_group,
        "Microsoft.Network/connections": networks.connection,
        "Microsoft.Network/loadBalancers": endpoints.load_balancer,
        "Microsoft.Network/localNetworkGateways": networks.local_network_gateway,
        "Microsoft.Network/networkInterfaces": endpoints.network_interface,
        "Microsoft.Network/networkManagers": avnm.network_manager,
        "Microsoft.Network/networkManagers/connectivityConfigurations": connectivity.connectivity_configuration,
        "Microsoft.Network/networkManagers/networkGroups": avnm.network_group,
        "Microsoft.Network/networkManagers/networkGroups/staticMembers": avnm.network_group_member,
        _ROUTING: connectivity.routing_configuration,
        f"{_ROUTING}/ruleCollections": connectivity.routing_rule_collection,
        f"{_ROUTING}/ruleCollections/rules": connectivity.routing_rule,
        _CONFIGURATIONS: avnm.security_admin_configuration,
        f"{_CONFIGURATIONS}/ruleCollections": avnm.admin_rule_collection,
        f"{_CONFIGURATIONS}/ruleCollections/rules": avnm.admin_rule,
        "Microsoft.Network/networkSecurityGroups": rules.network_security_group,
        "Microsoft.Network/networkSecurityGroups/securityRules": rules.security_rule,
        "Microsoft.Network/privateEndpoints": endpoints.private_endpoint,
        "Microsoft.Network/publicIPAddresses": endpoints.public_ip_address,
        "Microsoft.Network/routeTables": routes.route_table,
        "Microsoft.Network/routeTables/routes": routes.route,
        "Microsoft.Network/virtualNetworkGateways": networks.virtual_network_gateway,
        "Microsoft.Network/virtualNetworks": networks.virtual_network,
        "Microsoft.Network/virtualNetworks/subnets": networks.subnet,
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings": networks.virtual_network_peering,
    }.items()
}

#: What filters or routes, and is left out.
_NOT_MODELLED: Final = frozenset(
    name.lower()
    for name in (
        "Microsoft.Compute/virtualMachineScaleSets",
        "Microsoft.Network/azureFirewalls",
        "Microsoft.Network/expressRouteCircuits",
        "Microsoft.Network/expressRouteGateways",
        "Microsoft.Network/firewallPolicies",
        "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "Microsoft.Network/natGateways",
        "Microsoft.Network/networkManagers/securityUserConfigurations",
        "Microsoft.Network/networkSecurityPerimeters",
        "Microsoft.Network/networkVirtualAppliances",
        "Microsoft.Network/p2sVpnGateways",
        "Microsoft.Network/routeFilters",
        "Microsoft.Network/serviceEndpointPolicies",
        "Microsoft.Network/virtualHubs",
        "Microsoft.Network/virtualWans",
        "Microsoft.Network/vpnGateways",
    )
)


@dataclass(frozen=True, slots=True)
class _Outer:
    """The resource in whose `resources` a nested one stands: its full type, and its id or path of names."""

    type: str
    path: str


def read_resource(node: Node, diagnostics: list[Diagnostic], condition: Unknown | None = None) -> tuple[Resource, ...]:
    """The definitions in one resource and in its nested `resources`; nothing for a type that has none.

    `condition` decides whether the resource exists, where that is not known. What is wrong, and what is left out, is
    added to `diagnostics`.
    """
    return tuple(_read(node, diagnostics, condition, None))


def is_read(type: str) -> bool:
    """Whether a resource type holds definitions."""
    return type.lower() in _READERS


def is_left_out(type: str) -> bool:
    """Whether a resource type filters or routes and is not modelled, which is said of every resource of it."""
    return type.lower() in _NOT_MODELLED


def type_of(node: Node) -> str | None:
    """The full type, from `type` or, in a row of an export that has none, from `id`."""
    written = node.get("type")
    if written is not None and written.text is not None:
        return written.text
    full = node.get("id")
    path = "" if full is None else full.text or ""
    at = path.lower().rfind(_PROVIDERS)
    if at < 0:
        return None
    provider, *segments = path[at + len(_PROVIDERS) :].strip("/").split("/")
    return "/".join((provider, *segments[::2]))


def _read(node: Node, diagnostics: list[Diagnostic], condition: Unknown | None, outer: _Outer | None) -> list[Resource]:
    type = type_of(node)
    decided = node.get("condition")
    if type is None or (decided is not None and decided.value is False):
        return []
    if outer is not None and "/" not in type:
        type = f"{outer.type}/{type}"
    found: list[Resource] = []
    reader = _READERS.get(type.lower())
    body = Body(node, diagnostics, condition=condition, depth=type.count("/") - 1)
    if reader is not None:
        body.parent = _parent(body, type, outer)
        definition = reader(body)
        found += () if definition is None else (definition,)
    elif type.lower() in _NOT_MODELLED:
        message = f"{type} {body.name()} is not modelled, answers do not take it into account"
        diagnostics.append(Diagnostic.note("not-modelled", message, _source_of_type(node)))
    nested = node.get("resources")
    if nested is not None:
        inner = _Outer(type, _path(node, outer))
        for child in nested.elements():
            found += _read(child, diagnostics, None, inner)
    return found


def _source_of_type(node: Node) -> Source:
    written = node.get("type")
    return node.source if written is None else written.source


def _path(node: Node, outer: _Outer | None) -> str:
    """The full id of a resource, or the path of its names from the outermost parent down, as far as written."""
    full, name = node.get("id"), node.get("name")
    if full is not None and full.text is not None and _PROVIDERS in full.text.lower():
        return full.text
    written = "" if name is None else name.value.name if isinstance(name.value, Unknown) else name.text or ""
    return f"{outer.path}/{written}" if outer is not None and "/" not in written else written


def _parent(body: Body, type: str, outer: _Outer | None) -> Reference | None:
    """What a resource of a type with several segments belongs to."""
    segments = type.split("/")[1:]
    if len(segments) < 2:  # noqa: PLR2004 - an outermost type has one segment
        return None
    path = _path(body.node, outer)
    own = f"/{body.name()}"
    above = path.removesuffix(own) if path.endswith(own) else path.rstrip("/").rpartition("/")[0]
    if _PROVIDERS in path.lower():
        above = above.rpartition("/")[0]
    name = body.node.get("name")
    source = body.node.source if name is None else name.source
    if above:
        return Reference(segments[-2], above, source)
    if name is not None and isinstance(name.value, Unknown):
        return Reference(segments[-2], name.value.name, source)
    message = f"the name of a {type} has to tell its parent"
    help = f"write it as {segments[-2]} name/{segments[-1]} name"
    body.diagnostics.append(Diagnostic.error("missing-parent", message, source, help))
    return None
